"""A case by this package."""

from typing import Any

import numpy as np

from electrode_model.assemble import assemble
from electrode_model.benchmarks.cases import RTOL, Case
from electrode_model.benchmarks.measured import (
    Watch,
    configuration,
    fractions,
    peak,
    repeated,
    tell,
    tell_cost,
    timed,
)
from electrode_model.constants import HOUR
from electrode_model.results.result import Recorder
from electrode_model.simulation.run import Run
from electrode_model.solver.start import Outcome, Statistics, consistent
from electrode_model.solver.stepper import Stepper
from electrode_model.solver.system import System

__all__ = ["Problem", "measure"]

_CURVE = 20.0  # s that a solve may take that is made for the voltages alone


class Problem:
    """A case ready to be solved, again and again, from the same start."""

    def __init__(self, case: Case) -> None:
        """Read the configuration and build the equations."""
        self.config = configuration(case)
        self.assembly = assemble(self.config)
        self.system = System(self.assembly)
        self._start = self.system.y.copy()
        self._rate = case.c_rate
        self.end = (case.until - self.assembly.initial_filling["positive"]) / case.c_rate  # h
        self.statistics: dict[str, float | int] = {}
        self.outcome = ""  # why it ended before its end
        self.reached = 0.0  # share of the run

    @property
    def control(self) -> tuple[float, float, float]:
        """Of a constant current."""
        return 1.0, 0.0, self._rate

    def solve(self, rtol: float = RTOL, limit: float = np.inf) -> float:
        """Seconds of a solve from the start to the end, or until ``limit`` [s] has passed."""
        seconds, _ = self._solve(rtol, limit, np.empty(0))
        return seconds

    def voltages(self, rtol: float = RTOL, limit: float = np.inf) -> tuple[float, np.ndarray]:
        """Seconds, the reading included, and the voltages [V] at :func:`fractions` of the run.

        They are nan from where the solve ended early.
        """
        return self._solve(rtol, limit, fractions() * self.end)

    def _solve(self, rtol: float, limit: float, moments: np.ndarray) -> tuple[float, np.ndarray]:
        system, statistics = self.system, Statistics()
        where = system.where["voltage"]
        system.y[:], system.slope[:] = self._start, 0.0
        system.control[:] = self.control
        found, k = np.full(moments.size, np.nan), 0
        watch = Watch()
        with np.errstate(all="ignore"):
            outcome = consistent(system, statistics)
            stepper = Stepper(system, statistics, rtol=rtol, atol=rtol)
            while outcome is None and stepper.t < self.end:
                done = stepper.step()
                if isinstance(done, Outcome):
                    outcome = done
                    break
                while k < moments.size and moments[k] <= done.end:
                    found[k] = done(moments[k])[where][0]
                    k += 1
                if watch.clock > limit:
                    outcome = Outcome.WALL_TIME
        seconds = watch.stop()
        self.statistics = statistics.as_dict()
        self.outcome = "" if outcome is None else outcome.value
        self.reached = min(stepper.t / self.end, 1.0)
        return seconds, found * self.assembly.scales.voltage


def measure(case: Case, limit: float) -> None:
    """Tell the cost of a case, as far as ``limit`` [s] allows."""
    if case.config is not None:
        _measure_config(case, limit)
        return
    tell(before=peak())
    set_up, problem = timed(lambda: Problem(case))
    tell(set_up=set_up, states=problem.system.n, compiled=problem.system.core is not None)
    first = problem.solve(limit=limit)
    tell(first=first, **_cost(problem.statistics), outcome=problem.outcome)
    if problem.outcome:
        tell_cost([first], reached=problem.reached)
        return
    tell_cost(repeated(first, problem.solve))
    if first < _CURVE:
        _, voltage = problem.voltages(limit=limit)
        tell(voltage=voltage.tolist())


def _measure_config(case: Case, limit: float) -> None:
    """A shipped configuration with its whole protocol; what it gives is kept in memory."""
    tell(before=peak())

    def prepared() -> tuple[Any, Any, Run]:
        config = configuration(case)
        solver = config.solver.model_copy(update={"wall_time": limit})
        config = config.model_copy(update={"solver": solver})
        assembly = assemble(config)
        return config, assembly, Run(assembly, config)

    set_up, (config, assembly, run) = timed(prepared)
    tell(set_up=set_up, states=run.system.n, compiled=run.system.core is not None)

    def solve(run: Run) -> tuple[float, Any]:
        with Recorder(assembly.layout, config) as recorder:
            return timed(lambda: run(recorder))[0], recorder.finish(run.status, run.message)  # type: ignore[arg-type]  # its status is one of theirs

    first, result = solve(run)
    keys = ("steps", "residuals", "jacobians")
    total = {key: sum(step.statistics.get(key, 0) for step in result.steps) for key in keys}
    ended = result.message if result.status == "failed" else ""
    hours = float(result["Time [s]"][-1]) / HOUR
    tell(first=first, **_cost(total), outcome=ended, hours=hours)
    if ended:
        tell_cost([first])
        return
    tell_cost(repeated(first, lambda: solve(Run(assembly, config))[0]))


def _cost(statistics: dict[str, float | int]) -> dict[str, float | int]:
    """Steps and the Newton iterations within them: a refreshed Jacobian has a residual more."""
    iterations = statistics["residuals"] - statistics["jacobians"]
    return {"steps": statistics["steps"], "iterations": iterations}
