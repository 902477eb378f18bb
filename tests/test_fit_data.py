"""Measured curves: formats, units, sign, pieces and the protocol they give."""

import sys
import types

import numpy as np
import pytest

from electrode_model.assemble import assemble
from electrode_model.fit.columns import read_columns, split_header
from electrode_model.fit.data import Size
from electrode_model.fit.data_config import DataChoice
from electrode_model.fit.steps import protocol_of, steps_of
from electrode_model.simulation.simulate import simulate
from tests.fit_files import AREA, CAPACITY, DISCHARGE, lines_of, measured, one, read, write
from tests.models import SINGLE, configuration

TIME, VOLTAGE, CURRENT = DISCHARGE
END = 1.0 * 3400 / 3600 * CAPACITY  # A h/m^2
WRITTEN = 1e-5  # relative: files have six digits


def is_the_discharge(data):
    """The curve of DISCHARGE, whatever the file it was in."""
    np.testing.assert_allclose(data.voltage, VOLTAGE, rtol=WRITTEN)
    np.testing.assert_allclose(data.time, TIME, rtol=WRITTEN, atol=1e-3)
    np.testing.assert_allclose(data.current, CAPACITY, rtol=WRITTEN)
    assert data.end_capacity == pytest.approx(END, rel=WRITTEN)
    assert [s.kind for s in data.segments] == ["current"]
    assert data.direction == 1
    return True


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("Test Time / s", "Test Time", "s"),
        ("test_time_second", "test time", "s"),
        ("Ambient Temperature / degC", "Ambient Temperature", "degC"),
        ("Voltage [V]", "Voltage", "V"),
        ("Current [A.m-2]", "Current", "A m-2"),
        ("Discharge capacity [A.h.m-2]", "Discharge capacity", "A h m-2"),
        ("Ewe/V", "Ewe", "V"),
        ("<I>/mA", "<I>", "mA"),
        ("(Q-Qo)/mA.h", "(Q-Qo)", "mA h"),
        ("Temperature/°C", "Temperature", "degC"),
        ("Current(mA)", "Current", "mA"),
        ("Test_Time(s)", "Test_Time", "s"),
        ("Time(h:min:s.ms)", "Time", "h:min:s"),
        ("capacity_mAh_g", "capacity", "mAh/g"),
        ("current_mA_cm2", "current", "mA/cm2"),
        ("voltage_exp_V", "voltage exp", "V"),
        ("Capacity / mAh/g", "Capacity", "mAh/g"),
        ("c_rate", "c_rate", ""),
        ("voltage", "voltage", ""),
        ("Step Type", "Step Type", ""),
    ],
)
def test_headers(header, name, unit):
    assert split_header(header) == (name, unit)


def test_the_measured_voltage_is_taken_not_the_model_s():
    headers = ["time_s", "voltage_published_DFN_V", "voltage_exp_V", "current_A"]
    found = read_columns("f", 1, headers, {}, {})
    assert found["voltage"].header == "voltage_exp_V"


COLUMNS = {
    "Battery Data Format": ("Test Time / s,Voltage / V,Current / A", (1, 1, -1)),
    "its machine names": ("test_time_second,voltage_volt,current_ampere", (1, 1, -1)),
    "PyBaMM": ("Time [s],Voltage [V],Current [A]", (1, 1, 1)),
    "Arbin": ("Test_Time(s),Voltage(V),Current(A)", (1, 1, -1)),
    "hours and millivolts": ("t [h],U [mV],I [mA]", (1 / 3600, 1e3, 1e3)),
    "bare names": ("time,voltage,current", (1, 1, 1)),
    "current density": ("time_s,voltage_V,current_mA_cm2", (1, 1, 0.1 / AREA)),
}


@pytest.mark.parametrize("form", COLUMNS)
def test_known_headers(tmp_path, form):
    header, factors = COLUMNS[form]
    columns = [f * c for f, c in zip(factors, DISCHARGE, strict=True)]
    path = write(tmp_path, header, lines_of(columns, form="{:.9g}"))
    data = one(path)
    assert is_the_discharge(data)
    sign = "discharge positive" if factors[2] > 0 else "charge positive"
    assert any(f"sign found: {sign}" in note for note in data.notes)
    assert ("assumed" in data.notes[0]) == (form == "bare names")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|", " "])
