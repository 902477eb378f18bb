"""The protocol, carried out: steps, cut-offs, output, and what to say when it goes wrong."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.assemble import Assembly, isolated
from electrode_model.results.records import FinalState, Progress, StepReport
from electrode_model.results.result import Recorder
from electrode_model.simulation.courses import Course, Piece, course
from electrode_model.simulation.cutoffs import CutOff, External, cut_offs, first_crossing, window
from electrode_model.simulation.reader import Reader
from electrode_model.simulation.saving import DRIVEN, SaveTimes, expected, fraction
from electrode_model.simulation.states import taken_over, units, unknowns
from electrode_model.solver.start import Outcome, Statistics, consistent
from electrode_model.solver.stepper import Interpolant, Stepper
from electrode_model.solver.system import System

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Step

__all__ = ["Run"]

_AT_THE_END = 1e-9  # of a step's duration: an output time this near its end is its end
_PROGRESS_EVERY = 0.1  # s on the clock
_NO_JUMP = 1e-12  # in units of the inside: rounding
_STUCK_STEPS, _STUCK_ADVANCE = 1000, 1e-9  # so many steps for less than so many seconds


@dataclass
class _Present:
    """The step of the protocol that is being carried out."""

    index: int
    step: "Step"
    charge: float  # passed when it began, in units of the capacity
    course: Course  # of the set point
    piece: Piece  # of the course, the present one
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
        progress: Callable[[Progress], None] | None = None,
        state: FinalState | None = None,
    ) -> None:
        """Prepare; nothing is solved before :meth:`__call__`.

        A ``state`` of another run is gone on from; its clock and its charge go on.  Raises
        :class:`~electrode_model.simulation.states.Mismatch` if it is that of another model.
        """
        self.system = System(assembly)
        if state is not None:
            assembly = taken_over(state, assembly, self.system)
        self._assembly = assembly
        self._connected = self.system
        self.reader = Reader(assembly, self.system)
        self._config = config
        self._scales = assembly.scales
        self._tell, self._told = progress, 0.0
        #: s, simulated, at the start of the present step
        self._clock = 0.0 if state is None else state.time
        self._deadline = time.monotonic() + config.solver.wall_time
        self._steps_left = config.solver.max_steps
        self._solved = state is not None  # or is the state a first guess?
        self._ended = ""  # the stop that ended the last step
        self._stepper: Stepper | None = None  # of the step that is going on
        self.status, self.message = "finished", ""

    def __call__(self, recorder: Recorder) -> None:
        """Carry out the protocol; values out of a law's domain are the solver's to handle."""
        self._recorder = recorder
        index, protocol = 0, self._config.protocol
        with np.errstate(all="ignore"):
            while index < len(protocol):
                step = protocol[index]
                self._connect(step)
                line = course(step, self._scales, partial(self._left, step.controlled))
                charge = self.reader.charge(self.system.y)
                self._now = _Present(index, step, charge, line, next(line.pieces))
                self._ended = ""
                if not self._begin():
                    return
                index += 1 + step.skip.get(self._ended, 0)

    @property
    def compiled(self) -> bool:
        """Whether the solver's inner loops are the compiled ones, or NumPy's."""
        return self._connected.core is not None

    def final_state(self) -> FinalState:
        """The last state that was reached, also within a step that failed or was interrupted."""
        seconds, values = self._clock, self.system.y
        if self._stepper is not None:
            seconds += self._stepper.t * self._scales.time
            values = self._stepper.state
        about = unknowns(self._assembly, self.system), units(self._scales)
        return FinalState(seconds, np.array(values), *about)

    def _left(self, controlled: str) -> float:
        """What a step controls as the last one left it, or before the first one as at rest."""
        y, where = self.system.y, self.system.where
        if not self._solved:
            self.system.setting = None
            self.system.control[:] = (1.0, 0.0, 0.0)
            consistent(self.system, Statistics())  # where it fails the step itself will say so
        current, voltage = float(y[where["current"]][0]), float(y[where["voltage"]][0])
        return {"current": current, "voltage": voltage, "power": current * voltage}[controlled]

    def _begin(self) -> bool:
        """Switch the control, solve for the start, go on from there; False ends the run."""
        step = self._now.step
        self._set_control(step)
        self.system.clock = self._clock / self._scales.time
        self.system.at(0.0)
        outcome = consistent(self.system, self._now.statistics)
        if outcome is not None:
            self._fail(outcome, self._explain_start(outcome), 0.0)
            return False
        self._solved = True
        start = self.reader.external(0.0, self.system.y, self._now.charge)
        watched = cut_offs(step, start, self._scales, self._natural())
        self._save(0.0, self.system.y, frame=True)
        passed = next((w for w in watched if w.margin(start) >= 0), None)
        if passed is not None:
            # A hold that has nothing to do is as planned; a current that never flows is not.
            text = f"{passed.name} was already passed at the start ({start.voltage:.4g} V)"
            planned = step.kind not in DRIVEN
            self._ended = passed.stop
            self._report(f"{passed.name} already passed", planned, text, 0.0)
            return True
        return self._integrate(start, [*watched, *window(self._config.voltage_window)])

    def _natural(self) -> CutOff | None:
        """The end of a sweep or a drive cycle."""
        line = self._now.course
        if line.duration is None:
            return None
        length = line.duration
        return CutOff(line.ends, lambda s: s.time - length)

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
        """Current, voltage or power control is data of the same equations."""
        system, setting = self.system, self._now.piece.setting
        system.setting = setting
        shares = {"current": (1.0, 0.0), "voltage": (0.0, 1.0), "power": (0.0, 0.0)}
        system.control[:] = (*shares[step.controlled], setting(0.0))
        if step.controlled == "power":
            # the search for the start begins on the branch of high voltage and low current
            where, y = system.where, system.y
            y[where["current"]] = setting(0.0) / y[where["voltage"]]

    def _integrate(self, start: External, watched: list[CutOff]) -> bool:
        solver, now, every = self._config.solver, self._now, self._config.output.every
        self._stepper = stepper = Stepper(
            self.system,
            now.statistics,
            rtol=solver.rtol,
            atol=solver.atol,
            max_order=solver.max_order,
            min_step=solver.min_step / self._scales.time,
            stop=now.piece.end,
        )
        times = SaveTimes(expected(now.step, start, now.course.duration, self._scales), every)
        behind = (0, 0.0)  # steps and time at the last check of progress
        last: External | None = None  # seen at the end of the last time step
        while True:
            done = stepper.step()
            if isinstance(done, Outcome):
                return self._give_up(done, stepper)
            self._steps_left -= 1
            seen = self._seen(done)
            end = first_crossing(watched, seen, done.start, done.end, last)
            # the end itself is saved by _stop: not twice where an output time falls on it
            for t in times.until(done.end if end is None else end[0] * (1 - _AT_THE_END)):
                self._save(t, done(t), frame=True)
                if time.monotonic() > self._deadline:
                    break  # output times may be very many; the limit is reported below
            if end is not None:
                return self._stop(*end, done(end[0]))
            last = seen(done.end)
            if times.last < done.end:
                self._save(done.end, stepper.state, frame=False)
            now.note = self.reader.strayed(stepper.state) or now.note
            self._progress(start, last)
            if now.step.kind in DRIVEN and self.reader.exhausted(stepper.state):
                return self._saturated("particles full", stepper)
            limit = self._limit(stepper, behind)
            if limit is not None:
                self._fail(*limit, stepper.t)
                return False
            if now.statistics.steps - behind[0] >= _STUCK_STEPS:
                behind = (now.statistics.steps, stepper.t)
            if stepper.arrived:
                last = None
                ended = self._turn(stepper, watched)
                if ended is not None:
                    return ended

    def _turn(self, stepper: Stepper, watched: list[CutOff]) -> bool | None:
        """Go on to the next piece of the set point; a jump may end the step (not None)."""
        now, before = self._now, self._now.piece
        now.piece = next(now.course.pieces)
        if not now.piece.kink:
            stepper.stop = now.piece.end
            return None
        self.system.setting = now.piece.setting
        outcome = stepper.turn(now.piece.end)
        if outcome is not None:
            self._fail(outcome, self._explain_start(outcome), stepper.t)
            return False
        if abs(now.piece.setting(stepper.t) - before.setting(stepper.t)) < _NO_JUMP:
            return None
        self._save(stepper.t, stepper.state, frame=False)
        seen = self.reader.external(stepper.t, stepper.state, now.charge)
        passed = next((w for w in watched if w.margin(seen) >= 0), None)
        return None if passed is None else self._stop(stepper.t, passed, stepper.state)

    def _stop(self, t: float, cut_off: CutOff, state: Any) -> bool:
        """End a step at the root of a cut-off."""
        self.system.y[:] = state
        self._save(t, state, frame=True)
        self._ended = cut_off.stop
        text = f"{cut_off.name} reached after {t * self._scales.time:.6g} s"
        left_out = self._now.step.skip.get(cut_off.stop, 0)
        if left_out:
            text += f"; by that the next {left_out} steps are left out"
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

    def _seen(self, done: Interpolant) -> Callable[[float], External]:
        """What is seen from outside within a time step."""
        reader, charge = self.reader, self._now.charge
        if self._now.step.until.surface_filling is not None:
            return lambda t: reader.external(t, done(t), charge)
        return reader.within(done, charge)

    def _save(self, t: float, state: Any, *, frame: bool) -> None:
        seconds = self._clock + t * self._scales.time
        self._recorder.row(self.reader.row(seconds, self._now.index, state))
        if frame:
            fields = self._config.output.fields
            self._recorder.frame(self.reader.frame(seconds, self._now.index, state, fields))

    def _progress(self, start: External, state: External) -> None:
        now = time.monotonic()
        if self._tell is None or now - self._told < _PROGRESS_EVERY:
            return
        self._told = now
        self._tell(
            Progress(
                time=self._clock + state.time,
                step=self._now.index,
                n_steps=len(self._config.protocol),
                label=self._now.step.label,
                voltage=state.voltage,
                fraction=fraction(self._now.step, start, state),
            )
        )

    def _report(self, reason: str, planned: bool, message: str, t: float) -> None:
        """Close the present step ``t`` hours after its beginning."""
        if self._stepper is not None and self._stepper.t == t:
            self.system.y[:] = self._stepper.state
        self._stepper = None
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
        falling = float(state[self.system.where["current"]][0]) > 0
        stops = ("voltage", "voltage_below" if falling else "voltage_above")
        reached = next((name for name in stops if name in step.until.given), None)
        if step.kind in DRIVEN and reached is not None:
            self.system.y[:] = state
            self._save(stepper.t, state, frame=True)
            self._ended, volts = reached, step.until.given[reached]
            self._report(f"voltage {volts:g} V, {end}", True, text, stepper.t)
            return True
        text += ", before any cut-off of the step; give it a voltage cut-off"
        self.status, self.message = "stopped", f"step {self._now.index + 1}: {text}"
        self._report(end, False, text, stepper.t)
        return False
