"""A protocol carried out with the derivatives of all it shows by parameters of the model."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.assemble import assemble
from electrode_model.simulation.courses import course
from electrode_model.simulation.cutoffs import CutOff, External, cut_offs, first_crossing, window
from electrode_model.simulation.reader import Reader
from electrode_model.simulation.rows import Edge, Sensitive
from electrode_model.simulation.saving import DRIVEN, SaveTimes, expected
from electrode_model.solver.sensitivity import Neighbour, Sensitivities
from electrode_model.solver.start import Outcome, Statistics, consistent
from electrode_model.solver.stepper import Interpolant, Stepper
from electrode_model.solver.system import System

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Step

__all__ = ["Sensitive", "sensitive"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_AT_THE_END = 1e-9  # of a step's duration: an output time this near its end is its end
_PROBE = 1e-4  # change of an unknown by which the margins of cut-offs are differentiated
#: Of a filling: nearer to 0 or 1 the voltage falls by a kT with ever less charge, and what a
#: parameter does at a fixed time is that it moves the end of the charge, beyond all bounds.
_EDGE = 1e-6


def sensitive(config: "Config", neighbours: Sequence[tuple["Config", float]]) -> Sensitive:
    """Run the protocol of ``config`` and differentiate what is seen from outside.

    ``neighbours`` are, for each parameter, the configuration with it changed, and by how much,
    which may be negative.  They must share the numbers of volumes, particles and grid points,
    ``nominal_capacity`` and temperature with ``config``.  Without neighbours it is a run that keeps
    no more than its rows.  The last millionth of an electrode's filling is its edge: derivatives
    there are 0, meant at a fixed share of the charge, and a step that ends there ends at a charge.
    Where the particles are full before a cut-off the last row has the voltage of the cut-off.

    Raises ValueError where a neighbour has other unknowns or units, for cut-offs by surface
    filling, isolated rests, and particles that make no model.
    """
    run = _Run(config, neighbours)
    with np.errstate(all="ignore"):
        run()
    return run.result()


class _Run:
    def __init__(self, config: "Config", neighbours: Sequence[tuple["Config", float]]) -> None:
        assembly = assemble(config)
        self.config, self.assembly, self.scales = config, assembly, assembly.scales
        self.system = System(assembly)
        self.reader = Reader(assembly, self.system)
        self.places = {name: part.start for name, part in self.system.where.items()}
        near = []
        #: of the neighbours, which see another filling in the same charge
        self.readers: list[Reader] = []
        for changed, step in neighbours:
            other = assemble(changed)
            if other.scales != self.scales:
                raise ValueError(
                    "a parameter changes 1C or the temperature, in which all is counted; give the"
                    " configuration a nominal_capacity"
                )
            near.append(Neighbour(System(other, derivatives=False), step))
            self.readers.append(Reader(other, near[-1].system))
        self.near = near
        self.sensitivities = Sensitivities(self.system, near)
        self.parameters = len(near)
        self.clock, self.steps = 0.0, 0
        self.deadline = time.monotonic() + config.solver.wall_time
        self.rows: list[tuple[float, ...]] = []
        self.slopes: list[Array] = []
        self.courses: list[float] = []  # V/s
        self.ends: list[float] = []
        self.d_ends: list[Array] = []
        self.reasons: list[str] = []
        self.status, self.message = "finished", ""

    def __call__(self) -> None:
        index, protocol = 0, self.config.protocol
        while index < len(protocol):
            step = protocol[index]
            if step.isolated or step.until.surface_filling is not None:
                raise ValueError(
                    "isolated rests and cut-offs by surface filling have no sensitivities here"
                )
            ended = self._step(index, step)
            if ended is None:
                return
            index += 1 + step.skip.get(ended, 0)

    def _step(self, index: int, step: "Step") -> str | None:
        """Carry out a step; its stop, or None, which ends the run."""
        system, y, where = self.system, self.system.y, self.system.where
        left = {name: float(y[where[name]][0]) for name in ("current", "voltage")}
        left["power"] = left["current"] * left["voltage"]
        line = course(step, self.scales, lambda: left[step.controlled])
        piece = next(line.pieces)
        shares = {"current": (1.0, 0.0), "voltage": (0.0, 1.0), "power": (0.0, 0.0)}
        system.setting = piece.setting
        system.control[:] = (*shares[step.controlled], piece.setting(0.0))
        system.clock = self.clock / self.scales.time
        system.at(0.0)
        statistics = Statistics()
        outcome = consistent(system, statistics)
        if outcome is not None:
            return self._fail(index, outcome.value)
        charge = self.reader.charge(y)
        self.base = self.sensitivities.start[:, self.places["charge"]].copy()
        start = self.reader.external(0.0, y, charge)
        natural = None
        if line.duration is not None:
            length = line.duration
            natural = CutOff(line.ends, lambda s: s.time - length)
        watched = cut_offs(step, start, self.scales, natural)
        passed = next((w for w in watched if w.margin(start) >= 0), None)
        if passed is not None:
            self._close(passed.name, 0.0, np.zeros(self.parameters))
            return passed.stop
        self.edge = self._edge_of(y, np.zeros(system.n), inward=False)
        solver = self.config.solver
        stepper = Stepper(
            system,
            statistics,
            rtol=solver.rtol,
            atol=solver.atol,
            max_order=solver.max_order,
            min_step=solver.min_step / self.scales.time,
            stop=piece.end,
            companion=self.sensitivities if self.parameters and self.edge is None else None,
        )
        first = self.sensitivities.start if self.edge else self.sensitivities.differences[0]
        self._row(index, start, first)
        beginning = len(self.rows) - 1
        every = self.config.output.every
        times = SaveTimes(expected(step, start, line.duration, self.scales), every)
        watched = [*watched, *window(self.config.voltage_window)]
        done: Interpolant | None = None
        last: External | None = start
        while True:
            before = self.sensitivities.start
            made = stepper.step()
            if isinstance(made, Outcome):
                full = self.reader.saturated(stepper.state)
                if full is None or done is None:
                    return self._fail(index, f"{made.value}; {stepper.worst()}")
                return self._saturated(index, step, full, stepper, done)
            done = made
            self.steps += 1
            if self.edge is None and step.kind in DRIVEN:
                slope = (stepper.state - done(done.start)) / (done.end - done.start)
                self.edge = self._edge_of(stepper.state, slope, inward=True)
                if self.edge is not None:
                    self.sensitivities.start = before
                    stepper.companion = None
            if beginning >= 0:
                self.courses[beginning] = self._course(done, 0.0)
                beginning = -1
            seen = self.reader.within(done, charge)
            end = first_crossing(watched, seen, done.start, done.end, last)
            for t in times.until(done.end if end is None else end[0] * (1 - _AT_THE_END)):
                self._row(index, seen(t), self._slopes(t, done), self._course(done, t))
            if end is not None:
                return self._stop(index, *end, done, charge)
            last = seen(done.end)
            if times.last < done.end:  # where much happens steps are shorter than output times
                self._row(index, last, self.sensitivities.start, self._course(done, done.end))
            if step.kind in DRIVEN and self.reader.exhausted(stepper.state):
                filled = self.reader.receiving(stepper.state) or "positive"
                return self._saturated(index, step, (filled, True), stepper, done)
            if self.edge is not None and not self.edge.inward and step.kind in DRIVEN:
                self.edge = self._edge_of(stepper.state, np.zeros(system.n), inward=False)
                if self.edge is None and self.parameters:  # it has left: they begin afresh
                    stepper.companion = self.sensitivities
                    outcome = stepper.turn(piece.end)
                    if outcome is not None:
                        return self._fail(index, outcome.value)
            if time.monotonic() > self.deadline:
                return self._fail(index, f"wall-clock limit of {solver.wall_time:g} s")
            if self.steps >= solver.max_steps:
                return self._fail(index, f"limit of {solver.max_steps} time steps")
            if stepper.arrived:
                last = None
                piece = next(line.pieces)
                if not piece.kink:
                    stepper.stop = piece.end
                    continue
                system.setting = piece.setting
                outcome = stepper.turn(piece.end)
                if outcome is not None:
                    return self._fail(index, outcome.value)

    def _slopes(self, t: float, done: Interpolant) -> Array:
        along = self.sensitivities
        return along.start if self.edge is not None else along.at(t, done)

    def _course(self, done: Interpolant, t: float) -> float:
        """Slope of the voltage [V/s]."""
        return done.course(self.places["voltage"], t) * self.scales.voltage / self.scales.time

    def _stop(
        self, index: int, t: float, cut_off: CutOff, done: Interpolant, charge: float
    ) -> str | None:
        """End a step at a root, whose time moves with the parameters."""
        state, s = done(t), self._slopes(t, done)
        self._row(index, self.reader.within(done, charge)(t), s, self._course(done, t))
        system = self.system
        system.y[:] = state
        system.at(t)
        outcome = consistent(system, Statistics())
        if outcome is not None:
            return self._fail(index, outcome.value)
        if self.edge is not None:
            moved = self._at_edge(self.edge)
        else:
            # of the equations, not of the polynomial, whose slopes are a thousand times less exact
            slope = self.sensitivities.course() if self.parameters else np.zeros(system.n)
            moved = self._moved(cut_off, t, state, slope, s, charge)
            # where the next step begins is later by that: the states move on along their course
            self.sensitivities.start = s + moved[:, None] * slope
        self._close(cut_off.name, t, moved)
        if not cut_off.planned:
            self.status, self.message = "stopped", f"step {index + 1}: {cut_off.name}"
            return None
        return cut_off.stop

    def _edge_of(self, state: Array, slope: Array, inward: bool) -> Edge | None:
        """The electrode that is nearly full or empty, with ``inward`` only one that becomes so."""
        charge = self.reader.charge(state)
        current = float(state[self.system.where["current"]][0])
        for electrode in self.reader.electrodes:
            filled = self.reader.filling_after(charge, electrode)
            rate = self.reader.gain(electrode) * current
            full, empty = filled > 1 - _EDGE, filled < _EDGE
            if (full and rate > 0) or (empty and rate < 0) or ((full or empty) and not inward):
                towards = rate > 0 if full else rate < 0
                return Edge(electrode, rate, slope, state.copy(), towards)
        return None

    def _at_edge(self, edge: Edge) -> Array:
        """(n_p,) h by which the end moves with each parameter: it is where the charge is passed.

        What is full or empty stays so, whatever the parameters.
        """
        s, reader, electrode = self.sensitivities.start, self.reader, edge.electrode
        if not edge.inward:
            return np.zeros(self.parameters)
        own = reader.gain(electrode) * s[:, self.places["charge"]]
        numbers = self._by_neighbours(lambda r: r.filling_after(r.charge(edge.state), electrode))
        moved: Array = -(own + numbers) / edge.rate
        start = s + moved[:, None] * edge.slope
        for group, block in zip(self.assembly.groups, self.system.blocks, strict=True):
            if group.electrode == electrode:
                start[:, block] = 0.0
        self.sensitivities.start = start
        return moved

    def _saturated(
        self, index: int, step: "Step", full: tuple[str, bool], stepper: Stepper, done: Interpolant
    ) -> str | None:
        """End a step whose particles take or give no more, as :class:`~.run.Run` does.

        Where only surfaces are full, the last place is so at the time at which the others are too.
        """
        state, s = stepper.state.copy(), self.sensitivities.start
        falling = float(state[self.system.where["current"]][0]) > 0
        stops = ("voltage", "voltage_below" if falling else "voltage_above")
        reached = next((name for name in stops if name in step.until.given), None)
        text = f"particles {'full' if full[1] else 'empty'}"
        if step.kind not in DRIVEN or reached is None:
            self.status, self.message = "stopped", f"step {index + 1}: {text}"
            return None
        if self.edge is not None:
            moved = self._at_edge(self.edge)
        else:
            slope = (state - done(done.start)) / (done.end - done.start)
            place = self.reader.last_place(state, *full)
            moved = -s[:, place] / slope[place] if slope[place] else np.zeros(self.parameters)
            self.sensitivities.start = s + moved[:, None] * slope
        self.system.y[:] = state
        volts = step.until.given[reached]
        last = self.rows[-1]
        self.rows[-1] = (*last[:2], volts, *last[3:])
        self._close(f"voltage {volts:g} V, {text}", stepper.t, moved)
        return reached

    def _by_neighbours(self, seen: Callable[[Reader], float]) -> Array:
        """(n_p,) derivative of what a reader sees in one state, by the numbers it reads with."""
        own, pairs = seen(self.reader), zip(self.readers, self.near, strict=True)
        found = [(seen(reader) - own) / near.step for reader, near in pairs]
        return np.array(found).reshape(self.parameters)

    def _moved(
        self, cut_off: CutOff, t: float, state: Array, slope: Array, s: Array, charge: float
    ) -> Array:
        """(n_p,) h by which the root moves with each parameter."""

        def change(along: Array, passed: float, hours: float) -> float:
            """Of the margin along a direction in the circuit's unknowns, charge and time."""
            block = self.system.circuit_block
            size = _PROBE / max(float(np.abs(along[block]).max()), abs(passed), 1e-300)
            ends = []
            for sign in (size, -size):
                circuit = state[block] + sign * along[block]
                seen = self.reader.external_of_circuit(
                    t + sign * hours, circuit, charge + sign * passed
                )
                ends.append(cut_off.margin(seen))
            return (ends[0] - ends[1]) / (2 * size)

        by_time = change(slope, 0.0, 1.0) if self.parameters else 0.0
        if by_time == 0:
            return np.zeros(self.parameters)
        own = [change(s[k], self.base[k], 0.0) for k in range(self.parameters)]
        circuit = state[self.system.circuit_block]
        numbers = self._by_neighbours(
            lambda reader: cut_off.margin(reader.external_of_circuit(t, circuit, charge))
        )
        return -(np.array(own) + numbers) / by_time

    def _row(self, index: int, seen: External, s: Array, course: float = np.nan) -> None:
        edge, places, scales = self.edge is not None, self.places, self.scales
        self.rows.append(
            (index, seen.time, seen.voltage, seen.current, seen.passed, seen.filling, edge)
        )
        self.courses.append(course)
        volts = s[:, places["voltage"]] * (0.0 if edge else scales.voltage)
        passed = (s[:, places["charge"]] - self.base) * scales.current
        self.slopes.append(np.array([volts, passed]))

    def _close(self, reason: str, t: float, moved: Array) -> None:
        self.ends.append(t * self.scales.time)
        self.d_ends.append(moved * self.scales.time)
        self.reasons.append(reason)
        self.clock += t * self.scales.time

    def _fail(self, index: int, why: str) -> str | None:
        """Note why the run ends; None, as a step says that has no end."""
        self.status, self.message = "failed", f"step {index + 1}: {why}"
        return None

    def result(self) -> Sensitive:
        table = np.array(self.rows).reshape(-1, 7)
        slopes = np.array(self.slopes).reshape(len(table), 2, self.parameters)
        return Sensitive(
            step=table[:, 0].astype(int),
            time=table[:, 1],
            voltage=table[:, 2],
            slope=np.array(self.courses),
            current=table[:, 3],
            capacity=table[:, 4],
            filling=table[:, 5],
            d_voltage=slopes[:, 0],
            d_capacity=slopes[:, 1],
            ends=np.array(self.ends),
            d_ends=np.array(self.d_ends).reshape(len(self.ends), self.parameters),
            reasons=tuple(self.reasons),
            edge=table[:, 6] > 0,
            status=self.status,
            message=self.message,
            steps=self.steps,
        )
