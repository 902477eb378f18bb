"""Results in memory and on disk: names, round trip, killed runs, and never losing a file."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from electrode_model.results import storage
from electrode_model.results.result import COLUMNS, Recorder, Result
from electrode_model.results.storage import FolderError, NpyFile
from tests.synthetic import Case, begin, frame_at, make, record

SMALL = Case(volumes=3, per_volume=4, separator=2, n_node=5, frames=7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "run"


def test_columns_are_those_of_the_requirements(folder):
    make(SMALL, folder)
    header = (folder / "timeseries.csv").read_text().splitlines()[0]
    assert header == (
        "Time [s],Step,Voltage [V],Current [A.m-2],C-rate,"
        "Discharge capacity [A.h.m-2],Positive filling fraction"
    )


def test_shapes_and_values():
    result = make(SMALL)
    frames, n_p = 3 * SMALL.frames, 12
    assert result["Time [s]"].shape == (9 * SMALL.frames,)
    assert result["Step"].dtype == int
    assert set(result["Step"]) == {0, 1, 2}
    assert result["Particle filling fraction"].shape == (frames, n_p)
    assert result["Particle profiles 0"].shape == (frames, 5, 6)
    assert result["Particle profiles 1"].shape == (frames, 10, 6)
    assert result["Electrolyte concentration [mol.m-3]"].shape == (frames, 5)
    assert result["Solid potential [V]"].shape == (frames, 3)
    assert result["C-rate"][0] == 1.0
    assert result["Discharge capacity [A.h.m-2]"].max() == pytest.approx(25 * 3400 / 3600)
    assert result.summary["capacity"]["mAh.g-1"] == pytest.approx(170)
    assert result.summary["seeds"] == [{"size": 7}]


def test_disk_and_memory_agree_to_the_last_bit(folder):
    memory, written = make(SMALL), make(SMALL, folder)
    opened = Result.open(folder)
    assert memory.names() == written.names() == opened.names()
    for name in memory.names():
        np.testing.assert_array_equal(opened[name], memory[name], err_msg=name)
        np.testing.assert_array_equal(written[name], memory[name], err_msg=name)
    assert opened.steps == memory.steps
    assert opened.layout.sections == memory.layout.sections
    assert opened.layout.capacity == memory.layout.capacity
    assert opened.config == "name: Made-up half cell\n"
    assert opened.status == "finished"
    assert not opened.partial


def test_single_volume_and_single_particle(folder):
    make(Case(volumes=1, per_volume=1, separator=0, frames=3), folder)
    opened = Result.open(folder)
    assert opened["x [m]"].shape == (0,)
    assert opened["Particle filling fraction"].shape == (9, 1)
    assert "Electrolyte concentration [mol.m-3]" not in opened


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Voltage", "Voltage [V]"),
        ("voltage [v]", "Voltage [V]"),
        ("Terminal voltage [V]", "Voltage [V]"),
        ("Curent [A.m-2]", "Current [A.m-2]"),
        ("c_e", "C-rate"),
    ],
)
def test_unknown_name_gives_the_nearest(wrong, right):
    with pytest.raises(KeyError, match="did you mean") as caught:
        make(SMALL)[wrong]
    assert repr(right) in caught.value.args[0]


def test_field_that_was_not_saved_says_how_to_save_it():
    result = make(replace(SMALL, fields=("electrolyte",)))
    with pytest.raises(KeyError, match=r"put 'particles' into output\.fields"):
        result["Particle filling fraction"]
    with pytest.raises(KeyError, match=r"put 'profiles' into output\.fields"):
        result["Particle profiles 0"]


def test_arrays_are_read_only_but_the_layout_given_stays_writeable():
    layout = SMALL.layout
    recorder = Recorder(layout, SMALL.config)
    record(recorder, SMALL)
    result = recorder.finish("finished")
    for name in result.names():
        with pytest.raises(ValueError, match="read-only"):
            result[name][...] = 0
    layout.size[0] = 1.0


def test_buffers_of_the_solver_may_be_used_again(folder):
    for recorder in (begin(SMALL), begin(SMALL, folder)):
        record(recorder, SMALL)
        buffer = np.full(12, 0.25)
        frame = replace(frame_at(SMALL, 2, -1.0, 9e9, 0.5), c=buffer)
        recorder.frame(frame)
        buffer[:] = 0.75
        assert np.all(recorder.finish("finished")["Particle filling fraction"][-1] == 0.25)


def test_repr_tells_the_story(folder):
    text = repr(make(SMALL, folder))
    for part in ("finished", "12 particles in 3 volumes", "step 1: 1 C until 2.5 V", str(folder)):
        assert part in text


# --- while it runs, and after a kill -------------------------------------------------------


def test_running_folder_can_be_opened_and_says_partial(folder):
    recorder = begin(SMALL, folder)
    assert Result.open(folder)["Time [s]"].size == 0
    others = {"Negative filling fraction", "Temperature [K]", "Heat released [J.m-2]"}
    expected = {*COLUMNS, *_layout_names()} - others
    assert Result.open(folder).names() == sorted(expected)
    record(recorder, SMALL)
    opened = Result.open(folder)
    assert opened.partial
    assert opened.status == "running"
    assert "partial" in repr(opened)
    assert len(opened.steps) == 3
    assert opened["Field time [s]"].size == 3 * SMALL.frames
    recorder.finish("stopped", "enough")
    assert Result.open(folder).status == "stopped"


def _layout_names() -> list[str]:
    return ["x [m]", "Particle size [m]", "Particle volume", "Particle weight"]


def test_killed_process_keeps_what_it_had(folder):
    code = f"""
        import sys, time
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parents[1])!r})
        from electrode_model.results import result
        result.FLUSH_SECONDS = 0.0
        from tests.synthetic import Case, begin, record
        case = Case(volumes=2, per_volume=3, separator=2, frames=5)
        record(begin(case, Path({str(folder)!r})), case)
        print("written", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        os.kill(process.pid, signal.SIGKILL)
    opened = Result.open(folder)
    assert opened.partial
    assert opened["Time [s]"].size == 45
    assert opened["Particle filling fraction"].shape == (15, 6)


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_truncated_last_line_is_left_out(folder, cut):
    whole = make(SMALL, folder)["Time [s]"]
    path = folder / "timeseries.csv"
    text = path.read_bytes()
    path.write_bytes(text[:-cut])
    time = Result.open(folder)["Time [s]"]
    complete = text[:-cut].count(b"\n") - 1
    np.testing.assert_array_equal(time, whole[:complete])


def test_fields_of_unequal_length_are_cut_to_the_shortest(folder):
    make(SMALL, folder)
    path = folder / "fields" / "c_e.npy"
    np.save(path, np.load(path)[:-2])
    opened = Result.open(folder)
    assert len(opened["Field time [s]"]) == len(opened["Particle filling fraction"]) == 19


def test_npy_file_loads_after_every_flush(tmp_path):
    file = NpyFile(tmp_path / "a.npy")
    expected = np.random.default_rng(0).random((12, 3, 2))
    for n, item in enumerate(expected, 1):
        file.append(item)
        if n % 3 == 0:
            file.flush()
            np.testing.assert_array_equal(np.load(file.path), expected[:n])
    with pytest.raises(ValueError, match=r"shape \(2, 3\), expected \(3, 2\)"):
        file.append(np.zeros((2, 3)))


def test_npy_file_ignores_data_that_its_header_does_not_count(tmp_path):
    """A kill may fall between the data and the header."""
    file = NpyFile(tmp_path / "a.npy")
    file.append(np.arange(4.0))
    file.flush()
    with file.path.open("ab") as raw:
        raw.write(b"12345")
    np.testing.assert_array_equal(np.load(file.path), [np.arange(4.0)])
    np.testing.assert_array_equal(np.load(file.path, mmap_mode="r"), [np.arange(4.0)])


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KeyboardInterrupt(), "stopped", "interrupted by the user"),
        (RuntimeError("singular"), "failed", "RuntimeError: singular"),
    ],
)
def test_recorder_finishes_a_run_that_raises(folder, error, status, message):
    def run() -> None:
        with begin(SMALL, folder) as recorder:
            record(recorder, SMALL)
            raise error

    with pytest.raises(type(error)):
        run()
    opened = Result.open(folder)
    assert (opened.status, opened.message) == (status, message)
    assert opened["Time [s]"].size == 9 * SMALL.frames


