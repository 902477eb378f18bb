"""Protocols carried out: ends, balances, and clear words when something cannot be done."""

import numpy as np
import pytest

import electrode_model as em
from electrode_model.assemble import assemble
from electrode_model.simulation.reader import Reader
from electrode_model.solver.system import System
from tests.models import HALF_CELL, SINGLE, configuration


def run(folder, text=SINGLE, *overrides, protocol=None):
    extra = [] if protocol is None else [f"protocol={protocol}"]
    return em.simulate(configuration(folder, text, [*overrides, *extra]))


def test_steps_follow_each_other_at_one_time(tmp_path):
    """Every step ends at its own cut-off; the next begins at the same moment and state."""
    protocol = (
        "[{current: 1 C, until: {filling: 0.5}}, {rest: 5 min},"
        " {current: -2 C, until: {voltage: 3.6 V}}, {voltage: 3.6 V, until: {rate: C/20}}]"
    )
    result = run(tmp_path, HALF_CELL, protocol=protocol)
    assert result.status == "finished"
    assert [s.reason for s in result.steps] == [
        "filling 0.5", "time 300 s", "voltage 3.6 V", "rate 0.05 C",
    ]  # fmt: skip
    step, time = result["Step"], result["Time [s]"]
    for k in range(3):
        last, first = np.flatnonzero(step == k)[-1], np.flatnonzero(step == k + 1)[0]
        assert time[last] == time[first] == result.steps[k].end
        filling = result["Positive filling fraction"]
        assert filling[last] == pytest.approx(filling[first], abs=1e-12)
    ends = [np.flatnonzero(step == k)[-1] for k in range(4)]
    assert result["Positive filling fraction"][ends[0]] == pytest.approx(0.5, abs=1e-12)
    assert result["Voltage [V]"][ends[2]] == pytest.approx(3.6, abs=1e-10)
    assert result["C-rate"][ends[3]] == pytest.approx(-0.05, abs=1e-9)
    assert result["Voltage [V]"][step == 3] == pytest.approx(3.6, abs=1e-10)
    assert np.all(np.diff(time) >= 0)


def test_time_and_capacity_are_those_of_the_current(tmp_path):
    protocol = "[{current: 6 A/m^2, until: {capacity: 2 A h/m^2}}]"
    result = run(tmp_path, SINGLE, protocol=protocol)
    assert result["Time [s]"][-1] == pytest.approx(1200.0, rel=1e-12)
    assert result["Discharge capacity [A.h.m-2]"][-1] == pytest.approx(2.0, rel=1e-12)
    assert result["Current [A.m-2]"] == pytest.approx(6.0, rel=1e-12)


def test_repeat_runs_its_steps_again(tmp_path):
    protocol = "[{repeat: 3, steps: [{current: 1 C, until: {time: 1 min}}, {rest: 1 min}]}]"
    result = run(tmp_path, SINGLE, protocol=protocol)
    assert len(result.steps) == 6
    assert result["Time [s]"][-1] == pytest.approx(360.0)
    assert result["Positive filling fraction"][-1] == pytest.approx(0.01 + 3 / 60, abs=1e-10)


def test_a_cut_off_already_passed_is_said_and_the_run_goes_on(tmp_path):
    protocol = "[{current: 1 C, until: {voltage: 3.6 V}}, {rest: 1 min}]"
    result = run(tmp_path, SINGLE, protocol=protocol)
    assert result.status == "finished"
    assert result.steps[0].reason == "voltage 3.6 V already passed"
    assert result.steps[0].end == 0.0
    assert "already passed at the start (3.4" in result.steps[0].message
    assert result.steps[1].end == pytest.approx(60.0)


def test_leaving_the_voltage_window_stops_the_run_and_says_so(tmp_path):
    protocol = "[{current: 1 C, until: {time: 3 h}}, {rest: 1 min}]"
    result = run(tmp_path, SINGLE, "voltage_window=[2.5 V, 6 V]", protocol=protocol)
    assert result.status == "stopped"
    assert not result.steps[0].planned
    assert "voltage window 2.5 V: ended" in result.message
    assert "give it a cut-off" in result.message
    assert len(result.steps) == 1
    # near full the voltage falls by volts within a rounding error of the time
    assert result["Voltage [V]"][-1] == pytest.approx(2.5, abs=1e-6)
    assert result["Positive filling fraction"][-1] > 0.999


