"""LiFePO4 half cells at C/50: what their plateaus determine, and what they do not.

    python validation/fits/lfp_half_cells/run.py [--quick] [-o DIR]

Fits the middle of both branches of two cells, each by itself (haidi.yaml, dreyer.yaml; --quick:
takes the results kept in fitted_*.yaml), and judges each by its ends and by the other cell.
"""

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model.validate.figures import CASE_STYLE, MEASURED, save
from electrode_model.validate.rows import Row, verdict, write

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "lfp_low_rate" / "data"
BRANCHES = {
    "haidi": ("tum_lfp_halfcell/HAIDI18650_Cathode_Lithiation_0C02.csv",
              "tum_lfp_halfcell/HAIDI18650_Cathode_Delithiation_0C02.csv"),
    "dreyer": ("dreyer2010_lfp_hysteresis/lfp_discharge_dreyer2010_fig2a.csv",
               "dreyer2010_lfp_hysteresis/lfp_charge_dreyer2010_fig2a.csv"),
}  # fmt: skip
TITLES = {"haidi": "HAIDI 18650 cathode, C/50", "dreyer": "Dreyer et al. 2010, Fig. 2a"}
GRID = np.linspace(0.2, 0.8, 241)  # of the lithium extracted: what the fits see
#: mV.  Of a plateau: 1 of a digitised point, 1 to 2 of the lithium electrode at C/50, and 2 of 40
#: particles that turn one by one.
PLATEAU = 5.0
LEAVES = 0.020  # V from the plateau's median: there it ends
ENDS = 0.02  # of the capacity: what a cut-off and a start that is not quite empty move an end by


@dataclass(frozen=True)
class Cycle:
    """Voltages of both branches over the lithium extracted, 0 to 1 of each branch's capacity."""

    lithiation: tuple[np.ndarray, np.ndarray]
    delithiation: tuple[np.ndarray, np.ndarray]

    def plateaus(self) -> tuple[float, float]:
        """Medians [V] over the grid."""
        return (
            float(np.median(np.interp(GRID, *self.lithiation))),
            float(np.median(np.interp(GRID, *self.delithiation))),
        )

    @property
    def middle(self) -> float:
        """Mean of both plateaus [V]."""
        return float(np.mean(self.plateaus()))

    @property
    def gap(self) -> float:
        """Charge less discharge [V]."""
        low, high = self.plateaus()
        return high - low

    def begins(self) -> tuple[float, float]:
        """Shares of the capacity that pass before each branch comes near its plateau."""
        found = []
        for (x, v), level, charge in zip(
            (self.lithiation, self.delithiation), self.plateaus(), (False, True), strict=True
        ):
            at = np.linspace(0, 1, 2001)
            near = np.abs(np.interp(at, x, v) - level) < LEAVES
            found.append(float(at[near][0] if charge else 1 - at[near][-1]))
        return found[0], found[1]


