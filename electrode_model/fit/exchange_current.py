"""The exchange current as a function of composition, from composition histograms.

Histograms at a few moments of half cycles of several rates are fitted jointly by log10 j0 at
knots, joined by a natural cubic spline: the inverse problem for the variable coefficient of a
Fokker-Planck equation of Park et al., Nature Mater. 20 (2021) 991, Fig. 5b, c; set up anew
(physics.md, row P8).  The current is imposed and the open-circuit voltage known; a series
resistance moves only the voltage, and histograms say nothing of it.  Where particles react much
faster than the current asks of them, their composition follows equilibrium and says nothing of
j0: at such fillings only a lower bound is found, or nothing.

The second differences of the knots are expected to be normal with a standard deviation
``smoothness``, which decides where the data do not.  It is given and not chosen by the data: where
they see only a straight stretch of log10 j0 they would take all of it for straight.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.fit.histograms import Histograms, on_grid
from electrode_model.fit.knots import Problem
from electrode_model.fit.population import Knotted, along, basis
from electrode_model.fokker_planck.law import Law, law_of
from electrode_model.fokker_planck.system import uniform

if TYPE_CHECKING:
    from electrode_model.config.model import Config

__all__ = ["Recovered", "fit_exchange_current", "predicted"]

Array = np.ndarray[Any, np.dtype[np.float64]]

LIMIT = 0.5  # dex: half width of the 95 % interval of the data beyond which j0 counts as unknown
COARSE = 0.3  # standard errors: change of the residuals from which the grid is too coarse
Z95 = 1.959964  # standard normal, 95 % two-sided
DROP = 3.841459  # chi-squared with one degree of freedom, 95 %
_WEAK = 10.0  # times the smoothness, for bounds of the data alone
_FAR = 2.0  # dex from a knot's value: what no histogram forbids there has no bound
_HALVINGS = 3


@dataclass(frozen=True)
class Recovered:
    """log10 of j0 [1/h] at the knots, and how far the histograms determine it."""

    knots: Array  # (k,) filling
    log10_j0: Array  # (k,)
    covariance: Array  # (k, k) with the smoothness as prior
    information: Array  # (k, k) of the histograms alone, D0 accounted for
    lower: Array  # (k,) 95 %; -inf where there is no lower bound
    upper: Array  # (k,) 95 %; inf where there is no upper bound
    identified: np.ndarray  # (k,) bool: the histograms alone determine it
    noise: float  # D0
    noise_error: float  # dex; 0 where it was given
    smoothness: float  # dex
    misfit: float  # chi^2 per datum
    grid: float  # rms change of the residuals with twice the cells, in standard errors
    data: int
    runs: int  # half cycles computed
    per_hour: float = np.nan  # A/m^2 of reacting surface for 1 per hour

    @property
    def error(self) -> Array:
        """(k,) standard errors, dex, with the smoothness as prior."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def error_of_data(self) -> Array:
        """(k,) standard errors of the histograms alone; inf where they say nothing."""
        return self._of_data(np.eye(self.knots.size))

    def curve(self, c: Array) -> Array:
        """(n,) log10 j0 [1/h] at fillings ``c`` (n,)."""
        values: Array = basis(self.knots, np.asarray(c, dtype=float)) @ self.log10_j0
        return values

    def band(self, c: Array) -> Array:
        """(n,) half width of the 95 % interval at ``c``, dex, with the smoothness as prior."""
        shape = basis(self.knots, np.asarray(c, dtype=float))
        return Z95 * np.sqrt(np.einsum("ni,ij,nj->n", shape, self.covariance, shape))

    def unknown(self, limit: float = LIMIT, points: int = 601) -> list[tuple[float, float]]:
        """Ranges of filling between the knots in which j0 is not identifiable.

        There the 95 % interval of the histograms alone is wider than ``limit`` [dex] to each side.
        """
        c = np.linspace(self.knots[0], self.knots[-1], points)
        blind = self._of_data(basis(self.knots, c)) * Z95 > limit
        edges = np.flatnonzero(np.diff(np.concatenate([[0], blind.astype(int), [0]])))
        return [
            (float(c[a]), float(c[b - 1])) for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]

    def _of_data(self, shape: Array) -> Array:
        values, vectors = np.linalg.eigh(self.information)
        floor = 1e-12 * max(float(values[-1]), 1e-300)
        weight = (shape @ vectors) ** 2
        blind = values <= floor
        errors = np.sqrt(weight @ np.where(blind, 0.0, 1 / np.maximum(values, floor)))
        lost = weight[:, blind].sum(axis=1) > 1e-9
        return np.where(lost, np.inf, errors)


