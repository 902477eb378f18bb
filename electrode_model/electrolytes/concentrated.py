"""Concentrated-solution (Stefan-Maxwell) electrolyte.

    N = -D grad c_e - (1 - t+)/(z+ nu+) i/F             flux of the salt (of its anion)
    i = -kappa [grad phi_e - nu/(z+ nu+) (1 - t+) (kT/e) (1 + dlnf/dlnc) grad ln c_e]

nu = nu+ + nu-; the factor nu/(z+ nu+) is 2 for a 1:1 salt.  phi_e is measured by a reference
electrode of the cation's metal in the solution.
"""

from importlib import import_module
from typing import Annotated, Any

from electrode_model.electrolyte import (
    AnionCharge,
    CationCharge,
    Count,
    Property,
    Transport,
    constant,
)
from electrode_model.quantities import Spec
from electrode_model.user_files import functions, is_reference

__all__ = ["build"]


def build(
    *,
    properties: str = "valoen_reimers",
    t_plus: Annotated[float, Spec("1", "transference number", at_least=0.0, at_most=1.0)]
    | None = None,
    diffusivity: Annotated[float, Spec("m^2/s", "salt diffusivity", above=0.0)] | None = None,
    conductivity: Annotated[float, Spec("S/m", "conductivity", above=0.0)] | None = None,
    thermodynamic_factor: Annotated[float, Spec("1", "1 + dlnf/dlnc", above=0.0)] | None = None,
    z_plus: CationCharge = 1,
    z_minus: AnionCharge = -1,
    nu_plus: Count = 1,
    nu_minus: Count = 1,
) -> Transport:
    """Properties from a module of :mod:`electrode_model.electrolytes.properties`.

    A user's file, or an object in it, does as well if it has the same functions.
    A given number replaces the property at every concentration; t_plus = 1 makes a
    single-ion conductor, in which no concentration gradient can arise.
    """
    source: Any  # a module, or what stands for one
    if is_reference(properties):
        source = functions(properties)
    else:
        source = import_module(f"electrode_model.electrolytes.properties.{properties}")
    given = (t_plus, diffusivity, conductivity, thermodynamic_factor)
    fitted = any(number is None for number in given)
    return Transport(
        temperatures=getattr(source, "TEMPERATURES", None) if fitted else None,
        concentrations=getattr(source, "CONCENTRATIONS", None) if fitted else None,
        diffusivity=_constant(diffusivity) or source.diffusivity,
        conductivity=_constant(conductivity) or source.conductivity,
        t_plus=_constant(t_plus) or source.t_plus,
        thermodynamic_factor=_constant(thermodynamic_factor) or source.thermodynamic_factor,
        z_plus=z_plus,
        z_minus=z_minus,
        nu_plus=nu_plus,
        nu_minus=nu_minus,
    )


def _constant(value: float | None) -> Property | None:
    """A property with one value; None stays None."""
    return None if value is None else constant(value)
