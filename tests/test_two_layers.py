"""Two coupled layers in a particle: free energy, stages, conservation, equal layers.

For their order in the grid and idas see test_every_model.py.
"""

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, root

from electrode_model.analysis.balance import balance
from electrode_model.assemble import chemistry
from electrode_model.config.components import material
from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.free_energy import layered_solution, regular_solution
from electrode_model.scales import Scales
from tests.models import HALF_CELL, SINGLE, assembly, configuration, particle
from tests.runs import finished, protocol

TEMPERATURE = 298.15  # K
THERMAL = BOLTZMANN * TEMPERATURE / ELEMENTARY_CHARGE  # V
GRAPHITE = {
    key: material("graphite_2param").numbers[key].value / (BOLTZMANN * TEMPERATURE)
    for key in ("omega", "omega_b", "omega_c", "van_der_waals")
}
MODELS = ("homogeneous", "cahn_hilliard", "allen_cahn")
RADIAL = ("cahn_hilliard", "diffusion")
WINDOW = "voltage_window=[-1, 3]"
ONE = ("positive.particles.per_volume=1", "positive.particles.size=1 um")


def energy(a, b, w):
    """Free energy of a pair of sites [kT], written out apart from the package."""

    def own(c):
        mixing = c * np.log(c) + (1 - c) * np.log(1 - c)
        opening = w["van_der_waals"] * (10 * c**3 - 15 * c**4 + 6 * c**5)
        return mixing + w["omega"] * c * (1 - c) + opening

    coupling = w["omega_b"] * a * b + w["omega_c"] * a * (1 - a) * b * (1 - b)
    return own(a) + own(b) + coupling


def two(model, **numbers):
    """Overrides for graphite in particles of two layers."""
    if model in RADIAL:
        numbers = {"nodes": 21} | numbers
    thickness = ("positive.particles.thickness=100 nm",) if model == "allen_cahn" else ()
    return (
        particle(f"{model}_two_layers", **numbers),
        "positive.particles.material=graphite_2param",
        *ONE,
        WINDOW,
        *thickness,
    )


def layers(result):
    """(time, places) fillings of both layers of the first particle."""
    profile = result["Particle profiles 0"][:, :, 0]
    return profile[:, 0::2], profile[:, 1::2]


@pytest.mark.parametrize("opening", [0.0, 0.8])
def test_chemical_potentials_are_derivatives_of_one_free_energy(opening):
    """Central differences of 1e-5: 1e-8 of a curvature below 1e2."""
    w = GRAPHITE | {"van_der_waals": opening}
    a, b = np.meshgrid(np.linspace(0.05, 0.95, 19), np.linspace(0.07, 0.93, 15))
    h = 1e-5
    first = (energy(a + h, b, w) - energy(a - h, b, w)) / (2 * h)
    second = (energy(a, b + h, w) - energy(a, b - h, w)) / (2 * h)
    np.testing.assert_allclose(layered_solution(a, b, **w).total(a), first, atol=2e-7)
    np.testing.assert_allclose(layered_solution(b, a, **w).total(b), second, atol=2e-7)


def test_without_interactions_a_layer_is_a_regular_solution():
    c, nothing = np.linspace(0.1, 0.9, 9), dict.fromkeys(("omega_b", "omega_c"), 0.0)
    layer = layered_solution(c, 1 - c, omega=3.4, van_der_waals=0.0, **nothing)
    np.testing.assert_array_equal(layer.excess, regular_solution(c, omega=3.4).excess)


def test_symbols_and_numbers_agree():
    a, b = ca.SX.sym("a", 5), ca.SX.sym("b", 5)
    w = GRAPHITE | {"van_der_waals": 0.5}
    graph = ca.Function("mu", [a, b], [layered_solution(a, b, **w).total(a)])
    x, y = np.linspace(0.1, 0.9, 5), np.linspace(0.8, 0.2, 5)
    np.testing.assert_allclose(
        graph(x, y).full()[:, 0], layered_solution(x, y, **w).total(x), rtol=1e-13
    )


