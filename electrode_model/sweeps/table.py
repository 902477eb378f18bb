"""The table of a sweep, as Python sees it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.problems import nearest
from electrode_model.results.storage import read_series
from electrode_model.sweeps.store import CaseFiles, read_about, read_table

__all__ = ["SweepTable"]


class SweepTable:
    """A row for each case, a column for each axis and measure: ``table["Final voltage [V]"]``.

    Columns are arrays (n,), numbers with nan where a case has none; "Status", "End reason",
    "Key" and axes that are no numbers are texts.  ``folder`` is where it is, ``axes`` are the
    names of the columns that were varied.
    """

    def __init__(self, folder: str | Path) -> None:
        """Open the table of a folder, also of a sweep that goes on; raises FolderError."""
        self.folder = Path(folder)
        about = read_about(self.folder)
        self.name: str = about["name"]
        self.axes: tuple[str, ...] = tuple(about["axes"])
        self.texts: tuple[str, ...] = tuple(about["texts"])
        self._columns: Mapping[str, np.ndarray] = read_table(self.folder, self.texts)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self["Case"])

    def names(self) -> list[str]:
        """Columns, in their order."""
        return list(self._columns)

    def __contains__(self, name: object) -> bool:
        """Whether there is such a column."""
        return name in self._columns

    def __getitem__(self, name: str) -> np.ndarray:
        """A column; a KeyError names the nearest one."""
        if name in self._columns:
            return self._columns[name]
        near = nearest(name, self._columns)
        hint = f"; did you mean {near!r}?" if near else ""
        raise KeyError(f"the table has no column {name!r}{hint} it has {', '.join(self._columns)}")

    def curve(self, row: int) -> dict[str, np.ndarray] | None:
        """Voltage curve of a row of the table, about 300 points; None if the case has none."""
        path = CaseFiles(self.folder, str(self["Key"][row])).curve
        return read_series(path) if path.is_file() else None

    def result(self, row: int) -> Path:
        """Folder of the whole result of a row, where ``keep`` is "results"."""
        return CaseFiles(self.folder, str(self["Key"][row])).result

    def to_pandas(self) -> Any:
        """The table as a pandas.DataFrame; pandas is installed by the user."""
        import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return pandas.DataFrame(dict(self._columns))

    def counts(self) -> dict[str, int]:
        """Number of cases by status."""
        found, numbers = np.unique(self["Status"].astype(str), return_counts=True)
        return dict(zip(found.tolist(), numbers.tolist(), strict=True))

    def __repr__(self) -> str:
        """Size and folder."""
        return f"<SweepTable: {len(self)} cases in {self.folder}>"
