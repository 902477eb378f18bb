"""Figures and film: they show the data, for one particle and for a hundred thousand."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import electrode_model
from electrode_model.plots import film as film_module
from electrode_model.plots import plot as plot_module
from electrode_model.plots.film import MOST_DISCS, film, pack
from electrode_model.plots.plot import FIGURES, MAP_ROWS, draw
from electrode_model.results.result import Result
from tests.synthetic import Case, begin, frame_at, make, record, row_at

PORTRAIT = Case(volumes=4, per_volume=6, separator=3, n_node=6, frames=12)


@pytest.fixture(scope="module")
def result() -> Result:
    return make(PORTRAIT)


def drawn(result: Result, folder: Path) -> tuple[set[str], list[str]]:
    """Names of the figures drawn, each looked at, and the notes on those left out."""
    notes: list[str] = []
    paths = draw(result, folder, notes.append)
    for path in paths:
        with Image.open(path) as image:
            assert image.width > 700
            assert len(np.unique(np.asarray(image.convert("L")))) > 50, "a blank picture"
    return {path.stem for path in paths}, notes


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Draw these figures and no others."""
    monkeypatch.setattr(plot_module, "FIGURES", {name: FIGURES[name] for name in names})


def test_all_figures_of_a_porous_electrode(result, tmp_path):
    names, notes = drawn(result, tmp_path)
    assert names == set(FIGURES)
    assert notes == []


def test_one_particle_alone(tmp_path):
    alone = make(Case(volumes=1, per_volume=1, separator=0, n_node=5, frames=8))
    names, notes = drawn(alone, tmp_path)
    assert names == {"voltage_capacity", "voltage_time", "filling_map", "profiles"}
    assert notes == [
        "no figure filling_histograms: 1 particle(s) make no distribution",
        "no figure histogram_map: 1 particle(s) make no distribution",
        "no figure electrolyte: a single volume has no depth",
    ]


def test_nothing_saved_but_the_series(tmp_path):
    names, notes = drawn(make(replace(PORTRAIT, fields=())), tmp_path)
    assert names == {"voltage_capacity", "voltage_time"}
    assert all("not saved" in note for note in notes)


def test_run_killed_before_its_first_row_and_before_its_second_frame(tmp_path):
    recorder = begin(PORTRAIT, tmp_path / "run")
    assert drawn(Result.open(tmp_path / "run"), tmp_path)[0] == set()
    recorder.row(row_at(PORTRAIT, 0, 1.0, 0.0, 0.0))
    recorder.frame(frame_at(PORTRAIT, 0, 1.0, 0.0, 0.01))
    result = recorder.finish("failed", "no luck")
    names, _ = drawn(result, tmp_path)
    assert names == {"voltage_capacity", "voltage_time", "filling_map"}
    assert film(result, tmp_path / "film.gif").exists()


def test_hundred_steps_and_a_name_with_dollars(tmp_path, monkeypatch):
    case = replace(PORTRAIT, cycles=40, frames=3)
    recorder = begin(case)
    record(recorder, case)
    result = recorder.finish("finished")
    result.summary["name"] = "cheap $ cell $_{x"
    only(monkeypatch, "voltage_capacity", "filling_map")
    names, _ = drawn(result, tmp_path)
    assert names == {"voltage_capacity", "filling_map"}


def test_voltage_curves_are_the_data(result):
    figure = FIGURES["voltage_capacity"](result)
    assert not isinstance(figure, str)
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 1]
    for step, line in enumerate(lines):
        rows = result["Step"] == step
        np.testing.assert_array_equal(
            line.get_xdata(), result["Discharge capacity [A.h.m-2]"][rows]
        )
        np.testing.assert_array_equal(line.get_ydata(), result["Voltage [V]"][rows])
    assert len(lines) == 3


def test_map_is_grouped_by_depth_and_sorted_by_size(result):
    figure = FIGURES["filling_map"](result)
    assert not isinstance(figure, str)
    image = figure.axes[1].images[0].get_array()
    order = np.lexsort((result["Particle size [m]"], result["Particle volume"]))
    filling = result["Particle filling fraction"]
    np.testing.assert_array_equal(image[:, 0], filling[0, order])
    np.testing.assert_array_equal(image[:, -1], filling[-1, order])


