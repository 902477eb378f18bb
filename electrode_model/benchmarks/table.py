"""The benchmark as a table on the terminal and as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any

from electrode_model.benchmarks.suite import OWN, Exponent, Row
from electrode_model.results.provenance import package_version, versions

__all__ = ["HEAD", "NOTES", "about", "crowding_line", "exponent_lines", "line", "write"]

_BUSY = 1.1
_CROWDED = (
    "The machine was busy: clocks ran up to {:.1f} times as long as processors, and shared caches"
    " slow these down, too."
)

_COLUMNS = (
    ("case", 18), ("by", 16), ("states", 9), ("set-up", 8), ("first", 8), ("solve", 8), ("of", 3),
    ("target", 7), ("steps", 7), ("Newton", 7), ("ns/state/step", 14), ("peak MB", 8),
    ("ratio", 7), ("dV mV", 9),
)  # fmt: skip
_LEFT = 2  # columns of words

NOTES = """
Seconds of one processor core, which are the clock's on an idle machine; each case in a process of
its own.  set-up: from the configuration's text to equations that can be solved, imports left out
(PyBaMM: model, discretisation and set-up of the solver).  solve: median of as many as said.
ratio: times as long as electrode-model.  dV: largest difference of the voltages at 199 moments;
median in H, ACR and CHR, where the order in which particles fill differs between correct runs."""


def _joined(cells: Sequence[str], remark: str = "") -> str:
    text = "".join(
        cell.ljust(width) if k < _LEFT else cell.rjust(width)
        for k, (cell, (_, width)) in enumerate(zip(cells, _COLUMNS, strict=True))
    )
    return f"{text}  {remark}".rstrip()


HEAD = _joined([name for name, _ in _COLUMNS])


def _seconds(value: float) -> str:
    if isnan(value):
        return "-"
    return f"{value:.4f}" if value < 0.1 else f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None or isnan(value) else format(value, form)


def line(row: Row) -> str:
    """One row of the table."""
    own = row.program == OWN
    return _joined(
        [
            row.case if own else "",
            row.program,
            _number(row.states, "d"),
            _seconds(row.set_up),
            _seconds(row.first),
            _seconds(row.solve),
            str(len(row.solves) or "-"),
            _number(row.target, "g") if own else "",
            _number(row.steps, "d"),
            _number(row.iterations, "d"),
            _number(row.nanoseconds, ".1f"),
            _number(row.peak / 1e6, ".0f"),
            "" if own else _number(row.ratio, ".2f"),
            "" if own else _number(row.voltage_error, ".2g"),
        ],
        row.remark,
    )


def crowding_line(found: Sequence[Row]) -> str:
    """A warning if the machine had other things to do; else nothing."""
    most = max((row.crowding for row in found if not isnan(row.crowding)), default=1.0)
    return _CROWDED.format(most) if most > _BUSY else ""


def exponent_lines(found: Sequence[Exponent]) -> list[str]:
    """Sentences about the growth of the cost."""
    return [
        f"{e.kind} by {e.program}: solve ~ states^{e.exponent:.2f} from {e.smallest} to {e.largest}"
        f" states; set-up {_seconds(e.set_up[0])} and {_seconds(e.set_up[1])} s"
        for e in found
    ]


def about() -> dict[str, Any]:
    """Machine and versions."""
    load = os.getloadavg() if hasattr(os, "getloadavg") else (float("nan"),)
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load at the start": round(load[0], 2),
        "platform": platform.platform(),
        **versions(),
        "pybamm": package_version("pybamm"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    names = (text.partition(":")[2].strip() for text in lines if text.startswith("model name"))
    return next(names, platform.machine())


def write(
    path: Path,
    machine: dict[str, Any],
    found: Sequence[Row],
    growth: Sequence[Exponent],
    precision: Sequence[dict[str, Any]],
) -> None:
    """Everything as JSON; what has been measured so far if the run is still going on."""
    content = {
        "about": machine,
        "rows": [row.as_dict() for row in found],
        "exponents": [vars(e) for e in growth],
        "precision": list(precision),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
