"""A configuration as YAML text with a comment beside every value.

A tree of mappings, lists and :class:`Noted` values; a comment says where the value is from.
"""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any, NamedTuple

__all__ = ["Noted", "remarks", "yaml_text"]

_WIDTH = 100
Tree = Mapping[str, Any]


class Noted(NamedTuple):
    """A value with a unit and its source."""

    value: Any
    source: str = ""
    unit: str = ""


def yaml_text(tree: Tree) -> str:
    """The lines of a mapping, nested ones indented, lists of mappings one item a line."""
    return "\n".join(_mapping(tree, "")) + "\n"


def remarks(title: str, texts: Iterable[str]) -> list[str]:
    """Comment lines: a title and an item for each text; nothing without texts."""
    lines: list[str] = []
    for text in dict.fromkeys(texts):
        lines += wrap(text, _WIDTH - 2, initial_indent="# - ", subsequent_indent="#   ")
    return ["#", f"# {title}", *lines] if lines else []


def _mapping(tree: Tree, indent: str) -> list[str]:
    lines: list[str] = []
    for key, value in tree.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            inner = _mapping(value, indent + "  ")
            lines += [f"{indent}{key}:", *inner] if inner else []
        elif isinstance(value, Sequence) and not isinstance(value, str | Noted):
            lines += [f"{indent}{key}:"]
            for item in value:
                lines += _item(item, indent + "  ")
        else:
            lines += _line(f"{indent}{key}: ", value)
    return lines


def _item(item: Any, indent: str) -> list[str]:
    """A step on one line; a population, with its keys below each other."""
    if isinstance(item, Noted):
        return _line(f"{indent}- ", item)
    lines = _mapping(item, indent + "  ")
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]


def _line(head: str, value: Any) -> list[str]:
    noted = value if isinstance(value, Noted) else Noted(value)
    text = _text(noted.value, noted.unit)
    line = head + text
    note = f"  # {noted.source}" if noted.source else ""
    if len(line) > _WIDTH and text.startswith("["):
        indent = " " * (len(head) - len(head.lstrip()))
        return [f"{head}[{note}", *_rows(noted.value, noted.unit, indent + "  "), f"{indent}]"]
    return [line + note]


def _rows(values: Sequence[Any], unit: str, indent: str) -> list[str]:
    """The items of a long list, those that are lists on lines of their own."""
    texts = [_text(value, unit) for value in values]
    parts = [f"{text}," for text in texts] if texts[0].startswith("[") else [", ".join(texts)]
    lines: list[str] = []
    for part in parts:
        lines += wrap(part, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    return lines


def _text(value: Any, unit: str = "") -> str:
    """A value as YAML flow text; numbers exactly, with their unit."""
    if isinstance(value, Noted):
        return _text(value.value, value.unit)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, float | int):
        number = repr(float(value)) if isinstance(value, float) else str(value)
        number = number.removesuffix(".0") if "e" not in number else number
        return f"{number} {unit}".rstrip()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{k}: {_text(v)}" for k, v in value.items() if v is not None)
        return "{" + inner + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_text(item, unit) for item in value) + "]"
    return str(value)
