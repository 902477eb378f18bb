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
_FEW = 8  # iterations at a point, begun at the last one


def profile(
    ask: Evaluator, k: int, u: Array, found: Spread, objective: Objective, method: Method
) -> Profile:
    """The profile of parameter k from its optimum to where it has risen enough on both sides."""
    threshold = float(chi2.ppf(CONFIDENCE, 1))
    best = loss(ask(u, method.derivatives), objective)
    others = [j for j in range(u.size) if j != k]
    quick = method.model_copy(update={"iterations": min(_FEW, method.iterations)})
    std = float(np.sqrt(found.covariance[k, k]))
    first = min(max(_STEP * std, _FINEST), _WIDEST) if np.isfinite(std) and std > 0 else _WIDEST
    points: dict[float, float] = {float(u[k]): 0.0}
    ends = []
    for sign in (-1, 1):
        at, size, last = u.copy(), first, 0.0
        end = float("nan")
        for _ in range(_MOST):
            if at[k] in (0.0, 1.0):
                break
            before = float(at[k])
            at[k] = min(max(at[k] + sign * size, 0.0), 1.0)
            ended = minimise(ask, at, objective, quick, others).evaluation
            rise = (loss(ended, objective) - best) / found.variance
            at = ended.u.copy()
            points[float(at[k])] = rise
            if rise > threshold:
                share = (threshold - last) / (rise - last)
                # the rise is nearly a square of the distance
                end = before + (float(at[k]) - before) * float(np.sqrt(max(share, 0.0)))
                break
            last = rise
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


def reach(
    ask: Evaluator, u: Array, found: Spread, objective: Objective
) -> list[tuple[bool, bool]]:
    """Of each parameter, whether the data allow its lower and its upper bound.

    Asked of parameters only whose interval goes there; the others move as the derivatives at
    the optimum say.
    """
    threshold = float(chi2.ppf(CONFIDENCE, 1))
    best = loss(ask(u), objective)
    result = []
    for k in range(u.size):
        sides = []
        size = float(np.sqrt(found.covariance[k, k]))
        for bound in (0.0, 1.0):
            near = found.at_bound[k] == ("upper" if bound else "lower")
            far = bool(found.at_bound[k]) and not near
            if not near and not far and abs(bound - u[k]) > 3 * size:
                sides.append(False)
                continue
            if near:
                sides.append(True)
                continue
            at = u.copy()
            if not found.at_bound[k] and np.isfinite(size) and size > 0:
                pull = np.nan_to_num(found.covariance[:, k] / size**2)
                at = np.clip(u + pull * (bound - u[k]), 0.0, 1.0)
            at[k] = bound
            there = ask(at)
            rise = (loss(there, objective) - best) / found.variance
            sides.append(not there.failures and rise < threshold)
        result.append((sides[0], sides[1]))
    # at a bound and bounded on the other side: the data ask for more, which words say
    return [
        (low and not (found.at_bound[k] == "lower" and not high and _pressed(ask, u, k, True)),
         high and not (found.at_bound[k] == "upper" and not low and _pressed(ask, u, k, False)))
        for k, (low, high) in enumerate(result)
    ]  # fmt: skip
