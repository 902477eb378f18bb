"""The command line: what it prints, where it writes, and its exit status.

The solver and the reader of configurations are stood in for: both have tests of their own.
"""

import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from electrode_model.__main__ import main
from electrode_model.config.problems import ConfigError, Problem
from electrode_model.plots import plot
from electrode_model.results.result import Progress, Result, StepReport
from tests.synthetic import Case, begin, make, record

SMALL = Case(volumes=2, per_volume=3, separator=2, frames=4)


def simulate(config: Any, *, folder: Path, overwrite: bool, progress: Any) -> Result:
    """A run that works."""
    recorder = begin(SMALL, folder, overwrite)
    if progress:
        progress(Progress(1.0, 0, 3, "1 C until 2.5 V", 3.4, 0.5))
    record(recorder, SMALL)
    return recorder.finish("finished")


@pytest.fixture
def stand_in(monkeypatch, tmp_path) -> dict[str, Any]:
    """Modules simulate and load; a test may replace their functions."""
    config = SMALL.config
    config.protocol = (None,) * 3
    config.output.figures = False
    functions: dict[str, Any] = {
        "simulate": simulate,
        "load": lambda path, overrides: config,
        "config": config,
    }

    def load(path: Path, overrides: list[str]) -> Any:
        return functions["load"](path, overrides)

    def run(*args: Any, **keywords: Any) -> Any:
        return functions["simulate"](*args, **keywords)

    def explain(path: Path, overrides: list[str]) -> list[SimpleNamespace]:
        rows = [("positive.thickness", 5e-5, "m", "lfp.yaml:7"), ("name", None, "", "default")]
        return [SimpleNamespace(key=k, value=v, unit=u, origin=o) for k, v, u, o in rows]

    modules = {
        "config.load": SimpleNamespace(
            load=load, explain=explain, json_schema=lambda: {"type": "object"}
        ),
        "simulation.simulate": SimpleNamespace(simulate=run),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, f"electrode_model.{name}", module)
    monkeypatch.chdir(tmp_path)
    return functions


