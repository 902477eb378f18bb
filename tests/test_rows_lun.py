"""Rows L1-L6, L8 and L9 of validation/lun2025 on a coarse grid, and two of its figures."""

import numpy as np
import pytest

from validation.lun2025 import extras, figures, run
from validation.lun2025.cases import SITE, charge

GRID = 6
RATES = (50, 400)


def test_core_moves_towards_the_patch():
    assert run.maps(GRID).verdict == "reproduced"
    # another program has 333 nm at 24 x 24; the grid takes 30 nm off at 6 x 6
    assert charge("1/4, 0.3", 100, GRID).core(15).offset * 1200 == pytest.approx(333, abs=40)


def test_a_patch_costs_capacity_and_more_at_high_rate():
    row, extracted = run.extraction(GRID, RATES)
    assert row.verdict == "reproduced"
    # numbers of another program, to their last digit and the error of this grid
    assert extracted["none", 400] == pytest.approx(0.740, abs=0.003)
    assert extracted["1/4, 0.3", 400] == pytest.approx(0.701, abs=0.003)


def test_the_grid_of_the_rows_is_fine_enough():
    """Acceptance of the cylinder, < 1e-3; with a patch it is measured by validation/lun2025."""
    change = charge("none", 400, 24).extracted - charge("none", 400, 12).extracted
    assert abs(change) < 1e-3


def test_only_kinetics_make_the_offset_grow_with_the_rate():
    fixed = [charge("1/4, 0.3", rate, GRID).end_of_core() for rate in RATES]
    kinetic = [charge("kinetics", rate, GRID).end_of_core() for rate in RATES]
    assert fixed[0].offset > fixed[1].offset + 20  # the negative control, nm
    assert kinetic[1].offset > kinetic[0].offset + 20
    assert [end.flux_ratio for end in fixed] == [0.3, 0.3]
    assert 0.1 < kinetic[1].flux_ratio < kinetic[0].flux_ratio < 1
    assert 1.7 < kinetic[1].extracted / kinetic[0].extracted < 2.3


def test_relaxation_and_the_core_of_a_fresh_particle():
    assert run.resting(GRID).verdict == "reproduced"
    assert run.shrinking(GRID).verdict == "reproduced"
    # a constant diffusivity: the centre does not wait while the edge empties
    constant = charge("none", 100, GRID, *run.CONTROL["1e-10"])
    assert constant.core(15).area == 1.0
    assert constant.core(20).area == 0.0


def test_barriers():
    assert extras.barriers().verdict == "reproduced"


def test_cut_off_by_voltage_is_that_by_surface_filling():
    fast = f"positive.particles.kinetics.k0={extras.FAST}"
    ends = [
        charge("kinetics", 400, GRID, until, fast).extracted
        for until in ("surface_filling: 0.2", f"voltage: {extras.CUT_OFF}")
    ]
    assert SITE * abs(ends[1] - ends[0]) < 1  # mAh/g, row L9


def test_population_is_reported_not_judged():
    row = extras.population(GRID, 6)
    assert row.verdict == "open"
    found = extras.offsets(GRID, 6)
    assert found.shape == (6,)
    assert np.ptp(found) > 0.05  # shares of the surface between 0 and a half


def test_extracted_is_what_the_current_took():
    done = charge("1/4, 0.7", 400, GRID)
    seconds = done.result["Time [s]"][-1]
    assert done.extracted * SITE == pytest.approx(400 * seconds / 3600, rel=1e-5)


@pytest.mark.parametrize("draw", [figures.maps, figures.resting])
def test_figures(draw, tmp_path):
    draw(GRID).savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 20_000
