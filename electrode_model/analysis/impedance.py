"""Small-signal impedance of an assembled model about a state of rest or of current.

The model is linearised with the Jacobian blocks of its solver.  A particle answers a potential
step d(dphi), a concentration d(c_e) at its place and its own mean filling with

    (i w M - f_x - f_cbar weights) dx = f_c d(c_e) + f_phi d(dphi),    dr = share weights i w dx

and the circuit closes  g_z dz + i w g_rate dz + g_r dr = unit current.  Z = -dV/dI, because
discharge current is positive and lowers the voltage; whether current or voltage is controlled
does not enter.

About a state with current, or one that still relaxes, the Jacobians are frozen: those of that
moment.  The drift of the state itself adds nothing in first order, for the matrices M and g_rate
are constant; it limits how slow a wave may be (:func:`drift`).

The model has no double layer: without one, Z at high frequency is not the ohmic resistance but
that plus the charge-transfer resistance, and there is no semicircle.  A capacitance
per reacting area may be added here, parallel to reaction and film; it exists in the linearised
circuit only, so a run in time shows none of it.  The temperature is constant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import least_squares
from scipy.sparse import csc_matrix, diags
from scipy.sparse.linalg import splu

from electrode_model.assemble import Assembly
from electrode_model.solver.group import DRIVES, GroupSolver
from electrode_model.solver.start import Statistics, consistent
from electrode_model.solver.system import System

__all__ = ["Arc", "Spectrum", "arc", "drift", "impedance", "randles", "resting_state", "spectrum"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Complex = np.ndarray[Any, np.dtype[np.complex128]]

_AT_ONCE = 2_000_000  # complex numbers of the matrices factorised together: 32 MB
_NUDGE = 1e-4  # change of a filling, or of c_e in mol/L, over which a drift is measured


@dataclass(frozen=True)
class Spectrum:
    """Impedance of a cell and of its parts in series, ohm m^2 of electrode."""

    frequency: Array  # (n_f,) Hz
    z: Complex  # (n_f,)
    #: (n_f,) each, their sum is z: "negative" and "positive" against a reference electrode of
    #: lithium in the middle of the separator, "series resistance"; empty without a separator
    parts: Mapping[str, Complex]


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
    """Z (n_f,) [ohm m^2 of electrode] at ``frequencies`` [Hz]; see :func:`spectrum`."""
    return spectrum(assembly, frequencies, state, double_layer=double_layer).z


def spectrum(
    assembly: Assembly,
    frequencies: Array,
    state: Array | None = None,
    slope: Array | None = None,
    *,
    double_layer: Array | float = 0.0,
) -> Spectrum:
    """Impedance of the cell and of its parts at ``frequencies`` [Hz], all above 0.

    ``state`` (n,) holds the unknowns of a System, by default those at the start without current;
    ``slope`` (n,) how they change [1/h], by default not at all.  ``double_layer`` is the
    capacitance of each volume [F per m^2 of electrode] of all its particles together, a number
    or (n_v,); in a volume it is shared out like the capacity.

    Raises
    ------
    ValueError
        The state has no linear neighbourhood: particles are full or empty; or the model has a
        heat balance.
    """
    state = resting_state(assembly) if state is None else state
    linear = _Linear(assembly, state, slope, double_layer)
    frequency = np.asarray(frequencies, dtype=float)
    waves = 2j * np.pi * frequency * assembly.scales.time
    answers: Complex = np.array([linear.answer(s) for s in waves])
    unit = assembly.scales.resistance
    where = assembly.circuit.where
    z: Complex = -unit * answers[:, where["voltage"].start]
    parts: dict[str, Complex] = {}
    reference = _reference(assembly)
    if reference.size:
        series = np.full(frequency.size, assembly.series_resistance, dtype=complex)
        negative: Complex = -unit * (answers[:, where["phi_e"]] @ reference)
        parts = {"negative": negative, "positive": z - negative - series}
        parts["series resistance"] = series
    return Spectrum(frequency, z, parts)


def drift(
    assembly: Assembly, found: Spectrum, state: Array, slope: Array, double_layer: Array | float
) -> Array:
    """(n_f,) relative change of Z in one period while the state goes on as it does.

    By a second spectrum of a state a little later.  Where this is not small a measured spectrum
    mixes the states it passes, and Z at one state has no counterpart.
    """
    system = System(assembly)
    moving = system.differential.copy()
    moving[system.where["charge"]] = False
    speed = float(np.abs(slope[moving]).max(initial=0.0))
    longest = 1 / (found.frequency.min() * assembly.scales.time)  # h
    ahead = min(longest, _NUDGE / speed) if speed > 0 else longest
    system.y[:] = state + np.where(moving, slope * ahead, 0.0)
    system.control[:] = (1.0, 0.0, state[system.where["current"]][0])
    with np.errstate(all="ignore"):
        if consistent(system, Statistics()) is not None:
            return np.full(found.frequency.size, np.inf)
    later = spectrum(assembly, found.frequency, system.y, system.slope, double_layer=double_layer)
    rate = np.abs(later.z / found.z - 1) / (ahead * assembly.scales.time)  # 1/s
    change: Array = rate / found.frequency
    return change


def _reference(assembly: Assembly) -> Array:
    """Weights of phi_e in the middle of the separator; empty where there is none.

    phi_e is the potential of a reference electrode of lithium: see the electrolytes.
    """
    where, sections = assembly.circuit.where, assembly.layout.sections
    if "phi_e" not in where or "separator" not in sections:
        return np.empty(0)
    count = where["phi_e"].stop - where["phi_e"].start
    if count == 1:  # a constant electrolyte has one potential
        return np.ones(1)
    first, last = sections["separator"]
    weights = np.zeros(count)
    weights[[(first + last - 1) // 2, (first + last) // 2]] += 0.5
    return weights


class _Linear:
    """The model linearised about a state, ready for any frequency."""

    def __init__(
        self, assembly: Assembly, state: Array, slope: Array | None, double_layer: Array | float
    ) -> None:
        system = System(assembly)
        system.y[:] = state
        if slope is not None:
            system.slope[:] = slope
        system.control[:] = (1.0, 0.0, state[system.where["current"]][0])  # current is given
        with np.errstate(all="ignore"):
            system.evaluate()
            system.linearize()
        g_z, self._g_rate, self._g_r, g_heat, *by_z = system.circuit_jacobian
        if g_heat.size:
            raise ValueError("impedance is isothermal: leave heat out of the configuration")
        if np.any(double_layer) and any("interphase" in g.kernel.names for g in assembly.groups):
            raise ValueError(
                "a double layer here is one against the pore, but an interphase lies between pore"
                " and particles: leave one of them out"
            )
        self._g_z, self._by_z = g_z, np.array(by_z)
        self._particles = [_Particles(solver) for solver in system.groups]
        if not all(np.all(np.isfinite(m)) for m in (g_z, *(p.blocks for p in self._particles))):
            raise ValueError("this state has no impedance: particles are full or empty")
        self._unit = np.zeros(g_z.shape[0])
        self._unit[assembly.circuit.equations["control"]] = 1.0
        self._n_v = self._g_r.shape[1]
        # in 1C hours per kT/e, over the charge of a volume: d(filling)/d(dphi)
        scale, charge = assembly.scales, _charge(assembly, self._g_r)
        given = np.broadcast_to(np.asarray(double_layer, dtype=float), (self._n_v,))
        self._capacitance = given * scale.resistance / scale.time / charge
        wired = assembly.connections
        self._wired = () if wired is None else tuple(wired.groups)
        self._laplacian = None if wired is None else wired.laplacian

    def answer(self, s: complex) -> Complex:
        """(n_z,) change of the circuit's unknowns per change of the current, at ``s`` [1/h]."""
        response = np.zeros((len(DRIVES), self._n_v), dtype=complex)
        wired = []
        for k, particles in enumerate(self._particles):
            volume = particles.volume
            own = particles.share * particles.answer(s)
            # a rising dphi charges the double layer: no filling, but current
            own[0] -= s * particles.share * self._capacitance[volume]
            if k in self._wired:
                wired.append((own, volume))
            else:
                for values, total in zip(own, response, strict=True):
                    np.add.at(total, volume, values)
        if self._laplacian is not None:
            _add_wired(self._laplacian, wired, response)
        matrix = self._g_z + s * self._g_rate
        matrix = matrix + self._g_r @ np.einsum("kv,kvz->vz", response, self._by_z)
        found: Complex = np.linalg.solve(matrix, self._unit.astype(complex))
        return found


