"""A phase-evolution diagram as CSV files: the map, the half cycles, the thresholds."""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from electrode_model.analysis.evolution import Diagram

__all__ = ["write"]

_NAMES = {True: "delithiation", False: "lithiation"}


def write(found: Diagram, folder: Path) -> list[Path]:
    """Write map.csv, half_cycles.csv and thresholds.csv into a folder; their paths.

    Rates are C-rates, everything else is fractions; an empty cell is a number that there is not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    points, cycles, limits = list[Sequence[object]](), list[Sequence[object]](), []
    for (label, delithiation), tracks in found.tracks.items():
        direction = _NAMES[delithiation]
        for rate, track in zip(found.rates, tracks, strict=True):
            head = (label, direction, f"{rate:g}")
            columns = (track.mean, track.ratio, track.deviation, *track.positions.T)
            points += [(*head, *map(_cell, row)) for row in zip(*columns, strict=True)]
            deviation = track.deviation.max() if track.deviation.size else math.nan
            at = track.mean[int(np.argmax(track.ratio))] if track.peak > 0 else math.nan
            numbers = (track.peak, at, *track.window, deviation)
            cycles.append((*head, *map(_cell, numbers), track.reason))
    for (label, delithiation), limit in found.thresholds.items():
        rates = map(_cell, (limit.rate, limit.low, limit.high))
        limits.append((label, _NAMES[delithiation], *rates, limit.runs, limit.reason))
    first = ("variant", "direction")
    return [
        _table(
            folder / "map.csv",
            (*first, "rate [C]", "mean filling", "P2/H", "s.d.", "first peak", "second peak"),
            points,
        ),
        _table(
            folder / "half_cycles.csv",
            (
                *first,
                "rate [C]",
                "largest P2/H",
                "at mean filling",
                "split from",
                "split to",
                "largest s.d.",
                "why incomplete",
            ),
            cycles,
        ),
        _table(
            folder / "thresholds.csv",
            (*first, "threshold [C]", "not split at [C]", "split at [C]", "runs", "why none"),
            limits,
        ),
    ]


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.5g}"


def _table(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
    return path
