"""Li(Ni0.5Mn0.3Co0.2)O2: layered oxide with a steep exchange current near full lithiation."""

from math import log

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, power

_COLCLASURE = "Colclasure et al., Electrochim. Acta 337 (2020) 135854"

_OCV = (  # highest power first
    -3.640117692001490e03,
    1.317657544484270e04,
    -1.455742062291360e04,
    -1.571094264365090e03,
    1.265630978512400e04,
    -2.057808873526350e03,
    -1.074374333186190e04,
    8.698112755348720e03,
    -8.297904604107030e02,
    -2.073765547574810e03,
    1.190223421193310e03,
    -2.724851668445780e02,
    2.723409218042130e01,
    -4.158276603609060e00,
    5.314735633000300e00,
)
_LOG10_D = (  # of D / (2 m^2/s), highest power first
    -2319.0,
    6642.0,
    -5269.0,
    -3319.0,
    10038.0,
    -9806.0,
    5817.0,
    -2286.0,
    575.3,
    -83.16,
    -9.292,
)


def _polynomial(coefficients: tuple[float, ...], c: Expr) -> Expr:
    """Horner's rule: few operations, and the same ones for numbers and symbols."""
    value: Expr = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * c + coefficient
    return value


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 30 degC, its temperature dependence left out.

    The polynomial and the exponential edge at c = 1 are those of Colclasure et al. 2020; it
    falls monotonically over the whole of (0.2, 1).  The range of the fit was not checked.
    """
    edge = exp(6.560240842659690 * power(c, 41.48209275061330))
    return _polynomial(_OCV, c) - 5.573191762723310e-04 * edge


def diffusivity_shape(c: Expr) -> Expr:
    """D(c)/D(0.5) with the coefficients of MPET 1.0.1: flat to c = 0.9, then down by 3e4.

    BATMODS-lite gives other coefficients for the same quantity, with more digits: within 35 %
    for 0.4 < c < 0.9, but 2e-15 m^2/s still at c = 1.  The drop above 0.9 may come from the
    rounding of these to four digits.
    """
    return exp(log(10) * (_polynomial(_LOG10_D, c) - _polynomial(_LOG10_D, 0.5)))


MATERIAL = Material(
    name="nmc532",
    description="Li(Ni0.5Mn0.3Co0.2)O2, solid solution, autocatalytic on delithiation",
    numbers={
        "site_density": Number(2.9869e28, f"49.6 kmol/m^3: {_COLCLASURE}; MPET 1.0.1"),
        "standard_potential": Number(
            3.99310969, f"ocv at c = 0.5, where mu is set to zero; {_COLCLASURE}"
        ),
        "diffusivity": Number(
            4.6673e-15,
            f"D at c = 0.5 of the polynomial in log10 D: MPET 1.0.1, after {_COLCLASURE}",
        ),
        "density": Number(
            4789.0, "site_density and 96.55 g/mol of LiNi0.5Mn0.3Co0.2O2, one Li site a formula"
        ),
    },
    ocv=ocv,
    ocv_source=_COLCLASURE,
    ocv_range=(0.27, 0.999),
    diffusivity_shape=diffusivity_shape,
    kinetics={
        "law": "butler_volmer",
        "k0": 3.2,
        "alpha": 0.5,
        "exchange_current": {"form": "park_sigmoid", "steepness": 25.0, "centre": 0.6},
    },
    kinetics_source=(
        "shape: Park et al., Nature Mater. 20 (2021) 991, as the sigmoid of MPET 1.0.1. Scale:"
        f" j0(0.5) = 3.0 A/m^2 at 1 mol/L and 25 degC, {_COLCLASURE} in the reading of NREL"
        " BATMODS-lite (3.98 A/m^2 at 1.2 mol/L and 30 degC, 30 kJ/mol; MPET's k0 for the same"
        " polynomial is ten times larger). That both go together is assumed."
    ),
)