def branch(passed: np.ndarray, voltage: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ascending from 0 to 1."""
    order = np.argsort(passed, kind="stable")
    x = passed[order] - passed[order][0]
    x = np.maximum.accumulate(x / x[-1])
    return x, voltage[order]


def measured(name: str) -> Cycle:
    """Both branches of a cell."""
    found = []
    for file in BRANCHES[name]:
        with open(DATA / file, encoding="utf-8", newline="") as table:
            rows = [[float(value) for value in row[:2]] for row in list(csv.reader(table))[1:]]
        found.append(branch(*np.array(rows).T))
    return Cycle(found[0], found[1])


def simulated(source: Path) -> Cycle:
    """Discharge to 3.0 V, rest, charge to 3.8 V at C/50; raises RuntimeError."""
    result = em.simulate(source)
    if result.status != "finished":
        raise RuntimeError(f"{source.name}: {result.message}")
    out, current = 1 - result["Positive filling fraction"], result["Current [A.m-2]"]
    voltage = result["Voltage [V]"]
    return Cycle(*(branch(out[rows], voltage[rows]) for rows in (current > 0, current < 0)))


def rms(model: Cycle, cell: Cycle) -> tuple[float, float]:
    """Of both plateaus over the grid [mV], means over 2 % of the capacity as in the fits."""
    found = []
    for own, other in (
        (model.lithiation, cell.lithiation),
        (model.delithiation, cell.delithiation),
    ):
        error = 1e3 * (np.interp(GRID, *own) - np.interp(GRID, *other))
        found.append(float(np.sqrt((error[:-1].reshape(30, 8).mean(axis=1) ** 2).mean())))
    return found[0], found[1]


def judged(name: str, model: Cycle, cell: Cycle, other: Cycle) -> list[Row]:
    """What the fit saw, what it left out of the same cell, and the other cell."""
    own, there = rms(model, cell), rms(model, other)
    gap = 1e3 * (model.gap - cell.gap)
    starts, found = cell.begins(), model.begins()
    off = max(abs(a - b) for a, b in zip(starts, found, strict=True))
    return [
        Row(
            f"{name}, plateaus",
            f"both plateaus of {TITLES[name]}, 20 to 80 % of the capacity, fitted",
            f"each within {PLATEAU:g} mV rms",
            f"{own[0]:.1f} mV rms lithiation, {own[1]:.1f} delithiation",
            verdict(max(own) <= PLATEAU),
        ),
        Row(
            f"{name}, gap",
            "the distance of their medians, fitted",
            f"{1e3 * cell.gap:.1f} mV +- {PLATEAU / 2:g}",
            f"{1e3 * model.gap:.1f} mV",
            verdict(abs(gap) <= PLATEAU / 2),
        ),
        Row(
            f"{name}, ends",
            f"the capacity that passes before a branch comes within {1e3 * LEAVES:g} mV of its"
            " plateau, not seen by the fit",
            f"within {100 * ENDS:g} % of the capacity: {100 * starts[0]:.1f} % lithiation,"
            f" {100 * starts[1]:.1f} % delithiation",
            f"{100 * found[0]:.1f} % and {100 * found[1]:.1f} %",
            verdict(off <= ENDS),
        ),
        Row(
            f"{name}, other cell",
            "the plateaus of the other cell, predicted",
            f"each within {2 * PLATEAU:g} mV rms: two cells, two counter electrodes",
            f"{there[0]:.1f} mV rms lithiation, {there[1]:.1f} delithiation; gap"
            f" {1e3 * model.gap:.1f} mV against {1e3 * other.gap:.1f}",
            verdict(max(there) <= 2 * PLATEAU),
        ),
    ]


def draw(models: dict[str, Cycle], cells: dict[str, Cycle], path: Path) -> Path:
    """Measured as points, the model as lines, for each cell: all of it, and the plateaus."""
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(10, 6.6), layout="constrained")
        panels = figure.subplots(2, 2)
        for row, (name, cell) in zip(panels, cells.items(), strict=True):
            for axes, levels in zip(row, ((2.9, 3.9), (3.36, 3.48)), strict=True):
                for colour, own, other in (
                    ("#0072B2", models[name].lithiation, cell.lithiation),
                    ("#D55E00", models[name].delithiation, cell.delithiation),
                ):
                    step = max(1, other[0].size // 150)
                    style = {**MEASURED, "color": colour, "markersize": 2.5}
                    axes.plot(other[0][::step], other[1][::step], **style)
                    axes.plot(*own, color=colour, lw=0.9)
                axes.set(ylim=levels, xlabel="lithium extracted / capacity", ylabel="voltage [V]")
                axes.axvspan(0.2, 0.8, color="#888888", alpha=0.12, lw=0)
            row[0].set_title(f"{TITLES[name]}: points measured, lines fitted in the grey part")
    return save(figure, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit or take the fits, compare, draw, print; 1 if a row is not reproduced."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="judge fitted_*.yaml, do not fit")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    cells = {name: measured(name) for name in BRANCHES}
    models = {}
    for name in BRANCHES:
        source = HERE / f"fitted_{name}.yaml"
        if not options.quick:
            folder = options.output / f"fit_{name}"
            print(em.fit(HERE / f"{name}.yaml", overrides=["profiles=[]"], folder=folder))
            source = folder / "fitted.yaml"
        models[name] = simulated(source)
    first, second = BRANCHES
    rows = [
        *judged(first, models[first], cells[first], cells[second]),
        *judged(second, models[second], cells[second], cells[first]),
    ]
    print(write(rows, options.output))
    print(draw(models, cells, options.output / "lfp_half_cells.svg"))
    return int(any(row.verdict == "not reproduced" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
