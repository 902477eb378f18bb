"""Faults of a configuration: where each is, what is wrong, what is allowed, and the cure."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = [
    "ConfigError",
    "Location",
    "Problem",
    "Refused",
    "listing",
    "nearest",
    "not_among",
    "show",
    "unknown",
]

Location = tuple[str | int, ...]

_SHOWN = 30  # problems printed; a program may write thousands of wrong numbers


@dataclass(frozen=True)
class Problem:
    """One fault.  ``line`` is 0 where there is none: a missing file, a ``--set``."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        """``file:line: key message``, on one line."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key} {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(ValueError):
    """A configuration that cannot be used, with every problem found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep each problem once, in the order of the file."""
        unique = dict.fromkeys(problems)
        self.problems = tuple(sorted(unique, key=lambda p: (p.file, p.line)))
        lines = [str(problem) for problem in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"... and {len(self.problems) - _SHOWN} more problems")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[tuple[Problem, ...]]]:
        """Pickle by the problems, so that a worker process can hand it on."""
        return type(self), (self.problems,)


class Refused(ValueError):
    """A value that cannot be read: (location below the value, message) of each fault."""

    def __init__(self, message: str, *more: tuple[Location, str]) -> None:
        """Refuse the value itself with ``message``, or only places below it (message "")."""
        self.faults = ((((), message),) if message else ()) + more
        super().__init__("; ".join(text for _, text in self.faults))


def show(value: object) -> str:
    """A value as a person wrote it, cut to a readable length."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: ..." for key in value) + "}"
    elif isinstance(value, list | tuple):
        first = (item if isinstance(item, str) else show(item) for item in value[:5])
        text = "[" + ", ".join(first)
        text += ", ...]" if len(value) > 5 else "]"
    else:
        text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def listing(names: Iterable[object]) -> str:
    """Allowed names on one line."""
    return ", ".join(str(name) for name in names) or "nothing"


def nearest(name: object, allowed: Iterable[object]) -> str | None:
    """The allowed name most like ``name``, or None when nothing comes near."""
    names = {str(a).lower(): str(a) for a in allowed}
    written = str(name).lower()[:100]
    found = difflib.get_close_matches(written, names, n=1, cutoff=0.55)
    if not found and len(written) > 1:
        found = [known for known in names if known.startswith(written)]
    return names[found[0]] if len(found) == 1 else None


def unknown(name: object, allowed: Sequence[object], prefix: str = "") -> str:
    """``is unknown; did you mean ...? allowed: ...``; ``prefix`` goes before the suggestion."""
    match = nearest(name, allowed)
    suggestion = f"; did you mean {prefix}{match}?" if match else ";"
    return f"is unknown{suggestion} allowed: {listing(allowed)}"


def not_among(value: object, allowed: Sequence[object], noun: str = "") -> str:
    """``is 'x', no particle model; did you mean ...? allowed: ...``."""
    match = nearest(value, allowed) if isinstance(value, str) else None
    suggestion = f"; did you mean {match}?" if match else ";"
    no = f", no {noun}" if noun else ""
    file = "; a Python file is named ./mine.py:name" if noun and "/" in str(value) else ""
    return f"is {show(value)}{no}{suggestion} allowed: {listing(allowed)}{file}"
