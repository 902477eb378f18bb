"""Sweeps: rows, keys, going on, calls in processes and on a cluster."""

import csv
import math
import os
import time
from collections import deque
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import electrode_model as em
from electrode_model import processes
from electrode_model.config.problems import ConfigError
from electrode_model.processes import Emptying, Lost
from electrode_model.results.result import Result
from electrode_model.results.storage import FolderError
from electrode_model.sweeps import cluster, run, store
from electrode_model.sweeps.case import Job, run_case
from electrode_model.sweeps.measures import CURVE, MEASURES
from electrode_model.sweeps.plan import read_plan
from electrode_model.sweeps.run import Where, run_plan
from electrode_model.sweeps.table import SweepTable
from tests.sweep_files import AXES, BASE, CURRENT, CUT_OFF, GRID, WINDOW, sweep_file


@pytest.fixture(scope="module")
def swept(tmp_path_factory) -> tuple[Path, SweepTable, list]:
    """A sweep of six cases, run in this process: finished, stopped and refused ones."""
    folder, told = tmp_path_factory.mktemp("sweep"), list[run.Progress]()
    path = sweep_file(folder, GRID)
    plan = read_plan(path)
    table = run_plan(plan, folder / "out", Where(jobs=0), tell=told.append)
    return path, table, told


def test_failed_cases_are_rows_with_a_reason(swept):
    _, table, told = swept
    assert table.counts() == {"finished": 4, "refused": 2}
    assert table["Case"].tolist() == [1, 2, 3, 4, 5, 6]
    assert table[f"{CUT_OFF} [V]"].tolist() == [2.5, 2.5, 2.5, 3.2, 3.2, 3.2]
    assert table[WINDOW][0] == '["2 V", "5 V"]'
    reasons = dict(zip(table["Case"], table["End reason"], strict=True))
    assert reasons[1] == "voltage 2.5 V"
    assert "sweep.yaml:5: protocol.0.until.voltage is 2.5 V, outside voltage_window" in reasons[2]
    assert math.isnan(table["Final voltage [V]"][1])
    assert told[0] == (0, 6, 0, 0)
    assert told[-1] == (6, 6, 0, 2)


def test_measures_and_curve_are_those_of_the_run(swept):
    path, table, _ = swept
    result = em.simulate(path.parent / "base.yaml", overrides=[f"{CUT_OFF}=3.2 V"])
    row = 3
    discharged = result["Discharge capacity [A.h.m-2]"][-1]
    assert table["Capacity discharged [A.h.m-2]"][row] == pytest.approx(discharged, rel=1e-12)
    assert table["Final voltage [V]"][row] == pytest.approx(3.2, abs=1e-6)  # the root's tolerance
    assert table["Capacity charged [A.h.m-2]"][row] == 0
    mean = table["Energy discharged [W.h.m-2]"][row] / discharged
    assert table["Mean voltage of discharge [V]"][row] == pytest.approx(mean, rel=1e-12)
    assert 3.2 < mean < 3.5
    curve = table.curve(row)
    assert tuple(curve) == CURVE
    # written with seven digits
    np.testing.assert_allclose(curve["Voltage [V]"][[0, -1]], result["Voltage [V]"][[0, -1]], 1e-6)
    assert table.curve(1) is None
    with pytest.raises(KeyError, match=r"did you mean 'Final voltage \[V\]'"):
        table["Final voltage"]


def test_the_table_is_tidy_and_parquet_is_beside_it_where_it_can_be(swept):
    _, table, _ = swept
    with (table.folder / "table.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert list(rows[0]) == [
        "Case", f"{CUT_OFF} [V]", WINDOW, "Status", "End reason", "Attempts", *MEASURES, "Key",
    ]  # fmt: skip
    parquet = table.folder / "table.parquet"
    assert parquet.exists() == (find_spec("pyarrow") is not None)
    assert not list(table.folder.glob("**/*.part"))
    assert not list(table.folder.glob("cases/*.begun"))


