"""Finite volumes: exact integrals, telescoping sums, second order in every shape."""

import casadi as ca
import numpy as np
import pytest

from electrode_model.grid import EXPONENT, radial

SHAPES = sorted(EXPONENT)


def numeric(expression):
    return ca.DM(ca.evalf(expression)).full()[:, 0]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("refinement", [1.0, 8.0])
def test_mean_inflow_is_the_surface_flux(shape, refinement):
    grid = radial(shape, 17, refinement)
    rng = np.random.default_rng(0)
    inflow = numeric(grid.divergence(ca.SX(ca.DM(rng.normal(size=16))), 2.5))
    assert grid.weights @ inflow == pytest.approx(2.5 * (EXPONENT[shape] + 1), rel=1e-13)
    assert grid.weights.sum() == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("refinement", [1.0, 4.0])
def test_gradient_is_second_order(shape, refinement):
    """Manufactured solution cos(r); maxima over the faces, four grids."""
    errors, counts = [], [20, 40, 80, 160]
    for n in counts:
        grid = radial(shape, n, refinement)
        middle = (grid.points[1:] + grid.points[:-1]) / 2
        slope = numeric(grid.gradient(ca.SX(ca.DM(np.cos(grid.points)))))
        errors.append(np.abs(slope + np.sin(middle)).max())
    order = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.1)


def test_refinement_is_the_ratio_of_the_end_cells():
    widths = radial("slab", 30, 5.0).widths
    assert widths[0] / widths[-1] == pytest.approx(5.0, rel=1e-12)
    assert radial("slab", 30, 5.0).points[[0, -1]] == pytest.approx([0.0, 1.0])
