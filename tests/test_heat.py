"""The lumped heat balance: first law, known limits, every law at its temperature, idas."""

import casadi as ca
import numpy as np
import pytest

from electrode_model.analysis.heat import heat_split
from electrode_model.config import components
from electrode_model.config.components import ELECTROLYTES, LAWS, takes_exchange
from electrode_model.config.problems import ConfigError
from electrode_model.simulation.simulate import simulate
from electrode_model.solver import oracle
from tests.discovered import CASES as CASES_OF_ALL
from tests.models import HALF_CELL, SINGLE, SMOOTH, assembly, configuration, particle, states_at

WARM = (
    "positive.particles.kinetics={law: butler_volmer, k0: 1 A/m^2, exchange_current: newman,"
    " activation_energy: 40 kJ/mol}",
    "positive.particles.material={name: nmc532, diffusivity: 1e-15 m^2/s,"
    " diffusivity_activation: 30 kJ/mol, entropic_coefficient: -0.1 mV/K}",
)
HEAT = "heat={heat_capacity: 300 J/(m^2 K), cooling: 0.5 W/(m^2 K), ambient: 270 K}"
ADIABATIC = "heat={heat_capacity: 300 J/(m^2 K)}"
FILM = "positive.particles.film_resistance=0.01 ohm m^2"
CASES = {
    "single": (SINGLE, []),
    "porous": (HALF_CELL, ["positive.volumes=3"]),
    "diffusion, film": (HALF_CELL, ["positive.volumes=2", particle("diffusion", nodes=8), FILM]),
    "chain": (SINGLE, ["positive.connections={model: chain, conductance: 2e-9 S}"]),
    "strained": (SINGLE, [particle("cahn_hilliard", nodes=8)]),
}


@pytest.mark.parametrize("name", CASES)
def test_idas_agrees(tmp_path, name):
    text, more = CASES[name]
    model = assembly(tmp_path, text, [*SMOOTH, *WARM, HEAT, *more])
    times, tolerance = [0.05, 0.2], 1e-8
    ours, _, system = states_at(model, times, tolerance=tolerance)
    idas = oracle.integrate(model, (1.0, 0.0, 1.0), np.array(times), rtol=1e-10, atol=1e-12)
    apart = np.abs(ours - idas) / (tolerance + tolerance * np.abs(idas))
    assert apart.max() < 20  # tolerances: local errors of a hundred steps add up
    warmer = ours[-1, system.where["temperature"]][0] - 1
    assert abs(warmer) * 298.15 > 1  # K: the temperature matters in what was compared


def test_what_is_released_warms_the_cell_and_its_surroundings(tmp_path):
    """C (T - T0) is the heat released, to rounding, at every saved time where nothing cools."""
    protocol = "protocol=[{current: 2 C, until: {voltage: 3.4 V}}, {rest: 5 min}]"
    settings = [*SMOOTH, *WARM, ADIABATIC, particle("diffusion", nodes=8), protocol]
    result = simulate(configuration(tmp_path, HALF_CELL, settings))
    assert result.status == "finished", result.message
    gained = 300 * (result["Temperature [K]"] - 298.15)
    assert gained[-1] > 1000
    assert np.abs(gained - result["Heat released [J.m-2]"]).max() < 1e-9 * gained[-1]


