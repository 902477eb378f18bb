"""Two full cells from BPX files against the discharges measured on them.

    python validation/bpx/run.py [--quick] [-o DIR]

Imports the files of About:Energy, discharges at C/20, C/2 and 1C, and writes the configurations, a
table of rows and a figure, in out/ by default.  The exit status is 1 if a row is not reproduced.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model import Result
from electrode_model.importing.bpx import import_bpx
from electrode_model.plots.figure import INK
from electrode_model.validate.figures import CASE_STYLE, rate_capability, save
from electrode_model.validate.rows import Curve, Row, verdict, write

HERE = Path(__file__).parent
SHADES = {"C/20": "#56B4E9", "C/2": "#0072B2", "1C": "#D55E00"}
NAMES = {"C/20": "Co20", "C/2": "Co2", "1C": "1C"}
LIMIT = 30.0  # mV rms
SHARE = 0.95  # of the measured capacity: then both curves fall, and time errors become voltages
TAIL = (  # PROVENANCE.md of the data
    "the authors of the parameters say that theirs miss the tail of this cell at high rates"
)
QUICK = ("positive.volumes=5", "negative.volumes=5", "separator.volumes=3")
#: Between and beyond the measured rates, for the model's line of capacity against rate.
MORE = ("C/10", "C/5", "2C", "3C")
FALL = 0.03  # of the ratio of two capacities; as in ../birmingham_ncm, whose cells are alike


@dataclass(frozen=True)
class Cell:
    """A cell of data/: folder, files, and electrode area of all pairs [m^2]."""

    folder: str
    parameters: str
    measured: str
    name: str
    area: float

    def read(self, rate: str) -> np.ndarray:
        """Measured capacity [A h] and voltage [V], (n, 2)."""
        path = HERE / "data" / self.folder / f"{self.measured}_25degC_{NAMES[rate]}.csv"
        table = np.genfromtxt(path, delimiter=",", names=True)
        return np.column_stack([table["capacity_Ah"], table["voltage_V"]])


CELLS = (
    Cell(
        "aboutenergy_lfp_gr_18650",
        "lfp_18650_cell_BPX.json",
        "LFP",
        "LFP | graphite, 2 A h",
        0.08959998,
    ),
    Cell(
        "aboutenergy_nmc111_gr_pouch",
        "nmc_pouch_cell_BPX.json",
        "NMC",
        "NMC111 | graphite, 12.5 A h",
        34 * 0.016808,
    ),
)


def configuration(cell: Cell, folder: Path) -> Path:
    """The imported file, written to a folder."""
    path = folder / f"{cell.measured.lower()}.yaml"
    path.write_text(
        import_bpx(HERE / "data" / cell.folder / cell.parameters).text, encoding="utf-8"
    )
    return path


def discharge(path: Path, rate: str, quick: bool) -> Result:
    """Run at a rate; raises RuntimeError if it does not reach the cut-off."""
    current = rate.replace("C", " C") if rate[0].isdigit() else rate
    overrides = [f"protocol.0.current={current}", *(QUICK if quick else ())]
    result = em.simulate(path, overrides=overrides)
    if result.status != "finished":
        raise RuntimeError(f"{path.name} at {rate}: {result.message}")
    return result


def errors(cell: Cell, result: Result, measured: np.ndarray) -> tuple[np.ndarray, float]:
    """V - V_measured [mV] up to ``SHARE`` of the measured capacity, and the end's error [%]."""
    passed = cell.area * result["Discharge capacity [A.h.m-2]"]
    passed, first = np.unique(passed, return_index=True)
    end = measured[-1, 0]
    inside = measured[:, 0] <= SHARE * end
    own = np.interp(measured[inside, 0], passed, result["Voltage [V]"][first])
    return 1e3 * (own - measured[inside, 1]), 100 * (passed[-1] - end) / end


