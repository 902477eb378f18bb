"""The particles of an electrode: populations drawn from a configuration, in groups by kernel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from electrode_model import diffusivity, distributions, exchange_current, initial, kinetics
from electrode_model.config import components
from electrode_model.constants import HOUR
from electrode_model.free_energy import (
    PiecewiseCubic,
    Potential,
    layered_solution,
    open_circuit,
)
from electrode_model.material import Material, lattice
from electrode_model.particle import Chemistry, Kernel, Model, Particles
from electrode_model.results.records import Layout, Profiles
from electrode_model.scales import CONSTANTS, Constants, Scales
from electrode_model.symbolic import Expr

if TYPE_CHECKING:
    from electrode_model.config.model import Component, Electrode, Population

__all__ = [
    "Binding",
    "Drawn",
    "Group",
    "chemistry",
    "draw",
    "groups_of",
    "layout_of",
    "mean_filling",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Powers of the size in a particle's reacting area and volume: plates keep their thickness,
#: cylinders their length, slabs of one material are taken as similar bodies.
_POWERS = {"sphere": (2, 3), "cylinder": (1, 2), "slab": (2, 3), "plate": (2, 2)}

#: Numbers of a material behind the parameters of a particle.
_NEEDED = {
    "diffusion": "diffusivity",
    "wetting": "wetting_filling and wetting_layer",
    "surface_wetting": "a gradient_energy above 0 beside surface_wetting",
}

#: Interactions of neighbouring layers, which a material may leave out.
_INTERLAYER = ("omega_b", "omega_c", "van_der_waals")


#: (population, material, its numbers, scales) -> the laws of the material with numbers
Binding: TypeAlias = Callable[["Population", Material, Mapping[str, float], Scales], Chemistry]


@dataclass(frozen=True)
class Group:
    """Particles that share a kernel, sorted by electrode volume."""

    kernel: Kernel
    index: np.ndarray  # (p,) number of the particle in the electrode
    volume: np.ndarray  # (p,) ascending; volumes of a porous negative come first
    share: Array  # (p,) share of its volume's capacity
    q: Array  # (k, p), or (k, 1) if all particles are alike
    start: Array  # (m, p) initial fillings, of the kernel's rows ``filling``
    electrode: str = "positive"


@dataclass(frozen=True)
class _Population:
    """A population of the configuration with its material looked up and its sizes drawn."""

    given: "Population"
    material: Material
    numbers: Mapping[str, float]  # of the material, SI, with the configuration's overrides
    volumes: np.ndarray  # (n,) the electrode volumes it is in
    size: Array  # (n, per_volume) m
    first: int  # number of its first particle in the electrode

    @property
    def sites(self) -> float:
        """Lithium sites per volume of all active material [1/m^3]."""
        return self.given.volume_fraction * self.numbers["site_density"]

    @property
    def share(self) -> Array:
        """(n, per_volume) share of a particle in this population's capacity there."""
        volume = self.size ** _powers(self.given)[1]
        share: Array = volume / volume.sum(axis=1, keepdims=True)
        return share


@dataclass(frozen=True)
class Drawn:
    """A porous electrode of the configuration with its particles drawn."""

    name: str  # "negative" or "positive"
    given: "Electrode"
    populations: tuple[_Population, ...]
    first_volume: int  # volumes are numbered from the negative collector on
    constants: Constants

    @property
    def sites(self) -> Array:
        """(volumes,) lithium sites per volume of active material."""
        sites = np.zeros(self.given.volumes)
        for population in self.populations:
            sites[population.volumes] += population.sites
        return sites

    @property
    def capacity(self) -> float:
        """Theoretical capacity [A h/m^2]."""
        solid = self.given.active_fraction * self.given.thickness  # m^3/m^2
        return solid * Scales.capacity(float(self.sites.mean()), self.constants) / HOUR

    @property
    def mass(self) -> float | None:
        """Active material [kg/m^2]; None if a density is unknown."""
        total = 0.0
        for population in self.populations:
            density = population.numbers.get("density")
            if density is None:
                return None
            part = population.volumes.size / self.given.volumes
            total += part * population.given.volume_fraction * density
        return total * self.given.active_fraction * self.given.thickness


