"""The cylinder's section: its grid, its two kinds of surface, and an independent solution."""

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import eigs
from scipy.special import jv, jvp

from electrode_model.analysis import section
from electrode_model.plots.plot import FIGURES
from electrode_model.polar import half_disc
from electrode_model.results.records import Profiles
from electrode_model.simulation.simulate import simulate
from tests.models import SINGLE, SMOOTH, assembly, configuration, particle, states_at

ROUNDING = 1e-12  # of rates of order one to a hundred: a few hundred additions
POINT = (*SMOOTH, "positive.particles.per_volume=2")
SHAPE = (
    "positive.particles.material={name: nmc532, diffusivity: 1e-15 m^2/s,"
    " diffusivity_shape: {form: exponential, decay: 4}}",
)


def kernel_of(folder, **numbers):
    """The only group's kernel and the numbers q of its first particle."""
    model = assembly(folder, SINGLE, (*POINT, particle("cross_section", **numbers)))
    return model.groups[0].kernel, model.groups[0].q[:, 0]


def rates(kernel, q, x, dphi=-1.0):
    arguments = [kernel.x, kernel.c_bar, kernel.c_e, kernel.dphi, kernel.q]
    function = ca.Function("f", arguments, [kernel.rate])
    return np.array(function(x, 0.5, 1.0, dphi + 4.0 / 0.0257, q))[:, 0]


def test_is_the_cylinder_where_nothing_depends_on_the_angle(tmp_path):
    flat, q = kernel_of(tmp_path, radial=7, angular=5, blocked=0)
    line = assembly(
        tmp_path, SINGLE, (*POINT, particle("diffusion", shape="cylinder", nodes=7))
    ).groups[0]
    ray = np.random.default_rng(0).uniform(0.3, 0.7, 7)
    spread = np.concatenate([ray[:1], np.repeat(ray[1:], 5)])
    on_line = rates(line.kernel, line.q[:, 0], ray)
    on_section = rates(flat, q, spread)
    expected = np.concatenate([on_line[:1], np.repeat(on_line[1:], 5)])
    np.testing.assert_allclose(on_section, expected, rtol=1e-10, atol=ROUNDING)
    assert flat.names[:2] == line.kernel.names[:2]


def test_grid_tiles_the_section():
    grid = half_disc(9, 6, refinement=3.0)
    assert grid.weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert grid.surface.sum() == pytest.approx(1.0, abs=1e-14)
    assert grid.positions.shape == grid.angles.shape == (grid.count,)
    np.testing.assert_array_equal(grid.positions[grid.surface > 0], 1.0)
    np.testing.assert_allclose(np.diff(grid.middles), np.pi / 6, rtol=1e-12)


def matrix(grid):
    """Of the divergence at D = 1 without a surface flux."""
    c = ca.SX.sym("c", grid.count)
    slope = ca.jacobian(grid.divergence(c, lambda _: 1.0, ca.SX.zeros(grid.sectors)), c)
    return csc_matrix(ca.Function("A", [], [slope])()["o0"].sparse())


def test_second_order_for_a_wave_in_angle():
    """J1(k r) cos(phi) decays as exp(-k^2 t), k the first zero of J1': rate and shape."""
    k = brentq(lambda z: jvp(1, z), 1.5, 2.2)
    errors = []
    for n in (8, 16, 32):
        grid = half_disc(n + 1, n)
        values, vectors = eigs(matrix(grid), k=1, sigma=-(k**2))
        wave = jv(1, k * grid.positions) * np.cos(grid.angles)
        found = vectors[:, 0].real
        found *= (grid.weights * wave) @ found / (grid.weights @ found**2)  # its amplitude
        apart = np.sqrt(grid.weights @ (found - wave) ** 2 / (grid.weights @ wave**2))
        errors.append((abs(values[0].real / k**2 + 1), apart))
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.all(np.abs(orders - 2) < 0.1)  # the last bit of asymptotics is missing at n = 8
    assert np.all(np.array(errors[-1]) < 1e-3)


