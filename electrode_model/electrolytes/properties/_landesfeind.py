"""The forms of Landesfeind & Gasteiger 2019, which each solvent fills with its coefficients."""

from collections.abc import Sequence

from electrode_model.symbolic import Expr, exp, sqrt

__all__ = ["CONCENTRATIONS", "TEMPERATURES", "conductivity", "cubic", "diffusivity"]

#: Up to 3 mol/L and from -10 to 50 degC, as public COMSOL models with these fits confine them.
CONCENTRATIONS = (0.0, 3.0)  # mol/L
TEMPERATURES = (263.0, 323.5)  # K


def conductivity(c_e: Expr, temperature: float, p: Sequence[float]) -> Expr:
    """Conductivity [S/m]; ``p`` (6,) as printed, in mS/cm."""
    hot = exp(1000 / temperature)
    rise = 1 + p[2] * sqrt(c_e) + p[3] * (1 + p[4] * hot) * c_e
    squared = c_e * c_e
    return 0.1 * p[0] * (1 + temperature - p[1]) * c_e * rise / (1 + p[5] * hot * squared * squared)


def diffusivity(c_e: Expr, temperature: float, p: Sequence[float]) -> Expr:
    """Salt diffusivity [m^2/s]; ``p`` (4,) as printed, in 1e-6 cm^2/s."""
    slope = p[1] + p[3] / temperature
    return 1e-10 * p[0] * exp(p[2] / temperature) * exp(slope * c_e)


def cubic(c_e: Expr, temperature: float, p: Sequence[float]) -> Expr:
    """Transference number or thermodynamic factor: cubic in c_e and T without T^3; ``p`` (9,)."""
    t = temperature
    zeroth = p[0] + t * (p[2] + t * p[5])
    first = p[1] + t * (p[4] + t * p[8])
    return zeroth + c_e * (first + c_e * (p[3] + p[7] * t + p[6] * c_e))
