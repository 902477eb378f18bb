"""Titrations and pulses in short: GITT, PITT and a series of pulses, as the steps they are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from electrode_model.config.problems import ConfigError, Refused, show, unknown
from electrode_model.config.reading import read_number
from electrode_model.config.steps import Stops
from electrode_model.config.yaml_source import Node
from electrode_model.quantities import Spec

__all__ = ["MOST_STEPS", "TECHNIQUES", "same_stop"]

MOST_STEPS = 10_000  # after repeats are unrolled

_VOLTAGE = Spec("V", "cell voltage", at_least=-10.0, at_most=10.0)
_ROUNDING = 1e-9  # of a step: a last potential so near the end is the end


def _gitt(node: Node) -> list[Node]:
    """Pulses of one current with rests between, until a pulse ends by a stop of ``until``."""
    keys = _keys(node, ("current", "pulse", "rest", "count"), ("until",))
    pulse = {"current": keys["current"], "until": _until(node, keys["pulse"])}
    steps = (node.holding(pulse), node.holding({"rest": keys["rest"]}))
    loop = {"repeat": keys["count"], "steps": node.holding(steps)}
    if "until" in keys:
        loop["end"] = keys["until"]
    return [node.holding(loop)]


def _pitt(node: Node) -> list[Node]:
    """Voltages held one after another, each until its current has decayed."""
    keys = _keys(node, ("from", "to", "step", "until"), ())
    start, end, step = (_number(keys[key]) for key in ("from", "to", "step"))
    if step <= 0:
        raise ConfigError([keys["step"].problem(f"is {step:g} V; write its size, above 0 V")])
    count = int(abs(end - start) / step * (1 + _ROUNDING) + _ROUNDING)
    if count > MOST_STEPS:
        message = f"makes {count} steps; at most {MOST_STEPS} are allowed"
        raise ConfigError([keys["step"].problem(message)])
    sign = 1.0 if end > start else -1.0
    held = [keys["from"].holding(round(start + sign * step * k, 12)) for k in range(count + 1)]
    if abs(held[-1].value - end) > _ROUNDING * step:
        held.append(keys["to"])
    return [node.holding({"voltage": voltage, "until": keys["until"]}) for voltage in held]


def _pulses(node: Node) -> list[Node]:
    """A pulse of each current for ``duration``, and a ``rest`` after it."""
    keys = _keys(node, ("current", "duration", "rest"), ("until",))
    listed = keys["current"].value
    currents: Sequence[Node] = listed if isinstance(listed, tuple) else (keys["current"],)
    if not currents:
        raise ConfigError([keys["current"].problem("is an empty list; write at least one current")])
    until = _until(node, keys["duration"])
    return [
        node.holding(step)
        for current in currents
        for step in ({"current": current, "until": until}, {"rest": keys["rest"]})
    ]


#: Short form by its key in a protocol; gives steps as one writes them.
TECHNIQUES: Mapping[str, Callable[[Node], list[Node]]] = {
    "gitt": _gitt,
    "pitt": _pitt,
    "pulses": _pulses,
}


def same_stop(key: str, asked: Node, given: Mapping[str, Node]) -> list[str]:
    """The stops of a step (``given``) that are the one ``asked`` under ``key``."""
    names = ("voltage", "voltage_below", "voltage_above") if key == "voltage" else (key,)
    spec = next((m for m in _metadata(key) if isinstance(m, Spec)), None)
    if spec is None:
        return []

    def number(node: Node) -> Any:
        try:
            return read_number(node.value, spec)
        except Refused:
            return node.plain()

    return [name for name in names if name in given and number(given[name]) == number(asked)]


def _metadata(key: str) -> Sequence[Any]:
    field = Stops.model_fields.get(key)
    return field.metadata if field else ()


def _keys(node: Node, needed: Sequence[str], others: Sequence[str]) -> dict[str, Node]:
    """The keys of a short form; raises ConfigError."""
    if not isinstance(node.value, dict):
        message = f"is {show(node.plain())}; a mapping is needed, with {', '.join(needed)}"
        raise ConfigError([node.problem(message)])
    allowed = (*needed, *others)
    wrong = [
        child.problem(unknown(k, allowed)) for k, child in node.value.items() if k not in allowed
    ]
    wrong += [node.problem("is missing", key) for key in needed if key not in node.value]
    if wrong:
        raise ConfigError(wrong)
    return dict(node.value)


def _until(node: Node, time: Node) -> Node:
    """The stops of a pulse: those that are written, and its length."""
    until = node.get("until") or Node({}, (*node.path, "until"), node.file, node.line)
    if not isinstance(until.value, dict):
        raise ConfigError(
            [until.problem(f"is {show(until.plain())}; write for example {{voltage: 2.5 V}}")]
        )
    if "time" in until.value:
        raise ConfigError([until.value["time"].problem(f"is that of {time.path[-1]}; remove it")])
    return until.holding({**until.value, "time": time})


def _number(node: Node) -> float:
    try:
        return read_number(node.value, _VOLTAGE)
    except Refused as error:
        raise ConfigError([node.problem(str(error))]) from None
