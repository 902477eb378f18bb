"""Channels side by side: limits, conservation, convergence, and what is measured with them."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from electrode_model.analysis import uniformity
from electrode_model.analysis.balance import balance
from electrode_model.materials.lfp import MATERIAL as lfp
from electrode_model.particles.channel_array import rate_factors
from electrode_model.scales import Scales
from electrode_model.simulation.simulate import simulate
from tests.models import HALF_CELL, SINGLE, configuration, particle
from tests.runs import finished, protocol
from validation.koo2023 import channels as koo
from validation.lim2016 import channels as lim

PLATE = ("positive.particles.size=60 nm", "positive.particles.thickness=50 nm")
ALONE = ("positive.particles.per_volume=1", *PLATE)
DISCHARGE = protocol("{current: 1 C, until: {filling: 0.9}}")
FEW = ["positive.particles.model.nodes=40"]


def profile(result, group=0):
    """(n_t, n_x) of the first particle of a group."""
    return result[f"Particle profiles {group}"][:, :, 0]


def test_equal_channels_are_one_homogeneous_plate(tmp_path):
    """1e-5 in filling and kT/e: ten times the solver's tolerance."""
    common = (*PLATE, DISCHARGE, "positive.particles.per_volume=3")
    array = finished(tmp_path, SINGLE, [particle("channel_array", rate_spread=0, nodes=8), *common])
    whole = finished(tmp_path, SINGLE, [particle("homogeneous", shape="plate"), *common])
    time = np.linspace(0, min(array["Time [s]"][-1], whole["Time [s]"][-1]), 50)[1:-1]
    voltages = [np.interp(time, r["Time [s]"], r["Voltage [V]"]) for r in (array, whole)]
    # 2e-4 V: linear interpolation between the steps that both saved
    np.testing.assert_allclose(*voltages, atol=2e-4)
    np.testing.assert_allclose(
        array["Particle filling fraction"], whole["Particle filling fraction"], atol=1e-5
    )
    assert np.ptp(profile(array), axis=1).max() < 1e-5


def test_without_exchange_and_spread_it_is_the_reaction_plate(tmp_path):
    start = (
        "positive.particles.initial_filling="
        "{profile: core_shell, core: 0.9, shell: 0.05, boundary: 0.3, width: 0.1}"
    )
    common = (*ALONE, start, DISCHARGE)
    array = particle("channel_array", nodes=30, rate_spread=0, lateral_diffusivity=0)
    plate = particle("allen_cahn", cell="2 nm", wetted="false")
    one, other = (finished(tmp_path, SINGLE, [model, *common]) for model in (array, plate))
    # the same expressions: the two runs take the same steps
    np.testing.assert_allclose(profile(one), profile(other), atol=1e-9)
    np.testing.assert_allclose(one["Voltage [V]"], other["Voltage [V]"], atol=1e-9)


@pytest.mark.parametrize("film", [(), ("positive.particles.film_resistance=0.05",)])
def test_a_porous_electrode_of_plates_loses_no_lithium(tmp_path, film):
    overrides = [
        particle("channel_array", nodes=12, correlation_length="15 nm"),
        "positive.volumes=2",
        "positive.particles.per_volume=3",
        "positive.particles.size={distribution: lognormal, mean: 30 nm, std: 6 nm}",
        "positive.particles.thickness=50 nm",
        protocol("{current: 1 C, until: {filling: 0.7}}", "{rest: 10 min}"),
        *film,
    ]
    result = finished(tmp_path, HALF_CELL, overrides)
    assert balance(result).worst < 1e-11  # rounding
    filling = result["Particle profiles 0"][-1]
    assert filling.shape == (12, 6)
    assert np.ptp(filling) > 0.01  # no two plates are alike


def test_exchange_between_channels_is_diffusion_in_the_ideal_limit(tmp_path):
    """Without interactions D c (1-c) d(mu)/dx = D dc/dx: the first wave decays exponentially."""
    length, diffusivity, hours = 100e-9, 1e-18, 0.3
    result = finished(
        tmp_path,
        SINGLE,
        [
            particle("channel_array", nodes=40, lateral_diffusivity=f"{diffusivity} m^2/s"),
            "positive.particles.per_volume=1",
            f"positive.particles.size={length}",
            "positive.particles.thickness=50 nm",
            "positive.particles.material={name: lfp, omega: 0, coherency: 0, gradient_energy: 0}",
            "positive.particles.initial_filling="
            "{profile: core_shell, core: 0.7, shell: 0.2, boundary: 0.4, width: 0.2}",
            protocol(f"{{rest: {hours} h, isolated: true}}"),
        ],
    )
    c = profile(result)
    x = (np.arange(40) + 0.5) / 40
    wave = c @ np.cos(np.pi * x)
    decay = np.exp(-diffusivity * (np.pi / length) ** 2 * hours * 3600)
    # 1e-3: pi^2/12 h^2 = 5e-4 of the exponent, which is near 1
    assert wave[-1] / wave[0] == pytest.approx(decay, rel=1e-3)
    np.testing.assert_allclose(c.mean(axis=1), c[0].mean(), atol=1e-12)


