"""The assembled DAE with its structured linear algebra.

Unknowns y = (particles of each group, circuit z).  For

    M dx/dt - f(x; u_v, c_bar) = 0,     g(z, dz/dt, r) = 0,     r_v = sum_p share_p w . dx_p/dt

a Newton step  alpha d(dy/dt) + beta dy  is solved by eliminating the particles: one banded
matrix each, two or three right-hand sides, a small dense matrix for the circuit.  The cost is
linear in the number of particles and nothing differentiates the whole system.

r is formed from dx/dt, not from f: the balances of lithium, charge and salt are then *linear*
in the unknowns, and every Newton iterate satisfies them to rounding whatever the tolerance.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np
from scipy.linalg import lapack

from electrode_model.assemble import Assembly, Group
from electrode_model.cell import Circuit
from electrode_model.solver.core import core
from electrode_model.solver.function import InPlace, in_place
from electrode_model.solver.group import DRIVES, GroupSolver

if TYPE_CHECKING:
    from electrode_model.solver.wires import Wires

__all__ = ["FILLINGS", "System"]

_ROUNDING = 4 * float(np.finfo(float).eps)  # of a filling
FILLINGS = -_ROUNDING, 1 + _ROUNDING

Array = np.ndarray[Any, np.dtype[np.float64]]


class System:
    """Residual and Newton steps of an :class:`~electrode_model.assemble.Assembly`.

    The arrays ``y``, ``slope`` (dy/dt), ``control`` are written by the caller; ``residual``,
    ``delta`` by the methods.  All are flat, (n,).  ``setting`` gives the right side of the
    control condition as a function of time [h since the step of the protocol began]; None: the
    last of ``control``.  ``clock`` [h] is the time of the run at that beginning.  Without
    ``derivatives`` it can be evaluated only, and is made in half the time.
    """

    def __init__(self, assembly: Assembly, *, derivatives: bool = True) -> None:
        circuit, groups = assembly.circuit, assembly.groups
        connected = assembly.connections
        wired = () if connected is None else connected.groups
        sizes = [g.kernel.mass.size * g.index.size for g in groups]
        drops = sum(groups[k].index.size for k in wired)  # potentials of connected particles
        self.n = sum(sizes) + drops + circuit.start.size
        self.y, self.slope, self.residual, self.delta = (np.zeros(self.n) for _ in range(4))
        self.control = np.zeros(3)
        self.setting: Callable[[float], float] | None = None
        self.clock = 0.0
        bounds = [0, *np.cumsum(sizes).tolist()]
        self.blocks = [slice(a, b) for a, b in pairwise(bounds)]
        self.drops_block = slice(bounds[-1], bounds[-1] + drops)
        self.circuit_block = slice(self.drops_block.stop, self.n)
        self.differential = np.concatenate(
            [np.repeat(g.kernel.mass == 1, g.index.size) for g in groups]
            + [np.zeros(drops, dtype=bool), circuit.differential]
        )
        begin = self.circuit_block.start
        self.where = {
            name: slice(begin + s.start, begin + s.stop) for name, s in circuit.where.items()
        }
        self._equations = {
            name: slice(begin + s.start, begin + s.stop) for name, s in circuit.equations.items()
        }
        moving = (
            True,
            ca.depends_on(circuit.c_e, circuit.z),
            ca.depends_on(circuit.theta, circuit.z),
        )
        arrays = self.y, self.slope, self.residual, self.delta
        offsets = dict(zip(wired, self._drops(groups, wired), strict=True))
        self.groups = [
            GroupSolver(g, moving, *self._parts(arrays, k, g), offset=offsets.get(k))
            for k, g in enumerate(groups)
        ]
        self._noisy = [g for g in self.groups if g.group.noise is not None]
        self._free = [g for g in self.groups if g.offset is None]
        self._wires: Wires | None = None
        if connected is not None:
            # here: SciPy's sparse solvers take longer to import than a small model to set up
            from electrode_model.solver import wires

            part = self.drops_block
            self._wires = wires.Wires(
                connected.laplacian,
                [self.groups[k] for k in wired],
                self.y[part],
                self.residual[part],
                self.delta[part],
            )
        self._fillings = [
            solver.x[_evenly(group.kernel.filling)]
            for solver, group in zip(self.groups, groups, strict=True)
        ]
        self.n_v = circuit.filling_rate.shape[0]
        self.r = np.zeros(self.n_v)
        self._heat = np.zeros(circuit.heat.shape[0])
        self._slopes: InPlace | None = None
        self._compile(circuit, derivatives=derivatives)
        self.core = core(self)
        self.y[: bounds[-1]] = np.concatenate([_start(group).ravel() for group in groups])
        self.y[self.circuit_block] = circuit.start
        for name, value in assembly.guess.items():
            if name in self.where:
                self.y[self.where[name]] = value
        self.at(0.0)

    def _drops(self, groups: Sequence[Group], wired: Sequence[int]) -> Iterator[Array]:
        """Views of the potentials of each connected group's particles."""
        start = self.drops_block.start
        for k in wired:
            yield self.y[start : (start := start + groups[k].index.size)]

    def _parts(
        self, arrays: tuple[Array, Array, Array, Array], k: int, group: Group
    ) -> tuple[Array, Array, Array, Array]:
        """Views (grid point, particle) of the k-th group in flat arrays."""
        shape = group.kernel.mass.size, group.index.size
        y, slope, residual, delta = (array[self.blocks[k]].reshape(shape) for array in arrays)
        return y, slope, residual, delta

    def _compile(self, circuit: Circuit, *, derivatives: bool) -> None:
        z, rate, r = circuit.z, circuit.rate, circuit.filling_rate
        arguments = [z, rate, r, circuit.heat, circuit.control]
        block = self.circuit_block
        arrays = [self.y[block], self.slope[block], self.r, self._heat, self.control]
        one = circuit.c_e.shape[0] == 1
        c_e = ca.repmat(circuit.c_e, self.n_v) if one else circuit.c_e
        theta = ca.repmat(circuit.theta, self.n_v)
        places = [circuit.dphi, c_e, theta]
        drives = [_spread(group, places) for group in self.groups]
        value = ca.Function(
            "circuit", arguments, [ca.densify(e) for e in (circuit.residual, *drives)]
        )
        self.value_of_circuit = in_place(value, arrays)
        self._algebraic = ~circuit.differential
        if not derivatives:
            return
        blocks = [
            ca.jacobian(circuit.residual, z),
            ca.jacobian(circuit.residual, rate),
            ca.jacobian(circuit.residual, r),
            ca.jacobian(circuit.residual, circuit.heat),
            *(ca.jacobian(drive, z) for drive in places),
        ]
        slopes = ca.Function("circuit_jacobian", arguments, [ca.densify(b) for b in blocks])
        self._slopes = in_place(slopes, arrays)

    def at(self, t: float) -> None:
        """Time of the next :meth:`evaluate` [h since the step of the protocol began]."""
        if self.setting is not None:
            self.control[2] = self.setting(t)
        for group in self._noisy:
            group.at(self.clock + t)

    def evaluate(self) -> Array:
        """Residual (n,) at ``y``, ``slope``; a view that the next call overwrites."""
        if self.core is not None:
            self.core.evaluate()
            return self.residual
        self.r[:] = 0.0
        for group in self._free:
            group.gather(group.filling_rate(), self.r)
        if self._wires is not None:
            self._wires.evaluate(self.r)
        self.value_of_circuit()
        residual, *drives = self.value_of_circuit.outputs
        self.residual[self.circuit_block] = residual[:, 0]
        for group, values in zip(self.groups, drives, strict=True):
            group.evaluate(values)
        if self._heat.size:  # the one thing that the circuit takes from the particles' values
            self._heat[:] = 0.0
            for group in self.groups:
                if group.heat is not None:
                    group.gather(group.heat, self._heat)
            self.value_of_circuit()
            self.residual[self.circuit_block] = self.value_of_circuit.outputs[0][:, 0]
        return self.residual

    @property
    def noisy(self) -> bool:
        """Whether there is noise, whose slope by ``y`` Newton's matrix does without."""
        return bool(self._noisy)

    def linearize(self) -> None:
        """Jacobian blocks at the point of the last :meth:`evaluate`."""
        assert self._slopes is not None, "a system without derivatives"
        self._slopes()
        if self.core is not None:
            self.core.linearize()
            return
        for group in self.groups:
            group.linearize()

    @property
    def circuit_jacobian(self) -> list[Array]:
        """Blocks of the last :meth:`linearize`: the circuit's residual by z, dz/dt, r and heat;
        each of DRIVES in the volumes by z.  Views; none without derivatives.
        """
        return [] if self._slopes is None else self._slopes.outputs

    def factor(self, alpha: float, beta: float = 1.0) -> bool:
        """Factorise for steps in which a differential unknown moves by ``beta`` per unit and
        its slope by ``alpha``; algebraic ones always by 1.  False if singular or not finite.

        (cj, 1) is the step of an implicit formula; (1, 0) that of consistent initial values.
        """
        if self.core is not None:
            return self.core.factor(alpha, beta)
        g_z, g_rate, g_r, g_heat, *by_z = self.circuit_jacobian
        response, heat = np.zeros((2, len(DRIVES), self.n_v))
        if not self._factor_particles(alpha, beta, response):
            return False
        if self._heat.size:
            for group in self._free:
                for k, values in zip(group.seen, group.heat_response, strict=True):
                    group.gather(values, heat[k])
            if self._wires is not None:
                self._wires.heat_response(heat)
        kept = np.where(self._algebraic, 1.0, beta)
        self._by_z = np.array(by_z) * kept
        small = g_z * kept + alpha * g_rate
        small += g_r @ np.einsum("kv,kvz->vz", response, self._by_z)
        if self._heat.size:
            small += g_heat @ np.einsum("kv,kvz->vz", heat, self._by_z)
            self._g_heat = g_heat.copy()
        if not np.all(np.isfinite(small)):
            return False
        self._lu, self._pivots, info = lapack.dgetrf(small)
        self._g_r = g_r.copy()
        return bool(info == 0)

    def _factor_particles(self, alpha: float, beta: float, response: Array) -> bool:
        """Factorise the particles; add to ``response`` (drives, n_v) how r follows the drives."""
        for group in self.groups:
            if not group.factor(alpha, beta):
                return False
        for group in self._free:
            for k, values in zip(group.seen, group.response, strict=True):
                group.gather(values, response[k])
        return self._wires is None or self._wires.factor(response)

    def solve(self) -> Array:
        """Newton step (n,) for the last residual; a view that the next call overwrites."""
        if self.core is not None:
            self.core.solve()
            return self.delta
        rho = np.zeros(self.n_v)
        for group in self._free:
            group.gather(group.eliminate(), rho)
        if self._wires is not None:
            self._wires.eliminate(rho)
        right = -self.residual[self.circuit_block] - self._g_r @ rho
        if self._heat.size:
            right -= self._g_heat @ self._heat_step()
        step, _ = lapack.dgetrs(self._lu, self._pivots, right)
        self.delta[self.circuit_block] = step
        changes = self._by_z @ step
        for group in self._free:
            group.substitute(changes)
        if self._wires is not None:
            self._wires.substitute(changes)
        return self.delta

    def _heat_step(self) -> Array:
        """(n_v,) step of the heat at fixed drives."""
        step = np.zeros(self.n_v)
        for group in self._free:
            if group.heat is not None:
                group.gather(group.heat_step(), step)
        if self._wires is not None:
            self._wires.heat_step(step)
        return step

    def fillings_inside(self) -> bool:
        """Whether every filling of ``y`` is between 0 and 1, but for rounding; False for NaN."""
        low, high = FILLINGS
        if self.core is not None:
            return self.core.inside(low, high)
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
                kind = film if "interphase" not in group.kernel.names else "interphase"
                kind = "filling" if row in group.kernel.filling else kind
                place = f"particle {group.index[column]} in volume {group.volume[column]}"
                rows = group.kernel.mass.size
                inside = f", grid point {row} of {rows}" if rows > 2 else ""
                return f"{kind} of {place}{inside}"
        if k < self.circuit_block.start:
            return f"potential of connected particle {k - self.drops_block.start}"
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


def _spread(group: GroupSolver, drives: list[ca.SX]) -> ca.SX:
    """(m, n_v) the expressions of a group's drives in every volume."""
    functions = group.functions
    function = ca.Function("drives", functions.places, [functions.drives])
    n_v = drives[0].shape[0]
    return ca.horzcat(*[function(*(drive[v] for drive in drives)) for v in range(n_v)])
