"""A population at one moment, as numbers: peaks, spread and activity.

Functions take ``filling`` (n_p,), the filling fraction of each particle, or of each place inside
them, and mostly ``weights`` (n_p,), their shares of the capacity, in any unit.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import find_peaks, peak_prominences

__all__ = [
    "TwoPeaks",
    "active_fraction",
    "critical_dip",
    "density",
    "dip",
    "null_dips",
    "spread",
    "transformed_fraction",
    "two_peaks",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

_GRID = 1e-3  # spacing of a density, small beside any useful bandwidth
_MARGIN = 6  # bandwidths beyond which a Gaussian is nothing


@dataclass(frozen=True)
class TwoPeaks:
    """The two most prominent peaks of a composition histogram."""

    positions: tuple[float, ...]  # filling fractions, most prominent peak first; one or two
    ratio: float  # P2/H, prominence of the second peak over the maximum; 0 if there is one peak

    @property
    def bimodal(self) -> bool:
        """Park et al. 2021 call a histogram with P2/H above 0.05 split."""
        return self.ratio > 0.05


def density(filling: Array, weights: Array, bandwidth: float = 0.015) -> tuple[Array, Array]:
    """Gaussian kernel estimate of the distribution of compositions: (c, density), (n,) each.

    The grid reaches 6 bandwidths beyond 0 and 1, so that a peak at an end member is one.
    Particles are first shared out between the two nearest grid points (linear binning, Jones
    & Lotwick, Appl. Statist. 33 (1984) 120): the cost does not grow with their number, the
    error at a peak is below (grid/bandwidth)^2/8, that is 6e-4.
    """
    filling, weights = np.asarray(filling, dtype=float), np.asarray(weights, dtype=float)
    reach = int(np.ceil(_MARGIN * bandwidth / _GRID))
    grid = np.arange(-reach, round(1 / _GRID) + reach + 1) * _GRID
    place = filling / _GRID + reach
    left = np.clip(np.floor(place).astype(int), 0, grid.size - 2)
    right_share = np.clip(place - left, 0.0, 1.0)
    bins = np.bincount(left, weights * (1 - right_share), grid.size)
    bins += np.bincount(left + 1, weights * right_share, grid.size)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _GRID / bandwidth) ** 2)
    kernel /= bandwidth * np.sqrt(2 * np.pi)
    estimate: Array = np.convolve(bins / weights.sum(), kernel, mode="same")
    return np.asarray(grid, dtype=float), estimate


def two_peaks(
    filling: Array, weights: Array, bandwidth: float = 0.015, separation: float = 0.1
) -> TwoPeaks:
    """Whether a population has split: the prominence of the second peak of its histogram.

    The second peak is the most prominent of those at least ``separation`` from the first.
    A prominence is the height of a peak over the higher of the two valleys that part it from
    higher ground.  Bandwidth and separation belong to the statistic: Park et al., Nature
    Mater. 20 (2021) 991, separate peaks of their diagrams by 0.1.
    """
    c, height = density(filling, weights, bandwidth)
    at, _ = find_peaks(height)
    prominence = peak_prominences(height, at)[0]
    first = int(prominence.argmax())
    apart = np.abs(c[at] - c[at[first]]) >= separation
    if not apart.any():
        return TwoPeaks((float(c[at[first]]),), 0.0)
    second = int(np.where(apart, prominence, -1.0).argmax())
    positions = (float(c[at[first]]), float(c[at[second]]))
    return TwoPeaks(positions, float(prominence[second] / height.max()))


def spread(filling: Array, weights: Array) -> float:
    """Weighted standard deviation of the fillings."""
    share = np.asarray(weights) / np.sum(weights)
    return float(np.sqrt(share @ (filling - share @ filling) ** 2))


def active_fraction(filling: Array, weights: Array, low: float = 0.15, high: float = 0.85) -> float:
    """Share of the particles that are between the phases, low <= c <= high.

    Limits of Koo et al., "Dynamic surface phases controlling asymmetry of high-rate lithiation and
    delithiation in phase-separating electrodes", Fig. 5; there for surface compositions.
    """
    inside = (filling >= low) & (filling <= high)
    return float(np.sum(weights, where=inside) / np.sum(weights))


def transformed_fraction(
    filling: Array, weights: Array, lithiation: bool, low: float = 0.15, high: float = 0.85
) -> float:
    """Share of the particles that have arrived: c >= high in lithiation, c <= low otherwise.

    Limits as in :func:`active_fraction`.
    """
    arrived = filling >= high if lithiation else filling <= low
    return float(np.sum(weights, where=arrived) / np.sum(weights))


def dip(filling: Array) -> float:
    """Hartigan's dip: least distance of the sample's distribution from any unimodal one.

    Every particle counts alike.  Between 1/(2n) and 1/4; nan for an empty sample, and 1/(2n)
    for one whose values are all equal.  Hartigan & Hartigan, Ann. Statist. 13 (1985) 70: the
    modal interval shrinks until the distribution departs from its convex minorant to the left
    of it, or its concave majorant to the right, by more than these differ within.
    """
    x = np.sort(np.asarray(filling, dtype=float))
    if x.size == 0:
        return float("nan")
    after = np.arange(1, x.size + 1) / x.size  # F at a particle, counting itself
    before = after - 1 / x.size
    low, high, largest = 0, x.size - 1, 1 / x.size
    while True:
        part = slice(low, high + 1)
        below = _convex_corners(x[part], before[part])
        above = _convex_corners(x[part], -after[part])
        minorant = _through(below, x[part], before[part])
        majorant = _through(above, x[part], after[part])
        apart = majorant - minorant
        corners = np.union1d(below, above)
        widest = int(corners[apart[corners].argmax()])
        if apart[widest] <= largest * (1 + 1e-12):
            return largest / 2
        # The new modal interval holds the widest place, from a corner of the minorant to one
        # of the majorant.
        left = int(below[below <= widest].max())
        right = int(above[above >= widest].min())
        if (left, right) == (0, high - low):
            return largest / 2
        outside_left = (after[part] - minorant)[: left + 1].max()
        outside_right = (majorant - before[part])[right:].max()
        largest = max(largest, float(outside_left), float(outside_right))
        low, high = low + left, low + right


def null_dips(count: int, draws: int, seed: int = 0) -> Array:
    """(draws,) dips of ``count`` numbers drawn from a uniform distribution.

    Of all unimodal distributions it has the largest dips, if ``count`` is large (Hartigan &
    Hartigan 1985): a dip above nearly all of these tells of two groups.
    """
    generator = np.random.default_rng(seed)
    return np.array([dip(generator.random(count)) for _ in range(draws)])


#: sqrt(n) dip of n uniform numbers, quantiles of :func:`null_dips` with seed 0 (20,000 draws up
#: to n = 200, 10,000 to 1,000, 4,000 at 3,000); they vary by 1 % with the seed.
_NULL_SIZES = (20, 50, 100, 200, 500, 1000, 3000)
_NULL: dict[float, tuple[float, ...]] = {
    0.5: (0.3279, 0.3464, 0.3554, 0.3621, 0.3679, 0.3721, 0.3739),
    0.9: (0.4330, 0.4600, 0.4703, 0.4802, 0.4870, 0.4936, 0.4967),
    0.95: (0.4693, 0.4976, 0.5109, 0.5200, 0.5308, 0.5332, 0.5380),
    0.99: (0.5364, 0.5718, 0.5892, 0.6053, 0.6144, 0.6206, 0.6160),
    0.999: (0.6146, 0.6630, 0.6817, 0.7025, 0.7000, 0.7265, 0.7058),
}


def critical_dip(count: int, level: float = 0.95) -> float:
    """The dip that a share ``level`` of samples of ``count`` uniform numbers stay below.

    ``level`` is 0.5, 0.9, 0.95, 0.99 or 0.999.  Between the sizes of the table sqrt(n) dip is
    interpolated in 1/sqrt(n), in which it is nearly straight; beyond the last size it stays.

    Raises ValueError for another level, and below 20 particles: use :func:`null_dips`.
    """
    if level not in _NULL or count < _NULL_SIZES[0]:
        raise ValueError(
            f"no critical dip is tabulated for {count} particles at the level {level:g}; levels are"
            f" {', '.join(map(str, _NULL))}, particles {_NULL_SIZES[0]} or more: use null_dips"
        )
    inverse = 1 / np.sqrt(np.array(_NULL_SIZES[::-1], dtype=float))
    scaled = np.interp(1 / np.sqrt(count), inverse, _NULL[level][::-1])
    return float(scaled / np.sqrt(count))


def _convex_corners(x: Array, y: Array) -> np.ndarray:
    """Indices of the corners of the greatest convex minorant of points with ascending x.

    Equal x stand for a narrow ramp: slopes are compared as products.
    """
    corners: list[int] = []
    for k in range(x.size):
        while len(corners) > 1:
            i, j = corners[-2:]
            if (y[j] - y[i]) * (x[k] - x[j]) < (y[k] - y[j]) * (x[j] - x[i]):
                break
            corners.pop()
        corners.append(k)
    return np.array(corners)


def _through(corners: np.ndarray, x: Array, y: Array) -> Array:
    """Straight lines between corners, at every point (n,)."""
    if corners.size == 1:
        return np.array(y)
    k = np.arange(x.size)
    piece = np.minimum(np.searchsorted(corners, k, side="right"), corners.size - 1)
    i, j = corners[piece - 1], corners[piece]
    length = x[j] - x[i]
    share = np.where(length > 0, (x - x[i]) / np.where(length > 0, length, 1), (k - i) / (j - i))
    line: Array = y[i] + share * (y[j] - y[i])
    return line
