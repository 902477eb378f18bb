"""Reading the solver's state in SI."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from electrode_model.assemble import Assembly
from electrode_model.electrode import Group
from electrode_model.results.records import Frame, Layout, Row
from electrode_model.simulation.cutoffs import External
from electrode_model.solver.differences import Interpolant
from electrode_model.solver.system import System

__all__ = ["Reader"]

_OUTSIDE = ("voltage", "current", "charge")
_LAST_DIGITS = 1e-10  # of a filling; beyond, rounding moves the voltage by more than its tolerance
_SATURATED = 1e-8  # of a filling; a cut-off 0.8 V beyond the plateau is reached before

Array = np.ndarray[Any, np.dtype[np.float64]]


class Reader:
    """Turns a state (n,) of a system into rows and frames."""

    def __init__(self, assembly: Assembly, system: System) -> None:
        """Note where in the state each quantity stands."""
        self._assembly, self._system = assembly, system
        self._scales, layout = assembly.scales, assembly.layout
        self._layouts = {"positive": layout}
        if layout.negative is not None:
            self._layouts["negative"] = layout.negative
        offset = system.circuit_block.start
        self._at = {name: part.start - offset for name, part in system.where.items()}
        self._averages: dict[str, list[tuple[slice, Array]]] = {name: [] for name in self._layouts}
        for group, block in zip(assembly.groups, system.blocks, strict=True):
            share = self._layouts[group.electrode].weight[group.index]
            weights = np.outer(group.kernel.weights, share).ravel()
            self._averages[group.electrode].append((block, weights))
        #: numbers of the unknowns that are seen from outside, for :meth:`external_of`
        self.outside = np.array([system.where[name].start for name in _OUTSIDE])
        #: filling of an electrode per charge passed; a discharge empties the negative
        self._gain = {
            name: (1 if name == "positive" else -1) * assembly.scales.current / own.capacity
            for name, own in self._layouts.items()
        }

    @property
    def electrodes(self) -> tuple[str, ...]:
        """Those that hold particles."""
        return tuple(self._layouts)

    def gain(self, electrode: str) -> float:
        """Filling that an electrode gains by the charge of an hour at 1C."""
        return self._gain[electrode]

    def charge(self, state: Array) -> float:
        """Charge passed since the start of the run, in hours of the 1C current."""
        return float(state[self._system.where["charge"]][0])

    def filling(self, state: Array, electrode: str = "positive") -> float:
        """Mean filling of an electrode, weighted by capacity."""
        total = 0.0
        for block, weights in self._averages[electrode]:
            total += float(weights @ state[block])
        return total

    def external(self, t: float, state: Array, charge: float) -> External:
        """Seen from outside, ``t`` hours into a step that began at ``charge``; with surfaces."""
        seen = self.external_of_circuit(t, state[self._system.circuit_block], charge)
        return replace(seen, surface=self._surface(state))

    def _surface(self, state: Array) -> tuple[float, float]:
        """Least and largest filling at any place of the positive's reacting surfaces."""
        parts = [
            x[group.kernel.filling[group.kernel.surface > 0]]
            for group, x in self._groups(state, "positive")
        ]
        return min(float(c.min()) for c in parts), max(float(c.max()) for c in parts)

    def external_of_circuit(self, t: float, circuit: Array, charge: float) -> External:
        """The same from the circuit's part of the state alone, without surfaces."""
        return self.external_of(t, [float(circuit[self._at[name]]) for name in _OUTSIDE], charge)

    def external_of(self, t: float, outside: Sequence[float] | Array, charge: float) -> External:
        """The same from the unknowns ``outside`` alone."""
        voltage, current, passed = outside
        scales = self._scales
        return External(
            time=t * scales.time,
            voltage=voltage * scales.voltage,
            current=current * scales.current,
            passed=(passed - charge) * scales.current,
            filling=self.filling_after(passed, "positive"),
        )

    def within(self, done: Interpolant, charge: float) -> Callable[[float], External]:
        """What is seen from outside at a time within a time step; each is looked at once."""
        outside = done.among(self.outside)
        known: dict[float, External] = {}

        def seen(t: float) -> External:
            if t not in known:
                known[t] = self.external_of(t, outside(t), charge)
            return known[t]

        return seen

    def filling_after(self, passed: float, electrode: str) -> float:
        """Mean filling of an electrode after a charge [h at 1C], by what it was at the start."""
        return self._assembly.initial_filling[electrode] + self._gain[electrode] * passed

    def row(self, seconds: float, step: int, state: Array) -> Row:
        """A line of the time series; the filling is that of the particles, not of the charge."""
        scales = self._scales
        voltage, current, charge = state[self.outside].tolist()
        return Row(
            time=seconds,
            step=step,
            voltage=voltage * scales.voltage,
            current=current * scales.current,
            c_rate=current,
            capacity=charge * scales.current,
            positive_filling=self.filling(state),
            negative_filling=self.filling(state, "negative")
            if "negative" in self._layouts
            else None,
            temperature=self._value(state, "temperature", scales.temperature),
            heat=self._value(state, "released", scales.current * scales.voltage * scales.time),
        )

    def _value(self, state: Array, name: str, unit: float) -> float | None:
        """An unknown of the circuit in SI; None where there is none."""
        part = self._system.where.get(name)
        return None if part is None else float(state[part][0]) * unit

    def mean_fillings(self, state: Array, electrode: str = "positive") -> Array:
        """(n_p,) mean filling of each particle."""
        c = np.empty(self._layouts[electrode].size.size)
        for group, x in self._groups(state, electrode):
            c[group.index] = group.kernel.weights @ x
        return c

    def surface_fillings(self, state: Array, electrode: str = "positive") -> Array:
        """(n_p,) filling at the surface of each particle, mean over its reacting area."""
        c = np.empty(self._layouts[electrode].size.size)
        for group, x in self._groups(state, electrode):
            c[group.index] = group.kernel.surface @ x[group.kernel.filling]
        return c

    def frame(self, seconds: float, step: int, state: Array, fields: Collection[str]) -> Frame:
        """The fields; those not in ``fields`` may be empty."""
        negative = None
        if "negative" in self._layouts:
            negative = self._frame(seconds, step, state, fields, "negative")
        positive = self._frame(seconds, step, state, fields, "positive")
        return replace(positive, negative=negative)

    def _frame(
        self, seconds: float, step: int, state: Array, fields: Collection[str], electrode: str
    ) -> Frame:
        scales, layout = self._scales, self._layouts[electrode]
        profiles = []
        if "profiles" in fields or "samples" in fields:
            for group, x in self._groups(state, electrode):
                if group.kernel.positions.size:
                    profiles.append(x[group.kernel.filling])
        none, particles = np.empty(0), "particles" in fields
        return Frame(
            time=seconds,
            step=step,
            c=self.mean_fillings(state, electrode) if particles else none,
            c_surface=self.surface_fillings(state, electrode) if particles else none,
            profiles=tuple(profiles),
            c_e=self._spread(state, "c_e", layout.x.size) * scales.concentration,
            phi_e=self._spread(state, "phi_e", layout.x.size) * scales.voltage,
            phi_s=self._solid(state, electrode) * scales.voltage,
        )

    def condition(self, state: Array) -> str:
        """Mean filling and, where there is one, the range of the electrolyte."""
        texts = []
        for name in self._layouts:
            c = self.mean_fillings(state, name)
            of = "" if len(self._layouts) == 1 else f" of the {name}"
            mean = self.filling(state, name)
            texts.append(f"mean filling{of} {mean:.6g}, particles {c.min():.4g} to {c.max():.4g}")
        if "c_e" in self._system.where:
            c_e = state[self._system.where["c_e"]] * self._scales.concentration
            texts.append(f"electrolyte {c_e.min():.4g} to {c_e.max():.4g} mol/m^3")
        voltage = float(state[self._system.where["voltage"]][0]) * self._scales.voltage
        return ", ".join([*texts, f"{voltage:.4g} V"])

    def strayed(self, state: Array) -> str | None:
        """Where the electrolyte is beyond the concentrations its properties were measured at."""
        part = self._system.where.get("c_e")
        if part is None:
            return None
        c_e, (least, most) = state[part].tolist(), self._assembly.c_e_range
        low, high = min(c_e), max(c_e)  # quicker than NumPy's up to hundreds of cells
        if low >= least and high <= most:
            return None
        return (
            f"the electrolyte reached {low:.3g} to {high:.3g} mol/L, its properties"
            f" were measured from {least:g} to {most:g}"
        )

    def receiving(self, state: Array) -> str | None:
        """The electrode of particles that lithium enters; None at rest and of a foil."""
        current = float(state[self._system.where["current"]][0])
        filled = "positive" if current > 0 else "negative"
        return None if current == 0 or filled not in self._layouts else filled

    def exhausted(self, state: Array) -> bool:
        """Whether the electrode that lithium enters is full but for _LAST_DIGITS.

        Beyond, 1 - c is mostly rounding and so is the voltage, now and in a rest to come.
        """
        filled = self.receiving(state)
        if filled is None:
            return False
        return self.filling_after(self.charge(state), filled) > 1 - _LAST_DIGITS

    def saturated(self, state: Array) -> tuple[str, bool] | None:
        """The electrode whose particles are all full (True) or empty somewhere, if there is one.

        Full but for _SATURATED: one that is not could take the current, and then a solve that
        fails has another reason.
        """
        current = float(state[self._system.where["current"]][0])
        for name in self._layouts:
            taking = current if name == "positive" else -current
            fillings = [x[group.kernel.filling] for group, x in self._groups(state, name)]
            if taking > 0 and min(float(c.max(axis=0).min()) for c in fillings) > 1 - _SATURATED:
                return name, True
            if taking < 0 and max(float(c.min(axis=0).max()) for c in fillings) < _SATURATED:
                return name, False
        return None

    def saturation(self, state: Array) -> str | None:
        """The same in words."""
        found = self.saturated(state)
        if found is None:
            return None
        of = "" if len(self._layouts) == 1 else f" of the {found[0]}"
        return f"particles{of} {'full' if found[1] else 'empty'}"

    def last_place(self, state: Array, electrode: str, full: bool) -> int:
        """The unknown that fills (or empties) last: the fullest place of the emptiest particle."""
        found = []
        for group, block in zip(self._assembly.groups, self._system.blocks, strict=True):
            if group.electrode == electrode:
                shape = group.kernel.mass.size, group.index.size
                unknowns = np.arange(block.start, block.stop).reshape(shape)[group.kernel.filling]
                c = state[unknowns] if full else 1 - state[unknowns]
                particle = int(c.max(axis=0).argmin())
                place = int(c[:, particle].argmax())
                found.append((c[place, particle], int(unknowns[place, particle])))
        return min(found)[1]

    def _groups(self, state: Array, electrode: str) -> Iterator[tuple[Group, Array]]:
        for group, block in zip(self._assembly.groups, self._system.blocks, strict=True):
            if group.electrode == electrode:
                yield group, state[block].reshape(group.kernel.mass.size, group.index.size)

    def _spread(self, state: Array, name: str, count: int) -> Array:
        """Values at the electrolyte's cells; a constant electrolyte has one for all."""
        part = self._system.where.get(name)
        if part is None:
            return np.full(count, self._assembly.c_e if name == "c_e" else 0.0)
        values = state[part]
        return values if values.size == count else np.full(count, values[0])

    def _solid(self, state: Array, electrode: str) -> Array:
        """Potential of the solid in each volume of an electrode, against the negative's end."""
        where = self._system.where
        name = "phi_s" if electrode == "positive" else "phi_s_negative"
        if name in where:
            return state[where[name]]
        layout = self._layouts[electrode]
        volumes = _volumes(layout)
        if electrode == "negative":
            return np.zeros(volumes)
        drop = float(state[where["current"]][0]) * self._assembly.series_resistance
        return np.full(volumes, float(state[where["voltage"]][0]) + drop / self._scales.resistance)


def _volumes(layout: Layout) -> int:
    """Volumes of an electrode."""
    if layout.electrode in layout.sections:
        first, last = layout.sections[layout.electrode]
        return last - first
    return int(layout.volume.max()) + 1
