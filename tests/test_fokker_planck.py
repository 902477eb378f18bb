"""The Fokker-Planck population model against closed forms, particles and its negative controls."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import electrode_model as em
from electrode_model.analysis.alone import electrode_alone
from electrode_model.commands import fokker_planck as command
from electrode_model.config.problems import ConfigError
from electrode_model.fokker_planck import peaks
from electrode_model.fokker_planck.ensemble import particles
from electrode_model.fokker_planck.evolve import equilibrium, evolve, gaussian
from electrode_model.fokker_planck.law import NEAR, Law, Rates, law_of
from electrode_model.fokker_planck.system import Population, uniform
from electrode_model.free_energy import Potential
from electrode_model.particle import Chemistry

CONFIGS = Path(__file__).parent.parent / "configs"
NMC = CONFIGS / "nmc532_ensemble.yaml"


def ohmic(rate, slope, noise):
    """R = -rate eta about V_eq = -slope (c - 1/2), D = noise rate: a process of constant D."""
    chemistry = Chemistry(
        potential=lambda c: Potential(0.0, slope * (c - 0.5)),
        rate=lambda dphi, c, c_e, mu: -(dphi + mu.total(c)),
        diffusivity=lambda c: 1.0,
        mobility=lambda c: 1.0,
    )
    return Law(chemistry, rate, standard=0.0, noise=noise)


@pytest.fixture(scope="module")
def nmc():
    return law_of(em.load(NMC), noise=1e-2)


class Upwind(Population):
    """Negative control: the first-order flux, which is the central one with |R| h/2 more noise."""

    def laws(self, v):
        drift, drift_v, spread, spread_v = super().laws(v)
        half = self._distance / 2
        return (
            drift,
            drift_v,
            spread + abs(drift) * half,
            spread_v + np.sign(drift) * drift_v * half,
        )


class Fitted(Population):
    """Negative control: Scharfetter & Gummel 1969, D replaced by D z coth z, z = R h/2D.

    Newton does without the derivative of coth.
    """

    def laws(self, v):
        drift, drift_v, spread, spread_v = super().laws(v)
        z = np.clip(drift * self._distance / (2 * spread), -300, 300)
        factor = np.where(abs(z) < 1e-4, 1.0, z / np.tanh(np.where(z == 0, 1.0, z)))
        return drift, drift_v, spread * factor, spread_v * factor


# ---- closed forms -------------------------------------------------------------------------


def test_relaxation_of_a_linear_law_is_ornstein_uhlenbeck():
    """At held voltage the mean decays by exp(-k t), the variance to D0/slope by exp(-2 k t)."""
    law, grid = ohmic(rate=2.0, slope=50.0, noise=0.1), uniform((0, 1), 400)
    run = evolve(law, grid, gaussian(grid, 0.55, 0.03), voltage=0.0, until_time=0.05, rtol=1e-6)
    mean, std, skewness = run.moments()
    decay = np.exp(-100 * run.time)
    # grid: h^2 of 6e-6 beside the variance of 2e-3
    assert mean == pytest.approx(0.5 + 0.05 * decay, abs=2e-5)
    exact = np.sqrt(0.002 + (0.03**2 - 0.002) * decay**2)
    assert std == pytest.approx(exact, rel=2e-3)
    assert abs(skewness).max() < 1e-3
    # the current is the rate of the mean
    assert run.current == pytest.approx(np.gradient(mean, run.time, edge_order=2), abs=0.02)


def test_equilibrium_is_stationary_and_normal():
    law, grid = ohmic(rate=2.0, slope=50.0, noise=0.1), uniform((0, 1), 300)
    start = equilibrium(law, grid, 0.5)
    assert start == pytest.approx(gaussian(grid, 0.5, (0.1 / 50) ** 0.5), abs=1e-3)
    run = evolve(law, grid, start, voltage=0.0, until_time=1.0, frames=2)
    # exponentials of eta h/D0 and the central flux differ by (eta h/D0)^3/12: here up to 1e-3
    assert run.density[-1] == pytest.approx(start, abs=5e-3)


def test_pure_diffusion_of_a_cosine():
    law, grid = ohmic(rate=1.0, slope=0.0, noise=0.3), uniform((0, 1), 200)
    start = 1 + 0.5 * np.cos(np.pi * grid.centres)
    run = evolve(law, grid, start, voltage=0.0, until_time=0.5, rtol=1e-7)
    exact = 0.5 * np.exp(-0.3 * np.pi**2 * run.time)
    wave = run.density @ (2 * np.cos(np.pi * grid.centres) * grid.widths)
    assert wave == pytest.approx(exact, rel=1e-4)  # (pi h)^2/12 of the decay, 1.5: 3e-5


def test_pure_drift_does_not_spread():
    """Without noise a density is only shifted; upwinding would spread it by R h t."""
    law, grid = ohmic(rate=1.0, slope=0.0, noise=0.0), uniform((0, 1), 400)
    start = gaussian(grid, 0.25, 0.04)
    options = {"voltage": -1.0, "until_time": 0.5, "rtol": 1e-7, "max_order": 2}
    mean, std, skewness = evolve(law, grid, start, **options).moments()
    assert mean[-1] == pytest.approx(0.75, abs=1e-6)
    assert std == pytest.approx(std[0], rel=1e-6)  # exact in space; the time steps remain
    assert abs(skewness).max() < 0.06  # dispersion of the central flux, h^2/sd^2 = 4e-3, over 12 sd
    upwind = evolve(law, grid, start, **options, population=Upwind).moments()[1]
    assert upwind[-1] ** 2 - upwind[0] ** 2 == pytest.approx(0.5 / 400, rel=0.01)  # |R| h t


def test_order_of_the_grid_is_two_and_of_its_negative_control_one():
    law = ohmic(rate=2.0, slope=50.0, noise=0.05)
    exact = np.sqrt(0.001 + (0.03**2 - 0.001) * np.exp(-200 * 0.02))

    def error(cells, population=Population):
        grid = uniform((0, 1), cells)
        # held beside equilibrium, so that the drift does not vanish
        run = evolve(
            law, grid, gaussian(grid, 0.6, 0.03), voltage=0.0, until_time=0.02,
            frames=1, rtol=1e-8, population=population,
        )  # fmt: skip
        return abs(run.moments()[1][-1] - exact)

    assert error(100) / error(200) == pytest.approx(4.0, rel=0.1)
    assert error(200, Upwind) / error(400, Upwind) == pytest.approx(2.0, rel=0.15)


def test_error_follows_the_tolerance():
    law, grid = ohmic(rate=2.0, slope=50.0, noise=0.1), uniform((0, 1), 200)
    start = gaussian(grid, 0.6, 0.04)

    def end(rtol):
        return evolve(law, grid, start, voltage=0.0, until_time=0.02, frames=1, rtol=rtol).density[
            -1
        ]

    exact = end(1e-9)
    coarse, fine = (abs(end(rtol) - exact).max() for rtol in (1e-4, 1e-6))
    assert fine < 0.1 * coarse < 0.1 * 0.05 * exact.max()


# ---- the laws of a configuration ----------------------------------------------------------


def test_noise_passes_smoothly_through_equilibrium(nmc):
    """D0 R/(-eta) tends to D0 j0; both branches of the quotient agree where they meet."""
    c = np.array([0.8])
    rates, v = Rates(nmc, c), float(nmc.equilibrium(c)[0])
    j0 = nmc.exchange(c)[0]
    near = [
        float(rates(v + eta).spread[0]) for eta in (-0.99 * NEAR, 0.0, 0.99 * NEAR, 1.01 * NEAR)
    ]
    assert np.array(near) == pytest.approx(
        1e-2 * j0, rel=1e-4
    )  # odd terms vanish, eta^2/24 remains
    assert near[2] == pytest.approx(near[3], rel=1e-9)
    for eta in (-3.0, 3.0):
        now = rates(v + eta)
        assert now.spread[0] == pytest.approx(-1e-2 * now.drift[0] / eta)
        assert now.spread[0] > 0
        assert now.drift[0] == pytest.approx(-2 * j0 * np.sinh(eta / 2), rel=1e-9)


def test_derivatives_by_filling_and_potential(nmc):
    c, step = np.array([0.6, 0.75, 0.9]), 1e-6
    v = float(nmc.equilibrium(np.array([0.75]))[0]) + 1.0
    at = [Rates(nmc, c + k * step, by_filling=True) for k in (-1, 0, 1)]
    here = at[1](v)
    slope = (at[2](v).spread - at[0](v).spread) / (2 * step)
    assert here.spread_c == pytest.approx(slope, rel=1e-6)
    drift_v, spread_v = here.drift_v.copy(), here.spread_v.copy()
    up, down = (at[1](v + s).drift.copy() for s in (step, -step))
    assert drift_v == pytest.approx((up - down) / (2 * step), rel=1e-6)
    up, down = (at[1](v + s).spread.copy() for s in (step, -step))
    assert spread_v == pytest.approx((up - down) / (2 * step), rel=1e-6)


def test_rate_constant_is_that_of_the_ensemble(nmc):
    """nmc532_ensemble.yaml: j0(1/2), averaged over the volume, is 100 per hour."""
    assert nmc.exchange(np.array([0.5]))[0] == pytest.approx(100, rel=1e-3)


def test_lattice_gas_and_series_resistance():
    config = em.load(CONFIGS / "lfp_ensemble.yaml", ["series_resistance=10 ohm cm^2"])
    law = law_of(config, noise=0.05)
    grid = uniform(law.domain, 200)
    start = equilibrium(law, grid, 0.05)
    run, without = (
        evolve(one, grid, start, current=0.5, until_filling=0.3, frames=20)
        for one in (law, replace(law, resistance=0.0))
    )
    assert run.density == pytest.approx(without.density, abs=1e-3 * run.density.max())
    drop = 10e-4 * 0.5 * em.simulate(_rest(config)).layout.one_c / law.unit
    assert without.voltage - run.voltage == pytest.approx(drop, abs=2e-3)


def _rest(config):
    from electrode_model.config.steps import Step

    step = Step.model_validate({"kind": "rest", "until": {"time": 1.0}})
    return electrode_alone(config, filling=0.3).model_copy(update={"protocol": (step,)})


def test_the_rate_is_the_mean_of_the_wetted_surface():
    """Listed k0 of mean 2 on half of the surface: the rate of the plain population."""
    few = ["positive.particles.per_volume=2", "positive.particles.size=500 nm"]
    lists = "positive.particles.scatter={k0: {distribution: listed, values: [1, 3]}}"
    uneven = law_of(em.load(NMC, [*few, lists, "positive.particles.contact=0.5"]))
    assert uneven.rate == pytest.approx(law_of(em.load(NMC, few)).rate, rel=1e-12)


def test_films_and_missing_populations_are_refused():
    film = em.load(NMC, ["positive.particles.film_resistance=0.01 ohm m^2"])
    with pytest.raises(ConfigError, match="film"):
        law_of(film)
    with pytest.raises(ConfigError, match="no population 3"):
        law_of(em.load(NMC), population=3)


# ---- the split ----------------------------------------------------------------------------


def test_mass_and_charge_are_kept(nmc):
    grid = uniform(nmc.domain, 400)
    run = peaks.half_cycle(nmc, 2.0, 0.99, 0.5, grid, frames=40)
    assert abs(run.mass - 1).max() < 1e-12  # acceptance: 1e-10
    assert run.mean == pytest.approx(np.linspace(0.99, 0.5, 41), abs=1e-12)
    assert run.density.min() > -1e-2 * run.density.max()


def test_fast_delithiation_alone_splits(nmc):
    grid = uniform(nmc.domain, 400)
    assert peaks.split(peaks.half_cycle(nmc, 2.0, 0.99, 0.5, grid)) == pytest.approx(0.77, abs=0.02)
    for rate, ends in ((0.3, (0.99, 0.5)), (2.0, (0.5, 0.99))):
        assert peaks.split(peaks.half_cycle(nmc, rate, *ends, grid)) < 0.01


def test_time_scales_with_the_rate_constant(nmc):
    """C_th is proportional to k: only C/k counts."""
    grid = uniform(nmc.domain, 250)
    fast = replace(nmc, rate=10 * nmc.rate)
    one, ten = (
        peaks.half_cycle(law, rate, 0.99, 0.5, grid, frames=20)
        for law, rate in ((nmc, 0.5), (fast, 5.0))
    )
    assert ten.density == pytest.approx(one.density, abs=2e-3 * one.density.max())


def test_threshold_does_not_move_with_the_grid_but_with_numerical_diffusion(nmc):
    """physics.md, section 0.6: .49 C.  Noise seeds the split, so that of the grid lowers it."""
    low, high = (0.45, 0.55)

    def ratio(rate, cells, population=Population):
        grid = uniform(nmc.domain, cells)
        return peaks.split(
            peaks.half_cycle(nmc, rate, 0.99, 0.5, grid, frames=100, population=population)
        )

    for cells in (200, 400):
        assert ratio(low, cells) < peaks.LEAST_RATIO < ratio(high, cells)
    coarse, fine = (ratio(low, cells, Upwind) for cells in (200, 400))
    assert coarse > 1.3 * fine > 1.3 * peaks.LEAST_RATIO
    assert ratio(low, 200, Fitted) > peaks.LEAST_RATIO


def test_threshold_of_a_law_without_one():
    constant = em.load(NMC, ["positive.particles.kinetics.exchange_current=constant"])
    law = law_of(constant, noise=1e-2)
    assert peaks.threshold(law, 0.99, 0.5, cells=200, high=0.03, frames=40) == np.inf


# ---- particles ----------------------------------------------------------------------------


def test_moments_are_those_of_particles_with_the_same_noise(nmc):
    """8000 particles; 100 000 in validation/park2021/fokker_planck.py."""
    grid = uniform(nmc.domain, 600)
    start = equilibrium(nmc, grid, 0.95)
    run = evolve(nmc, grid, start, current=-2.0, until_filling=0.7, frames=5)
    cloud = particles(
        nmc, grid, start, current=-2.0, until_filling=0.7, count=8000, steps=400, frames=5, seed=3
    )
    mean, std, skewness = run.moments()
    assert cloud.time == pytest.approx(run.time)
    assert cloud.mean == pytest.approx(mean, abs=3e-4)  # the noise of a step is met in the next
    # 3 standard errors of 8000 particles, and 1 % for the time step (first order)
    assert np.all(abs(cloud.std - std) < 3 * cloud.errors[:, 0] + 0.01 * std)
    assert np.all(abs(cloud.skewness - skewness) < 3 * cloud.errors[:, 1] + 0.05)
    assert abs(skewness).max() > 1  # so that it says something
    again = particles(
        nmc, grid, start, current=-2.0, until_filling=0.9, count=100, steps=10, frames=1, seed=3
    )
    other = particles(
        nmc, grid, start, current=-2.0, until_filling=0.9, count=100, steps=10, frames=1, seed=4
    )
    assert not np.array_equal(again.filling, other.filling)
    assert again.filling.max() <= 1


# ---- the command --------------------------------------------------------------------------


def test_command(capsys, tmp_path):
    from electrode_model.__main__ import main

    arguments = ["fokker-planck", str(NMC), "--cells", "200", "--no-threshold"]
    assert main([*arguments, "--rate", "2", "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "delithiation" in said
    assert (tmp_path / "fokker_planck.png").stat().st_size > 10_000
    for wrong, text in (
        (["--rate", "0"], "C-rate"),
        (["--noise", "7"], "--noise"),
        (["--cells", "3"], "--cells"),
        (["--end", "0.995"], "--end"),
        (["--end", "0.1"], "open-circuit"),
    ):
        assert main([*arguments, *wrong]) == 2
        assert text in capsys.readouterr().err
    assert command._rates(em.load(NMC)) == [2.0]
