"""A population at an imposed current or voltage: its distribution of filling in time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from electrode_model.fokker_planck.law import Law
from electrode_model.fokker_planck.system import Grid, Population
from electrode_model.solver.start import Outcome, Statistics, consistent
from electrode_model.solver.stepper import Stepper

__all__ = ["Evolution", "equilibrium", "evolve", "gaussian"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Evolution:
    """Densities of filling (n_t, n) with the potential and current they came with."""

    law: Law
    grid: Grid
    time: Array  # (n_t,) h
    density: Array  # (n_t, n)
    voltage: Array  # (n_t,) kT/e
    current: Array  # (n_t,) 1C, positive on discharge
    end: str  # why it ended
    steps: int

    @property
    def mean(self) -> Array:
        """(n_t,) mean filling."""
        return self.grid.mean(self.density)

    @property
    def mass(self) -> Array:
        """(n_t,) total probability, 1 but for rounding."""
        total: Array = self.density @ self.grid.widths
        return total

    def moments(self) -> tuple[Array, Array, Array]:
        """Mean, standard deviation and skewness, (n_t,) each.

        Of densities that are flat within each cell: its width adds h^2/12 to the variance.
        """
        width, mean = self.grid.widths, self.mean
        apart = self.grid.centres - mean[:, None]
        variance = np.sum(self.density * width * (apart**2 + width**2 / 12), axis=1)
        third = np.sum(self.density * width * (apart**3 + apart * width**2 / 4), axis=1)
        return mean, np.sqrt(variance), third / variance**1.5


def equilibrium(law: Law, grid: Grid, mean: float) -> Array:
    """Density (n,) of a population without current: exp(-G(c)/D0), of a given mean filling.

    Raises ValueError where the mean is not inside the grid, or D0 is zero.
    """
    if law.noise <= 0 or not grid.faces[0] < mean < grid.faces[-1]:
        raise ValueError(f"no equilibrium of mean {mean:g} on {grid.faces[[0, -1]]} at this noise")
    step = np.diff(grid.centres) / law.noise
    inner = law.equilibrium(grid.faces[1:-1])
    middle = float(law.equilibrium(np.array([mean]))[0])

    def density(v: float) -> Array:
        exponent = np.concatenate([[0.0], np.cumsum((inner - v) * step)])
        weight = np.exp(exponent - exponent.max())
        f: Array = weight / (weight @ grid.widths)
        return f

    reach = 1.0
    while grid.mean(density(middle - reach)) < mean or grid.mean(density(middle + reach)) > mean:
        reach *= 2  # mean falls with v
    v = brentq(lambda v: float(grid.mean(density(v))) - mean, middle - reach, middle + reach)
    return density(float(v))


def gaussian(grid: Grid, mean: float, std: float) -> Array:
    """Normal density (n,), cut off at the ends of the grid."""
    f = np.exp(-0.5 * ((grid.centres - mean) / std) ** 2)
    normal: Array = f / (f @ grid.widths)
    return normal


def evolve(
    law: Law,
    grid: Grid,
    start: Array,
    *,
    current: float | None = None,
    voltage: float | None = None,
    until_filling: float | None = None,
    until_time: float | None = None,
    window: tuple[float, float] = (-np.inf, np.inf),
    frames: int = 200,
    rtol: float = 1e-5,
    max_order: int = 5,
    population: type[Population] = Population,
) -> Evolution:
    """Integrate from the density ``start`` (n,) with ``current`` [1C] or ``voltage`` [kT/e] held.

    Under current the mean filling is known beforehand: the run ends at ``until_filling`` or
    ``until_time`` [h], under voltage at ``until_time``; both end where the voltage leaves
    ``window`` [kT/e].  ``frames`` densities are kept beside the first, evenly in time.
    ``max_order`` above 2 is not A-stable; no harm of it was seen beside order 2.

    Raises
    ------
    ValueError
        Not exactly one control, or no end, is given.
    RuntimeError
        The integration failed: what, where and when.
    """
    if (current is None) == (voltage is None):
        raise ValueError("give a current or a voltage")
    ends = [] if until_time is None else [until_time]
    mean = float(grid.mean(start))
    if current is not None and until_filling is not None:
        ends.append((until_filling - mean) / current)
    if not ends or min(ends) <= 0:
        raise ValueError("give an end ahead: until_time, or until_filling with a current")
    system = population(law, grid)
    system.y[:-2] = start
    guess = float(law.equilibrium(np.array([mean]))[0])
    system.y[-2:] = (guess if voltage is None else voltage, 0.0)
    system.control[:] = (1.0, 0.0, current) if current is not None else (0.0, 1.0, voltage)
    kept = _Kept(np.linspace(0.0, min(ends), frames + 1))
    statistics = Statistics()
    with np.errstate(all="ignore"):
        outcome = consistent(system, statistics)
        if outcome is not None:
            raise RuntimeError(f"Fokker-Planck: {outcome.value} at the start")
        stepper = Stepper(
            system,
            statistics,
            rtol=rtol,
            atol=10 * rtol,  # of a density, whose mean is 1 and whose peaks are 5 to 200
            max_order=max_order,
        )
        kept.add(0.0, stepper.state)
        end = "end reached"
        while stepper.t < kept.times[-1]:
            done = stepper.step()
            if isinstance(done, Outcome):
                where = f"at {stepper.t:.6g} h, mean filling {grid.mean(stepper.state[:-2]):.5g}"
                raise RuntimeError(f"Fokker-Planck: {done.value} {where}; {stepper.worst()}")
            for t in kept.due(done.end):
                kept.add(t, done(t))
            if not window[0] <= stepper.state[-2] <= window[1]:
                kept.add(done.end, stepper.state)
                end = "voltage left the window"
                break
    states = np.array(kept.states)
    return Evolution(
        law=law,
        grid=grid,
        time=np.array(kept.at),
        density=states[:, :-2],
        voltage=states[:, -2],
        current=states[:, -1],
        end=end,
        steps=statistics.steps,
    )


class _Kept:
    """States at the times asked for."""

    def __init__(self, times: Array) -> None:
        self.times, self._next = times, 1
        self.at: list[float] = []
        self.states: list[Array] = []

    def due(self, end: float) -> Array:
        """Times up to ``end`` that have not been given yet."""
        start = self._next
        self._next = int(np.searchsorted(self.times, end, side="right"))
        return self.times[start : self._next]

    def add(self, t: float, state: Array) -> None:
        if not self.at or t > self.at[-1]:
            self.at.append(float(t))
            self.states.append(np.array(state))
