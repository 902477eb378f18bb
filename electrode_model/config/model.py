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
from electrode_model.config.electrode import Bruggeman, Electrode, Thickness, Volumes
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
)
from electrode_model.config.population import (
    FilmResistance,
    Kinetics,
    MaterialChoice,
    OcvTable,
    Population,
)
from electrode_model.config.problems import Location
from electrode_model.config.steps import Step, Stops
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
        given, faults = self.model.parameters, list[tuple[Location, str]]()
        if "nu_plus" in given:
            net = given["z_plus"] * given["nu_plus"] + given["z_minus"] * given["nu_minus"]
            if net != 0:
                message = f"is {given['z_minus']}, by which the salt has a net charge of {net}"
                cure = "make z_plus nu_plus + z_minus nu_minus zero, as 1, 2, -2, 1 of Li2SO4"
                faults.append((("model", "parameters", "z_minus"), f"{message}; {cure}"))
        if self.concentration >= given.get("sites", float("inf")):
            message = f"is {self.concentration:g} mol/m^3, but there are {given['sites']:g} sites"
            faults.append((("concentration",), f"{message}; write less"))
        return checked(self, faults)


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
    protocol: tuple[Step, ...] = Field(
        description="steps, one after another", json_schema_extra={"minItems": 1}
    )
    solver: Solver = Field(default=Solver(), description="time integration")
    output: Output = Field(default=Output(), description="what is saved and drawn")

    @model_validator(mode="after")
    def _check(self) -> "Config":
        return checked(self, [*self._counter_faults(), *self._voltage_faults()])

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
            places = {("voltage",): step.voltage, ("until", "voltage"): step.until.voltage}
            for place, value in places.items():
                if value is not None and not low <= value <= high:
                    message = f"is {value:g} V, outside voltage_window [{low:g} V, {high:g} V]"
                    yield ("protocol", index, *place), f"{message}; change one of them"


def json_schema() -> dict[str, Any]:
    """JSON schema of a configuration as one writes it, with all short forms."""
    return schema.as_written(Config.model_json_schema())
