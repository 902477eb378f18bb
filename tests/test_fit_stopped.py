"""What an unfinished fit leaves: interrupts, kills, processes that die, progress."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import time

import pytest

from electrode_model.__main__ import main
from electrode_model.config.load import load
from electrode_model.fit import evaluator, experiment
from electrode_model.fit.fit import Interrupted, fit
from tests.fits import FREE, curve, setting

TWO = {name: FREE[name] for name in ("k0", "resistance")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("stopped")
    for rate in (1, 5):
        curve(path, rate)
    return path


@pytest.fixture
def undrawn(monkeypatch):
    """The page and the figures at the end of a fit take longer than the fit."""
    monkeypatch.setattr("electrode_model.fit.html.write", lambda fit, folder: [])


def asked(folder):
    return setting(folder, free=TWO, left_out=["5C"], method="least_squares")


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def stopping(monkeypatch, at):
    """An interrupt in the simulation with this number."""
    runs = {"n": 0}
    real = experiment.differentiated

    def counted(*given):
        runs["n"] += 1
        if runs["n"] == at:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(experiment, "differentiated", counted)
    return runs


def test_an_interrupt_leaves_what_there_is(folder, tmp_path, monkeypatch):
    whole = fit(asked(folder))
    given = asked(folder)
    with monkeypatch.context() as patch:
        stopping(patch, at=4)
        with pytest.raises(Interrupted) as stop:
            fit(given, folder=tmp_path)
    partial = stop.value.fit
    assert partial.status == "interrupted"
    assert [c.data_set for c in partial.curves] == ["1C"]  # predictions are made at the end
    assert partial.parameters[0].low < partial["k0"] < partial.parameters[0].high
    table = rows(tmp_path / "parameters.csv")
    assert [float(row["value"]) for row in table] == [one.value for one in partial.parameters]
    assert load(tmp_path / "fitted.yaml").series_resistance == partial["resistance"]
    assert "interrupted" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not (tmp_path / "progress.png").exists()
    # half a line is what a kill leaves
    with (tmp_path / "evaluations.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"question": "values 0.2')
    monkeypatch.setattr("electrode_model.fit.html.write", lambda fit, folder: [])
    found = fit(given, folder=tmp_path, resume=True)
    assert [one.value for one in found.parameters] == [one.value for one in whole.parameters]
    assert found.simulations < whole.simulations


def test_an_interrupt_before_anything(folder, monkeypatch):
    stopping(monkeypatch, at=1)
    with pytest.raises(Interrupted) as stop:
        fit(asked(folder))
    assert stop.value.fit is None


FIT = """\
schema: 1
base: base.yaml
data: [{file: 5C.csv, area: 1 m^2}]
free:
  k0: {path: positive.particles.kinetics.k0, bounds: [0.3 A/m^2, 30 A/m^2], start: 1 A/m^2}
  resistance: {path: series_resistance, bounds: [0, 5e-3 ohm m^2], start: 3e-3 ohm m^2}
"""


def test_a_polite_kill_is_an_interrupt(folder, tmp_path, monkeypatch, capsys, undrawn):
    (folder / "one.yaml").write_text(FIT + "limits: {workers: 1}\n", encoding="utf-8")
    before = signal.getsignal(signal.SIGTERM)
    real = experiment.differentiated

    def terminated(*given):
        if (tmp_path / "parameters.csv").exists():
            os.kill(os.getpid(), signal.SIGTERM)
        return real(*given)

    monkeypatch.setattr(experiment, "differentiated", terminated)
    command = [
        "fit",
        str(folder / "one.yaml"),
        "-o",
        str(tmp_path),
        "--set",
        "method=least_squares",
    ]
    assert main(command) == 130
    said = capsys.readouterr()
    assert "interrupted at the stage 'start 1 of 1'" in said.out
    assert "--resume" in said.err
    assert signal.getsignal(signal.SIGTERM) is before
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "interrupted"


def test_a_kill_leaves_tables_and_no_processes(folder, tmp_path):
    text = FIT + "method: {name: differential_evolution, population: 500}\nlimits: {workers: 2}\n"
    (folder / "many.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "electrode_model", "fit", str(folder / "many.yaml")]
    process = subprocess.Popen(
        [*command, "-o", str(tmp_path / "out")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    table, deadline = tmp_path / "out" / "parameters.csv", time.monotonic() + 120
    while not table.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.kill()
    # the pipe closes when its last holder, a worker perhaps, is gone
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    known = rows(table)
    assert [row["name"] for row in known] == ["k0", "resistance"]
    assert all(math.isfinite(float(row["value"])) for row in known)
    lines = (tmp_path / "out" / "evaluations.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1


def test_progress_is_in_the_folder(folder, tmp_path, monkeypatch, undrawn):
    """Tables with every better point, and a figure when there is time for it."""
    monkeypatch.setattr("electrode_model.fit.partial._PATIENCE", 0.0)
    seen = []

    def look(progress):
        if progress.values and (tmp_path / "summary.json").exists():
            names = {path.name for path in tmp_path.iterdir()}
            summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
            seen.append((names, summary, rows(tmp_path / "parameters.csv")))

    fit(asked(folder), folder=tmp_path, progress=look)
    names, summary, table = seen[-1]
    assert {"progress.png", "parameters.csv", "evaluations.jsonl"} <= names
    assert summary["status"] == "running"
    assert float(table[0]["value"]) == summary["parameters"]["k0"]
    assert not (tmp_path / "progress.png").exists()
    assert json.loads((tmp_path / "summary.json").read_text("utf-8"))["status"] == "converged"


def test_a_process_that_is_killed_is_a_failure(folder, monkeypatch):
    """Out of memory at some values, say: counted, and the fit goes on."""
    real = evaluator.answer

    def deadly(one, u, *given):
        if u[0] > 0.8:
            os._exit(9)  # not an exception, which would come back
        return real(one, u, *given)

    monkeypatch.setattr(evaluator, "answer", deadly)
    free = {**TWO, "k0": {**FREE["k0"], "start": "10 A/m^2"}}
    method = {"name": "differential_evolution", "population": 4, "iterations": 1}
    given = setting(folder, (5,), free=free, method=method, limits={"workers": 2})
    found = fit(given)
    assert found.failures["5C: its process was killed; out of memory?"] >= 1
    assert found.parameters[0].value < 24  # where u is 0.8