def draw(
    name: str,
    given: "Electrode",
    first_volume: int = 0,
    constants: Constants = CONSTANTS["codata"],
) -> Drawn:
    """Look up the materials of an electrode and draw the sizes of its particles."""
    found: list[_Population] = []
    first = 0
    for population in given.particles:
        material = components.material(population.material.name)
        numbers = {name: number.value for name, number in material.numbers.items()}
        numbers |= population.material.overrides
        distribution = getattr(distributions, population.size.name)
        volumes = np.array(given.volumes_of(population))
        count = (volumes.size, population.per_volume)
        size: Array = distribution(count, _powers(population), **population.size.parameters)
        found.append(_Population(population, material, numbers, volumes, size, first))
        first += size.size
    return Drawn(name, given, tuple(found), first_volume, constants)


def groups_of(
    drawn: Drawn, scales: Scales, bind: Binding | None = None
) -> tuple[list[Group], float]:
    """The particles of an electrode in groups by kernel, and a guess of its potential [kT/e].

    ``bind`` stands in for :func:`chemistry`.

    Raises ValueError where a particle model needs a number that its material does not give.
    """
    groups: list[Group] = []
    guess, sites = np.nan, drawn.sites
    for population in drawn.populations:
        binding = bind or chemistry
        law = binding(population.given, population.material, population.numbers, scales)
        share = population.share * (population.sites / sites[population.volumes])[:, None]
        found = _groups(drawn, population, law, share, scales)
        if not groups:  # the search for the start begins at the first population's equilibrium
            c = float(found[0].start.mean())
            standard = population.numbers["standard_potential"] / scales.voltage
            guess = standard - float(law.potential(c).total(c))
        groups += found
    return groups, guess


def layout_of(drawn: Drawn, groups: Sequence[Group], **cell: Any) -> Layout:
    """The particles of an electrode as results describe them; ``cell`` are the other fields."""
    sites, populations = drawn.sites, drawn.populations
    weights = [p.share.ravel() * (p.sites / sites.sum()) for p in populations]
    return Layout(
        size=np.concatenate([p.size.ravel() for p in populations]),
        volume=np.concatenate([np.repeat(p.volumes, p.given.per_volume) for p in populations]),
        weight=np.concatenate(weights),
        profiles=tuple(_profiles(group) for group in groups if group.kernel.positions.size),
        capacity=drawn.capacity,
        mass=drawn.mass,
        electrode=drawn.name,
        **cell,
    )


def mean_filling(layout: Layout, groups: Sequence[Group]) -> float:
    """Mean filling of an electrode at the start, weighted by capacity."""
    total = 0.0
    for group in groups:
        mean = group.kernel.weights[group.kernel.filling] @ group.start
        total += float(layout.weight[group.index] @ mean)
    return total


def _powers(given: "Population") -> tuple[int, int]:
    return _POWERS[str(given.model.parameters.get("shape", "plate"))]


def chemistry(
    given: "Population", material: Material, numbers: Mapping[str, float], scales: Scales
) -> Chemistry:
    """Bind the laws of a material and its kinetics to their numbers."""
    standard = numbers["standard_potential"]
    thermal, temperature = scales.voltage, scales.temperature
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
        interlayer = {name: scales.energy(numbers.get(name, 0.0)) for name in _INTERLAYER}

        def layer(c: Expr, beside: Expr) -> Potential:
            return layered_solution(c, beside, omega=omega, **interlayer)

        def potential(c: Expr) -> Potential:  # of layers that fill alike, if it has any
            return layered_solution(c, c, omega=omega, **interlayer)

    law = getattr(kinetics, choice.law.name)
    form = choice.exchange_current
    law_numbers = _in_kt(choice.law, scales)

    def exchange(c: Expr, alpha: float, mixing: float) -> exchange_current.Exchange:
        if form is None:
            raise ValueError(f"kinetic law {choice.law.name} needs an exchange current")
        law_of_c = getattr(exchange_current, form.name)
        result: exchange_current.Exchange = law_of_c(c, alpha, mixing, **form.parameters)
        return result

    def rate(dphi: Expr, c: Expr, c_e: Expr, mu: Potential) -> Expr:
        return law(dphi - standard / thermal, c, c_e, mu, exchange, **law_numbers)

    own = given.material.diffusivity_shape
    if own is None:
        return Chemistry(
            potential, rate, material.diffusivity_shape, material.mobility_shape, layer
        )
    shape, shape_numbers = getattr(diffusivity, own.name), own.parameters

    def relative(c: Expr) -> Expr:
        return shape(c, **shape_numbers)

    return Chemistry(potential, rate, relative, lambda c: relative(c) * lattice(c), layer)


