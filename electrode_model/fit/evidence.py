"""How probable data are under a model as a whole: the evidence, for a choice between models.

The evidence is the likelihood averaged over what was believed of the parameters beforehand.  It
is computed by adaptive multiple importance sampling (Cornuet, Marin, Mira & Robert, Scand. J.
Stat. 39 (2012) 798): a first round spreads points over the prior, each next round draws from a
Student distribution about the points that count, and all points of all rounds are weighed by the
mixture of everything they were drawn from.  The likelihood is needed at some hundred points, with
no derivatives, and points may fail (minus infinity).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_t, qmc

__all__ = ["Evidence", "Prior", "compare", "evidence"]

Array = np.ndarray[Any, np.dtype[np.float64]]

STRONG = (
    5.0  # of a log ratio: odds of 150 to 1, "very strong" of Kass & Raftery, JASA 90 (1995) 773
)
_DEGREES = 5.0  # of freedom of the Student distributions
_LEAST = 2.0  # points for each parameter that a round must lean on: else the weights are flattened
_CARRY = 5.0  # effective points below which the scatter of the weights tells no error
_WIDEN = 1.5  # variance of a round's distribution beside that of the points
_SMALLEST = 1e-3  # standard deviation of a round, share of the prior's range


@dataclass(frozen=True)
class Prior:
    """A parameter that is anywhere between two values, evenly or evenly in its logarithm."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        """Raise ValueError for an empty range, or a logarithm of what is not positive."""
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError(f"a prior from {self.low:g} to {self.high:g} is empty")

    def value(self, share: float) -> float:
        """The parameter at a ``share`` of 0 to 1 of its prior probability."""
        if self.log:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + share * (self.high - self.low)


@dataclass(frozen=True)
class Evidence:
    """The log of the evidence (natural), and the points it was found from."""

    value: float
    error: float  # standard error of ``value``, from the scatter of the weights
    names: tuple[str, ...]
    points: Array  # (n, p) parameters
    log_likelihood: Array  # (n,)
    weights: Array  # (n,) of the posterior; sum to 1
    data: int  # number of data, for the BIC

    @property
    def effective(self) -> float:
        """Number of equally weighed points that would serve as well."""
        return float(1 / np.sum(self.weights**2))

    @property
    def settled(self) -> bool:
        """Whether enough points carry the value for its error to be believed."""
        return self.effective >= _CARRY

    @property
    def failed(self) -> int:
        """Points at which the model gave nothing."""
        return int(np.sum(~np.isfinite(self.log_likelihood)))

    @property
    def best(self) -> dict[str, float]:
        """Parameters of the largest likelihood among the points."""
        point = self.points[int(np.argmax(self.log_likelihood))]
        return dict(zip(self.names, map(float, point), strict=True))

    @property
    def largest(self) -> float:
        """The largest log likelihood among the points."""
        return float(self.log_likelihood.max())

    @property
    def aic(self) -> float:
        """Akaike's criterion at the best point."""
        return 2 * len(self.names) - 2 * self.largest

    @property
    def bic(self) -> float:
        """Bayesian (Schwarz's) criterion at the best point."""
        return float(len(self.names) * np.log(self.data)) - 2 * self.largest

    def interval(self, name: str, mass: float = 0.95) -> tuple[float, float]:
        """Equal-tailed interval of a parameter's posterior."""
        values = self.points[:, self.names.index(name)]
        order = np.argsort(values)
        below = np.cumsum(self.weights[order]) - self.weights[order] / 2
        low, high = np.interp([(1 - mass) / 2, (1 + mass) / 2], below, values[order])
        return float(low), float(high)


