"""Systems and steps of the stepper in compiled loops: the same algorithm on the same arrays.

Under a few thousand unknowns the calls of NumPy cost more than what they compute.  The loops of
``native`` do a Newton iteration in one call; measured, 200 homogeneous particles take 15 us for it
instead of 240.  Everything that decides (steps, orders, Jacobians, cut-offs) stays in Python.
"""

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import lapack

from electrode_model.solver import library as native
from electrode_model.solver.group import DRIVES, GroupSolver
from electrode_model.solver.operations import VECTOR, Program

if TYPE_CHECKING:
    from electrode_model.solver.system import System

__all__ = ["Core", "core"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Numbers of a block's work.  Rows of shorter blocks are too short to be fetched ahead:
#: 1,000 plates of 100 points take 100 ns a state and step with 12,000, 72 with 96,000.
_WORK = 96_000
_FEW = 100  # unknowns of a circuit that LAPACK would take longer to begin with than to solve
_LEAST, _MOST = 16, 512  # particles of a block


def core(system: "System") -> "Core | None":
    """Compiled loops for a system; None where there are none for it.

    Connected particles, released heat and noise are not in them.
    """
    loaded = native.library()
    plain = all(
        g.offset is None and g.heat is None and g.group.noise is None for g in system.groups
    )
    return Core(system, loaded) if loaded is not None and plain else None


class Core:
    """What :class:`~electrode_model.solver.system.System` does, compiled."""

    def __init__(self, system: "System", library: native.Library) -> None:
        self._system, self.library = system, library
        self._kept: list[Any] = []  # ctypes keeps addresses only
        value = system.value_of_circuit
        circuit, *drives = value.outputs
        unknowns, n_v = circuit.shape[0], system.n_v
        groups = (native.Group * len(system.groups))()
        for own, group, values in zip(groups, system.groups, drives, strict=True):
            self._describe(own, group, values, n_v)
        none = np.zeros(0)  # a neighbour is evaluated only
        g_z, g_rate, g_r, _, *by_z = system.circuit_jacobian or [none] * 4
        #: CasADi writes each drive's slopes into an array of its own
        self._drives, self._by_z_parts = np.zeros((len(DRIVES), unknowns, n_v)), by_z
        self._lu, self._pivots = np.zeros((unknowns, unknowns)), np.zeros(unknowns, dtype=np.int32)
        self._groups = groups
        at = self._at
        self.system = native.System(
            n=system.n,
            groups=len(groups),
            volumes=n_v,
            unknowns=unknowns,
            group=ctypes.addressof(groups),
            call=value.entry,
            value=value.address,
            y=at(system.y),
            slope=at(system.slope),
            residual=at(system.residual),
            delta=at(system.delta),
            r=at(system.r),
            circuit=at(circuit),
            g_z=at(g_z.T),
            g_rate=at(g_rate.T),
            g_r=at(g_r.T),
            drives=at(self._drives),
            algebraic=at((~system.differential[system.circuit_block]).astype(np.int64)),
            response=at(np.zeros((len(DRIVES), n_v))),
            by_r=at(np.zeros((n_v, unknowns))),
            by_z=at(np.zeros((len(DRIVES), n_v, unknowns))),
            row=at(np.zeros(unknowns)),
            lu=at(self._lu),
            pivots=at(self._pivots),
            rho=at(np.zeros(n_v)),
            changes=at(np.zeros((len(DRIVES), n_v))),
        )

    def _at(self, array: np.ndarray) -> int:
        """Address of an array, which is kept."""
        self._kept.append(array)
        return int(array.ctypes.data)

    def _describe(self, own: native.Group, group: GroupSolver, values: Array, n_v: int) -> None:
        functions, kernel = group.functions, group.group.kernel
        n, p = group.x.shape
        value, slopes = group.tapes
        rows = max(value.rows, slopes.rows, 1)
        room = int(np.clip(_WORK // rows, _LEAST, _MOST))
        width = min(room, p + VECTOR - 1) // VECTOR * VECTOR
        hoisted, rate = np.zeros((group.drives.shape[0], width)), np.zeros((n, width))
        inputs = [group.x, group.c_bar, hoisted, np.ascontiguousarray(group.group.q)]
        starts = np.append(group.starts, p).astype(np.int64)
        at = self._at
        by_drive = np.array([at(column) for column in group.by_drive], dtype=np.uintp)
        numbers = {
            "n": n,
            "particles": p,
            "volumes": n_v,
            "lower": functions.lower,
            "upper": functions.upper,
            "seen": len(group.seen),
            "coupled": functions.coupled,
            "drives": group.drives.shape[0],
            "width": width,
            "runs": starts.size - 1,
            "fillings": kernel.filling.size,
        }
        arrays = {
            "run_start": starts,
            "run_volume": group.volume[starts[:-1]].astype(np.int64),
            "filling": kernel.filling.astype(np.int64),
            "which": np.array(group.seen, dtype=np.int64),
            "mass": kernel.mass.astype(float),
            "weights": kernel.weights.astype(float),
            "share": np.ascontiguousarray(group.group.share, dtype=float),
            "x": group.x,
            "slope": group.slope,
            "residual": group.residual,
            "delta": group.delta,
            "c_bar": group.c_bar,
            "hoisted": hoisted,
            "values": values,
            "rate": rate,
            "bands": group.bands,
            "matrix": group.matrix,
            "by_drive": by_drive,
            "columns": group.columns,
            "spare": np.zeros(p),
            "denominator": group.denominator,
            "response": group.response,
        }
        for name, number in numbers.items():
            setattr(own, name, number)
        for name, array in arrays.items():
            setattr(own, name, at(array))
        programs = [Program(value, inputs, [rate], width, p)]
        own.evaluate = programs[0].operations
        if self._system.circuit_jacobian:
            programs.append(Program(slopes, inputs, [group.bands, *group.by_drive], width, p))
            own.differentiate = programs[1].operations
        self._kept.append(programs)

    def evaluate(self) -> None:
        """Bring the residual up to date."""
        self.library.evaluate(self.system)

    def linearize(self) -> None:
        """Jacobian blocks of the particles."""
        for group in self._groups:
            self.library.linearize(group)

    def factor(self, alpha: float, beta: float) -> bool:
        """Factorise everything; False if it is singular or not finite."""
        for mine, theirs in zip(self._drives, self._by_z_parts, strict=True):
            mine[:] = theirs.T
        if not self.library.assemble(self.system, alpha, beta):
            return False
        if self._pivots.size <= _FEW:
            return bool(self.library.factorise(self.system))
        _, self._pivots[:], info = lapack.dgetrf(self._lu.T, overwrite_a=True)
        return bool(info == 0)

    def solve(self) -> None:
        """Newton step for the last residual."""
        self.library.solve(self.system)

    def follow(
        self, near: np.ndarray, steps: Array, order: int, cj: float, psi: Array, differences: Array
    ) -> None:
        """Sensitivities at the end of a step, as :meth:`~.sensitivity.Sensitivities.advance`.

        ``near`` are the addresses of the structures of the neighbours.
        """
        places = near.ctypes.data, steps.ctypes.data
        rows = psi.ctypes.data, differences.ctypes.data
        self.library.follow(self.system, steps.size, *places, order, cj, *rows)

    def inside(self, low: float, high: float) -> bool:
        """Whether all fillings are between two values."""
        return bool(self.library.inside(self.system, low, high))
