"""Residuals of all data sets at given parameters: simulations in warm processes, all counted."""

import multiprocessing
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from electrode_model.fit.differences import Gap, Probe
from electrode_model.fit.experiment import DIFFERENCE, Answer, Experiment, answer, failed
from electrode_model.fit.moving import Place
from electrode_model.fit.objective import PENALTY
from electrode_model.fit.parameters import Parameter
from electrode_model.fit.resume import Journal
from electrode_model.fit.smoothing import Smoothing, smoothing
from electrode_model.processes import end_with_parent

__all__ = ["Evaluation", "Evaluator", "Progress", "cores"]

Array = np.ndarray[Any, np.dtype[np.float64]]


_RECENT = 64  # questions whose curves are kept in memory


@dataclass(frozen=True)
class Evaluation:
    """All residuals that are fitted, and their derivatives by u."""

    u: Array  # (p,)
    residuals: Array  # (n,) data, then priors
    jacobian: Array | None  # (n, p)
    voltage_rms: float  # V, of all points of fitted curves; nan if one has no run
    failures: tuple[str, ...]  # reasons of data sets without a run

    @property
    def cost(self) -> float:
        """Sum of squares."""
        return float(self.residuals @ self.residuals)


@dataclass(frozen=True)
class Progress:
    """Where a fit is."""

    stage: str  # "checking", "start 2 of 5", "profile of k0"
    simulations: int
    best: float  # V, least rms of the voltages so far; nan before the first
    values: tuple[float, ...]  # of the parameters there
    names: tuple[str, ...] = ()  # of these parameters


