"""Where lithium is at the start, D(c) by name, layers of an electrode, and isolated rests."""

import casadi as ca
import numpy as np
import pytest

import electrode_model as em
from electrode_model import diffusivity, initial
from electrode_model.analysis.balance import balance
from electrode_model.config.load import load, resolved_yaml
from tests.models import HALF_CELL, SINGLE, configuration

POSITION = np.linspace(0, 1, 11)
SLAB = "positive.particles.model={name: cahn_hilliard, shape: slab, nodes: 12}"


def test_uniform_start():
    start = initial.uniform(POSITION, 3, value=0.2)
    assert start.shape == (11, 3)
    assert np.all(start == 0.2)
    assert initial.uniform(np.empty(0), 3, value=0.2).shape == (1, 3)


def test_core_shell_start():
    start = initial.core_shell(POSITION, 2, core=0.1, shell=0.9, boundary=0.5, width=0.02)
    np.testing.assert_allclose(start[:, 0], np.where(POSITION < 0.45, 0.1, 0.9) - 0.4 * (
        np.arange(11) == 5
    ), atol=1e-4)  # tanh(5) = 0.9999  # fmt: skip
    assert np.all(start[:, 0] == start[:, 1])
    with pytest.raises(ValueError, match="no inside"):
        initial.core_shell(np.empty(0), 2, core=0.1, shell=0.9)


def test_scattered_start():
    draw = initial.scattered(np.empty(0), 20_000, mean=0.5, std=0.1, seed=3)
    assert draw.shape == (1, 20_000)
    assert draw.mean() == pytest.approx(0.5, abs=4 * 0.1 / 141)  # four standard errors
    assert draw.std() == pytest.approx(0.1, rel=0.02)  # four standard errors
    again = initial.scattered(np.empty(0), 20_000, mean=0.5, std=0.1, seed=3)
    assert np.all(draw == again)
    edge = initial.scattered(POSITION, 500, mean=0.99, std=0.05, among="places", seed=1)
    assert 0 < edge.min() < edge.max() < 1
    assert np.ptp(edge[:, 0]) > 0  # places of a particle differ
    each = initial.scattered(POSITION, 500, mean=0.99, std=0.05, seed=1)
    assert np.all(np.ptp(each, axis=0) == 0)
    assert np.ptp(each[0]) > 0  # particles differ
    assert np.all(initial.scattered(POSITION, 2, mean=0.3, std=0.0) == 0.3)


def test_forms_of_the_diffusivity():
    c = np.linspace(0.05, 0.95, 7)
    assert diffusivity.uniform(c) == 1
    assert diffusivity.exponential(0.5, decay=3.0) == 1
    ratio = diffusivity.exponential(0.0, decay=np.log(10)) / diffusivity.exponential(
        1.0, decay=np.log(10)
    )
    assert ratio == pytest.approx(10)
    knots, values = (0.0, 0.4, 0.8, 1.0), (-0.5, 0.5, 0.2, -2.0)
    for x, y in zip(knots, values, strict=True):
        assert diffusivity.tabulated(x, filling=knots, log10_ratio=values) == pytest.approx(10**y)
    x = ca.SX.sym("x", 7)
    table = diffusivity.tabulated(x, filling=knots, log10_ratio=values)
    both = np.array(ca.Function("d", [x], [table])(c)).ravel()
    np.testing.assert_allclose(
        both, diffusivity.tabulated(c, filling=knots, log10_ratio=values), rtol=1e-13
    )
    for bad in ((0.0, 0.5), (0.0, 0.4, 0.3, 1.0)):
        with pytest.raises(ValueError, match="ascending"):
            diffusivity.tabulated(c, filling=bad, log10_ratio=values)


def test_diffusivity_shape_reaches_the_particles(tmp_path):
    """A Fickian slab whose D falls tenfold keeps a steeper profile where it is full."""

    def profile(decay: float) -> np.ndarray:
        overrides = [
            "positive.particles.model={name: diffusion, shape: slab, nodes: 12}",
            f"positive.particles.material.diffusivity_shape={{form: exponential, decay: {decay}}}",
            "positive.particles.material.diffusivity=1e-16 m^2/s",
            "positive.particles.initial_filling=0.5",
            "protocol=[{current: 1 C, until: {filling: 0.6}}]",
        ]
        result = em.simulate(configuration(tmp_path, SINGLE, overrides))
        assert result.status == "finished"
        return result["Particle profiles 0"][-1, :, 0]

    even, falling = profile(0.0), profile(4.0)
    gradients = np.diff(falling) / np.diff(even)
    assert gradients[-1] > 1.1  # c > 1/2 at the surface: slower there
    assert np.all(np.diff(falling) > 0)


def test_bad_table_of_a_diffusivity_names_the_file(tmp_path):
    bad = "positive.particles.material.diffusivity_shape={form: tabulated, filling: [0, 1], "
    config = [SLAB, bad + "log10_ratio: [0, 1, 2]}"]
    with pytest.raises(em.ConfigError, match="2 fillings and 3 values"):
        em.simulate(configuration(tmp_path, SINGLE, config))


