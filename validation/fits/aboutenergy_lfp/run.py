"""Two fits of the 2 A h LiFePO4 | graphite 18650 at C/20 and 1C, and C/2 predicted by both.

    python validation/fits/aboutenergy_lfp/run.py [-o DIR]

Does what ``electrode-model fit`` does with fit_fickian.yaml and fit_phase.yaml, simulates both
fitted cells at the three rates, and writes the fits' reports, a table of rows and a figure, in out/
by default.  The exit status is 1 if a row is not reproduced.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))  # a script is given its own folder only

from electrode_model.fit.fit import fit  # noqa: E402
from electrode_model.validate.figures import CASE_STYLE, save  # noqa: E402
from electrode_model.validate.rows import Row, verdict, write  # noqa: E402
from validation.fits.full_cell import (  # noqa: E402
    PLATEAU,
    TAIL,
    Cell,
    Comparison,
    draw,
    draw_errors,
    expand,
    known,
    row,
    timed,
)

DATA = HERE.parents[1] / "bpx/data/aboutenergy_lfp_gr_18650"
NAMES = {"C/20": "Co20", "C/2": "Co2", "1C": "1C"}
CELL = Cell({k: DATA / f"LFP_25degC_{v}.csv" for k, v in NAMES.items()}, 0.08959998)
MODELS = {"fickian": "Fickian LiFePO4", "phase": "phase-separating LiFePO4"}
#: mV rms to 95 % of the parameters as imported, on the same points: validation/bpx.
IMPORTED = {"C/20": 5.1, "C/2": 32.3, "1C": 60.0}
#: Why a curve came out worse than as imported.
GIVEN_UP = "the numbers are chosen for C/20 and 1C together"
CLEARLY = 0.1  # of the rms: models are told apart by no less


def judged(curves: Mapping[str, Mapping[str, Comparison]]) -> list[Row]:
    """Rows of the curves, and which model does better where."""
    found = []
    for model, name in MODELS.items():
        for rate, one in curves[model].items():
            word = "predicted" if rate == "C/2" else "fitted"
            claim = f"{name}: discharge at {rate}, {word}, no worse than the parameters as imported"
            found.append(row(f"{model}/{rate}", claim, one, IMPORTED[rate], GIVEN_UP))
    for place, part in (("plateau", PLATEAU), ("tail", TAIL)):
        for rate in ("C/2", "1C"):
            fickian, phase = (curves[model][rate].curve(part).rms for model in MODELS)
            found.append(
                Row(
                    id=f"{place}/{rate}",
                    claim=f"phase separation brings the {place} at {rate} nearer, with as many free"
                    " numbers",
                    criterion=f"a tenth less mV rms, or more, from {100 * part[0]:.0f} to"
                    f" {100 * part[1]:.0f} %",
                    value=f"{phase:.1f} mV, Fickian {fickian:.1f} mV",
                    verdict=verdict(phase <= (1 - CLEARLY) * fickian),
                )
            )
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(argv)
    options.output.mkdir(parents=True, exist_ok=True)
    fits = {
        model: fit(HERE / f"fit_{model}.yaml", folder=options.output / f"fit_{model}")
        for model in MODELS
    }
    curves = {model: expand(CELL, found) for model, found in fits.items()}
    found = judged(curves)
    found += [known(f"parameters/{model}", one) for model, one in fits.items()]
    found += [timed(f"time/{model}", one) for model, one in fits.items()]
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(11.0, 7.6), layout="constrained")
        for column, (model, name) in zip(figure.subplots(2, 2).T, MODELS.items(), strict=True):
            draw(column[0], CELL, curves[model], name)
            draw_errors(column[1], curves[model], "errors at equal charge", 60)
        save(figure, options.output / "aboutenergy_lfp.svg")
    print(write(found, options.output))
    return int(any(one.verdict == "not reproduced" for one in found))


if __name__ == "__main__":
    sys.exit(main())
