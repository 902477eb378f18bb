"""Li(Ni0.8Co0.15Al0.05)O2 as in Kim et al. 2011."""

from math import sqrt

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, power

_KIM = (
    "Kim, Smith, Lee, Santhanagopalan & Pesaran, J. Electrochem. Soc. 158 (2011) A955, as in"
    " PyBaMM's parameter set NCA_Kim2011"
)

_OCV = (  # highest power first
    1.638,
    -2.222,
    15.056,
    -23.488,
    81.246,
    -344.566,
    621.3475,
    -554.774,
    264.427,
    -66.3691,
    11.8058,
)


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC; beyond c = 0.98 it falls by volts."""
    value: Expr = _OCV[0]
    for coefficient in _OCV[1:]:
        value = value * c + coefficient
    return value - 0.61386 * exp(5.8201 * power(c, 136.4))


MATERIAL = Material(
    name="nca",
    description="Li(Ni0.8Co0.15Al0.05)O2, solid solution",
    numbers={
        "site_density": Number(2.9508e28, f"49.0 kmol/m^3: {_KIM}"),
        "standard_potential": Number(
            3.97596227, f"ocv at c = 0.5, where mu is set to zero; {_KIM}"
        ),
        "diffusivity": Number(3.0e-15, f"constant, at 25 degC: {_KIM}"),
        "diffusivity_activation": Number(20_000.0, _KIM),
        "density": Number(4708.0, "site_density and 96.08 g/mol, one Li site a formula"),
    },
    ocv=ocv,
    ocv_source=_KIM,
    ocv_range=(0.35, 0.999),
    kinetics={
        "law": "butler_volmer",
        "k0": 4.0 / sqrt(1.2 * 0.41 * 0.59),
        "alpha": 0.5,
        "exchange_current": "newman",
        "activation_energy": 30_000.0,
    },
    kinetics_source=f"j0 = 4 A/m^2 at c = 0.41 and 1.2 mol/L: {_KIM}",
)
