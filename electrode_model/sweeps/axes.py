"""The axes of a sweep: lists, ranges, tables of cases, and how they are combined.

A case is a set of settings, pairs of a path and a value.  An axis has the settings to choose
from; a line of a table has several at once.
"""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import Field, StrictBool, ValidationError, model_validator

from electrode_model.config import yaml_source
from electrode_model.config.fields import Quantity, Section, checked
from electrode_model.config.load import problems_of
from electrode_model.config.problems import ConfigError, Location, Problem, listing, show
from electrode_model.config.yaml_source import Node

__all__ = [
    "Axis",
    "Settings",
    "hypercube",
    "joined",
    "read_axes",
    "read_cases",
    "read_range",
    "split",
]

Settings: TypeAlias = Mapping[str, Node]

_MOST_VALUES = 100_000
_DIGITS = 9  # of a value that is computed
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")


@dataclass(frozen=True)
class Range:
    """From one number to another, with a unit."""

    low: float
    high: float
    unit: str  # "" for bare numbers
    log: bool
    whole: bool
    node: Node  # where it was written
    path: str

    def at(self, shares: np.ndarray) -> tuple[Settings, ...]:
        """Settings at shares 0 .. 1 of the way; equal whole numbers once."""
        if self.log:
            values = self.low * (self.high / self.low) ** shares
        else:
            values = self.low + (self.high - self.low) * shares
        numbers = [float(f"{value:.{_DIGITS}g}") for value in values]
        if self.whole:
            numbers = [round(number) for number in numbers]
        return tuple({self.path: self._node(number)} for number in numbers)

    def _node(self, number: float) -> Node:
        value = f"{number!r} {self.unit}" if self.unit else number
        return Node(value, tuple(self.path.split(".")), self.node.file, self.node.line)


@dataclass(frozen=True)
class Axis:
    """One direction of a sweep: settings to choose from, or a range to draw from."""

    paths: tuple[str, ...]
    values: tuple[Settings, ...]  # () for a range without a count
    span: Range | None = None

    def drawn(self, shares: np.ndarray) -> tuple[Settings, ...]:
        """Settings at shares 0 .. 1 of the way: of a range anywhere, of a list one of it."""
        if self.span is not None:
            return self.span.at(shares)
        places = np.minimum((shares * len(self.values)).astype(int), len(self.values) - 1)
        return tuple(self.values[place] for place in places)


class _Written(Section):
    """A range as one writes it."""

    start: Any = Field(alias="from", description="first value")
    to: Any = Field(description="last value")
    count: Annotated[
        int | None, Quantity("1", "number of values", at_least=2, at_most=_MOST_VALUES)
    ] = None
    spacing: Literal["linear", "log"] = Field(default="linear", description="of the values")
    whole: StrictBool = Field(default=False, description="rounded to whole numbers")

    @model_validator(mode="after")
    def _check(self) -> "_Written":
        faults: list[tuple[Location, str]] = []
        ends = {"from": split(self.start), "to": split(self.to)}
        for key, written in (("from", self.start), ("to", self.to)):
            if ends[key] is None:
                text = f"is {show(written)}; a number with or without a unit is needed, such as"
                faults.append(((key,), f"{text} 5 nm, 280 K or 0.1 C"))
        if not faults:
            (low, one), (high, other) = ends["from"] or (0.0, ""), ends["to"] or (0.0, "")
            if one != other:
                text = f"is {show(self.to)}, and 'from' is {show(self.start)}"
                faults.append((("to",), f"{text}; write both in one unit"))
            elif low == high:
                text = f"is {show(self.to)}, as 'from' is; write another value"
                faults.append((("to",), f"{text}, or a list with the one"))
            elif self.spacing == "log" and low * high <= 0:
                text = f"is {show(self.to)}, and 'from' is {show(self.start)}; a range in the"
                faults.append((("to",), f"{text} logarithm does not reach 0"))
            if self.whole and one:
                text = f"is {show(self.start)}; a range of whole numbers has no unit"
                faults.append((("from",), text))
        return checked(self, faults)


def read_axes(node: Node, counted: bool) -> list[Axis]:
    """The axes of the mapping at ``node``; raises ConfigError with all that is wrong.

    ``counted``: whether ranges need a count.
    """
    axes: list[Axis] = []
    problems: list[Problem] = []
    for path, below in (node.value or {}).items():
        try:
            axes.append(_axis(path, below, counted))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return axes


def _axis(path: str, node: Node, counted: bool) -> Axis:
    if not all(path.split(".")):
        example = "write a path of the configuration, such as positive.particles.size.std"
        raise ConfigError([node.problem(f"has an empty key; {example}")])
    if isinstance(node.value, dict):
        return read_range(path, node, counted)
    if not isinstance(node.value, tuple):
        text = f"is {show(node.value)}; write a list of values, or {{from: ..., to: ..., count: 5}}"
        raise ConfigError([node.problem(text)])
    if not node.value:
        raise ConfigError([node.problem("has no values; write a list such as [1, 2, 3]")])
    seen: dict[str, int] = {}
    for place, item in enumerate(node.value):
        first = seen.setdefault(repr(item.plain()), place)
        if first != place:
            text = f"is {show(item.plain())}, as value {first} is; write each once"
            raise ConfigError([item.problem(text)])
    return Axis((path,), tuple({path: joined(path, item)} for item in node.value))


