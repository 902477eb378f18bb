"""A fit of the 12.5 A h NMC111 | graphite pouch cell at C/20 and 1C, and C/2 predicted.

    python validation/fits/aboutenergy_nmc/run.py [-o DIR]

Does what ``electrode-model fit fit.yaml`` does, simulates the fitted cell at the three rates, and
writes the fit's report, a table of rows and a figure, in out/ by default.  The exit status is 1 if
a row is not reproduced.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))  # a script is given its own folder only

from electrode_model.fit.fit import fit  # noqa: E402
from electrode_model.validate.figures import CASE_STYLE, rate_capability, save  # noqa: E402
from electrode_model.validate.rows import Row, write  # noqa: E402
from validation.fits.full_cell import (  # noqa: E402
    Cell,
    Comparison,
    draw,
    draw_errors,
    expand,
    known,
    row,
    timed,
)

DATA = HERE.parents[1] / "bpx/data/aboutenergy_nmc111_gr_pouch"
NAMES = {"C/20": "Co20", "C/2": "Co2", "1C": "1C"}
CELL = Cell({k: DATA / f"NMC_25degC_{v}.csv" for k, v in NAMES.items()}, 34 * 0.016808)
#: mV rms to 95 % of the parameters as imported, on the same points: validation/bpx.
IMPORTED = {"C/20": 9.0, "C/2": 9.4, "1C": 10.9}
RATES = {"C/20": 0.05, "C/2": 0.5, "1C": 1.0}


def rows(folder: Path) -> tuple[list[Row], dict[str, Comparison]]:
    """Fit, simulate, judge."""
    found = fit(HERE / "fit.yaml", folder=folder / "fit")
    curves = expand(CELL, found)
    result = [
        row(
            f"{'predicted' if rate == 'C/2' else 'fitted'} {rate}",
            f"{'predicted' if rate == 'C/2' else 'fitted'} discharge at {rate}: no worse than the"
            " parameters as imported",
            one,
            IMPORTED[rate],
        )
        for rate, one in curves.items()
    ]
    return [*result, known("parameters", found), timed("time", found)], curves


def main(argv: Sequence[str] | None = None) -> int:
    """Run; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(argv)
    options.output.mkdir(parents=True, exist_ok=True)
    found, curves = rows(options.output)
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(12.6, 4.0), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        draw(left, CELL, curves, "NMC111 | graphite, 12.5 A h")
        draw_errors(middle, curves, "errors at equal charge", 40)
        middle.legend(loc="lower left")
        ends = [(RATES[k], float(CELL.read(k)[0][-1])) for k in curves]
        own = [(RATES[k], float(one.capacity[-1])) for k, one in curves.items()]
        rate_capability(right, "NMC", "#0072B2", ends, own)
        right.set(ylabel="capacity [A h/m$^2$]", ylim=(0, 1.2 * ends[0][1]))
        save(figure, options.output / "aboutenergy_nmc.svg")
    print(write(found, options.output))
    return int(any(one.verdict == "not reproduced" for one in found))


if __name__ == "__main__":
    sys.exit(main())
