"""Variable-order, quasi-constant-step NDF for the structured DAE.

Numerical differentiation formulas of orders 1-5, Shampine & Reichelt, SIAM J. Sci. Comput. 18
(1997) 1, in backward differences; errors and order changes as there.  The Jacobian is kept
until Newton fails or it is old; the matrix is refactored whenever the step or order changes,
because only then do the linear balances hold to rounding at every iterate.
"""

from typing import Any

import numpy as np

from electrode_model.solver.differences import (
    Interpolant,
    advance_differences,
    differences,
    same_step,
)
from electrode_model.solver.equations import Companion, Equations
from electrode_model.solver.iteration import MAX_ORDER, Newton, vectors
from electrode_model.solver.start import Outcome, Statistics, consistent

__all__ = ["Interpolant", "Stepper", "advance_differences"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_KAPPA = np.array([0.0, -0.1850, -1 / 9, -0.0823, -0.0415, 0.0])
_GAMMA = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, MAX_ORDER + 1))])
_ALPHA = (1 - _KAPPA) * _GAMMA
_PSI = [_GAMMA, *(_GAMMA / alpha for alpha in _ALPHA[1:])]  # of the differences, in the slope
_CAUTION = 1.5  # local errors add up: keeps global ones within a few tolerances, as idas does
_ERROR = _CAUTION * (_KAPPA * _GAMMA + 1 / np.arange(1, MAX_ORDER + 2))

_RESOLUTION = 8 * np.finfo(float).eps
_JACOBIAN_AGE = 50  # steps
_AHEAD = 1e-2  # of the time to the next kink: a probe of what the equations do after one
_LONGEST_START = 1e-2  # h, for a cell at rest
_SHORT = 1.0 / 3600  # h: steps in which the current of a held voltage is known less well
_GROW, _SHRINK = 1.2, 0.2  # least useful growth; most shrinkage after an error test
_MOST_GROWTH = 10.0
_SAFETY = 0.85