def _add_wired(
    laplacian: csc_matrix, wired: Sequence[tuple[Complex, Array]], response: Complex
) -> None:
    """Add the response of particles at potentials of their own: see solver/wires.py."""
    own = np.concatenate([part for part, _ in wired], axis=1)
    volume = np.concatenate([place for _, place in wired]).astype(int)
    network = splu((laplacian - diags(own[0])).astype(complex).tocsc())
    for values, total in zip(own, response, strict=True):
        np.add.at(total, volume, values + own[0] * network.solve(values))


class _Particles:
    """The particles of a group, strung together as one banded matrix without coupling."""

    def __init__(self, solver: GroupSolver) -> None:
        kernel = solver.group.kernel
        bands, columns = solver.jacobian
        self._lower, self._upper = solver.functions.lower, solver.functions.upper
        _, n, p = bands.shape
        self._n, self.share, self.volume = n, solver.group.share, solver.volume
        self._seen = list(solver.seen)
        self._mass, self._weights = kernel.mass, kernel.weights
        #: -f_x as LAPACK wants it: entry (i, j) of a particle in row lower + upper + i - j
        height = 2 * self._lower + self._upper + 1
        self.blocks = np.zeros((height, p, n))
        row = np.arange(n)
        for d in range(-self._lower, self._upper + 1):
            inside = row[(row + d >= 0) & (row + d < n)]
            own = bands[self._lower + d, inside]
            self.blocks[self._lower + self._upper - d][:, inside + d] = -own.T
        self._columns = np.array([column.T for column in columns])  # (k, p, n)
        self._batch = max(1, _AT_ONCE // (height * n))

    def answer(self, s: complex) -> Complex:
        """(drives, p) change of each particle's rate of filling per change of its drives.

        The transposed matrix is solved, once: weights T^-1 columns for all columns.
        """
        count = self.volume.size
        means = np.empty((self._columns.shape[0], count), dtype=complex)
        for first in range(0, count, self._batch):
            part = slice(first, min(first + self._batch, count))
            matrix = self.blocks[:, part].astype(complex)
            matrix[self._lower + self._upper] += s * self._mass
            found = self._transposed(matrix.reshape(matrix.shape[0], -1))
            columns = self._columns[:, part]
            means[:, part] = np.einsum("kpn,pn->kp", columns, found.reshape(-1, self._n))
        answer = np.zeros((len(DRIVES), count), dtype=complex)
        coupled = means.shape[0] > len(self._seen)  # then c_bar comes last
        answer[self._seen] = s * means[: len(self._seen)] / (1 - means[-1] if coupled else 1.0)
        return answer

    def _transposed(self, matrix: Complex) -> Complex:
        """Solution of  T^t v = weights  of all particles."""
        right = np.tile(self._weights.astype(complex), matrix.shape[1] // self._n)
        if self._lower == self._upper == 0:
            simple: Complex = right / matrix[0]
            return simple
        bands = (self._lower, self._upper)
        lu, pivots, info = lapack.zgbtrf(np.asfortranarray(matrix), *bands, overwrite_ab=1)
        if info > 0:
            raise ValueError("this state has no impedance: the matrix of a particle is singular")
        found, _ = lapack.zgbtrs(lu, *bands, right, pivots, trans=1, overwrite_b=1)
        result: Complex = found
        return result


def _charge(assembly: Assembly, g_r: Array) -> Array:
    """(n_v,) current that fills each volume at 1/h, in units of 1C."""
    equations = assembly.circuit.equations
    names = ["charge balance in the electrolyte"]
    if names[0] not in equations:  # then the balance of each electrode as a whole
        names = ["charge balance", "charge balance of the negative"]
    rows = [g_r[equations[name]] for name in names if name in equations]
    charge: Array = np.abs(np.concatenate(rows)).sum(axis=0)
    return charge


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
