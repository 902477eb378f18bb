"""Diffraction patterns of a run as a map through time, beside the voltage."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from electrode_model.analysis.diffraction import Diffraction
from electrode_model.plots.figure import COLOURS, INK, by_kind, head, row_spans, time_unit
from electrode_model.results.result import Result

__all__ = ["draw_diffraction", "draw_map", "two_theta"]

INTENSITY_MAP = "magma"
_LINES = 25  # steps of a protocol whose limits are drawn


def two_theta(q: np.ndarray, wavelength: float) -> np.ndarray:
    """Scattering angle [deg] of Q [1/angstrom] at a wavelength [angstrom]; nan beyond 180."""
    sine = q * wavelength / (4 * np.pi)
    with np.errstate(invalid="ignore"):
        angle: np.ndarray = 2 * np.degrees(np.arcsin(sine))
    return angle


def draw_diffraction(
    result: Result, patterns: Diffraction, wavelength: float | None = None
) -> Figure:
    """Time runs down; intensity over Q, or over the angle at a ``wavelength`` [angstrom]."""
    figure = Figure(figsize=(8.6, 6.0), layout="constrained")
    label = "".join(map(str, patterns.reflection))
    head(figure, result, f"Operando diffraction, ({label})")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[2.4, 1])
    unit, seconds = time_unit(float(patterns.time[-1] - patterns.time[0]))
    shown = draw_map(left, patterns, patterns.time / seconds, wavelength)
    left.set_ylabel(f"time / {unit}")
    left.set_title(f"peak width {patterns.fwhm:.3g} Å$^{{-1}}$", color=INK)
    figure.colorbar(shown, ax=left, location="bottom", label="intensity / largest", aspect=40)
    curves = by_kind(row_spans(result), result["Voltage [V]"], result["Time [s]"] / seconds)
    for kind, (voltage, time) in curves.items():
        right.plot(voltage, time, color=COLOURS[kind], label=kind)
    right.set_xlabel("voltage / V")
    right.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0,
        handlelength=1, columnspacing=1, handletextpad=0.4,
    )  # fmt: skip
    starts = np.flatnonzero(np.diff(patterns.step)) + 1
    for start in starts if starts.size <= _LINES else []:
        left.axhline(patterns.time[start] / seconds, color="white", linewidth=0.8, linestyle=":")
        right.axhline(patterns.time[start] / seconds, color="#cccccc", linewidth=1.0, zorder=0)
    if patterns.time[-1] > patterns.time[0]:
        left.set_ylim(patterns.time[-1] / seconds, patterns.time[0] / seconds)
    return figure


def draw_map(
    ax: Axes, patterns: Diffraction, along: np.ndarray, wavelength: float | None = None
) -> QuadMesh:
    """The map alone, against any coordinate ``along`` (n,) of the patterns."""
    x = patterns.q if wavelength is None else two_theta(patterns.q, wavelength)
    image = patterns.intensity / patterns.intensity.max()
    onward = along if along[-1] >= along[0] else -along
    rows = [0]  # one pattern a moment: where steps meet there are two
    for k in range(1, onward.size):
        if onward[k] > onward[rows[-1]] + 1e-9 * np.ptp(onward):
            rows.append(k)
    if len(rows) == 1:  # a map of one pattern still has a height
        rows, along, image = [0, 1], along[0] + np.arange(2.0), np.repeat(image[:1], 2, axis=0)
    shown = ax.pcolormesh(
        x, along[rows], image[rows], cmap=INTENSITY_MAP, shading="nearest", rasterized=True,
        vmin=0, vmax=1,
    )  # fmt: skip
    ax.set_xlabel("Q / Å$^{-1}$" if wavelength is None else f"2θ at {wavelength:g} Å / deg")
    ax.grid(False)
    return shown
