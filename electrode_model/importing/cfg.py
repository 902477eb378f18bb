"""Input files of MPET: sections of ``key = value``, read with the place of every fault.

A :class:`Cfg` hands out values by section and key and collects what is wrong with them.
"""

import ast
import configparser
import re
from collections.abc import Collection, Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from electrode_model.config.problems import ConfigError, Problem, listing, nearest, show
from electrode_model.config.yaml_source import read_text

__all__ = ["Cfg"]

_TRUE, _FALSE = ("y", "yes", "t", "true", "on", "1"), ("n", "no", "f", "false", "off", "0")


class Cfg:
    """One file; ``problems`` collects its faults, and a faulty value is replaced by a default.

    Raises ConfigError for a file that cannot be read at all.
    """

    def __init__(self, path: Path, known: Mapping[str, Collection[str]]) -> None:
        """Read ``path``; ``known`` are the keys of the format by section."""
        self.path, self._known = path, known
        self.problems: list[Problem] = []
        text = read_text(path)
        # of two values of a key, the later one counts, as in MPET
        self._parser = configparser.ConfigParser(strict=False, interpolation=None)
        self._parser.optionxform = str  # type: ignore[assignment, method-assign]
        try:
            self._parser.read_string(text, str(path))
        except configparser.MissingSectionHeaderError as error:
            message = f"has no section before this line; write one such as [{listing(known)}]"
            raise ConfigError([Problem(str(path), error.lineno, "", message)]) from None
        except configparser.ParsingError as error:
            raise ConfigError(
                Problem(str(path), line, "", f"is no 'key = value': {show(str(source).strip())}")
                for line, source in error.errors
            ) from None
        self._lines = _lines(text)

    def has(self, section: str, key: str) -> bool:
        """Whether the key is given."""
        return self._parser.has_option(section, key)

    def fault(self, section: str, key: str, message: str) -> None:
        """Remember a fault at a key."""
        line = self._lines.get((section, key), 0)
        self.problems.append(Problem(str(self.path), line, f"[{section}] {key}", message))

    def text(self, section: str, key: str, default: str | None = None) -> str:
        """The value as it is written; without a default it must be there."""
        if self.has(section, key):
            return self._parser.get(section, key).strip()
        if default is None:
            self.fault(section, key, "is missing; add it")
        return default or ""

    def number(
        self, section: str, key: str, default: float | None = None, above: float | None = None
    ) -> float:
        """A finite number; a faulty one is nan."""
        written = self.text(section, key, None if default is None else repr(default))
        if not written:
            return float("nan")
        try:
            value = float(written)
        except ValueError:
            self.fault(section, key, f"is {show(written)}; a number is needed")
            return float("nan")
        if not isfinite(value):
            self.fault(section, key, f"is {written}; a finite number is needed")
            return float("nan")
        if above is not None and not value > above:
            self.fault(section, key, f"is {written}; it must be above {above:g}")
            return float("nan")
        return value

    def whole(self, section: str, key: str, default: int | None = None) -> int:
        """A number from 0 up without a fraction; a faulty one is 1."""
        written = self.text(section, key, None if default is None else str(default))
        if not written:
            return 1
        if not re.fullmatch(r"\+?\d{1,9}", written):
            message = f"is {show(written)}; a whole number from 0 to 999999999 is needed"
            self.fault(section, key, message)
            return 1
        return int(written)

    def flag(self, section: str, key: str, default: bool = False) -> bool:
        """True or false."""
        written = self.text(section, key, str(default)).lower()
        if written not in (*_TRUE, *_FALSE):
            self.fault(section, key, f"is {show(written)}; write true or false")
        return written in _TRUE

    def is_false(self, section: str, key: str) -> bool:
        """Whether a key that may hold a list, or a folder, is absent, empty or false."""
        return self.text(section, key, "false").lower() in ("", "none", *_FALSE)

    def literal(self, section: str, key: str) -> Any:
        """A Python list, tuple or number; None if it is none."""
        written = self.text(section, key)
        lines = [line for line in written.splitlines() if not line.strip().startswith("#")]
        try:
            return ast.literal_eval("\n".join(lines).strip()) if written else None
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            self.fault(section, key, f"is {show(written)}, no list of numbers")
            return None

    def choice(self, section: str, key: str, names: Collection[str]) -> str:
        """One of some names; a faulty one is the first of them."""
        written = self.text(section, key)
        if written in names:
            return written
        if written:
            match = nearest(written, names)
            hint = f"did you mean {match}? " if match else ""
            message = f"is {show(written)}, which is not known here; {hint}known: {listing(names)}"
            self.fault(section, key, message)
        return next(iter(names))

    def unknown(self) -> Iterator[tuple[str, str, str]]:
        """(section, key, value) of what the format does not have there."""
        for section in self._parser.sections():
            known = self._known.get(section, frozenset())
            for key, value in self._parser.items(section):
                if key not in known:
                    yield section, key, " ".join(value.split())


def _lines(text: str) -> dict[tuple[str, str], int]:
    """Line of each key, of the later one where there are two."""
    found: dict[tuple[str, str], int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\[([^]]+)\]", line)
        if header:
            section = header[1]
        pair = re.match(r"([^\s#;=:][^=:]*?)\s*[=:]", line)
        if pair and not header:
            found[section, pair[1]] = number
    return found
