"""A population of particles in a configuration: material, kinetics, model, sizes, start."""

from collections.abc import Iterator
from math import prod
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from electrode_model.config import components
from electrode_model.config.components import (
    BESIDE_LAW,
    DIFFUSIVITIES,
    DISTRIBUTIONS,
    EXCHANGE_CURRENTS,
    INITIAL_FILLINGS,
    LAWS,
    PARTICLES,
)
from electrode_model.config.fields import Component, Part, Quantity, Read, Section, checked, refuse
from electrode_model.config.interphase import Interphase
from electrode_model.config.problems import Location, Refused, listing, not_among, show, unknown
from electrode_model.config.reading import read_list, read_number
from electrode_model.config.scatter import Scatter
from electrode_model.config.user_components import check_fillings
from electrode_model.config.user_materials import check_material, missing
from electrode_model.material import NUMBERS, Material
from electrode_model.quantities import Spec
from electrode_model.scatter.joint import SIZE
from electrode_model.user_files import UserFileError, absolute, is_reference, label

__all__ = ["FilmResistance", "Kinetics", "MaterialChoice", "OcvTable", "Population"]

_NODES = ("nodes", "radial", "angular")  # keys of particle models that count grid points

FilmResistance = Annotated[
    float, Quantity("ohm m^2", "resistance of the film on the surface", at_least=0, at_most=1e3)
]


def _fillings(value: Any, _: float | None) -> tuple[float, ...]:
    spec = Spec("1", "filling fraction", at_least=0.0, at_most=1.0)
    return read_list(value, spec, nested=False)


def _voltages(value: Any, _: float | None) -> tuple[float, ...]:
    spec = Spec("V", "open-circuit voltage", at_least=-10.0, at_most=10.0)
    return read_list(value, spec, nested=False)


class OcvTable(Section):
    """Open-circuit voltage at ascending fillings."""

    c: Annotated[tuple[float, ...], Read(_fillings, "array")] = Field(
        description="filling fractions, ascending"
    )
    voltage: Annotated[tuple[float, ...], Read(_voltages, "array")] = Field(
        description="voltage against lithium at each [V]"
    )

    @model_validator(mode="after")
    def _check(self) -> "OcvTable":
        rows, faults = len(self.c), list[tuple[Location, str]]()
        if rows != len(self.voltage):
            message = f"has {len(self.voltage)} values, but c has {rows}; write as many of each"
            faults.append((("voltage",), message))
        if rows < 4:
            faults.append((("c",), f"has {rows} values; a table needs at least 4 rows"))
        for index in range(1, rows):
            if self.c[index] <= self.c[index - 1]:
                message = f"is {self.c[index]:g}, not above the value before it"
                faults.append((("c", index), f"{message}; sort the rows by ascending filling"))
        return checked(self, faults)


def _known_material(name: str) -> str:
    if is_reference(name):
        name = absolute(name, ".")
        try:
            components.material_parameters(name)
        except UserFileError as error:
            raise refuse(Refused(f"names {label(name)}, but {error}"), name) from None
    elif name not in components.material_names():
        message = not_among(name, components.material_names(), "material")
        raise refuse(Refused(message), name)
    return name


def _overrides(values: Any, temperature: float | None) -> dict[str, float]:
    allowed = ["name", *NUMBERS, "diffusivity_shape", "ocv"]
    faults: list[tuple[Location, str]] = []
    result: dict[str, float] = {}
    for key, value in values.items():
        try:
            if key not in NUMBERS:
                raise Refused(unknown(key, allowed))
            result[key] = read_number(value, NUMBERS[key], temperature)
        except Refused as error:
            faults.append(((key,), str(error)))
    if faults:
        raise Refused("", *faults)
    return result


