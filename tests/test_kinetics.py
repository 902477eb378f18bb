"""Kinetic laws: equilibrium, sign, the textbook form, both backends, and row M7 of the catalogue
of published claims (see test_physics_rows.py)."""

from functools import partial

import casadi as ca
import numpy as np
import pytest
from scipy import special
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit

from electrode_model import exchange_current, kinetics
from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.free_energy import Potential, open_circuit, regular_solution

C = np.array([1e-3, 0.1, 0.37, 0.5, 0.8, 0.999])
ETA = np.linspace(-8, 8, 33)
A_E = 0.8
#: kT: of LiFePO4; and one that keeps Marcus' rates from falling again for |eta| < 8.
LAMBDA = {"ciet": 8.3, "marcus_hush_chidsey": 8.3, "marcus": 100.0}
THERMAL_VOLTAGE = BOLTZMANN * 298.15 / ELEMENTARY_CHARGE  # V
#: Laws whose exchange current is written out here; test_every_component.py takes up new ones.
every_law = pytest.mark.parametrize("law", ["butler_volmer", "linear", *LAMBDA])
every_form = pytest.mark.parametrize("form", exchange_current.__all__)
every_alpha = pytest.mark.parametrize("alpha", [0.3, 0.5, 0.7])
either_mixing = pytest.mark.parametrize("mixing", [0, 1])


def fillings(form):
    """Where the form is positive: a fitted polynomial is not everywhere."""
    return C[C > 0.2] if form == "colclasure" else C


def form_of(name):
    """A form of the exchange current with what it needs."""
    return partial(getattr(exchange_current, name), **exchange_current.EXAMPLES.get(name, {}))


def potential(c, mixing) -> Potential:
    """A lattice gas with interaction, or a smooth open-circuit voltage."""
    if mixing:
        return regular_solution(c, omega=4.5)
    return open_circuit(4.2 - 0.9 * c + 0.1 * c * c, 3.8, THERMAL_VOLTAGE)


def rate(law, form, dphi, c, mu, alpha=0.5, a_e=A_E):
    exchange = form_of(form)
    own = {"reorganisation": LAMBDA[law]} if law in LAMBDA else {"alpha": alpha}
    return getattr(kinetics, law)(dphi, c, a_e, mu, exchange, **own)


def exchange_value(form, c, mu, alpha, a_e=A_E, law="butler_volmer"):
    """Exchange current of a law: j0, times what Marcus' laws make of it at eta_f = ln(a_e/c)."""
    alpha = 0.5 if law in LAMBDA else alpha
    if law == "ciet":
        both = kinetics.transfer(np.log(a_e / c), LAMBDA[law])
        return (1 - c) * both * a_e * c / (a_e + c)
    j0 = form_of(form)(c, alpha, mu.mixing).value(c, mu.excess, a_e)
    formal = np.log(a_e / c)
    if law == "marcus":
        return j0 * np.exp(-(formal**2) / (4 * LAMBDA[law]))
    if law == "marcus_hush_chidsey":
        both = kinetics.transfer(formal, LAMBDA[law]) / kinetics.transfer(0.0, LAMBDA[law])
        return j0 * both / np.cosh(formal / 2)
    return j0


@every_law
@every_form
@every_alpha
@either_mixing
def test_vanishes_at_equilibrium(law, form, alpha, mixing):
    """1e-12 of the exchange current: two equal powers are subtracted."""
    c = fillings(form)
    mu = potential(c, mixing)
    residual = rate(law, form, -mu.total(c), c, mu, alpha)
    assert np.max(np.abs(residual / exchange_value(form, c, mu, alpha, law=law))) < 1e-12


@every_law
@every_form
@every_alpha
@either_mixing
def test_insertion_falls_as_the_electrode_is_made_more_positive(law, form, alpha, mixing):
    for c in fillings(form):
        mu = potential(c, mixing)
        rates = rate(law, form, ETA - mu.total(c), c, mu, alpha)
        assert np.all(np.diff(rates) < 0)
        assert rates[0] > 0 > rates[-1]


