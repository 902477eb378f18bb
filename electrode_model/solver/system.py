"""The assembled DAE with its structured linear algebra.

Unknowns y = (particles of each group, circuit z).  For

    M dx/dt - f(x; u_v, c_bar) = 0,     g(z, dz/dt, r) = 0,     r_v = sum_p share_p w . dx_p/dt

a Newton step  alpha d(dy/dt) + beta dy  is solved by eliminating the particles: one banded
matrix each, two or three right-hand sides, a small dense matrix for the circuit.  The cost is
linear in the number of particles and nothing differentiates the whole system.

r is formed from dx/dt, not from f: the balances of lithium, charge and salt are then *linear*
in the unknowns, and every Newton iterate satisfies them to rounding whatever the tolerance.
"""

from itertools import pairwise
from typing import Any

import casadi as ca
import numpy as np
from scipy.linalg import lapack

from electrode_model.assemble import Assembly, Group
from electrode_model.cell import Circuit
from electrode_model.solver.group import GroupSolver

__all__ = ["System"]

_ROUNDING = 4 * float(np.finfo(float).eps)  # of a filling

Array = np.ndarray[Any, np.dtype[np.float64]]


class _Compiled:
    """A CasADi function of small vectors, called through buffers without copies."""

    def __init__(self, function: ca.Function, inputs: list[Array]) -> None:
        self.outputs = [
            np.zeros((function.size2_out(i), function.size1_out(i))).T
            for i in range(function.n_out())
        ]
        self._buffer, self._trigger = function.buffer()
        for i, array in enumerate(inputs):
            self._buffer.set_arg(i, memoryview(array))  # type: ignore[call-arg, arg-type]  # CasADi's stubs describe its C++ side
        for i, array in enumerate(self.outputs):
            self._buffer.set_res(i, memoryview(array.T))  # type: ignore[call-arg]  # as above
        self._keep = (function, inputs)

    def __call__(self) -> None:
        self._trigger()


