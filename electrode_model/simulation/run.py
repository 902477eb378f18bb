"""The protocol, carried out: steps, cut-offs, output, and what to say when it goes wrong."""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.assemble import Assembly
from electrode_model.results.records import Progress, StepReport
from electrode_model.results.result import Recorder
from electrode_model.simulation.cutoffs import CutOff, External, cut_offs, first_crossing, window
from electrode_model.simulation.reader import Reader
from electrode_model.solver.stepper import Interpolant, Outcome, Statistics, Stepper, consistent
from electrode_model.solver.system import System

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Step

__all__ = ["Run"]

_SAVED_PER_STEP = 200
_PROGRESS_EVERY = 0.1  # s on the clock
_STUCK_STEPS, _STUCK_ADVANCE = 1000, 1e-9  # so many steps for less than so many seconds


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
        self.system = System(assembly)
        self.reader = Reader(assembly, self.system)
        self._config, self._recorder = config, recorder
        self._scales = assembly.scales
        self._tell = progress
        self._told = 0.0
        self._clock = 0.0  # s, simulated, at the start of the present step
        self._deadline = time.monotonic() + config.solver.wall_time
        self._steps_left = config.solver.max_steps
        self.status, self.message = "finished", ""

    def __call__(self) -> None:
        """Carry out the protocol; values out of a law's domain are the solver's to handle."""
        with np.errstate(all="ignore"):
            for index, step in enumerate(self._config.protocol):
                if not self._step(index, step):
                    return

    def _step(self, index: int, step: "Step") -> bool:
        """One step of the protocol; False if the run cannot go on."""
        statistics = Statistics()
        began = time.perf_counter()
        self._set_control(step)
        self._index, self._label = index, step.label
        self._charge = self.reader.charge(self.system.y)
        outcome = consistent(self.system, statistics)
        if outcome is not None:
            self._fail(outcome, self._explain_start(outcome, step), 0.0, statistics, began)
            return False
        start = self._external(0.0, self.system.y)
        watched = cut_offs(step, start, self._scales)
        self._save(0.0, self.system.y, frame=True)
        passed = next((w for w in watched if w.margin(start) >= 0), None)
        if passed is not None:
            text = f"{passed.name} was already passed at the start ({start.voltage:.4g} V)"
            self._report(passed.name + " already passed", True, text, 0.0, statistics, began)
            return True
        watched += window(self._config.voltage_window)
        return self._integrate(step, start, watched, statistics, began)

    def _set_control(self, step: "Step") -> None:
        """Current or voltage control is data of the same equations."""
        control = self.system.control
        if step.kind == "voltage" and step.voltage is not None:
            control[:] = (0.0, 1.0, step.voltage / self._scales.voltage)
        elif step.current is not None:
            unit = 1.0 if step.current.unit == "C-rate" else 1 / self._scales.current
            control[:] = (1.0, 0.0, step.current.value * unit)
        else:
            control[:] = (1.0, 0.0, 0.0)

    def _integrate(
        self,
        step: "Step",
        start: External,
        watched: list[CutOff],
        statistics: Statistics,
        began: float,
    ) -> bool:
        solver = self._config.solver
        stepper = Stepper(
            self.system,
            statistics,
            rtol=solver.rtol,
            atol=solver.atol,
            max_order=solver.max_order,
            min_step=solver.min_step / self._scales.time,
        )
        every = self._spacing(step, start)
        saved = 0
        behind = (0, 0.0)  # steps and time at the last check of progress
        while True:
            done = stepper.step()
            if isinstance(done, Outcome):
                self._give_up(done, stepper, statistics, began)
                return False
            self._steps_left -= 1
            end = first_crossing(watched, partial(self._within, done), done.start, done.end)
            last = done.end if end is None else end[0]
            while (saved + 1) * every <= last * (1 + 1e-12):
                saved += 1
                self._save(saved * every, done(saved * every), frame=True)
            if end is not None:
                return self._stop(end, done, statistics, began)
            if self._config.output.every is None or done.end - saved * every > 1e-9 * every:
                self._save(done.end, stepper.state, frame=False)
            self._progress(step, start, done)
            limit = self._limit(stepper, behind, statistics)
            if limit is not None:
                self._fail(limit[0], limit[1], stepper.t, statistics, began)
                return False
            if statistics.steps - behind[0] >= _STUCK_STEPS:
                behind = (statistics.steps, stepper.t)

    def _stop(
        self, end: tuple[float, CutOff], done: Interpolant, statistics: Statistics, began: float
    ) -> bool:
        """End a step at the root of a cut-off."""
        t, cut_off = end
        state = done(t)
        self.system.y[:] = state
        self._save(t, state, frame=True)
        text = f"{cut_off.name} reached after {t * self._scales.time:.6g} s"
        if not cut_off.planned:
            filling = self.reader.filling(state)
            text = (
                f"{cut_off.name} left after {t * self._scales.time:.6g} s, at a mean filling of"
                f" {filling:.6g}, before any cut-off of the step; give it a cut-off that the"
                " cell can reach, or widen voltage_window"
            )
            self.status, self.message = "stopped", f"step {self._index + 1}: {text}"
        self._report(cut_off.name, cut_off.planned, text, t, statistics, began)
        return cut_off.planned

    def _limit(
        self, stepper: Stepper, behind: tuple[int, float], statistics: Statistics
    ) -> tuple[Outcome, str] | None:
        """Limits of patience."""
        solver = self._config.solver
        if time.monotonic() > self._deadline:
            return Outcome.WALL_TIME, f"after {solver.wall_time:g} s; raise solver.wall_time"
        if self._steps_left <= 0:
            text = f"after {solver.max_steps} time steps; raise solver.max_steps"
            return Outcome.STEP_LIMIT, text
        if statistics.steps - behind[0] >= _STUCK_STEPS:
            advance = (stepper.t - behind[1]) * self._scales.time
            if advance < _STUCK_ADVANCE:
                text = f"{_STUCK_STEPS} steps advanced only {advance:.3g} s"
                return Outcome.NO_PROGRESS, f"{text}; {stepper.worst()}"
        return None

    def _spacing(self, step: "Step", start: External) -> float:
        """Hours between saved fields."""
        if self._config.output.every is not None:
            return self._config.output.every / self._scales.time
        rate = abs(start.current) / self._scales.current
        expected = 1 / rate if step.kind == "current" and rate > 0 else 1.0
        if step.until.time is not None:
            expected = min(expected, step.until.time / self._scales.time)
        return expected / _SAVED_PER_STEP

    def _external(self, t: float, state: Any) -> External:
        return self.reader.external(t, state, self._charge)

    def _within(self, done: Interpolant, t: float) -> External:
        return self.reader.external_of_circuit(t, done(t, self.system.circuit_block), self._charge)

    def _save(self, t: float, state: Any, *, frame: bool) -> None:
        seconds = self._clock + t * self._scales.time
        self._recorder.row(self.reader.row(seconds, self._index, state))
        if frame:
            fields = self._config.output.fields
            self._recorder.frame(self.reader.frame(seconds, self._index, state, fields))

    def _progress(self, step: "Step", start: External, done: Interpolant) -> None:
        now = time.monotonic()
        if self._tell is None or now - self._told < _PROGRESS_EVERY:
            return
        self._told = now
        state = self._within(done, done.end)
        self._tell(
            Progress(
                time=self._clock + state.time,
                step=self._index,
                n_steps=len(self._config.protocol),
                label=step.label,
                voltage=state.voltage,
                fraction=_fraction(step, start, state),
            )
        )

    def _report(
        self,
        reason: str,
        planned: bool,
        message: str,
        t: float,
        statistics: Statistics,
        began: float,
    ) -> None:
        end = self._clock + t * self._scales.time
        numbers = statistics.as_dict() | {"solve_seconds": time.perf_counter() - began}
        self._recorder.step_done(
            StepReport(
                self._index, self._label, reason, planned, message, self._clock, end, numbers
            )
        )
        self._clock = end

    def _fail(
        self, outcome: Outcome, why: str, t: float, statistics: Statistics, began: float
    ) -> None:
        """End the run with what is known about the reason."""
        at = self._clock + t * self._scales.time
        text = f"{outcome.value} at {at:.6g} s in step {self._index + 1} ({self._label}): {why}"
        self.status, self.message = "failed", text
        self._report(outcome.value, False, text, t, statistics, began)

    def _explain_start(self, outcome: Outcome, step: "Step") -> str:
        state = self._external(0.0, self.system.y)
        where = self.system.worst_equation(self.system.residual)
        if outcome is Outcome.NOT_FINITE:
            return f"no state of the cell carries this step at its start; {where} is not finite"
        return f"Newton ended at {state.voltage:.4g} V for '{step.label}'; worst: {where}"

    def _give_up(
        self, outcome: Outcome, stepper: Stepper, statistics: Statistics, began: float
    ) -> None:
        """A step that cannot be made: because the particles are full or empty, or a failure."""
        state, size = stepper.state, stepper.h * self._scales.time
        saturated = self.reader.saturation(state)
        if saturated is None:
            text = f"step of {size:.3g} s; {stepper.worst()}; {self.reader.condition(state)}"
            self._fail(outcome, text, stepper.t, statistics, began)
            return
        at = self._clock + stepper.t * self._scales.time
        text = (
            f"{saturated} at {at:.6g} s, before any cut-off of the step, and no voltage carries"
            f" the current any further; {self.reader.condition(state)}; give the step a cut-off"
            " nearer to the plateau"
        )
        self.status, self.message = "stopped", f"step {self._index + 1}: {text}"
        self._report(saturated, False, text, stepper.t, statistics, began)


def _fraction(step: "Step", start: External, state: External) -> float:
    """How far a step is, as far as its stops tell; the largest counts."""
    until, parts = step.until, []
    if until.time is not None:
        parts.append(state.time / until.time)
    if until.capacity is not None:
        parts.append(abs(state.passed) / until.capacity)
    if until.filling is not None and until.filling != start.filling:
        parts.append((state.filling - start.filling) / (until.filling - start.filling))
    if not parts and step.kind == "current":
        room = 1 - start.filling if start.current > 0 else start.filling
        parts.append(abs(state.filling - start.filling) / room)
    return float(np.clip(max(parts), 0.0, 1.0)) if parts else float("nan")
