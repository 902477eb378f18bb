"""Bad fits are refused before the first simulation, with file, line, key and the cure."""

import pytest

from electrode_model.config.problems import ConfigError
from electrode_model.fit import experiment
from electrode_model.fit.setting import read_plan
from tests.fits import curve

TEXT = """\
schema: 1
name: small
base: base.yaml
data:
  - {file: 1C.csv, area: 1 m^2}
  - {file: 5C.csv, area: 1 m^2}
free:
  k0: {path: positive.particles.kinetics.k0, bounds: [0.3 A/m^2, 30 A/m^2]}
  thickness: {path: positive.thickness, bounds: [40 um, 60 um]}
objective: {voltage: 5 mV}
method: auto
left_out: []
"""
K0 = "path: positive.particles.kinetics.k0, bounds: [0.3 A/m^2, 30 A/m^2]"

#: what is replaced, by what, the line that is named, and the message after the line
FAULTS = [
    (
        "kinetics.k0",
        "kinetics.k00",
        8,
        "free.k0.path is positive.particles.kinetics.k00, which the base does not have; did you"
        " mean positive.particles.kinetics.k0? allowed: positive.particles.kinetics.alpha,",
    ),
    (
        "path: positive.thickness",
        "path: positive.thicknes",
        9,
        "free.thickness.path is positive.thicknes, which the base does not have; did you mean"
        " positive.thickness?",
    ),
    (
        "[40 um, 60 um]",
        "[10 um, 40 um]",
        9,
        "free.thickness.bounds is [1e-05, 4e-05] m, which excludes the value of the base, 5e-05 m;"
        " widen the bounds, or write another start",
    ),
    (
        "[40 um, 60 um]",
        "[40 um, 60 um], start: 70 um",
        9,
        "free.thickness.bounds is [4e-05, 6e-05] m, which excludes start, 7e-05 m; widen",
    ),
    (
        "[40 um, 60 um]",
        "[60 um, 40 um]",
        9,
        "free.thickness.bounds is [6e-05, 4e-05]; the least value comes first",
    ),
    (
        "[40 um, 60 um]",
        "[40 kg, 60 um]",
        9,
        "free.thickness.bounds.0 is '40 kg': a mass, but a length is needed, such as 50 um",
    ),
    ("[40 um, 60 um]", "40 um", 9, "free.thickness.bounds is '40 um'; write the least and"),
    (
        "[40 um, 60 um]",
        "[0, 60 um], scale: log",
        9,
        "free.thickness.bounds begins at 0, which has no logarithm; write a least value above 0",
    ),
    (
        "[40 um, 60 um]",
        "[0, 60 um]",
        9,
        "free.thickness.bounds.0 is 0 m, which the configuration refuses: positive.thickness is",
    ),
    (
        "thickness: {path: positive.thickness, bounds: [40 um, 60 um]}",
        "other: {path: positive.particles.0.kinetics.k0, bounds: [1, 4]}",
        9,
        "free.other.path moves positive.particles.kinetics.k0, which k0 in line 8 moves too;"
        " remove one of them, or name both paths in one parameter",
    ),
    (
        K0,
        "path: [positive.thickness, positive.particles.kinetics.k0], bounds: [1, 2]",
        8,
        "free.k0.path ties positive.thickness [m] to positive.particles.kinetics.k0 [A/m^2]; tie",
    ),
    (
        K0,
        "path: [positive.thickness, positive.thickness], bounds: [1, 2]",
        8,
        "free.k0.path is [positive.thickness, positive.thickness], with one path twice",
    ),
    (
        K0,
        "path: {positive.thickness: -1}, bounds: [1, 2]",
        8,
        "free.k0.path.positive.thickness is -1; a factor above 0 is needed",
    ),
    (
        K0,
        "path: positive.volumes, bounds: [1, 3]",
        8,
        "free.k0.path is positive.volumes, a whole number, which cannot be moved continuously",
    ),
    (
        K0,
        "path: positive.particles.material.name, bounds: [1, 3]",
        8,
        "free.k0.path is positive.particles.material.name, which is 'nmc111', no number that can",
    ),
    (K0, "path: solver.rtol, bounds: [1, 3]", 8, "free.k0.path is solver.rtol, which is no param"),
    (
        K0,
        "path: nominal_capacity, bounds: [1, 3]",
        8,
        "free.k0.path is nominal_capacity, which only says what 1C means; fit positive.thickness",
    ),
    (
        K0,
        "path: positive.conductivity, bounds: [1, 30 S/m]",
        8,
        "free.k0.start is missing: positive.conductivity has no value in the base; write one",
    ),
    (
        "30 A/m^2]}",
        "30 A/m^2], prior: {mean: 3 A/m^2, std: 1 A/m^2}}",
        8,
        "free.k0.prior is of a logarithmic parameter; write mean and factor",
    ),
    (
        "30 A/m^2]}",
        "30 A/m^2], data_sets: [2C]}",
        8,
        "free.k0.data_sets.0 is '2C', no data set; allowed: 1C, 5C",
    ),
    ("left_out: []", "left_out: [3C]", 12, "left_out.0 is '3C', no data set; allowed: 1C, 5C"),
    ("left_out: []", "left_out: [1C, 5C]", 12, "left_out leaves out every data set; keep one"),
    (
        "{voltage: 5 mV}",
        "{voltage: null, end_capacity: null}",
        10,
        "objective has no term; write for example voltage: 5 mV",
    ),
    ("{voltage: 5 mV}", "{voltag: 5 mV}", 10, "objective.voltag is unknown; did you mean object"),
    ("{voltage: 5 mV}", "{loss: square}", 10, "objective.loss is 'square'; allowed: linear, soft"),
    (
        "{voltage: 5 mV}",
        "{differences: [{between: [1C, 2C], at: [0.5]}]}",
        10,
        "objective.differences.0.between is '2C', no data set; allowed: 1C, 5C",
    ),
    (
        "{voltage: 5 mV}",
        "{differences: [{between: [1C, 5C], at: [0.1]}]}",
        10,
        "objective.differences.0.between names 5C, whose curve does not reach 0.1 of",
    ),
    ("method: auto", "method: simplex", 11, "method.name is 'simplex'; allowed: auto, least_squar"),
    (
        "60 um]}",
        "60 um], strat: 50 um}",
        9,
        "free.thickness.strat is unknown; did you mean free.thickness.start? allowed: path, bounds",
    ),
    ("base: base.yaml", "base: bas.yaml", 3, "base names bas.yaml: "),
    (
        "left_out: []",
        "change: {positive.particles.per_volume: 0}",
        12,
        "change.positive.particles.per_volume is refused: positive.particles.per_volume is 0",
    ),
    ("left_out: []", "profiles: [k1]", 12, "profiles.0 is 'k1', no parameter; allowed: k0, thick"),
    (
        "{file: 5C.csv, area: 1 m^2}",
        "{file: 5C.csv, area: 1 m^2, name: 1C}",
        4,
        "data has two sets that are called 1C; give each its own name",
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("bad")
    for rate in (1, 5):
        curve(path, rate)
    return path


def lines_of(folder, old, new):
    assert old in TEXT
    path = folder / "fit.yaml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_plan(path)
    return str(caught.value).splitlines()


@pytest.fixture(autouse=True)
def _nothing_runs(monkeypatch):
    """Faults are found before the first simulation."""

    def run(*_: object) -> None:
        raise AssertionError("a simulation was begun")

    monkeypatch.setattr(experiment, "plain", run)
    monkeypatch.setattr(experiment, "differentiated", run)


@pytest.mark.parametrize(("old", "new", "line", "message"), FAULTS)
def test_fault(folder, old, new, line, message):
    (text,) = lines_of(folder, old, new)
    place = f"{folder / 'fit.yaml'}:{line}: "
    assert text.startswith(place + message), text


def test_the_text_is_valid(folder):
    path = folder / "fit.yaml"
    path.write_text(TEXT, encoding="utf-8")
    plan = read_plan(path)
    assert [p.name for p in plan.parameters] == ["k0", "thickness"]
    assert [one.name for one in plan.data] == ["1C", "5C"]


def test_all_faults_are_told_at_once(folder):
    lines = lines_of(folder, "kinetics.k0, bounds: [0.3", "kinetics.k00, bonds: [0.3")
    assert len(lines) == 2  # keys first: paths need bounds
    lines = lines_of(
        folder,
        TEXT[TEXT.index("  k0:") : TEXT.index("objective")],
        "  a: {path: positive.x, bounds: [1, 2]}\n  b: {path: positive.y, bounds: [1, 2]}\n",
    )
    assert [line.split(": ")[1].split(" is ")[0] for line in lines] == [
        "free.a.path",
        "free.b.path",
    ]


def test_faults_of_data_are_told_with_their_file(folder):
    bad = (folder / "5C.csv").read_text(encoding="utf-8").replace("3.4", "nan", 1)
    (folder / "bad.csv").write_text(bad, encoding="utf-8")
    lines = lines_of(folder, "5C.csv", "bad.csv")
    assert lines[0].startswith(f"{folder / 'bad.csv'}:")


def test_a_mapping_is_refused_with_its_keys():
    with pytest.raises(ConfigError, match=r"fit: base is missing"):
        read_plan({"data": [{"file": "a.csv"}], "free": {"k0": {"path": "a", "bounds": [0, 1]}}})
