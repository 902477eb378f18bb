"""Every law, form, profile, material and electrolyte that the package finds, without a list.

A new one enters by its file or function alone; :mod:`tests.discovered` says how its keys are
found.  Values and papers of each are checked where it has a test of its own.
"""

import json
from importlib import import_module

import casadi as ca
import numpy as np
import pytest

from electrode_model import kinetics
from electrode_model.analysis.balance import balance
from electrode_model.assemble import chemistry
from electrode_model.config import components
from electrode_model.config.components import (
    CONNECTIONS,
    DIFFUSIVITIES,
    DISTRIBUTIONS,
    ELECTROLYTES,
    EXCHANGE_CURRENTS,
    FACTORS,
    FRACTIONS,
    INITIAL_FILLINGS,
    LAWS,
    TORTUOSITIES,
    Family,
)
from electrode_model.electrolytes import properties
from electrode_model.free_energy import open_circuit, regular_solution
from electrode_model.particle import Chemistry, interface
from electrode_model.scales import Scales
from tests.discovered import keys_of, modules
from tests.models import HALF_CELL, SINGLE, SMOOTH, configuration, particle
from tests.runs import finished, protocol

T = 298.15  # K
FAMILIES = {key: value for key, value in vars(components).items() if isinstance(value, Family)}
ALL = [(key, name) for key, family in FAMILIES.items() for name in family.names()]
C = np.array([0.3, 0.45, 0.6, 0.75, 0.9])  # where fitted exchange currents hold
ETA = np.linspace(-2, 2, 21)  # kT: rates of Marcus fall again beyond the reorganisation energy
ONE = "positive.particles.per_volume=1"
HOLES = protocol("{current: 1 C, until: {time: 3 min}}", "{current: -1 C, until: {time: 3 min}}")


def every(family):
    return pytest.mark.parametrize("name", family.names())


def numbers(family, name):
    """Its keys as the functions get them, energies in kT."""
    found = family.read(name, keys_of(family, name), T)
    known, scales = family.parameters(name), Scales(T, 1.0)
    energies = {key for key, p in known.items() if p.spec is not None and p.spec.unit == "J"}
    return {key: scales.energy(v) if key in energies else v for key, v in found.items()}


def bound(family, name):
    function, own = family.function(name), numbers(family, name)
    return lambda *arguments: function(*arguments, **own)


def graph_of(function, x):
    """The function's values at ``x`` through a CasADi graph."""
    symbol = ca.SX.sym("x", x.size)
    value = ca.SX(function(symbol)) * ca.SX.ones(x.size)
    return ca.Function("f", [symbol], [value])(x).full()[:, 0]


@pytest.mark.parametrize(("family", "name"), ALL)
def test_its_file_shows_how_to_use_it(family, name):
    """Keys without a default have an example there, which a configuration can read."""
    numbers(FAMILIES[family], name)


def test_a_law_that_hides_its_needs_is_told_so(monkeypatch):
    monkeypatch.delitem(kinetics.EXAMPLES, "marcus")
    with pytest.raises(AssertionError, match=r"law marcus: reorganisation without .*'marcus'"):
        keys_of(LAWS, "marcus")


# --- kinetic laws and exchange currents ---------------------------------------------------------

every_form = pytest.mark.parametrize("form", ["transition_state", "newman"])
either = pytest.mark.parametrize("lattice", [True, False], ids=["lattice gas", "voltage"])


def potential(c, lattice):
    """A lattice gas with interaction, or a smooth open-circuit voltage."""
    if lattice:
        return regular_solution(c, omega=1.5)
    return open_circuit(4.2 - 0.9 * c + 0.1 * c * c, 3.8, 0.0257)


def rate(name, form, eta, c, lattice, a_e=0.8):
    """Insertion over k0 at the overpotential ``eta`` [kT]."""
    mu = potential(c, lattice)
    law, exchange = bound(LAWS, name), bound(EXCHANGE_CURRENTS, form)
    return law(eta - mu.total(c), c, a_e, mu, exchange)


@every(LAWS)
@every_form
@either
def test_law_vanishes_at_equilibrium_and_only_there(name, form, lattice):
    """At any filling and salt concentration; 1e-12 of the rate at 1 kT: rounding."""
    for a_e in (0.3, 1.0, 2.0):
        away = np.abs(rate(name, form, 1.0, C, lattice, a_e))
        assert np.all(away > 0)
        assert np.max(np.abs(rate(name, form, 0.0, C, lattice, a_e)) / away) < 1e-12
        for eta in ETA[np.abs(ETA) > 0.1]:
            assert np.all(np.sign(rate(name, form, eta, C, lattice, a_e)) == -np.sign(eta))


