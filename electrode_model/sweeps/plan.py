"""The cases of a sweep: what each changes of the base, and its key.

The key is a digest of everything that a case's result follows from, so that a case that was run
is known again, also in a sweep with more values or another order.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from electrode_model.config import yaml_source
from electrode_model.config.load import placed, problems_of, resolve_tree, tree
from electrode_model.config.model import Config
from electrode_model.config.problems import ConfigError, Problem, not_among, show
from electrode_model.config.yaml_source import Node
from electrode_model.sweeps.axes import (
    Axis,
    Settings,
    hypercube,
    joined,
    read_axes,
    read_cases,
    split,
)
from electrode_model.sweeps.config import MOST_CASES, SweepConfig
from electrode_model.sweeps.measures import MEASURES

__all__ = ["Case", "Column", "Plan", "configuration", "plan_of", "read_plan", "refused"]

_KEY = 12  # hexadecimal digits: two of 100,000 cases agree with a probability of 2e-5
_MOST_TRIED = 200  # rows of a table that are tried before the first run
_TRIES = 4  # cases tried with a value before it is a mistake
_MOST_VALUES = 100  # of an axis that are tried
_MOST_PROBLEMS = 30  # sought
_LONGEST_NAME = 1000  # of a file

_T = TypeVar("_T")


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
            file, python, _ = name.partition(".py:")  # ./mine.py:law
            path = self.home / Path(f"{file}.py" if python else name).expanduser()
            try:
                self._digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            except (OSError, ValueError, RuntimeError):  # no such file; not a name at all
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
        first: list[Problem] = []
        for index in _spread(len(self), _MOST_TRIED):
            problems = refused(self, self.case(index).settings)
            if not problems:
                return
            first = first or problems
        raise ConfigError(first)

    def _check_values(self) -> None:
        """Every value of every axis in some case that can be read."""
        good: dict[int, int] = {}  # place of a value that was in such a case, by axis
        unseen = [_spread(len(axis.values), _MOST_VALUES) for axis in self.axes]
        for turn in range(max(map(len, unseen))):  # a diagonal: as many values as possible at once
            places = [
                left[0] if left else good[k] if k in good else turn % len(self.axes[k].values)
                for k, left in enumerate(unseen)
            ]
            if refused(self, self._at(places)):
                unseen = [left[1:] + left[:1] for left in unseen]
                continue
            good.update(enumerate(places))
            unseen = [
                [p for p in left if p != place] for left, place in zip(unseen, places, strict=True)
            ]
        found: list[Problem] = []
        for k, left in enumerate(unseen):
            for place in left:
                if len(found) < _MOST_PROBLEMS:
                    found += self._mistakes(k, place, good)
        if found:
            raise ConfigError(found)

    def _mistakes(self, axis: int, place: int, good: Mapping[int, int]) -> list[Problem]:
        """Problems of a value, if no case with it can be read."""
        first: list[Problem] = []
        tried = []
        for turn in range(_TRIES):
            places = [
                good[k] if k in good and turn == 0 else turn % len(other.values)
                for k, other in enumerate(self.axes)
            ]
            places[axis] = place
            if places in tried:
                continue
            tried.append(places)
            problems = refused(self, self._at(places))
            if not problems:
                return []
            # of several values that are wrong, each speaks for itself
            written = self.axes[axis].values[place].values()
            lines = {(node.file, node.line) for node in written}
            own = [problem for problem in problems if (problem.file, problem.line) in lines]
            first = first or own or problems
        return first

    def _at(self, places: Sequence[int]) -> Settings:
        parts = (axis.values[place] for axis, place in zip(self.axes, places, strict=True))
        return {path: node for part in parts for path, node in part.items()}


def configuration(base: Node, home: Path, settings: Settings) -> Config:
    """The configuration of a case; raises ConfigError."""
    root = base
    for path in sorted(settings, key=lambda path: path.count(".")):  # sections before their keys
        root = placed(root, path, settings[path])
    return resolve_tree(root, home)[0]


def refused(plan: Plan, settings: Settings) -> list[Problem]:
    """What is wrong with a case; empty if nothing is."""
    try:
        configuration(plan.base, plan.home, settings)
    except ConfigError as error:
        return list(error.problems)
    return []


def read_plan(path: str | Path) -> Plan:
    """The sweep of a YAML file; raises ConfigError for what is wrong in it."""
    path = Path(path)
    return plan_of(yaml_source.read(path), path.parent, path.stem)


def plan_of(root: Node, home: Path, stem: str, base: Node | None = None) -> Plan:
    """The sweep that a tree says, with files sought from ``home``; raises ConfigError.

    ``base``: the configuration, where it is not read from the file that ``base`` names.
    """
    try:
        config = SweepConfig.model_validate(root.plain())
    except ValidationError as error:
        raise ConfigError(problems_of(error, root, SweepConfig)) from None
    if base is None:
        source = home / Path(config.base).expanduser()
        base, away = _at_key(root, "base", lambda: tree(source)), source.parent
    else:
        away = home
    change = root.get("change")
    for key, node in (change.value if change else {}).items():
        base = _placed(base, key, node)
    axes: list[Axis] = []
    if config.cases is not None:
        table = home / Path(config.cases).expanduser()
        axes.append(_at_key(root, "cases", lambda: read_cases(table)))
    written = root.get("axes")
    if written is not None:
        axes += read_axes(written, config.combine == "grid")
    _check_paths(config, root, axes)
    if config.combine == "latin_hypercube":
        axes = [hypercube(axes, config.samples or 1, config.seed)]
    plan = Plan(config, base, away, tuple(axes), stem)
    plan.check()
    return plan


def _check_paths(config: SweepConfig, root: Node, axes: Sequence[Axis]) -> None:
    """Every path is set in one place, and there are not too many cases."""
    change = root.get("change")
    seen: dict[str, Node] = dict(change.value) if change else {}
    problems = []
    for axis in axes:
        for path in axis.paths:
            settings = (setting[path] for setting in axis.values if path in setting)
            node = axis.span.node if axis.span else next(settings, root)
            if path in seen:
                where = f"{seen[path].origin}" if seen[path].line else "another place"
                text = f"is varied here, and set in {where} too; keep one"
                problems.append(Problem(node.file, node.line, path, text))
            seen[path] = node
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST_CASES and config.combine == "grid":
        text = f"make {count} cases; at most {MOST_CASES} are run; shorten them, or draw samples"
        node = root.get("axes") or root
        problems.append(node.problem(f"{text} with combine: latin_hypercube"))
    if config.figures.value not in MEASURES:
        node, rest = root.find(("figures", "value"))
        problems.append(node.problem(not_among(config.figures.value, MEASURES, "column"), *rest))
    if config.figures.over is not None:
        known = [path for axis in axes for path in axis.paths]
        for place, path in enumerate(config.figures.over):
            if path not in known:
                node, rest = root.find(("figures", "over", place))
                problems.append(node.problem(not_among(path, known, "axis"), *rest))
    if problems:
        raise ConfigError(problems)


def _at_key(root: Node, key: str, read: Callable[[], _T]) -> _T:
    """What ``read`` gives; a file that is not there is a mistake of the key that names it."""
    try:
        return read()
    except ConfigError as error:
        node = root.value[key]
        missing = [p for p in error.problems if p.line == 0]
        if not missing:
            raise
        raise ConfigError(
            node.problem(f"is {show(node.value)} ({problem.file}): {problem.message}")
            for problem in missing
        ) from None


def _placed(base: Node, path: str, node: Node) -> Node:
    if not all(path.split(".")):
        example = "write a path of the configuration, such as positive.particles.per_volume"
        raise ConfigError([node.problem(f"has an empty key; {example}")])
    return placed(base, path, joined(path, node))


def _number(value: Any) -> tuple[float | None, str | None]:
    """Number and unit of a value; (None, None) for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value, ""
    found = split(value)
    return found if found else (None, None)


def _texts(value: Any) -> Iterator[str]:
    """Texts that may name files."""
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str) and ("." in value or "/" in value) and len(value) < _LONGEST_NAME:
        yield value


def _spread(count: int, most: int) -> list[int]:
    """At most ``most`` of the places 0 .. count - 1, evenly, with both ends."""
    if count <= most:
        return [*range(count)]
    return [round(k * (count - 1) / (most - 1)) for k in range(most)]
