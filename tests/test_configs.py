"""Every shipped configuration: runs to its planned ends, conserves, and keeps its promises."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from electrode_model.analysis.balance import balance
from electrode_model.analysis.frames import filling_at, frames_of_step
from electrode_model.analysis.population import active_fraction
from electrode_model.config.load import load
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate

FOLDER = Path(__file__).parent.parent / "configs"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
#: Overrides that keep a test to a few seconds; the solver meets all that the whole run has.
SHORTER: dict[str, list[str]] = {
    # 89 s of CPU with its 400 particles
    "lfp_koo_film": ["positive.particles.per_volume=20", "positive.particles.model.nodes=15"],
    "lfp_koo_nofilm": ["positive.particles.per_volume=10", "positive.particles.model.nodes=30"],
    "lto_half_cell": [
        "protocol.0.until={voltage: 1.2 V, time: 1 h}",
        "protocol.2.until={voltage: 2 V, time: 30 min}",
    ],
}
every_config = pytest.mark.parametrize("name", NAMES)


@cache
def result_of(name: str) -> Result:
    return simulate(FOLDER / f"{name}.yaml", overrides=SHORTER.get(name, []))


def test_simulate_stays_a_function_after_its_module_is_imported():
    import electrode_model as em

    assert em.simulate is simulate
    assert em.load is load


def test_the_configurations_of_the_issue_are_there():
    assert {"lfp_half_cell", "lfp_ensemble", "nmc111_half_cell", "lto_half_cell"} <= set(NAMES)
    assert set(SHORTER) <= set(NAMES)


@every_config
def test_ends_as_planned(name):
    result = result_of(name)
    assert result.status == "finished", result.message
    assert len(result.steps) == len(load(FOLDER / f"{name}.yaml").protocol)
    for step in result.steps:
        assert step.planned, step
        assert "already passed" not in step.reason


@every_config
def test_conserves_lithium_and_salt(name):
    assert balance(result_of(name)).worst < 1e-10


@every_config
def test_fillings_stay_between_empty_and_full(name):
    """Up to the absolute tolerance: particles at 4.2 V hold less lithium than it."""
    result = result_of(name)
    fillings, atol = result["Particle filling fraction"], result.config.solver.atol
    assert fillings.min() > -atol
    assert fillings.max() < 1 + atol


def test_half_cell_has_a_thousand_particles_and_fills_them():
    result = result_of("lfp_half_cell")
    assert result.layout.size.size == 1000
    ends = [frames_of_step(result, step)[-1].min() for step in (0, 2)]
    assert ends[0] > 0.99
    assert ends[1] < 0.01


def test_lfp_ensemble_shows_what_its_heading_says():
    """Active at half filling: 0.24 -> 0.99 in lithiation, 0.14 -> 0.17 in delithiation."""
    result = result_of("lfp_ensemble")
    found = [
        active_fraction(filling_at(result, 0.5, step), result.layout.weight)
        for step in range(0, 7, 2)
    ]
    assert found == pytest.approx([0.24, 0.14, 0.99, 0.17], abs=0.02)


def test_lto_particles_hold_two_phases():
    """Within the first hour the surface is full and the core of a working particle empty."""
    profiles = result_of("lto_half_cell")["Particle profiles 0"]
    separated = (profiles[:, -1] > 0.9) & (profiles[:, 0] < 0.1)
    assert np.any(separated)
