"""``electrode-model fokker-planck``: does a population split, and from which rate on?

The distribution of filling of one population of a configuration, its particles taken as uniform
and alike, with noise of the exchange at their surface (Park et al. 2021).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from electrode_model.terminal import BAD_INPUT, FAILED, add_config, add_electrode, say

if TYPE_CHECKING:
    from electrode_model.config.model import Config
    from electrode_model.fokker_planck.evolve import Evolution

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "distribution of filling with noise: peaks and threshold rate"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_config(parser)
    add_electrode(parser)
    parser.add_argument(
        "--rate", type=float, action="append", metavar="C",
        help="C-rate of both half cycles; may be repeated (default: those of the protocol)",
    )  # fmt: skip
    parser.add_argument(
        "--noise", type=float, default=1e-2, metavar="D0",
        help="noise D0, the inverse of a number of sites (default: 0.01, assumed)",
    )  # fmt: skip
    parser.add_argument(
        "--start", type=float, metavar="C0",
        help="mean filling where delithiation starts (default: the highest of the configuration)",
    )  # fmt: skip
    parser.add_argument(
        "--end", type=float, default=0.5, metavar="C1",
        help="mean filling where it ends and lithiation starts (default: 0.5)",
    )  # fmt: skip
    parser.add_argument(
        "--population", type=int, default=0, metavar="N", help="which population (default: 0)"
    )
    parser.add_argument(
        "--cells", type=int, default=800, metavar="N", help="cells of filling (default: 800)"
    )
    parser.add_argument(
        "--no-threshold", action="store_true", help="leave out the threshold rate, a dozen runs"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder of the figure")


def run(options: argparse.Namespace) -> int:
    """Solve, print a table, draw; the exit status."""
    from electrode_model.analysis.alone import about_electrode, cell_rate, of_electrode
    from electrode_model.config.load import load
    from electrode_model.fokker_planck.law import law_of
    from electrode_model.fokker_planck.peaks import half_cycle, threshold
    from electrode_model.fokker_planck.system import uniform

    cell = load(options.config, options.overrides)
    config, scale = of_electrode(cell, options.electrode), cell_rate(cell, options.electrode)
    rates = options.rate or [scale * rate for rate in _rates(config)]
    start = _highest(config, options.population) if options.start is None else options.start
    fault = _fault(options, rates, start)
    if fault:
        say(fault)
        return BAD_INPUT
    law = law_of(config, options.population, noise=options.noise)
    low, high = law.domain
    if not low < options.end < start < high:
        say(
            f"--end {options.end:g} and --start {start:g}: needed is {low:g} < end < start <"
            f" {high:g}, the fillings that the material's open-circuit voltage covers"
        )
        return BAD_INPUT
    grid = uniform(law.domain, options.cells)
    print(about_electrode(cell, options.electrode), end="")
    print(f"rate constant {law.rate:.4g} 1/h, D0 = {law.noise:g}, {options.cells} cells")
    print(f"{'direction':13}{'C-rate':>8}{'P2/H':>8}  {'peaks':15}{'split between':16}{'s.d.':>7}")
    runs: list[Evolution] = []
    ways = (("delithiation", start, options.end), ("lithiation", options.end, start))
    try:
        for word, first, last in ways:
            for rate in rates:
                runs.append(half_cycle(law, rate, first, last, grid))
                print(_line(word, rate, runs[-1]))
        for word, first, last in () if options.no_threshold else ways:
            found = threshold(law, first, last, cells=options.cells, accuracy=0.03)
            text = "none" if found == float("inf") else f"{found:.3g} C"
            print(f"threshold of {word}: {text}  (P2/H = 0.05)")
    except RuntimeError as error:
        say(f"{error}; try more --cells")
        return FAILED
    if options.output is not None:
        _draw(runs, options.output, config.name)
    return 0


def _fault(options: argparse.Namespace, rates: list[float], start: float) -> str | None:
    """What is wrong with the numbers given, in a sentence."""
    if not rates:
        return "the protocol has no current in C-rates; give --rate, for example --rate 2"
    wrong = [rate for rate in rates if not 0 < abs(rate) < 1e4]
    if wrong:
        return f"--rate {wrong[0]:g}: a C-rate between 0 and 10000 is needed, for example 2"
    if not 1e-5 <= options.noise <= 1:
        return f"--noise {options.noise:g}: 0.00001 to 1 is allowed; write for example 0.01"
    if not 50 <= options.cells <= 100_000:
        return f"--cells {options.cells}: 50 to 100000 is allowed; write for example 800"
    if not 0 < options.end < start < 1:
        return f"--end {options.end:g}, --start {start:g}: 0 < end < start < 1 is needed"
    return None


def _rates(config: "Config") -> list[float]:
    """Sizes of the C-rates of the protocol."""
    currents = [step.current for step in config.protocol if step.current is not None]
    return sorted({abs(current.value) for current in currents if current.unit == "C-rate"})


def _highest(config: "Config", population: int) -> float:
    """The filling at the start where that is high, else its mirror image."""
    filling = config.positive.initial_filling
    filling = 0.99 if filling is None else filling
    return max(filling, 1 - filling)


def _line(word: str, rate: float, run: "Evolution") -> str:
    from electrode_model.fokker_planck.peaks import LEAST_RATIO, peaks

    found, mean = peaks(run), run.mean
    widest = max(found, key=lambda one: one.ratio)
    places, window = "one", "-"
    if widest.ratio >= LEAST_RATIO:
        inside = [m for m, one in zip(mean, found, strict=True) if one.ratio >= LEAST_RATIO]
        places = " and ".join(f"{p:.2f}" for p in sorted(widest.positions))
        window = f"{min(inside):.3f} to {max(inside):.3f}"
    spread = float(run.moments()[1].max())
    return f"{word:13}{abs(rate):8.3g}{widest.ratio:8.3f}  {places:15}{window:16}{spread:7.4f}"


def _draw(runs: "list[Evolution]", folder: Path, name: str) -> None:
    from electrode_model.plots.fokker_planck import draw
    from electrode_model.results.storage import FolderError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        print(draw(runs, folder / "fokker_planck.png", name or "Fokker-Planck population"))
    except OSError as error:
        raise FolderError(f"the figure cannot be written: {error}") from error