def test_laws_of_a_configuration_know_their_layers(tmp_path):
    """The energies reach the laws in kT, at any temperature; layers that fill alike are one."""
    config = configuration(tmp_path, SINGLE, two("homogeneous"))
    given, graphite = config.positive.particles[0], material("graphite_2param")
    numbers = {name: number.value for name, number in graphite.numbers.items()}
    law = chemistry(given, graphite, numbers, Scales(TEMPERATURE, 1.0))
    expected = layered_solution(0.3, 0.6, **GRAPHITE)
    assert law.layer(0.3, 0.6).excess == pytest.approx(expected.excess, rel=1e-14)
    assert law.potential(0.3).excess == law.layer(0.3, 0.3).excess
    hot = chemistry(given, graphite, numbers, Scales(2 * TEMPERATURE, 1.0))
    assert hot.layer(0.3, 0.6).excess == pytest.approx(expected.excess / 2, rel=1e-14)


@pytest.mark.parametrize("name", ["nmc532", "graphite_1param"])
def test_a_material_known_by_its_voltage_has_no_layers(name, tmp_path):
    overrides = (particle("homogeneous_two_layers"), f"positive.particles.material={name}")
    with pytest.raises(ValueError, match="two layers need a material that is a regular solution"):
        assembly(tmp_path, SINGLE, overrides)


def curvature(c, width):
    """Second difference of (n,) points, the outer ones in half cells with nothing beyond."""
    steps = np.diff(c, prepend=c[1], append=c[-2])
    return np.diff(steps) / width**2


@pytest.mark.parametrize("model", MODELS)
def test_rest_ends_at_one_chemical_potential(model, tmp_path):
    """Every layer and place comes to the electrode's potential, gradient energy included.

    1e-3 kT, 0.03 mV: what is left after a rest of 20 h.  The phase field comes to rest in
    domains of stages 1 and 2 and of the dilute phase.
    """
    keys = {
        "homogeneous": {},
        "cahn_hilliard": {"shape": "slab"},
        "allen_cahn": {"wetted": "false"},
    }
    overrides = [
        *two(model, layer_split=0, start_difference=0.4, **keys[model]),
        "positive.initial_filling=0.5",
        protocol("{rest: 20 h}"),
    ]
    result = finished(tmp_path, SINGLE, overrides)
    a, b = (layer[-1] for layer in layers(result))
    assert a.max() > 0.95
    assert b.min() < 0.05
    rest = (0.12 - result["Voltage [V]"][-1]) / THERMAL
    kappa = 4e-7 / (1.7e28 / 2 * BOLTZMANN * TEMPERATURE)
    for own, other in ((a, b), (b, a)):
        mu = layered_solution(own, other, **GRAPHITE).total(own)
        if model == "cahn_hilliard":
            assert np.ptp(own) > 0.9
            mu = mu - kappa * curvature(own, 1e-6 / 20)
        np.testing.assert_allclose(mu, rest, atol=1e-3)


@pytest.mark.parametrize("model", MODELS)
def test_lithium_charge_and_salt_are_conserved(model, tmp_path):
    """To rounding, through stages and back in a porous half cell, behind a film."""
    overrides = [
        *two(model, **({"nodes": 13} if model == "cahn_hilliard" else {})),
        "positive.particles.per_volume=2",
        "positive.particles.size={distribution: listed, sizes: [0.8 um, 1 um]}",
        "positive.volumes=2",
        "positive.particles.film_resistance=1e-3 ohm m^2",
        protocol("{current: 4 C, until: {time: 4 min}}", "{current: -2 C, until: {time: 2 min}}"),
    ]
    result = finished(tmp_path, HALF_CELL, overrides)
    audit = balance(result)
    assert audit.worst < 1e-10
    a, b = layers(result)
    assert np.abs(a - b).max() > 0.5  # stages on the way


@pytest.mark.parametrize("model", [*MODELS, "diffusion"])
def test_equal_layers_are_a_particle_of_one_filling(model, tmp_path):
    """With no difference anywhere; kappa counts for each layer.  1e-6: the tolerance."""
    one = {
        "homogeneous": {},
        "allen_cahn": {"cell": "50 nm"},
        **{key: {"nodes": 21} for key in RADIAL},
    }
    stable = "omega: 0.5e-20 J, omega_b: 3e-21 J, omega_c: 0 J, van_der_waals: 1e-21 J"
    common = [
        "positive.initial_filling=0.1",
        "positive.particles.film_resistance=1e-4 ohm m^2",
        protocol("{current: 2 C, until: {filling: 0.6}}"),
    ]
    kinetics = "positive.particles.kinetics={k0: 1 A/m^2}"
    runs = []
    for kappa, choice in (
        ("4e-9", two(model, layer_split=0)),
        ("8e-9", (*two(model)[1:], particle(model, **one[model]))),
    ):
        name = "{name: graphite_2param, coherency: 1e7 Pa, diffusivity: 1e-13 m^2/s, "
        own = f"positive.particles.material={name}{stable}, gradient_energy: {kappa} J/m}}"
        shape = ["positive.particles.model.shape=cylinder"] if model in RADIAL else []
        runs.append(finished(tmp_path, SINGLE, [*choice, own, kinetics, *shape, *common]))
    times = np.linspace(0, min(run["Time [s]"][-1] for run in runs), 50)
    first, second = (np.interp(times, run["Time [s]"], run["Voltage [V]"]) for run in runs)
    assert np.abs(first - second).max() < 2e-5  # interpolation between rows of each run
    assert np.ptp(first) > 0.01


