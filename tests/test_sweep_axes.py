"""Axes of a sweep, the keys of its cases, and every mistake in its files."""

import math
from pathlib import Path

import numpy as np
import pytest

from electrode_model.config.problems import ConfigError
from electrode_model.sweeps.plan import read_plan
from tests.sweep_files import AXES, CURRENT, STD, WINDOW, sweep_file


def values(folder: Path, text: str) -> list[dict]:
    """The settings of all cases."""
    plan = read_plan(sweep_file(folder, text))
    return [{k: n.plain() for k, n in case.settings.items()} for case in plan.cases()]


def test_a_grid_has_all_combinations_the_last_axis_fastest(tmp_path):
    found = values(tmp_path, "axes:\n  temperature: [290, 300]\n  protocol.0.current: [1 C, 2 C]")
    assert [(case["temperature"], case[CURRENT]) for case in found] == [
        (290, "1 C"), (290, "2 C"), (300, "1 C"), (300, "2 C"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("temperature: {from: 280 K, to: 300 K, count: 3}", ["280.0 K", "290.0 K", "300.0 K"]),
        ("protocol.0.current: {from: -0.1 C, to: -10 C, count: 3, spacing: log}",
         ["-0.1 C", "-1.0 C", "-10.0 C"]),
        ("positive.particles.per_volume: {from: 1, to: 5, count: 3}", [1, 3, 5]),
        ("positive.particles.per_volume: {from: 1, to: 4, count: 6, spacing: log, whole: true}",
         [1, 2, 3, 4]),
    ],
)  # fmt: skip
def test_ranges(tmp_path, written, expected):
    found = [next(iter(case.values())) for case in values(tmp_path, f"axes: {{{written}}}")]
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_latin_hypercube_has_one_value_in_each_part_and_keeps_to_its_seed(tmp_path):
    text = (
        "axes:\n  temperature: {from: 280, to: 320}\n"
        "  protocol.0.current: {from: 0.1 C, to: 10 C, spacing: log}\n"
        "  positive.initial_filling: [0.3, 0.4]\n"
        "combine: latin_hypercube\nsamples: 20\nseed: 3"
    )
    cases = values(tmp_path, text)
    shares = np.array([(case["temperature"] - 280) / 40 for case in cases])
    logs = np.array([(math.log10(float(case[CURRENT][:-2])) + 1) / 2 for case in cases])
    for column in (shares, logs):
        assert sorted(np.floor(20 * column)) == list(range(20))
    assert sum(case["positive.initial_filling"] == 0.3 for case in cases) == 10
    assert cases == values(tmp_path, text)
    assert cases != values(tmp_path, text.replace("seed: 3", "seed: 4"))


def test_a_table_of_cases_has_units_in_its_header_and_empty_cells_stay_as_base(tmp_path):
    (tmp_path / "cases.csv").write_text(
        f"# drawn elsewhere\ntemperature,{STD} [nm]\n290,10\n,20\n300,\n", encoding="utf-8"
    )
    found = values(tmp_path, "cases: cases.csv\naxes: {protocol.0.current: [1 C, 2 C]}")
    assert len(found) == 6
    assert found[:4:2] == [
        {"temperature": 290, STD: "10 nm", CURRENT: "1 C"},
        {STD: "20 nm", CURRENT: "1 C"},
    ]


