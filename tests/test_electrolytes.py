"""Electrolytes: every property set of the folder, dilute and solid limits, ions of any charge."""

import importlib
import pkgutil

import casadi as ca
import numpy as np
import pytest

from electrode_model.analysis.balance import balance
from electrode_model.config.problems import ConfigError
from electrode_model.constants import AVOGADRO, BOLTZMANN, FARADAY
from electrode_model.electrolytes import concentrated, dilute, properties, solid
from electrode_model.simulation.simulate import simulate
from electrode_model.solver import oracle
from tests.models import HALF_CELL, SMOOTH, assembly, configuration, states_at
from tests.runs import finished, protocol

T = 298.15  # K
GAS = BOLTZMANN * AVOGADRO  # J/(mol K)
SETS = [m.name for m in pkgutil.iter_modules(properties.__path__) if not m.name.startswith("_")]
PARTS = ("conductivity", "diffusivity", "t_plus", "thermodynamic_factor")
every_set = pytest.mark.parametrize("name", SETS)


def load(name):
    return importlib.import_module(f"electrode_model.electrolytes.properties.{name}")


def concentrations(name):
    low, high = load(name).CONCENTRATIONS
    return np.linspace(max(low, 0.01), high, 200)


@every_set
def test_is_complete_and_may_be_chosen(name):
    source = load(name)
    assert set(source.__all__) == {*PARTS, "CONCENTRATIONS", "TEMPERATURES"}
    assert source.CONCENTRATIONS[0] < 1 < source.CONCENTRATIONS[1]
    assert source.TEMPERATURES[0] < T < source.TEMPERATURES[1]
    built = concentrated.build(properties=name)
    assert built.conductivity is source.conductivity
    assert built.temperatures == source.TEMPERATURES


@every_set
def test_is_physical_over_its_whole_range(name):
    """Conductivity and diffusivity positive, t+ between 0 and 1, at the range's ends too."""
    source, c = load(name), concentrations(name)
    cold, hot = source.TEMPERATURES
    for temperature in (cold, T, hot):
        for part in ("conductivity", "diffusivity"):
            assert np.all(getattr(source, part)(c, temperature) > 0), (part, temperature)
        assert np.all(source.thermodynamic_factor(c, temperature) > 0), temperature
    assert np.all(source.t_plus(c, T) > 0)
    assert np.all(source.t_plus(c, T) < 1)


@pytest.mark.parametrize(
    ("name", "place", "maximum"),
    [
        ("valoen_reimers", 1.02, 1.195),
        ("valoen_bernardi", 1.12, 1.126),
        ("liclo4_pc", 0.797, 0.5421),
        ("doyle96_ec_dmc_1_2", 0.98, 0.2874),
        ("doyle96_ec_dmc_2_1", 0.81, 0.2104),
        ("lionsimba", 1.02, 1.195),
        ("lionsimba_isothermal", 0.81, 0.2104),
        ("nyman_2008", 0.96, 0.9497),
        ("colclasure_2020", 1.06, 0.8855),
        ("landesfeind_2019_ec_dmc", 0.93, 1.185),
        ("landesfeind_2019_ec_emc", 1.01, 0.9130),
    ],
)
def test_maximum_of_the_conductivity(name, place, maximum):
    """At 25 degC: 12 mS/cm of LiPF6 in carbonates, 5.4 of LiClO4 in PC, 2 to 3 in a polymer."""
    c = np.linspace(0.3, 2, 1701)
    found = load(name).conductivity(c, T)
    assert found.max() == pytest.approx(maximum, abs=1e-3)
    assert c[found.argmax()] == pytest.approx(place, abs=0.01)


@pytest.mark.parametrize(
    ("name", "diffusivity", "t_plus", "factor"),
    [
        ("valoen_bernardi", 3.2227e-10, 0.38, 2.1319),
        ("liclo4_pc", 2.58e-10, 0.2, 0.5),
        ("doyle96_ec_dmc_1_2", 7.5e-11, 0.363, 1),
        ("doyle96_ec_dmc_2_1", 7.5e-11, 0.363, 1),
        ("lionsimba", 3.2227e-10, 0.364, 1),
        ("lionsimba_isothermal", 7.5e-10, 0.364, 1),
        ("nyman_2008", 1.7694e-10, 0.2594, 1),
        ("colclasure_2020", 1.3031e-10, 0.45919, 3.2309),
        ("landesfeind_2019_ec_dmc", 2.9050e-10, 0.32503, 2.2011),
        ("landesfeind_2019_ec_emc", 2.8922e-10, 0.22091, 2.1818),
    ],
)
def test_other_properties_at_1_mol_per_litre(name, diffusivity, t_plus, factor):
    """At 25 degC, evaluated by hand from the printed coefficients; five digits."""
    source, one = load(name), np.ones(1)
    assert source.diffusivity(one, T)[0] == pytest.approx(diffusivity, rel=1e-4)
    assert source.t_plus(one, T)[0] == pytest.approx(t_plus, rel=1e-4)
    assert source.thermodynamic_factor(one, T)[0] == pytest.approx(factor, rel=1e-4)


def test_dilute_has_the_conductivity_of_its_ions():
    """Nernst-Einstein: kappa = F^2/(RT) sum z^2 nu D c, and t+ = z+^2 nu+ D+/sum."""
    plus, minus = 1e-10, 3e-10
    salt = dilute.build(
        diffusivity_plus=plus, diffusivity_minus=minus, z_plus=1, z_minus=-2, nu_plus=2, nu_minus=1
    )
    mobilities = 2 * plus + 4 * minus
    kappa = FARADAY**2 / (GAS * T) * mobilities * 500
    one = np.array([0.5])
    assert salt.conductivity(one, T)[0] == pytest.approx(kappa, rel=1e-12)
    assert salt.t_plus(one, T)[0] == pytest.approx(2 * plus / mobilities, rel=1e-12)
    assert salt.diffusivity(one, T)[0] == pytest.approx(3 * plus * minus / (plus + 2 * minus))
    assert salt.equivalents == 2
    assert salt.diffusion_potential == 1.5