@pytest.mark.parametrize("model", ["homogeneous", "diffusion"])
def test_first_law(tmp_path, model):
    """Heat = fall of the enthalpy less electrical work, heat of mixing included.

    The open-circuit voltage of nmc532 does not depend on the temperature, so that its enthalpy
    is the integral of U(c).  Foil and electrolyte hold none but what they dissipate.
    """
    protocol = "protocol=[{current: 2 C, until: {time: 12 min}}, {rest: 3 h}]"
    material = "positive.particles.material={name: nmc532, diffusivity: 3e-15 m^2/s}"
    settings = [*SMOOTH, material, ADIABATIC, protocol, "output={every: 2 s}"]
    settings += [particle(model, nodes=12) if model == "diffusion" else particle(model)]
    settings += ["positive.particles.per_volume=3", "positive.volumes=2"]
    result = simulate(configuration(tmp_path, HALF_CELL, settings))
    assert result.status == "finished", result.message
    ocv = components.material("nmc532").ocv
    if model == "diffusion":
        assert np.ptp(result["Particle profiles 0"][-1], axis=0).max() < 1e-3  # evened out
    ends, enthalpy = result["Particle filling fraction"][[0, -1]], 0.0
    for start, end, weight in zip(*ends, result.layout.weight, strict=True):
        c = np.linspace(start, end, 2001)
        enthalpy += weight * np.trapezoid([float(ocv(x, 298.15)) for x in c], c)
    enthalpy *= result.layout.capacity * 3600
    work = np.trapezoid(result["Voltage [V]"] * result["Current [A.m-2]"], result["Time [s]"])
    released = result["Heat released [J.m-2]"][-1]
    # trapezoids of the saved voltage, 2 s apart
    assert released == pytest.approx(enthalpy - work, rel=2e-3)


def test_reversible_heat_of_a_slow_discharge(tmp_path):
    """- I T dU/dT: with a falling U(T) a slow discharge is warm, a slow charge cold."""
    for sign in (1, -1):
        protocol = f"protocol=[{{current: {sign * 1e-4} C, until: {{time: 100 h}}}}]"
        slow = [*SMOOTH, *WARM, "heat={heat_capacity: 1e6 J/(m^2 K)}", protocol]
        result = simulate(configuration(tmp_path, SINGLE, slow))
        charge = result["Discharge capacity [A.h.m-2]"][-1] * 3600
        # the overpotential of 1e-4 C is some 1e-5 of kT/e
        expected = charge * 298.15 * 1e-4
        assert result["Heat released [J.m-2]"][-1] == pytest.approx(expected, rel=2e-3)


def test_entropy_of_mixing_of_a_lattice_gas(tmp_path):
    """A lattice gas without interaction has U_H = U0: all of its slope is entropy."""
    material = "positive.particles.material={name: lfp, omega: 0 J}"
    protocol = "protocol=[{current: 1e-4 C, until: {time: 500 h}}]"
    slow = [material, "positive.initial_filling=0.1", protocol, "output={every: 1 h}"]
    heat = "heat={heat_capacity: 1e6 J/(m^2 K)}"
    result = simulate(configuration(tmp_path, SINGLE, [*slow, heat]))
    charge, voltage = result["Discharge capacity [A.h.m-2]"] * 3600, result["Voltage [V]"]
    standard = components.material("lfp").numbers["standard_potential"].value
    expected = standard * charge[-1] - np.trapezoid(voltage, charge)
    assert result["Heat released [J.m-2]"][-1] == pytest.approx(expected, rel=1e-3)


def test_split_of_a_run_into_reversible_and_irreversible(tmp_path):
    """Losses only grow; slowly, nearly all heat is reversible."""
    material = (
        "positive.particles.material={name: lfp, omega: 0.5e-20 J, entropic_coefficient: 1e-4}"
    )
    rates = {}
    for rate in (0.001, 1):
        until = f"until: {{time: {0.5 / rate} h}}"
        protocol = f"protocol=[{{current: {rate} C, {until}}}, {{rest: 10 min}}]"
        settings = [material, "positive.initial_filling=0.2", protocol, particle("homogeneous")]
        heat = "heat={heat_capacity: 2000, cooling: 1}"
        result = simulate(configuration(tmp_path, HALF_CELL, [*settings, heat]))
        assert result.status == "finished", result.message
        rates[rate] = split = heat_split(result)
        # losses never shrink, but for the entropy's change with a degree or two
        assert np.diff(split.irreversible).min() > -1e-3 * np.ptp(split.irreversible)
    slow, fast = rates[0.001], rates[1]
    assert np.abs(slow.irreversible).max() < 0.05 * np.ptp(slow.reversible)
    assert fast.irreversible[-1] > 10 * slow.irreversible[-1]
    # the entropy is a function of the filling alone, and the temperature is nearly the same
    assert fast.reversible[-1] == pytest.approx(slow.reversible[-1], rel=0.02)


