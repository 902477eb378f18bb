"""What is told of an exchange current from histograms: words, tables, a file to simulate with."""

from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from electrode_model.fit.exchange_current import COARSE, LIMIT, Recovered

__all__ = ["text", "verdicts", "write"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_POINTS = 121  # of the table of the curve

_MODULE = '''\
"""Exchange current fitted to composition histograms by electrode-model.

{words}

In a configuration, with k0 = 1 A/m^2 because the form has the unit already:

    kinetics: {{k0: 1 A/m^2, exchange_current: "./exchange_current.py:fitted"}}
"""

from electrode_model.exchange_current import Exchange
from electrode_model.free_energy import PiecewiseCubic
from electrode_model.symbolic import exp

#: ln of j0 [A/m^2] as a function of the filling: a natural cubic spline, straight beyond its knots.
LOG_J0 = PiecewiseCubic(
    {knots},
    {coefficients},
)


def fitted(c, alpha, mixing):
    """j0 [A/m^2] at the electrolyte concentration of the fit; its order in that is taken as 0."""
    return Exchange(exp(LOG_J0(c)), 0.0, 0.0, 0.0, 0.0)
'''


def verdicts(found: Recovered) -> list[str]:
    """In a word for each knot, what the histograms say of j0 there."""
    words = []
    for known, low, high in zip(found.identified, found.lower, found.upper, strict=True):
        if known:
            words.append("determined")
        elif np.isfinite(low) and np.isfinite(high):
            words.append("roughly determined")
        elif np.isfinite(low):
            words.append("only a lower bound")
        elif np.isfinite(high):
            words.append("only an upper bound")
        else:
            words.append("not determined")
    return words


def text(found: Recovered) -> str:
    """A table of the knots and sentences on what is not identifiable."""
    lines = [f"{'filling':>8}{'j0 [1/h]':>12}{'95 % interval [1/h]':>28}  what the data say"]
    for c, value, low, high, word in zip(
        found.knots, found.log10_j0, found.lower, found.upper, verdicts(found), strict=True
    ):
        ends = [f"{10**x:.3g}" if np.isfinite(x) else "none" for x in (low, high)]
        interval = "-" if ends == ["none", "none"] else f"{ends[0]} to {ends[1]}"
        lines.append(f"{c:8.3f}{10**value:12.3g}{interval:>28}  {word}")
    lines += sentences(found)
    return "\n".join(lines)


def sentences(found: Recovered) -> list[str]:
    """What is not identifiable, how good the fit is, what was assumed."""
    lines = []
    for low, high in found.unknown():
        part = f"j0 is not identifiable from a filling of {low:.3g} to {high:.3g}"
        lines.append(f"{part}: the histograms leave more than +-{LIMIT:g} dex")
    if not lines:
        lines.append("j0 is identifiable over all knots")
    if np.isfinite(found.per_hour):
        lines.append(f"1 per hour is {found.per_hour:.4g} A/m^2 of reacting surface")
    noise = f"D0 = {found.noise:.4g}"
    if found.noise_error > 0:
        noise += f" (fitted, standard error {found.noise_error:.2g} dex)"
    lines.append(
        f"chi^2 per datum {found.misfit:.3g} of {found.data} data; {noise}; smoothness"
        f" {found.smoothness:g} dex; {found.runs} half cycles computed"
    )
    if found.grid > COARSE:
        part = f"with twice the cells the residuals move by {found.grid:.2g} standard errors (rms)"
        lines.append(f"{part}: raise cells, the numbers above are not to be trusted")
    if found.misfit > 1:
        lines.append("errors are multiplied by the root of chi^2 per degree of freedom, above 1")
    return lines


def write(found: Recovered, folder: Path) -> list[Path]:
    """Tables of the knots and of the curve, and exchange_current.py for configurations.

    The last needs the surface of a configuration (``per_hour``).
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "knots.csv", folder / "curve.csv"]
    head = "filling,log10 j0 [1/h],lower 95 %,upper 95 %,standard error,standard error of data,word"
    rows = [
        ",".join(
            [*(f"{x:.6g}" for x in numbers), word]
        )
        for *numbers, word in zip(
            found.knots, found.log10_j0, found.lower, found.upper, found.error,
            found.error_of_data, verdicts(found), strict=True,
        )
    ]  # fmt: skip
    paths[0].write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    c = np.linspace(found.knots[0], found.knots[-1], _POINTS)
    known = np.ones(c.size)
    for low, high in found.unknown():
        known[(c >= low) & (c <= high)] = 0
    head = "filling,log10 j0 [1/h],half width of 95 % band,identifiable (1 or 0)"
    values = zip(c, found.curve(c), found.band(c), known, strict=True)
    rows = [",".join(f"{x:.6g}" for x in row) for row in values]
    paths[1].write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    if np.isfinite(found.per_hour):
        paths.append(folder / "exchange_current.py")
        paths[-1].write_text(_module(found), encoding="utf-8")
    return paths


def _module(found: Recovered) -> str:
    """Python text of the form."""
    knots = found.knots
    curve = CubicSpline(
        knots, (found.log10_j0 + np.log10(found.per_hour)) * np.log(10), bc_type="natural"
    )
    before, after = knots[0] - 1, knots[-1] + 1
    first = [0.0, 0.0, float(curve(knots[0], 1)), float(curve(knots[0]) - curve(knots[0], 1))]
    last = [0.0, 0.0, float(curve(knots[-1], 1)), float(curve(knots[-1]))]
    table = np.column_stack([first, curve.c, last])
    places = ", ".join(f"{x:.10g}" for x in (before, *knots, after))
    rows = ",\n        ".join(f"({', '.join(f'{x:.12g}' for x in row)})" for row in table)
    return _MODULE.format(
        words="\n".join(sentences(found)),
        knots=f"({places})",
        coefficients=f"(\n        {rows},\n    )",
    )
