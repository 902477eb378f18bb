"""CasADi SX expressions evaluated for many particles at once with NumPy.

An SX function is a list of scalar instructions.  A kernel of 100 grid points repeats the same
few dozen instructions 100 times, so instructions of equal depth and kind are gathered into
one NumPy call on an array (grid point, particle): a hundred calls where CasADi's own virtual
machine would take thousands of steps per particle.  Particles are worked through in blocks
that keep the intermediate values in the L2 cache; beyond it NumPy slows down fivefold.

Measured: 12-20 ns per grid point, half of it ``exp``, against 100 ns for a homogeneous particle
and 33 ns for a plate through ``Function.map``; no compiler needed, set-up in 10-50 ms.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import casadi as ca
import numpy as np

__all__ = ["BINARY", "CONSTANT", "UNARY", "WORK", "Bound", "Tape"]

Array = np.ndarray[Any, np.dtype[np.float64]]

WORK = -1  # operands in the work array; inputs count from 0
CONSTANT = -2
_CACHE = 160_000  # work numbers in a block: about 1.3 MB


def _if_else_zero(condition: Array, value: Array, out: Array) -> None:
    out[...] = 0.0
    np.copyto(out, value, where=condition != 0)


def _minimum(a: Array, b: Array, out: Array) -> None:
    np.minimum(a, b, out=out)


def _maximum(a: Array, b: Array, out: Array) -> None:
    np.maximum(a, b, out=out)


# The order of both tables is that of native/tape.c.
BINARY: dict[int, Callable[..., Any]] = {
    ca.OP_ADD: np.add,
    ca.OP_SUB: np.subtract,
    ca.OP_MUL: np.multiply,
    ca.OP_DIV: np.divide,
    ca.OP_POW: np.power,
    ca.OP_CONSTPOW: np.power,
    ca.OP_LT: np.less,
    ca.OP_LE: np.less_equal,
    ca.OP_EQ: np.equal,
    ca.OP_NE: np.not_equal,
    ca.OP_FMIN: _minimum,
    ca.OP_FMAX: _maximum,
    ca.OP_ATAN2: np.arctan2,
    ca.OP_COPYSIGN: np.copysign,
    ca.OP_IF_ELSE_ZERO: _if_else_zero,
}


def _erf(x: Array, out: Array) -> None:
    from scipy.special import erf

    erf(x, out)


UNARY: dict[int, Callable[..., Any]] = {
    ca.OP_ASSIGN: np.positive,
    ca.OP_NEG: np.negative,
    ca.OP_EXP: np.exp,
    ca.OP_LOG: np.log,
    ca.OP_SQRT: np.sqrt,
    ca.OP_SQ: np.square,
    ca.OP_INV: np.reciprocal,
    ca.OP_SIN: np.sin,
    ca.OP_COS: np.cos,
    ca.OP_TAN: np.tan,
    ca.OP_SINH: np.sinh,
    ca.OP_COSH: np.cosh,
    ca.OP_TANH: np.tanh,
    ca.OP_ASIN: np.arcsin,
    ca.OP_ACOS: np.arccos,
    ca.OP_ATAN: np.arctan,
    ca.OP_ASINH: np.arcsinh,
    ca.OP_ACOSH: np.arccosh,
    ca.OP_ATANH: np.arctanh,
    ca.OP_FABS: np.abs,
    ca.OP_SIGN: np.sign,
    ca.OP_FLOOR: np.floor,
    ca.OP_CEIL: np.ceil,
    ca.OP_NOT: np.logical_not,
    ca.OP_LOG1P: np.log1p,
    ca.OP_EXPM1: np.expm1,
    ca.OP_ERF: _erf,
}


_FUNCTIONS = UNARY | BINARY


class _Operand(NamedTuple):
    source: int  # an input, WORK or CONSTANT
    rows: np.ndarray  # (g,) rows of the source
    values: np.ndarray | None = None  # (g, 1) for constants


class _Call(NamedTuple):
    operation: int
    operands: tuple[_Operand, ...]
    row: int  # first of the rows of the work array that take the result
    rows: int


class Tape:
    """Vectorised evaluator of an SX function whose inputs and outputs are dense columns.

    Raises
    ------
    NotImplementedError
        The expression holds an operation that has no NumPy counterpart here.
    """

    def __init__(self, function: ca.Function) -> None:
        values, results = _read(function)
        self.program, self.rows, place = _schedule(values, results)
        #: of each output: row, source, row of the source, constant
        self.results: list[list[tuple[int, int, int, float]]] = [
            [(k, *place[value]) for k, value in sorted(rows.items())] for rows in results
        ]

    @property
    def calls(self) -> int:
        """NumPy calls of one evaluation, about."""
        return len(self.program)

    def bind(self, inputs: Sequence[Array], outputs: Sequence[Array]) -> "Bound":
        """Prepare repeated evaluation from and into given arrays.

        ``inputs[i]`` is (n_i, P), or (n_i, 1) for values that all particles share;
        ``outputs[i]`` is (m_i, P).  The arrays are read and written in place.
        """
        particles = outputs[0].shape[1]
        width = int(np.clip(_CACHE // max(self.rows, 1), 64, 8192))
        width = min(width, particles)
        work = np.empty((max(self.rows, 1), width))
        largest = max((call.rows for call in self.program), default=1)
        spare = [np.empty((largest, width)), np.empty((largest, width))]
        program: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        for start in range(0, particles, width):
            stop = min(start + width, particles)
            columns = slice(start, stop)
            block = [a if a.shape[1] == 1 else a[:, columns] for a in inputs]
            now = work if stop - start == width else work[:, : stop - start]
            for call in self.program:
                arguments = []
                for operand, scratch in zip(call.operands, spare, strict=False):
                    view, copy = _view(operand, now, block, scratch[:, : stop - start])
                    arguments.append(view)
                    if copy is not None:
                        program.append(copy)
                target = now[call.row : call.row + call.rows]
                program.append((_FUNCTIONS[call.operation], (*arguments, target)))
            for rows, out in zip(self.results, outputs, strict=True):
                program.extend(_store(rows, now, block, out[:, columns]))
        for rows, out in zip(self.results, outputs, strict=True):
            out[...] = 0.0  # structural zeros stay
            for k, source, _, value in rows:
                if source == CONSTANT:
                    out[k] = value
        return Bound(program)


class Bound:
    """A tape bound to its arrays; call it to bring the outputs up to date.

    Values out of a function's domain give NaN without a warning: whoever asked decides.
    """

    def __init__(self, program: list[tuple[Callable[..., Any], tuple[Any, ...]]]) -> None:
        self._program = program

    def __call__(self) -> None:
        """Evaluate.  Floating-point warnings are the caller's to silence, once per solve."""
        for function, arguments in self._program:
            function(*arguments)


