"""The configuration of one simulation: immutable sections in SI, every field with its meaning.

The sections are what the rest of the package reads.  The short forms of a YAML file are put
into this form by :mod:`electrode_model.config.shorthand`; files are read by
:mod:`electrode_model.config.load`.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, model_validator

from electrode_model.config import components, schema
from electrode_model.config.components import (
    DISTRIBUTIONS,
    ELECTROLYTES,
    EXCHANGE_CURRENTS,
    LAWS,
    PARTICLES,
)
from electrode_model.config.fields import (
    Component,
    Current,
    Part,
    Quantity,
    Read,
    Section,
    checked,
    read_version,
    read_window,
    refuse,
)
from electrode_model.config.problems import Location, Refused, listing, not_among, show, unknown
from electrode_model.config.reading import read_list, read_number
from electrode_model.config.steps import Step, Stops
from electrode_model.material import NUMBERS
from electrode_model.quantities import Spec

__all__ = [
    "Component",
    "Config",
    "Counter",
    "Current",
    "Electrode",
    "Electrolyte",
    "Kinetics",
    "MaterialChoice",
    "OcvTable",
    "Output",
    "Population",
    "Section",
    "Separator",
    "Solver",
    "Step",
    "Stops",
    "json_schema",
]

MOST_UNKNOWNS = 10_000_000  # of all particles: some ten GB

Thickness = Annotated[float, Quantity("m", "thickness", above=0, at_most=0.01)]
Bruggeman = Annotated[
    float, Quantity("1", "exponent b of transport = porosity^b", at_least=0, at_most=10)
]
Volumes = Annotated[int, Quantity("1", "number of finite volumes", at_least=1, at_most=1000)]
FilmResistance = Annotated[
    float, Quantity("ohm m^2", "resistance of the film on the surface", at_least=0, at_most=1e3)
]


class Counter(Section):
    """Counter electrode: a lithium foil with kinetics, or an ideal one at 0 V."""

    model: Literal["lithium_foil", "ideal"] = Field(description="sort of counter electrode")
    exchange_current: Annotated[
        float,
        Quantity("A/m^2", "exchange current density of the foil at 1 mol/L", above=0, at_most=1e7),
    ] = 10.0
    film_resistance: FilmResistance = 0.0


class Separator(Section):
    """Porous layer between the electrodes."""

    thickness: Thickness
    porosity: Annotated[
        float, Quantity("1", "volume fraction of electrolyte; 1: free liquid", above=0, at_most=1)
    ]
    bruggeman: Bruggeman = 1.5
    volumes: Volumes = 5


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
    if name not in components.material_names():
        message = not_among(name, components.material_names(), "material")
        raise refuse(Refused(message), name)
    return name


def _overrides(values: Any, temperature: float | None) -> dict[str, float]:
    allowed = ["name", *NUMBERS, "ocv"]
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
    ocv: OcvTable | None = Field(
        default=None, description="open-circuit voltage that replaces the material's; null: its own"
    )

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        if isinstance(value, dict | MaterialChoice):
            return value
        names = listing(components.material_names())
        raise refuse(Refused(f"is {show(value)}; write a material: {names}"), value)


class Kinetics(Section):
    """Charge transfer at the surface of the particles."""

    law: Annotated[Component, Part(LAWS, beside=("k0", "exchange_current"))] = Field(
        description="kinetic law"
    )
    exchange_current: Annotated[Component, Part(EXCHANGE_CURRENTS)] = Field(
        description="exchange current as a function of filling, j0(c)/k0"
    )
    k0: Annotated[
        float,
        Quantity("A/m^2", "rate constant, j0 where its form is 1", above=0, at_most=1e8),
    ]


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
    volume_fraction: Annotated[
        float, Quantity("1", "share of the active material", above=0, at_most=1)
    ] = 1.0

    @property
    def unknowns(self) -> int:
        """Unknowns of the particles in one electrode volume, as far as the keys tell."""
        return self.per_volume * int(self.model.parameters.get("nodes") or 1)

    @property
    def plate(self) -> bool:
        """Whether the particles are plates: by ``shape``, or by a model that has no choice."""
        return bool(self.model.parameters.get("shape", "plate") == "plate")

    @model_validator(mode="after")
    def _check(self) -> "Population":
        faults: list[tuple[Location, str]] = []
        for key, sizes in self.size.lists.items():
            count = len(sizes[0]) if isinstance(sizes[0], tuple) else len(sizes)
            if count != self.per_volume:
                message = f"is {self.per_volume}, but size.{key} lists {count}"
                faults.append((("per_volume",), f"{message}; write per_volume: {count}"))
        if self.plate and self.thickness is None:
            message = "is missing; plates need one, for example thickness: 20 nm"
            faults.append((("thickness",), message))
        if not self.plate and self.thickness is not None:
            shape = self.model.parameters["shape"]
            message = f"belongs to plates, but these are of shape {shape}; remove it"
            faults.append((("thickness",), message))
        return checked(self, faults)


class Electrode(Section):
    """Porous electrode of particles."""

    thickness: Thickness
    porosity: Annotated[float, Quantity("1", "volume fraction of electrolyte", above=0, below=1)]
    active_fraction: Annotated[
        float,
        Quantity("1", "volume of active material / volume of electrode", above=0, at_most=1),
    ]
    bruggeman: Bruggeman = 1.5
    conductivity: Annotated[
        float | None,
        Quantity(
            "S/m",
            "effective conductivity of the solid; null: perfectly conducting",
            above=0,
            at_most=1e9,
        ),
    ] = None
    volumes: Volumes
    initial_filling: Annotated[
        float,
        Quantity(
            "1",
            "filling fraction of every particle at the start",
            above=0,
            below=1,
            cure="an empty or full particle has no finite potential; write for example 0.01 or"
            " 0.99",
        ),
    ]
    particles: tuple[Population, ...] = Field(
        description="populations of particles", json_schema_extra={"minItems": 1}
    )

    @model_validator(mode="after")
    def _check(self) -> "Electrode":
        faults: list[tuple[Location, str]] = []
        solid = self.porosity + self.active_fraction
        if solid > 1 + 1e-9:
            message = f"+ active_fraction = {solid:g}, more than the electrode; reduce one of them"
            faults.append((("porosity",), message))
        total = sum(population.volume_fraction for population in self.particles)
        if abs(total - 1) > 1e-6:
            shares = " + ".join(f"{p.volume_fraction:g}" for p in self.particles)
            message = f"volume_fraction sums to {shares} = {total:g}; the sum must be 1"
            message = message if self.particles else "is empty; write at least one population"
            faults.append((("particles",), message))
        unknowns = self.volumes * sum(population.unknowns for population in self.particles)
        if unknowns > MOST_UNKNOWNS:
            message = f"makes {unknowns:.3g} unknowns (volumes x per_volume x nodes)"
            faults.append((("particles",), f"{message}; at most {MOST_UNKNOWNS:.0e} are solved"))
        for index, population in enumerate(self.particles):
            for key, sizes in population.size.lists.items():
                if isinstance(sizes[0], tuple) and len(sizes) != self.volumes:
                    message = f"has {len(sizes)} lists, but there are {self.volumes} volumes"
                    place = ("particles", index, "size", "parameters", key)
                    faults.append((place, f"{message}; write one list for each, or one for all"))
        return checked(self, faults)


class Electrolyte(Section):
    """Liquid in all pores."""

    model: Annotated[Component, Part(ELECTROLYTES, beside=("concentration",))] = Field(
        description="electrolyte model"
    )
    concentration: Annotated[
        float, Quantity("mol/m^3", "salt concentration at the start", above=0, at_most=2e4)
    ] = 1000.0


class Solver(Section):
    """Time integration."""

    rtol: Annotated[float, Quantity("1", "relative tolerance", above=0, at_most=0.1)] = 1e-6
    atol: Annotated[
        float, Quantity("1", "absolute tolerance of dimensionless states", above=0, at_most=0.1)
    ] = 1e-6
    max_order: Annotated[int, Quantity("1", "highest order", at_least=1, at_most=5)] = 5
    max_steps: Annotated[int, Quantity("1", "most time steps of a run", at_least=1)] = 200_000
    wall_time: Annotated[float, Quantity("s", "longest run on the clock", above=0)] = 3600.0
    min_step: Annotated[float, Quantity("s", "smallest time step", above=0)] = 1e-14


class Output(Section):
    """What is saved and drawn."""

    every: Annotated[
        float | None, Quantity("s", "time between saved points; null: 200 a step", above=0)
    ] = None
    fields: tuple[Literal["particles", "profiles", "electrolyte"], ...] = Field(
        default=("particles", "profiles", "electrolyte"),
        description="fields saved beside the time series",
    )
    figures: StrictBool = Field(default=True, description="draw figures at the end")
    film: StrictBool = Field(default=False, description="draw a film of the particles")


class Config(Section):
    """One simulation."""

    version: Annotated[int, Read(read_version, "integer")] = Field(
        alias="schema", description="version of the format: 1", json_schema_extra={"const": 1}
    )
    name: str = Field(default="", description="what the run is called in figures")
    temperature: Annotated[
        float,
        Quantity("K", "temperature", at_least=200, at_most=400),
    ] = 298.15
    negative: Counter = Field(description="counter electrode")
    separator: Separator | None = Field(
        default=None, description="layer between the electrodes; absent with an ideal counter"
    )
    positive: Electrode = Field(description="porous electrode")
    electrolyte: Electrolyte = Field(description="liquid in all pores")
    series_resistance: Annotated[
        float, Quantity("ohm m^2", "resistance outside the cell times its area", at_least=0)
    ] = 0.0
    voltage_window: Annotated[
        tuple[float, float], Read(read_window, "array"), Spec("V", "cell voltage")
    ] = Field(
        default=(0.0, 6.0),
        description="leaving it [V] ends the run with an unplanned reason",
    )
    protocol: tuple[Step, ...] = Field(
        description="steps, one after another", json_schema_extra={"minItems": 1}
    )
    solver: Solver = Field(default=Solver(), description="time integration")
    output: Output = Field(default=Output(), description="what is saved and drawn")

    @model_validator(mode="after")
    def _check(self) -> "Config":
        return checked(self, [*self._counter_faults(), *self._voltage_faults()])

    def _counter_faults(self) -> Iterator[tuple[Location, str]]:
        if self.negative.model == "ideal":
            if self.separator is not None:
                reason = "the ideal counter electrode has no distance to the positive electrode"
                yield ("separator",), f"must be left out: {reason}; remove it or use lithium_foil"
            if self.positive.volumes != 1:
                reason = "with the ideal counter electrode the positive electrode has no depth"
                yield (
                    ("positive", "volumes"),
                    f"is {self.positive.volumes}, but {reason}; write volumes: 1",
                )
        elif self.separator is None:
            cure = "write for example separator: {thickness: 25 um, porosity: 0.5}"
            yield ("separator",), f"is missing; a lithium foil needs one: {cure}"

    def _voltage_faults(self) -> Iterator[tuple[Location, str]]:
        low, high = self.voltage_window
        for index, step in enumerate(self.protocol):
            places = {("voltage",): step.voltage, ("until", "voltage"): step.until.voltage}
            for place, value in places.items():
                if value is not None and not low <= value <= high:
                    message = f"is {value:g} V, outside voltage_window [{low:g} V, {high:g} V]"
                    yield ("protocol", index, *place), f"{message}; change one of them"


def json_schema() -> dict[str, Any]:
    """JSON schema of a configuration as one writes it, with all short forms."""
    return schema.as_written(Config.model_json_schema())
