"""Concentrated-solution electrolyte whose properties are tables over the salt concentration.

Transport as in :mod:`electrode_model.electrolytes.concentrated`.  The tables hold at the cell's
temperature: they do not change with it.
"""

from collections.abc import Sequence
from typing import Annotated

import numpy as np

from electrode_model.constants import CONCENTRATION
from electrode_model.electrolyte import Property, Transport, constant
from electrode_model.free_energy import PiecewiseCubic
from electrode_model.quantities import Spec
from electrode_model.symbolic import Expr

__all__ = ["build"]


def build(
    *,
    concentrations: Annotated[
        Sequence[float], Spec("mol/m^3", "ascending salt concentrations", at_least=0.0)
    ],
    conductivity: Annotated[
        Sequence[float], Spec("S/m", "at each concentration, or one value for all", at_least=0.0)
    ],
    diffusivity: Annotated[
        Sequence[float], Spec("m^2/s", "of the salt, at each or for all", at_least=0.0)
    ],
    t_plus: Annotated[
        Sequence[float],
        Spec("1", "transference number, at each or for all", at_least=0.0, at_most=1.0),
    ],
    thermodynamic_factor: Annotated[
        Sequence[float], Spec("1", "1 + dlnf/dlnc, at each or for all", above=0.0)
    ] = (1.0,),
) -> Transport:
    """Monotone (PCHIP) interpolants, which the ends continue.

    Raises ValueError where the lists do not fit each other.
    """
    c = np.asarray(concentrations, dtype=float) / CONCENTRATION
    if c.size < 2 or np.any(np.diff(c) <= 0):
        raise ValueError("the electrolyte's concentrations must be two or more, ascending")
    return Transport(
        diffusivity=_table("diffusivity", c, diffusivity),
        conductivity=_table("conductivity", c, conductivity),
        t_plus=_table("t_plus", c, t_plus),
        thermodynamic_factor=_table("thermodynamic_factor", c, thermodynamic_factor),
        concentrations=(float(c[0]), float(c[-1])),
    )


def _table(name: str, c: np.ndarray, values: Sequence[float]) -> Property:
    if len(values) == 1:
        return constant(float(values[0]))
    if len(values) != c.size:
        raise ValueError(
            f"the electrolyte's {name} has {len(values)} values for {c.size} concentrations; write"
            " as many, or one for all"
        )
    curve = PiecewiseCubic.through(c, np.asarray(values, dtype=float))

    def property_of(c_e: Expr, temperature: float) -> Expr:
        return curve(c_e)

    return property_of


#: Keys without a default with which tests try the model: round numbers of a carbonate electrolyte.
EXAMPLE = {
    "concentrations": [0.0, "0.5 mol/L", "1 mol/L", "2 mol/L"],
    "conductivity": [0.1, 0.8, 1.0, 0.7],
    "diffusivity": [3e-10],
    "t_plus": [0.4],
}
