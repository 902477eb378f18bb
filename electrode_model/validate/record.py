"""What the suite found, as plain values for JSON and for the page."""

import hashlib
import json
import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from electrode_model.results.provenance import package_version, versions
from electrode_model.validate.suite import Outcome

__all__ = ["Record", "fingerprint", "make", "write_json"]

LIBRARIES = ("numpy", "scipy", "casadi", "matplotlib", "pydantic", "pyyaml")


@dataclass(frozen=True)
class Record:
    """All outcomes of one run of the suite, and where and when it ran."""

    outcomes: tuple[Outcome, ...]
    quick: bool
    date: str  # UTC, to the second
    seconds: float
    known: int  # cases there are; fewer may have run

    def counts(self) -> dict[str, int]:
        """Cases by verdict."""
        found = Counter(outcome.verdict for outcome in self.outcomes)
        return {verdict: found[verdict] for verdict in ("pass", "fail", "open")}

    def surprises(self) -> list[str]:
        """What is worse than expected, with the name of its case."""
        return [f"{o.case.name}: {text}" for o in self.outcomes for text in o.surprises()]


def fingerprint(outcomes: Sequence[Outcome]) -> str:
    """Of every printed number and verdict: two runs with the same one printed the same."""
    printed = [
        [o.case.name, o.error != "", *([r.id, r.criterion, r.value, r.verdict] for r in o.rows)]
        for o in outcomes
    ]
    return hashlib.sha256(json.dumps(printed).encode()).hexdigest()[:12]


def make() -> dict[str, Any]:
    """Versions, commit and machine."""
    found = versions()
    return {
        "version": found["electrode-model"],
        "commit": found["commit"],
        "python": found["python"],
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "libraries": {name: package_version(name) for name in LIBRARIES},
    }


def _case(outcome: Outcome, output: Path) -> dict[str, Any]:
    case = outcome.case
    return {
        "name": case.name,
        "title": case.title,
        "group": case.group,
        "claim": case.claim,
        "judged against": case.judged,
        "verdict": outcome.verdict,
        "expected verdict": outcome.expected_verdict,
        "surprises": outcome.surprises(),
        "better than expected": outcome.better(),
        "error": outcome.error,
        "open": case.why_open,
        "quick": outcome.own_quick,
        "seconds": round(outcome.seconds, 1),
        "processor seconds": round(outcome.cpu, 2),
        "rows": [asdict(row) | {"expected": outcome.expected.get(row.id)} for row in outcome.rows],
        "figures": {
            path.relative_to(output).as_posix(): case.figures.get(path.name, "")
            for path in outcome.figures
        },
        "data": [
            {
                "what": data.what,
                "error": data.error,
                "source": data.source,
                "licence": data.licence,
                "shipped": bool(data.folder),
            }
            for data in case.data
        ],
        "parameters": list(case.parameters),
        "fitted": case.fitted,
        "seen by no fit": case.unseen,
        "tolerance": case.tolerance,
        "disagrees": case.disagrees,
    }


def write_json(record: Record, output: Path) -> Path:
    """``validation.json`` in the output folder; its path."""
    content = {
        "suite": {
            "date": record.date,
            **make(),
            "quick": record.quick,
            "cases there are": record.known,
            "seconds": round(record.seconds, 1),
            "processor seconds": round(sum(o.cpu for o in record.outcomes), 1),
            "verdicts": record.counts(),
            "surprises": record.surprises(),
            "fingerprint": fingerprint(record.outcomes),
        },
        "cases": [_case(outcome, output) for outcome in record.outcomes],
    }
    path = output / "validation.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
