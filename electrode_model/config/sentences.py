"""Steps of a protocol as battery people say them: ``Discharge at C/2 until 2.5 V``.

A sentence is turned into the keys of a step, with quantities left as they were written; the
step's own checks read them.  Understood, in any case:

    Discharge|Charge at CURRENT [for TIME] [until STOP [or STOP ...]]
    Discharge|Charge at POWER ...
    Hold at VOLTAGE [for TIME] [until STOP ...]
    Rest [for TIME] [until STOP ...]
    Ramp to CURRENT|POWER|VOLTAGE in TIME [for TIME] [until STOP ...]
    Sweep [from VOLTAGE] to VOLTAGE at SPEED [until STOP ...]

The current and power of a ramp have a sign: positive on discharge.
A stop is a voltage, a C-rate or current (its size), a time, a charge per area, or
``filling 0.5``, ``surface filling 0.2``.
"""

import re
from collections.abc import Mapping
from typing import Any

from electrode_model.config import units
from electrode_model.config.problems import Refused, listing, nearest, show

__all__ = ["EXAMPLE", "read_sentence"]

EXAMPLE = "'Discharge at C/2 until 2.5 V', 'Hold at 3.8 V until C/50' or 'Rest for 1 hour'"

_VERBS = ("discharge", "charge", "hold", "rest", "ramp", "sweep")
_SHAPE = re.compile(
    r"\s*(?P<verb>[A-Za-z]+)(?:\s+from\s+(?P<start>.+?))?(?:\s+to\s+(?P<to>.+?))?"
    r"(?:\s+in\s+(?P<ramp>.+?))?(?:\s+at\s+(?P<at>.+?))?(?:\s+for\s+(?P<time>.+?))?"
    r"(?:\s*,?\s*(?:or\s+)?until\s+(?P<until>.+?))?\s*\.?\s*",
    re.IGNORECASE,
)
_WORDS = {
    r"hours?|hrs?": "h",
    r"minutes?|mins?": "min",
    r"seconds?|secs?": "s",
    r"days?": "day",
    r"volts?": "V",
    r"amperes?|amps?": "A",
    r"watts?": "W",
}
_FILLING = re.compile(r"(surface\s+)?filling\s+(.+)", re.IGNORECASE)

#: Stops by the unit that their text can be read in; the first that fits counts.
_STOPS: Mapping[str, str] = {
    "V": "voltage",
    "s": "time",
    "A h/m^2": "capacity",
    "A/m^2": "current",
    units.C_RATE: "rate",
}


def read_sentence(text: str) -> dict[str, Any]:
    """The step that a sentence says, as the mapping that stands for it in a file.

    Raises Refused with what was not understood and how to say it.
    """
    found = _SHAPE.fullmatch(text)
    verb = found["verb"].lower() if found else ""
    if found is None or verb not in _VERBS:
        match = nearest(text.split()[0] if text.split() else "", _VERBS)
        hint = f"did you mean {match}? " if match else ""
        raise Refused(f"is {show(text)}, no step; {hint}write {EXAMPLE}, or a mapping")
    step = _action(text, verb, {name: found[name] for name in ("start", "to", "ramp", "at")})
    until: dict[str, str] = {}
    if found["time"]:
        until["time"] = _plain(found["time"])
    for stop in re.split(r"\s+or\s+(?:for\s+|until\s+)?", found["until"] or "", flags=re.I):
        if stop:
            key, value = _stop(text, stop)
            if key in until:
                raise Refused(
                    f"is {show(text)}, which gives two stops of one sort, {key}; keep one"
                )
            until[key] = value
    return {**step, **({"until": until} if until else {})}


#: What each verb must have, and what it may have beside; an example of it.
_SHAPES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "discharge": (("at",), (), "Discharge at C/2 until 2.5 V"),
    "charge": (("at",), (), "Charge at C/2 until 4.2 V"),
    "hold": (("at",), (), "Hold at 3.8 V until C/50"),
    "rest": ((), (), "Rest for 1 hour"),
    "ramp": (("to", "ramp"), (), "Ramp to C/2 in 10 s until 2.5 V"),
    "sweep": (("to", "at"), ("start",), "Sweep from 3 V to 4 V at 0.1 mV/s"),
}
_SAID = {"at": "at", "to": "to", "ramp": "in", "start": "from"}


def _action(text: str, verb: str, said: Mapping[str, str | None]) -> dict[str, Any]:
    """What a verb does, with what was ``said`` after at, to, in and from."""
    needed, others, example = _SHAPES[verb]
    given = {name: _plain(value) for name, value in said.items() if value}
    if verb == "rest" and "at" in given:
        raise Refused(f"is {show(text)}; a rest is at nothing, write '{example}'")
    for name in needed:
        if name not in given:
            what = "at what" if name == "at" else f"'{_SAID[name]}' what"
            raise Refused(f"is {show(text)}, which says not {what}; write '{example}'")
    for name in given:
        if name not in (*needed, *others):
            word = f"'{_SAID[name]}' does not go with '{verb}'"
            raise Refused(f"is {show(text)}; {word}, write '{example}'")
    if verb == "rest":
        return {"rest": {}}
    if verb == "ramp":
        return {_quantity(given["to"]): given["to"], "ramp": given["ramp"]}
    if verb == "sweep":
        start = {"from": given["start"]} if "start" in given else {}
        return {"voltage": {**start, "to": given["to"], "rate": given["at"]}}
    value = given["at"]
    if verb == "hold":
        return {"voltage": value}
    if value.startswith(("-", "+")):
        raise Refused(f"is {show(text)}; the direction is in '{verb}', write no sign")
    key = "power" if _is(value, "W/m^2") else "current"
    return {key: value if verb == "discharge" else f"-{value}"}


def _quantity(value: str) -> str:
    """What a set point controls, by its unit."""
    return next((k for k, u in (("voltage", "V"), ("power", "W/m^2")) if _is(value, u)), "current")


def _stop(text: str, stop: str) -> tuple[str, str]:
    filling = _FILLING.fullmatch(stop.strip())
    if filling:
        return ("surface_filling" if filling[1] else "filling"), _plain(filling[2])
    value = _plain(stop)
    for unit, key in _STOPS.items():
        if _is(value, unit):
            return key, value
    allowed = listing([*_STOPS.values(), "filling", "surface filling"])
    raise Refused(f"is {show(text)}; {show(stop)} is no stop, allowed: a {allowed}")


def _plain(text: str) -> str:
    """A quantity with the names of its units in short: ``1 hour`` as ``1 h``."""
    for words, unit in _WORDS.items():
        text = re.sub(rf"(?<=[\d\s])({words})\b", unit, text.strip(), flags=re.IGNORECASE)
    return text


def _is(text: str, unit: str) -> bool:
    """Whether a text is a quantity of this unit; a bare number is of none."""
    if re.fullmatch(r"[-+\d.eE\s]+", text):
        return False
    try:
        units.read(text, unit)
    except units.UnitError:
        return False
    return True
