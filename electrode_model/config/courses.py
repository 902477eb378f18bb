"""Set points that change with time: a sweep, a wave, a drive cycle."""

from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator

from electrode_model.config.fields import (
    Quantity,
    Read,
    Section,
    checked,
    read_setting,
    refuse,
)
from electrode_model.config.problems import Location, Refused, show
from electrode_model.config.reading import read_list, read_number
from electrode_model.quantities import Spec

__all__ = ["COLUMNS", "MOST_ROWS", "SETTINGS", "Controlled", "Drive", "Sweep", "Wave"]

MOST_ROWS = 100_000  # of one drive cycle, and of all of a protocol together

Controlled = Literal["current", "voltage", "power"]

#: What a column of a drive cycle may hold: what it controls, and the numbers in it.
COLUMNS: dict[str, tuple[Controlled, Spec]] = {
    "current": ("current", Spec("A/m^2", "current density", at_least=-1e6, at_most=1e6)),
    "rate": ("current", Spec("C-rate", "C-rate", at_least=-1e4, at_most=1e4)),
    "power": ("power", Spec("W/m^2", "power per area", at_least=-1e6, at_most=1e6)),
    "voltage": ("voltage", Spec("V", "cell voltage", at_least=-10.0, at_most=10.0)),
}

#: Bounds of a set point by its unit.
SETTINGS = {spec.unit: spec for _, spec in COLUMNS.values()}


class Sweep(Section):
    """A voltage that moves at a constant rate, as in cyclic voltammetry."""

    start: Annotated[
        float | None,
        Quantity("V", "voltage where it begins; null: the present one", at_least=-10, at_most=10),
    ] = Field(default=None, alias="from")
    to: Annotated[float, Quantity("V", "voltage where it ends", at_least=-10, at_most=10)]
    rate: Annotated[float, Quantity("V/s", "speed, without sign", above=0, at_most=1e6)]

    @model_validator(mode="after")
    def _check(self) -> "Sweep":
        if self.start == self.to:
            message = f"is {self.to:g} V, where it begins; write another, or hold the voltage"
            return checked(self, [(("to",), message)])
        return self


class Wave(Section):
    """A set point that swings about a mean."""

    waveform: Literal["sine"] = Field(description="mean + amplitude sin(2 pi frequency t)")
    quantity: Controlled = Field(description="what swings")
    unit: str = Field(description="unit of mean and amplitude")
    mean: float = Field(default=0.0, description="a current, voltage or power")
    amplitude: float = Field(description="half the swing; a current, voltage or power")
    frequency: Annotated[float, Quantity("1/s", "periods in a second", above=0, at_most=1e6)]

    @model_validator(mode="before")
    @classmethod
    def _numbers(cls, value: Any) -> Any:
        """Mean and amplitude as numbers in one unit, which the amplitude has."""
        if not isinstance(value, dict) or "unit" in value or "quantity" not in value:
            return value
        faults: list[tuple[Location, str]] = []
        found: dict[str, float] = {}
        unit = ""
        for key in ("amplitude", "mean"):
            if key not in value:
                continue
            try:
                number, own = read_setting(value[key], value["quantity"], SETTINGS)
                if key == "mean" and number != 0 and unit and own != unit:
                    raise Refused(f"is in {own}, but the amplitude is in {unit}; write both in one")
                if key == "amplitude" and number == 0:
                    raise Refused("is 0, no wave; write the set point alone, or a rest")
                unit = unit or own
                found[key] = number
            except Refused as error:
                faults.append(((key,), str(error)))
        if faults:
            raise refuse(Refused("", *faults), value)
        return {**value, "unit": unit, **found}

    @property
    def text(self) -> str:
        """``sine of 0.05 C about 0 C at 0.01 Hz``."""
        unit = "C" if self.unit == "C-rate" else self.unit
        about = f" about {self.mean:g} {unit}" if self.mean else ""
        return f"{self.waveform} of {self.amplitude:g} {unit}{about} at {self.frequency:g} Hz"

    def written(self) -> dict[str, Any]:
        """As one writes it below ``current``, ``voltage`` or ``power``."""
        unit = "C" if self.unit == "C-rate" else self.unit
        numbers = {k: f"{getattr(self, k)!r} {unit}" for k in ("mean", "amplitude")}
        return {"waveform": self.waveform, **numbers, "frequency": self.frequency}


def _numbers(value: Any, spec: Spec) -> tuple[float, ...]:
    """A list, or the numbers of a text with blanks between them: short, also if they are many."""
    if not isinstance(value, str):
        found = read_list(value, spec, nested=False)
    else:
        found = tuple(_plain_number(text) for text in value.split())
        for index, number in enumerate(found):
            try:
                read_number(number, spec)
            except Refused as error:
                raise Refused("", ((index,), str(error))) from None
    if len(found) > MOST_ROWS:
        raise Refused(f"has {len(found)} rows; at most {MOST_ROWS} are read")
    if len(found) < 2:
        raise Refused(f"has {len(found)} rows; a drive cycle needs at least 2")
    return found


