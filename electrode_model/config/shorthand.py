"""Short forms of a YAML file written out: one shape of the tree for every way to write it.

Components become ``{name, parameters}``, one population a list of one, ``ideal`` a mapping,
``repeat`` its steps; the material's own kinetics and an open-circuit table from a CSV file
are put in.  Every node keeps the place where it was written, so that errors and origins
speak of that.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from electrode_model.config import components, yaml_source
from electrode_model.config.components import BESIDE_LAW, LAWS
from electrode_model.config.problems import ConfigError, Problem, Refused, show, unknown
from electrode_model.config.sentences import EXAMPLE, read_sentence
from electrode_model.config.yaml_source import Node

__all__ = ["MOST_STEPS", "expand"]

MOST_STEPS = 10_000  # after repeats are unrolled

_MODES = ("current", "voltage", "power", "rest", "repeat")
_BESIDE = {"repeat": ("steps",), "rest": ("until", "isolated")}  # keys of a step, else until


def expand(root: Node, folder: Path) -> tuple[Node, list[Problem]]:
    """The written-out tree and the problems met; ``folder`` is where table files are sought."""
    problems: list[Problem] = []

    def electrode(node: Node) -> Node:
        particles = {"particles": lambda child: _populations(child, folder, problems)}
        return _change(node, particles)

    changes: dict[str, Callable[[Node], Node]] = {
        "negative": lambda node: electrode(_named(node, "model")),
        "electrolyte": lambda node: _split(_named(node, "model"), "model", ("concentration",)),
        "positive": electrode,
        "protocol": lambda node: _protocol(node, problems),
    }
    return _change(root, changes), problems


#: Sections that may be written as a name alone, and the key that the name then stands for.
_ALONE = {
    "negative": "model",
    "electrolyte": "model",
    "model": "name",
    "material": "name",
    "kinetics": "law",
    "exchange_current": "form",
}


def spelled_out(node: Node) -> Node:
    """``material: lfp`` as ``material: {name: lfp}``, so that keys can be set beside the name."""
    key = _ALONE.get(str(node.path[-1])) if node.path else None
    return _named(node, key) if key else node


def _change(node: Node, changes: dict[str, Callable[[Node], Node]]) -> Node:
    """A mapping with some of its values changed; anything else stays for the checks to refuse."""
    if not isinstance(node.value, dict):
        return node
    changed = {k: changes[k](v) if k in changes else v for k, v in node.value.items()}
    return node.holding(changed)


def _named(node: Node, key: str) -> Node:
    """``ideal`` as ``{model: ideal}``."""
    if not isinstance(node.value, str):
        return node
    return node.holding({key: _below(node, key)})


def _below(node: Node, key: str) -> Node:
    """A scalar as the value of a key it did not spell out."""
    return Node(node.value, (*node.path, key), node.file, node.line)


def _component(node: Node, tag: str) -> Node:
    """A component as ``{name, parameters}``, from its name alone or a mapping with a ``tag``."""
    if isinstance(node.value, dict):
        rest = {key: child for key, child in node.value.items() if key != tag}
        found = {"parameters": node.holding(rest)}
        if tag in node.value:
            found["name"] = node.value[tag]
        return node.holding(found)
    if isinstance(node.value, str):
        return node.holding({"name": _below(node, tag), "parameters": node.holding({})})
    return node


def _split(node: Node, tag: str, others: Sequence[str]) -> Node:
    """A section whose component's parameters stand beside its ``others``: put those below."""
    if not isinstance(node.value, dict):
        return node
    own = {key: child for key, child in node.value.items() if key in others}
    rest = node.holding({k: v for k, v in node.value.items() if k not in others})
    return node.holding({tag: _component(rest, tag), **own})


def _populations(node: Node, folder: Path, problems: list[Problem]) -> Node:
    listed = (node,) if isinstance(node.value, dict) else node.value
    if not isinstance(listed, tuple):
        return node
    return node.holding(tuple(_population(item, folder, problems) for item in listed))


