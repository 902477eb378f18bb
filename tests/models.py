"""Small models for the solver's tests: configurations from a few words, runs to given times."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.assemble import Assembly, assemble
from electrode_model.config.load import load
from electrode_model.config.model import Config
from electrode_model.solver.start import Outcome, Statistics, consistent
from electrode_model.solver.stepper import Stepper
from electrode_model.solver.system import System

Array = np.ndarray[Any, np.dtype[np.float64]]

SINGLE = """
schema: 1
temperature: 298.15
negative: ideal
positive:
  thickness: 50 um
  porosity: 0.4
  active_fraction: 0.414
  volumes: 1
  initial_filling: 0.01
  particles:
    model: homogeneous
    per_volume: 5
    size: {distribution: lognormal, mean: 100 nm, std: 20 nm}
    material: lfp
electrolyte: {model: constant, concentration: 1 mol/L}
protocol: [{current: 1 C, until: {voltage: 2.5 V}}]
"""

HALF_CELL = (
    SINGLE.replace("negative: ideal", "negative: {model: lithium_foil}")
    .replace("{model: constant,", "{model: concentrated,")
    .replace("positive:", "separator: {thickness: 25 um, porosity: 0.5, volumes: 3}\npositive:", 1)
)

#: A material without phases and with an open-circuit voltage, for smooth comparisons.
SMOOTH = (
    "positive.particles.material={name: nmc532, diffusivity: 1e-15 m^2/s}",
    "positive.particles.kinetics={law: butler_volmer, k0: 1 A/m^2, exchange_current: newman}",
    "positive.particles.size={distribution: lognormal, mean: 1 um, std: 0.2 um}",
    "positive.initial_filling=0.4",
)


def particle(model: str, **numbers: object) -> str:
    """An override that chooses a particle model."""
    keys = ", ".join(f"{key}: {value}" for key, value in {"name": model, **numbers}.items())
    return f"positive.particles.model={{{keys}}}"


def configuration(folder: Path, text: str = SINGLE, overrides: Sequence[str] = ()) -> Config:
    path = folder / "model.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, overrides)


def assembly(folder: Path, text: str = SINGLE, overrides: Sequence[str] = ()) -> Assembly:
    return assemble(configuration(folder, text, overrides))


def states_at(
    model: Assembly,
    times: Sequence[float] | Array,
    *,
    control: tuple[float, float, float] = (1.0, 0.0, 1.0),
    tolerance: float = 1e-6,
) -> tuple[Array, Statistics, System]:
    """States (n_t, n) at ``times`` [h] of a run under one ``control``; 1C unless it says else."""
    system, statistics, found = System(model), Statistics(), list[Array]()
    system.control[:] = control
    with np.errstate(all="ignore"):
        assert consistent(system, statistics) is None
        stepper = Stepper(system, statistics, rtol=tolerance, atol=tolerance)
        while len(found) < len(times):
            done = stepper.step()
            assert not isinstance(done, Outcome), (done, stepper.worst())
            while len(found) < len(times) and times[len(found)] <= done.end:
                found.append(done(times[len(found)]))
    return np.array(found), statistics, system
