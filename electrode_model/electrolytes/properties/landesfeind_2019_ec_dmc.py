"""LiPF6 in EC:DMC 1:1 by weight: Landesfeind & Gasteiger, J. Electrochem. Soc. 166 (2019) A3079.

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

_CONDUCTIVITY = (7.98e-1, 2.28e2, -1.22, 5.09e-1, -4e-3, 3.79e-3)
_DIFFUSIVITY = (1.47e3, 1.33, -1.69e3, -5.63e2)
_T_PLUS = (-7.91, 2.45e-1, 5.28e-2, 6.98e-1, -1.08e-2, -8.21e-5, 7.43e-4, -2.22e-3, 3.07e-5)
_FACTOR = (-5.58, 7.17, 3.80e-2, 1.91, -6.65e-2, -5.08e-5, 1.1e-1, -6.10e-3, 1.51e-4)


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
