"""LiPF6 in EC:DMC 1:2 by volume, in a plasticised polymer: Doyle et al. 1996.

Doyle, Newman, Gozdz, Schmutz & Tarascon, J. Electrochem. Soc. 143 (1996) 1890; the numbers are
those of MPET 1.0.1 (mpet/electrolyte/Doyle96_EC_DMC_1_2.py).  At 25 degC; functions of c_e (mol/L).
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

_POWERS = (1.0793e-4, 6.7461e-3, -5.2245e-3, 1.3605e-3, -1.1724e-4)  # S/cm, lowest power first


def conductivity(c_e: Expr, temperature: float) -> Expr:
    """Conductivity [S/m], a polynomial of fourth degree."""
    return polynomial(c_e, _POWERS)
