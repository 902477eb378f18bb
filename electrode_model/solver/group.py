"""The particles of a system: what is derived from their kernel, and their elimination."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.assemble import Group
from electrode_model.noise import Knots, added
from electrode_model.particle import Kernel
from electrode_model.solver.banded import Banded, banded
from electrode_model.solver.machine import evaluator
from electrode_model.solver.tape import Tape

__all__ = ["DRIVES", "GroupSolver", "kernel_drives"]

#: What the place of a particle gives it; its potential first.
DRIVES = ("dphi", "c_e", "theta")

_LONG_RUN = 128  # particles in a volume

Array = np.ndarray[Any, np.dtype[np.float64]]


class GroupSolver:
    """Residual and elimination of the particles of one group.

    The arrays are views (grid point, particle) into those of the system: ``x`` and its
    ``slope`` are read, ``residual`` and ``delta`` written.  ``offset`` (p,) is added to the
    dphi of the volume, for particles at potentials of their own; None: there are none.

    ``seen`` are the numbers, in DRIVES, of the drives that change the rate; ``response``
    (len(seen), p) is how the mean filling's slope follows them, after :meth:`factor`.  Where the
    kernel has a ``heat``, its values are in ``heat`` (p,), and ``heat_response`` is the same of it.
    """

    def __init__(
        self,
        group: Group,
        moving: Sequence[bool],
        x: Array,
        slope: Array,
        residual: Array,
        delta: Array,
        offset: Array | None = None,
    ) -> None:
        kernel, self.group = group.kernel, group
        n, p = x.shape
        self.x, self.slope, self.residual, self.delta = x, slope, residual, delta
        self.volume, self.offset = group.volume, offset
        self.starts = np.flatnonzero(np.diff(group.volume, prepend=-1))
        self._volumes = group.volume[self.starts]
        bounds = [*self.starts.tolist(), p]
        many = p >= _LONG_RUN * self._volumes.size  # filling runs then beats indexing
        self._runs = (
            [(int(v), slice(*b)) for v, b in zip(self._volumes, pairwise(bounds), strict=True)]
            if many
            else None
        )
        self._weights, self._share = kernel.weights, group.share
        self._mass = kernel.mass[:, None]
        self._all_differential = bool(np.all(kernel.mass == 1))
        self.functions, *self.tapes = _prepared(kernel, moving, hoist=offset is None)
        functions = self.functions
        self.seen, self._coupled = functions.seen, functions.coupled
        self._lower, self._upper = functions.lower, functions.upper
        self.c_bar = np.zeros((1, p))
        #: what depends on the drives alone, computed once a volume and handed to its particles
        self.drives = np.zeros((functions.drives.shape[0], p))
        self.f = np.empty((n, p))
        self.heat = np.zeros(p) if functions.hot else None
        width = self._lower + self._upper + 1
        self.bands = np.empty((width * n, p))
        self._columns = len(self.seen) + self._coupled  # the drives, then c_bar
        self.by_drive = [np.empty((n, p)) for _ in range(self._columns)]
        if functions.hot:
            self._heat_by_x, self._heat_by = np.zeros((n, p)), np.zeros((self._columns, p))
        self.matrix = np.empty((width, n, p))
        self.columns = np.empty((n, self._columns, p))  # T^-1 of by_drive
        self._steps = np.empty((len(self.seen), p))
        self.denominator = np.ones(p)
        self.response = np.empty((len(self.seen), p))
        self.heat_response = np.zeros((len(self.seen), p))
        self._noise: tuple[Array, Array] | None = None
        self._knots: Knots = {}

    @cached_property
    def _inputs(self) -> list[Array]:
        return [self.x, self.c_bar, self.drives, self.group.q]

    @cached_property
    def _evaluate(self) -> Any:
        released = [] if self.heat is None else [self.heat[None, :]]
        return evaluator(self.functions.rate, self.tapes[0], self._inputs, [self.f, *released])

    @cached_property
    def _differentiate(self) -> Any:
        outputs = [self.bands, *self.by_drive]
        if self.heat is not None:
            outputs += [self._heat_by_x, self._heat_by]
        return evaluator(self.functions.slopes, self.tapes[1], self._inputs, outputs)

    @cached_property
    def _solver(self) -> Banded:
        n, p = self.x.shape
        return banded(n, p, self._lower, self._upper)

    def at(self, t: float) -> None:
        """Time of the run [h] of the next :meth:`evaluate`."""
        noise = self.group.noise
        if noise is not None:
            kernel, count = self.group.kernel, self.group.index.size
            self._noise = noise.draw(t, kernel, count, self._knots)

    def share_noise(self, other: "GroupSolver") -> None:
        """Take the noise of the moment from the same group of a neighbouring system."""
        self._noise = other._noise

    def filling_rate(self) -> Array:
        """(p,) slope of the mean fillings."""
        return self._mean(self.slope)

    def _mean(self, values: Array) -> Array:
        mean: Array = values[0] if values.shape[0] == 1 else self._weights @ values
        return mean

    def evaluate(self, drives: Array) -> None:
        """Residual; ``drives`` (m, n_v) are the values of ``functions.drives`` in each volume."""
        self._spread(drives, self.drives)
        if self.offset is not None:
            self.drives[0] += self.offset  # nothing is hoisted: the first drive is dphi
        if self._coupled:
            np.matmul(self._weights, self.x, out=self.c_bar[0])
        self._evaluate()
        if self._all_differential:
            np.subtract(self.slope, self.f, out=self.residual)
        else:
            np.multiply(self._mass, self.slope, out=self.residual)
            self.residual -= self.f
        if self._noise is not None:
            # small beside f: Newton's matrix does without its slope
            kernel = self.group.kernel
            rows = kernel.filling
            self.residual[rows] -= added(self.x[rows], kernel, *self._noise)

    def linearize(self) -> None:
        """Jacobian blocks at the point of the last :meth:`evaluate`."""
        self._differentiate()

    @property
    def jacobian(self) -> tuple[Array, list[Array]]:
        """Blocks of the last :meth:`linearize`: df/dx by diagonals (width, n, p), and the columns
        (n, p) by the drives ``seen``, then by c_bar if it matters.  Views.
        """
        return self.bands.reshape(self.matrix.shape), self.by_drive

    def factor(self, alpha: float, beta: float) -> bool:
        """Factorise, and find ``response``; False if singular."""
        width, n, p = self.matrix.shape
        bands = self.bands.reshape(width, n, p)
        np.negative(bands, out=self.matrix)
        if beta != 1.0 or not self._all_differential:
            kept = np.where(self.group.kernel.mass == 1, beta, 1.0)
            for d in range(-self._lower, self._upper + 1):
                rows = slice(max(0, -d), min(n, n - d))
                columns = slice(max(0, d), min(n, n + d))
                self.matrix[self._lower + d, rows] *= kept[columns, None]
        self.matrix[self._lower] += alpha * self._mass
        if not self._solver.factor(self.matrix):
            return False
        for k, column in enumerate(self.by_drive):
            self.columns[:, k] = column
        self._solver.solve(self.columns)
        if self._coupled:
            own = self.columns[:, -1]
            np.divide(1.0, 1.0 - beta * (self._weights @ own), out=self.denominator)
            for k in range(self._columns - 1):
                self.columns[:, k] += own * (
                    beta * (self._weights @ self.columns[:, k]) * self.denominator
                )
        for k in range(len(self.seen)):
            np.multiply(alpha, self._mean(self.columns[:, k]), out=self.response[k])
        self._alpha, self._beta = alpha, beta
        if self.heat is not None:
            for k in range(len(self.seen)):
                self.heat_response[k] = self._heat_change(self.columns[:, k]) + self._heat_by[k]
        return True

    def _heat_change(self, step: Array) -> Array:
        """(p,) how the heat follows a step (n, p) of the unknowns."""
        kept = np.where(self.group.kernel.mass == 1, self._beta, 1.0)
        change: Array = np.einsum("n,np,np->p", kept, self._heat_by_x, step)
        if self._coupled:
            change += self._heat_by[-1] * (self._beta * self._mean(step))
        return change

    def heat_step(self) -> Array:
        """(p,) step of the heat at fixed drives, after :meth:`eliminate`."""
        return self._heat_change(self.delta)

    def eliminate(self) -> Array:
        """Step of the particles at fixed drives; returns that of their mean slopes (p,)."""
        np.negative(self.residual, out=self.delta)
        self._solver.solve(self.delta)
        if self._coupled:
            mean = self._beta * (self._weights @ self.delta) * self.denominator
            self.delta += self.columns[:, -1] * mean
        return self._alpha * self._mean(self.delta)

    def substitute(self, changes: Array, offset: Array | None = None) -> None:
        """Add the response to the step of the drives in each volume (3, n_v).

        ``offset`` (p,) is the step of the particles' own potentials.
        """
        self._spread(changes[list(self.seen)], self._steps)
        if offset is not None:
            self._steps[0] += offset
        for k in range(len(self.seen)):
            np.multiply(self.columns[:, k], self._steps[k], out=self.f)  # f is done with
            self.delta += self.f

    def gather(self, values: Array, out: Array) -> None:
        """Add the share-weighted sums of ``values`` (p,) to ``out`` (n_v,)."""
        if self._runs is None:
            out[self._volumes] += np.add.reduceat(self._share * values, self.starts)
            return
        for v, part in self._runs:
            out[v] += self._share[part] @ values[part]

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

    rate: ca.Function  # and the heat, if there is one
    slopes: ca.Function  # df/dx by diagonals, df/d of the drives seen, then of c_bar; of the heat
    places: list[ca.SX]  # the drives, in the order of DRIVES
    drives: ca.SX  # (m,) subexpressions of them alone
    lower: int
    upper: int
    seen: tuple[int, ...]
    coupled: bool
    hot: bool


#: Kernels that were prepared last, by what they compute.  Runs that differ in numbers of the
#: particles only, as those of a fit or a diagram, share them: preparing takes longer than a small
#: run.
_KEPT: dict[tuple[Any, ...], tuple[_Functions, Tape, Tape]] = {}
_MOST_KEPT = 32


def _prepared(
    kernel: Kernel, moving: Sequence[bool], *, hoist: bool
) -> tuple[_Functions, Tape, Tape]:
    """What is derived from a kernel, with the tapes of its values and slopes."""
    arguments = [kernel.x, kernel.c_bar, *kernel_drives(kernel), kernel.q]
    outputs = [kernel.rate, *([] if kernel.heat is None else [kernel.heat])]
    text = ca.Function("kernel", arguments, outputs).serialize()
    key = (
        blake2b(text.encode()).digest(),
        kernel.mass.tobytes(),
        kernel.weights.tobytes(),
        tuple(moving),
        hoist,
    )
    if key not in _KEPT:
        while len(_KEPT) >= _MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
        functions = _derive(kernel, moving, hoist=hoist)
        _KEPT[key] = functions, Tape(functions.rate), Tape(functions.slopes)
    return _KEPT[key]


def _derive(kernel: Kernel, moving: Sequence[bool], *, hoist: bool) -> _Functions:
    """Right-hand side and derivatives of one particle.

    Subexpressions of the drives alone, such as exp(-dphi/2), are the same for all particles
    of a volume; for a homogeneous particle they are half of the work.  Particles that have
    potentials of their own get the drives themselves (``hoist`` False).
    """
    every = kernel_drives(kernel)
    coupled = ca.depends_on(kernel.rate, kernel.c_bar)
    seen = tuple(
        k
        for k, drive in enumerate(every)
        if k == 0 or (moving[k] and ca.depends_on(kernel.rate, drive))
    )
    jacobian = ca.jacobian(kernel.rate, kernel.x)
    rows, columns = (np.array(part) for part in jacobian.sparsity().get_triplet())
    lower = int((rows - columns).max(initial=0))
    upper = int((columns - rows).max(initial=0))
    n = kernel.mass.size
    bands = ca.SX((lower + upper + 1) * n, 1)
    for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
        bands[(lower + j - i) * n + i] = jacobian[i, j]
    by = [*(every[k] for k in seen), *([kernel.c_bar] if coupled else [])]
    heat = [] if kernel.heat is None else [kernel.heat]
    outputs = [kernel.rate, *heat, bands, *(ca.jacobian(kernel.rate, drive) for drive in by)]
    for released in heat:
        slopes = [ca.jacobian(released, drive) for drive in by]
        outputs += [ca.densify(ca.gradient(released, kernel.x)), ca.vertcat(*slopes)]
    first = 1 + len(heat)
    joined = ca.vertcat(*every)
    if hoist:
        heights = np.cumsum([0, *(output.shape[0] for output in outputs)]).tolist()
        stacked, symbols, drives = ca.extract_parametric(
            ca.vertcat(*outputs), joined, {"extract_trivial": True}
        )
        outputs = [stacked[a:b] for a, b in pairwise(heights)]
    else:
        symbols, drives = [joined], [joined]
    outputs = [ca.densify(output) for output in outputs]
    arguments = [kernel.x, kernel.c_bar, ca.vertcat(*symbols), kernel.q]
    return _Functions(
        rate=ca.Function("particle", arguments, outputs[:first]),
        slopes=ca.Function("particle_jacobian", arguments, outputs[first:]),
        places=every,
        drives=ca.vertcat(*drives),
        lower=lower,
        upper=upper,
        seen=seen,
        coupled=coupled,
        hot=bool(heat),
    )


def kernel_drives(kernel: Kernel) -> list[ca.SX]:
    """What a particle sees of its place, in the order of DRIVES."""
    theta = ca.SX.sym("theta") if kernel.theta is None else kernel.theta
    return [kernel.dphi, kernel.c_e, theta]
