"""A fit's file read and checked as a whole: everything that can be wrong before it runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from electrode_model.assemble import assemble
from electrode_model.config import yaml_source
from electrode_model.config.load import problems_of, resolved_yaml, tree
from electrode_model.config.model import Config, Counter
from electrode_model.config.problems import ConfigError, Problem, not_among
from electrode_model.config.yaml_source import Node
from electrode_model.fit.config import FitConfig, Free
from electrode_model.fit.data import DataSet, read_data
from electrode_model.fit.differences import Gap, read_gaps
from electrode_model.fit.experiment import Experiment
from electrode_model.fit.parameters import Base, Parameter, read_parameters
from electrode_model.fit.posterior import CURE, installed
from electrode_model.fit.resume import fingerprint
from electrode_model.fit.series import Size
from electrode_model.fit.steps import protocol_of
from electrode_model.fit.targets import targets_of
from electrode_model.fit.variant_nodes import variant_nodes

__all__ = ["Plan", "read_plan"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_FILLINGS = (1e-3, 0.999)  # bounds of an initial filling that is free
_START_BAND = 0.3  # V around the first voltage of a full cell whose start is free


@dataclass(frozen=True)
class Plan:
    """Everything that a fit works with."""

    config: FitConfig
    base: Base
    parameters: tuple[Parameter, ...]
    data: tuple[DataSet, ...]
    experiments: tuple[Experiment, ...]  # one for each data set
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    fingerprint: str
    variants: Mapping[str, "Plan"] = field(default_factory=dict)  # compared in place of this one

    def shared(self, u: Array) -> Config:
        """The base with the parameters that all data sets share, at u."""
        own = [k for k, p in enumerate(self.parameters) if p.data_sets is None]
        parameters = [self.parameters[k] for k in own]
        values = [self.parameters[k].value(float(u[k])) for k in own]
        return self.base.with_parameters(parameters, values).config()


def read_plan(source: str | Path | Mapping[str, Any], overrides: Sequence[str] = ()) -> Plan:
    """Read a fit from its YAML file, or from a mapping with the same keys.

    In a mapping ``base`` may be a :class:`Config`; files are sought in the working directory.
    Raises :class:`ConfigError` with file, line, key, value, what is allowed and the cure.
    """
    node, folder, given = _tree(source, overrides)
    choice = _read(node)
    if choice.posterior is not None and not installed():
        text = "asks for samples, which needs the package emcee"
        raise ConfigError([_place(node, ("posterior",)).problem(f"{text}; {CURE}")])
    plan = _plan(choice, node, folder, given)
    found: dict[str, Plan] = {}
    problems: list[Problem] = []
    for name, own in variant_nodes(choice, node).items():
        try:
            chosen = _read(own)
            called = f"{choice.name}, {name}" if choice.name else name
            chosen = chosen.model_copy(update={"name": called})
            found[name] = _plan(chosen, own, folder, given)
        except ConfigError as error:
            problems += error.problems
            continue
        if not _same_data(plan, found[name]):
            text = "changes what 1C means, and so the currents of the data"
            cure = "write these in A/m^2, or nominal_capacity in the base"
            place = _place(node, ("variants", name))
            problems.append(place.problem(f"{text}; {cure}: variants need the same data"))
    if problems:
        raise ConfigError(problems)
    return replace(plan, variants=found)


def _same_data(one: Plan, other: Plan) -> bool:
    """Whether two plans fit the same curves."""
    pairs = zip(one.data, other.data, strict=True)
    return all(
        np.array_equal(a.time, b.time) and np.array_equal(a.current, b.current) for a, b in pairs
    )


def _plan(choice: FitConfig, node: Node, folder: Path, given: Config | None) -> Plan:
    """What is checked of a fit, or of one of its variants."""
    base, origin = _base(choice, node, folder, given)
    resolved = base.config()
    try:
        layout = assemble(resolved).layout
    except ValueError as error:
        raise ConfigError([Problem(origin, 0, "", str(error))]) from None
    data, problems = _data(choice, node, folder, Size.of(layout))
    names = [one.name for one in data]
    problems += _names(choice, node, names)
    if problems:
        raise ConfigError(problems)
    full = not isinstance(resolved.negative, Counter)
    free = dict(choice.free)
    own, starts = [], dict[str, Free]()
    for one in data:
        changed, extra = _start(one, base, full, node)
        if one.temperature is not None:
            changed = changed.with_values({"temperature": one.temperature})
        own.append(changed)
        starts |= extra
    for name in starts:
        if name in free:
            text = f"is the name of the free start of a data set; call it other than {name}"
            raise ConfigError([_place(node, ("free", name)).problem(text)])
    section = _place(node, ("free",))
    parameters = read_parameters(free, section, base, names)
    begun = Node({name: Node({}, ("data",), node.file, 0) for name in starts}, ("data",), node.file)
    for name, extra_free in starts.items():
        with_start = own[names.index((extra_free.data_sets or ("",))[0])]
        parameters += read_parameters({name: extra_free}, begun, with_start, names)
    left_out = _left_out(choice, names)
    fitted = [one for one in data if one.name not in left_out]
    gaps = read_gaps(choice.objective, _place(node, ("objective", "differences")), fitted)
    probes = [probe for gap in gaps for probe in (gap.first, gap.second)]
    experiments = tuple(
        Experiment(
            name=one.name,
            base=changed,
            protocol=protocol_of(one),
            targets=targets_of(one, choice.objective),
            parameters=parameters,
            objective=choice.objective,
            nominal_capacity=layout.one_c,
            wall_time=choice.limits.simulation,
            left_out=one.name in left_out,
            probes=tuple(probe for probe in probes if probe.data_set == one.name),
        )
        for one, changed in zip(data, own, strict=True)
    )
    _check_start(experiments, node)
    return Plan(
        config=choice,
        base=base,
        parameters=parameters,
        data=data,
        experiments=experiments,
        gaps=gaps,
        notes=tuple(_notes(data, choice)),
        fingerprint=_fingerprint(choice, base, data, parameters),
    )


def _tree(
    source: str | Path | Mapping[str, Any], overrides: Sequence[str]
) -> tuple[Node, Path, Config | None]:
    if not isinstance(source, Mapping):
        return tree(source, overrides), Path(source).parent, None
    if overrides:
        raise ValueError("overrides go with a path; change the mapping instead")
    content, given = dict(source), None
    if isinstance(content.get("base"), Config):
        given, content["base"] = content["base"], "the configuration given"
    content.setdefault("schema", 1)
    return yaml_source.of_python(content, (), "fit"), Path(), given


def _read(node: Node) -> FitConfig:
    try:
        return FitConfig.model_validate(node.plain(), context={"temperature": 298.15})
    except ValidationError as error:
        raise ConfigError(problems_of(error, node, FitConfig)) from None


def _base(choice: FitConfig, node: Node, folder: Path, given: Config | None) -> tuple[Base, str]:
    """The base with the changes of the fit, and what it is called."""
    if given is not None:
        root = yaml_source.parse(resolved_yaml(given), "base")
        base, origin = Base(root, Path()), "base"
    else:
        path = folder / choice.base
        try:
            base, origin = Base(tree(path), path.parent), str(path)
        except ConfigError as error:
            place = _place(node, ("base",))
            faults = [place.problem(f"names {choice.base}: {p}") for p in error.problems]
            raise ConfigError(faults) from None
    base.config()  # its own faults first, at its own lines
    try:
        base = base.with_values(choice.change)
        base.config()
    except ConfigError as error:
        faults = []
        for problem in error.problems:
            own = next((k for k in choice.change if problem.key.startswith(k)), None)
            place = _place(node, ("change",) if own is None else ("change", own))
            faults.append(place.problem(f"is refused: {problem.key} {problem.message}"))
        raise ConfigError(faults) from None
    return base, origin


def _data(
    choice: FitConfig, node: Node, folder: Path, size: Size
) -> tuple[tuple[DataSet, ...], list[Problem]]:
    found: list[DataSet] = []
    problems: list[Problem] = []
    for index, entry in enumerate(choice.data):
        try:
            found += read_data(entry, folder, size)
        except ConfigError as error:
            problems += _in_entry(error.problems, _place(node, ("data", index)))
            continue
        if not found[-1].segments or found[-1].end_capacity <= 0:
            place = _place(node, ("data", index))
            problems.append(place.problem("passes no charge; a fit needs a curve", "file"))
    return tuple(found), problems


def _in_entry(problems: Sequence[Problem], entry: Node) -> Iterator[Problem]:
    """Faults of a file, with the entry of the fit where its keys are to be written."""
    where = f"{entry.file}:{entry.line}" if entry.line else entry.key
    for one in problems:
        yield replace(one, message=f"{one.message} (entry in {where})")


def _names(choice: FitConfig, node: Node, names: Sequence[str]) -> list[Problem]:
    """Faults of names of data sets."""
    problems = []
    for name in sorted({name for name in names if list(names).count(name) > 1}):
        text = f"has two sets that are called {name}; give each its own name"
        problems.append(_place(node, ("data",)).problem(text))
    for index, name in enumerate(choice.left_out):
        if name not in names and not any(n.startswith(f"{name} ") for n in names):
            place = _place(node, ("left_out", index))
            problems.append(place.problem(not_among(name, list(names), "data set")))
    if names and not problems and set(names) <= _left_out(choice, names):
        problems.append(_place(node, ("left_out",)).problem("leaves out every data set; keep one"))
    if isinstance(choice.profiles, tuple):
        for index, name in enumerate(choice.profiles):
            if name not in choice.free:
                place = _place(node, ("profiles", index))
                problems.append(place.problem(not_among(name, list(choice.free), "parameter")))
    return problems


def _left_out(choice: FitConfig, names: Sequence[str]) -> set[str]:
    """Data sets that are predicted; the name of a table of capacities is that of all its lines.

    Likewise that of a BPX file is that of all its tests.
    """
    tables = [own for own in choice.left_out if own not in names]
    return {
        name
        for name in names
        if name in choice.left_out or any(name.startswith(f"{own} ") for own in tables)
    }


def _start(one: DataSet, base: Base, full: bool, node: Node) -> tuple[Base, dict[str, Free]]:
    """The base with the initial state of a data set, and the parameter of a free one."""
    initial = one.initial
    if initial is None:
        return base, {}

    def refused(text: str) -> ConfigError:
        return ConfigError([Problem(one.file, 0, "initial", text)])

    if initial.from_rest or initial.voltage is not None:
        voltage = one.rest_voltage if initial.from_rest else initial.voltage
        if voltage is None:
            raise refused(f"of {one.name} is from_rest, but the curve has no rest")
        return base.with_values({"start": {"voltage": voltage}}), {}
    if initial.filling is not None:
        if full:
            text = f"of {one.name} is a filling, but a full cell has two electrodes"
            raise refused(f"{text}; write a voltage, or from_rest")
        filled = {"start": None, "positive.initial_filling": initial.filling}
        return base.with_values(filled), {}
    if full:
        first = float(one.voltage[0])
        changed = base.with_values({"start": {"voltage": first}})
        bounds = (first - _START_BAND, first + _START_BAND)
        path = "start.voltage"
    else:
        known = base.resolved()["positive.initial_filling"][0]
        filling = 0.01 if one.direction > 0 else 0.99
        values: dict[str, Any] = {"start": None}
        if known is None:
            values["positive.initial_filling"] = filling
        changed, bounds = base.with_values(values), _FILLINGS
        path = "positive.initial_filling"
    free = Free.model_validate(
        {"path": path, "bounds": bounds, "scale": "linear", "data_sets": (one.name,)}
    )
    return changed, {f"start[{one.name}]": free}


def _check_start(experiments: Sequence[Experiment], node: Node) -> None:
    """The configuration of each data set at the start of the fit is a valid one."""
    for experiment in experiments:
        start = np.array([p.u(p.start) for p in experiment.parameters])
        try:
            experiment.config(start)
        except ConfigError as error:
            place, first = _place(node, ("free",)), error.problems[0]
            text = f"start at values that the configuration refuses for {experiment.name}"
            raise ConfigError([place.problem(f"{text}: {first.key} {first.message}")]) from None


def _notes(data: Sequence[DataSet], choice: FitConfig) -> Iterator[str]:
    for one in data:
        for note in one.notes:
            yield f"{one.name}: {note}"
    objective = choice.objective
    if objective.voltage is not None:
        way = "share of its own end capacity" if objective.against == "capacity" else "time"
        yield (
            f"voltages: means in {objective.points} bins of {way}, {1e3 * objective.voltage:g} mV"
            " count as one"
        )
    if objective.end_capacity is not None:
        yield f"end capacities: {100 * objective.end_capacity:g} % count as one"
    if objective.slope is not None:
        yield f"dQ/dV: {objective.slope:g} of the mean slope counts as one"
    if objective.loss != "linear":
        yield f"loss {objective.loss}: deviations above {objective.outlier:g} count less"


def _fingerprint(
    choice: FitConfig, base: Base, data: Sequence[DataSet], parameters: Sequence[Parameter]
) -> str:
    limits = choice.limits.model_copy(update={"workers": None})  # changes no result
    later: dict[str, Any] = {"profiles": (), "posterior": None, "variants": {}, "name": ""}
    kept = choice.model_copy(update={**later, "limits": limits})
    arrays = [a.tobytes() for one in data for a in (one.time, one.voltage, one.current, one.used)]
    return fingerprint(kept.model_dump_json(), base.root.plain(), parameters, *arrays)


def _place(node: Node, location: tuple[str | int, ...]) -> Node:
    """The node at a location, or a place below the deepest that was written."""
    found, rest = node.find(location)
    return found if not rest else Node(None, location, found.file, found.line)
