"""Li(Ni0.5Mn0.3Co0.2)O2: layered oxide with a steep exchange current near full lithiation."""

from math import log

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, power, where_at_least

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
_LOG10_D = (  # of D, less a constant, highest power first
    -2.509010843479270e02,
    2.391026725259970e03,
    -4.868420267611360e03,
    -8.331104102921070e01,
    1.057636028329000e04,
    -1.268324548348120e04,
    5.016272167775530e03,
    9.824896659649480e02,
    -1.502439339070900e03,
    4.723709304247700e02,
    0.0,
)
_LOWEST = 0.3  # filling where the data behind the polynomial of the diffusivity begin


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
    """D(c)/D(0.5): falls by half from c = 0.4 to 0.8 and stays there; constant below 0.3.

    Colclasure et al. 2020 with all digits, as NREL BATMODS-lite has them; good for 0.3 to 0.95,
    beyond which it falls by 5 % to c = 1.  Below 0.3 the polynomial falls 2,400 times by 0.2, so
    its value at 0.3 is taken (assumed).  MPET 1.0.1 has whole numbers as coefficients: 1.7 times as
    much at 0.86, 10^4 times less at c = 1; ``log_polynomial`` with these is MPET's.
    """
    inside = _LOWEST + where_at_least(c, _LOWEST) * (c - _LOWEST)
    return exp(log(10) * (_polynomial(_LOG10_D, inside) - _polynomial(_LOG10_D, 0.5)))


MATERIAL = Material(
    name="nmc532",
    description="Li(Ni0.5Mn0.3Co0.2)O2, solid solution, autocatalytic on delithiation",
    numbers={
        "site_density": Number(2.9869e28, f"49.6 kmol/m^3: {_COLCLASURE}; MPET 1.0.1"),
        "standard_potential": Number(
            3.99310969, f"ocv at c = 0.5, where mu is set to zero; {_COLCLASURE}"
        ),
        "diffusivity": Number(
            3.7107e-15,
            f"D at c = 0.5 and 25 degC: 4.5304e-15 at 30 degC, {_COLCLASURE} in NREL BATMODS-lite,"
            " less by its activation energy",
        ),
        "diffusivity_activation": Number(30_000.0, "NREL BATMODS-lite, NMC532"),
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