@pytest.mark.parametrize(("rate", "end"), [("1 C", "full"), ("-1 C", "empty")])
def test_a_full_or_empty_electrode_is_an_end_with_a_name(tmp_path, rate, end):
    """At 0 V lithium iron phosphate would be full to 1e-50: no double says how full."""
    start = "0.01" if end == "full" else "0.99"
    protocol = f"[{{current: {rate}, until: {{time: 3 h}}}}]"
    overrides = (f"positive.initial_filling={start}", "voltage_window=[-10 V, 10 V]")
    result = run(tmp_path, SINGLE, *overrides, protocol=protocol)
    assert result.status == "stopped"
    assert result.steps[0].reason == f"particles {end}"
    assert "give it a voltage cut-off" in result.message


@pytest.mark.parametrize(
    ("rate", "limit", "reason", "why"),
    [
        ("1e4 C", "0.5 V", "voltage 0.5 V already passed", "at the start (-1"),  # 15 V of losses
        (
            "-1e4 C",
            "5 V",
            "residual not finite",
            "more salt at the foil than there is",
        ),  # no salt is left
    ],
)
def test_a_current_that_no_electrode_carries_ends_at_once(tmp_path, rate, limit, reason, why):
    """In seconds, with the place and the reason, never a hang."""
    protocol = f"[{{current: {rate}, until: {{voltage: {limit}}}}}]"
    result = run(tmp_path, HALF_CELL, protocol=protocol)
    assert result.steps[0].reason == reason
    assert result.steps[0].end == 0.0
    assert why in result.steps[0].message


def test_an_exhausted_electrolyte_fails_with_place_and_time(tmp_path):
    """Charging faster than salt reaches the foil: no solution exists past that moment."""
    overrides = (
        "electrolyte={model: concentrated, concentration: 1 mol/L, diffusivity: 1e-11}",
        "positive.initial_filling=0.9",
    )
    protocol = "[{current: -2 C, until: {voltage: 5.5 V}}]"
    result = run(tmp_path, HALF_CELL, *overrides, protocol=protocol)
    assert result.status == "failed"
    assert 10 < result.steps[0].end < 100
    assert result["Time [s]"][-1] == pytest.approx(result.steps[0].end)
    for part in ("residual not finite at", "in step 1", "phi_e, cell 0", "mol/m^3"):
        assert part in result.message


@pytest.mark.parametrize(
    ("override", "reason"),
    [("solver.max_steps=20", "limit of time steps"), ("solver.wall_time=1e-6", "wall-clock limit")],
)
def test_limits_of_patience_keep_the_partial_result(tmp_path, override, reason):
    result = run(tmp_path, SINGLE, override)
    assert result.status == "failed"
    assert result.steps[0].reason == reason
    assert "raise solver." in result.message
    assert result["Time [s]"].size > 1


def test_the_smallest_step_is_an_exit_of_its_own(tmp_path):
    result = run(tmp_path, SINGLE, "solver.min_step=10 s")
    assert result.status == "failed"
    assert result.steps[0].reason == "step too small"
    assert "worst: " in result.message


def test_output_times_are_met_exactly(tmp_path):
    result = run(
        tmp_path, SINGLE, "output.every=100 s", protocol="[{current: 1 C, until: {time: 950 s}}]"
    )
    expected = [0.0, *np.arange(100.0, 901.0, 100.0), 950.0]
    np.testing.assert_allclose(result["Field time [s]"], expected, rtol=1e-12)
    assert set(expected) <= set(np.round(result["Time [s]"], 9))


def test_progress_is_told(tmp_path):
    told = []
    em.simulate(configuration(tmp_path, HALF_CELL, ["solver.rtol=1e-9"]), progress=told.append)
    assert told
    assert all(0 <= p.fraction <= 1 for p in told)
    assert all(2.4 < p.voltage < 3.6 for p in told)


def test_statistics_are_reported(tmp_path):
    result = run(tmp_path)
    numbers = result.steps[0].statistics
    assert 0 < numbers["jacobians"] < numbers["factorisations"] < numbers["steps"]
    assert numbers["steps"] < numbers["residuals"]
    # measured 322 and 800: half an order lost would double them
    assert numbers["steps"] < 480
    assert numbers["residuals"] < 1200


def test_cost_does_not_grow_with_equal_particles(tmp_path):
    """n equal particles are one: the same steps, voltages and fillings."""
    one = run(
        tmp_path, HALF_CELL, "positive.particles.per_volume=1", "positive.particles.size=1e-7"
    )
    many = run(
        tmp_path, HALF_CELL, "positive.particles.per_volume=150", "positive.particles.size=1e-7"
    )
    assert one.steps[0].statistics["steps"] == pytest.approx(
        many.steps[0].statistics["steps"], abs=3
    )
    times = np.linspace(0, 3000, 50)
    curves = [np.interp(times, r["Time [s]"], r["Voltage [V]"]) for r in (one, many)]
    assert np.abs(curves[0] - curves[1]).max() < 1e-5
    spread = np.ptp(many["Particle filling fraction"][:, :150], axis=1)
    assert spread.max() < 1e-12


