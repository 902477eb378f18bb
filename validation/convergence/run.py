"""Are the curves of the shipped configurations converged?  Grid and tolerance refined.

    python validation/convergence/run.py [--quick] [-o DIR] [NAME ...]

Each configuration runs as it is, with twice as many volumes, with twice as many nodes in its
particles, and with tolerances a tenth of its own; voltages are compared at the same moments.
Where particles switch one after another, which of them is first decides single moments: another
number of particles on the same grid moves them as far, and means over a stretch are compared.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model import Result
from electrode_model.config.load import load
from electrode_model.validate.figures import CASE_STYLE, save
from electrode_model.validate.rows import Row, verdict, write

HERE = Path(__file__).parent
CONFIGS = HERE.parent.parent / "configs"
LIMIT = 1.0  # mV
EDGES = (0.02, 0.98)  # of a step: at its ends the voltage all but jumps
MOMENTS = 200  # of a step
STRETCH = 10  # moments in a mean: a twentieth of a step, 5 mm of a figure
#: Times as many particles on the same grid, no whole number: other sizes.
OTHER = 1.37
MANY = 20
#: Particles in a volume instead of the file's, where a run takes minutes: the grid inside a
#: particle and the time steps do not know how many there are.
FEWER = {
    "lfp_ensemble": 200,
    "lfp_koo_0d": 100,
    "lfp_koo_alpha": 100,
    "lfp_koo_ciet": 10,
    "lfp_koo_film": 8,
    "lfp_koo_nofilm": 6,
    "nmc532_ensemble": 300,
    "nmc111_half_cell": 20,
}
QUICK = ("nmc532_ensemble", "lfp_koo_0d")
WHY = {
    "volumes": "with the volumes the particles double too: there are more and smaller switches",
    "nodes": "few nodes where the diffusivity falls steeply, or a phase boundary is narrow",
    "tolerance": "time steps",
}


@dataclass(frozen=True)
class Change:
    """|dV| [mV] at the same moments, and of means over a stretch of them, both in order."""

    values: np.ndarray
    means: np.ndarray

    def text(self) -> str:
        """Median, 95th percentile, largest; and the 95th percentile of the means."""
        found = (np.median(self.values), np.quantile(self.values, 0.95), self.values.max())
        moments = " / ".join(f"{value:.2g}" for value in found)
        return f"{moments}, means {np.quantile(self.means, 0.95):.2g}"

    def met(self, switching: bool = False) -> bool:
        """Whether 95 % of the moments, or of the means, have moved by less than the limit."""
        return float(np.quantile(self.means if switching else self.values, 0.95)) <= LIMIT


def finer(path: Path) -> dict[str, list[str]]:
    """Overrides that double every number of volumes, and of nodes; none where there are none."""
    config: Any = load(path)
    volumes: list[str] = []
    nodes: list[str] = []
    if config.separator is not None and config.positive.volumes > 1:
        volumes.append(f"separator.volumes={2 * config.separator.volumes}")
    for name in ("negative", "positive"):
        electrode = getattr(config, name)
        if not hasattr(electrode, "particles"):
            continue
        if electrode.volumes > 1:
            volumes.append(f"{name}.volumes={2 * electrode.volumes}")
        for population in electrode.particles:
            count = population.model.parameters.get("nodes")
            if count:
                nodes.append(f"{name}.particles.model.nodes={2 * int(count) - 1}")
    return {kind: found for kind, found in (("volumes", volumes), ("nodes", nodes)) if found}


def tighter(path: Path) -> list[str]:
    """Overrides for tolerances a tenth of the file's."""
    solver = load(path).solver
    return [f"solver.rtol={solver.rtol / 10:g}", f"solver.atol={solver.atol / 10:g}"]


def simulate(path: Path, overrides: Sequence[str]) -> Result:
    """Run; raises RuntimeError if it does not end as planned."""
    few = FEWER.get(path.stem)
    more = [f"positive.particles.per_volume={few}"] if few else []
    result = em.simulate(path, overrides=[*more, *overrides, "output.fields=[particles]"])
    if result.status != "finished":
        raise RuntimeError(f"{path.name} {list(overrides)}: {result.message}")
    return result


def another(path: Path) -> list[str]:
    """Overrides for other numbers of particles in a volume, on the same grid.

    Of populations so large that their sizes stand for a distribution: one particle more among
    five is another distribution.
    """
    config: Any = load(path)
    found = []
    for name in ("negative", "positive"):
        populations = getattr(getattr(config, name), "particles", [])
        if len(populations) == 1 and (count := populations[0].per_volume) >= MANY:
            few = FEWER.get(path.stem) if name == "positive" else None
            found.append(f"{name}.particles.per_volume={round(OTHER * (few or count))}")
    return found