def _population(node: Node, folder: Path, problems: list[Problem]) -> Node:
    if not isinstance(node.value, dict):
        return node
    material = node.get("material")
    name = material and (material.get("name") or material).value
    kinetics = node.get("kinetics") or Node({}, (*node.path, "kinetics"), node.file, node.line)
    if kinetics.value is None:
        kinetics = kinetics.holding({})
    node = node.holding({**node.value, "kinetics": _kinetics(kinetics, name)})
    node = _change(
        node,
        {
            "model": lambda child: _component(child, "name"),
            "size": lambda child: _value_or(child, "distribution", "constant"),
            "material": lambda child: _material(child, folder, problems),
            "initial_filling": lambda child: _value_or(child, "profile", "uniform"),
        },
    )
    return _count_listed(node)


def _value_or(node: Node, tag: str, plain: str) -> Node:
    """A component by its ``tag``; a number alone is the ``value`` of the component ``plain``."""
    if isinstance(node.value, dict):
        return _component(node, tag)
    if isinstance(node.value, tuple) or node.value is None:
        return node
    name = Node(plain, (*node.path, tag), node.file, node.line)
    value = node.holding({"value": _below(node, "value")})
    return node.holding({"name": name, "parameters": value})


def _count_listed(node: Node) -> Node:
    """``per_volume`` from the length of listed sizes, where it is not given."""
    size = node.get("size")
    parameters = size.get("parameters") if size else None
    if node.get("per_volume") is not None or parameters is None:
        return node
    for child in parameters.value.values():
        if isinstance(child.value, tuple) and child.value:
            first = child.value[0].value
            count = len(first if isinstance(first, tuple) else child.value)
            per_volume = Node(count, (*node.path, "per_volume"), child.file, child.line)
            return node.holding({**node.value, "per_volume": per_volume})
    return node


def _material(node: Node, folder: Path, problems: list[Problem]) -> Node:
    node = _named(node, "name")
    if not isinstance(node.value, dict):
        return node
    own = {k: node.value[k] for k in ("name", "diffusivity_shape", "ocv") if k in node.value}
    rest = {key: child for key, child in node.value.items() if key not in own}
    if "diffusivity_shape" in own:
        own["diffusivity_shape"] = _component(own["diffusivity_shape"], "form")
    ocv = own.get("ocv")
    if ocv is not None and isinstance(ocv.value, str):
        try:
            own["ocv"] = _table(ocv, folder)
        except ConfigError as error:
            problems += error.problems
            del own["ocv"]
    return node.holding({**own, "overrides": node.holding(rest)})


def _table(node: Node, folder: Path) -> Node:
    """An open-circuit table read from a CSV file; raises ConfigError."""
    path = folder / node.value
    try:
        text = yaml_source.read_text(path)
    except ConfigError as error:
        raise ConfigError(
            [node.problem(f"names a table: {problem}") for problem in error.problems]
        ) from None
    columns: tuple[list[Node], list[Node]] = ([], [])
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip().strip('"') for cell in line.replace(";", ",").split(",")]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        values = [yaml_source.resolve(cell) for cell in cells]
        header = not columns[0] and all(isinstance(v, str) and v[:1].isalpha() for v in values)
        if header:
            continue
        if len(cells) != 2:
            message = f"has {len(cells)} columns; two are needed: filling, voltage"
            problems.append(Problem(str(path), number, node.key, message))
            continue
        for column, key, value in zip(columns, ("c", "voltage"), values, strict=True):
            column.append(Node(value, (*node.path, key), str(path), number))
    if not columns[0]:
        problems.append(Problem(str(path), 1, node.key, "has no rows of filling, voltage"))
    if problems:
        raise ConfigError(problems)
    keys = zip(("c", "voltage"), columns, strict=True)
    return node.holding(
        {key: Node(tuple(column), (*node.path, key), str(path), 1) for key, column in keys}
    )


def _kinetics(node: Node, material: Any) -> Node:
    """The ``kinetics`` of a population, completed by the defaults of its material."""
    if not isinstance(node.value, dict):
        return node
    written = _change(node, {"exchange_current": lambda child: _component(child, "form")})
    merged = written.holding({**_defaults(written, material), **written.value})
    merged = _complete_exchange(merged, material)
    return _split(merged, "law", BESIDE_LAW)