def test_summary_is_json_with_versions_statistics_and_reasons(folder):
    recorder = begin(SMALL, folder)
    record(recorder, SMALL)
    recorder.finish("finished", statistics={"setup_time": np.float64(0.5), "bad": float("nan")})

    def refuse(text: str) -> None:
        raise AssertionError(text)

    text = (folder / "summary.json").read_text()
    summary = json.loads(text, parse_constant=refuse)
    assert {"electrode-model", "python", "numpy", "scipy", "casadi"} <= summary["versions"].keys()
    assert summary["statistics"]["steps"] == 9 * SMALL.frames
    assert summary["statistics"]["setup_time"] == 0.5
    assert summary["statistics"]["bad"] is None
    assert summary["steps"][0]["reason"] == "2.5 V reached"
    assert summary["started"] <= summary["ended"]
    assert not (folder / "summary.json.part").exists()


# --- whose folder it is ---------------------------------------------------------------------


def test_result_is_not_overwritten_unless_told(folder):
    make(SMALL, folder)
    before = (folder / "timeseries.csv").read_bytes()
    with pytest.raises(FolderError, match="add --overwrite"):
        begin(SMALL, folder)
    assert (folder / "timeseries.csv").read_bytes() == before


def test_overwriting_removes_the_old_result_and_nothing_else(folder):
    make(SMALL, folder)
    (folder / "figures").mkdir()
    mine = [folder / "notes.txt", folder / "figures" / "mine.png", folder / "fields" / "mine.npy"]
    for path in mine:
        path.write_text("keep")
    (folder / "figures" / "profiles.png").write_text("old")
    case = Case(volumes=1, per_volume=1, separator=0, frames=2)
    recorder = begin(case, folder, overwrite=True)
    record(recorder, case)
    recorder.finish("finished")
    assert all(path.read_text() == "keep" for path in mine)
    assert not (folder / "figures" / "profiles.png").exists()
    assert not (folder / "fields" / "c_e.npy").exists()
    assert Result.open(folder)["Particle filling fraction"].shape == (6, 1)


