"""From a YAML file to a :class:`~electrode_model.config.model.Config`, or to errors that help."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from electrode_model.config import yaml_source
from electrode_model.config.explain import Entry, entries, quantity_of
from electrode_model.config.model import Config, Counter, Electrode, Section, json_schema
from electrode_model.config.problems import (
    ConfigError,
    Location,
    Problem,
    Refused,
    listing,
    not_among,
    show,
    unknown,
)
from electrode_model.config.reading import read_number
from electrode_model.config.resolved import resolved_yaml
from electrode_model.config.shorthand import expand, spelled_out
from electrode_model.config.yaml_source import Node

__all__ = [
    "ConfigError",
    "Entry",
    "Problem",
    "explain",
    "json_schema",
    "load",
    "placed",
    "problems_of",
    "resolve_tree",
    "resolved_yaml",
    "tree",
]


def load(path: str | Path, overrides: Sequence[str] = ()) -> Config:
    """The configuration of a YAML file after ``overrides`` such as ``"solver.rtol=1e-8"``.

    Raises :class:`ConfigError` with every problem found, each with file, line, key and cure.
    """
    return _resolve(path, overrides)[0]


def explain(path: str | Path, overrides: Sequence[str] = ()) -> list[Entry]:
    """Every resolved value with its unit and where it came from; raises ConfigError."""
    return entries(*_resolve(path, overrides))


def _resolve(path: str | Path, overrides: Sequence[str]) -> tuple[Config, Node]:
    return resolve_tree(tree(path, overrides), Path(path).parent)


def tree(path: str | Path, overrides: Sequence[str] = ()) -> Node:
    """What a YAML file says, as it was written, with ``overrides`` put in; raises ConfigError."""
    root = yaml_source.read(path)
    for text in overrides:
        root = _override(root, text)
    return root


def placed(root: Node, path: str, value: Any, origin: str = "--set") -> Node:
    """The tree with a value at a ``key.path``; raises ConfigError for a path through a value.

    A value that is a :class:`Node` keeps the place where it was written.
    """
    keys = path.split(".")
    if not isinstance(value, Node):
        value = yaml_source.of_python(value, tuple(keys), origin)
    return _place(root, keys, value)


def resolve_tree(root: Node, folder: Path) -> tuple[Config, Node]:
    """The configuration of a tree, and the tree written out; ``folder`` is where files are sought.

    Raises :class:`ConfigError`.
    """
    node, problems = expand(root, folder)
    try:
        config = Config.model_validate(node.plain(), context={"temperature": _temperature(root)})
    except ValidationError as error:
        raise ConfigError([*problems, *problems_of(error, node)]) from None
    if problems:
        raise ConfigError(problems)
    return config, node


def _temperature(root: Node) -> float:
    """The temperature that kT needs, also where the file is wrong about it."""
    field = Config.model_fields["temperature"]
    node, spec = root.get("temperature"), quantity_of(field)
    try:
        return read_number(node.value, spec) if node and spec else float(field.default)
    except Refused:
        return float(field.default)


def _override(root: Node, text: str) -> Node:
    """The tree with one ``key.path=value`` in place; missing sections are made on the way."""
    path, equals, written = text.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        wrong = "has an empty key" if equals else "has no '='"
        message = f"{text!r} {wrong}; write --set key.path=value"
        raise ConfigError([Problem("--set", 0, "", message)])
    return _place(root, keys, yaml_source.parse(written, "--set", tuple(keys), lines=False))


def _place(node: Node, keys: Sequence[str], value: Node) -> Node:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    node = spelled_out(node)
    if key == "0" and isinstance(node.value, dict) and node.path[-1:] == ("particles",):
        return _place(node, rest, value)  # one population may stand without its list
    path = (*node.path, key)
    if isinstance(node.value, tuple):
        if not key.isdecimal() or int(key) >= len(node.value):
            message = f"is no item of {node.key}; its items are 0 to {len(node.value) - 1}"
            place = ".".join(map(str, path))
            raise ConfigError([Problem(value.file, value.line, place, message)])
        items = list(node.value)
        items[int(key)] = _place(items[int(key)], rest, value)
        return node.holding(tuple(items))
    if node.value is not None and not isinstance(node.value, dict):
        message = f"is the single value {show(node.value)}, without keys; set it as a whole"
        raise ConfigError([Problem(value.file, value.line, node.key, message)])
    children = node.value or {}
    child = children.get(key) or Node({} if rest else None, path, value.file, value.line)
    return node.holding({**children, key: _place(child, rest, value)})


def problems_of(error: ValidationError, node: Node, top: type[Section] = Config) -> list[Problem]:
    """Pydantic's errors as problems at the places of the file, which holds a ``top``."""
    faults = error.errors(include_url=False)
    places = {fault["loc"] for fault in faults}
    return [
        _problem(fault["type"], fault["loc"], fault["msg"], fault["input"], node, top)
        for fault in faults
        if not _follows(fault["loc"], fault["type"], places)
    ]


