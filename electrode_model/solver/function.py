"""Functions of small vectors, such as the circuit's, evaluated in place.

CasADi's virtual machine takes 6 ns for an instruction.  With the compiled loops an instruction
that is repeated in every cell is one operation on all cells: the circuit of a half cell of 15 cells
takes 1 us instead of 7.
"""

import ctypes
from hashlib import blake2b
from typing import Any, Protocol

import casadi as ca
import numpy as np

from electrode_model.solver import library as native
from electrode_model.solver.operations import Program
from electrode_model.solver.tape import Tape

__all__ = ["InPlace", "in_place"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Longer functions stay with the virtual machine: reading them takes 5 us an instruction.
_MOST_INSTRUCTIONS = 20_000

#: Tapes that were read last, by what they compute: runs that differ in numbers share them.
_KEPT: dict[bytes, Tape] = {}
_MOST_KEPT = 32


class InPlace(Protocol):
    """A function bound to its arrays: call it to bring ``outputs`` up to date.

    ``outputs[i]`` are (rows, columns) arrays.  ``entry`` and ``address`` are what compiled code
    calls and hands over to do the same; 0 where there is none.
    """

    outputs: list[Array]
    entry: int
    address: int

    def __call__(self) -> None:
        """Evaluate."""


def in_place(function: ca.Function, inputs: list[Array]) -> InPlace:
    """The quickest way to evaluate a function of flat arrays, read in place."""
    library = native.library()
    if library is None:
        return _Machine(function, inputs)
    if function.n_instructions() > _MOST_INSTRUCTIONS:
        return _Machine(function, inputs, library.machine)
    return _Interpreted(function, inputs, library)


def _outputs(function: ca.Function) -> list[Array]:
    """By columns, as CasADi has them."""
    sizes = [(function.size2_out(i), function.size1_out(i)) for i in range(function.n_out())]
    return [np.zeros(size).T for size in sizes]


class _Machine:
    """By CasADi's virtual machine, called through buffers without copies."""

    def __init__(self, function: ca.Function, inputs: list[Array], entry: int = 0) -> None:
        self.outputs = _outputs(function)
        self._buffer, self._trigger = function.buffer()
        self.entry = entry
        self.address = _address(self._buffer) if entry else 0
        for i, array in enumerate(inputs):
            self._buffer.set_arg(i, memoryview(array))  # type: ignore[call-arg, arg-type]  # CasADi's stubs describe its C++ side
        for i, array in enumerate(self.outputs):
            self._buffer.set_res(i, memoryview(array.T))  # type: ignore[call-arg]  # as above
        self._keep = (function, inputs)

    def __call__(self) -> None:
        self._trigger()


def _address(buffer: Any) -> int:
    """Of CasADi's buffer of a function, which Python holds in a capsule."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return int(pointer(buffer._self(), None))


class _Interpreted:
    """As a tape in compiled loops."""

    def __init__(self, function: ca.Function, inputs: list[Array], library: native.Library) -> None:
        self.outputs = _outputs(function)
        columns = [output.T.reshape(-1, 1) for output in self.outputs]  # views
        tape = _tape(function)
        self._program = Program(tape, [array.reshape(-1, 1) for array in inputs], columns, 1, 1)
        self._run = library.run
        self.entry = library.single
        self.address = ctypes.addressof(self._program.operations)

    def __call__(self) -> None:
        self._run(self.address)


def _tape(function: ca.Function) -> Tape:
    """The tape of a function whose outputs become columns."""
    key = blake2b(function.serialize().encode()).digest()
    if key not in _KEPT:
        while len(_KEPT) >= _MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
        arguments = [
            ca.SX.sym(function.name_in(i), function.size1_in(i)) for i in range(function.n_in())
        ]
        columns = [ca.vec(output) for output in function.call(arguments)]
        _KEPT[key] = Tape(ca.Function(function.name(), arguments, columns))
    return _KEPT[key]
