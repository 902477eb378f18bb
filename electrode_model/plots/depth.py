"""What changes through the depth of a cell, and the moments of a run that figures show."""

from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.plots.figure import (
    COLOURS,
    INK,
    Span,
    cell_edges,
    frame_spans,
    panels,
    row_spans,
    time_unit,
)
from electrode_model.results.result import Result

__all__ = ["current_steps", "moments_of", "step_name", "through_depth"]

LINE_MAP = "plasma"


def through_depth(result: Result) -> Figure | str:
    """Electrolyte and mean filling against the place in the cell, at some moments of each step."""
    if not result.layout.x.size:
        return "a single volume has no depth"
    if "Electrolyte concentration [mol.m-3]" not in result:
        return "the electrolyte was not saved"
    spans = current_steps(result, 3)
    if not spans:
        return "no step with current has two saved times"
    rows = 2 if "Particle filling fraction" in result else 1
    size = (2.0 + 3.2 * len(spans), 0.9 + 2.6 * rows)
    title = "Through the depth of the cell"
    figure, axes = panels(result, title, size, rows=rows, columns=len(spans), share=True)
    layout, x = result.layout, result.layout.x * 1e6
    edges = cell_edges(x)
    first, last = layout.sections["separator"]
    c_e = result["Electrolyte concentration [mol.m-3]"]
    electrodes = [result, *([result.negative] if layout.negative else [])] if rows == 2 else []
    for line, span in zip(axes.T, spans, strict=True):
        for frame, colour, name in moments_of(result, span):
            line[0].plot(x, c_e[frame] / 1000, color=colour, label=name)
            for electrode in electrodes:
                part = slice(*layout.sections[electrode.layout.electrode])
                line[1].plot(x[part], _means(electrode, frame), color=colour, marker="o", ms=2.5)
        line[0].set_title(step_name(span), color=COLOURS[span.kind])
        line[0].legend(handlelength=1.0, labelspacing=0.15, fontsize=7.5)
        for ax in line:
            ax.axvspan(edges[first], edges[last], color="#f1f1f1", zorder=0)
            ax.set_xlim(0, edges[-1])
    start = "negative collector" if layout.negative else "foil"
    text = f"distance from the {start} / µm  (grey: separator)"
    figure.supxlabel(text, fontsize="medium", color=INK)
    axes[0, 0].set_ylabel("electrolyte / mol L$^{-1}$")
    if rows == 2:
        axes[1, 0].set_ylabel("mean filling")
        axes[1, 0].set_ylim(0, 1)
    return figure


def _means(electrode: Result, frame: int) -> np.ndarray:
    """(volumes,) mean filling in each volume of an electrode."""
    layout = electrode.layout
    held = layout.weight * electrode["Particle filling fraction"][frame]
    return np.bincount(layout.volume, held) / np.bincount(layout.volume, layout.weight)


def step_name(span: Span) -> str:
    """Number and label of a step."""
    return f"{span.index + 1} · {span.label}"


def current_steps(result: Result, most: int) -> list[Span]:
    """Steps that move the filling and have frames; the first and last ones if there are more."""
    filling = result["Positive filling fraction"]
    moving = {span.index for span in row_spans(result) if np.ptp(filling[span.rows]) > 0.01}
    spans = [s for s in frame_spans(result) if s.index in moving and s.stop - s.start > 1]
    if len(spans) > most:
        spans = spans[: most - most // 2] + spans[-(most // 2) :]
    return spans


def moments_of(result: Result, span: Span, count: int = 6) -> list[tuple[int, Any, str]]:
    """Frame, colour and name of some times spread over a step."""
    time = result["Field time [s]"][span.rows]
    unit, seconds = time_unit(time[-1] - time[0])
    picks = np.unique(
        np.searchsorted(time, np.linspace(time[0], time[-1], count)).clip(0, time.size - 1)
    )
    colours = matplotlib.colormaps[LINE_MAP](np.linspace(0.0, 0.85, picks.size))
    return [
        (span.start + int(k), colour, f"{(time[k] - time[0]) / seconds:.3g} {unit}")
        for k, colour in zip(picks, colours, strict=True)
    ]
