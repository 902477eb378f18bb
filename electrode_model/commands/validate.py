"""``electrode-model validate``: the package beside published measurements and models.

Runs the cases of the repository's folder ``validation/``, each as a process of its own, and writes
one page (``validation.html``, for any browser, without a server) and ``validation.json``.

Exit status: 0 if every case came out as it is expected to, also where that is failing; 1 if one
came out worse, or its script crashed; 2 for a mistake; 130 if interrupted.
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from electrode_model.terminal import BAD_INPUT, FAILED, say

if TYPE_CHECKING:
    from electrode_model.validate.cases import Case
    from electrode_model.validate.record import Record
    from electrode_model.validate.suite import Outcome

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "run the validation suite: every case beside its data, on one page"
WORSE = 1
OUTPUT = Path("results", "validation")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="cases; default: all")
    parser.add_argument(
        "--quick", action="store_true",
        help="the subset that is quick, with fewer particles, grid points or curves",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="list the cases and run none")
    parser.add_argument(
        "--accept", action="store_true",
        help="record the verdicts of this run as those that are expected, in each case.yaml",
    )  # fmt: skip
    parser.add_argument("-j", "--jobs", type=int, metavar="N", help="processes (default: cores)")
    parser.add_argument(
        "--cases", type=Path, metavar="DIR",
        help="folder of the cases (default: validation/ of the repository)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, default=OUTPUT, metavar="DIR",
        help=f"folder of page, JSON and figures (default {OUTPUT}); what an earlier run wrote there"
        " is replaced",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Run, write, tell; the exit status."""
    from electrode_model.validate.cases import find, folder_of_cases

    if options.jobs is not None and options.jobs < 1:
        say(f"error: --jobs {options.jobs} must be at least 1")
        return BAD_INPUT
    if options.accept and options.quick:
        say("error: --accept needs a full run; leave out --quick")
        return BAD_INPUT
    known = find(folder_of_cases(options.cases), [])
    chosen = find(folder_of_cases(options.cases), options.names)
    if options.quick and not options.names:
        chosen = [case for case in chosen if case.expected_quick is not None or case.open]
    if options.list:
        print(_listing(chosen))
        return 0
    try:
        return _run(chosen, len(known), options)
    except OSError as error:
        say(f"error: {options.output} cannot be written: {error.strerror}")
        return FAILED


def _run(chosen: "list[Case]", known: int, options: argparse.Namespace) -> int:
    import time
    from datetime import datetime, timezone

    from electrode_model.validate.page import write_page
    from electrode_model.validate.record import Record, write_json
    from electrode_model.validate.suite import run_all

    date = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    began = time.perf_counter()
    outcomes = run_all(
        chosen,
        options.output,
        quick=options.quick,
        jobs=options.jobs or os.cpu_count() or 1,
        show=_show,
    )
    seconds = time.perf_counter() - began
    record = Record(tuple(outcomes), options.quick, date, seconds, known)
    for path in (write_json(record, options.output), write_page(record, options.output)):
        print(path)
    print(_summary(record))
    if options.accept:
        print("\n".join(_accepted(record)) or "no verdict has changed")
        return WORSE if any(outcome.error for outcome in outcomes) else 0
    return WORSE if record.surprises() else 0


def _show(outcome: "Outcome", left: int) -> None:
    """One line for each case as it ends."""
    surprises = outcome.surprises()
    text = f"{outcome.verdict:5} {outcome.case.name}, {outcome.seconds:.0f} s, {left} left"
    say("; ".join([text, *surprises]))


def _accepted(record: "Record") -> list[str]:
    """Record what came out; a line for each file that changed, and for each that could not."""
    from electrode_model.validate.baseline import accept

    lines = []
    for outcome in record.outcomes:
        if outcome.error:
            lines.append(f"{outcome.case.name}: not recorded: {outcome.error.splitlines()[0]}")
        elif outcome.rows and accept(outcome):
            lines.append(f"{outcome.case.name}: verdicts recorded in case.yaml")
    return lines


def _summary(record: "Record") -> str:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in record.counts().items())
    expected = [o.case.name for o in record.outcomes if o.verdict == "fail" and not o.surprises()]
    lines = [f"{counts} of {len(record.outcomes)} cases in {record.seconds:.0f} s"]
    lines += [f"failing as expected: {', '.join(expected)}"] if expected else []
    lines += ["worse than expected:", *record.surprises()] if record.surprises() else []
    return "\n".join(lines)


def _listing(cases: "list[Case]") -> str:
    from electrode_model.results.summary import table

    rows = [("case", "quick", "takes about", "title")]
    rows += [
        (
            case.name,
            "yes" if case.expected_quick is not None else "",
            "open" if case.why_open else f"{case.seconds:.0f} s",
            case.title,
        )
        for case in cases
    ]
    return "\n".join(table(rows))
