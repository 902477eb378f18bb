"""The inverse problem of the exchange current at knots: residuals, derivatives, its best point."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from electrode_model.fit.histograms import Histograms, on_grid
from electrode_model.fit.population import Knotted, along
from electrode_model.fokker_planck.law import Law
from electrode_model.fokker_planck.system import uniform

__all__ = ["Problem"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_LEVELS = (-1.0, 0.0, 1.0, 2.0)  # log10 j0 [1/h] of the flat guesses
_FAILED = 1e3  # residual of every datum where the model cannot be solved
_STEPS = 6


class Problem:
    """Residuals and their derivatives; the model is solved once for each point.

    A point is log10 j0 [1/h] at the knots, and log10 D0 behind them if that is free.
    """

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
        self.law, self.cells = law, cells
        self.log10_noise = float(np.log10(noise))
        self.system = Knotted(law, uniform(law.domain, cells), knots)
        self.bins = [on_grid(one, self.system.grid) for one in histograms]
        self.size = sum(one.size for one in histograms)
        self.count = knots.size + free_noise
        self.second = np.zeros((knots.size - 2, self.count))
        self.second[:, : knots.size] = _second_differences(knots)
        self.runs, self.reason = 0, ""
        self._known: dict[bytes, tuple[Array, Array]] = {}

    def finer(self) -> "Problem":
        """The same with twice the cells."""
        noise = float(10**self.log10_noise)
        other = Problem(self.law, self.histograms, self.knots, noise, self.free, 2 * self.cells)
        other.rtol = self.rtol
        return other

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

    def fitted(self, x: Array, smoothness: float) -> Array:
        """The best point, beginning at ``x``."""
        prior = self.second / smoothness
        fit = least_squares(
            lambda x: np.concatenate([self(x)[0], prior @ x]),
            x,
            jac=lambda x: np.concatenate([self(x)[1], prior]),
            xtol=1e-4,
            ftol=1e-5,
            max_nfev=40,
        )
        return fit.x

    def improved(
        self, x: Array, smoothness: float, held: int | None = None, enough: float = -np.inf
    ) -> Array:
        """Near the best point, the parameter ``held`` in its place, or where chi^2 is ``enough``.

        Gauss-Newton steps, halved while they do not improve.
        """
        moving = np.arange(self.count) != (-1 if held is None else held)
        prior = self.second[:, moving] / smoothness

        def cost(x: Array) -> float:
            return self.chi(x) + float(np.sum((self.second @ x) ** 2)) / smoothness**2

        now = cost(x)
        for _ in range(_STEPS):
            if self.chi(x) <= enough:
                break
            residuals, slopes = self(x)
            part = slopes[:, moving]
            pull = part.T @ residuals + prior.T @ (self.second @ x) / smoothness
            hessian = part.T @ part + prior.T @ prior + 1e-9 * np.eye(part.shape[1])
            step = np.zeros(self.count)
            step[moving] = -np.linalg.solve(hessian, pull)
            for _ in range(3):
                after = cost(x + step)
                if after < now:
                    break
                step /= 2
            else:
                break
            x, now, gained = x + step, after, now - after
            if gained < 0.05:  # of chi^2, where 3.84 decides
                break
        return x

    def chi(self, x: Array) -> float:
        """chi^2 of the histograms."""
        residuals = self(x)[0]
        return float(residuals @ residuals)


def _second_differences(knots: Array) -> Array:
    """(k - 2, k) second differences for knots of the mean distance, whatever their places."""
    h = np.diff(knots)
    rows = np.zeros((knots.size - 2, knots.size))
    for i in range(knots.size - 2):
        left, right = h[i], h[i + 1]
        rows[i, i : i + 3] = np.array([1 / left, -1 / left - 1 / right, 1 / right])
        rows[i] *= 2 / (left + right)
    return rows * float(h.mean()) ** 2
