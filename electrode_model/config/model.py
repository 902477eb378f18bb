"""The configuration of one simulation: immutable sections in SI, every field with its meaning.

The sections are what the rest of the package reads.  The short forms of a YAML file are put
into this form by :mod:`electrode_model.config.shorthand`; files are read by
:mod:`electrode_model.config.load`.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StrictBool, Tag, model_validator

from electrode_model.config import schema
from electrode_model.config.components import ELECTROLYTES
from electrode_model.config.courses import MOST_ROWS
from electrode_model.config.electrode import Electrode
from electrode_model.config.fields import (
    Component,
    Current,
    Part,
    Quantity,
    Read,
    Section,
    checked,
    read_samples,
    read_version,
    read_window,
)
from electrode_model.config.population import (
    FilmResistance,
    Kinetics,
    MaterialChoice,
    OcvTable,
    Population,
)
from electrode_model.config.pores import Pores, Volumes
from electrode_model.config.problems import Location
from electrode_model.config.salts import salt_faults
from electrode_model.config.start import Start
from electrode_model.config.steps import Step, Stops
from electrode_model.quantities import Spec

__all__ = [
    "Component",
    "Config",
    "Counter",
    "Current",
    "Electrode",
    "Electrolyte",
    "Heat",
    "Kinetics",
    "MaterialChoice",
    "OcvTable",
    "Output",
    "Population",
    "Section",
    "Separator",
    "Solver",
    "Start",
    "Step",
    "Stops",
    "json_schema",
]


class Counter(Section):
    """Counter electrode: a lithium foil with kinetics, or an ideal one at 0 V."""

    model: Literal["lithium_foil", "ideal"] = Field(description="sort of counter electrode")
    exchange_current: Annotated[
        float,
        Quantity("A/m^2", "exchange current density of the foil at 1 mol/L", above=0, at_most=1e7),
    ] = 10.0
    film_resistance: FilmResistance = 0.0


class Separator(Pores):
    """Porous layer between the electrodes."""

    volumes: Volumes = 5

    @model_validator(mode="after")
    def _check(self) -> "Separator":
        return checked(self, self._pore_faults())


class Electrolyte(Section):
    """Liquid in all pores."""

    model: Annotated[Component, Part(ELECTROLYTES, beside=("concentration",))] = Field(
        description="electrolyte model"
    )
    concentration: Annotated[
        float, Quantity("mol/m^3", "salt concentration at the start", above=0, at_most=1e5)
    ] = 1000.0

    @model_validator(mode="after")
    def _check(self) -> "Electrolyte":
        return checked(self, salt_faults(self.model, self.concentration))


class Heat(Section):
    """Lumped heat balance: one temperature of the whole cell, which starts at ``temperature``."""

    heat_capacity: Annotated[
        float,
        Quantity("J/(m^2 K)", "heat capacity of the cell per area", above=0, at_most=1e8),
    ]
    cooling: Annotated[
        float,
        Quantity("W/(m^2 K)", "heat lost per area of the cell and degree", at_least=0, at_most=1e6),
    ] = 0.0
    ambient: Annotated[
        float | None,
        Quantity("K", "temperature of the surroundings; null: that of the start", above=0),
    ] = None


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
    fields: tuple[Literal["particles", "profiles", "samples", "electrolyte"], ...] = Field(
        default=("particles", "profiles", "electrolyte"),
        description="fields saved beside the time series",
    )
    samples: Annotated[int | tuple[int, ...], Read(read_samples, ("integer", "array"))] = Field(
        default=20,
        description="of the field samples: how many particles of each electrode, evenly spread, or"
        " which ones, counted from 0",
    )
    figures: StrictBool = Field(default=True, description="draw figures at the end")
    film: StrictBool = Field(default=False, description="draw a film of the particles")


def sort_of_negative(value: Any) -> str:
    """Tag of a negative electrode: ``porous`` if it has particles, else ``counter``."""
    if isinstance(value, dict):
        return "porous" if value.keys() & {"particles", "thickness"} else "counter"
    return "porous" if isinstance(value, Electrode) else "counter"


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
    heat: Heat | None = Field(
        default=None, description="heat balance of the cell; null: the temperature is constant"
    )
    constants: Literal["codata", "mpet"] = Field(
        default="codata",
        description="physical constants: CODATA, or the rounded ones of MPET to compare with it",
    )
    negative: Annotated[
        Annotated[Counter, Tag("counter")] | Annotated[Electrode, Tag("porous")],
        Discriminator(sort_of_negative),
    ] = Field(description="negative electrode: a counter electrode, or a porous one")
    separator: Separator | None = Field(
        default=None, description="layer between the electrodes; absent with an ideal counter"
    )
    positive: Electrode = Field(description="porous electrode")
    electrolyte: Electrolyte = Field(description="liquid in all pores")
    nominal_capacity: Annotated[
        float | None,
        Quantity(
            "A h/m^2",
            "charge of which 1C passes the whole in an hour; null: the theoretical capacity of the"
            " smaller electrode",
            above=0,
            at_most=1e6,
        ),
    ] = None
    series_resistance: Annotated[
        float, Quantity("ohm m^2", "resistance outside the cell times its area", at_least=0)
    ] = 0.0
    voltage_window: Annotated[
        tuple[float, float], Read(read_window, "array"), Spec("V", "cell voltage")
    ] = Field(
        default=(0.0, 6.0),
        description="leaving it [V] ends the run with an unplanned reason",
    )
    start: Start | None = Field(
        default=None, description="equilibrium to start from; null: the initial fillings"
    )
    continue_from: str | None = Field(
        default=None,
        description="folder of a result whose last state this run goes on from; null: none",
    )
    protocol: tuple[Step, ...] = Field(
        description="steps, one after another", json_schema_extra={"minItems": 1}
    )
    solver: Solver = Field(default=Solver(), description="time integration")
    output: Output = Field(default=Output(), description="what is saved and drawn")

    @model_validator(mode="after")
    def _check(self) -> "Config":
        faults = [*self._counter_faults(), *self._start_faults(), *self._protocol_faults()]
        return checked(self, [*faults, *self._voltage_faults(), *self._interphase_faults()])

    def _interphase_faults(self) -> Iterator[tuple[Location, str]]:
        """Salt is shared with a liquid only."""
        if "sites" not in self.electrolyte.model.parameters:
            return
        for name in ("positive", "negative"):
            for index, population in enumerate(getattr(getattr(self, name), "particles", ())):
                if population.interphase is not None and population.interphase.salt == "shared":
                    place = (name, "particles", index, "interphase", "salt")
                    message = "is shared, but the pores hold a solid with sites of its own"
                    yield place, f"{message}; write salt: own"

    def _start_faults(self) -> Iterator[tuple[Location, str]]:
        """Fillings to start with; a half cell that starts at a voltage needs none."""
        full = isinstance(self.negative, Electrode)
        for name in ("positive", "negative"):
            electrode = getattr(self, name)
            if not isinstance(electrode, Electrode) or not electrode.unfilled:
                continue
            if self.start is None or full:
                example = "write for example initial_filling: 0.01, or 0.99 for a charge"
                why = "" if self.start is None else "; 'start' takes the lithium of a full cell"
                message = f"is missing, and not every population has its own{why}; {example}"
                yield (name, "initial_filling"), message
        if self.start is not None and self.continue_from is not None:
            message = "goes on from a state, and 'start' asks for another; remove one of them"
            yield ("continue_from",), message

    def _protocol_faults(self) -> Iterator[tuple[Location, str]]:
        count = len(self.protocol)
        for index, step in enumerate(self.protocol):
            for stop, left_out in step.skip.items():
                if index + left_out >= count:
                    message = f"is {left_out}, but only {count - 1 - index} steps follow"
                    yield ("protocol", index, "skip", stop), f"{message}; write at most that"
        rows = sum(len(step.drive.time) for step in self.protocol if step.drive is not None)
        if rows > MOST_ROWS:
            message = f"has drive cycles of {rows} rows together; at most {MOST_ROWS} are read"
            yield ("protocol",), f"{message}; write drive.repeat in place of repeated steps"

    def _counter_faults(self) -> Iterator[tuple[Location, str]]:
        if isinstance(self.negative, Counter) and self.negative.model == "ideal":
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
            sort = "lithium foil" if isinstance(self.negative, Counter) else "porous negative"
            yield ("separator",), f"is missing; a {sort} needs one: {cure}"

    def _voltage_faults(self) -> Iterator[tuple[Location, str]]:
        low, high = self.voltage_window
        for index, step in enumerate(self.protocol):
            places: dict[Location, float | None] = {("voltage",): step.voltage}
            places |= {("until", name): value for name, value in step.until.voltages.items()}
            if step.sweep is not None:
                places |= {("sweep", "from"): step.sweep.start, ("sweep", "to"): step.sweep.to}
            for place, value in places.items():
                if value is not None and not low <= value <= high:
                    message = f"is {value:g} V, outside voltage_window [{low:g} V, {high:g} V]"
                    yield ("protocol", index, *place), f"{message}; change one of them"


def json_schema() -> dict[str, Any]:
    """JSON schema of a configuration as one writes it, with all short forms."""
    return schema.as_written(Config.model_json_schema())
