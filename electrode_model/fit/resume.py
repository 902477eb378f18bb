"""The journal of a fit: every evaluation on disk as it is made.

Methods are deterministic: a fit that is started again with the same files asks for the same
evaluations, finds them here, and goes on where it was stopped, whatever the method.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.results.storage import FolderError

__all__ = ["JOURNAL", "Journal", "fingerprint"]

JOURNAL = "evaluations.jsonl"


class Journal:
    """Evaluations by what was asked; in memory, and in a folder if there is one."""

    def __init__(self, fingerprint: str, folder: Path | None = None, resume: bool = False) -> None:
        """Begin, or with ``resume`` go on; raises FolderError for another fit's journal."""
        self._known: dict[str, Mapping[str, Any]] = {}
        self._path = None if folder is None else folder / JOURNAL
        if self._path is None:
            return
        if resume and self._path.exists():
            self._read(fingerprint)
            return
        self._path.write_text(json.dumps({"fit": fingerprint}) + "\n", encoding="utf-8")

    def __len__(self) -> int:
        """Evaluations that are known."""
        return len(self._known)

    def get(self, question: str) -> Mapping[str, Any] | None:
        """What was noted of a question."""
        return self._known.get(question)

    def note(self, question: str, found: Mapping[str, Any]) -> None:
        """Keep what was found."""
        self._known[question] = found
        if self._path is not None:
            line = json.dumps({"question": question, **_plain(found)})
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def _read(self, fingerprint: str) -> None:
        assert self._path is not None
        lines = self._path.read_text(encoding="utf-8").splitlines()
        try:
            own = json.loads(lines[0])["fit"] if lines else ""
        except (ValueError, KeyError, TypeError):
            own = ""
        if own != fingerprint:
            raise FolderError(
                f"{self._path.parent} holds a fit of other files or settings, which cannot be gone"
                " on with; choose another folder or add --overwrite"
            )
        for line in lines[1:]:
            try:
                found = json.loads(line)
            except ValueError:  # the last line of a killed fit
                continue
            self._known[found.pop("question")] = found


def fingerprint(*parts: object) -> str:
    """A digest of what decides about evaluations."""
    digest = sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in found.items()}
