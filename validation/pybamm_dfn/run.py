"""The same cells by PyBaMM's DFN and half-cell models and by this package.

    python validation/pybamm_dfn/run.py [--quick] [-o DIR]

PyBaMM comes with the extra ``compare``.  Both programs read the BPX files of ../bpx: two full
cells, and the positive electrode of each against a lithium foil.  Both run on two grids, so that
it is seen how far each is from its own converged voltage.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import yaml
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model.importing.bpx import import_bpx
from electrode_model.validate.figures import CASE_STYLE, MEASURED, save
from electrode_model.validate.rows import Curve, Row, verdict, write

HERE = Path(__file__).parent
FILES = {
    "LFP": "aboutenergy_lfp_gr_18650/lfp_18650_cell_BPX.json",
    "NMC": "aboutenergy_nmc111_gr_pouch/nmc_pouch_cell_BPX.json",
}
LIMIT = 1.0  # mV, at every moment that is compared
#: Of the duration of the discharge.  The first share is where both start from a step of the
#: current, in the last the voltage falls so steeply that a second is several mV.
INSIDE = (0.002, 0.98)
FOIL = 20.0  # A/m^2 at 1 mol/L, chosen: the exchange current of the lithium foil in both programs
LOWEST = {"LFP": 2.0, "NMC": 2.7}  # V, of the files
SEPARATOR, ELECTRODE = "separator", ("negative", "positive")
COLOURS = {"C/20": "#56B4E9", "C/2": "#0072B2", "1C": "#D55E00", "-1C": "#009E73", "2C": "#CC79A7"}


@dataclass(frozen=True)
class Run:
    """A cell of a file, whole or its positive electrode against lithium, at a rate."""

    cell: str  # "LFP"
    half: bool
    rate: float  # in nominal capacities an hour; negative empties the positive electrode

    @property
    def name(self) -> str:
        """Of the row."""
        return f"{self.cell}{' half cell' if self.half else ''} {self.shown}"

    @property
    def shown(self) -> str:
        """The rate."""
        return f"C/{1 / self.rate:.0f}" if 0 < self.rate < 1 else f"{self.rate:g}C"


@dataclass(frozen=True)
class Grid:
    """Volumes of an electrode and of the separator; nodes or shells of a particle."""

    volumes: int
    separator: int
    own: int  # nodes: half of them lie in the outer tenth
    shells: int  # of PyBaMM, equally thick


RUNS = (
    Run("LFP", False, 0.05), Run("LFP", False, 0.5), Run("LFP", False, 1.0),
    Run("NMC", False, 0.5), Run("NMC", False, 1.0), Run("NMC", False, 2.0),
    Run("LFP", True, 1.0), Run("NMC", True, 0.5), Run("NMC", True, 1.0), Run("NMC", True, -1.0),
)  # fmt: skip
QUICK = ("LFP 1C", "NMC 1C", "NMC half cell 1C")
FINE, COARSE = Grid(30, 15, 40, 80), Grid(15, 8, 20, 40)


@dataclass(frozen=True)
class Setting:
    """What both programs are told: the imported configuration and what follows from it."""

    tree: dict[str, Any]
    current: float  # A/m^2
    lowest: float  # V: the end of a discharge
    highest: float

    @classmethod
    def of(cls, run: Run) -> "Setting":
        """Half cells start as full as the full cell's positive electrode, or nearly filled."""
        text = import_bpx(HERE.parent / "bpx" / "data" / FILES[run.cell]).text
        tree = yaml.safe_load(text)
        if run.half:
            tree["negative"] = {"model": "lithium_foil", "exchange_current": f"{FOIL} A/m^2"}
            if run.rate < 0:
                tree["positive"]["initial_filling"] = 0.95
        current = run.rate * float(tree["nominal_capacity"].split()[0])
        ends = (LOWEST[run.cell], 4.4)
        stop = ends[run.rate < 0]
        tree["voltage_window"] = ["1 V", "5 V"]
        tree["protocol"] = [{"current": f"{current!r} A/m^2", "until": {"voltage": f"{stop} V"}}]
        return cls(tree, current, *ends)


