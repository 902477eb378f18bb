"""Every material of the folder: complete, sourced, monotone, the same for numbers and symbols."""

import importlib
import pkgutil

import casadi as ca
import numpy as np
import pytest
from scipy.optimize import brentq

from electrode_model import exchange_current, kinetics, materials
from electrode_model.constants import AVOGADRO, BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.diffusivity import log_polynomial
from electrode_model.free_energy import open_circuit, regular_solution
from electrode_model.importing.mpet_names import NMC532_DIFFUSIVITY
from electrode_model.material import NUMBERS, Material
from electrode_model.materials import graphite_1param, lfp, nmc111, nmc532
from tests.models import SINGLE
from tests.runs import finished, protocol

TEMPERATURE = 298.15  # K
THERMAL_VOLTAGE = BOLTZMANN * TEMPERATURE / ELEMENTARY_CHARGE  # V
NAMES = [module.name for module in pkgutil.iter_modules(materials.__path__)]
WITH_OCV = [
    name
    for name in NAMES
    if importlib.import_module(f"electrode_model.materials.{name}").MATERIAL.ocv
]
#: Plateaus are flat to rounding; and the ends of one fit join 0.01 kT off [V].
MOST_RISE = {
    "lithium": 0.0,  # a metal: flat
    "graphite_bernardi": 1e-15,
    "graphite_two_step": 3e-4,
}
every_material = pytest.mark.parametrize("name", NAMES)
every_ocv = pytest.mark.parametrize("name", WITH_OCV)


def load(name: str) -> Material:
    return importlib.import_module(f"electrode_model.materials.{name}").MATERIAL


def evaluate(function, c: np.ndarray) -> np.ndarray:
    """The function's value through a CasADi graph."""
    symbol = ca.SX.sym("c", c.size)
    value = function(symbol)
    if not isinstance(value, ca.SX):  # a constant shape
        value = ca.SX(value) * ca.SX.ones(c.size)
    return ca.Function("f", [symbol], [value])(c).full()[:, 0]


def test_the_four_materials_are_there():
    assert {"lfp", "lto", "nmc111", "nmc532"} <= set(NAMES)
    assert {"graphite", "graphite_1param", "coke", "lmo", "lco", "nca", "nmc811"} <= set(NAMES)


@every_material
def test_numbers_are_known_in_bounds_and_sourced(name):
    material = load(name)
    assert material.name == name
    assert material.description
    assert set(material.numbers) <= set(NUMBERS)
    for key, number in material.numbers.items():
        spec = NUMBERS[key]
        assert spec.above is None or number.value > spec.above, key
        assert spec.at_least is None or number.value >= spec.at_least, key
        assert spec.below is None or number.value < spec.below, key
        assert spec.at_most is None or number.value <= spec.at_most, key
        assert len(number.source) > 10, key
        assert "TODO" not in number.source, key


@every_material
def test_has_what_every_model_needs(name):
    material = load(name)
    needed = {"site_density", "standard_potential", "diffusivity", "density"}
    if material.ocv is None:
        needed |= {"omega", "gradient_energy", "coherency"}
    else:
        assert material.ocv_source
        assert material.chemical_potential is None  # one of them would be ignored
    assert needed <= set(material.numbers)


@every_material
def test_density_and_site_density_give_the_theoretical_capacity(name):
    """Half a per cent: sites and mass of lfp come from different sources, 0.4 % apart."""
    theoretical = {"lfp": 169.9, "lto": 175.1, "nmc111": 277.8, "nmc532": 277.6}  # mAh/g
    theoretical |= {"nmc811": 275.5, "nca": 278.9, "lco": 273.8, "lmo": 148.2, "lmo_doyle96": 148.2}
    theoretical |= {"coke": 371.9, "coke_doyle96": 371.9}  # of C6
    theoretical |= {"graphite_lionsimba": 371.9, "nca_cogswell": 278.9}
    theoretical |= {"nca_smith": 195.2}  # 0.7 of nca: c counts the usable lithium
    # of its 31.4 kmol/m^3 the sources count 28.0 and 28.2, those that a cell can use
    theoretical |= {"graphite": 332.0, "graphite_1param": 335.0, "graphite_2param": 335.0}
    theoretical |= dict.fromkeys(
        ("graphite_safari", "graphite_bernardi", "graphite_two_step"), theoretical["graphite"]
    )
    numbers = load(name).numbers
    capacity = ELEMENTARY_CHARGE * numbers["site_density"].value / numbers["density"].value / 3600
    if name not in theoretical:  # of hosts between Li-rich polymers and silicon
        assert 50 < capacity < 4300
        return
    assert capacity == pytest.approx(theoretical[name], rel=0.005)


