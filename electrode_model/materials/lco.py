"""Lithium cobalt oxide, LixCoO2, as in LIONSIMBA."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr

_TORCHIO = (
    "Torchio et al., J. Electrochem. Soc. 163 (2016) A1192: Parameters_init.m and"
    " openCircuitPotential.m of github.com/lionsimbatoolbox/LIONSIMBA; MPET 1.0.1"
)

_ABOVE = (433.434, -462.471, 342.909, -401.119, 88.669, -4.656)  # in c^2, highest power first
_BELOW = (95.96, -73.083, 37.311, -79.532, 18.933, -1.0)


#: dU/dT [mV/K] as a quotient of polynomials in c, highest power first: openCircuitPotential.m.
_ENTROPIC = (0.611544894, -1.364550689, 0.928373822, -0.199521039)
_OVER = (3.048755063, -9.824312136, 11.47636191, -5.661479887, 1.0)
_REFERENCE = 298.15  # K


def _polynomial(coefficients: tuple[float, ...], x: Expr) -> Expr:
    value: Expr = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V]."""
    squared = c * c
    entropic = 1e-3 * _polynomial(_ENTROPIC, c) / _polynomial(_OVER, c)
    reference = _polynomial(_ABOVE, squared) / _polynomial(_BELOW, squared)
    return reference + entropic * (temperature - _REFERENCE)


MATERIAL = Material(
    name="lco",
    description="LiCoO2, solid solution",
    numbers={
        "site_density": Number(3.1036e28, f"51.5 kmol/m^3: {_TORCHIO}"),
        "standard_potential": Number(
            4.234963, f"ocv at c = 0.5, where mu is set to zero; {_TORCHIO}"
        ),
        "diffusivity": Number(1.0e-14, f"constant, at 25 degC: {_TORCHIO}"),
        "diffusivity_activation": Number(5000.0, _TORCHIO),
        "density": Number(5044.0, "site_density and 97.87 g/mol of LiCoO2, one Li site a formula"),
    },
    ocv=ocv,
    ocv_source=_TORCHIO,
    ocv_range=(0.495, 0.992),
    kinetics={
        "law": "butler_volmer",
        "k0": 3.671,
        "alpha": 0.5,
        "exchange_current": "newman",
        "activation_energy": 5000.0,
    },
    kinetics_source=f"F k c_max sqrt(1 mol/L) with k = 2.334e-11 m^2.5/(mol^0.5 s): {_TORCHIO}",
)
