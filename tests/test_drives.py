"""Set points that change with time: drive cycles, ramps, sweeps and waves."""

import numpy as np
import pytest

import electrode_model as em
from electrode_model.config.load import load, resolved_yaml
from electrode_model.scales import Scales
from electrode_model.simulation.courses import course
from tests.models import HALF_CELL, SINGLE, SMOOTH, configuration
from tests.runs import finished, protocol

#: A material without phases, one volume, one particle: a run takes a tenth of a second.
SMALL = (*SMOOTH, "positive.particles.per_volume=1")
CURRENT, CHARGE = "Current [A.m-2]", "Discharge capacity [A.h.m-2]"

TIME = np.array([0.0, 3.0, 4.0, 10.0, 11.5, 20.0, 30.0])
VALUES = np.array([5.0, 8.0, -4.0, -4.0, 12.0, 0.0, 3.0])
EXACT = {
    "linear": float(np.sum((VALUES[1:] + VALUES[:-1]) / 2 * np.diff(TIME))) / 3600,
    "hold": float(np.sum(VALUES[:-1] * np.diff(TIME))) / 3600,
}


def table(folder, header="Time [s],Current [A.m-2]", rows=None, name="cycle.csv"):
    rows = zip(TIME, VALUES, strict=True) if rows is None else rows
    lines = [header, *(",".join(map(str, row)) for row in rows)]
    (folder / name).write_text("# made up\n" + "\n".join(lines) + "\n", encoding="utf-8")


def cycle(more="", until=""):
    columns = "file: cycle.csv, time: 'Time [s]', current: 'Current [A.m-2]'"
    return f"{{drive: {{{columns}{more}}}{until}}}"


@pytest.mark.parametrize("interpolation", ["linear", "hold"])
def test_the_charge_is_the_integral_of_the_file(tmp_path, interpolation):
    table(tmp_path)
    step = cycle(f", interpolation: {interpolation}, repeat: 2")
    result = finished(tmp_path, HALF_CELL, [*SMALL, "positive.volumes=2", protocol(step)])
    assert result.steps[0].reason == "end of drive cycle cycle.csv of 30 s, 2 times"
    assert result["Time [s]"][-1] == pytest.approx(60.0, rel=1e-12)
    # 1e-6 of the theoretical capacity is the solver's tolerance
    assert result[CHARGE][-1] == pytest.approx(2 * EXACT[interpolation], abs=1e-6 * 24)


def test_the_current_follows_the_file_between_its_rows(tmp_path):
    table(tmp_path)
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(cycle())])
    time, current = result["Time [s]"], result[CURRENT]
    assert current == pytest.approx(np.interp(time, TIME, VALUES), abs=1e-9)
    assert set(TIME) <= set(np.round(time, 9))  # no step passes a row where the slope changes


def test_held_values_jump_at_their_rows(tmp_path):
    table(tmp_path)
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(cycle(", interpolation: hold"))])
    time, current = result["Time [s]"], result[CURRENT]
    for k, t in enumerate(TIME[1:-1]):
        if VALUES[k] == VALUES[k + 1]:
            continue  # no jump
        here = current[np.isclose(time, t, rtol=0, atol=1e-9)]
        assert list(dict.fromkeys(np.round(here, 9))) == [VALUES[k], VALUES[k + 1]]


@pytest.mark.parametrize(
    ("header", "columns", "factor"),
    [
        ("t,i", "time: t, current: i", 1.0),
        ("t,i", "time: t, current: i, discharge_positive: false", -1.0),
        ("t,i", "time: t, current: i, scale: 0.5", 0.5),
        ("t,i", "time: t, current: i, unit: mA/cm^2", 10.0),
        ("t,i", "time: t, current: i, unit: mA, area: 2 cm^2", 5.0),
        ("t,i", "time: t, current: i, area: 10 m^2", 0.1),
        ("x;i;t", "time: t, current: i", 1.0),
    ],
)
def test_columns_units_sign_and_scale(tmp_path, header, columns, factor):
    rows = [(0, 2.0), (1, 3.0)] if ";" not in header else [("0; 2; 0",), ("0; 3; 1",)]
    table(tmp_path, header, rows)
    config = configuration(
        tmp_path, SINGLE, [protocol(f"{{drive: {{file: cycle.csv, {columns}}}}}")]
    )
    (step,) = config.protocol
    assert step.drive.time == (0.0, 1.0)
    assert step.drive.values == pytest.approx([2 * factor, 3 * factor], rel=1e-14)


