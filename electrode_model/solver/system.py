"""The assembled DAE with its structured linear algebra.

Unknowns y = (particles of each group, circuit z).  For

    M dx/dt - f(x; u_v, c_bar) = 0,     g(z, dz/dt, r) = 0,     r_v = sum_p share_p w . dx_p/dt

a Newton step  alpha d(dy/dt) + beta dy  is solved by eliminating the particles: one banded
matrix each, two or three right-hand sides, a small dense matrix for the circuit.  The cost is
linear in the number of particles and nothing differentiates the whole system.

r is formed from dx/dt, not from f: the balances of lithium, charge and salt are then *linear*
in the unknowns, and every Newton iterate satisfies them to rounding whatever the tolerance.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import casadi as ca
import numpy as np
from scipy.linalg import lapack

from electrode_model.assemble import Assembly, Group
from electrode_model.cell import Circuit
from electrode_model.particle import Kernel
from electrode_model.solver.banded import banded
from electrode_model.solver.tape import Tape

__all__ = ["System"]

_ROUNDING = 4 * float(np.finfo(float).eps)  # of a filling
_LONG_RUN = 128  # particles in a volume

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


class _GroupSolver:
    """Residual and elimination of the particles of one group."""

    def __init__(
        self,
        group: Group,
        moving_c_e: bool,
        x: Array,
        slope: Array,
        residual: Array,
        delta: Array,
    ) -> None:
        kernel, self.group = group.kernel, group
        n, p = x.shape
        self.x, self.slope, self.residual, self.delta = x, slope, residual, delta
        self.volume = group.volume
        self._starts = np.flatnonzero(np.diff(group.volume, prepend=-1))
        self._volumes = group.volume[self._starts]
        bounds = [*self._starts.tolist(), p]
        many = p >= _LONG_RUN * self._volumes.size  # filling runs then beats indexing
        self._runs = (
            [(int(v), slice(*b)) for v, b in zip(self._volumes, pairwise(bounds), strict=True)]
            if many
            else None
        )
        self._weights, self._share = kernel.weights, group.share
        self._mass = kernel.mass[:, None]
        self._all_differential = bool(np.all(kernel.mass == 1))
        self.functions = functions = _derive(kernel, moving_c_e)
        self.sees_c_e, self._coupled = functions.sees_c_e, functions.coupled
        self._lower, self._upper = functions.lower, functions.upper
        self._c_bar = np.zeros((1, p))
        #: what depends on the drives alone, computed once a volume and handed to its particles
        self._drives = np.zeros((functions.drives.shape[0], p))
        inputs = [x, self._c_bar, self._drives, group.q]
        self.f = np.empty((n, p))
        self._evaluate = Tape(functions.rate).bind(inputs, [self.f])
        width = self._lower + self._upper + 1
        self._bands = np.empty((width * n, p))
        #: columns: dphi, then c_e, then c_bar where they matter
        self._columns = 1 + self.sees_c_e + self._coupled
        by_drive = [np.empty((n, p)) for _ in range(self._columns)]
        self._by_drive = by_drive
        self._differentiate = Tape(functions.slopes).bind(inputs, [self._bands, *by_drive])
        self._solver = banded(n, p, self._lower, self._upper)
        self._matrix = np.empty((width, n, p))
        self._w = np.empty((n, self._columns, p))  # T^-1 of the columns
        self._steps = np.empty((1 + self.sees_c_e, p))
        self._den = np.ones(p)

    def filling_rate(self, out: Array) -> None:
        """Add this group's part of r (n_v,)."""
        mean = self.slope[0] if self.slope.shape[0] == 1 else self._weights @ self.slope
        self._gather(mean, 1.0, out)

    def evaluate(self, drives: Array) -> None:
        """Residual; ``drives`` (m, n_v) are the values of ``functions.drives`` in each volume."""
        self._spread(drives, self._drives)
        if self._coupled:
            np.matmul(self._weights, self.x, out=self._c_bar[0])
        self._evaluate()
        if self._all_differential:
            np.subtract(self.slope, self.f, out=self.residual)
        else:
            np.multiply(self._mass, self.slope, out=self.residual)
            self.residual -= self.f

    def linearize(self) -> None:
        """Jacobian blocks at the point of the last :meth:`evaluate`."""
        self._differentiate()

    def factor(self, alpha: float, beta: float, k_phi: Array, k_c: Array) -> bool:
        """Factorise; add this group's d r_v / d u_v to ``k_phi`` and ``k_c`` (n_v,)."""
        width, n, p = self._matrix.shape
        bands = self._bands.reshape(width, n, p)
        np.negative(bands, out=self._matrix)
        if beta != 1.0 or not self._all_differential:
            kept = np.where(self.group.kernel.mass == 1, beta, 1.0)
            for d in range(-self._lower, self._upper + 1):
                rows = slice(max(0, -d), min(n, n - d))
                columns = slice(max(0, d), min(n, n + d))
                self._matrix[self._lower + d, rows] *= kept[columns, None]
        self._matrix[self._lower] += alpha * self._mass
        if not self._solver.factor(self._matrix):
            return False
        for k, column in enumerate(self._by_drive):
            self._w[:, k] = column
        self._solver.solve(self._w)
        if self._coupled:
            own = self._w[:, -1]
            np.divide(1.0, 1.0 - beta * (self._weights @ own), out=self._den)
            for k in range(self._columns - 1):
                self._w[:, k] += own * (beta * (self._weights @ self._w[:, k]) * self._den)
        for k, total in zip(range(1 + self.sees_c_e), (k_phi, k_c), strict=False):
            mean = self._weights @ self._w[:, k]
            self._gather(mean, alpha, total)
        self._alpha, self._beta = alpha, beta
        return True

    def eliminate(self, rho: Array) -> None:
        """Step of the particles at fixed drives; add its part of the step of r to ``rho``."""
        np.negative(self.residual, out=self.delta)
        self._solver.solve(self.delta)
        if self._coupled:
            mean = self._beta * (self._weights @ self.delta) * self._den
            self.delta += self._w[:, -1] * mean
        mean = self.delta[0] if self.delta.shape[0] == 1 else self._weights @ self.delta
        self._gather(mean, self._alpha, rho)

    def substitute(self, d_phi: Array, d_c: Array) -> None:
        """Add the response to the step of the drives, (n_v,) each."""
        changes = np.array([d_phi, d_c]) if self.sees_c_e else d_phi[None, :]
        self._spread(changes, self._steps)
        for k in range(changes.shape[0]):
            np.multiply(self._w[:, k], self._steps[k], out=self.f)  # f is done with
            self.delta += self.f

    def _gather(self, mean: Array, factor: float, out: Array) -> None:
        """Add ``factor`` times the share-weighted sums of (p,) to ``out`` (n_v,)."""
        if self._runs is None:
            out[self._volumes] += factor * np.add.reduceat(self._share * mean, self._starts)
            return
        for v, part in self._runs:
            out[v] += factor * (self._share[part] @ mean[part])

    def _spread(self, values: Array, out: Array) -> None:
        """(m, n_v) by volume -> (m, p) by particle."""
        if self._runs is None:
            np.take(values, self.volume, axis=1, out=out, mode="clip")
            return
        for v, part in self._runs:
            out[:, part] = values[:, v, None]


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
            _GroupSolver(g, moving_c_e, *(self._part(a, k, g) for a in arrays))
            for k, g in enumerate(groups)
        ]
        self._fillings = [
            solver.x[_evenly(group.kernel.filling)]
            for solver, group in zip(self.groups, groups, strict=True)
        ]
        self._n_v = circuit.filling_rate.shape[0]
        self._r = np.zeros(self._n_v)
        self._compile(circuit)
        self.y[: bounds[-1]] = np.concatenate(
            [np.repeat(_start(g, assembly.initial_filling), g.index.size) for g in groups]
        )
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


