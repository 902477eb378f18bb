"""``electrode-model fit``: parameters of a configuration from measured curves."""

import argparse
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrode_model.terminal import BAD_INPUT, FAILED, INTERRUPTED, say

if TYPE_CHECKING:
    from electrode_model.fit.evaluator import Progress

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "fit parameters of a configuration to measured curves"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("fit", type=Path, metavar="FIT", help="YAML file of the fit")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY.PATH=VALUE",
        help="change a value of the fit's file; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR",
        help="folder of the result (default: a new results/<name of the file>-<n>)",
    )  # fmt: skip
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--overwrite", action="store_true", help="replace an old result in DIR")
    group.add_argument(
        "--resume", action="store_true", help="go on with the fit that was stopped in DIR"
    )
    parser.add_argument("--check", action="store_true", help="read and check the files only")
    parser.add_argument(
        "--quiet", action="store_true", help="print nothing but the folder of the result"
    )


def run(options: argparse.Namespace) -> int:
    """Fit; the exit status."""
    from electrode_model.fit.fit import Interrupted, carry_out
    from electrode_model.fit.folder import claim, release
    from electrode_model.fit.inverse import is_inverse
    from electrode_model.fit.outcome import PAGE
    from electrode_model.fit.setting import read_plan

    if is_inverse(options.fit, options.overrides):
        return _histograms(options)
    plan = read_plan(options.fit, options.overrides)
    if not options.quiet:
        for note in plan.notes:
            say(note)
    if options.check:
        return 0
    folder = claim(options.output, options.fit.stem, options.overwrite, options.resume)
    try:
        with _terminable(), _progress_bar(options.quiet) as show:
            found = carry_out(plan, str(options.fit), folder, resume=options.resume, progress=show)
    except KeyboardInterrupt as stop:
        partial = stop.fit if isinstance(stop, Interrupted) else None
        if partial is not None and not options.quiet:
            print(f"{partial}\nin {folder}")
        say(f"interrupted; go on with: electrode-model fit {options.fit} -o {folder} --resume")
        return INTERRUPTED
    except OSError as error:
        say(f"the result cannot be written: {error}")
        return FAILED
    except BaseException:
        release(folder, options.output is None)
        raise
    print(folder if options.quiet else f"{found}\nin {folder}, as a page: {folder / PAGE}")
    if found.status != "converged":
        say(f"warning: the fit did not converge: {found.message}; raise method.iterations")
    return 0


@contextmanager
def _terminable() -> Iterator[None]:
    """A polite kill, as schedulers send before the limit of a job, is an interrupt."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield  # others must not touch signals
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _histograms(options: argparse.Namespace) -> int:
    """A fit to composition histograms."""
    from electrode_model.fit.folder import claim, release
    from electrode_model.fit.inverse import carry_out_inverse, read_inverse

    if options.resume:
        say("a fit to histograms is short and cannot be gone on with; leave out --resume")
        return BAD_INPUT
    task = read_inverse(options.fit, options.overrides)
    if options.check:
        return 0
    folder = claim(options.output, options.fit.stem, options.overwrite, resume=False)
    try:
        found = carry_out_inverse(task)
        found.write(folder)
    except (RuntimeError, ValueError, OSError) as error:
        release(folder, options.output is None)
        say(f"the fit failed: {error}")
        return FAILED
    except BaseException:
        release(folder, options.output is None)
        raise
    print(folder if options.quiet else f"{found}\nin {folder}")
    return 0


@contextmanager
def _progress_bar(quiet: bool) -> Iterator["Callable[[Progress], None] | None"]:
    """A line on a terminal: stage, simulations, the best curve so far."""
    from tqdm import tqdm

    bar: Any = tqdm(
        disable=True if quiet else None,  # None: only on a terminal
        bar_format="{n} simulations in {elapsed}  {desc}",
        leave=False,
        dynamic_ncols=True,
    )
    with bar:

        def show(progress: "Progress") -> None:
            pairs = zip(progress.names, progress.values, strict=False)
            values = ", ".join(f"{name} {value:.4g}" for name, value in pairs)
            best = f"best {1e3 * progress.best:.2f} mV rms: {values}" if values else ""
            bar.set_description_str(f"{progress.stage}; {best}", refresh=False)
            bar.update(progress.simulations - bar.n)

        yield None if bar.disable else show