@pytest.mark.parametrize(
    ("key", "unit", "value"),
    [("rate", "", 0.5), ("power", "", 30.0), ("voltage", "", 3.7)],
)
def test_other_quantities_are_driven_too(tmp_path, key, unit, value):
    table(tmp_path, "t,x", [(0, value), (0.5, value), (1, value)])
    step = f"{{drive: {{file: cycle.csv, time: t, time_unit: min, {key}: x{unit}}}}}"
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(step)])
    found = {
        "rate": result["C-rate"],
        "power": result[CURRENT] * result["Voltage [V]"],
        "voltage": result["Voltage [V]"],
    }[key]
    assert found == pytest.approx(value, rel=1e-6)  # between steps
    assert result["Time [s]"][-1] == pytest.approx(60.0, rel=1e-12)


def test_a_resolved_drive_cycle_runs_again_without_its_file(tmp_path):
    table(tmp_path)
    config = configuration(tmp_path, SINGLE, [*SMALL, protocol(cycle(", scale: 2"))])
    (tmp_path / "cycle.csv").unlink()
    again = tmp_path / "elsewhere" / "config.yaml"
    again.parent.mkdir()
    again.write_text(resolved_yaml(config), encoding="utf-8")
    assert load(again) == config


def test_a_drive_cycle_ends_at_the_first_of_two_voltages(tmp_path):
    table(tmp_path, "t,i", [(0, 0), (60, -50), (60, 50), (3600, 50)])
    step = "{drive: {file: cycle.csv, time: t, current: i}, until: {voltage: [3.9 V, 4.3 V]}}"
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(step)])
    assert result.steps[0].reason == "voltage 3.9 V"
    assert result["Voltage [V]"][-1] == pytest.approx(3.9, abs=1e-9)
    assert result["Time [s]"][-1] > 60
    up = finished(tmp_path, SINGLE, [*SMALL, protocol(step.replace("4.3", "4.2"))])
    assert up.steps[0].reason == "voltage 4.2 V"
    assert up["Time [s]"][-1] < 60


def test_a_jump_over_a_cut_off_ends_the_step_there(tmp_path):
    """The voltage is beyond the cut-off for one second only, from the first moment of it on."""
    table(tmp_path, "t,i", [(0, 1), (10, 1000), (11, 1), (20, 1)])
    step = cycle(", interpolation: hold", ", until: {voltage: 4 V}")
    step = step.replace("'Time [s]'", "t").replace("'Current [A.m-2]'", "i")
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(step)])
    assert result.steps[0].reason == "voltage 4 V"
    assert result["Time [s]"][-1] == pytest.approx(10.0, abs=1e-9)


def test_a_ramp_leads_from_the_last_set_point_to_the_next(tmp_path):
    steps = [
        "{current: 1 C, ramp: 10 s, until: {time: 20 s}}",
        "{current: -0.5 C, ramp: 5 s, until: {time: 20 s}}",
    ]
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(*steps)])
    step, rate = result["Step"], result["C-rate"]
    first, second = result["Time [s]"][step == 0], result["Time [s]"][step == 1] - 20
    assert rate[step == 0] == pytest.approx(np.clip(first / 10, 0, 1), abs=1e-9)
    assert rate[step == 1] == pytest.approx(1 - 1.5 * np.clip(second / 5, 0, 1), abs=1e-9)
    assert 10.0 in np.round(first, 9)
    passed = (5 + 10) + (5 / 2 * 0.5 + 15 * -0.5)
    filling = result["Positive filling fraction"]
    assert filling[-1] - filling[0] == pytest.approx(passed / 3600, abs=2e-6)


