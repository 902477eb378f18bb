"""The exchange current as a function of composition, from composition histograms.

Histograms at a few moments of half cycles of several rates are fitted jointly by log10 j0 at
knots, joined by a natural cubic spline: the inverse problem for the variable coefficient of a
Fokker-Planck equation of Park et al., Nature Mater. 20 (2021) 991, Fig. 5b, c; set up anew
(physics.md, row P8).  The current is imposed and the open-circuit voltage known; a series
resistance moves only the voltage, and histograms say nothing of it.  Where particles react much
faster than the current asks of them, their composition follows equilibrium and says nothing of
j0: at such fillings only a lower bound is found, or nothing.

The second differences of the knots are expected to be normal with a standard deviation
``smoothness``, which the data choose if none is given (MacKay, Neural Comput. 4 (1992) 415).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import least_squares

from electrode_model.fit.histograms import Histograms, on_grid
from electrode_model.fit.population import Knotted, along, basis
from electrode_model.fokker_planck.law import Law, law_of
from electrode_model.fokker_planck.system import uniform

if TYPE_CHECKING:
    from electrode_model.config.model import Config

__all__ = ["Recovered", "fit_exchange_current", "predicted"]

Array = np.ndarray[Any, np.dtype[np.float64]]

LIMIT = 0.5  # dex: half width of the 95 % interval of the data beyond which j0 counts as unknown
Z95 = 1.959964  # standard normal, 95 % two-sided
DROP = 3.841459  # chi-squared with one degree of freedom, 95 %
_LEVELS = (-1.0, 0.0, 1.0, 2.0)  # log10 j0 [1/h] of the flat guesses
_SMOOTHNESS = (0.01, 10.0)  # dex: range of the one that the data choose
_FIRST = 1.0  # dex, to begin with
_ROUNDS = 8
_FAILED = 1e3  # residual of every datum where the model cannot be solved
_WEAK = 10.0  # times the smoothness, for bounds of the data alone
_REACH = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0)  # dex from a knot's value, where its bounds are sought


@dataclass(frozen=True)
class Recovered:
    """log10 of j0 [1/h] at the knots, and how far the histograms determine it."""

    knots: Array  # (k,) filling
    log10_j0: Array  # (k,)
    covariance: Array  # (k, k) with the smoothness as prior
    information: Array  # (k, k) of the histograms alone, D0 accounted for
    lower: Array  # (k,) 95 %; -inf where there is no lower bound
    upper: Array  # (k,) 95 %; inf where there is no upper bound
    identified: Array  # (k,) bool
    noise: float  # D0
    noise_error: float  # dex; 0 where it was given
    smoothness: float  # dex
    misfit: float  # chi^2 per datum
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
    knots: int | Array = 8,
    *,
    population: int = 0,
    noise: float = 1e-2,
    free_noise: bool = False,
    smoothness: float | None = None,
    guess: Array | None = None,
    bounds: bool = True,
    cells: int = 300,
    rtol: float = 1e-4,
) -> Recovered:
    """Fit log10 j0 at ``knots`` to the histograms of all half cycles.

    ``source`` gives the open-circuit voltage, the kinetic law and its transfer coefficient; its own
    exchange current does not matter.  A number of knots is spread over the fillings of the bins.
    ``noise`` is D0; with ``free_noise`` it is fitted, from that value.  ``smoothness`` [dex]: see
    above; None leaves it to the data.  Without a ``guess`` (k,) the best of four flat ones is taken.
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
    problem = _Problem(law, histograms, _placed(law, histograms, knots), noise, free_noise, cells)
    problem.rtol = rtol
    x = problem.first(guess)
    s = _FIRST if smoothness is None else smoothness
    for _ in range(_ROUNDS if smoothness is None else 1):
        x = problem.fitted(x, s)
        before, s = s, problem.smoothness(x, s) if smoothness is None else s
        if abs(np.log(s / before)) < 0.05:
            break
    return _assessed(problem, x, s, bounds, _surface(source, population, law))


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
    """(m, b) share of each bin in the model, for each of ``histograms``, whose values do not count."""
    system = Knotted(law, uniform(law.domain, cells), knots)
    system.put(log10_j0, float(np.log10(noise)))
    return [
        along(system, one.rate, one.start, one.means, rtol=rtol).density
        @ on_grid(one, system.grid).T
        for one in histograms
    ]


