"""A film of the particles as they fill, as an animated GIF.

The electrode is drawn as a cross-section: a column for each volume, a disc for each particle
with an area as its size, coloured by its filling; beside it the voltage runs along its curve.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from PIL import Image
from scipy.spatial import cKDTree

from electrode_model.plots.figure import (
    COLOURS,
    FILLING_MAP,
    INK,
    PALE,
    STYLE,
    by_kind,
    count,
    depth_edges,
    frame_spans,
    head,
    row_spans,
    time_unit,
)
from electrode_model.results.result import Result

__all__ = ["film", "pack"]

MOST_FRAMES = 120
MOST_DISCS = 1000
MILLISECONDS = 80  # a picture
LAST_MILLISECONDS = 1500
COVERED = 0.66  # share of the cross-section that discs cover: close, but loose enough to relax


def film(result: Result, path: str | Path) -> Path:
    """Write the film, at most 120 pictures of at most 1000 particles; return its path.

    Raises ValueError if the filling of the particles was not saved.
    """
    if "Particle filling fraction" not in result or not result["Field time [s]"].size:
        raise ValueError("no film: the filling of the particles was not saved")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(STYLE):
        pictures = list(_pictures(result))
    # one palette for all, or colours flicker; it is taken from pictures that hold all colours
    n = len(pictures)
    sample = np.concatenate([pictures[k] for k in sorted({0, n // 3, 2 * n // 3, n - 1})])
    palette = Image.fromarray(sample).quantize(256, method=Image.Quantize.FASTOCTREE)
    images = [
        Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)
        for picture in pictures
    ]
    durations = [MILLISECONDS] * (n - 1) + [LAST_MILLISECONDS]
    images[0].save(path, save_all=True, append_images=images[1:], duration=durations, loop=0)
    return path


def _pictures(result: Result) -> Iterator[np.ndarray]:
    """RGB arrays (height, width, 3); only what moves is drawn anew for each."""
    layout, times = result.layout, result["Field time [s]"]
    frames = np.unique(
        np.linspace(0, times.size - 1, min(times.size, MOST_FRAMES)).round().astype(int)
    )
    shown = _sample(result)
    figure = Figure(figsize=(9.6, 5.0), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    head(figure, result, "How the particles fill")
    grid = figure.add_gridspec(2, 2, width_ratios=[1.75, 1], height_ratios=[1, 0.05])
    left, bar = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
    right = figure.add_subplot(grid[:, 1])
    discs = _discs(figure, left, bar, result, shown)
    dot, text = _curve(right, result)
    moving = [(left, discs), (right, dot), (right, text)]
    for _, artist in moving:
        artist.set_animated(True)
    canvas.draw()
    background = canvas.copy_from_bbox(figure.bbox)
    filling = result["Particle filling fraction"]
    unit, seconds = time_unit(times[-1])
    digits = 2 if unit == "h" else 1
    step_of = {
        frame: span for span in frame_spans(result) for frame in range(span.start, span.stop)
    }
    rows = {span.index: span for span in row_spans(result)}
    capacity, voltage = result["Discharge capacity [A.h.m-2]"], result["Voltage [V]"]
    for frame in frames:
        now = filling[frame]
        discs.set_array(now[shown])
        span = step_of[int(frame)]
        # the row of the same step and time: at a change of step there are two at one time
        part = rows[span.index].rows
        row = part.start + int(np.argmin(abs(result["Time [s]"][part] - times[frame])))
        dot.set_data([capacity[row]], [voltage[row]])
        dot.set_color(COLOURS[span.kind])
        text.set_text(
            f"{times[frame] / seconds:.{digits}f} {unit}\n{voltage[row]:.3f} V\n"
            f"{span.kind}, step {span.index + 1}\nmean filling {now @ layout.weight:.2f}"
        )
        canvas.restore_region(background)
        for axes, artist in moving:
            axes.draw_artist(artist)
        yield np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def _sample(result: Result) -> np.ndarray:
    """Particles to show: all, or as many from each volume, evenly spread over its sizes."""
    layout = result.layout
    if layout.size.size <= MOST_DISCS:
        return np.arange(layout.size.size)
    volumes = np.unique(layout.volume)
    # more volumes than discs: volumes are left out as well
    volumes = volumes[
        np.linspace(0, volumes.size - 1, min(volumes.size, MOST_DISCS)).round().astype(int)
    ]
    each = MOST_DISCS // volumes.size
    chosen = []
    for volume in volumes:
        inside = np.flatnonzero(layout.volume == volume)
        inside = inside[np.argsort(layout.size[inside], kind="stable")]
        ranks = (np.arange(min(each, inside.size)) + 0.5) / min(each, inside.size)
        chosen.append(inside[(ranks * inside.size).astype(int)])
    return np.concatenate(chosen)


def _discs(
    figure: Figure, ax: Any, bar: Any, result: Result, shown: np.ndarray
) -> EllipseCollection:
    """The cross-section of the electrode, and its colour bar."""
    layout = result.layout
    n_volume = int(layout.volume.max()) + 1
    width, height = 1.8, 1.0
    centres, radii = pack(layout.size[shown], layout.volume[shown], n_volume, width, height)
    discs = EllipseCollection(
        2 * radii,
        2 * radii,
        np.zeros_like(radii),
        units="xy",
        offsets=centres,
        offset_transform=ax.transData,
        cmap=FILLING_MAP,
        edgecolors="white",
        linewidths=0.3,
    )
    discs.set_clim(0, 1)
    ax.add_collection(discs)
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal", yticks=[])
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set_facecolor("#f3f3f3")
    title = count(shown.size)
    if shown.size < layout.size.size:
        title = f"{shown.size} of {count(layout.size.size)}"
    ax.set_title(title)
    if n_volume == 1:
        ax.set_xticks([])
    else:
        depth = depth_edges(result) * 1e6
        ticks = np.unique(np.linspace(0, n_volume, min(n_volume, 5) + 1).round().astype(int))
        ax.set_xticks(width * ticks / n_volume, [f"{depth[k]:.3g}" for k in ticks])
        ax.set_xlabel("depth from the separator / µm")
    figure.colorbar(discs, cax=bar, orientation="horizontal", label="filling fraction")
    return discs


def _curve(ax: Any, result: Result) -> tuple[Any, Any]:
    """The voltage curve; the dot that runs along it and the text that goes with it."""
    capacity, voltage = result["Discharge capacity [A.h.m-2]"], result["Voltage [V]"]
    for kind, curve in by_kind(row_spans(result), capacity, voltage).items():
        ax.plot(*curve, color=COLOURS[kind], linewidth=1.3)
    ax.set_xlabel("discharge capacity / A h m$^{-2}$")
    ax.set_ylabel("voltage / V")
    # room above the curve for the text
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.35 * (high - low))
    (dot,) = ax.plot([], [], "o", ms=9, mec="white", mew=1.2)
    text = ax.text(
        0.97, 0.98, "", transform=ax.transAxes, ha="right", va="top", color=INK, linespacing=1.4
    )
    ax.tick_params(color=PALE)
    return dot, text


def pack(
    size: np.ndarray, volume: np.ndarray, n_volume: int, width: float, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """Place discs in a rectangle, each in the column of its volume, hardly overlapping.

    Returns centres (n, 2) and radii (n,), proportional to ``size``.  Discs that overlap push
    each other apart until none does or a number of rounds is over: the picture needs no more.
    """
    column = width / n_volume
    scale = np.sqrt(COVERED * width * height / (np.pi * np.sum(size**2)))
    scale = min(scale, 0.46 * height / size.max())
    radii = np.maximum(scale * size, 0.0025)
    # a disc stays in its column, or its centre does where columns are too narrow
    margin = np.column_stack([np.minimum(radii, 0.1 * column), radii])
    low = np.column_stack([volume * column, np.zeros(size.size)]) + margin
    high = low + np.array([column, height]) - 2 * margin
    low[:, 0] = np.clip(low[:, 0], radii, width - radii)
    high[:, 0] = np.clip(high[:, 0], radii, width - radii)
    # evenly spread from the start (Roberts' R2 sequence), big and small in any order
    generator, place = np.random.default_rng(0), np.zeros(size.size)
    for one in np.unique(volume):
        place[volume == one] = generator.permutation(np.count_nonzero(volume == one))
    spread = (0.5 + place[:, None] * np.array([0.7548776662, 0.5698402910])) % 1
    centres = low + spread * (high - low)
    for _ in range(200):
        pairs = cKDTree(centres).query_pairs(2 * radii.max(), output_type="ndarray")
        i, j = pairs.T
        apart = centres[j] - centres[i]
        distance = np.linalg.norm(apart, axis=1) + 1e-12
        overlap = radii[i] + radii[j] - distance
        touch = overlap > 0
        if not np.any(overlap > 0.03 * radii.mean()):
            break
        push = apart[touch] * (0.5 * overlap[touch] / distance[touch])[:, None]
        for axis in range(2):
            centres[:, axis] += np.bincount(j[touch], push[:, axis], size.size)
            centres[:, axis] -= np.bincount(i[touch], push[:, axis], size.size)
        centres = np.clip(centres, low, high)
    return centres, radii
