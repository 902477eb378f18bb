"""Loss budget: what of the open-circuit voltage is spent on the way to the terminals.

    OCV(mean filling) - V = sum of the terms of :data:`TERMS`

at every saved time, discharge, charge and rest (row O22; the processes in series that Orikasa et
al., Chem. Phys. Rev. 3 (2022) 011305, Sec. V list).  Every term comes from a law of its own and
the saved fields; none is the rest of the others.  What is left over is the ``remainder``.

At each reacting place k of a particle p at depth v the cell obeys

    V = U(c_k) - [phase separation + coherency]_k + eta_k - film_k - foil - electrolyte_v - solid_v

so that any weights w_k of sum 1 give an exact sum; they only decide what a term means.  Here
w_k is the share of the place in the current, dQ_k/dt over its sum: term times current is then
the power that this process turns into heat or stores.  Where currents of both signs nearly
cancel, at rest above all, these shares lose their meaning (and would divide by zero): if the
sum is below a quarter of the sum of magnitudes, places are weighted by the capacity that they
serve instead, and ``by_current`` is false.

The open-circuit voltage U is that of the stable state: V_eq(c) of the material, but for a
regular solution that separates (omega > 2 kT) the plateau between its binodal compositions,
without coherency strain.  Of mixed materials it is their common voltage at rest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.analysis.balance import configuration
from electrode_model.analysis.circuit_losses import CircuitLosses
from electrode_model.analysis.interfaces import Places, Surface, inside, surfaces
from electrode_model.assemble import Assembly, Group

if TYPE_CHECKING:
    from electrode_model.results.result import Result

__all__ = ["TERMS", "Losses", "equilibrium", "losses"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Name of a term -> what it is; V, positive where it lowers the voltage.
TERMS = {
    "spread": "open-circuit voltage of the electrode's mean filling less those of its particles",
    "inner diffusion": "that of a particle's mean filling less that of its surface",
    "phase separation": "that of the stable phases less that of a uniform solid, at the surface",
    "coherency": "strain and gradient energy at the surface",
    "kinetics": "overpotential of the reaction",
    "film": "film on the particles",
    "electrolyte ohmic, electrode": "ionic current through the pores of the electrode",
    "electrolyte ohmic, separator": "the same through the separator",
    "electrolyte diffusion, electrode": "concentration differences in the electrode",
    "electrolyte diffusion, separator": "the same in the separator",
    "solid ohmic": "electrons through the solid of the electrode",
    "foil kinetics": "overpotential of the lithium foil",
    "foil film": "film on the foil",
    "series resistance": "outside of the cell",
}
_PARTICLE = ("spread", "inner diffusion", "phase separation", "coherency", "kinetics", "film")
_CANCEL = 0.25  # |sum| / sum of magnitudes of the local currents below which shares mean nothing
_NOTHING = 1e-300  # 1/h; keeps a ratio of no currents defined
_AT_ONCE = 200_000  # places times moments evaluated together: some tens of MB
_HALVINGS = 60  # of an interval of fillings or voltages, to the last digit of a double


@dataclass(frozen=True)
class Losses:
    """The budget at the saved times, (n,) each; V."""

    time: Array  # s
    step: np.ndarray  # of the protocol, from 0
    filling: Array  # mean of the electrode
    current: Array  # A/m^2, discharge positive
    c_rate: Array
    voltage: Array
    ocv: Array
    terms: dict[str, Array]  # as in TERMS
    by_current: np.ndarray  # bool: weighted by current, else by capacity
    imbalance: Array  # C-rate: current of all reactions less that of the cell

    @property
    def total(self) -> Array:
        """OCV less voltage."""
        return self.ocv - self.voltage

    @property
    def remainder(self) -> Array:
        """What the terms leave of it: errors of the solver and of interpolation in time."""
        whole: Array = self.total - np.sum(list(self.terms.values()), axis=0)
        return whole

    def of_step(self, step: int) -> "Losses":
        """One step of the protocol (from 0)."""
        at = self.step == step
        parts = {
            name: value[at] for name, value in vars(self).items() if isinstance(value, np.ndarray)
        }
        return Losses(**parts, terms={name: term[at] for name, term in self.terms.items()})


def losses(result: "Result", step: int | None = None, every: int = 1) -> Losses:
    """Loss budget of a run, of all its steps or one (from 0), at each ``every``-th saved time.

    Steps in which the reaction is switched off (``isolated``) have no budget and are left out.

    Raises
    ------
    KeyError
        Fields were not saved; the text says which to put into output.fields.
    ValueError
        The run has no such step, or it saved nothing.
    """
    config = configuration(result)
    steps = result["Field step"]
    isolated = [k for k, s in enumerate(config.protocol) if getattr(s, "isolated", False)]
    chosen = np.flatnonzero(~np.isin(steps, isolated))[:: max(every, 1)]
    if step is not None:
        chosen = np.flatnonzero((steps == step) & ~np.isin(steps, isolated))[:: max(every, 1)]
    if not chosen.size:
        had = ", ".join(str(k + 1) for k in np.unique(steps) if k not in isolated) or "none"
        which = "no step" if step is None else f"step {step + 1}"
        raise ValueError(f"nothing to split was saved of {which}; saved steps: {had}")
    assembly, found = surfaces(config)
    rows = _rows(result, chosen)
    budget = _Budget(result, assembly, found, CircuitLosses.of(config, assembly))
    places = max(sum(s.places * s.group.index.size for s in found), 1)
    length = max(_AT_ONCE // places, 1)
    with np.errstate(all="ignore"):  # surfaces that are full or empty
        parts = [
            budget.at(chosen[k : k + length], rows[k : k + length])
            for k in range(0, chosen.size, length)
        ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    terms = {name: joined.pop(name) for name in TERMS}
    return Losses(
        time=result["Field time [s]"][chosen],
        step=steps[chosen],
        current=result["Current [A.m-2]"][rows],
        c_rate=result["C-rate"][rows],
        voltage=result["Voltage [V]"][rows],
        by_current=joined.pop("by_current").astype(bool),
        terms=terms,
        **joined,
    )


def _rows(result: "Result", chosen: np.ndarray) -> np.ndarray:
    """Line of the time series of each chosen frame: the nearest in time of its step."""
    rows = np.empty(chosen.size, dtype=int)
    for step in np.unique(result["Field step"][chosen]):
        mine = np.flatnonzero(result["Step"] == step)
        times = result["Time [s]"][mine]
        here = result["Field step"][chosen] == step
        wanted = result["Field time [s]"][chosen][here]
        after = np.clip(np.searchsorted(times, wanted), 0, times.size - 1)
        before = np.maximum(after - 1, 0)
        nearer = np.abs(times[before] - wanted) < np.abs(times[after] - wanted)
        rows[here] = mine[np.where(nearer, before, after)]
    return rows


@dataclass(frozen=True)
class _Budget:
    """Splits the voltage at some moments."""

    result: "Result"
    assembly: Assembly
    surfaces: Sequence[Surface]
    circuit: CircuitLosses

    def at(self, frames: np.ndarray, rows: np.ndarray) -> dict[str, Array]:
        """Terms [V] and what goes with them, (n,) each, at ``frames`` and ``rows`` beside."""
        result, unit = self.result, self.assembly.scales.voltage
        layout = result.layout
        mean_fillings = np.asarray(result["Particle filling fraction"][frames], dtype=float)
        mean = mean_fillings @ layout.weight
        c_rate = result["C-rate"][rows]
        phi_s = np.asarray(result["Solid potential [V]"][frames]) / unit
        c_e, phi_e = self._electrolyte(frames)
        first = layout.x.size - phi_s.shape[1] if layout.x.size else 0
        dphi, c_near = phi_s - phi_e[:, first:], c_e[:, first:]

        ocv, curves = _open_circuit(self.assembly, self.surfaces, mean)
        groups = [surface.group for surface in self.surfaces]
        places = [self._places(surface, frames, c_near, dphi) for surface in self.surfaces]
        weight = [layout.weight[group.index] for group in groups]
        # (places of a particle, n, particles) of each group from here on
        current = [p.filling_rate * w for p, w in zip(places, weight, strict=True)]
        share = [np.abs(p.share) for p in places]
        served = [s / s.sum(axis=0) * w for s, w in zip(share, weight, strict=True)]
        total = _sum(current)
        by_current = np.abs(total) >= _CANCEL * np.maximum(_sum(map(np.abs, current)), _NOTHING)
        divisor = np.where(by_current, total, 1.0)[:, None]
        weights = [
            np.where(by_current[:, None], i / divisor, w)
            for i, w in zip(current, served, strict=True)
        ]
        values = [
            _values(ocv, mean_fillings[:, surface.group.index], surface, curve, p)
            for surface, curve, p in zip(self.surfaces, curves, places, strict=True)
        ]
        terms = {
            name: unit * _sum(w * value[name] for w, value in zip(weights, values, strict=True))
            for name in _PARTICLE
        }
        volumes = phi_s.shape[1]
        filling_rate = _by_volume(groups, current, volumes)
        terms |= self.circuit.terms(c_rate, filling_rate, c_e, _by_volume(groups, weights, volumes))
        return terms | {
            "filling": mean,
            "ocv": ocv * unit,
            "by_current": by_current,
            "imbalance": total - c_rate,
        }

    def _electrolyte(self, frames: np.ndarray) -> tuple[Array, Array]:
        """c_e [mol/L] and phi_e [kT/e] in the cells, (n, n_x), or (n, 1) of a single volume."""
        if not self.result.layout.x.size:
            return np.full((frames.size, 1), self.assembly.c_e), np.zeros((frames.size, 1))
        scales = self.assembly.scales
        c_e = np.asarray(self.result["Electrolyte concentration [mol.m-3]"][frames])
        phi_e = np.asarray(self.result["Electrolyte potential [V]"][frames])
        return c_e / scales.concentration, phi_e / scales.voltage

    def _places(self, surface: Surface, frames: np.ndarray, c_e: Array, dphi: Array) -> Places:
        """All places of a group, (places of a particle, n, particles) each."""
        group, n = surface.group, frames.size
        x = self._fillings(surface, frames)
        q = np.tile(group.q, n) if group.q.shape[1] > 1 else group.q
        flat = surface.at(  # columns run over moments, then particles
            np.ascontiguousarray(np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)),
            np.ascontiguousarray(c_e[:, group.volume]).ravel(),
            np.ascontiguousarray(dphi[:, group.volume]).ravel(),
            np.ascontiguousarray(q),
        )
        shape = (surface.places, n, group.index.size)
        return Places(**{name: value.reshape(shape) for name, value in vars(flat).items()})

    def _fillings(self, surface: Surface, frames: np.ndarray) -> Array:
        """(n, n_filling, p) fillings inside the particles of a group."""
        group = surface.group
        if not group.kernel.positions.size:
            means = self.result["Particle filling fraction"][frames][:, group.index]
            return np.asarray(means, dtype=float)[:, None, :]
        with_grid = [s.group for s in self.surfaces if s.group.kernel.positions.size]
        number = next(k for k, other in enumerate(with_grid) if other is group)
        return np.asarray(self.result[f"Particle profiles {number}"][frames], dtype=float)


def _values(
    ocv: Array, means: Array, surface: Surface, curve: Callable[[Array], Array], places: Places
) -> dict[str, Array]:
    """What is lost at every place of a group (m, n, p) [kT/e]; ``ocv`` (n,), ``means`` (n, p)."""
    at_particle, at_surface = curve(means), curve(places.c)
    return {
        "spread": np.broadcast_to(ocv[:, None] - at_particle, at_surface.shape),
        "inner diffusion": at_particle - at_surface,
        "phase separation": at_surface - (surface.standard - places.homogeneous),
        "coherency": places.excess,
        "kinetics": -places.eta,
        "film": places.drop,
    }


def _sum(parts: Iterable[Array]) -> Array:
    """(n,) sum over groups, places and particles of (m, n, p) each."""
    total: Array = np.sum([part.sum(axis=(0, 2)) for part in parts], axis=0)
    return total


def _by_volume(groups: Sequence[Group], parts: Sequence[Array], volumes: int) -> Array:
    """(n, volumes) sums of (m, n, p) over the places in each volume of the electrode."""
    total = np.zeros((parts[0].shape[1], volumes))
    for group, part in zip(groups, parts, strict=True):
        each = part.sum(axis=0)
        for v in np.unique(group.volume):
            total[:, v] += each[:, group.volume == v].sum(axis=1)
    return total


def equilibrium(surface: Surface) -> Callable[[Array], Array]:
    """Open-circuit voltage [kT/e] of the stable state of a group's material, as a function of c.

    A regular solution (mixing 1) with a gap is flat between its binodal compositions, which
    are symmetric about 1/2; a material given by its open-circuit voltage is taken at its word.
    """
    potential, standard = surface.law.potential, surface.standard

    def uniform(c: Array) -> Array:
        c = inside(c)
        voltage: Array = standard - potential(c).total(c)
        return voltage

    if not surface.mixing:
        return uniform
    middle = np.array([0.5 - 1e-6, 0.5 + 1e-6])
    if np.diff(uniform(middle))[0] <= 0:
        return uniform
    low, high = 1e-12, 0.5 - 1e-6
    for _ in range(_HALVINGS):
        c = (low + high) / 2
        # on the way from 0 the voltage falls through the plateau at the binodal
        low, high = (c, high) if _outside(uniform, c, standard) else (low, c)
    binodal = (low + high) / 2

    def stable(c: Array) -> Array:
        return np.where((c > binodal) & (c < 1 - binodal), standard, uniform(c))

    return stable


def _outside(uniform: Callable[[Array], Array], c: float, standard: float) -> bool:
    """Whether a filling below 1/2 is less than the binodal one."""
    return bool(uniform(np.array([c]))[0] > standard)


def _open_circuit(
    assembly: Assembly, found: Sequence[Surface], mean: Array
) -> tuple[Array, list[Callable[[Array], Array]]]:
    """OCV [kT/e] of the electrode at its ``mean`` fillings (n,), and the curve of each group."""
    curves = [equilibrium(surface) for surface in found]
    probe = np.linspace(0.001, 0.999, 97)
    if all(np.array_equal(curves[0](probe), curve(probe)) for curve in curves[1:]):
        return curves[0](mean), curves
    shares = [float(assembly.layout.weight[surface.group.index].sum()) for surface in found]
    return _common_voltage(list(zip(curves, shares, strict=True)), mean), curves


def _common_voltage(parts: Sequence[tuple[Callable[[Array], Array], float]], mean: Array) -> Array:
    """Voltage (n,) at which materials of given shares together hold a mean filling."""
    edge = np.array([1e-12, 1 - 1e-12])
    ends = np.array([curve(edge) for curve, _ in parts])
    low, high = np.full(mean.shape, ends.min()), np.full(mean.shape, ends.max())
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        held = sum(share * _filling(curve, middle) for curve, share in parts)
        low, high = np.where(held > mean, middle, low), np.where(held > mean, high, middle)
    return (low + high) / 2


def _filling(curve: Callable[[Array], Array], voltage: Array) -> Array:
    """Filling (n,) of a material at a voltage; its curve must not rise."""
    low, high = np.full(voltage.shape, 1e-12), np.full(voltage.shape, 1 - 1e-12)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fuller = curve(middle) > voltage
        low, high = np.where(fuller, middle, low), np.where(fuller, high, middle)
    return (low + high) / 2
