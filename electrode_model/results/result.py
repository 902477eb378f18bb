"""What a run gives: time series, fields, and why each step of the protocol ended.

A solver hands rows (often) and frames (at output times) to a :class:`Recorder`, which keeps
them in memory or writes them to a folder as the run goes.  Its ``finish`` gives a
:class:`Result`; :meth:`Result.open` gives the same from the folder, also of a run that was
killed.  All numbers are SI, capacities A h/m^2; the current is positive on discharge.
"""

import difflib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from electrode_model.results import storage
from electrode_model.results.fields import (
    FIELDS,
    INSIDE,
    NEGATIVE_FILES,
    OF_CELL,
    field_names,
    of_electrode,
    of_negative,
    profile_places,
    sampled,
)
from electrode_model.results.layouts import per_area_and_mass, read_layout, write_layout
from electrode_model.results.provenance import seeds, versions
from electrode_model.results.records import (
    FinalState,
    Frame,
    Layout,
    Profiles,
    Progress,
    Row,
    StepReport,
)
from electrode_model.results.user_files import copies_of

if TYPE_CHECKING:
    from electrode_model.config.model import Config

__all__ = [
    "Frame",
    "Layout",
    "Profiles",
    "Progress",
    "Recorder",
    "Result",
    "Row",
    "Status",
    "StepReport",
]

Status = Literal["running", "finished", "stopped", "failed"]

#: Column of timeseries.csv -> attribute of Row, in the order of the file.
COLUMNS: Mapping[str, str] = {
    "Time [s]": "time",
    "Step": "step",
    "Voltage [V]": "voltage",
    "Current [A.m-2]": "current",
    "C-rate": "c_rate",
    "Discharge capacity [A.h.m-2]": "capacity",
    "Positive filling fraction": "positive_filling",
    "Negative filling fraction": "negative_filling",  # only of a porous negative electrode
    "Temperature [K]": "temperature",  # this and the next only with a heat balance
    "Heat released [J.m-2]": "heat",
}

#: Numbers that may differ from particle to particle -> attribute of Layout.
SCATTERED: Mapping[str, str] = {
    "Particle rate constant [A.m-2]": "k0",
    "Particle film resistance [ohm.m2]": "film_resistance",
    "Particle contact": "contact",
}

FLUSH_SECONDS = 1.0  # the most that a kill may cost


