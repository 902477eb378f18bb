"""One data set as the model must repeat it: configuration, protocol, targets, answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.config.model import Config, Output
from electrode_model.config.problems import ConfigError
from electrode_model.config.steps import Step
from electrode_model.fit.config import Objective
from electrode_model.fit.differences import Probe, probed
from electrode_model.fit.moving import Place, moved, places
from electrode_model.fit.objective import Match, Target, count, match, residuals
from electrode_model.fit.parameters import Base, Parameter
from electrode_model.fit.runs import Sensitive, differentiated, plain

__all__ = ["Answer", "Experiment", "answer", "failed"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_NEIGHBOUR = 1e-7  # of the range: a difference to one side errs by as much, and by rounding
DIFFERENCE = 5e-3  # of the range: runs differ by more than the solver's tolerance
_DEAR = 0.5  # of a run: time that derivatives by one parameter may take


@dataclass(frozen=True)
class Experiment:
    """A data set and how it is simulated."""

    name: str
    base: Base  # with the temperature and the start of the data set
    protocol: tuple[Step, ...]
    targets: tuple[Target, ...]
    parameters: tuple[Parameter, ...]  # all of the fit
    objective: Objective
    nominal_capacity: float  # A h/m^2, of the base: what 1C means does not move
    wall_time: float  # s
    left_out: bool = False
    probes: tuple[Probe, ...] = ()  # for differences to other data sets

    @property
    def concerned(self) -> tuple[int, ...]:
        """Indices of the parameters that are in its configuration."""
        return tuple(k for k, p in enumerate(self.parameters) if p.concerns(self.name))

    @property
    def size(self) -> int:
        """Number of residuals, without the voltages at probes."""
        return sum(map(self.target_size, self.targets))

    def target_size(self, goal: Target) -> int:
        """Number of residuals of one target."""
        return sum(count(goal, self.objective))

    def config(self, u: Array) -> Config:
        """The configuration at parameters u; raises ConfigError where it refuses them."""
        own = [self.parameters[k] for k in self.concerned]
        values = [self.parameters[k].value(float(u[k])) for k in self.concerned]
        config = self.base.with_parameters(own, values).config()
        solver = config.solver.model_copy(update={"wall_time": self.wall_time})
        return config.model_copy(
            update={
                "protocol": self.protocol,
                "nominal_capacity": self.nominal_capacity,
                "solver": solver,
                "output": Output(fields=(), figures=False),
                "voltage_window": _widened(config.voltage_window, self.protocol),
                "continue_from": None,
            }
        )

    def moves(self) -> list[list[Place] | None]:
        """Where each parameter that concerns it lies in the configuration."""
        start = np.array([p.u(p.start) for p in self.parameters])
        found: list[list[Place] | None] = []
        for k in self.concerned:
            parameter, ends = self.parameters[k], []
            for bound in (0.0, 1.0):
                at = start.copy()
                at[k] = bound
                try:
                    ends.append(self.config(at))
                except ConfigError:  # with the other parameters, such as a sum above 1
                    break
            found.append(
                places(ends[0], ends[1], parameter.lower, parameter.upper) if ends[1:] else None
            )
        return found


@dataclass(frozen=True)
class Answer:
    """What the model says to an experiment at one set of parameters."""

    residuals: Array  # (n,), then the voltages [V] at its probes
    jacobian: Array | None  # (n, p) by u; None if not asked for
    matches: tuple[Match | None, ...]  # one for each target
    failure: str  # "" or why there is no run
    runs: int  # simulations it took
    differenced: bool = False  # whether the derivatives come from pairs of runs


def answer(
    experiment: Experiment,
    u: Array,
    moves: Sequence[list[Place] | None],
    derivatives: str | None,
    step: float = DIFFERENCE,
) -> Answer:
    """Simulate an experiment.  ``derivatives``: "sensitivities", "differences" or None."""
    p = len(experiment.parameters)
    try:
        config = experiment.config(u)
    except ConfigError as error:
        return failed(experiment, f"the configuration refuses it: {error.problems[0]}", 0)
    if derivatives == "sensitivities" and None not in moves:
        longer = experiment.wall_time * (1 + _DEAR * len(moves))
        solver = config.solver.model_copy(update={"wall_time": longer})
        patient = config.model_copy(update={"solver": solver})
        run = differentiated(patient, _neighbours(experiment, config, u, moves))
        if run is not None:
            found = _matched(experiment, _spread_out(run, experiment, u))
            if found is not None:
                values, slopes = _residuals(experiment, found, run, p)
                return Answer(values, slopes, found, "", 1)
    try:
        run = plain(config)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        return failed(experiment, f"no model can be made of it: {error}", 1)
    found = _matched(experiment, run)
    if found is None or run.status == "failed":
        return failed(experiment, _reason(run), 1)
    values, _ = _residuals(experiment, found, run, 0)
    if derivatives is None:
        return Answer(values, None, found, "", 1)
    slopes, runs = _differences(experiment, u, values, step)
    return Answer(values, slopes, found, "", 1 + runs, differenced=True)


def failed(experiment: Experiment, why: str, runs: int) -> Answer:
    """A finite penalty, which no parameter changes."""
    none = (None,) * len(experiment.targets)
    values, slopes = _residuals(experiment, none, None, len(experiment.parameters))
    return Answer(values, slopes, none, why, runs)


def _reason(run: Sensitive) -> str:
    """Why a run is of no use, in words that are the same for like reasons."""
    if run.status == "failed":
        return run.message.split(" at ")[0].split(": ")[-1] or "the solve failed"
    return f"it ended before the data: {run.reasons[-1] if run.reasons else run.message}"


def _matched(experiment: Experiment, run: Sensitive) -> tuple[Match | None, ...] | None:
    found = tuple(match(goal, run) for goal in experiment.targets)
    return None if all(one is None for one in found) else found


def _residuals(
    experiment: Experiment, found: Sequence[Match | None], run: Sensitive | None, p: int
) -> tuple[Array, Array]:
    pieces = [
        residuals(goal, one, experiment.objective, p)
        for goal, one in zip(experiment.targets, found, strict=True)
    ]
    for probe in experiment.probes:
        there = None if run is None else probed(probe, run)
        nothing = np.full(probe.time.size, np.nan), np.zeros((probe.time.size, p))
        pieces.append(nothing if there is None else there)
    values = [values for values, _ in pieces]
    return np.concatenate(values), np.concatenate([slopes for _, slopes in pieces])


def _neighbours(
    experiment: Experiment, config: Config, u: Array, moves: Sequence[list[Place] | None]
) -> list[tuple[Config, float]]:
    """Each parameter moved a little towards the middle of its range."""
    found = []
    for k, where in zip(experiment.concerned, moves, strict=True):
        parameter, step = experiment.parameters[k], _NEIGHBOUR if u[k] < 0.5 else -_NEIGHBOUR
        value = parameter.value(float(u[k]) + step)
        found.append((moved(config, where or (), value), step))
    return found


def _spread_out(run: Sensitive, experiment: Experiment, u: Array) -> Sensitive:
    """Derivatives by all parameters of the fit: 0 by those of other data sets."""
    own, p = list(experiment.concerned), len(u)
    if len(own) == p:
        return run
    wide = {}
    for name in ("d_voltage", "d_capacity", "d_ends"):
        values = getattr(run, name)
        full = np.zeros((len(values), p))
        full[:, own] = values
        wide[name] = full
    return Sensitive(**{**vars(run), **wide})


def _differences(experiment: Experiment, u: Array, values: Array, step: float) -> tuple[Array, int]:
    """Central differences, one-sided at a bound or beside a failure."""
    slopes, runs = np.zeros((values.size, len(u))), 0
    for k in experiment.concerned:
        ends, at = [], []
        for sign in (1, -1):
            other = u.copy()
            other[k] = min(max(u[k] + sign * step, 0.0), 1.0)
            there = values
            if other[k] != u[k]:
                found = answer(experiment, other, (), None)
                runs += found.runs
                if found.failure:
                    other[k] = u[k]
                else:
                    there = found.residuals
            ends.append(there)
            at.append(other[k])
        if at[0] != at[1]:
            slopes[:, k] = (ends[0] - ends[1]) / (at[0] - at[1])
    return slopes, runs


def _widened(window: tuple[float, float], protocol: Sequence[Step]) -> tuple[float, float]:
    """The window, and the cut-offs of the data within it."""
    volts = [v for step in protocol for v in step.until.voltages.values()]
    return min([window[0], *volts]), max([window[1], *volts])
