"""Map of where a uniform composition is stable: C-rate against filling, both directions."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import matplotlib
import numpy as np
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure

from electrode_model.analysis.amplification import largest_amplification
from electrode_model.analysis.stability import critical_rates, growth_rate, spinodal
from electrode_model.plots.figure import COLOURS, INK, PALE, STYLE

if TYPE_CHECKING:
    from electrode_model.analysis.stability import Reaction

__all__ = ["LEVELS", "draw", "half_map"]

LEVELS = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)  # of s/rate
_GROWTH_MAP = "YlOrRd"
_RATES, _FILLINGS = 161, 401


def half_map(
    ax: Any, reaction: "Reaction", sign: int, limits: tuple[float, float], wavenumber: float = 0.0
) -> Any:
    """One direction of the map on logarithmic axes; returns what a colour bar needs.

    Colour: growth s/|rate| of the logarithm of a perturbation per filling that passes, white
    where it decays; grey where the kinetic law cannot carry the rate.
    """
    rates = np.geomspace(*limits, _RATES)
    low, high = (float(np.clip(c, 1e-3, 1 - 1e-3)) for c in reaction.fillings)
    c = np.linspace(low, high, _FILLINGS)
    growth = growth_rate(reaction, sign * rates[:, None], c, wavenumber) / rates[:, None]
    norm = BoundaryNorm(LEVELS, 256, extend="max")
    filled = ax.contourf(
        c, rates, growth, LEVELS, cmap=_GROWTH_MAP, norm=norm, extend="max", alpha=0.85
    )
    ax.contour(c, rates, growth, [0.0], colors=INK, linewidths=1.6)
    impossible = np.isnan(growth).astype(float)
    if impossible.any():
        ax.contourf(c, rates, impossible, [0.5, 1.5], colors=["#dddddd"])
    for a, b in spinodal(reaction):
        for edge in (a, b):
            if low < edge < high:
                ax.axvline(edge, color=PALE, linewidth=1.0, linestyle=(0, (4, 3)))
    direction: Literal["discharge", "charge"] = "discharge" if sign > 0 else "charge"
    for turn in critical_rates(reaction, direction, wavenumber):
        if limits[0] < turn.rate < limits[1] and turn.event in ("opens", "closes"):
            ax.plot(turn.filling, turn.rate, "o", color=INK, markersize=4.5)
            ax.annotate(
                f"{turn.rate:.3g}",
                (turn.filling, turn.rate),
                xytext=(6, 3 if sign > 0 else -10),
                textcoords="offset points",
                fontsize=8.5,
                color=INK,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
            )
    ax.set(yscale="log", xlim=(low, high), ylim=limits if sign > 0 else limits[::-1])
    return filled


def draw(
    reaction: "Reaction",
    path: Path,
    title: str,
    limits: tuple[float, float] = (1e-2, 1e2),
    wavenumber: float = 0.0,
    unit: str = "C-rate",
) -> Path:
    """Draw discharge upwards and charge downwards over the same fillings into ``path``."""
    with matplotlib.rc_context({**STYLE, "axes.grid": False}):
        figure = Figure(figsize=(7.2, 6.4), layout="constrained")
        grid = figure.add_gridspec(2, 2, width_ratios=(1, 0.035))
        upper = figure.add_subplot(grid[0, 0])
        lower = figure.add_subplot(grid[1, 0])
        words = {1: "discharge (lithiation)", -1: "charge (delithiation)"}
        filled, carried = None, True
        for ax, sign in ((upper, 1), (lower, -1)):
            filled = half_map(ax, reaction, sign, limits, wavenumber)
            kind = "discharge" if sign > 0 else "charge"
            gain = _gain(reaction, sign, limits, wavenumber)
            carried = carried and bool(gain)
            ax.set_title(f"{words[sign]}{gain}", color=COLOURS[kind])
            ax.set_ylabel(unit)
        upper.tick_params(labelbottom=False)
        lower.set_xlabel("filling fraction")
        assert filled is not None
        bar = figure.colorbar(filled, cax=figure.add_subplot(grid[:, 1]), ticks=LEVELS)
        bar.set_label("growth of ln(deviation) per filling passed, $s$/rate")
        figure.suptitle(title + "\n", x=0.012, ha="left", size=13, weight="bold", color=INK)
        notes = ["white: a uniform composition is stable", "line: neutral"]
        notes += ["dashed: spinodal at rest"] if spinodal(reaction) else []
        notes += [] if carried else ["grey: no potential carries the rate"]
        y = 1 - 26 / 72 / figure.get_figheight()
        figure.text(0.012, y, "  ·  ".join(notes), ha="left", va="top", size=8.5, color=PALE)
        figure.savefig(path)
    return path


def _gain(reaction: "Reaction", sign: int, limits: tuple[float, float], wavenumber: float) -> str:
    """Largest amplification at the highest rate of the map; empty if the law cannot carry it."""
    low, high = (float(np.clip(c, 0.01, 0.99)) for c in reaction.fillings)
    gain = largest_amplification(reaction, sign * limits[1], low, high, wavenumber=wavenumber)
    if np.isnan(gain.logarithm):
        return ""
    return f": at the highest rate a deviation grows ×{np.exp(gain.logarithm):.3g} on its way"
