"""The compiled inner loops: found, loaded and described to ctypes.

The folder ``native`` holds the source; setuptools compiles it where there is a compiler and goes
on without where there is none.  ``ELECTRODE_MODEL_CORE=numpy`` in the environment leaves it out.
"""

import ctypes
import importlib.util
import os
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = [
    "Group",
    "LibraryError",
    "Operand",
    "Operation",
    "System",
    "TapeOperations",
    "Vectors",
    "library",
]

_ENVIRONMENT = "ELECTRODE_MODEL_CORE"
_CHOICES = ("auto", "native", "numpy")

#: That of native/layout.c, which says when to raise both.
INTERFACE = 1

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


#: In the order of native/layout.c.
_STRUCTURES = (Operand, Operation, TapeOperations, Group, System, Vectors)


class LibraryError(RuntimeError):
    """What the environment asks for cannot be had; the text says why, and the cure."""


class _OfAnotherVersion(Exception):
    """The compiled library at ``path`` is not of this code."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the compiled loops {path} are of another version than the Python code beside them:"
            " delete that file and install again ('pip install .', or 'pip install -e .' for a"
            " clone that is used in place)"
        )


class Library:
    """The functions of the compiled library, and CasADi's entry for prepared functions."""

    def __init__(self, path: str, casadi: str) -> None:
        """Raises OSError where a library, AttributeError where CasADi's entry is missing.

        A library that was compiled from other source code raises _OfAnotherVersion: it would read
        and write where its structures had their members.
        """
        loaded = ctypes.CDLL(path)
        if _layout(loaded) != [INTERFACE, *map(ctypes.sizeof, _STRUCTURES)]:
            raise _OfAnotherVersion(path)
        #: addresses of what evaluates one thing: a function of CasADi's, a tape
        self.machine = _place(getattr(ctypes.CDLL(casadi), _ENTRY))
        self.single = _place(loaded.tape_single)
        group, system, vectors = map(ctypes.POINTER, (Group, System, Vectors))
        count = ctypes.POINTER(_integer)
        number = ctypes.POINTER(_double)

        def function(name: str, result: Any, *arguments: Any) -> Any:
            found = getattr(loaded, name, None)
            if found is None:
                raise _OfAnotherVersion(path)
            found.restype, found.argtypes = result, arguments
            return found

        self.run = function("tape_single", None, _pointer)
        self.linearize = function("group_linearize", None, group)
        self.assemble = function("system_assemble", ctypes.c_int, system, _double, _double)
        self.factorise = function("system_factorise", ctypes.c_int, system)
        self.evaluate = function("system_evaluate", None, system)
        self.solve = function("system_solve", None, system)
        self.follow = function(
            "sensitivities_advance",
            None,
            system,
            _integer,
            _pointer,
            _pointer,
            _integer,
            _double,
            _pointer,
            _pointer,
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

    Raises LibraryError for an unknown choice in the environment, and where ``native`` is asked for
    and cannot be had.  Warns of a library of another version, which is left out as well.
    """
    choice = os.environ.get(_ENVIRONMENT, "auto")
    if choice not in _CHOICES:
        raise LibraryError(f"{_ENVIRONMENT}={choice}: choose one of {', '.join(_CHOICES)}")
    if choice == "numpy":
        return None
    try:
        return Library(_built(), _casadi())
    except (ImportError, OSError, AttributeError, _OfAnotherVersion) as problem:
        if choice == "native":
            raise LibraryError(f"{_ENVIRONMENT}=native, but {problem}") from problem
        if isinstance(problem, _OfAnotherVersion):
            said = f"{problem}; until then NumPy does their work, three to six times slower"
            warnings.warn(said, RuntimeWarning, stacklevel=2)
        return None


def _layout(loaded: ctypes.CDLL) -> list[int]:
    """The interface number and the sizes of the structures that a library was compiled with."""
    try:
        layout = loaded.core_layout
    except AttributeError:  # older than the number
        return []
    layout.restype, layout.argtypes = _integer, (_integer,)
    return [layout(which) for which in range(1 + len(_STRUCTURES))]


def _place(function: Any) -> int:
    """Address of a function of a library."""
    return int(ctypes.cast(function, _pointer).value or 0)


def _built() -> str:
    found = importlib.util.find_spec("electrode_model.solver._core")
    if found is None or found.origin is None:
        raise ImportError("electrode_model.solver._core was not built: no C compiler?")
    return found.origin


def _casadi() -> str:
    import casadi as ca  # takes a third of a second, which errors of the command line need not

    folder = Path(ca.__file__).parent
    names = ("libcasadi.so", "libcasadi.dylib")
    for name in names:
        if (folder / name).exists():
            return str(folder / name)
    raise ImportError(f"no {' or '.join(names)} in {folder}")
