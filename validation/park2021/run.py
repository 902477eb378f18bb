"""Park et al. 2021, fictitious phase separation of NMC: rows, figures, phase-evolution diagram.

    python validation/park2021/run.py [--quick] [-o DIR]

Writes rows.md and rows.json, the figures and the diagram's CSV files into DIR (default out/ beside
this file); prints the rows.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))  # a script is given its own folder only

from electrode_model.analysis import evolution_tables  # noqa: E402
from electrode_model.analysis.evolution import Diagram, Variant, diagram  # noqa: E402
from electrode_model.plots import evolution as plots  # noqa: E402
from electrode_model.validate.figures import CASE_STYLE  # noqa: E402
from electrode_model.validate.rows import Row, verdict, write  # noqa: E402
from validation.park2021 import (  # noqa: E402
    diffraction,
    ensemble,
    figures,
    fokker_planck,
    inverse,
    limits,
    recovery,
    relaxation,
)
from validation.park2021.cases import ENSEMBLE, few, spread_text  # noqa: E402

#: Rows of other modules of this folder: diffraction, population balance, measured j0, inverse.
OTHERS = (diffraction, fokker_planck, recovery, inverse)
RATES = (
    0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.33, 0.36, 0.4, 0.45, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0,
    2.5, 3.0, 4.0, 5.0, 6.5, 8.0, 10.0,
)  # fmt: skip
STARTS = (0.99, 0.98, 0.96, 0.94, 0.92, 0.90)
OPEN = {
    "P20": (
        "published data of Figs. 1 and 2 (10.7910/DVN/EMJFMU, 10.7910/DVN/AVP215)",
        "not obtained: everything here is simulated, nothing is compared with measured histograms",
    ),
}


def evolution(quick: bool, folder: Path) -> Row:
    """The diagram of Fig. 5d with its magnification, and how long it took."""
    count = 200 if quick else 1000
    rates = RATES[::4] if quick else RATES
    over = [
        Variant(f"start {start}", (f"positive.initial_filling={start}",))
        for start in (STARTS[::3] if quick else STARTS)
    ]
    began = _cpu()
    found = diagram(ENSEMBLE, rates, over, overrides=few(count), jobs=2)
    seconds = (_cpu() - began) / 2  # of each process: other work may share the cores
    evolution_tables.write(found, folder)
    plots.draw(found, folder, f"NMC532 ensemble, {count} particles")
    half_cycles = sum(len(tracks) for tracks in found.tracks.values())
    half_cycles += sum(limit.runs for limit in found.thresholds.values())
    two_way = [limit.rate for (_, delithiation), limit in found.thresholds.items() if delithiation]
    return Row(
        "P9 (diagram)",
        "phase-evolution diagram over rate, composition and start (Fig. 5d)",
        "complete in ten minutes with two processes; no split in lithiation",
        f"{len(over)} starts x {len(rates)} rates x 2 directions and thresholds, {half_cycles}"
        f" half cycles of {count} particles; thresholds {spread_text(two_way)} C",
        verdict(seconds < 600 and _delithiation_only(found)),
        "ten minutes of processor time for each of two processes; what it took: README.md",
    )


def _cpu() -> float:
    """Seconds of processor time of this process and of those that it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _delithiation_only(found: Diagram) -> bool:
    return all(
        (max(track.peak for track in tracks) > 0.05) == delithiation
        and not any(track.reason for track in tracks)
        for (_, delithiation), tracks in found.tracks.items()
    )


def others(quick: bool) -> list[Row]:
    """Rows of the other modules, and those that are open."""
    found = [row for module in OTHERS for row in module.rows(quick)]
    known = {row.id.split()[0] for row in found}
    found += [
        Row(name, claim, "", "", "open", why)
        for name, (claim, why) in OPEN.items()
        if name not in known
    ]
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, judge, draw, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few particles and rates")
    parser.add_argument("--only-own", action="store_true", help="leave out the other modules' rows")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args(arguments)
    quick, folder = options.quick, options.output
    folder.mkdir(parents=True, exist_ok=True)
    rows = [evolution(quick, folder)]
    limit = limits.find(quick)
    rows += ensemble.rows(quick) + relaxation.rows(quick) + limits.rows(quick, limit)
    rows += [] if options.only_own else others(quick)
    rows.sort(key=lambda row: (int("".join(filter(str.isdigit, row.id.split()[0])) or 99), row.id))
    print(write(rows, folder))
    figures.bifurcation(folder / "nmc_bifurcation.png", quick)
    figures.moved(limit, folder / "threshold.png")
    figures.relaxation(folder / "relaxation.png", quick)
    figures.ohmic(folder / "ohmic.png", quick)
    figures.heterogeneous(folder / "heterogeneous.png", quick)
    if not options.only_own:
        with matplotlib.rc_context(CASE_STYLE):  # also what the package draws has text as text
            for module in OTHERS:
                module.figures(folder, quick)
    print(f"Figures and tables: {folder}")


if __name__ == "__main__":
    main()
