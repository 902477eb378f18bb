"""How pydantic reads the fields of :mod:`electrode_model.config.model`.

A :class:`Quantity` in ``Annotated[float, Quantity("m", "thickness")]`` reads numbers with
units; a :class:`Part` reads a component by the signature of its function; a :class:`Read`
hands the value to any other reader.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError, ValidationInfo
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from electrode_model.config import schema, units
from electrode_model.config.components import Family
from electrode_model.config.problems import Location, Refused, listing, not_among, show
from electrode_model.config.reading import read_list, read_number, read_whole
from electrode_model.config.user_components import check_component, check_signature
from electrode_model.quantities import Spec
from electrode_model.user_files import UserFileError, absolute, is_reference, label

__all__ = [
    "Component",
    "Current",
    "Part",
    "PerVolume",
    "Quantity",
    "Read",
    "Section",
    "checked",
    "read_current",
    "read_setting",
    "read_version",
    "read_window",
    "refuse",
]

_Model = TypeVar("_Model", bound=BaseModel)


class Section(BaseModel):
    """A part of the configuration: immutable, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Component(Section):
    """A component by name with all its parameters, in the units of its signature."""

    name: str
    parameters: dict[str, Any]  # float, int, str, bool, None or tuple: see the signature

    @property
    def lists(self) -> dict[str, tuple[Any, ...]]:
        """The parameters that are lists, such as given sizes."""
        return {k: v for k, v in self.parameters.items() if isinstance(v, tuple)}


class Current(Section):
    """A current as set point; positive on discharge."""

    value: float
    unit: units.CurrentUnit

    def __str__(self) -> str:
        """``1.0 C`` or ``12.0 A/m^2``: exact, reading it back gives the same value."""
        return f"{self.value!r} {'C' if self.unit == units.C_RATE else self.unit}"


def refuse(error: Refused, value: object) -> ValidationError:
    """The same faults as a pydantic error, which keeps their locations below the value."""
    details = [
        InitErrorDetails(
            type=PydanticCustomError("refused", "{text}", {"text": text}), loc=place, input=value
        )
        for place, text in error.faults
    ]
    return ValidationError.from_exception_data("configuration", details)


def checked(section: _Model, faults: Iterable[tuple[Location, str]]) -> _Model:
    """The section, or an error with the faults found in it."""
    found = tuple(faults)
    if found:
        raise refuse(Refused("", *found), None)
    return section


def _plain_schema(read: Callable[[Any, float | None], Any], **metadata: Any) -> CoreSchema:
    """Validation by ``read(value, temperature)``, whose Refused become pydantic errors."""

    def validate(value: Any, info: ValidationInfo) -> Any:
        try:
            return read(value, (info.context or {}).get("temperature"))
        except Refused as error:
            raise refuse(error, value) from None

    return core_schema.with_info_plain_validator_function(validate, metadata=metadata)


@dataclass(frozen=True)
class Read:
    """A field read by a function of (value, temperature in K or None) that raises Refused."""

    function: Callable[[Any, float | None], Any]
    written: str | tuple[str, ...] = "string"  # JSON type or types

    def __get_pydantic_core_schema__(self, source: Any, _: GetCoreSchemaHandler) -> CoreSchema:
        """The function alone decides."""
        return _plain_schema(self.function)

    def __get_pydantic_json_schema__(self, core: CoreSchema, _: Any) -> dict[str, Any]:
        """The type; the field has the description."""
        return {"type": self.written if isinstance(self.written, str) else list(self.written)}


@dataclass(frozen=True)
class Quantity(Spec):
    """A :class:`Spec` that pydantic obeys, on ``float``, ``int`` or either with ``| None``."""

    cure: str = ""  # added to the message when the value is refused

    def __get_pydantic_core_schema__(self, source: Any, _: GetCoreSchemaHandler) -> CoreSchema:
        """Read by :mod:`electrode_model.config.reading`, as the parameters of components are."""
        kinds = get_args(source) if get_origin(source) is not None else (source,)
        whole, nullable = int in kinds, type(None) in kinds
        read_one = read_whole if whole else read_number

        def read(value: Any, temperature: float | None) -> float | None:
            if value is None and nullable:
                return None
            try:
                return read_one(value, self, temperature)
            except Refused as error:
                raise Refused(f"{error}; {self.cure}" if self.cure else str(error)) from None

        return _plain_schema(read, whole=whole, nullable=nullable)

    def __get_pydantic_json_schema__(self, core: CoreSchema, _: Any) -> dict[str, Any]:
        """Number or text with a unit."""
        kind: Any = core.get("metadata", {})
        return schema.number(self, kind.get("whole", False), kind.get("nullable", False))


@dataclass(frozen=True)
class PerVolume(Quantity):
    """A number for all volumes, or a list with one for each, on ``float | tuple[float, ...]``."""

    def __get_pydantic_core_schema__(self, source: Any, _: GetCoreSchemaHandler) -> CoreSchema:
        """Read by :mod:`electrode_model.config.reading`."""

        def read(value: Any, temperature: float | None) -> float | tuple[float, ...]:
            if isinstance(value, list | tuple):
                return read_list(value, self, temperature, nested=False)
            return read_number(value, self, temperature)

        return _plain_schema(read)

    def __get_pydantic_json_schema__(self, core: CoreSchema, _: Any) -> dict[str, Any]:
        """Number, text with a unit, or a list of these."""
        one = schema.number(self)
        description = f"{one['description']}; one for all volumes, or a list with one for each"
        return {**one, "type": [*one["type"], "array"], "description": description}


