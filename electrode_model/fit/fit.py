"""From a fit's file to a fit, in one call."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.problems import ConfigError, Problem
from electrode_model.fit.config import Method
from electrode_model.fit.evaluator import Evaluation, Evaluator, Progress, cores
from electrode_model.fit.evolution import evolve, loss
from electrode_model.fit.experiment import Answer
from electrode_model.fit.least_squares import Optimum, minimise, starts
from electrode_model.fit.outcome import Curve, Fit, Profile
from electrode_model.fit.profiles import profile, reach
from electrode_model.fit.resume import Journal
from electrode_model.fit.roughness import roughness
from electrode_model.fit.setting import Plan, read_plan
from electrode_model.fit.statistics import Spread, autocorrelation, estimates, spread, words

__all__ = ["carry_out", "fit"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_WIDE_STEP = 0.02  # of the range: derivatives at the optimum of a rough objective


def fit(
    source: str | Path | Mapping[str, Any],
    *,
    overrides: Sequence[str] = (),
    folder: str | Path | None = None,
    resume: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Fit:
    """Fit curves of cells and say how well each parameter is known.

    Parameters
    ----------
    source : path of a fit's YAML file, or a mapping with its keys, in which ``base`` may be a
        configuration
    overrides : "key.path=value", as the command line's ``--set``; only with a path
    folder : where the result and the journal of evaluations are kept; None keeps nothing
    resume : whether to go on with a fit that was stopped in ``folder``
    progress : called after every simulation

    A simulation that fails is a penalty, and is counted with its reason.

    Raises
    ------
    ConfigError
        The files hold mistakes, or not even the start of the fit can be simulated.
    FolderError
        The folder's journal is of another fit.
    """
    name = "fit" if isinstance(source, Mapping) else str(source)
    plan = read_plan(source, overrides)
    return carry_out(plan, name, folder, resume=resume, progress=progress)


def carry_out(
    plan: Plan,
    source: str,
    folder: str | Path | None = None,
    *,
    resume: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Fit:
    """Do a fit that was read; see :func:`fit`."""
    began = time.perf_counter()
    where = None if folder is None else Path(folder)
    if where is not None:
        where.mkdir(parents=True, exist_ok=True)
    journal = Journal(plan.fingerprint, where, resume)
    workers = plan.config.limits.workers or cores()
    with Evaluator(plan.parameters, plan.experiments, journal, plan.gaps, workers, progress) as ask:
        result = _Work(plan, source, ask)(began)
    if where is not None:
        result.save(where)
    return result


@dataclass(frozen=True)
class _Work:
    """One fit with the evaluator at hand."""

    plan: Plan
    source: str
    ask: Evaluator

    def __call__(self, began: float) -> Fit:
        plan, ask = self.plan, self.ask
        objective = plan.config.objective
        first = np.array([p.u(p.start) for p in plan.parameters])
        ask.stage = "start"
        self._refuse_start(ask(first, self._first_question()))
        method, said = self._method(first)
        best, costs, tried = self._search(first, method)
        step: dict[str, Any] = {}
        if method.name == "differential_evolution":
            method = method.model_copy(update={"derivatives": "differences"})
            step = {"step": _WIDE_STEP}
        ask.stage = "intervals"
        u = best.evaluation.u
        here = ask(u, method.derivatives, **step)
        assert here.jacobian is not None
        found = spread(here.jacobian, here.residuals, u, self._correlated(here), ask.priors)
        bounds = [(False, False)] * u.size
        profiles: tuple[Profile, ...] = ()
        if method.name == "least_squares":
            bounds = reach(ask, u, found, objective, method)
            profiles = self._profiles(u, found, method)
        intervals = {one.name: one.interval for one in profiles}
        known = tuple(
            replace(one, profile=intervals.get(one.name))
            for one in estimates(plan.parameters, u, found, bounds)
        )
        texts = words(plan.parameters, u, found, bounds, intervals)
        ask.stage = "curves"
        answers = ask.answers(u)
        reason = best.reason
        message = f"{reason}; {1e3 * here.voltage_rms:.3g} mV rms over all fitted voltages"
        if len(costs) > 1:
            same = sum(end < 1.01 * best.evaluation.cost for _, end in costs)
            message += f"; {same} of {len(costs)} starts ended at the same cost"
        return Fit(
            name=plan.config.name or Path(self.source).stem,
            status="converged" if best.converged else "limit",
            message=message,
            method=f"{said}; {tried}",
            parameters=known,
            covariance=found.covariance,
            correlation=found.correlation,
            words=texts,
            curves=tuple(self._curves(answers)),
            profiles=profiles,
            starts=costs,
            cost=here.cost,
            residuals=here.residuals.size,
            correlated=found.correlated,
            simulations=ask.simulations,
            seconds=time.perf_counter() - began,
            failures=Counter(ask.failures),
            notes=(*plan.notes, *self._differenced()),
            config=self._shared(u),
            configs={e.name: e.config(u) for e in plan.experiments},
            data=plan.data,
        )

    def _first_question(self) -> str | None:
        method = self.plan.config.method
        return None if method.name == "differential_evolution" else method.derivatives

    def _refuse_start(self, found: Evaluation) -> None:
        """A fit whose start cannot be simulated is a mistake, not a search."""
        if not found.failures:
            return
        values = ", ".join(
            f"{p.name} = {p.start:.4g}" + ("" if p.unit == "1" else f" {p.unit}")
            for p in self.plan.parameters
        )
        text = f"cannot be simulated at the start, {values}: {'; '.join(found.failures)}"
        cure = "write other starts, or more limits.simulation"
        raise ConfigError([Problem(self.source, 0, "free", f"{text}; {cure}")])

    def _method(self, first: Array) -> tuple[Method, str]:
        """The method, and why it."""
        given = self.plan.config.method
        if given.name != "auto":
            return given, f"{given.name.replace('_', ' ')} as asked"
        self.ask.stage = "checking smoothness"
        checked = roughness(self.ask, first, given.derivatives)
        name = "differential_evolution" if checked.rough else "least_squares"
        said = f"{name.replace('_', ' ')}, as {checked.text}"
        return given.model_copy(update={"name": name}), said

    def _search(
        self, first: Array, method: Method
    ) -> tuple[Optimum, tuple[tuple[float, float], ...], str]:
        """The best optimum, costs at both ends of each start, and what was done in words."""
        ask, objective = self.ask, self.plan.config.objective
        if method.name == "differential_evolution":
            ask.stage = "differential evolution"
            found = evolve(ask, first, objective, method)
            costs = ((loss(ask(first), objective), loss(found.evaluation, objective)),)
            return found, costs, f"{found.iterations} generations"
        ended: list[Optimum] = []
        both: list[tuple[float, float]] = []
        points = starts(first.size, first, method)
        for number, point in enumerate(points, start=1):
            ask.stage = f"start {number} of {len(points)}"
            before = ask(point, method.derivatives)
            if before.failures:
                continue  # a penalty has no slope to follow
            ended.append(minimise(ask, point, objective, method))
            both.append((loss(before, objective), loss(ended[-1].evaluation, objective)))
        best = min(ended, key=lambda one: loss(one.evaluation, objective))
        total = sum(one.iterations for one in ended)
        left = len(points) - len(ended)
        more = f", {left} more could not be simulated" if left else ""
        return best, tuple(both), f"{total} iterations from {len(ended)} starts{more}"

    def _correlated(self, found: Evaluation) -> float:
        pieces, start = [], 0
        for k in self.ask.fitted:
            experiment = self.plan.experiments[k]
            for goal in experiment.targets:
                bins = int(goal.bins.max(initial=-1)) + 1
                if bins and experiment.objective.voltage is not None:
                    pieces.append(found.residuals[start : start + bins])
                start += experiment.target_size(goal)
        return autocorrelation(pieces)

    def _profiles(self, u: Array, found: Spread, method: Method) -> tuple[Profile, ...]:
        asked = self.plan.config.profiles
        result = []
        for k, parameter in enumerate(self.plan.parameters):
            own = parameter.name.partition("[")[0]
            if asked is True or (isinstance(asked, tuple) and own in asked):
                self.ask.stage = f"profile of {parameter.name}"
                objective = self.plan.config.objective
                result.append(profile(self.ask, k, u, found, objective, method))
        return tuple(result)

    def _curves(self, answers: Sequence[Answer]) -> list[Curve]:
        found = []
        for experiment, data, one in zip(
            self.plan.experiments, self.plan.data, answers, strict=True
        ):
            for goal, match in zip(experiment.targets, one.matches, strict=True):
                rows = goal.rows
                none = np.full(goal.voltage.size, np.nan)
                found.append(
                    Curve(
                        data_set=data.name,
                        label=goal.label,
                        left_out=experiment.left_out,
                        capacity=data.capacity[rows],
                        time=data.time[rows],
                        measured=goal.voltage,
                        model=none if match is None else match.voltage,
                        scaled=goal.scaled,
                        end=goal.end,
                        model_end=float("nan") if match is None else match.end,
                    )
                )
        return found

    def _shared(self, u: Array) -> Any:
        """The base with the parameters that all data sets share."""
        own = [k for k, p in enumerate(self.plan.parameters) if p.data_sets is None]
        parameters = [self.plan.parameters[k] for k in own]
        values = [self.plan.parameters[k].value(float(u[k])) for k in own]
        return self.plan.base.with_parameters(parameters, values).config()

    def _differenced(self) -> list[str]:
        if not self.ask.differenced:
            return []
        return [f"derivatives of {', '.join(sorted(self.ask.differenced))} from pairs of runs"]
