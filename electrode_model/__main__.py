"""The command line: ``electrode-model`` or ``python -m electrode_model``.

Exit status: 0 done (also if a step ended for a reason that was not planned: a warning says
so), 2 bad configuration or folder, 3 the solve failed (what there is of the result is kept),
130 interrupted (likewise kept).  Modules that take long to import are imported where needed.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from electrode_model.results.result import Progress, Result

__all__ = ["main"]

BAD_INPUT, FAILED, INTERRUPTED, BROKEN_PIPE = 2, 3, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _open_streams()
    try:
        status = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # the reader (`| head`) has gone; the interpreter must not try to flush again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED
    except OSError as error:
        # a full disk behind `> file`; what cannot be flushed now cannot be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _say(f"the output cannot be written: {error}")
        return FAILED
    except MemoryError:
        _say("out of memory; reduce positive.volumes, per_volume or nodes, or save fewer fields")
        return FAILED
    return status


def _open_streams() -> None:
    """A shell may close them (``>&-``): what is written is then lost, and that is no error."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # until the exit
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def _dispatch(arguments: list[str]) -> int:
    if arguments[:1] == ["benchmark"]:
        # its options are its own business
        from electrode_model.benchmark import main as benchmark

        return int(benchmark(arguments[1:]))
    options = _parser().parse_args(arguments)
    from electrode_model.config.problems import ConfigError
    from electrode_model.results.storage import FolderError

    try:
        return int(options.command(options))
    except (ConfigError, FolderError) as error:
        _say(str(error))
        return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="electrode-model",
        description="Porous battery electrodes as thousands of particles that compete for lithium.",
        epilog="Exit status: 0 done, 2 bad configuration, 3 solve failed, 130 interrupted.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="simulate a configuration, write and draw its result")
    _add_config(run)
    run.add_argument(
        "-o", "--output", type=Path, metavar="DIR",
        help="folder of the result (default: a new results/<name of the file>-<n>)",
    )  # fmt: skip
    run.add_argument("--overwrite", action="store_true", help="replace an old result in DIR")
    run.add_argument(
        "--quiet", action="store_true", help="print nothing but the folder of the result"
    )
    run.add_argument("--film", action="store_true", help="also make a film (GIF) of the particles")
    run.add_argument("--no-figures", action="store_true", help="draw nothing")
    run.set_defaults(command=_run)

    check = commands.add_parser("check", help="print every resolved value and where it came from")
    _add_config(check)
    check.set_defaults(command=_check)

    plot = commands.add_parser("plot", help="draw the figures of a saved result anew")
    plot.add_argument("folder", type=Path, metavar="DIR", help="folder of the result")
    plot.add_argument("--film", action="store_true", help="also make a film (GIF) of the particles")
    plot.set_defaults(command=_plot)

    schema = commands.add_parser("schema", help="print the JSON schema of configurations")
    schema.set_defaults(command=_schema)

    commands.add_parser("benchmark", help="measure standard problems; see benchmark --help")
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: that takes longer than all of --help."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from electrode_model.results.provenance import package_version

        print(f"electrode-model {package_version('electrode-model')}")
        parser.exit()


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, metavar="CONFIG", help="YAML file")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY.PATH=VALUE",
        help="change a value of the file; may be repeated",
    )  # fmt: skip


def _run(options: argparse.Namespace) -> int:
    from electrode_model.config.load import load
    from electrode_model.results.storage import check_folder, next_folder
    from electrode_model.simulation.simulate import simulate

    config = load(options.config, options.overrides)
    folder: Path = options.output or next_folder(Path("results"), options.config.stem)
    check_folder(folder, options.overwrite)
    try:
        with _progress(options.quiet, len(config.protocol)) as show:
            result = simulate(config, folder=folder, overwrite=options.overwrite, progress=show)
    except KeyboardInterrupt:
        _say(_interrupted(folder))
        return INTERRUPTED
    except OSError as error:
        _say(f"the result cannot be written: {error}")
        return FAILED
    finally:
        # a run that was refused before it began leaves no empty folder behind
        if options.output is None and not any(folder.iterdir()):
            folder.rmdir()
    figures = config.output.figures and not options.no_figures
    film = options.film or (config.output.film and not options.no_figures)
    pictures: list[Path] = []
    try:
        pictures = _draw(result, figures, film, options.quiet)
    except OSError as error:
        _say(f"warning: the figures cannot be written: {error}; the data are complete")
    return _report(result, pictures, options.quiet)


