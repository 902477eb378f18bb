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
from electrode_model.fit.extras import of_comparison, of_posterior
from electrode_model.fit.folder import VARIANTS
from electrode_model.fit.least_squares import Optimum, minimise, starts
from electrode_model.fit.outcome import Fit, Profile
from electrode_model.fit.partial import Partial, curves_of
from electrode_model.fit.posterior import Posterior
from electrode_model.fit.profiles import profile, reach
from electrode_model.fit.resume import Journal
from electrode_model.fit.roughness import roughness
from electrode_model.fit.sampling import sample
from electrode_model.fit.setting import Plan, read_plan
from electrode_model.fit.smoothing import WIDTHS
from electrode_model.fit.statistics import (
    Estimate,
    Spread,
    autocorrelation,
    estimates,
    spread,
    words,
)
from electrode_model.fit.variants import Agreement, compare
from electrode_model.results.storage import PROGRAM, SUMMARY, write_json

__all__ = ["Interrupted", "carry_out", "fit"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_COARSE = 0.1  # relative change of the cost at which a search in wide windows ends
_WIDE_STEP = 0.02  # of the range: derivatives at the optimum of a rough objective


class Interrupted(KeyboardInterrupt):
    """An interrupt of a fit; ``fit`` is what it had by then, None if that is nothing."""

    def __init__(self, fit: Fit | None) -> None:
        super().__init__()
        self.fit = fit


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
    Interrupted
        A KeyboardInterrupt whose ``fit`` holds what was found by then.
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
    if plan.variants:
        return _compared(plan, source, where, resume, progress)
    workers = plan.config.limits.workers or cores()
    ask = Evaluator(plan.parameters, plan.experiments, journal, plan.gaps, workers, progress)
    partial = Partial(plan, source, ask, began, where)
    try:
        with ask:
            result = _Work(plan, source, ask, where, resume)(began)
    except KeyboardInterrupt:
        found = partial.fit()
        if where is not None and found is not None:
            found.save(where)
            partial.clear()
        raise Interrupted(found) from None
    if where is not None:
        partial.clear()
        result.save(where)
    return result


def _compared(
    plan: Plan,
    source: str,
    where: Path | None,
    resume: bool,
    progress: Callable[[Progress], None] | None,
) -> Fit:
    """Every variant, and as the result the one that is preferred."""
    fits: dict[str, Fit] = {}
    excluded: dict[str, str] = {}
    problems: list[Problem] = []
    for name, own in plan.variants.items():
        folder = None if where is None else where / VARIANTS / name
        before = sum(one.simulations for one in fits.values())

        def tell(one: Progress, name: str = name, before: int = before) -> None:
            if progress is not None:
                stage, total = f"{name}: {one.stage}", before + one.simulations
                progress(replace(one, stage=stage, simulations=total))

        try:
            fits[name] = carry_out(own, source, folder, resume=resume, progress=tell)
        except ConfigError as error:  # its start cannot be simulated
            problems += error.problems
            excluded[name] = error.problems[0].message
        except KeyboardInterrupt:
            if where is not None:
                message = f"interrupted in the variant {name}; done: {', '.join(fits) or 'none'}"
                about = {"program": PROGRAM, "kind": "fit", "status": "interrupted"}
                write_json(where / SUMMARY, {**about, "message": message})
            raise
    if not fits:
        raise ConfigError(problems)
    agreements = {name: one.agreement for name, one in fits.items() if one.agreement is not None}
    found = compare(agreements, excluded)
    best = replace(fits[found.preferred], comparison=found, variants=fits)
    best = replace(best, extras=(of_comparison(found, fits), *best.extras))
    if where is not None:
        best.save(where)
    return best


@dataclass(frozen=True)
class _Work:
    """One fit with the evaluator at hand."""

    plan: Plan
    source: str
    ask: Evaluator
    folder: Path | None = None
    resume: bool = False

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
        sampled = self._sampled(here, found, known)
        return Fit(
            name=plan.config.name or Path(self.source).stem,
            status="converged" if best.converged else "limit",
            message=message,
            method=f"{said}; {tried}",
            parameters=known,
            covariance=found.covariance,
            correlation=found.correlation,
            words=texts,
            curves=curves_of(plan, dict(enumerate(answers))),
            profiles=profiles,
            starts=costs,
            cost=here.cost,
            residuals=here.residuals.size,
            # those that windows put in a row are not the model's
            correlated=found.correlated / ask.smoothing.correlated,
            simulations=ask.simulations,
            seconds=time.perf_counter() - began,
            failures=Counter(ask.failures),
            notes=(*plan.notes, *self._differenced()),
            config=plan.shared(u),
            configs={e.name: e.config(u) for e in plan.experiments},
            data=plan.data,
            extras=() if sampled is None else (of_posterior(sampled),),
            agreement=self._agreement(here),
            posterior=sampled,
        )

    def _sampled(
        self, here: Evaluation, found: Spread, known: Sequence[Estimate]
    ) -> Posterior | None:
        asked = self.plan.config.posterior
        if asked is None:
            return None

        def tell(stage: str) -> None:
            self.ask.stage = stage

        tell("sampling")
        return sample(
            self.ask,
            self.plan.parameters,
            here,
            found,
            [(one.low, one.high) for one in known],
            settings=asked,
            objective=self.plan.config.objective,
            folder=self.folder,
            resume=self.resume,
            fingerprint=self.plan.fingerprint,
            tell=tell,
        )

    def _agreement(self, here: Evaluation) -> Agreement:
        """What a comparison with other models needs to know of the optimum."""
        data = here.residuals.size - self.ask.priors
        own = replace(here, residuals=here.residuals[:data])
        objective = self.plan.config.objective
        return Agreement(
            parameters=here.u.size,
            loss=loss(own, objective),
            residuals=data,
            rms=here.voltage_rms,
            pieces=tuple(self._pieces(here)),
            bins=objective.points,
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
        given, width = self.plan.config.method, self.plan.config.objective.smooth
        if given.name != "auto":
            self.ask.smooth(width or 0.0)
            return given, f"{given.name.replace('_', ' ')} as asked"
        self.ask.stage = "checking smoothness"
        checked = roughness(self.ask, first, given.derivatives, width)
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
            ended.append(self._minimised(point, method))
            both.append((loss(before, objective), loss(ended[-1].evaluation, objective)))
        best = min(ended, key=lambda one: loss(one.evaluation, objective))
        total = sum(one.iterations for one in ended)
        left = len(points) - len(ended)
        more = f", {left} more could not be simulated" if left else ""
        begun = f"{len(ended)} start{'s' if len(ended) > 1 else ''}"
        return best, tuple(both), f"{total} iterations from {begun}{more}"

    def _minimised(self, point: Array, method: Method) -> Optimum:
        """From a start to its minimum; where windows are needed, through wider ones first.

        Far from the optimum more particles fill at another place than near it.
        """
        ask, objective = self.ask, self.plan.config.objective
        width, iterations = ask.smoothing.width, 0
        if 0 < width < WIDTHS[-1]:
            ask.smooth(WIDTHS[-1])
            quick = method.model_copy(update={"tolerance": max(method.tolerance, _COARSE)})
            rough = minimise(ask, point, objective, quick)
            point, iterations = rough.evaluation.u, rough.iterations
            ask.smooth(width)
        found = minimise(ask, point, objective, method)
        return replace(found, iterations=found.iterations + iterations)

    def _correlated(self, found: Evaluation) -> float:
        return max(autocorrelation(self._pieces(found)), self.ask.smoothing.correlated)

    def _pieces(self, found: Evaluation) -> list[Array]:
        """Residuals of the voltages along each curve."""
        return [found.residuals[rows] for _, rows in self.ask.pieces]

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

    def _differenced(self) -> list[str]:
        if not self.ask.differenced:
            return []
        return [f"derivatives of {', '.join(sorted(self.ask.differenced))} from pairs of runs"]
