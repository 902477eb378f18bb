"""LiFePO4 at C/50, both ways: the model over two measured half cells.

    python validation/lfp_low_rate/run.py [--quick] [-o DIR]

Writes a figure, a table (Markdown and JSON) and prints the table with a verdict.
"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model.plots.figure import INK, PALE, STYLE
from electrode_model.validate import rows as evidence
from electrode_model.validate.figures import save

HERE = Path(__file__).parent
MEASURED = {
    "HAIDI 18650 cathode, C/50": (
        "tum_lfp_halfcell/HAIDI18650_Cathode_Lithiation_0C02.csv",
        "tum_lfp_halfcell/HAIDI18650_Cathode_Delithiation_0C02.csv",
    ),
    "Dreyer et al. 2010, Fig. 2a": (
        "dreyer2010_lfp_hysteresis/lfp_discharge_dreyer2010_fig2a.csv",
        "dreyer2010_lfp_hysteresis/lfp_charge_dreyer2010_fig2a.csv",
    ),
}


@dataclass(frozen=True)
class Case:
    """A simulated electrode; with ``note`` it is a variant, one number away from its model."""

    file: str
    quick: int  # particles with --quick; too few for the plates' gap, see README.md
    material: str = "lfp"
    note: str = ""  # what the changed number shows

    def overrides(self, quick: bool) -> list[str]:
        """What is set beside the file."""
        particles = [f"positive.particles.per_volume={self.quick}"] if quick else []
        return [f"positive.particles.material={self.material}", *particles]


SIMULATED = {
    "homogeneous particles": Case("homogeneous.yaml", 20),
    "Allen-Cahn plates": Case("plates.yaml", 10),
    "variant: homogeneous, omega = 3 kT": Case(
        "homogeneous.yaml",
        20,
        "{name: lfp, omega: 3 kT}",
        "the regular solution of Lim et al. 2016 with a spinodal gap of 21 mV: for particles"
        " that turn at their spinodal, omega alone sets the gap",
    ),
    "variant: plates without coherency strain": Case(
        "plates.yaml",
        6,
        "{name: lfp, coherency: 0 Pa}",
        "the phase boundary moves within a few mV of equilibrium once it is there: strain, not"
        " the boundary's own motion, keeps the plateaus of the plates apart",
    ),
}
PLATEAU = (0.2, 0.8)  # of the capacity
COLOURS = ("#000000", "#8a8a8a", "#0072B2", "#D55E00", "#56B4E9", "#E69F00")  # Okabe & Ito


@dataclass(frozen=True)
class Branch:
    """Voltage [V] over the fraction of this branch's own capacity that is extracted, rising."""

    extracted: np.ndarray  # (n,) 0: low-voltage end, 1: high-voltage end
    voltage: np.ndarray  # (n,)

    @classmethod
    def of(cls, capacity: np.ndarray, voltage: np.ndarray) -> "Branch":
        """From extracted capacity in any unit and any order; each branch spans 0 to 1."""
        order = np.argsort(capacity, kind="stable")
        capacity, voltage = capacity[order], voltage[order]
        if capacity.size < 2 or capacity[0] == capacity[-1]:
            raise ValueError("a branch needs at least two points of different capacity")
        return cls((capacity - capacity[0]) / (capacity[-1] - capacity[0]), voltage)

    def plateau(self) -> float:
        """Median voltage [V] over 20-80 % of the capacity, every capacity weighted alike."""
        grid = np.linspace(*PLATEAU, 601)
        return float(np.median(np.interp(grid, self.extracted, self.voltage)))


@dataclass(frozen=True)
class Cycle:
    """Discharge (lithiation) and charge (delithiation) of one electrode."""

    name: str
    kind: str  # "measured", "model" or "variant"
    discharge: Branch
    charge: Branch

    def row(self) -> dict[str, Any]:
        """Plateau voltages [V], their middle [V] and the hysteresis gap [mV]."""
        discharge, charge = self.discharge.plateau(), self.charge.plateau()
        return {
            "electrode": self.name,
            "kind": self.kind,
            "discharge plateau [V]": discharge,
            "charge plateau [V]": charge,
            "middle [V]": (discharge + charge) / 2,
            "gap [mV]": 1e3 * (charge - discharge),
        }


def read_measured(name: str, discharge: str, charge: str) -> Cycle:
    """Two CSV files whose first columns are extracted capacity and voltage."""

    def branch(path: str) -> Branch:
        with open(HERE / "data" / path, encoding="utf-8", newline="") as file:
            rows = [[float(value) for value in row[:2]] for row in list(csv.reader(file))[1:]]
        return Branch.of(*np.array(rows).T)

    return Cycle(name, "measured", branch(discharge), branch(charge))


