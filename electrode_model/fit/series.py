"""The rows of a table in SI, per area of electrode, with every fault of single rows found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.config import units
from electrode_model.config.fields import Current
from electrode_model.config.problems import ConfigError, Problem, listing
from electrode_model.fit.columns import Column, read_columns, split_header
from electrode_model.fit.data_config import DataChoice
from electrode_model.fit.readers import Table, numbers
from electrode_model.results.records import Layout

__all__ = ["Series", "Size", "read_series"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_VOLTS = (-1.0, 10.0)  # of a cell, as in the bounds of a cell voltage of the configuration
_MOST_KELVIN = 400.0
_HUGE = 1e30  # of any unit: beyond are infinity and slips whose squares overflow
_WARM = 150.0  # a bare temperature above is in K, below in degC


@dataclass(frozen=True)
class Size:
    """What a model can take: to judge units and lengths of curves, and to read C-rates."""

    capacity: float  # A h/m^2, theoretical, of the smaller electrode
    one_c: float  # A/m^2

    @classmethod
    def of(cls, layout: Layout) -> "Size":
        """That of an assembled model."""
        electrodes = [layout] if layout.negative is None else [layout, layout.negative]
        return cls(min(one.capacity for one in electrodes), layout.one_c)


@dataclass(frozen=True)
class Series:
    """Columns (n,) in SI; the sign of the current is that of the file, None where not given."""

    table: Table
    lines: Sequence[int]
    columns: Mapping[str, Column]
    voltage: Array  # V
    time: Array | None  # s
    current: Array | None  # A/m^2
    capacity: Array | None  # A h/m^2, as in the file
    temperature: float | None  # K, mean
    given: bool  # whether the current is the user's, with the sign of a discharge positive
    notes: tuple[str, ...]

    def fail(self, row: int, message: str) -> ConfigError:
        """The error to raise for a row."""
        return self.table.fail(self.lines[row], message)


def read_series(table: Table, choice: DataChoice, size: Size | None, fewest: int = 3) -> Series:
    """The columns that a curve needs, in ``fewest`` rows or more.

    Raises ConfigError with line, value and cure.
    """
    columns = read_columns(
        table.file, table.header_line, table.headers, choice.columns, choice.units
    )
    if choice.lines is not None:
        table = table.between(*choice.lines)
    _needed(table, columns, choice)
    names = ("time", "voltage", "current", "capacity", "rate", "temperature")
    wanted = [name for name in names if name in columns]
    if choice.current is not None:
        wanted = [name for name in wanted if name not in ("current", "rate")]
    raw = {name: numbers(table, columns[name]) for name in wanted}
    keep, notes = _complete(table, columns, raw, choice, fewest)
    lines = [table.lines[k] for k in keep]
    raw = {name: values[keep] for name, values in raw.items()}
    area = _Area(table, choice, size)
    voltage = _si(columns["voltage"], raw["voltage"])
    _check_voltage(table, lines, columns["voltage"], voltage)
    time = _si(columns["time"], raw["time"]) if "time" in raw else None
    current, said = area.current(columns, raw, len(keep))
    rate = any(text.startswith("C-rates") for text in said)
    capacity = None
    if "capacity" in raw and (time is None or area.knows(columns["capacity"])):
        capacity = area.capacity(columns["capacity"], raw["capacity"])
    return Series(
        table=table,
        lines=lines,
        columns=columns,
        voltage=voltage,
        time=time,
        current=current,
        capacity=capacity,
        temperature=_temperature(table, columns, raw),
        given=choice.current is not None,
        notes=(*table.notes, _said(columns, raw, rate), *notes, *said),
    )


def _needed(table: Table, columns: Mapping[str, Column], choice: DataChoice) -> None:
    """Refuse a table without a voltage, or without both time and capacity."""
    has = f"its columns are {listing(table.headers)}"
    if "voltage" not in columns:
        text = f"has no column of voltage that is known by its name; {has}"
        volts = [text for text in table.headers if split_header(text)[1] in ("V", "mV")]
        which = repr(volts[0]) if volts else "..."
        cure = f"write which, such as columns: {{voltage: {which}}}"
        raise table.fail(table.header_line, f"{text}; {cure}, or remove the file from the data")
    if "time" not in columns and "capacity" not in columns:
        text = f"has neither time nor capacity; {has}"
        cure = f"write which, such as columns: {{time: {table.headers[0]!r}}}"
        raise table.fail(table.header_line, f"{text}; {cure}")
    if choice.drive and ("time" not in columns or "current" not in columns):
        text = "has no columns of both time and current, which drive: true needs"
        raise table.fail(table.header_line, f"{text}; {has}")
    if not {"current", "rate"} & columns.keys() and choice.current is None:
        text = f"has no column of current; {has}"
        cure = "write the current, such as current: 1 C (a charge: -1 C), or name its column"
        raise table.fail(table.header_line, f"{text}; {cure}")


def _complete(
    table: Table,
    columns: Mapping[str, Column],
    raw: Mapping[str, Array],
    choice: DataChoice,
    fewest: int,
) -> tuple[list[int], list[str]]:
    """Rows with a number in every column, and what is said of the others."""
    bad = {  # NaN is not below either
        name: ~(np.abs(values) < _HUGE) for name, values in raw.items() if name != "temperature"
    }
    wrong = np.any(list(bad.values()), axis=0)
    if wrong.any() and "missing" not in choice.accept:
        problems = []
        for row in np.flatnonzero(wrong).tolist():
            name = next(name for name, rows in bad.items() if rows[row])
            value = raw[name][row]
            what = "no value" if np.isnan(value) else f"{value:g}"
            text = f"has {what} as {name} ({columns[name].header}); a finite number is needed"
            cure = "; remove the line, or write accept: [missing] to leave such rows out"
            problems.append(Problem(table.file, table.lines[row], "", text + cure))
        raise ConfigError(problems)
    keep = np.flatnonzero(~wrong).tolist()
    if len(keep) < fewest:
        text = f"has {len(keep)} rows of numbers; a curve needs at least {fewest}"
        raise table.fail(table.lines[0] if table.lines else 0, f"{text}; export more of it")
    count = int(wrong.sum())
    return keep, [f"{count} rows without a number left out"] if count else []


def _si(column: Column, values: Array) -> Array:
    return column.factor * values + column.offset


def _check_voltage(table: Table, lines: Sequence[int], column: Column, voltage: Array) -> None:
    """Refuse voltages that no cell has, and say what unit they look like."""
    low, high = _VOLTS
    middle = float(np.median(np.abs(voltage)))
    value = f"{voltage[0]:g} V" + (f" ({column.unit})" if column.unit not in ("", "V") else "")
    allowed = f"a cell has {low:g} V to {high:g} V"
    if 100 < middle < 1e4 * high:
        text = f"has the voltage {value} in {column.header}; {allowed}: it looks like mV"
        raise table.fail(lines[0], f"{text}; write units: {{voltage: mV}}")
    if 0 < middle < 0.01 and column.factor < 1:
        text = f"has the voltage {value} in {column.header}, {middle:.2g} V in the middle"
        raise table.fail(lines[0], f"{text}: it looks like V; write units: {{voltage: V}}")
    beyond = np.flatnonzero((voltage < low) | (voltage > high))
    if beyond.size:
        row = int(beyond[0])
        text = f"has the voltage {voltage[row]:g} V in {column.header}; {allowed}"
        cure = "remove the line if it is a slip of the cycler, or write its unit under 'units'"
        raise table.fail(lines[row], f"{text}; {cure}")


def _temperature(
    table: Table, columns: Mapping[str, Column], raw: Mapping[str, Array]
) -> float | None:
    """Mean temperature [K] of the file; None where there is none."""
    if "temperature" not in raw:
        return None
    column, values = columns["temperature"], raw["temperature"]
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    mean = float(_si(column, values).mean())
    if not column.unit and mean < _WARM:
        mean += 273.15
    return mean if 200 <= mean <= _MOST_KELVIN else None


def _said(columns: Mapping[str, Column], raw: Mapping[str, Array], rate: bool) -> str:
    """Which columns were read in which units."""
    texts = []
    for name in raw:
        if name == "rate" and not rate:
            continue
        column = columns[name]
        unit = "h:min:s" if column.clock else column.unit or f"{column.si}, assumed"
        if name == "rate":
            unit = column.si
        texts.append(f"{name} from {column.header!r} [{unit}]")
    return ", ".join(texts)


@dataclass(frozen=True)
class _Area:
    """Turns what a cell, a gram or a C-rate is in into what a square metre is in."""

    table: Table
    choice: DataChoice
    size: Size | None

    def knows(self, column: Column) -> bool:
        """Whether a unit can be turned into one per area."""
        known = {
            "A": self.choice.cell_area,
            "A/kg": self.choice.mass_loading,
            units.C_RATE: self.size,
            "1": self.choice.full_capacity,
        }
        known |= {"A h": known["A"], "A h/kg": known["A/kg"]}
        return known.get(column.si, True) is not None

    def current(
        self, columns: Mapping[str, Column], raw: Mapping[str, Array], count: int
    ) -> tuple[Array | None, list[str]]:
        """(count,) current [A/m^2], and what is said of it."""
        if self.choice.current is not None:
            value = self._given(self.choice.current)
            return np.full(count, value), [f"current given: {self.choice.current}"]
        if "current" in raw and (self.knows(columns["current"]) or "rate" not in raw):
            column = columns["current"]
            return self._factor(column) * _si(column, raw["current"]), []
        if self.size is None:
            raise self._needs_size("its current is a C-rate")
        wanted = self.size.one_c * _si(columns["rate"], raw["rate"])
        text = f"C-rates of the file taken as those of the model: 1C is {self.size.one_c:g} A/m^2"
        if "current" not in raw or not raw["current"].any():
            return wanted, [text]
        own = _si(columns["current"], raw["current"])
        flows = np.abs(own) > 0.5 * np.abs(own).max()
        factor = float(np.median(np.abs(wanted[flows] / own[flows])))
        return factor * own, [f"{text}, which makes an area of {1 / factor:.4g} m^2"]

    def _given(self, current: Current) -> float:
        if current.unit != units.C_RATE:
            return current.value
        if self.size is None:
            raise self._needs_size(f"current is {current}")
        return current.value * self.size.one_c

    def _needs_size(self, why: str) -> ConfigError:
        text = f"{why}, and without a model 1C has no value"
        return self.table.fail(0, f"{text}; give it in A/m^2, or area for a current in A")

    def capacity(self, column: Column, values: Array) -> Array:
        """(n,) charge [A h/m^2] of a column."""
        return self._factor(column) * _si(column, values)

    def _factor(self, column: Column) -> float:
        """Value per area of a value in the column's unit; raises ConfigError."""
        choice, si = self.choice, column.si
        if si in ("A/m^2", "A h/m^2"):
            return 1.0
        written = f"{column.quantity} in {column.header} is in {column.unit or si}"
        line = self.table.header_line
        if si in ("A", "A h"):
            if choice.cell_area is None:
                cure = "write area: 1.13 cm^2, or mass and mass_loading"
                text = f"{written}, of the whole cell; its area is not given: {cure}"
                raise self.table.fail(line, text)
            return 1 / choice.cell_area
        if si in ("A/kg", "A h/kg"):
            if choice.mass_loading is None:
                text = f"{written}, per mass; write mass_loading: 10 mg/cm^2 of active material"
                raise self.table.fail(line, text)
            return choice.mass_loading
        if si == units.C_RATE:
            if self.size is None:
                raise self._needs_size(written)
            return self.size.one_c
        whole = choice.full_capacity
        if whole is None or (whole == "model" and self.size is None):
            text = f"{column.header} counts in parts of a capacity that is not given"
            cure = "write full_capacity: 20 A h/m^2, or full_capacity: model"
            raise self.table.fail(line, f"{text}; {cure}")
        if whole == "model":
            assert self.size is not None
            return self.size.capacity
        return float(whole)