def tangent(start, mu):
    """Two phases (a, b) and their common mu, where mu_i and g - mu (a + b) are equal."""

    def potentials(p):
        a, b = p
        return [layered_solution(x, y, **GRAPHITE).total(x) for x, y in ((a, b), (b, a))]

    def missing(z):
        p = 1 / (1 + np.exp(-z[:4]))
        balance = energy(*p[:2], GRAPHITE) - energy(*p[2:], GRAPHITE)
        balance -= z[4] * (p[:2].sum() - p[2:].sum())
        return [
            *(np.array(potentials(p[:2])) - z[4]),
            *(np.array(potentials(p[2:])) - z[4]),
            balance,
        ]

    logit = np.log(np.array(start) / (1 - np.array(start)))
    found = root(missing, [*logit, mu], tol=1e-13)
    assert found.success
    return 0.12 - THERMAL * found.x[4]


def test_the_plateaus_of_the_stages():
    """MPET 1.0.1 has a fit of this model's curve (LiC6_2step_ss): 0.1196 V, a step of 35.1734 mV.

    1e-4 V: its first number is rounded, and it is for 298 K.
    """
    first, second = tangent((0.03, 0.03, 0.95, 0.01), 0.0), tangent((0.99, 0.05, 0.97, 0.97), 1.4)
    assert first == pytest.approx(0.1196, abs=1e-4)
    assert first - second == pytest.approx(0.0351733976, abs=1e-4)


def test_a_slab_shows_the_plateaus(tmp_path):
    """C/100: flat boundaries run at the levels of the common tangents, less the drag; 0.5 mV."""
    overrides = [
        *two("cahn_hilliard", shape="slab", nodes=25),
        "positive.initial_filling=0.02",
        protocol("{current: 0.01 C, until: {filling: 0.88}}"),
    ]
    result = finished(tmp_path, SINGLE, overrides)
    filling, voltage = result["Positive filling fraction"], result["Voltage [V]"]
    levels = [np.median(voltage[(filling > x) & (filling < x + 0.15)]) for x in (0.2, 0.7)]
    exact = tangent((0.03, 0.03, 0.95, 0.01), 0.0), tangent((0.99, 0.05, 0.97, 0.97), 1.4)
    np.testing.assert_allclose(levels, exact, atol=5e-4)
    a, b = layers(result)
    half = np.abs((a + b).mean(axis=1) / 2 - 0.5).argmin()
    assert b[half].max() < 0.1  # stage 2 before stage 1
    assert a[half].min() > 0.9


@pytest.mark.parametrize("rate", [0.01, 1.0])
def test_stages_appear_at_every_rate(rate, tmp_path):
    """Long steps do not skip the instability: the first layer fills before the second."""
    overrides = [
        *two("homogeneous"),
        "positive.initial_filling=0.01",
        protocol(f"{{current: {rate} C, until: {{filling: 0.5}}}}"),
    ]
    a, b = layers(finished(tmp_path, SINGLE, overrides))
    assert a[-1, 0] > 0.9
    assert b[-1, 0] < 0.1


def test_a_layer_has_half_of_the_reaction(tmp_path):
    """dc/dt = (3/R) k0 rate/(e rho_s) of both: at equal fillings that of one layer."""
    common = ("positive.particles.material=graphite_2param", *ONE)
    groups = [
        assembly(tmp_path, SINGLE, (particle(name, **keys), *common)).groups[0]
        for name, keys in (("homogeneous", {}), ("homogeneous_two_layers", {"layer_split": 0}))
    ]
    rates = []
    for group in groups:
        kernel = group.kernel
        f = ca.Function("f", [kernel.x, kernel.c_e, kernel.dphi, kernel.q], [kernel.rate])
        x = np.full(kernel.mass.size, 0.3)
        rates.append(kernel.weights @ f(x, 1.0, 5.0, group.q).full()[:, 0])
    assert rates[1] == pytest.approx(rates[0], rel=1e-13)


