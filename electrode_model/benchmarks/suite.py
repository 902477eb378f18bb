"""Every case in a process of its own, so that its peak memory is its own; then the table.

Seconds are those of the processor, which are the clock's on an idle machine: other work on the
same cores makes clocks run four times as long and these hardly longer.
"""

import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from electrode_model.benchmarks import precision
from electrode_model.benchmarks.cases import Case, chosen

__all__ = [
    "OWN",
    "PROGRAMS",
    "Exponent",
    "Row",
    "curves",
    "exponents",
    "in_process",
    "installed",
    "measure",
    "measure_one",
]

OWN = "electrode-model"
_HERE = "electrode_model.benchmarks"
#: Modules with ``measure(case, limit)``; numpy is this package without its compiled core.
PROGRAMS = {
    OWN: f"{_HERE}.own",
    "numpy": f"{_HERE}.own",
    "idas": f"{_HERE}.idas",
    "pybamm": f"{_HERE}.pybamm_cell",
}
_ENVIRONMENT = {"numpy": {"ELECTRODE_MODEL_CORE": "numpy"}}  # solver/library.py
_NEEDS = {"pybamm": "pybamm"}  # what is not installed with this package
#: Of the voltages [mV], above which two programs have not solved the same problem.
SAME = 2.0
_AFTER = 60.0  # s that a process may have beyond the limit of a solve, to start and to repeat
_WIDEST = 100  # characters of a remark
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass
class Row:
    """One case by one program.  Seconds are nan, counts None, where there is none.

    ``solve`` is the median of ``solves``; ``ratio`` how many times as long as this package's;
    ``voltage_error`` [mV] the difference from this package's voltage.
    """

    case: str
    kind: str
    program: str
    particles: int
    target: float | None = None
    states: int | None = None
    set_up: float = float("nan")  # s
    first: float = float("nan")  # s
    solve: float = float("nan")  # s
    solves: list[float] = field(default_factory=list)
    steps: int | None = None
    iterations: int | None = None
    nanoseconds: float = float("nan")  # per state and step
    peak: float = float("nan")  # bytes, of the process
    before: float = float("nan")  # bytes, of them before the case
    crowding: float = float("nan")  # seconds on the clock over those of the processor
    ratio: float = float("nan")
    voltage_error: float = float("nan")  # mV
    compiled: bool | None = None  # whether by the compiled core, of this package
    complete: bool = False
    remark: str = ""
    voltage: list[float] = field(default_factory=list, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, which knows no nan; without the voltages."""
        values = {k: v for k, v in asdict(self).items() if k != "voltage"}
        return {k: None if isinstance(v, float) and np.isnan(v) else v for k, v in values.items()}


def installed(program: str) -> bool:
    """Whether a program is there to be asked."""
    return program not in _NEEDS or importlib.util.find_spec(_NEEDS[program]) is not None


def measure_one(
    program: str, name: str, limit: float, curve: bool = False, quick: bool = False
) -> None:
    """Measure here and now, telling lines of JSON; ``curve``: of error against time."""
    (case,) = chosen([name], quick=False)
    if curve:
        precision.measure(case, program, quick)
    else:
        importlib.import_module(PROGRAMS[program]).measure(case, limit)


def in_process(
    program: str, case: str, arguments: Sequence[str], limit: float
) -> tuple[dict[str, Any], str]:
    """All that a process of the command told, and why it ended early if it did."""
    environment = os.environ | dict.fromkeys(_THREADS, "1") | {"PYBAMM_DISABLE_TELEMETRY": "true"}
    environment |= _ENVIRONMENT.get(program, {})
    command = [sys.executable, "-m", "electrode_model", "benchmark", *arguments]
    command += ["--one", program, case]
    trouble = ""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        try:
            done = subprocess.run(
                command, env=environment, stdout=out, stderr=errors, timeout=limit
            )
            if done.returncode != 0:
                errors.seek(0)
                last = errors.read().strip().splitlines()
                trouble = _reason(last[-1]) if last else f"ended with {done.returncode}"
                trouble += "; out of memory?" if done.returncode < 0 else ""
        except subprocess.TimeoutExpired:
            trouble = f"ended at the limit of {limit:g} s"
        out.seek(0)
        told: dict[str, Any] = {}
        for line in out:
            if line.startswith("{"):
                told |= json.loads(line)
    return told, trouble


def _reason(line: str) -> str:
    """The last line of a traceback without the modules of the exception, in a table's width."""
    return re.sub(r"^[\w.]*?(\w+): ", r"\1: ", line)[:_WIDEST]


def measure(
    cases: Sequence[Case], programs: Sequence[str], limit: float, show: Callable[[Row], None]
) -> None:
    """Measure each case by this package and then by ``programs``; ``show`` each as it is known."""
    for case in cases:
        own = _row(case, OWN, limit)
        show(own)
        for program in programs:
            row = _row(case, program, limit)
            _compare(row, own, case)
            show(row)


def curves(
    problems: Sequence[precision.Problem], programs: Sequence[str], limit: float, *, quick: bool
) -> list[dict[str, Any]]:
    """Error against time; what was told before the limit [s] where it is reached."""
    found = []
    for problem in problems:
        for program in (OWN, *(p for p in problem.others if p in programs and installed(p))):
            arguments = ["--precision", *(["--quick"] if quick else [])]
            told, trouble = in_process(program, problem.case, arguments, limit)
            curve = {"case": problem.case, "program": program, "remark": trouble}
            found.append(curve | told)
    return found


def _row(case: Case, program: str, limit: float) -> Row:
    """One measurement."""
    target = case.target if program == OWN else None
    row = Row(case.name, case.kind, program, case.particles, target)
    if not installed(program):
        row.remark = "not installed"
        return row
    told, trouble = in_process(program, case.name, ["--limit", str(limit)], 2 * limit + _AFTER)
    for key, value in told.items():
        if hasattr(row, key):
            setattr(row, key, value)
    remarks = [told.get("cannot", ""), told.get("outcome", ""), trouble]
    if program == OWN and row.compiled is False:
        remarks.append("NumPy, not compiled")
    if told.get("outcome") and "reached" in told:
        remarks.append(f"at {told['reached']:.0%} after {row.first:.3g} s")
    if row.solves:
        row.solve = float(np.median(row.solves))
        row.complete = not told.get("outcome")
    if row.steps and row.states:
        row.nanoseconds = 1e9 * row.solve / row.steps / row.states
    if row.complete and len(row.solves) == 1:
        remarks.append("solved once")
    row.remark = "; ".join(filter(None, remarks))
    return row


def _compare(row: Row, own: Row, case: Case) -> None:
    """Ratio and difference; no ratio of two solutions that are not the same."""
    if not (row.complete and own.complete):
        return
    if row.voltage and own.voltage:
        error = 1e3 * np.abs(np.subtract(row.voltage, own.voltage))
        row.voltage_error = float(np.nanmedian(error) if case.in_turn else np.nanmax(error))
        if row.voltage_error > SAME:
            row.remark = "another voltage, so no ratio"
            return
    row.ratio = row.solve / own.solve


@dataclass(frozen=True)
class Exponent:
    """Cost ~ size^exponent of one kind of problem, between two sizes [states]."""

    kind: str
    program: str
    smallest: int
    largest: int
    exponent: float
    set_up: tuple[float, float]  # s, at both


def exponents(found: Sequence[Row]) -> list[Exponent]:
    """Fitted through all sizes of a kind from 1,000 states, if there are two or more."""
    return [*_exponents(found)]


def _exponents(found: Sequence[Row]) -> Iterator[Exponent]:
    kinds = dict.fromkeys((row.program, row.kind) for row in found if row.kind != "config")
    for program, kind in kinds:
        line = [r for r in found if (r.program, r.kind) == (program, kind) and r.complete]
        line = [row for row in line if row.states and row.states >= 1000]
        sizes = np.array([row.states for row in line], dtype=float)
        if sizes.size < 2:
            continue
        slope = np.polyfit(np.log(sizes), np.log([row.solve for row in line]), 1)[0]
        ends = line[int(sizes.argmin())], line[int(sizes.argmax())]
        yield Exponent(
            kind,
            program,
            int(sizes.min()),
            int(sizes.max()),
            float(slope),
            (ends[0].set_up, ends[1].set_up),
        )