def _material_kinetics(node: Node, material: Any) -> dict[str, Node]:
    """The kinetics of a material as nodes whose origin is its source."""
    if material not in components.material_names():
        return {}
    found = components.material(material)
    origin = f"material {material}: {found.kinetics_source or 'its file'}"

    def nodes(value: Any, path: tuple[str | int, ...]) -> Node:
        if isinstance(value, dict):
            value = {key: nodes(item, (*path, key)) for key, item in value.items()}
        return Node(value, path, origin)

    result: dict[str, Node] = nodes(dict(found.kinetics), node.path).value
    if "exchange_current" in result:
        result["exchange_current"] = _component(result["exchange_current"], "form")
    return result


def _defaults(node: Node, material: Any) -> dict[str, Node]:
    """The material's defaults, less the parameters that another law does not have."""
    defaults = _material_kinetics(node, material)
    law = node.get("law")
    if law is None or "law" not in defaults or law.value == defaults["law"].value:
        return defaults
    if law.value not in LAWS.names():
        return defaults
    kept = BESIDE_LAW if components.takes_exchange(law.value) else ()
    known = LAWS.parameters(law.value)
    return {k: v for k, v in defaults.items() if k in known or k in kept}


def _complete_exchange(node: Node, material: Any) -> Node:
    """A partly given exchange current takes the rest from the material's, if of that form."""
    given = node.get("exchange_current")
    default = _material_kinetics(node, material).get("exchange_current")
    if given is None or default is None or not isinstance(given.value, dict):
        return node
    name, own = default.value["name"], given.value["parameters"]
    given_name = given.value.get("name", name)
    if given_name.value != name.value:
        return node
    parameters = own.holding({**default.value["parameters"].value, **own.value})
    complete = given.holding({"name": given_name, "parameters": parameters})
    return node.holding({**node.value, "exchange_current": complete})


def _protocol(node: Node, problems: list[Problem]) -> Node:
    if not isinstance(node.value, tuple):
        return node
    if not node.value:
        problems.append(node.problem("is empty; write at least one step"))
    if len(node.value) > MOST_STEPS:
        problems.append(node.problem(f"has {len(node.value)} steps; at most {MOST_STEPS} are read"))
        return node.holding(())
    try:
        return node.holding(tuple(_steps(node.value, problems)))
    except ConfigError as error:
        problems += error.problems
        return node.holding(())


def _steps(nodes: Sequence[Node], problems: list[Problem]) -> list[Node]:
    steps: list[Node] = []
    for node in nodes:
        steps += _step(node, problems)
        if len(steps) > MOST_STEPS:
            message = f"makes more than {MOST_STEPS} steps once repeats are unrolled"
            raise ConfigError([node.problem(message)])
    return steps


def _step(node: Node, problems: list[Problem]) -> list[Node]:
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
    allowed = (mode, *_BESIDE.get(mode, ("until",)))
    for key, child in node.value.items():
        if key not in allowed:
            problems.append(child.problem(unknown(key, allowed)))
    if mode == "repeat":
        return _repeat(node, problems)
    step = {"kind": node.holding(mode)}
    step |= {key: child for key, child in node.value.items() if key in allowed}
    if mode == "rest":
        step = _rest(step, problems)
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
    problems = [
        child.problem(unknown(key, (*_MODES, "until", "steps")))
        for key, child in node.value.items()
        if key not in ("until", "steps", "isolated")
    ]
    return problems or [node.problem(f"says nothing to do; {rule}")]


def _repeat(node: Node, problems: list[Problem]) -> list[Node]:
    count, steps = node.value["repeat"], node.get("steps")
    if steps is None or not isinstance(steps.value, tuple) or not steps.value:
        problems.append((steps or node).problem("needs 'steps', a list of what to repeat"))
        return []
    inner = _steps(steps.value, problems)
    times = count.value
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        problems.append(count.problem(f"is {show(count.plain())}; a whole number from 1 is needed"))
        return inner
    if len(inner) * times > MOST_STEPS:
        message = f"makes {len(inner) * times} steps; at most {MOST_STEPS} are allowed"
        raise ConfigError([count.problem(message)])
    return inner * times


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
