"""Curves of voltage against capacity without times, and tables of capacities."""

from dataclasses import replace
from typing import Any

import numpy as np

from electrode_model.config.problems import ConfigError
from electrode_model.fit import checks
from electrode_model.fit.columns import read_columns
from electrode_model.fit.data_config import DataChoice
from electrode_model.fit.dataset import DataSet, assembled, ended, taken
from electrode_model.fit.readers import Table, numbers
from electrode_model.fit.segments import Segment, segments_of
from electrode_model.fit.series import Series, Size, read_series

__all__ = ["curve", "is_summary", "summary"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_WOBBLE = 0.005  # of the span: by so much a digitised curve may go back


def curve(series: Series, choice: DataChoice, name: str) -> DataSet:
    """A curve of voltage against capacity; its times follow from the current."""
    assert series.capacity is not None
    assert series.current is not None
    direction, how = _curve_direction(series, choice)
    charge = series.capacity
    if charge[-1] < charge[0]:
        charge = -charge
    charge = charge - charge[0]
    charge, said = _ascending(series, charge)
    falls = bool(series.voltage[-1] < series.voltage[0])
    sizes = np.abs(series.current)
    if falls != (direction > 0):
        rows = np.arange(charge.size)[::-1]
        series, charge = taken(series, rows), (charge[-1] - charge)[::-1]
        sizes = sizes[rows]
        said.append("rows run backwards: the charge is counted from the other end")
    current = direction * sizes
    if float(np.ptp(current)) > 0.02 * float(np.abs(current).max()):
        text = "its current varies; a curve without times needs one current"
        raise series.fail(int(np.argmax(np.abs(current - current[0]))), f"{text}: split the file")
    if not current[0]:
        raise series.fail(0, "its current is zero; a curve needs one, such as current: C/100")
    time = charge / np.abs(current) * 3600
    segments = segments_of(time, series.voltage, current)
    checks.check_pieces(series, segments, series.voltage, series.lines, choice.accept, False)
    return assembled(
        series,
        choice,
        name,
        time=time,
        current=current,
        capacity=charge,
        segments=ended(segments, choice),
        notes=(*series.notes, how, *said, "times computed from charge and current"),
        timed=False,
    )


def _curve_direction(series: Series, choice: DataChoice) -> tuple[int, str]:
    """1 for a discharge, -1 for a charge, and how it is known."""
    assert series.current is not None
    asked = {"discharge": 1, "charge": -1}.get(choice.direction or "")
    if series.given:
        own = 1 if series.current[0] > 0 else -1
        if asked is not None and own != asked:
            text = f"direction is {choice.direction}, but current is {choice.current}"
            raise series.table.fail(0, f"{text}; a charging current is negative")
        return own, f"{'discharge' if own > 0 else 'charge'}, by the sign of the current given"
    if asked is not None:
        return asked, f"{choice.direction}, as given"
    own = 1 if series.voltage[-1] < series.voltage[0] else -1
    way = "falls" if own > 0 else "rises"
    word = "discharge" if own > 0 else "charge"
    if own < 0 and float(np.median(series.current)) > 0:
        text = "its voltage rises along the rows, but its current is positive: it may be a charge"
        cure = "write direction: discharge, or direction: charge"
        raise series.fail(0, f"{text}, or a discharge from the last row to the first; {cure}")
    return own, f"{word} assumed: the voltage {way} along the rows (direction says otherwise)"


def _ascending(series: Series, charge: Array) -> tuple[Array, list[str]]:
    """Charge that ascends strictly; the small steps back of a digitised curve are taken out."""
    span = float(charge.max() - charge.min())
    if span <= 0:
        raise series.fail(0, f"its capacity is {charge[0]:g} in all rows; another column is needed")
    highest = np.maximum.accumulate(charge)
    back = highest - charge
    row = int(np.argmax(back > _WOBBLE * span))
    header = series.columns["capacity"].header
    if back.max() > _WOBBLE * span:
        value = numbers(series.table, series.columns["capacity"])
        place = list(series.table.lines).index(series.lines[row])
        text = f"{header} goes back to {value[place]:g} here"
        why = "a charge mixed with a discharge, or two curves" if back.max() > 0.3 * span else ""
        looks = f": it looks like {why}" if why else ""
        raise series.fail(row, f"{text}{looks}; take one part by 'lines', or sort the rows")
    strict = np.maximum(highest, highest[0] + 1e-9 * span * np.arange(charge.size))
    for k in range(1, strict.size):
        strict[k] = max(strict[k], strict[k - 1] + 1e-7 * span)
    moved = int((back > 1e-6 * span).sum())
    return strict, [f"{moved} rows that went back by up to {back.max() / span:.2g} of the whole "
                    "put in order"] if moved else []  # fmt: skip


def is_summary(table: Table, choice: DataChoice) -> bool:
    """Whether each row is a whole curve: its current, capacity and voltages at the ends."""
    try:
        found = read_columns(table.file, table.header_line, table.headers, choice.columns, {})
    except ConfigError:
        return False
    ends = {"voltage_start", "voltage_end", "capacity"} <= found.keys()
    return ends and "voltage" not in found and not {"time"} & found.keys()


def summary(table: Table, choice: DataChoice, size: Size | None, name: str) -> tuple[DataSet, ...]:
    """A table of capacities: one data set of two rows for each line."""
    own = dict(choice.columns)
    columns = read_columns(table.file, table.header_line, table.headers, own, choice.units)
    ends = {key: columns[key].header for key in ("voltage_start", "voltage_end")}
    series = {}
    for key, header in ends.items():
        one = choice.model_copy(update={"columns": {**own, "voltage": header}})
        series[key] = read_series(table, one, size, fewest=1)
    first, last = series["voltage_start"], series["voltage_end"]
    assert first.capacity is not None
    assert first.current is not None
    found = []
    for k, line in enumerate(first.lines):
        v = np.array([first.voltage[k], last.voltage[k]])
        sign = 1.0 if v[1] < v[0] else -1.0
        current = sign * abs(float(first.current[k]))
        charge = np.array([0.0, abs(float(first.capacity[k]))])
        if current == 0 or charge[1] == 0:
            raise first.fail(k, "has a current or a capacity of zero; remove the line")
        time = charge / abs(current) * 3600
        row = replace(first, voltage=v, lines=(line, line))
        cut_off = choice.cut_off if choice.cut_off is not None else round(float(v[1]), 2)
        segment = Segment("current", 0, 2, current, cut_off, 0.0, float(time[1]))
        notes = (*first.notes, "one line of a table of capacities: only its ends are known")
        values = {"time": time, "current": np.full(2, current), "capacity": charge}
        data = assembled(
            row, choice, f"{name} {line}", segments=(segment,), notes=notes, timed=False, **values
        )
        found.append(replace(data, ends_only=True))
    return tuple(found)
