"""The protocol, carried out: steps, cut-offs, output, and what to say when it goes wrong."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.assemble import Assembly, isolated
from electrode_model.constants import HOUR
from electrode_model.results.records import Progress, StepReport
from electrode_model.results.result import Recorder
from electrode_model.simulation.cutoffs import CutOff, External, cut_offs, first_crossing, window
from electrode_model.simulation.reader import Reader
from electrode_model.solver.start import Outcome, Statistics, consistent
from electrode_model.solver.stepper import Interpolant, Stepper
from electrode_model.solver.system import System

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Step

__all__ = ["Run"]

_SAVED_PER_STEP = 200  # fields saved in a step of the protocol, about
_AT_THE_END = 1e-9  # of a step's duration: an output time this near its end is its end
_DRIVEN = ("current", "power")  # kinds of steps that push lithium until something ends them
_PROGRESS_EVERY = 0.1  # s on the clock
_STUCK_STEPS, _STUCK_ADVANCE = 1000, 1e-9  # so many steps for less than so many seconds


@dataclass
class _Present:
    """The step of the protocol that is being carried out."""

    index: int
    step: "Step"
    charge: float  # passed when it began, in units of the capacity
    statistics: Statistics = field(default_factory=Statistics)
    note: str | None = None  # what the user should know of it besides its end
    began: float = field(default_factory=time.perf_counter)  # s on the clock


class Run:
    """One run of a configuration's protocol on an assembled model.

    ``status`` and ``message`` say how it ended: "finished", "stopped" (an unplanned end, with
    all data valid) or "failed" (a solve failed; what was computed before stays).
    """

    def __init__(
        self,
        assembly: Assembly,
        config: "Config",
        recorder: Recorder,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        """Prepare; nothing is solved before :meth:`__call__`."""
        self._assembly = assembly
        self.system = System(assembly)
        self._connected = self.system
        self.reader = Reader(assembly, self.system)
        self._config, self._recorder = config, recorder
        self._scales = assembly.scales
        self._tell, self._told = progress, 0.0
        self._clock = 0.0  # s, simulated, at the start of the present step
        self._deadline = time.monotonic() + config.solver.wall_time
        self._steps_left = config.solver.max_steps
        self.status, self.message = "finished", ""

    def __call__(self) -> None:
        """Carry out the protocol; values out of a law's domain are the solver's to handle."""
        with np.errstate(all="ignore"):
            for index, step in enumerate(self._config.protocol):
                self._now = _Present(index, step, self.reader.charge(self.system.y))
                if not self._begin():
                    return

    def _begin(self) -> bool:
        """Switch the control, solve for the start, go on from there; False ends the run."""
        step = self._now.step
        self._connect(step)
        self._set_control(step)
        outcome = consistent(self.system, self._now.statistics)
        if outcome is not None:
            self._fail(outcome, self._explain_start(outcome), 0.0)
            return False
        start = self.reader.external(0.0, self.system.y, self._now.charge)
        watched = cut_offs(step, start, self._scales)
        self._save(0.0, self.system.y, frame=True)
        passed = next((w for w in watched if w.margin(start) >= 0), None)
        if passed is not None:
            # A hold that has nothing to do is as planned; a current that never flows is not.
            text = f"{passed.name} was already passed at the start ({start.voltage:.4g} V)"
            planned = step.kind not in _DRIVEN
            self._report(f"{passed.name} already passed", planned, text, 0.0)
            return True
        return self._integrate(start, [*watched, *window(self._config.voltage_window)])

    def _connect(self, step: "Step") -> None:
        """Particles of an isolated rest have a system of their own, with the same unknowns."""
        state = self.system.y
        if step.isolated:
            self.system = System(isolated(self._assembly, state[self.system.circuit_block]))
        else:
            self.system = self._connected
        if self.system.y is not state:
            self.system.y[:] = state

    def _set_control(self, step: "Step") -> None:
        """Current or voltage control is data of the same equations."""
        control = self.system.control
        if step.kind == "voltage" and step.voltage is not None:
            control[:] = (0.0, 1.0, step.voltage / self._scales.voltage)
        elif step.power is not None:
            power = step.power / (self._scales.voltage * self._scales.current)
            control[:] = (0.0, 0.0, power)
            # the search for the start begins on the branch of high voltage and low current
            where, y = self.system.where, self.system.y
            y[where["current"]] = power / y[where["voltage"]]
        elif step.current is not None:
            unit = 1.0 if step.current.unit == "C-rate" else 1 / self._scales.current
            control[:] = (1.0, 0.0, step.current.value * unit)
        else:
            control[:] = (1.0, 0.0, 0.0)

    def _integrate(self, start: External, watched: list[CutOff]) -> bool:
        solver, statistics = self._config.solver, self._now.statistics
        stepper = Stepper(
            self.system,
            statistics,
            rtol=solver.rtol,
            atol=solver.atol,
            max_order=solver.max_order,
            min_step=solver.min_step / self._scales.time,
        )
        times = _SaveTimes(self._expected(start), self._config.output.every)
        behind = (0, 0.0)  # steps and time at the last check of progress
        while True:
            done = stepper.step()
            if isinstance(done, Outcome):
                return self._give_up(done, stepper)
            self._steps_left -= 1
            end = first_crossing(watched, partial(self._within, done), done.start, done.end)
            # the end itself is saved by _stop: not twice where an output time falls on it
            for t in times.until(done.end if end is None else end[0] * (1 - _AT_THE_END)):
                self._save(t, done(t), frame=True)
                if time.monotonic() > self._deadline:
                    break  # output times may be very many; the limit is reported below
            if end is not None:
                return self._stop(*end, done)
            if times.last < done.end:
                self._save(done.end, stepper.state, frame=False)
            self._now.note = self.reader.strayed(stepper.state) or self._now.note
            self._progress(start, done)
            if self._now.step.kind in _DRIVEN and self.reader.exhausted(stepper.state):
                return self._saturated("particles full", stepper)
            limit = self._limit(stepper, behind)
            if limit is not None:
                self._fail(*limit, stepper.t)
                return False
            if statistics.steps - behind[0] >= _STUCK_STEPS:
                behind = (statistics.steps, stepper.t)

    def _stop(self, t: float, cut_off: CutOff, done: Interpolant) -> bool:
        """End a step at the root of a cut-off."""
        state = done(t)
        self.system.y[:] = state
        self._save(t, state, frame=True)
        text = f"{cut_off.name} reached after {t * self._scales.time:.6g} s"
        if not cut_off.planned:
            filling = self.reader.filling(state)
            text = (
                f"{cut_off.name}: ended after {t * self._scales.time:.6g} s, at a mean filling of"
                f" {filling:.6g}, before any cut-off of the step; give it a cut-off that the"
                " cell can reach, or widen voltage_window"
            )
            self.status, self.message = "stopped", f"step {self._now.index + 1}: {text}"
        self._report(cut_off.name, cut_off.planned, text, t)
        return cut_off.planned

    def _limit(self, stepper: Stepper, behind: tuple[int, float]) -> tuple[Outcome, str] | None:
        """Limits of patience."""
        solver = self._config.solver
        if time.monotonic() > self._deadline:
            return Outcome.WALL_TIME, f"after {solver.wall_time:g} s; raise solver.wall_time"
        if self._steps_left <= 0:
            text = f"after {solver.max_steps} time steps; raise solver.max_steps"
            return Outcome.STEP_LIMIT, text
        if self._now.statistics.steps - behind[0] >= _STUCK_STEPS:
            advance = (stepper.t - behind[1]) * self._scales.time
            if advance < _STUCK_ADVANCE:
                text = f"{_STUCK_STEPS} steps advanced only {advance:.3g} s"
                return Outcome.NO_PROGRESS, f"{text}; {stepper.worst()}"
        return None

    def _expected(self, start: External) -> float:
        """Hours that the step may take, as far as one can tell."""
        step = self._now.step
        most = np.inf if step.until.time is None else step.until.time / self._scales.time
        if step.kind in _DRIVEN:
            return float(min(most, self._scales.current / abs(start.current)))
        return 1.0 if most == np.inf else float(most)

    def _within(self, done: Interpolant, t: float) -> External:
        if self._now.step.until.surface_filling is not None:
            return self.reader.external(t, done(t), self._now.charge)
        circuit = done(t, self.system.circuit_block)
        return self.reader.external_of_circuit(t, circuit, self._now.charge)

    def _save(self, t: float, state: Any, *, frame: bool) -> None:
        seconds = self._clock + t * self._scales.time
        self._recorder.row(self.reader.row(seconds, self._now.index, state))
        if frame:
            fields = self._config.output.fields
            self._recorder.frame(self.reader.frame(seconds, self._now.index, state, fields))

    def _progress(self, start: External, done: Interpolant) -> None:
        now = time.monotonic()
        if self._tell is None or now - self._told < _PROGRESS_EVERY:
            return
        self._told = now
        state = self._within(done, done.end)
        self._tell(
            Progress(
                time=self._clock + state.time,
                step=self._now.index,
                n_steps=len(self._config.protocol),
                label=self._now.step.label,
                voltage=state.voltage,
                fraction=_fraction(self._now.step, start, state),
            )
        )

    def _report(self, reason: str, planned: bool, message: str, t: float) -> None:
        """Close the present step ``t`` hours after its beginning."""
        now, end = self._now, self._clock + t * self._scales.time
        if now.note is not None:
            message = f"{message}; note: {now.note}"
            self.message = self.message or f"note on step {now.index + 1}: {now.note}"
        numbers = now.statistics.as_dict() | {"solve_seconds": time.perf_counter() - now.began}
        self._recorder.step_done(
            StepReport(
                index=now.index,
                label=now.step.label,
                reason=reason,
                planned=planned,
                message=message,
                start=self._clock,
                end=end,
                statistics=numbers,
            )
        )
        self._clock = end

    def _fail(self, outcome: Outcome, why: str, t: float) -> None:
        """End the run with what is known about the reason."""
        at, now = self._clock + t * self._scales.time, self._now
        place = f"at {at:.6g} s in step {now.index + 1} ({now.step.label})"
        text = f"{outcome.value} {place}: {why}"
        self.status, self.message = "failed", text
        self._report(outcome.value, False, text, t)

    def _explain_start(self, outcome: Outcome) -> str:
        system = self.system
        where = system.worst_equation(system.residual)
        if outcome is not Outcome.NOT_FINITE:
            voltage = self.reader.external(0.0, system.y, self._now.charge).voltage
            return f"Newton ended at {voltage:.4g} V; worst: {where}"
        cause = f"{where} is not finite"
        if where == "foil kinetics":
            cause = "the current asks for more salt at the foil than there is; lower the current"
        return f"no state of the cell carries this step at its start: {cause}"

    def _give_up(self, outcome: Outcome, stepper: Stepper) -> bool:
        """A time step that cannot be made: because surfaces are full or empty, or a failure."""
        end = self.reader.saturation(stepper.state)
        if end is not None:
            return self._saturated(end, stepper)
        text = f"step of {stepper.h * self._scales.time:.3g} s; {stepper.worst()}"
        self._fail(outcome, f"{text}; {self.reader.condition(stepper.state)}", stepper.t)
        return False

    def _saturated(self, end: str, stepper: Stepper) -> bool:
        """The particles take or give no more.  False ends the run.

        Where the step has a voltage cut-off, that counts as reaching it: from here the voltage
        falls by volts within a charge that no double resolves.
        """
        step, state = self._now.step, stepper.state
        at = self._clock + stepper.t * self._scales.time
        text = f"{end} at {at:.6g} s; {self.reader.condition(state)}"
        if step.kind in _DRIVEN and step.until.voltage is not None:
            self.system.y[:] = state
            self._save(stepper.t, state, frame=True)
            self._report(f"voltage {step.until.voltage:g} V, {end}", True, text, stepper.t)
            return True
        text += ", before any cut-off of the step; give it a voltage cut-off"
        self.status, self.message = "stopped", f"step {self._now.index + 1}: {text}"
        self._report(end, False, text, stepper.t)
        return False


class _SaveTimes:
    """Output times [h], evenly spaced.

    Without a given spacing they thin out as a step goes on, so that a rest of unknown length
    does not fill a disk.
    """

    def __init__(self, expected: float, every: float | None) -> None:
        self._fixed = every is not None
        self._spacing = expected / _SAVED_PER_STEP if every is None else every / HOUR
        self._count, self.last, self._base = 0, 0.0, 0.0

    def until(self, end: float) -> Iterator[float]:
        """Those up to and including ``end`` that have not been given yet."""
        while (t := self._base + (self._count + 1) * self._spacing) <= end * (1 + 1e-12):
            self._count, self.last = self._count + 1, t
            if not self._fixed and self._count == 2 * _SAVED_PER_STEP:
                self._base, self._count, self._spacing = t, 0, 2 * self._spacing
            yield t


def _fraction(step: "Step", start: External, state: External) -> float:
    """How far a step is, as far as its stops tell; the largest counts."""
    until, parts = step.until, []
    if until.time is not None:
        parts.append(state.time / until.time)
    if until.capacity is not None:
        parts.append(abs(state.passed) / until.capacity)
    if until.filling is not None and until.filling != start.filling:
        parts.append((state.filling - start.filling) / (until.filling - start.filling))
    if not parts and step.kind in _DRIVEN:
        room = 1 - start.filling if start.current > 0 else start.filling
        parts.append(abs(state.filling - start.filling) / room)
    return float(np.clip(max(parts), 0.0, 1.0)) if parts else float("nan")
