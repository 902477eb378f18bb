"""Numbers with units: ``"50 um"`` to 5e-5 m, refusing a unit of the wrong dimension.

A unit is a product of powers, ``mol/L``, ``A h m^-2``, ``ohm m^2``, ``1e-14 cm^2/s``; a slash
divides by the one factor (or parenthesis) after it.  Arithmetic is exact until the last
rounding, so that ``"100 nm"`` is the float 1e-07.
"""

import re
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from typing import Literal, TypeAlias

from electrode_model.config.problems import nearest
from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE

__all__ = [
    "C_RATE",
    "CurrentUnit",
    "UnitError",
    "dimension",
    "expected",
    "read",
    "read_current",
    "read_rate",
]

CurrentUnit: TypeAlias = Literal["C-rate", "A/m^2"]

#: The unit label of currents counted in nominal capacities per hour.
C_RATE: Literal["C-rate"] = "C-rate"

Dimension: TypeAlias = tuple[int, ...]  # exponents of m, kg, s, A, K, mol
_Factor: TypeAlias = tuple[Fraction, Dimension]


class UnitError(ValueError):
    """A quantity that cannot be read; the message says what is expected."""


_PREFIXES = {
    **{"f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "d": -1},
    **{"k": 3, "M": 6, "G": 9, "T": 12},
}
_NONE = (0, 0, 0, 0, 0, 0)
_WITH_PREFIX: dict[str, tuple[str, Dimension]] = {
    "m": ("1", (1, 0, 0, 0, 0, 0)),
    "g": ("1e-3", (0, 1, 0, 0, 0, 0)),
    "s": ("1", (0, 0, 1, 0, 0, 0)),
    "A": ("1", (0, 0, 0, 1, 0, 0)),
    "K": ("1", (0, 0, 0, 0, 1, 0)),
    "mol": ("1", (0, 0, 0, 0, 0, 1)),
    "L": ("1e-3", (3, 0, 0, 0, 0, 0)),
    "M": ("1e3", (-3, 0, 0, 0, 0, 1)),
    "Hz": ("1", (0, 0, -1, 0, 0, 0)),
    "N": ("1", (1, 1, -2, 0, 0, 0)),
    "Pa": ("1", (-1, 1, -2, 0, 0, 0)),
    "bar": ("1e5", (-1, 1, -2, 0, 0, 0)),
    "J": ("1", (2, 1, -2, 0, 0, 0)),
    "eV": (str(ELEMENTARY_CHARGE), (2, 1, -2, 0, 0, 0)),
    "W": ("1", (2, 1, -3, 0, 0, 0)),
    "Wh": ("3600", (2, 1, -2, 0, 0, 0)),
    "C": ("1", (0, 0, 1, 1, 0, 0)),
    "Ah": ("3600", (0, 0, 1, 1, 0, 0)),
    "V": ("1", (2, 1, -3, -1, 0, 0)),
    "ohm": ("1", (2, 1, -3, -2, 0, 0)),
    "S": ("1", (-2, -1, 3, 2, 0, 0)),
    "F": ("1", (-2, -1, 4, 2, 0, 0)),
}
_AS_IT_IS: dict[str, tuple[str, Dimension]] = {
    "%": ("1e-2", _NONE),
    "min": ("60", (0, 0, 1, 0, 0, 0)),
    "h": ("3600", (0, 0, 1, 0, 0, 0)),
    "day": ("86400", (0, 0, 1, 0, 0, 0)),
    "angstrom": ("1e-10", (1, 0, 0, 0, 0, 0)),
    "micron": ("1e-6", (1, 0, 0, 0, 0, 0)),
}
_THERMAL = "kT"
_CELSIUS = "degC"
_ENERGY = _WITH_PREFIX["J"][1]
_TEMPERATURE = _WITH_PREFIX["K"][1]

#: What to call a dimension and how it may be written, by a unit of that dimension.
_NAMES = {
    "1": ("a plain number", "0.5 or 50 %"),
    "m": ("a length", "50 um"),
    "m^2": ("an area", "1 cm^2"),
    "1/m^3": ("a number per volume", "1.38e28 m^-3"),
    "s": ("a time", "30 min"),
    "1/s": ("a frequency", "1 s^-1"),
    "K": ("a temperature", "298.15 K or 25 degC"),
    "V": ("a voltage", "3.4 V or 50 mV"),
    "V/K": ("a voltage per temperature", "-0.1 mV/K"),
    "J/(m^2 K)": ("a heat capacity per area", "1000 J/(m^2 K)"),
    "W/(m^2 K)": ("a heat transfer coefficient", "10 W/(m^2 K)"),
    "V/s": ("a speed of a voltage", "0.1 mV/s"),
    "J": ("an energy", "4.5 kT or 0.1 eV"),
    "J/m": ("an energy per length", "5e-10 J/m"),
    "J m": ("an energy times length", "1e-30 J m"),
    "J/mol": ("an energy per amount", "30 kJ/mol"),
    "Pa": ("a pressure", "0.19 GPa"),
    "A": ("a current", "1 mA"),
    "C": ("a charge", "1 mAh"),
    "A/m^2": ("a current density", "10 A/m^2 or 1 mA/cm^2"),
    "W/m^2": ("a power per area", "20 W/m^2 or 2 mW/cm^2"),
    "A h/m^2": ("a charge per area", "20 A h/m^2 or 2 mAh/cm^2"),
    "ohm": ("a resistance", "1 ohm"),
    "ohm m^2": ("a resistance times area", "1e-3 ohm m^2"),
    "S/m": ("a conductivity", "1 S/m or 10 mS/cm"),
    "F/m^2": ("a capacitance per area", "0.2 F/m^2"),
    "mol/m^3": ("a concentration", "1 mol/L"),
    "m^2/s": ("a diffusivity", "1e-14 cm^2/s"),
    "kg": ("a mass", "1 g"),
    "kg/m^3": ("a density", "3.6 g/cm^3"),
}

_NUMBER = r"[-+]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
_QUANTITY = re.compile(
    rf"\s*(?P<number>{_NUMBER})(?![\d.,:_]|[eE][-+]?\d)\s*(?P<unit>.*?)\s*", re.ASCII
)
_TOKEN = re.compile(
    r"\s*(?:(?P<symbol>1(?!\d)|%|[A-Za-z]+)(?:(?:\^|\*\*)?(?P<power>[-+]?\d)(?!\d))?"
    r"|(?P<mark>[/*()]))\s*"
)
_RATE = re.compile(rf"\s*(?P<number>{_NUMBER})?\s*C\s*(?:/\s*(?P<hours>{_NUMBER}))?\s*", re.ASCII)
_SIGNED_RATE = re.compile(r"\s*([-+])\s*(C\s*(?:/.*)?)")
_LONGEST = 100  # characters of a quantity

_SPELLINGS = str.maketrans(
    {"µ": "u", "μ": "u", "−": "-", "·": "*", "⋅": "*", "×": "*", "Ω": "ohm", "\u2126": "ohm"}
    | {"Å": "angstrom", "\u212b": "angstrom", "℃": "degC"}
)
_RAISED = re.compile("[⁻⁺⁰¹²³⁴-⁹]+")
_LOWERED = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")


def read(text: str, unit: str, temperature: float | None = None) -> float:
    """The number that ``text`` is in ``unit``; a bare number is in ``unit`` already.

    ``temperature`` [K] gives kT its value.  Raises :class:`UnitError` for text that is no
    number with a unit, for another dimension and for a value that is not finite.
    """
    if unit == C_RATE:
        return read_rate(text)
    number, written = _split(text)
    if not written:
        return _finite(number, text)
    if written == _CELSIUS:
        if dimension(unit) != _TEMPERATURE:
            raise UnitError(f"is {text!r}: a temperature, but {expected(unit)}")
        return _finite(number + Fraction("273.15"), text)
    try:
        factor, given = _parse(written, temperature)
    except UnitError as error:
        raise UnitError(f"is {text!r}, which {error}") from None
    scale, wanted = _parse(unit, temperature)
    if given != wanted:
        raise UnitError(f"is {text!r}: {_name(given)}, but {expected(unit)}")
    return _finite(number * factor / scale, text)


def read_rate(text: str) -> float:
    """A C-rate: ``"1 C"``, ``"0.5C"``, ``"C/20"``, ``"-2C/3"`` or a bare number."""
    text = text.translate(_SPELLINGS)
    signed = _SIGNED_RATE.fullmatch(text)
    if signed:
        return read_rate(f"{signed[1]}1 {signed[2]}")
    match = _RATE.fullmatch(text)
    if match is None or len(text) > _LONGEST:
        number, unit = _split(text)
        if unit:
            raise UnitError(f"is {text!r}, but a C-rate is needed, such as 1 C or C/20")
        return _finite(number, text)
    hours = Fraction(match["hours"] or 1)
    if hours == 0:
        raise UnitError(f"is {text!r}: division by zero; write a C-rate such as C/20")
    return _finite(Fraction(match["number"] or 1) / hours, text)


def read_current(text: str) -> tuple[float, CurrentUnit]:
    """A current as (value, unit), the unit being :data:`C_RATE` or ``A/m^2``."""
    plain = text.translate(_SPELLINGS)
    if _RATE.fullmatch(plain) or _SIGNED_RATE.fullmatch(plain):
        return read_rate(text), C_RATE
    try:
        return read(text, "A/m^2"), "A/m^2"
    except UnitError as error:
        raise UnitError(f"{error}; a C-rate such as 1 C or C/20 will do too") from None


@lru_cache(maxsize=256)
def dimension(unit: str) -> Dimension:
    """Exponents of m, kg, s, A, K and mol in a unit."""
    return _parse(unit, 298.15)[1]  # any temperature: kT is an energy at all of them


def expected(unit: str) -> str:
    """``a length is needed, such as 50 um``, for messages."""
    if unit == C_RATE:
        return "a C-rate is needed, such as 1 C or C/20"
    for known, (name, example) in _NAMES.items():
        if dimension(known) == dimension(unit):
            return f"{name} is needed, such as {example}"
    return f"a quantity in {unit} is needed"


def _name(given: Dimension) -> str:
    for known, (name, _) in _NAMES.items():
        if dimension(known) == given:
            return name
    base = zip(("m", "kg", "s", "A", "K", "mol"), given, strict=True)
    return "a quantity in " + " ".join(f"{unit}^{power}" for unit, power in base if power)


def _finite(number: Fraction, text: str) -> float:
    try:
        value = float(number)
    except OverflowError:
        value = float("inf")
    if not isfinite(value):
        raise UnitError(f"is {text!r}, too large for a number")
    return value


def _split(text: str) -> tuple[Fraction, str]:
    """The number and the unit of a quantity, in plain spelling."""
    if len(text) > _LONGEST:
        raise UnitError(f"is a text of {len(text)} characters; a number with a unit is needed")
    plain = _RAISED.sub(lambda run: "^" + run[0].translate(_LOWERED), text)
    plain = plain.translate(_SPELLINGS).replace("°C", _CELSIUS)
    match = _QUANTITY.fullmatch(plain)
    if match is None:
        raise UnitError(f"is {text!r}, not a number with a unit{_hint(text)}")
    return Fraction(match["number"]), match["unit"]


def _hint(text: str) -> str:
    plain = text.strip().lower().lstrip("+-.")
    if re.match("inf|nan", plain):
        return "; it must be finite"
    if re.fullmatch(r"\d+,\d+.*", plain):
        return "; write a decimal point, not a comma"
    if re.match(r"0\d", plain):
        return "; write it without leading zeros"
    if re.match(r"\d+[:_]\d+", plain):
        return "; write digits only, and a unit such as 90 s"
    return ""


@lru_cache(maxsize=1024)
def _parse(text: str, temperature: float | None) -> _Factor:
    """Factor to SI and dimension of a unit; a recursive descent over its tokens."""
    tokens: list[re.Match[str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnitError(f"has a unit that cannot be read: {text!r}; write for example A/m^2")
        tokens.append(match)
        position = match.end()

    def product(closed_by: str | None) -> _Factor:
        total: _Factor = (Fraction(1), _NONE)
        sign, due, empty = 1, False, True
        while tokens:
            token = tokens.pop(0)
            mark = token["mark"]
            if mark == ")" and closed_by == ")" and not due and not empty:
                return total
            if mark in ("/", "*") and not due and not (mark == "*" and empty):
                sign, due = (-1 if mark == "/" else 1), True
                continue
            if mark and mark != "(":
                break
            factor = product(")") if mark else _symbol(token, text, temperature)
            total = _times(total, factor, sign)
            sign, due, empty = 1, False, False
        else:
            if closed_by is None and not due and not empty:
                return total
        raise UnitError(f"has a unit that cannot be read: {text!r}; write for example A/m^2")

    return product(None)


def _times(one: _Factor, other: _Factor, power: int) -> _Factor:
    exponents = tuple(a + power * b for a, b in zip(one[1], other[1], strict=True))
    return one[0] * other[0] ** power, exponents


def _symbol(token: re.Match[str], text: str, temperature: float | None) -> _Factor:
    base = _lookup(token["symbol"], text, temperature)
    return _times((Fraction(1), _NONE), base, int(token["power"] or 1))


def _lookup(symbol: str, text: str, temperature: float | None) -> _Factor:
    if symbol == "1":
        return Fraction(1), _NONE
    if symbol == _THERMAL:
        if temperature is None:
            raise UnitError("is in kT, which has no value without the cell's temperature")
        return Fraction(str(BOLTZMANN)) * Fraction(temperature), _ENERGY
    if symbol == _CELSIUS:
        raise UnitError(f"has degC within {text!r}; only a temperature by itself is in degC")
    if symbol in _AS_IT_IS:
        factor, exponents = _AS_IT_IS[symbol]
        return Fraction(factor), exponents
    if symbol in _WITH_PREFIX:
        factor, exponents = _WITH_PREFIX[symbol]
        return Fraction(factor), exponents
    if symbol[0] in _PREFIXES and symbol[1:] in _WITH_PREFIX:
        factor, exponents = _WITH_PREFIX[symbol[1:]]
        return Fraction(factor) * Fraction(10) ** _PREFIXES[symbol[0]], exponents
    match = nearest(symbol, [*_WITH_PREFIX, *_AS_IT_IS, _THERMAL, _CELSIUS, *_COMMON])
    raise UnitError(
        f"has an unknown unit {symbol!r}" + (f"; did you mean {match}?" if match else "")
    )


_COMMON = ("um", "nm", "mm", "cm", "mV", "mA", "mAh", "mS", "MPa", "GPa", "kJ", "meV")