@every_material
def test_default_kinetics_name_existing_components(name):
    material = load(name)
    form = material.kinetics["exchange_current"]
    form_name = form["form"] if isinstance(form, dict) else form
    assert material.kinetics["law"] in kinetics.__all__
    assert form_name in exchange_current.__all__
    assert material.kinetics["k0"] > 0
    assert material.kinetics_source
    assert "TODO" not in material.kinetics_source


@every_material
@pytest.mark.parametrize("shape", ["diffusivity_shape", "mobility_shape"])
def test_shapes_are_positive_and_symbolic(name, shape):
    material = load(name)
    low, high = material.ocv_range
    c = np.linspace(max(low, 0.001), min(high, 0.999), 301)
    function = getattr(material, shape)
    numeric = np.broadcast_to(function(c), c.shape)
    assert np.all(numeric > 0)
    np.testing.assert_allclose(evaluate(function, c), numeric, rtol=1e-12)


@every_ocv
def test_ocv_falls_with_filling(name):
    material = load(name)
    c = np.linspace(*material.ocv_range, 5001)
    voltage = material.ocv(c, TEMPERATURE)
    if name in MOST_RISE:
        assert np.max(voltage - np.minimum.accumulate(voltage)) <= MOST_RISE[name]
        return
    assert np.all(np.diff(voltage) < 0)


@every_ocv
def test_standard_potential_is_the_ocv_at_half_filling(name):
    """1e-6 V: the digits kept in the file.  Then mu(0.5) = 0, as of a regular solution."""
    material = load(name)
    standard = material.numbers["standard_potential"].value
    half = material.ocv(0.5, TEMPERATURE)
    assert half == pytest.approx(standard, abs=1e-6)
    mu = open_circuit(half, standard, THERMAL_VOLTAGE).total(0.5)
    assert mu == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(
    ("c", "voltage", "slope"),
    [(0.5, 3.9931, -1.67), (0.75, 3.7353, -0.35), (0.9, 3.6638, -0.58), (0.99, 3.4381, -15.3)],
)
def test_nmc532_ocv_and_its_slope(c, voltage, slope):
    """To the digits written here, of an independent evaluation of Colclasure's polynomial."""
    symbol = ca.SX.sym("c")
    derivative = ca.Function("d", [symbol], [ca.jacobian(nmc532.ocv(symbol, 303.15), symbol)])
    assert nmc532.ocv(c, 303.15) == pytest.approx(voltage, abs=5e-5)
    assert float(derivative(c)) == pytest.approx(slope, abs=0.05 if c > 0.95 else 0.005)


@pytest.mark.parametrize(
    ("c", "table"),
    [(0.3, 2.18701e-15), (0.5, 4.53042e-15), (0.8, 2.14303e-15), (0.95, 2.05637e-15)],
)
def test_nmc532_diffusivity_is_the_published_table(c, table):
    """BATMODS-lite at 30 degC; 1e-4: D_s is kept to five digits.  Below 0.3 the value at 0.3."""
    numbers = nmc532.MATERIAL.numbers
    gas = BOLTZMANN * AVOGADRO
    warmer = np.exp(numbers["diffusivity_activation"].value / gas * (1 / 298.15 - 1 / 303.15))
    scale = numbers["diffusivity"].value * warmer
    assert scale * nmc532.diffusivity_shape(c) == pytest.approx(table, rel=1e-4)
    assert nmc532.diffusivity_shape(0.1) == pytest.approx(nmc532.diffusivity_shape(0.3), rel=1e-12)


