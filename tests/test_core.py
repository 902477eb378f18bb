"""The compiled inner loops: they do what NumPy does, operation by operation and step by step."""

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import casadi as ca
import numpy as np
import pytest

from electrode_model import __main__ as command_line
from electrode_model.solver import library, tape
from electrode_model.solver.function import in_place
from electrode_model.solver.operations import Program
from electrode_model.solver.start import Statistics, consistent
from electrode_model.solver.stepper import Stepper
from electrode_model.solver.system import System
from tests.models import HALF_CELL, SINGLE, assembly, particle

# Vector versions of exp, log and pow: those of glibc are within 4 units in the last place,
# NumPy's within 1; a hyperbolic function of CasADi's may be two of them.
ROUNDING = 16 * np.finfo(float).eps

THICK = "positive.particles.thickness=20 nm"
FILM = "positive.particles.film_resistance=1e-3"
CASES = {
    "homogeneous": (SINGLE, ()),
    "with films": (SINGLE, (FILM,)),
    "half cell": (HALF_CELL, ("positive.volumes=4", "positive.particles.per_volume=30")),
    "allen_cahn": (SINGLE, (particle("allen_cahn", cell="2 nm", sharing=0.2), THICK, FILM)),
    "diffusion": (HALF_CELL, (particle("diffusion", nodes=20), "positive.volumes=2")),
}

X, Y = ca.SX.sym("x", 3), ca.SX.sym("y", 3)
OPERATIONS = {
    "plus": X + Y,
    "minus": X - Y,
    "times": X * Y,
    "over": X / Y,
    "power": X**Y,
    "constant power": X**1.5,
    "less": X < Y,
    "less or equal": X <= Y,
    "equal": X == Y,
    "not equal": X != Y,
    "least": ca.fmin(X, Y),
    "most": ca.fmax(X, Y),
    "atan2": ca.atan2(X, Y),
    "copysign": ca.copysign(X, -Y),
    "choice": ca.if_else(X < Y, X, 2 * Y),
    "negative": -X,
    "square": X * X,
    "inverse": 1 / X,
    "not": ca.logic_not(X),
    "acosh": ca.acosh(1 + X),
    "reversed": X[::-1] * Y,
    "one for all": X[0] * Y,
    "overflow": ca.exp(3000 * X) - ca.log(X - 0.5),
    "constants": ca.vertcat(X[0], 2.0, Y[1]),
    **{
        f.__name__: f(X)
        for f in (ca.exp, ca.log, ca.sqrt, ca.sin, ca.cos, ca.tan, ca.sinh, ca.cosh, ca.tanh)
    },
    **{
        f.__name__: f(X - 0.5)
        for f in (ca.asin, ca.acos, ca.atan, ca.asinh, ca.atanh, ca.fabs, ca.sign, ca.log1p)
    },
    **{f.__name__: f(3 * X - 1) for f in (ca.floor, ca.ceil, ca.expm1, ca.erf)},
}


def loops():
    """The loops; an installation without a compiler has none, and then nothing to compare."""
    return library.library()


@pytest.mark.parametrize("particles", [1, 7, 27])
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_that_of_numpy(name, particles):
    f = ca.Function("f", [X, Y], [ca.densify(OPERATIONS[name])])
    values = np.random.default_rng(7).uniform(0.05, 0.95, (2, 3, particles))
    values[1, 0] = values[0, 0]  # for what compares
    expected, found = np.zeros((2, 3, particles))
    read = tape.Tape(f)
    with np.errstate(all="ignore"):
        read.bind(list(values), [expected])()
    if loops() is not None:
        width = 8 if particles < 10 else 16  # 27 particles in blocks of 16 and 11
        program = Program(read, list(values), [found], width, particles)
        group = library.Group(particles=particles, width=width, differentiate=program.operations)
        loops().linearize(group)
        np.testing.assert_allclose(found, expected, rtol=ROUNDING)


def test_all_operations_that_a_tape_knows_are_tested():
    tried = set()
    for expression in OPERATIONS.values():
        f = ca.Function("f", [X, Y], [expression])
        tried |= {f.instruction_id(k) for k in range(f.n_instructions())}
    known = (tape.UNARY.keys() | tape.BINARY.keys()) - {ca.OP_ASSIGN}
    assert known - tried == set()


