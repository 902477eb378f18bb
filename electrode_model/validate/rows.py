"""Rows of evidence: what a paper claims, by which criterion it is judged, and what came out."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

__all__ = ["Curve", "Row", "Verdict", "markdown", "verdict", "write"]

Verdict = Literal["reproduced", "not reproduced", "open"]


@dataclass(frozen=True)
class Curve:
    """How far a curve lies from the one it is compared with."""

    rms: float  # mV
    largest: float  # mV, without sign
    end: float | None = None  # %, of the capacity at the end: ours less theirs

    @classmethod
    def of(cls, error: np.ndarray, end: float | None = None) -> "Curve":
        """Of the differences [mV] at all points that are compared, and that of the ends [%]."""
        return cls(
            float(np.sqrt((error**2).mean())),
            float(np.abs(error).max()),
            None if end is None else float(end),
        )


@dataclass(frozen=True)
class Row:
    """One claim.  A claim that cannot be judged is ``open``, and ``why`` says what is missing."""

    id: str  # "K2", as in the table of claims
    claim: str
    criterion: str  # with its tolerance
    value: str  # what came out, with units
    verdict: Verdict
    why: str = ""  # the reason of the verdict, or what limits it
    curve: Curve | None = None  # of a row that compares one: also part of ``value``, as text

    @classmethod
    def read(cls, entry: dict[str, Any]) -> "Row":
        """From ``rows.json``; raises TypeError for keys that are none."""
        found = entry.get("curve")
        return cls(**{**entry, "curve": None if found is None else Curve(**found)})


def verdict(met: bool) -> Verdict:
    """Of a criterion that was judged."""
    return "reproduced" if met else "not reproduced"


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table."""
    names = [name for name in Row.__dataclass_fields__ if name != "curve"]
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    for row in rows:
        cells = [str(getattr(row, name)).replace("|", "\\|") for name in names]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write(rows: Sequence[Row], folder: Path) -> str:
    """Write ``rows.md`` and ``rows.json`` into a folder; the table.

    Raises ValueError where two rows have one id.
    """
    ids = [row.id for row in rows]
    if len(set(ids)) != len(ids):
        raise ValueError(f"rows with the same id: {sorted(i for i in ids if ids.count(i) > 1)}")
    folder.mkdir(parents=True, exist_ok=True)
    text = markdown(rows)
    (folder / "rows.md").write_text(text, encoding="utf-8")
    content = json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False)
    (folder / "rows.json").write_text(content + "\n", encoding="utf-8")
    return text