@pytest.mark.parametrize("numbers", [{"patch_rate": 0.1}, {"flux_ratio": 0.3}], ids=str)
@pytest.mark.parametrize("film", [(), ("positive.particles.film_resistance=0.02",)])
def test_lithium_is_conserved(numbers, film, tmp_path):
    """The mean filling changes by the mean rate of the surface, 2/R times it."""
    point = particle("cross_section", radial=6, angular=8, blocked=0.3, **numbers)
    group = assembly(tmp_path, SINGLE, (*POINT, point, *film)).groups[0]
    kernel, q = group.kernel, group.q[:, 0]
    inner = 1 + 5 * 8
    x = np.random.default_rng(1).uniform(0.3, 0.7, kernel.mass.size)
    found = kernel.weights @ rates(kernel, q, x)
    # without transport the outermost cells change by their own reaction alone
    still = q.copy()
    still[kernel.names.index("diffusion")] = 0.0
    apart = rates(kernel, still, x)
    assert np.all(apart[: inner - 8] == 0)
    assert found == pytest.approx(kernel.weights @ apart, rel=1e-10)
    assert abs(found) > 0.1


@pytest.mark.parametrize(
    ("blocked", "ratio", "free"), [(0.25, 0.3, 1.2121), (0.25, 0.7, 1.0811), (0.5, 0.3, 1.5385)]
)
def test_fixed_ratio_of_fluxes(blocked, ratio, free, tmp_path):
    """Flux of the free surface over the mean: the numbers of physics.md L1, to their digits."""
    kernel, q = kernel_of(tmp_path, radial=4, angular=8, blocked=blocked, flux_ratio=ratio)
    x = np.random.default_rng(2).uniform(0.4, 0.6, kernel.x.shape[0])
    q = q.copy()
    q[kernel.names.index("diffusion")] = 0.0
    flux = rates(kernel, q, x)[-8:]
    patch = np.arange(8) < 8 * blocked
    np.testing.assert_allclose(flux[patch], ratio * flux[-1], rtol=1e-10)
    np.testing.assert_allclose(flux[~patch], flux[-1], rtol=1e-10)
    assert flux[-1] / flux.mean() == pytest.approx(free, abs=5e-5)


def test_patch_of_other_kinetics(tmp_path):
    """A tenth of the rate under the patch; a sector half under it has 0.55 of it."""
    kernel, q = kernel_of(tmp_path, radial=4, angular=6, blocked=0.25, patch_rate=0.1)
    flux = rates(kernel, q, np.full(kernel.x.shape[0], 0.5))[-6:]
    np.testing.assert_allclose(flux / flux[-1], [0.1, 0.55, 1, 1, 1, 1], rtol=1e-10)


def test_jacobian_is_no_wider_than_a_ring(tmp_path):
    for numbers in ({"patch_rate": 0.1}, {"flux_ratio": 0.3}):
        kernel, _ = kernel_of(tmp_path, radial=9, angular=6, blocked=0.25, **numbers)
        rows, columns = ca.jacobian(kernel.rate, kernel.x).sparsity().get_triplet()
        assert np.abs(np.array(rows) - np.array(columns)).max() == 6


def test_blocked_shares_are_drawn_by_seed(tmp_path):
    def shares(seed):
        numbers = {"blocked": 0.25, "blocked_spread": 0.3, "seed": seed}
        model = particle("cross_section", radial=3, angular=2, **numbers)
        group = assembly(tmp_path, SINGLE, (*SMOOTH, "positive.particles.per_volume=50", model))
        return group.groups[0].q[group.groups[0].kernel.names.index("blocked")]

    first = shares(3)
    np.testing.assert_array_equal(first, shares(3))
    assert not np.array_equal(first, shares(4))
    assert first.min() == 0.0  # cut off there
    assert 0.4 < first.max() <= 0.55


