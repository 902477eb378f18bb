"""Backward differences of a quasi-constant-step formula, and the polynomial through them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from typing import Any

import numpy as np

__all__ = ["Interpolant", "advance_differences", "differences", "same_step"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Interpolant:
    """The polynomial of a step; any linear balance of the states holds along it as well."""

    start: float
    end: float
    order: int
    h: float
    differences: Array  # (order + 1, n), a view: valid until the next step

    def __call__(self, t: float, part: slice = slice(None)) -> Array:
        """States (of ``part``) at start <= t <= end."""
        value: Array = np.dot(self._shares(t), self.differences[:, part])
        return value

    def among(self, unknowns: np.ndarray) -> Callable[[float], list[float]]:
        """Values of a few unknowns, by their numbers, as a function of time.

        In plain Python: for three numbers NumPy takes three times as long.
        """
        rows = self.differences[:, unknowns].T.tolist()

        def values(t: float) -> list[float]:
            shares = self._shares(t)
            return [sum(map(mul, shares, row)) for row in rows]

        return values

    def course(self, unknown: int, t: float) -> float:
        """Slope of one unknown [1/h]."""
        share, slope, course = 1.0, 0.0, 0.0  # of the difference: its share, and the slope of that
        for k, difference in enumerate(self.differences[1:, unknown].tolist()):
            factor = (t - (self.end - self.h * k)) / (self.h * (k + 1))
            slope = slope * factor + share / (self.h * (k + 1))
            share *= factor
            course += slope * difference
        return course

    def _shares(self, t: float) -> list[float]:
        """Of each difference."""
        shares = [1.0]
        for k in range(self.order):
            shares.append(shares[-1] * ((t - (self.end - self.h * k)) / (self.h * (k + 1))))
        return shares


def advance_differences(d: Array, order: int, correction: Array) -> None:
    """Shift backward differences ``d`` (order + 3 or more, ...) by a step.

    The step ends at the prediction plus ``correction``.
    """
    d[order + 2] = correction - d[order + 1]
    d[order + 1] = correction
    for k in range(order, -1, -1):
        d[k] += d[k + 1]


@lru_cache(maxsize=8)
def same_step(order: int) -> Array:
    """R(1), which any change of step needs as well; read only."""
    matrix = differences(order, 1.0)
    matrix.flags.writeable = False
    return matrix


def differences(order: int, factor: float) -> Array:
    """R(factor) of Shampine & Reichelt 1997, Sec. 2.2, (order + 1, order + 1)."""
    j = np.arange(1, order + 1)
    matrix = np.zeros((order + 1, order + 1))
    matrix[0] = 1.0
    matrix[1:, 1:] = (j[:, None] - 1 - factor * j) / j[:, None]
    return np.cumprod(matrix, axis=0, out=matrix)
