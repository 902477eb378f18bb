"""How far a perturbation gets on the way of a charge or discharge.

A small deviation grows as d ln(delta)/dt = s (see :mod:`electrode_model.analysis.stability`).
Over the mean filling, dc = (C-rate) dt: its logarithm is the integral of s/rate, whatever the
sign of s at a moment says.  A lobe of instability that is crossed quickly does no harm, and a
stable path forgives what came before.

Where rate constants differ from particle to particle by a relative ``spread`` sigma, a deviation
is made all the time and not only inherited.  Along the path u = |c - start|

    d delta/du = (s/|rate|) delta + sigma,

delta being the standard deviation of the fillings (Park et al., Nature Mater. 20 (2021) 991,
Supplementary Eqs. 3 and 4, with the forcing by sizes added).  A population of NMC splits into two
where the largest delta reaches about 0.063: found in seventeen simulated cases of different
exchange currents, spreads, starts and open-circuit voltages, 0.059 to 0.068, and here in five,
0.059 to 0.070.  That number is empirical, for solid solutions, and the linear theory ends there.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from electrode_model.analysis.stability import Reaction, growth_rate

__all__ = [
    "SPLIT",
    "Growth",
    "Path",
    "amplification",
    "forced_spread",
    "largest_amplification",
    "splitting_rates",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

SPLIT = 0.063  # forced s.d. of the fillings where simulated populations become bimodal
_POINTS = 1001
_MOST = 1e9  # where a spread that grows without bound is cut


class Path(NamedTuple):
    """A quantity along a (de)lithiation."""

    filling: Array  # (n,) from start to end
    value: Array  # (n,)


class Growth(NamedTuple):
    """The part of a path that amplifies most."""

    logarithm: float  # ln of the amplification; 0 if the path is stable all along
    start: float  # filling
    end: float


def amplification(
    reaction: Reaction,
    rate: float,
    start: float,
    end: float,
    wavenumber: float = 0.0,
    points: int = _POINTS,
) -> Path:
    """ln A(c) of a perturbation made at ``start``, at a signed C-rate; infinite is its limit.

    Fillings are equidistant in log(c/(1-c)), where the integrand is smooth up to the ends.
    NaN from where the kinetic law cannot carry the rate.

    Raises
    ------
    ValueError
        ``start`` or ``end`` is not between 0 and 1, or the rate leads away from ``end``.
    """
    for name, value in (("start", start), ("end", end)):
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value:g}; a filling between 0 and 1 is needed")
    if not (end - start) * rate > 0:
        way = "above" if rate > 0 else "below"
        raise ValueError(f"at a rate of {rate:g} C the end must lie {way} the start, {start:g}")
    x = np.linspace(np.log(start / (1 - start)), np.log(end / (1 - end)), points)
    c = 1 / (1 + np.exp(-x))
    finite = reaction.in_k0(rate) * reaction.rate_constant
    slope = growth_rate(reaction, finite, c, wavenumber) / finite * c * (1 - c)
    steps = np.diff(x) * (slope[1:] + slope[:-1]) / 2
    return Path(c, np.concatenate([[0.0], np.cumsum(steps)]))


def largest_amplification(
    reaction: Reaction,
    rate: float,
    low: float = 0.01,
    high: float = 0.99,
    *,
    from_start: bool = False,
    wavenumber: float = 0.0,
) -> Growth:
    """The stretch between the fillings ``low`` and ``high`` that amplifies most.

    ``from_start``: only perturbations that are there at the beginning, at ``low`` in discharge
    and at ``high`` in charge.  NaN if the kinetic law cannot carry the rate all the way.
    """
    start, end = (low, high) if rate > 0 else (high, low)
    c, gain = amplification(reaction, rate, start, end, wavenumber)
    if np.isnan(gain[-1]):
        return Growth(np.nan, np.nan, np.nan)
    least = np.zeros(gain.size) if from_start else np.minimum.accumulate(gain)
    last = int(np.argmax(gain - least))
    first = 0 if from_start else int(np.argmin(gain[: last + 1]))
    return Growth(float(gain[last] - gain[first]), float(c[first]), float(c[last]))


def forced_spread(
    reaction: Reaction, rate: float, start: float, end: float, *, spread: float | None = None
) -> Path:
    """Standard deviation of the fillings of particles whose rate constants differ.

    They begin alike; ``spread`` is that of the logarithm of their rate constants, None that of
    the reaction's population.  Exact in each step for the mean growth there.
    """
    sigma = reaction.spread if spread is None else spread
    c, gain = amplification(reaction, rate, start, end)
    grown, length = np.diff(gain), np.abs(np.diff(c))
    grown = np.minimum(grown, 100.0)  # unstable paths at low rates grow without bound
    with np.errstate(invalid="ignore", divide="ignore"):
        made = sigma * length * np.where(np.abs(grown) > 1e-8, np.expm1(grown) / grown, 1.0)
        factor = np.exp(grown)
    value = np.zeros(c.size)
    at = 0.0
    for k, (a, b) in enumerate(zip(factor.tolist(), made.tolist(), strict=True)):
        at = min(a * at + b, _MOST)
        value[k + 1] = at
    return Path(c, value)


def splitting_rates(
    reaction: Reaction,
    direction: Literal["discharge", "charge"],
    low: float = 0.5,
    high: float = 0.99,
    *,
    spread: float | None = None,
    split: float = SPLIT,
    limits: tuple[float, float] = (1e-6, 1e3),
) -> list[tuple[float, float]]:
    """Intervals of the C-rate where the forced spread passes ``split``: the population splits.

    Between the fillings ``low`` and ``high``; ``limits`` of the search in units of the largest
    exchange current.  An interval begins at 0 or ends at infinity where the limits do.  Empty:
    the population never splits.
    """
    sign, start, end = (1, low, high) if direction == "discharge" else (-1, high, low)
    unit = reaction.exchange * reaction.rate_constant

    def passes(x: float) -> bool:
        path = forced_spread(reaction, sign * x * unit, start, end, spread=spread)
        return bool(np.nanmax(path.value) > split)

    rates = np.geomspace(*limits, 46)
    inside = [passes(x) for x in rates]
    ends = [0.0] if inside[0] else []
    for k in np.flatnonzero(np.diff(np.array(inside, dtype=int))):
        ends.append(unit * _turn(passes, float(rates[k]), float(rates[k + 1]), inside[k]))
    ends += [np.inf] if inside[-1] else []
    return list(zip(ends[::2], ends[1::2], strict=True))


def _turn(passes: Callable[[float], bool], low: float, high: float, below: bool) -> float:
    """Where ``passes`` changes between ``low``, where it is ``below``, and ``high``; to 1e-5."""
    while high / low > 1 + 1e-5:
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if passes(middle) == below else (low, middle)
    return float(np.sqrt(low * high))
