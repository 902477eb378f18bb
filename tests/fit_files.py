"""Files of measured curves for the tests of fits, written from one cell that all know."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from electrode_model.fit.data import DataSet, Size, read_data
from electrode_model.fit.data_config import DataChoice

CAPACITY = 20.0  # A h/m^2, of the cell and of the model
SIZE = Size(capacity=CAPACITY, one_c=CAPACITY)
AREA = 1e-4  # m^2: 1C is 2 mA


def open_circuit(state):
    """A sloping voltage [V] with steep ends; ``state`` 0 charged, 1 discharged."""
    return 4.0 - 0.8 * state + 0.02 * (np.exp(-state / 0.02) - np.exp((state - 1) / 0.02))


def piece(rate, start, seconds, rows=40):
    """Time from 0, voltage and current [A] at a C-rate, 0 for a rest; and the state at the end."""
    time = np.linspace(0, seconds, rows)
    state = start + rate * time / 3600
    relaxing = 0.05 * np.exp(-time / 600) if rate == 0 else 0.0
    return time, open_circuit(state) - 0.1 * rate + relaxing, np.full(rows, rate * 2e-3), state[-1]


def measured(*parts, start=0.02):
    """(n,) time [s], voltage [V], current [A] of parts (rate, seconds), discharge positive."""
    columns = ([], [], [])
    state, now = start, 0.0
    for rate, seconds in parts:
        time, voltage, current, state = piece(rate, state, seconds)
        for column, values in zip(columns, (now + time, voltage, current), strict=True):
            column.append(values)
        now += seconds
    return tuple(np.concatenate(column) for column in columns)


DISCHARGE = measured((1.0, 3400))


def lines_of(columns, mark=",", form="{:.6g}"):
    """Rows of a table as text."""
    return [mark.join(form.format(v) for v in row) for row in zip(*columns, strict=True)]


def write(folder: Path, header: str, rows: Sequence[str], name: str = "cell.csv", **how) -> Path:
    """A file of a line of names and rows."""
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n", **{"encoding": "utf-8", **how})
    return path


def read(path: Path, size: Size | None = SIZE, **choice) -> tuple[DataSet, ...]:
    """The data sets of a file, of a cell of ``AREA`` unless said."""
    choice = {"area": AREA, **choice} if "area" not in choice else choice
    return read_data(DataChoice.model_validate({"file": path.name, **choice}), path.parent, size)


def one(path: Path, size: Size | None = SIZE, **choice) -> DataSet:
    """The only data set of a file."""
    (found,) = read(path, size, **choice)
    return found
