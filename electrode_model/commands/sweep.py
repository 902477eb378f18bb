"""``electrode-model sweep``: many simulations of one configuration, and their table.

A YAML file names a configuration and axes, or a CSV file of cases (docs/sweep.md).  The cases run
in processes of this machine or on a Dask cluster.  The same command again goes on where it was
left, and runs no case twice.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrode_model.terminal import BAD_INPUT, FAILED, INTERRUPTED, say

if TYPE_CHECKING:
    from electrode_model.sweeps.table import SweepTable

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "run a configuration with many values, in parallel, into one table"

_MOST_REASONS = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("sweep", type=Path, metavar="SWEEP.yaml", help="what is varied")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR",
        help="folder of the sweep; one that holds cases is gone on with"
        " (default: results/<name of the file>)",
    )  # fmt: skip
    parser.add_argument(
        "-j", "--jobs", type=int, metavar="N", help="simulations at a time (default: cores)"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--cluster", choices=("local", "slurm", "pbs"), help="start a Dask cluster and run there"
    )
    where.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="run on the Dask cluster of this scheduler, such as tcp://localhost:8786",
    )  # fmt: skip
    parser.add_argument(
        "--again", action="store_true", help="run again cases that did not finish as planned"
    )
    parser.add_argument("--check", action="store_true", help="count the cases, and run none")
    parser.add_argument("--no-figures", action="store_true", help="draw nothing")
    parser.add_argument("--quiet", action="store_true", help="print nothing but the table's path")


def run(options: argparse.Namespace) -> int:
    """Run what is left, write, draw; the exit status."""
    if options.jobs is not None and options.jobs < 1:
        say(f"-j is {options.jobs}; write 1 or more simulations at a time")
        return BAD_INPUT
    from electrode_model.results.storage import FolderError
    from electrode_model.sweeps.cluster import ClusterError
    from electrode_model.sweeps.plan import read_plan
    from electrode_model.sweeps.run import Where, run_plan
    from electrode_model.sweeps.sweep import default_folder

    plan = read_plan(options.sweep)
    if options.check:
        print(f"{len(plan)} cases of {plan.config.base}")
        for column in plan.columns:
            print(f"  {column.name}")
        return 0
    folder: Path = options.output or default_folder(plan.stem)
    where = Where(options.jobs, options.scheduler, options.cluster)
    bar = _Bar(options.quiet)
    try:
        with bar:
            table = run_plan(plan, folder, where, again=options.again, tell=bar)
    except KeyboardInterrupt:
        say(f"interrupted; {bar.said} are kept in {folder}, and the same command goes on there")
        return INTERRUPTED
    except ClusterError as error:
        say(str(error))
        return FAILED if bar.total else BAD_INPUT
    except OSError as error:
        raise FolderError(f"the sweep cannot be written: {error}") from error
    _report(table, bar, options.quiet)
    if not options.no_figures:
        from electrode_model.plots.sweep import draw

        figures = plan.config.figures
        try:
            pictures = draw(table, folder / "figures", figures.value, figures.over)
        except OSError as error:
            pictures = []
            say(f"warning: the figures cannot be written: {error}; the table is complete")
        for path in () if options.quiet else pictures:
            print(path)
    return 0


class _Bar:
    """A bar on a terminal: cases done, time left, cases in trouble."""

    def __init__(self, quiet: bool) -> None:
        from tqdm import tqdm

        self._bar: Any = tqdm(
            disable=True if quiet else None, leave=False, dynamic_ncols=True, unit="case"
        )
        self.done = self.total = self.before = 0

    @property
    def said(self) -> str:
        """Such as "12 of 200 cases"."""
        return f"{self.done} of {self.total} cases"

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, progress: Any) -> None:
        self.done, self.total, self.before = progress.done, progress.total, progress.before
        if self._bar.total is None and not self._bar.disable:
            # the time left is told from the cases of this time
            self._bar.reset(progress.total)
            self._bar.initial = self._bar.n = progress.before
        if progress.troubles:
            self._bar.set_postfix_str(f"{progress.troubles} not as planned", refresh=False)
        self._bar.update(progress.done - self._bar.n)


def _report(table: "SweepTable", bar: _Bar, quiet: bool) -> None:
    """Print what came out, with the reasons of cases that did not finish."""
    from electrode_model.sweeps.store import TABLE

    troubled = (table["Status"] != "finished").nonzero()[0]
    reasons: dict[tuple[str, str], list[int]] = {}
    for row in troubled:
        reason = table["Status"][row], table["End reason"][row]
        reasons.setdefault(reason, []).append(int(table["Case"][row]))
    for (status, why), cases in list(reasons.items())[:_MOST_REASONS]:
        more = f" and {len(cases) - 1} more" if len(cases) > 1 else ""
        say(f"warning: case {cases[0]}{more} {status}: {why}")
    if len(reasons) > _MOST_REASONS:
        say(f"warning: {len(reasons) - _MOST_REASONS} more reasons are in the table")
    if quiet:
        print(table.folder / TABLE)
        return
    counts = ", ".join(f"{number} {status}" for status, number in table.counts().items())
    known = f"; {bar.before} were known" if bar.before else ""
    print(f"{table.name}: {len(table)} cases, {counts}{known}")
    print(table.folder / TABLE)
