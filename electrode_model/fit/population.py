"""A Fokker-Planck population whose exchange current is given at knots, with its sensitivities.

The rates of a :class:`~electrode_model.fokker_planck.law.Law` are multiplied at each face of the
grid so that log10 j0 [1/h] is a natural cubic spline through the knots: R and D are both
proportional to j0, whatever the law.  The derivatives of the density by the knots and by log10 D0
follow the steps of the density (staggered direct: Caracotsios & Stewart, Comput. Chem. Eng. 9
(1985) 359); all share one tridiagonal factorisation, so that they cost less than a second run.
"""

from dataclasses import dataclass, replace
from math import log as natural_log
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.linalg import lapack

from electrode_model.fokker_planck.evolve import equilibrium
from electrode_model.fokker_planck.law import Law
from electrode_model.fokker_planck.system import Grid, Population
from electrode_model.solver.start import Outcome, Statistics, consistent
from electrode_model.solver.stepper import Interpolant, Stepper, advance_differences

__all__ = ["Densities", "Knotted", "along", "basis"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_LN10 = natural_log(10)
_ROWS = 8  # of backward differences, as the stepper has
_NOISE_STEP = 1e-4  # dex of D0: difference quotient of the density at the start


def basis(knots: Array, c: Array) -> Array:
    """(n, k) values at ``c`` of the natural cubic splines that are 1 at one knot and 0 elsewhere.

    Beyond the first and last knot they go on as straight lines.
    """
    curve = CubicSpline(knots, np.eye(knots.size), bc_type="natural")
    inside = np.clip(c, knots[0], knots[-1])
    values: Array = curve(inside) + curve(inside, 1) * (np.asarray(c) - inside)[:, None]
    return values


class Knotted(Population):
    """The population at given log10 j0 of the knots and log10 of D0.

    Parameters are ordered as the knots, then D0.
    """

    def __init__(self, law: Law, grid: Grid, knots: Array) -> None:
        super().__init__(law, grid)
        faces = grid.faces[1:-1]
        self.shape = basis(knots, faces)
        self._own = np.log10(law.exchange(faces))
        self.parameters = knots.size + 1
        self.put(np.zeros(knots.size), float(np.log10(law.noise)))

    def put(self, log10_j0: Array, log10_noise: float) -> None:
        """Values of the knots (k,) [1/h] and of D0."""
        self.scale = 10 ** (self.shape @ log10_j0 - self._own)
        self.noise = 10**log10_noise
        self._louder = self.noise / self.law.noise

    def laws(self, v: float) -> tuple[Array, Array, Array, Array]:
        """R and D at the inner faces, and their derivatives by the potential ``v``."""
        drift, drift_v, spread, spread_v = super().laws(v)
        scale, louder = self.scale, self.scale * self._louder
        return scale * drift, scale * drift_v, louder * spread, louder * spread_v

    def equilibrium(self, mean: float) -> tuple[Array, Array]:
        """Density (n,) of a population at rest, and its derivative (n,) by log10 D0."""
        at = [
            equilibrium(replace(self.law, noise=self.noise * 10**step), self.grid, mean)
            for step in (-_NOISE_STEP, 0.0, _NOISE_STEP)
        ]
        return at[1], (at[2] - at[0]) / (2 * _NOISE_STEP)

    def along(self, s: Array, slope: Array) -> Array:
        """(p, n) derivative of the residual along (s, slope, one unit of each parameter).

        After :meth:`linearize`.
        """
        flux = self._flux[1:-1]
        forced = np.zeros((self.parameters, flux.size + 2))
        forced[:-1, 1:-1] = self.shape.T * flux
        forced[-1, 1:-1] = -self._spread * self._gradient
        density, dv = s[:, :-2], s[:, -2] + self.law.resistance * s[:, -1]
        result = np.empty_like(s)
        inner = result[:, :-2]
        inner[:] = slope[:, :-2] + self._diagonal * density + dv[:, None] * self._by_v
        inner[:, :-1] += self._upper * density[:, 1:]
        inner[:, 1:] += self._lower * density[:, :-1]
        inner += _LN10 * np.diff(forced, axis=1) / self.grid.widths
        result[:, -2] = s[:, -1] - slope[:, :-2] @ self._first_moment
        result[:, -1] = self.control[0] * s[:, -1] + self.control[1] * s[:, -2]
        return result

    def solve_for(self, residuals: Array) -> Array:
        """(p, n) Newton steps for several residuals at once."""
        fixed, _ = lapack.dgttrs(*self._factors, -residuals[:, :-2].T)
        right = np.stack(
            [self._alpha * (self._first_moment @ fixed) - residuals[:, -2], -residuals[:, -1]]
        )
        dv, current = self._inverse @ right
        result = np.empty_like(residuals)
        result[:, :-2] = fixed.T + dv[:, None] * self._response
        result[:, -2] = dv - self.law.resistance * current
        result[:, -1] = current
        return result


class _Slopes:
    """Derivatives of the unknowns by the parameters: a companion of the stepper."""

    def __init__(self, system: Knotted, start: Array) -> None:
        self._system = system
        self.differences = np.zeros((_ROWS, *start.shape))
        self._start = start

    def begin(self, h: float) -> None:
        """Algebraic unknowns and slopes at the start."""
        system, d = self._system, self.differences
        s = np.where(system.differential, self._start, 0.0)
        self._renew(1.0, 0.0)
        change = system.solve_for(system.along(s, np.zeros_like(s)))
        d[:] = 0.0
        d[0] = np.where(system.differential, s, change)
        d[1] = np.where(system.differential, change, 0.0) * h

    def advance(self, order: int, cj: float, psi: Array) -> None:
        """To the end of the step that was made."""
        system, d = self._system, self.differences
        self._renew(cj)
        slopes = cj * np.tensordot(psi[1 : order + 1], d[1 : order + 1], axes=1)
        change = system.solve_for(system.along(d[: order + 1].sum(axis=0), slopes))
        advance_differences(d, order, change)

    def rescale(self, change: Array, factor: float) -> None:
        """Differences for a step of another length."""
        part = self.differences[: change.shape[0]]
        part[:] = np.tensordot(change.T, part, axes=1)

    def at(self, t: float, done: Interpolant) -> Array:
        """(p, n) at a time within the step that was made last."""
        value, product = self.differences[0].copy(), 1.0
        for k in range(done.order):
            product *= (t - (done.end - done.h * k)) / (done.h * (k + 1))
            value += product * self.differences[k + 1]
        return value

    def _renew(self, alpha: float, beta: float = 1.0) -> None:
        self._system.evaluate()
        self._system.linearize()
        if not self._system.factor(alpha, beta):
            raise FloatingPointError("singular")


@dataclass(frozen=True)
class Densities:
    """At given mean fillings of a half cycle."""

    density: Array  # (m, n)
    slopes: Array  # (m, p, n) by log10 j0 of the knots and log10 D0
    voltage: Array  # (m,) kT/e


def along(
    system: Knotted, rate: float, start: float, means: Array, *, rtol: float = 1e-4
) -> Densities:
    """From the equilibrium of mean ``start`` through ``means`` (m,), in the order of the way.

    ``rate`` [1C] is a size.

    Raises
    ------
    RuntimeError
        The integration failed: where.
    """
    current = abs(rate) * float(np.sign(means[-1] - start))
    times = (means - start) / current
    grid, law = system.grid, system.law
    first = np.zeros((system.parameters, system.n))
    system.y[:-2], first[-1, :-2] = system.equilibrium(start)
    system.y[-2:] = (float(law.equilibrium(np.array([start]))[0]), 0.0)
    system.control[:] = (1.0, 0.0, current)
    slopes = _Slopes(system, first)
    kept = [(system.y.copy(), first)] if times[0] <= 0 else []
    with np.errstate(all="ignore"):
        statistics = Statistics()
        outcome = consistent(system, statistics)
        if outcome is not None:
            raise RuntimeError(f"Fokker-Planck: {outcome.value} at the start")
        stepper = Stepper(system, statistics, rtol=rtol, atol=10 * rtol, companion=slopes)
        while len(kept) < times.size:
            done = stepper.step()
            if isinstance(done, Outcome) or statistics.steps > _MOST_STEPS:
                why = done.value if isinstance(done, Outcome) else f"more than {_MOST_STEPS} steps"
                mean = grid.mean(stepper.state[:-2])
                raise RuntimeError(f"Fokker-Planck: {why} at a mean filling of {mean:.4g}")
            while len(kept) < times.size and times[len(kept)] <= done.end:
                t = float(times[len(kept)])
                kept.append((done(t), slopes.at(t, done)))
    states, by = (np.array(part) for part in zip(*kept, strict=True))
    return Densities(states[:, :-2], by[:, :, :-2], states[:, -2])


_MOST_STEPS = 5000  # of a half cycle, which needs some 200: a density that oscillates
