"""The result of a fit, and its files."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.config.load import resolved_yaml
from electrode_model.config.model import Config
from electrode_model.fit import report
from electrode_model.fit.data import DataSet
from electrode_model.fit.statistics import Estimate
from electrode_model.results.provenance import versions
from electrode_model.results.storage import PROGRAM, SUMMARY, write_json
from electrode_model.results.user_files import copies_of

if TYPE_CHECKING:
    from electrode_model.fit.posterior import Posterior
    from electrode_model.fit.variants import Agreement, Comparison

__all__ = ["Curve", "Extra", "Fit", "Profile", "write_parameters"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Files that a fit writes and that ``--overwrite`` may replace.
FITTED, PARAMETERS, RESIDUALS = "fitted.yaml", "parameters.csv", "residuals.csv"
DATA_SETS, CORRELATION, PROFILES = "data_sets.csv", "correlation.csv", "profiles.csv"
PAGE, PROGRESS = "report.html", "progress.png"
FIGURES, CONFIGS = "figures", "configs"  # folders


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
    model_capacity: Array  # (n,) A h/m^2 at which the model has ``model``
    ends_free: bool  # whether the model may end at another capacity, at a cut-off or of a hold
    current: float  # A/m^2, mean of the step, positive on discharge
    rate: float  # the current in units of 1C

    @property
    def name(self) -> str:
        """Data set and step."""
        return f"{self.data_set}, {self.label}"

    @property
    def end_error(self) -> float:
        """Of the end capacity, relative to the measured one; nan where the ends are not free."""
        return self.model_end / self.end - 1 if self.ends_free else float("nan")

    @property
    def rms(self) -> float:
        """Of the voltage [V]; nan without voltages."""
        return _root(self.model - self.measured)

    @property
    def largest(self) -> float:
        """Deviation of the voltage [V]."""
        return float(np.abs(self.model - self.measured).max()) if self.model.size else np.nan

    @property
    def largest_at(self) -> float:
        """Measured capacity [A h/m^2] of the largest deviation; nan without voltages."""
        far = np.abs(self.model - self.measured)
        return float(self.capacity[int(far.argmax())]) if np.isfinite(far).any() else np.nan


@dataclass(frozen=True)
class Extra:
    """A part of the report that not every fit has: a comparison of models, a posterior."""

    title: str
    text: str  # for the terminal
    html: str  # for the page; see electrode_model.page
    numbers: Mapping[str, Any]  # for summary.json


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
    extras: tuple[Extra, ...] = ()
    agreement: "Agreement | None" = None  # for comparisons; None of an interrupted fit
    posterior: "Posterior | None" = None  # if it was asked for
    comparison: "Comparison | None" = None  # of the variants, of which this is the preferred one
    variants: "Mapping[str, Fit]" = field(default_factory=dict)

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

    def with_extra(self, extra: Extra) -> "Fit":
        """The same with one more part of the report."""
        return replace(self, extras=(*self.extras, extra))

    def to_yaml(self, path: str | Path | None = None) -> str:
        """The fitted configuration, ready to run; written to ``path`` if given."""
        text = resolved_yaml(self.config)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def table(self) -> str:
        """Parameters with intervals, as text."""
        return "\n".join(report.lines(report.parameter_rows(self)))

    def page(self) -> str:
        """The report as HTML that needs no server and no other file."""
        from electrode_model.fit.html import page  # draws, and may import what is above

        return page(self)

    def __str__(self) -> str:
        """Parameters, what is not determined, curves."""
        return report.text(self)

    def __repr__(self) -> str:
        """In a console as in print."""
        return str(self)

    def _repr_html_(self) -> str:
        """In a notebook: the parts of the page."""
        from electrode_model.fit.html import embedded

        return embedded(self)

    def save(self, folder: str | Path, figures: bool = True) -> Path:
        """Write tables, configurations, page and figures; numbers first, pictures last."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_parameters(self.parameters, folder)
        _write_csv(folder / DATA_SETS, report.COLUMNS, map(report.data_set, self.curves))
        names = [one.name for one in self.parameters]
        rows = zip(names, self.correlation.tolist(), strict=True)
        _write_csv(folder / CORRELATION, ["", *names], ([name, *row] for name, row in rows))
        head = ("Discharge or charge capacity [A.h.m-2]", "Time [s]", "Measured voltage [V]")
        more = ("Model voltage [V]", "Model capacity [A.h.m-2]")
        _write_csv(folder / RESIDUALS, ("Data set", "Step", *head, *more), _points(self.curves))
        if self.profiles:
            points = (
                (one.name, float(x), float(y))
                for one in self.profiles
                for x, y in zip(one.values, one.rise, strict=True)
            )
            heads = ("Parameter", "Value", "Rise of -2 log likelihood")
            _write_csv(folder / PROFILES, heads, points)
        _write_configs({FITTED: self.config, **_by_file(self.configs)}, folder)
        write_json(folder / SUMMARY, self.summary())
        if figures:
            from electrode_model.fit.html import write

            write(self, folder)
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
            "extras": {one.title: one.numbers for one in self.extras},
        }


def write_parameters(parameters: Sequence[Estimate], folder: Path) -> None:
    """The table of parameters, put into place in one go: it can be read while a fit runs."""
    names = ("name", "unit", "value", "low", "high", "start", "lower", "upper", "at_bound")
    rows = (
        (*(getattr(one, name) for name in names), *(one.profile or (None, None)), one.flag)
        for one in parameters
    )
    part = folder / f"{PARAMETERS}.part"
    _write_csv(part, (*names, "profile_low", "profile_high", "note"), rows)
    part.replace(folder / PARAMETERS)


def _write_csv(path: Path, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(rows)


def _points(curves: Sequence[Curve]) -> Iterable[Sequence[Any]]:
    for one in curves:
        columns = (one.capacity, one.time, one.measured, one.model, one.model_capacity)
        for row in zip(*columns, strict=True):
            yield [one.data_set, one.label, *map(float, row)]


def _by_file(configs: Mapping[str, Config]) -> dict[str, Config]:
    """Configurations of data sets by the names of their files."""
    names = {name: re.sub(r"[^\w.+-]+", "_", name).strip("._") or "set" for name in configs}
    if len(set(names.values())) < len(names):
        names = {name: f"{k}_{own}" for k, (name, own) in enumerate(names.items(), start=1)}
    return {f"{CONFIGS}/{names[name]}.yaml": config for name, config in configs.items()}


def _write_configs(configs: Mapping[str, Config], folder: Path) -> None:
    """Configurations that run from where they are, with copies of the user's files they name."""
    for name, config in configs.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        own = copies_of(config).write(path.parent)
        path.write_text(resolved_yaml(config, own), encoding="utf-8")


def _about(curve: Curve) -> dict[str, Any]:
    return {
        "data_set": curve.data_set,
        "step": curve.label,
        "left_out": curve.left_out,
        "current": curve.current,
        "rate": curve.rate,
        "voltage_rms": curve.rms,
        "voltage_largest": curve.largest,
        "end_capacity": curve.end,
        "model_end_capacity": curve.model_end,
        "end_capacity_error": curve.end_error,
    }


def _root(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")
