"""Chains, contacts and networks of particles: forms, closed forms, balances, idas."""

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from electrode_model import connections
from electrode_model.analysis.losses import losses
from electrode_model.assemble import assemble
from electrode_model.config import components
from electrode_model.config.problems import ConfigError
from electrode_model.simulation.simulate import simulate
from electrode_model.solver import oracle
from electrode_model.solver.system import System
from tests.models import HALF_CELL, SINGLE, SMOOTH, assembly, configuration, particle, states_at

UNEVEN = "positive.particles.size={distribution: lognormal, mean: 1 um, std: 0.5 um}"
CHAIN = "positive.connections={model: chain, conductance: 2e-9 S, std: 0.3}"
NETWORK = "positive.connections={model: network, conductance: 2e-9 S, neighbours: 3, wired: 0.2}"


def test_network_reaches_every_particle_and_has_the_neighbours_asked_for():
    edges = connections.network(400, 2, conductance=1e-9, neighbours=5.0, wired=0.05, seed=3)
    table = np.zeros((401, 401))
    table[edges.first, edges.second] = 1.0
    parts, _ = connected_components(table, directed=False)
    assert parts == 1
    inner = edges.first >= 0
    assert np.count_nonzero(~inner) == 20
    assert 2 * np.count_nonzero(inner) / 400 == pytest.approx(5.0)
    again = connections.network(400, 2, conductance=1e-9, neighbours=5.0, wired=0.05, seed=3)
    assert all(np.array_equal(a, b) for a, b in zip(edges, again, strict=True))


def test_drawn_conductances_have_the_mean_and_spread_asked_for():
    drawn = connections.chain(40_000, 0, conductance=2.0, std=0.5).conductance
    # four standard errors of 40,000 lognormal draws
    assert drawn.mean() == pytest.approx(2.0, abs=4 * 2.0 * 0.5 / 200)
    assert drawn.std() / drawn.mean() == pytest.approx(0.5, abs=0.03)


def test_good_conductors_change_nothing(tmp_path):
    plain, _, _ = states_at(assembly(tmp_path, SINGLE, (*SMOOTH, UNEVEN)), [0.2])
    wired = "positive.connections={model: chain, conductance: 1 S}"
    joined, _, system = states_at(assembly(tmp_path, SINGLE, (*SMOOTH, UNEVEN, wired)), [0.2])
    n = plain.shape[1] - (system.n - system.circuit_block.start)
    # both runs err by the tolerance of 1e-6
    assert np.abs(plain[:, :n] - joined[:, :n]).max() < 5e-6


def test_one_particle_behind_a_contact_is_a_series_resistance(tmp_path):
    """I R of one sphere: R = 1/G, and its current per area of the cell by its share of it."""
    alone = (*SMOOTH, "positive.particles.per_volume=1", "positive.particles.size=1 um")
    config = configuration(tmp_path, SINGLE, alone)
    plain = simulate(config)
    conductance = 3e-11
    wired = f"positive.connections={{model: contacts, conductance: {conductance} S}}"
    joined = simulate(configuration(tmp_path, SINGLE, (*alone, wired)))
    spheres = 0.414 * 50e-6 / (4 / 3 * np.pi * 1e-18)  # per area
    drop = joined["Current [A.m-2]"][0] / spheres / conductance
    assert drop > 0.05  # V, far above what is compared
    grid = np.linspace(100, 1500, 50)
    found = [np.interp(grid, r["Time [s]"], r["Voltage [V]"]) for r in (plain, joined)]
    # interpolation of 200 saved points, and the solver's tolerance of 1e-6 kT/e
    assert np.abs(found[0] - found[1] - drop).max() < 2e-5


def test_chain_of_two_unequal_particles_obeys_kirchhoff(tmp_path):
    """The balance that MPET misses: what enters one conductor leaves by the others."""
    two = (
        *SMOOTH,
        "positive.particles.per_volume=2",
        "positive.particles.size={distribution: listed, sizes: [2 um, 1 um]}",
        "positive.connections={model: listed_chain, conductances: [2e-10 S, 5e-10 S]}",
    )
    model = assembly(tmp_path, SINGLE, two)
    _, _, system = states_at(model, [0.1])
    scales = model.scales
    density = components.material("nmc532").numbers["site_density"].value
    coulomb = scales.constants.charge * density * 4 / 3 * np.pi * np.array([8e-18, 1e-18])
    current = coulomb * system.groups[0].filling_rate() / scales.time  # A into each particle
    first, second = system.y[system.drops_block] * scales.voltage
    # Newton's last correction moves linear balances by rounding only
    assert 2e-10 * first == pytest.approx(current.sum(), rel=1e-9)
    assert 5e-10 * (second - first) == pytest.approx(current[1], rel=1e-9)


