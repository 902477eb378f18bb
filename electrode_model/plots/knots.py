"""Figure of an exchange current found from histograms: the curve, and data beside the model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.fit.exchange_current import Recovered, predicted
from electrode_model.fit.histograms import Histograms
from electrode_model.fokker_planck.law import Law
from electrode_model.plots.figure import COLOURS, INK, PALE, STYLE

__all__ = ["draw"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_MOST_RATES, _MOST_MOMENTS = 4, 4  # panels and histograms of a panel


def draw(
    found: Recovered,
    histograms: Sequence[Histograms],
    law: Law,
    path: Path,
    title: str,
    known: tuple[Array, Array] | None = None,
) -> Path:
    """log10 j0 with its 95 % band on the left; a panel of histograms for each rate on the right.

    ``known`` (c, log10 j0 [1/h]) is drawn beside it, where it was put in.
    """
    shown = list(histograms)[:_MOST_RATES]
    model = predicted(
        law, shown, found.knots, found.log10_j0, noise=found.noise, cells=400, rtol=1e-4
    )
    with matplotlib.rc_context(STYLE):
        width = 4.2 + 2.6 * len(shown)
        figure = Figure(figsize=(width, 3.6), layout="constrained")
        figure.suptitle(title, x=0.01, ha="left", size=12, weight="bold", color=INK)
        curve, *panels = figure.subplots(1, 1 + len(shown), width_ratios=[4.2, *[2.6] * len(shown)])
        _curve(curve, found, known)
        for ax, one, shares in zip(panels, shown, model, strict=True):
            _histograms(ax, one, shares)
        figure.savefig(path)
    return path


def _curve(ax: Any, found: Recovered, known: tuple[Array, Array] | None) -> None:
    c = np.linspace(found.knots[0], found.knots[-1], 300)
    value, half = found.curve(c), found.band(c)
    for k, (low, high) in enumerate(found.unknown()):
        ax.axvspan(low, high, color="#eeeeee", label=None if k else "not identifiable")
    blue = COLOURS["discharge"]
    ax.fill_between(c, value - half, value + half, color=blue, alpha=0.2, linewidth=0)
    ax.plot(c, value, color=blue, linewidth=1.2, label="fit, 95 %")
    if known is not None:
        ax.plot(*known, color=INK, linewidth=1.0, linestyle="--", label="put in")
    mine = found.identified
    ax.errorbar(
        found.knots[mine], found.log10_j0[mine],
        [(found.log10_j0 - found.lower)[mine], (found.upper - found.log10_j0)[mine]],
        fmt="o", color=blue, markersize=4, fillstyle="none",
    )  # fmt: skip
    for marks, mark, word in ((found.lower, "^", "lower bound"), (found.upper, "v", "upper bound")):
        one_sided = ~mine & np.isfinite(marks)
        if np.any(one_sided):
            ax.plot(
                found.knots[one_sided], marks[one_sided], mark, color=COLOURS["charge"],
                markersize=6, label=word,
            )  # fmt: skip
    span = value if known is None else np.concatenate([value, known[1]])
    seen = span[np.isfinite(span)]
    ax.set(xlabel="filling fraction", ylabel="log$_{10}$ of exchange current [1/h]")
    ax.set_ylim(seen.min() - 0.6, seen.max() + 0.6)
    ax.legend(fontsize=7.5, loc="lower left", frameon=True, facecolor="white", edgecolor="none")


def _histograms(ax: Any, one: Histograms, shares: Array) -> None:
    """Moments above each other, each with its mean filling."""
    width = np.diff(one.edges)
    middle = (one.edges[1:] + one.edges[:-1]) / 2
    data = one.values if one.error is not None else one.values / one.counts[:, None] / width
    chosen = np.unique(np.linspace(0, one.means.size - 1, _MOST_MOMENTS).round().astype(int))
    step = 1.15 * max(data[chosen].max(), (shares / width)[chosen].max())
    for place, k in enumerate(chosen[::-1]):
        base = step * place
        ax.stairs(base + data[k], one.edges, baseline=base, color=PALE, fill=True, alpha=0.5)
        ax.plot(middle, base + shares[k] / width, color=COLOURS["charge"], linewidth=1.2)
        ax.text(0.02, base + 0.55 * step, f"mean {one.means[k]:.2f}", size=7.5, color=INK,
                transform=ax.get_yaxis_transform())  # fmt: skip
    ax.set(xlabel="filling fraction", yticks=[], title=f"{one.current:+.3g} C")
