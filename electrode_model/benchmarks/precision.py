"""Error against time over the tolerance: what each digit costs.

The error is that of the voltage at 199 moments against the same program's own solution at a
tolerance of 1e-10, so that it is one of time integration alone.  Where particles fill one after
another, neighbours swap places from one tolerance to the next and the voltage differs by
millivolts for as long as one of them fills: the median over the moments tells what is typical.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from electrode_model.benchmarks.cases import Case

__all__ = ["PROBLEMS", "REFERENCE", "TOLERANCES", "Problem", "measure"]

TOLERANCES = tuple(float(f"{x:.2g}") for x in np.logspace(-3, -8, 11))
REFERENCE = 1e-10
_SHORT, _SOLVES = 1.0, 3  # s; solves that take less are timed so often

Solution: TypeAlias = "tuple[float, np.ndarray[Any, Any]]"  # s and V
Voltages: TypeAlias = Callable[[float], Solution]  # of a tolerance


@dataclass(frozen=True)
class Problem:
    """A case, and by whom it is solved beside this package."""

    case: str
    others: tuple[str, ...] = ()


PROBLEMS = (
    Problem("Fick 582", ("numpy", "idas", "pybamm")),
    Problem("H 100", ("numpy", "idas", "pybamm")),
    Problem("H 1000", ("numpy", "pybamm")),
    Problem("ACR 100x100"),
    Problem("CHR 10x50"),
)


def measure(case: Case, program: str, quick: bool = False) -> None:
    """Tell tolerances, seconds and errors, one tolerance after another.

    ``quick``: three tolerances against 1e-8.
    """
    from electrode_model.benchmarks.measured import tell

    voltages = _SOLVERS[program](case)
    finest = 1e-8 if quick else REFERENCE
    _, reference = voltages(finest)
    used, seconds, typical, largest = [], [], [], []
    for rtol in TOLERANCES[:7:3] if quick else TOLERANCES:
        took, voltage = voltages(rtol)
        if took < _SHORT:
            took = float(np.median([took, *(voltages(rtol)[0] for _ in range(_SOLVES - 1))]))
        error = 1e3 * np.abs(voltage - reference)
        used.append(rtol)
        seconds.append(took)
        typical.append(float(np.median(error)))
        largest.append(float(error.max()))
        tell(reference=finest, rtol=used, seconds=seconds, median=typical, largest=largest)


def _own(case: Case) -> Voltages:
    from electrode_model.benchmarks import own

    problem = own.Problem(case)

    def voltages(rtol: float) -> Solution:
        _, found = problem.voltages(rtol)
        return problem.solve(rtol), found

    return voltages


def _idas(case: Case) -> Voltages:
    from electrode_model.benchmarks import idas, own

    return partial(idas.voltages, own.Problem(case))


def _pybamm(case: Case) -> Voltages:
    from electrode_model.benchmarks import pybamm_cell

    return partial(pybamm_cell.voltages, case)


_SOLVERS: dict[str, Callable[[Case], Voltages]] = {
    "electrode-model": _own,
    "numpy": _own,
    "idas": _idas,
    "pybamm": _pybamm,
}
