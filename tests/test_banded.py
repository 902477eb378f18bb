"""Banded solves of many particles equal dense ones, by both methods."""

import numpy as np
import pytest

from electrode_model.solver import banded as module
from electrode_model.solver.banded import banded


def dense(bands, lower, p):
    width, n, _ = bands.shape
    matrix = np.zeros((n, n))
    for d in range(width):
        for i in range(n):
            if 0 <= i + d - lower < n:
                matrix[i, i + d - lower] = bands[d, i, p]
    return matrix


@pytest.mark.parametrize("many", [1, 10**6], ids=["eliminated", "lapack"])
@pytest.mark.parametrize(("lower", "upper"), [(0, 0), (1, 1), (2, 2), (3, 2), (0, 1), (2, 0)])
@pytest.mark.parametrize("rows", [1, 2, 9])
def test_equals_dense(rows, lower, upper, many, monkeypatch):
    monkeypatch.setattr(module, "_MANY", many)
    monkeypatch.setattr(module, "_MANY_TRIDIAGONAL", many)
    rng = np.random.default_rng(0)
    bands = rng.normal(size=(lower + upper + 1, rows, 4))
    bands[lower] += 6.0
    given = bands.copy()
    solver = banded(rows, 4, lower, upper)
    assert solver.factor(bands)
    np.testing.assert_array_equal(bands, given)
    b, several = rng.normal(size=(rows, 4)), rng.normal(size=(rows, 3, 4))
    x, xs = b.copy(), several.copy()
    solver.solve(x)
    solver.solve(xs)
    for p in range(4):
        matrix = dense(bands, lower, p)
        np.testing.assert_allclose(matrix @ x[:, p], b[:, p], atol=1e-13)
        np.testing.assert_allclose(matrix @ xs[:, :, p], several[:, :, p], atol=1e-13)


def test_lapack_reports_a_singular_matrix():
    assert not banded(4, 2, 1, 1).factor(np.zeros((3, 4, 2)))


@pytest.mark.parametrize("particles", [2, 500])
def test_nan_comes_out_as_nan(particles):
    """The stepper looks at the result: nothing may turn NaN into a number or an exception."""
    solver, b = banded(4, particles, 1, 1), np.ones((4, particles))
    bands = np.full((3, 4, particles), np.nan)
    if solver.factor(bands):
        solver.solve(b)
        assert np.isnan(b).all()
