"""Evaluation of few particles by CasADi's own virtual machine.

A tape pays about a microsecond for each of its NumPy calls, whatever the number of particles; the
virtual machine some nanoseconds for each instruction of each particle, and nothing else.  Under a
few ten particles the latter is quicker.  Both compute the same to rounding.
"""

from collections.abc import Sequence
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.solver.tape import Tape

__all__ = ["Machine", "evaluator"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Measured on the kernels of the package, s: a call of NumPy with its share of bookkeeping; an
#: instruction of a tape for one particle; the same of the virtual machine; the call of the machine.
_CALL, _VECTORISED, _INSTRUCTION, _ENTRY = 0.65e-6, 1.2e-9, 5e-9, 3e-6


class Machine:
    """A function of one particle, mapped over the particles: call it to evaluate.

    ``inputs[i]`` is (n_i, P), or (n_i, 1) for values that all particles share; ``outputs[i]`` is
    (m_i, P).  The arrays are read and written in place, shared ones are read once.
    """

    def __init__(
        self, function: ca.Function, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> None:
        count = outputs[0].shape[1]
        mapped = function.map(count) if count > 1 else function
        self._buffer, self._trigger = mapped.buffer()
        self._read: list[tuple[Array, Array]] = []
        self._write: list[tuple[Array, Array]] = []
        self._buffers: list[Array] = []  # CasADi keeps addresses only
        for i, given in enumerate(inputs):
            own = np.broadcast_to(given, (given.shape[0], count)).T.copy(order="C")
            self._buffers.append(own)
            if given.shape[1] == count:
                self._read.append((own, given.T))
            self._buffer.set_arg(i, memoryview(own))  # type: ignore[call-arg]  # CasADi's stubs describe its C++ side
        for i, given in enumerate(outputs):
            out: Array = np.zeros((count, given.shape[0]))
            self._buffer.set_res(i, memoryview(out))  # type: ignore[call-arg, arg-type]  # as above
            self._write.append((given.T, out))
            self._buffers.append(out)
        self._keep = mapped

    def __call__(self) -> None:
        """Evaluate."""
        for own, given in self._read:
            own[...] = given
        self._trigger()
        for given, own in self._write:
            given[...] = own


def evaluator(
    function: ca.Function, tape: Tape, inputs: Sequence[Array], outputs: Sequence[Array]
) -> Any:
    """What evaluates a function of one particle for all of them quickest, bound to arrays."""
    work = function.n_instructions() * outputs[0].shape[1]
    if _ENTRY + _INSTRUCTION * work < _CALL * tape.calls + _VECTORISED * work:
        return Machine(function, inputs, outputs)
    return tape.bind(inputs, outputs)
