"""Tapes as lists of operations for the compiled loops."""

import ctypes
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.solver import library as native
from electrode_model.solver import tape as tapes
from electrode_model.solver.tape import Tape

__all__ = ["VECTOR", "Program"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Numbers of the operations in native/tape.c: the order of the tables in tape.py.
_CODES = {
    **{operation: number for number, operation in enumerate(tapes.BINARY)},
    **{operation: number for number, operation in enumerate(tapes.UNARY, 20)},
}
_NUMBER = 8  # bytes
VECTOR = 8  # particles that the widest vector unit takes at once
#: Computed in whole vectors: tape.c says why.
_IN_VECTORS = (ca.OP_EXP, ca.OP_LOG, ca.OP_POW, ca.OP_CONSTPOW)


class Program:
    """A tape on given arrays, in blocks of ``width`` particles.

    ``inputs[i]`` is (n_i, particles), (n_i, 1) for values that all particles share, or
    (n_i, width) for those of a block; ``outputs[i]`` the first or the last.  ``operations`` is what
    the library takes; it reads and writes in place.  A width is 1, for one particle whose rows are
    what is many, or a multiple of VECTOR.
    """

    def __init__(
        self,
        tape: Tape,
        inputs: Sequence[Array],
        outputs: Sequence[Array],
        width: int,
        particles: int,
    ) -> None:
        self._kept: list[np.ndarray] = []  # ctypes keeps addresses only
        self._inputs, self._width = inputs, width
        self._particles = particles
        self._work = self._at(np.zeros((max(tape.rows, 1), width)))
        listed = [
            native.Operation(
                code=_CODES[call.operation],
                rows=call.rows,
                a=self._operand(*call.operands[0]),
                b=self._operand(*call.operands[-1]),
                out=native.Operand(p=self._work + _NUMBER * width * call.row, stride=width, each=1),
            )
            for call in tape.program
        ]
        for results, out in zip(tape.results, outputs, strict=True):
            listed += self._stored(results, out)
        self._array = (native.Operation * max(len(listed), 1))(*listed)
        self.operations = native.TapeOperations(
            count=len(listed), operations=ctypes.addressof(self._array)
        )

    def _at(self, array: np.ndarray) -> int:
        """Address of an array, which is kept."""
        self._kept.append(array)
        return int(array.ctypes.data)

    def _row(self, row: int) -> native.Operand:
        """Rows of the work, from one on."""
        place = self._work + _NUMBER * self._width * row
        return native.Operand(p=place, stride=self._width, each=1)

    def _operand(
        self, source: int, rows: np.ndarray, values: Array | None = None
    ) -> native.Operand:
        """Rows of the work, of an input, or constants."""
        if values is not None:
            constants = np.ascontiguousarray(values)
            return native.Operand(p=self._at(constants), stride=int(constants.shape[0] > 1))
        if source == tapes.WORK:
            place, stride, each, moves = self._work, self._width, 1, 0
        else:
            array = self._inputs[source]
            moves = int(array.shape[1] == self._particles)
            each = int(moves or array.shape[1] == self._width)
            place, stride = self._at(array), array.strides[0] // _NUMBER
        return self._rows(place, stride, rows, each=each, moves=moves)

    def _rows(
        self, place: int, stride: int, rows: np.ndarray, *, each: int, moves: int
    ) -> native.Operand:
        """Evenly spaced rows by their distance, others by a list."""
        steps = np.diff(rows)
        if rows.size == 1 or np.all(steps == steps[0]):
            step = int(steps[0]) if rows.size > 1 else 0
            first = place + _NUMBER * stride * int(rows[0])
            return native.Operand(p=first, stride=stride * step, each=each, moves=moves)
        listed = self._at(rows.astype(np.int64))
        return native.Operand(p=place, rows=listed, stride=stride, each=each, moves=moves)

    def _stored(
        self, results: list[tuple[int, int, int, float]], out: Array
    ) -> list[native.Operation]:
        """Copies of results into an output, one for each source."""
        out[...] = 0.0  # structural zeros stay
        moving: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for k, source, row, constant in results:
            if source == tapes.CONSTANT:
                out[k] = constant
            else:
                moving[source].append((k, row))
        place, stride = self._at(out), out.strides[0] // _NUMBER
        copies = []
        for source, pairs in moving.items():
            to, rows = np.array(pairs).T
            given = self._operand(source, rows)
            moves = int(out.shape[1] == self._particles)
            target = self._rows(place, stride, to, each=1, moves=moves)
            copies.append(_copy(given, target, to.size))
        return copies


def _copy(given: native.Operand, to: native.Operand, rows: int) -> native.Operation:
    return native.Operation(code=_CODES[ca.OP_ASSIGN], rows=rows, a=given, b=given, out=to)
