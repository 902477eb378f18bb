"""Composition histograms of half cycles: what microscopy or diffraction sees of a population.

A :class:`Histograms` holds those of one half cycle, as counts (of particles or of places) or as a
density with its standard error.  :func:`read` takes them from a table with a line for each bin:

    rate [C]   size of the current; its sign, positive on discharge (lithiation of the positive
               electrode), is needed where ``time`` is given
    start      mean filling at which the current began
    mean       mean filling of the electrode, from its charge; or time [s] since the start
    low, high  edges of the bin, filling fraction
    count      how many; or density, per unit of filling, with error
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from electrode_model.fokker_planck.system import Grid

__all__ = ["Histograms", "from_fillings", "on_grid"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Histograms:
    """Histograms of one half cycle, in the order in which it passed them."""

    rate: float  # 1C, size
    start: float  # mean filling
    means: Array  # (m,) mean fillings at which they were taken
    edges: Array  # (b + 1,) of the bins, ascending
    values: Array  # (m, b) counts, or density per unit of filling
    error: Array | None = None  # (m, b) of a density; None: the values are counts
    resolution: float = 0.0  # standard deviation of a measured filling; the model is blurred by it
    name: str = ""
    #: share of counts that may lie anywhere: a particle that was misread must not decide alone
    stray: float = 1e-3

    def __post_init__(self) -> None:
        """Raise ValueError with what does not fit together."""
        fault = self._fault()
        if fault:
            raise ValueError(f"{self.name or 'histograms'}: {fault}")

    @property
    def current(self) -> float:
        """1C, positive on discharge (lithiation)."""
        return self.rate * float(np.sign(self.means[-1] - self.start))

    @property
    def size(self) -> int:
        """Number of data: bins of all moments."""
        return int(self.values.size)

    @property
    def counts(self) -> Array:
        """(m,) counted at each moment; of a density, NaN."""
        total = self.values.sum(axis=1)
        return total if self.error is None else np.full(total.shape, np.nan)

    def residuals(self, shares: Array, slopes: Array | None = None) -> tuple[Array, Array]:
        """Residuals (m b,) of a model in standard errors, and their slopes (p, m b).

        ``shares`` (m, b) is what the model has in each bin, ``slopes`` (p, m, b) its derivatives.
        The squares of counts sum to the deviance of the multinomial distribution, twice the log
        of the ratio of likelihoods; there the model is normalised over the bins, and ``stray`` of
        it is spread evenly.
        """
        slopes = np.zeros((0, *shares.shape)) if slopes is None else slopes
        if self.error is not None:
            width = np.diff(self.edges)
            residual = (shares / width - self.values) / self.error
            return residual.ravel(), (slopes / (width * self.error)).reshape(len(slopes), self.size)
        shares, slopes = _normalised(shares, slopes, self.stray)
        expected = self.counts[:, None] * shares
        n = self.values
        with np.errstate(all="ignore"):
            ratio = np.where(n > 0, n / expected, 0.0)
            deviance = 2 * (expected - n + np.where(n > 0, n * np.log(ratio), 0.0))
        size = np.sqrt(np.maximum(deviance, 0.0))
        residual = np.where(expected >= n, size, -size)
        near = size < 1e-4 * np.sqrt(expected)
        by_expected = np.where(
            near, 1 / np.sqrt(expected), (1 - ratio) / np.where(near, 1.0, residual)
        )
        slopes = slopes * (by_expected * self.counts[:, None])
        return residual.ravel(), slopes.reshape(len(slopes), self.size)

    def log_likelihood(self, shares: Array) -> float:
        """Of a model with ``shares`` (m, b), but for a constant that all models share."""
        residual, _ = self.residuals(shares)
        return -0.5 * float(residual @ residual)

    def drawn(self, random: np.random.Generator, shares: Array, count: int) -> "Histograms":
        """The same moments and bins with ``count`` draws from ``shares`` (m, b) each."""
        chances = np.maximum(shares, 0.0)
        chances = chances / chances.sum(axis=1, keepdims=True)
        values = np.array([random.multinomial(count, row) for row in chances], dtype=float)
        return replace(self, values=values, error=None)

    def noisy(self, random: np.random.Generator, shares: Array, noise: float) -> "Histograms":
        """The same with normal errors of ``noise`` times the highest bin of each histogram."""
        density = shares / np.diff(self.edges)
        error = np.broadcast_to(noise * density.max(axis=1, keepdims=True), density.shape).copy()
        values = density + error * random.standard_normal(density.shape)
        return replace(self, values=values, error=error)

    def _fault(self) -> str:
        edges, means = self.edges, self.means
        if edges.ndim != 1 or edges.size < 2 or not np.all(np.diff(edges) > 0):
            return "the edges of the bins must ascend"
        if not means.size or not 0 < self.start < 1 or not np.all((means > 0) & (means < 1)):
            return "mean fillings between 0 and 1 are needed"
        apart = np.diff(np.concatenate([[self.start], means])) * np.sign(means[-1] - self.start)
        if not (np.all(apart[1:] > 0) and apart[0] >= 0 and means[-1] != self.start):
            return (
                f"the mean fillings {means.tolist()} must go one way from the start, {self.start:g}"
            )
        if not (np.isfinite(self.rate) and self.rate > 0):
            return f"the rate is {self.rate:g}; its size must be positive"
        if not 0 < self.stray < 1:
            return f"the share of stray counts is {self.stray:g}; between 0 and 1 is needed"
        if self.values.shape != (means.size, edges.size - 1):
            return f"values of shape {self.values.shape} for {means.size} means, {edges.size} edges"
        if not np.all(np.isfinite(self.values)):
            return "a value is not finite"
        if self.error is not None:
            if self.error.shape != self.values.shape:
                return "the errors need the shape of the values"
            return "" if np.all(self.error > 0) else "an error is not positive"
        if np.any(self.values < 0) or not np.all(self.values.sum(axis=1) > 0):
            return "counts must not be negative, nor all of a histogram zero"
        return ""


def from_fillings(
    rate: float, start: float, fillings: dict[float, Array], edges: Array, **more: Any
) -> Histograms:
    """Counts of measured fillings, given for each mean filling."""
    means = np.array(list(fillings), dtype=float)
    order = np.argsort(abs(means - start))
    every = list(fillings.values())
    values = np.array([np.histogram(every[k], edges)[0] for k in order], dtype=float)
    return Histograms(rate, start, means[order], np.asarray(edges, dtype=float), values, **more)


def on_grid(data: Histograms, grid: Grid) -> Array:
    """(b, n) what each cell of a density adds to the share of each bin.

    A cell that an edge cuts is divided; with a resolution, its content is a normal distribution
    about its middle.
    """
    if data.resolution > 0:
        from scipy.special import ndtr

        below = ndtr((data.edges[:, None] - grid.centres) / data.resolution)
    else:
        below = np.clip((data.edges[:, None] - grid.faces[:-1]) / grid.widths, 0.0, 1.0)
    shares: Array = np.diff(below, axis=0) * grid.widths
    return shares


def _normalised(shares: Array, slopes: Array, stray: float) -> tuple[Array, Array]:
    """Over the bins, with a share that is spread over them."""
    total = shares.sum(axis=-1, keepdims=True)
    whole = np.maximum(total, 1e-12)
    part = np.maximum(shares / whole, 0.0)
    change = (slopes - part * slopes.sum(axis=-1, keepdims=True)) / whole
    return (1 - stray) * part + stray / shares.shape[-1], (1 - stray) * change
