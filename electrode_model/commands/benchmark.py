"""``electrode-model benchmark``: what the solver costs, and others in the same run.

Prints a table, writes benchmark.json, draws the cost against the size and the error against the
time.  Each case is solved in a process of its own, on one core.  All of it takes an hour or so;
--quick some minutes.
"""

import argparse
from pathlib import Path

from electrode_model.terminal import BAD_INPUT, FAILED, say

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "measure standard problems, also with CasADi's idas and PyBaMM"

_OTHERS = ("numpy", "idas", "pybamm")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "--against", type=_programs, default=(), metavar="NAMES",
        help="also solve by these: pybamm (where installed), idas, numpy (without compiled core)",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="the small cases; three tolerances")
    parser.add_argument(
        "--cases", nargs="+", default=(), metavar="NAME", help="these, or those whose names hold it"
    )
    parser.add_argument("--no-precision", action="store_true", help="leave out error against time")
    parser.add_argument(
        "--limit", type=_positive, default=600.0, metavar="S",
        help="longest solve [s] (default: 600)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("results", "benchmark"), metavar="DIR",
        help="folder of benchmark.json and the figures (default: results/benchmark)",
    )  # fmt: skip
    parser.add_argument("--one", nargs=2, metavar=("PROGRAM", "CASE"), help=argparse.SUPPRESS)
    parser.add_argument("--precision", action="store_true", help=argparse.SUPPRESS)


def _programs(text: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    for name in names:
        if name not in _OTHERS:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(_OTHERS)}")
    return names


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time above 0 s")
    return value


def run(options: argparse.Namespace) -> int:
    """Measure, print, write, draw; 2 if there is no such case, 3 if one was not solved."""
    from electrode_model.benchmarks import suite

    if options.one:
        program, case = options.one
        suite.measure_one(program, case, options.limit, options.precision, options.quick)
        return 0
    from electrode_model.benchmarks.cases import chosen

    try:
        cases = chosen(options.cases, quick=options.quick)
    except ValueError as error:
        say(str(error))
        return BAD_INPUT
    from electrode_model.benchmarks import figures, precision, table

    machine, path = table.about(), options.output / "benchmark.json"
    for program in options.against:
        if not suite.installed(program):
            say(f"{program} is not installed here: pip install 'electrode-model[compare]'")
    print(table.HEAD)
    found: list[suite.Row] = []

    def show(row: suite.Row) -> None:
        print(table.line(row), flush=True)
        found.append(row)
        table.write(path, machine, found, suite.exponents(found), [])

    suite.measure(cases, options.against, options.limit, show)
    growth = suite.exponents(found)
    print(table.NOTES)
    for text in (*table.exponent_lines(growth), table.crowding_line(found)):
        if text:
            print(text)
    curves = []
    if not options.no_precision:
        names = {case.name for case in cases}
        problems = [p for p in precision.PROBLEMS if p.case in names]
        curves = suite.curves(problems, options.against, options.limit, quick=options.quick)
    table.write(path, machine, found, growth, curves)
    print(path)
    for picture in figures.draw(found, growth, curves, options.output):
        print(picture)
    unsolved = [row for row in found if row.program == suite.OWN and not row.complete]
    return FAILED if unsolved else 0