@every(LAWS)
@every_form
@either
def test_law_falls_with_the_overpotential_and_is_linear_at_equilibrium(name, form, lattice):
    """The same slope from either side: 2e-3, the curvature of rates that are not odd in eta."""
    rates = np.array([rate(name, form, eta, C, lattice) for eta in ETA])
    assert np.all(np.diff(rates, axis=0) < 0)
    up, down = (rate(name, form, eta, C, lattice) / eta for eta in (1e-3, -1e-3))
    np.testing.assert_allclose(up, down, rtol=2e-3)
    eta = ca.SX.sym("eta")
    for c, slope in zip(C, (up + down) / 2, strict=True):
        graph = ca.jacobian(rate(name, form, eta, float(c), lattice), eta)
        assert float(ca.Function("s", [eta], [graph])(0.0)) == pytest.approx(slope, rel=1e-6)


@every(LAWS)
@every_form
@either
@pytest.mark.parametrize("symbol", [ca.SX, ca.MX])
def test_law_is_the_same_for_symbols(name, form, lattice, symbol):
    c, eta = (axis.ravel() for axis in np.meshgrid(C, ETA + 0.05))
    c_s, eta_s = symbol.sym("c", c.size), symbol.sym("eta", c.size)
    graph = ca.Function("r", [c_s, eta_s], [rate(name, form, eta_s, c_s, lattice)])
    numeric = rate(name, form, eta, c, lattice)
    np.testing.assert_allclose(graph(c, eta).full()[:, 0], numeric, rtol=1e-11)


@every(LAWS)
@every_form
def test_film_takes_its_drop_from_the_driving_force(name, form):
    """j = rate(eta + film j): smaller than without, of the same sign, and j film -> -eta."""
    for c in C:
        mu = potential(float(c), True)
        laws = Chemistry(
            lambda x: potential(x, True),
            lambda dphi, x, a_e, m: bound(LAWS, name)(
                dphi, x, a_e, m, bound(EXCHANGE_CURRENTS, form)
            ),
            lambda x: 1.0,
            lambda x: x * (1 - x),
        )
        for eta in (-1.5, 1.5):
            bare = float(rate(name, form, eta, float(c), True, 1.0))
            for film in (0.5, 1e6):
                found = interface(laws, film, eta - mu.total(c), ca.SX(c), 1.0, mu)
                root = ca.rootfinder("j", "newton", {"x": found.unknown, "g": found.residual})
                j = float(root(0.0, [])) if root.n_in() > 1 else float(root(0.0))
                assert 0 < j / bare < 1
                if film > 1:
                    assert j * film == pytest.approx(-eta, rel=1e-3)


@every(LAWS)
@pytest.mark.parametrize("film", [0.0, 0.01])
def test_law_drives_a_particle_both_ways(name, film, tmp_path):
    """Discharge fills below the resting voltage, charge empties above it; lithium is kept."""
    own = {"law": name, "k0": 5.0, **keys_of(LAWS, name)}
    if components.takes_exchange(name):
        own["exchange_current"] = "newman"
    runs_both_ways(tmp_path, f"positive.particles.kinetics={json.dumps(own)}", film)


@every(EXCHANGE_CURRENTS)
def test_exchange_current_drives_a_particle_both_ways(name, tmp_path):
    form = json.dumps({"form": name, **keys_of(EXCHANGE_CURRENTS, name)})
    own = f"{{law: butler_volmer, k0: 5, exchange_current: {form}}}"
    runs_both_ways(tmp_path, f"positive.particles.kinetics={own}", 0.0)


def runs_both_ways(folder, kinetics_of, film):
    result = finished(
        folder,
        SINGLE,
        (
            *SMOOTH[:1],
            "positive.particles.size=100 nm",
            "positive.initial_filling=0.5",
            ONE,
            kinetics_of,
            f"positive.particles.film_resistance={film}",
            "voltage_window=[-9, 9]",
            HOLES.replace("[{", "[{rest: 1 s}, {", 1),
        ),
    )
    step, voltage = result["Step"], result["Voltage [V]"]
    rest = voltage[step == 0][-1]
    assert np.ptp(voltage[step == 0]) < 1e-6
    assert voltage[step == 1].max() < rest < voltage[step == 2][-1]
    filling = result["Positive filling fraction"]
    assert filling[step == 1][-1] == pytest.approx(0.55, abs=1e-9)
    assert balance(result).worst < 1e-10


