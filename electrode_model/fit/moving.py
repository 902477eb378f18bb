"""Numbers of a configuration moved in place, without reading its YAML again.

Reading and checking a configuration costs as much as a short simulation, and a derivative by
p parameters needs 2 p of them.  Where a parameter lies in the checked sections is found once,
from how they differ between two of its values.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from electrode_model.config.fields import Section
from electrode_model.config.model import Config
from electrode_model.config.problems import Location

__all__ = ["Place", "moved", "places"]

_SAME = 1e-9  # relative: rounding of a product


@dataclass(frozen=True)
class Place:
    """Where a number is in a configuration, and how many times the parameter it is."""

    location: Location
    factor: float


def places(at_lower: Config, at_upper: Config, lower: float, upper: float) -> list[Place] | None:
    """The places of a parameter; None where a number is not just a multiple of it."""
    found = []
    for location, low, high in _differences(at_lower, at_upper, ()):
        if not isinstance(low, float) or not isinstance(high, float):
            return None
        factor = (high - low) / (upper - lower)
        if abs(low - factor * lower) > _SAME * abs(high - low):
            return None
        found.append(Place(location, factor))
    return found


def moved(config: Config, where: Sequence[Place], value: float) -> Config:
    """The configuration with the parameter at ``value``; nothing is checked."""
    for place in where:
        config = _put(config, place.location, place.factor * value)
    return config


def _differences(a: Any, b: Any, path: Location) -> Iterator[tuple[Location, Any, Any]]:
    """Places at which two configurations differ, with both values."""
    if isinstance(a, Section) and type(a) is type(b):
        for name in type(a).model_fields:
            yield from _differences(getattr(a, name), getattr(b, name), (*path, name))
    elif isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for key in a:
            yield from _differences(a[key], b[key], (*path, key))
    elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        for index, pair in enumerate(zip(a, b, strict=True)):
            yield from _differences(*pair, (*path, index))
    elif a != b:
        yield path, a, b


def _put(value: Any, location: Location, number: float) -> Any:
    """A copy with a number at a location."""
    if not location:
        return number
    step, rest = location[0], location[1:]
    if isinstance(value, Section):
        name = str(step)
        return value.model_copy(update={name: _put(getattr(value, name), rest, number)})
    if isinstance(value, dict):
        return {**value, step: _put(value[step], rest, number)}
    index = int(step)
    return (*value[:index], _put(value[index], rest, number), *value[index + 1 :])
