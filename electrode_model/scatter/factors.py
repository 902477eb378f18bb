"""By how much a particle's number differs from that of its population, as a factor of mean 1.

Each form is a pure function  form(z, *, own parameters) -> factors  of standard normal numbers
``z`` (n_volumes, per_volume), one for each particle; it rises with z, so that z decides only which
quantile of the form a particle has.  A form's name here is its name in a configuration file.
"""

from collections.abc import Sequence
from math import log1p, sqrt
from typing import Annotated, Any

import numpy as np
from scipy.special import ndtr

from electrode_model.quantities import Spec
from electrode_model.scatter.lists import spread_over

__all__ = ["listed", "lognormal", "uniform"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def lognormal(
    z: Array,
    *,
    std: Annotated[
        float, Spec("1", "standard deviation over the mean", at_least=0.0, at_most=100.0)
    ],
) -> Array:
    """Lognormal factors."""
    variance = log1p(std**2)
    factors: Array = np.exp(sqrt(variance) * z - variance / 2)
    return factors


def uniform(
    z: Array,
    *,
    half_width: Annotated[
        float, Spec("1", "largest deviation over the mean", at_least=0.0, below=1.0)
    ],
) -> Array:
    """Factors spread evenly between 1 - half_width and 1 + half_width."""
    factors: Array = 1 + half_width * (2 * ndtr(z) - 1)
    return factors


def listed(
    z: Array,
    *,
    values: Annotated[
        Sequence[float] | Sequence[Sequence[float]],
        Spec("1", "factors, one list for all volumes or one for each", above=0.0, at_most=1e6),
    ],
) -> Array:
    """Given factors, whatever their mean."""
    return spread_over(z, values)


#: Keys without a default with which tests try a distribution, of three particles in a volume.
EXAMPLES = {
    "listed": {"values": [0.8, 1.0, 1.2]},
    "lognormal": {"std": 0.3},
    "uniform": {"half_width": 0.3},
}