def test_lattice_gas_without_vacancies_to_fill_is_dilute():
    """x -> 0: as a dilute 1:1 salt; then kappa_+/t_+ shared by both."""
    gas = solid.build(diffusivity=1e-11, sites=1e9, t_plus=0.25)
    ideal = dilute.build(diffusivity_plus=1e-11, diffusivity_minus=3e-11)
    c = np.array([0.5, 2.0])
    for part in (*PARTS, "activity"):
        ours, theirs = (getattr(salt, part)(c, T) for salt in (gas, ideal))
        scale = 1e6 if part == "activity" else 1.0  # of the sites, not of 1 mol/L
        np.testing.assert_allclose(ours * scale, theirs, rtol=1e-5)


def test_lattice_gas_factor_is_the_derivative_of_its_potential():
    """Theta = (1 + c dmu/dc)/2 by automatic differentiation."""
    gas = solid.build(sites=50_000.0, interaction=1.5, t_plus=0.5)
    c = ca.SX.sym("c")
    slope = ca.jacobian(ca.log(gas.activity(c, T)), c)
    both = ca.Function("f", [c], [(1 + c * slope) / 2, gas.thermodynamic_factor(c, T)])
    for place in (0.1, 10.0, 30.0, 49.0):
        expected, found = both(place)
        assert float(found) == pytest.approx(float(expected), rel=1e-12)


def test_a_salt_with_a_charge_is_refused():
    with pytest.raises(ValueError, match="net charge of -1"):
        dilute.build(z_minus=-2)
    with pytest.raises(ValueError, match="separate into phases"):
        solid.build(interaction=2.5)


IONS = {
    "dilute": "{model: dilute, diffusivity_plus: 1e-10, diffusivity_minus: 3e-10}",
    "dilute 1:2": "{model: dilute, z_minus: -2, nu_plus: 2}",
    "concentrated 1:2": "{model: concentrated, z_minus: -2, nu_plus: 2}",
    "solid": "{model: solid, concentration: 40 mol/L}",
    "lattice gas": "{model: solid, concentration: 40 mol/L, t_plus: 0.6, interaction: 1}",
}
STEPS = protocol("{current: 0.5 C, until: {time: 6 min}}", "{rest: 5 min}")


@pytest.mark.parametrize("name", IONS)
def test_conserves_charge_and_salt_and_agrees_with_idas(name, tmp_path):
    """Charge and salt to rounding, states to five tolerances of idas."""
    overrides = (*SMOOTH, f"electrolyte={IONS[name]}", "positive.volumes=3")
    result = finished(tmp_path, HALF_CELL, (*overrides, STEPS))
    assert balance(result).worst < 1e-12
    model, times = assembly(tmp_path, HALF_CELL, overrides), np.array([0.02, 0.1])
    exact = oracle.integrate(model, (1, 0, 1), times, rtol=1e-9, atol=1e-11)
    states, _, _ = states_at(model, times)
    assert (np.abs(states - exact) / (1e-6 + 1e-6 * np.abs(exact))).max() < 5


def test_single_ion_conductor_keeps_its_concentration(tmp_path):
    overrides = (*SMOOTH, f"electrolyte={IONS['solid']}", "positive.volumes=3", STEPS)
    c_e = finished(tmp_path, HALF_CELL, overrides)["Electrolyte concentration [mol.m-3]"]
    np.testing.assert_allclose(c_e, 40_000.0, rtol=1e-12)


def test_salt_falls_by_the_steady_slope_of_its_ions(tmp_path):
    """Between two equal foils a current I makes dc/dx = (1 - t+)/(z+ nu+) I/(F D): here over
    the separator of a half cell at its steady state, from the first to its last centre; 1e-3:
    what is left of the transient."""
    config = configuration(
        tmp_path,
        HALF_CELL,
        (
            *SMOOTH,
            "electrolyte={model: dilute, z_minus: -2, nu_plus: 2}",
            "positive.volumes=3",
            protocol("{current: C/5, until: {time: 1 h}}"),
        ),
    )
    result = simulate(config)
    salt = dilute.build(z_minus=-2, nu_plus=2)
    one = np.ones(1)
    effective = salt.diffusivity(one, T)[0] * 0.5**1.5
    slope = (1 - salt.t_plus(one, T)[0]) / 2 * result["Current [A.m-2]"][-1] / (FARADAY * effective)
    c, x = result["Electrolyte concentration [mol.m-3]"][-1], result["x [m]"]
    assert (c[2] - c[0]) / (x[2] - x[0]) == pytest.approx(-slope, rel=1e-3)


@pytest.mark.parametrize(
    ("written", "key", "message"),
    [
        ("{model: dilute, z_minus: -2}", "electrolyte.z_minus", "is -2, by which the salt has"),
        ("{model: solid, concentration: 90 mol/L}", "electrolyte.concentration", "is 90000 mol"),
    ],
)
def test_impossible_salts_are_refused_where_they_are_written(tmp_path, written, key, message):
    with pytest.raises(ConfigError, match=f"{key} {message}"):
        configuration(tmp_path, HALF_CELL, [f"electrolyte={written}"])
