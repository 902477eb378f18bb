"""Impedance spectra: Nyquist on equal axes, and Bode."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from electrode_model.analysis.impedance import Spectrum
from electrode_model.plots.figure import FILLING_MAP, INK, PALE

__all__ = ["Curve", "draw_impedance"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Complex = np.ndarray[Any, np.dtype[np.complex128]]

_PARTS = {"negative": "#0072B2", "positive": "#D55E00", "series resistance": PALE}
_LABELLED = 8  # of the width: least distance of named frequencies is one part
_PAD = 0.06  # of the range of the axes
_SLENDER = 0.05  # least width of the Nyquist plot, of the largest Re Z
_WIDER = 2.0  # times the range of the cell: parts that need more are left out of that plot


@dataclass(frozen=True)
class Curve:
    """One spectrum of a figure."""

    label: str
    spectrum: Spectrum
    meaningful: np.ndarray  # (n_f,) bool: the state holds still for a period


def draw_impedance(curves: Sequence[Curve], title: str, about: str) -> Figure:
    """Nyquist on the left, modulus and phase against frequency on the right.

    One curve comes with its parts; of several each has a colour.  Dotted where the state itself
    changes during a period.  Capacitive tails may leave the Nyquist plot: its scale is that of
    the real part.
    """
    figure = Figure(figsize=(10.0, 4.8), layout="constrained")
    figure.suptitle(title + "\n", x=0.012, ha="left", size=13, weight="bold", color=INK)
    y = 1 - 26 / 72 / figure.get_figheight()
    figure.text(0.012, y, about, ha="left", va="top", size=8.5, color=PALE)
    halves: Any = figure.subfigures(1, 2, width_ratios=[1.15, 1.0])
    left, right = halves
    plane = left.subplots()
    modulus, phase = right.subplots(2, 1, sharex=True)
    unit, name = _unit(curves)
    lines = _lines(curves, unit)
    wide = _range(line.z for line in lines) <= _WIDER * _range(
        line.z for line in lines if line.whole
    )
    for line in lines:
        look = {"color": line.colour, "linewidth": 1.8 if line.whole else 1.1}
        for shown, style in ((line.good, "-"), (_joined(~line.good), ":")):
            z, label = np.where(shown, line.z, np.nan), line.label if style == "-" else None
            if line.whole or wide:
                plane.plot(z.real, -z.imag, linestyle=style, **look)
            modulus.loglog(line.frequency, np.abs(z), linestyle=style, label=label, **look)
            phase.semilogx(line.frequency, -np.degrees(np.angle(z)), linestyle=style, **look)
    _frame(plane, np.concatenate([line.z for line in lines if line.whole or wide]))
    _name_frequencies(plane, lines[0])
    plane.set(xlabel=f"Re Z / {name}", ylabel=f"−Im Z / {name}")
    plane.set_aspect("equal", adjustable="box")
    modulus.set_ylabel(f"|Z| / {name}")
    sizes = np.abs(np.concatenate([line.z for line in lines]))
    if sizes.max() < 10 * sizes.min():  # less than a decade: a logarithmic axis has no labels
        modulus.set_yscale("linear")
    phase.set(xlabel="frequency / Hz", ylabel="−phase / °")
    phase.xaxis.set_minor_locator(NullLocator())  # shared; eight decades of them are slow
    right.align_ylabels([modulus, phase])
    if len(lines) > 1:
        place = {"loc": "lower left", "bbox_to_anchor": (0.0, 1.0), "borderaxespad": 0.0}
        modulus.legend(ncols=3, **place)
    return figure


@dataclass(frozen=True)
class _Line:
    """What one line shows, in the unit of the figure."""

    label: str
    frequency: Array
    z: Complex
    good: np.ndarray  # bool
    colour: Any
    whole: bool  # of the cell; else of a part


def _lines(curves: Sequence[Curve], unit: float) -> list[_Line]:
    """The cell at every state, and its parts if there is one."""
    found = []
    for curve, colour in zip(curves, _colours(len(curves)), strict=True):
        own = curve.spectrum
        label = curve.label if len(curves) > 1 else "cell"
        found.append(_Line(label, own.frequency, own.z / unit, curve.meaningful, colour, True))
    if len(curves) == 1:
        least = 1e-3 * float(np.abs(own.z).min())
        found += [
            _Line(part, own.frequency, z / unit, curve.meaningful, _PARTS[part], False)
            for part, z in own.parts.items()
            if np.abs(z).max() > least
        ]
    return found


def _range(spectra: Iterable[Complex]) -> float:
    real = np.concatenate([z.real for z in spectra])
    return float(np.ptp(real))


def _unit(curves: Sequence[Curve]) -> tuple[float, str]:
    """Unit that suits the real parts [ohm m^2], and its name."""
    largest = max(float(curve.spectrum.z.real.max()) for curve in curves)
    return (1e-3, "mΩ m²") if largest < 1 else (1.0, "Ω m²")


def _colours(count: int) -> list[Any]:
    if count == 1:
        return [INK]
    return [colormaps[FILLING_MAP](0.9 * k / (count - 1)) for k in range(count)]


def _joined(mask: np.ndarray) -> np.ndarray:
    """A range with the point at its end, so that two styles of a curve meet."""
    wider: np.ndarray = mask.copy()
    wider[:-1] |= mask[1:]
    wider[1:] |= mask[:-1]
    return wider if mask.any() else mask


def _frame(ax: Axes, z: Complex) -> None:
    """Limits by the real parts: storage at low frequency has no end."""
    left, right = z.real.min(), z.real.max()
    span = max(right - left, _SLENDER * abs(right))
    left = (left + right - span) / 2
    below, above = min(0.0, float(-z.imag.max())), float(-z.imag.min())
    top = min(max(above, 0.25 * span), span)
    ax.set_xlim(left - _PAD * span, left + (1 + _PAD) * span)
    ax.set_ylim(max(below, -span) - _PAD * span, top + _PAD * span)


def _name_frequencies(ax: Axes, line: _Line) -> None:
    """Marks at powers of ten, as far as they stand apart and inside of the frame."""
    order = np.argsort(line.frequency)
    at, z = np.log10(line.frequency[order]), line.z[order]
    decades = np.arange(np.ceil(at[0] - 1e-6), np.floor(at[-1] + 1e-6) + 1)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    taken: list[tuple[float, float]] = []
    for decade in decades[::-1]:
        x, y = float(np.interp(decade, at, z.real)), -float(np.interp(decade, at, z.imag))
        apart = all(np.hypot(x - a, y - b) > (right - left) / _LABELLED for a, b in taken)
        if left < x < right and bottom < y < top and apart:
            taken.append((x, y))
            ax.plot(x, y, "o", color=INK, markersize=4, fillstyle="none")
            beyond = x > left + 0.8 * (right - left)
            ax.annotate(
                f"{10.0**decade:g} Hz" if abs(decade) < 4 else f"$10^{{{decade:g}}}$ Hz",
                (x, y),
                xytext=(-6 if beyond else 6, -10),
                ha="right" if beyond else "left",
                textcoords="offset points",
                fontsize=8,
                color=INK,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
            )
