"""Bad measured curves: each is found with its line, its value, what is allowed and the cure."""

import sys
import types

import numpy as np
import pytest
from pydantic import ValidationError

from electrode_model.config.problems import ConfigError
from electrode_model.fit.data_config import ACCEPTED, DataChoice
from tests.fit_files import DISCHARGE, SIZE, lines_of, measured, one, write

HEADER = "time_s,voltage_V,current_A"
TIME, VOLTAGE, CURRENT = DISCHARGE
GOOD = lines_of(DISCHARGE)


def said(path, *words, size=SIZE, **choice):
    """The message of a refused file, which has the words in this order after the file's name."""
    with pytest.raises(ConfigError) as caught:
        one(path, size, **choice)
    problem = caught.value.problems[0]
    assert problem.file == str(path)
    text = str(problem).removeprefix(str(path))
    place = 0
    for word in words:
        assert word in text[place:], f"{word!r} is not in {text!r} after {place}"
        place = text.index(word, place) + len(word)
    assert "Traceback" not in text
    assert "\n" not in text
    return text


def changed(row, cell, text, rows=GOOD):
    """The rows with one cell changed."""
    cells = rows[row].split(",")
    cells[cell] = text
    return [*rows[:row], ",".join(cells), *rows[row + 1 :]]


@pytest.mark.parametrize("text", ["", " \n\n", "\t\n"])
def test_an_empty_file(tmp_path, text):
    path = tmp_path / "cell.csv"
    path.write_text(text, encoding="utf-8")
    said(path, ":1: is empty; a line of column names and rows of numbers are needed")


def test_names_without_rows(tmp_path):
    said(write(tmp_path, HEADER, []), ":1: has the columns", "no rows; it is empty, export")


def test_no_such_file(tmp_path):
    write(tmp_path, HEADER, GOOD)
    said(tmp_path / "cel.csv", "there is no such file; did you mean", "cell.csv?")
    said(tmp_path / "no" / "cell.csv", "there is no such file")
    (tmp_path / "folder").mkdir()
    said(tmp_path / "folder", "is no file; name the table itself")


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("cell.mpr", "export it from EC-Lab as text (.mpt)"),
        ("cell.xlsx", "save the sheet or the arrays as CSV"),
        ("cell.res", "export it from the cycler's program as CSV"),
        ("cell.gz", "unpack it first"),
    ],
)
def test_other_files(tmp_path, name, cure):
    said(write(tmp_path, "x", [], name), f"is a .{name[5:]} file, which is not read; ", cure)


def test_a_binary_file(tmp_path):
    path = tmp_path / "cell.dat"
    path.write_bytes(b"\0\1\2" * 100)
    said(path, "is a binary file of an unknown sort; read are CSV", ".nda")


def test_neware_without_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fastnda", None)
    path = write(tmp_path, "x", [], "cell.nda")
    said(path, "needs the package fastnda; pip install 'electrode-model[cyclers]', or export")


def test_a_damaged_neware_file(tmp_path, monkeypatch):
    def read(path):
        raise AssertionError("unknown\nversion 99")

    monkeypatch.setitem(sys.modules, "fastnda", types.SimpleNamespace(read=read))
    path = write(tmp_path, "x", [], "cell.ndax")
    said(path, "cannot be read by fastnda: unknown version 99; export the test as CSV")


@pytest.mark.parametrize("second", ["Nb header lines : 900", "Nb header lines : x", ""])
def test_a_cut_biologic_file(tmp_path, second):
    path = write(tmp_path, "EC-Lab ASCII FILE", [second], "cell.mpt")
    said(path, ":2: ", "header lines", "export")


def test_columns_that_are_not_there(tmp_path):
    path = write(tmp_path, "time_s,volts,current_A", GOOD)
    said(path, ":1: has no column of voltage", "time_s, volts, current_A", "columns: {voltage:")
    said(path, "has no column 'volt' (columns.voltage); did you mean volts?",
         columns={"voltage": "volt"})  # fmt: skip
    said(path, "has 3 columns, but columns.voltage is 7", columns={"voltage": 7})
    path = write(tmp_path, "voltage_V,current_A", lines_of(DISCHARGE[1:]))
    said(path, ":1: has neither time nor capacity", "columns: {time: 'voltage_V'}")
    path = write(tmp_path, "time_s,voltage_V", lines_of(DISCHARGE[:2]))
    said(path, ":1: has no column of current", "current: 1 C (a charge: -1 C)")
    said(path, "no columns of both time and current, which drive: true needs", drive=True)


