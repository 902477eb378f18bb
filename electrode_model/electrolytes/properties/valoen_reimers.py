"""LiPF6 in PC/EC/DMC: Valøen & Reimers, J. Electrochem. Soc. 152 (2005) A882.

Functions of c_e (mol/L) and temperature (K).
"""

from electrode_model.symbolic import Expr, power, sqrt

__all__ = [
    "CONCENTRATIONS",
    "TEMPERATURES",
    "conductivity",
    "diffusivity",
    "t_plus",
    "thermodynamic_factor",
]

#: Where they were measured, their abstract: up to 3.9 mol/L, -10 to 60 degC.
CONCENTRATIONS = (0.0, 3.9)  # mol/L
TEMPERATURES = (263.0, 333.5)  # K

_T_PLUS = 0.38


def diffusivity(c_e: Expr, temperature: float) -> Expr:
    """Salt diffusivity [m^2/s], their Eq. 14."""
    exponent = -4.43 - 54 / (temperature - 229 - 5 * c_e) - 0.22 * c_e
    return 1e-4 * 10**exponent


def conductivity(c_e: Expr, temperature: float) -> Expr:
    """Conductivity [S/m], their Eq. 17."""
    t = temperature
    root = (
        (-10.5 + 0.0740 * t - 6.96e-5 * t**2)
        + (0.668 - 0.0178 * t + 2.80e-5 * t**2) * c_e
        + (0.494 - 8.86e-4 * t) * c_e * c_e
    )
    return 0.1 * c_e * root * root


def t_plus(c_e: Expr, temperature: float) -> Expr:
    """Transference number of the cation, constant."""
    return _T_PLUS + 0 * c_e


def thermodynamic_factor(c_e: Expr, temperature: float) -> Expr:
    """1 + d ln f/d ln c, their Eq. 23 divided by 1 - t+."""
    slope = 0.982 * (1 - 0.0052 * (temperature - 294))
    return (0.601 - 0.24 * sqrt(c_e) + slope * power(c_e, 1.5)) / (1 - _T_PLUS)