@every_form
@every_alpha
@either_mixing
def test_butler_volmer_is_the_textbook_form(form, alpha, mixing):
    """j0 (exp(-alpha eta) - exp((1-alpha) eta)), j0 multiplied out; rounding only."""
    c, eta = (axis.ravel() for axis in np.meshgrid(C, ETA[np.abs(ETA) > 0.1]))
    mu = potential(c, mixing)
    j0 = exchange_value(form, c, mu, alpha)
    textbook = j0 * (np.exp(-alpha * eta) - np.exp((1 - alpha) * eta))
    computed = rate("butler_volmer", form, eta - mu.total(c), c, mu, alpha)
    np.testing.assert_allclose(computed, textbook, rtol=1e-12)


@every_form
@either_mixing
def test_linear_is_the_ohmic_law(form, mixing):
    mu = potential(C, mixing)
    computed = rate("linear", form, 0.3 - mu.total(C), C, mu)
    np.testing.assert_allclose(computed, -0.3 * exchange_value(form, C, mu, 0.5), rtol=1e-12)


@every_law
@every_form
@either_mixing
def test_slope_at_equilibrium_is_the_exchange_current(law, form, mixing):
    """-dj/deta at eta = 0, by automatic differentiation."""
    dphi = ca.SX.sym("dphi")
    for c in fillings(form):
        mu = potential(c, mixing)
        slope = ca.Function("s", [dphi], [ca.jacobian(rate(law, form, dphi, c, mu), dphi)])
        expected = -exchange_value(form, c, mu, 0.5, law=law)
        assert float(slope(-mu.total(c))) == pytest.approx(expected, rel=1e-12)


@every_law
@every_form
@every_alpha
@either_mixing
def test_symbolic_equals_numeric(law, form, alpha, mixing):
    c, eta = (axis.ravel() for axis in np.meshgrid(C, ETA[::4] + 0.3))
    dphi = eta - potential(c, mixing).total(c)
    c_symbol, dphi_symbol = ca.SX.sym("c", c.size), ca.SX.sym("dphi", c.size)
    graph = rate(law, form, dphi_symbol, c_symbol, potential(c_symbol, mixing), alpha)
    symbolic = ca.Function("rate", [c_symbol, dphi_symbol], [graph])(c, dphi).full()[:, 0]
    numeric = rate(law, form, dphi, c, potential(c, mixing), alpha)
    np.testing.assert_allclose(symbolic, numeric, rtol=1e-12)


@pytest.mark.parametrize("form", ["transition_state", "skewed", "newman"])
@pytest.mark.parametrize("c", [-1e-3, 0.0, 1.0, 1 + 1e-3])
def test_stays_finite_where_newtons_iterates_may_pass(form, c):
    """No logarithm, root or division is left at alpha = 1/2 in a lattice gas."""
    symbol = ca.SX.sym("c")
    graph = rate("butler_volmer", form, 0.5, symbol, regular_solution(symbol, omega=4.5))
    both = ca.Function("f", [symbol], [graph, ca.jacobian(graph, symbol)])(c)
    assert np.all(np.isfinite([float(value) for value in both]))


@pytest.mark.parametrize("alpha", [0.3, 0.5, 0.7])
def test_transition_state_is_finite_outside_for_every_alpha(alpha):
    for c in (-1e-3, 1 + 1e-3):
        mu = regular_solution(c, omega=4.5)
        assert np.isfinite(rate("butler_volmer", "transition_state", 0.5, c, mu, alpha))


def test_a_full_particle_takes_no_lithium_and_an_empty_one_gives_none():
    full = rate("butler_volmer", "transition_state", 0.0, 1.0, regular_solution(1.0, omega=4.5))
    empty = rate("butler_volmer", "transition_state", 0.0, 0.0, regular_solution(0.0, omega=4.5))
    assert full < 0 < empty


@every_form
@either_mixing
def test_ciet_is_the_difference_of_two_marcus_rates(form, mixing):
    """(1-c) [a_e k(-h) - c k(h)]/sqrt(4 pi lambda), h = eta + ln(a_e/c), each rate written out;
    1e-9 where the two nearly cancel, near equilibrium."""
    c, eta = (axis.ravel() for axis in np.meshgrid(C, ETA[np.abs(ETA) > 0.1]))
    mu = potential(c, mixing)
    h = eta + np.log(A_E / c)

    energy = LAMBDA["ciet"]

    def k(x):
        inside = (energy - np.sqrt(1 + np.sqrt(energy) + x**2)) / (2 * np.sqrt(energy))
        return np.sqrt(np.pi * energy) / (1 + np.exp(-x)) * special.erfc(inside)

    textbook = (1 - c) * (A_E * k(-h) - c * k(h)) / np.sqrt(4 * np.pi * energy)
    computed = rate("ciet", form, eta - mu.total(c), c, mu)
    np.testing.assert_allclose(computed, textbook, rtol=1e-9)