@pytest.mark.parametrize("c", [0.3, 0.5, 0.8, 0.95])
def test_log_polynomial_with_the_coefficients_of_mpet_is_its_nmc532(c):
    """2 * 10^p(c) of MPET 1.0.1, whose value at half filling is 4.667335907952e-15 m^2/s."""
    coefficients = NMC532_DIFFUSIVITY["coefficients"]
    ours = 4.667335907952e-15 * log_polynomial(c, coefficients=coefficients)
    assert ours == pytest.approx(2 * 10 ** np.polyval(coefficients, c), rel=1e-10)


def test_nmc111_ocv_is_on_the_absolute_lithium_scale():
    """Charged to 4.2 V, NMC111 holds Li0.42: about 160 of 278 mAh/g are out.

    0.02: the teardown of About:Energy 2022 puts 4.29 V at 0.424.
    """
    filling = brentq(lambda c: nmc111.ocv(c, TEMPERATURE) - 4.2, 0.3, 0.9)
    assert filling == pytest.approx(0.42, abs=0.02)


def lfp_mu():
    """mu/kT of LFP and its derivative by c, both as functions of a number."""
    omega = lfp.MATERIAL.numbers["omega"].value / (BOLTZMANN * TEMPERATURE)
    c = ca.SX.sym("c")
    mu = regular_solution(c, omega=omega).total(c)
    return (
        lambda x: float(ca.Function("mu", [c], [mu])(x)),
        lambda x: float(ca.Function("slope", [c], [ca.jacobian(mu, c)])(x)),
    )


def test_lfp_spinodal_and_binodal():
    """5e-4: half of the last printed digit, and Omega is 4.5089 kT at 298.15 K, not 4.51."""
    mu, slope = lfp_mu()
    lower, upper = brentq(slope, 0.01, 0.5), brentq(slope, 0.5, 0.99)
    assert (lower, upper) == pytest.approx((0.127, 0.873), abs=5e-4)
    poor, rich = brentq(mu, 1e-6, lower), brentq(mu, upper, 1 - 1e-6)
    assert (poor, rich) == pytest.approx((0.0121, 0.9879), abs=5e-4)


def test_lfp_zero_current_gap_of_a_homogeneous_particle():
    """Between the two spinodal voltages; 0.1 mV: Omega is 4.5089 kT instead of 4.51."""
    mu, slope = lfp_mu()
    gap = THERMAL_VOLTAGE * (mu(brentq(slope, 0.01, 0.5)) - mu(brentq(slope, 0.5, 0.99)))
    assert 1e3 * gap == pytest.approx(73.8, abs=0.1)


@pytest.mark.parametrize(("omega", "gap"), [(3.0, 21.3), (4.49, 73.1), (4.6, 77.3)])
def test_row_m8_spinodal_gap(omega, gap):
    """Row M8, Lim et al. 2016, Eq. S10 with its sign corrected; printed to 0.1 mV."""
    spinodal = 0.5 - np.sqrt(0.25 - 1 / (2 * omega))
    mu = regular_solution(spinodal, omega=omega).total(spinodal)
    assert 2e3 * THERMAL_VOLTAGE * mu == pytest.approx(gap, abs=0.1)
    if omega == 3.0:
        assert spinodal == pytest.approx(0.2113, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("graphite", {0.05: 0.3086, 0.1: 0.1971, 0.3: 0.1133, 0.5: 0.1036, 0.9: 0.0713}),
        ("graphite_lionsimba", {0.1: 0.2338, 0.5: 0.1215, 0.9: 0.0664}),
        ("graphite_safari", {0.1: 0.2167, 0.5: 0.1161, 0.9: 0.0770}),
        ("graphite_bernardi", {0.1: 0.2111, 0.3: 0.1200, 0.9: 0.0850}),
        ("graphite_two_step", {0.1: 0.1196, 0.5: 0.1020, 0.9: 0.0844}),
        ("nca_cogswell", {0.1: 4.0779, 0.5: 3.6981, 0.9: 3.2681}),
        ("nca_smith", {0.1: 4.1435, 0.5: 3.8265, 0.9: 3.5611}),
        ("coke", {0.0: 1.2765, 0.3: 0.3574, 0.5: 0.1099}),
        ("coke_doyle96", {0.3: 0.3767, 0.5635: 0.0834}),
        ("lmo", {0.2: 4.1385, 0.5: 4.1228, 0.9: 3.9099}),
        ("lmo_doyle96", {0.1705: 4.3071, 0.5: 4.1040, 0.9: 3.9539}),
        ("lco", {0.5: 4.2350, 0.7: 3.9831, 0.9: 3.8535}),
        ("nca", {0.5: 3.9760, 0.7: 3.7384, 0.9: 3.5533}),
        ("nmc811", {0.3: 4.2054, 0.5: 3.9720, 0.9: 3.5682}),
    ],
)
def test_ocv_at_given_fillings(name, points):
    """Evaluated apart from the package with the printed coefficients; 0.1 mV."""
    for filling, voltage in points.items():
        assert load(name).ocv(filling, 298.15) == pytest.approx(voltage, abs=1e-4)


