"""Statistics of populations against closed forms and brute force; audits that see a leak."""

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.special import ndtri

from electrode_model.analysis import population
from electrode_model.analysis.balance import Balance, balance
from electrode_model.analysis.frames import filling_at, frames_of_step
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from tests.models import HALF_CELL, SINGLE, configuration
from tests.synthetic import Case, make

RNG = np.random.default_rng(20)


def quantiles(mean: float, deviation: float, count: int) -> np.ndarray:
    """A normal sample without noise."""
    return mean + deviation * ndtri((np.arange(count) + 0.5) / count)


# --- two peaks ---------------------------------------------------------------------------------


def test_density_is_the_sum_of_gaussians():
    c, weights = RNG.random(50), RNG.random(50)
    grid, found = population.density(c, weights, bandwidth=0.015)
    kernel = np.exp(-0.5 * ((grid[:, None] - c) / 0.015) ** 2) / (0.015 * np.sqrt(2 * np.pi))
    exact = kernel @ (weights / weights.sum())
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-3 * exact.max())
    assert np.sum(found) * (grid[1] - grid[0]) == pytest.approx(1.0, abs=1e-8)  # cut at 6 sigma


@pytest.mark.parametrize("share", [0.5, 0.3, 0.1, 0.04])
def test_prominence_of_two_far_peaks_is_the_ratio_of_their_shares(share):
    c = np.concatenate([quantiles(0.3, 0.02, 400), quantiles(0.7, 0.02, 400)])
    weights = np.repeat([share, 1 - share], 400)
    peaks = population.two_peaks(c, weights)
    assert peaks.ratio == pytest.approx(share / (1 - share), rel=2e-3)
    assert peaks.bimodal == (share / (1 - share) > 0.05)
    if share < 0.5:
        assert peaks.positions == pytest.approx((0.7, 0.3), abs=2e-3)


def test_prominence_counts_from_the_valley():
    """0.5 [N(0.4, s) + N(0.6, s)]: P2/H = 1 - valley/peak of the closed form."""
    deviation = 0.06
    c = np.concatenate([quantiles(0.4, deviation, 4000), quantiles(0.6, deviation, 4000)])
    width = np.hypot(deviation, 0.015)

    def height(x: np.ndarray) -> np.ndarray:
        return np.exp(-(((x - 0.4) / width) ** 2) / 2) + np.exp(-(((x - 0.6) / width) ** 2) / 2)

    valley, peak = height(np.array(0.5)), height(np.linspace(0.35, 0.5, 2000)).max()
    found = population.two_peaks(c, np.ones_like(c))
    assert found.ratio == pytest.approx(1 - valley / peak, abs=2e-3)


@pytest.mark.parametrize("mean", [0.0, 0.5, 1.0])
def test_one_peak_is_one_also_at_an_end_member(mean):
    peaks = population.two_peaks(np.clip(quantiles(mean, 0.03, 300), 0, 1), np.ones(300))
    assert peaks.ratio == 0.0
    assert not peaks.bimodal
    assert peaks.positions == pytest.approx((mean,), abs=0.03)


def test_peaks_nearer_than_the_separation_are_one():
    c = np.repeat([0.50, 0.58], 100)
    assert population.two_peaks(c, np.ones(200)).ratio == 0.0
    assert population.two_peaks(c, np.ones(200), separation=0.05).ratio == pytest.approx(1, abs=0.1)


def test_a_skewed_population_is_not_split():
    """Sarle's coefficient calls this one bimodal (above 5/9); the prominence does not."""
    c = 0.95 - 0.3 * ((np.arange(1000) + 0.5) / 1000) ** 2
    centred = (c - c.mean()) / c.std()
    assert (np.mean(centred**3) ** 2 + 1) / np.mean(centred**4) > 0.65
    assert population.two_peaks(c, np.ones(1000)).ratio == 0.0


# --- spread and activity -----------------------------------------------------------------------


