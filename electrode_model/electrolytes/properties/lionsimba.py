"""LiPF6 as in LIONSIMBA: Torchio et al., J. Electrochem. Soc. 163 (2016) A1192.

Conductivity and diffusivity are those of Valøen & Reimers 2005, the solution is ideal: their
code (github.com/lionsimbatoolbox/LIONSIMBA, electrolyteConductivity.m) and MPET 1.0.1
(mpet/electrolyte/LIONSIMBA_nonisothermal.py).  Functions of c_e (mol/L) and temperature (K).
"""

from electrode_model.electrolytes.properties.valoen_reimers import (
    CONCENTRATIONS,
    TEMPERATURES,
    conductivity,
    diffusivity,
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


def t_plus(c_e: Expr, temperature: float) -> Expr:
    """Transference number of the cation, constant."""
    return 0.364 + 0 * c_e


def thermodynamic_factor(c_e: Expr, temperature: float) -> Expr:
    """1: the salt's activity coefficient is taken as constant."""
    return 1 + 0 * c_e
