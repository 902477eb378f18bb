"""Size distributions: moments, weighting in closed form, reproducible draws, shapes, errors."""

import inspect

import numpy as np
import pytest

from electrode_model import distributions
from electrode_model.distributions import constant, listed, lognormal
from electrode_model.quantities import Spec

MEAN, STD = 100e-9, 20e-9
POWER = {"number": 0, "area": 2, "volume": 3}


def weighted_moments(sizes, power):
    weights = sizes**power / np.sum(sizes**power)
    mean = np.sum(weights * sizes)
    return mean, np.sqrt(np.sum(weights * (sizes - mean) ** 2))


@pytest.mark.parametrize("name", distributions.__all__)
def test_a_distribution_is_found_by_its_signature(name):
    parameters = inspect.signature(getattr(distributions, name)).parameters
    assert list(parameters)[:2] == ["count", "powers"]
    own = [p for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert len(own) == len(parameters) - 2
    numbers = [p for p in own if hasattr(p.annotation, "__metadata__")]
    assert numbers
    assert all(isinstance(p.annotation.__metadata__[0], Spec) for p in numbers)


@pytest.mark.parametrize(
    "sizes",
    [
        constant((3, 4), value=MEAN),
        lognormal((3, 4), mean=MEAN, std=STD),
        lognormal((3, 4), mean=MEAN, std=STD, sampling="random"),
        listed((3, 4), sizes=[1e-7, 2e-7, 3e-7, 4e-7]),
        listed((3, 4), sizes=[[1e-7] * 4] * 3),
    ],
)
def test_shape_is_volumes_by_particles(sizes):
    assert sizes.shape == (3, 4)
    assert sizes.dtype == float
    assert np.all(sizes > 0)


def test_constant_is_exact():
    assert np.all(constant((2, 3), value=MEAN) == MEAN)


@pytest.mark.parametrize("sampling", ["quantiles", "random"])
def test_zero_spread_gives_the_mean(sampling):
    sizes = lognormal((2, 3), mean=MEAN, std=0.0, sampling=sampling)
    np.testing.assert_allclose(sizes, MEAN, rtol=1e-14)


@pytest.mark.parametrize("weighting", POWER)
def test_moments_of_the_weighted_quantiles_converge(weighting):
    """Mean and std are those of the weighted population; the error falls as n grows."""
    errors = []
    for n in (100, 1000, 10_000):
        sizes = lognormal((1, n), mean=MEAN, std=STD, weighting=weighting)[0]
        mean, std = weighted_moments(sizes, POWER[weighting])
        errors.append(max(abs(mean / MEAN - 1), abs(std / STD - 1)))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 2e-3  # the missing tail beyond the quantile 1 - 1/(2 n)


@pytest.mark.parametrize("weighting", POWER)
def test_weighted_histogram_is_the_lognormal_asked_for(weighting):
    """Weights size^k of the particles against the cumulative distribution in closed form."""
    from scipy.special import ndtr

    sizes = lognormal((1, 20_000), mean=MEAN, std=STD, weighting=weighting)[0]
    weights = sizes ** POWER[weighting] / np.sum(sizes ** POWER[weighting])
    variance = np.log1p((STD / MEAN) ** 2)
    closed = ndtr((np.log(sizes / MEAN) + variance / 2) / np.sqrt(variance))
    # Midpoint rule over 20,000 particles; the missing upper tail is the largest error.
    np.testing.assert_allclose(np.cumsum(weights) - weights / 2, closed, atol=5e-4)


def test_weighting_shifts_the_logarithm_by_two_and_three_variances():
    variance = np.log1p((STD / MEAN) ** 2)
    number, area, volume = (
        np.log(lognormal((1, 7), mean=MEAN, std=STD, weighting=w)) for w in POWER
    )
    np.testing.assert_allclose(number - area, 2 * variance, rtol=1e-11)
    np.testing.assert_allclose(number - volume, 3 * variance, rtol=1e-11)


def test_quantiles_are_the_same_in_every_volume_and_never_snapped():
    sizes = lognormal((4, 50), mean=MEAN, std=STD)
    assert np.all(sizes == sizes[0])
    assert np.all(np.diff(sizes[0]) > 0)
    assert np.median(sizes[0]) == pytest.approx(MEAN / np.sqrt(1 + (STD / MEAN) ** 2), rel=1e-3)


def test_draws_repeat_with_their_seed_whatever_the_global_state():
    np.random.seed(1)  # noqa: NPY002 - the global generator must not matter
    first = lognormal((2, 5), mean=MEAN, std=STD, sampling="random", seed=3)
    np.random.seed(2)  # noqa: NPY002
    again = lognormal((2, 5), mean=MEAN, std=STD, sampling="random", seed=3)
    other = lognormal((2, 5), mean=MEAN, std=STD, sampling="random", seed=4)
    assert np.array_equal(first, again)
    assert not np.any(first == other)


def test_volumes_draw_differently_and_keep_their_draws_as_the_electrode_grows():
    small = lognormal((2, 5), mean=MEAN, std=STD, sampling="random")
    large = lognormal((3, 9), mean=MEAN, std=STD, sampling="random")
    assert not np.any(small[0] == small[1])
    assert np.array_equal(small, large[:2, :5])


def test_draws_have_the_moments_asked_for():
    """Three standard errors of 40,000 draws."""
    sizes = lognormal((4, 10_000), mean=MEAN, std=STD, sampling="random")
    assert sizes.mean() / MEAN == pytest.approx(1, abs=3 * 0.2 / 200)
    assert sizes.std() / STD == pytest.approx(1, abs=3 * 0.9 / 200)


def test_listed_keeps_every_size():
    sizes = [[1.234567e-7, 2e-7], [3e-7, 4e-7]]
    assert np.array_equal(listed((2, 2), sizes=sizes), sizes)
    assert np.array_equal(listed((2, 2), sizes=[1e-7, 2e-7]), [[1e-7, 2e-7]] * 2)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([1e-7], "shape 1; needed are 2 sizes"),
        ([[1e-7, 2e-7]], "shape 1 x 2"),
        ([[1e-7, 2e-7], [3e-7]], "lists of equal length"),
        (1e-7, "a single number"),
        ([1e-7, 0.0], "above zero"),
        ([1e-7, float("inf")], "finite"),
        ([1e-7, float("nan")], "above zero"),
    ],
)
def test_listed_refuses_what_does_not_fit(sizes, words):
    with pytest.raises(ValueError, match=words):
        listed((3, 2), sizes=sizes)


@pytest.mark.parametrize("key", ["weighting", "sampling"])
def test_lognormal_names_the_legal_words(key):
    with pytest.raises(ValueError, match=f"{key} 'mass' is none of"):
        lognormal((1, 2), mean=MEAN, std=STD, **{key: "mass"})


def test_weighting_follows_the_body():
    """Plates of one thickness: the volume goes as the square of the length."""
    sizes = lognormal((1, 20_000), (2, 2), mean=MEAN, std=STD, weighting="volume")[0]
    assert np.average(sizes, weights=sizes**2) == pytest.approx(MEAN, rel=2e-3)