def test_unclear_columns(tmp_path):
    path = write(tmp_path, "time_s,voltage_V,current_A,voltage_mV", GOOD)
    said(path, ":1: has 2 columns that may be the voltage: voltage_V, voltage_mV; write which,",
         "columns: {voltage: 'voltage_V'}")  # fmt: skip


def test_units_of_another_sort(tmp_path):
    path = write(tmp_path, HEADER, GOOD)
    said(path, "voltage in 'mA', no unit of it; allowed are", "V", units={"voltage": "mA"})
    said(path, "time in 'weeks', no unit", "units: {time: h}", units={"time": "weeks"})
    said(path, "has no column of capacity, whose unit is given", units={"capacity": "mAh"})


@pytest.mark.parametrize("cell", ["", "nan", "NaN", "--", "null"])
def test_missing_numbers(tmp_path, cell):
    path = write(tmp_path, HEADER, changed(4, 1, cell))
    said(path, ":6: has no value as voltage (voltage_V); a finite number is needed; remove",
         "accept: [missing]")  # fmt: skip


def test_no_numbers(tmp_path):
    path = write(tmp_path, HEADER, changed(4, 2, "over"))
    said(path, ":6: has 'over' as current (current_A); a number is needed; leave the cell empty")
    said(write(tmp_path, HEADER, changed(4, 2, "inf")), ":6: has inf as current", "finite")
    said(write(tmp_path, HEADER, changed(4, 2, "1e308")), ":6: has 1e+308 as current", "finite")
    every = write(tmp_path, HEADER, changed(9, 1, "x", changed(4, 1, "y")))
    with pytest.raises(ConfigError) as caught:
        one(every)
    assert [problem.line for problem in caught.value.problems] == [6, 11]


def test_a_comma_as_decimal_point(tmp_path):
    rows = [line.replace(",", ";").replace(".", ",").replace(";", ",") for line in GOOD]
    said(write(tmp_path, HEADER, rows), "cells, but there are 3 columns; a comma as decimal point",
         "export it with decimal points, or separated by ; or tabs")  # fmt: skip
    tabs = [line.replace(",", "\t") for line in changed(30, 1, "3;5")]
    text = said(write(tmp_path, HEADER.replace(",", "\t"), tabs), ":32: has '3;5' as voltage")
    assert "a number is needed" in text


def test_rows_with_too_many_cells(tmp_path):
    path = write(tmp_path, HEADER.replace(",", ";"), [r.replace(",", ";") + ";7;8" for r in GOOD])
    said(path, ":2: has 5 cells, but there are 3 columns; every row needs one cell for each")


def table(tmp_path, *columns, header=HEADER):
    return write(tmp_path, header, lines_of(columns, form="{:.9g}"))


def test_millivolts(tmp_path):
    path = table(tmp_path, TIME, 1e3 * VOLTAGE, CURRENT)
    said(path, ":2: has the voltage 3", "V in voltage_V; a cell has -1 V to 10 V: it looks like mV;"
         " write units: {voltage: mV}")  # fmt: skip
    assert one(path, units={"voltage": "mV"}).voltage[0] == pytest.approx(VOLTAGE[0])
    path = table(tmp_path, TIME, VOLTAGE, CURRENT, header="time_s,voltage_mV,current_A")
    said(path, ":2: has the voltage", "it looks like V; write units: {voltage: V}")


def test_a_slip_of_the_voltage(tmp_path):
    said(write(tmp_path, HEADER, changed(11, 1, "65.535")), ":13: has the voltage 65.535 V",
         "-1 V to 10 V", "remove the line")  # fmt: skip


