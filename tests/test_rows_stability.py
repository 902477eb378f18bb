"""Linear stability under current: rows M2 and M3 (Lim et al., Science 353 (2016) 566), P11 (Park
et al., Nature Mater. 20 (2021) 991) and section 6.4 of the catalogue.

Rates of the tables are in units of k0; S15 to S18 are the exchange currents of Lim's SI.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from electrode_model.analysis import amplification as paths
from electrode_model.analysis import stability
from electrode_model.analysis.population import two_peaks
from electrode_model.config.load import load
from electrode_model.simulation.simulate import simulate
from tests.models import SINGLE, configuration
from tests.runs import finished, protocol
from validation.lim2016.expected import (
    CRITICAL,
    DIRECTION,
    FORMS,
    FROM_START,
    GAIN,
    GAIN_RATES,
    INF,
    RATES,
    SIGN,
    TABLE,
    lim,
)

CONFIGS = Path(__file__).parent.parent / "configs"


@pytest.mark.parametrize("direction", DIRECTION)
@pytest.mark.parametrize("form", FORMS)
def test_row_m2_unstable_fillings(form, direction):
    """Table 6.1 to its +-0.002; printed to 0.001."""
    reaction = lim(form)
    for rate, expected in zip(RATES, TABLE[form, direction], strict=True):
        found = stability.unstable_fillings(reaction, SIGN[direction] * rate)
        assert len(found) == len(expected), (rate, found)
        np.testing.assert_allclose(
            np.array(found).ravel(), np.array(expected).ravel(), rtol=0, atol=2e-3
        )


def test_row_m2_spinodal_at_rest():
    assert stability.spinodal(lim("S16"))[0] == pytest.approx((0.2560, 0.7440), abs=5e-5)
    assert stability.spinodal(stability.of_material("nmc532")) == []


def test_row_m2_critical_rates():
    """To 0.5 % in the rate and 0.002 in the filling; the other cases have none.

    S16 in delithiation is one interval from 0.045 k0 on, two below: near full filling j0 vanishes
    and s is that of its slope, at any rate.
    """
    for form in FORMS:
        reaction = lim(form)
        for direction, current in DIRECTION.items():
            events = stability.critical_rates(reaction, current)
            found = [e for e in events if e.event in ("opens", "closes")]
            wanted = CRITICAL.get((form, direction), [])
            assert [e.event for e in found] == [event for event, _, _ in wanted]
            for event, (_, rate, filling) in zip(found, wanted, strict=True):
                assert event.rate == pytest.approx(rate, rel=5e-3)
                assert event.filling == pytest.approx(filling, abs=2e-3)
    joined = stability.critical_rates(lim("S16"), "charge")
    assert [(e.event, round(e.rate, 4)) for e in joined] == [("joins", 0.0447)]


@pytest.mark.parametrize("direction", DIRECTION)
@pytest.mark.parametrize("form", FORMS)
def test_row_m3_amplification(form, direction):
    """Table 6.1b, printed to 0.01."""
    reaction, sign = lim(form), SIGN[direction]
    found = [paths.largest_amplification(reaction, sign * j).logarithm for j in GAIN_RATES]
    np.testing.assert_allclose(found, GAIN[form, direction], rtol=0, atol=6e-3)
    first = paths.largest_amplification(reaction, sign * INF, from_start=True)
    assert first.logarithm == pytest.approx(FROM_START[direction][form], abs=6e-3)


@pytest.mark.parametrize("form", ["S16", "S17", "S18"])
def test_row_m3_high_current_limit(form):
    """dX goes as F exp(-mu/2) in lithiation and F exp(+mu/2) in delithiation; a million exchange
    currents are infinity to 1e-12, the sum over the path is good to 1e-5."""
    reaction = lim(form)
    c = np.linspace(0.02, 0.98, 25)
    factors = {
        "S16": 3 * (1 - c) * np.sqrt(c * (1 - c)),
        "S17": 2 * np.sqrt(c * (1 - c)),
        "S18": 0.5 + 0 * c,
    }
    mu = np.log(c / (1 - c)) + 4.49 * (1 - 2 * c) + 3.73 * c
    for sign in (1, -1):
        law = np.log(factors[form]) - sign * mu / 2
        start, end = (0.02, 0.98) if sign > 0 else (0.98, 0.02)
        path = paths.amplification(reaction, sign * INF, start, end)
        gain = np.interp(c, *[np.asarray(a)[::sign] for a in path])
        np.testing.assert_allclose(gain - gain[0], law - law[0], rtol=0, atol=1e-4)


@pytest.mark.parametrize("direction", DIRECTION)
@pytest.mark.parametrize("form", FORMS)
def test_row_m3_two_particles_that_are_integrated(tmp_path, form, direction):
    """Two particles at one potential, their fillings apart by 1e-6: 2 % of the amplification.

    Omega - B/2 stands for Omega with the strain B, which only channels of one particle feel:
    the same mu up to a constant.
    """
    start, end = (0.02, 0.6) if direction == "lith" else (0.98, 0.2)
    half = "{{model: {{name: homogeneous, shape: slab}}, size: 75 nm, volume_fraction: 0.5,"
    half += " material: {{name: lfp, omega: 2.625 kT}}, initial_filling: {start},"
    half += " kinetics: {{k0: 1e-2 A/m^2, exchange_current: {form}}}}}"
    both = [half.format(start=c, form=FORMS[form][0]) for c in (start, start + 1e-6)]
    sign = "" if direction == "lith" else "-"
    overrides = [
        f"positive.particles=[{', '.join(both)}]",
        protocol(f"{{current: {sign}0.6 C, until: {{filling: {end}}}}}"),
        "solver={rtol: 1e-10, atol: 1e-12}",
    ]
    result = finished(tmp_path, SINGLE, overrides)
    fillings = result["Particle filling fraction"]
    c = fillings.mean(axis=1)
    apart = (fillings[:, 1] - fillings[:, 0]) / 1e-6
    reaction = stability.of_config(configuration(tmp_path, SINGLE, overrides))
    path = paths.amplification(reaction, SIGN[direction] * 0.6, start, end)
    order = SIGN[direction]
    expected = np.exp(np.interp(c, path.filling[::order], path.value[::order]))
    np.testing.assert_allclose(apart, expected, rtol=0.02)
    assert np.ptp(apart) > 0.1


@cache
def nmc532(*overrides: str) -> stability.Reaction:
    return stability.of_config(load(CONFIGS / "nmc532_ensemble.yaml", overrides))


def test_row_p11_unstable_bands_of_nmc():
    """.72-.948 at 4C, .896-.944 at C/15 in delithiation; none in lithiation."""
    reaction = nmc532()
    assert stability.unstable_fillings(reaction, -4)[0] == pytest.approx((0.72, 0.948), abs=1e-3)
    slow = stability.unstable_fillings(reaction, -1 / 15)
    assert slow[0] == pytest.approx((0.896, 0.944), abs=1e-3)
    assert not any(stability.unstable_fillings(reaction, rate) for rate in (1 / 15, 4, 100, INF))
    assert stability.critical_rates(reaction, "discharge") == []


def test_row_p11_limits():
    """Tafel: unstable if |(ln j0)'| > alpha |U'| e/kT, whatever the rate."""
    reaction = nmc532()
    for low, high in stability.unstable_fillings(reaction, -INF):
        for c in (low, high):
            f = 1 / (1 + np.exp(25 * (c - 0.6)))
            step = 1e-6
            slope = np.diff(reaction.equilibrium(np.array([c - step, c + step])))[0] / (2 * step)
            assert 25 * (1 - f) == pytest.approx(0.5 * abs(slope), rel=1e-5)


def test_section_64_spread_at_the_simulated_threshold():
    """0.063 +- 0.006 at .329C for k = 100 per hour; a stable path forced alike stays below."""
    reaction = nmc532()
    assert paths.forced_spread(reaction, -0.329, 0.99, 0.5).value.max() == pytest.approx(
        0.063, abs=0.006
    )
    ((low, high),) = paths.splitting_rates(reaction, "charge")
    assert low == pytest.approx(0.329, rel=0.06)  # the accuracy of the simulated one
    assert high == INF
    assert paths.splitting_rates(reaction, "discharge") == []
    assert paths.splitting_rates(reaction, "charge", spread=0.0) == []
    slower = paths.splitting_rates(replace(reaction, rate_constant=10.0), "charge")
    assert slower[0][0] / low == pytest.approx(10 / reaction.rate_constant, rel=1e-4)


@pytest.mark.parametrize(("sigma", "start"), [(0.1, 0.99), (0.2, 0.99), (0.4, 0.99), (0.2, 0.95)])
def test_section_64_holds_for_other_spreads_and_starts(sigma, start):
    """Simulated ensembles: one peak where the forced spread is 0.057, two where it is 0.069."""
    std = 100 * np.sqrt(np.expm1(sigma**2))
    overrides = [
        "positive.particles.per_volume=300",
        f"positive.particles.size={{distribution: lognormal, mean: 100 nm, std: {std} nm}}",
        f"positive.initial_filling={start}",
        "solver.rtol=1e-5",
    ]
    reaction = nmc532(*overrides)
    for split, bimodal in ((0.057, False), (0.069, True)):
        rate = paths.splitting_rates(reaction, "charge", 0.5, start, split=split)[0][0]
        step = protocol(f"{{current: -{rate} C, until: {{filling: 0.55}}}}")
        result = simulate(CONFIGS / "nmc532_ensemble.yaml", overrides=[*overrides, step])
        weights = result.layout.weight
        frames = result["Particle filling fraction"]
        assert any(two_peaks(frame, weights).bimodal for frame in frames) == bimodal
