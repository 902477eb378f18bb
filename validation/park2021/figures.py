"""Figures of this folder, drawn from simulation."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from electrode_model import exchange_current, kinetics
from electrode_model.analysis import histograms, population
from electrode_model.analysis.amplification import splitting_rates
from electrode_model.analysis.diffraction import diffraction
from electrode_model.analysis.evolution import Threshold, spread_of_sizes
from electrode_model.analysis.stability import of_config
from electrode_model.config.load import load
from electrode_model.free_energy import Potential
from electrode_model.plots.figure import COLOURS, INK, PALE, STYLE
from electrode_model.results.result import Result
from electrode_model.validate import figures as page
from validation.park2021.cases import (
    ENSEMBLE,
    HERE,
    MEAN_SIZE,
    PER_HOUR,
    SLOW,
    few,
    half_cycle,
    statistics,
)
from validation.park2021.limits import Limits
from validation.park2021.relaxation import DIFFUSION, REACTION, relaxed

_MAP = "magma_r"
_KIND = {True: "charge", False: "discharge"}
_KINETICS = "positive.particles.kinetics.k0="


def save(figure: Figure, path: Path, dpi: int = 160) -> Path:
    """Write a figure as a bitmap and as the SVG of the validation page; the bitmap's path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=dpi)
    page.save(figure, path.with_suffix(".svg"))
    return path


def bifurcation(path: Path, quick: bool = False) -> Path:
    """Histograms and (003) maps, slow and fast, in both directions (rows P1, P2)."""
    shown = (("C/15", SLOW), ("4C", 4.0))
    count = 200 if quick else 1000
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(10.4, 6.6), layout="constrained")
        axes = figure.subplots(2, 4, sharex="col", sharey="row")
        columns = [(-1, *shown[0]), (1, *shown[0]), (-1, *shown[1]), (1, *shown[1])]
        for (upper, lower), (sign, name, rate) in zip(axes.T, columns, strict=True):
            result = half_cycle(ENSEMBLE, sign * rate, few(count), resolution=0.004)
            a = _image(upper, result)
            if name == "4C" and sign < 0:
                upper.plot([0.5, 1], [0.5, 1], color=PALE, linewidth=0.7, linestyle=(0, (3, 3)))
            pattern = diffraction(result)
            order = np.argsort(pattern.filling)
            b = lower.pcolormesh(
                pattern.filling[order], pattern.q, pattern.intensity[order].T, cmap=_MAP,
                shading="nearest", vmin=0, vmax=160,
            )  # fmt: skip
            direction = "delithiation" if sign < 0 else "lithiation"
            upper.set_title(f"{name}, {direction}", color=COLOURS[_KIND[sign < 0]])
            upper.set_ylim(0.45, 1.0)
            ends = (0.99, 0.5) if sign < 0 else (0.5, 0.99)
            lower.set_xlim(*ends)
            lower.set_xlabel("mean filling →")
            for ax in (upper, lower):
                ax.grid(False)
        axes[0, 0].set_ylabel("filling of the particles")
        axes[1, 0].set_ylabel("(003) peak, Q / Å$^{-1}$")
        figure.colorbar(a, ax=list(axes[0]), label="share per filling", extend="max", pad=0.01)
        figure.colorbar(b, ax=list(axes[1]), label="intensity / Å", pad=0.01)
        _title(
            figure, "NMC splits in two only when it is emptied fast",
            f"{count} NMC532 particles that share one potential; no phase transition; simulated",
        )  # fmt: skip
        return save(figure, path, dpi=105)


