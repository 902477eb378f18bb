"""The particles of an electrode: populations drawn from a configuration, in groups by kernel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from electrode_model.binding import Binding, chemistry, reference_temperature
from electrode_model.config import components
from electrode_model.constants import HOUR
from electrode_model.heat import warmed
from electrode_model.interphase import coated
from electrode_model.material import Material
from electrode_model.noise import Noise
from electrode_model.particle import Chemistry, Kernel, Model, Particles
from electrode_model.results.records import Layout, Profiles
from electrode_model.scales import CONSTANTS, Constants, Scales
from electrode_model.scatter.numbers import Numbers, numbers_of

if TYPE_CHECKING:
    from electrode_model.config.model import Electrode, Population

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
    noise: Noise | None = None


@dataclass(frozen=True)
class _Population:
    """A population of the configuration with its material looked up and its particles drawn."""

    given: "Population"
    material: Material
    numbers: Mapping[str, float]  # of the material, SI, with the configuration's overrides
    volumes: np.ndarray  # (n,) the electrode volumes it is in
    size: Array  # (n, per_volume) m
    own: Numbers  # (n, per_volume) each: what else differs from particle to particle
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

    def sites_of(self, population: _Population) -> Array:
        """(n,) lithium sites of a population per volume of electrode [1/m^3], in its volumes."""
        return population.sites * self.given.active_fractions[population.volumes]

    def solid_of(self, population: _Population) -> Array:
        """(n, per_volume) volume that each particle stands for over the electrode's area [m]."""
        part = population.given.volume_fraction * self.given.active_fractions[population.volumes]
        solid: Array = population.share * part[:, None] * self.given.thickness / self.given.volumes
        return solid

    @property
    def sites(self) -> Array:
        """(volumes,) lithium sites per volume of electrode [1/m^3]."""
        sites = np.zeros(self.given.volumes)
        for population in self.populations:
            sites[population.volumes] += self.sites_of(population)
        return sites

    @property
    def capacity(self) -> float:
        """Theoretical capacity [A h/m^2]."""
        mean = float(self.sites.mean())
        return self.given.thickness * Scales.capacity(mean, self.constants) / HOUR

    @property
    def mass(self) -> float | None:
        """Active material [kg/m^2]; None if a density is unknown."""
        total = 0.0
        for population in self.populations:
            density = population.numbers.get("density")
            if density is None:
                return None
            solid = self.given.active_fractions[population.volumes].sum() / self.given.volumes
            total += solid * population.given.volume_fraction * density
        return float(total * self.given.thickness)


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
        material, numbers = population.material.found, population.material.numbers
        distribution = components.DISTRIBUTIONS.function(population.size.name)
        volumes = np.array(given.volumes_of(population))
        count = (volumes.size, population.per_volume)
        size: Array = distribution(count, _powers(population), **population.size.parameters)
        own = numbers_of(population, size)
        found.append(_Population(population, material, numbers, volumes, size, own, first))
        first += size.size
    return Drawn(name, given, tuple(found), first_volume, constants)


def groups_of(
    drawn: Drawn, scales: Scales, bind: Binding | None = None, *, warm: bool = False
) -> tuple[list[Group], float]:
    """The particles of an electrode in groups by kernel, and a guess of its potential [kT/e].

    ``bind`` stands in for :func:`chemistry`; ``warm`` particles follow a temperature that changes.

    Raises ValueError where a particle model needs a number that its material does not give.
    """
    groups: list[Group] = []
    guess, sites = np.nan, drawn.sites
    for population in drawn.populations:
        binding = bind or chemistry
        law = binding(population.given, population.material, population.numbers, scales)
        part = drawn.sites_of(population) / sites[population.volumes]
        share = population.share * part[:, None]
        found = _groups(drawn, population, law, share, scales)
        if warm:
            theta = ca.SX.sym("theta")
            any_scales = replace(scales, temperature=scales.temperature * theta)
            numbers = population.numbers
            laws = binding(population.given, population.material, numbers, any_scales)
            laws = replace(laws, theta=theta)
            found = [
                _warmed(group, population, laws, any_scales, scales)
                for group in _groups(drawn, population, laws, share, scales)
            ]
        if not groups:  # the search for the start begins at the first population's equilibrium
            c = float(found[0].start.mean())
            guess = float(law.standard) - float(law.potential(c).total(c))
        groups += found
    return groups, guess


