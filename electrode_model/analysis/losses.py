"""Loss budget: what of the open-circuit voltage is spent on the way to the terminals.

    OCV(mean fillings) - V = sum of the terms of :data:`TERMS`, or of :data:`FULL_TERMS`

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

In a full cell the same holds for the places of a porous negative electrode, with weights of their
own and the opposite sign: OCV is the positive's less the negative's, and the electrolyte is passed
from the places of the one to those of the other.

The open-circuit voltage U is that of the stable state: V_eq(c) of the material, but for a
regular solution that separates (omega > 2 kT) the plateau between its binodal compositions,
without coherency strain.  Of mixed materials it is their common voltage at rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.analysis.alone import refuse_what_losses_cannot_tell
from electrode_model.analysis.balance import configuration
from electrode_model.analysis.circuit_losses import CircuitLosses
from electrode_model.analysis.electrode_losses import ElectrodeLosses
from electrode_model.analysis.interfaces import surfaces
from electrode_model.assemble import Assembly

if TYPE_CHECKING:
    from electrode_model.results.result import Result

__all__ = ["FULL_TERMS", "TERMS", "Losses", "losses"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_PARTICLE = {
    "spread": "open-circuit voltage of the electrode's mean filling less those of its particles",
    "inner diffusion": "that of a particle's mean filling less that of its surface",
    "phase separation": "that of the stable phases less that of a uniform solid, at the surface",
    "coherency": "strain and gradient energy at the surface",
    "kinetics": "overpotential of the reaction",
    "film": "film on the particles",
}
_OHMIC, _DIFFUSION = "electrolyte ohmic", "electrolyte diffusion"
_PATH = {
    _OHMIC: ("ionic current through the pores of the electrode", "the same through the separator"),
    _DIFFUSION: ("concentration differences in the electrode", "the same in the separator"),
}
_SOLID = "electrons through the solid of the electrode"

#: Name of a term of a half cell -> what it is; V, positive where it lowers the voltage.
TERMS: Mapping[str, str] = {
    **_PARTICLE,
    f"{_OHMIC}, electrode": _PATH[_OHMIC][0],
    f"{_OHMIC}, separator": _PATH[_OHMIC][1],
    f"{_DIFFUSION}, electrode": _PATH[_DIFFUSION][0],
    f"{_DIFFUSION}, separator": _PATH[_DIFFUSION][1],
    "solid ohmic": _SOLID,
    "foil kinetics": "overpotential of the lithium foil",
    "foil film": "film on the foil",
    "series resistance": "outside of the cell",
}

#: The same of a full cell: each term of an electrode names it.
FULL_TERMS: Mapping[str, str] = {
    **{f"{name}, positive": text for name, text in _PARTICLE.items()},
    **{f"{name}, negative": text for name, text in _PARTICLE.items()},
    **{
        f"{kind}, {part}": texts[part == "separator"]
        for kind, texts in _PATH.items()
        for part in ("positive", "separator", "negative")
    },
    "solid ohmic, positive": _SOLID,
    "solid ohmic, negative": _SOLID,
    "series resistance": TERMS["series resistance"],
}
_AT_ONCE = 200_000  # places times moments evaluated together: some tens of MB


@dataclass(frozen=True)
class Losses:
    """The budget at the saved times, (n,) each; V."""

    time: Array  # s
    step: np.ndarray  # of the protocol, from 0
    filling: Array  # mean of the positive electrode
    current: Array  # A/m^2, discharge positive
    c_rate: Array
    voltage: Array
    ocv: Array
    terms: dict[str, Array]  # as in TERMS, or in FULL_TERMS
    by_current: np.ndarray  # bool: weighted by current, else one electrode by capacity
    imbalance: Array  # C-rate: current of all reactions less that of the cell; the worse one's
    #                   where two electrodes have particles
    negative_filling: Array | None = None  # mean of a porous negative electrode

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
        The run has no such step, or it saved nothing; or ``result`` is a full cell's, seen from
        its negative electrode alone.
    ConfigError
        Particles lie behind an interphase.
    """
    config = configuration(result)
    if result.layout.electrode == "negative":
        raise ValueError("the loss budget is that of the whole cell; give the run, not .negative")
    steps = result["Field step"]
    isolated = [k for k, s in enumerate(config.protocol) if getattr(s, "isolated", False)]
    chosen = np.flatnonzero(~np.isin(steps, isolated))[:: max(every, 1)]
    if step is not None:
        chosen = np.flatnonzero((steps == step) & ~np.isin(steps, isolated))[:: max(every, 1)]
    if not chosen.size:
        had = ", ".join(str(k + 1) for k in np.unique(steps) if k not in isolated) or "none"
        which = "no step" if step is None else f"step {step + 1}"
        raise ValueError(f"nothing to split was saved of {which}; saved steps: {had}")
    budget = _Budget.of(result)
    rows = _rows(result, chosen)
    places = max(sum(e.places for e in budget.electrodes.values()), 1)
    length = max(_AT_ONCE // places, 1)
    with np.errstate(all="ignore"):  # surfaces that are full or empty
        parts = [
            budget.at(chosen[k : k + length], rows[k : k + length])
            for k in range(0, chosen.size, length)
        ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    names = TERMS if result.layout.negative is None else FULL_TERMS
    terms = {name: joined.pop(name) for name in names}
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
    electrodes: Mapping[str, ElectrodeLosses]
    circuit: CircuitLosses

    @classmethod
    def of(cls, result: "Result") -> "_Budget":
        config = configuration(result)
        refuse_what_losses_cannot_tell(config)
        assembly, found = surfaces(config)
        views = {"positive": result}
        if result.layout.negative is not None:
            views["negative"] = result.negative
        electrodes = {}
        for name, view in views.items():
            own = [surface for surface in found if surface.group.electrode == name]
            first = min(int(surface.group.volume.min()) for surface in own)
            electrodes[name] = ElectrodeLosses(view, own, first, assembly.scales.voltage)
        return cls(result, assembly, electrodes, CircuitLosses.of(config, assembly))

    def at(self, frames: np.ndarray, rows: np.ndarray) -> dict[str, Array]:
        """Terms [V] and what goes with them, (n,) each, at ``frames`` and ``rows`` beside."""
        unit = self.assembly.scales.voltage
        c_rate = self.result["C-rate"][rows]
        c_e, phi_e = self._electrolyte(frames)
        activity, sections = self.circuit.activity(c_e), self.result.layout.sections
        cells = {name: slice(*sections.get(name, (0, 1))) for name in self.electrodes}
        splits = {
            name: electrode.at(frames, activity[:, cells[name]], phi_e[:, cells[name]])
            for name, electrode in self.electrodes.items()
        }
        weights = {name: split.weights() for name, split in splits.items()}
        terms = self.circuit.terms(
            c_rate,
            {name: split.by_volume(split.current) for name, split in splits.items()},
            c_e,
            {name: split.by_volume(weights[name]) for name, split in splits.items()},
        )
        full = "negative" in splits
        if not full:
            terms = {_of_half_cell(name): term for name, term in terms.items()}
        ocv, imbalance = np.zeros_like(c_rate), np.zeros_like(c_rate)
        for name, split in splits.items():
            sign = -1 if name == "negative" else 1
            after = f", {name}" if full else ""
            for loss in _PARTICLE:
                terms[loss + after] = sign * unit * split.lost(loss, weights[name])
            ocv += sign * unit * split.ocv
            missing = sign * split.total - c_rate
            imbalance = np.where(np.abs(missing) > np.abs(imbalance), missing, imbalance)
        found = {"filling": splits["positive"].mean, "ocv": ocv}
        if full:
            found["negative_filling"] = splits["negative"].mean
        found["by_current"] = np.all([split.flows for split in splits.values()], axis=0)
        return terms | found | {"imbalance": imbalance}

    def _electrolyte(self, frames: np.ndarray) -> tuple[Array, Array]:
        """c_e [mol/L] and phi_e [kT/e] in the cells, (n, n_x), or (n, 1) of a single volume."""
        if not self.result.layout.x.size:
            return np.full((frames.size, 1), self.assembly.c_e), np.zeros((frames.size, 1))
        scales = self.assembly.scales
        c_e = np.asarray(self.result["Electrolyte concentration [mol.m-3]"][frames])
        phi_e = np.asarray(self.result["Electrolyte potential [V]"][frames])
        return c_e / scales.concentration, phi_e / scales.voltage


def _of_half_cell(name: str) -> str:
    """A term's name where there is one electrode of particles."""
    if name.startswith("solid ohmic"):
        return "solid ohmic"
    return name.replace(", positive", ", electrode")
