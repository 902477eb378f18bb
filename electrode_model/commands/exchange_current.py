"""``electrode-model exchange-current``: measure j0 in silico and compare it with the one put in.

The first population of one electrode, alone, undergoes voltage steps of 5 mV (pitt), current
pulses of up to 5 mV (pulse) or a small-signal impedance with a double layer (impedance).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from electrode_model.terminal import BAD_INPUT, FAILED, add_config, add_electrode, say

if TYPE_CHECKING:
    from electrode_model.analysis.exchange_current import Recovery

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "recover the exchange current from PITT, pulses or impedance"

_FILLINGS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_config(parser)
    add_electrode(parser)
    parser.add_argument(
        "--method", choices=["pitt", "pulse", "impedance"], action="append",
        help="experiment; may be repeated (default: all three)",
    )  # fmt: skip
    parser.add_argument(
        "--filling", type=float, action="append", metavar="C",
        help="filling; may be repeated (default: 0.1 to 0.95 where the material is known)",
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder of the figure")


def run(options: argparse.Namespace) -> int:
    """Measure, print a table, draw; the exit status."""
    from electrode_model.analysis.alone import of_electrode
    from electrode_model.analysis.exchange_current import METHODS, known_range
    from electrode_model.config.load import load

    config = of_electrode(load(options.config, options.overrides), options.electrode)
    low, high = known_range(config)
    fillings = options.filling or [c for c in _FILLINGS if low <= c <= high]
    wrong = [c for c in fillings if not max(low, 1e-6) <= c <= min(high, 1 - 1e-6)]
    if wrong:
        say(
            f"--filling {wrong[0]:g}: the open-circuit voltage of the material is known from"
            f" {low:g} to {high:g}; write a filling between them"
        )
        return BAD_INPUT
    found: list[Recovery] = []
    print(f"{'method':10}{'filling':>8}{'j0 in':>12}{'recovered':>12}  A/m^2{'error':>9}")
    for method in dict.fromkeys(options.method or METHODS):
        try:
            found.append(METHODS[method](config, fillings))
        except (RuntimeError, ValueError) as error:
            say(f"{method}: {error}")
            return FAILED
        one = found[-1]
        rows = zip(one.filling, one.given, one.recovered, one.error, strict=True)
        for c, given, recovered, off in rows:
            print(f"{method:10}{c:8.3f}{given:12.5g}{recovered:12.5g}{100 * off:14.2f} %")
    if options.output is not None:
        _draw(found, options.output, config.name)
    return 0


def _draw(found: "list[Recovery]", folder: Path, name: str) -> None:
    from electrode_model.plots.exchange_current import draw
    from electrode_model.results.storage import FolderError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        print(draw(found, folder / "exchange_current.png", name or "Exchange current"))
    except OSError as error:
        raise FolderError(f"the figure cannot be written: {error}") from error
