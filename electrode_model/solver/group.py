"""The particles of a system: what is derived from their kernel, and their elimination."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.assemble import Group
from electrode_model.particle import Kernel
from electrode_model.solver.banded import banded
from electrode_model.solver.tape import Tape

__all__ = ["GroupSolver"]

_LONG_RUN = 128  # particles in a volume

Array = np.ndarray[Any, np.dtype[np.float64]]


class GroupSolver:
    """Residual and elimination of the particles of one group.

    The arrays are views (grid point, particle) into those of the system: ``x`` and its
    ``slope`` are read, ``residual`` and ``delta`` written.
    """

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
