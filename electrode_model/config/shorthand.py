"""Short forms of a YAML file written out: one shape of the tree for every way to write it.

Components become ``{name, parameters}``, one population a list of one, ``ideal`` a mapping,
``repeat`` its steps; the material's own kinetics and an open-circuit table from a CSV file
are put in.  Every node keeps the place where it was written, so that errors and origins
speak of that.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from electrode_model.config import components, yaml_source
from electrode_model.config.components import BESIDE_LAW, LAWS
from electrode_model.config.interphase import BESIDE_LAYER
from electrode_model.config.problems import ConfigError, Problem, Refused
from electrode_model.config.protocols import written_out
from electrode_model.config.yaml_source import Node
from electrode_model.material import NUMBERS, Material
from electrode_model.scatter.joint import QUANTITIES
from electrode_model.user_files import UserFileError, absolute, is_reference, parts

__all__ = ["expand"]


_Own: TypeAlias = tuple[str, Material]  # the material of a population, by its name
_ROOM = 298.15  # K, for a kT in the keys of a user's material


def expand(root: Node, folder: Path) -> tuple[Node, list[Problem]]:
    """The written-out tree and the problems met; ``folder`` is where files are sought."""
    problems: list[Problem] = []
    root = _change(root, {key: partial(_placed, folder) for key in root.value if key != "name"})
    pores: dict[str, Callable[[Node], Node]] = {"tortuosity": _tortuosity}

    def electrode(node: Node) -> Node:
        own = {
            "particles": lambda child: _populations(child, folder, problems),
            "connections": lambda child: _component(child, "model"),
        }
        return _change(node, pores | own)

    changes: dict[str, Callable[[Node], Node]] = {
        "negative": lambda node: electrode(_named(node, "model")),
        "electrolyte": lambda node: _split(_named(node, "model"), "model", ("concentration",)),
        "separator": lambda node: _change(node, pores),
        "positive": electrode,
        "continue_from": lambda node: _absolute(node, folder),
        "protocol": lambda node: written_out(node, folder, problems),
    }
    return _change(root, changes), problems


def _placed(folder: Path, node: Node) -> Node:
    """The same with the user's files in it named by paths that hold in any directory."""
    if isinstance(node.value, dict):
        return node.holding({key: _placed(folder, item) for key, item in node.value.items()})
    if isinstance(node.value, tuple):
        return node.holding(tuple(_placed(folder, item) for item in node.value))
    return node.holding(absolute(node.value, folder)) if is_reference(node.value) else node


def _absolute(node: Node, folder: Path) -> Node:
    """A path of the file as one that holds wherever the resolved configuration is written."""
    if not isinstance(node.value, str):
        return node
    return node.holding(str((folder / node.value).resolve()))


def _tortuosity(node: Node) -> Node:
    """A law by its name or ``law``; a number alone is a constant tortuosity."""
    if isinstance(node.value, str):
        return _component(node, "law")
    return _value_or(node, "law", "constant")


#: Sections that may be written as a name alone, and the key that the name then stands for.
_ALONE = {
    "negative": "model",
    "electrolyte": "model",
    "interphase": "model",
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
    kinetics = node.get("kinetics") or Node({}, (*node.path, "kinetics"), node.file, node.line)
    if kinetics.value is None:
        kinetics = kinetics.holding({})
    node = node.holding({**node.value, "kinetics": _kinetics(kinetics, _found(material))})
    node = _change(
        node,
        {
            "model": lambda child: _component(child, "name"),
            "size": lambda child: _value_or(child, "distribution", "constant"),
            "scatter": _scatter,
            "interphase": lambda child: _split(_named(child, "model"), "model", BESIDE_LAYER),
            "material": lambda child: _material(child, folder, problems),
            "initial_filling": lambda child: _value_or(child, "profile", "uniform"),
        },
    )
    return _count_listed(node)


def _scatter(node: Node) -> Node:
    forms = {name: lambda child: _component(child, "distribution") for name in QUANTITIES}
    return _change(node, dict(forms))


def _value_or(node: Node, tag: str, plain: str) -> Node:
    """A component by its ``tag``; a number alone is the ``value`` of the component ``plain``."""
    if isinstance(node.value, dict):
        return _component(node, tag)
    if isinstance(node.value, tuple) or node.value is None:
        return node
    if is_reference(node.value):
        return _component(node, tag)
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
    known = _parameters_of(own["name"].value) if "name" in own else {}
    if known:
        given = {key: rest.pop(key) for key in list(rest) if key in known or key not in NUMBERS}
        own["parameters"] = node.holding(given)
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


def _parameters_of(name: Any) -> Mapping[str, Any]:
    """Keys of a user's material; none of one that cannot be read, which is refused later."""
    try:
        return components.material_parameters(name)
    except UserFileError:
        return {}


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


def _kinetics(node: Node, material: _Own | None) -> Node:
    """The ``kinetics`` of a population, completed by the defaults of its material."""
    if not isinstance(node.value, dict):
        return node
    written = _change(node, {"exchange_current": lambda child: _component(child, "form")})
    merged = written.holding({**_defaults(written, material), **written.value})
    merged = _complete_exchange(merged, material)
    return _split(merged, "law", BESIDE_LAW)


def _material_kinetics(node: Node, own: _Own | None) -> dict[str, Node]:
    """The kinetics of a material as nodes whose origin is its source."""
    if own is None:
        return {}
    name, found = own
    origin = f"material {name}: {found.kinetics_source or 'its file'}"

    def nodes(value: Any, path: tuple[str | int, ...]) -> Node:
        if isinstance(value, dict):
            value = {key: nodes(item, (*path, key)) for key, item in value.items()}
        elif is_reference(value) and is_reference(name):  # beside the material's file
            value = absolute(value, parts(name)[0].parent)
        return Node(value, path, origin)

    result: dict[str, Node] = nodes(dict(found.kinetics), node.path).value
    if "exchange_current" in result:
        result["exchange_current"] = _component(result["exchange_current"], "form")
    return result


def _found(node: Node | None) -> _Own | None:
    """The material that was written; None for one that is refused later."""
    name: Any = node and (node.get("name") or node).value
    if name in components.material_names():
        return name, components.material(name)
    if node is None or not is_reference(name):
        return None
    try:
        values = {}
        for key, parameter in components.material_parameters(name).items():
            written = node.get(key)
            given = parameter.default if written is None else written.plain()
            values[key] = parameter.read(given, _ROOM)
        return name, components.material(name, values)
    except (UserFileError, Refused):
        return None


def _defaults(node: Node, material: _Own | None) -> dict[str, Node]:
    """The material's defaults, less the parameters that another law does not have."""
    defaults = _material_kinetics(node, material)
    law = node.get("law")
    if law is None or "law" not in defaults or law.value == defaults["law"].value:
        return defaults
    if not LAWS.has(law.value):
        return defaults
    kept = BESIDE_LAW if components.takes_exchange(law.value) else ()
    known = LAWS.parameters(law.value)
    return {k: v for k, v in defaults.items() if k in known or k in kept}


def _complete_exchange(node: Node, material: _Own | None) -> Node:
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
