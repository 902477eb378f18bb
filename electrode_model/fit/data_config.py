"""One entry of ``data`` in a fit's YAML file: where a curve is and what its file does not say."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator

from electrode_model.config.fields import (
    Current,
    Quantity,
    Read,
    Section,
    checked,
    read_current,
)
from electrode_model.config.problems import Location, Refused, listing, not_among, show, unknown
from electrode_model.config.reading import read_list, read_number
from electrode_model.fit.columns import QUANTITIES
from electrode_model.quantities import Spec

__all__ = ["ACCEPTED", "DataChoice", "Initial", "Window"]

#: Faults of data that a user may accept, and what is then done.
ACCEPTED = {
    "missing": "rows without a number are left out",
    "repeated": "of rows at the same time the last one is kept",
    "gaps": "the current in a gap is that of its ends",
    "rests": "a rest in the middle is simulated as it is",
    "short": "the curve is compared as far as it goes",
    "long": "the curve is compared as far as the model goes",
}

_WHOLE = Spec("A h/m^2", "charge of which a column in parts holds the share", above=0, at_most=1e6)
_MODEL: Literal["model"] = "model"


def _mapping(value: Any, kinds: tuple[type, ...], what: str) -> dict[str, Any]:
    """A mapping from quantities; raises Refused."""
    if not isinstance(value, dict):
        raise Refused(f"is {show(value)}; write {what}")
    faults: list[tuple[Location, str]] = []
    for key, item in value.items():
        if key not in QUANTITIES:
            faults.append(((key,), unknown(key, list(QUANTITIES))))
        elif isinstance(item, bool) or not isinstance(item, kinds):
            faults.append(((key,), f"is {show(item)}; write {what}"))
    if faults:
        raise Refused("", *faults)
    return dict(value)


def _columns(value: Any, _: float | None) -> dict[str, str | int]:
    example = "names of columns or their numbers, such as {time: 'Test Time / s', voltage: 2}"
    return _mapping(value, (str, int), example)


def _units(value: Any, _: float | None) -> dict[str, str]:
    return _mapping(value, (str,), "units by quantity, such as {current: mA}")


def _whole(value: Any, _: float | None) -> float | Literal["model"] | None:
    if value is None or value == _MODEL:
        return _MODEL if value else None
    try:
        return read_number(value, _WHOLE)
    except Refused as error:
        raise Refused(f"{error}; or 'model', for the capacity of the model") from None


def _lines(value: Any, _: float | None) -> tuple[int, int] | None:
    if value is None:
        return None
    whole = isinstance(value, list | tuple) and all(type(line) is int for line in value)
    if not whole or len(value) != 2 or not 1 <= value[0] < value[1]:
        raise Refused(f"is {show(value)}; write the first and the last line, such as [12, 480]")
    return value[0], value[1]


def _accept(value: Any, _: float | None) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise Refused(f"is {show(value)}; write a list of {listing(ACCEPTED)}")
    faults = [
        ((k,), not_among(v, list(ACCEPTED))) for k, v in enumerate(items) if v not in ACCEPTED
    ]
    if faults:
        raise Refused("", *faults)
    return tuple(items)


def _band(unit: str, meaning: str) -> Read:
    """Reads two numbers, the lower one first."""

    def read(value: Any, _: float | None) -> tuple[float, float] | None:
        if value is None:
            return None
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise Refused(f"is {show(value)}; write two values, the lower one first")
        low, high = read_list(value, Spec(unit, meaning), nested=False)
        if low >= high:
            raise Refused(f"is {show(value)}; write the lower value first")
        return low, high

    return Read(read, "array")


class Window(Section):
    """What of a curve is compared; all of it is simulated."""

    capacity: Annotated[tuple[float, float] | None, _band("A h/m^2", "charge passed")] = Field(
        default=None, description="charge passed since the start of the curve [A h/m^2]"
    )
    voltage: Annotated[tuple[float, float] | None, _band("V", "cell voltage")] = Field(
        default=None, description="cell voltage [V]"
    )
    time: Annotated[tuple[float, float] | None, _band("s", "time")] = Field(
        default=None, description="time since the start of the curve [s]"
    )


class Initial(Section):
    """The state that a curve starts from: exactly one of these."""

    filling: Annotated[
        float | None,
        Quantity("1", "mean filling of the positive electrode", above=0, below=1),
    ] = None
    voltage: Annotated[float | None, Quantity("V", "equilibrium voltage")] = None
    from_rest: StrictBool = Field(
        default=False, description="equilibrium at the voltage of the rest before the current"
    )
    free: StrictBool = Field(default=False, description="a filling to be fitted")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        """``free`` alone."""
        return {"free": True} if value == "free" else value

    @model_validator(mode="after")
    def _check(self) -> "Initial":
        given = [name for name in type(self).model_fields if getattr(self, name)]
        if len(given) != 1:
            has = " and ".join(given) or "nothing"
            example = "{filling: 0.01}, {voltage: 3.45 V}, {from_rest: true} or free"
            return checked(self, [((), f"has {has}; write one of {example}")])
        return self


class DataChoice(Section):
    """A measured curve."""

    file: str = Field(description="file of the curve, beside the fit's file")
    name: str = Field(default="", description="what it is called; empty: the file's name")
    test: str = Field(
        default="", description="name of the test in a BPX file; empty: all of its Validation"
    )
    columns: Annotated[dict[str, str | int], Read(_columns, "object")] = Field(
        default_factory=dict, description="headers or numbers of columns that are not known by name"
    )
    units: Annotated[dict[str, str], Read(_units, "object")] = Field(
        default_factory=dict, description="units that the headers do not say, or say wrongly"
    )
    area: Annotated[float | None, Quantity("m^2", "area of the electrode", above=0)] = None
    mass: Annotated[float | None, Quantity("kg", "mass of active material", above=0)] = None
    mass_loading: Annotated[
        float | None, Quantity("kg/m^2", "active material per area of electrode", above=0)
    ] = None
    full_capacity: Annotated[
        float | Literal["model"] | None, Read(_whole, ("string", "number"))
    ] = Field(
        default=None,
        description="charge [A h/m^2] that 1 stands for in a column of fillings or of normalised"
        " capacity; model: the model's capacity",
    )
    current: Annotated[Current | None, Read(read_current, ("string", "number"))] = Field(
        default=None,
        description="current of a curve without a column of it; positive on discharge",
    )
    sign: Literal["discharge_positive", "charge_positive"] | None = Field(
        default=None, description="sign of the current in the file; null: found from the data"
    )
    direction: Literal["discharge", "charge", "both"] | None = Field(
        default=None,
        description="which part of a file with both is taken; null: the file has one direction",
    )
    number: Annotated[
        int | None, Quantity("1", "which of several discharges or charges is taken", at_least=1)
    ] = None
    lines: Annotated[tuple[int, int] | None, Read(_lines, "array")] = Field(
        default=None, description="first and last line of the file that is read; null: all"
    )
    window: Window = Field(default=Window(), description="what is compared")
    weight: Annotated[float, Quantity("1", "weight of this curve", above=0, at_most=1e6)] = 1.0
    temperature: Annotated[
        float | None,
        Quantity(
            "K", "temperature; null: from the file, or of the base", at_least=200, at_most=400
        ),
    ] = None
    initial: Initial | None = Field(
        default=None, description="state it starts from; null: as in the base configuration"
    )
    drive: StrictBool = Field(default=False, description="simulate the measured current as it is")
    cut_off: Annotated[
        float | None, Quantity("V", "voltage that ended the current; null: found", above=-10)
    ] = None
    accept: Annotated[tuple[str, ...], Read(_accept, "array")] = Field(
        default=(), description=f"faults of the data to accept: {', '.join(ACCEPTED)}"
    )

    @model_validator(mode="after")
    def _check(self) -> "DataChoice":
        return checked(self, self._faults())

    def _faults(self) -> Iterator[tuple[Location, str]]:
        if self.area is not None and self.mass is not None and self.mass_loading is not None:
            other = self.mass / self.mass_loading
            if abs(other / self.area - 1) > 1e-2:
                text = f"is {self.area:g} m^2, but mass and mass_loading give {other:g} m^2"
                yield ("area",), f"{text}; remove one of the three"
        if self.number is not None and self.direction not in ("discharge", "charge"):
            yield ("number",), "goes with direction: discharge or charge; write that too"
        if self.drive and self.direction in ("discharge", "charge"):
            yield ("direction",), "does not go with drive: true, which takes all; remove it"
        if self.drive and self.current is not None:
            yield (
                ("current",),
                "does not go with drive: true, the current is in the file; remove it",
            )

    @property
    def cell_area(self) -> float | None:
        """Area [m^2], given or from mass and mass loading."""
        if self.area is None and self.mass is not None and self.mass_loading is not None:
            return self.mass / self.mass_loading
        return self.area
