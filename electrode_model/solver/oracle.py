"""A second opinion: the same model handed to CasADi's idas as one flat DAE.

The expressions are those of the structured solver; the linear algebra, the error control and
the form of r (from f here, from dx/dt there) are not.  For up to about a thousand states: idas
differentiates the whole system, whose set-up grows with the square of the particles.
"""

from collections.abc import Callable, Sequence
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.assemble import Assembly
from electrode_model.solver.group import kernel_drives
from electrode_model.solver.start import Statistics, consistent
from electrode_model.solver.system import System

__all__ = ["MOST_STATES", "build", "flat_dae", "integrate"]

Array = np.ndarray[Any, np.dtype[np.float64]]

MOST_STATES = 1000


def flat_dae(assembly: Assembly, control: Sequence[float]) -> tuple[dict[str, ca.SX], np.ndarray]:
    """The semi-explicit DAE {x, z, ode, alg} and which unknowns of a System are its x (n,)."""
    circuit = assembly.circuit
    n_v = circuit.filling_rate.shape[0]
    volumes = ca.vertcat(*[circuit.c_e] * n_v) if circuit.c_e.shape[0] != n_v else circuit.c_e
    mean_rate, heat = [ca.SX(0)] * n_v, [ca.SX(0)] * n_v
    unknowns, rates, differential = [], [], []
    drops, rows = _drops(assembly)
    for number, group in enumerate(assembly.groups):
        kernel, p = group.kernel, group.index.size
        n = kernel.mass.size
        arguments = [kernel.x, kernel.c_bar, *kernel_drives(kernel), kernel.q]
        released = ca.SX(0) if kernel.heat is None else kernel.heat
        function = ca.Function("f", arguments, [kernel.rate, released])
        x, rate = ca.SX.sym("x", n, p), []
        weights = ca.DM(kernel.weights)
        for k in range(p):
            v = int(group.volume[k])
            c_bar = ca.dot(weights, x[:, k])
            q = ca.DM(group.q[:, k if group.q.shape[1] > 1 else 0])
            dphi = circuit.dphi[v]
            if number in drops:
                dphi += drops[number][k]
            own, hot = function(x[:, k], c_bar, dphi, volumes[v], circuit.theta, q)
            rate.append(own)
            heat[v] += group.share[k] * hot
            mean_rate[v] += (passed := group.share[k] * ca.dot(weights, rate[-1]))
            if number in drops:
                rows.append(passed)
        # A System keeps (grid point, particle) with particles side by side.
        unknowns.append(ca.vec(x.T))
        rates.append(ca.vec(ca.horzcat(*rate).T))
        differential.append(np.repeat(kernel.mass == 1, p))
    connected = assembly.connections
    if connected is not None:
        own = ca.vertcat(*drops.values())
        unknowns.append(own)
        rates.append(ca.DM(connected.laplacian) @ own - ca.vertcat(*rows))
        differential.append(np.zeros(own.shape[0], dtype=bool))
    r = ca.vertcat(*mean_rate)
    fixed = [circuit.filling_rate, circuit.control, circuit.heat]
    values = [r, ca.SX(list(control)), ca.vertcat(*heat[: circuit.heat.shape[0]])]
    residual = ca.substitute([circuit.residual], fixed, values)[0]
    balance, algebraic = _explicit(residual, circuit.rate, circuit.differential)
    every = ca.vertcat(*unknowns)
    is_x = np.concatenate(differential)
    at_x, at_z = np.flatnonzero(is_x).tolist(), np.flatnonzero(~is_x).tolist()
    rate_all = ca.vertcat(*rates)
    in_x = np.flatnonzero(circuit.differential).tolist()
    in_z = np.flatnonzero(~circuit.differential).tolist()
    dae = {
        "x": ca.vertcat(every[at_x, :], circuit.z[in_x]),
        "z": ca.vertcat(every[at_z, :], circuit.z[in_z]),
        "ode": ca.vertcat(rate_all[at_x, :], balance),
        "alg": ca.vertcat(rate_all[at_z, :], algebraic),
    }
    return dae, np.concatenate([is_x, circuit.differential])


def _drops(assembly: Assembly) -> tuple[dict[int, ca.SX], list[ca.SX]]:
    """Symbols of the own potentials of connected groups, and room for what they pass on."""
    wired = () if assembly.connections is None else assembly.connections.groups
    return {k: ca.SX.sym(f"w_{k}", assembly.groups[k].index.size) for k in wired}, []


def _explicit(residual: ca.SX, rate: ca.SX, differential: np.ndarray) -> tuple[ca.SX, ca.SX]:
    """dz/dt of the differential unknowns, and the equations that hold none of them.

    The circuit is linear in dz/dt with a matrix of constants, one equation for each.
    """
    mass = ca.DM(ca.evalf(ca.jacobian(residual, rate))).full()
    rest = ca.substitute(residual, rate, ca.DM.zeros(*rate.shape))
    holds = mass.any(axis=1)
    rows, others = np.flatnonzero(holds).tolist(), np.flatnonzero(~holds).tolist()
    inverse = np.linalg.inv(mass[rows][:, differential])
    return -ca.sparsify(ca.DM(inverse)) @ rest[rows], rest[others]


def build(
    assembly: Assembly,
    control: Sequence[float],
    times: Array,
    *,
    rtol: float = 1e-8,
    atol: float = 1e-10,
    most_states: int = MOST_STATES,
) -> Callable[[], Array]:
    """Set up idas from the consistent start; calling the result solves.

    It gives the states (n_t, n) at ``times`` [h], ordered as in a System.

    Raises
    ------
    ValueError
        More than ``most_states`` states: idas would take minutes to set up.
    RuntimeError
        There is no consistent start, or idas fails.
    """
    states = sum(g.kernel.mass.size * g.index.size for g in assembly.groups)
    if states > most_states:
        raise ValueError(f"{states} states are too many for idas; at most {most_states}")
    system = System(assembly)
    system.control[:] = control
    with np.errstate(all="ignore"):
        outcome = consistent(system, Statistics())
    if outcome is not None:
        raise RuntimeError(outcome.value)
    dae, is_x = flat_dae(assembly, control)
    options = {
        "reltol": rtol,
        "abstol": atol,
        "max_num_steps": 200_000,
        "linear_solver": "csparse",
        "init_xdot": system.slope[is_x].tolist(),
    }
    solver = ca.integrator("idas", "idas", dae, 0.0, list(times), options)
    x0, z0 = system.y[is_x].copy(), system.y[~is_x].copy()

    def solve() -> Array:
        solution = solver(x0=x0, z0=z0)
        found = np.empty((len(times), is_x.size))
        found[:, is_x] = solution["xf"].full().T
        found[:, ~is_x] = solution["zf"].full().T
        return found

    return solve


def integrate(
    assembly: Assembly, control: Sequence[float], times: Array, **options: float
) -> Array:
    """States (n_t, n) at ``times`` [h]; arguments and errors as for :func:`build`."""
    return build(assembly, control, times, **options)()  # type: ignore[arg-type]  # tolerances
