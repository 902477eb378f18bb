"""Figures of a result; with ``figure`` and ``film`` the only modules that need matplotlib.

Only the object-oriented interface is used: no global state, no window.  Every figure works for
one particle and for a hundred thousand; where particles are left out, the figure says so.
Colours are safe for the colour blind: viridis, and blue and vermilion of Okabe and Ito 2008.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.analysis.section import line_cut
from electrode_model.plots.depth import current_steps, moments_of, step_name, through_depth
from electrode_model.plots.figure import (
    COLOURS,
    FILLING_MAP,
    INK,
    PALE,
    STYLE,
    Span,
    by_kind,
    count,
    depth_edges,
    frame_spans,
    head,
    panels,
    row_spans,
    time_unit,
)
from electrode_model.plots.heat import temperature
from electrode_model.plots.histograms import histogram_map
from electrode_model.results.result import Result

__all__ = ["FIGURES", "draw"]

MOST_LINES = 25  # volumes or steps that a map can keep apart
MOST_CYCLES = 60  # steps of a protocol in one figure
MAP_ROWS, MAP_COLUMNS = 1600, 1600  # more particles and frames than pixels are left out


def draw(
    result: Result, folder: str | Path, note: Callable[[str], object] = lambda text: None
) -> list[Path]:
    """Draw all figures that the result has data for into ``folder``; return their paths.

    ``note`` is told of each figure left out, and why.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figures = [(name, make, result) for name, make in FIGURES.items()]
    if "Temperature [K]" in result:
        figures.append(("temperature", temperature, result))
    if result.layout.negative is not None:
        figures += [(f"negative_{n}", FIGURES[n], result.negative) for n in OF_PARTICLES]
    paths = []
    for name, make, of in figures:
        with matplotlib.rc_context(STYLE):
            figure = make(of)
            if isinstance(figure, str):
                note(f"no figure {name}: {figure}")
                continue
            path = folder / f"{name}.png"
            figure.savefig(path)
        paths.append(path)
    return paths


def _voltage_capacity(result: Result) -> Figure | str:
    capacity, voltage = result["Discharge capacity [A.h.m-2]"], result["Voltage [V]"]
    if not voltage.size:
        return "no data yet"
    figure, axes = panels(result, "Voltage against capacity", (7.2, 4.6))
    ax = axes[0, 0]
    spans = row_spans(result)
    if len(spans) > MOST_CYCLES:
        chosen = np.linspace(0, len(spans) - 1, MOST_CYCLES).round().astype(int)
        axes[0, 0].set_title(f"{MOST_CYCLES} of {len(spans)} steps, the later the darker")
        spans = [spans[k] for k in chosen]
    for span in spans:
        alike = [other.index for other in spans if other.kind == span.kind]
        shade = 1 - 0.7 * (len(alike) - 1 - alike.index(span.index)) / max(len(alike), 4)
        style = {"color": COLOURS[span.kind], "alpha": shade}
        c, v = capacity[span.rows], voltage[span.rows]
        ax.plot(c, v, label=step_name(span), **style)
        if span.kind == "rest":
            ax.plot(c[-1:], v[-1:], "o", ms=3.5, **style)
    _label(ax, "discharge capacity / A h m$^{-2}$", "voltage / V")
    electrode = result.layout.electrode
    whole = -result.layout.capacity if electrode == "negative" else result.layout.capacity
    first = result[f"{electrode.capitalize()} filling fraction"][0] - capacity[0] / whole
    top = ax.secondary_xaxis(
        "top", functions=(lambda q: first + q / whole, lambda c: (c - first) * whole)
    )
    top.set_xlabel(f"filling of the {electrode} electrode", color=PALE)
    _legend(ax, spans)
    return figure


def _voltage_time(result: Result) -> Figure | str:
    if not result["Time [s]"].size:
        return "no data yet"
    figure, axes = panels(result, "Voltage and current against time", (7.2, 4.8), rows=2)
    upper, lower = axes[:, 0]
    unit, seconds = time_unit(result["Time [s]"][-1])
    time = result["Time [s]"] / seconds
    spans = row_spans(result)
    for kind, curve in by_kind(spans, time, result["Voltage [V]"]).items():
        upper.plot(*curve, color=COLOURS[kind], label=kind)
    for kind, curve in by_kind(spans, time, result["C-rate"]).items():
        lower.plot(*curve, color=COLOURS[kind])
        lower.fill_between(*curve, color=COLOURS[kind], alpha=0.15, linewidth=0)
    _label(upper, "", "voltage / V")
    _label(lower, f"time / {unit}", "C-rate")
    upper.sharex(lower)
    upper.tick_params(labelbottom=False)
    lower.axhline(0, color=PALE, linewidth=0.8)
    lower.margins(x=0)
    upper.legend(ncols=3, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0)
    return figure