@every(EXCHANGE_CURRENTS)
@pytest.mark.parametrize("alpha", [0.3, 0.5])
def test_exchange_current_is_positive_and_smooth(name, alpha):
    """Where every form holds; a step of 1e-4 in c changes it by as much as the slope says."""
    form = bound(EXCHANGE_CURRENTS, name)

    def value(c, a_e=0.7):
        mu = regular_solution(c, omega=1.5)
        return form(c, alpha, mu.mixing).value(c, mu.excess, a_e)

    fine = np.linspace(C[0], C[-1], 6001)
    j0 = np.broadcast_to(value(fine), fine.shape)
    assert np.all(j0 > 0)
    assert np.abs(np.diff(j0)).max() < 0.01 * j0.max()
    assert np.all(value(C, 1.4) >= value(C, 0.7))
    np.testing.assert_allclose(graph_of(value, C), np.broadcast_to(value(C), C.shape), rtol=1e-12)


# --- materials ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", components.material_names())
@pytest.mark.parametrize("temperature", [283.15, T, 323.15])
def test_potential_of_a_material_is_finite_and_the_same_for_symbols(name, temperature, tmp_path):
    config = configuration(
        tmp_path, SINGLE, (f"positive.particles.material={name}", f"temperature={temperature}")
    )
    material = components.material(name)
    given = config.positive.particles[0]
    own = {key: number.value for key, number in material.numbers.items()}
    laws = chemistry(given, material, own, Scales(temperature, 1.0))
    low, high = material.ocv_range
    c = np.linspace(max(low, 1e-3), min(high, 1 - 1e-3), 500)
    mu = np.broadcast_to(laws.potential(c).total(c), c.shape)
    assert np.all(np.isfinite(mu))
    assert mu[-1] >= mu[0]  # a full host has the lower voltage, whatever phases lie between
    inner = (c > low + (high - low) / 3) & (c < high - (high - low) / 3)
    assert np.abs(mu[inner]).max() < 200  # kT: 5 V about the standard potential
    symbolic = graph_of(lambda x: laws.potential(x).total(x), c)
    np.testing.assert_allclose(symbolic, mu, rtol=1e-11, atol=1e-12)
    # it takes up lithium below its equilibrium and gives it back above
    dphi = laws.standard - mu
    c, dphi = c[inner], dphi[inner]
    for eta in (-1.0, 1.0):
        rates = laws.rate(dphi + eta, c, 1.0, laws.potential(c))
        assert np.all(np.sign(rates) == -eta)


# --- electrolytes -------------------------------------------------------------------------------

SETS = modules(properties)
WRITTEN = {name: {"model": name} for name in ELECTROLYTES.names()}
WRITTEN |= {name: {"model": "concentrated", "properties": name} for name in SETS}


@pytest.mark.parametrize("name", WRITTEN)
def test_electrolyte_is_physical_and_the_same_for_symbols(name):
    """Over its whole range of concentrations: positive transport, t+ of 0 to 1."""
    model = WRITTEN[name]["model"]
    own = ELECTROLYTES.read(model, keys_of(ELECTROLYTES, model), T)
    if name in SETS:
        own["properties"] = name
    transport = ELECTROLYTES.function(model)(**own)
    if transport is None:
        assert name == "constant"  # which says that nothing moves
        return
    low, high = transport.concentrations or (0.05, 2.0)
    c = np.linspace(low, high, 202)[1:-1]
    for part in ("conductivity", "diffusivity", "t_plus", "thermodynamic_factor", "activity"):
        function = getattr(transport, part)
        values = function(c, T)
        assert values.shape == c.shape
        assert np.all(values > 0), part
        symbolic = graph_of(lambda x, f=function: f(x, T), c)
        np.testing.assert_allclose(symbolic, values, rtol=1e-12)
    assert transport.t_plus(c, T).max() <= 1
    assert np.all(np.diff(transport.activity(c, T)) > 0)


