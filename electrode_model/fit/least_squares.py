"""Bounded trust-region least squares, from one start or many."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares
from scipy.stats import qmc

from electrode_model.fit.config import Method, Objective
from electrode_model.fit.evaluator import Evaluation, Evaluator

__all__ = ["Optimum", "minimise", "starts"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Index = np.ndarray[Any, np.dtype[np.int_]]

_INSIDE = 1e-6  # of the range: the solver wants starts that are not on a bound
_STEPS = 1e-2  # tolerance of steps, which err less than costs
_LEFT = 0.1  # of a standard deviation: step to the minimum at which a search ends
_SINGULAR = 1e6  # condition of derivatives from which a parameter is not seen


@dataclass(frozen=True)
class Optimum:
    """Where one start ended."""

    start: Array  # (p,)
    evaluation: Evaluation
    iterations: int
    reason: str
    converged: bool


def starts(p: int, first: Array, method: Method) -> list[Array]:
    """The given start, and the others by Latin hypercube over the bounds."""
    if method.starts == 1:
        return [first]
    cube = qmc.LatinHypercube(p, seed=np.random.default_rng(method.seed))
    return [first, *cube.random(method.starts - 1)]


def minimise(
    ask: Evaluator,
    start: Array,
    objective: Objective,
    method: Method,
    free: Sequence[int] | None = None,
) -> Optimum:
    """From a start to a minimum; ``free`` are the parameters that move, all unless given.

    Every point is evaluated with its derivatives, which cost less than a second run would.
    """
    moving = np.arange(start.size) if free is None else np.asarray(free, dtype=int)
    seen: dict[bytes, Evaluation] = {}
    least = np.inf

    def at(x: Array) -> Evaluation:
        nonlocal least
        key = x.tobytes()
        if key not in seen:
            u = start.copy()
            u[moving] = x
            seen[key] = ask(u, method.derivatives)
            if seen[key].cost < least:
                least = seen[key].cost
                if objective.loss == "linear" and _close(seen[key], moving):
                    raise _Close
        return seen[key]

    def values(x: Array) -> Array:
        return at(x).residuals

    def slopes(x: Array) -> Array:
        found = at(x).jacobian
        assert found is not None
        return found[:, moving]

    if moving.size == 0:
        return Optimum(start, ask(start, method.derivatives), 0, "nothing moves", True)
    begin = np.clip(start[moving], _INSIDE, 1 - _INSIDE)
    try:
        found = least_squares(
            values,
            begin,
            slopes,
            bounds=(0.0, 1.0),
            method=_shape(at(begin).jacobian, moving),
            loss=objective.loss,
            f_scale=objective.outlier,
            ftol=method.tolerance,
            xtol=_STEPS * method.tolerance,
            gtol=1e-12,
            max_nfev=method.iterations,
        )
    except _Close:
        last = min(seen.values(), key=lambda one: one.cost)
        return Optimum(start, last, len(seen), "converged", True)
    last = at(found.x)
    reason = {0: f"{method.iterations} iterations, the limit"}.get(found.status, "converged")
    return Optimum(start, last, int(found.nfev), reason, found.status > 0)


class _Close(Exception):
    """The search has come as near as the data can tell."""


def _close(found: Evaluation, moving: Index) -> bool:
    """Whether the step that is left is small beside the deviations of the parameters.

    A search goes on for long in the roughness of curves that fill particle by particle, where
    steps no longer do what the derivatives promise.
    """
    if found.jacobian is None or found.failures:
        return False
    inside = (found.u[moving] > 2 * _INSIDE) & (found.u[moving] < 1 - 2 * _INSIDE)
    jacobian = found.jacobian[:, moving[inside]]
    step = np.linalg.lstsq(jacobian, -found.residuals, rcond=1 / _SINGULAR)[0]
    to = found.u[moving[inside]] + step
    if not inside.all() or (to < 0).any() or (to > 1).any():
        return False  # what bounds do is for the search to find out
    freedom = max(found.residuals.size - moving.size, 1)
    gain = float(np.sum((jacobian @ step) ** 2))  # of the sum of squares
    return gain < _LEFT**2 * found.cost / freedom


def _shape(jacobian: Array | None, moving: Index) -> str:
    """Rectangular trust regions reach a bound in a step; ellipsoids bear singular derivatives."""
    assert jacobian is not None
    return "dogbox" if np.linalg.cond(jacobian[:, moving]) < _SINGULAR else "trf"
