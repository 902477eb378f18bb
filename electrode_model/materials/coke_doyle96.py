"""Petroleum coke, LixC6, as in Doyle et al. 1996."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp

_DOYLE = (
    "Doyle, Newman, Gozdz, Schmutz & Tarascon, J. Electrochem. Soc. 143 (1996) 1890; numbers of"
    " MPET, parameter file coke_Doyle96"
)


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC."""
    return -0.16 + 1.32 * exp(-3.0 * c) + 10 * exp(-2000 * c)


MATERIAL = Material(
    name="coke_doyle96",
    description="petroleum coke, LixC6, solid solution",
    numbers={
        "site_density": Number(1.5894697e28, f"26.4 kmol/m^3, one in C6: {_DOYLE}"),
        "standard_potential": Number(
            0.13453181, f"ocv at c = 0.5, where mu is set to zero; {_DOYLE}"
        ),
        "diffusivity": Number(3.9e-14, f"constant: {_DOYLE}"),
        "density": Number(1902.0, "site_density and 72.07 g/mol of C6; the paper has 1.90"),
    },
    ocv=ocv,
    ocv_source=_DOYLE,
    ocv_range=(0.0, 0.7),
    kinetics={"law": "butler_volmer", "k0": 156.8, "alpha": 0.5, "exchange_current": "newman"},
    kinetics_source=f"{_DOYLE}. Its cells have a film of 0.11 ohm m^2 on the coke besides",
)