def _filling_map(result: Result) -> Figure | str:
    if "Particle filling fraction" not in result or not result["Field time [s]"].size:
        return "the filling of the particles was not saved"
    layout, filling = result.layout, result["Particle filling fraction"]
    # down the page: volumes from the separator to the collector, in each small before large
    order = np.lexsort((layout.size, layout.volume))
    n_p = order.size
    if n_p > MAP_ROWS:
        order = order[np.linspace(0, n_p - 1, MAP_ROWS).round().astype(int)]
    unit, seconds = time_unit(result["Field time [s]"][-1])
    time = result["Field time [s]"] / seconds
    grid = np.linspace(time[0], time[-1], min(MAP_COLUMNS, 4 * time.size))
    nearest = np.searchsorted((time[1:] + time[:-1]) / 2, grid)
    image = filling[:, order][nearest].T

    tall = min(4.0, 1.0 + 0.1 * order.size)
    figure = Figure(figsize=(8.4, 2.6 + tall), layout="constrained")
    head(figure, result, "How the particles fill")
    varied = n_p > 1 and np.ptp(layout.size) > 1e-6 * layout.size.max()
    sided = varied and np.unique(layout.volume).size <= MOST_LINES
    widths = [1.0, 0.1, 0.022] if sided else [1.0, 0.022]
    grids = figure.add_gridspec(2, len(widths), height_ratios=[1.3, tall], width_ratios=widths)
    upper, ax = figure.add_subplot(grids[0, 0]), figure.add_subplot(grids[1, 0])
    curves = by_kind(row_spans(result), result["Time [s]"] / seconds, result["Voltage [V]"])
    for kind, curve in curves.items():
        upper.plot(*curve, color=COLOURS[kind])
    _label(upper, "", "voltage / V")
    upper.sharex(ax)
    upper.tick_params(labelbottom=False)
    shown = ax.imshow(
        image,
        aspect="auto",
        interpolation="nearest",
        cmap=FILLING_MAP,
        vmin=0,
        vmax=1,
        extent=(grid[0], max(grid[-1], grid[0] + 1e-9), order.size, 0),
    )
    ax.grid(False)
    spans = frame_spans(result)
    for span in spans[1:] if len(spans) <= MOST_LINES else []:
        ax.axvline(time[span.start], color="white", linewidth=1.0)
        upper.axvline(time[span.start], color="#cccccc", linewidth=1.0, zorder=0)
    _mark_volumes(ax, result, layout.volume[order])
    ax.set_xlabel(f"time / {unit}")
    if sided:
        _draw_sizes(figure.add_subplot(grids[1, 1], sharey=ax), layout.size[order])
    figure.colorbar(shown, cax=figure.add_subplot(grids[1, -1]), label="filling fraction")
    text = count(n_p) if order.size == n_p else f"{order.size} of {count(n_p)}"
    text += ", in each depth from small (top) to large" if varied else ""
    ax.set_title(text)
    return figure


def _draw_sizes(ax: Any, size: np.ndarray) -> None:
    """Sizes (rows,) [m] beside the map, in a strip with room for two numbers."""
    unit, length = ("µm", 1e-6) if size.max() >= 1e-6 else ("nm", 1e-9)
    ax.plot(size / length, np.arange(size.size) + 0.5, color=INK, linewidth=0.8)
    ax.tick_params(labelleft=False)
    ax.grid(False)
    ends = size.min() / length, size.max() / length
    ax.set_xticks(ends, [f"{end:.3g}" if end < 10 else f"{end:.0f}" for end in ends])
    ax.set_xlabel(f"size / {unit}")


def _mark_volumes(ax: Any, result: Result, volume: np.ndarray) -> None:
    """Separate the volumes by lines, and label them by their depth."""
    numbers, starts = np.unique(volume, return_index=True)
    if numbers.size == 1:
        ax.set_yticks([])
        ax.set_ylabel("particles" if volume.size > 1 else "particle")
        return
    edges = depth_edges(result) * 1e6
    ends = np.append(starts[1:], volume.size)
    if numbers.size <= MOST_LINES:
        for start in starts[1:]:
            ax.axhline(start, color="white", linewidth=0.6, alpha=0.8)
    chosen = np.unique(np.linspace(0, numbers.size - 1, min(numbers.size, 10)).round().astype(int))
    ticks = [(starts[k] + ends[k]) / 2 for k in chosen]
    names = [f"{(edges[numbers[k]] + edges[numbers[k] + 1]) / 2:.3g}" for k in chosen]
    ax.set_yticks(ticks, names)
    ax.tick_params(axis="y", length=0)
    ax.set_ylabel("depth from the separator / µm")