def test_split_counts_the_places_inside(tmp_path):
    """A particle that evens out takes up entropy of which its mean filling knows nothing."""
    settings = [
        *SMOOTH,
        particle("diffusion", nodes=10),
        "positive.particles.material={name: lfp, omega: 0 J}",
        "positive.particles.initial_filling={profile: core_shell, core: 0.1, shell: 0.9}",
        "protocol=[{rest: 1 h, isolated: true}]",
        "heat={heat_capacity: 1e6}",
    ]
    result = simulate(configuration(tmp_path, SINGLE, settings))
    assert heat_split(result).reversible[-1] < -1.0  # J/m^2


def test_a_large_heat_capacity_is_isothermal(tmp_path):
    settings = [*SMOOTH, *WARM, "positive.volumes=2"]
    plain, _, cold = states_at(assembly(tmp_path, HALF_CELL, settings), [0.2])
    heat = "heat={heat_capacity: 1e8 J/(m^2 K)}"
    warm, _, system = states_at(assembly(tmp_path, HALF_CELL, [*settings, heat]), [0.2])
    at = cold.where["voltage"], system.where["voltage"]
    assert abs(plain[0, at[0]] - warm[0, at[1]])[0] < 1.5e-4  # a tolerance of 1e-6 of 150 kT/e


LAW = "{{law: {law}, k0: 1 A/m^2, activation_energy: 35 kJ/mol{more}}}"


def _laws():
    for law in LAWS.names():
        takes = LAWS.parameters(law)
        more = ", reorganisation: 0.2 eV" if "reorganisation" in takes else ""
        more += ", exchange_current: transition_state" if takes_exchange(law) else ""
        yield law, f"positive.particles.kinetics={LAW.format(law=law, more=more)}"


def _sets():
    for name, values in ELECTROLYTES.parameters("concentrated").items():
        if name == "properties":
            yield from values.choices


SMALL = "positive.particles.size={distribution: lognormal, mean: 50 nm, std: 10 nm}"
MODELS = {
    "homogeneous": [],
    "diffusion": ["positive.particles.material={name: lfp, diffusivity_activation: 20 kJ/mol}"],
    "cahn_hilliard": ["positive.particles.material={name: lto, diffusivity_activation: 2e4}"],
    "allen_cahn": ["positive.particles.thickness=20 nm"],
    "surface_diffusion": ["positive.particles.thickness=20 nm"],
    "homogeneous_two_layers": ["positive.particles.material=graphite_2param"],
    "homogeneous_size_dependent": ["positive.particles.thickness=20 nm"],
    "channel_array": ["positive.particles.thickness=20 nm"],
}
_HOT, _AGAIN = 315.0, "heat={heat_capacity: 1e-3, cooling: 1e4, ambient: 315 K}"


def _same_at(tmp_path, text, settings):
    """Voltages of a run at a temperature, and of one that is brought to it within a second."""
    settings = [*settings, "positive.particles.per_volume=2", "nominal_capacity=20 A h/m^2"]
    settings += ["protocol=[{current: 1 C, until: {time: 3 min}}]", "voltage_window=[-3 V, 9 V]"]
    runs = [
        simulate(configuration(tmp_path, text, [*settings, *more]))
        for more in ([f"temperature={_HOT} K"], [_AGAIN])
    ]
    for result in runs:
        assert result.status == "finished", result.message
    assert runs[1]["Temperature [K]"][-1] == pytest.approx(_HOT, abs=0.1)
    times = np.linspace(60, 175, 20)
    found = [np.interp(times, r["Time [s]"], r["Voltage [V]"]) for r in runs]
    cold = simulate(configuration(tmp_path, text, settings))
    away = np.interp(times, cold["Time [s]"], cold["Voltage [V]"])
    return np.abs(found[0] - found[1]).max(), np.abs(found[0] - away).max()