def own(setting: Setting, grid: Grid, path: Path) -> np.ndarray:
    """Times [s] and voltages [V], (n, 2); raises RuntimeError if it does not end as planned."""
    path.write_text(yaml.safe_dump(setting.tree, sort_keys=False), encoding="utf-8")
    electrodes = [name for name in ELECTRODE if "particles" in setting.tree[name]]
    overrides = [f"{SEPARATOR}.volumes={grid.separator}", "solver.rtol=1e-6"]
    for name in electrodes:
        overrides += [f"{name}.volumes={grid.volumes}", f"{name}.particles.model.nodes={grid.own}"]
    result = em.simulate(path, overrides=overrides)
    if result.status != "finished":
        raise RuntimeError(f"{path.name}: {result.message}")
    return np.column_stack([result["Time [s]"], result["Voltage [V]"]])


def other(run: Run, setting: Setting, grid: Grid) -> np.ndarray:
    """The same by PyBaMM: its own reading of the BPX file, isothermal."""
    import pybamm

    pybamm.set_logging_level("ERROR")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reader warns of the open-circuit voltage at 0 %
        values = pybamm.ParameterValues.create_from_bpx(
            HERE.parent / "bpx" / "data" / FILES[run.cell]
        )
    area = (
        values["Electrode area [m2]"]
        * values["Number of electrodes connected in parallel to make a cell"]
    )
    update: dict[str, Any] = {
        "Current function [A]": setting.current * area,
        "Lower voltage cut-off [V]": setting.lowest,
        "Upper voltage cut-off [V]": 5.0 if run.rate > 0 else setting.highest,
    }
    sides = ("positive",) if run.half else ELECTRODE
    for side in sides:
        most = values[f"Maximum concentration in {side} electrode [mol.m-3]"]
        start = setting.tree[side]["initial_filling"]
        update[f"Initial concentration in {side} electrode [mol.m-3]"] = start * most
    options: dict[str, str] = {}
    if run.half:
        options["working electrode"] = "positive"
        update |= {
            "Exchange-current density for lithium metal electrode [A.m-2]": (
                lambda c_e, c_li, temperature: FOIL * (c_e / 1000) ** 0.5
            ),
            "Negative electrode thickness [m]": 1e-4,
            "Negative electrode conductivity [S.m-1]": 1e9,
            "Lithium metal partial molar volume [m3.mol-1]": 1.3e-5,
            "Typical plated lithium concentration [mol.m-3]": 76900.0,
        }
    values.update(update, check_already_exists=False)
    points = {"x_n": grid.volumes, "x_p": grid.volumes, "x_s": grid.separator}
    points |= {"r_n": grid.shells, "r_p": grid.shells}
    simulation = pybamm.Simulation(
        pybamm.lithium_ion.DFN(options),
        parameter_values=values,
        var_pts=points,
        solver=pybamm.IDAKLUSolver(rtol=1e-7, atol=1e-8),
    )
    hours = 1.3 / abs(run.rate)
    times = 3600 * hours * np.linspace(0, 1, 4000)
    solution = simulation.solve([0, times[-1]], t_interp=times)
    return np.column_stack([solution["Time [s]"].entries, solution["Voltage [V]"].entries])


def between(one: np.ndarray, two: np.ndarray, end: float) -> np.ndarray:
    """Difference of two voltages [mV] at 500 moments of INSIDE."""
    at = end * np.linspace(*INSIDE, 500)
    error: np.ndarray = 1e3 * (np.interp(at, *one.T) - np.interp(at, *two.T))
    return error