def fit_exchange_current(
    source: "Config | Law",
    histograms: Sequence[Histograms],
    knots: int | Sequence[float] | Array = 8,
    *,
    population: int = 0,
    noise: float = 1e-2,
    free_noise: bool = False,
    smoothness: float = 1.0,
    guess: Array | None = None,
    bounds: bool = True,
    cells: int = 300,
    rtol: float = 1e-4,
) -> Recovered:
    """Fit log10 j0 at ``knots`` to the histograms of all half cycles.

    ``source`` gives the open-circuit voltage, the kinetic law and its transfer coefficient; its own
    exchange current does not matter.  A number of knots is spread over the fillings of the bins.
    ``noise`` is D0; with ``free_noise`` it is fitted, from that value.  ``smoothness`` [dex]: see
    above.  Without a ``guess`` (k,) of log10 j0 [1/h] the best of four flat ones serves.
    Errors grow by the square root of chi^2 per degree of freedom where that is above 1.  With
    ``bounds``, knots that the data leave open are followed to where chi^2 has risen by 3.84,
    the smoothness ten times weaker.

    Raises
    ------
    RuntimeError
        The model cannot be solved for any guess.
    ValueError
        Too few knots, or knots and histograms outside the known open-circuit voltage.
    """
    law = source if isinstance(source, Law) else law_of(source, population, noise=noise)
    problem = Problem(law, histograms, _placed(law, histograms, knots), noise, free_noise, cells)
    problem.rtol = rtol
    x = problem.fitted(problem.first(guess), smoothness)
    return _assessed(problem, x, smoothness, bounds, _surface(source, population, law))


def predicted(
    law: Law,
    histograms: Sequence[Histograms],
    knots: Array,
    log10_j0: Array,
    *,
    noise: float = 1e-2,
    cells: int = 800,
    rtol: float = 1e-5,
) -> list[Array]:
    """(m, b) share of each bin in the model at the moments and bins of each of ``histograms``."""
    system = Knotted(law, uniform(law.domain, cells), knots)
    system.put(log10_j0, float(np.log10(noise)))
    return [
        along(system, one.rate, one.start, one.means, rtol=rtol).density
        @ on_grid(one, system.grid).T
        for one in histograms
    ]


def _assessed(problem: Problem, x: Array, s: float, bounds: bool, per_hour: float) -> Recovered:
    """Errors, intervals and bounds at the best point."""
    k = problem.knots.size
    residuals, slopes = problem(x)
    chi = float(residuals @ residuals)
    freedom = max(problem.size - problem.count, 1)
    grown = max(1.0, chi / freedom)
    information = slopes.T @ slopes / grown
    prior = problem.second.T @ problem.second / s**2
    covariance = np.linalg.inv(information + prior + 1e-12 * np.eye(problem.count))
    own = information[:k, :k]
    if problem.free:
        own = own - np.outer(information[:k, k], information[k, :k]) / information[k, k]
    found = Recovered(
        knots=problem.knots, log10_j0=x[:k], covariance=covariance[:k, :k], information=own,
        lower=np.full(k, -np.inf), upper=np.full(k, np.inf), identified=np.zeros(k, dtype=bool),
        noise=float(10 ** (x[k] if problem.free else problem.log10_noise)),
        noise_error=float(np.sqrt(covariance[k, k])) if problem.free else 0.0,
        smoothness=s, misfit=chi / problem.size, grid=_grid_error(problem, x),
        data=problem.size, runs=problem.runs,
        per_hour=per_hour,
    )  # fmt: skip
    found.identified[:] = Z95 * found.error_of_data <= LIMIT
    half = Z95 * found.error
    found.lower[found.identified] = (x[:k] - half)[found.identified]
    found.upper[found.identified] = (x[:k] + half)[found.identified]
    if bounds and not np.all(found.identified):
        weak = _WEAK * s
        centre = problem.improved(x, weak)
        for knot in np.flatnonzero(~found.identified):
            found.lower[knot] = _bound(problem, centre, weak, int(knot), -1, grown)
            found.upper[knot] = _bound(problem, centre, weak, int(knot), +1, grown)
    return replace(found, runs=problem.runs)