class _Value(NamedTuple):
    operation: int
    operands: tuple[int, ...]  # earlier values
    data: tuple[int, int] | float | None  # (input, row) or a constant


def _read(function: ca.Function) -> tuple[list[_Value], list[dict[int, int]]]:
    """Instructions in single-assignment form, and which value each output row takes."""
    held: dict[int, int] = {}  # work register -> value
    values: list[_Value] = []
    results: list[dict[int, int]] = [{} for _ in range(function.n_out())]
    rows = [function.sparsity_out(i).row() for i in range(function.n_out())]
    for k in range(function.n_instructions()):
        operation = function.instruction_id(k)
        if operation == ca.OP_OUTPUT:
            output, nonzero = function.instruction_output(k)
            results[output][rows[output][nonzero]] = held[function.instruction_input(k)[0]]
            continue
        register = function.instruction_output(k)[0]
        if operation == ca.OP_INPUT:
            source = function.instruction_input(k)
            value = _Value(operation, (), (source[0], source[1]))
        elif operation == ca.OP_CONST:
            value = _Value(operation, (), float(function.instruction_constant(k)))
        else:
            operands = tuple(held[r] for r in function.instruction_input(k))
            if operation == ca.OP_TWICE:
                operation, operands = ca.OP_ADD, operands * 2
            if operation not in UNARY and operation not in BINARY:
                raise NotImplementedError(
                    f"{function.name()}: CasADi operation {operation} has no NumPy counterpart;"
                    " add it to electrode_model/solver/tape.py"
                )
            value = _Value(operation, operands[: 1 if operation in UNARY else 2], None)
        held[register] = len(values)
        values.append(value)
    return values, results


_Place = tuple[int, int, float]  # source, row, constant


def _schedule(
    values: list[_Value], results: list[dict[int, int]]
) -> tuple[list[_Call], int, dict[int, _Place]]:
    """Gather values of equal depth, operation and kind of operands; give them rows."""
    level = [0] * len(values)
    kind = [WORK] * len(values)
    place: dict[int, _Place] = {}
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for v, value in enumerate(values):
        if value.operation == ca.OP_CONST:
            kind[v] = CONSTANT
            place[v] = (CONSTANT, 0, value.data)  # type: ignore[assignment]
        elif value.operation == ca.OP_INPUT:
            source, row = value.data  # type: ignore[misc]
            kind[v] = source
            place[v] = (source, row, 0.0)
        else:
            level[v] = 1 + max(level[o] for o in value.operands)
            key = (level[v], value.operation, *(kind[o] for o in value.operands))
            groups[key].append(v)
    order = sorted(groups)
    last_use = _last_use(values, [groups[key] for key in order], results)
    free = _Rows()
    calls: list[_Call] = []
    expiring: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for g, key in enumerate(order):
        members = groups[key]
        row = free.take(len(members))
        for k, v in enumerate(members):
            place[v] = (WORK, row + k, 0.0)
        sources = [[place[o] for o in values[v].operands] for v in members]
        for start, stop in _runs(sources):
            operands = tuple(
                _operand(list(column)) for column in zip(*sources[start:stop], strict=True)
            )
            calls.append(_Call(key[1], operands, row + start, stop - start))
        expiring[last_use[g]].append((row, len(members)))
        for first, count in expiring.pop(g, ()):
            free.give(first, count)
    return calls, free.size, place


