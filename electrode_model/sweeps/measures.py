"""What the table of a sweep says of a run: scalars, and a voltage curve of few points."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from electrode_model.results.result import Result
from electrode_model.solver.start import Outcome

__all__ = ["CURVE", "MEASURES", "STATUSES", "curve", "ending", "measures"]

#: finished: as planned; stopped: an end that was not planned, all data valid; failed: the solver
#: gave up; refused: no configuration; over limit, killed: the limit of a simulation, its process.
STATUSES = ("finished", "stopped", "failed", "refused", "over limit", "killed")

#: Columns of the table that a run gives, in their order.
MEASURES = (
    "Steps ended",
    "Simulated time [s]",
    "Capacity discharged [A.h.m-2]",
    "Capacity charged [A.h.m-2]",
    "Energy discharged [W.h.m-2]",
    "Energy charged [W.h.m-2]",
    "Mean voltage of discharge [V]",
    "Mean voltage of charge [V]",
    "Lowest voltage [V]",
    "Highest voltage [V]",
    "Final voltage [V]",
    "Final positive filling fraction",
    "Final negative filling fraction",
    "Highest temperature [K]",
    "1C current [A.m-2]",
    "Solver steps",
    "Wall time [s]",
)
#: Columns of a curve.
CURVE = (
    "Time [s]",
    "Step",
    "Voltage [V]",
    "Current [A.m-2]",
    "Discharge capacity [A.h.m-2]",
    "Positive filling fraction",
)
_POINTS = 300  # of a curve, about


def ending(result: Result) -> tuple[str, str]:
    """Status and end reason of a run."""
    last = result.steps[-1] if result.steps else None
    if result.status != "finished":
        over = last is not None and last.reason == Outcome.WALL_TIME.value
        reason = result.message or (last.message if last else "no step of the protocol ended")
        return ("over limit" if over else result.status), reason
    return "finished", last.reason if last else "no steps"


def measures(result: Result) -> dict[str, Any]:
    """Values of MEASURES; one that the run does not have is left out."""
    total: Mapping[str, Any] = result.summary.get("statistics", {})
    found: dict[str, Any] = {
        "Steps ended": len(result.steps),
        "1C current [A.m-2]": result.layout.one_c,
        "Solver steps": total.get("steps"),
        "Wall time [s]": result.summary.get("wall_time"),
    }
    time, voltage = result["Time [s]"], result["Voltage [V]"]
    if time.size:
        found |= {
            "Simulated time [s]": time[-1] - time[0],
            "Lowest voltage [V]": voltage.min(),
            "Highest voltage [V]": voltage.max(),
            "Final voltage [V]": voltage[-1],
            **_passed(result["Discharge capacity [A.h.m-2]"], voltage),
        }
        for name in ("Positive", "Negative"):
            column = f"{name} filling fraction"
            if column in result:
                found[f"Final {column.lower()}"] = result[column][-1]
        if "Temperature [K]" in result:
            found["Highest temperature [K]"] = result["Temperature [K]"].max()
    return {name: _plain(found[name]) for name in MEASURES if found.get(name) is not None}


def _passed(capacity: np.ndarray, voltage: np.ndarray) -> dict[str, float]:
    """Charge and energy by direction, by trapezoids between the solver's steps."""
    charge = np.diff(capacity)
    energy = charge * (voltage[1:] + voltage[:-1]) / 2
    found = {}
    for word, part in (("discharge", charge > 0), ("charge", charge < 0)):
        passed, worth = abs(charge[part].sum()), abs(energy[part].sum())
        found[f"Capacity {word}d [A.h.m-2]"] = passed
        found[f"Energy {word}d [W.h.m-2]"] = worth
        if passed > 0:
            found[f"Mean voltage of {word} [V]"] = worth / passed
    return found


def curve(result: Result) -> np.ndarray:
    """(n, columns of CURVE) of about 300 rows, with the ends of all steps."""
    step = result["Step"]
    if not step.size:
        return np.empty((0, len(CURVE)))
    rows = np.linspace(0, step.size - 1, min(step.size, _POINTS)).astype(int)
    ends = np.flatnonzero(np.diff(step))
    kept = np.unique(np.concatenate([rows, ends[:_POINTS], ends[:_POINTS] + 1]))
    return np.column_stack([result[name][kept] for name in CURVE])


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
