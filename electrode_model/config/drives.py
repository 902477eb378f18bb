"""A drive cycle from a CSV file beside the configuration, written out as numbers in SI."""

from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config import units, yaml_source
from electrode_model.config.courses import COLUMNS, MOST_ROWS
from electrode_model.config.problems import ConfigError, Problem, Refused, listing, show, unknown
from electrode_model.config.reading import read_number
from electrode_model.config.yaml_source import Node
from electrode_model.quantities import Spec

__all__ = ["drive_cycle"]

_OF_FILE = ("file", "unit", "time_unit", "area")  # keys that only a file needs
_BESIDE = ("interpolation", "scale", "repeat", "discharge_positive")
_TOTAL = {"current": "A", "power": "W"}  # unit of a column where the area is given
_AREA = Spec("m^2", "area of the cell", above=0.0)


def drive_cycle(node: Node, folder: Path, problems: list[Problem]) -> Node | None:
    """The section of a drive cycle, from a file sought in ``folder`` or as it is written.

    None where the file or a key that belongs to it cannot be read; ``problems`` then say why.
    """
    if not isinstance(node.value, dict):
        example = "{file: us06.csv, time: 'Time [s]', current: 'Current [A.m-2]'}"
        problems.append(node.problem(f"is {show(node.plain())}; write for example {example}"))
        return None
    allowed = ["name", "time", *COLUMNS, *_BESIDE, *_OF_FILE]
    wrong = [
        child.problem(unknown(k, allowed)) for k, child in node.value.items() if k not in allowed
    ]
    if not wrong and "file" not in node.value:
        wrong = [
            node.value[key].problem("goes with 'file'; numbers in the configuration have units")
            for key in _OF_FILE
            if key in node.value
        ]
    if not wrong and "file" in node.value:
        try:
            return _from_file(node, folder)
        except ConfigError as error:
            wrong = list(error.problems)
    problems += wrong
    return None if wrong else node


def _from_file(node: Node, folder: Path) -> Node:
    """The numbers of the two columns named; raises ConfigError."""
    given = [key for key in COLUMNS if key in node.value]
    if len(given) != 1 or "time" not in node.value:
        message = f"needs 'time' and one of {', '.join(COLUMNS)}, the names of two columns"
        raise ConfigError([node.problem(message)])
    key, file = given[0], node.value["file"]
    factors = {"time": _factor(node, "time_unit", "s"), key: _value_factor(node, key)}
    if not isinstance(file.value, str):
        raise ConfigError([file.problem(f"is {show(file.plain())}; the name of a file is needed")])
    path = folder / file.value
    try:
        text = yaml_source.read_text(path)
    except ConfigError as error:
        raise ConfigError([file.problem(f"names a table: {p}") for p in error.problems]) from None
    table = _table(text, path, {name: node.value[name] for name in factors})
    written: dict[str, Any] = {name: node.value[name] for name in _BESIDE if name in node.value}
    written["name"] = node.value.get("name", file.holding(path.name))
    for name, numbers in table.items():
        column = " ".join(map(repr, (factors[name] * numbers).tolist()))
        written[name] = node.value[name].holding(column)
    return node.holding(written)


def _value_factor(node: Node, key: str) -> float:
    """What a number of the column is worth in the unit of its sort."""
    unit, area = COLUMNS[key][1].unit, node.get("area")
    if key in ("rate", "voltage") and area is not None:
        raise ConfigError([area.problem(f"divides a current or a power, not a {key}; remove it")])
    if key == "rate":
        if "unit" in node.value:
            raise ConfigError([node.value["unit"].problem("is not needed of C-rates; remove it")])
        return 1.0
    if area is None:
        return _factor(node, "unit", unit)
    try:
        size = read_number(area.value, _AREA)
    except Refused as error:
        raise ConfigError([area.problem(str(error))]) from None
    return _factor(node, "unit", _TOTAL[key]) / size


def _factor(node: Node, key: str, unit: str) -> float:
    """A column's own unit, if it is given, in ``unit``."""
    own = node.get(key)
    if own is None:
        return 1.0
    try:
        if not isinstance(own.value, str):
            raise units.UnitError(f"is {show(own.plain())}; a unit is needed, such as {unit}")
        return units.read(f"1 {own.value}", unit)
    except units.UnitError as error:
        hint = "; with 'area' the column may hold the whole cell's" if unit[1:] == "/m^2" else ""
        raise ConfigError([own.problem(f"{error}{hint}")]) from None


def _table(text: str, path: Path, columns: dict[str, Node]) -> dict[str, np.ndarray]:
    """The columns by key; raises ConfigError with the lines of the file that are no numbers."""
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise ConfigError([Problem(str(path), 1, "", "is empty; a line of names is needed")])
    mark = next((m for m in (";", "\t") if m in lines[0][1]), ",")
    names = [cell.strip().strip('"') for cell in lines[0][1].split(mark)]
    places = {}
    for key, node in columns.items():
        if node.value not in names:
            fault = node.problem(f"is {show(node.plain())}, no column of {path}")
            hint = unknown(node.value, names).removeprefix("is unknown")
            raise ConfigError([Problem(fault.file, fault.line, fault.key, fault.message + hint)])
        places[key] = names.index(node.value)
    if len(lines) - 1 > MOST_ROWS:
        message = f"has {len(lines) - 1} rows; at most {MOST_ROWS} are read"
        raise ConfigError([Problem(str(path), 0, "", message)])
    found: dict[str, list[float]] = {key: [] for key in columns}
    problems = []
    for number, line in lines[1:]:
        cells = line.split(mark)
        try:
            for key, place in places.items():
                found[key].append(float(cells[place]))
        except (ValueError, IndexError):
            text = f"has no numbers in {listing(names[k] for k in places.values())}"
            problems.append(Problem(str(path), number, "", f"{text}: {line.strip()[:60]!r}"))
    if problems:
        raise ConfigError(problems)
    return {key: np.array(values) for key, values in found.items()}
