"""The vectorised evaluator gives what CasADi gives, for every instruction and any blocking."""

import casadi as ca
import numpy as np
import pytest

from electrode_model.solver import tape
from electrode_model.solver.machine import Machine, evaluator
from electrode_model.solver.tape import Bound, Tape

X = ca.SX.sym("x", 7)
Q = ca.SX.sym("q", 2)
SHARED = ca.SX.sym("s", 1)

EXPRESSIONS = {
    "stencil": ca.vertcat(X[1:] - X[:-1], X[0]) * Q[0],
    "transcendental": ca.exp(X) + ca.log(X) * ca.sqrt(X) - ca.tanh(X) / ca.cosh(X),
    "powers": X**3 + X**0.3 + X**2 + 2 * X + 1 / X,
    "comparison": ca.if_else(X > 0.5, X * SHARED, -X) + (X <= 0.3) + ca.fmin(X, 0.4),
    "reversed": X[::-1] * X + ca.vertcat(X[3], X[0], X[6], X[1], X[1], X[2], X[5]),
    "constants": ca.vertcat(1.5, X[0], 0, 2.5, X[1], -1, 0),
    "untouched": ca.vertcat(X[2:], Q),
    "special": ca.erf(X) + ca.atan2(X, Q[1]) + ca.asinh(X) + ca.sign(X - 0.5) + ca.log1p(X),
    "nested": ca.jacobian(ca.exp(-X * Q[0]) * ca.sum1(X), X) @ X,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("particles", [1, 3, 200])
def test_equals_casadi(name, particles, monkeypatch):
    monkeypatch.setattr(tape, "_CACHE", 700)  # several blocks, the last one narrower
    expression = ca.densify(EXPRESSIONS[name])
    function = ca.Function("f", [X, Q, SHARED], [expression])
    rng = np.random.default_rng(1)
    x, q = rng.uniform(0.1, 0.9, (7, particles)), rng.uniform(0.5, 2, (2, particles))
    shared = np.array([[1.7]])
    out = np.full((7, particles), np.nan)
    Tape(function).bind([x, q, shared], [out])()
    expected = function.map(particles)(x, q, np.repeat(shared, particles, axis=1)).full()
    np.testing.assert_allclose(out, expected, rtol=1e-14, atol=1e-15)


def test_reads_its_inputs_in_place():
    x, out = np.ones((7, 2)), np.empty((7, 2))
    bound = Tape(ca.Function("f", [X], [2 * X])).bind([x], [out])
    bound()
    x[:] = 3.0
    bound()
    np.testing.assert_array_equal(out, 6.0)


def test_equal_instructions_are_gathered():
    """A hundred grid points cost no more calls than ten."""
    calls = []
    for n in (10, 100):
        x = ca.SX.sym("x", n)
        inner = ca.exp(x[1:] - x[:-1])
        f = ca.Function("f", [x], [ca.vertcat(inner, x[0]) - ca.vertcat(x[-1], inner)])
        calls.append(Tape(f).calls)
    assert calls[0] == calls[1] <= 6


def test_unknown_operation_is_refused():
    x = ca.SX.sym("x")
    with pytest.raises(NotImplementedError, match="no NumPy counterpart"):
        Tape(ca.Function("f", [x], [ca.fmod(x, 2) + ca.erfinv(x)]))


def test_out_of_domain_is_nan_not_an_error():
    x, out = np.array([[-1.0]]), np.empty((1, 1))
    s = ca.SX.sym("x")
    with np.errstate(all="ignore"):
        Tape(ca.Function("f", [s], [ca.log(s)])).bind([x], [out])()
    assert np.isnan(out[0, 0])


@pytest.mark.parametrize("count", [1, 3])
def test_virtual_machine_computes_the_same(count):
    """What few particles are evaluated with: inputs of all, shared inputs, structural zeros."""
    x, q = ca.SX.sym("x", 3), ca.SX.sym("q", 2)
    output = ca.vertcat(ca.exp(x[0]) * q[0], 0, x[1] ** 1.5 / x[2], q[1])
    function = ca.Function("f", [x, q], [ca.densify(output), x[:2]])
    random = np.random.default_rng(1)
    inputs = [random.random((3, count)), random.random((2, 1))]
    own, machine = ([np.empty((4, count)), np.empty((2, count))] for _ in range(2))
    bound = [Tape(function).bind(inputs, own), Machine(function, inputs, machine)]
    for _ in range(2):
        for call in bound:
            call()
        for a, b in zip(own, machine, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-14)
        inputs[0][:] = random.random((3, count))  # in place, as the solver writes


def test_few_particles_take_the_machine_and_many_the_tape():
    x = ca.SX.sym("x", 1)
    deep = x
    for k in range(20):  # each waits for the one before: a call of NumPy each
        deep = ca.sqrt(deep + k)
    function = ca.Function("f", [x], [deep])
    taped = Tape(function)
    for count, kind in ((1, Machine), (100_000, Bound)):
        inputs, outputs = [np.ones((1, count))], [np.empty((1, count))]
        assert isinstance(evaluator(function, taped, inputs, outputs), kind)