def test_agrees_with_the_equations_written_out_in_si(tmp_path):
    """dc_i/dt = (3/R) i_i/(e rho_s) with i_i of MPET's BV_gMod01, solved apart from the package.

    Both layers share one current; 0.02 mV and 1e-5: some tolerances of the run, 1e-6.
    """
    radius, k0, density, split, rate = 1e-6, 30.0, 1.7e28, 4e-22, 2.0
    thermal = BOLTZMANN * TEMPERATURE
    hotter = np.exp(50e3 / 8.31446261815324 * (1 / 298.0 - 1 / TEMPERATURE))

    def filling_rates(c, voltage):
        own, other = np.asarray(c), np.asarray(c)[::-1]
        mu = thermal * np.log(own / (1 - own)) + 1.3992e-20 * (1 - 2 * own)
        mu += 5.761532e-21 * other + 8.23076e-20 * other * (1 - other) * (1 - 2 * own)
        mu += split / 2 * np.array([-1, 1])
        eta = ELEMENTARY_CHARGE * (voltage - 0.12) + mu
        current = k0 * hotter * np.sqrt(np.exp(mu / thermal)) * own * (1 - own)
        current *= np.exp(-eta / (2 * thermal)) - np.exp(eta / (2 * thermal))
        return 3 / radius * current / (ELEMENTARY_CHARGE * density)

    def voltage_at(c):
        return brentq(lambda v: filling_rates(c, v).mean() - rate / 3600, -1.0, 1.5, xtol=1e-13)

    solution = solve_ivp(
        lambda t, c: filling_rates(c, voltage_at(c)),
        (0, 1700),
        [0.02, 0.02],
        method="BDF",
        rtol=1e-9,
        atol=1e-11,
        dense_output=True,
    )
    overrides = [
        *two("homogeneous", layer_split=f"{split} J"),
        "positive.initial_filling=0.02",
        protocol(f"{{current: {rate} C, until: {{time: 1700 s}}}}"),
    ]
    result = finished(tmp_path, SINGLE, overrides)
    times = result["Time [s]"][1:-1]
    expected = np.array([voltage_at(solution.sol(t)) for t in times])
    assert np.ptp(expected) > 0.05
    assert np.abs(result["Voltage [V]"][1:-1] - expected).max() < 2e-5
    a, b = layers(result)
    np.testing.assert_allclose([a[-1, 0], b[-1, 0]], solution.y[:, -1], atol=1e-5)
    assert np.max(a - b) > 0.9


def test_a_difference_at_the_start_keeps_the_mean_and_the_range(tmp_path):
    for filling, expected in ((0.5, [0.65, 0.35]), (0.02, [0.03, 0.01]), (0.99, [0.995, 0.985])):
        overrides = (
            *two("homogeneous", start_difference=0.3),
            f"positive.initial_filling={filling}",
        )
        (group,) = assembly(tmp_path, SINGLE, overrides).groups
        np.testing.assert_allclose(group.start[:, 0], expected, rtol=1e-12)


def test_profiles_name_their_layers(tmp_path):
    """``local`` is the filling of the crystal at each place, which diffraction sees."""
    overrides = [*two("cahn_hilliard", start_difference=0.2), protocol("{rest: 1 s}")]
    result = finished(tmp_path, SINGLE, ["positive.initial_filling=0.5", *overrides])
    group, values = result.layout.profiles[0], result["Particle profiles 0"][0, :, 0]
    assert group.layers == 2
    np.testing.assert_allclose(values, np.tile([0.6, 0.4], 21))
    np.testing.assert_allclose(group.local(values), 0.5)
    assert group.local(group.nodes).size == 21
    one = finished(tmp_path, SINGLE, [particle("cahn_hilliard", nodes=5), protocol("{rest: 1 s}")])
    assert one.layout.profiles[0].layers == 1
    np.testing.assert_array_equal(one.layout.profiles[0].local(np.arange(5.0)), np.arange(5.0))
