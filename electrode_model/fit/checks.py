"""Faults of a measured curve as a whole: its order in time, gaps, units, length, direction."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.config.problems import ConfigError, Problem, listing
from electrode_model.fit.segments import TURN, Segment, segments_of, turning_row
from electrode_model.fit.series import Series, Size

__all__ = [
    "check_gaps",
    "check_length",
    "check_one_sign",
    "check_order",
    "check_pieces",
    "check_units",
    "gap_rows",
    "kept_rows",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
Rows = np.ndarray[Any, np.dtype[np.intp]]

_GAP = 10.0  # times the intervals around it
_GAP_PART = 0.02  # of the whole time: a shorter one hides nothing
_AROUND = 5  # intervals on each side
_SHORT, _LONG = 0.2, 1.5  # of the model's capacity: beyond, something is wrong
_FULL = (0.9, 1.05)  # within, a curve and a model fit without a word
_LIKE = 1.25  # a factor this near a ratio of units is taken for it


@dataclass(frozen=True)
class _Mistake:
    """A wrong unit: what it makes of a current and a time, as factors, and the cure."""

    current: float
    time: float
    looks: str
    cure: str

    @property
    def charge(self) -> float:
        """Factor of current times time."""
        return self.current * self.time


_MISTAKES = (
    _Mistake(1.0, 1 / 3600, "time looks like hours", "{time: h}"),
    _Mistake(1.0, 1 / 60, "time looks like minutes", "{time: min}"),
    _Mistake(1.0, 3600.0, "time looks like seconds", "{time: s}"),
    _Mistake(1e3, 1.0, "current looks like mA", "{current: mA}"),
    _Mistake(1e-3, 1.0, "current looks like A", "{current: A}"),
    _Mistake(1e3, 1 / 3600, "current looks like mA and time like hours", "{current: mA, time: h}"),
)
_SANE_RATE = (1 / 200, 30.0)  # C
_SANE_TIME = (30.0, 3.6e6)  # s


def check_order(series: Series) -> None:
    """Refuse times that go back."""
    assert series.time is not None
    steps = np.diff(series.time)
    back = np.flatnonzero(steps < 0)
    if not back.size:
        return
    row = int(back[0]) + 1
    before, after = series.time[row - 1], series.time[row]
    header = series.columns["time"].header
    text = f"time ({header}) goes back from {before:g} s to {after:g} s"
    more = f", and {back.size - 1} times more" if back.size > 1 else ""
    if after <= 0.02 * max(before, 1e-300):
        cure = "it looks like the time within each step: name the column of the total time under"
        raise series.fail(row, f"{text}{more}; {cure} columns: {{time: ...}}, or write 'lines'")
    raise series.fail(row, f"{text}{more}; times must ascend: sort the rows by time")


def kept_rows(series: Series, current: Array, accept: Collection[str]) -> tuple[Rows, list[str]]:
    """(n,) rows to keep, and what is said: copies of a row go, two currents at a time stay.

    Raises ConfigError for other rows at the same time, unless they are accepted.
    """
    assert series.time is not None
    keep = np.ones(series.time.size, dtype=bool)
    same = np.flatnonzero(np.diff(series.time) == 0) + 1
    size = float(np.abs(current).max(initial=0.0))
    copies, averaged, problems = 0, 0, []
    previous = -2
    for row in same.tolist():
        equal = current[row] == current[row - 1] and series.voltage[row] == series.voltage[row - 1]
        jump = abs(current[row] - current[row - 1]) > 0.05 * size
        if equal:
            keep[row] = False
            copies += 1
        elif not jump or previous == row - 1:
            keep[row - 1] = False
            averaged += 1
            header = series.columns["time"].header
            text = f"repeats the time ({header}) {series.time[row]:g} s of line"
            text = f"{text} {series.lines[row - 1]}"
            values = f"with {series.voltage[row]:g} V in place of {series.voltage[row - 1]:g} V"
            cure = "times must ascend: remove one of the rows, or write accept: [repeated] to keep"
            cure = f"{cure} the last of them"
            place = series.lines[row]
            problems.append(Problem(series.table.file, place, "", f"{text}, {values}; {cure}"))
        previous = row
    if problems and "repeated" not in accept:
        raise ConfigError(problems)
    said = [f"{copies} copies of rows left out"] if copies else []
    return np.flatnonzero(keep), [
        *said,
        *([f"{averaged} rows at repeated times left out"] if averaged else []),
    ]


def gap_rows(time: Array, segments: Sequence[Segment]) -> list[int]:
    """Rows before gaps: intervals much longer than those around them while a current flows."""
    steps = np.diff(time)
    whole = float(time[-1] - time[0])
    found = []
    for row in np.flatnonzero(steps > _GAP_PART * whole).tolist():
        around = np.delete(steps[max(row - _AROUND, 0) : row + _AROUND + 1], min(row, _AROUND))
        inside = any(s.start <= row < s.stop and s.kind != "rest" for s in segments)
        if inside and around.size and steps[row] > _GAP * float(np.median(around)):
            found.append(row)
    return found


def check_gaps(
    series: Series, rows: Sequence[int], time: Array, lines: Sequence[int], accept: Collection[str]
) -> list[str]:
    """Refuse gaps, or say them if they are accepted."""
    if not rows:
        return []
    told = [f"{time[k]:g} s to {time[k + 1]:g} s" for k in rows[:3]]
    if "gaps" in accept:
        return [f"gaps of the rows accepted: {listing(told)}"]
    k = rows[0]
    header = series.columns["time"].header
    text = f"has a gap of {time[k + 1] - time[k]:g} s in the time ({header}) after line {lines[k]}"
    text = f"{text} while a current flows"
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    cure = "the charge passed in it is not known: take one side of it by 'lines', or write accept:"
    where = f"from {told[0]}, rows around it are much nearer"
    raise series.table.fail(lines[k + 1], f"{text}{more}, {where}; {cure} [gaps]")


def check_units(series: Series, charge: Array, segments: Sequence[Segment]) -> list[str]:
    """Compare current times time with the capacity of the file, if it has one."""
    longest = max(segments, key=lambda s: abs(float(charge[s.stop - 1] - charge[s.start])))
    if series.capacity is None or longest.kind == "rest":
        return []
    last, first = longest.stop - 1, longest.start
    passed = abs(float(charge[last] - charge[first]))
    column = abs(float(series.capacity[last] - series.capacity[first]))
    if passed == 0 or column == 0 or 1 / _LIKE < passed / column < _LIKE:
        return []
    ratio = passed / column
    name = series.columns["capacity"].header
    text = f"{passed:.4g} A h/m^2 by current and time, but {column:.4g} A h/m^2 in {name}"
    for mistake in _MISTAKES:
        if 1 / _LIKE < ratio / mistake.charge < _LIKE:
            end = f"{mistake.looks}; write units: {mistake.cure}"
            raise series.fail(last, f"has passed {text}: {end}")
    return [f"capacity by current and time is taken: {text}"]


def check_length(
    series: Series, passed: float, rate: float, seconds: float, size: Size, accept: Collection[str]
) -> list[str]:
    """Compare the charge of a curve with the model's; ``rate`` in C, its time in s.

    Raises ConfigError where they cannot belong together; returns what is worth a word.
    """
    share = passed / size.capacity
    last = len(series.lines) - 1
    text = f"the curve passes {passed:.4g} A h/m^2, the model's capacity is {size.capacity:.4g}"
    looks = [
        f"{m.looks}; write units: {m.cure}"
        for m in _MISTAKES
        if _sane(rate / m.current, seconds / m.time) and _SHORT <= share / m.charge <= _LONG
    ]
    accepted = ("short" if share < 1 else "long") in accept
    if looks and not accepted and not _sane(rate, seconds):
        quick = f"at {rate:.3g} C in {seconds:.3g} s"
        raise series.fail(last, f"{text}, {quick}: {looks[0]}")
    percent = f"{text} A h/m^2: {100 * share:.3g} %"
    reason = "check area, mass_loading, units and the capacity of the base configuration"
    reason = f"{looks[0]}; or {reason}" if looks else reason
    if share < _SHORT and "short" not in accept:
        cure = f"{reason}, or write accept: [short] for a part of a curve"
        raise series.fail(last, f"{percent}, a curve much shorter than the model's; {cure}")
    if share > _LONG and "long" not in accept:
        cure = f"{reason}, or write accept: [long]"
        raise series.fail(last, f"{percent}, more than the model can take; {cure}")
    if share < _FULL[0]:
        return [f"{percent}; it is compared as far as it goes"]
    if share > _FULL[1]:
        return [f"{percent}; the model can end before the curve does"]
    return []


def _sane(rate: float, seconds: float) -> bool:
    """Whether somebody measures curves at such a C-rate, and for so long."""
    (slow, fast), (short, long) = _SANE_RATE, _SANE_TIME
    return slow <= rate <= fast and short <= seconds <= long


def check_one_sign(series: Series) -> None:
    """Refuse a current of one sign with which the voltage both falls and rises."""
    assert series.time is not None
    assert series.current is not None
    if series.current.min() < 0 < series.current.max():
        return
    way = 0
    for s in segments_of(series.time, series.voltage, np.abs(series.current)):
        if s.kind != "current":
            continue
        own = series.voltage[s.start : s.stop]
        for first in (1, -1):
            row = turning_row(own, first)
            if row:
                raise series.fail(s.start + row, _turned(first, float(own[row])))
        change = float(own[-1] - own[min(3, own.size - 1)])
        if abs(change) > TURN and way and np.sign(change) != way:
            raise series.fail(s.start, _turned(-int(way), float(own[0])))
        way = int(np.sign(change)) if abs(change) > TURN else way


def _turned(direction: int, voltage: float) -> str:
    first, then = ("falls", "rises") if direction > 0 else ("rises", "falls")
    text = f"the voltage {first} to {voltage:g} V here and then {then} while the current keeps its"
    cure = "split the file by 'lines', or give the current its sign"
    return f"{text} sign: a charge is mixed with a discharge; {cure}"


def check_pieces(
    series: Series,
    segments: Sequence[Segment],
    voltage: Array,
    lines: Sequence[int],
    accept: Collection[str],
    both: bool,
) -> None:
    """Refuse charge mixed with discharge, rests in the middle and currents that vary."""
    file = series.table.file
    problems = [*_turns(file, segments, voltage, lines)]
    directions = {s.direction for s in segments} - {0}
    if len(directions) > 1 and not both and not problems:
        problems.append(_mixed(file, segments, lines))
    if not both:
        problems += [] if "rests" in accept else _rests(file, segments, lines)
    problems += [
        Problem(file, lines[s.start], "", f"{_varying(s, lines)}")
        for s in segments
        if s.kind == "varying"
    ]
    if problems:
        raise ConfigError(problems)


def _turns(
    file: str, segments: Sequence[Segment], voltage: Array, lines: Sequence[int]
) -> Iterator[Problem]:
    for s in segments:
        row = turning_row(voltage[s.start : s.stop], s.direction) if s.kind == "current" else None
        if row is not None:
            text = _turned(s.direction, float(voltage[s.start + row]))
            yield Problem(file, lines[s.start + row], "", text)


def _mixed(file: str, segments: Sequence[Segment], lines: Sequence[int]) -> Problem:
    told = []
    for s in [s for s in segments if s.direction][:4]:
        word = "discharge" if s.direction > 0 else "charge"
        told.append(f"{word} in lines {lines[s.start]} to {lines[s.stop - 1]}")
    first = next(s.direction for s in segments if s.direction)
    turn = next(s for s in segments if s.direction == -first)
    cure = "write direction: discharge (or charge), with number: 2 for the second of several, or"
    text = f"a charge is mixed with a discharge: {listing(told)}"
    return Problem(
        file, lines[turn.start], "", f"{text}; {cure} direction: both to simulate all in turn"
    )


def _rests(file: str, segments: Sequence[Segment], lines: Sequence[int]) -> list[Problem]:
    """Rests between two currents of the same direction."""
    active = [k for k, s in enumerate(segments) if s.direction]
    problems = []
    for k in range(active[0] + 1, active[-1]) if active else ():
        s = segments[k]
        around = segments[k - 1].direction, segments[k + 1].direction
        if s.kind == "rest" and around[0] == around[1]:
            text = f"a rest of {s.duration:g} s lies in the middle of the curve, lines"
            span = f"{lines[s.start]} to {lines[s.stop - 1]}"
            cure = "the voltage relaxes in it: take one side by 'lines' or 'number', or write"
            end = "accept: [rests] to simulate it as it is"
            problems.append(Problem(file, lines[s.start], "", f"{text} {span}; {cure} {end}"))
    return problems


def _varying(segment: Segment, lines: Sequence[int]) -> str:
    text = f"the current varies from this line to line {lines[segment.stop - 1]}"
    cure = "write drive: true to simulate it as it is, or take another part by 'lines'"
    return f"{text}, it is neither constant nor that of a held voltage; {cure}"