def test_histograms_count_all_capacity(result):
    figure = FIGURES["filling_histograms"](result)
    assert not isinstance(figure, str)
    assert len(figure.axes) == 10
    for ax in figure.axes:
        assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(100)


def test_hundred_thousand_particles_are_thinned_out_and_it_is_said(tmp_path, monkeypatch):
    crowd = make(Case(volumes=50, per_volume=2000, frames=3))
    figure = FIGURES["filling_map"](crowd)
    assert not isinstance(figure, str)
    assert figure.axes[1].images[0].get_array().shape[0] == MAP_ROWS
    assert f"{MAP_ROWS} of 100\u2009000 particles" in figure.axes[1].get_title()
    of_particles = ("filling_map", "filling_histograms", "electrolyte")
    only(monkeypatch, *of_particles)
    assert drawn(crowd, tmp_path)[0] == set(of_particles)
    film(crowd, tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as image:
        assert image.n_frames == 9


# --- film -----------------------------------------------------------------------------------


def test_film_is_thinned_out_and_its_pictures_differ(result, tmp_path, monkeypatch):
    assert film_module.MOST_FRAMES == 120
    monkeypatch.setattr(film_module, "MOST_FRAMES", 20)
    path = film(result, tmp_path / "figures" / "film.gif")
    with Image.open(path) as image:
        assert image.n_frames == 20
        first = np.asarray(image.convert("RGB")).astype(int)
        image.seek(7)
        later = np.asarray(image.convert("RGB")).astype(int)
    assert np.mean(abs(later - first).max(axis=2) > 50) > 0.1


def test_film_without_filling_says_why(tmp_path):
    with pytest.raises(ValueError, match="filling of the particles was not saved"):
        film(make(replace(PORTRAIT, fields=())), tmp_path / "film.gif")


@pytest.mark.parametrize(("n_volume", "per_volume"), [(1, 1), (1, 300), (8, 40), (100, 3)])
def test_discs_are_packed_inside_and_hardly_overlap(n_volume, per_volume):
    size = np.random.default_rng(3).lognormal(0, 0.3, n_volume * per_volume)
    volume = np.repeat(np.arange(n_volume), per_volume)
    centres, radii = pack(size, volume, n_volume, 1.8, 1.0)
    np.testing.assert_allclose(radii / size, radii[0] / size[0])
    assert np.all(centres >= radii[:, None] - 1e-12)
    assert np.all(centres <= [1.8, 1.0] - radii[:, None] + 1e-12)
    column = 1.8 / n_volume
    middle = (volume + 0.5) * column
    # at the ends of narrow columns a disc may have to move in
    assert np.all(abs(centres[:, 0] - middle) <= np.maximum(column / 2, radii) + 1e-12)
    apart = np.linalg.norm(centres[:, None] - centres, axis=2) + np.eye(size.size) * 9
    overlap = np.maximum(radii[:, None] + radii - apart, 0) / radii.mean()
    assert np.mean(overlap.max(axis=1)) < 0.15  # of a radius: not seen
    assert size.size <= MOST_DISCS


# --- imports --------------------------------------------------------------------------------


def _without_type_checking(code: str) -> str:
    """Code without the imports that only type checkers see."""
    return re.sub(r"^if TYPE_CHECKING:\n(?:(?:    .*)?\n)+", "", code, flags=re.MULTILINE)


def test_only_figures_import_matplotlib():
    package = Path(electrode_model.__file__).parent
    users = {
        path.parent.name
        for path in package.rglob("*.py")
        if re.search(
            r"^\s*(import|from) matplotlib", _without_type_checking(path.read_text()), re.MULTILINE
        )
    }
    # the others draw the figures of cases and benchmarks, or put any figure into a page
    assert users == {"plots", "validate", "benchmarks", "electrode_model"}


def test_no_pyplot_state():
    code = "import sys, electrode_model.plots.film; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
