"""Figures of a sweep: voltage curves in small multiples, and a measure over two axes."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.plots.figure import COLOURS, INK, PALE, STYLE
from electrode_model.sweeps.table import SweepTable

__all__ = ["draw", "heat_map", "voltages"]

_PANELS, _LINES, _TICKS = 12, 10, 12  # at most
_COLUMNS = 4
_MAP = "viridis"
_CAPACITY, _VOLTAGE = "Discharge capacity [A.h.m-2]", "Voltage [V]"


def draw(
    table: SweepTable, folder: Path, value: str, over: tuple[str, str] | None = None
) -> list[Path]:
    """Draw what can be drawn of a sweep into a folder; the files.

    ``value`` is a column of numbers, ``over`` are the paths of two axes (None: the first two).
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    with matplotlib.rc_context(STYLE):
        for name, figure in (("voltages", voltages(table)), ("map", heat_map(table, value, over))):
            if figure is not None:
                paths.append(folder / f"{name}.png")
                figure.savefig(paths[-1])
    return paths


def voltages(table: SweepTable) -> Figure | None:
    """Voltage against capacity: a panel for each value of the first axis, lines for the second.

    Of further axes the first values are shown; of cases that are no grid, and of a single axis,
    each panel is a case before all others.  None if there is no curve.
    """
    axes, grid = _varied(table), _is_grid(table)
    if len(axes) > 1 and grid:
        shown = _first_of_others(table, axes[2:])
        groups = [(_said(axes[0], kind), rows) for kind, rows in _by_value(table, axes[0], shown)]
        lines = [(_text(kind), rows) for kind, rows in _by_value(table, axes[1], shown)]
    else:
        rows = _picked(range(len(table)), _PANELS)
        groups = [(_case_title(table, axes, row), [row]) for row in rows]
        lines = []
    groups = _picked(groups, _PANELS)
    lines = _picked(lines, _LINES)
    of_line = {row: k for k, (_, rows) in enumerate(lines) for row in rows}
    behind = [] if lines else [row for _, rows in groups for row in rows]
    drawn = {row for _, rows in groups for row in rows if not lines or row in of_line}
    curves = {row: curve for row in drawn if (curve := table.curve(row)) is not None}
    if not any(curve[_VOLTAGE].size for curve in curves.values()):
        return None
    columns = min(_COLUMNS, len(groups))
    count = math.ceil(len(groups) / columns)
    size = (1.6 + 2.3 * max(columns, 2), 1.3 + 1.9 * count)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(count, columns, squeeze=False, sharex=True, sharey=True)
    colours = matplotlib.colormaps[_MAP](np.linspace(0, 0.88, max(len(lines), 1)))
    for ax, (title, rows) in zip(panels.flat, groups, strict=False):
        ax.set_title(title)
        for row in behind:
            if row in curves:
                _plot(ax, curves[row], color="#dddddd", linewidth=1.0)
        for row in rows:
            if row in curves:
                colour = colours[of_line[row]] if lines else COLOURS["discharge"]
                _plot(ax, curves[row], color=colour)
        for row in set(rows) - curves.keys():
            if not lines or row in of_line:
                ax.plot([], [])  # keeps the panel of a case without a curve
    for ax in panels.flat[len(groups) :]:
        ax.set_visible(False)
    for place, ax in enumerate(panels.flat[: len(groups)]):
        if place + columns >= len(groups):  # the lowest of its column
            ax.tick_params(labelbottom=True)
            ax.set_xlabel("discharged / A h m$^{-2}$")
    for ax in panels[:, 0]:
        ax.set_ylabel("voltage / V")
    if lines:
        handles = [
            matplotlib.lines.Line2D([], [], color=colour, label=label)
            for colour, (label, _) in zip(colours, lines, strict=True)
        ]
        figure.legend(handles=handles, title=_label(axes[1]), loc="outside right upper")
    about = _about(table)
    if len(axes) > 1 and grid:
        about += [_said(name, table[name][0]) for name in axes[2:]]
    _head(figure, "Voltage of the cases", about)
    return figure


def heat_map(table: SweepTable, value: str, over: tuple[str, str] | None = None) -> Figure | None:
    """A column over two axes: cells of a grid, the median over further axes, or points.

    Crosses mark cases that did not finish as planned.  None if there are no two axes or no value.
    """
    axes = _varied(table)
    if over is not None:
        axes = [name for path in over for name in table.axes if name.partition(" [")[0] == path]
    values = table[value]
    if len(axes) < 2 or not np.isfinite(values).any():
        return None
    x, y = axes[:2]
    troubled = table["Status"] != "finished"
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    ax = figure.subplots()
    if _is_grid(table):
        shown = _cells(ax, table, (x, y), values, troubled)
        note = "median over the other axes" if len(_varied(table)) > 2 else ""
    else:
        (at_x, at_y), note = (
            (_places(ax, table, name, way) for name, way in ((x, "x"), (y, "y"))),
            "",
        )
        ax.scatter(at_x[troubled], at_y[troubled], marker="x", color=PALE, s=22, linewidth=1)
        good = np.isfinite(values)
        shown = ax.scatter(at_x[good], at_y[good], c=values[good], cmap=_MAP, s=30, zorder=3)
    ax.set(xlabel=_label(x), ylabel=_label(y))
    figure.colorbar(shown, ax=ax, label=_label(value), pad=0.02)
    if troubled.any():
        note = "  ·  ".join(filter(None, [note, "×: not finished as planned"]))
    _head(figure, _label(value, unit=False), [*_about(table), note])
    return figure


