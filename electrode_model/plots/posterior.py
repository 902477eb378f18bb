"""Figure of a sampled posterior: every parameter, and every pair of them."""

from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)
from scipy.ndimage import gaussian_filter
from scipy.stats import chi2, norm

from electrode_model.fit.posterior import Posterior
from electrode_model.plots.figure import COLOURS, INK, STYLE

__all__ = ["corner"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_BINS = 40
_SMOOTH = 2.0  # bins: what a few hundred samples bear
_INSIDE = (0.95, 0.5)  # shares of the samples within the lines
_SAMPLED, _DERIVED = COLOURS["discharge"], COLOURS["charge"]


def corner(found: Posterior) -> Figure:
    """Histograms of the parameters with their 95 % intervals over contours of the pairs.

    Dashed: what the derivatives at the optimum say.
    """
    with matplotlib.rc_context(STYLE):
        figure = _corner(found)
        figure.draw_without_rendering()  # texts keep the style that they are laid out in
    return figure


def _corner(found: Posterior) -> Figure:
    p = len(found.names)
    figure = Figure(figsize=(1.6 + 1.75 * p, 1.4 + 1.75 * p), layout="constrained")
    axes = figure.subplots(p, p, squeeze=False)
    spans = [_span(found, k) for k in range(p)]
    for row in range(p):
        for column in range(p):
            ax = axes[row, column]
            if column > row:
                ax.set_axis_off()
            elif column == row:
                _single(ax, found, row, spans[row])
            else:
                _pair(ax, found, column, row, spans)
            if column <= row:
                _scales(ax, found, column, row, spans)
                _labels(ax, found, column, row, spans)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    place = {"loc": "upper right"} if p > 1 else {"loc": "outside upper right"}
    figure.legend(handles, labels, **place).set_in_layout(p == 1)
    return figure


def _span(found: Posterior, k: int) -> tuple[float, float]:
    """The range of u that is drawn: nearly all samples, and the interval by derivatives."""
    u = _shares(found, k, found.samples[:, k])
    low, high = np.percentile(u, [0.5, 99.5])
    low = min(low, *_shares(found, k, found.gaussian[k]))
    high = max(high, *_shares(found, k, found.gaussian[k]))
    room = 0.1 * max(high - low, 1e-9)
    return max(float(low) - room, 0.0), min(float(high) + room, 1.0)


def _shares(found: Posterior, k: int, values: Array) -> Array:
    """u of values, 0 at the lower bound and 1 at the upper."""
    low, high = found.bounds[k]
    if found.log[k]:
        result: Array = np.log(np.asarray(values) / low) / np.log(high / low)
        return result
    return (np.asarray(values) - low) / (high - low)


def _values(found: Posterior, k: int, u: Array) -> Array:
    low, high = found.bounds[k]
    result: Array = low * (high / low) ** u if found.log[k] else low + (high - low) * u
    return result


def _single(ax: Any, found: Posterior, k: int, span: tuple[float, float]) -> None:
    u = _shares(found, k, found.samples[:, k])
    edges = np.linspace(*span, _BINS // 2 + 1)
    count, _ = np.histogram(u, edges)
    share = count / u.size / np.diff(edges)
    ax.stairs(share, _values(found, k, edges), fill=True, color=_SAMPLED, alpha=0.3)
    for end, label in zip(found.intervals[k], ("95 % sampled", None), strict=True):
        ax.axvline(end, color=_SAMPLED, lw=1.4, label=label)
    std = float(np.sqrt(found.covariance[k, k]))
    at = np.linspace(*span, 300)
    if np.isfinite(std) and std > 0:
        centre = float(_shares(found, k, found.optimum[k : k + 1])[0])
        density = norm.pdf(at, centre, std)
        ax.plot(_values(found, k, at), density, "--", color=_DERIVED, lw=1.4, label="derivatives")
    ax.set_ylim(0, 1.15 * max(float(share.max()), 1e-9))


def _pair(
    ax: Any, found: Posterior, column: int, row: int, spans: list[tuple[float, float]]
) -> None:
    pair = [column, row]
    u = [_shares(found, k, found.samples[:, k]) for k in pair]
    count, *edges = np.histogram2d(u[0], u[1], bins=_BINS, range=[spans[k] for k in pair])
    smooth = gaussian_filter(count, _SMOOTH)
    middles = [_values(found, k, 0.5 * (e[1:] + e[:-1])) for k, e in zip(pair, edges, strict=True)]
    levels = np.unique(_levels(smooth))
    if levels.size:
        for level in levels:  # one over the other
            over = [level, max(float(smooth.max()) * 1.01, level * 1.01)]
            ax.contourf(*middles, smooth.T, over, colors=[_SAMPLED], alpha=0.25)
        ax.contour(*middles, smooth.T, levels, colors=_SAMPLED, linewidths=1.1)
    covariance = found.covariance[np.ix_(pair, pair)]
    centre = [float(_shares(found, k, found.optimum[k : k + 1])[0]) for k in pair]
    if np.isfinite(covariance).all() and np.linalg.det(covariance) > 0:
        angle = np.linspace(0, 2 * np.pi, 200)
        circle = np.array([np.cos(angle), np.sin(angle)]) * np.sqrt(chi2.ppf(_INSIDE[0], 2))
        around = np.linalg.cholesky(covariance) @ circle + np.array(centre)[:, None]
        drawn = [_values(found, k, x) for k, x in zip(pair, around, strict=True)]
        ax.plot(*drawn, "--", color=_DERIVED, lw=1.1)
    ax.plot(*(found.optimum[k] for k in pair), "+", color=INK, ms=6, mew=1.2)


def _levels(count: Array) -> list[float]:
    """Densities above which the shares of the samples lie."""
    order = np.sort(count.ravel())[::-1]
    passed = np.cumsum(order) / order.sum()
    places = np.minimum(np.searchsorted(passed, _INSIDE), order.size - 1)
    return [float(x) for x in order[places]]


def _scales(
    ax: Any, found: Posterior, column: int, row: int, spans: list[tuple[float, float]]
) -> None:
    for axis, k in ((ax.xaxis, column), (ax.yaxis, row)):
        if axis is ax.yaxis and row == column:
            continue
        low, high = _values(found, k, np.array(spans[k]))
        wide = _is_wide(found, k, spans)
        getattr(ax, f"set_{axis.axis_name}scale")("log" if wide else "linear")
        getattr(ax, f"set_{axis.axis_name}lim")(low, high)
        axis.set_major_locator(LogLocator(numticks=4) if wide else MaxNLocator(3, prune="both"))
        axis.set_minor_formatter(NullFormatter())
        power = _power(found, k, spans)
        if power:
            axis.set_major_formatter(FuncFormatter(lambda x, _, power=power: f"{x / 10**power:g}"))


def _is_wide(found: Posterior, k: int, spans: list[tuple[float, float]]) -> bool:
    low, high = _values(found, k, np.array(spans[k]))
    return bool(found.log[k] and high > 8 * low)


def _power(found: Posterior, k: int, spans: list[tuple[float, float]]) -> int:
    """Power of ten that is taken out of the ticks and stands in the label."""
    size = float(np.abs(_values(found, k, np.array(spans[k]))).max())
    if _is_wide(found, k, spans) or size == 0 or 1e-2 <= size < 1e4:
        return 0
    return int(np.floor(np.log10(size)))


def _labels(
    ax: Any, found: Posterior, column: int, row: int, spans: list[tuple[float, float]]
) -> None:
    last = row == len(found.names) - 1
    if last:
        ax.set_xlabel(_named(found, column, spans))
    ax.tick_params(labelbottom=last, labelleft=column == 0 and row > 0)
    if last:
        ax.tick_params(axis="x", rotation=30)
    if row == column:
        ax.yaxis.set_major_locator(NullLocator())
        ax.grid(False)
    elif column == 0:
        ax.set_ylabel(_named(found, row, spans))


def _named(found: Posterior, k: int, spans: list[tuple[float, float]]) -> str:
    unit, power = found.units[k], _power(found, k, spans)
    unit = "" if unit == "1" else unit
    parts = [f"$10^{{{power}}}$"] if power else []
    shown = " ".join([*parts, unit]).strip()
    return f"{found.names[k]} / {shown}" if shown else found.names[k]