class System:
    """Residual and Newton steps of an :class:`~electrode_model.assemble.Assembly`.

    The arrays ``y``, ``slope`` (dy/dt), ``control`` are written by the caller; ``residual``,
    ``delta`` by the methods.  All are flat, (n,).
    """

    def __init__(self, assembly: Assembly) -> None:
        circuit, groups = assembly.circuit, assembly.groups
        sizes = [g.kernel.mass.size * g.index.size for g in groups]
        self.n = sum(sizes) + circuit.start.size
        self.y, self.slope, self.residual, self.delta = (np.zeros(self.n) for _ in range(4))
        self.control = np.zeros(3)
        bounds = [0, *np.cumsum(sizes).tolist()]
        self.blocks = [slice(a, b) for a, b in pairwise(bounds)]
        self.circuit_block = slice(bounds[-1], self.n)
        self.differential = np.concatenate(
            [np.repeat(g.kernel.mass == 1, g.index.size) for g in groups] + [circuit.differential]
        )
        self.where = {
            name: slice(bounds[-1] + s.start, bounds[-1] + s.stop)
            for name, s in circuit.where.items()
        }
        self._equations = {
            name: slice(bounds[-1] + s.start, bounds[-1] + s.stop)
            for name, s in circuit.equations.items()
        }
        moving_c_e = ca.depends_on(circuit.c_e, circuit.z)
        arrays = (self.y, self.slope, self.residual, self.delta)
        self.groups = [
            GroupSolver(g, moving_c_e, *(self._part(a, k, g) for a in arrays))
            for k, g in enumerate(groups)
        ]
        self._fillings = [
            solver.x[_evenly(group.kernel.filling)]
            for solver, group in zip(self.groups, groups, strict=True)
        ]
        self._n_v = circuit.filling_rate.shape[0]
        self._r = np.zeros(self._n_v)
        self._compile(circuit)
        self.y[: bounds[-1]] = np.concatenate([_start(group).ravel() for group in groups])
        self.y[self.circuit_block] = circuit.start
        for name, value in assembly.guess.items():
            if name in self.where:
                self.y[self.where[name]] = value

    def _part(self, array: Array, k: int, group: Group) -> Array:
        return array[self.blocks[k]].reshape(group.kernel.mass.size, group.index.size)

    def _compile(self, circuit: Circuit) -> None:
        z, rate, r = circuit.z, circuit.rate, circuit.filling_rate
        arguments = [z, rate, r, circuit.control]
        block = self.circuit_block
        arrays = [self.y[block], self.slope[block], self._r, self.control]
        one = circuit.c_e.shape[0] == 1
        c_e = ca.repmat(circuit.c_e, self._n_v) if one else circuit.c_e
        drives = [_spread(group, c_e, circuit.dphi) for group in self.groups]
        value = ca.Function(
            "circuit", arguments, [ca.densify(e) for e in (circuit.residual, *drives)]
        )
        blocks = [
            ca.jacobian(circuit.residual, z),
            ca.jacobian(circuit.residual, rate),
            ca.jacobian(circuit.residual, r),
            ca.jacobian(circuit.dphi, z),
            ca.jacobian(c_e, z),
        ]
        slopes = ca.Function("circuit_jacobian", arguments, [ca.densify(b) for b in blocks])
        self._value, self._slopes = _Compiled(value, arrays), _Compiled(slopes, arrays)
        self._algebraic = ~circuit.differential

    def evaluate(self) -> Array:
        """Residual (n,) at ``y``, ``slope``; a view that the next call overwrites."""
        self._r[:] = 0.0
        for group in self.groups:
            group.filling_rate(self._r)
        self._value()
        residual, *drives = self._value.outputs
        self.residual[self.circuit_block] = residual[:, 0]
        for group, values in zip(self.groups, drives, strict=True):
            group.evaluate(values)
        return self.residual

    def linearize(self) -> None:
        """Jacobian blocks at the point of the last :meth:`evaluate`."""
        self._slopes()
        for group in self.groups:
            group.linearize()

    def factor(self, alpha: float, beta: float = 1.0) -> bool:
        """Factorise for steps in which a differential unknown moves by ``beta`` per unit and
        its slope by ``alpha``; algebraic ones always by 1.  False if singular or not finite.

        (cj, 1) is the step of an implicit formula; (1, 0) that of consistent initial values.
        """
        g_z, g_rate, g_r, u_phi, u_c = self._slopes.outputs
        k_phi, k_c = np.zeros(self._n_v), np.zeros(self._n_v)
        for group in self.groups:
            if not group.factor(alpha, beta, k_phi, k_c):
                return False
        kept = np.where(self._algebraic, 1.0, beta)
        self._u_phi, self._u_c = u_phi * kept, u_c * kept
        small = g_z * kept + alpha * g_rate
        small += g_r @ (k_phi[:, None] * self._u_phi + k_c[:, None] * self._u_c)
        if not np.all(np.isfinite(small)):
            return False
        self._lu, self._pivots, info = lapack.dgetrf(small)
        self._g_r = g_r.copy()
        return bool(info == 0)

    def solve(self) -> Array:
        """Newton step (n,) for the last residual; a view that the next call overwrites."""
        rho = np.zeros(self._n_v)
        for group in self.groups:
            group.eliminate(rho)
        right = -self.residual[self.circuit_block] - self._g_r @ rho
        step, _ = lapack.dgetrs(self._lu, self._pivots, right)
        self.delta[self.circuit_block] = step
        d_phi, d_c = self._u_phi @ step, self._u_c @ step
        for group in self.groups:
            group.substitute(d_phi, d_c)
        return self.delta

    def fillings_inside(self) -> bool:
        """Whether every filling of ``y`` is between 0 and 1, but for rounding; False for NaN."""
        low, high = -_ROUNDING, 1 + _ROUNDING
        return all(c.min() > low and c.max() < high for c in self._fillings)

    def worst_unknown(self, values: Array) -> str:
        """Name and place of the unknown with the largest of ``values`` (n,)."""
        return self._name(int(np.abs(values).argmax()), self.where, "film current")

    def worst_equation(self, values: Array) -> str:
        """Name and place of the equation whose value is not finite, or the largest."""
        broken = np.flatnonzero(~np.isfinite(values))
        k = int(broken[0] if broken.size else np.abs(values).argmax())
        return self._name(k, self._equations, "film kinetics")

    def _name(self, k: int, circuit: dict[str, slice], film: str) -> str:
        for block, solver in zip(self.blocks, self.groups, strict=True):
            if block.start <= k < block.stop:
                group = solver.group
                row, column = divmod(k - block.start, group.index.size)
                kind = "filling" if group.kernel.mass[row] == 1 else film
                place = f"particle {group.index[column]} in volume {group.volume[column]}"
                rows = group.kernel.mass.size
                inside = f", grid point {row} of {rows}" if rows > 2 else ""
                return f"{kind} of {place}{inside}"
        name, part = next((n, p) for n, p in circuit.items() if p.start <= k < p.stop)
        return name if part.stop - part.start == 1 else f"{name}, cell {k - part.start}"


def _evenly(rows: np.ndarray) -> slice:
    """Evenly spaced rows as a slice, which makes a view."""
    step = int(rows[1] - rows[0]) if rows.size > 1 else 1
    return slice(int(rows[0]), int(rows[-1]) + 1, step)


def _start(group: Group) -> Array:
    x = np.zeros((group.kernel.mass.size, group.index.size))
    x[group.kernel.filling] = group.start
    return x


def _spread(group: GroupSolver, c_e: ca.SX, dphi: ca.SX) -> ca.SX:
    """(m, n_v) the expressions of a group's drives in every volume."""
    kernel, drives = group.group.kernel, group.functions.drives
    function = ca.Function("drives", [kernel.c_e, kernel.dphi], [drives])
    return ca.horzcat(*[function(c_e[v], dphi[v]) for v in range(c_e.shape[0])])
