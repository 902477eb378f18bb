"""Copies of the user's files that a run used, kept in its result.

``config.yaml`` of the result names the copies, so that the folder can be moved or sent, and a
later change of the originals changes neither the result nor what is computed from it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrode_model.user_files import UserFileError, find, is_reference, parts, sources

if TYPE_CHECKING:
    from electrode_model.config.model import Config

__all__ = ["Copies", "copies_of"]

_HOME = "user_files"


@dataclass(frozen=True)
class Copies:
    """Texts of the user's files as they were run; empty for a run without."""

    texts: Mapping[str, bytes]  # by path in the result's folder, "user_files/mine.py"
    origins: Mapping[str, Path]  # of each
    names: Mapping[str, str]  # of the configuration -> those for config.yaml

    def origin(self) -> dict[str, dict[str, str]]:
        """Where each came from, and the digest of its text, for the summary."""
        return {
            name: {"from": str(self.origins[name]), "sha256": hashlib.sha256(text).hexdigest()}
            for name, text in self.texts.items()
        }

    def write(self, folder: Path) -> dict[str, str]:
        """Write the copies; the names for config.yaml of all that can be used from there.

        A file that reads others (a table, say) may not run from its copy; then the original is
        named.
        """
        for name, text in self.texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text)
        return {given: name for given, name in self.names.items() if _runs(folder / name)}


def copies_of(config: "Config") -> Copies:
    """The user's files that a configuration names, with those beside them that they import.

    Raises UserFileError.
    """
    # the name of a run is a text of any kind
    sections = [section for name, section in vars(config).items() if name != "name"]
    references = list(dict.fromkeys(_references(sections)))
    homes: dict[Path, str] = {}
    texts: dict[str, bytes] = {}
    origins: dict[str, Path] = {}
    names: dict[str, str] = {}
    for reference in references:
        path, inner = parts(reference)
        number = len(homes) + 1
        home = homes.setdefault(path.parent, _HOME if number == 1 else f"{_HOME}/{number}")
        for file, text in sources(path).items():
            name = f"{home}/{file.relative_to(path.parent).as_posix()}"
            texts[name], origins[name] = text, file
        names[reference] = f"./{home}/{path.name}" + (f":{inner}" if inner else "")
    return Copies(texts, origins, names)


def _references(value: Any) -> Iterator[str]:
    if is_reference(value):
        yield value
    elif isinstance(value, Mapping):
        yield from _references([*value.values()])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item)
    elif hasattr(value, "__dict__"):
        yield from _references([*vars(value).values()])


def _runs(reference: Path) -> bool:
    try:
        find(str(reference.absolute()))
    except UserFileError:
        return False
    return True