def moved(limits: Limits, path: Path) -> Path:
    """Threshold against exchange current, size spread and start, with the linear estimate."""
    panels: Sequence[tuple[str, Mapping[float, Threshold], str]] = (
        ("exchange current j$_0$(0.5) / h$^{-1}$", limits.constant, "k"),
        ("s.d. of ln R", limits.spread, "sigma"),
        ("filling at the start", limits.start, "start"),
    )
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 3.5), layout="constrained")
        for ax, (label, found, kind) in zip(figure.subplots(1, 3), panels, strict=True):
            known = {key: limit.rate for key, limit in found.items() if limit.rate > 0}
            ax.plot(known.keys(), known.values(), "o", color=COLOURS["charge"], label="simulated")
            linear = {key: _linear(kind, key, limits.count) for key in known}
            ax.plot(linear.keys(), linear.values(), color=INK, label="forced s.d. = 0.063")
            ax.set_xlabel(label)
            ax.set_yscale("log")
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_major_formatter("{x:g}")
            ax.yaxis.set_minor_formatter(NullFormatter())
            if kind == "k":
                ax.set_xscale("log")
                ax.set_ylabel("threshold of delithiation / C")
                ax.legend()
            if kind == "start":
                ax.invert_xaxis()
        _title(figure, "What moves the threshold", "NMC532 ensemble, P2/H = 0.05")
        return save(figure, path)


def _linear(kind: str, value: float, count: int) -> float:
    """Threshold of the linear theory."""
    settings: list[str] = []
    if kind == "k":
        settings = [f"{_KINETICS}{value * PER_HOUR!r} A/m^2"]
    elif kind == "sigma":
        settings = list(spread_of_sizes(value, MEAN_SIZE))
    reaction = of_config(load(ENSEMBLE, [*few(count), *settings]))
    start = value if kind == "start" else 0.99
    intervals = splitting_rates(reaction, "charge", 0.5, start)
    return intervals[0][0] if intervals else float("nan")


def relaxation(path: Path, quick: bool = False) -> Path:
    """Histograms of places and of particles before and after isolated relaxation (P4, P5)."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 5.4), layout="constrained")
        axes = figure.subplots(2, 3, sharex=True)
        cases = (("diffusion-limited", DIFFUSION), ("reaction-limited", REACTION))
        for line, (name, file) in zip(axes, cases, strict=True):
            found = relaxed(file, few(61) if quick else [])
            panels = (
                ("places, under current", "local", False),
                ("places, after 24 h isolated", "local", True),
                ("particles (by number)", "number", True),
            )
            for ax, (title, kind, last) in zip(line, panels, strict=True):
                c, w = found.compositions(kind, last)
                grid, height = population.density(c, w)
                ax.fill_between(grid, height, color=COLOURS["charge"], alpha=0.25, linewidth=0)
                ax.plot(grid, height, color=COLOURS["charge"])
                ratio = found.ratio(kind, last)
                ax.set_title(f"{title}: P2/H {ratio:.2f}")
                ax.set(xlim=(0.4, 1.02))
                ax.set_ylim(bottom=0)
            line[0].set_ylabel(f"{name}\nmean filling {found.mean:.2f}\nshare per filling")
        for ax in axes[-1]:
            ax.set_xlabel("filling fraction")
        _title(
            figure, "Relaxation inside the particles tells diffusion from reaction",
            "NMC532, 4C delithiation stopped; then no exchange between particles",
        )  # fmt: skip
        return save(figure, path)


def ohmic(path: Path, quick: bool = False) -> Path:
    """Rate against overpotential of both laws, and what their populations do (P6)."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.6, 3.4), layout="constrained")
        left, *right = figure.subplots(1, 3)
        eta = np.linspace(-8, 8, 161)

        def flat(c: Any, alpha: float, mixing: float) -> exchange_current.Exchange:
            return exchange_current.constant(c, alpha, mixing)

        at_rest = Potential(0.0, 0.0)
        for law, label in ((kinetics.butler_volmer, "Butler–Volmer"), (kinetics.linear, "ohmic")):
            rate = law(eta, np.full_like(eta, 0.5), 1.0, at_rest, flat)
            left.plot(eta, rate, label=label, color=INK, linestyle="-" if label[0] == "B" else "--")
        left.set(xlabel="overpotential / (kT/e)", ylabel="insertion rate / j$_0$", ylim=(-25, 25))
        left.legend()
        for ax, (sign, start) in zip(right, ((-1, 0.99), (1, 0.97)), strict=True):
            for name, file, style in (
                ("Butler–Volmer, 100/h", ENSEMBLE, "-"),
                ("ohmic, 1000/h", HERE / "nmc532_ohmic.yaml", "--"),
            ):
                result = half_cycle(file, sign * 4.0, few(200 if quick else 1000), start=start)
                found = statistics(result)
                frame = (
                    found.best if found.ratio.max() > 0 else histograms.frame_near(result, 0.8, 0)
                )
                c, w = histograms.compositions(result, frame)
                grid, height = population.density(c, w)
                label = f"{name}\nmean {found.mean[frame]:.2f}, P2/H {found.ratio[frame]:.2f}"
                ax.plot(grid, height, style, color=COLOURS[_KIND[sign < 0]], label=label)
            ax.set(xlabel="filling fraction", xlim=(0.4, 1.0))
            ax.set_ylim(0, ax.get_ylim()[1] * 1.6)
            ax.set_title("4C delithiation" if sign < 0 else "4C lithiation")
            ax.legend(loc="upper left")
        right[0].set_ylabel("share per filling")
        _title(
            figure, "Any steep interface splits the population", "NMC532, homogeneous particles, 4C"
        )
        return save(figure, path)


