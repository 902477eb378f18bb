"""LiClO4 in propylene carbonate: Fuller, Doyle & Newman, J. Electrochem. Soc. 141 (1994) 1.

The conductivity is that of their program Dualfoil 5.2, the numbers as in MPET 1.0.1
(mpet/electrolyte/LiClO4_PC.py).  At 25 degC; functions of c_e (mol/L).
"""

from electrode_model.symbolic import Expr, exp, power

__all__ = [
    "CONCENTRATIONS",
    "TEMPERATURES",
    "conductivity",
    "diffusivity",
    "t_plus",
    "thermodynamic_factor",
]

CONCENTRATIONS = (0.0, 3.0)  # mol/L; assumed, beyond 0.66 mol/kg the conductivity only falls
TEMPERATURES = (273.15, 333.15)  # K; for 25 degC, that they may be used around it is assumed

_DENSITY = 1.2041  # kg/L of the solution


def diffusivity(c_e: Expr, temperature: float) -> Expr:
    """Salt diffusivity [m^2/s]."""
    return 2.58e-10 + 0 * c_e


def conductivity(c_e: Expr, temperature: float) -> Expr:
    """Casteel & Amis: kappa_max (m/mu)^a exp(b (m - mu)^2 - (a/mu) (m - mu)) [S/m], m in mol/kg."""
    greatest, place, a, b = 0.542, 0.6616, 0.855, -0.08
    m = c_e / _DENSITY
    shape = power(m / place, a) * exp(b * (m - place) * (m - place) - a / place * (m - place))
    return 1e-4 + greatest * shape


def t_plus(c_e: Expr, temperature: float) -> Expr:
    """Transference number of the cation, constant."""
    return 0.2 + 0 * c_e


def thermodynamic_factor(c_e: Expr, temperature: float) -> Expr:
    """1/2, so that their results come out: their Eq. A-2 lacks the 2 before (1 - t+) kT/e.

    An ideal solution would have 1: ``thermodynamic_factor: 1`` beside ``properties``.
    """
    return 0.5 + 0 * c_e
