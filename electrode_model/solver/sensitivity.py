"""Forward sensitivities of the states to any parameters, staggered direct.

With y the unknowns and p a parameter, s = dy/dp follows the derivative of the system,

    F_y s + F_y' s' + F_p = 0,

by the same formula and the same steps as y (Caracotsios & Stewart, Comput. Chem. Eng. 9 (1985)
359).  After an accepted step the matrix of Newton's method is renewed there and serves all
parameters: one solve each, no iteration.  F_p comes from a neighbour of the system, by a difference
at the same y: any number of a configuration may be a parameter, as long as the unknowns stay the
same.  A difference to one side is enough: it errs by the curvature over the step.  Nothing is
differenced along s, which nearly full particles would not bear.
"""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.solver.stepper import Interpolant, advance_differences
from electrode_model.solver.system import System

__all__ = ["Neighbour", "Sensitivities"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_PROBE = 1e-5  # of a filling: the change over which the system is differentiated by time
_SMALL = 1e-9  # of a filling: what nearly full particles bear, once at a start
_ROWS = 8  # of backward differences, as the stepper has


@dataclass(frozen=True)
class Neighbour:
    """The system at p + step, which may be negative; it need not have derivatives."""

    system: System
    step: float


class Sensitivities:
    """ds/dp of every unknown to each parameter: a companion of a Stepper.

    ``differences`` (rows, n_p, n) are the backward differences, of which the first row is s at the
    last accepted time.  The neighbours must have the unknowns, scales and control of ``system``.
    """

    def __init__(self, system: System, neighbours: Sequence[Neighbour]) -> None:
        for other in neighbours:
            if other.system.n != system.n:
                raise ValueError("a parameter changes the number of unknowns")
        self._system, self._systems = system, [n.system for n in neighbours]
        count = len(neighbours)
        self.differences = np.zeros((_ROWS, count, system.n))
        #: (n_p, n) those at the start of the next integration; algebraic ones do not count
        first = [(n.system.y - system.y) / n.step for n in neighbours]
        self.start = np.array(first).reshape(count, system.n)
        self._cores = [n.system.core for n in neighbours]
        self._compiled = system.core is not None and None not in self._cores
        self._steps = np.array([n.step for n in neighbours])
        places = [ctypes.addressof(core.system) for core in self._cores if core is not None]
        self._places = np.array(places, dtype=np.uintp)

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
        change = self._changes(np.zeros(first.shape), self._along(first))
        d[0] = np.where(differential, first, change)
        d[1] = np.where(differential, change, 0.0) * h

    def _along(self, s: Array) -> Array:
        """(n_p, n) slope of the residual along each of s (n_p, n), by a difference."""
        system = self._system
        y, residual = system.y.copy(), system.residual.copy()
        slopes = np.zeros(s.shape)
        for k, direction in enumerate(s):
            largest = float(np.abs(direction).max())
            if largest > 0:
                step = _SMALL / largest
                system.y[:] = y + step * direction
                slopes[k] = (system.evaluate() - residual) / step
        system.y[:] = y
        system.evaluate()
        return slopes

    def advance(self, order: int, cj: float, psi: Array) -> None:
        """Sensitivities at the end of the step that the system has just made."""
        system, d = self._system, self.differences
        system.evaluate()
        system.linearize()
        if not system.factor(cj):
            raise FloatingPointError("the matrix of a step is singular")
        if system.core is not None and self._compiled:
            for other in self._systems:
                other.control[:] = system.control
            system.core.follow(self._places, self._steps, order, cj, psi, d)
        else:
            predicted = d[: order + 1].sum(axis=0)
            slopes = np.tensordot(psi[1 : order + 1], d[1 : order + 1], axes=1)
            if system.noisy:  # whose slope is not in Newton's matrix: from the prediction on
                correction = self._changes(cj * slopes, self._along(predicted))
            else:
                known = cj * (slopes - predicted)
                correction = self._changes(known, np.zeros(known.shape)) - predicted
            advance_differences(d, order, correction)
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
        flat = self.differences.reshape(_ROWS, -1)[:count]
        flat[:] = change.T @ flat

    def _changes(self, slopes: Array, more: Array) -> Array:
        """(n_p, n) for each parameter Newton's matrix into minus the derivative of the residual
        by it and along a slope (n_p, n) of the unknowns, and minus ``more`` (n_p, n).
        """
        system, changes = self._system, np.empty(slopes.shape)
        residual = system.residual.copy()
        for k, (near, step) in enumerate(zip(self._systems, self._steps, strict=True)):
            near.y[:] = system.y
            np.add(system.slope, step * slopes[k], out=near.slope)
            near.control[:] = system.control
            for group, own in zip(near.groups, system.groups, strict=True):
                group.share_noise(own)
            system.residual[:] = (near.evaluate() - residual) / step + more[k]
            changes[k] = system.solve()
        system.residual[:] = residual
        return changes
