"""Linear stability of a uniform composition under a driven reaction.

A surface reaction inserts lithium at dc/dt = k r(dphi, c, mu) with k the rate constant of the
particle.  A place, or a particle, whose filling is dc above that of the others sees the same
potential; its deviation grows as exp(s t) with

    s = k d/d(dc) r(dphi, c + dc, mu(c + dc) + strain dc + kappa q^2 dc)     at fixed dphi,

where dphi carries the current, k r = C-rate.  s > 0: the composition splits.  Bai, Cogswell &
Bazant, Nano Lett. 11 (2011) 4890; Lim et al., Science 353 (2016) 566, Eqs. S11-S18; for a
population of particles Park et al., Nature Mater. 20 (2021) 991, Supplementary Eqs. 3 and 4.

The derivative is taken by automatic differentiation of the laws that the particles themselves
are built of: any material, kinetic law and exchange current.  Rates are signed C-rates,
positive in discharge (lithiation), of the particle with the population's mean rate constant.

>>> from electrode_model.analysis import stability
>>> lfp = stability.of_material("lfp", {"k0": 1e-2, "exchange_current": "skewed"})
>>> stability.unstable_fillings(lfp, rate=0.5)
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from electrode_model.analysis.reaction import EDGE, Driven, Reaction, of_config, of_material

__all__ = [
    "Critical",
    "Reaction",
    "critical_rates",
    "growth_rate",
    "of_config",
    "of_material",
    "spinodal",
    "unstable_fillings",
]

Array = np.ndarray[Any, np.dtype[np.float64]]


def growth_rate(
    reaction: Reaction, rate: "Array | float", c: "Array | float", wavenumber: float = 0.0
) -> Array:
    """Growth rate s [1/h] of a perturbation at signed C-rates and fillings, broadcast.

    ``wavenumber`` [1/m] of a perturbation inside a particle: the material's gradient energy
    opposes it.  NaN where the law cannot carry the rate.
    """
    r = np.asarray(rate, dtype=float) / reaction.rate_constant
    return reaction.rate_constant * reaction.solve(r, np.asarray(c, dtype=float), wavenumber).growth


def spinodal(reaction: Reaction) -> list[tuple[float, float]]:
    """Intervals of filling that are unstable without current: d mu/dc < 0, strain included."""
    return unstable_fillings(reaction, 0.0)


def unstable_fillings(
    reaction: Reaction, rate: float, wavenumber: float = 0.0
) -> list[tuple[float, float]]:
    """Intervals of filling where s > 0 at a signed C-rate, to 1e-9; the neutral curve's ends.

    An interval that reaches the end of the material's range ends there (0 or 1 for a regular
    solution).  Infinite rates stand for their limit.
    """
    r = reaction.in_k0(rate)
    edges = _Signs(reaction, wavenumber).intervals(r)
    low, high = reaction.fillings
    return [
        (low if a <= low + 2 * EDGE else a, high if b >= high - 2 * EDGE else b) for a, b in edges
    ]


def critical_rates(
    reaction: Reaction,
    direction: Literal["discharge", "charge"],
    wavenumber: float = 0.0,
    limits: tuple[float, float] = (1e-5, 1e3),
) -> list["Critical"]:
    """C-rates at which an interval of instability opens, closes, joins or parts, ascending.

    The neutral curve s = 0 turns there.  ``limits``: rates searched, in units of the largest
    exchange current.  An interval may open or close at an edge of the material's range; that
    it reaches the edge, or the end of what the kinetic law can carry, is no event.
    """
    signs = _Signs(reaction, wavenumber)
    scale = (1 if direction == "discharge" else -1) * reaction.exchange
    rates = np.geomspace(*limits, 101)
    found = [signs.intervals(scale * x, refine=False) for x in rates]
    events = []
    for k in np.flatnonzero(np.diff([len(f) for f in found])):
        low, high = float(rates[k]), float(rates[k + 1])
        before, after = found[k], found[k + 1]
        while high / low - 1 > 1e-10:
            middle = float(np.sqrt(low * high))
            now = signs.intervals(scale * middle, refine=False)
            if len(now) == len(before):
                low, before = middle, now
            else:
                high, after = middle, now
        event = _event(abs(scale) * high * reaction.rate_constant, before, after)
        if np.isfinite(signs.growth(scale * high * (1 + 1e-6), np.array([event.filling]))[0]):
            events.append(event)
    return events


@dataclass(frozen=True)
class Critical:
    """A turn of the neutral curve."""

    rate: float  # C-rate, without sign
    filling: float
    event: Literal["opens", "closes", "joins", "parts"]  # as the rate rises


def _event(
    rate: float, before: list[tuple[float, float]], after: list[tuple[float, float]]
) -> Critical:
    """What happens between two lists of intervals."""
    fewer, more = sorted((before, after), key=len)
    alone = [
        (a, b) for a, b in more if not any(a < d and c < b for c, d in fewer)
    ]  # overlap nothing on the other side: an interval shrank to a point
    if alone:
        return Critical(rate, sum(alone[0]) / 2, "closes" if more is before else "opens")
    gaps = [(b + c) / 2 for (_, b), (c, _) in pairwise(more)]
    inside = [gap for gap in gaps if any(a < gap < b for a, b in fewer)]
    return Critical(
        rate, inside[0] if inside else float("nan"), "joins" if more is before else "parts"
    )


class _Signs:
    """Where s is positive, on a grid of fillings."""

    def __init__(self, reaction: Reaction, wavenumber: float) -> None:
        self.reaction, self.wavenumber = reaction, wavenumber
        self.c = reaction.grid()
        self._on_grid = Driven(reaction, self.c, wavenumber)

    def growth(self, r: float, c: Array) -> Array:
        """s in units of the rate constant at a rate ``r`` in units of k0."""
        return self.reaction.solve(np.asarray(r), c, self.wavenumber).growth

    def intervals(self, r: float, refine: bool = True) -> list[tuple[float, float]]:
        """Intervals of s > 0; with ``refine`` their ends to 1e-9, else only their number.

        A peak between two grid points is found from the parabola through three.
        """
        c, s = self.c, self._on_grid.solve(np.asarray(r)).growth
        hidden, there = _hidden_extremes(c, s)
        order = np.argsort(np.concatenate([c, hidden]))
        c, s = np.concatenate([c, hidden])[order], np.concatenate([s, there])[order]
        positive = s > 0
        turns = np.flatnonzero(positive[1:] != positive[:-1])
        low, high, rising = c[turns], c[turns + 1], positive[turns + 1]
        if refine and turns.size:
            while np.max(high - low) > 1e-10:
                middle = (low + high) / 2
                up = (self.growth(r, middle) > 0) == rising
                low, high = np.where(up, low, middle), np.where(up, middle, high)
        ends = list((low + high) / 2)
        if positive[0]:
            ends.insert(0, c[0])
        if positive[-1]:
            ends.append(c[-1])
        return [(float(a), float(b)) for a, b in zip(ends[::2], ends[1::2], strict=True)]


def _hidden_extremes(c: Array, s: Array) -> tuple[Array, Array]:
    """Extremes between grid points that may differ in sign from the points around them.

    Vertices of parabolas through three points, (k,) fillings and values; the values are good to
    the third power of the spacing.
    """
    left, right = np.diff(s)[:-1], np.diff(s)[1:]
    peak_below = (left > 0) & (right < 0) & (s[1:-1] <= 0)
    trough_above = (left < 0) & (right > 0) & (s[1:-1] >= 0)
    k = np.flatnonzero(peak_below | trough_above) + 1
    before, after = c[k] - c[k - 1], c[k + 1] - c[k]
    curvature = ((s[k + 1] - s[k]) / after - (s[k] - s[k - 1]) / before) / (before + after)
    slope = (s[k] - s[k - 1]) / before + curvature * before
    return c[k] - slope / (2 * curvature), s[k] - slope**2 / (4 * curvature)