def _plain_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise Refused(f"holds {show(text)}, no number; write numbers with blanks between them")
    return number


def _column(key: str) -> Read:
    """Reads a column of a drive cycle: numbers in its unit."""

    def read(value: Any, _: float | None) -> tuple[float, ...] | None:
        if value is None:
            return None
        try:
            return _numbers(value, COLUMNS[key][1])
        except Refused as error:
            if key != "current" or not isinstance(value, list):
                raise
            cure = "; C-rates go under 'rate'"
            raise Refused("", *((place, text + cure) for place, text in error.faults)) from None

    return Read(read, ("array", "string"))


def _times(value: Any, _: float | None) -> tuple[float, ...]:
    return _numbers(value, Spec("s", "time"))


class Drive(Section):
    """A current, power or voltage at given times: a drive cycle."""

    name: str = Field(default="", description="name of the file it is from")
    time: Annotated[tuple[float, ...], Read(_times, ("array", "string"))] = Field(
        description="times, ascending; the first is where the step begins [s]"
    )
    current: Annotated[tuple[float, ...] | None, _column("current")] = Field(
        default=None, description="current densities [A/m^2]"
    )
    rate: Annotated[tuple[float, ...] | None, _column("rate")] = Field(
        default=None, description="C-rates"
    )
    power: Annotated[tuple[float, ...] | None, _column("power")] = Field(
        default=None, description="powers per area [W/m^2]"
    )
    voltage: Annotated[tuple[float, ...] | None, _column("voltage")] = Field(
        default=None, description="voltages [V]"
    )
    interpolation: Literal["linear", "hold"] = Field(
        default="linear",
        description="straight lines between the rows, or each row's value until the next one",
    )
    scale: Annotated[float, Quantity("1", "factor of all values", above=0, at_most=1e6)] = 1.0
    repeat: Annotated[int, Quantity("1", "how often it is run", at_least=1, at_most=100_000)] = 1
    discharge_positive: StrictBool = Field(
        default=True, description="whether positive currents and powers discharge the cell"
    )

    @property
    def column(self) -> str:
        """The one of ``COLUMNS`` that is given."""
        return next(key for key in COLUMNS if getattr(self, key) is not None)

    @property
    def quantity(self) -> Controlled:
        """What it controls."""
        return COLUMNS[self.column][0]

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return COLUMNS[self.column][1].unit

    @property
    def values(self) -> tuple[float, ...]:
        """Scaled, positive on discharge."""
        sign = 1.0 if self.discharge_positive or self.quantity == "voltage" else -1.0
        return tuple(sign * self.scale * value for value in getattr(self, self.column))

    @property
    def once(self) -> float:
        """Length of one run of it [s]."""
        return self.time[-1] - self.time[0]

    @property
    def duration(self) -> float:
        """Length of all its runs [s]."""
        return self.repeat * self.once

    @property
    def text(self) -> str:
        """``drive cycle us06.csv of 600 s, 2 times``."""
        name = f" {self.name}" if self.name else ""
        times = f", {self.repeat} times" if self.repeat > 1 else ""
        return f"drive cycle{name} of {self.once:g} s{times}"

    def written(self) -> dict[str, Any]:
        """As one writes it; long columns as text, which is read as one value."""
        columns = {key: " ".join(map(repr, getattr(self, key))) for key in ("time", self.column)}
        others = ("interpolation", "scale", "repeat", "discharge_positive")
        name = {"name": self.name} if self.name else {}
        return {**name, **columns, **{key: getattr(self, key) for key in others}}

    @model_validator(mode="after")
    def _check(self) -> "Drive":
        given = [key for key in COLUMNS if getattr(self, key) is not None]
        if len(given) != 1:
            has = " and ".join(given) or "none of them"
            message = f"has {has}; a drive cycle has exactly one of {', '.join(COLUMNS)}"
            return checked(self, [((), message)])
        faults: list[tuple[Location, str]] = []
        values = getattr(self, given[0])
        if len(values) != len(self.time):
            message = f"has {len(values)} values, but there are {len(self.time)} times"
            faults.append(((given[0],), f"{message}; write as many of each"))
        back = [k for k in range(1, len(self.time)) if self.time[k] < self.time[k - 1]]
        if back:
            k = back[0]
            message = f"goes back from {self.time[k - 1]:g} s to {self.time[k]:g} s at row {k + 1}"
            faults.append((("time",), f"{message}; sort the rows by time"))
        elif self.once <= 0:
            message = f"is {self.time[0]:g} s in all rows; write when each value is reached"
            faults.append((("time",), message))
        return checked(self, faults)
