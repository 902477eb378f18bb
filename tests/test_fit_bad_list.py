"""The bad inputs of a fit, one by one and from the command line.

Each is told before the first simulation, on one line: file, line, key or column, value, what is
allowed and the cure.  test_fit_bad_data.py and test_fit_bad_input.py have many more.
"""

import numpy as np
import pytest

from electrode_model.__main__ import main
from electrode_model.fit import experiment
from tests.fit_files import DISCHARGE, lines_of, measured
from tests.fits import BASE

FIT = """\
schema: 1
base: base.yaml
data:
  - {file: cell.csv, area: 1 cm^2}
free:
  k0: {path: positive.particles.kinetics.k0, bounds: [0.3 A/m^2, 30 A/m^2]}
  thickness: {path: positive.thickness, bounds: [40 um, 60 um]}
"""
HEADER = "time_s,voltage_V,current_A"
TIME, VOLTAGE, CURRENT = DISCHARGE
GOOD = lines_of(DISCHARGE)


def changed(row, cell, text):
    cells = GOOD[row].split(",")
    cells[cell] = text
    return [*GOOD[:row], ",".join(cells), *GOOD[row + 1 :]]


def gap():
    time = np.linspace(0, 3400, 400)
    keep = np.r_[0:100, 200:400]
    return lines_of([np.interp(time, TIME, column)[keep] for column in DISCHARGE])


def commas():
    return [row.replace(",", ";").replace(".", ",").replace(";", ",") for row in GOOD]


#: of the issue: rows of cell.csv, the line that is named, and words of the message in order
DATA = {
    "unsorted times": (
        [*GOOD[:20], GOOD[24], *GOOD[20:24], *GOOD[25:]],
        23,
        ["time (time_s) goes back from 2092.31 s to 1743.59 s", "times must ascend", "sort the"],
    ),
    "repeated times": (
        [*GOOD[:11], changed(10, 1, "3.71")[10], *GOOD[11:]],
        13,
        ["repeats the time (time_s) 871.795 s of line 12, with 3.71 V in place of 3.69027 V",
         "times must ascend", "remove one of the rows, or write accept: [repeated]"],
    ),
    "a gap": (
        gap(),
        102,
        ["has a gap of 860.651 s in the time (time_s) after line 101", "rows around it are much"
         " nearer", "take one side of it by 'lines', or write accept: [gaps]"],
    ),
    "nan": (
        changed(4, 1, "nan"),
        6,
        ["has no value as voltage (voltage_V)", "a finite number is needed", "remove the line, or"
         " write accept: [missing]"],
    ),
    "a comma as decimal point": (
        commas(),
        2,
        ["has 5 cells, but there are 3 columns", "a comma as decimal point", "export it with"
         " decimal points, or separated by ; or tabs"],
    ),
    "mV": (
        lines_of((TIME, 1e3 * VOLTAGE, CURRENT), form="{:.9g}"),
        2,
        ["has the voltage 3891.36 V in voltage_V", "a cell has -1 V to 10 V", "it looks like mV;"
         " write units: {voltage: mV}"],
    ),
    "mA": (
        lines_of((TIME, VOLTAGE, 1e3 * CURRENT)),
        41,
        ["the curve passes 1.889e+04 A h/m^2", "the model's capacity is 36.2", "current looks like"
         " mA; write units: {current: mA}"],
    ),
    "hours": (
        lines_of((TIME / 3600, VOLTAGE, CURRENT)),
        41,
        ["the curve passes 0.005247 A h/m^2", "the model's capacity is 36.2", "time looks like"
         " hours; write units: {time: h}"],
    ),
    "charge mixed with discharge": (
        lines_of(measured((1.0, 3000), (-1.0, 3000))),
        42,
        ["a charge is mixed with a discharge: discharge in lines 2 to 41, charge in lines 42 to 81",
         "write direction: discharge (or charge)", "or direction: both"],
    ),
    "a rest in the middle": (
        lines_of(measured((1.0, 1200), (0, 600), (1.0, 1200))),
        42,
        ["a rest of 600 s lies in the middle of the curve, lines 42 to 81", "take one side by"
         " 'lines' or 'number', or write accept: [rests]"],
    ),
    "a curve shorter than the model's capacity": (
        lines_of(measured((1.0, 500))),
        41,
        ["the curve passes 2.778 A h/m^2, the model's capacity is 36.2 A h/m^2: 7.67 %", "check"
         " area, mass_loading, units", "or write accept: [short]"],
    ),
    "an empty file": (
        None,
        1,
        ["is empty", "a line of column names and rows of numbers are needed"],
    ),
}  # fmt: skip

#: what of the fit's file is replaced, by what, the line that is named, and words of the message
FREE = {
    "bounds that exclude the start": (
        "[40 um, 60 um]",
        "[60 um, 90 um]",
        7,
        ["free.thickness.bounds is [6e-05, 9e-05] m", "which excludes the value of the base, 5e-05"
         " m", "widen the bounds, or write another start"],
    ),
    "a parameter path that does not exist": (
        "kinetics.k0",
        "kinetics.k00",
        6,
        ["free.k0.path is positive.particles.kinetics.k00, which the base does not have", "did you"
         " mean positive.particles.kinetics.k0? allowed: positive.particles.kinetics.alpha,"],
    ),
    "two parameters that move the same value": (
        "thickness: {path: positive.thickness, bounds: [40 um, 60 um]}",
        "rate: {path: positive.particles.kinetics.k0, bounds: [1, 4]}",
        7,
        ["free.rate.path moves positive.particles.kinetics.k0, which k0 in line 6 moves too",
         "remove one of them, or name both paths in one parameter"],
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch):
    """Faults are found before the first simulation."""

    def run(*_: object) -> None:
        raise AssertionError("a simulation was begun")

    monkeypatch.setattr(experiment, "plain", run)
    monkeypatch.setattr(experiment, "differentiated", run)


def told(folder, text, rows, capsys):
    """The one line that the command writes on a bad fit."""
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    (folder / "fit.yaml").write_text(text, encoding="utf-8")
    content = "" if rows is None else "\n".join([HEADER, *rows, ""])
    (folder / "cell.csv").write_text(content, encoding="utf-8")
    out = folder / "out"
    assert main(["fit", str(folder / "fit.yaml"), "-o", str(out)]) == 2
    assert not out.exists()
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def holds(line, words):
    place = 0
    for word in words:
        assert word in line[place:], f"{word!r} is not in {line!r} after {place}"
        place = line.index(word, place) + len(word)


@pytest.mark.parametrize("name", DATA)
def test_data(tmp_path, capsys, name):
    rows, line, words = DATA[name]
    text = told(tmp_path, FIT, rows, capsys)
    holds(text, [f"{tmp_path / 'cell.csv'}:{line}: ", *words, f"(entry in {tmp_path}/fit.yaml:4)"])


@pytest.mark.parametrize("name", FREE)
def test_parameters(tmp_path, capsys, name):
    old, new, line, words = FREE[name]
    assert old in FIT
    text = told(tmp_path, FIT.replace(old, new, 1), GOOD, capsys)
    holds(text, [f"{tmp_path / 'fit.yaml'}:{line}: ", *words])


def test_these_would_be_good(tmp_path, capsys):
    """What each test above makes bad."""
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "fit.yaml").write_text(FIT, encoding="utf-8")
    (tmp_path / "cell.csv").write_text("\n".join([HEADER, *GOOD, ""]), encoding="utf-8")
    assert main(["fit", str(tmp_path / "fit.yaml"), "--check"]) == 0
