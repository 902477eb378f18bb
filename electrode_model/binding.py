"""The laws of a material and its kinetics, bound to the numbers of a configuration."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from electrode_model.config import components
from electrode_model.exchange_current import Exchange
from electrode_model.free_energy import PiecewiseCubic, Potential, layered_solution, open_circuit
from electrode_model.material import Material, lattice
from electrode_model.particle import Chemistry
from electrode_model.scales import Scales
from electrode_model.symbolic import Expr

if TYPE_CHECKING:
    from electrode_model.config.model import Component, Population

__all__ = ["Binding", "chemistry", "reference_temperature"]

_REFERENCE = 298.15  # K, of standard potentials and diffusivities without one of their own

#: Interactions of neighbouring layers, which a material may leave out.
_INTERLAYER = ("omega_b", "omega_c", "van_der_waals")

#: (population, material, its numbers, scales) -> the laws of the material with numbers
Binding: TypeAlias = Callable[["Population", Material, Mapping[str, float], Scales], Chemistry]


def chemistry(
    given: "Population", material: Material, numbers: Mapping[str, float], scales: Scales
) -> Chemistry:
    """Bind the laws of a material and its kinetics to their numbers."""
    standard = numbers["standard_potential"]
    thermal, temperature = scales.voltage, scales.temperature
    warmer = temperature - reference_temperature(numbers)
    shifted = standard + numbers.get("entropic_coefficient", 0.0) * warmer
    choice, table = given.kinetics, given.material.ocv
    layer: Callable[[Expr, Expr], Potential] | None = None
    if table is not None:
        curve = PiecewiseCubic.through(np.asarray(table.c), np.asarray(table.voltage))

        def potential(c: Expr) -> Potential:
            return open_circuit(curve(c), standard, thermal)

    elif material.ocv is not None:
        voltage = material.ocv

        def potential(c: Expr) -> Potential:
            return open_circuit(voltage(c, temperature), standard, thermal)

    elif material.chemical_potential is not None:
        own_potential = material.chemical_potential

        def potential(c: Expr) -> Potential:
            return Potential(0.0, scales.energy(1.0) * own_potential(c, numbers))

    else:
        omega = scales.energy(numbers["omega"])
        interlayer = {k: scales.energy(numbers[k]) for k in _INTERLAYER if numbers.get(k)}

        def layer(c: Expr, beside: Expr) -> Potential:
            return layered_solution(c, beside, omega=omega, **interlayer)

        def potential(c: Expr) -> Potential:  # of layers that fill alike, if it has any
            return layered_solution(c, c, omega=omega, **interlayer)

    law = components.LAWS.function(choice.law.name)
    form = choice.exchange_current
    law_of_c = None if form is None else components.EXCHANGE_CURRENTS.function(form.name)
    law_numbers = _in_kt(choice.law, scales)

    def exchange(c: Expr, alpha: float, mixing: float) -> Exchange:
        if form is None or law_of_c is None:
            raise ValueError(f"kinetic law {choice.law.name} needs an exchange current")
        result: Exchange = law_of_c(c, alpha, mixing, **form.parameters)
        return result

    def rate(dphi: Expr, c: Expr, c_e: Expr, mu: Potential) -> Expr:
        return law(dphi - shifted / thermal, c, c_e, mu, exchange, **law_numbers)

    own = given.material.diffusivity_shape
    if own is None:
        found = Chemistry(
            potential, rate, material.diffusivity_shape, material.mobility_shape, layer
        )
        return replace(found, standard=shifted / thermal)
    shape, shape_numbers = components.DIFFUSIVITIES.function(own.name), own.parameters

    def relative(c: Expr) -> Expr:
        return shape(c, **shape_numbers)

    found = Chemistry(potential, rate, relative, lambda c: relative(c) * lattice(c), layer)
    return replace(found, standard=shifted / thermal)


def reference_temperature(numbers: Mapping[str, float]) -> float:
    """Temperature [K] at which a material's standard potential and diffusivity are stated."""
    return numbers.get("reference_temperature", _REFERENCE)


def _in_kt(law: "Component", scales: Scales) -> dict[str, Any]:
    """The parameters of a kinetic law, energies in kT."""
    known = components.LAWS.parameters(law.name)
    energies = {key for key, p in known.items() if p.spec is not None and p.spec.unit == "J"}
    return {k: scales.energy(v) if k in energies else v for k, v in law.parameters.items()}
