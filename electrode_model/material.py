"""What a material file holds: numbers with their sources, and formulae with their papers.

A material is one Python file in :mod:`electrode_model.materials` that defines ``MATERIAL``.
A configuration names it and may override any of its numbers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from electrode_model.quantities import Spec
from electrode_model.symbolic import Expr

__all__ = ["NUMBERS", "Material", "Number", "lattice", "uniform"]

#: The numbers a material file may hold and a configuration may override.
NUMBERS: Mapping[str, Spec] = {
    "site_density": Spec("1/m^3", "lithium sites per volume of solid", above=0.0),
    "standard_potential": Spec("V", "potential against lithium where mu = 0"),
    "omega": Spec("J", "regular-solution parameter per site"),
    "gradient_energy": Spec("J/m", "gradient-energy coefficient kappa", at_least=0.0),
    "coherency": Spec("Pa", "coherency-strain modulus B", at_least=0.0),
    "wetting_filling": Spec(
        "1", "filling of the wetted layer beyond the ends of a plate", above=0.0, below=1.0
    ),
    "wetting_layer": Spec("m", "distance of that layer from the end face", at_least=0.0),
    "diffusivity": Spec("m^2/s", "diffusivity (or tracer diffusivity) scale D_s", above=0.0),
    "diffusivity_activation": Spec("J/mol", "Arrhenius activation energy of D_s", at_least=0.0),
    "reference_temperature": Spec("K", "temperature of D_s; without one 298.15 K", above=0.0),
    "omega_b": Spec("J", "repulsion per pair of filled sites in neighbouring layers"),
    "omega_c": Spec("J", "repulsion of two neighbouring layers that are both half full"),
    "van_der_waals": Spec("J", "energy per site that holds the layers together until they fill"),
    "surface_wetting": Spec("J m", "fall of the surface energy with the density of lithium"),
    "entropic_coefficient": Spec("V/K", "dU/dT of the standard potential, mixing left out"),
    "density": Spec("kg/m^3", "density of the solid, for capacities per mass", above=0.0),
}


@dataclass(frozen=True)
class Number:
    """A value in the SI unit of :data:`NUMBERS` with where it comes from."""

    value: float
    source: str
    assumed: bool = False  # chosen by us, not measured or published


def uniform(c: Expr) -> Expr:
    """Constant diffusivity: D(c)/D_s = 1."""
    return 1.0


def lattice(c: Expr) -> Expr:
    """Mobility of a lattice gas, c (1 - c): one vacancy per jump."""
    return c * (1 - c)


@dataclass(frozen=True)
class Material:
    """One intercalation material.

    ``ocv(c, T)`` [V] makes it a material of given open-circuit voltage, ``chemical_potential(c,
    numbers)`` [J] one of a free energy of its own about ``standard_potential``; without either it
    is a regular solution with ``omega`` about that.  ``diffusivity_shape(c)`` is
    D(c)/D_s of Fickian particles, ``mobility_shape(c)`` the M(c) of
    flux = -D_s M(c) grad mu/kT.  ``kinetics`` are the defaults of the ``kinetics`` section of
    a configuration, in its own words.
    """

    name: str
    description: str
    numbers: Mapping[str, Number]
    ocv: Callable[[Expr, float], Expr] | None = None
    ocv_source: str = ""
    ocv_range: tuple[float, float] = (0.0, 1.0)  # fillings where ocv is trustworthy
    chemical_potential: Callable[[Expr, Mapping[str, float]], Expr] | None = None
    diffusivity_shape: Callable[[Expr], Expr] = uniform
    mobility_shape: Callable[[Expr], Expr] = lattice
    kinetics: Mapping[str, object] = field(default_factory=dict)
    kinetics_source: str = ""
