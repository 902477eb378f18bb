"""The measured curves in a BPX file: read as data sets, and its faults told."""

import json
from pathlib import Path

import numpy as np
import pytest

from electrode_model.config.problems import ConfigError
from electrode_model.fit.data import read_data
from electrode_model.fit.data_config import DataChoice
from electrode_model.fit.setting import read_plan
from tests.fit_files import DISCHARGE, SIZE, measured
from tests.fits import FREE, setting

ROOT = Path(__file__).parent.parent
AREA, PAIRS = 2e-5, 5  # m^2: 1C of the cell of fit_files.py is 2 mA on 1e-4 m^2


def lists(columns, sign=-1.0, **more):
    """A test as a BPX file has it; its discharges are negative."""
    time, voltage, current = columns
    return {
        "Time [s]": time.tolist(),
        "Current [A]": (sign * current).tolist(),
        "Voltage [V]": voltage.tolist(),
        **more,
    }


ONE = lists(DISCHARGE, **{"Temperature [K]": [308.15] * DISCHARGE[0].size})
OTHER = lists(measured((-1.0, 3000), start=0.9))


def write(folder, tests, cell=True, **more):
    content = {"Header": {"BPX": 0.1}, **more}
    if cell:
        sizes = {
            "Electrode area [m2]": AREA,
            "Number of electrode pairs connected in parallel to make a cell": PAIRS,
        }
        content["Parameterisation"] = {"Cell": sizes}
    if tests is not None:
        content["Validation"] = tests
    path = folder / "cell.json"
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path


def read(path, size=SIZE, **choice):
    choice = DataChoice.model_validate({"file": path.name, **choice})
    return read_data(choice, path.parent, size)


def said(path, **choice):
    with pytest.raises(ConfigError) as caught:
        read(path, **choice)
    return [str(problem).removeprefix(str(path)) for problem in caught.value.problems]


def test_all_tests_of_a_file(tmp_path):
    """Names, area of all pairs, sign, temperature and pieces are those of the file."""
    path = write(tmp_path, {"C/1 discharge": ONE, "charge": OTHER})
    discharge, charge = read(path)
    assert [discharge.name, charge.name] == ["C/1 discharge", "charge"]
    assert [discharge.direction, charge.direction] == [1, -1]
    np.testing.assert_allclose(discharge.current, 20.0)  # 2 mA over 5 pairs of 0.2 cm^2
    np.testing.assert_array_equal(discharge.voltage, DISCHARGE[1])
    assert discharge.temperature == pytest.approx(308.15)
    assert charge.temperature is None
    assert discharge.end_capacity == pytest.approx(20 * 3400 / 3600)
    assert any("area 0.0001 m^2, of all electrode pairs" in note for note in discharge.notes)
    assert any("charge positive" in note for note in discharge.notes)


def test_one_test_by_its_name(tmp_path):
    path = write(tmp_path, {"C/1 discharge": ONE, "charge": OTHER})
    assert [one.name for one in read(path, test="charge")] == ["charge"]
    assert [one.name for one in read(path, test="charge", name="mine")] == ["mine"]
    assert [one.name for one in read(path, name="mine")] == ["mine C/1 discharge", "mine charge"]
    (wide,) = read(path, test="charge", area="2e-4 m^2")
    np.testing.assert_allclose(wide.current, -10.0)  # the area of the user counts


def test_shipped_file():
    """About:Energy's NMC pouch: C/20 and 1C discharges, 34 pairs of 168.08 cm^2."""
    path = ROOT / "validation" / "bpx" / "data" / "aboutenergy_nmc111_gr_pouch"
    choice = DataChoice.model_validate({"file": "nmc_pouch_cell_BPX.json"})
    slow, fast = read_data(choice, path)
    assert [slow.name, fast.name] == ["C/20 discharge", "1C discharge"]
    # numbers of the file: 0.625 A and 12.5 A, 75,000 s and 3,700 s
    assert slow.current[0] == pytest.approx(0.625 / (34 * 0.016808))
    assert fast.end_capacity == pytest.approx(12.5 * 3700 / 3600 / (34 * 0.016808))
    assert fast.voltage[-1] == 2.9047014
    assert [slow.temperature, fast.temperature] == pytest.approx([298.15, 298.15])


