"""The set point of a step as pieces of time in which it is smooth, in the units of the inside.

The integration never passes the end of a piece, and begins afresh there if the set point has a
kink or a jump: a formula of high order that runs over one is wrong on both sides of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isclose, pi, sin
from typing import TYPE_CHECKING

from electrode_model.scales import Scales

if TYPE_CHECKING:
    from electrode_model.config.courses import Drive, Sweep, Wave
    from electrode_model.config.model import Step

__all__ = ["Course", "Piece", "constant", "course"]

_BEYOND = 1e-9  # of a course's length: its last piece goes so far on, for its end is a root
_PER_PERIOD = 24  # pieces of a wave: no step is longer, however small the amplitude


@dataclass(frozen=True)
class Piece:
    """From its beginning, which is the end of the one before, to ``end`` [h]."""

    end: float
    setting: Callable[[float], float]  # (h since the step began) -> right side of the control
    kink: bool = True  # whether the integration begins afresh before it


@dataclass(frozen=True)
class Course:
    """Pieces in their order, without end where ``duration`` is None."""

    pieces: Iterator[Piece]
    ends: str = ""  # why the step ends after its duration
    duration: float | None = None  # s


def _unit(quantity: str, unit: str, scales: Scales) -> float:
    """A set point in ``unit`` times this is that of the inside."""
    if unit == "C-rate":
        return 1.0
    power = scales.voltage * scales.current
    return {"current": 1 / scales.current, "voltage": 1 / scales.voltage, "power": 1 / power}[
        quantity
    ]


def constant(step: "Step", scales: Scales) -> float:
    """The set point of a step that holds one; of a rest zero."""
    if step.current is not None:
        return step.current.value * _unit("current", step.current.unit, scales)
    if step.power is not None:
        return step.power * _unit("power", "W/m^2", scales)
    if step.voltage is not None:
        return step.voltage / scales.voltage
    return 0.0


def course(step: "Step", scales: Scales, before: Callable[[], float]) -> Course:
    """The set point of a step; ``before`` gives what it controls at the end of the last one."""
    if step.wave is not None:
        return Course(_wave(step.wave, scales))
    if step.sweep is not None:
        return _sweep(step.sweep, scales, before)
    if step.drive is not None:
        pieces = _drive(step.drive, _unit(step.drive.quantity, step.drive.unit, scales), scales)
        return Course(pieces, f"end of {step.drive.text}", step.drive.duration)
    value = constant(step, scales)
    last = Piece(inf, lambda _: value)
    if step.ramp is None:
        return Course(iter([last]))
    length = step.ramp / scales.time
    return Course(iter([_straight(0.0, length, before(), value), last]))


def _straight(start: float, end: float, first: float, last: float) -> Piece:
    slope = (last - first) / (end - start)
    return Piece(end, lambda t: first + slope * (t - start))


def _sweep(sweep: "Sweep", scales: Scales, before: Callable[[], float]) -> Course:
    first = before() if sweep.start is None else sweep.start / scales.voltage
    last = sweep.to / scales.voltage
    seconds = abs(last - first) * scales.voltage / sweep.rate
    length = seconds / scales.time
    if seconds == 0:
        return Course(
            iter([Piece(inf, lambda _: last)]), f"end of the sweep at {sweep.to:g} V", 0.0
        )
    piece = _straight(0.0, length, first, last)
    piece = Piece(length * (1 + _BEYOND), piece.setting)
    return Course(iter([piece]), f"end of the sweep at {sweep.to:g} V", seconds)


def _wave(wave: "Wave", scales: Scales) -> Iterator[Piece]:
    """Without kinks; the pieces are there to see every period."""
    size = _unit(wave.quantity, wave.unit, scales)
    mean, amplitude = wave.mean * size, wave.amplitude * size
    turns = 2 * pi * wave.frequency * scales.time

    def setting(t: float) -> float:
        return mean + amplitude * sin(turns * t)

    k = 0
    while True:
        k += 1
        yield Piece(k / (_PER_PERIOD * wave.frequency * scales.time), setting, kink=k == 1)


def _drive(drive: "Drive", size: float, scales: Scales) -> Iterator[Piece]:
    """Straight lines or steps; rows that change no slope make no piece."""
    t0, once = drive.time[0], drive.once
    rows = [
        ((t - t0) / scales.time, value * size)
        for t, value in zip(drive.time, drive.values, strict=True)
    ]
    lines = list(_lines(rows, drive.interpolation == "hold"))
    for turn in range(drive.repeat):
        shift = turn * once / scales.time
        for k, (start, end, first, last) in enumerate(lines):
            very_last = turn == drive.repeat - 1 and k == len(lines) - 1
            piece = _straight(start + shift, end + shift, first, last)
            if very_last:
                piece = Piece(piece.end * (1 + _BEYOND), piece.setting)
            yield piece


def _lines(
    rows: list[tuple[float, float]], hold: bool
) -> Iterator[tuple[float, float, float, float]]:
    """(start, end, first, last) of each line; those that go straight on are one."""
    open_: tuple[float, float, float, float] | None = None
    for (start, first), (end, last) in pairwise(rows):
        if end == start:
            continue
        line = (start, end, first, first if hold else last)
        if open_ is not None and _goes_on(open_, line):
            open_ = (open_[0], line[1], open_[2], line[3])
            continue
        if open_ is not None:
            yield open_
        open_ = line
    if open_ is not None:
        yield open_


def _goes_on(
    line: tuple[float, float, float, float], after: tuple[float, float, float, float]
) -> bool:
    """Whether a line is the straight continuation of another."""
    if line[3] != after[2]:
        return False
    slopes = [(last - first) / (end - start) for start, end, first, last in (line, after)]
    return isclose(*slopes, rel_tol=1e-9, abs_tol=0.0)
