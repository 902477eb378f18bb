"""LiPF6 in EC:EMC 3:7 by weight: Landesfeind & Gasteiger, J. Electrochem. Soc. 166 (2019) A3079.

Coefficients as in PyBaMM (lithium_ion/electrolytes/lipf6_..._Landesfeind2019); the paper was not
seen.  Functions of c_e (mol/L) and temperature (K).
"""

from electrode_model.electrolytes.properties import _landesfeind
from electrode_model.electrolytes.properties._landesfeind import CONCENTRATIONS, TEMPERATURES
from electrode_model.symbolic import Expr

__all__ = [
    "CONCENTRATIONS",
    "TEMPERATURES",
    "conductivity",
    "diffusivity",
    "t_plus",
    "thermodynamic_factor",
]

_CONDUCTIVITY = (5.21e-1, 2.28e2, -1.06, 3.53e-1, -3.59e-3, 1.48e-3)
_DIFFUSIVITY = (1.01e3, 1.01, -1.56e3, -4.87e2)
_T_PLUS = (-1.28e1, -6.12, 8.21e-2, 9.04e-1, 3.18e-2, -1.27e-4, 1.75e-2, -3.12e-3, -3.96e-5)
_FACTOR = (2.57e1, -4.51e1, -1.77e-1, 1.94, 2.95e-1, 3.08e-4, 2.59e-1, -9.46e-3, -4.54e-4)


def diffusivity(c_e: Expr, temperature: float) -> Expr:
    """Salt diffusivity [m^2/s]."""
    return _landesfeind.diffusivity(c_e, temperature, _DIFFUSIVITY)


def conductivity(c_e: Expr, temperature: float) -> Expr:
    """Conductivity [S/m]."""
    return _landesfeind.conductivity(c_e, temperature, _CONDUCTIVITY)


def t_plus(c_e: Expr, temperature: float) -> Expr:
    """Transference number of the cation."""
    return _landesfeind.cubic(c_e, temperature, _T_PLUS)


def thermodynamic_factor(c_e: Expr, temperature: float) -> Expr:
    """1 + dlnf/dlnc."""
    return _landesfeind.cubic(c_e, temperature, _FACTOR)