class _Problem:
    """Residuals and their derivatives; the model is solved once for each point."""

    rtol = 1e-4

    def __init__(
        self,
        law: Law,
        histograms: Sequence[Histograms],
        knots: Array,
        noise: float,
        free_noise: bool,
        cells: int,
    ) -> None:
        self.knots, self.histograms, self.free = knots, histograms, free_noise
        self.log10_noise = float(np.log10(noise))
        self.system = Knotted(law, uniform(law.domain, cells), knots)
        self.bins = [on_grid(one, self.system.grid) for one in histograms]
        self.size = sum(one.size for one in histograms)
        self.count = knots.size + free_noise
        self.second = np.zeros((knots.size - 2, self.count))
        self.second[:, : knots.size] = _second_differences(knots)
        self.runs, self.reason = 0, ""
        self._known: dict[bytes, tuple[Array, Array]] = {}

    def __call__(self, x: Array) -> tuple[Array, Array]:
        """Residuals (n,) in standard errors, and their derivatives (n, p)."""
        key = x.tobytes()
        if key not in self._known:
            if len(self._known) > 4:
                self._known.clear()
            self._known[key] = self._solved(x)
        return self._known[key]

    def _solved(self, x: Array) -> tuple[Array, Array]:
        k = self.knots.size
        self.system.put(x[:k], float(x[k]) if self.free else self.log10_noise)
        parts = []
        for one, bins in zip(self.histograms, self.bins, strict=True):
            self.runs += 1
            try:
                found = along(self.system, one.rate, one.start, one.means, rtol=self.rtol)
            except (RuntimeError, FloatingPointError, ValueError) as error:
                self.reason = str(error)
                return np.full(self.size, _FAILED), np.zeros((self.size, self.count))
            slopes = np.moveaxis(found.slopes[:, : self.count] @ bins.T, 1, 0)
            parts.append(one.residuals(found.density @ bins.T, slopes))
        residuals = np.concatenate([part[0] for part in parts])
        slopes = np.concatenate([part[1] for part in parts], axis=1).T
        if not (np.all(np.isfinite(residuals)) and np.all(np.isfinite(slopes))):
            self.reason = "the density is not finite"
            return np.full(self.size, _FAILED), np.zeros((self.size, self.count))
        return residuals, slopes

    def first(self, guess: Array | None) -> Array:
        """The point to begin at."""
        k = self.knots.size
        flat = [np.full(k, level) for level in _LEVELS] if guess is None else [np.asarray(guess)]
        more = [self.log10_noise] if self.free else []
        points = [np.concatenate([values, more]) for values in flat]
        costs = [float(np.sum(self(point)[0] ** 2)) for point in points]
        best = int(np.argmin(costs))
        if costs[best] >= 0.999 * self.size * _FAILED**2:
            raise RuntimeError(f"{self.reason}; try more cells, or another guess")
        return points[best]

    def fitted(self, x: Array, smoothness: float, held: int | None = None) -> Array:
        """The best point, beginning at ``x``; the parameter ``held`` stays."""
        prior = self.second / smoothness
        moving = np.arange(self.count) != (-1 if held is None else held)

        def whole(part: Array) -> Array:
            point = x.copy()
            point[moving] = part
            return point

        fit = least_squares(
            lambda part: np.concatenate([self(whole(part))[0], prior @ whole(part)]),
            x[moving],
            jac=lambda part: np.concatenate([self(whole(part))[1], prior])[:, moving],
            xtol=1e-4,
            ftol=1e-5,
            max_nfev=40 if held is None else 12,
        )
        return whole(fit.x)

    def smoothness(self, x: Array, now: float) -> float:
        """The standard deviation of second differences for which the data are most probable.

        One step of the fixed point s^2 = |L x|^2 / (number of differences that the data determine).
        """
        slopes = self(x)[1]
        hessian = slopes.T @ slopes + self.second.T @ self.second / now**2
        free = np.trace(np.linalg.solve(hessian, self.second.T @ self.second)) / now**2
        known = max(self.second.shape[0] - float(free), 0.1)
        bent = float(np.sum((self.second @ x) ** 2))
        return float(np.clip(np.sqrt(bent / known), *_SMOOTHNESS))


def _assessed(problem: _Problem, x: Array, s: float, bounds: bool, per_hour: float) -> Recovered:
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
        smoothness=s, misfit=chi / problem.size, data=problem.size, runs=problem.runs,
        per_hour=per_hour,
    )  # fmt: skip
    found.identified[:] = Z95 * found.error_of_data <= LIMIT
    half = Z95 * found.error
    found.lower[found.identified] = (x[:k] - half)[found.identified]
    found.upper[found.identified] = (x[:k] + half)[found.identified]
    if bounds and not np.all(found.identified):
        weak = _WEAK * s
        centre = problem.fitted(x, weak)
        for knot in np.flatnonzero(~found.identified):
            found.lower[knot] = _bound(problem, centre, weak, int(knot), -1, grown)
            found.upper[knot] = _bound(problem, centre, weak, int(knot), +1, grown)
    return _counted(found, problem.runs)


def _counted(found: Recovered, runs: int) -> Recovered:
    from dataclasses import replace

    return replace(found, runs=runs)


def _bound(
    problem: _Problem, centre: Array, smoothness: float, knot: int, way: int, grown: float
) -> float:
    """Where chi^2 of the histograms has risen by 3.84, the other parameters following; or inf."""
    least = float(np.sum(problem(centre)[0] ** 2))
    x, before = centre, (0.0, 0.0)
    for reach in _REACH:
        x = x.copy()
        x[knot] = centre[knot] + way * reach
        x = problem.fitted(x, smoothness, held=knot)
        risen = np.sqrt(max((float(np.sum(problem(x)[0] ** 2)) - least) / grown, 0.0))
        if risen > np.sqrt(DROP):
            share = (np.sqrt(DROP) - before[1]) / (risen - before[1])
            return float(centre[knot] + way * (before[0] + share * (reach - before[0])))
        before = (reach, float(risen))
    return way * np.inf


def _placed(law: Law, histograms: Sequence[Histograms], knots: int | Array) -> Array:
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


def _second_differences(knots: Array) -> Array:
    """(k - 2, k) second differences for knots of the mean distance, whatever their places."""
    h = np.diff(knots)
    rows = np.zeros((knots.size - 2, knots.size))
    for i in range(knots.size - 2):
        left, right = h[i], h[i + 1]
        rows[i, i : i + 3] = np.array([1 / left, -1 / left - 1 / right, 1 / right])
        rows[i] *= 2 / (left + right)
    return rows * float(h.mean()) ** 2


def _surface(source: "Config | Law", population: int, law: Law) -> float:
    """A/m^2 for 1 per hour."""
    if isinstance(source, Law):
        return float("nan")
    from electrode_model.analysis.alone import electrode_alone

    given = electrode_alone(source, population, filling=0.5, homogeneous=True)
    k0: float = given.positive.particles[0].kinetics.k0
    return k0 / law.rate
