"""Composition histograms in a table: a CSV file with a line for each bin.

The columns are told in :mod:`electrode_model.fit.histograms`.  Lines of one rate, start and
direction make one half cycle; units stand in brackets behind a name, as in ``time [h]``.
"""

import csv
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from electrode_model.config.problems import ConfigError, Problem, nearest
from electrode_model.fit.histograms import Histograms

__all__ = ["read", "write"]

_COLUMNS = ("rate", "start", "mean", "time", "low", "high", "count", "density", "error")
_OTHER_NAMES = {
    "c-rate": "rate", "c_rate": "rate", "current": "rate", "start_filling": "start",
    "mean_filling": "mean", "filling": "mean", "bin_low": "low", "bin_high": "high",
    "counts": "count", "number": "count", "std": "error", "sigma": "error",
}  # fmt: skip
_HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0}


def read(
    path: str | Path, *, resolution: float = 0.0, stray: float = 1e-3
) -> tuple[Histograms, ...]:
    """The half cycles of a table, in the order of the file.

    ``resolution`` is the standard deviation of a measured filling, ``stray`` the share of counts
    that may lie anywhere.

    Raises
    ------
    ConfigError
        With file, line and column of each fault.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [
                (number, row)
                for number, row in enumerate(csv.reader(file), 1)
                if row and "".join(row).strip() and not row[0].lstrip().startswith("#")
            ]
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, 0, "", f"cannot be read: {error}") from None
    if len(lines) < 2:
        raise _wrong(path, 0, "", "holds no histogram; a header and a line for each bin are needed")
    columns, hours = _columns(path, *lines[0])
    rows = [(number, _numbers(path, number, row, columns)) for number, row in lines[1:]]
    groups: dict[tuple[float, float, bool], list[tuple[int, dict[str, float]]]] = {}
    for number, row in rows:
        if "time" in row:
            row["mean"] = row["start"] + row["rate"] * row["time"] * hours
        groups.setdefault((abs(row["rate"]), row["start"], row["mean"] >= row["start"]), []).append(
            (number, row)
        )
    return tuple(
        _half_cycle(path, *key[:2], found, key[2], resolution=resolution, stray=stray)
        for key, found in groups.items()
    )


def write(every: Iterable[Histograms], path: str | Path) -> Path:
    """A table that :func:`read` understands."""
    path = Path(path)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        every = tuple(every)
        counted = every[0].error is None
        last = ["count"] if counted else ["density", "error"]
        writer.writerow(["rate [C]", "start", "mean", "low", "high", *last])
        for one in every:
            if (one.error is None) != counted:
                raise ValueError("counts and densities do not go into one table")
            for k, mean in enumerate(one.means):
                for b, (low, high) in enumerate(zip(one.edges[:-1], one.edges[1:], strict=True)):
                    value = f"{one.values[k, b]:.8g}"
                    rest = [value] if one.error is None else [value, f"{one.error[k, b]:.8g}"]
                    where = (f"{x:.10g}" for x in (one.current, one.start, mean, low, high))
                    writer.writerow([*where, *rest])
    return path


def _wrong(path: Path, line: int, key: str, text: str) -> ConfigError:
    return ConfigError([Problem(str(path), line, key, text)])


def _columns(path: Path, line: int, header: list[str]) -> tuple[list[str], float]:
    """Name of each column, "" where it is not known, and the hours of a unit of time."""
    names, hours = [], _HOURS["s"]
    for cell in header:
        name, _, unit = cell.strip().lower().partition("[")
        name = name.strip().replace(" ", "_")
        name = _OTHER_NAMES.get(name, name)
        names.append(name if name in _COLUMNS else "")
        if name == "time" and unit:
            unit = unit.rstrip("] ")
            if unit not in _HOURS:
                raise _wrong(path, line, "time", f"is in {unit!r}; s, min and h are known")
            hours = _HOURS[unit]
    for needed in (("rate",), ("start",), ("mean", "time"), ("low",), ("high",)):
        if not set(needed) & set(names):
            close = nearest(needed[0], [cell.strip() for cell in header])
            hint = f"; did you mean {close!r} to be it?" if close else ""
            text = f"has no column {' or '.join(needed)}{hint}; known are {', '.join(_COLUMNS)}"
            raise _wrong(path, line, "", text)
    if "count" not in names and not {"density", "error"} <= set(names):
        raise _wrong(path, line, "", "needs a column count, or density and error")
    twice = [name for name in _COLUMNS if names.count(name) > 1]
    if twice:
        raise _wrong(path, line, twice[0], "is there twice")
    return names, hours


def _numbers(path: Path, line: int, row: list[str], columns: list[str]) -> dict[str, float]:
    if len(row) != len(columns):
        raise _wrong(path, line, "", f"has {len(row)} cells, the header {len(columns)}")
    found = {}
    for name, cell in zip(columns, row, strict=True):
        if name:
            try:
                found[name] = float(cell)
            except ValueError:
                hint = "; write a point, not a comma" if "," in cell else ""
                raise _wrong(path, line, name, f"is {cell!r}, not a number{hint}") from None
            if not math.isfinite(found[name]):
                raise _wrong(path, line, name, f"is {cell!r}; a finite number is needed")
    for name in ("start", "low", "high"):
        if not 0 <= found[name] <= 1:
            hint = "; write 0.85 for 85 %" if found[name] > 1 else ""
            text = f"is {found[name]:g}; filling fractions from 0 to 1 are needed{hint}"
            raise _wrong(path, line, name, text)
    if found["low"] >= found["high"]:
        raise _wrong(path, line, "low", f"is {found['low']:g}, not below high {found['high']:g}")
    if found["rate"] == 0:
        raise _wrong(path, line, "rate", "is 0; a histogram at rest tells nothing of j0")
    return found


def _half_cycle(
    path: Path,
    rate: float,
    start: float,
    rows: list[tuple[int, dict[str, float]]],
    rising: bool,
    **more: float,
) -> Histograms:
    line = rows[0][0]
    low = np.unique([row["low"] for _, row in rows])
    high = np.unique([row["high"] for _, row in rows])
    edges = np.union1d(low, high)
    if edges.size != low.size + 1 or not np.array_equal(edges[:-1], low):
        raise _wrong(path, line, "low", "and high of a half cycle must be the same bins, joined")
    means = np.unique([row["mean"] for _, row in rows])
    means = means if rising else means[::-1]
    values = np.full((means.size, low.size), np.nan)
    error = None if "count" in rows[0][1] else np.full(values.shape, np.nan)
    for number, row in rows:
        place = int(np.flatnonzero(means == row["mean"])[0]), int(np.searchsorted(low, row["low"]))
        if row["high"] != edges[place[1] + 1]:
            raise _wrong(path, number, "high", f"is {row['high']:g}; bins overlap")
        if not np.isnan(values[place]):
            raise _wrong(path, number, "mean", f"{row['mean']:g} has this bin already")
        if error is None:
            values[place] = row["count"]
        else:
            values[place], error[place] = row["density"], row["error"]
    if np.any(np.isnan(values)):
        k, b = np.argwhere(np.isnan(values))[0]
        text = f"of the histogram at a mean of {means[k]:g}: the bin at {low[b]:g} is missing"
        raise _wrong(path, line, "low", f"{text}; write a count of 0")
    name = f"{path.name}, {rate if rising else -rate:+g} C"
    try:
        return Histograms(rate, start, means, edges, values, error, name=name, **more)
    except ValueError as fault:
        raise _wrong(path, line, "", str(fault)) from None
