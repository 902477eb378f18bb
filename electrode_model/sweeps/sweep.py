"""A sweep in one call from Python."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from electrode_model.config import yaml_source
from electrode_model.config.load import resolved_yaml
from electrode_model.config.model import Config
from electrode_model.sweeps.plan import plan_of, read_plan
from electrode_model.sweeps.run import Progress, Where, run_plan
from electrode_model.sweeps.table import SweepTable

__all__ = ["default_folder", "sweep"]

_FILE = "em.sweep"  # what messages name in place of a file


def sweep(
    source: str | Path | Config,
    axes: Mapping[str, Any] | None = None,
    *,
    change: Mapping[str, Any] | None = None,
    cases: str | Path | None = None,
    samples: int | None = None,
    seed: int = 0,
    folder: str | Path | None = None,
    keep: Literal["table", "results"] = "table",
    limit: float | str | None = None,
    attempts: int = 2,
    jobs: int | None = None,
    scheduler: str | None = None,
    cluster: Literal["local", "slurm", "pbs"] | None = None,
    again: bool = False,
    progress: Callable[[Progress], object] = lambda progress: None,
) -> SweepTable:
    """Run a configuration with many values, in parallel; the table of all cases.

    Parameters
    ----------
    source : path of a configuration, or a configuration; without ``axes`` and ``cases`` the path
        of a sweep's YAML file, which then says all but where to run
    axes : values by path, ``{"positive.particles.size.std": ["5 nm", "10 nm"]}``, or a range,
        ``{"from": "5 nm", "to": "50 nm", "count": 5, "spacing": "log"}``; all are combined
    change : values by path that replace those of the configuration in every case
    cases : CSV file with a case in each line and paths in its header
    samples, seed : draw so many cases of the axes, as a Latin hypercube
    folder : where the table and the cases are kept, or were left by an earlier call, whose cases
        are not run again; None: results/<name of the file>-sweep
    keep : "results": a result folder of every case, beside its row and its voltage curve
    limit : longest simulation on the clock [s], or such as "10 min"
    attempts : how often a case is begun whose process is killed
    jobs : simulations at a time; None: as many as cores; 0: in this process
    scheduler : address of a Dask scheduler that runs, "tcp://host:8786"
    cluster : sort of a Dask cluster to start
    again : run again cases that did not finish as planned
    progress : told of every case that ends

    A case that fails is a row with a reason.  In a script, call it below
    ``if __name__ == "__main__":``; each process reads the script.

    Raises
    ------
    ConfigError
        The configuration or the axes hold a mistake.
    FolderError
        The folder is taken.
    ClusterError
        There is no such cluster, or it went away.
    """
    if axes is None and cases is None and not isinstance(source, Config):
        plan = read_plan(source)
    else:
        said: dict[str, Any] = {
            "schema": 1,
            "base": "configuration" if isinstance(source, Config) else str(source),
            "axes": dict(axes or {}),
            "change": dict(change or {}),
            "cases": None if cases is None else str(cases),
            "combine": "grid" if samples is None else "latin_hypercube",
            "samples": samples,
            "seed": seed,
            "keep": keep,
            "limits": {"simulation": limit, "attempts": attempts},
        }
        base = None
        if isinstance(source, Config):
            base = yaml_source.parse(resolved_yaml(source), "configuration")
        stem = "configuration" if isinstance(source, Config) else Path(source).stem
        plan = plan_of(yaml_source.of_python(said, (), _FILE), Path(), f"{stem}-sweep", base)
    home = default_folder(plan.stem) if folder is None else Path(folder)
    return run_plan(plan, home, Where(jobs, scheduler, cluster), again=again, tell=progress)


def default_folder(stem: str) -> Path:
    """The folder of a sweep that names none: always the same, so that it goes on."""
    return Path("results") / stem