@dataclass(frozen=True)
class Part:
    """A component of a family, whose keys stand in their own mapping or ``beside`` others."""

    family: Family
    beside: tuple[str, ...] = ()

    def __get_pydantic_core_schema__(self, source: Any, _: GetCoreSchemaHandler) -> CoreSchema:
        """Read the mapping ``{name, parameters}`` of :mod:`electrode_model.config.shorthand`."""
        nullable = type(None) in get_args(source)

        def read(value: Any, temperature: float | None) -> Component | None:
            return None if value is None and nullable else self.read(value, temperature)

        return _plain_schema(read)

    def __get_pydantic_json_schema__(self, core: CoreSchema, _: Any) -> dict[str, Any]:
        """A name, or a mapping with the keys of the component."""
        return schema.part(self.family)

    def read(self, value: Any, temperature: float | None) -> Component:
        """The component with all parameters; raises Refused."""
        family, names = self.family, self.family.names()
        if isinstance(value, Component):
            value = {"name": value.name, "parameters": value.parameters}
        if not isinstance(value, dict):
            raise Refused(f"is {show(value)}; write a {family.noun}: {listing(names)}")
        name = value.get("name")
        if name is None:
            raise Refused(f"has no '{family.tag}'; allowed: {listing(names)}")
        if is_reference(name):
            name = absolute(name, ".")
            _refusing(lambda: check_signature(family, name), name)
        elif name not in names:
            raise Refused("", (("name",), not_among(name, names, family.noun)))
        try:
            beside = (family.tag, *self.beside)
            read = family.read(name, value.get("parameters", {}), temperature, beside)
        except Refused as error:
            below = [(("parameters", *place), text) for place, text in error.faults]
            raise Refused("", *below) from None
        _refusing(lambda: check_component(family, name, read, temperature), name)
        return Component(name=name, parameters=read)


def _refusing(check: Callable[[], None], name: str) -> None:
    """Do a check of a user's component; what it finds is refused at the name."""
    try:
        check()
    except UserFileError as error:
        raise Refused("", (("name",), f"names {label(name)}, but {error}")) from None


def read_current(value: Any, _: float | None = None) -> Current | None:
    """A set point: ``"1 C"``, ``"12 A/m^2"`` or a number in A/m^2; raises Refused."""
    if value is None or isinstance(value, Current):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Refused(f"is {show(value)}; a current is needed, such as 1 C or 12 A/m^2")
    unit: units.CurrentUnit = "A/m^2"
    if isinstance(value, str):
        try:
            _, unit = units.read_current(value)
        except units.UnitError as error:
            raise Refused(str(error)) from None
    most = 1e4 if unit == units.C_RATE else 1e6
    number = read_number(value, Spec(unit, "current", at_least=-most, at_most=most))
    if number == 0:
        raise Refused("is no current at all; write a rest, such as 'rest: 30 min'")
    return Current(value=number, unit=unit)


def read_setting(value: Any, quantity: str, bounds: Mapping[str, Spec]) -> tuple[float, str]:
    """A current, voltage or power, zero too, with the unit it is in; raises Refused.

    ``bounds`` by unit; a bare current is in A/m^2.
    """
    unit = {"current": "A/m^2", "voltage": "V", "power": "W/m^2"}[quantity]
    if quantity == "current" and isinstance(value, str):
        try:
            _, unit = units.read_current(value)
        except units.UnitError as error:
            raise Refused(str(error)) from None
    return read_number(value, bounds[unit]), unit


def read_version(value: Any, _: float | None = None) -> int:
    """The version of the format, which is 1; raises Refused."""
    if type(value) is not int or value != 1:  # not True, not 1.0
        raise Refused(f"is {show(value)}; allowed: 1")
    return value


def read_samples(value: Any, _: float | None = None) -> int | tuple[int, ...]:
    """A number of particles, or the numbers of some; raises Refused."""
    if type(value) is int and value > 0:
        return value
    if (
        isinstance(value, list | tuple)
        and value
        and all(type(one) is int and one >= 0 for one in value)
        and len(set(value)) == len(value)
    ):
        return tuple(sorted(value))
    raise Refused(
        f"is {show(value)}; write how many particles, such as 20, or which ones, each once and"
        " counted from 0, such as [0, 17, 999]"
    )


def read_window(value: Any, _: float | None = None) -> tuple[float, float]:
    """Two voltages [V], the lower one first; raises Refused."""
    example = "the lower voltage first, such as [2 V, 4 V]"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Refused(f"is {show(value)}; write two voltages, {example}")
    spec = Spec("V", "cell voltage", at_least=-10.0, at_most=10.0)
    low, high = read_list(value, spec, nested=False)
    if low >= high:
        raise Refused(f"is {show(value)}; write {example}")
    return low, high
