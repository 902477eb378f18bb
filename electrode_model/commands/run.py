"""``electrode-model run``: simulate a configuration, write and draw its result."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from electrode_model.terminal import FAILED, INTERRUPTED, add_config, draw, progress_bar, say

if TYPE_CHECKING:
    from electrode_model.results.result import Result

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "simulate a configuration, write and draw its result"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_config(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR",
        help="folder of the result (default: a new results/<name of the file>-<n>)",
    )  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace an old result in DIR")
    parser.add_argument(
        "--quiet", action="store_true", help="print nothing but the folder of the result"
    )
    parser.add_argument(
        "--film", action="store_true", help="also make a film (GIF) of the particles"
    )
    parser.add_argument("--no-figures", action="store_true", help="draw nothing")


def run(options: argparse.Namespace) -> int:
    """Simulate; the exit status."""
    from electrode_model.config.load import load
    from electrode_model.results.storage import check_folder, next_folder
    from electrode_model.simulation.simulate import simulate

    config = load(options.config, options.overrides)
    folder: Path = options.output or next_folder(Path("results"), options.config.stem)
    check_folder(folder, options.overwrite)
    try:
        with progress_bar(options.quiet, len(config.protocol)) as show:
            result = simulate(config, folder=folder, overwrite=options.overwrite, progress=show)
    except KeyboardInterrupt:
        say(_interrupted(folder))
        return INTERRUPTED
    except OSError as error:
        say(f"the result cannot be written: {error}")
        return FAILED
    finally:
        # a run that was refused before it began leaves no empty folder behind
        if options.output is None and not any(folder.iterdir()):
            folder.rmdir()
    figures = config.output.figures and not options.no_figures
    film = options.film or (config.output.film and not options.no_figures)
    pictures: list[Path] = []
    try:
        pictures = draw(result, figures, film, options.quiet)
    except OSError as error:
        say(f"warning: the figures cannot be written: {error}; the data are complete")
    return _report(result, pictures, options.quiet)


def _report(result: "Result", pictures: Sequence[Path], quiet: bool) -> int:
    """Print the end of a run; the exit status."""
    from electrode_model.results.summary import summary

    for step in result.steps:
        if not step.planned:
            text = f"step {step.index + 1} ({step.label}) ended for a reason that was not planned"
            say(f"warning: {text}: {step.reason}. {step.message}".rstrip())
    if result.status == "failed":
        say(f"the solve failed: {result.message}; what there is of the result is kept")
    print(result.folder if quiet else summary(result, pictures))
    return FAILED if result.status == "failed" else 0


def _interrupted(folder: Path) -> str:
    from electrode_model.results.result import Result
    from electrode_model.results.storage import FolderError

    try:
        time = Result.open(folder)["Time [s]"]
    except FolderError:
        return "interrupted before the run began"
    until = f" to {time[-1]:.6g} s" if time.size else ""
    return f"interrupted; the partial result{until} is kept in {folder}"
