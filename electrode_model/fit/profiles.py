"""Profile likelihood: how much worse the best fit becomes as one parameter is held elsewhere.

Unlike an interval from the derivatives at the optimum, a profile sees that a parameter has no
upper or no lower bound, and that its interval is lopsided (Raue et al., Bioinformatics 25
(2009) 1923).
"""

from typing import Any

import numpy as np
from scipy.stats import chi2

from electrode_model.fit.config import Method, Objective
from electrode_model.fit.evaluator import Evaluator
from electrode_model.fit.evolution import loss
from electrode_model.fit.least_squares import minimise
from electrode_model.fit.outcome import Profile
from electrode_model.fit.statistics import CONFIDENCE, Spread

__all__ = ["profile", "reach"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_STEP = 0.75  # of a standard deviation, between points
_MOST = 12  # points on a side
_WIDEST, _FINEST = 0.15, 1e-4  # of the range, between points
_SEEN = 1e-3  # of the largest singular value: below, the others are not moved along
_FEW = 8  # iterations at a point, begun at the last one
_NEAR = 10.0  # standard deviations to a bound that is tried
_GLANCE = 4  # iterations there
_EXPECTED, _HOPEFUL = 30.0, 3.0  # thresholds up to which they are made: interval to there, or not


def profile(
    ask: Evaluator, k: int, u: Array, found: Spread, objective: Objective, method: Method
) -> Profile:
    """The profile of parameter k from its optimum to where it has risen enough on both sides."""
    threshold = float(chi2.ppf(CONFIDENCE, 1))
    here = ask(u, method.derivatives)
    best = loss(here, objective)
    others = [j for j in range(u.size) if j != k]
    quick = method.model_copy(update={"iterations": min(_FEW, method.iterations)})
    std = float(np.sqrt(found.covariance[k, k]))
    first = min(max(_STEP * std, _FINEST), _WIDEST) if np.isfinite(std) and std > 0 else _WIDEST
    pull = _pull(here.jacobian, k)
    points: dict[float, float] = {float(u[k]): 0.0}
    ends = []
    for sign in (-1, 1):
        at, size, last = u.copy(), first, 0.0
        end = float("nan")
        for _ in range(_MOST):
            if at[k] in (0.0, 1.0):
                break
            before = float(at[k])
            there = min(max(before + sign * size, 0.0), 1.0)
            at = np.clip(at + pull * (there - before), 0.0, 1.0)
            at[k] = there
            ended = minimise(ask, at, objective, quick, others).evaluation
            rise = (loss(ended, objective) - best) / found.variance
            at = ended.u.copy()
            points[float(at[k])] = rise
            if rise > threshold:
                # its root is nearly straight
                share = (threshold**0.5 - last**0.5) / (rise**0.5 - last**0.5)
                end = before + (float(at[k]) - before) * share
                break
            last = max(rise, 0.0)
            size = min(size * 1.5, _WIDEST)
        ends.append(end)
    parameter = ask.parameters[k]
    order = sorted(points)
    low, high = (parameter.value(x) if np.isfinite(x) else x for x in ends)
    return Profile(
        name=parameter.name,
        values=np.array([parameter.value(x) for x in order]),
        rise=np.array([points[x] for x in order]),
        threshold=threshold,
        interval=(low, high),
    )


def _pull(jacobian: Array | None, k: int) -> Array:
    """(p,) where the others go as parameter k moves, to first order.

    Along combinations that the data hardly see they stay: there first order says nothing.
    """
    assert jacobian is not None
    result = np.zeros(jacobian.shape[1])
    others = [j for j in range(result.size) if j != k]
    result[others] = -np.linalg.pinv(jacobian[:, others], rcond=_SEEN) @ jacobian[:, k]
    result[k] = 1.0
    return result


def reach(
    ask: Evaluator, u: Array, found: Spread, objective: Objective, method: Method
) -> list[tuple[bool, bool]]:
    """Of each parameter, whether the data allow its lower and its upper bound.

    A bound is tried where the interval comes near it; the other parameters then move as the
    derivatives at the optimum say, and if that is nearly good enough they are fitted: the sooner
    where the interval holds the bound, so that derivatives and run contradict each other.  A
    parameter that the data press against a bound does not count as allowed there: they ask for
    what is beyond.
    """
    threshold = float(chi2.ppf(CONFIDENCE, 1))
    here = ask(u, method.derivatives)
    best = loss(here, objective)
    quick = method.model_copy(update={"iterations": _GLANCE})

    def allowed(k: int, bound: float) -> bool:
        size, side = float(np.sqrt(found.covariance[k, k])), found.at_bound[k]
        if side == ("upper" if bound else "lower"):
            return not found.held[k]
        if not found.held[k] and abs(bound - u[k]) > _NEAR * size:
            return False
        at = u.copy()
        if not found.held[k] and np.isfinite(size) and size > 0:
            at = np.clip(u + _pull(here.jacobian, k) * (bound - u[k]), 0.0, 1.0)
        at[k] = bound
        there = ask(at)
        rise = (loss(there, objective) - best) / found.variance
        expected = found.held[k] or (bound - u[k]) ** 2 < threshold * size**2
        limit = _EXPECTED if expected else _HOPEFUL
        if threshold < rise < limit * threshold and not there.failures:
            others = [j for j in range(u.size) if j != k]
            there = minimise(ask, at, objective, quick, others).evaluation
            rise = (loss(there, objective) - best) / found.variance
        return not there.failures and rise < threshold

    return [(allowed(k, 0.0), allowed(k, 1.0)) for k in range(u.size)]
