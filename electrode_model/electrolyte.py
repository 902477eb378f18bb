"""What an electrolyte model gives to the cell: its transport properties."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from electrode_model.quantities import Spec
from electrode_model.symbolic import Expr

__all__ = ["AnionCharge", "CationCharge", "Count", "Property", "Transport", "constant", "itself"]

Property = Callable[[Expr, Expr], Expr]  # (c_e in mol/L, temperature in K)

CationCharge = Annotated[int, Spec("1", "charge number of the cation", at_least=1, at_most=4)]
AnionCharge = Annotated[int, Spec("1", "charge number of the anion", at_least=-4, at_most=-1)]
Count = Annotated[int, Spec("1", "ions of this sort in a formula unit", at_least=1, at_most=4)]


def itself(c_e: Expr, temperature: float) -> Expr:
    """Activity of an ideal solution: the concentration in mol/L."""
    return c_e


def constant(value: float) -> Property:
    """A property of the shape of c_e with one value."""

    def property_of(c_e: Expr, temperature: float) -> Expr:
        return value + 0 * c_e

    return property_of


@dataclass(frozen=True)
class Transport:
    """Properties of a binary electrolyte M_nu+ X_nu- for Stefan-Maxwell transport.

    Newman & Thomas-Alyea, Electrochemical Systems, 3rd ed., Eqs. 12.14 and 12.27.  The salt's
    concentration is c_e, that of the cation nu_plus c_e.  Raises ValueError for a salt that is
    not neutral.
    """

    diffusivity: Property  # m^2/s, of the salt
    conductivity: Property  # S/m
    t_plus: Property  # transference number of the cation
    thermodynamic_factor: Property  # 1 + d ln f / d ln c
    temperatures: tuple[float, float] | None = None  # K, where these hold; None: anywhere
    concentrations: tuple[float, float] | None = None  # mol/L
    activity: Property = itself  # of the cation, as the kinetics of the particles see it
    z_plus: int = 1
    z_minus: int = -1
    nu_plus: int = 1
    nu_minus: int = 1

    def __post_init__(self) -> None:
        """Refuse a salt with a net charge."""
        net = self.z_plus * self.nu_plus + self.z_minus * self.nu_minus
        if net != 0:
            raise ValueError(
                f"the electrolyte's salt has a net charge of {net}: z_plus nu_plus + z_minus"
                " nu_minus must be zero, as for 1, 1, -1, 1 of LiPF6 or 1, 2, -2, 1 of Li2SO4"
            )

    @property
    def equivalents(self) -> int:
        """Charges of one sign in a formula unit, z+ nu+: the current carries salt through it."""
        return self.z_plus * self.nu_plus

    @property
    def diffusion_potential(self) -> float:
        """nu / (z+ nu+): the 2 of a 1:1 salt in front of (1 - t+) (kT/e) grad ln c."""
        return (self.nu_plus + self.nu_minus) / self.equivalents