def test_both_builds_take_the_same_size(tmp_path):
    """``size`` is the radius: equal currents fill the section and the cylinder alike."""
    times = [0.0, 0.02, 0.05]
    ends = []
    for model in (
        particle("cross_section", radial=8, angular=3),
        particle("diffusion", shape="cylinder", nodes=8),
    ):
        states, _, system = states_at(assembly(tmp_path, SINGLE, (*POINT, *SHAPE, model)), times)
        ends.append(states[:, system.where["voltage"]][:, 0])
    # the solver's tolerance of 1e-6 on a voltage of about 155 kT/e
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-3)


def independent(cells, sectors, radius, rate, ratio, hours):
    """Cell-centred scheme for D = D0 exp(-4 (c - 0.5)), quarter patch; first moment and s.d.

    The surface is half a cell beyond the last value; LSODA integrates, dense rows in a band.
    """
    bounds = np.linspace(0, 1, cells + 1)
    r, h, w = (bounds[1:] + bounds[:-1]) / 2, 1 / cells, np.pi / sectors
    phi = (np.arange(sectors) + 0.5) * w
    strength = 1e-15 * 3600 / radius**2
    share = np.where(phi < np.pi / 4, ratio, 1.0)
    inflow = rate / 2 * share / share.mean()
    volume = (bounds[1:] ** 2 - bounds[:-1] ** 2) / 2

    def slope(_, flat):
        c = flat.reshape(cells, sectors)
        d = strength * np.exp(-4 * (c - 0.5))
        radial = np.zeros((cells + 1, sectors))
        radial[1:-1] = (d[1:] + d[:-1]) / 2 * np.diff(c, axis=0) / h * bounds[1:-1, None]
        radial[-1] = inflow
        turning = np.zeros((cells, sectors + 1))
        turning[:, 1:-1] = (d[:, 1:] + d[:, :-1]) / 2 * np.diff(c, axis=1) / (r[:, None] * w)
        gain = np.diff(radial, axis=0) + h * np.diff(turning, axis=1) / w
        return (gain / volume[:, None]).ravel()

    done = solve_ivp(
        slope,
        (0, hours),
        np.full(cells * sectors, 0.4),
        method="LSODA",
        lband=sectors,
        uband=sectors,
        rtol=1e-7,
        atol=1e-9,
    )
    c = done.y[:, -1].reshape(cells, sectors)
    weights = np.repeat(volume[:, None], sectors, axis=1) / volume.sum() / sectors
    x = r[:, None] * np.cos(phi)
    mean = (weights * c).sum()
    return mean, (weights * x * c).sum(), np.sqrt((weights * (c - mean) ** 2).sum())


def test_agrees_with_an_independent_scheme(tmp_path):
    """Fixed flux ratio at 1C: another grid, other faces, another integrator."""
    size = ("positive.particles.size=1 um", "positive.particles.per_volume=1")
    model = particle("cross_section", radial=17, angular=16, blocked=0.25, flux_ratio=0.3)
    whole = assembly(tmp_path, SINGLE, (*SMOOTH, *SHAPE, *size, model))
    states, _, system = states_at(whole, [0.0, 0.3])
    kernel = whole.groups[0].kernel
    c = states[-1, system.blocks[0]][: kernel.weights.size]
    profiles = profiles_of(kernel)
    x = kernel.positions * np.cos(kernel.angles)
    found = (
        kernel.weights @ c,
        (kernel.weights * x) @ c,
        section.spread(c, profiles),
    )
    mean, moment, deviation = independent(16, 16, 1e-6, 1.0, 0.3, 0.3)
    assert found[0] == pytest.approx(mean, abs=1e-6)  # both conserve
    # both are off by order h^2: 1 % at h = 1/16, as against 32 x 32 of either
    assert found[1] == pytest.approx(moment, rel=0.02)
    assert found[2] == pytest.approx(deviation, rel=0.02)
    assert moment < -0.005


