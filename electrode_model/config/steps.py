"""Steps of the protocol: what is controlled, how it changes with time, and what ends each."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator

from electrode_model.config.courses import Controlled, Drive, Sweep, Wave
from electrode_model.config.fields import Current, Quantity, Read, Section, checked, read_current
from electrode_model.config.problems import Location, Refused, show, unknown

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
    voltage_below: Annotated[float | None, Quantity("V", "cell voltage, reached from above")] = None
    voltage_above: Annotated[float | None, Quantity("V", "cell voltage, reached from below")] = None

    @property
    def given(self) -> dict[str, float]:
        """The stops that are set, by name."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def voltages(self) -> dict[str, float]:
        """The stops that are voltages, by name."""
        return {name: value for name, value in self.given.items() if name in _VOLTAGES}


_VOLTAGES = ("voltage", "voltage_below", "voltage_above")
_NO_CURRENT = dict.fromkeys(("current", "rate"), "the step gives the current")
_HELD = dict.fromkeys(_VOLTAGES, "the step gives the voltage")

#: Stops that say nothing new, and why.
_FIXED: dict[str, dict[str, str]] = {
    "current": _NO_CURRENT,
    "voltage": _HELD,
    "power": {},
    "rest": {
        "current": "a rest has no current",
        "rate": "a rest has no current",
        "capacity": "a rest passes no charge",
        "filling": "a rest passes no charge",
        "surface_filling": "a rest has no direction",
    },
}
#: The same of set points that swing or sweep.
_CHANGING = {
    "current": "the current may pass through zero at any time",
    "rate": "the current may pass through zero at any time",
    "surface_filling": "the step has no one direction",
}
_NO_VOLTAGE = "isolated particles share no voltage"


def _skips(value: Any, _: float | None) -> dict[str, int]:
    """Steps to skip by the stop that asks for it; raises Refused."""
    if not isinstance(value, dict):
        raise Refused(
            f"is {show(value)}; write stops with numbers of steps, such as {{voltage: 3}}"
        )
    faults: list[tuple[Location, str]] = []
    for key, count in value.items():
        if key not in Stops.model_fields:
            faults.append(((key,), unknown(key, list(Stops.model_fields))))
        elif isinstance(count, bool) or not isinstance(count, int) or count < 1:
            faults.append(((key,), f"is {show(count)}; a whole number from 1 is needed"))
    if faults:
        raise Refused("", *faults)
    return dict(value)