class MaterialChoice(Section):
    """A material by name, with numbers of its file replaced."""

    name: Annotated[str, AfterValidator(_known_material)] = Field(description="material")
    overrides: Annotated[dict[str, float], Read(_overrides, "object")] = Field(
        default_factory=dict, description="numbers that replace those of the material's file"
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="keys of a user's function that makes the material"
    )
    diffusivity_shape: Annotated[Component | None, Part(DIFFUSIVITIES)] = Field(
        default=None, description="D(c)/D_s that replaces the material's; null: its own"
    )
    ocv: OcvTable | None = Field(
        default=None, description="open-circuit voltage that replaces the material's; null: its own"
    )

    @property
    def found(self) -> Material:
        """The material itself."""
        return components.material(self.name, self.parameters)

    @property
    def numbers(self) -> dict[str, float]:
        """The material's numbers in SI, with those of the configuration in their places."""
        own = {name: number.value for name, number in self.found.numbers.items()}
        return own | self.overrides

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> "MaterialChoice":
        if not is_reference(self.name):
            return self
        try:
            check_material(self.name, self.parameters, (info.context or {}).get("temperature"))
        except UserFileError as error:
            fault = f"names {label(self.name)}, but {error}"
            raise refuse(Refused("", (("name",), fault)), self.name) from None
        keys = missing(self.found, self.numbers, self.ocv is not None)
        text = f"is missing; {label(self.name)} does not give it; write it there, or here"
        return checked(self, [((key,), text) for key in keys])

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, MaterialChoice):
            return value
        if isinstance(value, dict):
            try:
                known = components.material_parameters(value.get("name"))
            except UserFileError:  # the name is refused with it
                return {**value, "parameters": {}}
            given, kelvin = value.get("parameters", {}), (info.context or {}).get("temperature")
            needs = f"material {label(str(value.get('name')))}"
            try:
                read = components.read_keys(known, given, kelvin, ("name", *NUMBERS), needs)
            except Refused as error:
                below = [(("parameters", *place), text) for place, text in error.faults]
                raise refuse(Refused("", *below), value) from None
            return {**value, "parameters": read}
        names = listing(components.material_names())
        raise refuse(Refused(f"is {show(value)}; write a material: {names}"), value)


class Kinetics(Section):
    """Charge transfer at the surface of the particles."""

    law: Annotated[Component, Part(LAWS, beside=BESIDE_LAW)] = Field(description="kinetic law")
    exchange_current: Annotated[Component | None, Part(EXCHANGE_CURRENTS)] = Field(
        default=None,
        description="exchange current as a function of filling, j0(c)/k0; null: the law's own",
    )
    k0: Annotated[
        float,
        Quantity("A/m^2", "rate constant, j0 where its form is 1", above=0, at_most=1e8),
    ]
    activation_energy: Annotated[
        float, Quantity("J/mol", "Arrhenius activation energy of k0", at_least=0, at_most=1e6)
    ] = 0.0
    reference_temperature: Annotated[
        float, Quantity("K", "temperature at which k0 holds", at_least=200, at_most=400)
    ] = 298.15

    @model_validator(mode="after")
    def _check(self) -> "Kinetics":
        faults: list[tuple[Location, str]] = []
        law, form = self.law.name, self.exchange_current
        if form is None and components.takes_exchange(law):
            names = listing(EXCHANGE_CURRENTS.names())
            faults.append((("exchange_current",), f"is missing; write one of {names}"))
        if form is not None and not components.takes_exchange(law):
            message = f"does not enter the law {law}, which has its own; remove it"
            faults.append((("exchange_current",), message))
        return checked(self, faults)


def _depth(value: Any, _: float | None) -> tuple[float, float]:
    spec = Spec("1", "share of the thickness", at_least=0.0, at_most=1.0)
    example = "write two shares of the thickness, the one nearer the separator first: [0, 0.5]"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Refused(f"is {show(value)}; {example}")
    first, last = read_list(value, spec, nested=False)
    if first >= last:
        raise Refused(f"is {show(value)}; {example}")
    return first, last


class Noise(Section):
    """Langevin noise: a smooth random function of time for every place of every particle."""

    reaction: Annotated[
        float,
        Quantity("1/s", "standard deviation of the rate of filling by reaction", at_least=0),
    ] = 0.0
    flux: Annotated[
        float,
        Quantity("1/s", "standard deviation of the rate of filling by inner fluxes", at_least=0),
    ] = 0.0
    correlation_time: Annotated[
        float, Quantity("s", "time between independent values", above=0, at_most=1e7)
    ]
    seed: Annotated[int, Quantity("1", "seed of the random numbers", at_least=0)] = 0

    @model_validator(mode="after")
    def _check(self) -> "Noise":
        faults: list[tuple[Location, str]] = []
        if self.reaction == self.flux == 0:
            message = "and flux are 0, which is no noise; write for example reaction: 1e-6 1/s"
            faults.append((("reaction",), message))
        return checked(self, faults)