def _in_kt(law: "Component", scales: Scales) -> dict[str, Any]:
    """The parameters of a kinetic law, energies in kT."""
    known = components.LAWS.parameters(law.name)
    energies = {key for key, p in known.items() if p.spec is not None and p.spec.unit == "J"}
    return {k: scales.energy(v) if k in energies else v for k, v in law.parameters.items()}


def _groups(
    drawn: Drawn, population: _Population, law: Chemistry, share: Array, scales: Scales
) -> list[Group]:
    """Particles of a population by kernel; ``share`` (n, per_volume) of their volumes' capacity."""
    given, numbers = population.given, population.numbers
    density, choice = numbers["site_density"], given.kinetics
    k0 = choice.k0 * scales.arrhenius(choice.activation_energy, choice.reference_temperature)
    faster = scales.arrhenius(
        numbers.get("diffusivity_activation", 0.0), numbers.get("reference_temperature", 298.15)
    )
    particles = Particles(
        size=population.size.ravel(),
        reaction=scales.reaction(k0, density),
        diffusivity=numbers.get("diffusivity", np.nan) * faster * scales.time,
        gradient=scales.per_site(numbers.get("gradient_energy", 0.0), density),
        strain=scales.per_site(numbers.get("coherency", 0.0), density),
        film=given.film_resistance * k0 / scales.voltage,
        wetting_filling=numbers.get("wetting_filling", np.nan),
        wetting_layer=numbers.get("wetting_layer", np.nan),
        thickness=np.nan if given.thickness is None else given.thickness,
        omega=np.nan if law.layer is None else scales.energy(numbers["omega"]),
        temperature=scales.temperature,
        wetting=_wetting(numbers),
    )
    build = import_module(f"electrode_model.particles.{given.model.name}").build
    groups = []
    for model in build(particles, law, **given.model.parameters):
        for name, values in model.q.items():
            if not np.all(np.isfinite(values)):
                raise ValueError(
                    f"{given.model.name} particles need {_NEEDED.get(name, name)}, which material"
                    f" {given.material.name} does not give; set it under material"
                )
        q = np.array([model.q[name] for name in model.kernel.names])
        if np.all(q == q[:, :1]):
            q = q[:, :1]
        groups.append(
            Group(
                kernel=model.kernel,
                index=population.first + model.index,
                volume=drawn.first_volume + population.volumes[model.index // given.per_volume],
                share=share.ravel()[model.index],
                q=np.ascontiguousarray(q),
                start=_start(given, model, drawn.given.initial_filling),
                electrode=drawn.name,
            )
        )
    return groups


def _wetting(numbers: Mapping[str, float]) -> float:
    """dc/dn [1/m] at the surface: (-dgamma/dc) / kappa, gamma being the surface energy."""
    slope = numbers.get("surface_wetting", 0.0) * numbers["site_density"]  # J/m^2
    if slope == 0.0:
        return 0.0
    kappa = numbers.get("gradient_energy", 0.0)
    return slope / kappa if kappa > 0 else np.nan


def _start(given: "Population", model: Model, filling: float | None) -> Array:
    """(m, p) fillings at the start."""
    kernel, count = model.kernel, model.index.size
    own = given.initial_filling
    if own is None:
        start = np.full((kernel.filling.size, count), np.nan if filling is None else filling)
    else:
        profile = getattr(initial, own.name)
        start = profile(kernel.positions, count, **own.parameters)
    if model.offset.size:
        room = np.minimum(start, 1 - start) / 2
        start = start + np.clip(model.offset[:, None], -room, room)
    return start


def _profiles(group: Group) -> Profiles:
    kernel = group.kernel
    weights = kernel.weights[kernel.filling]
    return Profiles(group.index, kernel.positions, weights, kernel.surface, kernel.angles)