class Result:
    """A run's data by name, ``result["Voltage [V]"]``; read-only.

    ``layout``, ``steps`` (reports of the steps done), ``status``, ``message``, ``summary``
    (as in summary.json), ``folder`` (None if the run was kept in memory) and ``config``: the
    configuration, or its YAML text if the result was opened from disk.
    """

    def __init__(
        self,
        layout: Layout,
        config: "Config | str",
        steps: Sequence[StepReport],
        summary: Mapping[str, Any],
        data: Mapping[str, np.ndarray],
        folder: Path | None = None,
    ) -> None:
        """Join what a run or a folder gives; ``data`` has the names that users see."""
        self.layout = layout
        self.config = config
        self.steps = tuple(steps)
        self.summary = dict(summary)
        self.status: Status = self.summary["status"]
        self.message: str = self.summary.get("message", "")
        self.folder = folder
        known = {**data, **_layout_columns(layout)}
        mean, surface = "Particle filling fraction", "Particle surface filling fraction"
        for a, b in ((mean, surface), (of_negative(mean), of_negative(surface))):
            if a in data:  # without inner grids the surface is the mean
                known.setdefault(b, data[a])
        self._data = {name: _read_only(array) for name, array in known.items()}

    @classmethod
    def open(cls, folder: str | Path) -> "Result":
        """Open a result folder, also of a killed or running run (``partial`` is then True).

        Fields are mapped from disk, not loaded.  Raises :class:`storage.FolderError`.
        """
        folder = Path(folder)
        try:
            summary = storage.read_json(folder / storage.SUMMARY)
            if summary.get("program") != storage.PROGRAM:
                raise ValueError(f"{storage.SUMMARY} is not of this program")
            layout = read_layout(folder)
            config = (folder / "config.yaml").read_text(encoding="utf-8")
            data = storage.read_series(folder / "timeseries.csv")
            data["Step"] = data["Step"].astype(int)
            data.update(field_names(storage.read_arrays(folder / "fields", grown=True)))
            steps = [StepReport(**step) for step in summary.get("steps", [])]
        except KeyError as error:
            text = f"{folder} holds no readable result: {error} is missing in its files"
            raise storage.FolderError(text) from error
        except (OSError, ValueError, TypeError) as error:
            raise storage.FolderError(f"{folder} holds no readable result: {error}") from error
        return cls(layout, config, steps, summary, data, folder)

    @property
    def partial(self) -> bool:
        """True if the run was killed, or is still going, so that its end is missing."""
        return self.status == "running"

    @property
    def negative(self) -> "Result":
        """The same run seen from a porous negative electrode.

        ``layout`` and every name of particles are then the negative's, so that analysis and
        figures of a positive electrode serve for it.  Raises ValueError if there is none.
        """
        if self.layout.negative is None:
            raise ValueError("the negative electrode of this run has no particles")
        layout = self.layout.negative
        own, theirs = (
            [*FIELDS, *(f"{kind} {k}" for k in range(len(side.profiles)) for kind in INSIDE)]
            for side in (layout, self.layout)
        )
        theirs += own
        shared = {n: v for n, v in self._data.items() if n not in theirs or n in OF_CELL}
        names = {name: of_negative(name) for name in own}
        data = shared | {n: self._data[m] for n, m in names.items() if m in self}
        return Result(layout, self.config, self.steps, self.summary, data, self.folder)

    def inside(self) -> dict[int, tuple[str, int, int]]:
        """Where the profile of each particle is: name of the field, column, number of the group.

        Of all particles if the field ``profiles`` was saved, else of those in ``samples``.
        """
        return profile_places(self.layout, self._data)

    def names(self) -> list[str]:
        """All names that ``result[...]`` answers to."""
        return sorted(self._data)

    def __contains__(self, name: object) -> bool:
        """Whether ``result[name]`` would give an array."""
        return name in self._data

    def __getitem__(self, name: str) -> np.ndarray:
        """The array of that name; a KeyError names the nearest ones."""
        if name in self._data:
            return self._data[name]
        group = next((group for kind, group in INSIDE.items() if name.startswith(kind)), "")
        group = group or FIELDS.get(name, ("", ""))[1]
        if group and (group not in INSIDE.values() or self.layout.profiles):
            raise KeyError(f"{name!r} was not saved; put {group!r} into output.fields")
        lower = {known.lower(): known for known in self._data}
        near = [key for key in lower if str(name).lower() in key] or difflib.get_close_matches(
            str(name).lower(), lower, n=3, cutoff=0.3
        )
        hint = " or ".join(repr(lower[key]) for key in near[:3]) or f"one of {self.names()}"
        raise KeyError(f"{name!r} is unknown; did you mean {hint}?")

    def __repr__(self) -> str:
        """Name, status, sizes and the end of each step, on a few lines."""
        time_, voltage = self["Time [s]"], self["Voltage [V]"]
        status = "partial: the run was killed or is still going" if self.partial else self.status
        lines = [f"Result {self.summary.get('name') or ''}".rstrip() + f" ({status})"]
        if time_.size:
            span = f"{voltage.min():.4g} to {voltage.max():.4g} V"
            lines.append(f"  {time_.size} rows to {time_[-1]:.6g} s, {span}")
        n_volume = np.unique(self.layout.volume).size
        frames = self["Field time [s]"].size if "Field time [s]" in self else 0
        lines.append(f"  {self.layout.size.size} particles in {n_volume} volumes, {frames} frames")
        shown = self.steps[:6]
        lines += [f"  step {step.index + 1}: {step.label}: {step.reason}" for step in shown]
        if len(self.steps) > len(shown):
            lines.append(f"  ... and {len(self.steps) - len(shown)} more steps")
        if self.folder:
            lines.append(f"  in {self.folder}")
        return "\n".join(lines)