def test_folder_of_something_else_is_never_overwritten(folder):
    folder.mkdir()
    (folder / "timeseries.csv").write_text("thesis")
    for overwrite in (False, True):
        with pytest.raises(FolderError):
            begin(SMALL, folder, overwrite)
    (folder / "summary.json").write_text('{"program": "other"}')
    with pytest.raises(FolderError, match="no result of this program"):
        begin(SMALL, folder, overwrite=True)
    assert (folder / "timeseries.csv").read_text() == "thesis"


def test_file_in_place_of_a_folder(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(FolderError, match="is a file"):
        begin(SMALL, path)
    with pytest.raises(FolderError, match="cannot be made"):
        begin(SMALL, path / "below")


def test_next_folder_counts_up(tmp_path):
    parent = tmp_path / "results"
    names = [storage.next_folder(parent, "lfp").name for _ in range(3)]
    assert names == ["lfp-1", "lfp-2", "lfp-3"]


@pytest.mark.parametrize("content", [None, "", "[]", "{", '{"program": "electrode_model"}'])
def test_open_refuses_what_is_no_result(tmp_path, content):
    if content is not None:
        (tmp_path / "summary.json").write_text(content)
    with pytest.raises(FolderError, match="holds no readable result"):
        Result.open(tmp_path)
