"""Variants of a fit as files of their own: the fit's tree with what each of them changes."""

import re
from collections.abc import Mapping

from electrode_model.config.problems import ConfigError, Problem, not_among, show
from electrode_model.config.yaml_source import Node
from electrode_model.fit.config import FitConfig, Variant

__all__ = ["variant_nodes"]

_NAME = re.compile(r"\w[\w .+-]{0,59}")  # also of a folder


def variant_nodes(choice: FitConfig, node: Node) -> dict[str, Node]:
    """The tree of each variant by its name; nodes keep the places where they were written.

    Raises ConfigError: a single variant, names that no folder can have, parameters to be dropped
    that the fit does not have.
    """
    section = node.get("variants")
    if not choice.variants or section is None:
        return {}
    problems: list[Problem] = []
    if len(choice.variants) < 2:
        text = f"names {show(next(iter(choice.variants)))} alone; a comparison needs two or more"
        problems.append(section.problem(f"{text}: the fit as it is can be one, written {{}}"))
    for name, own in choice.variants.items():
        place = section.get(name) or section
        if not _NAME.fullmatch(name):
            text = "is also the name of a folder; allowed: letters, digits, blanks and . _ + -"
            problems.append(place.problem(text))
        for index, dropped in enumerate(own.drop):
            if dropped not in choice.free:
                text = not_among(dropped, list(choice.free), "parameter of the fit")
                problems.append(place.find(("drop", index))[0].problem(text))
        if not own.free and set(choice.free) <= set(own.drop):
            text = "leaves no parameter that is free; keep one, or name another under free"
            problems.append(place.find(("drop",))[0].problem(text))
    if problems:
        raise ConfigError(problems)
    return {
        name: _merged(choice, own, node, section.get(name) or section)
        for name, own in choice.variants.items()
    }


def _merged(choice: FitConfig, own: Variant, node: Node, place: Node) -> Node:
    """The fit with a variant put into it."""
    changed = {**_children(node.get("change")), **_children(place.get("change"))}
    free = {**_children(node.get("free")), **_children(place.get("free"))}
    for name in own.drop:
        free.pop(name, None)
    keep = {key: child for key, child in node.value.items() if key != "variants"}
    for key, children in (("change", changed), ("free", free)):
        above = node.get(key) or place
        keep[key] = above.holding(children)
    asked = node.get("profiles")
    if asked is not None and isinstance(asked.value, tuple):
        keep["profiles"] = asked.holding(tuple(c for c in asked.value if c.value in free))
    return node.holding(keep)


def _children(node: Node | None) -> Mapping[str, Node]:
    return node.value if node is not None and isinstance(node.value, dict) else {}
