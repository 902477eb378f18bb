"""The cases of a sweep: what each changes of the base, and its key.

The key is a digest of everything that a case's result follows from, so that a case that was run
is known again, also in a sweep with more values or another order.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from electrode_model.config import yaml_source
from electrode_model.config.load import placed, problems_of, resolve_tree, tree
from electrode_model.config.model import Config
from electrode_model.config.problems import ConfigError, Problem
from electrode_model.config.yaml_source import Node
from electrode_model.sweeps.axes import Axis, Settings, hypercube, joined, read_axes, read_cases
from electrode_model.sweeps.config import MOST_CASES, SweepConfig

__all__ = ["Case", "Column", "Plan", "configuration", "read_plan", "refused"]

_KEY = 12  # hexadecimal digits: two of 100,000 cases agree with a probability of 2e-5
_MOST_TRIED = 200  # rows of a table that are tried before the first run
_TRIES = 4  # cases tried with a value before it is a mistake
_MOST_VALUES = 100  # of an axis that are tried


class Case(NamedTuple):
    """One simulation of a sweep."""

    number: int  # from 1
    key: str
    settings: Settings


class Column(NamedTuple):
    """A path that is varied, as a column of the table."""

    path: str
    unit: str | None  # "": bare numbers; None: texts

    @property
    def name(self) -> str:
        """The path, with the unit that all its values are in."""
        return f"{self.path} [{self.unit}]" if self.unit else self.path

    def cell(self, settings: Settings) -> Any:
        """The value of a case; None where it is that of the base."""
        node = settings.get(self.path)
        if node is None:
            return None
        value = node.plain()
        if self.unit is not None:
            return _number(value)[0]
        return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True)
class Plan:
    """A sweep: the base, with what is changed in every case, and axes of which all combine."""

    config: SweepConfig
    base: Node
    home: Path  # where the files are that the base names
    axes: tuple[Axis, ...]
    stem: str = "sweep"
    file: str = "sweep"  # what it was read from, for messages
    _digests: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        """Number of cases."""
        return math.prod(len(axis.values) for axis in self.axes)

    def case(self, index: int) -> Case:
        """The case at an index from 0; the last axis changes fastest."""
        settings: dict[str, Node] = {}
        rest = index
        for axis in reversed(self.axes):
            rest, place = divmod(rest, len(axis.values))
            settings = {**axis.values[place], **settings}
        return Case(index + 1, self._key(settings), settings)

    def cases(self) -> Iterator[Case]:
        """All of them, one at a time."""
        return map(self.case, range(len(self)))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What is varied, in the order it was written."""
        found = []
        for axis in self.axes:
            for path in axis.paths:
                cells = (settings[path].plain() for settings in axis.values if path in settings)
                units = {_number(cell)[1] for cell in cells}
                found.append(Column(path, units.pop() if len(units) == 1 else None))
        return tuple(found)

    def _key(self, settings: Settings) -> str:
        changes = {path: node.plain() for path, node in sorted(settings.items())}
        files = {name: self._digest(name) for name in _texts(list(changes.values()))}
        about = [self._base_key, changes, {name: d for name, d in files.items() if d}]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:_KEY]

    @cached_property
    def _base_key(self) -> str:
        plain = self.base.plain()
        files = {name: self._digest(name) for name in _texts(plain)}
        text = json.dumps([plain, {name: digest for name, digest in files.items() if digest}])
        return hashlib.sha256(text.encode()).hexdigest()

    def _digest(self, name: str) -> str:
        """Of the file that a text of the configuration names; "" if it names none."""
        if name not in self._digests:
            file = self.home / name.partition(".py:")[0]
            file = file.with_name(file.name + ".py") if ".py:" in name else file
            try:
                self._digests[name] = hashlib.sha256(file.read_bytes()).hexdigest()
            except (OSError, ValueError):  # no such file; not a name at all
                self._digests[name] = ""
        return self._digests[name]

    def check(self) -> None:
        """Raise ConfigError for mistakes that are plain before anything is run.

        Those are values of axes with which no case can be read, and tables of which no line can.
        A case that is refused for a combination only is a result with a reason.
        """
        if any(len(axis.paths) > 1 for axis in self.axes) or self.config.cases is not None:
            self._check_rows()
        else:
            self._check_values()

    def _check_rows(self) -> None:
        first: list[Problem] | None = None
        for index in _spread(len(self), _MOST_TRIED):
            problems = refused(self, self.case(index).settings)
            if not problems:
                return
            first = first or problems
        raise ConfigError(first or [])

    def _check_values(self) -> None:
        """Every value of every axis in some case that can be read."""
        good: list[int | None] = [None] * len(self.axes)
        open_: list[list[int]] = [_spread(len(axis.values), _MOST_VALUES) for axis in self.axes]
        for turn in range(max(map(len, open_))):  # a diagonal: as many values as possible at once
            places = [values[turn % len(values)] for values in open_]
            if not refused(self, self._at(places)):
                good = [known if known is not None else p for known, p in zip(good, places, strict=True)]
                for k, place in enumerate(places):
                    open_[k] = [p for p in open_[k] if p != place] or [place]
        found: list[Problem] = []
        for k, axis in enumerate(self.axes):
            for place in open_[k]:
                found += self._mistakes(k, place, good)
        if found:
            raise ConfigError(found)

    def _mistakes(self, axis: int, place: int, good: Sequence[int | None]) -> list[Problem]:
        """Problems of a value, if no case with it can be read."""
        first: list[Problem] = []
        for turn in range(_TRIES):
            places = [
                known if known is not None and turn == 0 else turn % len(other.values)
                for known, other in zip(good, self.axes, strict=True)
            ]
            places[axis] = place
            settings = self._at(places)
            problems = refused(self, settings)
            if not problems:
                return []
            own = {path for path in self.axes[axis].paths}
            lines = {(n.file, n.line) for path, n in settings.items() if path in own}
            # of several values that are wrong, each speaks for itself
            mine = [p for p in problems if (p.file, p.line) in lines and _below(p.key, own)]
            first = first or mine or problems
        return first

    def _at(self, places: Sequence[int]) -> Settings:
        parts = (axis.values[place] for axis, place in zip(self.axes, places, strict=True))
        return {path: node for part in parts for path, node in part.items()}


def _below(key: str, paths: Iterable[str]) -> bool:
    """Whether a key is at or below one of the paths, as far as both are written out."""
    return any(key.startswith(path.split(".")[0]) for path in paths)


def configuration(base: Node, home: Path, settings: Settings) -> Config:
    """The configuration of a case; raises ConfigError."""
    root = base
    for path in sorted(settings, key=lambda path: path.count(".")):  # sections before their keys
        node = settings[path]
        root = placed(root, path, node.value, node.origin) if False else _put(root, path, node)
    return resolve_tree(root, home)[0]


def refused(plan: Plan, settings: Settings) -> list[Problem]:
    """What is wrong with a case; empty if nothing is."""
    try:
        configuration(plan.base, plan.home, settings)
    except ConfigError as error:
        return list(error.problems)
    return []