class Population(Section):
    """Particles of one model, size distribution and material."""

    model: Annotated[Component, Part(PARTICLES)] = Field(description="particle model")
    per_volume: Annotated[
        int, Quantity("1", "particles in each electrode volume", at_least=1, at_most=1_000_000)
    ] = 1
    size: Annotated[Component, Part(DISTRIBUTIONS)] = Field(
        description="radius; length of a plate, half length of a slab: a length or a distribution"
    )
    thickness: Annotated[
        float | None, Quantity("m", "thickness of plates", above=0, at_most=1e-3)
    ] = None
    material: MaterialChoice = Field(description="material by name, or with changed numbers")
    kinetics: Kinetics = Field(description="charge transfer; absent: the material's own")
    film_resistance: FilmResistance = 0.0
    interphase: Interphase | None = Field(
        default=None, description="electrolyte layer between particle and pore; null: none"
    )
    contact: Annotated[
        float,
        Quantity("1", "share of the surface that is wetted and wired", above=0, at_most=1),
    ] = 1.0
    scatter: Scatter | None = Field(
        default=None, description="numbers that differ from particle to particle; null: none"
    )
    volume_fraction: Annotated[
        float, Quantity("1", "share of the active material where it is", above=0, at_most=1)
    ] = 1.0
    depth: Annotated[tuple[float, float], Read(_depth, "array")] = Field(
        default=(0.0, 1.0),
        description="the part of the electrode it is in, from 0 at the separator to 1",
    )
    initial_filling: Annotated[Component | None, Part(INITIAL_FILLINGS)] = Field(
        default=None, description="filling at the start; null: that of the electrode"
    )
    noise: Noise | None = Field(default=None, description="random rates of filling; null: none")

    @property
    def unknowns(self) -> int:
        """Unknowns of the particles in one electrode volume, as far as the keys tell."""
        counts = [int(self.model.parameters.get(key) or 1) for key in _NODES]
        layers = 2 if "two_layers" in self.model.name else 1
        inside = layers * prod(counts)
        if self.interphase is not None:  # plates pass on current and potential from cell to cell
            inside = (4 if self.plate else 1) * inside + 1 + 2 * self.interphase.cells
        return self.per_volume * inside

    @property
    def scattering(self) -> Scatter:
        """``scatter``, of nothing where there is none."""
        return self.scatter or Scatter()

    @property
    def lists(self) -> dict[Location, tuple[Any, ...]]:
        """What is listed for each particle of a volume or of every volume, by its place."""
        forms: dict[Location, Component] = {("size",): self.size}
        forms |= {("scatter", name): form for name, form in self.scattering.forms.items()}
        return {
            (*place, "parameters", key): values
            for place, form in forms.items()
            for key, values in form.lists.items()
        }

    @property
    def plate(self) -> bool:
        """Whether the particles are plates: by ``shape``, or by a model that has no choice."""
        return bool(self.model.parameters.get("shape", "plate") == "plate")

    @model_validator(mode="after")
    def _check(self) -> "Population":
        faults = [*self._scatter_faults(), *self._start_faults()]
        for (*place, _, key), values in self.lists.items():
            count = len(values[0]) if isinstance(values[0], tuple) else len(values)
            if count != self.per_volume:
                name = ".".join(map(str, (*place, key)))
                message = f"is {self.per_volume}, but {name} lists {count}"
                faults.append((("per_volume",), f"{message}; write per_volume: {count}"))
        if self.plate and self.thickness is None:
            message = "is missing; plates need one, for example thickness: 20 nm"
            faults.append((("thickness",), message))
        if not self.plate and self.thickness is not None:
            shape = self.model.parameters["shape"]
            message = f"belongs to plates, but these are of shape {shape}; remove it"
            faults.append((("thickness",), message))
        return checked(self, faults)

    def _start_faults(self) -> Iterator[tuple[Location, str]]:
        """Of an initial profile in a user's file, at places as particles of the model have them."""
        own = self.initial_filling
        if own is None or not is_reference(own.name):
            return
        inside = any(key in self.model.parameters for key in _NODES)
        positions = np.linspace(0.0, 1.0, 5) if inside else np.empty(0)
        try:
            check_fillings(INITIAL_FILLINGS, own.name, own.parameters, positions, 2)
        except UserFileError as error:
            yield ("initial_filling", "name"), f"names {label(own.name)}, but {error}"

    def _scatter_faults(self) -> Iterator[tuple[Location, str]]:
        scatter = self.scattering
        if scatter.film_resistance is not None and self.film_resistance == 0:
            message = "multiplies film_resistance, which is 0; write film_resistance beside scatter"
            yield ("scatter", "film_resistance"), message
        if any(SIZE in pair for pair in scatter.pairs) and self.size.name == "constant":
            message = "names size, but all sizes are alike; write a distribution of sizes"
            yield ("scatter", "correlation"), message
        form = scatter.contact
        if form is None:
            return
        if form.lists:
            if self.contact != 1:
                message = f"is {self.contact:g}, but scatter.contact lists the shares themselves"
                yield ("contact",), f"{message}; remove one of them"
        elif self.contact == 1:
            message = "scatters about contact, which is 1, the most there is"
            yield ("scatter", "contact"), f"{message}; write for example contact: 0.9"
        else:
            try:
                law = components.FRACTIONS.function(form.name)
                law(np.zeros((1, 1)), self.contact, **form.parameters)
            except ValueError as error:
                yield ("scatter", "contact", "parameters", *form.parameters), f"{error}; reduce it"