def test_spread_is_weighted():
    assert population.spread(np.array([0.2, 0.8]), np.array([1.0, 1.0])) == pytest.approx(0.3)
    assert population.spread(np.array([0.2, 0.8]), np.array([3.0, 0.0])) == pytest.approx(0.0)


def test_active_fraction_counts_capacity_between_the_limits():
    c, weights = np.array([0.1, 0.15, 0.5, 0.85, 0.9]), np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert population.active_fraction(c, weights) == pytest.approx(9 / 15)
    assert population.active_fraction(c, weights, low=0.4, high=0.6) == pytest.approx(3 / 15)
    assert population.active_fraction(c, weights, low=0.2, high=0.3) == 0.0


# --- dip ---------------------------------------------------------------------------------------


def dip_by_linear_programming(sample: np.ndarray) -> float:
    """Least distance to a unimodal distribution, from its definition: for each possible mode,
    values convex below it and concave above, which may jump at it."""
    x, counts = np.unique(sample, return_counts=True)
    after = np.cumsum(counts) / counts.sum()
    before = after - counts / counts.sum()
    least = np.inf
    for mode in range(x.size):
        left, right = np.arange(mode + 1), np.arange(mode, x.size)
        size = left.size + right.size + 1
        rows, bounds = list[np.ndarray](), list[float]()

        def at_most(bound, terms, rows=rows, bounds=bounds, size=size):
            row = np.zeros(size)
            for place, factor in terms:
                row[place] += factor
            rows.append(row)
            bounds.append(bound)

        for k in left:  # |G - F| <= d on both sides of the step of F; at the mode, below it
            at_most(before[k], [(k, 1), (-1, -1)])
            at_most(-(after[k] if k < mode else before[k]), [(k, -1), (-1, -1)])
        for j, k in enumerate(right + left.size - mode):
            at_most(before[mode + j] if j else after[mode], [(k, 1), (-1, -1)])
            at_most(-after[mode + j], [(k, -1), (-1, -1)])
        for part, sign, first in ((left, 1, 0), (right, -1, left.size)):
            for j in range(1, part.size - 1):
                one, two = x[part[j]] - x[part[j - 1]], x[part[j + 1]] - x[part[j]]
                i = first + j
                slopes = [(i - 1, -1 / one), (i, 1 / one + 1 / two), (i + 1, -1 / two)]
                at_most(0, [(place, sign * factor) for place, factor in slopes])
            for j in range(part.size - 1):
                at_most(0, [(first + j, 1), (first + j + 1, -1)])
        at_most(0, [(left.size - 1, 1), (left.size, -1)])
        cost = np.eye(size)[-1]
        limits = [(0, 1)] * (size - 1) + [(0, None)]
        solved = linprog(cost, A_ub=np.array(rows), b_ub=bounds, bounds=limits, method="highs")
        assert solved.status == 0
        least = min(least, solved.fun)
    return max(least, 0.5 / counts.sum())


def small_samples() -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    found = [rng.random(n) for n in range(2, 14)]
    found += [np.concatenate([rng.normal(0, 1, n), rng.normal(4, 1, n)]) for n in range(1, 11)]
    found += [np.round(rng.random(n) * 4) / 4 for n in range(2, 14)]  # with ties
    return found


@pytest.mark.parametrize("sample", small_samples(), ids=lambda sample: f"n={sample.size}")
def test_dip_is_the_distance_to_the_nearest_unimodal_distribution(sample):
    assert population.dip(sample) == pytest.approx(dip_by_linear_programming(sample), abs=1e-10)


def test_dip_of_known_samples():
    assert population.dip(np.arange(20.0)) == pytest.approx(1 / 40)  # uniform: least possible
    assert population.dip(np.full(8, 0.3)) == pytest.approx(1 / 16)
    assert population.dip(np.array([0.4])) == pytest.approx(1 / 2)
    assert population.dip(np.repeat([0.1, 0.9], 50)) == pytest.approx(1 / 4)  # most possible
    assert np.isnan(population.dip(np.array([])))


