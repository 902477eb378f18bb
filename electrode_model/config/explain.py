"""Every value of a resolved configuration with its unit and where it came from."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from electrode_model.config import components
from electrode_model.config.components import DIFFUSIVITIES, Family
from electrode_model.config.fields import Component, Part
from electrode_model.config.model import Config, MaterialChoice, OcvTable, Section, Step
from electrode_model.config.problems import Location
from electrode_model.config.yaml_source import Node
from electrode_model.material import NUMBERS
from electrode_model.quantities import Spec

__all__ = ["Entry", "entries", "quantity_of"]


class Entry(NamedTuple):
    """One resolved value.  ``unit`` is "" for texts and "1" for plain numbers."""

    key: str
    value: object
    unit: str
    origin: str  # "file:line", "default", "material lfp: <source>" or "--set"


class _Place(NamedTuple):
    """A node if the value was written, and the key path in any case."""

    node: Node | None
    path: Location

    def below(self, *steps: str | int) -> "_Place":
        """The place of a key or item."""
        if self.node is not None:
            found, rest = self.node.find(steps)
            if not rest:
                return _Place(found, found.path)
        return _Place(None, (*self.path, *steps))

    def entry(self, value: object, unit: str = "", default: str = "default") -> Entry:
        """The value here; ``default`` is its origin where it was not written."""
        origin = default if self.node is None else self.node.origin
        return Entry(".".join(map(str, self.path)), value, unit, origin)


def quantity_of(field: FieldInfo) -> Spec | None:
    """The unit and bounds of a field; None for a field that is no number."""
    return next((m for m in field.metadata if isinstance(m, Spec)), None)


def entries(config: Config, node: Node) -> list[Entry]:
    """All values; ``node`` is the written-out tree that the configuration was made from."""
    return list(_section(config, _Place(node, ())))


def _section(section: Section, place: _Place) -> Iterator[Entry]:
    if isinstance(section, MaterialChoice):
        yield from _material(section, place)
        return
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        yield from _field(field, value, place.below(field.alias or name))


def _field(field: FieldInfo, value: Any, place: _Place) -> Iterator[Entry]:
    part = next((m for m in field.metadata if isinstance(m, Part)), None)
    if isinstance(value, Component) and part is not None:
        yield from _component(value, part.family, place)
    elif isinstance(value, Section):
        yield from _section(value, place)
    elif isinstance(value, tuple) and value and isinstance(value[0], Step):
        for index, step in enumerate(value):
            yield place.below(index).entry(step.label)
    elif isinstance(value, tuple) and value and isinstance(value[0], Section):
        for index, item in enumerate(value):
            yield from _section(item, place.below(index))
    elif isinstance(value, dict):
        for key, number in value.items():
            yield place.below(key).entry(number, "1")
    else:
        quantity = quantity_of(field)
        yield place.entry(value, quantity.unit if quantity else "")


def _component(component: Component, family: Family, place: _Place) -> Iterator[Entry]:
    named = place.below("name")
    yield _Place(named.node, (*place.path, family.tag)).entry(component.name)
    known = family.parameters(component.name)
    for key, value in component.parameters.items():
        spec = known[key].spec
        where = place.below("parameters", key)
        if where.node is None:  # its mapping is named after the component, not "parameters"
            where = _Place(None, (*place.below("parameters").path, key))
        yield where.entry(value, spec.unit if spec and value is not None else "")


def _material(choice: MaterialChoice, place: _Place) -> Iterator[Entry]:
    yield place.below("name").entry(choice.name)
    material = choice.found
    for key, parameter in components.material_parameters(choice.name).items():
        unit = parameter.spec.unit if parameter.spec else ""
        where = place.below("parameters", key)
        yield _Place(where.node, (*place.path, key)).entry(choice.parameters[key], unit)
    for key, spec in NUMBERS.items():
        where = place.below("overrides", key)
        if key in choice.overrides:
            yield where.entry(choice.overrides[key], spec.unit)
        elif key in material.numbers:
            number = material.numbers[key]
            assumed = " (assumed)" if number.assumed else ""
            origin = f"material {choice.name}: {number.source}{assumed}"
            yield _Place(None, (*place.path, key)).entry(number.value, spec.unit, origin)
    if choice.diffusivity_shape is not None:
        yield from _component(
            choice.diffusivity_shape, DIFFUSIVITIES, place.below("diffusivity_shape")
        )
    table = place.below("ocv")
    if choice.ocv is not None:
        yield table.entry(_summary(choice.ocv), "V")
    elif material.ocv is not None:
        yield table.entry("function", "V", f"material {choice.name}: {material.ocv_source}")


def _summary(table: OcvTable) -> str:
    return f"table of {len(table.c)} rows, filling {table.c[0]:g} to {table.c[-1]:g}"
