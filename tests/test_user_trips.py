"""What demanding users tripped over: one test per symptom."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from electrode_model.__main__ import main
from electrode_model.config import load as loading
from electrode_model.config.load import ConfigError, json_schema, load
from electrode_model.plots import plot
from electrode_model.results.provenance import commit, seeds
from electrode_model.results.result import Result
from electrode_model.results.storage import FolderError, check_folder
from electrode_model.simulation import simulate as simulating
from tests.synthetic import Case, make
from tests.valid import SIZE, check_one_fault, written

SMALL = Case(volumes=2, per_volume=3, separator=2, frames=4)
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("porosity: 0.4", "porosity: 0x10", 8, "positive.porosity is '0x10', which has a unit"),
        ("100 nm", "100 nmm", 15, "positive.particles.size.mean is '100 nmm', which has an un"),
        ("100 nm", "100", 15, "positive.particles.size.mean is 100 m (a bare number is in m), o"),
        (SIZE, "1e-300", 15, "positive.particles.size.value is 1e-300 m (a bare number is in m)"),
        ("20 nm", "1", 15, "positive.particles.size.std is 1 m (a bare number is in m), out of"),
        ("schema: 1", "schema: true", 1, "schema is true; allowed: 1"),
        ("schema: 1", "schema: 1.0", 1, "schema is 1.0; allowed: 1"),
        ("per_volume: 3", "per_volume: 1e3", 14, "positive.particles.per_volume is 1000.0; a wh"),
        (
            "homogeneous",
            "homogenous",
            13,
            "positive.particles.model.name is 'homogenous', no particle model; di",
        ),
        ("1 C,", "2e4 C,", 20, "protocol.0.current is 20000 C-rate ('2e4 C'), out of range; allo"),
    ],
)
def test_wrong_value_is_named_with_what_is_allowed(tmp_path, old, new, line, message):
    check_one_fault(tmp_path, old, new, line, message)


@pytest.mark.parametrize(
    "changes",
    [
        ["positive.particles.per_volume=1000000", "positive.volumes=1000"],
        ["positive.particles.model={name: diffusion, nodes: 100000000}"],
    ],
)
def test_more_unknowns_than_memory_are_refused(tmp_path, changes):
    with pytest.raises(ConfigError, match=r"particles makes .* unknowns .*; at most 1e\+07"):
        load(written(tmp_path), changes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: base\n", "".join(f"k{i}: 1\n" for i in range(50_000))),
        (SIZE, f"{{distribution: listed, sizes: [{'bad, ' * 90_000}]}}"),
        ("protocol:\n", "protocol:\n" + "  - {rst: 1 s}\n" * 30_000),
    ],
)
def test_many_mistakes_are_answered_in_a_second_or_two(tmp_path, old, new):
    path = written(tmp_path, old, new)
    began = time.perf_counter()
    with pytest.raises(ConfigError):
        load(path)
    assert time.perf_counter() - began < 60  # on a busy machine; quadratic work takes many minutes


def test_one_population_answers_to_its_index(tmp_path):
    config = load(written(tmp_path), ["positive.particles.0.per_volume=7"])
    assert config.positive.particles[0].per_volume == 7


def test_dangling_link_is_not_suggested_to_itself(tmp_path):
    (tmp_path / "link.yaml").symlink_to("nowhere.yaml")
    with pytest.raises(ConfigError, match=r"it is a link to nowhere\.yaml, which"):
        load(tmp_path / "link.yaml")


def test_schema_allows_the_names_alone_that_the_reader_takes():
    sections = json_schema()["$defs"]
    names = ["concentrated", "constant", "dilute", "solid", "tabulated"]
    assert {"enum": names} in sections["Electrolyte"]["anyOf"]
    assert {"type": "null"} in sections["Kinetics"]["anyOf"]
    assert json_schema()["properties"]["schema"]["const"] == 1


def test_commit_of_the_checkout_is_found():
    if (ROOT / ".git").exists():
        assert commit() is not None


def test_a_seed_that_draws_nothing_is_no_seed(tmp_path):
    path = written(tmp_path)
    assert seeds(load(path)) == [None]
    drawn = ["positive.particles.size.sampling=random", "positive.particles.size.seed=4"]
    assert seeds(load(path, drawn)) == [{"size": 4}]


@pytest.mark.parametrize("folder", ["a" * 300, "loop", "dangling"])
def test_impossible_folder_is_refused(tmp_path, folder):
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(FolderError, match="cannot be made"):
        check_folder(tmp_path / folder)


def test_incomplete_result_says_what_is_missing(tmp_path):
    make(SMALL, tmp_path / "result")
    (tmp_path / "result" / "timeseries.csv").write_text("")
    with pytest.raises(FolderError, match="'Step' is missing in its files"):
        Result.open(tmp_path / "result")


def test_figures_that_cannot_be_written_are_no_traceback(tmp_path, capsys):
    make(SMALL, tmp_path / "result")
    (tmp_path / "result" / "figures").write_text("in the way")
    assert main(["plot", str(tmp_path / "result")]) == 2
    assert "the figures cannot be written" in capsys.readouterr().err


def test_run_on_a_disk_that_fills_while_drawing(tmp_path, capsys, monkeypatch):
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    result = make(SMALL, tmp_path / "result")
    output = SimpleNamespace(figures=True, film=False)
    config = SimpleNamespace(output=output, protocol=(None,) * 3)
    monkeypatch.setattr(plot, "draw", full)
    # both modules are imported by now: a first import while `load` is patched would bind the patch
    monkeypatch.setattr(loading, "load", lambda *_: config)
    monkeypatch.setattr(simulating, "simulate", lambda *_, **__: result)
    assert main(["run", "x.yaml", "-o", str(tmp_path / "new")]) == 0
    assert "warning: the figures cannot be written" in capsys.readouterr().err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("redirection", [">&-", "2>&-", "> /dev/full"])
def test_output_that_cannot_be_written_is_no_traceback(tmp_path, redirection):
    command = f"{sys.executable} -m electrode_model check {written(tmp_path)} {redirection}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert done.returncode == (3 if "full" in redirection else 0)


def test_check_writes_values_as_yaml_does(tmp_path, capsys):
    assert main(["check", str(written(tmp_path))]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "[particles, profiles, electrolyte]" in lines["output.fields"]
    assert "[2, 5]" in lines["voltage_window"]
    assert " true " in lines["output.figures"]