def test_every_population_may_have_its_own_start(tmp_path):
    two = (
        "positive.particles=[{model: {name: homogeneous}, size: 1 um, material: nmc532,"
        " volume_fraction: 0.25, initial_filling: 0.9}, {model: {name: homogeneous}, size: 1 um,"
        " material: nmc532, volume_fraction: 0.75}]"
    )
    overrides = [two, "positive.initial_filling=0.5", "protocol=[{rest: 1 s}]"]
    result = em.simulate(configuration(tmp_path, SINGLE, overrides))
    np.testing.assert_allclose(result["Particle filling fraction"][0], [0.9, 0.5])
    assert result["Positive filling fraction"][0] == pytest.approx(0.6)


def test_a_start_must_be_given(tmp_path):
    with pytest.raises(em.ConfigError, match=r"positive\.initial_filling is missing"):
        em.simulate(configuration(tmp_path, SINGLE, ["positive.initial_filling=null"]))


LAYER = "{{model: {{name: homogeneous}}, per_volume: 3, size: {{distribution: lognormal, mean: 1 um, std: 0.2 um}}, material: {0}, depth: {1}}}"  # noqa: E501
HALVES = "positive.particles=[" + LAYER.format("nmc532", "[0, 0.5]") + ", "
CHARGE = [
    "positive.volumes=4",
    "positive.initial_filling=0.9",
    "protocol=[{current: -1 C, until: {filling: 0.7}}]",
    "output.every=60 s",
]


def test_layers_of_one_material_are_one_electrode(tmp_path):
    layered = HALVES + LAYER.format("nmc532", "[0.5, 1]") + "]"
    whole = "positive.particles=" + LAYER.format("nmc532", "[0, 1]")
    voltages = []
    for particles in (layered, whole):
        result = em.simulate(configuration(tmp_path, HALF_CELL, [particles, *CHARGE]))
        assert result.status == "finished"
        assert balance(result).worst < 1e-13
        saved = np.arange(0, 700, 60.0)  # s, rows of both runs
        voltages.append(np.interp(saved, result["Time [s]"], result["Voltage [V]"]))
    np.testing.assert_allclose(*voltages, rtol=0, atol=1.6e-5)  # V: four times rtol 1e-6 of 4 V


def test_layers_hold_what_their_sites_hold(tmp_path):
    layered = HALVES + LAYER.format("nmc111", "[0.5, 1]") + "]"
    result = em.simulate(configuration(tmp_path, HALF_CELL, [layered, *CHARGE]))
    assert result.status == "finished"
    assert balance(result).worst < 1e-13
    per_volume = np.bincount(result.layout.volume, result.layout.weight)
    sites = [load_number(name, "site_density") for name in ("nmc532", "nmc111")]
    np.testing.assert_allclose(
        per_volume[[0, 3]] / per_volume.sum(), np.array(sites) / sum(sites) / 2
    )
    assert result.layout.weight.sum() == pytest.approx(1)


def load_number(material: str, name: str) -> float:
    from electrode_model.config.components import material as find

    return find(material).numbers[name].value


@pytest.mark.parametrize(
    ("depth", "message"),
    [
        ("[0, 0.5]", "sums to nothing"),
        ("[0.5, 0.2]", "nearer the separator"),
        ("[0, 0.1]", "no middle"),
    ],
)
def test_layers_that_leave_a_gap_are_refused(tmp_path, depth, message):
    particles = "positive.particles=" + LAYER.format("nmc532", depth)
    with pytest.raises(em.ConfigError, match=message):
        em.simulate(configuration(tmp_path, HALF_CELL, [particles, *CHARGE]))


REST = [
    "positive.particles.model={name: diffusion, nodes: 12}",
    "positive.particles.per_volume=4",
    "positive.particles.size={distribution: lognormal, mean: 1 um, std: 0.3 um}",
    "positive.particles.material={name: nmc532, diffusivity: 1e-15 m^2/s}",
    "positive.initial_filling=0.9",
    "protocol=[{current: -4 C, until: {filling: 0.7}}, {rest: 24 h, isolated: true},"
    " {current: 1 C, until: {filling: 0.75}}]",
]


@pytest.mark.parametrize("text", [SINGLE, HALF_CELL], ids=["single", "half cell"])
def test_isolated_particles_keep_their_lithium(tmp_path, text):
    result = em.simulate(configuration(tmp_path, text, REST))
    assert result.status == "finished"
    assert balance(result).worst < 1e-13
    rest = result["Field step"] == 1
    mean, inside = (result[n][rest] for n in ("Particle filling fraction", "Particle profiles 0"))
    assert np.abs(mean - mean[0]).max() < 1e-14  # rounding
    assert np.ptp(mean[0]) > 0.01  # sizes differ, and so do the fillings
    assert np.ptp(inside[0], axis=0).max() > 0.01
    assert np.ptp(inside[-1], axis=0).max() < 1e-6  # L^2/D is 17 min: 24 h is for ever
    row = result["Step"] == 1
    assert np.all(result["C-rate"][row] == 0)
    assert np.ptp(result["Voltage [V]"][row]) == 0  # held: isolated particles have none in common
    assert result.steps[1].planned
    # particles reconnect at one potential, and those ahead give to those behind
    assert result.steps[2].reason == "filling 0.75"


