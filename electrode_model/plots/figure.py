"""What all figures and the film share: style, heading, and the parts of a result by step."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.figure import Figure

from electrode_model.results.result import Result

__all__ = [
    "COLOURS",
    "FILLING_MAP",
    "INK",
    "PALE",
    "STYLE",
    "Span",
    "by_kind",
    "cell_edges",
    "count",
    "depth_edges",
    "frame_spans",
    "head",
    "panels",
    "row_spans",
    "time_unit",
]

COLOURS = {"discharge": "#0072B2", "charge": "#D55E00", "rest": "#8a8a8a"}
FILLING_MAP = "viridis"
INK, PALE = "#333333", "#8a8a8a"

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "axes.titlecolor": PALE,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e8e8e8",
    "xtick.color": PALE,
    "ytick.color": PALE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "savefig.dpi": 160,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.08,
}


@dataclass(frozen=True)
class Span:
    """Rows or frames ``start:stop`` of one step of the protocol."""

    index: int  # of the step, from 0
    start: int
    stop: int
    kind: str  # "discharge", "charge" or "rest"
    label: str

    @property
    def rows(self) -> slice:
        """The span as an index."""
        return slice(self.start, self.stop)


def row_spans(result: Result) -> list[Span]:
    """The steps of the protocol in the time series."""
    return _spans(result, result["Step"])


def frame_spans(result: Result) -> list[Span]:
    """The steps of the protocol in the fields."""
    return _spans(result, result["Field step"]) if "Field step" in result else []


def _spans(result: Result, steps: np.ndarray) -> list[Span]:
    labels = {step.index: step.label for step in result.steps}
    row_step, current = result["Step"], result["Current [A.m-2]"]
    spans = []
    for index in np.unique(steps):
        start, stop = np.searchsorted(steps, [index, index + 1])
        mean = current[slice(*np.searchsorted(row_step, [index, index + 1]))].mean()
        kind = "discharge" if mean > 0 else "charge"
        if abs(mean) < 1e-6 * result.layout.one_c:
            kind = "rest"
        label = labels.get(int(index), "unfinished")
        spans.append(Span(int(index), int(start), int(stop), kind, label))
    return spans


def by_kind(spans: list[Span], x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Curves (2, n) of all discharges, charges and rests, with nan between the steps.

    A few long lines draw far faster than the ten thousand steps that a protocol may have.
    """
    curves: dict[str, list[np.ndarray]] = {}
    gap = np.full((2, 1), np.nan)
    for span in spans:
        curves.setdefault(span.kind, []).extend([np.stack([x[span.rows], y[span.rows]]), gap])
    return {kind: np.concatenate(parts, axis=1) for kind, parts in curves.items()}


def depth_edges(result: Result) -> np.ndarray:
    """Edges of the electrode's volumes [m] from the separator, (n volumes + 1,)."""
    layout = result.layout
    n = int(layout.volume.max()) + 1
    if layout.electrode not in layout.sections:
        return np.arange(n + 1.0)
    start, stop = layout.sections[layout.electrode]
    edges = cell_edges(layout.x)[start : stop + 1]
    return edges - edges[0]


def cell_edges(x: np.ndarray) -> np.ndarray:
    """Edges (n + 1,), from 0 on, of cells whose middles are ``x``."""
    edges = np.zeros(x.size + 1)
    for k, middle in enumerate(x):
        edges[k + 1] = 2 * middle - edges[k]
    return edges


def time_unit(duration: float) -> tuple[str, float]:
    """Unit that suits a duration [s], and its length [s]."""
    if duration > 3 * 3600:
        return "h", 3600.0
    return ("min", 60.0) if duration > 180 else ("s", 1.0)


def panels(
    result: Result,
    title: str,
    size: tuple[float, float],
    rows: int = 1,
    columns: int = 1,
    share: bool = False,
) -> tuple[Figure, np.ndarray]:
    """A headed figure of ``size`` inches and its axes (rows, columns); ``share``: y in a row."""
    figure = Figure(figsize=size, layout="constrained")
    head(figure, result, title)
    sharing: Literal["row", "none"] = "row" if share else "none"
    return figure, figure.subplots(rows, columns, squeeze=False, sharey=sharing)


def head(figure: Figure, result: Result, title: str) -> None:
    """A bold title that says what is seen, under it in grey what was run."""
    layout = result.layout
    volumes = np.unique(layout.volume).size
    about = [
        str(result.summary.get("name") or "")[:60].replace("$", r"\$"),
        ("negative: " if layout.electrode == "negative" else "")
        + count(layout.size.size)
        + (f" in {volumes} volumes" if volumes > 1 else ""),
        f"1C = {layout.one_c:.3g} A m$^{{-2}}$",
    ]
    if result.status != "finished":
        about.append("partial result" if result.partial else f"run {result.status}")
    # the line break keeps room for the second line, which has a size of its own
    figure.suptitle(title + "\n", x=0.012, ha="left", size=13, weight="bold", color=INK)
    y = 1 - 26 / 72 / figure.get_figheight()
    text = "  ·  ".join(filter(None, about))
    figure.text(0.012, y, text, ha="left", va="top", size=8.5, color=PALE)


def count(n: int) -> str:
    """Such as "1 particle" or "100 000 particles"."""
    return "1 particle" if n == 1 else f"{n:,} particles".replace(",", "\u2009")