def profiles_of(kernel):
    n = kernel.positions.size
    return Profiles(
        np.arange(1), kernel.positions, kernel.weights[:n], kernel.surface, kernel.angles
    )


def disc(shift, radius, points=41, sectors=40):
    """1 inside a disc of ``radius`` about x = ``shift``, falling linearly to its outside."""
    grid = half_disc(points, sectors)
    profiles = Profiles(np.arange(1), grid.positions, grid.weights, grid.surface, grid.angles)
    x, y = grid.positions * np.cos(grid.angles), grid.positions * np.sin(grid.angles)
    return 1 - 0.5 * np.hypot(x - shift, y) / radius, profiles


@pytest.mark.parametrize("shift", [0.0, 0.3, -0.2])
def test_core_of_a_known_disc(shift):
    """Area and centroid of the disc where the filling is over 0.5: errors of the grid, 1 %."""
    values, profiles = disc(shift, 0.4)
    found = section.core(values, profiles, 0.5)
    assert found.area == pytest.approx(0.16, rel=0.01)
    assert found.offset == pytest.approx(shift, abs=0.004)
    top, place = section.highest(values, profiles)
    assert place == pytest.approx(shift, abs=0.03)  # the tip of a cone, one grid width
    assert top == pytest.approx(1.0, abs=0.03)


def test_line_cut_through_the_patch():
    """A cone off the centre: its flanks along the axis, to the square of half a sector."""
    values, profiles = disc(0.3, 0.4)
    x, along = section.line_cut(values, profiles)
    assert (x[0], x[-1]) == (-1, 1)
    assert np.all(np.diff(x) > 0)
    np.testing.assert_allclose(along, 1 - 0.5 * np.abs(x - 0.3) / 0.4, atol=0.03)


def test_no_core_no_offset():
    values, profiles = disc(0.0, 0.4)
    assert section.core(values, profiles, 1.5).area == 0
    assert np.isnan(section.core(values, profiles, 1.5).offset)
    assert section.spread(np.full(values.size, 0.3), profiles) == pytest.approx(0, abs=1e-12)


def test_other_particles_have_no_section(tmp_path):
    line = Profiles(np.arange(1), np.linspace(0, 1, 3), np.ones(3) / 3, np.eye(3)[-1])
    with pytest.raises(ValueError, match="cross_section"):
        section.core(np.ones(3), line, 0.5)


def test_a_patch_among_other_particles(tmp_path):
    """Two populations, patched and fresh, share the current and end at a surface filling."""
    text = SINGLE.replace(
        "protocol: [{current: 1 C, until: {voltage: 2.5 V}}]",
        "protocol: [{current: -1 C, until: {surface_filling: 0.5}}]",
    )
    common = (
        "per_volume: 1, size: 1 um, volume_fraction: 0.5,"
        " material: {name: nmc532, diffusivity: 1e-15 m^2/s},"
        " kinetics: {law: butler_volmer, k0: 1 A/m^2, exchange_current: constant}"
    )
    model = "model: {name: cross_section, radial: 6, angular: 6, blocked: "
    overrides = (
        f"positive.particles=[{{{model}0.25}}, {common}}}, {{{model}0}}, {common}}}]",
        "positive.initial_filling=0.95",
    )
    result = simulate(configuration(tmp_path, text, overrides))
    assert result.status == "finished"
    assert result.steps[0].reason == "surface filling 0.5"
    patched, fresh = result["Particle filling fraction"][-1]
    assert patched > fresh + 0.005
    last = [result[f"Particle profiles {k}"][-1, :, 0] for k in (0, 1)]
    figure = FIGURES["profiles"](result)
    for ax in figure.axes:
        assert ax.get_xlim() == (-1, 1)
        assert all(np.all(np.diff(line.get_xdata()) > 0) for line in ax.lines)
    lowest = [
        values[g.surface > 0].min() for values, g in zip(last, result.layout.profiles, strict=True)
    ]
    assert min(lowest) == pytest.approx(0.5, abs=1e-6)
