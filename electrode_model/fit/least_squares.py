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

    def at(x: Array) -> Evaluation:
        key = x.tobytes()
        if key not in seen:
            u = start.copy()
            u[moving] = x
            seen[key] = ask(u, method.derivatives)
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
    last = at(found.x)
    reason = {0: f"{method.iterations} iterations, the limit"}.get(found.status, "converged")
    return Optimum(start, last, int(found.nfev), reason, found.status > 0)


def _shape(jacobian: Array | None, moving: Index) -> str:
    """Rectangular trust regions reach a bound in a step; ellipsoids bear singular derivatives."""
    assert jacobian is not None
    return "dogbox" if np.linalg.cond(jacobian[:, moving]) < _SINGULAR else "trf"
