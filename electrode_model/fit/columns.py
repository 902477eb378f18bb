"""What the columns of a cycler's table hold: names and units, read from its headers.

Known are the headers of the Battery Data Format (``Test Time / s``, ``test_time_second``), of
PyBaMM, BPX and our own ``timeseries.csv`` (``Voltage [V]``), of BioLogic (``Ewe/V``,
``<I>/mA``), of Neware and Arbin (``Current(mA)``), names with their unit at the end
(``capacity_mAh_g``), and plain names, which are then in s, V and A.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from electrode_model.config import units
from electrode_model.config.problems import ConfigError, Problem, listing, show, unknown

__all__ = ["QUANTITIES", "Column", "is_unit", "read_columns", "split_header"]

#: Quantity -> units in which its column may be; the first is taken where nothing is said.
QUANTITIES: Mapping[str, tuple[str, ...]] = {
    "time": ("s",),
    "voltage": ("V",),
    "current": ("A", "A/m^2", "A/kg", units.C_RATE),
    "capacity": ("A h", "A h/m^2", "A h/kg", "1"),
    "rate": (units.C_RATE,),
    "temperature": ("K",),
    "voltage_start": ("V",),
    "voltage_end": ("V",),
    "duration": ("s",),
}

#: A column of clock times, such as 1:30:00.
CLOCK = "h:min:s"

#: Names by which a quantity is known, without case and signs; earlier ones are preferred.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "time": ("test time", "total time", "elapsed time", "time", "t", "zeit"),
    "voltage": (
        *("voltage", "voltage exp", "voltage measured", "terminal voltage", "cell voltage"),
        *("battery voltage", "ewe", "ecell", "potential", "u", "v", "e", "spannung"),
    ),
    "current": ("current", "current density", "cell current", "i", "strom"),
    "capacity": (
        *("capacity", "discharge capacity", "net capacity", "specific capacity"),
        *("areal capacity", "cumulative capacity", "q charge discharge", "q qo", "q"),
    ),
    "rate": ("c rate", "crate", "rate"),
    "temperature": (
        *("temperature", "cell temperature", "surface temperature t1", "temperature t1"),
        *("ambient temperature", "t1"),
    ),
    "voltage_start": ("v start", "voltage start", "start voltage"),
    "voltage_end": ("v end", "voltage end", "end voltage"),
    "duration": ("duration", "discharge time"),
}
#: Names of columns that count in parts of a whole capacity.
_PARTS = (
    *("normalized capacity", "normalised capacity", "stoichiometry", "cathode stoichiometry"),
    *("filling", "filling fraction", "positive filling fraction", "soc", "dod", "x", "x li"),
)
#: Words of columns that are not what was measured.
_NOT_MEASURED = frozenset(
    (
        *("published", "model", "sim", "simulated", "fit", "control", "set", "step", "open"),
        *("max", "min", "start", "end", "mean", "average", "avg", "ocv", "ocp"),
    )
)

_BRACKET = re.compile(r"(?P<name>.*?)[\s_]*[\[(](?P<unit>[^\[\]()]*)[\])]\s*", re.DOTALL)
_WORDS = {
    **dict.fromkeys(("second", "seconds", "sec", "secs"), "s"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs"), "h"),
    **dict.fromkeys(("minute", "minutes", "mins"), "min"),
    **dict.fromkeys(("volt", "volts"), "V"),
    **dict.fromkeys(("millivolt", "millivolts"), "mV"),
    **dict.fromkeys(("ampere", "amperes", "amp", "amps"), "A"),
    **dict.fromkeys(("milliampere", "milliamperes", "milliamp"), "mA"),
    **dict.fromkeys(("celsius", "°c", "℃", "degc", "deg c", "oc"), "degC"),
    **{"kelvin": "K", "mah": "mAh", "ah": "Ah", "c-rate": units.C_RATE},
}


@dataclass(frozen=True)
class Column:
    """A quantity in a table: ``value = factor * number + offset`` in the unit ``si``."""

    quantity: str
    header: str
    place: int  # from 0
    unit: str  # as the header or the user writes it; "" where nothing says it
    si: str  # one of QUANTITIES[quantity]
    factor: float = 1.0
    offset: float = 0.0

    @property
    def clock(self) -> bool:
        """Whether the cells are clock times."""
        return self.unit == CLOCK


def split_header(text: str) -> tuple[str, str]:
    """Name and unit of a header, ``"Test Time / s"`` as ("Test Time", "s"); "" for no unit."""
    text = text.strip().strip('"').strip()
    bracket = _BRACKET.fullmatch(text)
    if bracket and (unit := _unit(bracket["unit"])):
        return bracket["name"].strip(), unit
    for match in re.finditer("/", text):
        name, unit = text[: match.start()].strip(), _unit(text[match.end() :])
        if name and unit:
            return name, unit
    words = re.split(r"[_\s]+", text)
    for count in (2, 1):  # capacity_mAh_g, then voltage_V
        unit = _unit("/".join(words[-count:])) if len(words) > count else ""
        if unit:
            return " ".join(words[:-count]), unit
    return text, ""


def is_unit(text: str) -> bool:
    """Whether a text is a unit alone."""
    return bool(_unit(text))


def read_columns(
    file: str,
    line: int,
    headers: Sequence[str],
    given: Mapping[str, str | int],
    given_units: Mapping[str, str],
) -> dict[str, Column]:
    """The columns by quantity, those ``given`` by header or number and those known by name.

    Raises ConfigError with what is not found, unclear or in a unit of another sort.
    """
    problems: list[Problem] = []
    split = [split_header(text) for text in headers]
    found: dict[str, Column] = {}
    for quantity in QUANTITIES:
        try:
            place = _place(quantity, headers, split, given)
            if place is None:
                continue
            name, unit = split[place]
            own = given_units.get(quantity)
            if own is not None:
                unit = _unit(own, quantity)
                if not unit:
                    raise ValueError(_bad_unit(quantity, own))
            parts = quantity == "capacity" and not unit and _plain(name) in _PARTS
            header = headers[place].strip()
            found[quantity] = _column(quantity, header, place, "1" if parts else unit)
        except ValueError as error:
            problems.append(Problem(file, line, "", str(error)))
    for quantity, own in given_units.items():
        if quantity not in found and not problems:
            text = f"has no column of {quantity}, whose unit is given as {own!r}; columns are"
            problems.append(Problem(file, line, "", f"{text} {listing(headers)}"))
    if problems:
        raise ConfigError(problems)
    return found


def _place(
    quantity: str,
    headers: Sequence[str],
    split: Sequence[tuple[str, str]],
    given: Mapping[str, str | int],
) -> int | None:
    """Number of the column of a quantity; None where there is none.  Raises ValueError."""
    stripped = [text.strip() for text in headers]
    own = given.get(quantity)
    if isinstance(own, int):
        if not 1 <= own <= len(headers):
            raise ValueError(f"has {len(headers)} columns, but columns.{quantity} is {own}")
        return own - 1
    if own is not None:
        if own.strip() not in stripped:
            message = unknown(own, stripped).removeprefix("is unknown")
            raise ValueError(f"has no column {show(own)} (columns.{quantity}){message}")
        return stripped.index(own.strip())
    taken = {name.strip() for name in given.values() if isinstance(name, str)}
    fitting = [
        (place, _plain(name))
        for place, (name, unit) in enumerate(split)
        if stripped[place] not in taken and (not unit or _fits(quantity, unit))
    ]
    names = [*_NAMES[quantity], *(_PARTS if quantity == "capacity" else ())]
    for known in names:
        places = [place for place, name in fitting if name == known]
        if len(places) > 1:
            raise ValueError(_unclear(quantity, [stripped[place] for place in places]))
        if places:
            return places[0]
    if quantity not in ("voltage", "current"):
        return None
    near = [
        place
        for place, name in fitting
        if quantity in name.split() and not _NOT_MEASURED & set(name.split())
    ]
    if len(near) > 1:
        raise ValueError(_unclear(quantity, [stripped[place] for place in near]))
    return near[0] if near else None


def _unclear(quantity: str, names: Sequence[str]) -> str:
    text = f"has {len(names)} columns that may be the {quantity}: {listing(names)}"
    return f"{text}; write which, such as columns: {{{quantity}: {names[0]!r}}}"


def _column(quantity: str, header: str, place: int, unit: str) -> Column:
    """The column with its way to SI; raises ValueError for a unit of another sort."""
    allowed = QUANTITIES[quantity]
    if unit == CLOCK and quantity in ("time", "duration"):
        return Column(quantity, header, place, CLOCK, "s")
    if unit in ("", "1") and "1" in allowed and unit:
        return Column(quantity, header, place, unit, "1")
    if not unit:
        return Column(quantity, header, place, "", allowed[0])
    if quantity == "temperature" and unit in ("degC", "C"):
        return Column(quantity, header, place, "degC", "K", 1.0, 273.15)
    if units.C_RATE in allowed and unit in ("C", units.C_RATE):
        return Column(quantity, header, place, units.C_RATE, units.C_RATE)
    for si in allowed:
        if si != units.C_RATE and _same(unit, si):
            return Column(quantity, header, place, unit, si, units.read(f"1 {unit}", si))
    raise ValueError(_bad_unit(quantity, unit))


def _bad_unit(quantity: str, unit: str) -> str:
    allowed = ["h:min:s"] if quantity == "time" else []
    example = {"time": "h", "voltage": "mV", "current": "mA", "capacity": "mAh"}.get(quantity)
    text = f"has its {quantity} in {unit!r}, no unit of it; allowed are units such as"
    cure = f"; write for example units: {{{quantity}: {example}}}" if example else ""
    return f"{text} {listing([*QUANTITIES[quantity], *allowed])}{cure}"


def _fits(quantity: str, unit: str) -> bool:
    try:
        _column(quantity, "", 0, unit)
    except ValueError:
        return False
    return True


def _plain(name: str) -> str:
    """Lower case, words with one blank between them."""
    return " ".join(re.findall(r"[a-z0-9]+", name.lower()))


def _unit(text: str, quantity: str = "") -> str:
    """A unit as :mod:`~electrode_model.config.units` writes it; "" for what is no unit."""
    text = text.strip()
    if ":" in text or text.lower() == "clock":
        return CLOCK if re.fullmatch(r"[hms.:in]+|clock", text.lower()) else ""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text == "1":
        return "1"
    if quantity in ("current", "rate") and text == "C":
        return units.C_RATE
    for spelled in _spellings(text):
        try:
            units.dimension(spelled)
        except (units.UnitError, ValueError):
            continue
        return spelled
    return ""


def _spellings(text: str) -> Iterator[str]:
    """The text with its products written by blanks, its micro by u, its degrees by degC."""
    plain = text.replace("²", "2").replace("µ", "u").replace("μ", "u").replace("^", "")
    if not plain or len(plain) > 20:
        return
    yield re.sub(r"\s*[.·*]\s*", " ", plain)
    yield "/".join(_WORDS.get(part.lower(), part) for part in plain.split("/"))


def _same(one: str, other: str) -> bool:
    try:
        return units.dimension(one) == units.dimension(other)
    except units.UnitError:
        return False
