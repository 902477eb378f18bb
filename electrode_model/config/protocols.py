"""The protocol written out: sentences, repeats and techniques as one list of plain steps."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from electrode_model.config.drives import drive_cycle
from electrode_model.config.problems import ConfigError, Problem, Refused, show, unknown
from electrode_model.config.sentences import EXAMPLE, read_sentence
from electrode_model.config.steps import Stops
from electrode_model.config.techniques import MOST_STEPS, TECHNIQUES, same_stop
from electrode_model.config.yaml_source import Node

__all__ = ["written_out"]

_SETTINGS = ("current", "voltage", "power")
_MODES = (*_SETTINGS, "rest", "repeat", "drive", *TECHNIQUES)
_BESIDE = {  # keys of a step beside its own
    **dict.fromkeys(_SETTINGS, ("until", "ramp", "skip")),
    "drive": ("until", "skip"),
    "rest": ("until", "isolated", "skip"),
    "repeat": ("steps", "end"),
}


def written_out(node: Node, folder: Path, problems: list[Problem]) -> Node:
    """The list of all steps; ``folder`` is where the tables of drive cycles are sought."""
    if not isinstance(node.value, tuple):
        return node
    if not node.value:
        problems.append(node.problem("is empty; write at least one step"))
    if len(node.value) > MOST_STEPS:
        problems.append(node.problem(f"has {len(node.value)} steps; at most {MOST_STEPS} are read"))
        return node.holding(())
    try:
        return node.holding(tuple(_steps(node.value, folder, problems)))
    except ConfigError as error:
        problems += error.problems
        return node.holding(())


def _steps(nodes: Sequence[Node], folder: Path, problems: list[Problem]) -> list[Node]:
    steps: list[Node] = []
    for node in nodes:
        steps += _step(node, folder, problems)
        if len(steps) > MOST_STEPS:
            message = f"makes more than {MOST_STEPS} steps once repeats are unrolled"
            raise ConfigError([node.problem(message)])
    return steps


def _step(node: Node, folder: Path, problems: list[Problem]) -> list[Node]:
    """The resolved steps of one written step; none if its form is wrong."""
    if isinstance(node.value, str):
        try:
            node = _said(node, read_sentence(node.value))
        except Refused as error:
            problems.append(node.problem(str(error)))
            return []
    modes = [key for key in _MODES if node.get(key) is not None]
    if not isinstance(node.value, dict) or len(modes) != 1:
        problems += _misshapen(node, modes)
        return []
    mode = modes[0]
    allowed = (mode, *_BESIDE.get(mode, ()))
    for key, child in node.value.items():
        if key not in allowed:
            problems.append(child.problem(unknown(key, allowed)))
    if mode == "repeat":
        return _repeat(node, folder, problems)
    if mode in TECHNIQUES:
        try:
            made = TECHNIQUES[mode](node.value[mode])
        except ConfigError as error:
            problems += error.problems
            return []
        return _steps(made, folder, problems)
    step = {"kind": node.holding(mode)}
    step |= {key: child for key, child in node.value.items() if key in allowed}
    if mode == "rest":
        step = _rest(step, problems)
    elif mode == "drive":
        cycle = drive_cycle(step.pop("drive"), folder, problems)
        if cycle is None:
            return []
        step["drive"] = cycle
    elif isinstance(step[mode].value, dict):
        step |= _course(mode, step.pop(mode))
    if "until" in step:
        step["until"] = _band(step["until"], problems)
    return [node.holding(step)]


def _said(node: Node, step: dict[str, Any]) -> Node:
    """The keys of a sentence, all at the place of the sentence."""
    children = {}
    for key, value in step.items():
        place = Node(value, (*node.path, key), node.file, node.line)
        children[key] = _said(place, value) if isinstance(value, dict) else place
    return node.holding(children)


def _misshapen(node: Node, modes: Sequence[str]) -> list[Problem]:
    rule = f"a step has exactly one of {', '.join(_MODES)}"
    if not isinstance(node.value, dict):
        text = f"{rule}, such as 'rest: 30 min', or is said in words, such as {EXAMPLE}"
        return [node.problem(f"is {show(node.plain())}; {text}")]
    if modes:
        return [node.problem(f"has {' and '.join(modes)}; {rule}")]
    beside = {key for keys in _BESIDE.values() for key in keys}
    problems = [
        child.problem(unknown(key, (*_MODES, "until", "steps")))
        for key, child in node.value.items()
        if key not in beside
    ]
    return problems or [node.problem(f"says nothing to do; {rule}")]


def _course(mode: str, setting: Node) -> dict[str, Node]:
    """``voltage: {from, to, rate}`` as a sweep, ``current: {waveform, ...}`` as a wave."""
    if mode == "voltage" and "waveform" not in setting.value:
        return {"sweep": setting}
    quantity = Node(mode, (*setting.path, "quantity"), setting.file, setting.line)
    return {"wave": setting.holding({**setting.value, "quantity": quantity})}


def _band(until: Node, problems: list[Problem]) -> Node:
    """``voltage: [2.5 V, 4.2 V]`` as ``voltage_below`` and ``voltage_above``."""
    both = until.get("voltage")
    if both is None or not isinstance(both.value, tuple):
        return until
    others = {key: child for key, child in until.value.items() if key != "voltage"}
    ends = dict(zip(("voltage_below", "voltage_above"), both.value, strict=False))
    twice = [key for key in ends if key in others]
    if len(both.value) != 2:
        problems.append(both.problem(f"has {len(both.value)} values; write one voltage, or two"))
    elif twice:
        problems.append(both.problem(f"has two voltages, and {twice[0]} is one too; keep one"))
    return until.holding({**ends, **others})


def _repeat(node: Node, folder: Path, problems: list[Problem]) -> list[Node]:
    count, steps = node.value["repeat"], node.get("steps")
    if steps is None or not isinstance(steps.value, tuple) or not steps.value:
        problems.append((steps or node).problem("needs 'steps', a list of what to repeat"))
        return []
    inner = _steps(steps.value, folder, problems)
    times = count.value
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        problems.append(count.problem(f"is {show(count.plain())}; a whole number from 1 is needed"))
        return inner
    if len(inner) * times > MOST_STEPS:
        message = f"makes {len(inner) * times} steps; at most {MOST_STEPS} are allowed"
        raise ConfigError([count.problem(message)])
    end = node.get("end")
    return inner * times if end is None else _leaving(inner, times, end, problems)


def _leaving(inner: list[Node], times: int, end: Node, problems: list[Problem]) -> list[Node]:
    """The steps of a loop that is left as soon as one of them ends by a stop of ``end``."""
    end = _band(end, problems)
    if not isinstance(end.value, dict) or not end.value:
        problems.append(end.problem(f"is {show(end.plain())}; write stops, as below 'until'"))
        return inner * times
    by_step: list[list[str]] = []
    seen: set[str] = set()
    for step in inner:
        until = step.get("until")
        given = until.value if until is not None and isinstance(until.value, dict) else {}
        pairs = [(k, name) for k, asked in end.value.items() for name in same_stop(k, asked, given)]
        by_step.append([name for _, name in pairs])
        seen |= {key for key, _ in pairs}
    for key, asked in end.value.items():
        if key not in Stops.model_fields:
            problems.append(asked.problem(unknown(key, list(Stops.model_fields))))
        elif key not in seen and inner:
            message = f"is {show(asked.plain())}, but no step of the loop ends by that"
            problems.append(asked.problem(f"{message}; write it into the 'until' of a step, too"))
    total = len(inner) * times
    return [
        _skipping(step, names, total - 1 - (turn * len(inner) + k), end)
        for turn in range(times)
        for k, (step, names) in enumerate(zip(inner, by_step, strict=True))
    ]


def _skipping(step: Node, names: Sequence[str], left: int, end: Node) -> Node:
    """A step whose stops ``names`` leave out the ``left`` steps of the loop that follow."""
    if not names or left == 0:
        return step
    skip = step.get("skip") or Node({}, (*step.path, "skip"), end.file, end.line)
    place = partial(Node, file=end.file, line=end.line)
    more = {name: place(left, (*skip.path, name)) for name in names}
    return step.holding({**step.value, "skip": skip.holding({**skip.value, **more})})


def _rest(step: dict[str, Node], problems: list[Problem]) -> dict[str, Node]:
    """``rest: 30 min`` as a rest until that time; ``rest: {}`` leaves it to ``until``."""
    rest = step.pop("rest")
    if rest.value is None or rest.value == {}:
        return step
    until = step.get("until") or rest.holding({})
    if isinstance(until.value, dict):
        if "time" in until.value:
            problems.append(rest.problem("gives a time, and until.time gives one too; keep one"))
        step["until"] = until.holding({**until.value, "time": rest})
    return step
