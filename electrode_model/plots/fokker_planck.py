"""Figures of the Fokker-Planck model: the distribution of filling on its way."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.fokker_planck.evolve import Evolution
from electrode_model.fokker_planck.peaks import LEAST_RATIO, peaks
from electrode_model.plots.figure import COLOURS, INK, STYLE

__all__ = ["draw"]

_SHOWN = 20.0  # density at which the map's colours end: peaks at the start are far higher
_HIGHEST = 60.0  # density at which the curves are cut off
_MOMENTS = 5  # densities drawn as curves


def draw(runs: Sequence[Evolution], path: Path, title: str) -> Path:
    """One row for each run: map of the density against the mean filling, curves, P2/H."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(10.5, 0.6 + 2.5 * len(runs)), layout="constrained")
        figure.suptitle(title, x=0.012, ha="left", size=12, weight="bold", color=INK)
        rows = figure.subplots(len(runs), 3, squeeze=False)
        for run, (density, curves, ratio) in zip(runs, rows, strict=True):
            _map(figure, density, run)
            _curves(curves, run)
            _ratio(ratio, run)
        figure.savefig(path)
    return path


def _kind(run: Evolution) -> str:
    return "discharge" if run.mean[-1] > run.mean[0] else "charge"


def _map(figure: Figure, ax: matplotlib.axes.Axes, run: Evolution) -> None:
    low, high = np.sort(run.mean[[0, -1]])
    picture = ax.pcolormesh(
        run.grid.centres,
        run.mean,
        run.density,
        cmap="magma_r",
        vmin=0,
        vmax=_SHOWN,
        rasterized=True,
    )
    ax.plot(run.mean, run.mean, color=INK, linewidth=0.8, linestyle=":")
    ax.set(xlim=(low - 0.12, 1.0), ylim=(low, high), xlabel="filling fraction")
    word = "lithiation" if _kind(run) == "discharge" else "delithiation"
    rate = abs(run.current[-1])
    ax.set(ylabel="mean filling fraction", title=f"{word} at {rate:.3g} C (dotted: mean)")
    ax.grid(False)
    figure.colorbar(picture, ax=ax, label="density", extend="max")


def _curves(ax: matplotlib.axes.Axes, run: Evolution) -> None:
    at = np.linspace(0, run.mean.size - 1, _MOMENTS + 2).round().astype(int)[1:-1]
    colour = COLOURS[_kind(run)]
    for k, strength in zip(at, np.linspace(0.35, 1.0, at.size), strict=True):
        label = f"{run.mean[k]:.2f}"
        ax.plot(run.grid.centres, run.density[k], color=colour, alpha=strength, label=label)
    low = float(run.mean.min())
    ax.set(
        xlim=(low - 0.12, 1.0), xlabel="filling fraction", ylabel="density", title="at five moments"
    )
    ax.legend(title="mean filling", ncols=2, loc="upper left")
    ax.set_ylim(0, min(1.6 * max(float(run.density[at].max()), 1.0), _HIGHEST))


def _ratio(ax: matplotlib.axes.Axes, run: Evolution) -> None:
    found = peaks(run)
    colour = COLOURS[_kind(run)]
    ax.plot(run.mean, [one.ratio for one in found], color=colour)
    ax.axhline(LEAST_RATIO, color=INK, linewidth=0.8, linestyle=":")
    ax.set(ylim=(-0.03, 1.03), xlabel="mean filling fraction", ylabel="P2/H")
    ax.set_title("second peak (dotted: 0.05)")