def _cells(
    ax: Any, table: SweepTable, names: tuple[str, str], values: np.ndarray, troubled: np.ndarray
) -> Any:
    """Cells by the places of the values of two axes."""
    (kinds_x, at_x), (kinds_y, at_y) = (_kinds(table[name]) for name in names)
    cells = np.full((len(kinds_y), len(kinds_x)), np.nan)
    for row, column in np.ndindex(cells.shape):
        here = (at_y == row) & (at_x == column)
        if np.isfinite(values[here]).any():
            cells[row, column] = np.nanmedian(values[here])
        if troubled[here].any():
            ax.text(column, row, "×", ha="center", va="center", color="white", size=9)
    ax.set_facecolor("#bbbbbb")  # no value
    shown = ax.imshow(cells, origin="lower", aspect="auto", cmap=_MAP, interpolation="nearest")
    for axis, kinds in ((ax.xaxis, kinds_x), (ax.yaxis, kinds_y)):
        places = _picked(range(len(kinds)), _TICKS)
        axis.set_ticks(places, [_text(kinds[place]) for place in places])
    ax.grid(False)
    return shown


def _places(ax: Any, table: SweepTable, name: str, way: str) -> np.ndarray:
    """Where the points are along an axis: numbers, or the places of texts."""
    if name not in table.texts:
        return table[name]
    kinds, places = _kinds(table[name])
    getattr(ax, f"set_{way}ticks")(range(len(kinds)), [_text(kind) for kind in kinds])
    return places


def _plot(ax: Any, curve: dict[str, np.ndarray], **style: Any) -> None:
    ax.plot(curve[_CAPACITY], curve[_VOLTAGE], **{"linewidth": 1.4, **style})


def _kinds(column: np.ndarray) -> tuple[list[Any], np.ndarray]:
    """Different values, numbers in their order and texts in that of the table; place of each."""
    # an empty cell of a table of cases: nan, or an empty text
    items = ["as base" if item in ("", None) or item != item else item for item in column.tolist()]
    different = dict.fromkeys(items)
    texts = any(isinstance(item, str) for item in different)
    kinds = list(different) if texts else sorted(different)
    where = {kind: place for place, kind in enumerate(kinds)}
    return kinds, np.array([where[item] for item in items], dtype=int)


def _varied(table: SweepTable) -> list[str]:
    """Axes with more than one value."""
    return [name for name in table.axes if len(_kinds(table[name])[0]) > 1]


def _is_grid(table: SweepTable) -> bool:
    """Whether every value of every axis meets every other, as far as cases have ended."""
    counts = [len(_kinds(table[name])[0]) for name in table.axes]
    rows = set(zip(*(table[name].tolist() for name in table.axes), strict=True))
    return len(rows) == len(table) > 0.5 * math.prod(counts)


def _first_of_others(table: SweepTable, names: Sequence[str]) -> np.ndarray:
    """Rows with the first value of each of these axes."""
    shown = np.ones(len(table), dtype=bool)
    for name in names:
        shown &= table[name] == table[name][0]
    return shown


def _by_value(table: SweepTable, name: str, shown: np.ndarray) -> list[tuple[Any, list[int]]]:
    """Rows by the value of an axis."""
    kinds, places = _kinds(table[name])
    return [
        (kind, np.flatnonzero((places == place) & shown).tolist())
        for place, kind in enumerate(kinds)
    ]


def _case_title(table: SweepTable, axes: Sequence[str], row: int) -> str:
    if len(axes) == 1:
        return _said(axes[0], table[axes[0]][row])
    return f"case {table['Case'][row]}"


def _picked(items: Sequence[Any], most: int) -> list[Any]:
    """At most so many, evenly, with both ends."""
    if len(items) <= most:
        return list(items)
    return [items[round(k * (len(items) - 1) / (most - 1))] for k in range(most)]


def _text(value: Any) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 24 else text[:23] + "…"


def _label(name: str, unit: bool = True) -> str:
    """Such as "size std / nm" of "positive.particles.size.std [nm]"."""
    path, _, of = name.partition(" [")
    words = path.replace("_", " ")
    if "." in path:
        parts = [part for part in path.split(".") if not part.isdecimal()]
        words = " ".join(parts[-2:]).replace("_", " ")
    of = of.removesuffix("]").replace(".", " ")
    return f"{words} / {of}" if of and unit else words


def _said(name: str, value: Any) -> str:
    """Such as "size std = 10 nm"."""
    words, _, unit = _label(name).partition(" / ")
    return f"{words} = {_text(value)} {unit}".rstrip()


def _about(table: SweepTable) -> list[str]:
    counts = table.counts()
    said = ", ".join(f"{number} {status}" for status, number in counts.items())
    return [table.name[:60].replace("$", r"\$"), f"{len(table)} cases: {said}"]


def _head(figure: Figure, title: str, about: Sequence[str]) -> None:
    """A bold title, under it in grey what was run."""
    figure.suptitle(title + "\n", x=0.012, ha="left", size=13, weight="bold", color=INK)
    y = 1 - 26 / 72 / figure.get_figheight()
    text = "  ·  ".join(filter(None, about))
    figure.text(0.012, y, text, ha="left", va="top", size=8.5, color=PALE)
