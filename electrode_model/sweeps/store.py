"""The folder of a sweep.

    sweep.json           what was swept: name, columns, number of cases, versions
    table.csv            a row for each case; while it runs, in the order in which they end
    table.parquet        the same at the end, where pyarrow is installed
    cases/<key>.json     the row of a case that has ended
    cases/<key>.csv      its voltage curve, about 300 points
    cases/<key>.begun    a line for each time that it was begun
    results/<key>/       its whole result, if it is kept
    figures/             PNG figures

Cases write their own files, whatever machine they are on; the rows are the truth, from which the
table can be made at any time.
"""

import csv
import fcntl
import os
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.results.storage import PROGRAM, FolderError, read_json, write_json
from electrode_model.sweeps.measures import CURVE

__all__ = [
    "ABOUT",
    "TABLE",
    "CaseFiles",
    "TableFile",
    "claimed",
    "read_about",
    "read_table",
    "write_parquet",
    "write_table",
]

ABOUT, TABLE, PARQUET, LOCK = "sweep.json", "table.csv", "table.parquet", "sweep.lock"
_BATCH = 1000  # rows


class CaseFiles:
    """The files of one case."""

    def __init__(self, folder: Path, key: str) -> None:
        """``folder`` of the sweep, ``key`` of the case; nothing is made."""
        self.row = folder / "cases" / f"{key}.json"
        self.curve = folder / "cases" / f"{key}.csv"
        self.begun = folder / "cases" / f"{key}.begun"
        self.result = folder / "results" / key

    def read(self) -> dict[str, Any] | None:
        """The row of a case that has ended; None of any other."""
        try:
            return read_json(self.row)
        except (OSError, ValueError):
            return None

    def begin(self) -> int:
        """Note that the case begins here and now; how often it did."""
        with self.begun.open("a", encoding="utf-8") as file:
            file.write(f"{socket.gethostname()} {os.getpid()}\n")
        return self.attempts()

    def attempts(self) -> int:
        """How often the case was begun since it last ended."""
        try:
            return self.begun.read_text(encoding="utf-8").count("\n")
        except OSError:
            return 0

    def end(self, row: dict[str, Any], curve: np.ndarray | None) -> None:
        """Keep what came out; the row last, because it says that all is there."""
        if curve is not None:
            with self.curve.open("w", encoding="utf-8") as file:
                np.savetxt(file, curve, "%.7g", ",", header=",".join(CURVE), comments="")
        write_json(self.row, row)
        self.begun.unlink(missing_ok=True)


@contextmanager
def claimed(folder: Path, about: dict[str, Any]) -> Iterator[None]:
    """Make the folder, or go on in that of a sweep; raises FolderError if it is another's."""
    try:
        if folder.is_dir() and any(folder.iterdir()):
            read_about(folder)
        (folder / "cases").mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        raise FolderError(f"{folder} cannot be made: {error.strerror or error}") from error
    with lock:
        try:  # released by the system, also where this process is killed
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            text = f"another sweep is writing into {folder}; wait for it, or choose another folder"
            raise FolderError(text) from None
        write_json(folder / ABOUT, {"program": PROGRAM, "kind": "sweep", **about})
        yield


def read_about(folder: Path) -> dict[str, Any]:
    """What a sweep's folder says of itself; raises FolderError."""
    try:
        about = read_json(folder / ABOUT)
        if about.get("program") != PROGRAM or about.get("kind") != "sweep":
            raise ValueError(f"{ABOUT} is not of this program")
    except FileNotFoundError:
        text = f"{folder} holds no sweep (it has no {ABOUT}); choose another folder"
        raise FolderError(text) from None
    except (OSError, ValueError) as error:
        raise FolderError(f"{folder} holds no readable sweep: {error}") from error
    return about


class TableFile:
    """A CSV file of rows, which grows."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Begin the file with its header."""
        self._path, self._columns = path, columns
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(columns)

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Add rows; nothing stays in memory."""
        with self._path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([row.get(c) for c in self._columns] for row in rows)


def write_table(folder: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Replace the table in one go."""
    part = folder / f"{TABLE}.part"
    TableFile(part, columns).append(rows)
    os.replace(part, folder / TABLE)


def read_table(folder: Path, texts: Sequence[str]) -> dict[str, np.ndarray]:
    """Columns of the table: ``texts`` as they are, all others as numbers, nan where empty."""
    try:
        with (folder / TABLE).open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            rows = [row for row in reader if len(row) == len(header)]
    except OSError as error:
        raise FolderError(f"{folder} holds no readable sweep: {error}") from error
    columns = dict(zip(header, zip(*rows, strict=True), strict=True)) if rows else {}
    table = {}
    for name in header:
        cells = columns.get(name, ())
        if name in texts:
            table[name] = np.array(cells, dtype=object)
        else:
            numbers = np.array([float(cell or "nan") for cell in cells])
            table[name] = numbers.astype(int) if name == "Case" else numbers
    return table


def write_parquet(folder: Path, columns: Sequence[str], texts: Sequence[str], rows: Any) -> bool:
    """Write the rows, a thousand at a time, where pyarrow is installed; whether it is."""
    if find_spec("pyarrow") is None:
        (folder / PARQUET).unlink(missing_ok=True)  # of an earlier run, and older than the rows
        return False
    pyarrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    sort = {name: pyarrow.string() if name in texts else pyarrow.float64() for name in columns}
    schema = pyarrow.schema(sort.items())
    part, rows = folder / f"{PARQUET}.part", iter(rows)
    with parquet.ParquetWriter(part, schema) as writer:
        while batch := list(islice(rows, _BATCH)):
            arrays = {
                name: [None if (value := row.get(name)) is None else _typed(value, name in texts)
                       for row in batch]
                for name in columns
            }  # fmt: skip
            writer.write_table(pyarrow.table(arrays, schema))
    os.replace(part, folder / PARQUET)
    return True


def _typed(value: Any, text: bool) -> str | float:
    return str(value) if text else float(value)
