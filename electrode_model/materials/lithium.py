"""Lithium metal as particles, such as a powder: the potential of the reference at any filling.

The filling counts what is left of the metal.  As all particles have one potential whatever they
hold, nothing makes them fill alike: a run ends when the first of them is full or empty.  A
foil is ``negative: lithium_foil`` instead.
"""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr

_CRC = "0.534 g/cm^3 and 6.94 g/mol: CRC Handbook of Chemistry and Physics, 97th ed. (2016)"


def ocv(c: Expr, temperature: float) -> Expr:
    """Zero: potentials are against lithium."""
    return 0 * c


MATERIAL = Material(
    name="lithium",
    description="lithium metal",
    numbers={
        "site_density": Number(4.634e28, _CRC),
        "standard_potential": Number(0.0, "the reference itself"),
        "diffusivity": Number(
            5e-15, "assumed: the order of lithium's self-diffusion at 25 degC", assumed=True
        ),
        "density": Number(534.0, _CRC),
    },
    ocv=ocv,
    ocv_source="the reference itself",
    kinetics={"law": "butler_volmer", "k0": 10.0, "alpha": 0.5, "exchange_current": "constant"},
    kinetics_source=(
        "assumed: the 10 A/m^2 at 1 mol/L that MPET's sample files and lithium_foil here take;"
        " measured values in carbonates spread from 1 to some 100 A/m^2"
    ),
)