def _grid_error(problem: Problem, x: Array) -> float:
    """How much twice the cells move the residuals; inf if they cannot be computed."""
    finer = problem.finer()
    change = finer(x)[0] - problem(x)[0]
    problem.runs += finer.runs
    return float(np.sqrt(np.mean(change**2))) if not finer.reason else float("inf")


def _bound(
    problem: Problem, centre: Array, smoothness: float, knot: int, way: int, grown: float
) -> float:
    """Where chi^2 of the histograms has risen by 3.84, the other parameters following; or inf.

    From the farthest place inwards: one fit tells that there is no bound.
    """
    slopes, least = problem(centre)[1], problem.chi(centre)
    prior = problem.second / smoothness
    hessian = slopes.T @ slopes + prior.T @ prior + 1e-9 * np.eye(problem.count)
    follow = np.linalg.inv(hessian)[knot]
    follow /= follow[knot]  # how the others go along, in the linear approximation

    enough = least + DROP * grown

    def risen(reach: float) -> float:
        x = problem.improved(centre + way * reach * follow, smoothness, knot, enough)
        rise = problem.chi(x) - least
        return float(np.sqrt(max(rise, 0.0) / grown))

    far, target = (_FAR, risen(_FAR)), float(np.sqrt(DROP))
    if far[1] <= target:
        return way * np.inf
    near = (0.0, 0.0)
    for _ in range(_HALVINGS):
        middle = (near[0] + far[0]) / 2
        found = (middle, risen(middle))
        near, far = (found, far) if found[1] < target else (near, found)
    share = (target - near[1]) / (far[1] - near[1])
    return float(centre[knot] + way * (near[0] + share * (far[0] - near[0])))


def _placed(
    law: Law, histograms: Sequence[Histograms], knots: int | Sequence[float] | Array
) -> Array:
    """The knots, or that many of them over the fillings of the bins."""
    if not histograms:
        raise ValueError("no histogram is given")
    low, high = law.domain
    for one in histograms:
        outside = [m for m in (one.start, *one.means) if not low < m < high]
        if outside:
            raise ValueError(
                f"{one.name or 'histograms'}: a mean filling of {outside[0]:g} lies outside"
                f" {low:g} to {high:g}, where the open-circuit voltage is known"
            )
    if isinstance(knots, int):
        edges = [edge for one in histograms for edge in (one.edges[0], one.edges[-1])]
        knots = np.linspace(max(min(edges), low), min(max(edges), high), max(knots, 0))
    knots = np.asarray(knots, dtype=float)
    if knots.size < 4 or not np.all(np.diff(knots) > 0):
        raise ValueError(f"{knots.size} knots: at least 4, ascending, are needed")
    if not (low <= knots[0] and knots[-1] <= high):
        raise ValueError(f"knots from {knots[0]:g} to {knots[-1]:g} leave {low:g} to {high:g}")
    return knots


def _surface(source: "Config | Law", population: int, law: Law) -> float:
    """A/m^2 for 1 per hour."""
    if isinstance(source, Law):
        return float("nan")
    from electrode_model.analysis.alone import electrode_alone

    given = electrode_alone(source, population, filling=0.5, homogeneous=True)
    k0: float = given.positive.particles[0].kinetics.k0
    return k0 / law.rate