def test_milliamperes(tmp_path):
    """By the model's capacity, and without a model by the capacity of the file."""
    path = table(tmp_path, TIME, VOLTAGE, 1e3 * CURRENT)
    said(path, "the curve passes 1.889e+04 A h/m^2, the model's capacity is 20", "at 1e+03 C",
         "current looks like mA; write units: {current: mA}")  # fmt: skip
    assert one(path, units={"current": "mA"}).end_capacity == pytest.approx(18.9, rel=1e-2)
    path = table(tmp_path, TIME, VOLTAGE, CURRENT, header="time_s,voltage_V,current_mA")
    said(path, "current looks like A; write units: {current: A}")
    own = "time_s,voltage_V,current_A,capacity_mAh"
    path = table(tmp_path, TIME, VOLTAGE, 1e3 * CURRENT, 2 * TIME / 3600, header=own)
    said(path, ":41: has passed", "by current and time, but 18.89 A h/m^2 in capacity_mAh: current",
         "looks like mA; write units: {current: mA}", size=None)  # fmt: skip


@pytest.mark.parametrize(("unit", "seconds"), [("h", 3600), ("min", 60)])
def test_hours(tmp_path, unit, seconds):
    words = {"h": "hours", "min": "minutes"}[unit]
    path = table(tmp_path, TIME / seconds, VOLTAGE, CURRENT)
    said(path, f"time looks like {words}; write units: {{time: {unit}}}")
    assert one(path, units={"time": unit}).time[-1] == pytest.approx(3400)
    own = "time_s,voltage_V,current_A,capacity_mAh"
    path = table(tmp_path, TIME / seconds, VOLTAGE, CURRENT, 2 * TIME / 3600, header=own)
    said(path, ":41: has passed", f"time looks like {words}; write units: {{time: {unit}}}",
         size=None)  # fmt: skip


def test_unsorted_times(tmp_path):
    rows = [*GOOD[:20], GOOD[24], *GOOD[20:24], *GOOD[25:]]
    said(write(tmp_path, HEADER, rows), ":23: time (time_s) goes back from 2092.31 s to"
         " 1743.59 s; times must ascend: sort the rows by time")  # fmt: skip


def test_the_time_of_each_step(tmp_path):
    first, second = measured((0, 600)), measured((1.0, 3000))
    rows = [*lines_of(first), *lines_of(second)]
    said(write(tmp_path, HEADER, rows), ":42: time (time_s) goes back from 600 s to 0 s; it"
         " looks like the time within each step: name the column of the total time")  # fmt: skip


def test_repeated_times(tmp_path):
    rows = [*GOOD[:11], changed(10, 1, "3.71")[10], *GOOD[11:]]
    path = write(tmp_path, HEADER, rows)
    said(path, ":13: repeats the time (time_s) 871.795 s of line 12, with 3.71 V in place of",
         "remove one", "accept: [repeated]")  # fmt: skip
    assert one(path, accept=["repeated"]).time.size == TIME.size


def test_a_gap(tmp_path):
    columns = measured((1.0, 3400))
    fine = [np.interp(np.linspace(0, 3400, 400), columns[0], c) for c in columns]
    keep = np.r_[0:100, 200:400]
    path = table(tmp_path, *(c[keep] for c in fine))
    said(path, ":102: has a gap of 860", "s in the time (time_s) after line 101 while a current"
         " flows, from 843", "the charge passed in it is not known", "accept: [gaps]")  # fmt: skip
    assert any("gaps of the rows accepted" in n for n in one(path, accept=["gaps"]).notes)


def test_a_gap_in_a_rest_is_none(tmp_path):
    columns = measured((1.0, 1700), (0, 30000), start=0.4)
    keep = np.r_[0:45, 75:80]
    assert one(table(tmp_path, *(c[keep] for c in columns))).time.size == 50