def test_run_writes_a_new_folder_and_tells_the_story(stand_in, capsys):
    assert main(["run", "lfp.yaml"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for part in (
        "Made-up half cell: finished",
        "36 solver steps",
        "25 A h/m2   170 mA h/g",
        "25 A/m2   170 mA/g",
        "1 C until 2.5 V",
        "2.5 V reached",
        "results/lfp-1",
    ):
        assert part in out
    assert Result.open("results/lfp-1").status == "finished"
    assert main(["run", "lfp.yaml"]) == 0
    assert Result.open("results/lfp-2").status == "finished"


def test_quiet_prints_the_folder_only(stand_in, capsys):
    assert main(["run", "lfp.yaml", "--quiet", "-o", "here"]) == 0
    assert capsys.readouterr() == ("here\n", "")


def test_overrides_reach_the_configuration(stand_in):
    seen: list[Any] = []
    stand_in["load"] = lambda *given: seen.extend(given) or stand_in["config"]
    main(["run", "lfp.yaml", "--set", "a.b=1", "--set", "c=[1, 2]", "--quiet"])
    assert seen == [Path("lfp.yaml"), ["a.b=1", "c=[1, 2]"]]


def test_figures_and_film(stand_in, capsys, monkeypatch):
    some = {name: plot.FIGURES[name] for name in ("voltage_time", "filling_map")}
    monkeypatch.setattr(plot, "FIGURES", some)  # test_plot.py draws them all
    stand_in["config"].output.figures = True
    assert main(["run", "lfp.yaml", "-o", "a", "--film"]) == 0
    out = capsys.readouterr().out
    assert "a/figures" in out
    assert "filling_map.png" in out
    assert Path("a/figures/film.gif").stat().st_size > 1000
    assert main(["run", "lfp.yaml", "-o", "b", "--no-figures"]) == 0
    assert not Path("b/figures").exists()
    assert main(["plot", "b"]) == 0
    assert "b/figures/voltage_time.png" in capsys.readouterr().out


def test_old_result_is_kept_unless_told(stand_in, capsys):
    assert main(["run", "lfp.yaml", "-o", "a", "--quiet"]) == 0
    before = Path("a/summary.json").read_bytes()
    assert main(["run", "lfp.yaml", "-o", "a", "--quiet"]) == 2
    assert "a is not empty; choose another folder or add --overwrite" in capsys.readouterr().err
    assert Path("a/summary.json").read_bytes() == before
    assert main(["run", "lfp.yaml", "-o", "a", "--quiet", "--overwrite"]) == 0


@pytest.mark.parametrize("stage", ["load", "simulate"])
def test_bad_configuration_is_2_without_traceback_or_folder(stand_in, capsys, stage):
    def refuse(*_: Any, **__: Any) -> None:
        raise ConfigError([Problem("lfp.yaml", 21, "positive.per_volum", "is unknown")])

    stand_in[stage] = refuse
    assert main(["run", "lfp.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "lfp.yaml:21: positive.per_volum is unknown\n"
    assert list(Path("results").glob("*")) == []


def test_failed_solve_is_3_and_keeps_the_result(stand_in, capsys):
    def fail(config: Any, *, folder: Path, **_: Any) -> Result:
        recorder = begin(SMALL, folder)
        record(recorder, SMALL)
        reason = StepReport(3, "2 C", "step too small", False, "Loosen rtol.", 0.0, 1.0)
        recorder.step_done(reason)
        return recorder.finish("failed", "step too small")

    stand_in["simulate"] = fail
    assert main(["run", "lfp.yaml", "-o", "a"]) == 3
    out, err = capsys.readouterr()
    assert "warning: step 4 (2 C) ended for a reason that was not planned: step too small." in err
    assert "Loosen rtol." in err
    assert "the solve failed: step too small" in err
    assert "(not planned)" in out
    assert Result.open("a")["Time [s]"].size == 36


def test_unplanned_end_is_0_with_a_warning(stand_in, capsys):
    def stop(config: Any, *, folder: Path, **_: Any) -> Result:
        recorder = begin(SMALL, folder)
        recorder.step_done(StepReport(0, "1 C", "wall-clock limit", False, "", 0.0, 1.0))
        return recorder.finish("stopped", "wall-clock limit")

    stand_in["simulate"] = stop
    assert main(["run", "lfp.yaml", "-o", "a"]) == 0
    out, err = capsys.readouterr()
    assert "warning: step 1 (1 C) ended for a reason that was not planned: wall-clock" in err
    assert "stopped (wall-clock limit)" in out


def test_interrupt_keeps_the_partial_result(stand_in, capsys):
    def interrupted(config: Any, *, folder: Path, **_: Any) -> Result:
        with begin(SMALL, folder) as recorder:
            record(recorder, SMALL)
            raise KeyboardInterrupt

    stand_in["simulate"] = interrupted
    assert main(["run", "lfp.yaml"]) == 130
    assert "the partial result to 8600 s is kept in results/lfp-1" in capsys.readouterr().err
    assert Result.open("results/lfp-1").message == "interrupted by the user"

    def at_once(config: Any, **_: Any) -> Result:
        raise KeyboardInterrupt

    stand_in["simulate"] = at_once
    assert main(["run", "lfp.yaml"]) == 130
    assert "interrupted before the run began" in capsys.readouterr().err
    assert not Path("results/lfp-2").exists()


def test_full_disk_is_3(stand_in, capsys):
    def full(config: Any, *, folder: Path, **_: Any) -> Result:
        raise OSError(28, "No space left on device")

    stand_in["simulate"] = full
    assert main(["run", "lfp.yaml"]) == 3
    assert "cannot be written: [Errno 28] No space left" in capsys.readouterr().err


def test_progress_bar_shows_where_the_run_is(stand_in, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    def slow(config: Any, *, progress: Any, **given: Any) -> Result:
        if progress is None:
            return simulate(config, progress=progress, **given)
        for step, fraction in [(0, 0.5), (1, float("nan")), (2, 1.0)]:
            time.sleep(0.11)  # the bar is drawn ten times a second
            progress(Progress(100.0 * step, step, 3, "1 C until 2.5 V", 3.4, fraction))
        return simulate(config, progress=progress, **given)

    stand_in["simulate"] = slow
    monkeypatch.setattr("tqdm.std.tqdm.monitor_interval", 0)
    assert main(["run", "lfp.yaml", "-o", "a"]) == 0
    bar = capsys.readouterr().err
    assert re.search(r" 17%.* left \d.*step 1/3, 0 s, 3.400 V, 1 C until 2.5 V", bar)
    assert re.search(r" 33%.*step 2/3", bar)
    assert re.search(r"100%.*step 3/3", bar)
    assert main(["run", "lfp.yaml", "-o", "b", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_check_prints_values_units_and_origins(stand_in, capsys):
    assert main(["check", "lfp.yaml", "--set", "a=1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["positive.thickness", "5e-05", "m", "lfp.yaml:7"]
    assert lines[2].split() == ["name", "null", "default"]


def test_schema_is_json(stand_in, capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == {"type": "object"}


def test_plot_of_a_killed_run_warns_and_of_nothing_is_2(tmp_path, capsys):
    recorder = begin(replace(SMALL, fields=()), tmp_path / "killed")
    record(recorder, replace(SMALL, fields=()))
    assert main(["plot", str(tmp_path / "killed"), "--film"]) == 0
    err = capsys.readouterr().err
    assert "is partial" in err
    assert "no film: the filling of the particles was not saved" in err
    assert main(["plot", str(tmp_path / "none")]) == 2
    assert "holds no readable result" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["fly"], ["run"], ["run", "a.yaml", "--sett", "x=1"]])
def test_wrong_usage_is_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: electrode-model" in capsys.readouterr().err


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_help_does_not_wait_for_heavy_modules():
    done = python(
        "import sys\n"
        "from electrode_model.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print({'numpy', 'casadi', 'matplotlib', 'pydantic'} & {*sys.modules})"
    )
    assert done.stdout.endswith("set()\n"), done.stderr
    assert "benchmark" in done.stdout


def test_version():
    command = [sys.executable, "-m", "electrode_model", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("electrode-model 0.")


def test_broken_pipe_is_quiet(tmp_path):
    make(replace(SMALL, fields=()), tmp_path / "run")
    command = [sys.executable, "-m", "electrode_model", "plot", str(tmp_path / "run")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read().decode()
    assert process.returncode == 141
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