def test_isolated_phases_come_to_one_chemical_potential(tmp_path):
    overrides = [
        "positive.particles.model={name: cahn_hilliard, shape: slab, nodes: 41}",
        "positive.particles.size=30 nm",
        "positive.particles.material={name: lfp, coherency: 0, diffusivity: 1e-16 m^2/s}",
        "positive.particles.initial_filling={profile: core_shell, core: 0.2, shell: 0.9}",
        "protocol=[{rest: 10 h, isolated: true}]",
    ]
    result = em.simulate(configuration(tmp_path, SINGLE, overrides))
    assert result.status == "finished"
    start, end = result["Particle profiles 0"][[0, -1], :, 0]
    weights = result.layout.profiles[0].weights
    assert weights @ end == pytest.approx(weights @ start, abs=1e-13)
    # binodal of omega = 4.51 kT: 0.0127 and 0.9873; the boundary is 6 nm wide, the ends 10 away
    assert end[0] == pytest.approx(0.013, abs=0.004)
    assert end[-1] == pytest.approx(0.987, abs=0.004)


@pytest.mark.parametrize(("current", "start", "stop"), [("-4 C", 0.9, 0.6), ("4 C", 0.5, 0.8)])
def test_a_step_ends_where_a_surface_is_reached(tmp_path, current, start, stop):
    overrides = [
        *REST[:-2],
        f"positive.initial_filling={start}",
        f"protocol=[{{current: {current}, until: {{surface_filling: {stop}}}}}]",
    ]
    result = em.simulate(configuration(tmp_path, SINGLE, overrides))
    assert result.steps[0].reason == f"surface filling {stop}"
    surface = result["Particle surface filling fraction"]
    extreme = surface[-1].min() if current.startswith("-") else surface[-1].max()
    assert extreme == pytest.approx(stop, abs=1e-9)  # a root of the dense output
    outermost = result["Particle profiles 0"][:, -1]
    np.testing.assert_array_equal(surface, outermost)


def test_surface_of_a_homogeneous_particle_is_its_mean(tmp_path):
    overrides = ["protocol=[{current: 1 C, until: {surface_filling: 0.4}}]"]
    result = em.simulate(configuration(tmp_path, SINGLE, overrides))
    assert result.steps[0].reason == "surface filling 0.4"
    assert result["Particle surface filling fraction"][-1].max() == pytest.approx(0.4, abs=1e-9)


@pytest.mark.parametrize(
    ("protocol", "message"),
    [
        ("{current: 1 C, isolated: true, until: {time: 1 h}}", "isolated is unknown"),
        ("{rest: {}, isolated: true, until: {voltage: 3 V}}", "share no voltage"),
        ("{rest: {}, until: {surface_filling: 0.5}}", "no direction"),
        ("{rest: 1 h, isolated: 1}", "isolated"),
    ],
)
def test_refused_steps(tmp_path, protocol, message):
    with pytest.raises(em.ConfigError, match=message):
        em.simulate(configuration(tmp_path, SINGLE, [f"protocol=[{protocol}]"]))


def test_all_of_it_survives_being_written_out(tmp_path):
    overrides = [
        *REST[:-1],
        "positive.particles.initial_filling={profile: scattered, mean: 0.9, std: 0.01}",
        "positive.particles.material.diffusivity_shape={form: exponential, decay: 2}",
        "protocol=[{rest: 1 h, isolated: true}, {current: -1 C, until: {surface_filling: 0.5}}]",
    ]
    config = configuration(tmp_path, SINGLE, overrides)
    path = tmp_path / "again.yaml"
    path.write_text(resolved_yaml(config), encoding="utf-8")
    assert load(path) == config


OWN_EXCHANGE = "positive.particles.kinetics={law: ciet, reorganisation: 8.3 kT"


def test_a_law_with_its_own_exchange_current_takes_no_other(tmp_path):
    config = configuration(tmp_path, SINGLE, [OWN_EXCHANGE + ", k0: 10}"])
    assert config.positive.particles[0].kinetics.exchange_current is None
    path = tmp_path / "again.yaml"
    path.write_text(resolved_yaml(config), encoding="utf-8")
    assert load(path) == config
    with pytest.raises(em.ConfigError, match="does not enter the law ciet"):
        configuration(tmp_path, SINGLE, [OWN_EXCHANGE + ", k0: 10, exchange_current: skewed}"])
    with pytest.raises(em.ConfigError, match=r"kinetics\.k0 is missing"):
        configuration(tmp_path, SINGLE, [OWN_EXCHANGE + "}"])  # the material's is of another law
