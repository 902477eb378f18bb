"""Free parameters of a fit: their paths in the configuration, their scale from 0 to 1.

Optimisers see every parameter as u from 0 (lower bound) to 1 (upper bound), linear or
logarithmic between them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config import units
from electrode_model.config.explain import entries
from electrode_model.config.load import placed, resolve_tree
from electrode_model.config.model import Config
from electrode_model.config.problems import (
    ConfigError,
    Location,
    Problem,
    listing,
    nearest,
    not_among,
    show,
)
from electrode_model.config.yaml_source import Node
from electrode_model.fit.config import Free, Prior

__all__ = ["Base", "Normal", "Parameter", "read_parameters"]

_LOG_FROM = 10.0  # ratio of positive bounds from which the scale is logarithmic unless given
_NOT_FREE = {
    "protocol": "comes from the data sets",
    "output": "is no parameter of the model",
    "solver": "is no parameter of the model",
    "schema": "is no parameter of the model",
    "voltage_window": "comes from the data sets",
    "nominal_capacity": "only says what 1C means; fit positive.thickness or active_fraction",
}

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Normal:
    """Prior of a parameter on the scale from 0 to 1."""

    mean: float
    std: float


@dataclass(frozen=True)
class Parameter:
    """One number that the fit moves; all values in SI."""

    name: str
    paths: tuple[tuple[str, float], ...]  # of the configuration, with the factor of each
    unit: str
    lower: float
    upper: float
    start: float
    log: bool
    prior: Normal | None = None
    data_sets: tuple[str, ...] | None = None  # that it is for; None: all

    def value(self, u: float) -> float:
        """The value at u, from 0 to 1."""
        if self.log:
            return float(self.lower * (self.upper / self.lower) ** u)
        return float(self.lower + (self.upper - self.lower) * u)

    def u(self, value: float) -> float:
        """The inverse of :meth:`value`."""
        if self.log:
            return float(np.log(value / self.lower) / np.log(self.upper / self.lower))
        return float((value - self.lower) / (self.upper - self.lower))

    def slope(self, u: float) -> float:
        """d value/d u."""
        if self.log:
            return self.value(u) * float(np.log(self.upper / self.lower))
        return self.upper - self.lower

    def concerns(self, data_set: str) -> bool:
        """Whether it is in the configuration of a data set."""
        return self.data_sets is None or data_set in self.data_sets


@dataclass(frozen=True)
class Base:
    """The configuration that is fitted, as it was written."""

    root: Node
    folder: Path  # where files that it names are sought

    def with_values(self, values: Mapping[str, Any]) -> "Base":
        """With values at their paths; raises ConfigError."""
        root = self.root
        for path, value in values.items():
            root = placed(root, path, value, "fit")
        return Base(root, self.folder)

    def with_parameters(self, parameters: Sequence[Parameter], values: Sequence[float]) -> "Base":
        """With the values of parameters at all their paths."""
        put = {
            path: factor * value
            for parameter, value in zip(parameters, values, strict=True)
            for path, factor in parameter.paths
        }
        return self.with_values(put)

    def config(self) -> Config:
        """The configuration; raises ConfigError."""
        return resolve_tree(self.root, self.folder)[0]

    def resolved(self) -> dict[str, tuple[Any, str]]:
        """Every resolved value and its unit by key; items of lists apart; raises ConfigError."""
        return dict(_flat(entries(*resolve_tree(self.root, self.folder))))


def _flat(found: Any) -> Iterator[tuple[str, tuple[Any, str]]]:
    for entry in found:
        if isinstance(entry.value, tuple):
            for index, item in enumerate(entry.value):
                yield f"{entry.key}.{index}", (item, entry.unit)
        else:
            yield entry.key, (entry.value, entry.unit)


def read_parameters(
    free: Mapping[str, Free], node: Node, base: Base, data_sets: Sequence[str]
) -> tuple[Parameter, ...]:
    """The parameters of a fit's ``free`` section, checked against its base.

    ``node`` is that section as written.  Raises :class:`ConfigError` with every fault found:
    unknown paths and data sets, values that cannot be fitted, bounds that exclude the start or
    that the configuration refuses, and parameters that move the same value.
    """
    problems: list[Problem] = []
    known = base.resolved()
    found: list[Parameter] = []
    moved: dict[str, tuple[Parameter, Node]] = {}
    for name, choice in free.items():
        place, _ = node.find((name,))
        try:
            parameter = _read(name, choice, place, base, known, data_sets)
            changed = _changed(parameter, place, base, known)
        except ConfigError as error:
            problems += error.problems
            continue
        for key in changed:
            other = moved.get(key)
            if other is not None and _share(other[0], parameter):
                text = f"moves {key}, which {other[0].name} in line {other[1].line} moves too"
                cure = "remove one of them, or name both paths in one parameter"
                problems.append(place.problem(f"{text}; {cure}", "path"))
            moved[key] = (parameter, place)
        found += _each(parameter, data_sets) if choice.per_data_set else [parameter]
    if problems:
        raise ConfigError(problems)
    return tuple(found)


def _share(one: Parameter, other: Parameter) -> bool:
    if one.data_sets is None or other.data_sets is None:
        return True
    return bool(set(one.data_sets) & set(other.data_sets))


def _each(parameter: Parameter, data_sets: Sequence[str]) -> list[Parameter]:
    """The parameter once for each of its data sets."""
    return [
        Parameter(**{**vars(parameter), "name": f"{parameter.name}[{own}]", "data_sets": (own,)})
        for own in (parameter.data_sets or data_sets)
    ]


def _read(
    name: str,
    choice: Free,
    place: Node,
    base: Base,
    known: Mapping[str, tuple[Any, str]],
    data_sets: Sequence[str],
) -> Parameter:
    """One parameter; raises ConfigError."""
    problems = [
        _at(place, ("data_sets", index), not_among(own, data_sets, "data set"))
        for index, own in enumerate(choice.data_sets or ())
        if own not in data_sets
    ]
    keys: list[str] = []
    paths: list[tuple[str, float]] = []  # as the base is written: populations in a list or not
    for path, factor in choice.path:
        key = _key(path, known)
        fault = _unfit(path, key, known)
        if fault:
            problems.append(_at(place, ("path",), fault))
        else:
            keys.append(key)
            paths.append((path if key == f"{path}.value" else key, factor))
    unit = known[keys[0]][1] if keys else ""
    for key in keys[1:]:
        if units.dimension(known[key][1]) != units.dimension(unit):
            text = f"ties {keys[0]} [{unit}] to {key} [{known[key][1]}]; tie what has one unit"
            problems.append(_at(place, ("path",), text))
    if problems:
        raise ConfigError(problems)

    def number(value: object, *where: str | int) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        try:
            if not isinstance(value, str):
                raise units.UnitError(f"is {show(value)}; {units.expected(unit)}")
            return units.read(value, unit, _temperature(known))
        except units.UnitError as error:
            raise ConfigError([_at(place, where, str(error))]) from None

    lower, upper = number(choice.bounds[0], "bounds", 0), number(choice.bounds[1], "bounds", 1)
    if not lower < upper:
        text = f"is [{lower:g}, {upper:g}]; the least value comes first"
        raise ConfigError([_at(place, ("bounds",), text)])
    log = choice.scale == "log"
    if choice.scale is None:
        log = lower > 0 and upper / lower >= _LOG_FROM
    if log and lower <= 0:
        text = f"begins at {lower:g}, which has no logarithm; write a least value above 0"
        raise ConfigError([_at(place, ("bounds",), f"{text}, or scale: linear")])
    if choice.start is not None:
        start, origin = number(choice.start, "start"), "start"
    else:
        given = known[keys[0]][0]
        if given is None:
            text = f"is missing: {keys[0]} has no value in the base; write one"
            raise ConfigError([_at(place, ("start",), text)])
        start, origin = float(given) / choice.path[0][1], "the value of the base"
    if not lower <= start <= upper:
        text = f"is [{lower:g}, {upper:g}] {_unit(unit)}".rstrip()
        cure = "widen the bounds, or write another start"
        text = f"{text}, which excludes {origin}, {start:g} {_unit(unit)}".rstrip()
        raise ConfigError([_at(place, ("bounds",), f"{text}; {cure}")])
    own = choice.data_sets
    plain = Parameter(name, tuple(paths), unit, lower, upper, start, log, data_sets=own)
    if choice.prior is None:
        return plain
    prior = _prior(choice.prior, plain, number, place)
    return Parameter(**{**vars(plain), "prior": prior})


def _prior(prior: Prior, parameter: Parameter, number: Any, place: Node) -> Normal:
    mean = number(prior.mean, "prior", "mean")
    wanted, other = ("factor", "std") if parameter.log else ("std", "factor")
    if getattr(prior, wanted) is None or getattr(prior, other) is not None:
        scale = "logarithmic" if parameter.log else "linear"
        text = f"is of a {scale} parameter; write mean and {wanted}"
        raise ConfigError([_at(place, ("prior",), text)])
    if not parameter.log:
        std = number(prior.std, "prior", "std") / parameter.slope(0.0)
    else:
        if mean <= 0:
            text = f"is {mean:g}, which has no logarithm"
            raise ConfigError([_at(place, ("prior", "mean"), text)])
        std = float(np.log(prior.factor or 1.0) / np.log(parameter.upper / parameter.lower))
    if not std > 0:
        raise ConfigError([_at(place, ("prior", wanted), "is not above 0")])
    return Normal(parameter.u(mean), std)


def _changed(
    parameter: Parameter, place: Node, base: Base, known: Mapping[str, tuple[Any, str]]
) -> set[str]:
    """The resolved values that it moves; raises ConfigError where its bounds are refused."""
    moved: set[str] = set()
    for index, value in enumerate((parameter.lower, parameter.upper)):
        try:
            other = base.with_parameters([parameter], [value]).resolved()
        except ConfigError as error:
            faults = [f"{p.key} {p.message}".strip() for p in error.problems[:3]]
            text = f"is {value:g} {_unit(parameter.unit)}".rstrip()
            text = f"{text}, which the configuration refuses: {'; '.join(faults)}"
            raise ConfigError([_at(place, ("bounds", index), text)]) from None
        named = {_key(key, known): value for key, value in other.items()}
        moved |= {key for key, value in named.items() if value != known.get(key)}
    return moved


def _key(path: str, known: Mapping[str, tuple[Any, str]]) -> str:
    """The path as resolved values are named: one population without its list, or with it."""
    for electrode in ("positive", "negative"):
        single, first = f"{electrode}.particles", f"{electrode}.particles.0"
        for a, b in ((single, first), (first, single)):
            swapped = path.replace(a, b, 1)
            if path.startswith(f"{a}.") and path not in known and swapped in known:
                return swapped
    return f"{path}.value" if path not in known and f"{path}.value" in known else path


def _unfit(path: str, key: str, known: Mapping[str, tuple[Any, str]]) -> str:
    """Why a path cannot be fitted; empty if it can."""
    top = path.split(".", 1)[0]
    if top in _NOT_FREE:
        return f"is {path}, which {_NOT_FREE[top]}"
    if key not in known:
        numbers = [k for k, (v, unit) in known.items() if unit and isinstance(v, float)]
        above = listing(_beside(path, numbers))
        match = nearest(path, numbers)
        hint = f"; did you mean {match}?" if match else ";"
        return f"is {path}, which the base does not have{hint} allowed: {above}"
    value, unit = known[key]
    if not unit or isinstance(value, str):
        return f"is {path}, which is {show(value)}, no number that can be moved"
    if isinstance(value, int):
        return f"is {path}, a whole number, which cannot be moved continuously"
    return ""


def _beside(path: str, numbers: Sequence[str]) -> list[str]:
    """The numbers in the deepest section on the way of a path that there is."""
    keys = path.split(".")
    for depth in range(len(keys) - 1, 0, -1):
        prefix = ".".join(keys[:depth]) + "."
        found = [name for name in numbers if name.startswith(prefix)]
        if found:
            return found[:20]
    return [name for name in numbers if name.split(".")[0] not in _NOT_FREE][:20]


def _temperature(known: Mapping[str, tuple[Any, str]]) -> float:
    return float(known["temperature"][0])


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def _at(place: Node, below: Location, text: str) -> Problem:
    found, rest = place.find(below)
    return found.problem(text, *rest)
