"""Fractions in (0, 1] that differ from particle to particle, around the mean of their population.

Each form is a pure function  form(z, mean, *, own parameters) -> fractions  of standard normal
numbers ``z`` (n_volumes, per_volume), one for each particle, and rises with them.  A form's name
here is its name in a configuration file.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from scipy.special import betaincinv, ndtr

from electrode_model.quantities import Spec
from electrode_model.scatter.lists import spread_over

__all__ = ["beta", "listed", "uniform"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_LEAST = 1e-6  # a fraction of nothing leaves a particle without any reaction


def beta(
    z: Array,
    mean: float,
    *,
    std: Annotated[float, Spec("1", "standard deviation", above=0.0, below=0.5)],
) -> Array:
    """The beta distribution, the usual one of fractions; never below 1e-6.

    Raises ValueError where the fractions cannot be so far from their mean.
    """
    room = mean * (1 - mean)
    if std**2 >= room:
        raise ValueError(
            f"is {std:g}, but fractions of mean {mean:g} have a standard deviation below"
            f" {room**0.5:.3g}"
        )
    concentration = room / std**2 - 1
    values = betaincinv(mean * concentration, (1 - mean) * concentration, ndtr(z))
    fractions: Array = np.maximum(values, _LEAST)
    return fractions


def uniform(
    z: Array,
    mean: float,
    *,
    half_width: Annotated[float, Spec("1", "largest deviation", above=0.0, below=0.5)],
) -> Array:
    """Fractions spread evenly between mean - half_width and mean + half_width.

    Raises ValueError where that is more than 1, or not above 0.
    """
    room = min(mean, 1 - mean)
    if half_width > room or half_width >= mean:
        raise ValueError(
            f"is {half_width:g}, but fractions of mean {mean:g} can be {room:g} away from it at"
            " the most"
        )
    fractions: Array = mean + half_width * (2 * ndtr(z) - 1)
    return fractions


def listed(
    z: Array,
    mean: float,
    *,
    values: Annotated[
        Sequence[float] | Sequence[Sequence[float]],
        Spec("1", "fractions, one list for all volumes or one for each", above=0.0, at_most=1.0),
    ],
) -> Array:
    """The fractions themselves; they have their own mean."""
    return spread_over(z, values)


#: Keys without a default with which tests try a distribution, of three particles in a volume.
EXAMPLES = {
    "beta": {"std": 0.1},
    "listed": {"values": [0.8, 0.9, 1.0]},
    "uniform": {"half_width": 0.1},
}
