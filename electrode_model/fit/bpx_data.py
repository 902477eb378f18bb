"""The measured curves inside a BPX file: lists below ``Validation``, one entry for each test.

Battery Parameter eXchange (https://bpxstandard.com): every test has ``Time [s]``,
``Current [A]``, ``Voltage [V]`` and perhaps ``Temperature [K]``, lists of one length, of the whole
cell, whose area is that of one pair of electrodes times their number.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.problems import ConfigError, Problem, listing, not_among, show

__all__ = ["BPX", "Test", "area_of", "checked_test", "read_tests"]

#: Ending of the names of BPX files.
BPX = ".json"

Array = np.ndarray[Any, np.dtype[np.float64]]
#: Columns of one test by their headers, with the line of the file that each begins in.
Test = Mapping[str, tuple[int, Array]]

_NEEDED = ("Time [s]", "Current [A]", "Voltage [V]")
_KNOWN = (*_NEEDED, "Temperature [K]")
_AREA = "Electrode area [m2]"
_PAIRS = "Number of electrode pairs connected in parallel to make a cell"
_CSV = "or write its lists as columns of a CSV file"


def read_tests(path: Path, text: str) -> tuple[dict[str, Test], float | None]:
    """The tests of a BPX file by name, and the area [m^2] of its cell, None where it is not said.

    Raises ConfigError with line, key, value and cure.
    """
    content = _content(path, text)
    tests = content.get("Validation")
    if tests is None:
        cure = f"name the file of a measured curve, {_CSV}"
        has = listing(content) if content else "nothing"
        raise _error(path, 0, "", f"is JSON without a section Validation, it has {has}; {cure}")
    if not isinstance(tests, dict) or not tests:
        line = _line(text, "Validation")
        example = '{"1C discharge": {"Time [s]": [...], "Current [A]": [...], ...}}'
        raise _error(path, line, "Validation", f"is {show(tests)}; tests by name are needed, such"
                     f" as {example}")  # fmt: skip
    problems: list[Problem] = []
    found: dict[str, Test] = {}
    for name, lists in tests.items():
        faults = list(_faults(name, lists))
        problems += [
            Problem(str(path), _line(text, name, key), f"Validation.{name}{key and '.' + key}", why)
            for key, why in faults
        ]
        if not faults:
            found[name] = {
                key: (_line(text, name, key), np.array(lists[key], dtype=np.float64))
                for key in _KNOWN
                if key in lists
            }
    if problems:
        raise ConfigError(problems)
    return found, area_of(content)


def area_of(content: Mapping[str, Any]) -> float | None:
    """Area of all electrode pairs [m^2]."""
    cell = content.get("Parameterisation")
    cell = cell.get("Cell") if isinstance(cell, dict) else None
    if not isinstance(cell, dict):
        return None
    area: Any = cell.get(_AREA)
    pairs: Any = cell.get(_PAIRS, 1)
    if not all(_is_number(value) and value > 0 for value in (area, pairs)):
        return None
    return float(area) * float(pairs)


def _content(path: Path, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise _error(path, error.lineno, "", f"is no JSON: {error.msg}; export it anew") from None
    except RecursionError:
        raise _error(path, 0, "", "is nested too deeply to be a BPX file; export it anew") from None
    if not isinstance(content, dict):
        text = f"is JSON, but no BPX file: its top is {show(content)}, not sections by name"
        raise _error(path, 1, "", f"{text}; name a BPX file, {_CSV}")
    return content


def _faults(name: str, lists: Any) -> Iterator[tuple[str, str]]:
    """Faults of one test: the key of a list, "" of the test, and what is wrong with it."""
    if not isinstance(lists, dict):
        yield "", f"is {show(lists)}; the lists {listing(_NEEDED)} are needed"
        return
    sizes = {}
    for key in _KNOWN:
        if key not in lists:
            if key in _NEEDED:
                has = listing(lists) if lists else "no list"
                yield "", f"has no list {key!r}; it has {has}: write one, or remove the test"
            continue
        values = lists[key]
        if not isinstance(values, list) or not values:
            yield key, f"is {show(values)}; a list of numbers is needed, one for each time"
            continue
        wrong = next((k for k, v in enumerate(values) if v is not None and not _is_number(v)), None)
        if wrong is not None:
            what = f"has {show(values[wrong])} as value {wrong + 1} of {len(values)}"
            yield key, f"{what}; a number is needed, or null for a missing one"
        sizes[key] = len(values)
    first = next((key for key in _NEEDED if key in sizes), None)
    for key, size in sizes.items():
        if first is not None and size != sizes[first]:
            text = f"has {size} values, but {first} has {sizes[first]}"
            yield key, f"{text}; lists of one length are needed: correct the file"


def checked_test(path: Path, name: str, known: Mapping[str, object] | None = None) -> None:
    """Raise ConfigError for a test that is not ``known``, or of a file that has none."""
    if name and path.suffix.lower() != BPX:
        text = f"is {show(name)}, but the file is no BPX file ({BPX})"
        raise _error(path, 0, "test", f"{text}; remove the key, or name the BPX file")
    if name and known is not None and name not in known:
        raise _error(path, 0, "test", not_among(name, list(known), "test of the file"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _line(text: str, *keys: str) -> int:
    """The line where the last of the keys stands, each sought after the one before; 0 unknown."""
    place = 0
    for key in keys:
        found = text.find(json.dumps(key, ensure_ascii=False), place) if key else place
        if found < 0:
            break
        place = found
    return text.count("\n", 0, place) + 1 if place else 0


def _error(path: Path, line: int, key: str, message: str) -> ConfigError:
    return ConfigError([Problem(str(path), line, key, message)])