def test_separators(tmp_path, mark):
    header = mark.join(("time_s", "voltage_V", "current_A"))
    assert is_the_discharge(one(write(tmp_path, header, lines_of(DISCHARGE, mark))))


@pytest.mark.parametrize("mark", [";", "\t"])
def test_decimal_commas(tmp_path, mark):
    rows = [line.replace(".", ",") for line in lines_of(DISCHARGE, mark)]
    data = one(write(tmp_path, mark.join(("Time [s]", "Voltage [V]", "Current [A]")), rows))
    assert is_the_discharge(data)
    assert "decimal commas" in data.notes


def test_lines_before_the_names_and_a_line_of_units(tmp_path):
    rows = ["Time\tVoltage\tCurrent", "h\tmV\tmA"]
    rows += lines_of([TIME / 3600, 1e3 * VOLTAGE, 1e3 * CURRENT], "\t", "{:.9g}")
    data = one(write(tmp_path, "Cell 7, made on Monday", rows))
    assert is_the_discharge(data)
    assert data.lines[0] == 4


def test_a_table_without_names(tmp_path):
    path = write(tmp_path, lines_of(DISCHARGE)[0], lines_of(DISCHARGE)[1:])
    data = one(path, columns={"time": 1, "voltage": 2, "current": 3})
    assert is_the_discharge(data)
    assert data.lines[:2] == (1, 2)


def test_clock_times(tmp_path):
    clock = [f"{int(t) // 3600}:{int(t) // 60 % 60:02d}:{t % 60:09.6f}" for t in TIME]
    rest = lines_of(DISCHARGE[1:])
    rows = [f"{t},{line}" for t, line in zip(clock, rest, strict=True)]
    assert is_the_discharge(one(write(tmp_path, "Total Time,Voltage(V),Current(A)", rows)))


@pytest.mark.parametrize("program", ["EC-Lab", "BT-Lab"])
def test_biologic(tmp_path, program):
    """In Windows' letters, with commas; oxidation of the working electrode is positive."""
    head = f"{program} ASCII FILE\nNb header lines : 5\n\nTemperature : 25 °C"
    rows = ["mode\ttime/s\tcontrol/V/mA\tEwe/V\t<I>/mA\tTemperature/°C"]
    columns = [np.ones(TIME.size), TIME, 0 * TIME, VOLTAGE, -1e3 * CURRENT, 30 + 0 * TIME]
    rows += [line.replace(".", ",") for line in lines_of(columns, "\t")]
    data = one(write(tmp_path, head, rows, "cell.mpt", encoding="cp1252"))
    assert is_the_discharge(data)
    assert data.temperature == pytest.approx(303.15)
    assert data.lines[0] == 6


class Frame(dict):
    """What fastnda returns: columns by name, with to_numpy."""

    columns = property(lambda self: list(self))

    def __getitem__(self, name):
        return types.SimpleNamespace(to_numpy=lambda: np.array(dict.get(self, name)))


def test_neware(tmp_path, monkeypatch):
    """The columns of fastnda 1.3.1; a charging current is positive."""
    frame = Frame(total_time_s=TIME, voltage_V=VOLTAGE, current_mA=-1e3 * CURRENT)
    reader = types.SimpleNamespace(read=lambda path: frame)
    monkeypatch.setitem(sys.modules, "fastnda", reader)
    data = one(write(tmp_path, "binary", [], "cell.ndax"))
    assert is_the_discharge(data)
    assert "sign found: charge positive, the voltage falls while the current is negative" in (
        data.notes
    )


