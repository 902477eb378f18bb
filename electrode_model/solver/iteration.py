"""Newton's iteration and the vectors of a step: with NumPy, or compiled where the system is.

Both do the same arithmetic in the same order, so that steps, orders and iterations are the same;
they differ by rounding.
"""

import ctypes
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from electrode_model.solver import library as native
from electrode_model.solver.differences import advance_differences
from electrode_model.solver.equations import Equations
from electrode_model.solver.start import Statistics
from electrode_model.solver.system import FILLINGS, System

if TYPE_CHECKING:
    from electrode_model.solver.core import Core

__all__ = ["MAX_ORDER", "Newton", "Vectors", "vectors"]

Array = np.ndarray[Any, np.dtype[np.float64]]

MAX_ORDER = 5

# The same numbers stand in native/newton.c.
_ITERATIONS = 4
_TOLERANCE = 0.05  # of the error tolerance
_LEAST_RATE = 0.05
_NOISE = 1e-4  # tolerances; at rest, Newton's steps are rounding errors that do not shrink


class Newton(Enum):
    """How a Newton iteration ended."""

    CONVERGED = 0
    SLOW = 1
    NOT_FINITE = 2
    OUTSIDE = 3  # converged to a filling beyond 0 or 1


_ENDS = tuple(Newton)  # by their values


class Vectors(Protocol):
    """What the stepper does with whole states."""

    differences: Array  # (MAX_ORDER + 3, n) backward differences
    correction: Array  # (n,) of the last attempt to its prediction
    scale: Array  # (n,) weights of the norm
    rate: float | None  # of convergence that was seen last

    def attempt(self, order: int, cj: float, statistics: Statistics) -> Newton:
        """Correct the prediction of the differences."""

    def weigh(self, y: Array) -> None:
        """Weights of the norm for the unknowns ``y``."""

    def norm(self, vector: Array, solved: float = 1.0) -> float:
        """Largest of the weighted root-mean-squares of the groups and of the circuit.

        One norm over everything would let a thousand particles hide an error in the voltage.
        The algebraic unknowns of the circuit count by the share ``solved``.
        """

    def advance(self, order: int) -> None:
        """Shift the differences by the step that was corrected last."""

    def rescale(self, change: Array) -> None:
        """Differences become ``change.T`` @ the first of them."""


def vectors(system: Equations, rtol: float, atol: float, psi: Sequence[Array]) -> Vectors:
    """Those for a system: compiled where its loops are.

    ``psi[order]`` (MAX_ORDER + 1,) times cj are the shares of the differences in the slope.
    """
    if isinstance(system, System) and system.core is not None:
        return _Compiled(system, system.core, rtol, atol, psi)
    return _Numpy(system, rtol, atol, psi)


class _Parts:
    """The groups' and the circuit's share of the norm."""

    def __init__(self, system: Equations) -> None:
        self.blocks = [*system.blocks, system.circuit_block]
        # A film's unknown follows its particle: it is solved for, not integrated.
        self.counted = np.ones(system.n)
        for block in system.blocks:
            self.counted[block] = system.differential[block]
        self.roots = [1 / np.sqrt(max(self.counted[b].sum(), 1.0)) for b in self.blocks]