def test_full_channels_can_rest(tmp_path):
    """Cells at 0 and 1 have no logarithm; two phases exchange until their potentials agree."""
    result = finished(
        tmp_path,
        SINGLE,
        [
            particle("channel_array", nodes=30, lateral_diffusivity="1e-17 m^2/s"),
            *ALONE,
            protocol("{current: 1 C, until: {voltage: 2.2 V}}", "{rest: 1 h}"),
        ],
    )
    assert profile(result).max() > 1 - 1e-3
    assert [step.planned for step in result.steps] == [True, True]


def test_exchange_comes_to_rest_at_one_chemical_potential(tmp_path):
    result = finished(
        tmp_path,
        SINGLE,
        [
            particle("channel_array", nodes=40, lateral_diffusivity="1e-15 m^2/s"),
            *ALONE,
            "positive.particles.initial_filling="
            "{profile: core_shell, core: 0.9, shell: 0.1, boundary: 0.5, width: 0.1}",
            protocol("{rest: 100 h, isolated: true}"),
        ],
    )
    c = profile(result)[-1]
    numbers = lfp.numbers
    scales = Scales(298.15, 1.0)
    omega = scales.energy(numbers["omega"].value)
    density = numbers["site_density"].value
    strain, gradient = (
        scales.per_site(numbers[name].value, density) for name in ("coherency", "gradient_energy")
    )
    bend = np.diff(np.diff(c, prepend=c[0], append=c[-1])) / (60e-9 / 40) ** 2
    mu = np.log(c / (1 - c)) + omega * (1 - 2 * c) + strain * (c - c.mean()) - gradient * bend
    assert np.ptp(c) > 0.6  # two phases
    assert np.ptp(mu) < 1e-3  # kT: the solver's 1e-6 in c, through the curvature at a phase


def test_second_order_along_the_plate(tmp_path):
    """Halving the cells quarters the error; below the solver's tolerance nothing is asked."""
    fine, found = 160, {}
    for nodes in (20, 40, fine):
        model = particle(
            "channel_array",
            nodes=nodes,
            correlation_length="20 nm",
            lateral_diffusivity="1e-17 m^2/s",
        )
        smooth = "positive.particles.material={name: lfp, omega: 1 kT}"
        steps = protocol("{current: 1 C, until: {filling: 0.5}}")
        result = finished(
            tmp_path, SINGLE, [model, *ALONE, smooth, steps, "solver.rtol=1e-9", "solver.atol=1e-9"]
        )
        found[nodes] = uniformity.images(profile(result)[-1], 20)[0]
    errors = [np.abs(found[n] - found[fine]).max() for n in (20, 40)]
    # the reference errs by 1/16 of the finer grid: order 2 shows as log2(63/15) = 2.07
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.07, abs=0.2)


def independent(kind, rate, factors, omega=4.49, strain=3.73, start=0.01):
    """UC of the mean-field array by SciPy: Butler-Volmer at alpha 1/2 gives the potential."""
    sign = 1.0 if kind == "lithiation" else -1.0
    k = 2 * 1e-2 / (1.602176634e-19 * 1.3793e28) / 150e-9 * 3600 * factors  # 1/h

    def slope(time, c):
        a = np.exp(-0.5 * (np.log(c / (1 - c)) + omega * (1 - 2 * c) + strain * (c - c.mean())))
        j0 = 3 * k * (1 - c) * np.sqrt(c * (1 - c))
        forward, backward, current = np.mean(j0 * a), np.mean(j0 / a), sign * rate
        # forward/z - backward z = current with z = exp(dphi/2)
        z = (-current + np.sqrt(current**2 + 4 * forward * backward)) / (2 * backward)
        return j0 * (a / z - z / a)

    first = np.full(factors.size, start if sign > 0 else 1 - start)
    times = np.linspace(0, (1 - 2 * start) / rate, 199)
    solved = solve_ivp(slope, (0, times[-1]), first, "BDF", times, rtol=1e-7, atol=1e-9)
    return uniformity.uniformity_coefficient(solved.y.T)


@pytest.mark.parametrize("kind", lim.KINDS)
def test_an_integration_by_scipy_gives_the_same_uniformity(kind):
    """Row M4, strained set at 0.2 C; 2e-3 is the choice of frames at the ends."""
    factors = rate_factors(np.array([1e-6]), 40, spread=0.3, sampling="quantiles")[0]
    ours = uniformity.uniformity_coefficient(lim.half_cycle(kind, 0.2, FEW).filling)
    assert ours == pytest.approx(independent(kind, 0.2, factors), abs=2e-3)