def marcus_hush_chidsey(formal, reorganisation):
    """k_red + k_ox over sqrt(4 pi lambda) by quadrature over the electrons' energies."""

    def integrand(x, sign):
        exponent = (x - reorganisation + sign * formal) ** 2 / (4 * reorganisation)
        return np.exp(-exponent) * special.expit(-x)

    ends = (-60 - abs(formal), 60 + abs(formal) + 2 * reorganisation)
    total = sum(
        quad(integrand, *ends, args=(sign,), limit=400, points=[reorganisation - sign * formal])[0]
        for sign in (1, -1)
    )
    return total / np.sqrt(4 * np.pi * reorganisation)


@pytest.mark.parametrize(
    ("reorganisation", "worst"), [(2.0, 0.113), (8.3, 0.0465), (20.0, 0.085), (40.0, 0.268)]
)
def test_closed_form_of_marcus_hush_chidsey_errs_as_stated(reorganisation, worst):
    """The closed form is an approximation: the docstring states its error against the integral."""
    formal = np.linspace(0, 40, 81)
    integral = np.array([marcus_hush_chidsey(x, reorganisation) for x in formal])
    error = np.abs(kinetics.transfer(formal, reorganisation) / integral - 1).max()
    assert error == pytest.approx(worst, abs=0.001)


def test_transfer_gives_mpets_curve_of_marcus_hush_chidsey():
    """Points of MPET 1.0.1, one LiFePO4 sphere of 50 nm at 5C, k0 = 1 A/m^2, lambda = 3.4113e-20 J,
    with MPET's constants: c, V.  Its law is k0/k(0) sqrt(a_R) (1-c)/sqrt(c) [k(-h) - c k(h)] at
    a_e = 1; 1e-5 V are its printed digits and tolerance."""
    boltzmann, charge, temperature = 1.381e-23, 1.602e-19, 298.0
    thermal = boltzmann * temperature / charge
    lam, omega = 3.4113e-20 / (boltzmann * temperature), 1.856e-20 / (boltzmann * temperature)
    target = 5 / 3600 * 50e-9 / 3 * charge * 1.3793e28

    def excess_current(voltage, c):
        mu = np.log(c / (1 - c)) + omega * (1 - 2 * c)
        h = (voltage - 3.422) / thermal + mu - np.log(c)
        both = kinetics.transfer(h, lam) / (kinetics.transfer(0.0, lam) / 2)
        prefactor = np.exp(mu / 2) * (1 - c) / np.sqrt(c)
        return prefactor * both * (special.expit(-h) - c * special.expit(h)) - target

    for c, voltage in [(0.2, 3.38723209), (0.58, 3.42842851), (0.96, 3.39901183)]:
        assert brentq(excess_current, 3.2, 3.6, args=(c,)) == pytest.approx(voltage, abs=1e-5)


def test_ciet_is_finite_where_newtons_iterates_may_pass():
    symbol = ca.SX.sym("c")
    graph = rate("ciet", "constant", 0.5, symbol, regular_solution(symbol, omega=4.5))
    function = ca.Function("f", [symbol], [graph, ca.jacobian(graph, symbol)])
    for c in (-1e-3, 0.0, 1.0, 1 + 1e-3):
        assert np.all(np.isfinite([float(value) for value in function(c)]))


@pytest.mark.parametrize(("law", "millivolt"), [("butler_volmer", 114.7), ("linear", 236.7)])
def test_row_m7_overpotential_of_a_platelet_at_2c(law, millivolt):
    """Row M7, Lim et al. 2016: 150 nm platelet with two reacting faces, k0 = 1e-2 A/m^2.

    1C is e rho_s Th/2 per hour = 0.04606 A/m^2; printed digits.
    """
    thickness, site_density, k0 = 150e-9, 1.38e28, 1e-2
    one_c = ELEMENTARY_CHARGE * site_density * thickness / 2 / 3600
    assert one_c == pytest.approx(0.04606, abs=5e-6)
    assert k0 / one_c == pytest.approx(0.217, abs=5e-4)
    target = 2 * one_c / k0
    assert target == pytest.approx(9.2, abs=0.05)
    ideal = Potential(0.0, 0.0)
    eta = brentq(lambda x: rate(law, "constant", x, 0.5, ideal, a_e=1.0) - target, -20, 20)
    assert -1e3 * THERMAL_VOLTAGE * eta == pytest.approx(millivolt, abs=0.05)


