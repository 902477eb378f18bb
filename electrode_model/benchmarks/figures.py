"""Figures of the benchmark: cost against size, error against time."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from electrode_model.benchmarks.cases import MOMENTS
from electrode_model.benchmarks.suite import OWN, Exponent, Row
from electrode_model.plots.figure import INK, PALE, STYLE

__all__ = ["cost", "draw", "precision"]

_KINDS = {
    "H": ("#0072B2", "H, 1C"),
    "H 0.01C": ("#56B4E9", "H, 0.01C"),
    "ACR": ("#009E73", "ACR"),
    "CHR": ("#CC79A7", "CHR"),
    "Fick": ("#D55E00", "Fick"),
}
_MARKERS = {OWN: "o", "numpy": "D", "idas": "^", "pybamm": "s"}
_LINES = {OWN: "-", "numpy": "-.", "idas": ":", "pybamm": "--"}
_NAMES = {
    OWN: "electrode-model",
    "numpy": "without compiled core",
    "idas": "CasADi idas",
    "pybamm": "PyBaMM IDAKLU",
}


def draw(
    found: Sequence[Row], growth: Sequence[Exponent], curves: Sequence[dict[str, Any]], folder: Path
) -> list[Path]:
    """Write cost.png and precision.png, where there is something to see; their paths."""
    pictures = []
    with matplotlib.rc_context(STYLE):
        if any(row.complete for row in found):
            pictures.append((cost(found, growth), folder / "cost.png"))
        if any(curve.get("rtol") for curve in curves):
            pictures.append((precision(curves), folder / "precision.png"))
        for figure, path in pictures:
            figure.savefig(path)
    return [path for _, path in pictures]


def cost(found: Sequence[Row], growth: Sequence[Exponent]) -> Figure:
    """Seconds to solve and to set up over the number of states, both logarithmic."""
    figure = Figure(figsize=(11, 6), layout="constrained")
    about = "seconds of one core at rtol = atol = 1e-6; exponents fitted from 1,000 states on"
    _title(figure, "Cost against size", about)
    left, right = figure.subplots(1, 2)
    for kind, (colour, _) in _KINDS.items():
        for program in _NAMES:
            line = [r for r in found if (r.kind, r.program) == (kind, program) and r.complete]
            states, style = [row.states for row in line], _style(program, colour)
            left.plot(states, [row.solve for row in line], **style)
            right.plot(states, [row.set_up for row in line], **style)
    shipped = [row for row in found if row.kind == "config" and row.complete]
    shipped = [row for row in shipped if row.program == OWN]
    sizes, seconds = [row.states for row in shipped], [row.solve for row in shipped]
    left.plot(sizes, seconds, linestyle="none", marker="x", color=PALE)
    for axis, title in ((left, "solve [s]"), (right, "set-up [s]")):
        axis.set(title=title, xlabel="states")
        _logarithmic(axis)
    below: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.13), "ncols": 2}
    left.legend(handles=_kinds(found, growth, bool(shipped)), **below)
    programs = [name for name in _NAMES if any(r.program == name and r.complete for r in found)]
    right.legend(
        handles=[Line2D([], [], label=_NAMES[p], **_style(p, INK)) for p in programs],
        handlelength=3.5,
        **below,
    )
    right.axhline(1.0, color=PALE, linewidth=1)
    right.annotate(
        "wanted: at most 1 s", (1, 1), xycoords=("axes fraction", "data"), ha="right", va="bottom",
        color=PALE, fontsize=8,
    )  # fmt: skip
    return figure


def _kinds(found: Sequence[Row], growth: Sequence[Exponent], shipped: bool) -> list[Line2D]:
    """Colours, with the exponents of this package and of PyBaMM."""
    slopes = {(e.kind, e.program): e.exponent for e in growth}
    handles = []
    for kind, (colour, name) in _KINDS.items():
        if not any(row.kind == kind and row.complete for row in found):
            continue
        label, own, other = name, slopes.get((kind, OWN)), slopes.get((kind, "pybamm"))
        if own is not None:
            label += f", states$^{{{own:.2f}}}$"
        if other is not None:
            label += f" (PyBaMM states$^{{{other:.2f}}}$)"
        handles.append(Line2D([], [], label=label, **_style(OWN, colour)))
    if shipped:
        text = "shipped configurations, whole protocols"
        handles.append(Line2D([], [], linestyle="none", marker="x", color=PALE, label=text))
    return handles


def _style(program: str, colour: str) -> dict[str, Any]:
    """Colours tell problems, markers and dashes programs."""
    inside = colour if program == OWN else "white"
    style = {"color": colour, "linestyle": _LINES[program], "marker": _MARKERS[program]}
    width = 1.8 if program == OWN else 1.2
    return {**style, "markerfacecolor": inside, "markersize": 5, "linewidth": width}


def precision(curves: Sequence[dict[str, Any]]) -> Figure:
    """Error of the voltage over seconds, a panel for each problem."""
    cases = list(dict.fromkeys(curve["case"] for curve in curves if curve.get("rtol")))
    columns = min(3, len(cases))
    rows = -(-len(cases) // columns)
    figure = Figure(figsize=(1.5 + 3.6 * columns, 1.2 + 3.4 * rows), layout="constrained")
    used = [rtol for curve in curves for rtol in curve.get("rtol", ())]
    reference = max(curve.get("reference", 0.0) for curve in curves)
    about = (
        f"{MOMENTS} moments of the run against the program's own solution at rtol {reference:.0e};"
        " median where particles fill in turn: neighbours swap places from one rtol to the next"
    )
    title = f"Error against time, rtol = atol from {max(used):.0e} to {min(used):.0e}"
    _title(figure, title.replace("e-0", "e-"), about.replace("e-0", "e-"))
    axes = figure.subplots(rows, columns, squeeze=False).flat
    for axis, case in zip(axes, cases, strict=False):
        in_turn = not case.startswith("Fick")
        for curve in curves:
            if curve["case"] != case or not curve.get("rtol"):
                continue
            program = curve["program"]
            style = _style(program, _KINDS[case.split()[0]][0] if program == OWN else PALE)
            error = curve["median"] if in_turn else curve["largest"]
            axis.plot(curve["seconds"], error, label=_NAMES[program], **style)
            if program == OWN:
                _tolerances(axis, curve, error)
        statistic = "median" if in_turn else "largest"
        axis.set(title=case, xlabel="solve [s]")
        _logarithmic(axis)
        axis.set_ylabel(f"{statistic} |dV| [mV]")
    shown = {curve["program"] for curve in curves if curve.get("rtol")}
    figure.legend(
        handles=[
            Line2D([], [], label=_NAMES[p], **_style(p, INK if p == OWN else PALE))
            for p in _NAMES
            if p in shown
        ],
        loc="outside lower left",
        ncols=len(shown),
        handlelength=3.5,
    )
    for axis in list(figure.axes)[len(cases) :]:
        axis.set_visible(False)
    return figure


def _tolerances(axis: Any, curve: dict[str, Any], error: Sequence[float]) -> None:
    """Whole decades written beside their points."""
    for rtol, seconds, value in zip(curve["rtol"], curve["seconds"], error, strict=True):
        decade = f"{rtol:.0e}"
        if decade.startswith("1e"):
            axis.annotate(
                decade.replace("e-0", "e-"), (seconds, value), xytext=(4, 4),
                textcoords="offset points", fontsize=7, color=PALE,
            )  # fmt: skip


def _logarithmic(axis: Axes) -> None:
    """Plain numbers at 1, 2 and 5 where there is little more than a decade."""
    axis.set(xscale="log", yscale="log")
    for one in (axis.xaxis, axis.yaxis):
        low, high = sorted(one.get_view_interval())
        if high < 30 * low:
            one.set_major_locator(LogLocator(subs=(1, 2, 5)))
            one.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        one.set_minor_formatter(NullFormatter())


def _title(figure: Figure, title: str, about: str) -> None:
    """Bold, and a grey line below it."""
    figure.suptitle(title + "\n", x=0.012, ha="left", size=13, weight="bold", color=INK)
    y = 1 - 26 / 72 / figure.get_figheight()
    figure.text(0.012, y, about, ha="left", va="top", size=8.5, color=PALE)
