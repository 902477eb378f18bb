"""From a configuration in SI to the dimensionless model: particles in groups and a circuit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model import distributions, exchange_current, kinetics
from electrode_model.cell import Circuit, Foil, Porous, Region, circuit, single_volume
from electrode_model.free_energy import PiecewiseCubic, Potential, open_circuit, regular_solution
from electrode_model.material import Material
from electrode_model.particle import Chemistry, Kernel, Particles
from electrode_model.results.records import Layout, Profiles
from electrode_model.scales import Scales
from electrode_model.symbolic import Expr

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Kinetics, MaterialChoice, Population

__all__ = ["Assembly", "Group", "assemble", "chemistry", "numbers_of"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Volume of a particle ~ size^power: plates keep their thickness, cylinders their length,
#: slabs of one material are taken as similar bodies.
_VOLUME_POWER = {"sphere": 3, "cylinder": 2, "slab": 3, "plate": 2}


@dataclass(frozen=True)
class Group:
    """Particles that share a kernel, sorted by electrode volume."""

    kernel: Kernel
    index: np.ndarray  # (p,) number of the particle in the electrode
    volume: np.ndarray  # (p,) ascending
    share: Array  # (p,) share of its volume's capacity
    q: Array  # (k, p), or (k, 1) if all particles are alike


@dataclass(frozen=True)
class Assembly:
    """The whole model, dimensionless, with what is needed to read it in SI."""

    groups: tuple[Group, ...]
    circuit: Circuit
    scales: Scales
    layout: Layout
    initial_filling: float
    guess: Mapping[str, float]  # kT/e, potentials to begin the search for the start from
    c_e: float  # mol/L, initial
    series_resistance: float  # ohm m^2


def assemble(config: "Config") -> Assembly:
    """Build the model of a configuration.

    Raises
    ------
    ValueError
        Particle sizes that do not fit the declared numbers of volumes and particles.
    """
    electrode = config.positive
    materials = [_material(p.material) for p in electrode.particles]
    density = [numbers_of(p.material)["site_density"] for p in electrode.particles]
    sites = sum(p.volume_fraction * s for p, s in zip(electrode.particles, density, strict=True))
    solid = electrode.active_fraction * electrode.thickness  # m^3/m^2
    capacity = solid * Scales.capacity(sites)  # C/m^2
    scales = Scales(config.temperature, capacity / 3600)
    groups: list[Group] = []
    sizes, volumes, weights, laws = [], [], [], []
    first = 0
    for population, material, site_density in zip(
        electrode.particles, materials, density, strict=True
    ):
        size = _sizes(population, electrode.volumes)
        shape = population.model.parameters.get("shape", "plate")
        weight = size ** _VOLUME_POWER[str(shape)]
        weight *= population.volume_fraction * site_density / sites
        weight /= (size ** _VOLUME_POWER[str(shape)]).sum(axis=1, keepdims=True)
        law = chemistry(population.kinetics, population.material, material, scales)
        laws.append(law)
        groups += _groups(population, law, size, weight, scales, first)
        volumes.append(np.repeat(np.arange(electrode.volumes), population.per_volume))
        sizes.append(size.ravel())
        weights.append(weight.ravel() / electrode.volumes)
        first += size.size
    law = laws[0]
    start = -float(law.potential(electrode.initial_filling).total(electrode.initial_filling))
    standard = numbers_of(electrode.particles[0].material)["standard_potential"] / scales.voltage
    return Assembly(
        groups=tuple(groups),
        circuit=_circuit(config, scales),
        scales=scales,
        layout=_layout(config, scales, groups, sizes, volumes, weights, solid),
        initial_filling=electrode.initial_filling,
        guess=dict.fromkeys(("voltage", "phi_s"), standard + start),
        c_e=config.electrolyte.concentration / scales.concentration,
        series_resistance=config.series_resistance,
    )


def _material(choice: "MaterialChoice") -> Material:
    module = import_module(f"electrode_model.materials.{choice.name}")
    material: Material = module.MATERIAL
    return material


def numbers_of(choice: "MaterialChoice") -> dict[str, float]:
    """The numbers of a material, SI, with the configuration's overrides."""
    numbers = {name: number.value for name, number in _material(choice).numbers.items()}
    return numbers | dict(choice.overrides)