def test_the_same_sweep_again_runs_nothing_and_a_larger_one_what_is_new(
    swept, monkeypatch, tmp_path
):
    path, table, _ = swept
    ran: list[str] = []

    def counted(job: Job) -> dict:
        ran.append(job.key)
        return run_case(job)

    monkeypatch.setattr(run, "run_case", counted)
    told: list = []
    again = run_plan(read_plan(path), table.folder, Where(jobs=0), tell=told.append)
    assert ran == []
    assert told == [(6, 6, 6, 0)]
    assert again["Wall time [s]"][0] == table["Wall time [s]"][0]
    larger = sweep_file(path.parent, GRID.replace("[2.5 V,", "[3 V, 2.5 V,"), "larger.yaml")
    table = run_plan(read_plan(larger), table.folder, Where(jobs=0))
    assert len(table) == 9
    assert len(ran) == 3
    run_plan(read_plan(path), table.folder, Where(jobs=0), again=True)
    assert len(ran) == 5  # those that were refused


def test_an_interrupted_sweep_keeps_its_rows_and_goes_on(tmp_path):
    plan = read_plan(sweep_file(tmp_path, "axes: {temperature: [290, 300, 310]}"))

    def stop(progress: run.Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_plan(plan, tmp_path / "out", Where(jobs=0), tell=stop)
    assert SweepTable(tmp_path / "out")["Case"].tolist() == [1, 2]
    told: list = []
    run_plan(plan, tmp_path / "out", Where(jobs=0), tell=told.append)
    assert [progress.done for progress in told] == [2, 3]


def test_the_limit_ends_a_case_which_runs_again_when_there_is_more_time(tmp_path):
    text = "axes: {temperature: [300]}\nlimits: {simulation: 1e-6 s}"
    path = sweep_file(tmp_path, text)
    table = run_plan(read_plan(path), tmp_path / "out", Where(jobs=0))
    assert table["Status"].tolist() == ["over limit"]
    assert "wall-clock limit" in table["End reason"][0]
    told: list = []
    run_plan(read_plan(path), tmp_path / "out", Where(jobs=0), tell=told.append)
    assert told[0].before == 1
    path = sweep_file(tmp_path, text.replace("1e-6 s", "1 min"))
    table = run_plan(read_plan(path), tmp_path / "out", Where(jobs=0))
    assert table["Status"].tolist() == ["finished"]


def test_python_gives_the_same_table_and_may_keep_results(tmp_path, swept):
    _, known, _ = swept
    base = tmp_path / "base.yaml"
    base.write_text(BASE, encoding="utf-8")
    axes = {CURRENT: ["1 C"], "temperature": np.array([298.15])}
    table = em.sweep(base, axes, folder=tmp_path / "out", jobs=0, keep="results")
    assert table["Final voltage [V]"][0] == known["Final voltage [V]"][0]
    assert table["temperature"].tolist() == [298.15]
    result = Result.open(table.result(0))
    assert result["Particle filling fraction"].shape[1] == 1
    same = em.sweep(em.load(base), {CURRENT: ["1 C"]}, folder=tmp_path / "of config", jobs=0)
    assert same["Final voltage [V]"][0] == pytest.approx(known["Final voltage [V]"][0], rel=1e-12)
    with pytest.raises(ConfigError, match=r"em.sweep: axes.temperature.0 is .*write numbers"):
        em.sweep(base, {"temperature": [object()]}, folder=tmp_path / "none", jobs=0)
    with pytest.raises(ConfigError, match=r"em.sweep: temperatur is unknown; did you mean temp"):
        em.sweep(base, {"temperatur": [300]}, folder=tmp_path / "none", jobs=0)
    assert not (tmp_path / "none").exists()


def test_folders_of_others_are_left_alone(tmp_path):
    plan = read_plan(sweep_file(tmp_path, AXES))
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("precious")
    with pytest.raises(FolderError, match="holds no sweep"):
        run_plan(plan, mine, Where(jobs=0))
    with (
        store.claimed(tmp_path / "out", {"name": "x"}),
        pytest.raises(FolderError, match="another sweep is writing"),
    ):
        run_plan(plan, tmp_path / "out", Where(jobs=0))


# --- processes ---------------------------------------------------------------------------------


def test_calls_whose_process_dies_or_hangs_leave_the_others_alone():
    """Each of the two lost calls has a process of its own; the dying one is begun twice."""
    tasks = [
        ("dies", os._exit, (1,)),
        ("hangs", time.sleep, (60,)),
        *((k, math.sqrt, (k,)) for k in (1, 4, 9)),
    ]
    found = dict(processes.outcomes(tasks, 2, limit=1.0, attempts=2))
    assert [found[k] for k in (1, 4, 9)] == [1, 2, 3]
    assert found["dies"] == Lost("its process was killed 2 times; out of memory?", 2)
    assert found["hangs"] == Lost("ended at the limit of 1 s", 1, over_limit=True)


def test_a_queue_may_be_filled_while_calls_run():
    queue = deque([("first", math.sqrt, (4.0,))])
    found = []
    for key, result in processes.outcomes(Emptying(queue), 0):
        found.append((key, result))
        if key == "first":
            queue.append(("second", math.sqrt, (result,)))
    assert found == [("first", 2.0), ("second", math.sqrt(2.0))]


#: A user's law that kills its own process the first time, where that is a worker.
DEADLY = """\
import os, signal
from multiprocessing import parent_process
from pathlib import Path
from electrode_model.kinetics import butler_volmer as law
mark = Path(__file__).with_suffix(".mark")
if parent_process() is not None and not mark.exists():
    mark.touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_case_whose_process_is_killed_runs_again(tmp_path):
    (tmp_path / "deadly.py").write_text(DEADLY, encoding="utf-8")
    text = "axes: {positive.particles.kinetics.law: [./deadly.py:law]}"
    table = run_plan(read_plan(sweep_file(tmp_path, text)), tmp_path / "out", Where(jobs=1))
    assert table["Status"].tolist() == ["finished"]
    assert table["Attempts"].tolist() == [2]
    assert not list(table.folder.glob("cases/*.begun"))


# --- cluster -----------------------------------------------------------------------------------


class KilledWorker(Exception):
    """As Dask calls it."""


class Client:
    """Stands in for dask.distributed: a call runs as it is submitted, some workers die."""

    def __init__(self, deadly: set[int], gone: bool = False) -> None:
        self.deadly, self.gone, self.most = deadly, gone, 0
        self.ended: list = []

    def nthreads(self) -> dict[str, int]:
        return {"a": 1, "b": 1}

    def submit(self, function, *arguments, key, pure):
        number = arguments[0]
        future = SimpleNamespace(key=key, status="finished", release=lambda: None)
        if number in self.deadly:
            self.deadly.discard(number)
            future.status = "error"
            future.exception = lambda: KilledWorker(key)
        elif self.gone:
            future.status = "cancelled"
        else:
            future.result = lambda: function(*arguments)
        return future

    def add(self, future) -> None:
        self.ended.append(future)
        self.most = max(self.most, len(self.ended))

    def __next__(self):
        return self.ended.pop(0)


def test_a_cluster_has_few_calls_at_a_time_and_says_what_it_lost():
    client = Client({7})
    tasks = ((k, math.sqrt, (k,)) for k in range(30))
    found = dict(cluster.outcomes(tasks, client, gather=lambda: client))
    assert found.pop(7) == Lost("the worker was killed; out of memory?", 0)
    assert found == {k: math.sqrt(k) for k in range(30) if k != 7}
    assert client.most == 8
    client = Client(set(), gone=True)
    with pytest.raises(cluster.ClusterError, match="gone away; what was finished is kept"):
        list(cluster.outcomes([(1, math.sqrt, (1,))], client, gather=lambda: client))


def test_a_case_that_waited_with_a_worker_that_died_is_tried_again(tmp_path, monkeypatch):
    """Dask blames all calls of a worker; the files say which had begun."""
    plan = read_plan(sweep_file(tmp_path, "axes: {temperature: [290, 300]}"))
    lost = [True, True, True]

    def engine(tasks):
        for index, function, arguments in tasks:
            if index == 1 and lost:
                lost.pop()
                yield index, Lost("the worker was killed", 0)
            else:
                yield index, function(*arguments)

    monkeypatch.setattr(processes, "outcomes", lambda tasks, **_: engine(tasks))
    table = run_plan(plan, tmp_path / "out", Where(jobs=2))
    assert table["Status"].tolist() == ["finished", "killed"]  # three times is once too often
    lost.append(True)
    table = run_plan(plan, tmp_path / "out", Where(jobs=2))
    assert table["Status"].tolist() == ["finished", "finished"]