def test_dip_does_not_see_order_place_or_scale():
    sample = np.concatenate([RNG.normal(0.3, 0.05, 60), RNG.normal(0.7, 0.05, 40)])
    expected = population.dip(sample)
    assert expected > 0.05
    for same in (RNG.permutation(sample), 1 - sample, 5 * sample + 3):
        assert population.dip(same) == pytest.approx(expected, abs=1e-12)


def test_dip_of_uniform_noise_has_its_known_quantile():
    """Of 1,000 uniform numbers, 95 % below 0.0170 (an independent simulation)."""
    rng = np.random.default_rng(5)
    dips = [population.dip(rng.random(1000)) for _ in range(150)]
    assert np.quantile(dips, 0.95) == pytest.approx(0.0170, abs=0.0015)


# --- results -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made_up() -> Result:
    return make(Case(volumes=3, per_volume=10))


def test_frames_of_a_step(made_up):
    frames = frames_of_step(made_up, 1)
    assert frames.shape == (60, 30)
    assert frames_of_step(made_up, 7).shape == (0, 30)


def test_filling_at_lies_between_the_frames_around_it(made_up):
    weight = made_up.layout.weight
    frames = frames_of_step(made_up, 0)
    for mean in (0.3, float(frames[17] @ weight), 0.8):
        c = filling_at(made_up, mean, step=0)
        assert c @ weight == pytest.approx(mean, abs=1e-12)
    np.testing.assert_allclose(filling_at(made_up, frames[17] @ weight, 0), frames[17])


def test_filling_at_goes_by_the_step(made_up):
    there, back = (filling_at(made_up, 0.5, step) for step in (0, 2))
    assert np.abs(there - back).max() > 0.01


def test_filling_that_is_never_reached_is_refused(made_up):
    with pytest.raises(ValueError, match=r"step 0 never has a mean filling of 0\.001; it has 0\.0"):
        filling_at(made_up, 0.001, step=0)
    with pytest.raises(ValueError, match="nothing saved"):
        filling_at(made_up, 0.5, step=9)


def half_cell(folder: Path, *overrides: str, keep: Path | None = None) -> Result:
    config = configuration(folder, HALF_CELL, [*overrides, "protocol.0.until={time: 60 s}"])
    return simulate(config, folder=keep)


def leaking(result: Result, name: str, loss: float) -> Result:
    """The same result with one quantity lost in proportion to time."""
    data = {key: np.array(result[key]) for key in result.names()}
    time = data["Field time [s]" if name.startswith("El") else "Time [s]"]
    data[name] = (data[name].T * (1 - loss * time / time[-1])).T
    return Result(result.layout, result.config, result.steps, result.summary, data)


@pytest.mark.parametrize(
    "name", ["Positive filling fraction", "Electrolyte concentration [mol.m-3]"]
)
def test_balance_is_rounding_and_sees_a_leak(tmp_path, name):
    result = half_cell(tmp_path)
    assert balance(result).worst < 1e-13
    assert balance(leaking(result, name, 1e-8)).worst == pytest.approx(1e-8, rel=0.01)


def test_balance_of_a_result_from_disk(tmp_path):
    kept = half_cell(tmp_path, keep=tmp_path / "kept")
    opened = balance(Result.open(tmp_path / "kept"))
    assert opened.salt is not None
    np.testing.assert_array_equal(opened.salt, balance(kept).salt)


def test_balance_without_electrolyte_has_no_salt(tmp_path):
    result = simulate(configuration(tmp_path, SINGLE, ["protocol.0.until={time: 60 s}"]))
    audit = balance(result)
    assert audit.salt is None
    assert audit.worst < 1e-13


def test_balance_says_which_field_it_needs(tmp_path):
    with pytest.raises(KeyError, match=r"output\.fields"):
        balance(half_cell(tmp_path, "output.fields=[particles]"))


def test_balance_of_nothing_is_nan():
    empty = Balance(np.empty(0), None)
    assert np.isnan(empty.worst)