def test_what_a_number_is_per(tmp_path):
    per_gram = [TIME, VOLTAGE, CURRENT / 10e-3 * 1e3]  # mA/g of 10 mg
    path = write(tmp_path, "time_s,voltage_V,current_mA_g", lines_of(per_gram))
    assert is_the_discharge(one(path, area=None, mass_loading="10 mg/cm^2"))
    path = write(tmp_path, "time_s,voltage_V,current_A", lines_of(DISCHARGE))
    assert is_the_discharge(one(path, area=None, mass="10 mg", mass_loading="10 mg/cm^2"))
    assert is_the_discharge(one(path, area="1 cm^2"))
    rates = [TIME, VOLTAGE, 3 * CURRENT, np.ones(TIME.size)]
    path = write(tmp_path, "time_s,voltage_V,current_A,c_rate", lines_of(rates))
    data = one(path, area=None)
    assert is_the_discharge(data)
    assert any("1C is 20 A/m^2, which makes an area of 0.0003 m^2" in n for n in data.notes)


def test_a_given_current(tmp_path):
    path = write(tmp_path, "time_s,voltage_V", lines_of(DISCHARGE[:2]))
    assert is_the_discharge(one(path, current="1 C"))
    assert is_the_discharge(one(path, None, current="20 A/m^2"))


CYCLE = measured((0, 600), (0.5, 5000), (0, 1800), (-0.25, 8000), (0, 900))


def test_pieces_of_a_cycle(tmp_path):
    path = write(tmp_path, "time_s,voltage_V,current_A", lines_of(CYCLE, form="{:.9g}"))
    data = one(path, direction="both")
    assert [s.kind for s in data.segments] == ["rest", "current", "rest", "current", "rest"]
    assert [s.duration for s in data.segments] == pytest.approx([600, 5000, 1800, 8000, 900])
    assert [s.current for s in data.segments] == pytest.approx([0, 10, 0, -5, 0])
    assert data.end_capacity == pytest.approx(10 * 5000 / 3600 + 5 * 8000 / 3600)
    assert np.all(np.diff(data.capacity) >= 0)
    assert data.rest_voltage == pytest.approx(CYCLE[1][39])
    found = [(step.kind, step.until.time) for step in protocol_of(data)]
    # ends that are no round voltage are of a time; the last rest only waits
    assert found == [
        ("rest", pytest.approx(600)),
        ("current", pytest.approx(5000)),
        ("rest", pytest.approx(1800)),
        ("current", pytest.approx(8000)),
        ("rest", pytest.approx(900)),
    ]


def test_one_direction_of_a_cycle(tmp_path):
    path = write(tmp_path, "time_s,voltage_V,current_A", lines_of(CYCLE, form="{:.9g}"))
    charge = one(path, direction="charge", accept=["short"])
    assert charge.direction == -1
    assert charge.end_capacity == pytest.approx(5 * 8000 / 3600)
    assert charge.time[0] == charge.capacity[0] == 0
    assert charge.rest_voltage == pytest.approx(CYCLE[1][119])  # the last row of the rest before
    assert [s.kind for s in charge.segments] == ["rest", "current"]
    assert [step.kind for step in protocol_of(charge)] == ["current"]


def test_the_second_discharge(tmp_path):
    columns = measured((1.0, 1800), (-1.0, 1800), (0.5, 3600))
    path = write(tmp_path, "time_s,voltage_V,current_A", lines_of(columns))
    data = one(path, direction="discharge", number=2)
    assert data.segments[0].current == pytest.approx(10)
    assert data.lines == tuple(range(82, 122))


def held():
    """A charge at C/2 to 4.2 V that is then held while the current falls."""
    time, voltage, current = measured((-0.5, 6000), start=0.9)
    voltage = voltage + 4.2 - voltage[-1]
    more = np.linspace(60, 3600, 60)
    return (
        np.concatenate((time, time[-1] + more)),
        np.concatenate((voltage, np.full(60, 4.2004))),
        np.concatenate((current, current[-1] * np.exp(-more / 1200))),
    )


def test_a_held_voltage(tmp_path):
    data = one(write(tmp_path, "time_s,voltage_V,current_A", lines_of(held())))
    assert [s.kind for s in data.segments] == ["current", "hold"]
    charge, hold = data.segments
    assert charge.cut_off == hold.cut_off == pytest.approx(4.2, abs=1e-3)
    first, second = protocol_of(data)
    assert first.until.voltage == pytest.approx(4.2, abs=1e-3)
    assert second.voltage == pytest.approx(4.2, abs=1e-3)
    assert second.until.current == pytest.approx(10 * np.exp(-3), rel=WRITTEN)


