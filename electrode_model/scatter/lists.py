"""Lists of numbers given for the particles of a volume, or of every volume."""

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["spread_over"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def spread_over(z: Array, values: Sequence[float] | Sequence[Sequence[float]]) -> Array:
    """The ``values`` in the shape of ``z`` (n_volumes, per_volume).

    Raises ValueError where they are neither one for each particle of a volume nor a list of those
    for each volume.
    """
    given = np.asarray(values, dtype=float)
    if given.shape not in (z.shape, z.shape[1:]):
        shape = " x ".join(map(str, given.shape))
        raise ValueError(
            f"values has the shape {shape}; needed are {z.shape[1]} (the same in each volume) or"
            f" {z.shape[0]} lists of {z.shape[1]}"
        )
    return np.broadcast_to(given, z.shape).copy()