def from_result(name: str, result: Any, kind: str = "model") -> Cycle:
    """The discharging and charging rows of a run; extracted lithium is 1 - filling."""
    voltage, current = result["Voltage [V]"], result["Current [A.m-2]"]
    extracted = 1 - result["Positive filling fraction"]
    branches = [Branch.of(extracted[rows], voltage[rows]) for rows in (current > 0, current < 0)]
    return Cycle(name, kind, *branches)


def simulate(name: str, case: Case, quick: bool) -> Cycle:
    """Run one case."""
    result = em.simulate(HERE / case.file, overrides=case.overrides(quick))
    if result.status != "finished":
        raise SystemExit(f"{name}: the run ended as {result.status!r}: {result.message}")
    return from_result(name, result, "variant" if case.note else "model")


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Markdown table."""
    lines = [
        "| electrode | discharge plateau [V] | charge plateau [V] | middle [V] | gap [mV] |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['electrode']}{' (measured)' * (row['kind'] == 'measured')} |"
        f" {row['discharge plateau [V]']:.4f} | {row['charge plateau [V]']:.4f} |"
        f" {row['middle [V]']:.4f} | {row['gap [mV]']:.1f} |"
        for row in rows
    ]
    return "\n".join(lines)


def verdict(rows: Sequence[dict[str, Any]]) -> str:
    """What the numbers do and do not show, in words."""
    measured = [row for row in rows if row["kind"] == "measured"]
    gaps = [row["gap [mV]"] for row in measured]
    middle = np.mean([row["middle [V]"] for row in measured])
    lines = [
        "Parameters are from the literature; nothing was fitted to these curves.",
        f"Measured: gap {min(gaps):.0f}-{max(gaps):.0f} mV about {middle:.3f} V.",
    ]
    for row in rows:
        if row["kind"] == "measured":
            continue
        gap, offset = row["gap [mV]"], 1e3 * (row["middle [V]"] - middle)
        if gap > max(gaps):
            word = f"{gap - max(gaps):.0f} mV too wide"
        elif gap < min(gaps):
            word = f"{min(gaps) - gap:.0f} mV too narrow"
        else:
            word = "within the measured range"
        note = SIMULATED[row["electrode"]].note
        lines.append(
            f"{row['electrode']}: gap {gap:.0f} mV, {word}; middle off by {offset:+.0f} mV"
            f"{'; ' + note if note else ''}."
        )
    lines.append(
        "So the model gives where the plateaus lie, and that there are two however slow the"
        " current; with the literature's omega and strain it does not give how far apart they"
        " are.  The measured gap lies between the variants, so a number in between would fit"
        " it, and would say nothing."
    )
    return "\n".join(lines)


#: mV.  The middles of the two measured cells differ by 2.5, a digitised point is good to 1, and a
#: lithium counter electrode at C/50 is off by 1 to 2: their sum.  Set after the first results.
TOLERANCE = 5.0


def judged(rows: Sequence[dict[str, Any]]) -> list[evidence.Row]:
    """Middle and gap of each model; the variants show what sets the gap and are not judged."""
    measured = [row for row in rows if row["kind"] == "measured"]
    gaps = [row["gap [mV]"] for row in measured]
    middle = float(np.mean([row["middle [V]"] for row in measured]))
    found = []
    for row in rows:
        name, gap = row["electrode"], row["gap [mV]"]
        off = 1e3 * (row["middle [V]"] - middle)
        if row["kind"] == "model":
            found.append(
                evidence.Row(
                    id=f"middle, {name}",
                    claim="the middle of both plateaus, from the standard potential alone",
                    criterion=f"within {TOLERANCE:g} mV of the mean of both cells, {middle:.4f} V",
                    value=f"{row['middle [V]']:.4f} V, {off:+.1f} mV",
                    verdict=evidence.verdict(abs(off) <= TOLERANCE),
                )
            )
        if row["kind"] != "measured":
            inside = min(gaps) - TOLERANCE <= gap <= max(gaps) + TOLERANCE
            variant = row["kind"] == "variant"
            found.append(
                evidence.Row(
                    id=f"gap, {name}",
                    claim="two plateaus that stay apart however slow the current",
                    criterion=f"{min(gaps):.0f} to {max(gaps):.0f} mV, as measured,"
                    f" +- {TOLERANCE:g}",
                    value=f"{row['discharge plateau [V]']:.4f} and"
                    f" {row['charge plateau [V]']:.4f} V, {gap:.1f} mV apart",
                    verdict="open" if variant else evidence.verdict(inside),
                    why=f"a variant, not judged: {SIMULATED[name].note}" if variant else "",
                )
            )
    return found


def draw(cycles: Sequence[Cycle], path: Path) -> None:
    """Curves over the fraction extracted, the plateaus enlarged, and the gap of every row."""
    curves = [cycle for cycle in cycles if cycle.kind != "variant"]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(10, 7.4), layout="constrained")
        parts: Any = figure.subfigures(2, 1, height_ratios=(1.45, 1))
        whole, plateau = parts[0].subplots(1, 2)
        for k, (cycle, colour) in enumerate(zip(curves, COLOURS, strict=False)):
            for axes in (whole, plateau):
                _branches(axes, cycle, colour)
            whole.plot([], [], color=colour, label=_title(cycle))
            _arrow(plateau, 0.29 + 0.14 * k, cycle, colour)
        for axes in (whole, plateau):
            axes.set_xlabel("lithium extracted / capacity of the branch")
        whole.set(ylabel="voltage against lithium [V]", xlim=(0, 1), ylim=(2.9, 3.9))
        whole.set_title("discharge solid, charge dashed; thin: the model, jump by jump")
        whole.legend(loc="lower right")
        plateau.set(xlim=PLATEAU, ylim=(3.375, 3.475))
        plateau.set_title("the plateaus; arrows: gap between the medians")
        _levels(parts[1].subplots(), cycles)
        figure.suptitle("LiFePO4 at low rate: literature parameters, nothing fitted", color=INK)
        save(figure, path)


def _branches(axes: Axes, cycle: Cycle, colour: str) -> None:
    """Measured curves as they are; simulated ones pale, as they jump, under their median."""
    for branch, style in ((cycle.discharge, "-"), (cycle.charge, (0, (4, 1.2)))):
        if cycle.kind == "measured":
            axes.plot(branch.extracted, branch.voltage, color=colour, ls=style, zorder=4)
            continue
        axes.plot(branch.extracted, branch.voltage, color=colour, lw=0.7, alpha=0.5)
        axes.plot(PLATEAU, 2 * [branch.plateau()], color=colour, ls=style, zorder=3)


def _title(cycle: Cycle) -> str:
    return cycle.name if cycle.kind == "variant" else f"{cycle.kind}: {cycle.name}"


def _arrow(axes: Axes, x: float, cycle: Cycle, colour: str) -> None:
    row = cycle.row()
    low, high = row["discharge plateau [V]"], row["charge plateau [V]"]
    style = {"arrowstyle": "<|-|>", "color": colour, "shrinkA": 0, "shrinkB": 0, "lw": 1.4}
    axes.annotate("", (x, high), (x, low), arrowprops=style, zorder=5)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    label = f"{row['gap [mV]']:.0f} mV"
    axes.text(
        x, row["middle [V]"], label, color=colour, ha="center", va="center", bbox=box, zorder=6
    )


def _levels(axes: Axes, cycles: Sequence[Cycle]) -> None:
    """One line a row of the table: both plateaus, joined."""
    for k, (cycle, colour) in enumerate(zip(cycles, COLOURS, strict=False)):
        row = cycle.row()
        low, high = row["discharge plateau [V]"], row["charge plateau [V]"]
        axes.plot([low, high], [k, k], color=colour, lw=3, alpha=0.35, solid_capstyle="butt")
        axes.plot(low, k, "o", color=colour, ms=7)
        axes.plot(high, k, "o", color=colour, ms=7, mfc="white", mew=1.8)
        axes.plot(row["middle [V]"], k, "|", color=colour, ms=11, mew=1.6)
        axes.text(high + 2e-3, k, f"{row['gap [mV]']:.0f} mV", color=INK, va="center")
    middles = [cycle.row()["middle [V]"] for cycle in cycles if cycle.kind == "measured"]
    axes.axvline(float(np.mean(middles)), color=PALE, lw=0.8, ls=":", zorder=0)
    axes.set_yticks(range(len(cycles)), [_title(cycle) for cycle in cycles])
    axes.set(xlim=(3.375, 3.475), ylim=(len(cycles) - 0.4, -0.6), xlabel="plateau voltage [V]")
    axes.set_title("discharge filled, charge open, middle |; dotted: the middle as measured")
    axes.grid(axis="y", visible=False)


def report(cycles: Sequence[Cycle], folder: Path) -> str:
    """Write figure and tables into ``folder``; return the text to print."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [cycle.row() for cycle in cycles]
    text = f"{table(rows)}\n\n{verdict(rows)}\n"
    draw(cycles, folder / "lfp_low_rate.svg")
    (folder / "lfp_low_rate.md").write_text(text, encoding="utf-8")
    (folder / "lfp_low_rate.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    evidence.write(judged(rows), folder)
    return text


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, compare, draw, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="too few particles for the gap of the plates"
    )
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args(arguments)
    cycles = [read_measured(name, *paths) for name, paths in MEASURED.items()]
    for name, case in SIMULATED.items():
        print(f"running {name} ...", flush=True)
        cycles.append(simulate(name, case, options.quick))
    print(f"\n{report(cycles, options.output)}")
    if options.quick:
        print("--quick: the gap of so few plates is too small; see README.md.")
    print(f"Figure and tables: {options.output}")


if __name__ == "__main__":
    main()
