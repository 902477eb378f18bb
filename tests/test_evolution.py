"""Phase-evolution diagrams: half cycles, thresholds, files, and the command."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from electrode_model.__main__ import main
from electrode_model.analysis import evolution, evolution_tables
from electrode_model.analysis.evolution import (
    Diagram,
    HalfCycle,
    Threshold,
    Track,
    Variant,
    diagram,
    follow,
    spread_of_sizes,
    threshold,
    variants,
)
from electrode_model.assemble import assemble
from electrode_model.config.load import load
from electrode_model.config.problems import ConfigError
from electrode_model.plots.evolution import draw
from electrode_model.processes import Lost

ENSEMBLE = Path(__file__).parent.parent / "configs" / "nmc532_ensemble.yaml"
FEW = ("positive.particles.per_volume=40",)
CASE = HalfCycle(ENSEMBLE, 2.0, 0.99, 0.5, FEW)


def track(*ratios: float, reason: str = "") -> Track:
    """A made-up delithiation."""
    n = len(ratios)
    mean = np.linspace(0.9, 0.5, n)
    return Track(mean, np.array(ratios), np.zeros(n), np.full((n, 2), np.nan), reason)


def test_half_cycle_is_a_valid_configuration_in_both_directions():
    out = load(ENSEMBLE, CASE.settings)
    back = load(ENSEMBLE, HalfCycle(ENSEMBLE, 2.0, 0.5, 0.99, FEW).settings)
    assert (out.positive.initial_filling, back.positive.initial_filling) == (0.99, 0.5)
    assert [c.protocol[0].current.value for c in (out, back)] == [-2.0, 2.0]
    assert [c.protocol[0].until.filling for c in (out, back)] == [0.5, 0.99]


def test_window_is_interpolated_and_open_where_the_track_ends():
    low, high = track(0.0, 0.0, 0.10, 0.10, 0.0).window
    assert (low, high) == (pytest.approx(0.55), pytest.approx(0.75))  # half way to the neighbours
    assert track(0.2, 0.2, 0.0).window[1] == pytest.approx(0.9)  # the first saved time
    assert all(math.isnan(edge) for edge in track(0.0, 0.05).window)


def test_map_is_nan_where_no_half_cycle_came():
    values = track(0.0, 1.0, 0.0).at(np.array([0.95, 0.9, 0.8, 0.4]))
    np.testing.assert_allclose(values, [np.nan, 0.0, 0.5, np.nan])


@pytest.fixture
def edges(monkeypatch):
    """A population that splits between two rates, and the rates that were run."""
    ran: list[float] = []

    def made_up(case: HalfCycle) -> Track:
        ran.append(case.rate)
        return track(0.0, 0.3 if 0.317 < case.rate < 20 else 0.01, 0.0)

    monkeypatch.setattr(evolution, "follow", made_up)
    return ran


def test_threshold_is_bisected_to_the_accuracy(edges):
    found = threshold(CASE, 0.01, 10.0, accuracy=0.02)
    assert found.low < 0.317 < found.high < 1.02 * found.low
    assert found.rate == pytest.approx(0.317, rel=0.01)
    assert found.runs == len(edges) < 14  # log2(ln(1000)/ln(1.02)) + 2
    assert found.window[0] < found.window[1]


def test_threshold_begins_from_what_is_known_and_takes_the_lowest_crossing(edges):
    known = {
        rate: evolution.follow(HalfCycle(ENSEMBLE, rate, 0.99, 0.5)) for rate in (0.3, 0.4, 30)
    }
    edges.clear()
    found = threshold(CASE, known=known)
    assert found.rate == pytest.approx(0.317, rel=0.01)
    assert all(0.3 < rate < 0.4 for rate in edges)


def test_threshold_says_why_there_is_none(edges):
    above, below = threshold(CASE, 0.01, 0.1), threshold(CASE, 1.0, 10.0)
    assert math.isnan(above.rate)
    assert "no split up to 0.1 C" in above.reason
    assert math.isnan(below.rate)
    assert "already at 1 C" in below.reason
    failed = threshold(CASE, known={1.0: track(0.0, 0.0, reason="voltage window")})
    assert failed.reason == "voltage window"


def test_threshold_without_any_result_is_not_an_error():
    empty = Track(np.empty(0), np.empty(0), np.empty(0), np.empty((0, 2)), "no start")
    assert math.isnan(empty.peak)
    assert all(math.isnan(edge) for edge in empty.window)
    assert np.isnan(empty.at(np.array([0.5]))).all()


@pytest.mark.parametrize("sigma", [0.0, 0.1, 0.4])
def test_spread_of_sizes_keeps_area_over_volume(sigma):
    settings = spread_of_sizes(sigma, 108.33e-9)
    size = assemble(load(ENSEMBLE, settings)).layout.size
    # quantiles leave out the largest of a wide distribution: 3 % at 1,000 and sigma = 0.4
    assert np.sum(size**3) / np.sum(size**2) == pytest.approx(108.33e-9, rel=0.03)
    assert np.std(np.log(size)) == pytest.approx(sigma, rel=0.01)


def test_variants_are_all_combinations():
    found = variants({"positive.initial_filling": ["0.9", "0.99"], "temperature": ["300"]})
    assert [v.label for v in found] == [
        "initial_filling 0.9, temperature 300", "initial_filling 0.99, temperature 300",
    ]  # fmt: skip
    assert found[1].overrides == ("positive.initial_filling=0.99", "temperature=300")
    assert variants({}) == [Variant()]


def test_diagram_in_parallel_is_that_of_one_process_and_failures_are_entries(tmp_path):
    """A variant whose voltage window ends it early is an entry with a reason."""
    over = [Variant("as it is"), Variant("narrow", ("voltage_window=[2 V, 3.9 V]",))]
    told: list[str] = []
    settings = {"overrides": FEW, "accuracy": 0.3}
    found = diagram(
        ENSEMBLE, (2.0, 0.2), over, jobs=2, tell=lambda *now: told.append(now[2]), **settings
    )
    assert found.rates == (0.2, 2.0)
    assert len(told) == 12  # 2 variants, 2 directions, 2 rates and a threshold
    slow, fast = found.tracks["as it is", True]
    assert slow.peak <= 0.05 < 0.8 < fast.peak
    assert not slow.reason
    assert not fast.reason
    assert all(t.peak == 0 for t in found.tracks["as it is", False])
    assert 0.2 < found.thresholds["as it is", True].rate < 2.0
    assert "no split" in found.thresholds["as it is", False].reason
    assert all("voltage" in t.reason for t in found.tracks["narrow", True])
    alone = diagram(ENSEMBLE, (0.2, 2.0), over[:1], jobs=1, directions=(True,), **settings)
    np.testing.assert_array_equal(alone.tracks["as it is", True][1].ratio, fast.ratio)
    assert alone.thresholds["as it is", True] == found.thresholds["as it is", True]

    for path in [*evolution_tables.write(found, tmp_path), *draw(found, tmp_path, "test")]:
        assert path.stat().st_size > 100
    with (tmp_path / "half_cycles.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    split = [row for row in rows if row["split from"]]
    assert (split[0]["variant"], split[0]["rate [C]"]) == ("as it is", "2")


def test_a_half_cycle_whose_process_is_killed_is_an_entry_with_a_reason(monkeypatch):
    def killed(tasks, processes):
        return ((key, Lost("its process was killed", 1)) for key, *_ in tasks)

    monkeypatch.setattr(evolution, "outcomes", killed)
    found = diagram(ENSEMBLE, (0.2, 2.0), overrides=FEW, directions=(True,), jobs=2)
    assert [t.reason for t in found.tracks["", True]] == ["its process was killed"] * 2
    assert found.thresholds["", True].reason == "its process was killed"


def test_mistakes_in_a_diagram_are_found_before_it_begins():
    with pytest.raises(ConfigError, match="initial_filing"):
        diagram(ENSEMBLE, (1.0,), [Variant("x", ("positive.initial_filing=0.9",))], jobs=1)


def test_a_run_that_cannot_begin_is_a_track_with_a_reason():
    broken = HalfCycle(ENSEMBLE, 1.0, 0.99, 0.5, ("positive.particles.model=allen_cahn",))
    found = follow(broken)
    assert found.mean.size == 0
    assert "ConfigError" in found.reason


def test_figures_of_a_diagram_without_thresholds(tmp_path):
    tracks = {("", True): [track(0.0, 0.4, 0.0)], ("", False): [track(0.0, 0.0, 0.0)]}
    found = Diagram((1.0,), 0.9, 0.5, tracks, {("", False): Threshold(math.nan, 1, math.nan)})
    (path,) = draw(found, tmp_path)
    assert path.name == "diagram.png"
    assert path.stat().st_size > 10_000


# --- command -----------------------------------------------------------------------------------


def test_command_writes_tables_and_figures(tmp_path, capsys):
    words = ["diagram", str(ENSEMBLE), "--set", FEW[0], "--rates", "0.2,2", "-j", "1"]
    words += ["--direction", "delithiation", "-o", str(tmp_path), "--no-threshold"]
    assert main([*words, "--over", "positive.initial_filling=0.9,0.99"]) == 0
    names = {Path(line).name for line in capsys.readouterr().out.splitlines()}
    assert {"map.csv", "half_cycles.csv", "diagram.png", "variants.png"} <= names


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rates", "1,fast"], "write C-rates as numbers"),
        (["--rates=-1"], "without sign"),
        (["--end", "1.5"], "between 0 and 1"),
        (["--jobs", "0"], "1 or more"),
        (["--over", "positive.initial_filling"], "KEY.PATH=VALUE"),
        (["--over", "temperature=" + ",".join(["300"] * 101)], "at most 100"),
        (["--over", "temperatur=300"], "temperatur"),
    ],
)
def test_command_refuses_mistakes_with_a_cure(words, said, tmp_path, capsys):
    folder = tmp_path / "out"
    assert main(["diagram", str(ENSEMBLE), "-o", str(folder), *words]) == 2
    assert said in capsys.readouterr().err
    assert not folder.exists() or not any(folder.iterdir())
