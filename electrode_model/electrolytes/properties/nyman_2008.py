"""LiPF6 in EC:EMC 3:7 by weight: Nyman, Behm & Lindbergh, Electrochim. Acta 53 (2008) 6356.

Their fits at 25 degC.  Conductivity and diffusivity as in the parameter files of About:Energy
(2022) and PyBaMM's set of Chen et al. 2020, the transference number as in the public source of
MPET (mpet/electrolyte/Nyman_EC_EMC.py); the paper was not seen.  The activation energy is not
theirs but About:Energy's.  Functions of c_e (mol/L) and temperature (K).
"""

from electrode_model.constants import AVOGADRO, BOLTZMANN
from electrode_model.symbolic import Expr, exp, power

__all__ = [
    "CONCENTRATIONS",
    "TEMPERATURES",
    "conductivity",
    "diffusivity",
    "t_plus",
    "thermodynamic_factor",
]

CONCENTRATIONS = (0.0, 2.2)  # mol/L; measured from 0.2 to 2.2: quoted from memory, assumed
TEMPERATURES = (273.15, 333.15)  # K; assumed, measured at 25 degC only

_ACTIVATION = 17_100.0  # J/mol, About:Energy BPX files of 2022, for both transport coefficients


def _faster(temperature: float) -> float:
    """Arrhenius factor, 1 at 25 degC."""
    return exp(_ACTIVATION / (AVOGADRO * BOLTZMANN) * (1 / 298.15 - 1 / temperature))


def diffusivity(c_e: Expr, temperature: float) -> Expr:
    """Salt diffusivity [m^2/s]."""
    return _faster(temperature) * (8.794e-11 * c_e * c_e - 3.972e-10 * c_e + 4.862e-10)


def conductivity(c_e: Expr, temperature: float) -> Expr:
    """Conductivity [S/m]."""
    value = 0.1297 * c_e * c_e * c_e - 2.51 * power(c_e, 1.5) + 3.329 * c_e
    return _faster(temperature) * value


def t_plus(c_e: Expr, temperature: float) -> Expr:
    """Transference number of the cation: 0.26 at 1 mol/L, down to zero at 1.9 mol/L."""
    return 0.4492 + c_e * (-0.4717 + c_e * (0.4106 - 0.1287 * c_e))


def thermodynamic_factor(c_e: Expr, temperature: float) -> Expr:
    """1, as PyBaMM and About:Energy take it, where carbonate electrolytes have about 2.

    The polynomial that MPET's source attributes to Nyman et al. is negative from 0.91 to 1.69
    mol/L, which no stable solution is, and was not taken over.
    """
    return 1 + 0 * c_e
