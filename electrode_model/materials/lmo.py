"""Lithium manganese spinel, LiyMn2O4, as in Fuller, Doyle & Newman 1994."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, power, tanh

_FULLER = "Fuller, Doyle & Newman, J. Electrochem. Soc. 141 (1994) 1"
_MPET = f"{_FULLER}; numbers of MPET 1.0.1, parameter file Mn2O4_Fuller94"


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC; finite at c = 1."""
    squared = c * c
    eighth = power(squared * squared, 2)
    return (
        4.06279
        + 0.0677504 * tanh(-21.8502 * c + 12.8268)
        - 0.105734 * (power(1.00167 - c, -0.379571) - 1.575994)
        - 0.045 * exp(-71.69 * eighth)
        + 0.01 * exp(-200 * (c - 0.19))
    )


MATERIAL = Material(
    name="lmo",
    description="LiMn2O4 spinel, 4 V plateaus, solid solution",
    numbers={
        "site_density": Number(1.42842e28, f"23.7 kmol/m^3: {_MPET}"),
        "standard_potential": Number(
            4.12283134, f"ocv at c = 0.5, where mu is set to zero; {_FULLER}"
        ),
        "diffusivity": Number(1.0e-13, f"constant: {_MPET}"),
        "density": Number(4289.0, "site_density and 180.8 g/mol of LiMn2O4, one Li site a formula"),
    },
    ocv=ocv,
    ocv_source=_MPET,
    ocv_range=(0.17, 0.999),
    kinetics={"law": "butler_volmer", "k0": 7.225, "alpha": 0.5, "exchange_current": "newman"},
    kinetics_source=_MPET,
)