@dataclass(frozen=True)
class Pair:
    """Both programs on the finer grids, and how much each moved from the coarser [mV]."""

    run: Run
    own: np.ndarray
    pybamm: np.ndarray
    moved: tuple[float, float]

    @property
    def end(self) -> float:
        """Of the shorter one [s]."""
        return float(min(self.own[-1, 0], self.pybamm[-1, 0]))

    @property
    def error(self) -> np.ndarray:
        """Ours less PyBaMM's [mV]."""
        return between(self.own, self.pybamm, self.end)


def compare(run: Run, folder: Path) -> Pair:
    """Both programs on two grids each."""
    setting = Setting.of(run)
    path = folder / f"{run.name.replace(' ', '_').replace('/', 'o')}.yaml"
    ours = [own(setting, grid, path) for grid in (COARSE, FINE)]
    theirs = [other(run, setting, grid) for grid in (COARSE, FINE)]
    end = min(curve[-1, 0] for curve in (*ours, *theirs))
    moved = [float(np.abs(between(two[0], two[1], end)).max()) for two in (ours, theirs)]
    return Pair(run, ours[1], theirs[1], (moved[0], moved[1]))


def row(pair: Pair) -> Row:
    """Of a cell at a rate."""
    curve = Curve.of(pair.error, 100 * (pair.own[-1, 0] / pair.pybamm[-1, 0] - 1))
    kind = "half-cell model" if pair.run.half else "DFN"
    return Row(
        pair.run.name,
        f"{pair.run.cell}: PyBaMM's {kind} at {pair.run.shown}",
        f"within {LIMIT:g} mV from {100 * INSIDE[0]:g} to {100 * INSIDE[1]:g} % of the time",
        f"{curve.rms:.2f} mV rms, at most {curve.largest:.2f} mV; end {curve.end:+.3f} %",
        verdict(curve.largest <= LIMIT),
        f"half as fine a grid moves ours by {pair.moved[0]:.2f} mV and PyBaMM's by"
        f" {pair.moved[1]:.2f} mV",
        curve,
    )


def draw(pairs: Sequence[Pair], path: Path) -> Path:
    """PyBaMM as points, this package as lines; below, the differences."""
    kinds = sorted({(pair.run.half, pair.run.cell) for pair in pairs})
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(3.1 * len(kinds), 5.2), layout="constrained")
        axes = figure.subplots(2, len(kinds), squeeze=False, height_ratios=(2, 1), sharex="col")
        for (half, cell), upper, lower in zip(kinds, *axes, strict=True):
            for pair in pairs:
                if (pair.run.half, pair.run.cell) != (half, cell):
                    continue
                colour = COLOURS[pair.run.shown]
                share = pair.own[:, 0] / pair.end
                upper.plot(share, pair.own[:, 1], color=colour, lw=1.3, label=pair.run.shown)
                points = pair.pybamm[:: max(1, len(pair.pybamm) // 40)]
                style = {**MEASURED, "color": colour, "markersize": 3}
                upper.plot(points[:, 0] / pair.end, points[:, 1], **style)
                lower.plot(np.linspace(*INSIDE, pair.error.size), pair.error, color=colour, lw=1)
            upper.set(title=f"{cell}, {'half' if half else 'full'} cell")
            upper.legend(title="line: ours, points: PyBaMM", title_fontsize=8)
            lower.axhspan(-LIMIT, LIMIT, color="#eeeeee", zorder=0)
            lower.set(xlabel="time / duration", ylim=(-1.5 * LIMIT, 1.5 * LIMIT))
        axes[0, 0].set_ylabel("voltage [V]")
        axes[1, 0].set_ylabel("difference [mV]")
    return save(figure, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate in both, compare, draw, print; 1 if a row is not reproduced."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one rate of each of three cells")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    chosen = [run for run in RUNS if not options.quick or run.name in QUICK]
    pairs = [compare(run, options.output) for run in chosen]
    found = [row(pair) for pair in pairs]
    print(write(found, options.output))
    print(draw(pairs, options.output / "pybamm_dfn.svg"))
    return int(any(row.verdict == "not reproduced" for row in found))


if __name__ == "__main__":
    sys.exit(main())
