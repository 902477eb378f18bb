"""What the rows of Park et al. 2021 share: half cycles and their statistics."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from electrode_model.analysis import histograms, population
from electrode_model.analysis.evolution import HalfCycle, Threshold, threshold
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate

HERE = Path(__file__).parent
ENSEMBLE = HERE.parents[1] / "configs" / "nmc532_ensemble.yaml"
START, END = 0.99, 0.5
SLOW = 1 / 15

#: Number mean of the radius with which volume/area of the population stays that of
#: configs/nmc532_ensemble.yaml: 100 nm exp(2 x 0.2^2), so that k0 keeps its meaning.
MEAN_SIZE = 100e-9 * float(np.exp(2 * 0.2**2))
PER_HOUR = 5.1927 / 100  # A/m^2 of k0 for j0(0.5) = 1 per hour, configs/nmc532_ensemble.yaml


def few(count: int, populations: int = 1) -> list[str]:
    """Overrides for the number of particles in each volume."""
    if populations == 1:
        return [f"positive.particles.per_volume={count}"]
    return [f"positive.particles.{k}.per_volume={count}" for k in range(populations)]


def half_cycle(
    path: Path,
    rate: float,
    overrides: Sequence[str] = (),
    *,
    start: float = START,
    end: float = END,
    stops: str = "",
    resolution: float = 0.0025,
) -> Result:
    """Delithiation from ``start`` to ``end`` at a negative C-rate, the way back at a positive.

    ``stops`` are further ends of the step, such as "surface_filling: 0.999".
    """
    first, last = (start, end) if rate < 0 else (end, start)
    until = ", ".join(filter(None, [f"filling: {last!r}", stops]))
    return simulate(
        path,
        overrides=[
            *overrides,
            f"positive.initial_filling={first!r}",
            f"protocol=[{{current: {rate!r} C, until: {{{until}}}}}]",
            f"output.every={resolution * 3600 / abs(rate)!r} s",
        ],
    )


@dataclass(frozen=True)
class Statistics:
    """Of a step, at its saved times (n,)."""

    mean: np.ndarray  # filling
    ratio: np.ndarray  # P2/H
    deviation: np.ndarray
    positions: tuple[float, ...]  # of the peaks where P2/H is largest

    @property
    def best(self) -> int:
        """The frame of the largest P2/H."""
        return int(self.ratio.argmax())

    @property
    def window(self) -> tuple[float, float]:
        """Mean fillings between which P2/H > 0.05; nan if it never is."""
        inside = self.mean[self.ratio > 0.05]
        return (float(inside.min()), float(inside.max())) if inside.size else (np.nan, np.nan)


def statistics(
    result: Result,
    step: int = 0,
    *,
    weighting: histograms.Weighting = "capacity",
    local: bool = False,
    volume: int | None = None,
) -> Statistics:
    """How the population looked through a step (from 0)."""
    frames = np.flatnonzero(result["Field step"] == step)
    counted = [
        histograms.compositions(result, int(f), weighting=weighting, local=local, volume=volume)
        for f in frames
    ]
    found = [population.two_peaks(c, w) for c, w in counted]
    ratio = np.array([peaks.ratio for peaks in found])
    return Statistics(
        mean=result["Particle filling fraction"][frames] @ result.layout.weight,
        ratio=ratio,
        deviation=np.array([population.spread(c, w) for c, w in counted]),
        positions=found[int(ratio.argmax())].positions,
    )


def largest_dip(result: Result, step: int = 0) -> float:
    """Largest dip of a step; every particle counts alike.

    Of ten thousand particles every fourth saved time, .01 of the mean filling apart.
    """
    frames = result["Particle filling fraction"][result["Field step"] == step]
    apart = max(1, frames.shape[1] // 2500)
    return max(population.dip(frame) for frame in frames[::apart])


def thresholds(cases: Sequence[tuple[HalfCycle, float, float]], jobs: int = 2) -> list[Threshold]:
    """Thresholds of half cycles, each with the lowest and highest rate to look between."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(threshold, *case) for case in cases]
        return [future.result() for future in futures]


def delithiation(
    overrides: Sequence[str] = (), start: float = START, end: float = END, path: Path = ENSEMBLE
) -> HalfCycle:
    """A half cycle to seek a threshold for."""
    return HalfCycle(path, 1.0, start, end, tuple(overrides))


def spread_text(values: Sequence[float], digits: int = 3) -> str:
    """Numbers in a row of a table."""
    return ", ".join(f"{value:.{digits}g}" for value in values)