def test_a_path_and_overrides_are_taken_too(tmp_path):
    path = tmp_path / "cell.yaml"
    path.write_text(SINGLE, encoding="utf-8")
    result = em.simulate(path, overrides=["protocol=[{rest: 1 min}]"], folder=tmp_path / "out")
    assert result.status == "finished"
    assert (tmp_path / "out" / "timeseries.csv").exists()
    with pytest.raises(ValueError, match="overrides go with a path"):
        em.simulate(configuration(tmp_path), overrides=["temperature=300"])


def test_a_number_that_the_material_lacks_is_asked_for(tmp_path):
    overrides = (
        "positive.particles.material=nmc532",
        "positive.particles.model=allen_cahn",
        "positive.particles.thickness=20 nm",
        "positive.initial_filling=0.5",
    )
    with pytest.raises(em.ConfigError, match=r"need wetting_filling.* nmc532 does not give"):
        run(tmp_path, SINGLE, *overrides)


def test_one_volume_may_have_a_resistive_solid(tmp_path):
    result = run(tmp_path, HALF_CELL, "positive.conductivity=1 S/m", "positive.volumes=1")
    assert result.status == "finished"


def test_output_times_that_fill_a_disk_are_refused(tmp_path):
    protocol = "[{rest: 1 h}]"
    with pytest.raises(em.ConfigError, match=r"output\.every is 1e-12 s.*write at least 0\.0036 s"):
        run(tmp_path, SINGLE, "output.every=1e-12", protocol=protocol)


def test_a_rest_that_never_reaches_its_voltage_ends(tmp_path):
    result = run(tmp_path, SINGLE, protocol="[{rest: {}, until: {voltage: 1 V}}]")
    assert result.status == "stopped"
    assert result.steps[0].reason == "1e+10 s without a cut-off"
    assert result["Time [s]"].size < 10_000  # thinned out: evenly spaced they would be 5e8


def test_full_particles_count_as_the_cut_off_beyond(tmp_path):
    """1 V below the plateau no double says how full a particle is; the protocol goes on."""
    protocol = "[{current: 1 C, until: {voltage: 0.5 V}}, {rest: 1 min}]"
    result = run(tmp_path, SINGLE, protocol=protocol)
    assert result.status == "finished"
    assert result.steps[0].reason == "voltage 0.5 V, particles full"
    assert result["Positive filling fraction"][-1] > 0.9999


def test_a_current_that_never_flows_is_not_as_planned(tmp_path):
    result = run(tmp_path, SINGLE, protocol="[{current: 1 C, until: {voltage: 3.6 V}}]")
    assert not result.steps[0].planned


def test_an_electrolyte_beyond_its_measurements_is_noted(tmp_path):
    overrides = ("positive.thickness=300 um", "positive.volumes=10")
    protocol = "[{current: 5 C, until: {voltage: 2.5 V}}]"
    result = run(tmp_path, HALF_CELL, *overrides, protocol=protocol)
    assert "note: the electrolyte reached" in result.steps[0].message
    assert "measured from 0 to 3.9" in result.message
    with pytest.raises(em.ConfigError, match="hold from 263 to 333"):
        run(tmp_path, HALF_CELL, "temperature=400 K")


def test_a_failure_beside_one_full_particle_is_not_called_full(tmp_path):
    """A solve may fail for a reason of its own while some particle happens to be full."""
    config = configuration(tmp_path, SINGLE)
    model = assemble(config)
    system = System(model)
    reader = Reader(model, system)
    system.y[system.where["current"]] = 1.0
    system.y[system.blocks[0]] = [1 - 1e-10, 0.5, 0.5, 0.5, 0.5]
    assert reader.saturation(system.y) is None
    system.y[system.blocks[0]] = 1 - 1e-10
    assert reader.saturation(system.y) == "particles full"
    system.y[system.where["current"]] = -1.0
    assert reader.saturation(system.y) is None


def test_the_end_of_a_step_is_saved_once(tmp_path):
    """Also where the last of the evenly spaced output times falls on it."""
    steps = "protocol=[{current: 1 C, until: {time: 5 min}}, {rest: 1 min}]"
    for more in ([], ["output.every=60 s"]):
        result = run(tmp_path, SINGLE, steps, *more)
        for step, end in ((0, 300.0), (1, 360.0)):
            for time, number in (("Time [s]", "Step"), ("Field time [s]", "Field step")):
                times = result[time][result[number] == step]
                assert np.all(np.diff(times) > 0)
                assert times[-1] == pytest.approx(end, rel=1e-12)
