"""Correlated standard normal numbers of particles: a Gaussian copula.

Sklar's theorem splits a joint distribution into its marginals and a copula; the Gaussian one has
a correlation matrix (Nelsen, An Introduction to Copulas, 2nd ed. 2006, Sec. 2.3).  Each quantity
of a particle has a standard normal number z, its quantile is Phi(z), and the z of two quantities
have the correlation asked for.  Where both are lognormal that is the correlation of their
logarithms; Spearman's rank correlation is (6/pi) asin(rho/2) for any two forms.

Sizes come first: they are drawn by :mod:`electrode_model.distributions`, and z is the normal score
of a size's rank in its population.  The other quantities follow in the order of ``QUANTITIES``,

    z_i = sum_j L_ij e_j,      L L^T the matrix of correlations, lower triangular,

with e_j drawn at random: the quantiles of several quantities at once have no best choice, as
those of one have.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtri

__all__ = ["QUANTITIES", "SIZE", "correlations", "normal_scores", "triangle", "z_of"]

Array = np.ndarray[Any, np.dtype[np.float64]]

SIZE = "size"
#: What scatters, in the order of the draws; the place in it enters the seed of each.
QUANTITIES = ("k0", "film_resistance", "contact")

_ROUNDING = 1e-12  # of the eigenvalues of a small matrix of correlations


def z_of(
    names: Sequence[str], size: Array, correlation: Mapping[tuple[str, str], float], seed: int
) -> dict[str, Array]:
    """Standard normal numbers (n_volumes, per_volume) for each of ``names`` of QUANTITIES.

    ``size`` (n_volumes, per_volume) [m]; ``correlation`` of pairs of names, SIZE among them.
    Every quantity and volume has its own stream: more particles, more volumes or another quantity
    leave the earlier draws as they were, but for the ranks of sizes where those correlate.

    Raises ValueError for correlations that no numbers can have, or with sizes that are all alike.
    """
    volumes, per_volume = size.shape
    ordered = [name for name in QUANTITIES if name in names]
    drawn = {
        name: np.array(
            [
                # QUANTITIES from 1: NumPy takes [seed, v, 0] for the [seed, v] of the sizes
                np.random.default_rng([seed, v, 1 + QUANTITIES.index(name)]).standard_normal(
                    per_volume
                )
                for v in range(volumes)
            ]
        )
        for name in ordered
    }
    if any(SIZE in pair for pair in correlation):
        ordered = [SIZE, *ordered]
        drawn[SIZE] = normal_scores(size)
    lower = triangle(correlations(ordered, correlation))
    return {
        name: np.sum([factor * drawn[of] for factor, of in zip(row, ordered, strict=True)], axis=0)
        for name, row in zip(ordered, lower, strict=True)
        if name != SIZE
    }


def normal_scores(values: Array) -> Array:
    """Standard normal numbers with the ranks of ``values``, whatever their shape.

    Raises ValueError if they are all alike.
    """
    if values.size == 0 or np.all(values == values.flat[0]):
        raise ValueError("sizes are all alike, so that nothing can correlate with them")
    # not scipy.stats.rankdata: half of the time in which this program starts was its import
    _, kinds, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2  # equal values share their mean rank
    scores: Array = ndtri((ranks[kinds.reshape(values.shape)] - 0.5) / values.size)
    return scores


def correlations(names: Sequence[str], pairs: Mapping[tuple[str, str], float]) -> Array:
    """The matrix of correlations (n, n) of ``names``, from those of ``pairs``; others are 0."""
    matrix = np.eye(len(names))
    for (one, other), value in pairs.items():
        i, j = names.index(one), names.index(other)
        matrix[i, j] = matrix[j, i] = value
    return matrix


def triangle(matrix: Array) -> Array:
    """Lower triangular L (n, n) with L L^T = ``matrix``, a semidefinite one included.

    Raises ValueError for a matrix that has a negative eigenvalue: no numbers correlate like that.
    """
    if matrix.size and np.linalg.eigvalsh(matrix)[0] < -_ROUNDING:
        raise ValueError("contradict each other: no numbers can be correlated like that")
    lower = np.zeros_like(matrix)
    for k in range(len(matrix)):
        left = matrix[k:, k] - lower[k:, :k] @ lower[k, :k]
        if left[0] > _ROUNDING:  # else this number follows from those before it
            lower[k:, k] = left / np.sqrt(left[0])
    return lower
