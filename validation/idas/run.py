"""Shipped configurations by this package's time integration and by CasADi's idas.

    python validation/idas/run.py [--quick] [-o DIR]

The same equations, another integrator (SUNDIALS) with its own Newton iteration, at tolerances a
thousand times tighter; few particles, because idas eliminates everything at once.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model.assemble import assemble
from electrode_model.config.load import load
from electrode_model.solver import oracle
from electrode_model.solver.system import System
from electrode_model.validate.figures import CASE_STYLE, MEASURED, save
from electrode_model.validate.rows import Curve, Row, verdict, write

HERE = Path(__file__).parent
CONFIGS = HERE.parent.parent / "configs"
LIMIT = 1.0  # mV
P = "positive.particles"


@dataclass(frozen=True)
class Case:
    """A configuration made small, its signed C-rate and for how long [h]."""

    config: str
    rate: float
    hours: float
    overrides: tuple[str, ...]


CASES = (
    Case("nmc111_half_cell", -1.0, 0.45, ("positive.volumes=5", f"{P}.per_volume=3")),
    Case("nmc532_ensemble", -2.0, 0.22, (f"{P}.per_volume=40",)),
    Case("lfp_half_cell", 1.0, 0.85, ("positive.volumes=4", f"{P}.per_volume=4")),
    Case("lfp_koo_film", 1.0, 0.85, (f"{P}.per_volume=3",)),
    Case("lto_half_cell", 0.2, 4.0, ("positive.volumes=2", f"{P}.model.nodes=31")),
    Case(
        "nmc532_graphite",
        1.0,
        0.7,
        (
            "positive.volumes=3",
            "negative.volumes=3",
            "separator.volumes=2",
            f"{P}.per_volume=2",
            "negative.particles.per_volume=2",
        ),
    ),
)


@dataclass(frozen=True)
class Pair:
    """Times [h], voltages [V] of both, and the number of states."""

    case: Case
    times: np.ndarray
    own: np.ndarray
    idas: np.ndarray
    states: int

    @property
    def error(self) -> np.ndarray:
        """|dV| [mV]."""
        error: np.ndarray = 1e3 * np.abs(self.own - self.idas)
        return error


def compare(case: Case) -> Pair:
    """Integrate twice; raises RuntimeError if either fails."""
    step = f"protocol=[{{current: {case.rate:g} C, until: {{time: {case.hours:g} h}}}}]"
    path, overrides = CONFIGS / f"{case.config}.yaml", [*case.overrides, step]
    result = em.simulate(path, overrides=[*overrides, "output.figures=false"])
    if result.status != "finished":
        raise RuntimeError(f"{case.config}: {result.message}")
    times = case.hours * np.linspace(0.01, 0.999, 60)
    own = np.interp(times, result["Time [s]"] / 3600, result["Voltage [V]"])
    assembly = assemble(load(path, overrides))
    states = oracle.integrate(assembly, (1.0, 0.0, case.rate), times, rtol=1e-9, atol=1e-11)
    where = System(assembly).where["voltage"]
    voltage = states[:, where].reshape(times.size) * assembly.scales.voltage
    return Pair(case, times, own, voltage, states.shape[1])


def row(pair: Pair) -> Row:
    """Of a configuration."""
    error = pair.error
    return Row(
        pair.case.config,
        f"{pair.case.config} at {pair.case.rate:g} C: the voltage of CasADi's idas",
        f"within {LIMIT:g} mV at 60 moments",
        f"at most {error.max():.2g} mV, median {np.median(error):.2g} mV; {pair.states} states",
        verdict(float(error.max()) <= LIMIT),
        "our voltage is interpolated between time steps",
        Curve.of(error),
    )


def draw(pairs: Sequence[Pair], path: Path) -> Path:
    """idas as points, this package as lines."""
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(11, 5), layout="constrained")
        for axis, pair in zip(figure.subplots(2, 3).flat, pairs, strict=False):
            axis.plot(pair.times, pair.own, color="#0072B2", label="electrode_model")
            axis.plot(pair.times, pair.idas, **MEASURED, label="idas")
            axis.set(title=pair.case.config, xlabel="time [h]", ylabel="voltage [V]")
            axis.legend()
    return save(figure, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Integrate, compare, draw, print; 1 if a row is not reproduced."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the same: it takes seconds")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(arguments)
    pairs = [compare(case) for case in CASES]
    found = [row(pair) for pair in pairs]
    print(write(found, options.output))
    print(draw(pairs, options.output / "idas.svg"))
    return int(any(entry.verdict == "not reproduced" for entry in found))


if __name__ == "__main__":
    sys.exit(main())
