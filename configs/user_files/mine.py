"""A material and a kinetic law of one's own: what docs/user_files.md explains."""

from typing import Annotated

from electrode_model.kinetics import butler_volmer
from electrode_model.material import Material, Number
from electrode_model.quantities import Spec
from electrode_model.symbolic import sqrt, tanh


def voltage(c, T):
    """A sloping plateau [V], made up for this example."""
    return 3.8 - 0.6 * c - 0.15 * tanh((c - 0.95) / 0.02) + 0.15 * tanh((0.05 - c) / 0.02)


MATERIAL = Material(
    name="example",
    description="layered oxide, made up",
    numbers={
        "site_density": Number(2.9e28, "as NMC532", assumed=True),
        "standard_potential": Number(3.5, "middle of the voltage"),
        "diffusivity": Number(5e-15, "made up", assumed=True),
    },
    ocv=voltage,
    ocv_source="made up",
    kinetics={
        "law": "./mine.py:limited",  # beside this file
        "k0": "0.2 mA/cm^2",
        "exchange_current": "newman",
        "limit": 3.0,
    },
    kinetics_source="made up",
)


def limited(
    dphi, c, a_e, mu, exchange, *, limit: Annotated[float, Spec("1", "largest rate / k0", above=0)]
):
    """Butler-Volmer up to a limiting rate."""
    rate = butler_volmer(dphi, c, a_e, mu, exchange, alpha=0.5)
    return rate / sqrt(1 + (rate / limit) ** 2)
