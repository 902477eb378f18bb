"""Rows of Park et al. 2021 with few particles; the full ones are in validation/park2021."""

import numpy as np
import pytest

from electrode_model.analysis.amplification import forced_spread
from electrode_model.analysis.evolution import HalfCycle, follow, threshold
from electrode_model.analysis.stability import of_config, unstable_fillings
from electrode_model.config.load import load
from validation.park2021 import ensemble, relaxation
from validation.park2021.cases import ENSEMBLE, HERE, PER_HOUR, few, half_cycle, statistics


def largest(rate: float, *overrides: str, path=ENSEMBLE, start=0.99, count=100) -> float:
    """P2/H of a half cycle."""
    result = half_cycle(path, rate, [*few(count), *overrides], start=start, resolution=0.005)
    assert result.status == "finished", result.message
    return float(statistics(result).ratio.max())


@pytest.mark.parametrize(
    ("rate", "ratio", "deviation", "dip"), [(-2.0, 0.88, 0.096, 0.125), (-4.0, 0.92, 0.110, 0.133)]
)
def test_p2_fast_delithiation_splits(rate, ratio, deviation, dip):
    """physics.md 6.2; between draws of a hundred sizes it varies by .04, .008 and (dip) .01."""
    found = ensemble.case(rate, 100)
    assert found["ratio"] == pytest.approx(ratio, abs=0.04)
    assert found["deviation"] == pytest.approx(deviation, abs=0.008)
    assert found["dip"] == pytest.approx(dip, abs=0.015)


@pytest.mark.parametrize("rate", [-1 / 15, 1 / 15, 2.0, 4.0])
def test_p2_slow_cycling_and_lithiation_do_not_split(rate):
    assert ensemble.case(rate, 100)["ratio"] == 0


def test_p9_p14_threshold_lies_where_it_should_and_rises_as_the_start_falls():
    """.329 C +-6 % at a start of .99, from 300 particles on; a hundred give 10 %."""
    case = HalfCycle(ENSEMBLE, 1.0, 0.99, 0.5, tuple(few(100)), resolution=0.005)
    found = threshold(case, 0.25, 0.42, accuracy=0.05)
    assert found.rate == pytest.approx(0.329, rel=0.10)
    later = HalfCycle(ENSEMBLE, 2 * found.rate, 0.92, 0.5, tuple(few(100)), resolution=0.005)
    assert follow(later).peak <= 0.05


def test_p9_threshold_is_proportional_to_the_exchange_current():
    """Rates and exchange current times ten: the same half cycle to the solver's tolerance."""
    k0 = f"positive.particles.kinetics.k0={1000 * PER_HOUR} A/m^2"
    assert largest(5.0, k0, start=0.98) == 0.0
    assert largest(-5.0, k0) == pytest.approx(largest(-0.5), abs=1e-3)


@pytest.mark.parametrize("form", ["newman", "constant", "{form: vacancy, reference: 0.5}"])
def test_p10_gentle_exchange_currents_never_split(form):
    overrides = [
        f"positive.particles.kinetics.exchange_current={form}",
        f"positive.particles.kinetics.k0={10 * PER_HOUR} A/m^2",
        "voltage_window=[0 V, 10 V]",
    ]
    assert largest(-10.0, *overrides) == 0


def test_p11_unstable_fillings_and_forced_spread():
    reaction = of_config(load(ENSEMBLE, few(300)))
    ((low, high),) = unstable_fillings(reaction, -4.0)
    assert (low, high) == (pytest.approx(0.720, abs=0.002), pytest.approx(0.948, abs=0.002))
    assert unstable_fillings(reaction, 4.0) == []
    spread = forced_spread(reaction, -0.329, 0.99, 0.5)
    assert np.max(spread.value) == pytest.approx(0.063, abs=0.006)


def test_p6_ohmic_interface_splits_in_delithiation_only():
    path = HERE / "nmc532_ohmic.yaml"
    assert largest(-4.0, path=path) > 0.8
    assert largest(4.0, path=path, start=0.97) == 0


def test_p12_a_mixture_splits_in_both_directions():
    path = HERE / "nmc532_mixed.yaml"
    for rate in (-4.0, 4.0):
        result = half_cycle(path, rate, few(50, 2), resolution=0.005)
        assert statistics(result).ratio.max() > 0.05


def test_p12_layers_split_in_both_directions():
    path = HERE / "nmc532_layered.yaml"
    settings = [*few(10, 2), "positive.volumes=2", "separator.volumes=2"]
    for rate in (-4.0, 4.0):
        result = half_cycle(path, rate, settings, resolution=0.005)
        assert statistics(result).ratio.max() > 0.05


SMALL = [*few(41), "positive.particles.model.nodes=24"]


def test_p3_p4_a_diffusion_limited_split_relaxes_inside_the_particles():
    found = relaxation.relaxed(relaxation.DIFFUSION, SMALL)
    assert found.inside < 0.02
    assert found.moved < 1e-8
    assert found.ratio("local", last=False) > 0.8
    assert found.ratio("number", last=False) == 0
    assert found.ratio("local", last=True) == 0


def test_p5_a_reaction_limited_split_stays():
    found = relaxation.relaxed(relaxation.REACTION, few(41))
    before, after = (found.ratio("local", last) for last in (False, True))
    assert min(before, after) > 0.5
    assert after == pytest.approx(before, abs=0.02)


def test_p17_only_the_ratio_of_diffusion_and_rate_counts():
    assert relaxation.scaling(SMALL).verdict == "reproduced"


def test_p19_transport_does_not_matter_in_a_thin_electrode():
    assert ensemble.thin(40).verdict == "reproduced"
