"""``electrode-model diagram``: where, in C-rate and composition, a population splits.

Half cycles of a configuration at many rates, in both directions, in parallel; the prominence
of the second peak of the composition histogram along each (Park et al., Nature Mater. 20 (2021)
991, Fig. 5d), and the threshold rate.  Writes CSV files and figures.
"""

import argparse
from pathlib import Path

from electrode_model.terminal import BAD_INPUT, INTERRUPTED, add_config, say

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "map where a population splits: C-rate against composition, and the threshold rate"

RATES = "0.05,0.1,0.15,0.2,0.25,0.3,0.35,0.4,0.5,0.6,0.8,1,1.4,2,3,4,6,8"
_MOST_VARIANTS = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    add_config(parser)
    parser.add_argument(
        "--rates", default=RATES, metavar="C,C,...", help=f"C-rates (default {RATES})"
    )
    parser.add_argument(
        "--over", action="append", default=[], metavar="KEY.PATH=VALUE,VALUE,...",
        help="draw the diagram for each of these values; may be repeated: all combinations",
    )  # fmt: skip
    parser.add_argument(
        "--direction", choices=("both", "delithiation", "lithiation"), default="both",
        help="which half cycles (default both)",
    )  # fmt: skip
    parser.add_argument(
        "--end", type=float, default=0.5, metavar="FILLING",
        help="mean filling where delithiation ends and lithiation begins (default 0.5); the other"
        " one is initial_filling of the file",
    )  # fmt: skip
    parser.add_argument("--no-threshold", action="store_true", help="seek no threshold rate")
    parser.add_argument("-j", "--jobs", type=int, metavar="N", help="processes (default: cores)")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR",
        help="folder of the diagram (default: a new results/<name of the file>-diagram-<n>)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Simulate, write, draw; the exit status."""
    mistake = _mistake(options)
    if mistake:
        say(mistake)
        return BAD_INPUT
    from tqdm import tqdm

    from electrode_model.analysis import evolution, evolution_tables
    from electrode_model.config.load import load
    from electrode_model.config.model import Counter
    from electrode_model.plots.evolution import draw
    from electrode_model.results.storage import FolderError, next_folder

    axes = {key: values.split(",") for key, _, values in (t.partition("=") for t in options.over)}
    directions = {"both": (True, False), "delithiation": (True,), "lithiation": (False,)}
    config = load(options.config, options.overrides)
    if not isinstance(config.negative, Counter):
        say(
            f"{options.config} is a full cell; a diagram wants a half cell, whose filling is that"
            " of one population: write negative: ideal, or negative: {model: lithium_foil}"
        )
        return BAD_INPUT
    folder: Path = options.output or next_folder(Path("results"), f"{options.config.stem}-diagram")
    bar = tqdm(disable=None, leave=False, dynamic_ncols=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)

        def tell(done: int, total: int, what: str) -> None:
            bar.total, bar.n = total, done
            bar.set_description_str(what)

        found = evolution.diagram(
            options.config,
            [float(rate) for rate in options.rates.split(",")],
            evolution.variants(axes),
            overrides=options.overrides,
            end=options.end,
            directions=directions[options.direction],
            accuracy=None if options.no_threshold else 0.02,
            jobs=options.jobs,
            tell=tell,
        )
        bar.close()
        paths = evolution_tables.write(found, folder) + draw(found, folder, config.name)
    except KeyboardInterrupt:
        say("interrupted; nothing is kept of a diagram that is not complete")
        return INTERRUPTED
    except OSError as error:
        raise FolderError(f"the diagram cannot be written: {error}") from error
    finally:
        bar.close()
        if options.output is None and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    _report(found)
    for path in paths:
        print(path)
    return 0


def _mistake(options: argparse.Namespace) -> str:
    """What is wrong with the options, and the cure; empty if nothing is."""
    for text in options.rates.split(","):
        try:
            rate = float(text)
        except ValueError:
            return f"--rates has {text!r}; write C-rates as numbers, such as --rates 0.1,1,4"
        if not 1e-4 <= rate <= 1e3:
            return f"--rates has {text}; allowed are 0.0001 to 1000, and directions go without sign"
    if not 0 < options.end < 1:
        return f"--end is {options.end:g}; it is a mean filling between 0 and 1, such as 0.5"
    if options.jobs is not None and options.jobs < 1:
        return f"-j is {options.jobs}; write 1 or more processes"
    count = 1
    for text in options.over:
        key, equals, values = text.partition("=")
        if not equals or not key or not all(value.strip() for value in values.split(",")):
            return (
                f"--over {text!r} is not KEY.PATH=VALUE,VALUE,...; write for example"
                " --over positive.initial_filling=0.9,0.99"
            )
        count *= len(values.split(","))
    if count > _MOST_VARIANTS:
        return f"--over makes {count} variants; at most {_MOST_VARIANTS} are drawn"
    return ""


def _report(found: object) -> None:
    """Print the thresholds, and say which half cycles did not come to their end."""
    from electrode_model.analysis.evolution import Diagram

    assert isinstance(found, Diagram)
    for (label, delithiation), limit in found.thresholds.items():
        direction = "delithiation" if delithiation else "lithiation"
        text = limit.reason or f"splits above {limit.rate:.3g} C"
        print(": ".join(filter(None, [label, direction, text])))
    for (label, delithiation), tracks in found.tracks.items():
        direction = "delithiation" if delithiation else "lithiation"
        for rate, track in zip(found.rates, tracks, strict=True):
            if track.reason:
                where = ", ".join(filter(None, [label, direction, f"{rate:g} C"]))
                say(f"warning: {where} is incomplete: {track.reason}")