@pytest.mark.parametrize("case", CASES_OF_ALL, ids=str)
def test_warm_particles_are_those_of_that_temperature(tmp_path, case):
    """The kernel at theta is the one built for that temperature: found models, to rounding."""
    settings = [*case.overrides(), FILM, "positive.particles.kinetics.activation_energy=35 kJ/mol"]
    settings += ["positive.particles.per_volume=2"]
    if "diffusivity" in components.material(case.material).numbers:
        settings.append("positive.particles.material.diffusivity_activation=20 kJ/mol")
    cold = assembly(tmp_path, SINGLE, [*settings, "heat={heat_capacity: 1000}"])
    hot = assembly(tmp_path, SINGLE, [*settings, f"temperature={_HOT} K"])
    theta = hot.scales.temperature / cold.scales.temperature
    random = np.random.default_rng(0)
    for one, other in zip(cold.groups, hot.groups, strict=True):
        x = random.uniform(0.2, 0.8, one.kernel.mass.size)
        dphi, c_e, c_bar = 3.42 / cold.scales.voltage, 1.3, 0.55
        values = []
        for group, potential, more in ((one, dphi, [theta]), (other, dphi / theta, [])):
            k = group.kernel
            symbols = [k.x, k.c_bar, k.c_e, k.dphi, k.q, *([k.theta] if more else [])]
            rate = ca.Function("rate", symbols, [k.rate])
            values.append(rate(x, c_bar, c_e, potential, group.q[:, 0], *more).full()[:, 0])
        # powers and exponentials of some tens of kT
        np.testing.assert_allclose(
            values[0], values[1], rtol=1e-9, atol=1e-9 * abs(values[1]).max()
        )


@pytest.mark.parametrize("model", MODELS)
def test_every_particle_model_follows_the_temperature(tmp_path, model):
    """The same as at that temperature from the start: all energies are over kT, all rates hot."""
    settings = [particle(model), SMALL, *MODELS[model], "positive.initial_filling=0.03"]
    settings += ["positive.particles.kinetics.activation_energy=35 kJ/mol", FILM]
    apart, effect = _same_at(tmp_path, SINGLE, settings)
    # the cell is 0.01 K off of 17, and the first second was at another temperature
    assert apart < 0.03 * effect


@pytest.mark.parametrize(("law", "override"), [*_laws()], ids=[law for law, _ in _laws()])
def test_every_kinetic_law_follows_the_temperature(tmp_path, law, override):
    settings = [SMALL, override, "positive.particles.material={name: lfp, omega: 0.5e-20 J}"]
    apart, effect = _same_at(tmp_path, SINGLE, settings)
    assert apart < 0.03 * effect  # as above


@pytest.mark.parametrize("properties", [*_sets()])
def test_every_electrolyte_follows_the_temperature(tmp_path, properties):
    electrolyte = f"electrolyte={{model: concentrated, properties: {properties}}}"
    settings = [*SMOOTH, electrolyte, "positive.volumes=2"]
    apart, effect = _same_at(tmp_path, HALF_CELL, settings)
    assert apart < 0.03 * effect  # as above


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{cooling: 1}", ["heat.heat_capacity", "missing"]),
        ("{heat_capacity: 1 J}", ["heat capacity", "J/(m^2 K)"]),
        ("{heat_capacity: 100, colling: 1}", ["colling", "cooling"]),
    ],
)
def test_mistakes_are_named(tmp_path, text, words):
    with pytest.raises(ConfigError) as caught:
        configuration(tmp_path, SINGLE, [f"heat={text}"])
    for word in words:
        assert word in str(caught.value)
