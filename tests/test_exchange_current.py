"""Forms of the exchange current: limits, both backends, and rows K1, M1 and M5 of the catalogue
of published claims (see test_physics_rows.py)."""

import casadi as ca
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from electrode_model import exchange_current
from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.free_energy import regular_solution
from electrode_model.importing.mpet_names import REACTIONS

C = np.linspace(0.01, 0.99, 99)
#: Where a fitted polynomial is positive.
RANGES = {"colclasure": (0.2, 0.99)}
OMEGA = 4.49  # kT, of Lim et al. 2016 and Koo et al.
THERMAL_VOLTAGE = BOLTZMANN * 298.15 / ELEMENTARY_CHARGE  # V
every_form = pytest.mark.parametrize("name", exchange_current.__all__)
every_alpha = pytest.mark.parametrize("alpha", [0.3, 0.5, 0.7])
either_mixing = pytest.mark.parametrize("mixing", [0.0, 1.0])


def value(name, c, alpha=0.5, mixing=1.0, a_e=1.0, **parameters):
    excess = regular_solution(c, omega=OMEGA).excess
    parameters = {**exchange_current.EXAMPLES.get(name, {}), **parameters}
    form = getattr(exchange_current, name)(c, alpha, mixing, **parameters)
    j0 = form.value(c, excess, a_e)
    return np.broadcast_to(j0, c.shape) if isinstance(c, np.ndarray) else j0


@every_form
@every_alpha
@either_mixing
def test_is_positive_and_finite_between_the_end_members(name, alpha, mixing):
    low, high = RANGES.get(name, (0, 1))
    j0 = value(name, C[(low <= C) & (high >= C)], alpha, mixing)
    assert np.all(np.isfinite(j0))
    assert np.all(j0 > 0)


@every_form
@every_alpha
@either_mixing
def test_symbolic_equals_numeric(name, alpha, mixing):
    symbol = ca.SX.sym("c", C.size)
    graph = ca.SX(value(name, symbol, alpha, mixing, a_e=0.7)) * ca.SX.ones(C.size)
    symbolic = ca.Function("j0", [symbol], [graph])(C).full()[:, 0]
    np.testing.assert_allclose(symbolic, value(name, C, alpha, mixing, a_e=0.7), rtol=1e-12)


@every_form
def test_rises_with_the_electrolyte_concentration(name):
    assert value(name, 0.4, a_e=1.2) > value(name, 0.4, a_e=1.0) > value(name, 0.4, a_e=0.5) > 0


def test_tabulated_goes_through_its_points_and_refuses_other_lists():
    table = {"filling": [0.2, 0.5, 0.9], "log10_ratio": [-0.4, 0.0, -2.0]}
    for filling, log10_ratio in zip(*table.values(), strict=True):
        assert value("tabulated", filling, **table) == pytest.approx(10**log10_ratio, rel=1e-12)
    with pytest.raises(ValueError, match="3 fillings and 2 values of log10_ratio"):
        value("tabulated", 0.5, **{**table, "log10_ratio": [0.0, -1.0]})


def test_row_k1_skewed_form_at_the_observed_surface_compositions():
    """Row K1, Koo et al.: surface filling 0.64 at 4C lithiation, 0.41 at 4C delithiation."""
    lithiation, delithiation = value("skewed", 0.64), value("skewed", 0.41)
    assert lithiation == pytest.approx(0.5184, abs=1e-4)
    assert delithiation == pytest.approx(0.8705, abs=1e-4)
    assert delithiation / lithiation == pytest.approx(1.679, abs=1e-3)
    assert value("skewed", 0.5) == pytest.approx(0.75, abs=1e-12)
    tafel_gap = 2 * THERMAL_VOLTAGE * np.log(delithiation / lithiation)
    assert 1e3 * tafel_gap == pytest.approx(26.6, abs=0.05)


def peak(name, **options):
    found = minimize_scalar(
        lambda c: -value(name, c, **options), bounds=(0.0, 1.0), options={"xatol": 1e-9}
    )
    return found.x, -found.fun


def test_row_m1_skewed_form_peaks_at_one_quarter():
    """Row M1, Lim et al. 2016: the maximum is 0.9743 k0, not k0 as the paper says."""
    place, maximum = peak("skewed")
    assert place == pytest.approx(0.25, abs=1e-6)
    assert maximum == pytest.approx(0.9743, abs=5e-5)