def test_a_voltage_ramp_begins_at_rest_and_its_current_stop_waits_for_its_end(tmp_path):
    step = "{voltage: 3.9 V, ramp: 30 s, until: {rate: C/2}}"
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(step)])
    time, voltage = result["Time [s]"], result["Voltage [V]"]
    start = voltage[0]
    assert result["C-rate"][0] == pytest.approx(0.0, abs=1e-6)  # the open-circuit voltage
    assert voltage == pytest.approx(start + (3.9 - start) * np.clip(time / 30, 0, 1), abs=1e-9)
    assert result.steps[0].reason == "rate 0.5 C"
    assert time[-1] > 30
    power = "{power: 40 W/m^2, ramp: 10 s, until: {time: 20 s}}"
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(power)])
    product = result[CURRENT] * result["Voltage [V]"]
    assert product == pytest.approx(
        40 * np.clip(result["Time [s]"] / 10, 0, 1), abs=1e-4
    )  # between steps


def test_a_cyclic_sweep_goes_there_and_back(tmp_path):
    steps = ["{voltage: {from: 3.8 V, to: 3.9 V, rate: 1 mV/s}}", "Sweep to 3.8 V at 2 mV/s"]
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(*steps)])
    assert [s.reason for s in result.steps] == [
        "end of the sweep at 3.9 V",
        "end of the sweep at 3.8 V",
    ]
    time, voltage = result["Time [s]"], result["Voltage [V]"]
    expected = np.where(time <= 100, 3.8 + time / 1000, 3.9 - (time - 100) / 500)
    assert voltage == pytest.approx(expected, abs=1e-9)
    assert time[-1] == pytest.approx(150.0, rel=1e-9)


def test_a_sweep_and_a_hold_may_go_to_the_end_of_the_voltage_window(tmp_path):
    steps = ["{voltage: {to: 4.3 V, rate: 10 mV/s}}", "{voltage: 4.3 V, until: {time: 1 min}}"]
    window = "voltage_window=[2 V, 4.3 V]"
    result = finished(tmp_path, SINGLE, [*SMALL, window, protocol(*steps)])
    assert [s.reason for s in result.steps] == ["end of the sweep at 4.3 V", "time 60 s"]


def test_a_sine_is_seen_however_small_it_is(tmp_path):
    wave = "{waveform: sine, mean: C/2, amplitude: C/1000, frequency: 0.1 Hz}"
    step = f"{{current: {wave}, until: {{time: 50 s}}}}"
    # At 1e-6 the charge below errs by 1.0e-8 or 2.0e-8, as a tie between two orders is decided by
    # rounding, otherwise in compiled loops than in NumPy; at 1e-7 by 0.2e-8 in both.
    solver = "solver={rtol: 1e-7, atol: 1e-7}"
    result = finished(tmp_path, SINGLE, [*SMALL, solver, protocol(step)])
    time, rate = result["Time [s]"], result["C-rate"]
    assert rate == pytest.approx(0.5 + 1e-3 * np.sin(0.2 * np.pi * time), abs=2e-6)  # between steps
    assert np.diff(np.unique(time)).max() <= 10 / 24 * (1 + 1e-9)
    filling = result["Positive filling fraction"]
    assert filling[-1] - filling[0] == pytest.approx(25 / 3600, abs=1e-8)


def test_lines_that_go_straight_on_are_one_piece(tmp_path):
    scales = Scales(298.15, 10.0)

    def pieces(drive):
        config = configuration(tmp_path, SINGLE, [protocol(f"{{drive: {drive}}}")])
        line = course(config.protocol[0], scales, lambda: 0.0)
        return [piece.end * 3600 for piece in line.pieces]

    assert pieces("{time: [0, 1, 2, 3, 4], current: [0, 1, 2, 3, 3]}") == pytest.approx([3, 4])
    held = "{time: [0, 1, 2, 3, 4], current: [1, 1, 1, 3, 3], interpolation: hold}"
    assert pieces(held) == pytest.approx([3, 4])
    jump = "{time: [0, 1, 1, 2], current: [1, 1, 3, 3]}"
    assert pieces(jump) == pytest.approx([1, 2])


def test_a_cycle_with_no_end_by_a_stop_still_reports_what_it_is(tmp_path):
    config = configuration(
        tmp_path,
        SINGLE,
        [protocol("{drive: {time: [0, 10 s], rate: [0, 0.5]}, until: {filling: 0.02}}")],
    )
    assert config.protocol[0].label == "drive cycle of 10 s until filling 0.02"
    result = em.simulate(config)
    assert result.steps[0].reason == "end of drive cycle of 10 s"