def test_charge_mixed_with_discharge(tmp_path):
    """With a sign, without one, and against capacity alone."""
    columns = measured((1.0, 3000), (-1.0, 3000))
    said(table(tmp_path, *columns), ":42: a charge is mixed with a discharge: discharge in lines"
         " 2 to 41, charge in lines 42 to 81; write direction: discharge (or charge)",
         "direction: both")  # fmt: skip
    unsigned = [np.delete(column, 40) for column in (*columns[:2], np.abs(columns[2]))]
    said(table(tmp_path, *unsigned), ":41: the voltage falls to", "then rises while the current",
         "keeps its sign: a charge is mixed with a discharge; split the file by")  # fmt: skip
    apart = measured((1.0, 3000), (0, 300), (-1.0, 3000))
    said(table(tmp_path, *apart[:2], np.abs(apart[2])), ":82: the voltage falls to", "then rises")
    charge = np.append(TIME, TIME[::-1]) / 3600 * 2
    path = table(tmp_path, charge, np.append(VOLTAGE, VOLTAGE[::-1] + 0.1), header="Q [mAh],U [V]")
    said(path, "goes back to", "it looks like a charge mixed with a discharge, or two curves",
         "by 'lines'", current="1 C")  # fmt: skip


def test_a_rest_in_the_middle(tmp_path):
    columns = measured((1.0, 1200), (0, 600), (1.0, 1200))
    said(table(tmp_path, *columns), ":42: a rest of 600 s lies in the middle of the curve, lines 42"
         " to 81; the voltage relaxes in it", "accept: [rests]")  # fmt: skip


def test_a_current_that_varies(tmp_path):
    current = 2e-3 * (1 + 0.3 * np.sin(TIME / 100))
    said(table(tmp_path, TIME, VOLTAGE, current), ":2: the current varies from this line to line 41"
         ", it is neither constant", "drive: true")  # fmt: skip


def test_a_short_curve(tmp_path):
    path = table(tmp_path, *measured((1.0, 500)))
    said(path, ":41: the curve passes 2.778 A h/m^2, the model's capacity is 20 A h/m^2: 13.9 %, a"
         " curve much shorter than the model's; check area", "accept: [short]")  # fmt: skip
    pulse = table(tmp_path, *measured((1.0, 20)))
    assert one(pulse, accept=["short"]).end_capacity == pytest.approx(0.111, rel=1e-2)
    part = one(table(tmp_path, *measured((1.0, 2000))))
    assert any("55.6 %; it is compared as far as it goes" in note for note in part.notes)


def test_a_long_curve(tmp_path):
    path = table(tmp_path, *DISCHARGE)
    said(path, "passes 37.78 A h/m^2, the model's capacity is 20 A h/m^2: 189 %, more than the"
         " model can take; check area", "accept: [long]", area="0.5 cm^2")  # fmt: skip
    accepted = one(path, area="0.5 cm^2", accept=["long"])
    assert accepted.end_capacity == pytest.approx(37.78, rel=1e-3)
    slightly = one(path, area="0.8 cm^2")
    assert any("the model can end before the curve does" in note for note in slightly.notes)


def test_a_wrong_sign(tmp_path):
    path = table(tmp_path, *DISCHARGE)
    said(path, "sign is charge_positive, but the voltage falls where the current is positive; write"
         " sign: discharge_positive, or leave it out", sign="charge_positive")  # fmt: skip


def test_a_sign_that_cannot_be_found(tmp_path):
    path = table(tmp_path, TIME, 3.7 + 0.1 * np.cos(TIME / 3400 * 2 * np.pi), CURRENT)
    said(path, ":2: the sign of the current cannot be found: the voltage does not follow the"
         " charge; write sign: discharge_positive or sign: charge_positive")  # fmt: skip
    assert one(path, sign="discharge_positive").direction == 1


def test_no_current_at_all(tmp_path):
    said(table(tmp_path, TIME, VOLTAGE, 0 * CURRENT), "no current in any row", "name its column")
    path = table(tmp_path, TIME / 1800, VOLTAGE, 0 * TIME, header="Q [mAh],U [V],I [mA]")
    said(path, "its current is zero; a curve needs one, such as current: C/100")