class Evaluator:
    """Asks the model, keeps what it said, counts runs and failures.

    A context manager: on leaving, its processes end.
    """

    def __init__(
        self,
        parameters: Sequence[Parameter],
        experiments: Sequence[Experiment],
        journal: Journal,
        gaps: Sequence[Gap] = (),
        workers: int = 1,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.parameters, self.experiments = tuple(parameters), tuple(experiments)
        self.gaps = tuple(gaps)
        self.fitted = [k for k, e in enumerate(experiments) if not e.left_out]
        self.moves = [experiment.moves() for experiment in experiments]
        self.journal, self.workers, self._tell = journal, workers, progress
        self.stage = ""
        self.simulations = 0
        self.differenced: set[str] = set()  # data sets with derivatives from pairs of runs
        self.failures: Counter[str] = Counter()
        self.best: Evaluation | None = None
        self.best_answers: Mapping[int, Answer] = {}  # by experiment; none of an older run
        self.improved: Callable[[], None] | None = None  # called when there is a better one
        self._recent: dict[str, Mapping[int, Answer]] = {}  # by question, of the last ones
        self.smooth(0.0)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "Evaluator":
        """Nothing: processes start with the first work for them."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the processes, also those at work."""
        if self._pool is None:
            return
        if kind is not None:  # what is at work is of no use any more
            for process in list(getattr(self._pool, "_processes", {}).values()):
                process.terminate()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None

    def smooth(self, width: float) -> None:
        """Average curves over windows from now on; what was known stays known."""
        experiments = [self.experiments[k] for k in self.fitted]
        self.smoothing: Smoothing = smoothing(experiments, width)
        self.best, self.best_answers = None, {}

    @property
    def pieces(self) -> list[tuple[str, slice]]:
        """Curves with voltages and their rows among the residuals."""
        found, start = [], 0
        for k in self.fitted:
            own = self.experiments[k]
            for goal in own.targets:
                bins = int(goal.bins.max(initial=-1)) + 1
                if bins and own.objective.voltage is not None:
                    found.append((f"{own.name} {goal.label}", slice(start, start + bins)))
                start += own.target_size(goal)
        return found

    @property
    def priors(self) -> int:
        """Number of residuals that are priors."""
        return sum(p.prior is not None for p in self.parameters)

    def __call__(
        self, u: Array, derivatives: str | None = None, step: float = DIFFERENCE
    ) -> Evaluation:
        """The residuals at u."""
        return self.many([u], derivatives, step)[0]

    def many(
        self,
        points: Sequence[Array],
        derivatives: str | None = None,
        step: float = DIFFERENCE,
        *,
        keep: bool = True,
    ) -> list[Evaluation]:
        """The residuals at several points at a time.

        Without ``keep`` they are in no journal, and are no candidates for the best.
        """
        if not keep:
            asked = [(k, u, derivatives, step) for u in points for k in self.fitted]
            told = iter(self._ask(asked))
            every = [[next(told) for _ in self.fitted] for _ in points]
            return [
                self._evaluation(u, self._joined(own)) for u, own in zip(points, every, strict=True)
            ]
        questions = [_question(u, derivatives, step) for u in points]
        missing = [i for i, question in enumerate(questions) if self.journal.get(question) is None]
        tasks = [(k, points[i], derivatives, step) for i in missing for k in self.fitted]
        answers = self._ask(tasks)
        for i in missing:  # on disk as soon as it is known
            own = [next(answers) for _ in self.fitted]
            found = self._joined(own)
            self.journal.note(questions[i], found)
            self._recent[questions[i]] = dict(zip(self.fitted, own, strict=True))
            if len(self._recent) > _RECENT:
                del self._recent[next(iter(self._recent))]
            self._compare(self._evaluation(points[i], found), questions[i])
        result = []
        for u, question in zip(points, questions, strict=True):
            known = self.journal.get(question)
            assert known is not None
            result.append(self._evaluation(u, known))
            self._compare(result[-1], question)
        return result

    def _compare(self, found: Evaluation, question: str) -> None:
        """Keep what is better than all before."""
        best = self.best
        if found.failures or (best is not None and best.cost <= found.cost):
            if best is not None and best.jacobian is None and np.array_equal(best.u, found.u):
                self.best = found  # now with derivatives
            return
        self.best, self.best_answers = found, self._recent.get(question, {})
        self._show()
        if self.improved is not None:
            self.improved()

    def answers(self, u: Array) -> list[Answer]:
        """What the model says to every data set, those left out too."""
        best = self.best
        known = self.best_answers if best is not None and np.array_equal(best.u, u) else {}
        missing = [k for k in range(len(self.experiments)) if k not in known]
        told = self._ask([(k, u, None, DIFFERENCE) for k in missing])
        found = {**known, **dict(zip(missing, told, strict=True))}
        return [found[k] for k in range(len(self.experiments))]

    def _ask(self, tasks: Sequence[tuple[int, Array, str | None, float]]) -> Iterator[Answer]:
        """Answers in the order of the tasks, each when it is there."""
        if self.workers == 1 or len(tasks) <= 1:
            for k, u, derivatives, step in tasks:
                moves = self.moves[k]
                one = answer(self.experiments[k], u, moves, derivatives, step)
                self._count(k, one)
                yield one
            return
        if self._pool is None:
            self._pool = _processes(self.workers, self.experiments, self.moves)
        done = 0
        try:
            for (k, *_), one in zip(tasks, self._pool.map(_work, tasks), strict=True):
                self._count(k, one)
                done += 1
                yield one
        except BrokenProcessPool:
            yield from self._one_by_one(tasks[done:])

    def _one_by_one(
        self, tasks: Sequence[tuple[int, Array, str | None, float]]
    ) -> Iterator[Answer]:
        """After a process was killed: each in a process of its own, and so it is seen which."""
        self._pool = None
        for task in tasks:
            one = failed(self.experiments[task[0]], "its process was killed; out of memory?", 1)
            with _processes(1, self.experiments, self.moves) as pool, suppress(BrokenProcessPool):
                one = pool.submit(_work, task).result()
            self._count(task[0], one)
            yield one

    def _count(self, k: int, found: Answer) -> None:
        self.simulations += found.runs
        name = self.experiments[k].name
        if found.failure:
            self.failures[f"{name}: {found.failure}"] += 1
        if found.differenced:
            self.differenced.add(name)
        self._show()

    def _joined(self, own: Sequence[Answer]) -> dict[str, Any]:
        squares, points = 0.0, 0
        for k, one in zip(self.fitted, own, strict=True):
            for goal, match in zip(self.experiments[k].targets, one.matches, strict=True):
                if match is None:
                    squares = float("nan")
                    continue
                points += goal.voltage.size
                squares += float(((match.voltage - goal.voltage) ** 2).sum())
        values, slopes = self._stacked(own)
        return {
            "residuals": values,
            "jacobian": slopes,
            "rms": float(np.sqrt(squares / points)) if points else float("nan"),
            "failures": [
                f"{self.experiments[k].name}: {one.failure}"
                for k, one in zip(self.fitted, own, strict=True)
                if one.failure
            ],
        }

    def _stacked(self, own: Sequence[Answer]) -> tuple[Array, Array | None]:
        """Residuals of the data sets, then those of the gaps between them."""
        sizes = {self.experiments[k].name: self.experiments[k].size for k in self.fitted}
        by_name = {self.experiments[k].name: a for k, a in zip(self.fitted, own, strict=True)}
        values = [by_name[name].residuals[:size] for name, size in sizes.items()]
        known = all(one.jacobian is not None for one in own)
        slopes = [a.jacobian[: sizes[n]] for n, a in by_name.items() if a.jacobian is not None]
        for gap in self.gaps:
            ends = [self._probed(probe, by_name) for probe in (gap.first, gap.second)]
            difference = (ends[0][0] - ends[1][0] - gap.measured) / gap.std
            values.append(np.where(np.isnan(difference), PENALTY / gap.std, difference))
            if known:
                slopes.append((ends[0][1] - ends[1][1]) / gap.std)
        return np.concatenate(values), np.concatenate(slopes) if known else None

    def _probed(self, probe: Probe, by_name: Mapping[str, Answer]) -> tuple[Array, Array]:
        """Voltages of a data set at a probe, which stand behind its residuals."""
        experiment = next(e for e in self.experiments if e.name == probe.data_set)
        found, start = by_name[probe.data_set], experiment.size
        for one in experiment.probes:
            rows = slice(start, start + one.time.size)
            if one is probe:
                break
            start += one.time.size
        nothing = np.zeros((probe.time.size, len(self.parameters)))
        return found.residuals[rows], nothing if found.jacobian is None else found.jacobian[rows]

    def _evaluation(self, u: Array, found: Any) -> Evaluation:
        values = self.smoothing(np.asarray(found["residuals"], dtype=float))
        slopes = None
        if found["jacobian"] is not None:
            raw = np.asarray(found["jacobian"], dtype=float)
            slopes = self.smoothing(raw.reshape(values.size, u.size))
        known = [k for k, p in enumerate(self.parameters) if p.prior is not None]
        priors = np.zeros(len(known))
        rows = np.zeros((len(known), u.size))
        for row, k in enumerate(known):
            prior = self.parameters[k].prior
            assert prior is not None
            priors[row] = (u[k] - prior.mean) / prior.std
            rows[row, k] = 1 / prior.std
        return Evaluation(
            u=u,
            residuals=np.concatenate([values, priors]),
            jacobian=None if slopes is None else np.concatenate([slopes, rows]),
            voltage_rms=float(found["rms"]),
            failures=tuple(found["failures"]),
        )

    def _show(self) -> None:
        if self._tell is None:
            return
        best = self.best
        values: tuple[float, ...] = ()
        if best is not None:
            values = tuple(p.value(x) for p, x in zip(self.parameters, best.u, strict=True))
        rms = float("nan") if best is None else best.voltage_rms
        names = tuple(p.name for p in self.parameters)
        self._tell(Progress(self.stage, self.simulations, rms, values, names))


def _processes(
    count: int, experiments: Sequence[Experiment], moves: Sequence[Sequence[list[Place] | None]]
) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        count, mp_context=_context(), initializer=_begin, initargs=(experiments, moves)
    )


def _context() -> multiprocessing.context.BaseContext:
    """Forks where they are safe: scripts and notebooks then need no guard of their main part."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def cores() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


def _question(u: Array, derivatives: str | None, step: float) -> str:
    own = f" {step:g}" if derivatives == "differences" else ""
    return f"{derivatives or 'values'}{own} {' '.join(repr(float(x)) for x in u)}"


def _begin(
    experiments: Sequence[Experiment], moves: Sequence[Sequence[list[Place] | None]]
) -> None:
    """Set a process up once; an interrupt is the business of the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    global _GIVEN
    _GIVEN = (experiments, moves)


_GIVEN: tuple[Sequence[Experiment], Sequence[Sequence[list[Place] | None]]] = ((), ())


def _work(task: tuple[int, Array, str | None, float]) -> Answer:
    k, u, derivatives, step = task
    experiments, moves = _GIVEN
    return answer(experiments[k], u, moves[k], derivatives, step)
