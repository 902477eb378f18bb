"""Measured curves, ready for a fit: SI, per area, in the pieces that make their protocol."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.problems import listing
from electrode_model.fit import checks
from electrode_model.fit.bpx_data import BPX, checked_test
from electrode_model.fit.curves import curve, is_summary, summary
from electrode_model.fit.data_config import DataChoice
from electrode_model.fit.dataset import DataSet, assembled, ended, taken
from electrode_model.fit.readers import Table, read_bpx, read_table
from electrode_model.fit.segments import (
    Segment,
    charge_passed,
    direction_of,
    placed,
    segments_of,
)
from electrode_model.fit.series import Series, Size, read_series

__all__ = ["DataSet", "Segment", "Size", "read_data"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Rows = np.ndarray[Any, np.dtype[np.intp]]

_CLEAR = 0.3  # of 2: evidence for a sign; a discharge at constant current has 0.7 to 1
_START = 0.02  # of the whole time: a first row this early is the first of the current


def read_data(
    choice: DataChoice, folder: str | Path = ".", size: Size | None = None
) -> tuple[DataSet, ...]:
    """The curve of an entry; several of a table with one line for each curve, or of a BPX file.

    ``folder`` is where the file is sought; ``size`` gives C-rates their value and judges units
    and lengths.  Raises ConfigError: file, line, value, what is allowed and the cure.
    """
    path = Path(folder) / choice.file
    checked_test(path, choice.test)
    if path.suffix.lower() == BPX:
        return _of_bpx(path, choice, size)
    return _of_table(read_table(path), choice, size, choice.name or path.stem)


def _of_bpx(path: Path, choice: DataChoice, size: Size | None) -> tuple[DataSet, ...]:
    """The tests of a BPX file, or the one that is named."""
    tests, area = read_bpx(path)
    checked_test(path, choice.test, tests)
    if area is not None and choice.cell_area is None:
        choice = choice.model_copy(update={"area": area})
        said = f"area {area:.6g} m^2, of all electrode pairs in the file"
        tests = {n: replace(one, notes=(*one.notes, said)) for n, one in tests.items()}
    found: list[DataSet] = []
    for name in [choice.test] if choice.test else list(tests):
        own = f"{choice.name} {name}".strip() if len(tests) > 1 and not choice.test else name
        own = choice.name if choice.test and choice.name else own
        found += _of_table(tests[name], choice, size, own)
    return tuple(found)


def _of_table(
    table: Table, choice: DataChoice, size: Size | None, name: str
) -> tuple[DataSet, ...]:
    if is_summary(table, choice):
        return summary(table, choice, size, name)
    series = read_series(table, choice, size)
    data = _timed(series, choice, name) if series.time is not None else curve(series, choice, name)
    if size is not None and data.segments:
        data = replace(data, notes=(*data.notes, *_fitting(series, data, choice, size)))
    return (_windowed(series, data, choice),)


def _timed(series: Series, choice: DataChoice, name: str) -> DataSet:
    """A curve with times."""
    assert series.time is not None
    assert series.current is not None
    checks.check_order(series)
    rows, said = checks.kept_rows(series, series.current, choice.accept)
    series = taken(series, rows)
    assert series.time is not None
    assert series.current is not None
    if not series.current.any():
        raise series.fail(0, "has no current in any row; a curve needs one: name its column")
    if not series.given and not choice.drive:
        checks.check_one_sign(series)
    sign, how = _sign(series, choice)
    current, voltage, time = sign * series.current, series.voltage, series.time
    segments = segments_of(time, voltage, current)
    rest: float | None = None
    if choice.direction in ("discharge", "charge"):
        rows, which = _part(series, segments, choice)
        series, current = taken(series, rows), current[rows]
        assert series.time is not None
        voltage, time = series.voltage, series.time
        segments = segments_of(time, voltage, current)
        said.append(which)
    if not choice.drive:
        both = choice.direction == "both"
        checks.check_pieces(series, segments, voltage, series.lines, choice.accept, both)
    gaps = checks.gap_rows(time, segments)
    said += checks.check_gaps(series, gaps, time, series.lines, choice.accept)
    if segments[0].kind == "rest":
        rest = float(voltage[segments[0].stop - 1])
    charge = charge_passed(time, np.abs(current))
    said += checks.check_units(series, charge, segments)
    time, charge = _from_start(time, charge, current, segments)
    return assembled(
        series,
        choice,
        name,
        time=time,
        current=current,
        capacity=charge,
        segments=ended(placed(segments, time, 0.0), choice),
        notes=(*series.notes, how, *said),
        rest_voltage=rest,
    )


def _sign(series: Series, choice: DataChoice) -> tuple[float, str]:
    """Factor to a current that is positive on discharge, and how it was found."""
    assert series.time is not None
    assert series.current is not None
    if series.given:
        return 1.0, "sign of the current given: positive on discharge"
    evidence = direction_of(series.time, series.voltage, series.current)
    found = "discharge_positive" if evidence > 0 else "charge_positive"
    clear = abs(evidence) > _CLEAR
    if choice.sign is not None:
        if clear and found != choice.sign and abs(evidence) > 2 * _CLEAR:
            text = f"sign is {choice.sign}, but the voltage falls where the current is"
            way = "positive" if found == "discharge_positive" else "negative"
            raise series.fail(0, f"{text} {way}; write sign: {found}, or leave it out")
        return (1.0 if choice.sign == "discharge_positive" else -1.0), f"sign given: {choice.sign}"
    if not clear:
        text = "the sign of the current cannot be found: the voltage does not follow the charge"
        cure = "write sign: discharge_positive or sign: charge_positive"
        one = "" if np.ptp(np.sign(series.current)) else "; the current has one sign in all rows"
        mixed = f"{one}: if the file holds a charge and a discharge, split it by 'lines'"
        raise series.fail(0, f"{text}; {cure}{mixed if one else ''}")
    word = "positive" if float(np.median(series.current)) >= 0 else "negative"
    way = "falls" if (evidence > 0) == (word == "positive") else "rises"
    told = f"sign found: {found.replace('_', ' ')}, the voltage {way} while the current is {word}"
    return (1.0 if evidence > 0 else -1.0), told


def _part(series: Series, segments: Sequence[Segment], choice: DataChoice) -> tuple[Rows, str]:
    """Rows of one discharge or charge, with the last row of the rest before it."""
    wanted = 1 if choice.direction == "discharge" else -1
    runs: list[list[int]] = []
    for k, s in enumerate(segments):
        if s.direction != wanted:
            continue
        if runs and runs[-1][-1] == k - 1:
            runs[-1].append(k)
        elif (
            runs
            and "rests" in choice.accept
            and segments[k - 1].kind == "rest"
            and (runs[-1][-1] == k - 2)
        ):
            runs[-1] += [k - 1, k]
        else:
            runs.append([k])
    spans = [(segments[r[0]].start, segments[r[-1]].stop) for r in runs]
    told = [f"{n} in lines {series.lines[a]} to {series.lines[b - 1]}"
            for n, (a, b) in enumerate(spans, start=1)]  # fmt: skip
    if not runs:
        raise series.fail(0, f"has no {choice.direction}; change 'direction', or check 'sign'")
    if choice.number is None and len(runs) > 1:
        text = f"has {len(runs)} parts of {choice.direction}: {listing(told[:6])}"
        more = ", ..." if len(told) > 6 else ""
        raise series.fail(spans[0][0], f"{text}{more}; write which, such as number: 1")
    number = choice.number or 1
    if number > len(runs):
        text = f"has {len(runs)} parts of {choice.direction}: {listing(told[:6])}"
        raise series.fail(spans[-1][0], f"{text}; number is {number}")
    start, stop = spans[number - 1]
    if start > 0 and segments[runs[number - 1][0] - 1].kind == "rest":
        start -= 1
    return np.arange(start, stop), f"{choice.direction} {told[number - 1]} taken"


def _from_start(
    time: Array, charge: Array, current: Array, segments: Sequence[Segment]
) -> tuple[Array, Array]:
    """Times and charge since the start, which is a little before the first row of a current."""
    first, whole = float(time[0]), float(time[-1] - time[0])
    if segments[0].kind == "current" and 0 < first <= _START * whole:
        return time, charge + abs(float(current[0])) * first / 3600
    return time - first, charge


def _fitting(series: Series, data: DataSet, choice: DataChoice, size: Size) -> list[str]:
    """The length of a curve beside the model's capacity."""
    signed = charge_passed(data.time, data.current)
    passed = max(float(np.ptp(signed)), 0.0)
    rate = max(abs(s.current) for s in data.segments) / size.one_c
    accept = (*choice.accept, "short") if data.drive or not data.direction else choice.accept
    shown = replace(series, lines=data.lines)
    return checks.check_length(shown, passed, rate, float(data.time[-1]), size, accept)


def _windowed(series: Series, data: DataSet, choice: DataChoice) -> DataSet:
    """The rows inside the window marked; raises ConfigError if there are too few."""
    used = data.used
    for key in ("capacity", "voltage", "time"):
        band = getattr(choice.window, key)
        if band is not None:
            values = getattr(data, key)
            used = used & (values >= band[0]) & (values <= band[1])
    if used.sum() >= 3 or choice.window == type(choice.window)():
        return replace(data, used=used)
    ranges = [
        f"{getattr(data, key).min():.4g} to {getattr(data, key).max():.4g} {unit}"
        for key, unit in (("capacity", "A h/m^2"), ("voltage", "V"), ("time", "s"))
    ]
    text = f"has {int(used.sum())} rows inside the window; at least 3 are needed"
    raise series.table.fail(0, f"{text}: the curve goes {', '.join(ranges)}")