class _Numpy:
    """With NumPy."""

    def __init__(self, system: Equations, rtol: float, atol: float, psi: Sequence[Array]) -> None:
        self._system, self._rtol, self._atol, self._shares = system, rtol, atol, psi
        self._parts = _Parts(system)
        self.differences = np.zeros((MAX_ORDER + 3, system.n))
        self.correction, self.scale = np.zeros(system.n), np.empty(system.n)
        self._work, self._psi = np.empty(system.n), np.empty(system.n)
        block = system.circuit_block
        self._solved = np.flatnonzero(~system.differential[block]) + block.start
        self.rate: float | None = None

    def attempt(self, order: int, cj: float, statistics: Statistics) -> Newton:
        system, d = self._system, self.differences
        predicted = d[: order + 1].sum(axis=0)
        self.weigh(predicted)
        system.y[:] = predicted
        np.matmul(self._shares[order][1 : order + 1], d[1 : order + 1], out=self._psi)
        np.multiply(self._psi, cj, out=system.slope)
        ended = self._newton(cj, statistics)
        np.subtract(system.y, predicted, out=self.correction)
        return ended

    def _newton(self, cj: float, statistics: Statistics) -> Newton:
        before = 0.0
        for iteration in range(_ITERATIONS):
            delta = self._step(statistics)
            size = self.norm(delta)
            if not np.isfinite(size):  # as it is where the residual is not
                return Newton.NOT_FINITE
            self._move(delta, cj)
            if size <= _NOISE:
                return self._inside(cj, statistics)
            if iteration == 0:  # a rate that served before says little of a larger step
                rate = None if self.rate is None else max(self.rate, _LEAST_RATE)
            else:
                if size > 0.9 * before:
                    break
                rate = max(size / before, 0.9 * (self.rate or 0.0))
                self.rate = rate
            if rate is not None:
                left = size * rate / (1 - rate)
                if left <= _TOLERANCE:
                    return self._inside(cj, statistics)
                if left * rate ** (_ITERATIONS - 1 - iteration) > _TOLERANCE:
                    break
            before = size
        return Newton.SLOW

    def _step(self, statistics: Statistics) -> Array:
        self._system.evaluate()
        statistics.residuals += 1
        return self._system.solve()

    def _move(self, delta: Array, cj: float) -> None:
        self._system.y += delta
        self._system.slope += np.multiply(delta, cj, out=self._work)

    def _inside(self, cj: float, statistics: Statistics) -> Newton:
        """Accept a converged state if every filling is between 0 and 1, iterating on for that.

        Some exchange currents, such as c^1/2 (1-c)^3/2, turn the sign of both directions beyond
        c = 1: a particle there, by however little, would fill on for ever.
        """
        for _ in range(_ITERATIONS):
            if self._system.fillings_inside():
                return Newton.CONVERGED
            self._move(self._step(statistics), cj)
        return Newton.CONVERGED if self._system.fillings_inside() else Newton.OUTSIDE

    def weigh(self, y: Array) -> None:
        np.abs(y, out=self.scale)
        self.scale *= self._rtol
        self.scale += self._atol
        np.divide(self._parts.counted, self.scale, out=self.scale)

    def norm(self, vector: Array, solved: float = 1.0) -> float:
        np.multiply(vector, self.scale, out=self._work)
        if solved != 1.0:
            self._work[self._solved] *= solved
        largest = 0.0
        for block, root in zip(self._parts.blocks, self._parts.roots, strict=True):
            part = self._work[block]
            size = float(np.sqrt(part @ part)) * root
            if not size <= largest:  # NaN wins
                largest = size
        return largest

    def advance(self, order: int) -> None:
        advance_differences(self.differences, order, self.correction)

    def rescale(self, change: Array) -> None:
        count = change.shape[0]
        self.differences[:count] = change.T @ self.differences[:count]


class _Compiled:
    """In compiled loops, on the arrays of a system that has them."""

    def __init__(
        self, system: System, core: "Core", rtol: float, atol: float, psi: Sequence[Array]
    ) -> None:
        self._core, self._library, self._n = core, core.library, system.n
        parts = _Parts(system)
        self.differences = np.zeros((MAX_ORDER + 3, system.n))
        self.correction, self.scale = np.zeros(system.n), np.empty(system.n)
        bound = np.array([*(b.start for b in parts.blocks), system.n], dtype=np.int64)
        algebraic = (~system.differential[system.circuit_block]).astype(np.int64)
        arrays = {
            "bound": bound,
            "root": np.array(parts.roots),
            "counted": parts.counted,
            "algebraic": algebraic,
            "differences": self.differences,
            "predicted": np.empty(system.n),
            "scale": self.scale,
            "correction": self.correction,
        }
        self._kept = (arrays, psi)
        self._shares = [_address(share) for share in psi]
        self._vectors = native.Vectors(blocks=len(parts.blocks), rtol=rtol, atol=atol)
        for name, array in arrays.items():
            setattr(self._vectors, name, array.ctypes.data)
        self.rate: float | None = None
        self._evaluations, self._rate = ctypes.c_int64(), ctypes.c_double()

    def attempt(self, order: int, cj: float, statistics: Statistics) -> Newton:
        self._evaluations.value = 0
        self._rate.value = -1.0 if self.rate is None else self.rate
        ended = self._library.attempt(
            self._core.system,
            self._vectors,
            order,
            self._shares[order],
            cj,
            *FILLINGS,
            self._evaluations,
            self._rate,
        )
        self.rate = None if self._rate.value < 0 else self._rate.value
        statistics.residuals += self._evaluations.value
        return _ENDS[ended]

    def weigh(self, y: Array) -> None:
        self._library.weigh(self._vectors, self._n, y.ctypes.data)

    def norm(self, vector: Array, solved: float = 1.0) -> float:
        return float(self._library.norm(self._vectors, _address(vector), solved))

    def advance(self, order: int) -> None:
        self._library.advance(self._vectors, self._n, order)

    def rescale(self, change: Array) -> None:
        self._library.rescale(
            self._vectors, self._n, change.shape[0], np.ascontiguousarray(change).ctypes.data
        )


def _address(array: Array) -> int:
    """Of the first number; ``array.ctypes.data`` takes three times as long to tell."""
    place: int = array.__array_interface__["data"][0]
    return place
