"""What an electrolyte model gives to the cell: its transport properties."""

from collections.abc import Callable
from dataclasses import dataclass

from electrode_model.symbolic import Expr

__all__ = ["Transport"]

Property = Callable[[Expr, float], Expr]  # (c_e in mol/L, temperature in K)


@dataclass(frozen=True)
class Transport:
    """Properties of a binary electrolyte with univalent ions, for Stefan-Maxwell transport.

    Newman & Thomas-Alyea, Electrochemical Systems, 3rd ed., Eqs. 12.14 and 12.27.
    """

    diffusivity: Property  # m^2/s, of the salt
    conductivity: Property  # S/m
    t_plus: Property  # transference number of the cation
    thermodynamic_factor: Property  # 1 + d ln f / d ln c
    temperatures: tuple[float, float] | None = None  # K, where these hold; None: anywhere
    concentrations: tuple[float, float] | None = None  # mol/L
