"""A protocol carried out with the derivatives of all it shows by parameters of the model."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.assemble import assemble
from electrode_model.simulation.courses import course
from electrode_model.simulation.cutoffs import CutOff, External, cut_offs, first_crossing, window
from electrode_model.simulation.reader import Reader
from electrode_model.simulation.saving import SaveTimes, expected
from electrode_model.solver.sensitivity import Neighbours, Sensitivities
from electrode_model.solver.start import Outcome, Statistics, consistent
from electrode_model.solver.stepper import Interpolant, Stepper
from electrode_model.solver.system import System

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Step

__all__ = ["Sensitive", "sensitive"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_AT_THE_END = 1e-9  # of a step's duration: an output time this near its end is its end
_PROBE = 1e-4  # change of an unknown by which the margins of cut-offs are differentiated


@dataclass(frozen=True)
class Sensitive:
    """Rows of a run; times count from the beginning of their step of the protocol."""

    step: np.ndarray  # (n,) int
    time: Array  # (n,) s
    voltage: Array  # (n,) V
    current: Array  # (n,) A/m^2, discharge positive
    capacity: Array  # (n,) A h/m^2 since the step began
    filling: Array  # (n,) mean of the positive electrode
    d_voltage: Array  # (n, n_p) V by each parameter, at a fixed time of the step
    d_capacity: Array  # (n, n_p) A h/m^2 by each parameter, likewise
    ends: Array  # (n_steps,) s, how long each step took
    d_ends: Array  # (n_steps, n_p)
    reasons: tuple[str, ...]  # (n_steps,)
    status: str  # "finished", "stopped" or "failed"
    message: str
    steps: int  # of the solver


def sensitive(
    config: "Config", neighbours: Sequence[tuple["Config", "Config", float]]
) -> Sensitive:
    """Run the protocol of ``config`` and differentiate what is seen from outside.

    ``neighbours`` are, for each parameter, the configuration with it increased, the one with it
    decreased, and by how much.  They must share the numbers of volumes, particles and grid points,
    ``nominal_capacity`` and temperature with ``config``.  Without neighbours it is a run that keeps
    no more than its rows.

    Raises ValueError where a neighbour has other unknowns or units, for cut-offs by surface
    filling, isolated rests, and particles that make no model.
    """
    run = _Run(config, neighbours)
    with np.errstate(all="ignore"):
        run()
    return run.result()


class _Run:
    def __init__(
        self, config: "Config", neighbours: Sequence[tuple["Config", "Config", float]]
    ) -> None:
        assembly = assemble(config)
        self.config, self.scales = config, assembly.scales
        self.system = System(assembly)
        self.reader = Reader(assembly, self.system)
        near = []
        for above, below, step in neighbours:
            pair = assemble(above), assemble(below)
            if any(other.scales != self.scales for other in pair):
                raise ValueError(
                    "a parameter changes 1C or the temperature, in which all is counted; give the"
                    " configuration a nominal_capacity"
                )
            near.append(Neighbours(System(pair[0]), System(pair[1]), step))
        self.sensitivities = Sensitivities(self.system, near)
        self.parameters = len(near)
        self.clock, self.steps = 0.0, 0
        self.deadline = time.monotonic() + config.solver.wall_time
        self.rows: list[tuple[float, ...]] = []
        self.slopes: list[Array] = []
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
            index += 1 + step.skip.get(ended.stop, 0)

    def _step(self, index: int, step: "Step") -> CutOff | None:
        """Carry out a step; None ends the run."""
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
        self.base = self.sensitivities.start[:, where["charge"]][:, 0].copy()
        start = self.reader.external(0.0, y, charge)
        natural = None
        if line.duration is not None:
            length = line.duration
            natural = CutOff(line.ends, lambda s: s.time - length)
        watched = cut_offs(step, start, self.scales, natural)
        passed = next((w for w in watched if w.margin(start) >= 0), None)
        if passed is not None:
            self._close(passed.name, 0.0, np.zeros(self.parameters))
            return passed
        solver = self.config.solver
        stepper = Stepper(
            system,
            statistics,
            rtol=solver.rtol,
            atol=solver.atol,
            max_order=solver.max_order,
            min_step=solver.min_step / self.scales.time,
            stop=piece.end,
            companion=self.sensitivities if self.parameters else None,
        )
        self._row(index, 0.0, stepper.state, self.sensitivities.differences[0], charge)
        every = self.config.output.every
        times = SaveTimes(expected(step, start, line.duration, self.scales), every)
        watched = [*watched, *window(self.config.voltage_window)]
        while True:
            done = stepper.step()
            if isinstance(done, Outcome):
                return self._fail(index, f"{done.value}; {stepper.worst()}")
            self.steps += 1
            seen = partial(self._seen, done, charge)
            end = first_crossing(watched, seen, done.start, done.end)
            for t in times.until(done.end if end is None else end[0] * (1 - _AT_THE_END)):
                self._row(index, t, done(t), self.sensitivities.at(t, done), charge)
            if end is not None:
                return self._stop(index, *end, done, charge)
            if times.last < done.end:  # where much happens steps are shorter than output times
                s = self.sensitivities.at(done.end, done)
                self._row(index, done.end, stepper.state, s, charge)
            if time.monotonic() > self.deadline:
                return self._fail(index, f"wall-clock limit of {solver.wall_time:g} s")
            if self.steps >= solver.max_steps:
                return self._fail(index, f"limit of {solver.max_steps} time steps")
            if stepper.arrived:
                piece = next(line.pieces)
                if not piece.kink:
                    stepper.stop = piece.end
                    continue
                system.setting = piece.setting
                outcome = stepper.turn(piece.end)
                if outcome is not None:
                    return self._fail(index, outcome.value)

    def _seen(self, done: Interpolant, charge: float, t: float) -> External:
        return self.reader.external_of_circuit(t, done(t, self.system.circuit_block), charge)

    def _stop(
        self, index: int, t: float, cut_off: CutOff, done: Interpolant, charge: float
    ) -> CutOff | None:
        """End a step at a root, whose time moves with the parameters."""
        state, s = done(t), self.sensitivities.at(t, done)
        self._row(index, t, state, s, charge)
        system = self.system
        system.y[:] = state
        system.at(t)
        outcome = consistent(system, Statistics())
        if outcome is not None:
            return self._fail(index, outcome.value)
        # of the equations, not of the polynomial, whose slopes are a thousand times less exact
        slope = self.sensitivities.course() if self.parameters else np.zeros(system.n)
        moved = self._moved(cut_off, t, state, slope, s, charge)
        # where the next step begins is later by that: the states move on along their course
        self.sensitivities.start = s + moved[:, None] * slope
        self._close(cut_off.name, t, moved)
        if not cut_off.planned:
            self.status, self.message = "stopped", f"step {index + 1}: {cut_off.name}"
            return None
        return cut_off

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
        return -np.array(own) / by_time

    def _row(self, index: int, t: float, state: Array, s: Array, charge: float) -> None:
        where, scales = self.system.where, self.scales
        seen = self.reader.external_of_circuit(t, state[self.system.circuit_block], charge)
        self.rows.append((index, seen.time, seen.voltage, seen.current, seen.passed, seen.filling))
        passed = s[:, where["charge"]][:, 0] - self.base
        slopes = [s[:, where["voltage"]][:, 0] * scales.voltage, passed * scales.current]
        self.slopes.append(np.array(slopes))

    def _close(self, reason: str, t: float, moved: Array) -> None:
        self.ends.append(t * self.scales.time)
        self.d_ends.append(moved * self.scales.time)
        self.reasons.append(reason)
        self.clock += t * self.scales.time

    def _fail(self, index: int, why: str) -> CutOff | None:
        """Note why the run ends; None, as a step says that has no end."""
        self.status, self.message = "failed", f"step {index + 1}: {why}"
        return None

    def result(self) -> Sensitive:
        table = np.array(self.rows).reshape(-1, 6)
        slopes = np.array(self.slopes).reshape(len(table), 2, self.parameters)
        return Sensitive(
            step=table[:, 0].astype(int),
            time=table[:, 1],
            voltage=table[:, 2],
            current=table[:, 3],
            capacity=table[:, 4],
            filling=table[:, 5],
            d_voltage=slopes[:, 0],
            d_capacity=slopes[:, 1],
            ends=np.array(self.ends),
            d_ends=np.array(self.d_ends).reshape(len(self.ends), self.parameters),
            reasons=tuple(self.reasons),
            status=self.status,
            message=self.message,
            steps=self.steps,
        )
