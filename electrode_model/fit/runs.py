"""One simulation of a fit: rows in memory only, with or without derivatives."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from electrode_model.assemble import assemble
from electrode_model.config.model import Config
from electrode_model.results.records import Frame, Row, StepReport
from electrode_model.results.result import Recorder
from electrode_model.simulation.run import Run
from electrode_model.simulation.sensitive import Sensitive, sensitive

__all__ = ["Sensitive", "differentiated", "plain"]

Array = np.ndarray[Any, np.dtype[np.float64]]


class _Rows:
    """Takes what a run hands over, and keeps the rows and the ends of steps."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, ...]] = []
        self.steps: list[StepReport] = []

    def row(self, row: Row) -> None:
        self.rows.append(
            (row.step, row.time, row.voltage, row.current, row.capacity, row.positive_filling)
        )

    def frame(self, frame: Frame) -> None:
        """Fields are no part of a fit."""

    def step_done(self, report: StepReport) -> None:
        self.steps.append(report)


def plain(config: Config) -> Sensitive:
    """A run without derivatives; raises ValueError for particles that make no model."""
    try:
        return sensitive(config, [])
    except ValueError:  # cut-offs by surfaces and isolated rests are for runs in full
        return _in_full(config)


def _in_full(config: Config) -> Sensitive:
    """The same by the run that knows every kind of step."""
    recorder = _Rows()
    run = Run(assemble(config), config)
    run(cast(Recorder, recorder))
    table = np.array(recorder.rows, dtype=float).reshape(-1, 6)
    step = table[:, 0].astype(int)
    time, capacity = table[:, 1].copy(), table[:, 4].copy()
    ends = np.zeros(max((report.index for report in recorder.steps), default=-1) + 1)
    reasons = [""] * len(ends)
    for report in recorder.steps:
        own = step == report.index
        time[own] -= report.start
        if own.any():
            capacity[own] -= capacity[own][0]
        ends[report.index] = report.end - report.start
        reasons[report.index] = report.reason
        if report.reason.startswith("voltage") and "," in report.reason and own.any():
            # particles full: the voltage falls on to the cut-off within a charge of nothing
            table[np.flatnonzero(own)[-1], 2] = float(report.reason.split()[1])
    none = np.zeros((len(table), 0))
    return Sensitive(
        step=step,
        time=time,
        voltage=table[:, 2],
        slope=np.full(len(table), np.nan),
        current=table[:, 3],
        capacity=capacity,
        filling=table[:, 5],
        d_voltage=none,
        d_capacity=none,
        ends=ends,
        d_ends=np.zeros((len(ends), 0)),
        reasons=tuple(reasons),
        edge=np.zeros(len(table), dtype=bool),
        status=run.status,
        message=run.message,
        steps=sum(int(report.statistics.get("steps", 0)) for report in recorder.steps),
    )


def differentiated(config: Config, neighbours: Sequence[tuple[Config, float]]) -> Sensitive | None:
    """A run with the solver's sensitivities; None where it cannot give them."""
    try:
        run = sensitive(config, neighbours)
    except (ValueError, FloatingPointError, np.linalg.LinAlgError):
        return None
    finite = np.isfinite(run.d_voltage).all() and np.isfinite(run.d_ends).all()
    # where surfaces are full the solver's derivatives end
    return run if run.status == "finished" and finite else None
