"""A picture asked for by name, with its numbers beside it."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.plots.figure import STYLE
from electrode_model.results.storage import FolderError

__all__ = ["FORMATS", "picture_problem", "save"]

FORMATS = (".png", ".pdf", ".svg")


def picture_problem(path: Path) -> str | None:
    """Why a picture cannot have this name; None if it can."""
    if path.suffix.lower() not in FORMATS:
        return f"the picture {path} must end in one of {', '.join(FORMATS)}"
    if path.is_dir():
        return f"{path} is a folder; name a file in it, such as {path / 'picture.png'}"
    return None


def save(path: Path, make: Callable[[], Figure], columns: Mapping[str, np.ndarray]) -> list[Path]:
    """Write a picture and, beside it, ``columns`` of equal length as CSV; both paths.

    Raises :class:`~electrode_model.results.storage.FolderError` if that is not possible.
    """
    table = path.with_suffix(".csv")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*(c.tolist() for c in columns.values()), strict=True))
        with matplotlib.rc_context(STYLE):
            make().savefig(path)
    except OSError as error:
        raise FolderError(f"{path} cannot be written: {error}") from error
    return [path, table]
