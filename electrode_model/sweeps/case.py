"""One case of a sweep, from its settings to its files; runs in any process on any machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from electrode_model.config.model import Config
from electrode_model.config.problems import ConfigError
from electrode_model.config.yaml_source import Node
from electrode_model.simulation.simulate import simulate
from electrode_model.sweeps.axes import Settings
from electrode_model.sweeps.measures import curve, ending, measures
from electrode_model.sweeps.plan import configuration
from electrode_model.sweeps.store import CaseFiles

__all__ = ["Job", "run_case"]


@dataclass(frozen=True)
class Job:
    """Everything that a case needs, small enough to be sent."""

    folder: Path  # of the sweep, which every machine must see
    key: str
    base: Node
    home: Path
    settings: Settings
    limit: float | None  # s
    keep: bool  # the whole result


def run_case(job: Job) -> dict[str, Any]:
    """Run a case and write its files; its row without the columns of the plan.

    Whatever goes wrong is a row with a reason.
    """
    files = CaseFiles(job.folder, job.key)
    try:
        attempts = files.begin()
    except OSError as error:
        return _row("failed", f"{job.folder} cannot be written on this machine: {error}", 1)
    points = None
    try:
        config = configuration(job.base, job.home, job.settings)
        folder = job.folder.resolve() / "results" / job.key if job.keep else None
        result = simulate(_quick(config, job), folder=folder, overwrite=True)
        row = _row(*ending(result), attempts) | measures(result)
        points = curve(result)
    except ConfigError as error:
        row = _row("refused", str(error.problems[0]), attempts)
    except MemoryError:
        row = _row("failed", "out of memory", attempts)
    except Exception as error:  # a case is never a stop of the others
        row = _row("failed", f"{type(error).__name__}: {error}", attempts)
    try:
        files.end(row | {"Limit [s]": job.limit}, points)
    except OSError as error:
        return _row("failed", f"its files cannot be written: {error}", attempts)
    return row


def _quick(config: Config, job: Job) -> Config:
    """The same model; without fields where nobody keeps them, and with the limit."""
    changed: dict[str, Any] = {}
    if not job.keep:
        changed["output"] = config.output.model_copy(update={"fields": ()})
    if job.limit is not None and job.limit < config.solver.wall_time:
        changed["solver"] = config.solver.model_copy(update={"wall_time": job.limit})
    return config.model_copy(update=changed)


def _row(status: str, reason: str, attempts: int) -> dict[str, Any]:
    text = " ".join(reason.split())
    return {"Status": status, "End reason": text, "Attempts": attempts}
