"""The loss budget of a run as a stack: what costs how much, against the electrode's filling."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from electrode_model.analysis.losses import Losses
from electrode_model.plots.figure import INK, PALE, head
from electrode_model.results.result import Result

__all__ = ["draw_losses"]

#: Particles in cool colours, pores in warm ones, what lies outside of the electrode in grey.
#: The same of both electrodes of a full cell, whose negative is hatched.
_COLOURS = {
    "spread": "#7b3294",
    "inner diffusion": "#b39ddb",
    "phase separation": "#1b7837",
    "coherency": "#a6dba0",
    "kinetics": "#0072B2",
    "film": "#56B4E9",
    "electrolyte ohmic": "#D55E00",
    "electrolyte ohmic, separator": "#F0A070",
    "electrolyte diffusion": "#E69F00",
    "electrolyte diffusion, separator": "#F5D565",
    "solid ohmic": "#8c564b",
    "foil kinetics": "#777777",
    "foil film": "#aaaaaa",
    "series resistance": "#d0d0d0",
}
_HATCH = "////"
_SMALL = 0.005  # of the largest loss shown: smaller terms are drawn but not named
_PERCENT = 98  # of the saved times of a step that its panel is scaled for
_RANGE = 0.02  # of the mean filling that a panel must cover to be drawn against it
_MOST = 4  # panels


def draw_losses(result: Result, budget: Losses, steps: Sequence[int]) -> Figure:
    """Stacked losses [mV] of some steps (from 0, at most four), one panel each.

    Losses are counted in the direction of the current, up where they cost voltage; a step at
    rest counts as discharge and runs over time.
    """
    shown = list(steps)[:_MOST]
    wide = 4.0 if len(shown) < 3 else 3.2
    figure = Figure(figsize=(3.6 + wide * len(shown), 5.2), layout="constrained")
    head(figure, result, "Where the voltage goes")
    axes = figure.subplots(1, len(shown), squeeze=False)[0]
    labels = {report.index: report.label for report in result.steps}
    parts = {step: _directed(budget.of_step(step)) for step in shown}
    # spikes where particles run full or empty leave the frame rather than flatten all else
    largest = max(
        float(np.nanpercentile(np.abs(total), _PERCENT)) for _, total, _ in parts.values()
    )
    named: dict[str, Artist] = {}
    for ax, step in zip(axes, shown, strict=True):
        here = budget.of_step(step)
        terms, total, (x, label) = parts[step]
        handles, depth = _stack(ax, x, terms)
        for name, handle in handles.items():
            if np.nanpercentile(np.abs(terms[name]), _PERCENT) > _SMALL * max(largest, 1e-9):
                named.setdefault(name, handle)
        line = ax.plot(x, total, color=INK, linewidth=1.2)[0]
        named.setdefault("OCV − V", line)
        worst = 1e3 * np.abs(here.remainder).max()
        ax.set_title(f"{labels.get(step, f'step {step + 1}')}\nremainder below {_above(worst)} mV")
        ax.set_xlabel(label)
        most = 1.3 * max(float(np.nanpercentile(np.abs(total), _PERCENT)), 1e-6)
        least = 1.3 * min(float(np.nanpercentile(depth, 100 - _PERCENT)), -1e-6)
        ax.set_ylim(least if depth.min() < least else None, most if np.max(total) > most else None)
        ax.axhline(0, color=PALE, linewidth=0.8)
        ax.margins(x=0)
    axes[0].set_ylabel("loss in the direction of the current / mV")
    order = ["OCV − V", *reversed([name for name in budget.terms if name in named])]
    figure.legend(
        [named[name] for name in order],
        order,
        loc="outside right center",
        title="from top to bottom",
    )
    return figure


def _directed(here: Losses) -> tuple[dict[str, np.ndarray], np.ndarray, tuple[np.ndarray, str]]:
    """Terms and total [mV] in the direction of the current, and what they are drawn against."""
    current = here.c_rate[np.abs(here.c_rate).argmax()]
    rest = abs(current) < 1e-6
    sign = -1e3 if current < 0 and not rest else 1e3
    x = here.filling
    electrode = "electrode" if here.negative_filling is None else "positive electrode"
    label = f"mean filling of the {electrode}"
    if rest or np.ptp(here.filling) < _RANGE:
        x, label = (here.time - here.time[0]) / 60, "time / min"
    return {name: sign * term for name, term in here.terms.items()}, sign * here.total, (x, label)


def _stack(
    ax: Axes, x: np.ndarray, terms: dict[str, np.ndarray]
) -> tuple[dict[str, Artist], np.ndarray]:
    """Gains below zero, losses above it, each term between its neighbours; the lower end."""
    top, bottom = np.zeros(x.size), np.zeros(x.size)
    handles: dict[str, Artist] = {}
    for name, term in terms.items():
        up, down = np.clip(term, 0, None), np.clip(term, None, 0)
        look = _look(name)
        handles[name] = ax.fill_between(x, top, top + up, **look)
        ax.fill_between(x, bottom + down, bottom, **look)
        top, bottom = top + up, bottom + down
    return handles, bottom


def _look(name: str) -> dict[str, Any]:
    """Colour of the process, hatching of a negative electrode's."""
    colour = _COLOURS.get(name) or _COLOURS[name.rpartition(", ")[0]]
    if name.endswith(", negative"):
        return {"facecolor": colour, "hatch": _HATCH, "edgecolor": "white", "linewidth": 0}
    return {"color": colour, "linewidth": 0}


def _above(value: float) -> str:
    """The next larger of 0.0001, 0.001, 0.01, ..."""
    if not value > 1e-4:
        return "0.0001"
    return f"{10.0 ** np.ceil(np.log10(value)):g}"
