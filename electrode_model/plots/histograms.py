"""Distribution of compositions through time beside the voltage, and through depth."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from electrode_model.analysis import histograms, population
from electrode_model.plots.figure import (
    COLOURS,
    INK,
    PALE,
    by_kind,
    depth_edges,
    frame_spans,
    head,
    row_spans,
    time_unit,
)
from electrode_model.results.result import Result

__all__ = ["histogram_map"]

_MAP = "magma_r"
_BANDWIDTH = 0.01  # filling fraction
_MOST_FRAMES, _MOST_VOLUMES = 800, 40


def histogram_map(
    result: Result, weighting: histograms.Weighting = "capacity", local: bool = False
) -> Figure | str:
    """Voltage, density of the compositions and P2/H against time; a text if there is no data.

    A porous electrode also has the densities through its depth, at the moment of the largest
    P2/H.  ``weighting`` and ``local`` as in :mod:`electrode_model.analysis.histograms`.
    """
    if "Particle filling fraction" not in result or result["Field time [s]"].size < 2:
        return "the filling of the particles was not saved"
    if result.layout.weight.size < 10 and not local:
        return f"{result.layout.weight.size} particle(s) make no distribution"
    count = result["Field time [s]"].size
    frames = np.unique(np.linspace(0, count - 1, min(count, _MOST_FRAMES)).round().astype(int))
    columns, ratio = [], np.empty(frames.size)
    for k, frame in enumerate(frames):
        c, weights = histograms.compositions(result, int(frame), weighting=weighting, local=local)
        grid, height = population.density(c, weights, _BANDWIDTH)
        columns.append(height)
        ratio[k] = population.two_peaks(c, weights).ratio
    inside = (grid >= 0) & (grid <= 1)
    volumes = np.unique(result.layout.volume)
    deep = 1 < volumes.size <= _MOST_VOLUMES

    figure = Figure(figsize=(10.4 if deep else 8.4, 6.0), layout="constrained")
    head(figure, result, "How the compositions are distributed")
    widths = [1.0, 0.02, 0.45] if deep else [1.0, 0.02]
    places = figure.add_gridspec(3, len(widths), height_ratios=[1, 2, 0.8], width_ratios=widths)
    upper, middle, lower = (figure.add_subplot(places[row, 0]) for row in range(3))
    unit, seconds = time_unit(result["Field time [s]"][-1])
    spans = row_spans(result)
    for kind, curve in by_kind(spans, result["Time [s]"] / seconds, result["Voltage [V]"]).items():
        upper.plot(*curve, color=COLOURS[kind], label=kind)
    upper.set_ylabel("voltage / V")
    upper.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)
    image = np.array(columns)[:, inside].T
    # the sharpest moments would leave nothing of the broad ones to see
    top = float(np.quantile(image.max(axis=0), 0.5))
    time = result["Field time [s]"][frames] / seconds
    steps = result["Field step"][frames]
    shown: Any = None
    for step in np.unique(steps):  # steps share their moments: cells must not overlap
        rows = np.flatnonzero(steps == step)
        rows = rows[np.diff(time[rows], prepend=-np.inf) > 0]  # an end may be saved twice
        if rows.size > 1:
            shown = middle.pcolormesh(
                time[rows], grid[inside], image[:, rows], cmap=_MAP, vmin=0, vmax=top,
                shading="nearest",
            )  # fmt: skip
    if shown is None:
        return "no step has two saved times"
    middle.grid(False)
    middle.set_ylabel("filling fraction")
    figure.colorbar(
        shown, cax=figure.add_subplot(places[1, 1]), extend="max", label="share per filling"
    )
    curves = by_kind(frame_spans(result), result["Field time [s]"] / seconds, _full(ratio, frames))
    for kind, curve in curves.items():
        lower.plot(*curve, color=COLOURS[kind])
    lower.axhline(0.05, color=PALE, linewidth=0.8, linestyle=":")
    lower.set(ylabel="P2/H", ylim=(-0.03, 1.05), xlabel=f"time / {unit}")
    for ax in (upper, middle):
        ax.sharex(lower)
        ax.tick_params(labelbottom=False)
    lower.set_xlim(time[0], time[-1])
    if deep:
        at = int(ratio.argmax()) if ratio.max() > 0 else frames.size // 2
        middle.axvline(time[at], color=INK, linewidth=0.8, linestyle=(0, (3, 2)))
        side = figure.add_subplot(places[1:, 2])
        _depth(side, result, int(frames[at]), weighting, local)
    return figure


def _full(values: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Values at some frames, for all frames up to the last: between them interpolated."""
    return np.interp(np.arange(frames[-1] + 1), frames, values)


def _depth(
    ax: Any, result: Result, frame: int, weighting: histograms.Weighting, local: bool
) -> None:
    """Density of the compositions in each volume, from the separator at the top."""
    edges = depth_edges(result) * 1e6
    volumes = np.unique(result.layout.volume)
    columns = []
    for volume in volumes:
        c, weights = histograms.compositions(
            result, frame, weighting=weighting, local=local, volume=int(volume)
        )
        grid, height = population.density(c, weights, _BANDWIDTH)
        columns.append(height)
    inside = (grid >= 0) & (grid <= 1)
    image = np.array(columns)[:, inside]
    ax.pcolormesh(
        grid[inside], edges[volumes] + (edges[1] - edges[0]) / 2, image, cmap=_MAP, vmin=0,
        vmax=float(np.quantile(image.max(axis=1), 0.5)), shading="nearest",
    )  # fmt: skip
    ax.invert_yaxis()
    ax.grid(False)
    ax.set(xlabel="filling fraction", ylabel="depth from the separator / µm", xlim=(0, 1))
    ax.set_title("at the dashed line")