def read_range(path: str, node: Node, counted: bool) -> Axis:
    """The axis of a range; raises ConfigError."""
    try:
        written = _Written.model_validate(node.plain())
    except ValidationError as error:
        raise ConfigError(problems_of(error, node, _Written)) from None
    if counted and written.count is None:
        text = "is missing; write how many values the range has, such as count: 5"
        raise ConfigError([node.problem(text, "count")])
    if not counted and written.count is not None:
        text = f"is {written.count}, but a Latin hypercube draws as many values as it has samples"
        raise ConfigError([node.value["count"].problem(f"{text}; remove it")])
    (low, unit), (high, _) = split(written.start) or (0.0, ""), split(written.to) or (0.0, "")
    log = written.spacing == "log"
    span = Range(low, high, unit, log, written.whole or _whole(written), node, path)
    values = span.at(np.linspace(0, 1, written.count)) if written.count else ()
    unique = {repr(setting[path].value): setting for setting in values}
    return Axis((path,), tuple(unique.values()), span)


def _whole(written: _Written) -> bool:
    """Whether an evenly spaced range between whole numbers hits whole numbers only."""
    ends = written.start, written.to
    if written.spacing == "log" or written.count is None or {type(end) for end in ends} != {int}:
        return False
    return (written.to - written.start) % (written.count - 1) == 0


def split(written: object) -> tuple[float, str] | None:
    """Number and unit of ``"5 nm"`` or 5; None for anything else."""
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        return None
    match = _NUMBER.fullmatch(str(written))
    if match is None or not math.isfinite(float(match[1])):
        return None
    return float(match[1]), match[2]


def joined(path: str, node: Node) -> Node:
    """A value as it stands at a path of the configuration, with the place it was written at."""
    return _moved(node, tuple(path.split(".")))


def _moved(node: Node, path: Location) -> Node:
    value = node.value
    if isinstance(value, dict):
        value = {key: _moved(below, (*path, key)) for key, below in value.items()}
    elif isinstance(value, tuple):
        value = tuple(_moved(below, (*path, k)) for k, below in enumerate(value))
    return Node(value, path, node.file, node.line)


def read_cases(path: Path) -> Axis:
    """The cases of a CSV file: paths in its header, perhaps with "[unit]"; an empty cell: as base.

    Raises ConfigError.
    """
    text, name = yaml_source.read_text(path), str(path)
    reader = csv.reader(StringIO(text), strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
                lines.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise ConfigError(
            [Problem(name, reader.line_num, "", f"is not valid CSV: {error}")]
        ) from None
    if len(lines) < 2:
        text = "has no cases; write paths in the first line and the values of a case in each other"
        raise ConfigError([Problem(name, 1 if lines else 0, "", text)])
    (first, header), rows = lines[0], lines[1:]
    split = [re.fullmatch(r"(.*?)\s*(?:\[(.*)\])?", cell) for cell in header]
    columns = [(found[1], found[2] or "") for found in split if found]
    problems = _header_problems(name, first, [path for path, _ in columns])
    settings = []
    for line, cells in rows:
        if len(cells) != len(columns):
            message = f"has {len(cells)} values; the header has {len(columns)} paths"
            problems.append(Problem(name, line, "", f"{message}: {listing(header)}"))
            continue
        settings.append(
            {
                key: _cell(f"{cell} {unit}".strip(), name, line, key)
                for (key, unit), cell in zip(columns, cells, strict=True)
                if cell
            }
        )
    if problems:
        raise ConfigError(problems)
    return Axis(tuple(key for key, _ in columns), tuple(settings))


def _header_problems(name: str, line: int, paths: Sequence[str]) -> list[Problem]:
    problems = []
    for place, path in enumerate(paths):
        if not path or not all(path.split(".")):
            message = f"has no path in column {place + 1} of its header; write one, or remove it"
            problems.append(Problem(name, line, "", message))
        elif path in paths[:place]:
            message = f"has the column {path!r} twice; keep one"
            problems.append(Problem(name, line, "", message))
    return problems


def _cell(text: str, file: str, line: int, key: str) -> Node:
    node = yaml_source.parse(text, file, tuple(key.split(".")), lines=False)
    return _lined(node, line)


def _lined(node: Node, line: int) -> Node:
    value = node.value
    if isinstance(value, dict):
        value = {key: _lined(below, line) for key, below in value.items()}
    elif isinstance(value, tuple):
        value = tuple(_lined(below, line) for below in value)
    return node._replace(value=value, line=line)


def hypercube(axes: Sequence[Axis], samples: int, seed: int) -> Axis:
    """The cases of a Latin hypercube: in every axis one in each of ``samples`` equal parts.

    McKay, Beckman & Conover, Technometrics 21 (1979) 239.
    """
    generator = np.random.default_rng(seed)
    columns = []
    for axis in axes:
        shares = (generator.permutation(samples) + generator.random(samples)) / samples
        columns.append(axis.drawn(shares))
    cases = tuple(
        {path: node for part in parts for path, node in part.items()}
        for parts in zip(*columns, strict=True)
    )
    return Axis(tuple(path for axis in axes for path in axis.paths), cases)