def compare(one: Result, other: Result) -> Change:
    """At 200 moments of every step, counted from its beginning, as far as both go."""
    found, means = [], []
    stretch = np.ones(STRETCH) / STRETCH
    for step in np.unique(one["Step"]):
        pair = [_step(result, int(step)) for result in (one, other)]
        end = min(time[-1] for time, _ in pair)
        if end <= 0:
            continue
        # means of ten points about every moment, as the curve is drawn
        fine = end * np.linspace(*EDGES, 10 * MOMENTS)
        ours, theirs = (np.interp(fine, time, voltage) for time, voltage in pair)
        change = 1e3 * (ours - theirs)
        found.append(np.abs(change[::10]))
        means.append(np.abs(np.convolve(change, np.repeat(stretch, 10) / 10, "valid")))
    return Change(np.sort(np.concatenate(found)), np.sort(np.concatenate(means)))


def _step(result: Result, step: int) -> tuple[np.ndarray, np.ndarray]:
    here = result["Step"] == step
    time = result["Time [s]"][here]
    return time - time[0], result["Voltage [V]"][here]


def row(path: Path, changes: dict[str, Change], draws: Change | None) -> Row:
    """Of a configuration; ``draws``: what another number of particles changes, if asked."""
    few = FEWER.get(path.stem)
    switching = draws is not None and not draws.met()
    why = [WHY[kind] for kind, change in changes.items() if not change.met(switching)]
    texts = [f"{kind} {change.text()}" for kind, change in changes.items()]
    if draws is not None:
        texts.append(f"{OTHER:g} times the particles on the same grid {draws.text()}")
    moved = f"means over {100 * STRETCH / MOMENTS:g} % of a step" if switching else "moments"
    return Row(
        path.stem,
        f"{path.name}: the drawn curve is converged",
        f"95 % of all {moved} move by less than {LIMIT:g} mV in each refinement",
        "; ".join(texts) + " mV (moments: median / 95 % / largest; means: 95 %)",
        verdict(not why),
        "; ".join(
            [
                *([f"{few} particles in a volume"] if few else []),
                *(["particles switch one after another"] if switching else []),
                *why,
            ]
        ),
    )


def draw(changes: dict[str, dict[str, Change]], path: Path) -> Path:
    """How |dV| is distributed over the moments, one line a configuration."""
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(12, 3.8), layout="constrained")
        axes = figure.subplots(1, 3, sharey=True)
        titles = {
            "volumes": "twice the volumes",
            "nodes": "twice the nodes",
            "tolerance": "a tenth of the tolerances",
        }
        for axis, (kind, title) in zip(axes, titles.items(), strict=True):
            for k, (name, found) in enumerate(changes.items()):
                if kind in found:
                    values = np.maximum(found[kind].values, 1e-7)
                    share = np.arange(1, values.size + 1) / values.size
                    style = "-" if k < 7 else "--"
                    axis.semilogx(values, share, style, lw=1.3, color=f"C{k % 7}", label=name)
            axis.axvline(LIMIT, color="#8a8a8a", lw=0.8, ls=":")
            axis.set(xlabel="change of the voltage [mV]", title=title, ylim=(0, 1))
        axes[0].set_ylabel("share of all moments")
        axes[2].legend(loc="upper left", bbox_to_anchor=(1, 1))
    return save(figure, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Refine, compare, draw, print; 1 if a row is not reproduced."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="configurations; default: all")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(arguments)
    names = options.names or (QUICK if options.quick else None)
    paths = [path for path in sorted(CONFIGS.glob("*.yaml")) if names is None or path.stem in names]
    found: list[Row] = []
    changes: dict[str, dict[str, Change]] = {}
    for path in paths:
        own = simulate(path, [])
        refined = {**finer(path), "tolerance": tighter(path)}
        changes[path.stem] = {
            kind: compare(own, simulate(path, more)) for kind, more in refined.items()
        }
        missed = not all(change.met() for change in changes[path.stem].values())
        others = another(path) if missed else []
        draws = compare(own, simulate(path, others)) if others else None
        found.append(row(path, changes[path.stem], draws))
        print(found[-1].id, found[-1].value, flush=True)
    print(write(found, options.output))
    print(draw(changes, options.output / "convergence.svg"))
    return int(any(entry.verdict == "not reproduced" for entry in found))


if __name__ == "__main__":
    sys.exit(main())