def test_row_m1_transition_state_form():
    """Row M1: S15 is 6/5 of the transition-state form; its maximum is 2.169 at 0.099."""
    place, maximum = peak("transition_state")
    assert place == pytest.approx(0.099, abs=5e-4)
    assert 1.2 * maximum == pytest.approx(2.169, abs=5e-4)


def test_row_m5_accelerating_regime_is_three_times_longer_in_delithiation():
    """Row M5: j0 grows along 1 -> 0.25 in delithiation and along 0 -> 0.25 in lithiation."""
    place, _ = peak("skewed")
    assert (1 - place) / place == pytest.approx(3.0, abs=1e-4)
    grows = np.diff(value("skewed", C)) > 0
    assert np.array_equal(grows, C[1:] <= 0.25 + 1e-12)


def test_newman_is_symmetric():
    np.testing.assert_allclose(value("newman", C), np.sqrt(C * (1 - C)), rtol=1e-12)


def test_park_sigmoid_falls_by_four_decades_towards_full():
    """j0(0.95)/j0(0.5) = 1.7e-4 by hand; k0 is the plateau, half of it at the centre."""
    assert value("park_sigmoid", 0.95) / value("park_sigmoid", 0.5) == pytest.approx(
        1.7e-4, abs=0.05e-4
    )
    assert value("park_sigmoid", 0.6) == pytest.approx(0.5, abs=1e-12)
    assert value("park_sigmoid", 0.01) == pytest.approx(1.0, abs=1e-6)


def test_vacancy_and_exponential_equal_k0_at_their_reference():
    assert value("vacancy", 0.5, exponent=3.0, reference=0.5) == pytest.approx(1.0, abs=1e-12)
    assert value("exponential", 0.5, steepness=12.0, reference=0.5) == pytest.approx(1.0, abs=1e-12)
    ratio = value("exponential", 0.6, steepness=12.0) / value("exponential", 0.5, steepness=12.0)
    assert ratio == pytest.approx(np.exp(-1.2), rel=1e-12)


def test_newman_is_empty_of_vacancies_where_it_says():
    """BV_mod02 of MPET: sqrt((1/2 - c) c), the coke of Fuller et al. 1994."""
    c = np.linspace(0.01, 0.49, 49)
    np.testing.assert_allclose(value("newman", c, full=0.5), np.sqrt((0.5 - c) * c), rtol=1e-12)
    expected = 0.2**0.7 * 0.3**0.3
    assert value("newman", 0.3, alpha=0.3, full=0.5) == pytest.approx(expected, rel=1e-12)


@either_mixing
def test_transition_states_differ_by_the_sites_they_exclude(mixing):
    """1/(1-c) against 1/(c (1-c)) as activity coefficient: a factor c; 1-c on its own besides."""
    excess = regular_solution(C, omega=OMEGA).excess
    activity = np.exp(excess) * (C / (1 - C)) ** mixing
    one = value("transition_state", C, alpha=0.4, mixing=mixing)
    np.testing.assert_allclose(one, activity**0.4 * (1 - C), rtol=1e-12)
    both = value("lattice_transition_state", C, alpha=0.4, mixing=mixing)
    np.testing.assert_allclose(both, one * C, rtol=1e-12)
    ideal = value("ideal_transition_state", C, alpha=0.4, mixing=mixing)
    np.testing.assert_allclose(ideal, C**0.4 * (1 - C), rtol=1e-12)


def test_constant_may_ignore_the_electrolyte():
    assert value("constant", 0.5, a_e=0.3, order=0.0) == 1.0
    assert value("constant", 0.5, a_e=0.3) == pytest.approx(np.sqrt(0.3), rel=1e-12)


@pytest.mark.parametrize(
    ("filling", "table", "rounding"),
    [
        (0.3, 4.22295, 0.0039),
        (0.5, 3.98, 0.0133),
        (0.7, 2.53549, 0.0508),
        (0.95, 1.38069, 0.2108),
    ],
)
def test_colclasure_is_the_table_of_nmc532(filling, table, rounding):
    """j0 [A/m^2] of BATMODS-lite at 1.2 mol/L and 30 degC, k0 = 0.9 A/m^2; the coefficients of
    MPET are too large by their rounding to four digits."""
    assert 0.9 * value("colclasure", filling, a_e=1.2) == pytest.approx(table, rel=2e-5)
    four = REACTIONS["BV_Colclasure20"][1]["coefficients"]
    mpet = 0.9 * value("colclasure", filling, a_e=1.2, coefficients=four)
    assert mpet / table - 1 == pytest.approx(rounding, abs=1e-4)