def rates_of_an_electron(formal, reorganisation):
    """k_red and k_ox of Marcus-Hush-Chidsey over sqrt(4 pi lambda), by quadrature over the
    electrons' energies; to 1e-8."""

    def integrand(x, sign):
        return np.exp(-((x - reorganisation - sign * formal) ** 2) / (4 * reorganisation)) * expit(
            -x
        )

    def integral(sign):
        centre = reorganisation + sign * formal
        ends = (min(centre, 0) - 12 * np.sqrt(reorganisation), max(centre, 0) + 60)
        return quad(integrand, *ends, args=(sign,), points=[0, centre], limit=400)[0]

    return np.array([integral(1), integral(-1)]) / np.sqrt(4 * np.pi * reorganisation)


@pytest.mark.parametrize("reorganisation", [2.0, 8.3, 20.0])
@pytest.mark.parametrize("formal", [-20.0, -3.0, 0.0, 0.7, 9.0, 25.0])
def test_marcus_hush_chidsey_follows_the_integral(formal, reorganisation):
    """The closed form errs by 12 % at most for 2 to 20 kT (its docstring); ratio exp(-eta_f)."""
    reduction, oxidation = rates_of_an_electron(formal, reorganisation)
    assert reduction / oxidation == pytest.approx(np.exp(-formal), rel=1e-5)  # quadrature
    closed = kinetics.transfer(formal, reorganisation)
    assert closed == pytest.approx(reduction + oxidation, rel=0.12)


@either_mixing
@every_form
def test_marcus_hush_chidsey_is_the_difference_of_two_rates(form, mixing):
    """j0/sqrt(a_e c) [a_e k_red - c k_ox]/k(0), written out; 1e-9 near equilibrium."""
    c, eta = (axis.ravel() for axis in np.meshgrid(fillings(form), ETA[np.abs(ETA) > 0.1]))
    mu, reorganisation = potential(c, mixing), LAMBDA["marcus_hush_chidsey"]
    j0 = exchange_value(form, c, mu, 0.5)
    h = eta + np.log(A_E / c)
    both = kinetics.transfer(h, reorganisation) / (kinetics.transfer(0.0, reorganisation) / 2)
    textbook = j0 / np.sqrt(A_E * c) * both * (A_E * expit(-h) - c * expit(h))
    computed = rate("marcus_hush_chidsey", form, eta - mu.total(c), c, mu)
    np.testing.assert_allclose(computed, textbook, rtol=1e-9)


@pytest.mark.parametrize("reorganisation", [8.3, 20.0])
def test_marcus_is_that_of_mpet(reorganisation):
    """Its transfer coefficient and powers of a_e and c depend on ln(a_e/c); here it is one
    Gaussian in eta_f: (1-c) a^((3-2 al)/4) c^((1+2 al)/4) exp(-eta^2/(4 lambda)) [...]."""
    c, eta = (axis.ravel() for axis in np.meshgrid(C, ETA))
    mu = potential(c, 1)
    alpha = 0.5 * (1 + np.log(A_E / c) / reorganisation)
    theirs = (1 - c) * A_E ** ((3 - 2 * alpha) / 4) * c ** ((1 + 2 * alpha) / 4)
    theirs = theirs * np.exp(-(eta**2) / (4 * reorganisation))
    theirs = theirs * (np.exp(-alpha * eta) - np.exp((1 - alpha) * eta))
    form = exchange_current.ideal_transition_state
    ours = kinetics.marcus(eta - mu.total(c), c, A_E, mu, form, reorganisation=reorganisation)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-14)


def test_marcus_rates_fall_again_in_the_inverted_region():
    """Beyond the reorganisation energy, while Marcus-Hush-Chidsey comes to a plateau."""
    ideal, eta = Potential(0.0, 0.0), -np.array([8.3, 16.0, 24.0, 40.0])

    def law(name):
        form = exchange_current.constant
        return getattr(kinetics, name)(eta, 1.0, 1.0, ideal, form, reorganisation=8.3)

    assert np.all(np.diff(law("marcus")) < 0)
    plateau = law("marcus_hush_chidsey")
    assert plateau[-1] / plateau[-2] == pytest.approx(1.0, abs=1e-4)
