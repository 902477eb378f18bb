"""Small-signal impedance of an assembled model about a state of rest or of current.

The model is linearised: a particle answers a potential step d(dphi), a concentration d(c_e) at its
place and its own mean filling with

    (i w M - f_x - f_cbar weights) dx = f_c d(c_e) + f_phi d(dphi),    dr = share weights i w dx

and the circuit closes  g_z dz + i w g_rate dz + g_r dr = unit current.  Z = -dV/dI, because
discharge current is positive and lowers the voltage.

The model has no double layer: without one, Z at high frequency is not the ohmic resistance but
that plus the charge-transfer resistance, and there is no semicircle.  A capacitance
per reacting area may be added here, parallel to reaction and film; it exists in the linearised
circuit only, so a run in time shows none of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np
from scipy.optimize import least_squares

from electrode_model.assemble import Assembly, Group
from electrode_model.solver.start import Statistics, consistent
from electrode_model.solver.system import System

__all__ = ["Arc", "arc", "impedance", "randles", "resting_state"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Complex = np.ndarray[Any, np.dtype[np.complex128]]


def resting_state(assembly: Assembly) -> Array:
    """Unknowns (n,) of a System at the start of the model without current.

    At rest only where all particles have one potential: alike fillings of one material.
    Raises RuntimeError where no consistent state is found.
    """
    system = System(assembly)
    system.control[:] = (1.0, 0.0, 0.0)
    with np.errstate(all="ignore"):
        outcome = consistent(system, Statistics())
    if outcome is not None:
        raise RuntimeError(f"no state of rest: {outcome.value}")
    return system.y.copy()


def impedance(
    assembly: Assembly,
    frequencies: Array,
    state: Array | None = None,
    *,
    double_layer: Array | float = 0.0,
) -> Complex:
    """Z (n_f,) [ohm m^2 of electrode] at ``frequencies`` [Hz].

    ``state`` (n,) holds the unknowns of a System, by default those at the start without current.
    ``double_layer`` is the capacitance of each volume [F per m^2 of electrode] of all its
    particles together, a number or (n_v,).
    """
    state = resting_state(assembly) if state is None else state
    circuit = assembly.circuit
    n_v = circuit.filling_rate.shape[0]
    groups, z = [], state
    for group in assembly.groups:
        count = group.kernel.mass.size * group.index.size
        block, z = z[:count].reshape(group.kernel.mass.size, -1), z[count:]
        groups.append((group, block))
    g_z, g_rate, g_r, by_phi, by_c, c_e, dphi = _circuit(assembly, z)
    linear = [_linear(group, x, c_e[group.volume], dphi[group.volume]) for group, x in groups]
    scale = assembly.scales
    capacitance = np.broadcast_to(
        np.asarray(double_layer) * scale.resistance / scale.time, (n_v,)
    )  # in 1C hours per kT/e, as circuit.filling_rate counts volumes below
    charge = _charge(assembly)
    unit = np.zeros(state.size - sum(x.size for _, x in groups))
    unit[circuit.equations["control"]] = 1.0
    found = np.empty(np.size(frequencies), dtype=complex)
    for k, frequency in enumerate(np.asarray(frequencies, dtype=float)):
        s = 2j * np.pi * frequency * scale.time
        to_phi, to_c = np.zeros(n_v, dtype=complex), np.zeros(n_v, dtype=complex)
        for (group, _), matrices in zip(groups, linear, strict=True):
            answer = s * _answer(group, matrices, s)
            np.add.at(to_phi, group.volume, group.share * answer[:, 0])
            np.add.at(to_c, group.volume, group.share * answer[:, 1])
        to_phi = to_phi - s * capacitance / charge  # a rising dphi charges: no filling, but current
        matrix = g_z + s * g_rate + g_r @ (to_phi[:, None] * by_phi + to_c[:, None] * by_c)
        dz = np.linalg.solve(matrix, unit)
        found[k] = -dz[circuit.where["voltage"]][0] * scale.resistance
    return found


def _charge(assembly: Assembly) -> Array:
    """(n_v,) current that fills each volume at 1/h, in units of 1C."""
    circuit = assembly.circuit
    names = ["charge balance in the electrolyte"]
    if names[0] not in circuit.equations:  # then the balance of each electrode as a whole
        names = ["charge balance", "charge balance of the negative"]
    jacobian = ca.DM(ca.evalf(ca.jacobian(circuit.residual, circuit.filling_rate))).full()
    rows = [jacobian[circuit.equations[name]] for name in names if name in circuit.equations]
    return np.abs(np.concatenate(rows)).sum(axis=0)


def _circuit(assembly: Assembly, z: Array) -> tuple[Array, ...]:
    """Jacobians of the circuit, and what its particles see, at unknowns ``z`` without current."""
    circuit = assembly.circuit
    n_v = circuit.filling_rate.shape[0]
    one = circuit.c_e.shape[0] == 1
    c_e = ca.repmat(circuit.c_e, n_v) if one else circuit.c_e
    outputs = [
        ca.jacobian(circuit.residual, circuit.z),
        ca.jacobian(circuit.residual, circuit.rate),
        ca.jacobian(circuit.residual, circuit.filling_rate),
        ca.jacobian(circuit.dphi, circuit.z),
        ca.jacobian(c_e, circuit.z),
        c_e,
        circuit.dphi,
    ]
    inputs = [circuit.z, circuit.rate, circuit.filling_rate, circuit.control]
    function = ca.Function("circuit", inputs, outputs)
    control = np.zeros(circuit.control.shape[0])
    control[0] = 1.0  # the current is given
    values = function(z, np.zeros(z.size), np.zeros(n_v), control)
    matrices = [ca.DM(value).full() for value in values]
    return (*matrices[:5], matrices[5][:, 0], matrices[6][:, 0])


def _linear(group: Group, x: Array, c_e: Array, dphi: Array) -> tuple[Array, Array]:
    """f_x + f_cbar weights (p, n, n) and the columns f_phi, f_c (p, n, 2) of every particle."""
    kernel = group.kernel
    n, p = x.shape
    inputs = [kernel.x, kernel.c_bar, kernel.c_e, kernel.dphi, kernel.q]
    weights = ca.DM(kernel.weights).T
    coupled = ca.jacobian(kernel.rate, kernel.c_bar) @ weights
    own = ca.densify(ca.jacobian(kernel.rate, kernel.x) + coupled)
    drives = ca.jacobian(kernel.rate, ca.vertcat(kernel.dphi, kernel.c_e))
    function = ca.Function("particle", inputs, [own, ca.densify(drives)]).map(p)
    q = np.broadcast_to(group.q, (group.q.shape[0], p))
    c_bar = kernel.weights @ x
    own_values, drive_values = function(x, c_bar[None, :], c_e[None, :], dphi[None, :], q)
    matrix = own_values.full().reshape(n, p, n).transpose(1, 0, 2)
    columns = drive_values.full().reshape(n, p, 2).transpose(1, 0, 2)
    return matrix, columns


def _answer(group: Group, matrices: tuple[Array, Array], s: complex) -> Complex:
    """(p, 2) change of each particle's mean filling per change of dphi and of c_e."""
    matrix, columns = matrices
    answer = np.linalg.solve(s * np.diag(group.kernel.mass) - matrix, columns)
    result: Complex = np.einsum("n,pnk->pk", group.kernel.weights, answer)
    return result