def _filling_histograms(result: Result) -> Figure | str:
    if "Particle filling fraction" not in result:
        return "the filling of the particles was not saved"
    filling, weight = result["Particle filling fraction"], result.layout.weight
    if weight.size < 10:
        return f"{weight.size} particle(s) make no distribution"
    spans = current_steps(result, 4)
    if not spans:
        return "no step with current has two saved times"
    title = "How the filling is distributed, at five states of charge"
    figure, axes = panels(
        result, title, (9.6, 1.1 + 1.75 * len(spans)), rows=len(spans), columns=5, share=True
    )
    edges = np.linspace(0, 1, 41)
    colours = matplotlib.colormaps[FILLING_MAP]((edges[1:] + edges[:-1]) / 2)
    for row, span in enumerate(spans):
        line, block = axes[row], filling[span.rows]
        mean = block @ weight
        targets = mean[0] + (mean[-1] - mean[0]) * np.array([0.1, 0.3, 0.5, 0.7, 0.9])
        for ax, target in zip(line, targets, strict=True):
            k = int(np.argmin(abs(mean - target)))
            share, _ = np.histogram(np.clip(block[k], 0, 1), edges, weights=weight)
            ax.bar(edges[:-1], 100 * share, np.diff(edges), align="edge", color=colours)
            ax.axvline(mean[k], color=COLOURS[span.kind], linewidth=1.2, linestyle=(0, (3, 2)))
            ax.set_title(f"mean {mean[k]:.2f}", color=INK)
            ax.grid(False)
            ax.set_xlim(0, 1)
            ax.set_xticks([0, 0.5, 1], [] if row < len(spans) - 1 else ["0", "0.5", "1"])
        line[0].set_ylabel(f"step {span.index + 1}: {span.kind}\n% of capacity", color=INK)
    for ax in axes[-1]:
        ax.set_xlabel("filling fraction")
    return figure


def _profiles(result: Result) -> Figure | str:
    if not result.layout.profiles:
        return "the particles have no inner grid"
    where = result.inside()
    if not where:
        return "the profiles were not saved"
    spans = current_steps(result, 2)
    if not spans:
        return "no step with current has two saved times"
    layout = result.layout
    chosen = _contrasting(result, np.array(sorted(where)))
    size = (2.6 + 2.1 * len(chosen), 1.0 + 2.5 * len(spans))
    title = "Inside the particles"
    figure, axes = panels(result, title, size, rows=len(spans), columns=len(chosen), share=True)
    for line, span in zip(axes, spans, strict=True):
        moments = moments_of(result, span)
        for ax, particle in zip(line, chosen, strict=True):
            field, column, k = where[particle]
            values = result[field]
            group = layout.profiles[k]
            for frame, colour, name in moments:
                nodes, filling = group.nodes, values[frame, :, column]
                if group.angles.size:
                    nodes, filling = line_cut(filling, group)
                for layer, dashes in zip(range(group.layers), ("-", "--"), strict=False):
                    one, own = nodes[layer :: group.layers], filling[layer :: group.layers]
                    if one.size == 1:  # uniform layers
                        one, own = np.array([0.0, 1.0]), np.repeat(own, 2)
                    label = None if layer else name
                    ax.plot(one, own, dashes, color=colour, label=label)
            ax.set_title(_particle_name(result, particle), color=INK)
            ax.set_ylim(0, 1)
            ax.set_xlim(-1 if group.angles.size else 0, 1)
        line[0].set_ylabel(f"step {span.index + 1}: {span.kind}\nfilling fraction")
        if any(layout.profiles[where[particle][2]].layers > 1 for particle in chosen):
            line[-1].plot([], [], "--", color=INK, label="second layer")
        line[-1].legend(
            loc="center left", bbox_to_anchor=(1.0, 0.5), handlelength=1.0, labelspacing=0.2
        )
    for ax in axes[-1]:
        ax.set_xlabel("position, centre 0 to surface 1")
    return figure


def _contrasting(result: Result, particles: np.ndarray) -> list[int]:
    """Up to four particles: small and large, next to the separator and far from it."""
    layout = result.layout
    by_size = particles[np.lexsort((layout.size[particles], layout.volume[particles]))]
    first = by_size[layout.volume[by_size] == layout.volume[by_size[0]]]
    last = by_size[layout.volume[by_size] == layout.volume[by_size[-1]]]
    picks = [first[0], first[-1], last[0], last[-1]]
    return list(dict.fromkeys(int(p) for p in picks))


def _particle_name(result: Result, particle: int) -> str:
    layout = result.layout
    name = f"{layout.size[particle] * 1e9:.3g} nm"
    if np.unique(layout.volume).size > 1:
        edges = depth_edges(result) * 1e6
        volume = layout.volume[particle]
        name += f", {(edges[volume] + edges[volume + 1]) / 2:.3g} µm deep"
    return name


def _label(ax: Any, x: str, y: str) -> None:
    ax.set_xlabel(x)
    ax.set_ylabel(y)


def _legend(ax: Any, spans: Sequence[Span]) -> None:
    """One entry a step while they are few; else one for each kind."""
    handles, labels = ax.get_legend_handles_labels()
    if len(spans) > 6:
        kinds = {span.kind: handle for span, handle in zip(spans, handles, strict=True)}
        handles, labels = list(kinds.values()), list(kinds)
    ax.legend(handles, labels)


#: File name -> function of a result that gives the figure, or why there is none.
FIGURES: dict[str, Callable[[Result], Figure | str]] = {
    "voltage_capacity": _voltage_capacity,
    "voltage_time": _voltage_time,
    "filling_map": _filling_map,
    "filling_histograms": _filling_histograms,
    "histogram_map": histogram_map,
    "electrolyte": through_depth,
    "profiles": _profiles,
}

#: Those drawn of each porous electrode.
OF_PARTICLES = ("filling_map", "filling_histograms", "histogram_map", "profiles")
