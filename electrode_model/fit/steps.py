"""The protocol of a measured curve: steps of a configuration from its pieces."""

import numpy as np

from electrode_model.config.courses import Drive
from electrode_model.config.fields import Current
from electrode_model.config.steps import Step, Stops
from electrode_model.fit.data import DataSet
from electrode_model.fit.segments import Segment

__all__ = ["protocol_of", "steps_of"]


_LONGER = 1.5  # of the measured charge: by so much a model may go on to the cut-off
_MOST_ROWS = 20_000  # of a drive; more cost time and say nothing
_SHORTEST = 1e-3  # s: a shorter rest is one row before a current


def protocol_of(data: DataSet, longer: float = _LONGER) -> tuple[Step, ...]:
    """Steps that do to a model what was done to the cell.

    A constant current goes to its cut-off, or to ``longer`` times the measured charge if the
    model has not reached it by then; one without a cut-off, and a rest, last as long as
    measured.  With ``drive`` the measured current is followed as it is.
    """
    return tuple(step for step, _ in steps_of(data, longer))


def steps_of(data: DataSet, longer: float = _LONGER) -> tuple[tuple[Step, Segment], ...]:
    """The same steps, each with the rows that it must give."""
    if data.drive:
        last = len(data.time)
        mean = float(data.current.mean())
        return ((_drive(data), Segment("varying", 0, last, mean, None, 0.0, data.time[-1])),)
    return tuple(
        (_step(segment, longer), segment)
        for segment in data.segments
        if segment.kind != "rest" or segment.duration > _SHORTEST
    )


def _step(segment: Segment, longer: float) -> Step:
    if segment.kind == "rest":
        return Step(kind="rest", until=Stops(time=segment.duration))
    if segment.kind == "hold":
        stops = Stops(current=abs(segment.current), time=3 * max(segment.duration, 1.0))
        return Step(kind="voltage", voltage=segment.cut_off, until=stops)
    current = Current(value=segment.current, unit="A/m^2")
    if segment.cut_off is None:
        return Step(kind="current", current=current, until=Stops(time=segment.duration))
    charge = abs(segment.current) * segment.duration / 3600
    stops = Stops(voltage=segment.cut_off, capacity=longer * charge)
    return Step(kind="current", current=current, until=stops)


def _drive(data: DataSet) -> Step:
    """The measured current at its times, thinned evenly where it is very long."""
    rows = np.arange(data.time.size)
    if rows.size > _MOST_ROWS:
        rows = np.unique(np.linspace(0, rows.size - 1, _MOST_ROWS).round().astype(int))
    drive = Drive(
        name=data.name,
        time=tuple(data.time[rows].tolist()),
        current=tuple(data.current[rows].tolist()),
    )
    return Step(kind="drive", drive=drive)
