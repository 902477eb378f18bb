"""``electrode-model benchmark``: what the solver costs, beside CasADi's idas in the same run."""

import argparse
from pathlib import Path

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "measure standard problems"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("cases", nargs="*", metavar="CASE", help="names, or parts of them")
    parser.add_argument("--long", action="store_true", help="also the cases that take minutes")
    parser.add_argument("--repeat", type=int, default=1, help="take the fastest of so many")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")
    parser.add_argument("--one", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Print the table; 1 if a case failed, 2 if there is no such case."""
    from electrode_model import benchmark

    if options.one:
        benchmark.measure_one(options.one)
        return 0
    return benchmark.report(
        options.cases, long=options.long, repeat=options.repeat, json_file=options.json
    )