@pytest.mark.parametrize(
    ("last", "cut_off"), [(2.49973, 2.5), (2.0007, 2.0), (3.0946, 3.0946), (2.72, 2.72)]
)
def test_cut_off(tmp_path, last, cut_off):
    """A round voltage is the cycler's, any other that of the last row; a given one counts."""
    voltage = np.append(VOLTAGE[:-1], last)
    path = write(tmp_path, "time_s,voltage_V,current_A", lines_of([TIME, voltage, CURRENT]))
    data = one(path)
    assert data.segments[-1].cut_off == cut_off
    (step,) = protocol_of(data)
    assert step.until.voltage == cut_off
    assert step.until.capacity == pytest.approx(1.5 * END, rel=WRITTEN)
    assert one(path, cut_off="2.6 V").segments[-1].cut_off == 2.6


def test_rows_before_the_current(tmp_path):
    """The offset of a cycler before the first row of the current is a rest."""
    columns = [np.append(0.0, TIME + 0.002), np.append(4.05, VOLTAGE), np.append(3e-5, CURRENT)]
    path = write(tmp_path, "time_s,voltage_V,current_A", lines_of(columns, form="{:.9g}"))
    data = one(path, initial={"from_rest": True})
    assert data.rest_voltage == 4.05
    assert [s.kind for s in data.segments] == ["rest", "current"]
    assert [step.kind for step in protocol_of(data)] == ["current"]
    late = one(write(tmp_path, "time_s,voltage_V,current_A", lines_of([TIME + 9, *DISCHARGE[1:]])))
    assert late.time[0] == pytest.approx(9)
    assert late.capacity[0] == pytest.approx(CAPACITY * 9 / 3600)


def test_drive(tmp_path):
    time = np.arange(0, 1200, 10.0)
    current = 2e-3 * np.sin(time / 90) ** 3 + 1e-3
    state = np.cumsum(current) * 10 / 7.2
    path = write(
        tmp_path,
        "time_s,voltage_V,current_A",
        lines_of([time, 4 - 0.8 * state - 50 * current, current]),
    )
    data = one(path, drive=True)
    (step,) = protocol_of(data)
    assert step.kind == "drive"
    assert step.drive.time == pytest.approx(time)
    assert step.drive.current == pytest.approx(current / AREA, rel=1e-4, abs=1e-3)
    assert [(s.start, s.stop) for _, s in steps_of(data)] == [(0, time.size)]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_curve_without_times(tmp_path, sign, backwards):
    """Voltage against capacity, as digitised: the sign of the current tells the direction."""
    share = np.linspace(0, 0.9, 30)
    voltage = 3.5 - sign * share
    columns = [160 * share, voltage]
    if backwards:
        columns = [160 * (0.9 - share), voltage]
    path = write(tmp_path, "capacity_mAh_g,voltage_V", lines_of(columns))
    current = "C/50" if sign > 0 else "-C/50"
    data = one(path, mass_loading="12 mg/cm^2", current=current)
    assert data.direction == sign
    assert not data.timed
    charge = 160 * share * 0.12  # A h/m^2
    np.testing.assert_allclose(data.capacity, charge, rtol=WRITTEN, atol=1e-4)
    np.testing.assert_allclose(data.voltage, voltage, rtol=WRITTEN)
    np.testing.assert_allclose(data.time, charge / 0.4 * 3600, rtol=WRITTEN, atol=2)


def test_small_steps_back_of_a_digitised_curve(tmp_path):
    share = np.array([0.1, 0.2, 0.3, 0.299, 0.4, 0.4, 0.5])
    voltage = np.array([4.0, 3.9, 3.8, 3.79, 3.7, 3.6, 3.5])
    path = write(tmp_path, "stoichiometry,voltage_V", lines_of([share, voltage]))
    data = one(path, full_capacity="model", current="C/10")
    assert np.all(np.diff(data.capacity) > 0)
    assert data.end_capacity == pytest.approx(0.4 * CAPACITY, rel=1e-5)
    assert any("1 rows that went back" in note for note in data.notes)
    assert one(path, full_capacity="30 A h/m^2", current="C/10").end_capacity == pytest.approx(
        0.4 * 30, rel=1e-5
    )