def layout_of(drawn: Drawn, groups: Sequence[Group], **cell: Any) -> Layout:
    """The particles of an electrode as results describe them; ``cell`` are the other fields."""
    sites, populations = drawn.sites, drawn.populations
    weights = [(p.share * (drawn.sites_of(p) / sites.sum())[:, None]).ravel() for p in populations]
    return Layout(
        size=np.concatenate([p.size.ravel() for p in populations]),
        k0=np.concatenate([p.own.k0.ravel() for p in populations]),
        film_resistance=np.concatenate([p.own.film_resistance.ravel() for p in populations]),
        contact=np.concatenate([p.own.contact.ravel() for p in populations]),
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


def _groups(
    drawn: Drawn, population: _Population, law: Chemistry, share: Array, scales: Scales
) -> list[Group]:
    """Particles of a population by kernel; ``share`` (n, per_volume) of their volumes' capacity."""
    given, numbers = population.given, population.numbers
    density, choice = numbers["site_density"], given.kinetics
    own = population.own
    k0 = own.k0.ravel() * scales.arrhenius(choice.activation_energy, choice.reference_temperature)
    faster = scales.arrhenius(
        numbers.get("diffusivity_activation", 0.0), reference_temperature(numbers)
    )
    particles = Particles(
        size=population.size.ravel(),
        reaction=k0 * scales.reaction(1.0, density),
        diffusivity=numbers.get("diffusivity", np.nan) * faster * scales.time,
        gradient=scales.per_site(numbers.get("gradient_energy", 0.0), density),
        strain=scales.per_site(numbers.get("coherency", 0.0), density) / law.theta,
        film=own.film_resistance.ravel() * k0 / scales.voltage,
        contact=own.contact.ravel(),
        wetting_filling=numbers.get("wetting_filling", np.nan),
        wetting_layer=numbers.get("wetting_layer", np.nan),
        thickness=np.nan if given.thickness is None else given.thickness,
        omega=np.nan if law.layer is None else scales.energy(numbers["omega"]),
        temperature=scales.temperature,
        wetting=_wetting(numbers),
    )
    build = components.PARTICLES.function(given.model.name)
    models = build(particles, law, **given.model.parameters)
    if given.interphase is not None:
        solid = drawn.solid_of(population).ravel()
        wetted = particles.contact
        models = coated(models, given, particles.size, wetted, solid, density, scales, law.theta)
    groups: list[Group] = []
    for model in models:
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
                noise=_noise(drawn, population, len(groups), scales),
            )
        )
    return groups


def _warmed(
    group: Group, population: _Population, laws: Chemistry, warm: Scales, scales: Scales
) -> Group:
    """The group at any temperature; its numbers are those at the configuration's."""
    choice, numbers = population.given.kinetics, population.numbers
    reaction = choice.activation_energy, choice.reference_temperature
    diffusion = numbers.get("diffusivity_activation", 0.0), reference_temperature(numbers)
    faster = [warm.arrhenius(*own) / scales.arrhenius(*own) for own in (reaction, diffusion)]
    return replace(group, kernel=warmed(group.kernel, laws, laws.theta, *faster))


def _noise(drawn: Drawn, population: _Population, number: int, scales: Scales) -> Noise | None:
    """Noise of the ``number``-th kernel of a population, with random numbers of its own."""
    given = population.given.noise
    if given is None:
        return None
    return Noise(
        reaction=given.reaction * scales.time,
        flux=given.flux * scales.time,
        correlation=given.correlation_time / scales.time,
        seed=(given.seed, drawn.name == "negative", population.first, number),
    )


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
        profile = components.INITIAL_FILLINGS.function(own.name)
        start = profile(kernel.positions, count, **own.parameters)
    if model.offset.size:
        room = np.minimum(start, 1 - start) / 2
        start = start + np.clip(model.offset[:, None], -room, room)
    return start


def _profiles(group: Group) -> Profiles:
    kernel = group.kernel
    weights = kernel.weights[kernel.filling]
    return Profiles(group.index, kernel.positions, weights, kernel.surface, kernel.angles)
