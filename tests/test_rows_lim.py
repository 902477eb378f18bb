"""Rows M10, M14 and M15 of the catalogue (Lim et al., Science 353 (2016) 566), few particles.

Also the script that judges all rows M.  M1, M5, M7, M8 and M12 are with the laws they are of; M2
and M3 in test_rows_stability.py; M4, M6, M9 and M13 in test_channel_array.py.
"""

import numpy as np
import pytest

from electrode_model.analysis.population import spread
from electrode_model.validate.rows import Row
from validation.lim2016 import cells, run, theory

FEW = ["positive.particles.per_volume=60"]


@pytest.mark.parametrize(
    ("direction", "rate", "expected"),
    [("lith", 0.2, 0.19), ("lith", 2.0, 0.13), ("del", 0.6, 0.37)],
)
def test_row_m10_lithiation_is_concurrent(direction, rate, expected):
    """s.d. at half filling .19 at .2C, .13 from 1C on, .37 in delithiation (other solver, 400
    drawn sizes: +-0.02 between draws)."""
    result = cells.to_half(rate, direction, FEW)
    found = spread(result["Particle filling fraction"][-1], result.layout.weight)
    assert found == pytest.approx(expected, abs=0.02)


def test_row_m14_a_small_alpha_turns_the_asymmetry():
    """-64 mV at 4C for alpha .5, +15 for .4 (other solver); 10 mV for the few sizes."""

    def gap(alpha: float) -> float:
        more = [*FEW, f"positive.particles.kinetics.alpha={alpha}"]
        voltage = [
            float(cells.to_half(4.0, direction, more)["Voltage [V]"][-1])
            for direction in ("lith", "del")
        ]
        return (cells.PLATEAU - voltage[0]) - (voltage[1] - cells.PLATEAU)

    assert gap(0.5) == pytest.approx(-0.064, abs=0.010)
    assert gap(0.4) == pytest.approx(0.015, abs=0.010)


def test_row_m15_intensity_between_the_phases_goes_with_rest():
    seen = cells.between_peaks(FEW)
    assert min(seen.fresh, seen.soon) > 0.2
    assert seen.late < 0.05 < seen.soon


def test_rows_m1_m5_m7_m8_are_reproduced():
    found = {row.id: row for row in (theory.m1(), theory.m5(), theory.m7(), theory.m8())}
    assert {row.verdict for row in found.values()} == {"reproduced"}, found


def test_row_m3_two_particles_of_the_validation():
    """Linear theory to 2 %, over the whole way."""
    c, seen, at, expected = theory.two_particles("S16", "del", 2.0)
    gain = np.interp(c, at[::-1], expected[::-1])
    np.testing.assert_allclose(seen, gain, rtol=0.02)
    assert seen.max() == pytest.approx(132, rel=0.02)  # e^4.88


def test_rows_stand_in_order(monkeypatch):
    def part(*ids: str):
        return lambda quick: [Row(name, "", "", "", "open") for name in ids]

    for module, ids in ((theory, ("M1", "M8")), (cells, ("M10",)), (run.channels, ("M4", "M13"))):
        monkeypatch.setattr(module, "rows", part(*ids))
    assert [row.id for row in run.rows(quick=True)] == ["M1", "M4", "M8", "M10", "M13"]
