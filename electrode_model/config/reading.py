"""One value of a configuration, checked against its :class:`~electrode_model.quantities.Spec`.

Each function returns the plain Python value or raises
:class:`~electrode_model.config.problems.Refused` with a message that continues the name of the
key: "is 'on'; write true or false".
"""

from collections.abc import Sequence
from functools import partial
from math import isfinite
from typing import Any

from electrode_model.config import units
from electrode_model.config.problems import Location, Refused, not_among, show
from electrode_model.quantities import Spec

__all__ = [
    "allowed_range",
    "read_choice",
    "read_flag",
    "read_list",
    "read_number",
    "read_whole",
]

_MOST_FAULTS = 10_000  # looked for in one list: a second of work


def read_number(value: object, spec: Spec, temperature: float | None = None) -> float:
    """A number, or a text with a unit, as a float in the unit of ``spec`` and in its bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Refused(f"is {show(value)}; {units.expected(spec.unit)}")
    if isinstance(value, str):
        try:
            number = units.read(value, spec.unit, temperature)
        except units.UnitError as error:
            raise Refused(_with_need(str(error), spec)) from None
    else:
        number = float(value)
    if not isfinite(number):
        raise Refused(f"is {show(value)}; it must be finite")
    _check(number, value, spec)
    return number


def read_whole(value: object, spec: Spec, temperature: float | None = None) -> int:
    """A whole number in the bounds of ``spec``."""
    if isinstance(value, bool) or not isinstance(value, int):
        cure = f"; write {value:.0f}" if isinstance(value, float) and value % 1 == 0 else ""
        raise Refused(f"is {show(value)}; a whole number is needed{cure}")
    _check(value, value, spec)
    return value


def read_list(
    value: object, spec: Spec, temperature: float | None = None, nested: bool = True
) -> tuple[Any, ...]:
    """A list of numbers as a tuple; if ``nested``, lists of equal length of numbers as well."""
    if not isinstance(value, list | tuple) or not value:
        raise Refused(f"is {show(value)}; a list is needed, in which {units.expected(spec.unit)}")
    faults: list[tuple[Location, str]] = []
    result: list[Any] = []
    for index, item in enumerate(value):
        if len(faults) > _MOST_FAULTS:
            break
        try:
            deeper = nested and isinstance(item, list | tuple)
            read: Any = partial(read_list, nested=False) if deeper else read_number
            result.append(read(item, spec, temperature))
        except Refused as error:
            faults += [((index, *place), text) for place, text in error.faults]
    if faults:
        raise Refused("", *faults)
    lengths = {len(item) if isinstance(item, tuple) else 0 for item in result}
    if len(lengths) > 1:
        raise Refused("mixes lists of different lengths; write one list, or lists of one length")
    return tuple(result)


def read_flag(value: object) -> bool:
    """true or false, and no other word for them."""
    if not isinstance(value, bool):
        raise Refused(f"is {show(value)}; write true or false")
    return value


def read_choice(value: object, choices: Sequence[str]) -> str:
    """One of ``choices``."""
    if not isinstance(value, str) or value not in choices:
        raise Refused(not_among(value, choices))
    return value


def allowed_range(spec: Spec) -> str:
    """Bounds in words: ``above 0 m, at most 0.01 m``; empty without bounds."""
    unit = "" if spec.unit == "1" else f" {spec.unit}"
    bounds = {
        "above": spec.above,
        "at least": spec.at_least,
        "below": spec.below,
        "at most": spec.at_most,
    }
    return ", ".join(f"{word} {b:g}{unit}" for word, b in bounds.items() if b is not None)


def _check(number: float, written: object, spec: Spec) -> None:
    inside = (
        (spec.above is None or number > spec.above)
        and (spec.at_least is None or number >= spec.at_least)
        and (spec.below is None or number < spec.below)
        and (spec.at_most is None or number <= spec.at_most)
    )
    if not inside:
        value = f"{number:g}" + ("" if spec.unit == "1" else f" {spec.unit}")
        bare = f" (a bare number is in {spec.unit})" if number and spec.unit != "1" else ""
        origin = f" ({written!r})" if isinstance(written, str) else bare
        raise Refused(f"is {value}{origin}, out of range; allowed: {allowed_range(spec)}")


def _with_need(message: str, spec: Spec) -> str:
    """The message of a unit error, which names what is needed only where dimensions differ."""
    return message if "needed" in message else f"{message}; {units.expected(spec.unit)}"
