"""``electrode-model stability``: does a uniform composition hold under current, and where not."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from electrode_model.terminal import BAD_INPUT, add_config, add_electrode, say

if TYPE_CHECKING:
    from electrode_model.analysis.stability import Reaction

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "where a uniform composition is unstable under current, and how much deviations grow"

_FORMATS = (".png", ".pdf", ".svg")
_RATES = (0.01, 0.05, 0.2, 1.0, 4.0, 10.0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_config(parser)
    add_electrode(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="figure, .png, .pdf or .svg (default: <name of the file>_stability.png)",
    )  # fmt: skip
    parser.add_argument(
        "--population", type=int, default=0, metavar="N",
        help="which population of particles, from 0",
    )  # fmt: skip
    parser.add_argument(
        "--strain", action="store_true",
        help="deviations inside a particle, which coherency strain opposes; default: between"
        " particles that share a potential",
    )  # fmt: skip
    parser.add_argument(
        "--strain-force", action="store_true",
        help="as --strain, but with strain in the driving force alone and not in the activity of"
        " a transition state, as in Lim et al. 2016",
    )  # fmt: skip
    parser.add_argument(
        "--rates", type=float, nargs="+", default=_RATES, metavar="C",
        help="C-rates of the table (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--between", type=float, nargs=2, metavar=("LOW", "HIGH"),
        help="fillings between which deviations are followed (default: 0.01 and 0.99, or as far"
        " as the material is known)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Print the table and draw the map; the exit status."""
    from electrode_model.analysis.alone import about_electrode, of_electrode
    from electrode_model.analysis.stability import of_config
    from electrode_model.config.load import load
    from electrode_model.plots.stability import draw
    from electrode_model.results.storage import FolderError

    cell = load(options.config, options.overrides)
    config = of_electrode(cell, options.electrode)
    path: Path = options.output or Path(f"{options.config.stem}_stability.png")
    populations = len(config.positive.particles)
    wrong = _wrong(options, path, populations)
    if wrong:
        say(wrong)
        return BAD_INPUT
    strain = options.strain or options.strain_force
    reaction = of_config(
        config, options.population, strain=strain, strain_in_activity=not options.strain_force
    )
    low, high = options.between or (
        max(0.01, reaction.fillings[0]),
        min(0.99, reaction.fillings[1]),
    )
    print(about_electrode(cell, options.electrode), end="")
    print(_report(reaction, sorted(options.rates), low, high))
    inside = "inside a particle" if strain else "between particles"
    try:
        draw(reaction, path, f"Stability of {reaction.name} under current, {inside}")
    except OSError as error:
        raise FolderError(f"the figure cannot be written: {error}") from error
    print(f"\n{path}")
    return 0


def _wrong(options: argparse.Namespace, path: Path, populations: int) -> str:
    """What is wrong with the options, or nothing."""
    if path.suffix not in _FORMATS:
        return f"--output is {path}; a figure ends in {', '.join(_FORMATS)}"
    if not path.parent.is_dir():
        return f"the figure {path} cannot be written: there is no folder {path.parent}"
    if not 0 <= options.population < populations:
        there = "there is only 0" if populations == 1 else f"write 0 to {populations - 1}"
        return f"--population is {options.population}; {there}"
    if not all(0 < rate < float("inf") for rate in options.rates):
        return f"--rates are {options.rates}; write C-rates above zero, for both directions"
    if options.between and not 0 < options.between[0] < options.between[1] < 1:
        low, high = options.between
        return f"--between is {low:g} {high:g}; write two ascending fillings between 0 and 1"
    return ""


def _report(reaction: "Reaction", rates: list[float], low: float, high: float) -> str:
    import numpy as np

    from electrode_model.analysis.amplification import largest_amplification
    from electrode_model.analysis.stability import spinodal, unstable_fillings
    from electrode_model.results.summary import table

    rows: list[tuple[str, ...]] = [
        ("C-rate", "unstable in discharge", "ln A", "unstable in charge", "ln A")
    ]
    for rate in [*rates, float("inf")]:
        row = [_rate(rate)]
        for signed in (rate, -rate):
            gain = largest_amplification(reaction, signed, low, high).logarithm
            growth = "-" if np.isnan(gain) else f"{gain:.2f}"
            row += [_intervals(unstable_fillings(reaction, signed)), growth]
        rows.append(tuple(row))
    carries_not = any("-" in row for row in rows)
    at_rest = _intervals(spinodal(reaction))
    lines = [
        f"{reaction.name}: the mean particle's rate constant is {reaction.rate_constant:.4g} C,"
        f" its largest exchange current {reaction.exchange * reaction.rate_constant:.4g} C;"
        f" spread of the rate constants {reaction.spread:.3g}",
        f"unstable at rest, fillings: {at_rest}",
        "",
        *table(rows),
        "",
        f"ln A: largest growth of a deviation between fillings of {low:g} and {high:g}",
        *(["  -: the kinetic law cannot carry this rate all the way"] if carries_not else []),
        *_critical(reaction),
        *_thresholds(reaction, low, high),
    ]
    return "\n".join(lines)


def _critical(reaction: "Reaction") -> list[str]:
    from electrode_model.analysis.stability import critical_rates

    lines = []
    for direction in ("discharge", "charge"):
        found = critical_rates(reaction, direction)
        events = [f"{e.event} at {_rate(e.rate)}, filling {e.filling:.3f}" for e in found]
        lines.append(f"critical rates in {direction}: {'; '.join(events) or 'none'}")
    return lines


def _thresholds(reaction: "Reaction", low: float, high: float) -> list[str]:
    from electrode_model.analysis.amplification import SPLIT, splitting_rates
    from electrode_model.analysis.stability import spinodal

    if reaction.spread == 0 or reaction.strain:
        return []
    if spinodal(reaction):  # the number behind it was found for solid solutions
        return ["a threshold of splitting: none, the material separates at rest"]
    lines = []
    for direction in ("discharge", "charge"):
        found = splitting_rates(reaction, direction, low, high)
        spans = [f"{_rate(a)} to {_rate(b)}" for a, b in found]
        lines.append(
            f"population splits (forced spread above {SPLIT}) in {direction}:"
            f" {', '.join(spans) or 'never'}"
        )
    return lines


def _rate(rate: float) -> str:
    return "infinite" if rate == float("inf") else f"{rate:.4g} C"


def _intervals(intervals: list[tuple[float, float]]) -> str:
    return ", ".join(f"{a:.3f}-{b:.3f}" for a, b in intervals) or "none"
