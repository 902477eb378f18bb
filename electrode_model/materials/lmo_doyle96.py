"""Lithium manganese spinel, LiyMn2O4, as in Doyle et al. 1996."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, power, tanh

_DOYLE = (
    "Doyle, Newman, Gozdz, Schmutz & Tarascon, J. Electrochem. Soc. 143 (1996) 1890; numbers of"
    " MPET, parameter file Mn2O4_Doyle96"
)


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC; falls without bound towards c = 0.998432."""
    squared = c * c
    eighth = power(squared * squared, 2)
    return (
        4.19829
        + 0.0565661 * tanh(-14.5546 * c + 8.60942)
        - 0.0275479 * (power(0.998432 - c, -0.492465) - 1.90111)
        - 0.157123 * exp(-0.04738 * eighth)
        + 0.810239 * exp(-40 * (c - 0.133875))
    )


MATERIAL = Material(
    name="lmo_doyle96",
    description="LiMn2O4 spinel, 4 V plateaus, solid solution",
    numbers={
        "site_density": Number(1.37686e28, f"22.9 kmol/m^3: {_DOYLE}"),
        "standard_potential": Number(
            4.10395166, f"ocv at c = 0.5, where mu is set to zero; {_DOYLE}"
        ),
        "diffusivity": Number(1.0e-13, f"constant: {_DOYLE}"),
        "density": Number(4134.0, "site_density and 180.8 g/mol of LiMn2O4; the paper has 4.14"),
    },
    ocv=ocv,
    ocv_source=_DOYLE,
    ocv_range=(0.13, 0.998),
    kinetics={"law": "butler_volmer", "k0": 150.4, "alpha": 0.5, "exchange_current": "newman"},
    kinetics_source=_DOYLE,
)
