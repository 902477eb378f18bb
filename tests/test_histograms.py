"""Histograms, critical dips and activity, on made-up results."""

import numpy as np
import pytest

from electrode_model.analysis import histograms, population
from electrode_model.analysis.activity import activity, interior_filling, moving
from electrode_model.plots.histograms import histogram_map
from tests.synthetic import Case, make

FLAT = Case(volumes=3, per_volume=20, separator=2, frames=40)
INNER = Case(volumes=2, per_volume=10, separator=2, frames=8, n_node=6)


@pytest.mark.parametrize("weighting", ["capacity", "number"])
def test_every_row_holds_the_whole_electrode(weighting):
    result = make(FLAT)
    found = histograms.through_time(result, weighting=weighting, bins=20)
    assert found.share.shape == (result["Field time [s]"].size, 20)
    np.testing.assert_allclose(found.share.sum(axis=1), 1)
    np.testing.assert_allclose((found.density * np.diff(found.edges)).sum(axis=1), 1)
    weights = result.layout.weight if weighting == "capacity" else np.ones(60)
    filling = result["Particle filling fraction"][5]
    low = float(weights[filling < 0.5].sum() / weights.sum())
    assert found.share[5, :10].sum() == pytest.approx(low)


def test_histograms_against_the_mean_filling_of_one_step():
    result = make(FLAT)
    found = histograms.through_time(result, against="mean", step=0)
    assert np.all(np.diff(found.at) > 0)
    assert found.at.size == FLAT.frames


def test_depth_takes_the_volumes_apart():
    result = make(FLAT)
    found = histograms.through_depth(result, mean=0.5, step=0, bins=10)
    np.testing.assert_array_equal(found.at, [0, 1, 2])
    whole = histograms.through_time(result, step=0, bins=10)
    frame = histograms.frame_near(result, 0.5, 0)
    shares = np.bincount(result.layout.volume, result.layout.weight)
    np.testing.assert_allclose(shares @ found.share, whole.share[frame], atol=1e-12)


def test_local_histogram_counts_shells_by_their_volume():
    result = make(INNER)
    c, weights = histograms.compositions(result, 3, local=True)
    groups = result.layout.profiles
    assert c.size == sum(g.particles.size * g.nodes.size for g in groups)
    assert weights.sum() == pytest.approx(1)
    own = sum(
        (g.weights @ result[f"Particle profiles {k}"][3]) @ result.layout.weight[g.particles]
        for k, g in enumerate(groups)
    )
    assert c @ weights == pytest.approx(own)


def test_a_filling_that_never_was_is_refused():
    with pytest.raises(ValueError, match="never has a mean filling near 2;"):
        histograms.frame_near(make(FLAT), 2.0, 0)


# --- critical dip --------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [20, 60])
def test_table_of_critical_dips_is_that_of_the_null(count):
    """Another seed than the table's: quantiles of 800 draws vary by 2 % and 4 %."""
    null = population.null_dips(count, 800, seed=1)
    assert population.critical_dip(count) == pytest.approx(np.quantile(null, 0.95), rel=0.05)
    assert population.critical_dip(count, 0.99) == pytest.approx(np.quantile(null, 0.99), rel=0.10)


def test_critical_dips_at_a_thousand():
    """physics.md 6.2: 0.0170 and 0.0191, from few draws."""
    assert population.critical_dip(1000) == pytest.approx(0.0170, abs=3e-4)
    assert population.critical_dip(1000, 0.99) == pytest.approx(0.0191, abs=7e-4)
    assert population.critical_dip(100_000) < population.critical_dip(10_000) / 3


@pytest.mark.parametrize(("count", "level"), [(10, 0.95), (100, 0.93)])
def test_dips_outside_the_table_are_refused(count, level):
    with pytest.raises(ValueError, match="use null_dips"):
        population.critical_dip(count, level)


# --- activity ----------------------------------------------------------------------------------


def test_transformed_fraction_knows_the_direction():
    c, weights = np.array([0.1, 0.5, 0.9]), np.array([1.0, 2.0, 5.0])
    assert population.transformed_fraction(c, weights, lithiation=True) == pytest.approx(5 / 8)
    assert population.transformed_fraction(c, weights, lithiation=False) == pytest.approx(1 / 8)


def test_moving_particles_go_with_the_current():
    rate, weights = np.array([-2.0, -0.6, -0.4, 1.0]), np.array([1.0, 1.0, 1.0, 0.0])
    np.testing.assert_array_equal(moving(rate, weights), [True, True, False, False])


def test_activity_of_particles_that_fill_one_after_another():
    result = make(Case(volumes=1, per_volume=50, separator=0, frames=80))
    found = activity(result, 0)
    assert found.time.size == 80
    np.testing.assert_allclose(found.surface, found.mean)  # no inner grid
    np.testing.assert_allclose(found.interior, found.mean)
    middle = slice(20, 60)
    assert np.all(found.at_once[middle] < 45)
    assert np.all(found.at_once[middle] > 2)
    assert np.all(np.diff(found.transformed) >= 0)
    assert np.all(found.active + found.transformed <= 1 + 1e-12)
    np.testing.assert_allclose(found.share_at_once[0] <= 1, True)


def test_interior_leaves_the_outer_layer_out():
    result = make(INNER)
    k, group = 0, result.layout.profiles[0]
    values = result[f"Particle profiles {k}"][4]
    inside = group.nodes <= 0.5
    expected = group.weights[inside] @ values[inside] / group.weights[inside].sum()
    np.testing.assert_allclose(interior_filling(result, 4, layer=0.5)[group.particles], expected)


def test_activity_needs_two_times():
    with pytest.raises(ValueError, match="0 saved times"):
        activity(make(FLAT), 9)


# --- figure ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [FLAT, INNER, Case(volumes=1, per_volume=30, separator=0)])
def test_histogram_map_has_time_and_depth(case, tmp_path):
    figure = histogram_map(make(case), local=bool(case.n_node))
    titles = [ax.get_ylabel() for ax in figure.axes]
    assert "filling fraction" in titles
    assert ("depth from the separator / µm" in titles) == (case.volumes > 1)
    figure.savefig(tmp_path / "map.png")


def test_histogram_map_says_why_there_is_none():
    assert "not saved" in histogram_map(make(Case(fields=("electrolyte",))))
    assert "no distribution" in histogram_map(make(Case(volumes=1, per_volume=3)))