def _runs(sources: list[list[_Place]]) -> list[tuple[int, int]]:
    """Ranges of a group whose operands are evenly spaced rows, if these are few.

    The ends of a grid differ from its inside; a view of the inside and calls of their own for
    the ends are cheaper than gathering all rows.
    """
    rows = np.array([[place[1] for place in operands] for operands in sources])
    strides = np.diff(rows, axis=0)
    changes = np.flatnonzero((strides[1:] != strides[:-1]).any(axis=1)) + 1
    bounds = [0]
    while bounds[-1] < len(rows) and len(bounds) <= 4:
        start = bounds[-1]
        later = changes[np.searchsorted(changes, start, side="right") :]
        end = int(later[0]) if later.size else len(rows) - 1
        alone = start < len(strides) and bool((strides[start] < 0).any())
        bounds.append(start + 1 if alone else end + 1)
    return list(pairwise(bounds)) if bounds[-1] == len(rows) else [(0, len(rows))]


def _last_use(
    values: list[_Value], groups: list[list[int]], results: list[dict[int, int]]
) -> list[int]:
    """For each group, the last group that reads one of its values."""
    group_of = {v: g for g, members in enumerate(groups) for v in members}
    last = list(range(len(groups)))
    for g, members in enumerate(groups):
        for v in members:
            for operand in values[v].operands:
                if operand in group_of:
                    last[group_of[operand]] = max(last[group_of[operand]], g)
    for rows in results:
        for v in rows.values():
            if v in group_of:
                last[group_of[v]] = len(groups)  # kept to the end
    return last


class _Rows:
    """Row ranges of the work array, reused once nothing reads them any more (first fit)."""

    def __init__(self) -> None:
        self.size = 0
        self._free: list[tuple[int, int]] = []

    def take(self, count: int) -> int:
        for k, (row, length) in enumerate(self._free):
            if length >= count:
                if length == count:
                    del self._free[k]
                else:
                    self._free[k] = (row + count, length - count)
                return row
        row = self.size
        self.size += count
        return row

    def give(self, row: int, count: int) -> None:
        self._free.append((row, count))
        self._free.sort()
        merged = [self._free[0]]
        for first, length in self._free[1:]:
            before, extent = merged[-1]
            if before + extent == first:
                merged[-1] = (before, extent + length)
            else:
                merged.append((first, length))
        self._free = merged


def _operand(places: list[_Place]) -> _Operand:
    source = places[0][0]
    if source == CONSTANT:
        constants = np.array([[place[2]] for place in places])
        if np.all(constants == constants[0]):
            constants = constants[:1]
        return _Operand(source, np.empty(0, int), constants)
    return _Operand(source, np.array([place[1] for place in places]))


def _view(
    operand: _Operand, work: Array, inputs: list[Array], scratch: Array
) -> tuple[Array, tuple[Callable[..., Any], tuple[Any, ...]] | None]:
    """The operand as a view where its rows are evenly spaced, else a copy to be made first."""
    if operand.values is not None:
        return operand.values, None
    source = work if operand.source == WORK else inputs[operand.source]
    rows = operand.rows
    steps = np.diff(rows)
    if len(rows) == 1 or np.all(steps == 0):
        return source[rows[0] : rows[0] + 1], None
    if steps[0] > 0 and np.all(steps == steps[0]):
        return source[rows[0] : rows[-1] + 1 : steps[0]], None
    if source.shape[1] == 1:  # shared by all particles: small, gathered when used
        target = np.empty((len(rows), 1))
        return target, (_gather, (source, rows, target))
    target = scratch[: len(rows)]
    return target, (_gather, (source, rows, target))


def _gather(source: Array, rows: np.ndarray, target: Array) -> None:
    if target.flags.c_contiguous:
        source.take(rows, 0, target, "clip")
    else:
        target[...] = source[rows]


def _store(
    rows: list[tuple[int, int, int, float]], work: Array, inputs: list[Array], out: Array
) -> list[tuple[Callable[..., Any], tuple[Any, ...]]]:
    """Copies into an output, one for each run of evenly spaced rows."""
    commands: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
    moving = [(k, source, row) for k, source, row, _ in rows if source != CONSTANT]
    start = 0
    for stop in range(1, len(moving) + 1):
        if stop < len(moving):
            ahead, behind = moving[stop], moving[stop - 1]
            if ahead[1] == behind[1] and ahead[0] - behind[0] == 1 and ahead[2] - behind[2] == 1:
                continue
        k, source, row = moving[start]
        count = stop - start
        origin = work if source == WORK else inputs[source]
        commands.append((np.copyto, (out[k : k + count], origin[row : row + count])))
        start = stop
    return commands
