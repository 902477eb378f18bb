"""Graphite (MCMB) as in LIONSIMBA, the negative of its benchmark cell."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, sqrt

_TORCHIO = (
    "Torchio et al., J. Electrochem. Soc. 163 (2016) A1192: Parameters_init.m and"
    " openCircuitPotential.m of github.com/lionsimbatoolbox/LIONSIMBA; MPET 1.0.1"
)

#: dU/dT [mV/K] as a quotient of polynomials in c, highest power first: openCircuitPotential.m.
_ENTROPIC = (
    -16515.05308,
    38379.18127,
    -37147.8947,
    19329.7549,
    -5812.278127,
    1004.911008,
    -91.79325798,
    3.299265709,
    0.005269056,
)
_OVER = (
    165705.8597,
    -385821.1607,
    374577.3152,
    -195881.6488,
    59431.3,
    -10481.80419,
    1017.234804,
    -48.09287227,
    1.0,
)
_REFERENCE = 298.15  # K


def _polynomial(coefficients: tuple[float, ...], x: Expr) -> Expr:
    value: Expr = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V].

    The function of Ramadass et al. 2004, as PyBaMM attributes it; smooth where graphite has steps.
    """
    root = sqrt(c)
    entropic = 1e-3 * _polynomial(_ENTROPIC, c) / _polynomial(_OVER, c)
    reference = (
        0.7222
        + 0.1387 * c
        + 0.029 * root
        - 0.0172 / c
        + 0.0019 / (c * root)
        + 0.2808 * exp(0.9 - 15 * c)
        - 0.7984 * exp(0.4465 * c - 0.4108)
    )
    return reference + entropic * (temperature - _REFERENCE)


MATERIAL = Material(
    name="graphite_lionsimba",
    description="graphite (MCMB), solid solution",
    numbers={
        "site_density": Number(1.84003e28, f"30.555 kmol/m^3: {_TORCHIO}"),
        "standard_potential": Number(
            0.12154835, f"ocv at c = 0.5, where mu is set to zero; {_TORCHIO}"
        ),
        "diffusivity": Number(3.9e-14, f"constant, at 25 degC: {_TORCHIO}"),
        "diffusivity_activation": Number(5000.0, _TORCHIO),
        "density": Number(2202.0, "site_density and 72.07 g/mol of C6"),
    },
    ocv=ocv,
    ocv_source=_TORCHIO,
    ocv_range=(0.014, 0.99),
    kinetics={
        "law": "butler_volmer",
        "k0": 4.690,
        "alpha": 0.5,
        "exchange_current": "newman",
        "activation_energy": 5000.0,
    },
    kinetics_source=f"F k c_max sqrt(1 mol/L) with k = 5.031e-11 m^2.5/(mol^0.5 s): {_TORCHIO}",
)
