"""LiPF6 as in the isothermal benchmark of LIONSIMBA: constant diffusivity.

Torchio et al., J. Electrochem. Soc. 163 (2016) A1192, whose conductivity is the polynomial of
Doyle et al. 1996 for EC:DMC 2:1; diffusivity (ten times theirs) and transference number as in
their code (github.com/lionsimbatoolbox/LIONSIMBA, Parameters_init.m) and MPET 1.0.1.
"""

from electrode_model.electrolytes.properties.doyle96_ec_dmc_2_1 import (
    CONCENTRATIONS,
    TEMPERATURES,
    conductivity,
)
from electrode_model.electrolytes.properties.lionsimba import t_plus, thermodynamic_factor
from electrode_model.symbolic import Expr

__all__ = [
    "CONCENTRATIONS",
    "TEMPERATURES",
    "conductivity",
    "diffusivity",
    "t_plus",
    "thermodynamic_factor",
]


def diffusivity(c_e: Expr, temperature: float) -> Expr:
    """Salt diffusivity [m^2/s]."""
    return 7.5e-10 + 0 * c_e
