"""Bad files as a whole: several faults at once, tables, the command line, garbled text."""

import random
import re
import time

import pytest

from electrode_model.config.load import ConfigError, explain, load
from electrode_model.config.model import Config
from electrode_model.config.problems import Problem
from tests.valid import FOIL, SIZE, TEXT, refused, written

REST = "{rest: 30 min}"


def test_the_ideal_counter_electrode_has_no_depth(tmp_path):
    path = written(tmp_path, FOIL, "ideal")
    separator, volumes = refused(path)
    assert "separator must be left out: the ideal counter electrode has no distance" in separator
    assert "positive.volumes is 2, but with the ideal counter electrode" in volumes
    assert volumes.endswith("write volumes: 1")


@pytest.mark.parametrize("shares", [(0.5, 0.4), (1, 1), (0.3, 0.3, 0.3)])
def test_populations_share_the_whole_electrode(tmp_path, shares):
    particles = [
        f"{{model: homogeneous, size: 1 um, material: lfp, volume_fraction: {s}}}" for s in shares
    ]
    (line,) = refused(written(tmp_path), f"positive.particles=[{', '.join(particles)}]")
    assert line.startswith("--set: positive.particles volume_fraction sums to ")
    assert line.endswith("the sum must be 1")


def test_all_faults_at_once_in_the_order_of_the_file(tmp_path):
    text = TEXT
    changes = {
        "298.15": "1 V",
        "lithium_foil": "lithium",
        "50 um": "50 s",
        "porosity: 0.4": "porosity: 4",
        "active_fraction": "active_fracton",
        "homogeneous": "homogen",
        "material: lfp": "material: lithuim",
        "1 mol/L": "1 mol",
        "[2 V, 5 V]": "[5 V, 2 V]",
        "1 C": "0 C",
        "30 min": "30 mi",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    lines = refused(written(tmp_path, text=text))
    numbers = [int(re.findall(r"lfp\.yaml:(\d+):", line)[0]) for line in lines]
    assert numbers == [3, 4, 6, 7, 8, 9, 13, 16, 17, 18, 20, 21]  # 6: active_fraction is missing


def test_a_repeated_fault_is_told_once(tmp_path):
    path = written(tmp_path, REST, "{repeat: 500, steps: [{rest: 1 m}, {rest: 2 m}]}")
    assert len(refused(path)) == 2


def test_thousands_of_faults_are_counted(tmp_path):
    sizes = ", ".join(["1 s"] * 3000)
    path = written(tmp_path, SIZE, f"{{distribution: listed, sizes: [{sizes}]}}")
    with pytest.raises(ConfigError) as caught:
        load(path)
    lines = str(caught.value).splitlines()
    assert len(caught.value.problems) == 3000
    assert len(lines) == 31
    assert lines[-1] == "... and 2970 more problems"


CSV = [
    ("0.1,4\n0.3,3.9\n0.2,3.8\n0.5,3\n", 3, "ocv.c is 0.2, not above the value before it"),
    ("c,V\n0.1,4\n0.3,3.9\n0.4,x\n0.5,3\n", 4, "ocv.voltage is 'x', not a number"),
    (
        "0.1,4\n0.3,nan\n0.4,3\n0.5,3\n",
        2,
        "ocv.voltage is 'nan', not a number with a unit; it must",
    ),
    ("0.1,4\n0.3,3\n0.4,3,7\n0.5,3\n", 3, "ocv has 3 columns; two are needed: filling, voltage"),
    ("0.1,4\n0.3,3\n0.4\n0.5,3\n", 3, "ocv has 1 columns; two are needed"),
    (
        "0.1,4\n0.3,3\n1.4,3\n1.5,3\n",
        3,
        "ocv.c is 1.4, out of range; allowed: at least 0, at most 1",
    ),
    ("0.1,4\n0.3,3\n", 1, "ocv.c has 2 values; a table needs at least 4 rows"),
    ("", 1, "ocv has no rows of filling, voltage"),
]


@pytest.mark.parametrize(("text", "line", "message"), CSV)
def test_faults_of_a_table_name_its_file_and_line(tmp_path, text, line, message):
    table = tmp_path / "curve.csv"
    table.write_text(text)
    path = written(tmp_path, "material: lfp", "material: {name: lfp, ocv: curve.csv}")
    lines = refused(path)
    assert any(f"{table}:{line}: positive.particles.material.{message}" in one for one in lines)


def test_a_table_that_is_no_text(tmp_path):
    (tmp_path / "curve.csv").write_bytes(b"\0\1\2")
    path = written(tmp_path, "material: lfp", "material: {name: lfp, ocv: curve.csv}")
    (line,) = refused(path)
    assert line.startswith(f"{path}:16: ")
    assert "curve.csv: is a binary file" in line


OVERRIDES = [
    ("solver", "--set: 'solver' has no '='; write --set key.path=value"),
    ("=3", "--set: '=3' has an empty key; write --set key.path=value"),
    ("a..b=3", "--set: 'a..b=3' has an empty key"),
    ("solver={rtol: 1, rtol: 2}", "--set: solver.rtol is written twice; keep one"),
    ("positive.thickness=3 s", "--set: positive.thickness is '3 s': a time, but a length"),
    (
        "positive.particels.size=3",
        "--set: positive.particels is unknown; did you mean positive.part",
    ),
    ("solvr.rtol=1e-3", "--set: solvr is unknown; did you mean solver?"),
    ("solver.rtl=1e-3", "--set: solver.rtl is unknown; did you mean solver.rtol?"),
    ("protocol.7.rest=3", "--set: protocol.7 is no item of protocol; its items are 0 to 1"),
    ("protocol.first.rest=3", "--set: protocol.first is no item of protocol"),
    ("protocol.-1.rest=3", "--set: protocol.-1 is no item of protocol"),
    ("name.x=3", "--set: name is the single value 'base', without keys; set it as a whole"),
    ("name=[", "--set: is not valid YAML"),
    ("name={a: 1, a: 2}", "--set: name.a is written twice"),
]


@pytest.mark.parametrize(("override", "message"), OVERRIDES)
def test_faults_of_the_command_line(tmp_path, override, message):
    (line,) = refused(written(tmp_path), override)
    assert line.startswith(message)


def test_explain_refuses_as_load_does(tmp_path):
    path = written(tmp_path, "name: base", "nmae: base")
    with pytest.raises(ConfigError) as caught:
        explain(path)
    (problem,) = caught.value.problems
    assert isinstance(problem, Problem)
    assert (problem.file, problem.line, problem.key) == (str(path), 2, "nmae")


TOKEN = re.compile(r"\s+|[\w.^/-]+|.", re.DOTALL)
GARBAGE = ["", " ", "\t", "\n", ":", "-", "{", "}", "[", "]", "'", '"', "#", "&a", "*a", "!", "|"]
GARBAGE += [">", "%", "@", ",", "?", "~", "null", "true", "on", "0", "-1", "1e999", ".nan", "1:30"]
GARBAGE += ["<<", "C/0", "kT", "degC", "🔋", "\x00", "\ufeff", "\u2028", "9" * 30, "x" * 300, "0x"]


def garbled(source):
    """The valid text with one to three tokens deleted, doubled, swapped or replaced."""
    tokens = TOKEN.findall(TEXT)
    for _ in range(source.randint(1, 3)):
        at, other = source.randrange(len(tokens)), source.randrange(len(tokens))
        kind = source.choice(["delete", "double", "swap", "garbage", "garbage"])
        if kind == "delete":
            tokens[at] = ""
        elif kind == "double":
            tokens[at] *= 2
        elif kind == "swap":
            tokens[at], tokens[other] = tokens[other], tokens[at]
        else:
            tokens[at] = source.choice(GARBAGE)
    return "".join(tokens)


@pytest.mark.parametrize("block", range(10))
def test_garbled_text_is_loaded_or_refused_and_nothing_else(tmp_path, block):
    outcomes = {"loaded": 0, "refused": 0}
    for seed in range(block * 20, block * 20 + 20):
        path = written(tmp_path, text=garbled(random.Random(seed)))
        start = time.perf_counter()
        try:
            assert isinstance(load(path), Config)
            outcomes["loaded"] += 1
        except ConfigError as error:
            outcomes["refused"] += 1
            for line in str(error).split("\n"):
                assert line.startswith((str(path), "... and"))
        assert time.perf_counter() - start < 1
    assert outcomes["refused"] >= 5


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("positive.particles.material.omega=4.49 kT", lambda c: c.positive.particles[0].material),
        ("positive.particles.model.shape=cylinder", lambda c: c.positive.particles[0].model),
        ("electrolyte.t_plus=0.4", lambda c: c.electrolyte.model),
    ],
)
def test_set_reaches_into_a_name_written_alone(tmp_path, override, read):
    """``material: lfp`` stands for ``material: {name: lfp}``: its numbers can be set."""
    before = read(load(written(tmp_path)))
    after = read(load(written(tmp_path), [override]))
    assert after != before
    assert after.name == before.name