MISTAKES = [
    ("axis: {temperature: [300]}", "3: axis is unknown; did you mean axes? allowed: schema, name"),
    ("name: x", "1: axes names nothing to vary, and there is no table 'cases'; write for example"),
    ("axes: {positive.particles.siez.std: [1 nm]}", "3: positive.particles.siez is unknown; did"
     " you mean positive.particles.size? allowed: model"),
    ("axes:\n  temperature: [300, 25 degF]", "4: temperature is '25 degF', which has an unknown"
     " unit 'degF'; did you mean degC?"),
    (f"axes:\n  {STD}: [5 nm, 5 s]", f"4: {STD} is '5 s': a time, but a length is needed"),
    ("axes: {protocol.7.current: [1 C]}", "3: protocol.7 is no item of protocol; its items"),
    ("axes: {temperature.x: [1]}", "3: temperature is the single value 298.15, without keys"),
    ("axes: {temperature: {from: 280, to: 300}}", "3: axes.temperature.count is missing; write"),
    ("axes: {temperature: {from: 280 K, to: 9 degC, count: 2}}", "3: axes.temperature.to is '9"
     " degC', and 'from' is '280 K'; write both in one unit"),
    ("axes: {protocol.0.current: {from: -1 C, to: 1 C, count: 3, spacing: log}}", "3:"
     " axes.protocol.0.current.to is '1 C', and 'from' is '-1 C'; a range in the logarithm does"),
    ("axes: {temperature: {from: 280, to: 280, count: 3}}", "3: axes.temperature.to is 280, as"
     " 'from' is; write another value"),
    ("axes: {temperature: {from: warm, to: 280, count: 3}}", "3: axes.temperature.from is 'warm';"
     " a number with or without a unit is needed, such as"),
    ("axes: {temperature: {from: 270, to: 280, cuont: 3}}", "3: axes.temperature.cuont is unknown;"
     " did you mean axes.temperature.count? allowed: from, to, count, spacing, whole"),
    ("axes: {temperature: {from: 270, to: 280, count: 3, spacing: lgo}}", "3:"
     " axes.temperature.spacing is 'lgo'; did you mean log? allowed: linear, log"),
    ("axes: {temperature: {from: 270 K, to: 280 K, count: 3, whole: true}}", "3:"
     " axes.temperature.from is '270 K'; a range of whole numbers has no unit"),
    ("axes: {temperature: [300, 300]}", "3: axes.temperature.1 is 300, as value 0 is; write each"),
    ("axes: {temperature: []}", "3: axes.temperature has no values; write a list such as"),
    ("axes: {temperature: 300}", "3: axes.temperature is 300; write a list of values, or {from:"),
    ("axes: [temperature]", "3: axes is [temperature]; write a mapping, such as positive."),
    ("axes: {'': [1]}", "3: axes. has an empty key; write a path of the configuration, such as"),
    ("base: bas.yaml\n" + AXES, "2: base is 'bas.yaml' ({folder}/bas.yaml): there is no such file;"
     " did you mean {folder}/base.yaml?"),
    (AXES + "\ncombine: gird", "4: combine is 'gird'; did you mean grid? allowed: grid, latin_"),
    (AXES + "\nsamples: 3", "4: samples is 3, but a grid has all combinations; remove it, or"),
    (AXES + "\ncombine: latin_hypercube", "1: samples is missing; write how many cases are drawn"),
    ("axes: {temperature: {from: 280, to: 300, count: 3}}\ncombine: latin_hypercube\nsamples: 4",
     "3: axes.temperature.count is 3, but a Latin hypercube draws as many values as it has"),
    (AXES + "\nchange: {temperature: 290}", "3: temperature is varied here, and set in"
     " {folder}/sweep.yaml:4 too; keep one"),
    (AXES + "\nchange: {temperatur: 290}", "4: temperatur is unknown; did you mean temperature?"),
    (AXES + "\nchange: [3]", "4: change is [3]; write a mapping, such as positive.particles.per_"),
    ("axes: {temperature: {from: 280, to: 300, count: 1000}, positive.initial_filling: {from: 0.8,"
     " to: 0.9, count: 1000}}", "3: axes make 1000000 cases; at most 100000 are run; shorten"),
    (AXES + "\nfigures: {value: Final voltage}", "4: figures.value is 'Final voltage', no column;"
     " did you mean Final voltage [V]? allowed: Steps ended"),
    (AXES + "\nfigures: {over: [temperature, temperatur]}", "4: figures.over.1 is 'temperatur', no"
     " axis; did you mean temperature? allowed: temperature"),
    (AXES + "\nfigures: {over: temperature}", "4: figures.over is 'temperature'; write the paths"),
    (AXES + "\nlimits: {simulation: 5 m}", "4: limits.simulation is '5 m': a length, but a time"),
    (AXES + "\nlimits: {attempts: 0}", "4: limits.attempts is 0, out of range; allowed: at least"),
    (AXES + "\nkeep: all", "4: keep is 'all'; allowed: table, results"),
    (AXES + "\ncluster: {kind: slrum}", "4: cluster.kind is 'slrum'; did you mean slurm? allowed:"),
    ("axes: {temperature: [300]}\nschema: 2\nbase: base.yaml", "2: schema is 2; allowed: 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_is_told_with_its_line_and_its_cure(tmp_path, text, said):
    path = sweep_file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_plan(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}:{said.replace('{folder}', str(tmp_path))}"), line


CASES = [
    ("temperature,protocol.0.current\n300\n", "2: has 1 values; the header has 2 paths: temper"),
    ("temperature,temperature\n1,2\n", "1: has the column 'temperature' twice; keep one"),
    ("temperature,\n300,3\n", "1: has no path in column 2 of its header; write one, or remove it"),
    ("temperature\n", "1: has no cases; write paths in the first line and the values of a case"),
    ("temperatur\n300\n", "2: temperatur is unknown; did you mean temperature? allowed: schema"),
    ('temperature\n"300\n', "2: is not valid CSV: unexpected end of data"),
]


@pytest.mark.parametrize(("text", "said"), CASES)
def test_a_mistake_in_a_table_of_cases_is_told_with_its_line(tmp_path, text, said):
    table = tmp_path / "cases.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_plan(sweep_file(tmp_path, "cases: cases.csv"))
    assert str(caught.value).startswith(f"{table}:{said}"), str(caught.value)


def test_every_wrong_value_is_told_and_a_wrong_combination_is_no_mistake(tmp_path):
    text = f"axes:\n  temperature: [300, 3000, -4]\n  {STD}: [5 nm, 5 s]"
    with pytest.raises(ConfigError) as caught:
        read_plan(sweep_file(tmp_path, text))
    assert [problem.line for problem in caught.value.problems] == [4, 4, 5]
    # a number of nodes goes with one model only, and a cut-off with one window only
    text = f"axes:\n  {WINDOW}: [[2 V, 5 V], [3 V, 5 V]]\n  protocol.0.until.voltage: [2.5 V, 3 V]"
    assert len(read_plan(sweep_file(tmp_path, text))) == 4


def test_the_key_of_a_case_follows_what_it_is_and_not_where_it_stands(tmp_path):
    def keys(text: str) -> list[str]:
        return [case.key for case in read_plan(sweep_file(tmp_path, text)).cases()]

    first = keys("axes: {temperature: [290, 300]}")
    assert keys("axes:\n  temperature: [280, 290, 300]  # more")[1:] == first
    assert keys(AXES + "\nchange: {positive.initial_filling: 0.6}")[0] not in first
    # a file that a value names counts with its text
    (tmp_path / "mine.py").write_text("from electrode_model.kinetics import linear as law\n")
    law = "axes: {positive.particles.kinetics.law: [./mine.py:law]}"
    before = keys(law)
    (tmp_path / "mine.py").write_text("from electrode_model.kinetics import butler_volmer as law\n")
    assert keys(law) != before