@dataclass(frozen=True)
class Arc:
    """The semicircle of charge transfer: chord between its two crossings of the real axis."""

    ohmic: float  # ohm m^2, left end
    charge_transfer: float  # ohm m^2, diameter along the real axis
    points: int  # that the circle was fitted to


def arc(z: Sequence[complex] | Complex) -> Arc:
    """Circle through the points of a spectrum that form its first semicircle.

    ``z`` is sorted by descending frequency.  Used are the points from half the height of the arc
    on the left to where, past its top, -Im z has fallen to half: the tail of slow processes bends
    the rest.  Least squares for the circle's equation (Kasa, IEEE Trans. Instrum. Meas. 25
    (1976) 8).

    Raises
    ------
    ValueError
        There is no semicircle: -Im z has no maximum inside the spectrum.
    """
    values = np.asarray(z, dtype=complex)
    x, y = values.real, -values.imag
    top = _top(values)
    valley = int(top + np.argmin(y[top:])) if y[top:].min() < y[top] else y.size - 1
    used = np.arange(y.size)
    used = used[(y >= y[top] / 2) & (used <= valley)]
    matrix = np.stack([x[used], y[used], np.ones(used.size)], axis=1)
    a, _, c = np.linalg.lstsq(matrix, x[used] ** 2 + y[used] ** 2, rcond=None)[0]
    half = float(np.sqrt(max(a**2 / 4 + c, 0.0)))  # half the chord at y = 0
    return Arc(float(a / 2 - half), 2 * half, int(used.size))


def _top(z: Complex) -> int:
    """Place of the first maximum of -Im z; raises ValueError where there is none inside."""
    y = -z.imag
    inner = np.flatnonzero((y[1:-1] > y[:-2]) & (y[1:-1] >= y[2:])) + 1
    if inner.size == 0:
        raise ValueError("the spectrum has no semicircle: -Im Z has no maximum inside it")
    return int(inner[0])


def randles(frequencies: Array, z: Complex) -> Arc:
    """Randles' circuit fitted to a spectrum: R_s + [C parallel to (R_ct + W/sqrt(iw) + K/(iw))].

    W is the Warburg coefficient of diffusion inside, K the inverse of the intercalation
    capacitance; both may be negative where phases separate.  Where diffusion bends the semicircle,
    its chord is not R_ct, but the resistance in this circuit is (Randles,
    Discuss. Faraday Soc. 1 (1947) 11).  Fitted are the frequencies down to a tenth of the
    semicircle's top, relative to |z|; the start is :func:`arc`.

    Raises
    ------
    ValueError
        There is no semicircle.
    """
    first = arc(z)
    values, s = np.asarray(z), 2j * np.pi * np.asarray(frequencies, dtype=float)
    scale = first.charge_transfer
    top = float(np.abs(s[_top(values)]))
    used = np.abs(s) >= top / 10
    s, values = s[used] / top, values[used] / scale

    def model(p: Array) -> Complex:
        ohmic, transfer, capacitance, diffusion, storage = p
        faradaic = transfer + diffusion / np.sqrt(s) + storage / s
        found: Complex = ohmic + 1 / (capacitance * s + 1 / faradaic)
        return found

    def misfit(p: Array) -> Array:
        apart = (model(p) - values) / np.abs(values)
        return np.concatenate([apart.real, apart.imag])

    start = np.array([first.ohmic / scale, 1.0, 1.0, 0.0, 0.0])
    fit = least_squares(misfit, start, xtol=1e-14, ftol=1e-14, gtol=1e-14)
    return Arc(float(fit.x[0]) * scale, float(fit.x[1]) * scale, int(used.sum()))
