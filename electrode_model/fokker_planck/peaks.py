"""When a population splits: the second peak of its density, and the rate where it appears."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.analysis.population import TwoPeaks, two_peaks
from electrode_model.fokker_planck.evolve import Evolution, equilibrium, evolve
from electrode_model.fokker_planck.law import Law
from electrode_model.fokker_planck.system import Grid, uniform

__all__ = ["BANDWIDTH", "LEAST_RATIO", "HalfCycle", "half_cycle", "peaks", "split", "threshold"]

Array = np.ndarray[Any, np.dtype[np.float64]]

LEAST_RATIO = 0.05  # of P2/H: Park et al., Nature Mater. 20 (2021) 991; TwoPeaks.bimodal

#: A density has no sampling noise to smooth away; histograms of particles use 0.015, which hides
#: shallow valleys and raises the threshold of the split by a tenth.
BANDWIDTH = 0.005


@dataclass(frozen=True)
class HalfCycle:
    """Current and the fillings between which it flows."""

    rate: float  # 1C, positive on discharge
    start: float
    end: float


def peaks(evolution: Evolution, bandwidth: float = BANDWIDTH) -> list[TwoPeaks]:
    """The two peaks of each density, by the statistic of histograms of particles."""
    centres, width = evolution.grid.centres, evolution.grid.widths
    return [two_peaks(centres, f * width, bandwidth) for f in evolution.density]


def half_cycle(
    law: Law, rate: float, start: float, end: float, grid: Grid, **options: Any
) -> Evolution:
    """From the equilibrium density of mean ``start`` to the mean ``end`` at the size of ``rate``.

    The sign of the current follows from the ends; ``options`` as for :func:`evolve`.
    """
    current = abs(rate) * float(np.sign(end - start))
    density = equilibrium(law, grid, start)
    return evolve(law, grid, density, current=current, until_filling=end, **options)


def split(evolution: Evolution, bandwidth: float = BANDWIDTH) -> float:
    """Largest P2/H on the way."""
    return max(found.ratio for found in peaks(evolution, bandwidth))


def threshold(
    law: Law,
    start: float,
    end: float,
    *,
    cells: int = 800,
    bandwidth: float = BANDWIDTH,
    low: float = 1e-4,
    high: float = 0.3,
    accuracy: float = 0.01,
    **options: Any,
) -> float:
    """C-rate at which the largest P2/H of a half cycle reaches ``LEAST_RATIO``; inf if none does.

    Bisection of the logarithm between ``low`` and ``high`` times the rate constant of the law
    [1/h], to a relative ``accuracy``.  ``bandwidth`` as in :func:`peaks`.
    """
    grid = uniform(law.domain, cells)

    def ratio(rate: float) -> float:
        return split(half_cycle(law, rate, start, end, grid, **options), bandwidth)

    below, above = low * law.rate, high * law.rate
    if ratio(above) < LEAST_RATIO:
        return float("inf")
    if ratio(below) >= LEAST_RATIO:
        return 0.0
    while above / below > 1 + accuracy:
        middle = float(np.sqrt(below * above))
        if ratio(middle) < LEAST_RATIO:
            below = middle
        else:
            above = middle
    return float(np.sqrt(below * above))
