"""Figures of a fit: data beside the model, residuals, end capacities, correlation, profiles."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.fit.outcome import Curve, Fit
from electrode_model.fit.report import rate_of, said_rate
from electrode_model.plots.figure import COLOURS, INK, PALE, STYLE, time_unit
from electrode_model.plots.posterior import corner

__all__ = [
    "FIGURES",
    "capacities",
    "correlation",
    "curves",
    "figures",
    "posterior",
    "profiles",
    "progress",
    "residuals",
    "save",
]

_MAP = "viridis"
_MOST_POINTS = 60  # of a measured curve that are drawn as points
_MEANS = 30  # of the residuals along a curve
_MOST_LABELS = 10  # curves in a legend
_PANELS = {"discharge": "discharge", "charge": "charge"}
_LINES = ("-", "--", ":", "-.")


def figures(fit: Fit) -> dict[str, Figure]:
    """All figures that the fit has something for, laid out once and for all."""
    found = {name: make(fit) for name, make in FIGURES.items()}
    drawn = {name: figure for name, figure in found.items() if figure is not None}
    for figure in drawn.values():
        # saved more than once, and each time it would be laid out twice
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
    return drawn


def save(drawn: Mapping[str, Figure], folder: Path) -> list[Path]:
    """Write figures as PNG files; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.png" for name in drawn}
    for name, figure in drawn.items():
        figure.savefig(paths[name], dpi=STYLE["savefig.dpi"])
    return list(paths.values())


@matplotlib.rc_context(STYLE)
def curves(fit: Fit) -> Figure | None:
    """Voltage against capacity, a panel for each direction; against time what is no such curve."""
    return _panels(fit.curves, _voltages)


@matplotlib.rc_context(STYLE)
def residuals(fit: Fit) -> Figure | None:
    """Model less measured voltage against the measured capacity, or time."""
    return _panels(fit.curves, _deviations)


@matplotlib.rc_context(STYLE)
def progress(shown: Sequence[Curve], title: str, about: str, path: Path) -> None:
    """The curves so far under a heading, in a file that is replaced in one go."""
    figure = _panels(shown, _voltages)
    if figure is None:
        return
    figure.suptitle(title + "\n", x=0.012, ha="left", size=12, weight="bold", color=INK)
    top = 1 - 24 / 72 / figure.get_figheight()
    text = about if len(about) < 130 else about[:128] + " …"
    figure.text(0.012, top, text, ha="left", va="top", size=8, color=PALE)
    part = path.with_name(f".{path.name}")
    figure.savefig(part, format="png", dpi=110)
    part.replace(path)


@matplotlib.rc_context(STYLE)
def capacities(fit: Fit) -> Figure | None:
    """End capacity against rate; None for fewer than two rates of a direction."""
    ends = [c for c in fit.curves if c.ends_free and math.isfinite(c.model_end) and c.rate]
    kinds = [kind for kind in _PANELS if len({abs(c.rate) for c in ends if _kind(c) == kind}) > 1]
    if not kinds:
        return None
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    ax = figure.subplots()
    for kind in kinds:
        own = sorted((c for c in ends if _kind(c) == kind), key=lambda c: abs(c.rate))
        rate = [abs(c.rate) for c in own]
        colour = COLOURS[kind]
        ax.plot(rate, [c.model_end for c in own], color=colour, label=f"model, {kind}")
        for left_out, face in ((False, colour), (True, "white")):
            mine = [c for c in own if c.left_out == left_out]
            if mine:
                ax.plot(
                    [abs(c.rate) for c in mine], [c.end for c in mine], "o", color=colour, ms=5,
                    markerfacecolor=face, label=f"measured, {'left out' if left_out else 'fitted'}",
                )  # fmt: skip
    if max(abs(c.rate) for c in ends) > 5 * min(abs(c.rate) for c in ends):
        ax.set_xscale("log")
        ticks = sorted({_rate(c) for c in ends})
        ax.set_xticks(ticks, [said_rate(x) for x in ticks])
        ax.minorticks_off()
    ax.set(xlabel="rate / C", ylabel="end capacity / A h m$^{-2}$")
    values = [x for c in ends for x in (c.end, c.model_end)]
    if min(values) < 0.5 * max(values):
        ax.set_ylim(0, 1.08 * max(values))
    else:
        ax.margins(y=0.15)
    ax.legend()
    return figure