def rows(folder: Path, quick: bool = False, axes: np.ndarray | None = None) -> list[Row]:
    """Simulate, compare and, into ``axes`` (3,), draw."""
    found: list[Row] = []
    for number, cell in enumerate(CELLS):
        path = configuration(cell, folder)
        ends: list[tuple[float, float]] = []
        for rate in NAMES:
            result, measured = discharge(path, rate, quick), cell.read(rate)
            error, end = errors(cell, result, measured)
            rms = float(np.sqrt((error**2).mean()))
            ends.append((measured[-1, 0], measured[-1, 0] * (1 + end / 100)))
            found.append(
                Row(
                    id=f"{cell.measured}/{rate}",
                    claim=f"{cell.name}: discharge at {rate}, 25 degC",
                    criterion=f"{LIMIT:g} mV rms to {100 * SHARE:g} % of the measured capacity",
                    value=(
                        f"{rms:.1f} mV rms, mean {error.mean():+.1f}, largest"
                        f" {np.abs(error).max():.0f} mV; capacity {end:+.1f} %"
                    ),
                    verdict=verdict(rms <= LIMIT),
                    why="" if rms <= LIMIT else TAIL,
                    curve=Curve.of(error, end),
                )
            )
            if axes is not None:
                _draw(axes[number], cell, rate, result, measured)
        found.append(_fall(cell, ends))
        if axes is not None:
            more = [] if quick else [(rate, capacity(cell, path, rate)) for rate in MORE]
            own = [(rate, pair[1]) for rate, pair in zip(NAMES, ends, strict=True)]
            rate_capability(
                axes[2],
                cell.measured,
                "#0072B2" if number else "#D55E00",
                [
                    (hourly(rate), pair[0] / ends[0][0])
                    for rate, pair in zip(NAMES, ends, strict=True)
                ],
                [(hourly(rate), end / ends[0][0]) for rate, end in own + more],
            )
            axes[2].set(ylabel="capacity / measured at C/20", ylim=(0.7, 1.05))
    return found


def hourly(rate: str) -> float:
    """The rate as a number."""
    over = rate.partition("/")[2]
    return 1 / float(over) if over else float(rate.removesuffix("C"))


def capacity(cell: Cell, path: Path, rate: str) -> float:
    """Of the model at a rate [A h]."""
    return float(cell.area * discharge(path, rate, False)["Discharge capacity [A.h.m-2]"][-1])


def _fall(cell: Cell, ends: list[tuple[float, float]]) -> Row:
    """How the capacity falls with the rate: measured, model."""
    measured, own = (ends[-1][k] / ends[0][k] for k in (0, 1))
    return Row(
        f"{cell.measured}/retention",
        f"{cell.name}: how much of the capacity at C/20 is left at 1C",
        f"{measured:.3f} +- {FALL:g}",
        f"{own:.3f}",
        verdict(abs(own - measured) <= FALL),
        "a ratio: loading, area and site density cancel; limit set after the rows above",
    )


def _draw(axes: Axes, cell: Cell, rate: str, result: Result, measured: np.ndarray) -> None:
    colour = SHADES[rate]
    thin = measured[::12]  # of some 800 points: they are to be seen as points
    axes.plot(thin[:, 0], thin[:, 1], ".", ms=4, color=colour, alpha=0.6)
    passed = cell.area * result["Discharge capacity [A.h.m-2]"]
    axes.plot(passed, result["Voltage [V]"], color=colour, lw=1.2, label=rate)
    axes.set(title=cell.name, xlabel="Capacity [A h]", ylabel="Voltage [V]")
    axes.legend(title="line: model, dots: measured", title_fontsize=8.5, loc="lower left")


def main(argv: Sequence[str] | None = None) -> int:
    """Run; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="half as many volumes")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(argv)
    options.output.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(12.6, 4.0), layout="constrained")
        axes = figure.subplots(1, 3)
        found = rows(options.output, options.quick, axes)
        figure.suptitle("Cells of About:Energy, imported from BPX", color=INK, x=0.01, ha="left")
        save(figure, options.output / "bpx.svg")
    print(write(found, options.output))
    print(options.output / "bpx.svg")
    return int(any(row.verdict == "not reproduced" for row in found))


if __name__ == "__main__":
    sys.exit(main())
