"""LiPF6 in EC:DMC 2:1 by volume, in a plasticised polymer: Doyle et al. 1996.

Doyle, Newman, Gozdz, Schmutz & Tarascon, J. Electrochem. Soc. 143 (1996) 1890; the numbers are
those of MPET 1.0.1 (mpet/electrolyte/Doyle96_EC_DMC_2_1.py).  At 25 degC; functions of c_e (mol/L).
"""

from electrode_model.electrolytes.properties._doyle96 import (
    CONCENTRATIONS,
    TEMPERATURES,
    diffusivity,
    polynomial,
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

_POWERS = (4.1253e-4, 5.007e-3, -4.7212e-3, 1.5094e-3, -1.6018e-4)  # S/cm, lowest power first


def conductivity(c_e: Expr, temperature: float) -> Expr:
    """Conductivity [S/m], a polynomial of fourth degree."""
    return polynomial(c_e, _POWERS)