def chemistry(
    choice: "Kinetics", material_choice: "MaterialChoice", material: Material, scales: Scales
) -> Chemistry:
    """Bind the laws of a material and its kinetics to their numbers."""
    numbers = numbers_of(material_choice)
    standard = numbers["standard_potential"]
    thermal, temperature = scales.voltage, scales.temperature
    table = material_choice.ocv
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
    form = getattr(exchange_current, choice.exchange_current.name)
    law_numbers = choice.law.parameters
    form_numbers = choice.exchange_current.parameters

    def exchange(c: Expr, alpha: float, mixing: float) -> exchange_current.Exchange:
        result: exchange_current.Exchange = form(c, alpha, mixing, **form_numbers)
        return result

    def rate(dphi: Expr, c: Expr, c_e: Expr, mu: Potential) -> Expr:
        return law(dphi - standard / thermal, c, c_e, mu, exchange, **law_numbers)

    return Chemistry(potential, rate, material.diffusivity_shape, material.mobility_shape)


def _sizes(population: "Population", volumes: int) -> Array:
    """(volumes, per_volume) m."""
    draw = getattr(distributions, population.size.name)
    sizes: Array = draw((volumes, population.per_volume), **population.size.parameters)
    return sizes


def _groups(
    population: "Population", law: Chemistry, size: Array, weight: Array, scales: Scales, first: int
) -> list[Group]:
    numbers = numbers_of(population.material)
    density = numbers["site_density"]
    k0 = population.kinetics.k0
    particles = Particles(
        size=size.ravel(),
        reaction=scales.reaction(k0, density),
        diffusivity=numbers.get("diffusivity", np.nan) * scales.time,
        gradient=scales.per_site(numbers.get("gradient_energy", 0.0), density),
        strain=scales.per_site(numbers.get("coherency", 0.0), density),
        film=population.film_resistance * k0 / scales.voltage,
        wetting_filling=numbers.get("wetting_filling", np.nan),
        wetting_layer=numbers.get("wetting_layer", np.nan),
        thickness=np.nan if population.thickness is None else population.thickness,
    )
    build = import_module(f"electrode_model.particles.{population.model.name}").build
    groups = []
    for model in build(particles, law, **population.model.parameters):
        q = np.array([model.q[name] for name in model.kernel.names])
        if np.all(q == q[:, :1]):
            q = q[:, :1]
        groups.append(
            Group(
                kernel=model.kernel,
                index=first + model.index,
                volume=model.index // population.per_volume,
                share=weight.ravel()[model.index],
                q=np.ascontiguousarray(q),
            )
        )
    return groups


def _circuit(config: "Config", scales: Scales) -> Circuit:
    electrode, electrolyte = config.positive, config.electrolyte
    c_e = electrolyte.concentration
    if config.negative.model == "ideal" or config.separator is None:
        return single_volume(scales, c_e, config.series_resistance)
    module = import_module(f"electrode_model.electrolytes.{electrolyte.model.name}")
    gap = config.separator
    return circuit(
        scales,
        Foil(config.negative.exchange_current, config.negative.film_resistance),
        Region(gap.thickness, gap.volumes, gap.porosity, gap.bruggeman),
        Porous(
            Region(electrode.thickness, electrode.volumes, electrode.porosity, electrode.bruggeman),
            electrode.conductivity,
        ),
        module.build(**electrolyte.model.parameters),
        c_e,
        config.series_resistance,
    )


def _layout(
    config: "Config",
    scales: Scales,
    groups: Sequence[Group],
    sizes: Sequence[Array],
    volumes: Sequence[np.ndarray],
    weights: Sequence[Array],
    solid: float,
) -> Layout:
    electrode, gap = config.positive, config.separator
    x, sections = np.empty(0), {}
    if gap is not None:
        before = (np.arange(gap.volumes) + 0.5) / gap.volumes * gap.thickness
        inside = (np.arange(electrode.volumes) + 0.5) / electrode.volumes * electrode.thickness
        x = np.concatenate([before, gap.thickness + inside])
        sections = {"separator": (0, gap.volumes), "positive": (gap.volumes, x.size)}
    densities = [
        (p.volume_fraction, numbers_of(p.material).get("density")) for p in electrode.particles
    ]
    mass = None
    if all(density is not None for _, density in densities):
        mass = solid * sum(f * d for f, d in densities if d is not None)
    return Layout(
        x=x,
        sections=sections,
        size=np.concatenate(sizes),
        volume=np.concatenate(volumes),
        weight=np.concatenate(weights),
        profiles=tuple(
            Profiles(g.index, g.kernel.positions) for g in groups if g.kernel.positions.size
        ),
        capacity=scales.current,
        one_c=scales.current,
        mass=mass,
    )
