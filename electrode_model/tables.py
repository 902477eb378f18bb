"""Tables that a person wrote: read and checked, and interpolated without overshoot."""

from collections.abc import Sequence
from math import log

import numpy as np

from electrode_model.free_energy import PiecewiseCubic
from electrode_model.symbolic import Expr, exp

__all__ = ["columns", "power_of_ten"]


def columns(
    x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray, *, names: tuple[str, str]
) -> tuple[np.ndarray, np.ndarray]:
    """Two columns (n,) as arrays; ``names`` are theirs in a message, in the plural.

    Raises ValueError, to be read after the table's own name, where they differ in length, are
    shorter than 2, or ``x`` does not ascend.
    """
    at, values = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if at.ndim != 1 or at.shape != values.shape or at.size < 2 or np.any(np.diff(at) <= 0):
        raise ValueError(
            f"has {at.size} {names[0]} and {values.size} {names[1]};"
            f" write as many of each, at least two, {names[0]} ascending"
        )
    return at, values


def power_of_ten(
    c: Expr, filling: Sequence[float], log10_ratio: Sequence[float], *, key: str
) -> Expr:
    """10 to the power of a monotone (PCHIP) interpolant of ``log10_ratio``; the ends continue.

    Raises ValueError, which names the configuration's ``key``, as :func:`columns` does.
    """
    try:
        x, y = columns(filling, log10_ratio, names=("fillings", "values of log10_ratio"))
    except ValueError as error:
        raise ValueError(f"{key} {error}") from None
    return exp(log(10) * PiecewiseCubic.through(x, y)(c))
