"""Petroleum coke, LixC6 up to x = 1/2, as in Fuller, Doyle & Newman 1994."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp

_FULLER = "Fuller, Doyle & Newman, J. Electrochem. Soc. 141 (1994) 1"
_MPET = f"{_FULLER}; numbers of MPET 1.0.1, parameter file coke_Fuller94"


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC; c = 1/2 is full for the kinetics, 0.02 V."""
    return -0.132056 + 1.40854 * exp(-3.52312 * c)


MATERIAL = Material(
    name="coke",
    description="petroleum coke, LixC6 with x up to 1/2, solid solution",
    numbers={
        "site_density": Number(1.58981e28, f"26.4 kmol/m^3, one in C6: {_MPET}"),
        "standard_potential": Number(
            0.10989833, f"ocv at c = 0.5, where mu is set to zero; {_FULLER}"
        ),
        "diffusivity": Number(5.0e-13, f"constant: {_MPET}"),
        "density": Number(1903.0, "site_density and 72.07 g/mol of C6; Fuller et al. have 1.90"),
    },
    ocv=ocv,
    ocv_source=_MPET,
    ocv_range=(0.0, 0.6),
    kinetics={
        "law": "butler_volmer",
        "k0": 8.3038,
        "alpha": 0.5,
        "exchange_current": {"form": "newman", "full": 0.5},
    },
    kinetics_source=_MPET,
)