def heterogeneous(path: Path, quick: bool = False) -> Path:
    """Compositions through 4C half cycles of a mixture and of two layers (P12)."""
    cases = (
        ("one population", ENSEMBLE, few(200 if quick else 1000)),
        ("mixture", HERE / "nmc532_mixed.yaml", few(100 if quick else 500, 2)),
        ("two layers", HERE / "nmc532_layered.yaml", few(20 if quick else 100, 2)),
    )  # fmt: skip
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 5.6), layout="constrained")
        axes = figure.subplots(2, 3, sharey=True)
        for line, sign in zip(axes, (-1, 1), strict=True):
            for ax, (name, file, settings) in zip(line, cases, strict=True):
                result = half_cycle(file, sign * 4.0, settings, resolution=0.004)
                shown = _image(ax, result)
                ax.set_title(f"{name}: P2/H {statistics(result).ratio.max():.2f}")
                ax.set_xlim((0.99, 0.5) if sign < 0 else (0.5, 0.99))
                ax.set_ylim(0.4, 1.02)
                ax.grid(False)
            line[0].set_ylabel(("delithiation" if sign < 0 else "lithiation") + "\nfilling")
        for ax in axes[-1]:
            ax.set_xlabel("mean filling →")
        figure.colorbar(shown, ax=list(axes.flat), label="share per filling", extend="max")
        _title(
            figure,
            "A heterogeneous electrode splits in both directions",
            "4C; half the capacity reacts 30 times slower: in the mixture everywhere, of the layers"
            " the one at the collector",
        )
        return save(figure, path, dpi=120)


def _image(ax: Any, result: Result) -> Any:
    """Density of the compositions against the mean filling, smoothed by 0.006."""
    mean = result["Particle filling fraction"] @ result.layout.weight
    columns = [
        population.density(*histograms.compositions(result, frame), bandwidth=0.006)
        for frame in range(mean.size)
    ]
    order = np.argsort(mean)
    grid = columns[0][0]
    keep = (grid > 0.35) & (grid < 1.03)
    keep &= np.arange(grid.size) % 3 == 0
    image = np.array([height[keep] for _, height in columns])[order].T
    return ax.pcolormesh(
        mean[order], grid[keep], image, cmap=_MAP, vmin=0, vmax=25, shading="nearest"
    )


def _title(figure: Figure, title: str, about: str) -> None:
    figure.suptitle(title + "\n", x=0.012, ha="left", size=13, weight="bold", color=INK)
    y = 1 - 26 / 72 / figure.get_figheight()
    figure.text(0.012, y, about, ha="left", va="top", size=8.5, color=PALE)
