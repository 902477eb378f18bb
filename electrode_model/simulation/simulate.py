"""From a configuration to a result, in one call."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, cast

from electrode_model.assemble import assemble
from electrode_model.config.load import load
from electrode_model.config.model import Config
from electrode_model.config.problems import ConfigError, Problem
from electrode_model.constants import HOUR
from electrode_model.results.records import Progress
from electrode_model.results.result import Recorder, Result
from electrode_model.simulation.run import Run
from electrode_model.simulation.states import read_state

__all__ = ["simulate"]

_MOST_TIMES = 1e6


def simulate(
    source: str | Path | Config,
    *,
    overrides: Sequence[str] = (),
    folder: str | Path | None = None,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Run a configuration and return its result.

    Parameters
    ----------
    source : path of a YAML file, or a configuration
    overrides : "key.path=value", as the command line's ``--set``; only with a path
    folder : where to keep the result; None keeps it in memory
    overwrite : whether a result that is already in ``folder`` may be replaced
    progress : called a few times a second with the state of the run

    A failed solve is not an exception: the partial result has status "failed", and its
    ``message`` says when, where and which variable.

    Raises
    ------
    ConfigError
        The file cannot be read or holds mistakes.
    FolderError
        The folder is taken.
    ValueError
        ``overrides`` were given with a configuration instead of a path.
    """
    if isinstance(source, Config):
        if overrides:
            raise ValueError("overrides go with a path; use Config.model_copy(update=...) instead")
        config = source
    else:
        config = load(source, overrides)
    name = "configuration" if isinstance(source, Config) else str(source)
    _check_output(config, name)
    began = time.perf_counter()
    try:
        before = None if config.continue_from is None else read_state(Path(config.continue_from))
        assembly = assemble(config)
        run = Run(assembly, config, progress, before)
    except ValueError as error:
        key = getattr(error, "key", "positive.particles")
        raise ConfigError([Problem(name, 0, key, str(error))]) from None
    where = None if folder is None else Path(folder)
    with Recorder(assembly.layout, config, where, overwrite) as recorder:
        recorder.final = run.final_state
        set_up = time.perf_counter() - began
        run(recorder)
        status = cast(Literal["finished", "stopped", "failed"], run.status)
        return recorder.finish(
            status, run.message, {"set_up_seconds": set_up, "compiled": int(run.compiled)}
        )


def _check_output(config: Config, name: str) -> None:
    """Refuse output times that a run of the protocol could only fill a disk with."""
    every = config.output.every
    if every is None:
        return
    for index, step in enumerate(config.protocol):
        lasts = step.until.time or step.duration or 0.0
        if step.current is not None and step.current.unit == "C-rate":
            whole = HOUR / abs(step.current.value)
            lasts = min(lasts, whole) if lasts else whole
        if lasts / every > _MOST_TIMES:
            text = (
                f"is {every:g} s, which saves step {index + 1} {lasts / every:.3g} times; allowed:"
                f" at most {_MOST_TIMES:g} times a step; write at least {lasts / _MOST_TIMES:.3g} s"
            )
            raise ConfigError([Problem(name, 0, "output.every", text)])