@pytest.mark.parametrize("wires", [CHAIN, NETWORK], ids=["chain", "network"])
@pytest.mark.parametrize("text", [SINGLE, HALF_CELL], ids=["single", "porous"])
def test_idas_agrees(tmp_path, text, wires):
    volumes = ["positive.volumes=3"] if text is HALF_CELL else []
    model = assembly(tmp_path, text, (*SMOOTH, UNEVEN, wires, *volumes))
    times = [0.05, 0.2]
    tolerance = 1e-8
    ours, _, system = states_at(model, times, tolerance=tolerance)
    idas = oracle.integrate(model, (1.0, 0.0, 1.0), np.array(times), rtol=1e-10, atol=1e-12)
    apart = np.abs(ours - idas) / (tolerance + tolerance * np.abs(idas))
    assert apart.max() < 20  # tolerances: local errors of a hundred steps add up
    assert np.ptp(ours[-1, system.drops_block]) > 0.1  # kT/e: the drops matter here


def test_jacobian_is_the_derivative_of_the_residual(tmp_path):
    """A Newton step from a disturbed state solves the linear problem of differences."""
    inner = particle("diffusion", nodes=6)
    film = "positive.particles.film_resistance=0.01 ohm m^2"
    system = System(assembly(tmp_path, HALF_CELL, (*SMOOTH, UNEVEN, inner, film, NETWORK)))
    system.control[:] = (1.0, 0.0, 1.0)
    random = np.random.default_rng(0)
    system.y[:] += 0.01 * random.random(system.n)
    system.slope[:] = random.random(system.n) * system.differential
    alpha = 30.0
    system.evaluate()
    system.linearize()
    assert system.factor(alpha)
    delta = system.solve().copy()
    base_y, base_slope = system.y.copy(), system.slope.copy()
    step = 1e-6
    ends = []
    for sign in (1, -1):
        system.y[:] = base_y + sign * step * delta
        system.slope[:] = base_slope + sign * step * alpha * delta * system.differential
        ends.append(system.evaluate().copy())
    system.y[:], system.slope[:] = base_y, base_slope
    residual = system.evaluate()
    change = (ends[0] - ends[1]) / (2 * step)
    # second-order differences of exponentials: 1e-6 of the largest entry
    assert np.abs(change + residual).max() < 1e-6 * np.abs(residual).max()


def test_particles_near_the_carbon_fill_first(tmp_path):
    """Far ones wait behind the drops of all before them (Li et al., Nat. Mater. 13 (2014) 1149)."""
    settings = ("positive.particles.size=100 nm", "protocol.0.until={time: 20 min, voltage: 2 V}")
    wires = "positive.connections={model: chain, conductance: 2e-13 S}"
    result = simulate(configuration(tmp_path, SINGLE, (*settings, wires)))
    assert result.status == "finished"
    filling = result["Particle filling fraction"][-1]
    assert np.all(np.diff(filling) < 0)
    assert filling[0] > 0.9 > 0.1 > filling[-1]


@pytest.mark.parametrize("model", ["cahn_hilliard", "diffusion"])
def test_charge_and_lithium_balance_at_every_saved_time(tmp_path, model):
    inner = particle(model, nodes=8)
    wires = "positive.connections={model: network, conductance: 1e-9 S, wired: 0.3}"
    settings = (*SMOOTH, UNEVEN, inner, wires, "positive.volumes=2")
    result = simulate(configuration(tmp_path, HALF_CELL, settings))
    assert result.status == "finished", result.message
    passed = result["Discharge capacity [A.h.m-2]"] / result.layout.capacity
    assert np.abs(result["Positive filling fraction"] - 0.4 - passed).max() < 1e-12


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{model: chian, conductance: 1e-12 S}", ["chian", "chain"]),
        ("{model: chain}", ["conductance", "missing"]),
        ("{model: chain, conductance: -1 S}", ["-1", "above 0"]),
        ("{model: network, conductance: 1e-12 S, neighbors: 3}", ["neighbors", "neighbours"]),
        (
            "{model: listed_chain, conductances: [1e-12 S]}",
            ["positive.connections.conductances", "lists 1", "5 particles"],
        ),
        (
            "{model: listed_chain, conductances: [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]}",
            ["positive.connections.conductances", "2 lists", "1 volumes"],
        ),
    ],
)
def test_mistakes_are_named(tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        assemble(configuration(tmp_path, SINGLE, [f"positive.connections={text}"]))
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("override", "key"),
    [(CHAIN, "positive.connections"), ("heat={heat_capacity: 1000}", "heat")],
    ids=["chain", "heat"],
)
def test_loss_budget_says_what_it_cannot_tell(tmp_path, override, key):
    short = (*SMOOTH, override, "protocol=[{current: 1 C, until: {time: 1 min}}]")
    config = configuration(tmp_path, SINGLE, short)
    with pytest.raises(ConfigError, match=key):
        losses(simulate(config, folder=tmp_path / "result"))