class Stepper:
    """One integration from consistent initial values; call :meth:`step` until done.

    Parameters
    ----------
    system : holds consistent ``y`` and ``slope`` at t = 0 (hours, as everything here)
    rtol, atol : tolerances of every unknown in its inner unit
    max_order : 1 to 5
    stop : no step passes this time
    companion : what is integrated along, such as sensitivities
    min_step : smallest step before giving up.  At the start of a rest the surface of a full
        particle needs steps of 1e-10 s; later a step must still be seen beside the time.
    """

    def __init__(
        self,
        system: Equations,
        statistics: Statistics,
        *,
        rtol: float,
        atol: float,
        max_order: int = MAX_ORDER,
        min_step: float = 1e-18,
        stop: float = np.inf,
        companion: Companion | None = None,
    ) -> None:
        self.system, self.statistics = system, statistics
        self._max_order = max_order
        self._min_step, self.stop = min_step, stop
        #: may be taken away, and given back before a :meth:`turn`
        self.companion = companion
        self.t = 0.0
        self._vectors = vectors(system, rtol, atol, _PSI)
        self._d = self._vectors.differences
        self._norm = self._vectors.norm
        self._correction = self._vectors.correction
        self._plan: tuple[int, float] | None = None
        self._began = -1.0
        self._begin()

    def _begin(self) -> None:
        """Order 1 and a small step from the consistent values that the system holds."""
        system = self.system
        self._d[:] = 0.0
        self._d[0] = system.y
        self._vectors.weigh(self._d[0])
        slope = np.where(system.differential, system.slope, 0.0)
        speed = self._norm(slope)
        first = 1 / speed if speed > 0 else 1e-3
        self.h = min(max(first, 4 * self._min_step), _LONGEST_START)
        self._d[1] = slope * self.h
        self.order, self._equal_steps = 1, 0
        self._age, self._fresh, self._stale = 0, False, True
        self._factored: tuple[float, int] | None = None
        self._vectors.rate = None
        self._plan = None
        self._began = self.t
        if self.companion is not None:
            self.companion.begin(self.h)

    def _begin_again(self) -> bool:
        """Once at any one time: make the last accepted state consistent and start afresh."""
        if self._began == self.t:
            return False
        self.system.y[:] = self._d[0]
        self.system.at(self.t)
        if consistent(self.system, self.statistics) is not None:
            return False
        self._begin()
        return True

    def turn(self, stop: float = np.inf) -> Outcome | None:
        """Begin afresh at a kink or jump of the equations; no step passes ``stop``."""
        system = self.system
        system.y[:] = self._d[0]
        system.at(self.t)
        outcome = consistent(system, self.statistics)
        if outcome is not None:
            return outcome
        self.stop = stop
        self._begin()
        if np.isfinite(stop) and self._max_order > 1 and self.companion is None:
            self._look_ahead((stop - self.t) * _AHEAD)
        return None

    def _look_ahead(self, probe: float) -> None:
        """Begin at order 2 with what the equations do a ``probe`` ahead.

        A current that changes from the first moment on costs ten steps to find out otherwise, and
        the charge that it passes is exact from order 2 on.
        """
        system, start, slope = self.system, self._d[0].copy(), self._d[1] / self.h
        system.y[:] = start + probe * slope
        system.at(self.t + probe)
        if consistent(system, self.statistics) is not None:
            return
        slope += np.where(system.differential, 0.0, (system.y - start) / probe)
        turning = np.where(system.differential, (system.slope - slope) / probe, 0.0)
        curvature = self._norm(turning)
        first = float(np.sqrt(1 / curvature)) if curvature > 0 else np.inf
        h = self.h = min(max(first, self.h), self.stop - self.t)
        self._d[1] = slope * h - turning * (h * h / 2)
        self._d[2] = turning * (h * h)
        self.order = 2

    @property
    def arrived(self) -> bool:
        """Whether the time is ``stop``, but for rounding."""
        return bool(self.t >= self.stop * (1 - _RESOLUTION))

    @property
    def state(self) -> Array:
        """(n,) the last accepted state; a view."""
        state: Array = self._d[0]
        return state

    def worst(self) -> str:
        """The unknown that kept the last Newton iteration from converging."""
        residual = self.system.residual
        if not np.all(np.isfinite(residual)):
            return f"not finite: {self.system.worst_equation(residual)}"
        return f"worst: {self.system.worst_unknown(self._correction * self._vectors.scale)}"

    def _error(self, vector: Array) -> float:
        """Norm of an estimated error.

        Where the voltage is held the current is the slope of a state: its error is by one order
        larger in the step, and grows where a step shrinks.  A test that asks for the same there
        never ends, so in short steps less is asked, as of variables of index 2 (Hairer, Lubich &
        Roche, Lecture Notes in Mathematics 1409 (1989), Sec. 7).
        """
        held = self.system.control[1] != 0 and self.h < _SHORT
        return self._norm(vector, self.h / _SHORT if held else 1.0)

    def step(self) -> Interpolant | Outcome:
        """Advance by one accepted step, or say why there is none."""
        d, statistics = self._d, self.statistics
        if self._plan is not None:
            self.order, factor = self._plan[0], self._plan[1]
            self._plan = None
            self._rescale(factor)
        last_failure, failures = Outcome.STEP_TOO_SMALL, 0
        while True:
            least = max(self._min_step, _RESOLUTION * self.t)
            if self.t + self.h > self.stop - 2 * least:  # no sliver is left before the stop
                self._rescale((self.stop - self.t) / self.h)
            if self.h < least and not self._begin_again():
                return last_failure
            order = self.order
            ended = self._newton()
            if ended is not Newton.CONVERGED:
                if not self._fresh:
                    self._stale = True
                    if ended is Newton.SLOW:
                        continue  # the same step with the Jacobian of the last accepted state
                statistics.newton_failures += 1
                if ended is Newton.OUTSIDE:
                    self.order = 1
                lost = ended is Newton.NOT_FINITE
                last_failure = Outcome.NOT_FINITE if lost else Outcome.STEP_TOO_SMALL
                self._rescale(0.5 if ended is Newton.SLOW else 0.25)
                continue
            error = _ERROR[order] * self._error(self._correction)
            if error > 1:
                statistics.error_failures += 1
                failures += 1
                self._retreat(error, failures)
                continue
            break
        statistics.steps += 1
        self._age += 1
        self._fresh = False
        if self.companion is not None:
            self.companion.advance(order, _ALPHA[order] / self.h, _PSI[order])
            # it leaves the matrix of the same step at newer values
            self._factored, self._vectors.rate = (self.h, order), None
        self._vectors.advance(order)
        start, self.t = self.t, self.t + self.h
        self._equal_steps += 1
        self._plan_next(error)
        return Interpolant(start, self.t, order, self.h, d[: order + 1])

    def _newton(self) -> Newton:
        """Correct the prediction, with a matrix that is as new as it must be."""
        system, statistics = self.system, self.statistics
        cj = _ALPHA[self.order] / self.h
        if (self._stale or self._age > _JACOBIAN_AGE) and not self._refresh():
            return Newton.NOT_FINITE
        if self._factored != (self.h, self.order):
            statistics.factorisations += 1
            if not system.factor(cj):
                return Newton.NOT_FINITE
            self._factored, self._vectors.rate = (self.h, self.order), None
        system.at(self.t + self.h)
        ended = self._vectors.attempt(self.order, cj, statistics)
        statistics.not_finite += ended is Newton.NOT_FINITE
        return ended

    def _refresh(self) -> bool:
        """Jacobian at the last accepted state, never at a prediction that has failed."""
        system = self.system
        system.y[:] = self._d[0]
        np.multiply(self._d[1], 1 / self.h, out=system.slope)
        system.at(self.t)
        residual = system.evaluate()
        if not np.isfinite(residual @ residual):
            return False
        system.linearize()
        self.statistics.residuals += 1
        self.statistics.jacobians += 1
        self._age, self._fresh, self._stale = 0, True, False
        self._factored = None
        return True

    def _plan_next(self, error: float) -> None:
        """Order and step of the next step, when the last order + 1 steps were equal."""
        order, d = self.order, self._d
        if self._equal_steps < order + 1:
            return
        lower = _ERROR[order - 1] * self._error(d[order]) if order > 1 else np.inf
        higher = (
            _ERROR[order + 1] * self._error(d[order + 2]) if order < self._max_order else np.inf
        )
        best, factor = order, 0.0
        for candidate, size in ((order - 1, lower), (order, error), (order + 1, higher)):
            if np.isfinite(size) and candidate >= 1:
                grown = _SAFETY * max(size, 1e-12) ** (-1 / (candidate + 1))
                if grown > factor:
                    best, factor = candidate, grown
        factor = min(factor, _MOST_GROWTH)
        if factor >= _GROW or (best < order and factor >= 1.0):
            self._plan = (best, factor)
        else:
            self._equal_steps = 0

    def _retreat(self, error: float, failures: int) -> None:
        """Shorter step, and perhaps lower order, after a failed error test.

        High differences of a curve that has just turned, or of rounding noise, do not shrink
        with the step: repeated failure at high order ends only at low order.
        """
        order = self.order
        if failures == 1:
            factor = max(_SHRINK, _SAFETY * error ** (-1 / (order + 1)))
            if order > 1:
                lower = _ERROR[order - 1] * self._error(self._d[order] + self._correction)
                below = max(_SHRINK, 0.9 * _SAFETY * max(lower, 1e-12) ** (-1 / order))
                if below > factor:
                    self.order, factor = order - 1, min(1.0, below)
            self._rescale(factor)
        else:
            if failures > 3:
                self.order = 1
            self._rescale(0.25)

    def _rescale(self, factor: float) -> None:
        """Backward differences for a step ``factor`` times as long."""
        order = self.order
        change = differences(order, factor) @ same_step(order)
        self._vectors.rescale(change)
        if self.companion is not None:
            self.companion.rescale(change, factor)
        self.h *= factor
        self._equal_steps = 0
