"""Langevin noise: its statistics, what it conserves, that runs repeat."""

import numpy as np
import pytest

from electrode_model.config.problems import ConfigError
from electrode_model.noise import SPREAD, smooth
from electrode_model.simulation.simulate import simulate
from tests.models import SINGLE, SMOOTH, assembly, configuration, particle, states_at

QUIET = "positive.particles.noise={reaction: 1e-7 1/s, flux: 1e-6 1/s, correlation_time: 20 s}"


def test_every_time_has_mean_0_and_variance_1():
    knots = {}
    for s in (0.0, 0.25, 0.5, 7.9):
        drawn = smooth(s, (3, 1), (200, 500), knots)
        # four standard errors of 100,000 normal numbers
        assert abs(drawn.mean()) < 4 / np.sqrt(1e5)
        assert drawn.var() == pytest.approx(1.0, abs=4 * np.sqrt(2 / 1e5))


def test_correlation_is_lost_after_two_correlation_times_and_smooth_before():
    knots = {}
    first = smooth(5.5, (3, 1), (200, 500), knots)
    for apart, expected in ((1e-4, 1.0), (2.0, 0.0)):
        other = smooth(5.5 + apart, (3, 1), (200, 500), {})
        assert (first * other).mean() == pytest.approx(expected, abs=4 / np.sqrt(1e5) + 1e-4)
    # no kink at the knots: the first derivative is continuous
    ends = [
        (smooth(6 + d, (3, 1), (5, 5), {}) - smooth(6, (3, 1), (5, 5), {})) / d
        for d in (1e-5, -1e-5)
    ]
    assert np.abs(ends[0] - ends[1]).max() < 1e-3


def test_integral_spreads_as_stated():
    grid = np.linspace(0, 50, 2001)
    knots = {}
    total = np.trapezoid([smooth(s, (9,), (1, 4000), knots)[0] for s in grid], grid, axis=0)
    # the ends of the interval count for a fiftieth; four standard errors of 4,000 variances
    assert total.var() / 50 == pytest.approx(SPREAD, rel=0.02 + 4 * np.sqrt(2 / 4000))


def test_runs_repeat_and_tolerance_decides_only_how_well_they_are_solved(tmp_path):
    noisy = (*SMOOTH, particle("diffusion", nodes=8), QUIET)
    runs = [
        states_at(assembly(tmp_path, SINGLE, noisy), [0.1, 0.2], tolerance=tolerance)[0]
        for tolerance in (1e-6, 1e-6, 1e-8)
    ]
    assert np.array_equal(runs[0], runs[1])
    plain, _, _ = states_at(assembly(tmp_path, SINGLE, noisy[:-1]), [0.1, 0.2])
    effect = np.abs(runs[2] - plain).max()
    assert effect > 1e-4
    # the noise is a function of time: tighter steps see the same, to the tolerance
    assert np.abs(runs[0] - runs[2]).max() < 20e-6


def test_other_seeds_give_other_runs(tmp_path):
    found = [
        states_at(assembly(tmp_path, SINGLE, (*SMOOTH, f"{QUIET[:-1]}, seed: {seed}}}")), [0.1])[0]
        for seed in (0, 1)
    ]
    assert np.abs(found[0] - found[1]).max() > 1e-6


@pytest.mark.parametrize(
    "overrides",
    [
        [particle("homogeneous")],
        [particle("cahn_hilliard", nodes=10)],
        [
            particle("allen_cahn"),
            "positive.particles.thickness=20 nm",
            "positive.particles.size=15 nm",
        ],
        [particle("homogeneous_two_layers"), "positive.particles.material=graphite_2param"],
    ],
    ids=["homogeneous", "sphere", "plate", "two layers"],
)
def test_charge_is_conserved_under_noise(tmp_path, overrides):
    noise = QUIET.replace("1e-7", "1e-5").replace("1e-6", "1e-5")
    until = "protocol=[{current: 1 C, until: {time: 15 min}}, {rest: 5 min}]"
    result = simulate(configuration(tmp_path, SINGLE, [*overrides, noise, until]))
    assert result.status == "finished", result.message
    passed = result["Discharge capacity [A.h.m-2]"] / result.layout.capacity
    assert np.abs(result["Positive filling fraction"] - 0.01 - passed).max() < 1e-12


def test_flux_noise_moves_lithium_but_adds_none(tmp_path):
    noise = "positive.particles.noise={flux: 1e-5 1/s, correlation_time: 10 s}"
    until = "protocol=[{rest: 10 min, isolated: true}]"
    inner = particle("diffusion", nodes=8)
    result = simulate(configuration(tmp_path, SINGLE, [*SMOOTH, inner, noise, until]))
    assert result.status == "finished", result.message
    means = result["Particle filling fraction"]
    assert np.abs(means - 0.4).max() < 1e-12
    assert np.ptp(result["Particle profiles 0"][-1]) > 1e-5


def test_isolated_particles_do_not_react_by_noise(tmp_path):
    noise = "positive.particles.noise={reaction: 1e-4 1/s, correlation_time: 10 s}"
    until = "protocol=[{rest: 10 min, isolated: true}]"
    result = simulate(configuration(tmp_path, SINGLE, [*SMOOTH, noise, until]))
    assert np.abs(result["Particle filling fraction"] - 0.4).max() == 0.0


def test_noise_lets_uniform_phases_fall_apart(tmp_path):
    """A uniform composition inside the spinodal is an equilibrium; noise starts its decay."""
    plate = [
        particle("surface_diffusion", cell="4 nm"),
        "positive.particles.thickness=20 nm",
        "positive.particles.size=100 nm",
        "positive.particles.per_volume=1",
        "positive.initial_filling=0.5",
        "protocol=[{rest: 60 min}]",
    ]
    noise = "positive.particles.noise={flux: 1e-6 1/s, correlation_time: 5 s}"
    spread = []
    for more in ([], [noise]):
        result = simulate(configuration(tmp_path, SINGLE, [*plate, *more]))
        assert result.status == "finished", result.message
        spread.append(np.ptp(result["Particle profiles 0"][-1]))
    assert spread[0] < 1e-3
    assert spread[1] > 0.5


def test_no_noise_is_refused_as_such(tmp_path):
    with pytest.raises(ConfigError, match="no noise"):
        configuration(tmp_path, SINGLE, ["positive.particles.noise={correlation_time: 5 s}"])
