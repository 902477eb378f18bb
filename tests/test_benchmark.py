"""The benchmark: its cases are what they say, rivals solve the same cells, limits are told."""

import importlib
import json
from dataclasses import replace

import numpy as np
import pytest

from electrode_model.__main__ import main
from electrode_model.benchmarks import figures, own, precision, pybamm_cell, suite, table
from electrode_model.benchmarks.cases import CASES, chosen, every_case
from electrode_model.benchmarks.measured import configuration, repeated
from electrode_model.benchmarks.suite import OWN, Row

NAMES = [case.name for case in CASES]


def case(name):
    (found,) = chosen([name], quick=False)
    return found


def told(capsys):
    """Everything that a measurement has printed."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {key: value for line in lines for key, value in line.items()}


@pytest.mark.parametrize("name", NAMES)
def test_case_has_the_particles_and_nodes_of_its_name(name):
    config = configuration(case(name))
    (population,) = config.positive.particles
    assert config.positive.volumes * population.per_volume == case(name).particles
    number = "".join(c if c.isdigit() else " " for c in name.removesuffix("0.01C")).split()
    if name.startswith("Fick"):
        # beside the particles: c_e and phi_e in 15 volumes, phi_s in 10, current and voltage,
        # of which the names leave out up to 43
        assert 0 <= config.positive.volumes * population.unknowns + 43 - int(number[0]) <= 43
    else:
        assert int(number[0]) == case(name).particles
    if len(number) == 2:
        nodes = population.model.parameters.get("nodes")
        assert (nodes or 100) == int(number[1])


def test_cases_by_name():
    assert len(set(NAMES)) == len(NAMES)
    assert [c.name for c in chosen(["h 1,000"], quick=False)] == ["H 1000"]
    assert [c.name for c in chosen(["CHR", "fick 582"], quick=False)] == [
        "CHR 10x50", "CHR 100x50", "CHR 1000x50", "Fick 582",
    ]  # fmt: skip
    shipped = [c for c in every_case() if c.kind == "config"]
    assert "lfp_half_cell" in [c.name for c in shipped]
    quick = chosen([], quick=True)
    assert {"H", "H 0.01C", "ACR", "Fick", "config"} <= {c.kind for c in quick}
    assert len(quick) < len(chosen([], quick=False)) == len(CASES) + len(shipped)


def test_wrong_arguments_are_told(capsys):
    assert main(["benchmark", "--cases", "nonsense"]) == 2
    assert "no such case: nonsense; there are H 100, " in capsys.readouterr().err
    for arguments in (["--against", "matlab"], ["--limit", "0"], ["--limit", "soon"]):
        with pytest.raises(SystemExit):
            main(["benchmark", *arguments])
        assert f"{arguments[1]!r} is no" in capsys.readouterr().err


def test_own_measurement(capsys):
    own.measure(case("H 100"), 60.0)
    values = told(capsys)
    assert values["states"] == 133  # 100 particles; c_e and phi_e in 15 volumes, and the circuit
    assert len(values["solves"]) == 5
    assert values["iterations"] > values["steps"] > 100
    assert values["peak"] >= values["before"] > 1e7
    assert 3.0 < min(values["voltage"]) < max(values["voltage"]) < 3.5  # V, on LFP's plateau


def test_solves_are_alike():
    problem = own.Problem(case("Fick 582"))
    problem.solve()
    first = problem.statistics
    _, voltage = problem.voltages()
    assert problem.statistics == first
    assert np.array_equal(problem.voltages()[1], voltage)


def test_a_limit_leaves_what_was_measured(capsys):
    own.measure(case("H 100"), 0.0)
    values = told(capsys)
    assert values["outcome"] == "wall-clock limit"
    assert values["steps"] == 1
    assert 0 < values["reached"] < 0.01


def test_long_solves_are_not_repeated():
    assert repeated(11.0, lambda: pytest.fail("solved again")) == [11.0]
    assert repeated(1.0, lambda: 2.0) == [2.0] * 5


SAME = [("idas", "H 100"), ("idas", "Fick 582")]
if suite.installed("pybamm"):
    SAME += [("pybamm", "H 100"), ("pybamm", "H 100 0.01C"), ("pybamm", "Fick 582")]


@pytest.mark.parametrize(("program", "name"), SAME)
def test_others_solve_the_same_cell(program, name, capsys):
    importlib.import_module(suite.PROGRAMS[program]).measure(case(name), 60.0)
    row = Row(name, "", program, 0, complete=True, solve=1.0, voltage=told(capsys)["voltage"])
    _, voltage = own.Problem(case(name)).voltages()
    reference = Row(name, "", OWN, 0, complete=True, solve=0.5, voltage=voltage.tolist())
    suite._compare(row, reference, replace(case(name), in_turn=name.endswith("0.01C")))
    # idas has the same grid: the tolerance; PyBaMM's grid in a particle is another: measured 0.2
    assert row.voltage_error < (0.5 if program == "pybamm" else 0.1)  # mV
    assert row.ratio == 2


def test_another_voltage_has_no_ratio():
    own_row = Row("x", "", OWN, 0, complete=True, solve=1.0, voltage=[3.0, 3.0, 3.0])
    row = Row("x", "", "pybamm", 0, complete=True, solve=2.0, voltage=[3.0, 3.0, 3.003])
    suite._compare(row, own_row, replace(CASES[0], in_turn=False))
    assert row.voltage_error == pytest.approx(3)  # mV
    assert np.isnan(row.ratio)
    assert "no ratio" in table.line(row)
    suite._compare(row, own_row, CASES[0])  # the median, where particles fill in turn
    assert row.ratio == 2


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("H 1000", ""),
        ("Fick 12000", ""),
        ("ACR 10x100", "has no phase separation inside particles"),
        ("CHR 10x50", "has no phase separation inside particles"),
        ("nmc532_graphite", "half cells"),
        ("nmc111_half_cell", "constant current"),
    ],
)
def test_what_pybamm_is_not_asked(name, reason):
    found = pybamm_cell._cannot(case(name))
    assert reason in found
    assert bool(found) == bool(reason)


def test_parameters_for_pybamm():
    """Those of the configuration, whose laws are known at a filling of one half."""
    config = configuration(case("H 100"))
    sizes = pybamm_cell._sizes(config)
    values = pybamm_cell._values(config, sizes, 0.5)
    assert values["Current function [A]"] == 0.5 * values["Nominal cell capacity [A.h]"] > 0
    assert values["Positive electrode OCP [V]"](0.5) == pytest.approx(3.422)  # V, lfp.py
    exchange = values["Positive electrode exchange-current density [A.m-2]"]
    # transition state at c = 1/2 and 1 mol/L: sqrt(a) (1 - c) = 1/2, of k0 0.16 A/m^2
    assert exchange(1000.0, 5000.0, 10_000.0, 298.15) == pytest.approx(0.08)
    edges = pybamm_cell._edges(sizes)
    assert np.all(edges[:-1] < sizes)
    assert np.all(sizes < edges[1:])
    low, high = "Positive minimum particle radius [m]", "Positive maximum particle radius [m]"
    assert values[low] == edges[0]
    assert values[high] == edges[-1]


def test_whole_command(tmp_path, capsys):
    command = ["benchmark", "--cases", "H 100", "--no-precision", "-o"]
    assert main([*command, str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "H 100" in out
    assert f"{tmp_path / 'cost.png'}" in out
    content = json.loads((tmp_path / "benchmark.json").read_text(encoding="utf-8"))
    (mine,) = content["rows"]
    assert (mine["program"], mine["case"], mine["states"]) == (OWN, "H 100", 133)
    assert mine["complete"]
    assert mine["nanoseconds"] > 1
    assert content["about"]["python"]
    assert (tmp_path / "cost.png").stat().st_size > 10_000


def test_error_against_time(monkeypatch, tmp_path, capsys):
    def here(program, name, arguments, limit):
        assert arguments == ["--precision", "--quick"]
        suite.measure_one(program, name, limit, curve=True, quick=True)
        return told(capsys), ""

    monkeypatch.setattr(suite, "in_process", here)
    problem = precision.Problem("H 100", ("idas",))
    curves = suite.curves([problem], [], 60.0, quick=True)
    (curve,) = curves
    assert (curve["program"], curve["case"]) == (OWN, "H 100")
    assert curve["rtol"] == [1e-3, 3.2e-5, 1e-6]
    assert curve["reference"] == 1e-8
    # three decades of tolerance are at least one of the error
    assert curve["median"][-1] < 0.1 * curve["median"][0]
    figure = figures.precision(curves)
    assert figure.axes[0].get_ylabel() == "median |dV| [mV]"
    assert figures.draw([], [], curves, tmp_path) == [tmp_path / "precision.png"]
    assert (tmp_path / "precision.png").stat().st_size > 10_000


def test_a_process_that_takes_too_long_is_ended():
    _, trouble = suite.in_process(OWN, "ACR 10000x100", [], 0.2)
    assert trouble == "ended at the limit of 0.2 s"


def test_a_process_that_fails_tells_why():
    _, trouble = suite.in_process(OWN, "nonsense", [], 60.0)
    assert "no such case: nonsense" in trouble


def test_rows_of_what_went_wrong(monkeypatch):
    monkeypatch.setattr(suite, "installed", lambda program: program != "pybamm")
    seen = []
    answers = {
        OWN: ({"set_up": 0.1, "states": 10, "steps": 5, "first": 9.0, "solves": [9.0],
               "outcome": "wall-clock limit", "reached": 0.25, "compiled": False}, ""),
        "idas": ({"cannot": "too large"}, ""),
    }  # fmt: skip
    monkeypatch.setattr(suite, "in_process", lambda program, *_: answers[program])
    suite.measure([CASES[0]], ["idas", "pybamm"], 9.0, seen.append)
    mine, idas, pybamm = map(table.line, seen)
    assert mine.endswith("wall-clock limit; NumPy, not compiled; at 25% after 9 s")
    assert idas.endswith("too large")
    assert pybamm.endswith("not installed")
    assert not any(row.complete for row in seen)
    json.dumps([row.as_dict() for row in seen], allow_nan=False)


def line_of_rows(program, power):
    return [
        Row("x", "H", program, n, states=n, solve=1e-5 * n**power, set_up=0.1, complete=True)
        for n in (100, 1000, 10_000, 100_000)
    ]


def test_exponents_are_those_of_the_rows(tmp_path):
    found = [*line_of_rows(OWN, 1.0), *line_of_rows("pybamm", 1.5)]
    found[0].solve = 1.0  # below 1,000 states: not counted
    growth = suite.exponents(found)
    assert [e.exponent for e in growth] == pytest.approx([1.0, 1.5])
    assert (growth[0].smallest, growth[0].largest) == (1000, 100_000)
    lines = table.exponent_lines(growth)
    assert lines[0].startswith("H by electrode-model: solve ~ states^1.00 from 1000 to 100000")
    figure = figures.cost(found, growth)
    texts = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    assert texts == ["H, 1C, states$^{1.00}$ (PyBaMM states$^{1.50}$)"]
    table.write(tmp_path / "b.json", {}, found, growth, [])
    assert len(json.loads((tmp_path / "b.json").read_text())["exponents"]) == 2


def test_precision_problems_are_cases():
    assert {problem.case for problem in precision.PROBLEMS} <= set(NAMES)
    assert precision.TOLERANCES[0] == 1e-3
    assert precision.TOLERANCES[-1] == 1e-8


def test_busy_machines_are_told():
    row = Row("x", "H", OWN, 1, crowding=3.4)
    assert "up to 3.4 times as long" in table.crowding_line([row])
    assert table.crowding_line([replace(row, crowding=1.01)]) == ""
