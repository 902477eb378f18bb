"""What the commands share: exit statuses, messages, the progress bar, drawing a result."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from electrode_model.results.result import Progress, Result

__all__ = [
    "BAD_INPUT",
    "BROKEN_PIPE",
    "FAILED",
    "INTERRUPTED",
    "add_config",
    "add_electrode",
    "draw",
    "progress_bar",
    "say",
]

BAD_INPUT, FAILED, INTERRUPTED, BROKEN_PIPE = 2, 3, 130, 141


def say(text: str) -> None:
    """Print on the error stream."""
    print(text, file=sys.stderr)


def add_config(parser: argparse.ArgumentParser) -> None:
    """Options of a command that reads a configuration."""
    parser.add_argument("config", type=Path, metavar="CONFIG", help="YAML file")
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY.PATH=VALUE",
        help="change a value of the file; may be repeated",
    )  # fmt: skip


def add_electrode(parser: argparse.ArgumentParser) -> None:
    """Option of a command that looks at the particles of one electrode."""
    parser.add_argument(
        "--electrode", choices=("positive", "negative"), default="positive",
        help="which electrode of a full cell (default: positive)",
    )  # fmt: skip


def draw(result: "Result", figures: bool, film: bool, quiet: bool) -> list[Path]:
    """Draw into the result's folder; what cannot be drawn is said, and is no error."""
    note: Callable[[str], None] = (lambda text: None) if quiet else say
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
def progress_bar(quiet: bool, n_steps: int) -> Iterator[Callable[["Progress"], None] | None]:
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