def test_graphite_is_the_lower_branch_of_the_table():
    """Points of NREL's table (BATMODS-lite, BSD-3-Clause): the fit, of the lithiation, lies below,
    by 24 mV in the mean and at most 40 mV from c = 0.1 on."""
    filling = [0.115, 0.148, 0.2, 0.251, 0.3, 0.399, 0.499, 0.551, 0.599, 0.699, 0.799, 0.899]
    voltage = [0.223632, 0.212645, 0.170378, 0.142606, 0.136655, 0.133146]
    voltage += [0.121091, 0.101712, 0.101559, 0.100949, 0.099423, 0.089047]
    below = np.array(voltage) - load("graphite").ocv(np.array(filling), 303.15)
    assert 0 < below.min() < below.max() < 0.04
    assert below.mean() == pytest.approx(0.0236, abs=1e-3)


def one_parameter(c, omega=1.3992e-20, omega_b=5.761532e-21):
    """mu/kT at 298 K of the one-parameter graphite."""
    numbers = {"omega": omega, "omega_b": omega_b}
    return graphite_1param.chemical_potential(c, numbers) / (BOLTZMANN * 298.0)


def test_graphite_of_one_parameter_separates_into_stages():
    """Two ranges where mu falls: from stage 1' to 2 about c = 0.4, from 2 to 1 about 0.75."""
    c = np.linspace(0.01, 0.99, 981)
    falling = c[:-1][np.diff(one_parameter(c)) < 0]
    breaks = np.flatnonzero(np.diff(falling) > 0.01)
    assert breaks.size == 1
    first, second = falling[: breaks[0] + 1], falling[breaks[0] + 1 :]
    assert 0.3 < first.min() < first.max() < 0.5
    assert 0.5 < second.min() < second.max() < 0.95


@pytest.mark.parametrize(
    ("c", "expected"), [(0.1, -3.718323), (0.42, -0.075054), (0.5, 0.628060), (0.8, 1.299635)]
)
def test_graphite_of_one_parameter_is_mpets(c, expected):
    """The terms of MPET 1.0.1 summed apart from the package: kT at 298 K."""
    assert one_parameter(c) == pytest.approx(expected, abs=1e-4)


def test_graphite_of_one_parameter_takes_its_interactions_from_the_numbers():
    assert one_parameter(0.8, omega_b=0.0) < one_parameter(0.8)
    slopes = [np.diff(one_parameter(np.array([0.7, 0.8]), w))[0] for w in (1e-20, 2e-20)]
    assert slopes[1] < slopes[0]


@every_material
def test_fills_and_empties(name, tmp_path):
    """Runs with nothing but its name: six minutes at 1C into one third of its range, and back."""
    low, high = load(name).ocv_range
    overrides = (
        f"positive.particles.material={name}",
        "positive.particles.per_volume=1",
        f"positive.initial_filling={low + (high - low) / 3}",
        "voltage_window=[-1, 6]",
        protocol("{current: 1 C, until: {time: 6 min}}", "{current: -1 C, until: {time: 6 min}}"),
    )
    result = finished(tmp_path, SINGLE, overrides)
    filling = result["Positive filling fraction"]
    assert filling[-1] == pytest.approx(filling[0], abs=1e-9)
    assert filling.max() == pytest.approx(filling[0] + 0.1, abs=1e-9)