def test_rate_constants_have_the_given_spread_and_mean():
    size = np.full(400, 1e-6)
    for sampling in ("random", "quantiles"):
        factors = rate_factors(size, 100, spread=0.3, sampling=sampling)
        # four standard errors of 40,000 draws; quantiles miss the tails by 1 %
        assert factors.mean() == pytest.approx(1, abs=0.006)
        assert np.log(factors).std() == pytest.approx(0.3, rel=0.015)
    np.testing.assert_array_equal(rate_factors(size[:3], 100, spread=0.3), _first(3, size))
    assert not np.array_equal(*rate_factors(size[:2], 100, spread=0.3, sampling="quantiles"))


def _first(count, size):
    return rate_factors(size, 100, spread=0.3)[:count]


def test_correlated_rate_constants_are_a_field_of_the_plate_not_of_the_grid():
    length, ell = 1e-6, 5e-8
    size = np.full(300, length)
    field = np.log(rate_factors(size, 200, spread=0.3, correlation_length=ell))
    finer = np.log(rate_factors(size, 600, spread=0.3, correlation_length=ell))
    np.testing.assert_allclose(field, finer[:, 1::3], atol=1e-12)
    assert field.std() == pytest.approx(0.3, rel=0.05)  # 300 plates of 8 independent places
    centred = field - field.mean()
    ten = np.mean(centred[:, :-10] * centred[:, 10:]) / centred.var()
    assert ten == pytest.approx(np.exp(-0.5), abs=0.05)  # ten places are one length


def test_uniformity_has_its_two_limits_and_feels_noise():
    mean = np.linspace(0.01, 0.99, 99)
    uniform = np.repeat(mean[:, None], 400, axis=1)
    binary = (np.arange(400) < 400 * mean[:, None]).astype(float)
    assert uniformity.uniformity_coefficient(uniform) == pytest.approx(1)
    assert uniformity.uniformity_coefficient(binary) == pytest.approx(0, abs=1e-12)
    half = np.array([0.25, 0.75])
    assert uniformity.uniformity_coefficient(half) == pytest.approx(0.5)
    noisy = uniformity.images(uniform, 400, noise=0.06)
    # 1 - 0.06 (pi/8)/(1/6), all fillings alike: physics.md, row M4, says .865 or so
    expected = 1 - 0.06 * np.pi / 8 * 6
    assert uniformity.uniformity_coefficient(noisy) == pytest.approx(expected, abs=5e-3)


def test_images_keep_the_mean_and_refuse_more_pixels_than_places():
    filling = np.random.default_rng(0).random((3, 50))
    seen = uniformity.images(filling, 7)
    np.testing.assert_allclose(seen.mean(axis=1), filling.mean(axis=1), atol=1e-14)
    np.testing.assert_allclose(
        uniformity.images(filling, 25), (filling[:, ::2] + filling[:, 1::2]) / 2
    )
    blurred = uniformity.images(filling, 50, blur=1.0)
    assert blurred.std() < 0.7 * filling.std()
    with pytest.raises(ValueError, match="60 pixels cannot show 50 places"):
        uniformity.images(filling, 60)


def test_fast_domains_and_their_overlap():
    filling = np.linspace(0.2, 0.8, 101)
    ahead = uniformity.fast_domains(filling, lithiation=True)
    assert ahead.sum() == 50
    assert not np.any(ahead & uniformity.fast_domains(filling, lithiation=False))
    other = np.arange(101) >= 76
    assert uniformity.jaccard(ahead, other) == pytest.approx(0.5)
    assert uniformity.jaccard(~ahead & ahead, ahead & ~ahead) == 1
    assert uniformity.correlation(ahead, ~ahead) == pytest.approx(-1)
    assert np.isnan(uniformity.correlation(np.ones(3), np.arange(3)))


def test_a_front_of_constant_velocity_is_found():
    x, time = (np.arange(200) + 0.5) / 200, np.linspace(0, 3600, 37)
    filling = 1 / (1 + np.exp(-(x - (0.05 + 0.9 * time[:, None] / 3600)) / 0.01))
    seen = uniformity.Maps(time, filling, np.zeros(37), x, 1e-6)
    front = uniformity.front(seen)
    assert front.velocity == pytest.approx(0.9e-6 / 3600, rel=1e-3)
    assert front.straightness == pytest.approx(1, abs=1e-5)
    assert set(front.boundaries) == {1}
    with pytest.raises(ValueError, match="have a boundary"):
        uniformity.front(uniformity.Maps(time, filling * 0.3, np.zeros(37), x, 1e-6))


