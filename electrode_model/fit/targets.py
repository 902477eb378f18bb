"""What of a data set is compared: one target for each step of its protocol."""

from collections.abc import Iterator

import numpy as np

from electrode_model.fit.config import Objective
from electrode_model.fit.data import DataSet
from electrode_model.fit.objective import Index, Target, target
from electrode_model.fit.segments import Segment
from electrode_model.fit.steps import steps_of

__all__ = ["targets_of"]

_LEAST = 3  # rows that make a curve


def targets_of(data: DataSet, objective: Objective) -> tuple[Target, ...]:
    """The targets; rows outside the window are in none.

    A constant current with a cut-off inside the window is compared over its own capacity,
    everything else over time.  Of a hold only the charge at its end is compared, and of a
    table of capacities only these.
    """
    if data.drive:
        rows = np.flatnonzero(data.used)
        return (_timed(data, 0, "measured current", rows, 0.0, data.end_capacity, objective),)
    return tuple(_targets(data, objective))


def _targets(data: DataSet, objective: Objective) -> Iterator[Target]:
    for step, segment in enumerate(s for _, s in steps_of(data)):
        rows = np.arange(segment.start, segment.stop)
        rows = rows[data.used[rows]]
        before = 0.0 if segment.start == 0 else float(data.capacity[segment.start - 1])
        passed = float(data.capacity[segment.stop - 1]) - before
        whole = rows.size > 0 and rows[-1] == segment.stop - 1
        label = _label(segment)
        if segment.kind == "current" and segment.cut_off is not None and whole and passed > 0:
            if data.ends_only:
                yield _end_only(data, step, label, passed)
            elif rows.size >= _LEAST:
                over_capacity = objective.against == "capacity"
                share = (data.capacity[rows] - before) / passed
                yield target(
                    data.name,
                    step,
                    label,
                    rows,
                    share if over_capacity else data.time[rows] - segment.begin,
                    data.voltage[rows],
                    passed,
                    scaled=over_capacity,
                    ends_free=True,
                    weight=data.weight,
                    points=objective.points,
                )
        elif segment.kind == "hold" and whole and passed > 0:
            yield _end_only(data, step, "hold", passed)
        elif segment.kind != "hold" and rows.size >= _LEAST:
            yield _timed(data, step, label, rows, segment.begin, passed, objective)


def _timed(
    data: DataSet,
    step: int,
    label: str,
    rows: Index,
    began: float,
    passed: float,
    objective: Objective,
) -> Target:
    return target(
        data.name,
        step,
        label,
        rows,
        data.time[rows] - began,
        data.voltage[rows],
        passed,
        scaled=False,
        ends_free=False,
        weight=data.weight,
        points=objective.points,
    )


def _end_only(data: DataSet, step: int, label: str, passed: float) -> Target:
    """No voltages: those of the ends are the cut-off and a start that is hard to log."""
    none = np.zeros(0)
    empty = np.zeros(0, dtype=int)
    return Target(data.name, step, label, empty, none, none, empty, passed, True, True, data.weight)


def _label(segment: Segment) -> str:
    if segment.kind == "rest":
        return "rest"
    return "discharge" if segment.direction > 0 else "charge"
