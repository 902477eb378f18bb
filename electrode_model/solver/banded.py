"""Banded systems of many particles at once.

Two solvers with one interface: elimination along the grid, vectorised over particles, where
there are many; LAPACK on all particles strung together (with no coupling between them) where
there are few.  Matrices come by diagonals, ``bands[d, i, p]`` being the entry (i, i + d - lower)
of particle p; entries outside the matrix are ignored.
"""

from typing import Any

import numpy as np
from scipy.linalg import lapack

__all__ = ["Banded", "banded"]

Array = np.ndarray[Any, np.dtype[np.float64]]

# Particles from which elimination over arrays is faster than LAPACK, measured on 100 rows:
# 720 us for any number up to 1,000, against 1.5 (tridiagonal) or 4-5 us a particle.
_MANY_TRIDIAGONAL, _MANY, _MANY_WIDE = 450, 160, 400
_WIDE = 8  # half-bandwidth; 16 and 24 break even near 500 particles


class _Diagonal:
    """No coupling inside a particle."""

    def __init__(self, rows: int, particles: int) -> None:
        self._inverse = np.empty((rows, particles))

    def factor(self, bands: Array) -> bool:
        np.divide(1.0, bands[0], out=self._inverse)
        return True

    def solve(self, b: Array) -> None:
        b *= self._inverse if b.ndim == 2 else self._inverse[:, None, :]


class _Eliminated:
    """Gauss without pivoting, row by row along the grid, for all particles together.

    The matrices are cj M - J of a diffusive system: pivoting is not needed while the step
    resolves the growth of a perturbation; where it does not, Newton fails and the step shrinks.
    """

    def __init__(self, rows: int, particles: int, lower: int, upper: int) -> None:
        self._n, self._lower, self._upper = rows, lower, upper
        self._bands = np.empty((lower + upper + 1, rows, particles))
        self._spare = np.empty(particles)

    def factor(self, bands: Array) -> bool:
        a, lower, upper, spare = self._bands, self._lower, self._upper, self._spare
        a[...] = bands
        pivot = a[lower]
        for i in range(self._n):
            np.divide(1.0, pivot[i], out=pivot[i])  # kept inverted
            for below in range(1, min(lower, self._n - 1 - i) + 1):
                ratio = a[lower - below, i + below]
                ratio *= pivot[i]
                for right in range(1, min(upper, self._n - 1 - i) + 1):
                    np.multiply(ratio, a[lower + right, i], out=spare)
                    a[lower + right - below, i + below] -= spare
        a[lower + 1 :] *= pivot  # the rows of the upper factor with unit pivots
        return True

    def solve(self, b: Array) -> None:
        """``b`` (n, particles) or (n, k, particles) in place."""
        a, lower, upper = self._bands, self._lower, self._upper
        spare = self._spare if b.ndim == 2 else np.empty_like(b[0])
        for i in range(1, self._n):
            for below in range(1, min(lower, i) + 1):
                np.multiply(a[lower - below, i], b[i - below], out=spare)
                b[i] -= spare
        pivot = a[lower]
        b *= pivot if b.ndim == 2 else pivot[:, None, :]
        for i in range(self._n - 2, -1, -1):
            for right in range(1, min(upper, self._n - 1 - i) + 1):
                np.multiply(a[lower + right, i], b[i + right], out=spare)
                b[i] -= spare


class _Tridiagonal:
    """LAPACK's tridiagonal solver on all particles, one after another without coupling."""

    def __init__(self, rows: int, particles: int) -> None:
        self._shape = (particles, rows)
        self._diagonals = np.zeros((3, particles, rows))

    def factor(self, bands: Array) -> bool:
        for k in range(3):
            self._diagonals[k] = bands[k].T
        self._diagonals[0, :, 0] = 0.0
        self._diagonals[2, :, -1] = 0.0
        lower, middle, upper = self._diagonals.reshape(3, -1)
        spare = max(0, 3 - middle.size)  # LAPACK's wrapper wants three rows
        if spare:
            lower, upper = (np.append(band, np.zeros(spare)) for band in (lower, upper))
            middle = np.append(middle, np.ones(spare))
        *self._lu, info = lapack.dgttrf(lower[1:], middle, upper[:-1])
        return bool(info == 0)

    def solve(self, b: Array) -> None:
        particles, rows = self._shape
        columns = b if b.ndim == 3 else b[:, None, :]
        flat = np.empty((columns.shape[1], particles, rows))
        flat[...] = columns.transpose(1, 2, 0)
        right = flat.reshape(columns.shape[1], -1).T
        if right.shape[0] < 3:
            right = np.vstack([right, np.zeros((3 - right.shape[0], right.shape[1]))])
        x, _ = lapack.dgttrs(*self._lu, right, overwrite_b=True)
        x = x[: particles * rows].T.reshape(-1, particles, rows)
        columns[...] = x.transpose(2, 0, 1)


class _Lapack:
    """One banded matrix of all particles, one after another."""

    def __init__(self, rows: int, particles: int, lower: int, upper: int) -> None:
        self._n, self._particles = rows, particles
        self._lower, self._upper = lower, upper
        size = rows * particles
        self._matrix = np.zeros((2 * lower + upper + 1, size), order="F")
        row = np.arange(rows)
        self._inside = [
            (d, np.flatnonzero((row + d >= 0) & (row + d < rows))) for d in range(-lower, upper + 1)
        ]

    def factor(self, bands: Array) -> bool:
        n, particles, lower, upper = self._n, self._particles, self._lower, self._upper
        blocks = self._matrix.reshape((2 * lower + upper + 1, n, particles), order="F")
        for d, rows in self._inside:
            blocks[lower + upper - d, rows + d] = bands[lower + d, rows]
        self._lu, self._pivots, info = lapack.dgbtrf(self._matrix, lower, upper)
        return bool(info == 0)

    def solve(self, b: Array) -> None:
        n, particles = self._n, self._particles
        columns = b if b.ndim == 3 else b[:, None, :]
        flat = np.ascontiguousarray(columns.transpose(2, 0, 1)).reshape(n * particles, -1)
        x, _ = lapack.dgbtrs(self._lu, self._lower, self._upper, flat, self._pivots)
        columns[...] = x.reshape(particles, n, -1).transpose(1, 2, 0)


Banded = _Diagonal | _Eliminated | _Tridiagonal | _Lapack


def banded(rows: int, particles: int, lower: int, upper: int) -> Banded:
    """Solver for ``particles`` matrices of ``rows`` rows with the given bandwidths.

    ``factor(bands)`` returns False if a matrix is singular; ``solve(b)`` works in place on
    ``b`` (rows, particles) or (rows, k, particles).
    """
    if lower == upper == 0:
        return _Diagonal(rows, particles)
    tridiagonal = lower <= 1 and upper <= 1
    many = _MANY_WIDE if max(lower, upper) >= _WIDE else _MANY
    if particles >= (_MANY_TRIDIAGONAL if tridiagonal else many):
        return _Eliminated(rows, particles, lower, upper)
    if lower == upper == 1:
        return _Tridiagonal(rows, particles)
    return _Lapack(rows, particles, lower, upper)
