"""What a fit has while it runs: curves, tables and a figure of the best so far.

A fit that is interrupted or killed leaves them in its folder.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.fit.evaluator import Evaluation, Evaluator
from electrode_model.fit.experiment import Answer
from electrode_model.fit.outcome import PROGRESS, Curve, Fit, write_parameters
from electrode_model.fit.setting import Plan
from electrode_model.fit.statistics import Spread, estimates, spread
from electrode_model.fit.steps import steps_of
from electrode_model.results.storage import PROGRAM, SUMMARY, write_json

__all__ = ["Partial", "curves_of"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_PATIENCE = 5.0  # s before the first figure: shorter fits need none
_SHARE = 20.0  # times what a figure took, until the next one: a twentieth of the time


def curves_of(plan: Plan, answers: Mapping[int, Answer]) -> tuple[Curve, ...]:
    """Measured curves beside what the model says; ``answers`` by the place of the experiment."""
    return tuple(_curves(plan, answers))


def _curves(plan: Plan, answers: Mapping[int, Answer]) -> Iterator[Curve]:
    for k, found in sorted(answers.items()):
        experiment, data = plan.experiments[k], plan.data[k]
        segments = [segment for _, segment in steps_of(data)]
        for goal, match in zip(experiment.targets, found.matches, strict=True):
            current = segments[goal.step].current if segments[goal.step].kind != "rest" else 0.0
            capacity, end = data.capacity[goal.rows], np.nan if match is None else match.end
            # at equal share of its end, a curve that ends later is stretched
            stretched = capacity + goal.position * (end - goal.end) if goal.scaled else capacity
            yield Curve(
                data_set=data.name,
                label=goal.label,
                left_out=experiment.left_out,
                capacity=capacity,
                time=data.time[goal.rows],
                measured=goal.voltage,
                model=np.full(goal.voltage.size, np.nan) if match is None else match.voltage,
                scaled=goal.scaled,
                end=goal.end,
                model_end=end,
                model_capacity=stretched,
                ends_free=goal.ends_free,
                current=current,
                rate=current / experiment.nominal_capacity,
            )


class Partial:
    """Looks at an evaluator, and keeps its best in the fit's folder, if there is one."""

    def __init__(
        self, plan: Plan, source: str, ask: Evaluator, began: float, folder: Path | None
    ) -> None:
        self._plan, self._source, self._ask = plan, source, ask
        self._began, self._folder = began, folder
        self._next_figure = began + _PATIENCE
        if folder is not None:
            ask.improved = self._keep

    def fit(self) -> Fit | None:
        """The best so far as the result of a fit; None if nothing was evaluated."""
        plan, ask = self._plan, self._ask
        best = ask.best
        if best is None:
            return None
        found = _spread(best, ask)
        message = (
            f"interrupted at the stage '{ask.stage}'; {1e3 * best.voltage_rms:.3g} mV rms over all"
            " fitted voltages at the best point so far, whose intervals are provisional"
        )
        nothing = [(False, False)] * best.u.size
        return Fit(
            name=plan.config.name or Path(self._source).stem,
            status="interrupted",
            message=message,
            method=f"{plan.config.method.name.replace('_', ' ')}, not finished",
            parameters=estimates(plan.parameters, best.u, found, nothing),
            covariance=found.covariance,
            correlation=found.correlation,
            words=(),
            curves=curves_of(plan, ask.best_answers),
            profiles=(),
            starts=(),
            cost=best.cost,
            residuals=best.residuals.size,
            correlated=1.0,
            simulations=ask.simulations,
            seconds=time.perf_counter() - self._began,
            failures=Counter(ask.failures),
            notes=plan.notes,
            config=plan.shared(best.u),
            configs={e.name: e.config(best.u) for e in plan.experiments},
            data=plan.data,
        )

    def clear(self) -> None:
        """The fit is done, and its result takes the place of the progress."""
        if self._folder is not None:
            (self._folder / PROGRESS).unlink(missing_ok=True)

    def _keep(self) -> None:
        best, ask, folder = self._ask.best, self._ask, self._folder
        now = time.perf_counter()
        if best is None or folder is None:
            return
        nothing = [(False, False)] * best.u.size
        known = estimates(self._plan.parameters, best.u, _spread(best, ask), nothing)
        write_parameters(known, folder)
        write_json(folder / SUMMARY, {
            "program": PROGRAM, "kind": "fit", "status": "running", "stage": ask.stage,
            "name": self._plan.config.name, "voltage_rms": best.voltage_rms, "cost": best.cost,
            "parameters": {one.name: one.value for one in known},
            "simulations": ask.simulations, "seconds": now - self._began,
            "failures": dict(ask.failures),
        })  # fmt: skip
        if now >= self._next_figure and ask.best_answers:
            from electrode_model.plots.fit import progress  # draws with what is above

            title = f"{self._plan.config.name or Path(self._source).stem}: best so far"
            values = ", ".join(f"{one.name} {one.value:.4g} {one.unit}" for one in known)
            about = f"{ask.stage}, {ask.simulations} simulations  ·  {values}"
            progress(curves_of(self._plan, ask.best_answers), title, about, folder / PROGRESS)
            now, then = time.perf_counter(), now
            self._next_figure = now + _SHARE * (now - then)


def _spread(best: Evaluation, ask: Evaluator) -> Spread:
    """Provisional: nan where there are no derivatives."""
    if best.jacobian is not None:
        return spread(best.jacobian, best.residuals, best.u, 1.0, ask.priors)
    p = best.u.size
    unknown = np.full((p, p), np.nan)
    none = ("",) * p
    return Spread(unknown, unknown, np.nan, 1.0, 1.0, none, (False,) * p, np.zeros((0, p)))
