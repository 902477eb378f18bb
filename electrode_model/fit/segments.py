"""Pieces of a measured curve: constant current, rests, holds; the direction of its current."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np

__all__ = [
    "TURN",
    "Segment",
    "charge_passed",
    "direction_of",
    "placed",
    "segments_of",
    "turning_row",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
Kind = Literal["current", "rest", "hold", "varying"]

_REST, _MOST_REST = 1e-3, 0.1  # of the largest current: what counts as none, with its noise
_NOISE = 5.0  # times the median step from row to row: five deviations of normal noise
_BEFORE = 0.1  # of the current that follows: a first row with less is of the rest before
_CONSTANT = 0.02  # of a current: as constant as cyclers hold it, ripple of logged values included
_MOST_NOISE = 0.05  # of a current that is constant but for its noise
_HELD = 5e-3  # V: a held voltage as it is logged
_FALLEN = 0.9  # of the current, at the end of a hold: less fall is no hold
_ENOUGH = 0.5  # correlation of voltage and charge that no disturbance makes
_START = 0.01  # of a run's charge: rows of the current's rise belong to the constant current
_TURNING = 0.2  # of a run's charge: less between changes of the current is one of its turns
TURN = 0.3  # V against the direction: more than nucleation or warming of a cell makes
_ROUND, _NEAR = 0.05, 2e-3  # V: cut-offs are multiples of 50 mV, logged right after them
_WOBBLE = 0.03  # of the range of voltages: so far a digitised curve may end from its extreme


@dataclass(frozen=True)
class Segment:
    """Rows ``start`` to ``stop`` (excluded) of a curve, held in one way."""

    kind: Kind
    start: int
    stop: int
    current: float  # A/m^2, mean, positive on discharge; at the end of a hold its last one
    cut_off: float | None = None  # V, that ended a current; held voltage of a hold
    begin: float = 0.0  # s: a current changes right after the last row before it
    duration: float = 0.0  # s, to the beginning of the next segment

    @property
    def direction(self) -> int:
        """1 on discharge, -1 on charge, 0 at rest."""
        return 0 if self.kind == "rest" else int(np.sign(self.current))


def charge_passed(time: Array, current: Array) -> Array:
    """(n,) charge [A h/m^2] since the first row: the later row's current across a jump.

    Trapezoids elsewhere.  Signed as the current.
    """
    steps = np.diff(time) / 3600
    size = max(float(np.abs(current).max()), 1e-300)
    jump = np.abs(np.diff(current)) > 0.2 * size
    mean = np.where(jump, current[1:], 0.5 * (current[1:] + current[:-1]))
    return np.concatenate(([0.0], np.cumsum(steps * mean)))


def direction_of(time: Array, voltage: Array, current: Array) -> float:
    """Evidence in [-2, 2] that a positive current discharges: the voltage falls with it.

    The correlation of the falling voltage with the charge passed; where that says little, as in a
    drive cycle, that with the current is added.
    """
    by_charge = -_correlation(voltage, charge_passed(time, current))
    if abs(by_charge) > _ENOUGH:  # the current falls while a voltage is held
        return by_charge
    return by_charge - _correlation(voltage, current)


def _correlation(one: Array, other: Array) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    steady = float(np.ptp(other)) <= 4 * _CONSTANT * float(np.abs(other).max())
    return 0.0 if size == 0 or steady else float(a @ b) / size


def turning_row(voltage: Array, direction: int) -> int | None:
    """Row where a voltage that should fall (``direction`` 1) or rise turns back; None if nowhere.

    Both its fall and its rise must be large.
    """
    v = voltage * direction
    low, high = np.minimum.accumulate(v), np.maximum.accumulate(v)
    against, along = float((v - low).max()), float((high - v).max())
    if against <= TURN or along <= TURN:
        return None
    end = int(np.argmax(v - low))
    return int(np.argmin(v[: end + 1]))


def segments_of(time: Array, voltage: Array, current: Array) -> tuple[Segment, ...]:
    """The curve in pieces, in order; current positive on discharge [A/m^2]."""
    size = float(np.abs(current).max(initial=0.0))
    noise = _noise(current)
    least = min(max(_REST * size, noise), _MOST_REST * size)
    label = np.where(np.abs(current) <= least, 0, np.sign(current)).astype(int)
    if abs(current[0]) < _BEFORE * float(np.median(np.abs(current[1:6]))):
        label[0] = 0  # logged before the current began, with the offset of the cycler
    edges = [0, *(np.flatnonzero(np.diff(label)) + 1).tolist(), label.size]
    found: list[Segment] = []
    for start, stop in pairwise(edges):
        if label[start] == 0:
            found.append(Segment("rest", start, stop, 0.0))
        else:
            found += _pieces(time, voltage, current, start, stop)
    return placed(tuple(_with_cut_offs(found, voltage)), time, float(time[0]))


def _noise(current: Array) -> float:
    """What noise makes of a constant current, at most."""
    return _NOISE * float(np.median(np.abs(np.diff(current)))) if current.size > 1 else 0.0


def placed(segments: Sequence[Segment], time: Array, origin: float) -> tuple[Segment, ...]:
    """The segments with their times; the first begins at ``origin``."""
    begins = [origin, *(float(time[s.start - 1]) for s in segments[1:])]
    ends = [*begins[1:], float(time[-1])]
    return tuple(
        replace(s, begin=begin, duration=end - begin)
        for s, begin, end in zip(segments, begins, ends, strict=True)
    )


def _pieces(
    time: Array, voltage: Array, current: Array, start: int, stop: int
) -> Iterator[Segment]:
    """A run of one direction: constant currents, then perhaps a hold."""
    held, noise = _hold_start(voltage, current, start, stop), _noise(current[start:stop])
    charge = np.abs(charge_passed(time[start:stop], current[start:stop]))
    whole = float(charge[-1]) if charge.size else 0.0
    pieces: list[tuple[bool, int, int]] = []  # constant?, start, stop
    k = start
    while k < held:
        reference = float(np.median(current[k : min(k + 5, held)]))
        width = min(max(_CONSTANT * abs(reference), noise), _MOST_NOISE * abs(reference))
        inside = np.abs(current[k:held] - reference) <= width
        length = int(np.argmin(inside)) if not inside.all() else held - k
        constant = length > 0
        length = max(length, 1)
        part = float(charge[min(k + length, held - 1) - start] - charge[k - start])
        small = length < 3 and part < max(_START * whole, 1e-12)
        pieces.append((constant and not small, k, k + length))
        k += length
    for constant, first, last in _merged(pieces, charge, start, whole):
        kind: Kind = "current" if constant else "varying"
        yield Segment(kind, first, last, _mean(time, current, first, last))
    if held < stop:
        level = float(np.median(voltage[held:stop]))
        yield Segment("hold", held, stop, float(current[stop - 1]), level)


def _merged(
    pieces: Sequence[tuple[bool, int, int]], charge: Array, start: int, whole: float
) -> list[tuple[bool, int, int]]:
    """Neighbours that are not constant as one; slight ones as part of a constant neighbour."""
    joined: list[tuple[bool, int, int]] = []
    for piece in pieces:
        if joined and not joined[-1][0] and not piece[0]:
            joined[-1] = (False, joined[-1][1], piece[2])
        else:
            joined.append(piece)
    result: list[tuple[bool, int, int]] = []
    carry: int | None = None
    for k, (constant, first, last) in enumerate(joined):
        part = float(charge[min(last, start + charge.size - 1) - start] - charge[first - start])
        slight = not constant and part <= _START * whole
        if slight and k + 1 < len(joined):
            carry = first if carry is None else carry
            continue
        if slight and result and carry is None:
            result[-1] = (result[-1][0], result[-1][1], last)
            continue
        result.append((constant, first if carry is None else carry, last))
        carry = None
    if all(constant for constant, _, _ in result):
        return result
    varied: list[tuple[bool, int, int]] = []
    for constant, first, last in result:  # a changing current is nearly constant at its turns
        part = float(charge[min(last, start + charge.size - 1) - start] - charge[first - start])
        constant = constant and part > _TURNING * whole
        if varied and not varied[-1][0] and not constant:
            varied[-1] = (False, varied[-1][1], last)
        else:
            varied.append((constant, first, last))
    return varied


def _hold_start(voltage: Array, current: Array, start: int, stop: int) -> int:
    """First row of the held voltage at the end of a run; ``stop`` where there is none."""
    if stop - start < 4:
        return stop
    level = float(np.median(voltage[stop - 3 : stop]))
    off = np.flatnonzero(np.abs(voltage[start:stop] - level) > _HELD)
    first = start + (int(off[-1]) + 1 if off.size else 0)
    sizes = np.abs(current[first:stop])
    if sizes.size < 3 or sizes[-1] > _FALLEN * sizes[0]:
        return stop
    fallen = np.flatnonzero(sizes < (1 - _CONSTANT) * sizes[0])
    return first + int(fallen[0])


def _mean(time: Array, current: Array, first: int, last: int) -> float:
    """Mean over time; the rows of a rise count little."""
    span = float(time[last - 1] - time[first])
    if last - first < 2 or span <= 0:
        return float(np.median(current[first:last]))
    charge = charge_passed(time[first:last], current[first:last])
    return float(charge[-1]) * 3600 / span


def _with_cut_offs(found: Sequence[Segment], voltage: Array) -> Iterator[Segment]:
    """Currents with the voltage that ended them."""
    for k, segment in enumerate(found):
        if segment.kind != "current":
            yield segment
            continue
        after = found[k + 1] if k + 1 < len(found) else None
        if after is not None and after.kind == "hold":
            yield replace(segment, cut_off=after.cut_off)
            continue
        own = voltage[segment.start : segment.stop]
        last = float(own[-1])
        farthest = float(own.min() if segment.direction > 0 else own.max())
        level = round(round(last / _ROUND) * _ROUND, 6)
        near = max(_HELD, _WOBBLE * float(np.ptp(own)) if after is None else 0.0)
        if abs(last - farthest) > near:
            yield segment
        elif abs(last - level) <= _NEAR:
            yield replace(segment, cut_off=level)
        else:
            yield replace(segment, cut_off=farthest if after is None else None)