class Step(Section):
    """One step of the protocol."""

    kind: Literal["current", "voltage", "power", "rest", "drive"]
    current: Annotated[Current | None, Read(read_current, ("string", "number"))] = Field(
        default=None,
        description="positive on discharge: 1 C, C/20 or 12 A/m^2 (a bare number is in A/m^2)",
    )
    voltage: Annotated[float | None, Quantity("V", "voltage to hold")] = None
    power: Annotated[
        float | None,
        Quantity("W/m^2", "power per area, positive on discharge", at_least=-1e6, at_most=1e6),
    ] = None
    sweep: Sweep | None = Field(default=None, description="a voltage that moves at a constant rate")
    wave: Wave | None = Field(default=None, description="a set point that swings about a mean")
    drive: Drive | None = Field(default=None, description="set points at given times")
    ramp: Annotated[
        float | None,
        Quantity("s", "time in which the set point is reached from where the last step ended",
                 above=0),
    ] = None  # fmt: skip
    isolated: StrictBool = Field(
        default=False,
        description="of a rest: no lithium passes through the surface of a particle",
    )
    until: Stops = Field(default=Stops(), description="what ends the step, whichever comes first")
    skip: Annotated[dict[str, int], Read(_skips, "object")] = Field(
        default_factory=dict,
        description="following steps that are left out, by the stop that ended this one",
    )

    @property
    def controlled(self) -> Controlled:
        """What the circuit is told: a rest is a current of zero."""
        if self.drive is not None:
            return self.drive.quantity
        if self.kind == "voltage" or self.kind == "power":
            return self.kind
        return "current"

    @property
    def changing(self) -> bool:
        """Whether the set point moves all along, so that the step has no one direction."""
        return self.sweep is not None or self.wave is not None or self.drive is not None

    @property
    def duration(self) -> float | None:
        """Time [s] after which a drive cycle is over."""
        return None if self.drive is None else self.drive.duration

    @property
    def label(self) -> str:
        """The step in short: ``discharge at 1 C until 2.5 V``."""
        action = self._action()
        if self.ramp is not None:
            action += f" after a ramp of {_duration(self.ramp)}"
        stops = list(self._stop_texts())
        if not stops:
            return action
        if self.kind == "rest" and [*self.until.given] == ["time"]:
            return f"{action} {stops[0]}"
        return f"{action} until {' or '.join(stops)}"

    def _action(self) -> str:
        for course in (self.wave, self.drive):
            if course is not None:
                return course.text
        if self.sweep is not None:
            start = "" if self.sweep.start is None else f" from {self.sweep.start:g} V"
            return f"sweep{start} to {self.sweep.to:g} V at {self.sweep.rate * 1000:g} mV/s"
        if self.current is not None:
            direction = "discharge" if self.current.value > 0 else "charge"
            unit = "C" if self.current.unit == "C-rate" else self.current.unit
            return f"{direction} at {abs(self.current.value):g} {unit}"
        if self.power is not None:
            direction = "discharge" if self.power > 0 else "charge"
            return f"{direction} at {abs(self.power):g} W/m^2"
        rest = "rest of isolated particles" if self.isolated else "rest"
        return rest if self.voltage is None else f"hold {self.voltage:g} V"

    def _stop_texts(self) -> Iterator[str]:
        for name, value in self.until.given.items():
            if name == "time":
                yield _duration(value)
            elif name in ("filling", "surface_filling"):
                yield f"{name.replace('_', ' ')} {value:g}"
            elif name in ("voltage_below", "voltage_above"):
                yield f"{name.removeprefix('voltage_')} {value:g} V"
            else:
                yield f"{value:g} {_UNITS[name]}"

    @model_validator(mode="after")
    def _check(self) -> "Step":
        return checked(self, [*self._setting_faults(), *self._stop_faults()])

    def _setting_faults(self) -> Iterator[tuple[Location, str]]:
        """What the step does, and how it begins."""
        given = self.sweep is not None or self.wave is not None
        if self.kind != "rest" and not given and getattr(self, self.kind) is None:
            yield (self.kind,), "is null; write a value, or a rest"
        if self.power == 0:
            yield ("power",), "is no power at all; write a rest, such as 'rest: 30 min'"
        if self.ramp is not None and (self.changing or self.kind == "rest"):
            reason = "a rest has no set point" if self.kind == "rest" else "it has a course already"
            yield ("ramp",), f"cannot lead into this step: {reason}; remove it"
        if self.isolated and self.kind != "rest":
            yield ("isolated",), "is true, but only a rest can isolate the particles; remove it"
        lasts, time = self.duration, self.until.time
        if lasts is not None and time is not None and time > lasts:
            message = f"is {time:g} s, but the drive cycle is over after {lasts:g} s"
            yield ("until", "time"), f"{message}; remove it, or write drive.repeat"

    def _stop_faults(self) -> Iterator[tuple[Location, str]]:
        """What ends the step."""
        given = self.until.given
        fixed = _FIXED["rest" if self.kind == "rest" else self.controlled]
        for stop in given:
            reason = fixed.get(stop) or (_CHANGING.get(stop) if self.changing else None)
            if self.isolated and stop in _VOLTAGES:
                reason = _NO_VOLTAGE
            if reason:
                yield ("until", stop), f"cannot end this step: {reason}; remove it"
        if not given and self.drive is None and self.sweep is None:
            example = "'rest: 30 min'" if self.kind == "rest" else "'until: {time: 1 h}'"
            message = f"needs at least one of {', '.join(Stops.model_fields)}"
            yield ("until",), f"{message}; write for example {example}"
        for stop in self.skip:
            if stop not in given:
                message = f"is no stop of this step; its stops are {', '.join(given) or 'none'}"
                yield ("skip", stop), message


_UNITS = {"voltage": "V", "current": "A/m^2", "rate": "C", "capacity": "A h/m^2"}


def _duration(seconds: float) -> str:
    """In the largest unit that a time is a whole multiple of."""
    size, unit = (1, "s") if seconds % 60 else (60, "min") if seconds % 3600 else (3600, "h")
    return f"{seconds / size:g} {unit}"