def test_a_table_of_capacities(tmp_path):
    rows = ["0.1,0.2,4.19,2.5,2.05", "1,2,4.15,2.5,1.9"]
    path = write(tmp_path, "c_rate,current_mA,V_start,V_end,capacity_mAh", rows)
    slow, fast = read(path)
    assert slow.ends_only
    assert [slow.end_capacity, fast.end_capacity] == pytest.approx([20.5, 19.0])
    assert [slow.current[0], fast.current[0]] == pytest.approx([2, 20])
    (step,) = protocol_of(fast)
    assert step.until.voltage == 2.5


def test_window(tmp_path):
    path = write(tmp_path, "time_s,voltage_V,current_A", lines_of(DISCHARGE))
    data = one(path, window={"capacity": ["1 A h/m^2", "0.5 mAh/cm^2"], "voltage": [3.5, 4.2]})
    inside = (data.capacity >= 1) & (data.capacity <= 5) & (data.voltage >= 3.5)
    assert np.array_equal(data.used, inside)
    assert 3 < data.used.sum() < data.used.size


def test_lines(tmp_path):
    path = write(tmp_path, "time_s,voltage_V,current_A", lines_of(DISCHARGE))
    assert one(path, lines=[12, 40]).lines == tuple(range(12, 41))


def test_rows_at_a_change_of_current_share_a_time(tmp_path):
    """The last row of a step and the first of the next; plain copies of a row go."""
    rows = lines_of(measured((0, 300), (1.0, 3000)))
    path = write(tmp_path, "time_s,voltage_V,current_A", [*rows[:60], *rows[59:]])
    data = one(path)
    assert data.time.size == 80
    assert np.sum(np.diff(data.time) == 0) == 1
    assert "1 copies of rows left out" in data.notes


def test_accepted_faults(tmp_path):
    rows = lines_of(DISCHARGE)
    rows[7] = rows[7].split(",")[0] + ",,0.002"
    path = write(tmp_path, "time_s,voltage_V,current_A", rows)
    assert one(path, accept="missing").time.size == TIME.size - 1
    columns = measured((1.0, 1200), (0, 600), (1.0, 1200))
    path = write(tmp_path, "time_s,voltage_V,current_A", lines_of(columns))
    assert [s.kind for s in one(path, accept=["rests"]).segments] == ["current", "rest", "current"]


def test_short_forms_of_the_entry():
    choice = DataChoice.model_validate({"file": "a.csv", "initial": "free"})
    assert choice.initial is not None
    assert choice.initial.free
    choice = DataChoice.model_validate(
        {"file": "a.csv", "temperature": "25 degC", "current": "-1 C", "mass_loading": "8 mg/cm^2"}
    )
    assert choice.temperature == 298.15
    assert choice.mass_loading == pytest.approx(0.08)


def test_a_simulated_curve_is_its_own_fit(tmp_path):
    """timeseries.csv is read back, and its protocol gives the same curve."""
    config = configuration(
        tmp_path,
        SINGLE,
        ["protocol=[{rest: 1 min}, {current: 1 C, until: {voltage: 2.5 V}}, {rest: 5 min}]"],
    )
    result = simulate(config, folder=tmp_path / "run")
    size = Size.of(assemble(config).layout)
    data = one(tmp_path / "run" / "timeseries.csv", size, area=None)
    assert [s.kind for s in data.segments] == ["rest", "current", "rest"]
    assert data.segments[1].cut_off == 2.5
    assert data.capacity[-1] == pytest.approx(result["Discharge capacity [A.h.m-2]"][-1], rel=1e-6)
    again = simulate(config.model_copy(update={"protocol": protocol_of(data)}))
    assert again.status == "finished"
    # the file has the solver's times: within its tolerances both curves are one
    voltage = np.interp(data.time[1:-1], again["Time [s]"], again["Voltage [V]"])
    assert np.median(np.abs(voltage - data.voltage[1:-1])) < 1e-4