def test_a_function_in_place_is_that_of_casadi():
    z = ca.SX.sym("z", 40)
    matrix = ca.jacobian(ca.vertcat(ca.exp(z[1:]) * z[:-1], ca.sum1(z) ** 2), z)
    f = ca.Function("f", [z, Y], [ca.densify(matrix), z[3] * Y])
    at, other = np.linspace(-1, 1, 40), np.array([0.1, 0.2, 0.3])
    bound = in_place(f, [at, other])
    for shift in (0.0, 0.5):
        at += shift
        bound()
        for output, expected in zip(bound.outputs, f(at, other), strict=True):
            np.testing.assert_allclose(output, np.array(expected), rtol=ROUNDING, atol=1e-300)


@pytest.mark.parametrize("name", CASES)
def test_steps_are_those_of_numpy(name, tmp_path):
    model = assembly(tmp_path, *CASES[name])
    runs = []
    for compiled in (True, False):
        system, statistics = System(model), Statistics()
        if not compiled:
            system.core = None
        system.control[:] = (1.0, 0.0, 1.0)
        with np.errstate(all="ignore"):
            assert consistent(system, statistics) is None
            stepper = Stepper(system, statistics, rtol=1e-5, atol=1e-5)
            states = []
            while stepper.t < 0.2:
                stepper.step()
                states.append(np.append(stepper.state, stepper.t))
        runs.append((statistics.as_dict(), np.array(states)))
    (counts, states), (expected, others) = runs
    assert counts == expected  # the same decisions: steps, iterations, Jacobians, failures
    assert np.abs(states - others).max() < 1e-7  # a hundredth of the tolerance: rounding, grown


def test_the_environment_leaves_them_out(tmp_path):
    program = "from electrode_model.solver.library import library; print(library())"
    for choice, status, said in (("numpy", 0, "None"), ("fast", 1, "choose one of auto, native")):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "ELECTRODE_MODEL_CORE": choice},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, said in done.stdout + done.stderr) == (status, True)


@pytest.fixture
def forgetful():
    """What is found in place of the library is not kept for the tests that follow."""
    yield
    library.library.cache_clear()


class WithoutAttempt(ctypes.CDLL):
    """A library in which one function is missing."""

    def __getattr__(self, name):
        if name == "vectors_attempt":
            raise AttributeError(name)
        return super().__getattr__(name)


def names_the_cure(text):
    (path,) = re.findall(r"compiled loops (\S+) are of another version", text)
    return Path(path).is_file() and "delete that file and install again" in text


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("fault", ["interface", "sizes", "no layout", "function"])
def test_loops_of_another_version_are_left_out(fault, monkeypatch, capsys, tmp_path):
    """A library that was built before the code beside it changed would overwrite memory."""
    if fault == "no layout" or loops() is None:  # another library than ours, or in place of it
        monkeypatch.setattr(library, "_built", library._casadi)
    elif fault == "interface":
        monkeypatch.setattr(library, "INTERFACE", library.INTERFACE + 1)
    elif fault == "sizes":
        other = (*library._STRUCTURES[:-1], library.Operand)
        monkeypatch.setattr(library, "_STRUCTURES", other)
    else:
        monkeypatch.setattr(ctypes, "CDLL", WithoutAttempt)
    library.library.cache_clear()
    monkeypatch.setenv("ELECTRODE_MODEL_CORE", "auto")
    with pytest.warns(RuntimeWarning, match="NumPy does their work") as caught:
        assert System(assembly(tmp_path)).core is None
    assert len(caught) == 1  # systems ask for the library many times
    assert names_the_cure(str(caught[0].message))
    library.library.cache_clear()
    monkeypatch.setenv("ELECTRODE_MODEL_CORE", "native")
    with pytest.raises(library.LibraryError, match="=native, but") as refused:
        library.library()
    assert names_the_cure(str(refused.value))
    folder = tmp_path / "result"
    assert command_line.main(["run", str(tmp_path / "model.yaml"), "-o", str(folder)]) == 2
    assert capsys.readouterr().err.splitlines() == [str(refused.value)]


def test_what_the_loops_lack_is_done_by_numpy(tmp_path):
    text = HALF_CELL.replace(
        "    material: lfp", "    material: lfp\n    noise: {reaction: 0.01, correlation_time: 1 s}"
    )
    assert System(assembly(tmp_path, text)).core is None
    assert (System(assembly(tmp_path, HALF_CELL)).core is None) == (loops() is None)
