"""Loss budget of every shipped configuration (row O22): does it add up, and what costs most?

    python validation/losses/run.py [--quick] [-o DIR]

Writes figures of some configurations and a table of rows (Markdown and JSON) and prints it.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np

from electrode_model.analysis.losses import Losses, losses
from electrode_model.plots.figure import STYLE
from electrode_model.plots.losses import draw_losses
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from electrode_model.validate.figures import save
from electrode_model.validate.rows import Row, verdict, write

HERE = Path(__file__).parent
CONFIGS = HERE.parent.parent / "configs"
LIMIT = 1e-4  # V, row O22

#: A plate that separates along its length, with every loss that a cell can have; LFP diffusing.
MORE = {
    "plates": (
        "lfp_half_cell",
        [
            "positive.particles.model={name: allen_cahn}",
            "positive.particles.size={distribution: lognormal, mean: 50 nm, std: 10 nm}",
            "positive.particles.thickness=20 nm",
            "positive.particles.per_volume=4",
            "positive.particles.film_resistance=0.02 ohm m^2",
            "positive.conductivity=0.05 S/m",
            "negative.film_resistance=1e-3 ohm m^2",
            "series_resistance=1e-3 ohm m^2",
        ],
    ),
    "diffusing spheres": (
        "nmc111_half_cell",
        [
            "positive.particles.model={name: diffusion, shape: sphere, nodes: 30}",
            "positive.particles.per_volume=5",
            "positive.particles.size={distribution: lognormal, mean: 1 um, std: 0.2 um}",
            "positive.particles.kinetics.k0=20 A/m^2",
        ],
    ),
}

#: Full cells have few particles, and take the tolerance of all other files: with the coarser
#: one of theirs the sum of nmc_lto is off by 0.2 mV at one time, as its particles switch.
FULL = {
    "lfp_graphite": ["positive.particles.per_volume=10"],
    "nmc532_graphite": [],
    "nmc_lto": ["negative.particles.per_volume=4"],
}
TIGHT = ["solver.rtol=1e-6", "solver.atol=1e-6"]

#: Slabs with an inner grid take minutes at the 400 of their files; the sum does not ask for them.
FEWER = {"lfp_koo_film": 20, "lfp_koo_nofilm": 10}


#: On the page: every sort of term is in one of these.  `electrode-model losses` draws any other.
DRAWN = ("lfp_half_cell", "nmc111_half_cell", "nmc_lto", "plates")


@dataclass(frozen=True)
class Case:
    """A run and its budget."""

    name: str
    result: Result
    budget: Losses

    def steps(self) -> list[int]:
        """Steps that move the mean filling by more than .05."""
        numbers = dict.fromkeys(self.budget.step.tolist())
        return [s for s in numbers if np.ptp(self.budget.of_step(s).filling) > 0.05]

    def largest(self) -> str:
        """The two largest terms in the middle of the first step with current."""
        here = self.budget.of_step(self.steps()[0])
        k = here.time.size // 2
        order = sorted(here.terms, key=lambda name: -abs(here.terms[name][k]))
        return ", ".join(f"{name} {1e3 * here.terms[name][k]:.1f}" for name in order[:2])


def cases(quick: bool) -> list[Case]:
    """All shipped configurations as they are; with few particles if ``quick``."""
    shipped = {path.stem: (path.stem, list[str]()) for path in sorted(CONFIGS.glob("*.yaml"))}
    found = []
    for name, (config, overrides) in {**shipped, **MORE}.items():
        few = ["positive.particles.per_volume=10"] if quick and name not in MORE else []
        if name in FEWER:
            few = [f"positive.particles.per_volume={4 if quick else FEWER[name]}"]
        if name == "lto_half_cell":
            few = []
        if name in FULL:
            few = [*TIGHT, *FULL[name]]
        result = simulate(CONFIGS / f"{config}.yaml", overrides=[*overrides, *few])
        found.append(Case(name, result, losses(result)))
        print(f"{name}: {result.status}", flush=True)
    return found


def row(found: Sequence[Case]) -> Row:
    """Row O22."""
    worst = {case.name: float(np.abs(case.budget.remainder).max()) for case in found}
    values = "; ".join(
        f"{case.name} {1e3 * worst[case.name]:.0e} mV at {case.budget.time.size} times"
        f" ({case.largest()} mV)"
        for case in found
    )
    return Row(
        id="O22",
        claim="the loss of voltage is the sum of several processes in series",
        criterion="sum of the contributions = OCV - V within 0.1 mV at every saved time, charge,"
        " discharge and rest; none computed as the rest of the others",
        value=values,
        verdict=verdict(all(value < LIMIT for value in worst.values())),
        why="what is left is interpolation in time; in brackets the two largest terms in the"
        " middle of the first step.  Ensembles in one volume have no circuit to test: there the"
        " current of all reactions equals the cell's within"
        f" {max(float(np.abs(case.budget.imbalance).max()) for case in found):.0e} C",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, split, draw, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="ten particles in each volume")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args(arguments)
    found = cases(options.quick)
    print(write([row(found)], options.output))
    for case in found:
        if case.name not in DRAWN:
            continue
        with matplotlib.rc_context(STYLE):
            figure = draw_losses(case.result, case.budget, case.steps()[:4])
            save(figure, options.output / f"{case.name.replace(' ', '_')}.svg")
    print(f"Figures and tables: {options.output}")


if __name__ == "__main__":
    main()
