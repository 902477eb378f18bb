"""From a configuration in SI to the dimensionless model: particles in groups and a circuit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from electrode_model import diffusivity, distributions, exchange_current, initial, kinetics
from electrode_model.cell import Circuit, Foil, Porous, Region, circuit, frozen, single_volume
from electrode_model.config import components
from electrode_model.constants import HOUR
from electrode_model.electrolyte import Transport
from electrode_model.free_energy import PiecewiseCubic, Potential, open_circuit, regular_solution
from electrode_model.material import Material, lattice
from electrode_model.particle import Chemistry, Kernel, Model, Particles
from electrode_model.results.records import Layout, Profiles
from electrode_model.scales import Scales
from electrode_model.symbolic import Expr

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Population

__all__ = ["Assembly", "Binding", "Group", "assemble", "chemistry", "isolated"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Powers of the size in a particle's reacting area and volume: plates keep their thickness,
#: cylinders their length, slabs of one material are taken as similar bodies.
_POWERS = {"sphere": (2, 3), "cylinder": (1, 2), "slab": (2, 3), "plate": (2, 2)}

#: Numbers of a material behind the parameters of a particle.
_NEEDED = {"diffusion": "diffusivity", "wetting": "wetting_filling and wetting_layer"}


#: (population, material, its numbers, scales) -> the laws of the material with numbers
Binding: TypeAlias = Callable[["Population", Material, Mapping[str, float], Scales], Chemistry]


@dataclass(frozen=True)
class Group:
    """Particles that share a kernel, sorted by electrode volume."""

    kernel: Kernel
    index: np.ndarray  # (p,) number of the particle in the electrode
    volume: np.ndarray  # (p,) ascending
    share: Array  # (p,) share of its volume's capacity
    q: Array  # (k, p), or (k, 1) if all particles are alike
    start: Array  # (m, p) initial fillings, of the kernel's rows ``filling``


@dataclass(frozen=True)
class Assembly:
    """The whole model, dimensionless, with what is needed to read it in SI."""

    groups: tuple[Group, ...]
    circuit: Circuit
    scales: Scales
    layout: Layout
    initial_filling: float  # mean of the electrode
    guess: Mapping[str, float]  # kT/e, potentials to begin the search for the start from
    c_e: float  # mol/L, initial
    c_e_range: tuple[float, float]  # mol/L, where the electrolyte's properties hold
    series_resistance: float  # ohm m^2


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


def assemble(config: "Config", bind: Binding | None = None) -> Assembly:
    """Build the model of a configuration.

    ``bind`` stands in for :func:`chemistry`, for those who want to see the laws at work.

    Raises
    ------
    ValueError
        A particle model needs a number that the material does not give.
    """
    electrode = config.positive
    populations = _populations(config)
    sites = _sites(populations, electrode.volumes)
    solid = electrode.active_fraction * electrode.thickness  # m^3/m^2
    scales = Scales(config.temperature, solid * Scales.capacity(float(sites.mean())) / HOUR)
    groups: list[Group] = []
    for population in populations:
        binding = bind or chemistry
        law = binding(population.given, population.material, population.numbers, scales)
        share = population.share * (population.sites / sites[population.volumes])[:, None]
        found = _groups(population, law, share, scales, electrode.initial_filling)
        if not groups:  # the search for the start begins at the first population's equilibrium
            c = float(found[0].start.mean())
            standard = population.numbers["standard_potential"] / scales.voltage
            guess = standard - float(law.potential(c).total(c))
        groups += found
    transport = _transport(config)
    layout = _layout(config, scales, groups, populations, sites)
    return Assembly(
        groups=tuple(groups),
        circuit=_circuit(config, scales, transport, sites / sites.mean()),
        scales=scales,
        layout=layout,
        initial_filling=sum(float(layout.weight[g.index] @ _mean(g)) for g in groups),
        guess=dict.fromkeys(("voltage", "phi_s"), guess),
        c_e=config.electrolyte.concentration / scales.concentration,
        c_e_range=(transport and transport.concentrations) or (-np.inf, np.inf),
        series_resistance=config.series_resistance,
    )


def isolated(assembly: Assembly, circuit: Array) -> Assembly:
    """The same model without reaction: particles relax inside, everything else stays.

    ``circuit`` (n_z,) are the circuit's unknowns, which are held; the current is zero.
    """
    groups = []
    for group in assembly.groups:
        reacts = np.array([name.startswith("reaction") for name in group.kernel.names])
        groups.append(replace(group, q=np.where(reacts[:, None], 0.0, group.q)))
    return replace(assembly, groups=tuple(groups), circuit=frozen(assembly.circuit, circuit))


def _populations(config: "Config") -> list[_Population]:
    found: list[_Population] = []
    first = 0
    for given in config.positive.particles:
        material = components.material(given.material.name)
        numbers = {name: number.value for name, number in material.numbers.items()}
        numbers |= given.material.overrides
        draw = getattr(distributions, given.size.name)
        volumes = np.array(config.positive.volumes_of(given))
        count = (volumes.size, given.per_volume)
        size: Array = draw(count, _powers(given), **given.size.parameters)
        found.append(_Population(given, material, numbers, volumes, size, first))
        first += size.size
    return found


def _sites(populations: Sequence[_Population], volumes: int) -> Array:
    """(volumes,) lithium sites per volume of active material."""
    sites = np.zeros(volumes)
    for population in populations:
        sites[population.volumes] += population.sites
    return sites


def _mean(group: Group) -> Array:
    """(p,) mean filling of each particle at the start."""
    mean: Array = group.kernel.weights[group.kernel.filling] @ group.start
    return mean


def _powers(given: "Population") -> tuple[int, int]:
    return _POWERS[str(given.model.parameters.get("shape", "plate"))]


def chemistry(
    given: "Population", material: Material, numbers: Mapping[str, float], scales: Scales
) -> Chemistry:
    """Bind the laws of a material and its kinetics to their numbers."""
    standard = numbers["standard_potential"]
    thermal, temperature = scales.voltage, scales.temperature
    choice, table = given.kinetics, given.material.ocv
    if table is not None:
        curve = PiecewiseCubic.through(np.asarray(table.c), np.asarray(table.voltage))

        def potential(c: Expr) -> Potential:
            return open_circuit(curve(c), standard, thermal)

    elif material.ocv is not None:
        voltage = material.ocv

        def potential(c: Expr) -> Potential:
            return open_circuit(voltage(c, temperature), standard, thermal)

    else:
        omega = scales.energy(numbers["omega"])

        def potential(c: Expr) -> Potential:
            return regular_solution(c, omega=omega)

    law = getattr(kinetics, choice.law.name)
    form = choice.exchange_current
    specs = {name: key.spec for name, key in components.LAWS.parameters(choice.law.name).items()}
    law_numbers = {
        name: scales.energy(value) if (spec := specs[name]) and spec.unit == "J" else value
        for name, value in choice.law.parameters.items()
    }

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
        return Chemistry(potential, rate, material.diffusivity_shape, material.mobility_shape)
    shape, shape_numbers = getattr(diffusivity, own.name), own.parameters

    def relative(c: Expr) -> Expr:
        return shape(c, **shape_numbers)

    return Chemistry(potential, rate, relative, lambda c: relative(c) * lattice(c))


def _groups(
    population: _Population, law: Chemistry, share: Array, scales: Scales, filling: float | None
) -> list[Group]:
    """Particles of a population by kernel.

    ``share`` (n, per_volume) of the capacity of their volumes; ``filling`` is that of the
    electrode at the start, for a population without one of its own.
    """
    given, numbers = population.given, population.numbers
    density, k0 = numbers["site_density"], given.kinetics.k0
    particles = Particles(
        size=population.size.ravel(),
        reaction=scales.reaction(k0, density),
        diffusivity=numbers.get("diffusivity", np.nan) * scales.time,
        gradient=scales.per_site(numbers.get("gradient_energy", 0.0), density),
        strain=scales.per_site(numbers.get("coherency", 0.0), density),
        film=given.film_resistance * k0 / scales.voltage,
        wetting_filling=numbers.get("wetting_filling", np.nan),
        wetting_layer=numbers.get("wetting_layer", np.nan),
        thickness=np.nan if given.thickness is None else given.thickness,
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
                volume=population.volumes[model.index // given.per_volume],
                share=share.ravel()[model.index],
                q=np.ascontiguousarray(q),
                start=_start(given, model, filling),
            )
        )
    return groups


def _start(given: "Population", model: Model, filling: float | None) -> Array:
    """(m, p) fillings at the start."""
    kernel, count = model.kernel, model.index.size
    own = given.initial_filling
    if own is None:
        return np.full((kernel.filling.size, count), np.nan if filling is None else filling)
    profile = getattr(initial, own.name)
    start: Array = profile(kernel.positions, count, **own.parameters)
    return start


def _transport(config: "Config") -> Transport | None:
    """Of the electrolyte; None where nothing moves in it."""
    choice = config.electrolyte.model
    if config.separator is None:
        return None
    module = import_module(f"electrode_model.electrolytes.{choice.name}")
    transport: Transport | None = module.build(**choice.parameters)
    if transport is not None and transport.temperatures is not None:
        coldest, hottest = transport.temperatures
        if not coldest <= config.temperature <= hottest:
            raise ValueError(
                f"the electrolyte's properties hold from {coldest:g} to {hottest:g} K, not at"
                f" {config.temperature:g} K; give all four of them as numbers instead"
            )
    return transport


def _circuit(
    config: "Config", scales: Scales, transport: Transport | None, capacity: Array
) -> Circuit:
    """``capacity`` (volumes,) relative to their mean."""
    electrode, gap = config.positive, config.separator
    c_e = config.electrolyte.concentration
    if gap is None:
        return single_volume(scales, c_e, config.series_resistance)
    return circuit(
        scales,
        Foil(config.negative.exchange_current, config.negative.film_resistance),
        Region(gap.thickness, gap.volumes, gap.porosity, gap.bruggeman),
        Porous(
            Region(electrode.thickness, electrode.volumes, electrode.porosity, electrode.bruggeman),
            electrode.conductivity,
            capacity,
        ),
        transport,
        c_e,
        config.series_resistance,
    )


def _layout(
    config: "Config",
    scales: Scales,
    groups: Sequence[Group],
    populations: Sequence[_Population],
    sites: Array,
) -> Layout:
    electrode, gap = config.positive, config.separator
    x, sections = np.empty(0), {}
    if gap is not None:
        before = (np.arange(gap.volumes) + 0.5) / gap.volumes * gap.thickness
        inside = (np.arange(electrode.volumes) + 0.5) / electrode.volumes * electrode.thickness
        x = np.concatenate([before, gap.thickness + inside])
        sections = {"separator": (0, gap.volumes), "positive": (gap.volumes, x.size)}
    solid = electrode.active_fraction * electrode.thickness
    mass: float | None = 0.0
    for population in populations:
        density = population.numbers.get("density")
        if density is None or mass is None:
            mass = None
        else:
            part = population.volumes.size / electrode.volumes
            mass += solid * part * population.given.volume_fraction * density
    weights = [p.share.ravel() * (p.sites / sites.sum()) for p in populations]
    return Layout(
        x=x,
        sections=sections,
        size=np.concatenate([p.size.ravel() for p in populations]),
        volume=np.concatenate([np.repeat(p.volumes, p.given.per_volume) for p in populations]),
        weight=np.concatenate(weights),
        profiles=tuple(_profiles(group) for group in groups if group.kernel.positions.size),
        capacity=scales.current,  # A h/m^2: the 1C current for an hour
        one_c=scales.current,
        mass=mass,
    )


def _profiles(group: Group) -> Profiles:
    kernel = group.kernel
    weights = kernel.weights[kernel.filling]
    return Profiles(group.index, kernel.positions, weights, kernel.surface, kernel.angles)
