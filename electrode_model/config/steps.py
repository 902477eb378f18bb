"""Steps of the protocol: a current, a held voltage or a rest, and what ends each."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from electrode_model.config.fields import Current, Quantity, Read, Section, checked, read_current
from electrode_model.config.problems import Location

__all__ = ["Step", "Stops"]


class Stops(Section):
    """What ends a step; whichever comes first."""

    voltage: Annotated[float | None, Quantity("V", "cell voltage")] = None
    current: Annotated[
        float | None,
        Quantity(
            "A/m^2", "size of the current density", above=0, cure="a C-rate goes under 'rate'"
        ),
    ] = None
    rate: Annotated[float | None, Quantity("C-rate", "size of the C-rate", above=0)] = None
    capacity: Annotated[
        float | None, Quantity("A h/m^2", "charge passed in this step", above=0)
    ] = None
    filling: Annotated[
        float | None, Quantity("1", "mean filling of the positive electrode", above=0, below=1)
    ] = None
    surface_filling: Annotated[
        float | None,
        Quantity("1", "filling of any place of any particle's surface", above=0, below=1),
    ] = None
    time: Annotated[float | None, Quantity("s", "time since the step began", above=0)] = None

    @property
    def given(self) -> dict[str, float]:
        """The stops that are set, by name."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if value is not None}


#: Stops that say nothing new, and why.
_FIXED = {
    "current": {"current": "the step gives the current", "rate": "the step gives the current"},
    "voltage": {"voltage": "the step holds the voltage"},
    "power": {},
    "rest": {
        "current": "a rest has no current",
        "rate": "a rest has no current",
        "capacity": "a rest passes no charge",
        "filling": "a rest passes no charge",
        "surface_filling": "a rest has no direction",
    },
}
_NO_VOLTAGE = "isolated particles share no voltage"


class Step(Section):
    """One step of the protocol."""

    kind: Literal["current", "voltage", "power", "rest"]
    current: Annotated[Current | None, Read(read_current, ("string", "number"))] = Field(
        default=None,
        description="positive on discharge: 1 C, C/20 or 12 A/m^2 (a bare number is in A/m^2)",
    )
    voltage: Annotated[float | None, Quantity("V", "voltage to hold")] = None
    power: Annotated[
        float | None,
        Quantity("W/m^2", "power per area, positive on discharge", at_least=-1e6, at_most=1e6),
    ] = None
    isolated: StrictBool = Field(
        default=False,
        description="of a rest: no lithium passes through the surface of a particle",
    )
    until: Stops = Field(default=Stops(), description="what ends the step, whichever comes first")

    @property
    def label(self) -> str:
        """The step in short: ``discharge at 1 C until 2.5 V``."""
        if self.current is not None:
            direction = "discharge" if self.current.value > 0 else "charge"
            unit = "C" if self.current.unit == "C-rate" else self.current.unit
            action = f"{direction} at {abs(self.current.value):g} {unit}"
        elif self.power is not None:
            direction = "discharge" if self.power > 0 else "charge"
            action = f"{direction} at {abs(self.power):g} W/m^2"
        else:
            rest = "rest of isolated particles" if self.isolated else "rest"
            action = rest if self.voltage is None else f"hold {self.voltage:g} V"
        if self.kind == "rest" and [*self.until.given] == ["time"]:
            return f"{action} {next(self._stop_texts())}"
        return f"{action} until {' or '.join(self._stop_texts())}"

    def _stop_texts(self) -> Iterator[str]:
        for name, value in self.until.given.items():
            if name == "time":
                size, unit = _time_unit(value)
                yield f"{value / size:g} {unit}"
            elif name in ("filling", "surface_filling"):
                yield f"{name.replace('_', ' ')} {value:g}"
            else:
                yield f"{value:g} {_UNITS[name]}"

    @model_validator(mode="after")
    def _check(self) -> "Step":
        faults: list[tuple[Location, str]] = []
        if self.kind != "rest" and getattr(self, self.kind) is None:
            faults.append(((self.kind,), "is null; write a value, or a rest"))
        if self.power == 0:
            faults.append((("power",), "is no power at all; write a rest, such as 'rest: 30 min'"))
        given = self.until.given
        for stop in given:
            reason = _FIXED[self.kind].get(stop)
            if self.isolated and stop == "voltage":
                reason = _NO_VOLTAGE
            if reason:
                faults.append((("until", stop), f"cannot end this step: {reason}; remove it"))
        if self.isolated and self.kind != "rest":
            message = "is true, but only a rest can isolate the particles; remove it"
            faults.append((("isolated",), message))
        if not given:
            example = "'rest: 30 min'" if self.kind == "rest" else "'until: {time: 1 h}'"
            message = f"needs at least one of {', '.join(Stops.model_fields)}"
            faults.append((("until",), f"{message}; write for example {example}"))
        return checked(self, faults)


_UNITS = {"voltage": "V", "current": "A/m^2", "rate": "C", "capacity": "A h/m^2"}


def _time_unit(seconds: float) -> tuple[float, str]:
    """The largest unit that a time is a whole multiple of."""
    if seconds % 3600 == 0:
        return 3600, "h"
    return (60, "min") if seconds % 60 == 0 else (1, "s")
