"""Kinetic laws: equilibrium, sign, the textbook form, both backends, and row M7 of the catalogue
of published claims (see test_physics_rows.py)."""

import casadi as ca
import numpy as np
import pytest
from scipy.optimize import brentq

from electrode_model import exchange_current, kinetics
from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.free_energy import Potential, open_circuit, regular_solution

C = np.array([1e-3, 0.1, 0.37, 0.5, 0.8, 0.999])
ETA = np.linspace(-8, 8, 33)
A_E = 0.8
THERMAL_VOLTAGE = BOLTZMANN * 298.15 / ELEMENTARY_CHARGE  # V
every_law = pytest.mark.parametrize("law", kinetics.__all__)
every_form = pytest.mark.parametrize("form", exchange_current.__all__)
every_alpha = pytest.mark.parametrize("alpha", [0.3, 0.5, 0.7])
either_mixing = pytest.mark.parametrize("mixing", [0, 1])


def potential(c, mixing) -> Potential:
    """A lattice gas with interaction, or a smooth open-circuit voltage."""
    if mixing:
        return regular_solution(c, omega=4.5)
    return open_circuit(4.2 - 0.9 * c + 0.1 * c * c, 3.8, THERMAL_VOLTAGE)


def rate(law, form, dphi, c, mu, alpha=0.5, a_e=A_E):
    exchange = getattr(exchange_current, form)
    return getattr(kinetics, law)(dphi, c, a_e, mu, exchange, alpha=alpha)


def exchange_value(form, c, mu, alpha, a_e=A_E):
    return getattr(exchange_current, form)(c, alpha, mu.mixing).value(c, mu.excess, a_e)


@every_law
@every_form
@every_alpha
@either_mixing
def test_vanishes_at_equilibrium(law, form, alpha, mixing):
    """1e-12 of the exchange current: two equal powers are subtracted."""
    mu = potential(C, mixing)
    residual = rate(law, form, -mu.total(C), C, mu, alpha)
    assert np.max(np.abs(residual / exchange_value(form, C, mu, alpha))) < 1e-12


@every_law
@every_form
@every_alpha
@either_mixing
def test_insertion_falls_as_the_electrode_is_made_more_positive(law, form, alpha, mixing):
    for c in C:
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
    for c in C:
        mu = potential(c, mixing)
        slope = ca.Function("s", [dphi], [ca.jacobian(rate(law, form, dphi, c, mu), dphi)])
        expected = -exchange_value(form, c, mu, 0.5)
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
