"""Forward sensitivities of the states to any parameters, staggered direct.

With y the unknowns and p a parameter, s = dy/dp follows the derivative of the system,

    F_y s + F_y' s' + F_p = 0,

by the same formula and the same steps as y (Caracotsios & Stewart, Comput. Chem. Eng. 9 (1985)
359).  After an accepted step the matrix of Newton's method is renewed there and serves all
parameters: one solve each, no iteration.  What the parameters do to the residual comes from two
neighbours of the system, one on either side, by central differences along (s, s', 1): any number
of a configuration may be a parameter, as long as the unknowns stay the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.solver.stepper import Interpolant, advance_differences
from electrode_model.solver.system import System

__all__ = ["Neighbours", "Sensitivities"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_PROBE = 1e-5  # of a filling: the change over which the system is differentiated by time
_ROWS = 8  # of backward differences, as the stepper has


@dataclass(frozen=True)
class Neighbours:
    """The system at p + step and at p - step."""

    above: System
    below: System
    step: float


class Sensitivities:
    """ds/dp of every unknown to each parameter: a companion of a Stepper.

    ``differences`` (rows, n_p, n) are the backward differences, of which the first row is s at the
    last accepted time.  The neighbours must have the unknowns, scales and control of ``system``.
    """

    def __init__(self, system: System, neighbours: Sequence[Neighbours]) -> None:
        for other in neighbours:
            if other.above.n != system.n or other.below.n != system.n:
                raise ValueError("a parameter changes the number of unknowns")
        self._system, self._neighbours = system, neighbours
        count = len(neighbours)
        self.differences = np.zeros((_ROWS, count, system.n))
        #: (n_p, n) those at the start of the next integration; algebraic ones do not count
        first = [(n.above.y - n.below.y) / (2 * n.step) for n in neighbours]
        self.start = np.array(first).reshape(count, system.n)
        self._bracket = np.zeros(system.n)

    def begin(self, h: float) -> None:
        """Consistent sensitivities of the algebraic unknowns and the slopes."""
        system, d = self._system, self.differences
        differential = system.differential
        d[:] = 0.0
        system.evaluate()
        system.linearize()
        if not system.factor(1.0, 0.0):
            raise FloatingPointError("the matrix of the consistent start is singular")
        first = np.where(differential, self.start, 0.0)
        change = self._changes(first, np.zeros(first.shape))
        d[0] = np.where(differential, first, change)
        d[1] = np.where(differential, change, 0.0) * h

    def advance(self, order: int, cj: float, psi: Array) -> None:
        """Sensitivities at the end of the step that the system has just made."""
        system, d = self._system, self.differences
        system.evaluate()
        system.linearize()
        if not system.factor(cj):
            raise FloatingPointError("the matrix of a step is singular")
        predicted = d[: order + 1].sum(axis=0)
        slopes = cj * np.tensordot(psi[1 : order + 1], d[1 : order + 1], axes=1)
        advance_differences(d, order, self._changes(predicted, slopes))
        self.start = d[0].copy()

    def at(self, t: float, done: Interpolant) -> Array:
        """(n_p, n) at a time within the step ``done`` that was made last."""
        d = self.differences
        value, product = d[0].copy(), 1.0
        for k in range(done.order):
            product *= (t - (done.end - done.h * k)) / (done.h * (k + 1))
            value += product * d[k + 1]
        return value

    def course(self) -> Array:
        """(n,) dy/dt of every unknown at the consistent values that the system holds.

        Slopes of the algebraic unknowns follow from differentiating the system once more by time,
        which has the matrix of a consistent start; settings that change with time are held.
        """
        system = self._system
        y, slope = system.y.copy(), system.slope.copy()
        moving = np.where(system.differential, slope, 0.0)
        largest = float(np.abs(moving).max())
        if largest == 0.0:
            return np.zeros(system.n)
        step, ends = _PROBE / largest, []
        for sign in (1, -1):
            system.y[:] = y + sign * step * moving
            ends.append(system.evaluate().copy())
        system.y[:] = y
        system.evaluate()
        system.linearize()
        if not system.factor(1.0, 0.0):
            raise FloatingPointError("the matrix of the consistent start is singular")
        system.residual[:] = (ends[0] - ends[1]) / (2 * step)
        change = system.solve()
        return np.where(system.differential, slope, change)

    def rescale(self, change: Array, factor: float) -> None:
        """Differences for a step of another length."""
        count = change.shape[0]
        d = self.differences[:count]
        d[:] = np.tensordot(change.T, d, axes=1)

    def _changes(self, s: Array, slopes: Array) -> Array:
        """(n_p, n) what :meth:`_solve` gives for each parameter."""
        system, changes = self._system, np.empty(s.shape)
        own = system.core
        places = (s.ctypes.data, slopes.ctypes.data, changes.ctypes.data)
        for k, other in enumerate(self._neighbours):
            above, below = other.above.core, other.below.core
            if own is None or above is None or below is None:
                changes[k] = self._solve(other, s[k], slopes[k])
                continue
            other.above.control[:] = other.below.control[:] = system.control
            own.sensitivity(above, below, other.step, *(at + k * s.strides[0] for at in places))
        return changes

    def _solve(self, other: Neighbours, s: Array, slope: Array) -> Array:
        """Newton's matrix into minus the derivative of the residual along (s, slope, 1)."""
        system = self._system
        ends = []
        for sign, near in ((1, other.above), (-1, other.below)):
            near.y[:] = system.y + sign * other.step * s
            near.slope[:] = system.slope + sign * other.step * slope
            near.control[:] = system.control
            for group, own in zip(near.groups, system.groups, strict=True):
                group.share_noise(own)
            ends.append(near.evaluate())
        np.subtract(ends[0], ends[1], out=self._bracket)
        self._bracket /= 2 * other.step
        kept = system.residual.copy()
        system.residual[:] = self._bracket
        change = system.solve().copy()
        system.residual[:] = kept
        return change
