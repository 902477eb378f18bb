"""Li(Ni0.8Mn0.1Co0.1)O2 of the LG M50 cell, as in Chen et al. 2020."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, tanh

_CHEN = "Chen et al., J. Electrochem. Soc. 167 (2020) 080534"
_MPET = f"{_CHEN}, as MPET's parameter file NMC_Chen2020"


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC."""
    return (
        4.4875
        - 0.8090 * c
        - 0.0428 * tanh(18.5138 * (c - 0.5542))
        - 17.7326 * tanh(15.7890 * (c - 0.3117))
        + 17.5842 * tanh(15.9308 * (c - 0.3120))
    )


MATERIAL = Material(
    name="nmc811",
    description="Li(Ni0.8Mn0.1Co0.1)O2, solid solution",
    numbers={
        "site_density": Number(
            3.116e28, f"51.7 kmol/m^3: {_MPET}; PyBaMM has 63.1 for the same ocv"
        ),
        "standard_potential": Number(
            3.97195866, f"ocv at c = 0.5, where mu is set to zero; {_CHEN}"
        ),
        "diffusivity": Number(4.0e-15, f"constant: {_MPET} and PyBaMM's set Chen2020"),
        "diffusivity_activation": Number(5000.0, _MPET),
        "density": Number(5034.0, "site_density and 97.28 g/mol, one Li site a formula"),
    },
    ocv=ocv,
    ocv_source=f"{_CHEN}; PyBaMM's set Chen2020 and MPET",
    ocv_range=(0.2, 0.95),
    kinetics={
        "law": "butler_volmer",
        "k0": 6.8246,
        "alpha": 0.5,
        "exchange_current": "newman",
        "activation_energy": 17_800.0,
    },
    kinetics_source=f"{_MPET}: 3.42e-6 A/m^2 (m^3/mol)^1.5 times 63.1 kmol/m^3 sqrt(1 mol/L)",
)
