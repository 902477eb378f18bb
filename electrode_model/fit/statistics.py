"""What a fit knows of its parameters: covariance, intervals, and what cannot be told apart.

Everything here is on the scale of u, from 0 at the lower bound to 1 at the upper one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from electrode_model.fit.parameters import Parameter

__all__ = [
    "CONFIDENCE",
    "Estimate",
    "Spread",
    "autocorrelation",
    "estimates",
    "spread",
    "words",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

CONFIDENCE = 0.95
_AT_BOUND = 1e-3  # of the range between the bounds: as near as an optimiser comes
_INSENSITIVE = 1e-3  # residuals a parameter changes over its whole range: nothing seen
_TOGETHER = 0.98  # correlation from which two parameters are not told apart
_WIDE = 0.25  # share of the range between the bounds that an interval may cover
_PART = 0.3  # share in a combination from which a parameter is named
_PRESSED = 0.1  # of the range: as far inside a bound as the rise of the cost is judged
_RISE = 3.84  # of -2 log likelihood: the end of a 95 % interval
_RANK = 1e-8  # relative to the largest singular value


@dataclass(frozen=True)
class Spread:
    """Second-order picture of the optimum, on the scale from 0 to 1."""

    covariance: Array  # (p, p); inf on the diagonal of what the data do not see
    correlation: Array  # (p, p)
    variance: float  # of one residual
    correlated: float  # residuals in a row that count as one
    freedom: float  # independent residuals less parameters
    at_bound: tuple[str, ...]  # (p,) "", "lower" or "upper"
    held: tuple[bool, ...]  # (p,) whether the data press it against that bound
    directions: Array  # (k, p) unit vectors along which the data see nothing


@dataclass(frozen=True)
class Estimate:
    """One parameter of a fit; SI.  An interval is nan or a bound where the data give none."""

    name: str
    unit: str
    value: float
    low: float
    high: float
    start: float
    lower: float
    upper: float
    log: bool
    at_bound: str  # "", "lower" or "upper"
    allowed: tuple[bool, bool]  # whether the data allow its lower and its upper bound
    determined: bool  # within a quarter of its range
    profile: tuple[float, float] | None = None  # interval by profile likelihood; nan: no end

    @property
    def flag(self) -> str:
        """What to know besides the interval; often nothing."""
        if np.isnan(self.low):
            return ""  # an interrupted fit has no interval yet
        low, high = self.allowed
        if self.profile is not None:
            low, high = (bool(np.isnan(end)) for end in self.profile)
        if low and high:
            return "not determined"
        if low or high:
            return f"only {'a lower' if high else 'an upper'} bound"
        if self.at_bound:
            return f"at its {self.at_bound} bound"
        return "" if self.determined else "known poorly"


def autocorrelation(pieces: Sequence[Array]) -> float:
    """Residuals in a row that count as one: 1 for white noise.

    1 + 2 sum of the autocorrelations up to the first that is not positive (Sokal 1997), a mean
    over the curves, each along itself.  A model that is slightly wrong is wrong in the same
    sense over long parts of a curve, and its residuals tell less than their number.
    """
    times, weights = [], []
    for values in pieces:
        n = values.size
        if n < 8 or not values.any():
            continue
        total = float(values @ values)
        tau = 1.0
        for lag in range(1, n // 2):
            rho = float(values[:-lag] @ values[lag:]) / total
            if rho <= 2 / np.sqrt(n) * (lag == 1):
                break
            tau += 2 * rho
        times.append(min(tau, n / 4))
        weights.append(total)
    return float(np.average(times, weights=weights)) if times else 1.0


def spread(jacobian: Array, residuals: Array, u: Array, correlated: float, priors: int) -> Spread:
    """Covariance from the derivatives at the optimum, at a residual variance that is estimated.

    Parameters that the data press against a bound are held there.  ``priors`` is the number of
    residuals that are priors and not data.
    """
    n, p = jacobian.shape
    data = n - priors
    at_bound = tuple(
        "lower" if x <= _AT_BOUND else "upper" if x >= 1 - _AT_BOUND else "" for x in u
    )
    cost = float(residuals[:data] @ residuals[:data])
    freedom = max(data / correlated - p, 1.0)
    variance = cost / max(data - p, 1) * correlated
    rise = 2 * (jacobian.T @ residuals) / max(variance, np.finfo(float).tiny)  # by u
    held = tuple(
        bool(side) and float(slope if side == "lower" else -slope) * _PRESSED > _RISE
        for side, slope in zip(at_bound, rise, strict=True)
    )
    free = ~np.array(held)
    scaled = jacobian.copy()
    scaled[:data] /= np.sqrt(max(variance, np.finfo(float).tiny))
    _, sizes, rows = np.linalg.svd(scaled[:, free], full_matrices=False)
    seen = sizes > max(_RANK * sizes[0], _INSENSITIVE) if sizes.size else sizes > 0
    covariance = np.zeros((p, p))
    inner = (rows[seen].T / sizes[seen] ** 2) @ rows[seen]
    blind = rows[~seen]
    inner[np.diag_indices_from(inner)] += np.where((blind**2).sum(axis=0) > 1e-6, np.inf, 0.0)
    covariance[np.ix_(free, free)] = inner
    # directions that move a parameter by more than its range at one standard deviation
    weak = rows[sizes < 1.0] if sizes.size else rows
    directions = np.zeros((len(weak), p))
    directions[:, free] = weak
    size = np.sqrt(np.diag(covariance))
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = covariance / np.outer(size, size)
    correlation[~np.isfinite(correlation)] = 0.0
    correlation = _with_blind(correlation, rows, sizes, free)
    np.fill_diagonal(correlation, 1.0)
    return Spread(
        covariance, correlation, variance, correlated, freedom, at_bound, held, directions
    )


def _with_blind(correlation: Array, rows: Array, sizes: Array, free: Array) -> Array:
    """Correlations also of what is not seen at all, from singular values kept above zero."""
    if not sizes.size:
        return correlation
    kept = np.maximum(sizes, 1e-6 * max(sizes[0], 1e-300))
    inner = (rows.T / kept**2) @ rows
    size = np.sqrt(np.diag(inner))
    result = correlation.copy()
    result[np.ix_(free, free)] = inner / np.outer(size, size)
    return result


def estimates(
    parameters: Sequence[Parameter],
    u: Array,
    found: Spread,
    reach: Sequence[tuple[bool, bool]],
) -> tuple[Estimate, ...]:
    """Values and 95 % intervals; ends beyond a bound, or where the data allow it, are the bound."""
    quantile = float(student.ppf(0.5 + CONFIDENCE / 2, found.freedom))
    result = []
    for k, parameter in enumerate(parameters):
        half = quantile * float(np.sqrt(found.covariance[k, k]))
        if found.held[k]:
            half = 0.0
        low = 0.0 if reach[k][0] else max(u[k] - half, 0.0)
        high = 1.0 if reach[k][1] else min(u[k] + half, 1.0)
        result.append(
            Estimate(
                name=parameter.name,
                unit=parameter.unit,
                value=parameter.value(u[k]),
                low=parameter.value(low),
                high=parameter.value(high),
                start=parameter.start,
                lower=parameter.lower,
                upper=parameter.upper,
                log=parameter.log,
                at_bound=found.at_bound[k],
                allowed=reach[k],
                determined=not found.held[k] and not any(reach[k]) and half < _WIDE,
            )
        )
    return tuple(result)


def words(
    parameters: Sequence[Parameter],
    u: Array,
    found: Spread,
    reach: Sequence[tuple[bool, bool]],
    profiles: Mapping[str, tuple[float, float]],
) -> tuple[str, ...]:
    """What the data do not determine, in sentences.

    ``reach`` says of each parameter whether the data allow its lower and its upper bound.
    ``profiles`` are intervals by profile likelihood, nan where there is no end, as far as known.
    """
    texts: list[str] = []
    names = [p.name for p in parameters]
    named: set[str] = set()
    for one, other in _pairs(found):
        texts.append(_together(parameters[one], parameters[other], found, one, other))
        named |= {names[one], names[other]}
    for direction in found.directions:
        parts = [k for k in np.argsort(-np.abs(direction)) if abs(direction[k]) > _PART]
        if len(parts) > 2 and not {names[k] for k in parts} <= named:
            listed = ", ".join(names[k] for k in parts)
            texts.append(f"{listed}: only a combination of them is determined; fix one of them")
            named |= {names[k] for k in parts}
    for k, parameter in enumerate(parameters):
        half = float(np.sqrt(found.covariance[k, k]))
        sides, ends = reach[k], (u[k] - 2 * half, u[k] + 2 * half)
        if parameter.name in profiles:
            own = profiles[parameter.name]
            sides = (bool(np.isnan(own[0])), bool(np.isnan(own[1])))
            ends = (parameter.u(own[0]), parameter.u(own[1]))
        explained = parameter.name in named
        side = found.at_bound[k] if found.held[k] else ""
        text = _alone(parameter, ends, side, sides, explained)
        if text:
            texts.append(f"{parameter.name}: {text}")
    return tuple(texts)


def _pairs(found: Spread) -> list[tuple[int, int]]:
    """Pairs that are correlated so far that neither is known well without the other."""
    p = len(found.correlation)
    size = np.sqrt(np.diag(found.covariance))
    return [
        (i, j)
        for i in range(p)
        for j in range(i + 1, p)
        if abs(found.correlation[i, j]) > _TOGETHER and max(size[i], size[j]) > 0.02
    ]


def _together(one: Parameter, other: Parameter, found: Spread, i: int, j: int) -> str:
    rho = found.correlation[i, j]
    if one.log and other.log:
        what = "product" if rho < 0 else "ratio"
        known = f"what the curves show is near their {what}"
    else:
        known = "one can stand in for the other" if rho < 0 else "they can rise together"
    return (
        f"{one.name} and {other.name} are not told apart (correlation {rho:.4f}): {known};"
        " fix one of them, or give it a prior"
    )


def _alone(
    parameter: Parameter,
    ends: tuple[float, float],
    side: str,
    reach: tuple[bool, bool],
    explained: bool,
) -> str:
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"

    def say(u: float) -> str:
        return f"{parameter.value(u):.3g}{unit}"

    low, high = reach
    if low and high:
        text = f"not determined; every value from {say(0)} to {say(1)} fits as well"
        return "" if explained else text
    if explained and (low or high):
        return ""
    if high:
        end = f", about {say(ends[0])}" if 0 < ends[0] < 1 else ""
        return f"only a lower bound{end}: every larger value to {say(1)} fits as well"
    if low:
        end = f", about {say(ends[1])}" if 0 < ends[1] < 1 else ""
        return f"only an upper bound{end}: every smaller value from {say(0)} fits as well"
    if side:
        return (
            f"ends at its {side} bound, {say(float(side == 'upper'))}, and the data ask for more;"
            " widen the bound, or the model lacks something"
        )
    if not explained and not ends[1] - ends[0] < 2 * _WIDE:
        share = min(ends[1], 1.0) - max(ends[0], 0.0)
        return f"known poorly: its interval covers {share:.0%} of the range allowed"
    return ""