def _report(result: "Result", pictures: Sequence[Path], quiet: bool) -> int:
    """Print the end of a run; the exit status."""
    from electrode_model.results.summary import summary

    for step in result.steps:
        if not step.planned:
            text = f"step {step.index + 1} ({step.label}) ended for a reason that was not planned"
            _say(f"warning: {text}: {step.reason}. {step.message}".rstrip())
    if result.status == "failed":
        _say(f"the solve failed: {result.message}; what there is of the result is kept")
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


def _check(options: argparse.Namespace) -> int:
    from electrode_model.config.load import explain
    from electrode_model.results.summary import table

    entries = explain(options.config, options.overrides)
    rows = [(entry.key, _text(entry.value), entry.unit, entry.origin) for entry in entries]
    print("\n".join(table([("key", "value", "unit", "from"), *rows])))
    return 0


def _text(value: object) -> str:
    """As one writes it in YAML."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _plot(options: argparse.Namespace) -> int:
    from electrode_model.results.result import Result
    from electrode_model.results.storage import FolderError

    result = Result.open(options.folder)
    if result.partial:
        _say(f"warning: {options.folder} is partial: its run was killed or is still going")
    try:
        pictures = _draw(result, True, options.film, quiet=False)
    except OSError as error:
        raise FolderError(f"the figures cannot be written: {error}") from error
    for path in pictures:
        print(path)
    return 0


def _schema(options: argparse.Namespace) -> int:
    from electrode_model.config.load import json_schema

    print(json.dumps(json_schema(), indent=2))
    return 0


def _draw(result: "Result", figures: bool, film: bool, quiet: bool) -> list[Path]:
    """Draw into the result's folder; what cannot be drawn is said, and is no error."""
    note: Callable[[str], None] = (lambda text: None) if quiet else _say
    paths: list[Path] = []
    if result.folder is None:
        return paths
    if figures:
        from electrode_model.plots.plot import draw

        paths += draw(result, result.folder / "figures", note)
    if film:
        from electrode_model.plots.film import film as make_film

        try:
            paths.append(make_film(result, result.folder / "figures" / "film.gif"))
        except ValueError as error:
            note(str(error))
    return paths


@contextmanager
def _progress(quiet: bool, n_steps: int) -> Iterator[Callable[["Progress"], None] | None]:
    """A bar on a terminal: share of the protocol done, where the run is, wall time left."""
    from tqdm import tqdm

    bar: Any = tqdm(
        total=n_steps,
        disable=True if quiet else None,  # None: only on a terminal
        bar_format="{percentage:3.0f}% {bar:12} left {remaining}  {desc}",
        leave=False,
        dynamic_ncols=True,
        mininterval=0,  # the caller is slow enough; by default a slow step is never redrawn
        miniters=0,
    )
    with bar:

        def show(progress: "Progress") -> None:
            fraction = progress.fraction
            # an unknown fraction (nan) leaves the bar where it is
            done = progress.step + (fraction if 0 <= fraction <= 1 else 0.0)
            # the label comes last: a narrow terminal cuts it off
            text = (
                f"step {progress.step + 1}/{progress.n_steps}, {progress.time:.0f} s, "
                f"{progress.voltage:.3f} V, {progress.label}"
            )
            bar.set_description_str(text, refresh=False)
            if done < 0.01:  # too little to tell the time left by
                bar.refresh()
            else:
                bar.update(max(done - bar.n, 0.0))

        yield None if bar.disable else show


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
