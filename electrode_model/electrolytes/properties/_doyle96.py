"""What the two solvents of Doyle et al. 1996 share."""

from electrode_model.symbolic import Expr

__all__ = ["CONCENTRATIONS", "TEMPERATURES", "diffusivity", "t_plus", "thermodynamic_factor"]

CONCENTRATIONS = (0.0, 4.0)  # mol/L; assumed: the polynomials are positive to 4.1 and 4.8
TEMPERATURES = (273.15, 333.15)  # K; for 25 degC, that they may be used around it is assumed


def diffusivity(c_e: Expr, temperature: float) -> Expr:
    """Salt diffusivity [m^2/s]."""
    return 7.5e-11 + 0 * c_e


def t_plus(c_e: Expr, temperature: float) -> Expr:
    """Transference number of the cation, constant."""
    return 0.363 + 0 * c_e


def thermodynamic_factor(c_e: Expr, temperature: float) -> Expr:
    """1: the salt's activity coefficient is taken as constant."""
    return 1 + 0 * c_e