class Recorder:
    """Collects a run and gives its :class:`Result`.

    With a ``folder`` everything is written as it comes and fields are not kept in memory.
    As a context manager it finishes by itself a run that is interrupted ("stopped") or
    raises ("failed"), so that nothing is lost.
    """

    def __init__(
        self,
        layout: Layout,
        config: "Config",
        folder: Path | None = None,
        overwrite: bool = False,
    ) -> None:
        """Begin a run; raises :class:`storage.FolderError` if the folder is taken."""
        if "samples" in config.output.fields:
            layout = sampled(layout, config.output.samples)
        self._layout, self._config, self._folder = layout, config, folder
        self._rows: list[tuple[float, ...]] = []
        self._steps: list[StepReport] = []
        self._series: storage.SeriesFile | None = None
        self._fields: storage.Memory | storage.FieldFiles = storage.Memory()
        self._began = time.perf_counter()
        self._flushed = time.monotonic()
        self._started = _now()
        absent = [] if layout.negative else ["negative_filling"]
        absent += ["temperature", "heat"] if config.heat is None else []
        self._columns = [name for name, attribute in COLUMNS.items() if attribute not in absent]
        self._copies = copies_of(config)
        self._head = {
            "program": storage.PROGRAM,
            "name": config.name,
            "versions": versions(),
            "seeds": seeds(config),
            "user_files": self._copies.origin(),
            "capacity": per_area_and_mass(layout.capacity, layout.mass, "A.h.m-2", "mAh.g-1"),
            "one_C": per_area_and_mass(layout.one_c, layout.mass, "A.m-2", "mA.g-1"),
            "particles": int(layout.size.size),
            "volumes": int(np.unique(layout.volume).size),
        }
        self.finished = False
        #: Gives the state to keep at the end, also of a run that is interrupted.
        self.final: Callable[[], FinalState] | None = None
        if folder is not None:
            self._open(folder, overwrite)

    def _open(self, folder: Path, overwrite: bool) -> None:
        storage.claim_folder(folder, overwrite)
        storage.write_json(folder / storage.SUMMARY, self._summary("running", "", {}))
        names = self._copies.write(folder)
        (folder / "config.yaml").write_text(_yaml(self._config, names), encoding="utf-8")
        write_layout(folder, self._layout)
        self._fields = storage.FieldFiles(folder / "fields")
        self._series = storage.SeriesFile(folder / "timeseries.csv", self._columns)

    def __enter__(self) -> "Recorder":
        """Start; see the class."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish a run that was interrupted or raised; see the class."""
        if error is None or self.finished:
            return
        if isinstance(error, KeyboardInterrupt):
            self.finish("stopped", "interrupted by the user")
        else:
            self.finish("failed", f"{type(error).__name__}: {error}")

    def row(self, row: Row) -> None:
        """Add a line of the time series."""
        values = tuple(
            int(row.step) if name == "Step" else float(getattr(row, COLUMNS[name]))
            for name in self._columns
        )
        self._rows.append(values)
        if self._series:
            self._series.append(values)
            self._flush_if_late()

    def frame(self, frame: Frame) -> None:
        """Add the fields at an output time, as far as output.fields selects them."""
        selected = self._config.output.fields
        items: dict[str, Any] = {"time": float(frame.time), "step": int(frame.step)}
        if "electrolyte" in selected and self._layout.x.size:
            items |= {"c_e": frame.c_e, "phi_e": frame.phi_e}
        items |= of_electrode(frame, self._layout, selected)
        if frame.negative is not None and self._layout.negative is not None:
            own = of_electrode(frame.negative, self._layout.negative, selected)
            items |= {NEGATIVE_FILES + name: value for name, value in own.items()}
        for name, value in items.items():
            self._fields.append(name, np.asarray(value, dtype=int if name == "step" else float))
        self._flush_if_late()

    def step_done(self, report: StepReport) -> None:
        """Note the end of a step of the protocol; everything so far goes to disk."""
        self._steps.append(report)
        if self._folder:
            self._flush()
            storage.write_json(self._folder / storage.SUMMARY, self._summary("running", "", {}))

    def finish(
        self,
        status: Literal["finished", "stopped", "failed"],
        message: str = "",
        statistics: Mapping[str, float | int] | None = None,
    ) -> Result:
        """End the run.  ``statistics`` (such as set-up seconds) are added to the totals."""
        self.finished = True
        summary = self._summary(status, message, statistics or {})
        if self._folder:
            self._flush()
            if self.final:
                storage.write_state(self._folder, self.final())
            storage.write_json(self._folder / storage.SUMMARY, summary)
        table = np.array(self._rows, dtype=float).reshape(-1, len(self._columns))
        data = {name: table[:, i].copy() for i, name in enumerate(self._columns)}
        data["Step"] = data["Step"].astype(int)
        data.update(field_names(self._fields.arrays()))
        return Result(self._layout, self._config, self._steps, summary, data, self._folder)

    def _flush(self) -> None:
        if self._series:
            self._series.flush()
        self._fields.flush()
        self._flushed = time.monotonic()

    def _flush_if_late(self) -> None:
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self._flush()

    def _summary(
        self, status: Status, message: str, statistics: Mapping[str, float | int]
    ) -> dict[str, Any]:
        totals: dict[str, float | int] = {}
        for step in self._steps:
            for key, value in step.statistics.items():
                totals[key] = totals.get(key, 0) + value
        return {
            **self._head,
            "status": status,
            "partial": status == "running",
            "message": message,
            "started": self._started,
            "ended": None if status == "running" else _now(),
            "wall_time": time.perf_counter() - self._began,
            "statistics": {**totals, **statistics},
            "steps": [asdict(step) for step in self._steps],
        }


def _yaml(config: "Config", names: Mapping[str, str]) -> str:
    # here and not at the top: opening and plotting a result must not need pydantic
    from electrode_model.config.load import resolved_yaml

    return resolved_yaml(config, names)


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view


def _layout_columns(layout: Layout) -> dict[str, np.ndarray]:
    return {
        "x [m]": layout.x,
        "Particle size [m]": layout.size,
        "Particle volume": layout.volume,
        "Particle weight": layout.weight,
        **{name: getattr(layout, of) for name, of in SCATTERED.items() if getattr(layout, of).size},
    }


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
