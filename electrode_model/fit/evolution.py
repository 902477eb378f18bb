"""Differential evolution, for objectives without useful derivatives.

Storn & Price, J. Global Optim. 11 (1997) 341: best/1/bin with the dither of their section 4.
A generation is evaluated at a time, over all processes.
"""

from typing import Any

import numpy as np
from scipy.stats import qmc

from electrode_model.fit.config import Method, Objective
from electrode_model.fit.evaluator import Evaluation, Evaluator
from electrode_model.fit.least_squares import Optimum

__all__ = ["evolve", "loss"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_CROSSOVER = 0.8  # share of parameters taken from the mutant
_WEIGHTS = (0.5, 1.0)  # range of the dither
_STILL = 1e-3  # of the range: a population that small is one point


def evolve(ask: Evaluator, start: Array, objective: Objective, method: Method) -> Optimum:
    """The best member of the last generation."""
    p, random = start.size, np.random.default_rng(method.seed)
    size = max(method.population * p, 8)
    members = qmc.LatinHypercube(p, seed=random).random(size)
    members[0] = start
    found = ask.many(list(members))
    costs = np.array([loss(one, objective) for one in found])
    limit = f"{method.iterations} generations, the limit"
    reason, generations = limit, 0
    while generations < method.iterations:
        generations += 1
        trials = _trials(members, int(costs.argmin()), random)
        tried = ask.many(list(trials))
        for k, one in enumerate(tried):
            cost = loss(one, objective)
            if cost <= costs[k]:
                members[k], costs[k], found[k] = trials[k], cost, one
        if np.ptp(members, axis=0).max() < _STILL:
            reason = "the population is one point"
            break
        if np.ptp(costs) <= method.tolerance * costs.min():
            reason = "all members are equally good"
            break
    best: Evaluation = found[int(costs.argmin())]
    return Optimum(start, best, generations, reason, reason != limit)


def _trials(members: Array, best: int, random: np.random.Generator) -> Array:
    size, p = members.shape
    weight = random.uniform(*_WEIGHTS)
    result = np.empty_like(members)
    for k in range(size):
        one, other = random.choice(size, 2, replace=False)
        mutant = members[best] + weight * (members[one] - members[other])
        outside = (mutant < 0) | (mutant > 1)
        mutant[outside] = random.random(int(outside.sum()))
        taken = random.random(p) < _CROSSOVER
        taken[random.integers(p)] = True
        result[k] = np.where(taken, mutant, members[k])
    return result


def loss(found: Evaluation, objective: Objective) -> float:
    """The sum that is minimised: of squares, or of a robust loss as SciPy defines it."""
    z = (found.residuals / objective.outlier) ** 2
    by_name = {
        "linear": lambda: z,
        "soft_l1": lambda: 2 * (np.sqrt(1 + z) - 1),
        "huber": lambda: np.where(z <= 1, z, 2 * np.sqrt(z) - 1),
        "cauchy": lambda: np.log1p(z),
    }
    return float(by_name[objective.loss]().sum()) * objective.outlier**2
