"""A run that goes on from the end of another."""

import numpy as np
import pytest

import electrode_model as em
from electrode_model.analysis.balance import balance
from electrode_model.results import storage
from tests.models import HALF_CELL, SINGLE, SMOOTH, configuration, particle
from tests.runs import finished, protocol

FILM = "positive.particles.film_resistance=1e-3 ohm m^2"
NOISE = "positive.particles.noise={reaction: 1e-6 1/s, correlation_time: 20 s}"
HEAT = "heat={heat_capacity: 300 J/(m^2 K), cooling: 0.5 W/(m^2 K)}"
CHAIN = "positive.connections={model: chain, conductance: 2e-9 S}"
CELLS = {
    "homogeneous": (SINGLE, [particle("homogeneous")]),
    "film": (SINGLE, [particle("homogeneous"), FILM]),
    "noise": (SINGLE, [particle("homogeneous"), NOISE]),
    "heat, chain": (SINGLE, [*SMOOTH, HEAT, CHAIN, "positive.initial_filling=0.01"]),
    "porous": (
        HALF_CELL,
        [
            particle("cahn_hilliard", nodes=12),
            "positive.volumes=2",
            "positive.particles.per_volume=2",
        ],
    ),
}


def discharge(filling, *more):
    return protocol(f"{{current: 1 C, until: {{filling: {filling}}}}}", *more)


@pytest.mark.parametrize("cell", CELLS)
def test_a_discharge_cut_in_two_is_the_uncut_one(tmp_path, cell):
    text, overrides = CELLS[cell]
    whole = finished(tmp_path, text, [*overrides, discharge(0.4, "{rest: 1 min}")])
    early = configuration(tmp_path, text, [*overrides, discharge(0.2)])
    em.simulate(early, folder=tmp_path / "first")
    later = [*overrides, "continue_from=first", discharge(0.4, "{rest: 1 min}")]
    second = finished(tmp_path, text, later)
    field = "Particle profiles 0" if cell == "porous" else "Particle filling fraction"
    # ten times the tolerance of 1e-6: the errors of both runs, added up over the discharge
    assert second[field][-1] == pytest.approx(whole[field][-1], abs=1e-5)
    ends = [np.flatnonzero(result["Step"] == 0)[-1] for result in (whole, second)]
    for name in ("Time [s]", "Discharge capacity [A.h.m-2]", "Positive filling fraction"):
        a, b = (result[name][end] for result, end in zip((whole, second), ends, strict=True))
        assert b == pytest.approx(a, rel=1e-11)  # the clock and the charge go on
    voltages = [
        result["Voltage [V]"][end] for result, end in zip((whole, second), ends, strict=True)
    ]
    assert voltages[1] == pytest.approx(voltages[0], abs=2e-5)
    assert second["Time [s]"][0] == pytest.approx(0.19 * 3600, rel=1e-11)
    if "heat" in cell:
        warm = [
            result["Temperature [K]"][end]
            for result, end in zip((whole, second), ends, strict=True)
        ]
        assert warm[1] == pytest.approx(warm[0], abs=1e-3)  # ten tolerances of 300 K
        assert abs(warm[1] - 298.15) > 0.1
    assert balance(second).worst < 1e-12


def test_the_state_is_taken_over_to_the_last_digit(tmp_path):
    text, overrides = CELLS["porous"]
    em.simulate(configuration(tmp_path, text, [*overrides, discharge(0.1)]), folder=tmp_path / "a")
    rest = [*overrides, "continue_from=a", protocol("{rest: 1e-9 s}")]
    first, second = em.Result.open(tmp_path / "a"), finished(tmp_path, text, rest)
    for name in ("Particle profiles 0", "Electrolyte concentration [mol.m-3]"):
        assert np.array_equal(second[name][0], first[name][-1])


def test_a_stopped_run_keeps_its_state_too(tmp_path):
    config = configuration(tmp_path, SINGLE, ["solver.max_steps=20", discharge(0.4)])
    failed = em.simulate(config, folder=tmp_path / "a")
    assert failed.status == "failed"
    state = storage.read_state(tmp_path / "a")
    assert state.time == failed["Time [s]"][-1] > 0
    on = finished(tmp_path, SINGLE, ["continue_from=a", discharge(0.4)])
    assert on["Time [s]"][0] == state.time


def test_a_ramp_leads_on_from_the_current_of_the_run_before(tmp_path):
    em.simulate(configuration(tmp_path, SINGLE, [discharge(0.1)]), folder=tmp_path / "a")
    step = "{current: 0.5 C, ramp: 10 s, until: {time: 20 s}}"
    result = finished(tmp_path, SINGLE, ["continue_from=a", protocol(step)])
    assert result["C-rate"][0] == pytest.approx(1.0)
    assert result["C-rate"][-1] == pytest.approx(0.5)


def test_another_nominal_capacity_counts_the_same_charge(tmp_path):
    em.simulate(configuration(tmp_path, SINGLE, [discharge(0.1)]), folder=tmp_path / "a")
    more = ["nominal_capacity=50 A h/m^2", "continue_from=a", protocol("{rest: 1 s}")]
    result, before = finished(tmp_path, SINGLE, more), em.Result.open(tmp_path / "a")
    name = "Discharge capacity [A.h.m-2]"
    assert result[name][0] == pytest.approx(before[name][-1], rel=1e-14)
    assert result["Positive filling fraction"][0] == pytest.approx(0.1, abs=1e-12)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["continue_from=b"], r"continue_from is '.*b', which is no folder"),
        (
            ["positive.particles.per_volume=4"],
            "particles of the positive electrode are 5 there and 4",
        ),
        (
            [particle("diffusion", nodes=9)],
            "unknowns of each of the positive electrode are 1 there",
        ),
        (
            ["positive.particles.size=100 nm"],
            "the sizes of the particles of the positive electrode",
        ),
    ],
)
def test_another_model_is_refused_before_anything_is_written(tmp_path, overrides, message):
    em.simulate(configuration(tmp_path, SINGLE, [discharge(0.1)]), folder=tmp_path / "a")
    diffusivity = "positive.particles.material.diffusivity=1e-18 m^2/s"
    config = configuration(tmp_path, SINGLE, ["continue_from=a", diffusivity, *overrides])
    with pytest.raises(em.ConfigError, match=message):
        em.simulate(config, folder=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_an_overwritten_folder_has_no_old_state(tmp_path):
    config = configuration(tmp_path, SINGLE, [protocol("{rest: 1 s}")])
    em.simulate(config, folder=tmp_path / "a")
    storage.claim_folder(tmp_path / "a", overwrite=True)
    assert not (tmp_path / "a" / storage.STATE).exists()
    with pytest.raises(em.ConfigError, match=r"has no final_state\.npy"):
        em.simulate(config.model_copy(update={"continue_from": str(tmp_path / "a")}))