@matplotlib.rc_context(STYLE)
def correlation(fit: Fit) -> Figure | None:
    """Heat map of the correlation matrix with its numbers; None for a single parameter."""
    names = [one.name for one in fit.parameters]
    matrix = fit.correlation
    n = len(names)
    if n < 2 or not np.isfinite(matrix).all():
        return None
    side = 1.6 + 0.62 * n
    figure = Figure(figsize=(side + 1.2, side), layout="constrained")
    ax = figure.subplots()
    shown = ax.imshow(matrix, cmap="RdBu_r", vmin=-1, vmax=1)
    for row, column in np.ndindex(matrix.shape):
        value = matrix[row, column]
        ax.text(
            column, row, f"{value:.2f}", ha="center", va="center", size=7.5 if n < 9 else 6,
            color="white" if abs(value) > 0.65 else INK,
        )  # fmt: skip
    ax.set_xticks(range(n), names, rotation=40, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(n), names)
    ax.grid(False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    figure.colorbar(shown, ax=ax, shrink=0.8, pad=0.02, label="correlation")
    return figure


@matplotlib.rc_context(STYLE)
def profiles(fit: Fit) -> Figure | None:
    """Rise of -2 log likelihood along each profile, beside the parabola of the derivatives."""
    if not fit.profiles:
        return None
    n = len(fit.profiles)
    columns = min(n, 3)
    rows = math.ceil(n / columns)
    figure = Figure(figsize=(1.0 + 2.9 * columns, 0.4 + 2.5 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    known = {one.name: one for one in fit.parameters}
    names = [one.name for one in fit.parameters]
    for ax, one in zip(axes.flat, fit.profiles, strict=False):
        about = known[one.name]
        top = 2.2 * one.threshold
        variance = fit.covariance[names.index(one.name), names.index(one.name)]
        if np.isfinite(variance) and variance > 0:
            half = math.sqrt(1.2 * top * variance)
            middle = _share(about.value, about.lower, about.upper, about.log)
            u = np.linspace(max(middle - half, 0.0), min(middle + half, 1.0), 100)
            there = _scaled(u, about.lower, about.upper, about.log)
            parabola = (u - middle) ** 2 / variance
            ax.plot(there, parabola, color=PALE, linewidth=1.0, linestyle=(0, (4, 3)))
        ax.plot(one.values, one.rise, color=COLOURS["discharge"], marker="o", ms=3.2)
        ax.axhline(one.threshold, color=COLOURS["charge"], linewidth=0.9)
        low, high = one.interval
        ax.axvspan(
            low if math.isfinite(low) else about.lower,
            high if math.isfinite(high) else about.upper,
            color=COLOURS["discharge"], alpha=0.10, linewidth=0,
        )  # fmt: skip
        ax.axvline(about.value, color=INK, linewidth=0.8)
        ax.set_ylim(min(-0.05 * top, 1.1 * float(one.rise.min())), top)
        if about.log and one.values.max() > 3 * one.values.min():
            ax.set_xscale("log")
        else:
            ax.ticklabel_format(axis="x", style="sci", scilimits=(-2, 4), useMathText=True)
            ax.locator_params(axis="x", nbins=4)
        ax.set_title(one.name)
        ax.set_xlabel("" if about.unit == "1" else about.unit)
    for ax in axes.flat[n:]:
        ax.set_visible(False)
    for ax in axes[:, 0]:
        ax.set_ylabel(r"rise of $-2\,\ln L$")
    return figure


def posterior(fit: Fit) -> Figure | None:
    """Sampled parameters and their pairs."""
    return None if fit.posterior is None else corner(fit.posterior)


#: By the names of their files.
FIGURES: dict[str, Callable[[Fit], Figure | None]] = {
    "curves": curves,
    "residuals": residuals,
    "capacities": capacities,
    "correlation": correlation,
    "profiles": profiles,
    "posterior": posterior,
}


def _panels(
    shown: Sequence[Curve], show: Callable[[Any, Curve, dict[str, Any], str], None]
) -> Figure | None:
    """A panel for each direction, and one for what goes over time; a legend beside each."""
    shown = [c for c in shown if c.measured.size]
    groups: dict[str, list[Curve]] = {}
    for one in shown:
        groups.setdefault(_kind(one), []).append(one)
    if not groups:
        return None
    order = sorted(groups, key=lambda kind: [*_PANELS, "over time"].index(kind))
    figure = Figure(figsize=(1.0 + 4.6 * len(order), 4.2), layout="constrained")
    axes = figure.subplots(1, len(order), squeeze=False)[0]
    colours = _colours([c for c in shown if _kind(c) in _PANELS], _rate)
    for ax, kind in zip(axes, order, strict=True):
        own = sorted(groups[kind], key=lambda c: (abs(c.rate), c.data_set))
        lines: dict[str, Any] = {}
        if kind == "over time":
            colours = _colours(own, lambda c: c.data_set)
        for one in own:
            colour = colours[one.data_set if kind == "over time" else _rate(one)]
            style = next(lines.setdefault(colour, cycle(_LINES)))
            show(ax, one, {"color": colour, "linestyle": style, "linewidth": 1.5}, kind)
        ax.set_title(kind)
        _legend(ax)
    return figure


def _voltages(ax: Any, one: Curve, style: dict[str, Any], kind: str) -> None:
    x, model_x, label = _places(one, kind)
    colour = style["color"]
    keep = np.unique(np.linspace(0, x.size - 1, min(x.size, _MOST_POINTS)).round().astype(int))
    face = "none" if one.left_out else colour
    ax.plot(
        x[keep], one.measured[keep], "o", ms=3.0, color=colour, markerfacecolor=face,
        markeredgewidth=0.7, alpha=0.75,
    )  # fmt: skip
    ax.plot(model_x, one.model, **style, label=_label(one))
    ax.set(xlabel=label, ylabel="voltage / V")


def _deviations(ax: Any, one: Curve, style: dict[str, Any], kind: str) -> None:
    x, _, label = _places(one, kind)
    y = 1e3 * (one.model - one.measured)
    ax.axhline(0, color=PALE, linewidth=0.8)
    ax.plot(x, y, ".", ms=2.5, color=style["color"], alpha=0.35, markeredgewidth=0)
    # the eye finds what stays of one sign in means, not in noise
    parts = np.array_split(np.arange(x.size), min(x.size, _MEANS))
    means = np.array([(x[part].mean(), y[part].mean()) for part in parts])
    ax.plot(*means.T, **style, label=_label(one))
    ax.set(xlabel=label, ylabel="model less data / mV")


def _places(one: Curve, kind: str) -> tuple[np.ndarray, np.ndarray, str]:
    """Where the data and the model are drawn, and the label of the axis."""
    if kind != "over time":
        return one.capacity, one.model_capacity, "capacity / A h m$^{-2}$"
    unit, length = time_unit(float(one.time[-1] - one.time[0]))
    return one.time / length, one.time / length, f"time / {unit}"


def _kind(one: Curve) -> str:
    return one.label if one.label in _PANELS else "over time"


def _label(one: Curve) -> str:
    rate = rate_of(one) or one.label
    rms = "" if math.isnan(one.rms) else f", {1e3 * one.rms:.1f} mV"
    named = one.data_set if rate in one.data_set else f"{one.data_set} {rate}"
    return f"{named}{' (predicted)' if one.left_out else ''}{rms}"


def _rate(one: Curve) -> float:
    return float(f"{abs(one.rate):.2g}")  # measured currents differ a little


def _colours(shown: Sequence[Curve], key: Callable[[Curve], Any]) -> dict[Any, str]:
    """A colour for each rate, or whatever the key is, the same in all panels."""
    kinds = sorted({key(one) for one in shown})
    colours = matplotlib.colormaps[_MAP](np.linspace(0, 0.85, max(len(kinds), 1)))
    return {
        kind: str(matplotlib.colors.to_hex(colour))
        for kind, colour in zip(kinds, colours, strict=False)
    }


def _legend(ax: Any) -> None:
    """Under the panel, where it hides nothing."""
    handles, labels = ax.get_legend_handles_labels()
    if len(labels) > _MOST_LABELS:
        more = len(labels) - _MOST_LABELS
        handles, labels = handles[:_MOST_LABELS], labels[:_MOST_LABELS]
        handles.append(matplotlib.lines.Line2D([], [], linestyle="none"))
        labels.append(f"and {more} more")
    columns = 1 if max(map(len, labels)) > 38 else 2
    ax.legend(
        handles, labels, fontsize=7.5, ncols=columns, loc="upper left", bbox_to_anchor=(0, -0.16)
    )


def _scaled(u: np.ndarray, lower: float, upper: float, log: bool) -> np.ndarray:
    return lower * (upper / lower) ** u if log else lower + (upper - lower) * u


def _share(value: float, lower: float, upper: float, log: bool) -> float:
    if log:
        return math.log(value / lower) / math.log(upper / lower)
    return (value - lower) / (upper - lower)
