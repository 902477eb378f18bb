"""What a measured curve is to a fit: SI, per area, in the pieces that make its protocol."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from electrode_model.fit.data_config import DataChoice, Initial
from electrode_model.fit.segments import Segment
from electrode_model.fit.series import Series

__all__ = ["DataSet", "assembled", "ended", "taken"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Rows = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True)
class DataSet:
    """A measured curve; arrays have one value for each of its n rows, in order of time."""

    name: str
    file: str
    time: Array  # s, since the start; computed from the charge where ``timed`` is False
    voltage: Array  # V
    current: Array  # A/m^2, positive on discharge
    capacity: Array  # A h/m^2, size of the charge passed since the start, never falling
    temperature: float | None  # K; None: that of the base configuration
    weight: float
    segments: tuple[Segment, ...]
    notes: tuple[str, ...]  # what was found, assumed or left out
    used: np.ndarray[Any, np.dtype[np.bool_]]  # rows inside the window
    lines: tuple[int, ...] = ()  # of the file
    timed: bool = True  # whether the file has times
    ends_only: bool = False  # whether only the first and the last row are known, not the way
    rest_voltage: float | None = None  # V, at the end of the rest before the current
    initial: Initial | None = None
    drive: bool = False

    @property
    def direction(self) -> int:
        """1 of a discharge, -1 of a charge, 0 if there are both or none."""
        found = {s.direction for s in self.segments} - {0}
        return found.pop() if len(found) == 1 else 0

    @property
    def end_capacity(self) -> float:
        """Charge passed in all [A h/m^2]."""
        return float(self.capacity[-1])


def assembled(series: Series, choice: DataChoice, name: str, **values: Any) -> DataSet:
    """A data set with what its entry gives."""
    notes = values.pop("notes")
    temperature = choice.temperature
    if temperature is None and series.temperature is not None:
        temperature = series.temperature
        notes = (*notes, f"temperature {temperature:.2f} K, mean of the file")
    pieces = [_told(s) for s in values["segments"] if s.kind != "rest" or s.duration > 0]
    if choice.drive:
        notes = (*notes, "the measured current is followed as it is")
    elif pieces:
        more = f" and {len(pieces) - 4} more" if len(pieces) > 4 else ""
        notes = (*notes, ", then ".join(pieces[:4]) + more)
    if choice.initial is not None and choice.initial.from_rest and not values.get("rest_voltage"):
        text = "has no rest before its current, whose voltage initial: {from_rest: true} needs"
        raise series.fail(0, f"{text}; write the filling, such as initial: {{filling: 0.01}}")
    return DataSet(
        name=name,
        file=series.table.file,
        voltage=series.voltage,
        temperature=temperature,
        weight=choice.weight,
        used=np.ones(series.voltage.size, dtype=bool),
        lines=tuple(series.lines),
        initial=choice.initial,
        drive=choice.drive,
        notes=notes,
        **values,
    )


def _told(segment: Segment) -> str:
    """A piece in words."""
    if segment.kind == "rest":
        return f"rest of {segment.duration:g} s"
    word = "discharge" if segment.direction > 0 else "charge"
    if segment.kind == "hold":
        return f"hold at {segment.cut_off:g} V"
    end = "" if segment.cut_off is None else f" to {segment.cut_off:g} V"
    kind = "" if segment.kind == "current" else "varying "
    return f"{kind}{word} at {abs(segment.current):.4g} A/m^2{end}"


def taken(series: Series, rows: Rows) -> Series:
    """Some rows of the columns."""
    keep = rows.tolist()
    return replace(
        series,
        lines=[series.lines[k] for k in keep],
        voltage=series.voltage[keep],
        time=None if series.time is None else series.time[keep],
        current=None if series.current is None else series.current[keep],
        capacity=None if series.capacity is None else series.capacity[keep],
    )


def ended(segments: Sequence[Segment], choice: DataChoice) -> tuple[Segment, ...]:
    """The pieces with the user's cut-off at the last current."""
    found = list(segments)
    last = max((k for k, s in enumerate(found) if s.kind == "current"), default=None)
    if choice.cut_off is not None and last is not None:
        found[last] = replace(found[last], cut_off=choice.cut_off)
    return tuple(found)
