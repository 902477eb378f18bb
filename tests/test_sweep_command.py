"""The command sweep, its figures, and the sweeps that are shipped."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from electrode_model import processes
from electrode_model.__main__ import main
from electrode_model.plots.sweep import draw, heat_map
from electrode_model.sweeps import store
from electrode_model.sweeps.case import Job, run_case
from electrode_model.sweeps.measures import CURVE
from electrode_model.sweeps.plan import read_plan
from electrode_model.sweeps.store import CaseFiles
from electrode_model.sweeps.table import SweepTable
from tests.sweep_files import AXES, GRID, sweep_file

ROOT = Path(__file__).parent.parent

# --- figures -----------------------------------------------------------------------------------


def made_up(folder: Path, axes: dict[str, list], failed: int = -1) -> SweepTable:
    """A table of rows with straight curves, without a run."""
    (folder / "cases").mkdir(parents=True)
    names = list(axes)
    texts = [name for name in names if isinstance(axes[name][0], str)]
    about = {"program": "electrode_model", "kind": "sweep", "name": "made up", "axes": names}
    about["texts"] = [*texts, "Status", "End reason", "Key"]
    (folder / "sweep.json").write_text(json.dumps(about), encoding="utf-8")
    rows = []
    for k, cells in enumerate(zip(*axes.values(), strict=True)):
        status = "failed" if k == failed else "finished"
        row = dict(zip(names, cells, strict=True)) | {"Case": k + 1, "Key": f"k{k}"}
        rows.append(row | {"Status": status, "Final voltage [V]": None if k == failed else 3 + k})
        line = np.zeros((5, len(CURVE)))
        line[:, 2], line[:, 4] = np.linspace(4, 3 - 0.1 * k, 5), np.arange(5)
        CaseFiles(folder, f"k{k}").end(row, None if k == failed else line)
    columns = ["Case", *names, "Status", "Final voltage [V]", "Key"]
    store.write_table(folder, columns, rows)
    return SweepTable(folder)


GRID_AXES = {
    "a.b [nm]": [1.0, 1.0, 2.0, 2.0],
    "a.c": ["x", "y", "x", "y"],
}


@pytest.mark.parametrize(
    ("axes", "names"),
    [
        (GRID_AXES, {"voltages.png", "map.png"}),
        ({"a.b [nm]": [1.0, 2.0, 3.0], "a.c": [0.5, None, 0.1]}, {"voltages.png", "map.png"}),
        ({"a.b [nm]": [1.0, 2.0, 3.0]}, {"voltages.png"}),
    ],
)
def test_figures(tmp_path, axes, names):
    table = made_up(tmp_path / "out", axes, failed=1)
    paths = draw(table, tmp_path / "figures", "Final voltage [V]")
    assert {path.name for path in paths} == names
    assert all(path.stat().st_size > 10_000 for path in paths)


def test_the_map_has_a_cell_for_each_pair_and_a_cross_where_a_case_failed(tmp_path):
    table = made_up(tmp_path / "out", GRID_AXES, failed=1)
    figure = heat_map(table, "Final voltage [V]", ("a.c", "a.b"))
    ax = figure.axes[0]
    cells = np.ma.filled(ax.images[0].get_array(), np.nan)
    np.testing.assert_array_equal(cells, [[3, np.nan], [5, 6]])
    assert [(t.get_position(), t.get_text()) for t in ax.texts] == [((1, 0), "×")]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["x", "y"]
    assert ax.get_ylabel() == "a b / nm"


# --- command -----------------------------------------------------------------------------------


def test_command_runs_goes_on_and_draws(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(processes, "outcomes", lambda tasks, **_: _in_turn(tasks))
    path = sweep_file(tmp_path, GRID)
    assert main(["sweep", str(path), "--check"]) == 0
    assert "6 cases of base.yaml" in capsys.readouterr().out
    assert main(["sweep", str(path), "-j", "1"]) == 0
    out, err = capsys.readouterr()
    assert "small: 6 cases, 4 finished, 2 refused\n" in out
    assert "results/sweep/table.csv" in out
    assert "results/sweep/figures/voltages.png" in out
    assert "warning: case 2 refused: " in err
    assert main(["sweep", str(path), "--no-figures"]) == 0
    assert "2 refused; 6 were known" in capsys.readouterr().out
    assert main(["sweep", str(path), "--quiet", "--no-figures"]) == 0
    assert capsys.readouterr().out == "results/sweep/table.csv\n"


def _in_turn(tasks):
    for key, function, arguments in tasks:
        yield key, function(*arguments)


def test_command_tells_an_interrupt_and_mistakes(tmp_path, capsys, monkeypatch):
    def interrupted(tasks, **_):
        yield from list(_in_turn(tasks))[:1]
        raise KeyboardInterrupt

    monkeypatch.setattr(processes, "outcomes", interrupted)
    path, out = sweep_file(tmp_path, GRID), tmp_path / "out"
    assert main(["sweep", str(path), "-o", str(out)]) == 130
    assert f"interrupted; 1 of 6 cases are kept in {out}" in capsys.readouterr().err
    assert main(["sweep", str(path), "-j", "0"]) == 2
    assert "-j is 0" in capsys.readouterr().err
    assert main(["sweep", str(tmp_path / "none.yaml")]) == 2
    assert "there is no such file" in capsys.readouterr().err
    assert main(["sweep", str(path), "-o", str(path)]) == 2
    assert "sweep.yaml" in capsys.readouterr().err


def test_without_dask_the_command_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    path = sweep_file(tmp_path, AXES)
    for words in (["--cluster", "local"], ["--scheduler", "tcp://localhost:1"]):
        assert main(["sweep", str(path), "-o", str(tmp_path / "out"), *words]) == 3
        assert "pip install 'electrode-model[cluster]'" in capsys.readouterr().err


EXAMPLES = sorted((ROOT / "configs" / "sweeps").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_shipped_sweeps_can_be_read_and_their_first_case_runs(path, tmp_path):
    plan = read_plan(path)
    assert len(plan) > 10
    case = plan.case(0)
    (tmp_path / "cases").mkdir()
    job = Job(tmp_path, case.key, plan.base, plan.home, case.settings, None, keep=False)
    assert run_case(job)["Status"] == "finished"