@pytest.mark.parametrize("name", WRITTEN)
def test_half_cell_keeps_its_salt(name, tmp_path):
    """Charge and salt to rounding; a discharge takes salt from the electrode, unless t+ = 1."""
    model = WRITTEN[name]["model"]
    written = json.dumps({**keys_of(ELECTROLYTES, model), **WRITTEN[name]})
    result = finished(
        tmp_path,
        HALF_CELL,
        (*SMOOTH, ONE, "positive.volumes=2", f"electrolyte={written}", HOLES),
    )
    assert balance(result).worst < 1e-11
    step, c_e = result["Field step"], result["Electrolyte concentration [mol.m-3]"]
    difference = c_e[step == 0][-1]
    assert difference[-1] <= difference[0] * (1 + 1e-12)
    voltage = result["Voltage [V]"]
    assert voltage[result["Step"] == 1][0] > voltage[result["Step"] == 0][-1]


# --- diffusivities, profiles, sizes, tortuosities, connections ----------------------------------


@every(DIFFUSIVITIES)
@pytest.mark.parametrize("model", ["diffusion", "cahn_hilliard"])
def test_diffusivity_is_positive_and_moves_lithium(name, model, tmp_path):
    form, c = bound(DIFFUSIVITIES, name), np.linspace(0.01, 0.99, 99)
    values = np.broadcast_to(form(c), c.shape)
    assert np.all(values > 0)
    np.testing.assert_allclose(graph_of(form, c), values, rtol=1e-12)
    shape = json.dumps({"form": name, **keys_of(DIFFUSIVITIES, name)})
    own = f"{{name: lfp, omega: 0.5e-20, diffusivity: 1e-18, diffusivity_shape: {shape}}}"
    overrides = (
        particle(model, nodes=8),
        f"positive.particles.material={own}",
        "positive.particles.size=20 nm",
        "positive.initial_filling=0.4",
        ONE,
        HOLES,
    )
    result = finished(tmp_path, SINGLE, overrides)
    assert balance(result).worst < 1e-10
    profiles = result["Particle profiles 0"][:, :, 0]
    filled = profiles[result["Field step"] == 0][-1]
    assert np.all(np.diff(filled) > 0)  # lithium comes from outside


@every(INITIAL_FILLINGS)
def test_profile_is_a_filling_of_every_place(name):
    found = bound(INITIAL_FILLINGS, name)(np.linspace(0, 1, 9), 3)
    assert found.shape == (9, 3)
    assert 0 < found.min() <= found.max() < 1


@every(DISTRIBUTIONS)
@pytest.mark.parametrize("powers", [(2, 3), (1, 2), (2, 2)])
def test_sizes_are_of_every_particle(name, powers):
    sizes = bound(DISTRIBUTIONS, name)((2, 3), powers)
    assert sizes.shape == (2, 3)
    assert np.all((sizes > 1e-9) & (sizes < 1e-6))
    assert np.array_equal(sizes, bound(DISTRIBUTIONS, name)((2, 3), powers))


@every(FACTORS)
def test_factors_are_positive_and_rise(name):
    z = np.array([[-1.5, 0.0, 1.5]] * 2)
    found = bound(FACTORS, name)(z)
    assert found.shape == z.shape
    assert np.all(found > 0)
    assert np.all(np.diff(found, axis=1) > 0)


@every(FRACTIONS)
def test_fractions_are_at_most_one_and_rise(name):
    z = np.array([[-1.5, 0.0, 1.5]] * 2)
    found = bound(FRACTIONS, name)(z, 0.8)
    assert found.shape == z.shape
    assert 0 < found.min() <= found.max() <= 1
    assert np.all(np.diff(found, axis=1) > 0)


@every(TORTUOSITIES)
def test_pores_carry_more_the_wider_they_are(name):
    eps = np.linspace(0.1, 1.0, 91)
    tau = bound(TORTUOSITIES, name)(eps)
    assert tau.shape == eps.shape
    assert np.all(tau > 0)
    assert np.all(np.diff(eps / tau) > 0)


@every(CONNECTIONS)
def test_every_particle_is_reached(name):
    """By conductors from the carbon, -1, each with a positive conductance."""
    edges = bound(CONNECTIONS, name)(3, 0)
    assert edges.first.shape == edges.second.shape == edges.conductance.shape
    assert np.all(edges.conductance > 0)
    reached, pairs = {-1}, list(zip(edges.first.tolist(), edges.second.tolist(), strict=True))
    for _ in pairs:
        for a, b in pairs:
            if {a, b} & reached:
                reached |= {a, b}
    assert reached == {-1, 0, 1, 2}


def test_modules_of_folders_are_found():
    """What a file must be called to be found at all: the properties and the materials are many."""
    assert set(SETS) == set(ELECTROLYTES.parameters("concentrated")["properties"].choices)
    assert set(modules(import_module("electrode_model.materials"))) == set(
        components.material_names()
    )