def _follows(location: Location, sort: str, places: Collection[Location]) -> bool:
    """Whether kinetics are incomplete only because what completes them is wrong.

    That is the material, or a law of a user's file.
    """
    incomplete = sort == "missing" or location[-1:] == ("law",)
    if "kinetics" not in location or not incomplete:
        return False
    above = location[: location.index("kinetics")]
    completing = [(*above, "material"), (*above, "material", "name")]
    if sort == "missing":
        completing.append((*above, "kinetics", "law", "name"))
    wrong_keys = any(place[:-1] == (*above, "material", "parameters") for place in places)
    return wrong_keys or any(place in places for place in completing)


_TAGS = ("counter", "porous")  # of the sorts of a negative electrode, in pydantic's locations

_NEEDS = {
    "tuple_type": "a list is needed",
    "string_type": "a text is needed",
    "bool_type": "write true or false",
}


def _problem(
    sort: str, location: Location, text: str, value: object, node: Node, top: type[Section]
) -> Problem:
    found, rest = node.find(tuple(step for step in location if step not in _TAGS))
    if sort == "extra_forbidden":
        allowed = [f.alias or name for name, f in _fields(location[:-1], top).items()]
        prefix = "".join(f"{step}." for step in found.path[:-1])
        return found.problem(unknown(location[-1], allowed, prefix))
    if sort == "missing":
        return found.problem(f"is missing{_meaning(location, top)}", *rest)
    if sort in ("model_type", "model_attributes_type", "dict_type"):
        keys = listing(f.alias or name for name, f in _fields(location, top).items())
        return found.problem(f"is {show(value)}; a mapping is needed, with the keys {keys}", *rest)
    if sort == "literal_error":
        return found.problem(not_among(value, _choices(location, top)), *rest)
    if sort in _NEEDS:
        return found.problem(f"is {show(value)}; {_NEEDS[sort]}", *rest)
    if sort == "refused":
        return found.problem(text, *rest)
    return found.problem(f"is {show(value)}; {text[:1].lower()}{text[1:]}", *rest)


def _fields(location: Location, top: type[Section]) -> Mapping[str, FieldInfo]:
    """The fields of the section at a location, by the names used in files."""
    section: type[Section] | None = top
    named = False  # the step is a name that the user chose
    for step in location:
        if step in _TAGS:
            section = Counter if step == "counter" else Electrode
        elif isinstance(step, str) and not named:
            fields = _by_name(section)
            annotation = fields[step].annotation if step in fields else None
            section, named = _section(annotation), get_origin(annotation) is dict
        elif isinstance(step, str):
            named = False
    return _by_name(section)


def _by_name(section: type[Section] | None) -> Mapping[str, FieldInfo]:
    fields = section.model_fields if section else {}
    return {field.alias or name: field for name, field in fields.items()}


def _section(annotation: Any) -> type[Section] | None:
    """The section within ``Section``, ``Section | None`` or ``tuple[Section, ...]``."""
    inner = get_args(annotation)  # before Python 3.11, tuple[Section, ...] is itself a type
    if not inner and isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section, inner)), None)


def _meaning(location: Location, top: type[Section]) -> str:
    field = _fields(location[:-1], top).get(str(location[-1]))
    if field is None:
        return ""
    quantity = quantity_of(field)
    if quantity is None:
        return f" ({field.description})" if field.description else ""
    unit = "" if quantity.unit == "1" else f" [{quantity.unit}]"
    return f" ({quantity.meaning}{unit})"


def _choices(location: Location, top: type[Section]) -> list[str]:
    names = [step for step in location if isinstance(step, str)]
    annotation = _fields(tuple(names[:-1]), top)[names[-1]].annotation
    while get_origin(annotation) is not Literal:
        annotation = get_args(annotation)[0]
    return [str(choice) for choice in get_args(annotation)]
