"""Backward differences of a quasi-constant-step formula, and the polynomial through them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Interpolant", "advance_differences", "differences"]

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
        value = self.differences[0, part].copy()
        product = 1.0
        for k in range(self.order):
            product *= (t - (self.end - self.h * k)) / (self.h * (k + 1))
            value += product * self.differences[k + 1, part]
        return value


def advance_differences(d: Array, order: int, correction: Array) -> None:
    """Shift backward differences ``d`` (order + 3 or more, ...) by a step.

    The step ends at the prediction plus ``correction``.
    """
    d[order + 2] = correction - d[order + 1]
    d[order + 1] = correction
    for k in range(order, -1, -1):
        d[k] += d[k + 1]


def differences(order: int, factor: float) -> Array:
    """R(factor) of Shampine & Reichelt 1997, Sec. 2.2, (order + 1, order + 1)."""
    j = np.arange(1, order + 1)
    matrix = np.zeros((order + 1, order + 1))
    matrix[0] = 1.0
    matrix[1:, 1:] = (j[:, None] - 1 - factor * j) / j[:, None]
    return np.cumprod(matrix, axis=0, out=matrix)
