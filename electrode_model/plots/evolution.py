"""Phase-evolution diagrams: P2/H over C-rate and mean composition (Park et al. 2021, Fig. 5d)."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from electrode_model.analysis.evolution import Diagram
from electrode_model.plots.figure import COLOURS, INK, PALE, STYLE

__all__ = ["draw", "draw_map", "draw_variants"]

_MAP = "YlOrRd"
_MEANS = 240
_MOST_LINES = 8


def draw(found: Diagram, folder: Path, name: str = "") -> list[Path]:
    """Draw the map of the first variant, and the edges of all if there are several."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    labels = list(dict.fromkeys(label for label, _ in found.tracks))
    with matplotlib.rc_context(STYLE):
        figures = {"diagram": draw_map(found, labels[0], name)}
        if len(labels) > 1:
            figures["variants"] = draw_variants(found, name)
        for stem, figure in figures.items():
            paths.append(folder / f"{stem}.png")
            figure.savefig(paths[-1])
    return paths


def draw_map(found: Diagram, label: str, name: str = "") -> Figure:
    """P2/H of one variant, a panel for each direction, with edges, peaks and threshold."""
    directions = [d for d in (True, False) if (label, d) in found.tracks]
    figure = Figure(figsize=(1.6 + 3.6 * len(directions), 4.0), layout="constrained")
    axes = figure.subplots(1, len(directions), squeeze=False, sharey=True)[0]
    means = np.linspace(min(found.end, found.start), max(found.end, found.start), _MEANS)
    rates = np.array(found.rates)
    shown: Any = None
    for ax, delithiation in zip(axes, directions, strict=True):
        values = found.map(label, delithiation, means)
        ax.set_facecolor("#dddddd")  # where no half cycle came
        shown = ax.pcolormesh(_middles(means), _edges(rates), values, cmap=_MAP, vmin=0, vmax=1)
        ax.plot(*_outline(found, label, delithiation), color=INK, linewidth=1.2)
        _mark_threshold(ax, found, label, delithiation)
        _log_rates(ax)
        ax.set_ylim(_edges(rates)[0], _edges(rates)[-1])
        ax.set_xlim((means[-1], means[0]) if delithiation else (means[0], means[-1]))
        ax.grid(False)
        direction = "delithiation, to the right" if delithiation else "lithiation, to the right"
        ax.set_title(direction, color=COLOURS["charge" if delithiation else "discharge"])
        ax.set_xlabel("mean filling fraction")
    axes[0].set_ylabel("C-rate")
    figure.colorbar(shown, ax=list(axes), label="P2/H, prominence of the second peak", pad=0.02)
    _head(figure, "Where the population splits", name, label)
    return figure


def draw_variants(found: Diagram, name: str = "") -> Figure:
    """Edges of the split region of every variant, and the thresholds, in delithiation."""
    labels = list(dict.fromkeys(label for label, _ in found.tracks))
    direction = (labels[0], True) in found.tracks
    figure = Figure(figsize=(9.2, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    colours = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.85, len(labels)))
    step = max(1, -(-len(labels) // _MOST_LINES))
    for label, colour in list(zip(labels, colours, strict=True))[::step]:
        outline = _outline(found, label, direction)
        name_ = label if outline[0].size else f"{label}: none"
        left.plot(*outline, color=colour, label=name_)
    _log_rates(left)
    left.set(xlabel="mean filling fraction", ylabel="C-rate", title="edges of the split region")
    if direction:
        left.invert_xaxis()
    left.legend()
    limits = [found.thresholds.get((label, direction)) for label in labels]
    values = [np.nan if limit is None else limit.rate for limit in limits]
    places = np.arange(len(labels))
    right.scatter(places, values, color=colours, zorder=3)
    for place, limit in zip(places, limits, strict=True):
        if limit is None or np.isnan(limit.rate):
            reason = limit.reason if limit else "not sought"
            at = (place, 0.04)
            right.annotate(
                reason, at, xycoords=("data", "axes fraction"), rotation=90, color=PALE, size=8,
                ha="center",
            )  # fmt: skip
    right.set_xticks(places, labels, rotation=30, ha="right")
    right.set_xlim(-0.5, len(labels) - 0.5)
    right.set(ylabel="threshold / C", title="lowest rate with P2/H > 0.05")
    right.set_ylim(bottom=0)
    which = "delithiation" if direction else "lithiation"
    _head(figure, f"What moves the split in {which}", name)
    return figure


def _outline(found: Diagram, label: str, delithiation: bool) -> tuple[np.ndarray, np.ndarray]:
    """Mean fillings and rates around the split region, open at the highest rate."""
    points = [
        (rate, *track.window)
        for rate, track in zip(found.rates, found.tracks[label, delithiation], strict=True)
    ]
    limit = found.thresholds.get((label, delithiation))
    if limit is not None:
        points.append((limit.high, *limit.window))
    rate, low, high = np.array(sorted(p for p in points if not np.isnan(p[1]))).reshape(-1, 3).T
    return np.concatenate([low[::-1], high]), np.concatenate([rate[::-1], rate])


def _head(figure: Figure, title: str, *about: str) -> None:
    """A bold title, under it in grey what was run."""
    figure.suptitle(title + "\n", x=0.012, ha="left", size=13, weight="bold", color=INK)
    y = 1 - 26 / 72 / figure.get_figheight()
    text = "  ·  ".join(filter(None, about))
    figure.text(0.012, y, text, ha="left", va="top", size=8.5, color=PALE)


def _log_rates(ax: Any) -> None:
    """A logarithmic axis with plain numbers."""
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _mark_threshold(ax: Any, found: Diagram, label: str, delithiation: bool) -> None:
    limit = found.thresholds.get((label, delithiation))
    if limit is None:
        return
    if np.isnan(limit.rate):
        ax.text(0.5, 0.5, limit.reason, transform=ax.transAxes, ha="center", color=INK)
        return
    ax.axhline(limit.rate, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    ax.annotate(
        f"threshold {limit.rate:.3g} C", (0.98, limit.rate), xycoords=("axes fraction", "data"),
        xytext=(0, -4), textcoords="offset points", ha="right", va="top", color=INK, size=8.5,
    )  # fmt: skip


def _middles(points: np.ndarray) -> np.ndarray:
    """Edges of cells around ascending points, halfway between them."""
    middle = (points[1:] + points[:-1]) / 2
    return np.concatenate([[2 * points[0] - middle[0]], middle, [2 * points[-1] - middle[-1]]])


def _edges(rates: np.ndarray) -> np.ndarray:
    """Edges of cells around rates on a logarithmic axis."""
    if rates.size < 2:
        return np.array([rates[0] / 1.2, rates[0] * 1.2])
    return np.asarray(np.exp(_middles(np.log(rates))))