def test_a_null_is_a_missing_value(tmp_path):
    holed = {**ONE, "Voltage [V]": [None, *ONE["Voltage [V]"][1:]]}
    path = write(tmp_path, {"a": holed})
    (text,) = said(path)
    assert text.startswith("[a]:1: has no value as voltage (Voltage [V]); a finite number")
    assert "accept: [missing]" in text
    (data,) = read(path, accept=["missing"])
    assert data.voltage.size == DISCHARGE[0].size - 1


def test_faults_of_curves_name_the_value(tmp_path):
    """As in tables, with the place in the lists instead of a line."""
    time = list(ONE["Time [s]"])
    time[7] = time[5]
    (text,) = said(write(tmp_path, {"a": {**ONE, "Time [s]": time}}))
    assert text.startswith("[a]:8: time (Time [s]) goes back from")
    (text,) = said(write(tmp_path, {"a": ONE}, cell=False))
    assert "its area is not given: write area: 1.13 cm^2" in text


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        (None, ": is JSON without a section Validation, it has Header, Parameterisation; name the"
               " file of a measured curve, or write its lists as columns of a CSV file"),
        ({}, ":11: Validation is {}; tests by name are needed, such as"),
        ([1], ":11: Validation is [1]; tests by name are needed, such as"),
        ({"a": 1}, ":12: Validation.a is 1; the lists Time [s], Current [A], Voltage [V] are"),
        ({"a": {k: v for k, v in ONE.items() if k[0] != "V"}},
         ":12: Validation.a has no list 'Voltage [V]'; it has Time [s], Current [A]"),
        ({"a": {**ONE, "Time [s]": ONE["Time [s]"][:-1]}},
         "Validation.a.Current [A] has 40 values, but Time [s] has 39; lists of one length"),
        ({"a": {**ONE, "Time [s]": []}}, ":13: Validation.a.Time [s] is []; a list of numbers is"),
        ({"a": {**ONE, "Time [s]": ["0", *ONE["Time [s]"][1:]]}},
         ":13: Validation.a.Time [s] has '0' as value 1 of 40; a number is needed, or null"),
        ({"a": {**ONE, "Current [A]": [True] * 40}}, "has true as value 1 of 40; a number"),
    ],
)  # fmt: skip
def test_faults_of_the_file(tmp_path, tests, message):
    assert message in said(write(tmp_path, tests))[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", ":1: is no JSON: Expecting value; export it anew"),
        ("[1, 2]", ":1: is JSON, but no BPX file: its top is [1, 2], not sections by name"),
        ("[" * 100_000, ": is nested too deeply to be a BPX file"),
        ("", ":1: is empty"),
    ],
)
def test_no_bpx_at_all(tmp_path, text, message):
    path = tmp_path / "cell.json"
    path.write_text(text, encoding="utf-8")
    assert said(path)[0].startswith(message)


def test_a_test_that_is_not_there(tmp_path):
    path = write(tmp_path, {"1C discharge": ONE})
    (text,) = said(path, test="2C discharge")
    assert text == (
        ": test is '2C discharge', no test of the file; did you mean 1C discharge?"
        " allowed: 1C discharge"
    )
    table = tmp_path / "cell.csv"
    table.write_text("t,v\n", encoding="utf-8")
    (text,) = said(table, test="1C discharge")
    assert text == (
        ": test is '1C discharge', but the file is no BPX file (.json); remove the key, or name"
        " the BPX file"
    )


def test_in_a_fit(tmp_path):
    """Tests are data sets of a fit; the name of the entry leaves all of them out."""
    base = setting(tmp_path, rates=(1,))
    table = np.loadtxt(base["data"][0]["file"], delimiter=",", skiprows=1).T
    path = write(tmp_path, {"a 1C": lists(table), "b": lists(table)}, cell=False)
    entry = {"file": str(path), "area": "1 m^2", "name": "bpx"}
    plan = read_plan({**base, "data": [*base["data"], entry], "left_out": ["bpx"]})
    assert [one.name for one in plan.data] == ["1C", "bpx a 1C", "bpx b"]
    assert [one.left_out for one in plan.experiments] == [False, True, True]
    plan = read_plan({**base, "data": [*base["data"], entry], "left_out": ["bpx b"]})
    assert [one.left_out for one in plan.experiments] == [False, False, True]
    with pytest.raises(ConfigError, match=r"left_out.0 is 'cell', no data set; allowed: 1C, bpx"):
        read_plan({**base, "data": [*base["data"], entry], "left_out": ["cell"], "free": FREE})
