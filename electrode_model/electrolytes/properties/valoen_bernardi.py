"""LiPF6 in PC/EC/DMC: Valøen & Reimers 2005 with the conductivity of Bernardi & Go.

Bernardi & Go, J. Power Sources 196 (2011) 412, fitted the conductivity again with the same
terms; the coefficients are those of MPET 1.0.1 (mpet/electrolyte/valoen_bernardi.py), the paper
was not seen.  Functions of c_e (mol/L) and temperature (K).
"""

from electrode_model.electrolytes.properties.valoen_reimers import (
    TEMPERATURES,
    diffusivity,
    t_plus,
    thermodynamic_factor,
)
from electrode_model.symbolic import Expr

__all__ = [
    "CONCENTRATIONS",
    "TEMPERATURES",
    "conductivity",
    "diffusivity",
    "t_plus",
    "thermodynamic_factor",
]

#: Their root is zero at 3.80 mol/L (25 degC) and the conductivity rises again beyond.
CONCENTRATIONS = (0.0, 3.5)  # mol/L; assumed


def conductivity(c_e: Expr, temperature: float) -> Expr:
    """Conductivity [S/m]."""
    t = temperature
    root = (
        (-8.2488 + 0.053248 * t - 2.9871e-5 * t**2)
        + (0.26235 - 0.0093063 * t + 8.069e-6 * t**2) * c_e
        + (0.22002 - 1.765e-4 * t) * c_e * c_e
    )
    return 0.1 * c_e * root * root
