"""What the parameters can be, sampled: the posterior, by the walkers of emcee.

Residuals are normal with an unknown standard deviation, which is integrated out with Jeffreys'
prior, and correlated along their curves, so that n of them count as n/tau (variants.py).  Then

    p(u | data) ~ S(u)^(-n/2 tau) p(u),

with S the sum of squares (or the robust loss) and p(u) the priors, flat between the bounds on the
scale of each parameter where none is given (Gelman et al., Bayesian Data Analysis, 3rd ed. 2013,
section 14.2: where the model is linear this is Student's distribution, that of the intervals from
the derivatives, statistics.py).

Walkers start around the optimum.  Half of their steps are drawn from a Student distribution with
the curvature there, which is near the posterior where that is nearly normal, and half are
stretches between walkers (Goodman & Weare, Comm. App. Math. Comp. Sci. 5 (2010) 65), which need no
such likeness.  All walkers of a step are simulated at a time, over all processes.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from electrode_model.fit.chain import Chain
from electrode_model.fit.config import Objective, Sampling
from electrode_model.fit.evaluator import Evaluation
from electrode_model.fit.evolution import loss
from electrode_model.fit.parameters import Parameter
from electrode_model.fit.posterior import Posterior
from electrode_model.fit.statistics import CONFIDENCE, Spread

__all__ = ["Asked", "sample"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_DEGREES = 5.0  # of freedom of the proposals: tails heavier than those of any posterior here
_WIDE = 0.3  # of the range: standard deviation of what the data do not see
_CHECK = 10  # steps between looks at the convergence
_SAVE = 10.0  # s between files
_TRIES = 50  # to find a place where a walker can start
_NEAR = 0.02  # of the range: samples this near a bound ...
_PILED = 0.01  # ... and that many of them say that the bound cuts the interval


class Asked(Protocol):
    """What is needed of an :class:`~electrode_model.fit.evaluator.Evaluator`."""

    @property
    def priors(self) -> int:
        """Number of residuals that are priors."""

    def many(self, points: Sequence[Array], *, keep: bool) -> list[Evaluation]:
        """Residuals at several points."""


def sample(
    ask: Asked,
    parameters: Sequence[Parameter],
    here: Evaluation,
    found: Spread,
    gaussian: Sequence[tuple[float, float]],
    *,
    settings: Sampling,
    objective: Objective,
    folder: Path | None = None,
    resume: bool = False,
    fingerprint: str = "",
    tell: Callable[[str], None] | None = None,
) -> Posterior:
    """Sample the posterior around the optimum ``here``, which has derivatives.

    ``gaussian`` are the intervals from these, to stand beside the sampled ones.  With a ``folder``
    the walkers' ways are kept in it, and ``resume`` goes on with them: to the same samples as in
    one go.  ``tell`` is called with what is being done.

    Raises FolderError for the ways of another fit, ImportError without emcee.
    """
    import emcee

    began = time.perf_counter()
    p = len(parameters)
    count = settings.walkers or max(4 * p, 8)
    around = _Around(here, found, ask.priors)
    density = _Density(ask, objective, found, p)
    chain = Chain.read(folder, f"{fingerprint} {count} {settings.seed}", resume)
    sampler = emcee.EnsembleSampler(
        count,
        p,
        density.or_stop,
        vectorize=True,
        moves=[(emcee.moves.MHMove(around.propose), 0.5), (emcee.moves.StretchMove(), 0.5)],
    )
    if chain.steps:
        state = emcee.State(chain.places[-1], chain.values[-1], random_state=chain.random)
    else:
        random = np.random.RandomState(settings.seed)  # the sort that emcee has
        places, values = _starts(here.u, around, density, count, random)
        state = emcee.State(places, values, random_state=random.get_state())
    saved = time.perf_counter()
    try:
        left = 0 if _ended(chain, settings) else settings.steps - chain.steps
        for at in sampler.sample(
            state, iterations=left, store=False, skip_initial_state_check=True
        ):
            if density.stopped is not None:
                raise density.stopped
            chain.add(at.coords, at.log_prob, sampler.random_state)
            if tell is not None:
                tell(f"sampling, step {chain.steps} of at most {settings.steps}")
            if folder is not None and time.perf_counter() - saved > _SAVE:
                chain.write()
                saved = time.perf_counter()
            if _ended(chain, settings):
                break
    finally:
        chain.write()
    tau, burnt = chain.times()
    kept = chain.array[burnt:].reshape(-1, p)
    samples = np.array(
        [[q.value(float(x)) for q, x in zip(parameters, row, strict=True)] for row in kept]
    )
    tail = 50 * (1 - CONFIDENCE)
    return Posterior(
        names=tuple(q.name for q in parameters),
        units=tuple(q.unit for q in parameters),
        log=tuple(q.log for q in parameters),
        bounds=np.array([(q.lower, q.upper) for q in parameters]),
        optimum=np.array([q.value(float(x)) for q, x in zip(parameters, here.u, strict=True)]),
        samples=samples,
        intervals=np.percentile(samples, [tail, 100 - tail], axis=0).T,
        gaussian=np.array(gaussian, dtype=float).reshape(p, 2),
        covariance=found.covariance,
        cut=tuple(map(_cut, kept.T)),
        walkers=count,
        steps=chain.steps,
        burnt=burnt,
        autocorrelation=tau,
        acceptance=chain.acceptance,
        asked=settings.effective,
        converged=chain.done(settings.effective),
        better=max(float(np.max(chain.values)) - density.value(here), 0.0),
        simulated=density.simulated,
        seconds=time.perf_counter() - began,
    )


def _ended(chain: Chain, settings: Sampling) -> bool:
    """Whether it is enough; looked at now and then, at the same steps also of a resumed chain."""
    if chain.steps >= settings.steps:
        return True
    return chain.steps > 0 and chain.steps % _CHECK == 0 and chain.done(settings.effective)


class _Density:
    """Log of the posterior at many points; -inf outside the bounds and where nothing can be run."""

    def __init__(self, ask: Asked, objective: Objective, found: Spread, p: int) -> None:
        self.ask, self.objective = ask, objective
        self.power = 0.5 * (found.freedom + p)  # independent residuals over 2
        self.simulated = 0
        self.stopped: BaseException | None = None  # an interrupt, or what went wrong

    def or_stop(self, points: Array) -> Array:
        """The same for emcee, which prints the traceback of whatever is raised in it."""
        try:
            if self.stopped is None:  # a step asks twice
                return self(points)
        except BaseException as error:  # raised again after the step
            self.stopped = error
        return np.full(len(points), -np.inf)

    def __call__(self, points: Array) -> Array:
        inside = np.flatnonzero(np.all((points >= 0) & (points <= 1), axis=1))
        values = np.full(len(points), -np.inf)
        answers = self.ask.many([points[k] for k in inside], keep=False) if inside.size else []
        self.simulated += inside.size
        for k, one in zip(inside, answers, strict=True):
            if not one.failures:
                values[k] = self.value(one)
        return values

    def value(self, one: Evaluation) -> float:
        """That of one evaluation."""
        data = one.residuals.size - self.ask.priors
        prior = one.residuals[data:]
        own = replace(one, residuals=one.residuals[:data])
        least = max(loss(own, self.objective), np.finfo(float).tiny)
        return -self.power * math.log(least) - 0.5 * float(prior @ prior)


class _Around:
    """Student's distribution with the curvature at the optimum, wide where there is none."""

    def __init__(self, here: Evaluation, found: Spread, priors: int) -> None:
        assert here.jacobian is not None
        scaled = here.jacobian.copy()
        data = scaled.shape[0] - priors
        scaled[:data] /= math.sqrt(max(found.variance, np.finfo(float).tiny))
        p = here.u.size
        curvature = scaled.T @ scaled + np.eye(p) / _WIDE**2
        self.centre, self.size = here.u, p
        self.root = np.linalg.cholesky(np.linalg.inv(curvature))

    def draw(self, count: int, random: Any) -> Array:
        """(count, p) points."""
        normal = random.standard_normal((count, self.size)) @ self.root.T
        scale = np.sqrt(random.chisquare(_DEGREES, count) / _DEGREES)
        result: Array = self.centre + normal / scale[:, None]
        return result

    def log(self, points: Array) -> Array:
        """(n,) log of the density, but for a constant."""
        apart = np.linalg.solve(self.root, (points - self.centre).T)
        result: Array = -0.5 * (_DEGREES + self.size) * np.log1p((apart**2).sum(axis=0) / _DEGREES)
        return result

    def propose(self, places: Array, random: Any) -> tuple[Array, Array]:
        """New places, wherever the walkers are, and what that is to be corrected by."""
        new = self.draw(len(places), random)
        return new, self.log(places) - self.log(new)


def _starts(
    u: Array, around: _Around, density: _Density, count: int, random: Any
) -> tuple[Array, Array]:
    """Places where walkers can start: the optimum, and such as are drawn around it."""
    places = np.tile(np.clip(u, 0.0, 1.0), (count, 1))
    values = np.full(count, -np.inf)
    values[0] = density(places[:1])[0]
    shrink = 1.0
    for _ in range(_TRIES):
        missing = np.flatnonzero(~np.isfinite(values))
        if not missing.size:
            break
        drawn = around.centre + shrink * (around.draw(missing.size, random) - around.centre)
        places[missing] = drawn
        values[missing] = density(drawn)
        shrink *= 0.8
    if not np.isfinite(values).all():
        raise ValueError("the model cannot be simulated around the optimum")
    return places, values


def _cut(u: Array) -> str:
    """Bounds at which samples pile up."""
    low = float(np.mean(u < _NEAR)) > _PILED
    high = float(np.mean(u > 1 - _NEAR)) > _PILED
    return "both" if low and high else "lower" if low else "upper" if high else ""
