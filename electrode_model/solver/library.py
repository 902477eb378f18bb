"""The compiled inner loops: found, loaded and described to ctypes.

The folder ``native`` holds the source; setuptools compiles it where there is a compiler and goes
on without where there is none.  ``ELECTRODE_MODEL_CORE=numpy`` in the environment leaves it out.
"""

import ctypes
import importlib.util
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import casadi as ca

__all__ = ["Group", "Operand", "Operation", "System", "TapeOperations", "Vectors", "library"]

_ENVIRONMENT = "ELECTRODE_MODEL_CORE"
_CHOICES = ("auto", "native", "numpy")

#: void casadi::_function_buffer_eval(void*), which Python's FunctionBuffer calls as well
_ENTRY = "_ZN6casadi21_function_buffer_evalEPv"

_integer, _double, _pointer = ctypes.c_int64, ctypes.c_double, ctypes.c_void_p


def _fields(integers: str = "", pointers: str = "", rest: Any = ()) -> list[tuple[str, Any]]:
    return [
        *((name, _integer) for name in integers.split()),
        *((name, _pointer) for name in pointers.split()),
        *rest,
    ]


class Operand(ctypes.Structure):
    """Operand of native/core.h."""

    _fields_ = (("p", _pointer), ("rows", _pointer), *_fields("stride each moves"))


class Operation(ctypes.Structure):
    """Operation of native/core.h."""

    _fields_ = (*_fields("code rows"), ("a", Operand), ("b", Operand), ("out", Operand))


class TapeOperations(ctypes.Structure):
    """Tape of native/core.h."""

    _fields_ = (("count", _integer), ("operations", _pointer))


class Group(ctypes.Structure):
    """Group of native/core.h."""

    _fields_ = _fields(
        "n particles volumes lower upper seen coupled drives width runs fillings",
        "run_start run_volume filling which mass weights share x slope residual delta c_bar"
        " hoisted values rate bands matrix by_drive columns spare denominator response",
        [
            ("evaluate", TapeOperations),
            ("differentiate", TapeOperations),
            ("alpha", _double),
            ("beta", _double),
        ],
    )


class System(ctypes.Structure):
    """System of native/core.h."""

    _fields_ = _fields(
        "n groups volumes unknowns",
        "group call value y slope residual delta r circuit g_z g_rate g_r drives algebraic response"
        " by_r by_z row lu pivots rho changes",
    )


class Vectors(ctypes.Structure):
    """Vectors of native/core.h."""

    _fields_ = (
        *_fields("blocks", "bound root counted algebraic"),
        ("rtol", _double),
        ("atol", _double),
        *_fields("", "differences predicted scale correction"),
    )


class Library:
    """The functions of the compiled library, and CasADi's entry for prepared functions."""

    def __init__(self, path: str, casadi: str) -> None:
        """Raises OSError or AttributeError where a library or a function is missing."""
        loaded = ctypes.CDLL(path)
        #: addresses of what evaluates one thing: a function of CasADi's, a tape
        self.machine = _place(getattr(ctypes.CDLL(casadi), _ENTRY))
        self.single = _place(loaded.tape_single)
        group, system, vectors = map(ctypes.POINTER, (Group, System, Vectors))
        count = ctypes.POINTER(_integer)
        number = ctypes.POINTER(_double)

        def function(name: str, result: Any, *arguments: Any) -> Any:
            found = getattr(loaded, name)
            found.restype, found.argtypes = result, arguments
            return found

        self.run = function("tape_single", None, _pointer)
        self.linearize = function("group_linearize", None, group)
        self.assemble = function("system_assemble", ctypes.c_int, system, _double, _double)
        self.factorise = function("system_factorise", ctypes.c_int, system)
        self.evaluate = function("system_evaluate", None, system)
        self.solve = function("system_solve", None, system)
        self.sensitivity = function(
            "system_sensitivity", None, system, system, system, _double, *[_pointer] * 3
        )
        self.inside = function("system_inside", ctypes.c_int, system, _double, _double)
        self.norm = function("vectors_norm", _double, vectors, _pointer, _double)
        self.weigh = function("vectors_weigh", None, vectors, _integer, _pointer)
        self.advance = function("vectors_advance", None, vectors, _integer, _integer)
        self.rescale = function("vectors_rescale", None, vectors, _integer, _integer, _pointer)
        self.attempt = function(
            "vectors_attempt",
            ctypes.c_int,
            system,
            vectors,
            _integer,
            _pointer,
            _double,
            _double,
            _double,
            count,
            number,
        )


@lru_cache(maxsize=1)
def library() -> Library | None:
    """The compiled library, or None where it was not built or is not wanted.

    Raises ValueError for an unknown choice in the environment, and ImportError where ``native``
    is asked for and cannot be had.
    """
    choice = os.environ.get(_ENVIRONMENT, "auto")
    if choice not in _CHOICES:
        raise ValueError(f"{_ENVIRONMENT}={choice}: choose one of {', '.join(_CHOICES)}")
    if choice == "numpy":
        return None
    try:
        found = importlib.util.find_spec("electrode_model.solver._core")
        if found is None or found.origin is None:
            raise ImportError("electrode_model.solver._core was not built: no C compiler?")
        return Library(found.origin, _casadi())
    except (ImportError, OSError, AttributeError) as problem:
        if choice == "native":
            raise ImportError(f"{_ENVIRONMENT}=native, but {problem}") from problem
        return None


def _place(function: Any) -> int:
    """Address of a function of a library."""
    return int(ctypes.cast(function, _pointer).value or 0)


def _casadi() -> str:
    folder = Path(ca.__file__).parent
    names = ("libcasadi.so", "libcasadi.dylib")
    for name in names:
        if (folder / name).exists():
            return str(folder / name)
    raise ImportError(f"no {' or '.join(names)} in {folder}")
