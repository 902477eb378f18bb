"""What the two solvents of Doyle et al. 1996 share."""

from collections.abc import Sequence

from electrode_model.symbolic import Expr

__all__ = [
    "CONCENTRATIONS",
    "TEMPERATURES",
    "diffusivity",
    "polynomial",
    "t_plus",
    "thermodynamic_factor",
]

CONCENTRATIONS = (0.0, 4.0)  # mol/L; assumed: the polynomials are positive to 4.1 and 4.8
TEMPERATURES = (273.15, 333.15)  # K; for 25 degC, that they may be used around it is assumed


def diffusivity(c_e: Expr, temperature: float) -> Expr:
    """Salt diffusivity [m^2/s]."""
    return 7.5e-11 + 0 * c_e


def polynomial(c_e: Expr, powers: Sequence[float]) -> Expr:
    """Conductivity [S/m]; ``powers`` of c_e as printed, the lowest first [S/cm]."""
    value: Expr = powers[-1]
    for coefficient in powers[-2::-1]:
        value = value * c_e + coefficient
    return 100 * value


def t_plus(c_e: Expr, temperature: float) -> Expr:
    """Transference number of the cation, constant."""
    return 0.363 + 0 * c_e


def thermodynamic_factor(c_e: Expr, temperature: float) -> Expr:
    """1: the salt's activity coefficient is taken as constant."""
    return 1 + 0 * c_e