def evidence(
    log_likelihood: Callable[[dict[str, float]], float],
    priors: Mapping[str, Prior],
    *,
    data: int,
    first: int = 64,
    rounds: int = 10,
    each: int = 24,
    enough: float = 20.0,
    seed: int = 0,
) -> Evidence:
    """The evidence of a model with independent ``priors``; ``data`` is the number of data.

    ``first`` points of a Sobol sequence over the prior, then rounds of ``each`` points until
    ``enough`` effective ones are there, at most ``rounds``.  A model that cannot be evaluated at
    a point returns minus infinity there.

    Raises
    ------
    ValueError
        Every point failed.
    """
    names = tuple(priors)
    dimensions = len(names)
    random = np.random.default_rng(seed)
    cubes = [qmc.Sobol(dimensions, seed=random).random_base2(int(np.ceil(np.log2(first))))]
    found: list[float] = []
    mixture: list[tuple[int, Any]] = [(len(cubes[0]), None)]

    def points() -> Array:
        return np.concatenate(cubes)

    def evaluate(cube: Array) -> None:
        for row in cube:
            inside = bool(np.all((row > 0) & (row < 1)))
            values = {n: priors[n].value(float(u)) for n, u in zip(names, row, strict=True)}
            found.append(float(log_likelihood(values)) if inside else -np.inf)

    evaluate(cubes[0])
    for _ in range(rounds):
        weights = _log_weights(points(), np.array(found), mixture)
        if not np.any(np.isfinite(weights)):
            raise ValueError("the model gave nothing at any point of its prior")
        if np.exp(2 * logsumexp(weights) - logsumexp(2 * weights)) >= enough:
            break
        around = _around(points(), weights)
        mixture.append((each, around))
        cubes.append(np.atleast_2d(around.rvs(each, random_state=random)).reshape(each, dimensions))
        evaluate(cubes[-1])
    cube, likelihood = points(), np.array(found)
    log_weights = _log_weights(cube, likelihood, mixture)
    if not np.any(np.isfinite(log_weights)):
        raise ValueError("the model gave nothing at any point of its prior")
    value = float(logsumexp(log_weights) - np.log(log_weights.size))
    relative = np.exp(log_weights - value)
    inside = np.all((cube > 0) & (cube < 1), axis=1)
    scaled = [
        [p.value(float(u)) for p, u in zip(priors.values(), row, strict=True)] for row in cube
    ]
    weights = np.exp(log_weights - logsumexp(log_weights))
    return Evidence(
        value=value,
        error=float(relative.std(ddof=1) / np.sqrt(relative.size)),
        names=names,
        points=np.array(scaled)[inside],
        log_likelihood=likelihood[inside],
        weights=weights[inside],
        data=data,
    )


def compare(every: Mapping[str, Evidence]) -> str:
    """A table of models, most probable first, and a sentence on the choice."""
    order = sorted(every, key=lambda name: -every[name].value)
    best = every[order[0]]
    lines = [f"{'model':24}{'log evidence':>22}{'log odds':>10}{'AIC':>10}{'BIC':>10}{'points':>8}"]
    for name in order:
        one = every[name]
        value = f"{one.value:.2f} +- {one.error:.2f}"
        lines.append(
            f"{name:24}{value:>22}{one.value - best.value:10.2f}{one.aic:10.1f}{one.bic:10.1f}"
            f"{one.points.shape[0]:8d}{'' if one.settled else '  not settled: too few points'}"
        )
    if len(order) > 1:
        odds = best.value - every[order[1]].value
        word = "clearly preferred to" if odds > STRONG else "not clearly better than"
        lines.append(f"{order[0]} is {word} {order[1]}: log odds {odds:.1f} ({STRONG:g} are asked)")
    return "\n".join(lines)


def _log_weights(cube: Array, likelihood: Array, mixture: Sequence[tuple[int, Any]]) -> Array:
    """Likelihood times prior over the mixture that all points were drawn from."""
    inside = np.all((cube > 0) & (cube < 1), axis=1)
    total = sum(count for count, _ in mixture)
    parts = [
        np.log(count / total)
        + (np.where(inside, 0.0, -np.inf) if drawn is None else drawn.logpdf(cube))
        for count, drawn in mixture
    ]
    density = logsumexp(np.array(parts).reshape(len(mixture), -1), axis=0)
    result: Array = np.where(inside, likelihood - density, -np.inf)
    return result


def _around(cube: Array, log_weights: Array) -> Any:
    """A Student distribution about the points that count.

    Weights that rest on fewer points than a distribution needs are raised to a power below 1.
    """
    finite = np.isfinite(log_weights)
    cube, log_weights = cube[finite], log_weights[finite]
    dimensions = cube.shape[1]
    wanted = min(_LEAST * dimensions + 2, 0.8 * finite.sum())

    def flattened(power: float) -> Array:
        weights = np.exp(power * (log_weights - log_weights.max()))
        part: Array = weights / weights.sum()
        return part

    low, high = 0.0, 1.0
    if 1 / np.sum(flattened(1.0) ** 2) < wanted:
        for _ in range(40):
            middle = (low + high) / 2
            enough = 1 / np.sum(flattened(middle) ** 2) >= wanted
            low, high = (middle, high) if enough else (low, middle)
    else:
        low = 1.0
    weights = flattened(low)
    mean = weights @ cube
    apart = cube - mean
    covariance = (apart.T * weights) @ apart + _SMALLEST**2 * np.eye(dimensions)
    shape = _WIDEN * covariance * (_DEGREES - 2) / _DEGREES
    return multivariate_t(loc=mean, shape=shape, df=_DEGREES)
