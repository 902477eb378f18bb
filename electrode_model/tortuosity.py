"""Tortuosity of pores as a function of their porosity.

Each law is a pure function  law(eps, *, own parameters) -> tau  of an array of porosities ``eps``.
Conductivity and diffusivity in the pores are those of the bulk times porosity / tau: tau is the
tortuosity factor, 1 for straight pores, not the ratio of two lengths, whose square some authors
write.  A law's name here is its name in a configuration file.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

from electrode_model.quantities import Spec
from electrode_model.tables import columns

__all__ = ["bruggeman", "constant", "tabulated", "thorat"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def bruggeman(
    eps: Array,
    *,
    exponent: Annotated[
        float, Spec("1", "b of transport = porosity^b", at_least=0.0, at_most=10.0)
    ] = 1.5,
) -> Array:
    """porosity^(1 - b), so that transport = porosity^b; 1.5: Bruggeman, Ann. Phys. 416 (1935) 636.

    The key ``bruggeman`` of an electrode or separator says the same.
    """
    tau: Array = eps ** (1 - exponent)
    return tau


def thorat(
    eps: Array,
    *,
    prefactor: Annotated[float, Spec("1", "tau of free liquid", above=0.0, at_most=100.0)] = 1.8,
    exponent: Annotated[float, Spec("1", "g of porosity^-g", at_least=0.0, at_most=10.0)] = 0.53,
) -> Array:
    """1.8 porosity^-0.53, measured on electrodes of LiFePO4 and LiCoO2.

    Thorat et al., J. Power Sources 188 (2009) 592.
    """
    tau: Array = prefactor * eps**-exponent
    return tau


def tabulated(
    eps: Array,
    *,
    porosity: Annotated[Sequence[float], Spec("1", "ascending porosities", above=0.0, at_most=1.0)],
    tortuosity: Annotated[Sequence[float], Spec("1", "tortuosity at each", above=0.0, at_most=1e6)],
) -> Array:
    """A monotone (PCHIP) interpolant of measured values, which are taken as they are.

    Raises ValueError where the lists differ in length, are shorter than 2 or not ascending, and
    for a porosity outside of them.
    """
    x, y = columns(porosity, tortuosity, names=("porosities", "tortuosities"))
    outside = eps[(eps < x[0]) | (eps > x[-1])]
    if outside.size:
        raise ValueError(
            f"is known from porosity {x[0]:g} to {x[-1]:g}, but the porosity is {outside[0]:g};"
            " extend the table"
        )
    from scipy.interpolate import PchipInterpolator  # slow to import, and tables are rare

    tau: Array = PchipInterpolator(x, y)(eps)
    return tau


def constant(
    eps: Array,
    *,
    value: Annotated[float, Spec("1", "tortuosity", at_least=1.0, at_most=1e6)],
) -> Array:
    """The same at every porosity, such as one found by impedance."""
    return np.full(eps.shape, float(value))


#: Keys without a default with which tests try a law.
EXAMPLES = {
    "constant": {"value": 2.0},
    "tabulated": {"porosity": [0.1, 0.4, 1.0], "tortuosity": [3.0, 1.6, 1.0]},
}
