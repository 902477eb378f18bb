"""Tables of cyclers from files: text with any separator, BioLogic's exports, Neware's binaries.

A table is text still, so that a cell that is no number can be told by its line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.problems import ConfigError, Problem, nearest
from electrode_model.fit.bpx_data import read_tests
from electrode_model.fit.columns import Column, is_unit

__all__ = ["Table", "numbers", "read_bpx", "read_table"]

MOST_BYTES = 200_000_000
_NEWARE = (".nda", ".ndax")
_OTHERS = {
    **dict.fromkeys((".mpr",), "export it from EC-Lab as text (.mpt)"),
    **dict.fromkeys((".res", ".mdb"), "export it from the cycler's program as CSV"),
    **dict.fromkeys((".mat", ".xls", ".xlsx", ".ods"), "save the sheet or the arrays as CSV"),
    **dict.fromkeys((".parquet", ".feather", ".h5", ".hdf5", ".pkl"), "save the table as CSV"),
    **dict.fromkeys((".zip", ".gz"), "unpack it first"),
}
_MISSING = frozenset(["", "nan", "na", "n/a", "null", "none", "-", "--", "nan.", "#n/a"])
_COMMA = re.compile(r"\s*[-+]?\d+,\d+([eE][-+]?\d+)?\s*")
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*")
_CLOCK = re.compile(r"\s*(?:(\d+)[-\s])?(\d+):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?\s*")
_SEPARATORS = ("\t", ";", ",", "|")

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Table:
    """Cells of a file by row, with the line of the file that each row stands in."""

    file: str
    headers: tuple[str, ...]
    header_line: int
    lines: Sequence[int]
    rows: Sequence[Sequence[str]] = ()
    decimal_comma: bool = False
    arrays: tuple[Array, ...] = ()  # columns of a binary file, in place of rows
    notes: tuple[str, ...] = ()
    unit_of_line: str = field(default="line")  # "record" in a binary file, "value" in BPX

    def fail(self, line: int, message: str) -> "ConfigError":
        """The error to raise for a line; 0 for the whole file."""
        return ConfigError([Problem(self.file, line, "", message)])

    def between(self, first: int, last: int) -> "Table":
        """The rows from one line of the file to another, both included."""
        keep = [k for k, line in enumerate(self.lines) if first <= line <= last]
        if not keep:
            span = f"{self.lines[0]} to {self.lines[-1]}" if self.lines else "none"
            text = f"has no rows in the lines {first} to {last}; its rows are in lines {span}"
            raise self.fail(0, f"{text}; change 'lines'")
        return Table(
            self.file,
            self.headers,
            self.header_line,
            [self.lines[k] for k in keep],
            [self.rows[k] for k in keep] if self.rows else (),
            self.decimal_comma,
            tuple(array[keep] for array in self.arrays),
            self.notes,
            self.unit_of_line,
        )


def read_table(path: str | Path) -> Table:
    """The table of a file; raises ConfigError with a cure for a file that holds none."""
    path = Path(path)
    suffix = path.suffix.lower()
    _check_file(path)
    if suffix in _NEWARE:
        return _neware(path)
    if suffix in _OTHERS:
        raise _error(path, 0, f"is a {suffix} file, which is not read; {_OTHERS[suffix]}")
    text, notes = _text(path)
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise _error(path, 1, "is empty; a line of column names and rows of numbers are needed")
    if re.match(r"(EC|BT)-Lab ASCII FILE", lines[0]):
        return _biologic(path, lines, notes)
    return _plain(path, lines, notes)


def read_bpx(path: str | Path) -> tuple[dict[str, Table], float | None]:
    """The tests in a BPX file by name, and the area of its cell [m^2] where it is said.

    Lines of these tables are values of the lists, counted from 1.  Raises ConfigError.
    """
    path = Path(path)
    _check_file(path)
    text, notes = _text(path)
    tests, area = read_tests(path, text)
    found = {}
    for name, columns in tests.items():
        arrays = tuple(values for _, values in columns.values())
        found[name] = Table(
            file=f"{path}[{name}]",
            headers=tuple(columns),
            header_line=0,
            lines=range(1, arrays[0].size + 1),
            arrays=arrays,
            notes=(*notes, f"test {name!r} of a BPX file; its lines are values, counted from 1"),
            unit_of_line="value",
        )
    return found, area


def numbers(table: Table, column: Column) -> Array:
    """(n,) numbers of a column as they are written; NaN where a cell is missing.

    Raises ConfigError with each line whose cell is no number.
    """
    if table.arrays:
        return table.arrays[column.place]
    cells = [row[column.place] if column.place < len(row) else "" for row in table.rows]
    if column.clock or (column.quantity == "time" and any(":" in cell for cell in cells[:3])):
        return _clock(table, column, cells)
    if table.decimal_comma:
        cells = [cell.replace(",", ".") for cell in cells]
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError:
        values, problems = [], []
        for line, cell in zip(table.lines, cells, strict=True):
            try:
                missing = cell.strip().strip('"').lower() in _MISSING
                values.append(float("nan") if missing else float(cell))
            except ValueError:
                problems.append(Problem(table.file, line, "", _no_number(column, cell)))
        if problems:
            raise ConfigError(problems) from None
        return np.array(values)


def _no_number(column: Column, cell: str) -> str:
    text = f"has {cell.strip()!r} as {column.quantity} ({column.header}); a number is needed"
    if _COMMA.fullmatch(cell):
        return f"{text}, with a point as decimal mark here as in the other lines"
    return f"{text}; leave the cell empty for a missing value, or remove the line"


def _clock(table: Table, column: Column, cells: Sequence[str]) -> Array:
    """Times such as ``1:30:00.5`` or ``2-01:30:00`` [days-h:min:s] in seconds."""
    seconds, problems = [], []
    for line, cell in zip(table.lines, cells, strict=True):
        match = _CLOCK.fullmatch(cell.replace(",", "."))
        if match is None:
            text = f"has {cell.strip()!r} as {column.quantity} ({column.header}); a time such as"
            problems.append(Problem(table.file, line, "", f"{text} 1:30:00 is needed"))
            continue
        days, hours, minutes, rest = (float(part or 0) for part in match.groups())
        seconds.append(((days * 24 + hours) * 60 + minutes) * 60 + rest)
    if problems:
        raise ConfigError(problems)
    return np.array(seconds)


def _error(path: Path, line: int, message: str) -> ConfigError:
    return ConfigError([Problem(str(path), line, "", message)])


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        near = None
        if path.parent.is_dir():
            near = nearest(path.name, [p.name for p in path.parent.iterdir()])
        hint = f"; did you mean {path.parent / near}?" if near else ""
        raise _error(path, 0, f"there is no such file{hint}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _error(path, 0, f"cannot be read: {reason}") from None
    if not path.is_file():
        raise _error(path, 0, "is no file; name the table itself")
    if status.st_size == 0:
        raise _error(path, 1, "is empty; a line of column names and rows of numbers are needed")
    if status.st_size > MOST_BYTES:
        size = f"{status.st_size / 1e6:.0f} MB"
        raise _error(path, 0, f"is too large ({size}); at most {MOST_BYTES / 1e6:g} MB are read")


def _text(path: Path) -> tuple[str, tuple[str, ...]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _error(path, 0, f"cannot be read: {error.strerror}") from None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace"), ()
    if b"\0" in raw:
        kinds = "CSV or text, BioLogic .mpt, Neware .nda and .ndax"
        raise _error(path, 0, f"is a binary file of an unknown sort; read are {kinds}")
    try:
        return raw.decode("utf-8-sig"), ()
    except UnicodeDecodeError:  # cyclers' programs on Windows write their degree signs so
        return raw.decode("cp1252", errors="replace"), ("read as Windows-1252, it is no UTF-8",)


def _biologic(path: Path, lines: list[str], notes: tuple[str, ...]) -> Table:
    """EC-Lab's or BT-Lab's text: as many lines of settings as its second line says, then tabs."""
    count = re.match(r"Nb header lines\s*:\s*(\d+)", lines[1]) if len(lines) > 1 else None
    if count is None:
        text = "begins as a BioLogic export, but has no 'Nb header lines'; export it anew"
        raise _error(path, 2, text)
    at = int(count[1])  # the header is the last of the lines counted
    if at < 2 or at >= len(lines):
        message = f"says {at} header lines and has {len(lines)} lines in all: no data; export anew"
        raise _error(path, 2, message)
    kind = "BioLogic text export"
    return _rows(path, lines, at - 1, "\t", (*notes, kind))


def _plain(path: Path, lines: list[str], notes: tuple[str, ...]) -> Table:
    """A table with any separator, perhaps after lines of remarks."""
    at, separator = _header(lines)
    if at is None:
        return _unnamed(path, lines, notes)
    names = _names_above(lines, at, separator)
    skipped = [line for line in lines[: at if names is None else names] if line.strip()]
    if skipped:
        notes = (*notes, f"{len(skipped)} lines before the column names skipped")
    if names is not None:
        pairs = zip(_cells(lines[names], separator), _cells(lines[at], separator), strict=True)
        lines[at] = separator.join(f"{name} [{unit}]" if unit else name for name, unit in pairs)
    return _rows(path, lines, at, separator, notes)


def _names_above(lines: list[str], at: int, separator: str) -> int | None:
    """The line of names above a line of units alone; None where the line at ``at`` has names."""
    cells = _cells(lines[at], separator)
    above = next((k for k in range(at - 1, -1, -1) if lines[k].strip()), None)
    if above is None or not all(is_unit(cell) for cell in cells if cell):
        return None
    return above if len(_cells(lines[above], separator)) == len(cells) else None


def _unnamed(path: Path, lines: list[str], notes: tuple[str, ...]) -> Table:
    """A table that begins with numbers; its columns can be named by number only."""
    first = next(
        (k for k, line in enumerate(lines) if line.strip() and not _remark(line)), len(lines)
    )
    separator = _separator(lines[first]) if first < len(lines) else ","
    cells = _cells(lines[first], separator) if first < len(lines) else []
    if len(cells) < 2 or not all(map(_NUMBER.fullmatch, cells)):
        text = "has no line of column names with rows of numbers below it"
        raise _error(path, first + 1 if first < len(lines) else 1, f"{text}; export it as CSV")
    names = [f"column{k}" for k in range(1, len(cells) + 1)]
    text = "no column names: name columns by number, such as columns: {time: 1, voltage: 2}"
    body = [f"{separator}".join(names), *lines[first:]]
    return _rows(path, body, 0, separator, (*notes, text), before=first - 1)


def _header(lines: list[str]) -> tuple[int | None, str]:
    """Where the column names stand: the line of names right above the first row of numbers."""
    previous: int | None = None
    for k, line in enumerate(lines[:500]):
        if not line.strip() or _remark(line):
            continue
        separator = _separator(line)
        cells = _cells(line, separator)
        filled = [c for c in cells if c.strip()]
        if len(filled) >= 2 and sum(map(_is_value, filled)) >= max(2, 0.5 * len(filled)):
            if previous is None:
                return None, separator
            above = _separator(lines[previous])
            return previous, above if above != " " else separator
        previous = k
    if previous is not None:  # names and no numbers: an empty table, said later
        named = next(k for k, line in enumerate(lines) if line.strip() and not _remark(line))
        return named, _separator(lines[named])
    return None, ","


def _remark(line: str) -> bool:
    return line.lstrip()[:1] in ("#", "%")


def _is_value(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell) or _CLOCK.fullmatch(cell))


def _separator(line: str) -> str:
    return next((mark for mark in _SEPARATORS if mark in line), " ")


def _cells(line: str, separator: str) -> list[str]:
    cells = line.split() if separator == " " else line.split(separator)
    return [cell.strip().strip('"').strip() for cell in cells]


def _rows(
    path: Path, lines: list[str], at: int, separator: str, notes: tuple[str, ...], before: int = 0
) -> Table:
    """The rows below the line of names ``at``; ``before`` lines of the file are left out."""
    headers = _cells(lines[at], separator)
    while headers and not headers[-1]:
        headers.pop()
    places, rows = [], []
    for k, line in enumerate(lines[at + 1 :], start=at + 1):
        if line.strip() and not _remark(line):
            places.append(k + 1 + before)
            quoted = separator == " " or '"' in line
            rows.append(_cells(line, separator) if quoted else line.split(separator))
    if not rows:
        message = f"has the columns {', '.join(headers)} and no rows; it is empty, export it anew"
        raise _error(path, at + 1 + before, message)
    _check_widths(path, headers, places, rows, separator)
    comma = separator != "," and any(_COMMA.fullmatch(c) for row in rows[:50] for c in row)
    said = ("decimal commas",) if comma else ()
    return Table(
        str(path), tuple(headers), at + 1 + before, places, rows, comma, notes=(*notes, *said)
    )


def _check_widths(
    path: Path, headers: list[str], places: list[int], rows: list[list[str]], separator: str
) -> None:
    """Refuse rows with more cells than there are names."""
    wide = next((k for k, row in enumerate(rows) if len(row) > len(headers)), None)
    if wide is None or not "".join(rows[wide][len(headers) :]).strip():
        return
    text = f"has {len(rows[wide])} cells, but there are {len(headers)} columns"
    if separator == "," and len(rows[wide]) <= 2 * len(headers):
        text += "; a comma as decimal point in a table separated by commas cannot be read: export"
        raise _error(
            path, places[wide], f"{text} it with decimal points, or separated by ; or tabs"
        )
    raise _error(path, places[wide], f"{text}; every row needs one cell for each column")


def _neware(path: Path) -> Table:
    """Neware's binary file, by fastnda (BSD-3-Clause, Empa): charging current positive."""
    try:
        import fastnda
    except ImportError:
        cure = "pip install 'electrode-model[cyclers]', or export the test as CSV from BTSDA"
        message = f"is a Neware file, which needs the package fastnda; {cure}"
        raise _error(path, 0, message) from None
    wanted = {
        "total_time_s": "Test Time / s",
        "voltage_V": "Voltage / V",
        "current_mA": "Current / mA",
    }
    try:
        frame = fastnda.read(path)
        missing = [name for name in wanted if name not in frame.columns]
        arrays = [] if missing else [frame[n].to_numpy().astype(np.float64) for n in wanted]
    except Exception as error:  # a damaged file makes the library, zlib or polars raise anything
        told = " ".join(str(error).split())[:200] or type(error).__name__
        cure = "export the test as CSV from BTSDA"
        raise _error(path, 0, f"cannot be read by fastnda: {told}; {cure}") from None
    if missing or not len(arrays[0]):
        what = f"has no {', '.join(missing)}" if missing else "is empty: it has no records"
        raise _error(path, 0, f"{what}; export the test as CSV from BTSDA")
    return Table(
        str(path),
        tuple(wanted.values()),
        0,
        range(1, len(arrays[0]) + 1),
        arrays=tuple(arrays),
        notes=("Neware file, by fastnda",),
        unit_of_line="record",
    )
