"""The result of a fit, and its files."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.load import resolved_yaml
from electrode_model.config.model import Config
from electrode_model.fit.data import DataSet
from electrode_model.fit.statistics import Estimate
from electrode_model.results.provenance import versions
from electrode_model.results.storage import PROGRAM, SUMMARY, write_json

__all__ = ["Curve", "Fit", "Profile"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Files that a fit writes and that ``--overwrite`` may replace.
FITTED, PARAMETERS, RESIDUALS = "fitted.yaml", "parameters.csv", "residuals.csv"


@dataclass(frozen=True)
class Curve:
    """One step of a data set beside the fitted model; ``model`` is nan where it has no run."""

    data_set: str
    label: str  # "discharge", "charge", "rest", ...
    left_out: bool
    capacity: Array  # (n,) A h/m^2 since the data set began, measured
    time: Array  # (n,) s likewise
    measured: Array  # (n,) V
    model: Array  # (n,) V, at equal share of the end capacity, or at equal time
    scaled: bool  # at equal share of the end capacity
    end: float  # A h/m^2 passed in the step, measured
    model_end: float

    @property
    def rms(self) -> float:
        """Of the voltage [V]; nan without voltages."""
        return _root(self.model - self.measured)

    @property
    def largest(self) -> float:
        """Deviation of the voltage [V]."""
        return float(np.abs(self.model - self.measured).max()) if self.model.size else np.nan


@dataclass(frozen=True)
class Profile:
    """Profile likelihood of a parameter: the others fitted at each of its values."""

    name: str
    values: Array  # (n,)
    rise: Array  # (n,) of -2 log likelihood above the optimum
    threshold: float  # of the 95 % interval
    interval: tuple[float, float]  # nan where it reaches a bound


@dataclass(frozen=True)
class Fit:
    """Fitted parameters, how well they are known, and the curves behind them; SI."""

    name: str
    status: str  # "converged", "limit" or "interrupted"
    message: str
    method: str  # what was done, and why
    parameters: tuple[Estimate, ...]
    covariance: Array  # (p, p) of u, which goes from 0 at the lower bound to 1 at the upper
    correlation: Array  # (p, p)
    words: tuple[str, ...]  # what the data do not determine
    curves: tuple[Curve, ...]
    profiles: tuple[Profile, ...]
    starts: tuple[tuple[float, float], ...]  # cost at the beginning and at the end of each start
    cost: float  # sum of squared deviations, weighted
    residuals: int
    correlated: float  # residuals in a row that count as one
    simulations: int
    seconds: float
    failures: Mapping[str, int]
    notes: tuple[str, ...]
    config: Config  # the base with the fitted values that hold for every data set
    configs: Mapping[str, Config]  # of each data set, with its protocol
    data: tuple[DataSet, ...]

    def __getitem__(self, name: str) -> float:
        """The fitted value of a parameter."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter.value
        raise KeyError(f"{name!r}; the parameters are {[p.name for p in self.parameters]}")

    @property
    def predictions(self) -> tuple[Curve, ...]:
        """Curves of data sets that were left out."""
        return tuple(curve for curve in self.curves if curve.left_out)

    @property
    def rms(self) -> float:
        """Of all fitted voltages [V]."""
        fitted = [c.model - c.measured for c in self.curves if not c.left_out]
        return _root(np.concatenate(fitted)) if fitted else float("nan")

    def to_yaml(self, path: str | Path | None = None) -> str:
        """The fitted configuration, ready to run; written to ``path`` if given."""
        text = resolved_yaml(self.config)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def table(self) -> str:
        """Parameters with intervals, as text."""
        rows = [("parameter", "value", "95 % interval", "unit", "")]
        for one in self.parameters:
            interval = one.profile or (one.low, one.high)
            ends = [f"{x:.4g}" if np.isfinite(x) else "bound" for x in interval]
            name = one.name if one.profile is None else f"{one.name} (profile)"
            unit = "" if one.unit == "1" else one.unit
            rows.append((name, f"{one.value:.5g}", f"{ends[0]} .. {ends[1]}", unit, one.flag))
        widths = [max(len(row[k]) for row in rows) for k in range(5)]
        lines = [
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join(lines)

    def __str__(self) -> str:
        """Parameters, what is not determined, curves."""
        lines = [f"Fit {self.name}: {self.status}. {self.message}", "", self.table(), ""]
        lines += [f"not determined: {text}" for text in self.words]
        lines += ["", *_curve_lines(self.curves)]
        lines += [f"{count} failed simulations: {why}" for why, count in self.failures.items()]
        own = f"{self.simulations} simulations in {self.seconds:.0f} s; {self.method}"
        return "\n".join([*lines, own])

    def __repr__(self) -> str:
        """In a notebook as in print."""
        return str(self)

    def save(self, folder: str | Path) -> Path:
        """Write summary.json, fitted.yaml, parameters.csv and residuals.csv."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.to_yaml(folder / FITTED)
        with (folder / PARAMETERS).open("w", encoding="utf-8", newline="") as file:
            names = ("name", "unit", "value", "low", "high", "start", "lower", "upper", "at_bound")
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows([getattr(one, name) for name in names] for one in self.parameters)
        with (folder / RESIDUALS).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            head = ("Discharge or charge capacity [A.h.m-2]", "Time [s]", "Measured voltage [V]")
            writer.writerow(["Data set", "Step", *head, "Model voltage [V]"])
            for curve in self.curves:
                columns = (curve.capacity, curve.time, curve.measured, curve.model)
                for row in zip(*columns, strict=True):
                    writer.writerow([curve.data_set, curve.label, *map(float, row)])
        write_json(folder / SUMMARY, self.summary())
        return folder

    def summary(self) -> dict[str, Any]:
        """What summary.json holds."""
        return {
            "program": PROGRAM,
            "kind": "fit",
            "name": self.name,
            "status": self.status,
            "message": self.message,
            "method": self.method,
            "versions": versions(),
            "parameters": [asdict(one) for one in self.parameters],
            "correlation": self.correlation,
            "covariance": self.covariance,
            "not_determined": self.words,
            "curves": [_about(curve) for curve in self.curves],
            "profiles": [asdict(one) for one in self.profiles],
            "starts": self.starts,
            "cost": self.cost,
            "residuals": self.residuals,
            "correlated": self.correlated,
            "simulations": self.simulations,
            "seconds": self.seconds,
            "failures": dict(self.failures),
            "notes": self.notes,
        }


def _about(curve: Curve) -> dict[str, Any]:
    return {
        "data_set": curve.data_set,
        "step": curve.label,
        "left_out": curve.left_out,
        "voltage_rms": curve.rms,
        "voltage_largest": curve.largest,
        "end_capacity": curve.end,
        "model_end_capacity": curve.model_end,
    }


def _curve_lines(curves: Sequence[Curve]) -> list[str]:
    lines = []
    for curve in curves:
        word = "predicted" if curve.left_out else "fitted"
        volts = f"{1e3 * curve.rms:.1f} mV rms, {1e3 * curve.largest:.1f} mV at most"
        if not curve.model.size:
            volts = "no voltages"
        ends = f"{curve.end:.4g} measured, {curve.model_end:.4g} A h/m^2 model"
        lines.append(f"{curve.data_set}, {curve.label} ({word}): {volts}; capacity {ends}")
    return lines


def _root(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")
