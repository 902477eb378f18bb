"""Figures of exchange currents: what was put in, and what experiments recover."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.analysis.exchange_current import Recovery
from electrode_model.plots.figure import COLOURS, INK, STYLE

__all__ = ["draw"]

_MARKS = {"pitt": "o", "pulse": "s", "impedance": "^"}


def draw(recoveries: list[Recovery], path: Path, title: str) -> Path:
    """j0 against filling on the left, relative errors on the right."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.5, 3.6), layout="constrained")
        figure.suptitle(title, x=0.012, ha="left", size=12, weight="bold", color=INK)
        values, errors = figure.subplots(1, 2)
        first = recoveries[0]
        order = np.argsort(first.filling)
        values.semilogy(
            first.filling[order], first.given[order], color=INK, linewidth=1.0, label="put in"
        )
        colours = dict(zip(_MARKS, (*list(COLOURS.values())[:2], "#009E73"), strict=True))
        for one in recoveries:
            mark, colour = _MARKS[one.method], colours[one.method]
            style = {"color": colour, "marker": mark, "linestyle": "none", "fillstyle": "none"}
            values.plot(one.filling, one.recovered, label=one.method, **style)
            errors.plot(one.filling, 100 * one.error, label=one.method, **style)
        values.set(xlabel="filling fraction", ylabel="exchange current [A m$^{-2}$]")
        errors.set(xlabel="filling fraction", ylabel="error [%]", ylim=(-6, 6))
        errors.axhline(0, color=INK, linewidth=0.8)
        for limit in (-5, 5):  # physics.md, row P15
            errors.axhline(limit, color=INK, linewidth=0.8, linestyle=":")
        values.legend()
        errors.set_title("dotted: 5 %")
        figure.savefig(path)
    return path
