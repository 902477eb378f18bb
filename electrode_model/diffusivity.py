"""Diffusivity as a function of filling: forms of D(c)/D_s.

Each form is a pure function  form(c, *, own parameters)  of the filling fraction.  Fickian
particles use D_s form(c) as their diffusivity; Cahn-Hilliard particles as the tracer diffusivity
of a lattice gas, mobility D_s form(c) c (1 - c).  A form's name here is its name in a
configuration file; without one a material's own is used.
"""

from collections.abc import Sequence
from math import log
from typing import Annotated

from electrode_model.quantities import Fraction, Spec
from electrode_model.symbolic import Expr, exp, power
from electrode_model.tables import power_of_ten

__all__ = ["exponential", "lattice", "log_polynomial", "tabulated", "uniform"]


def uniform(c: Expr) -> Expr:
    """D = D_s at every filling."""
    return 1.0


def exponential(
    c: Expr,
    *,
    decay: Annotated[float, Spec("1", "b in exp(-b (c - reference))")],
    reference: Fraction = 0.5,
) -> Expr:
    """exp(-b (c - reference)): diffusion that slows as a solid fills.

    Layered oxides near full lithiation: Park et al., Nature Mater. 20 (2021) 991, Fig. 4a.
    """
    return exp(-decay * (c - reference))


def lattice(c: Expr, *, exponent: Annotated[float, Spec("1", "n in (c (1 - c))^n")] = 1.0) -> Expr:
    """(c (1 - c))^n: Fickian diffusion that needs lithium and a vacancy, as in MPET's lattice.

    With n = -1 it cancels the c (1 - c) of a lattice gas, and Cahn-Hilliard particles have the
    same mobility D_s at every filling.
    """
    return power(c * (1 - c), exponent)


def log_polynomial(
    c: Expr,
    *,
    coefficients: Annotated[
        Sequence[float], Spec("1", "of log10 D as a polynomial in c, highest power first")
    ],
) -> Expr:
    """10^(P(c) - P(1/2)): fits to measurements as papers print them; D_s is D at half filling.

    With MPET's coefficients it is NMC532_Colclasure20 of MPET 1.0.1.
    """
    value: Expr = coefficients[0]
    half = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * c + coefficient
        half = half * 0.5 + coefficient
    return exp(log(10) * (value - half))


def tabulated(
    c: Expr,
    *,
    filling: Annotated[Sequence[float], Spec("1", "ascending fillings", at_least=0.0, at_most=1.0)],
    log10_ratio: Annotated[Sequence[float], Spec("1", "log10 of D/D_s at each")],
) -> Expr:
    """10 to the power of a monotone (PCHIP) interpolant of ``log10_ratio``.

    Raises ValueError where the lists differ in length, are shorter than 2, or not ascending.
    """
    return power_of_ten(c, filling, log10_ratio, key="diffusivity_shape")


#: Keys without a default with which tests try a form.
EXAMPLES = {
    "exponential": {"decay": 3.0},
    "log_polynomial": {"coefficients": [-2.0, 1.0, 0.0]},
    "tabulated": {"filling": [0.0, 0.4, 1.0], "log10_ratio": [0.0, 0.3, -0.5]},
}