def test_maps_need_a_grid_and_plates(tmp_path):
    steps = protocol("{rest: 1 s}")
    spheres = simulate(configuration(tmp_path, SINGLE, [steps]))
    with pytest.raises(ValueError, match="no grid inside"):
        uniformity.maps(spheres, 0)
    inside = finished(tmp_path, SINGLE, [particle("diffusion", nodes=5), steps])
    with pytest.raises(ValueError, match="no plate"):
        uniformity.currents(inside, 0)
    with pytest.raises(ValueError, match="no saved times"):
        uniformity.maps(inside, 3)


def test_currents_in_a_porous_electrode_follow_their_own_overpotential(tmp_path):
    """j of a linear law over -eta is j0 everywhere, at another place of the electrode too."""
    overrides = [
        particle("channel_array", nodes=10),
        "positive.volumes=2",
        "positive.particles.per_volume=2",
        *PLATE,
        "positive.particles.kinetics={law: linear, k0: 0.02, exchange_current: constant}",
        "positive.particles.material={name: lfp, omega: 1 kT, diffusivity: 1e-24 m^2/s}",
        "positive.initial_filling=0.2",
        protocol("{current: 1 C, until: {filling: 0.6}}"),
    ]
    result = finished(tmp_path, HALF_CELL, overrides)
    flow = uniformity.currents(result, 0, particle=3)
    j0 = uniformity.recovered_exchange_current(flow, np.array([0.35, 0.4]), law="linear")
    factors = rate_factors(np.full(4, 6e-8), 10, spread=0.3)[3]
    # 1 %: differences over a 200th of the step
    np.testing.assert_allclose(j0, 0.02 * factors.mean(), rtol=0.01)


def test_row_m4_lithiation_is_the_more_uniform_and_not_without_the_skew():
    found = lim.coefficients((0.2, 2.0), FEW)
    for rate in (0.2, 2.0):
        assert 0.76 < found["lithiation", rate] < 0.82  # physics.md .77-.79; 40 channels
        assert found["lithiation", rate] - found["delithiation", rate] > 0.3
    free = lim.coefficients((0.2, 2.0), [*FEW, *lim.FREE])
    assert all(free[kind, 2.0] > free[kind, 0.2] for kind in lim.KINDS)
    control = lim.coefficients((0.6,), [*FEW, *lim.SYMMETRIC])
    assert abs(control["lithiation", 0.6] - control["delithiation", 0.6]) < 5e-3


def test_row_m6_rest_makes_it_binary_and_current_does_not():
    before, rested, again = lim.rest_and_restart("delithiation", 1.0, [*FEW, *lim.NO_STRAIN])
    assert rested < 0.2
    assert min(before, again) > 1.5 * rested
    # effective omega 4.49 - 3.73/2 = 2.625: ln(0.879/0.121) = 1.98 = 2.625 (1 - 0.242)
    assert lim.strain_limit(4.49, 3.73) == pytest.approx(0.24, abs=0.01)


def test_row_m9_critical_rates():
    critical, lobe = lim.critical_rates()
    assert critical == pytest.approx(0.249, rel=0.01)
    assert lobe == pytest.approx(0.552, rel=0.01)


def test_row_m13_fast_domains_are_of_the_surface_not_of_noise():
    nodes = ["positive.particles.model.nodes=120"]
    assert lim.overlap(nodes).jaccard > 0.9
    assert abs(lim.overlap(nodes, scattered=True).correlation) < 0.3  # three s.d. of 120 draws


def test_row_k6_currents_of_channels():
    flows = {
        kind: uniformity.currents(koo.half_cycle(kind, koo.RATE, FEW), 0, every=2)
        for kind in koo.KINDS
    }
    assert koo.surface_correlation(flows["delithiation"], 0.15) < -0.5
    lith, delith = (koo.variation_at_half(flows[kind]) for kind in koo.KINDS)
    assert lith < 0.3 < delith
    c = np.linspace(0.1, 0.9, 17)
    f = 3 * (1 - c) * np.sqrt(c * (1 - c))
    for flow in flows.values():
        j0 = uniformity.recovered_exchange_current(flow, c) / koo.K0
        np.testing.assert_allclose(j0, f, rtol=0.1)


def test_row_k8_directions_become_alike_at_low_rates():
    gaps = []
    for rate in (0.0005, 0.05):
        one, other = (
            uniformity.uniformity_coefficient(
                uniformity.maps(koo.half_cycle(kind, rate, FEW), 0).filling
            )
            for kind in koo.KINDS
        )
        gaps.append(abs(one - other))
    assert gaps[0] < 0.03 < 0.3 < gaps[1]