def test_parts_that_are_not_there(tmp_path):
    path = table(tmp_path, *measured((1.0, 1800), (-1.0, 1800), (0.5, 3600)))
    said(path, ":2: has 2 parts of discharge: 1 in lines 2 to 41, 2 in lines 82 to 121; write which"
         ", such as number: 1", direction="discharge")  # fmt: skip
    said(path, "has 1 parts of charge", "number is 3", direction="charge", number=3)
    path = table(tmp_path, *DISCHARGE)
    said(path, "has no charge; change 'direction', or check 'sign'", direction="charge")
    said(path, "has no rows in the lines 50 to 90; its rows are in lines 2 to 41", lines=[50, 90])
    said(path, "has 0 rows inside the window; at least 3 are needed: the curve goes 0 to 18.89 A"
         " h/m^2", window={"voltage": [1, 2]})  # fmt: skip
    said(path, "has no rest before its current", "initial: {filling: 0.01}",
         initial={"from_rest": True})  # fmt: skip


def test_what_a_number_is_per_is_not_given(tmp_path):
    cure = "its area is not given: write area: 1.13 cm^2, or mass and mass_loading"
    path = table(tmp_path, *DISCHARGE)
    said(path, ":1: current in current_A is in A, of the whole cell; ", cure, area=None)
    path = table(tmp_path, *DISCHARGE, header="time_s,voltage_V,current_mA_g")
    said(path, ":1: current in current_mA_g is in mA/g, per mass; write mass_loading: 10 mg/cm^2")
    path = table(tmp_path, TIME / 4000, VOLTAGE, header="normalized_capacity,voltage_V")
    said(path, ":1: normalized_capacity counts in parts of a capacity that is not given; write"
         " full_capacity: 20 A h/m^2, or full_capacity: model", current="1 C")  # fmt: skip
    said(path, "current is 1.0 C, and without a model 1C has no value; give it in A/m^2",
         size=None, current="1 C", full_capacity="20 A h/m^2")  # fmt: skip


def test_a_curve_of_unclear_direction(tmp_path):
    columns = TIME[::-1] / 1800, VOLTAGE[::-1], CURRENT * 1e3
    path = table(tmp_path, *columns, header="Q [mAh],U [V],I [mA]")
    said(path, "its voltage rises along the rows, but its current is positive", "direction: charge")
    assert one(path, direction="discharge").direction == 1
    said(path, "direction is charge, but current is 1.0 C; a charging current is negative",
         direction="charge", current="1 C")  # fmt: skip
    varied = table(tmp_path, TIME / 1800, VOLTAGE, TIME + 1, header="Q [mAh],U [V],I [mA]")
    said(varied, "its current varies; a curve without times needs one current")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"accept": ["gap"]}, "did you mean gaps? allowed: " + ", ".join(ACCEPTED)),
        ({"number": 2}, "goes with direction: discharge or charge; write that too"),
        ({"drive": True, "current": "1 C"}, "does not go with drive: true, the current is in"),
        ({"drive": True, "direction": "charge"}, "does not go with drive: true, which takes all"),
        ({"area": 1e-4, "mass": 1e-5, "mass_loading": 0.2}, "mass and mass_loading give 5e-05 m^2"),
        ({"initial": {"filling": 0.1, "free": True}}, "has filling and free; write one of"),
        ({"initial": {}}, "has nothing; write one of {filling: 0.01}"),
        ({"columns": {"volts": "U"}}, "is unknown; did you mean voltage? allowed: time, voltage"),
        ({"columns": "U"}, "is 'U'; write names of columns or their numbers, such as {time:"),
        ({"units": {"time": 3600}}, "is 3600; write units by quantity, such as {current: mA}"),
        ({"lines": [9, 2]}, "write the first and the last line, such as [12, 480]"),
        ({"window": {"voltage": [4, 3]}}, "write the lower value first"),
        ({"window": {"voltage": 4}}, "write two values, the lower one first"),
        ({"full_capacity": "cell"}, "or 'model', for the capacity of the model"),
        ({"current": "0 A/m^2"}, "is no current at all"),
        ({"weight": 0}, "out of range; allowed: above 0"),
    ],
)
def test_entries_that_are_refused(keys, words):
    with pytest.raises(ValidationError) as caught:
        DataChoice.model_validate({"file": "cell.csv", **keys})
    assert words in str(caught.value)