def _start(group: Group, filling: float) -> Array:
    x = np.zeros(group.kernel.mass.size)
    x[group.kernel.filling] = filling
    return x


def _spread(group: _GroupSolver, c_e: ca.SX, dphi: ca.SX) -> ca.SX:
    """(m, n_v) the expressions of a group's drives in every volume."""
    kernel, drives = group.group.kernel, group.functions.drives
    function = ca.Function("drives", [kernel.c_e, kernel.dphi], [drives])
    return ca.horzcat(*[function(c_e[v], dphi[v]) for v in range(c_e.shape[0])])


@dataclass(frozen=True)
class _Functions:
    """What is derived from a kernel, as functions of (x, c_bar, drives, q)."""

    rate: ca.Function
    slopes: ca.Function  # df/dx by diagonals, df/ddphi, then df/dc_e and df/dc_bar if they matter
    drives: ca.SX  # (m,) subexpressions of c_e and dphi alone
    lower: int
    upper: int
    sees_c_e: bool
    coupled: bool


def _derive(kernel: Kernel, moving_c_e: bool) -> _Functions:
    """Right-hand side and derivatives of one particle.

    Subexpressions of the drives alone, such as exp(-dphi/2), are the same for all particles
    of a volume; for a homogeneous particle they are half of the work.
    """
    coupled = ca.depends_on(kernel.rate, kernel.c_bar)
    sees_c_e = moving_c_e and ca.depends_on(kernel.rate, kernel.c_e)
    jacobian = ca.jacobian(kernel.rate, kernel.x)
    rows, columns = (np.array(part) for part in jacobian.sparsity().get_triplet())
    lower, upper = int(max(0, (rows - columns).max())), int(max(0, (columns - rows).max()))
    n = kernel.mass.size
    bands = ca.SX((lower + upper + 1) * n, 1)
    for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
        bands[(lower + j - i) * n + i] = jacobian[i, j]
    by = [kernel.dphi, *([kernel.c_e] if sees_c_e else []), *([kernel.c_bar] if coupled else [])]
    outputs = [kernel.rate, bands, *(ca.jacobian(kernel.rate, drive) for drive in by)]
    heights = np.cumsum([0, *(output.shape[0] for output in outputs)]).tolist()
    joined, symbols, drives = ca.extract_parametric(
        ca.vertcat(*outputs),
        ca.vertcat(kernel.c_e, kernel.dphi),
        {"extract_trivial": True},
    )
    outputs = [joined[a:b] for a, b in pairwise(heights)]
    arguments = [kernel.x, kernel.c_bar, ca.vertcat(*symbols), kernel.q]
    return _Functions(
        rate=ca.Function("particle", arguments, outputs[:1]),
        slopes=ca.Function("particle_jacobian", arguments, outputs[1:]),
        drives=ca.vertcat(*drives),
        lower=lower,
        upper=upper,
        sees_c_e=sees_c_e,
        coupled=coupled,
    )
