"""The exchange current from composition histograms: an inverse problem of the Fokker-Planck model.

Histograms at a few moments of half cycles of several rates are fitted jointly by log10 j0 at
knots, joined by a shape-preserving cubic (Park et al., Nature Mater. 20 (2021) 991, Fig. 5b, c;
set up anew, see physics.md, row P8).  The current, the noise D0 and the
open-circuit voltage are taken as known.  Where particles react much faster than the current
asks of them, their composition follows equilibrium and says nothing
of j0: the uncertainty of a knot tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log as natural_log
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from electrode_model.fokker_planck.evolve import Evolution
from electrode_model.fokker_planck.law import Law
from electrode_model.fokker_planck.peaks import half_cycle
from electrode_model.fokker_planck.system import Grid, uniform
from electrode_model.free_energy import PiecewiseCubic, Potential
from electrode_model.particle import Chemistry
from electrode_model.symbolic import Expr, exp

__all__ = ["Measured", "Recovered", "binned", "recover", "scaled", "simulated"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_STEP = 0.02  # dex, of the difference quotients
_FRAMES = 98  # densities kept of a half cycle; those asked for are interpolated between them


@dataclass(frozen=True)
class Measured:
    """Histograms of one half cycle."""

    rate: float  # 1C, size
    start: float
    end: float
    means: Array  # (m,) mean fillings at which they were taken
    edges: Array  # (b + 1,) of the bins
    density: Array  # (m, b) per unit of filling
    error: Array  # (m, 1) or (m, b) standard error


@dataclass(frozen=True)
class Recovered:
    """log10 of j0 [1/h] at the knots, with its standard errors."""

    knots: Array  # (k,) filling
    log10_j0: Array  # (k,)
    error: Array  # (k,) with the smoothness as prior
    error_of_data: Array  # (k,) of the histograms alone; inf where they say nothing
    misfit: float  # chi^2 per datum
    runs: int  # half cycles computed


def scaled(law: Law, knots: Array, log10_factor: Array) -> Law:
    """The law with all its rates multiplied by 10^(factor at c)."""
    curve = PiecewiseCubic.through(knots, log10_factor * natural_log(10))
    own = law.chemistry

    def rate(dphi: Expr, c: Expr, c_e: Expr, mu: Potential) -> Expr:
        return exp(curve(c)) * own.rate(dphi, c, c_e, mu)

    return replace(law, chemistry=Chemistry(own.potential, rate, own.diffusivity, own.mobility))


def binned(evolution: Evolution, means: Array, edges: Array) -> Array:
    """(m, b) densities in bins at the moments of given mean fillings.

    Linear in time between saved densities, and in filling between faces of the cells.
    """
    grid, mean = evolution.grid, evolution.mean
    order = np.argsort(mean)
    at = np.interp(means, mean[order], order.astype(float))
    k = np.minimum(at.astype(int), mean.size - 2)
    share = (at - k)[:, None]
    f = (1 - share) * evolution.density[k] + share * evolution.density[k + 1]
    below = np.cumsum(np.pad(f * grid.widths, ((0, 0), (1, 0))), axis=1)
    at_edges = np.array([np.interp(edges, grid.faces, row) for row in below])
    result: Array = np.diff(at_edges, axis=1) / np.diff(edges)
    return result


def simulated(
    law: Law,
    rate: float,
    start: float,
    end: float,
    means: Array,
    edges: Array,
    noise: float,
    random: np.random.Generator,
    cells: int = 800,
) -> Measured:
    """Synthetic histograms with normal errors of ``noise`` times the highest bin of each."""
    run = half_cycle(law, rate, start, end, uniform(law.domain, cells), frames=_FRAMES)
    exact = binned(run, means, edges)
    error = noise * exact.max(axis=1, keepdims=True)
    density = exact + error * random.standard_normal(exact.shape)
    return Measured(rate, start, end, means, edges, density, error)


def recover(
    law: Law,
    measured: Sequence[Measured],
    knots: Array,
    guess: Array,
    *,
    smoothness: float = 1.0,
    cells: int = 300,
    rtol: float = 1e-4,
) -> Recovered:
    """Fit log10 j0 [1/h] at ``knots`` (k,), from ``guess`` (k,), to histograms of all rates.

    ``law`` gives everything but j0; its own exchange current must be constant, ``law.rate``.
    ``smoothness`` is the standard deviation, in dex, that the second differences of the knots
    are expected to have; it decides where the data do not.

    Raises
    ------
    RuntimeError
        The model cannot be solved for the guess.
    """
    grid = uniform(law.domain, cells)
    second = np.diff(np.eye(knots.size), 2, axis=0) / smoothness
    shift = np.log10(law.rate)
    runs = 0

    def misfit(values: Array) -> Array:
        nonlocal runs
        runs += len(measured)
        model = scaled(law, knots, values - shift)
        parts = [_difference(model, m, grid, rtol) for m in measured]
        return np.concatenate(parts)

    def slopes(values: Array) -> Array:
        here = misfit(values)
        columns = [(misfit(values + step) - here) / _STEP for step in _STEP * np.eye(knots.size)]
        return np.stack(columns, axis=1)

    fit = least_squares(
        lambda values: np.concatenate([misfit(values), second @ values]),
        guess,
        jac=lambda values: np.concatenate([slopes(values), second]),
        x_scale=1.0,
        xtol=1e-3,
        ftol=1e-4,
        max_nfev=30,
    )
    jacobian = fit.jac[: -second.shape[0]]
    data = jacobian.T @ jacobian
    residuals = fit.fun[: -second.shape[0]]
    return Recovered(
        knots=knots,
        log10_j0=fit.x,
        error=np.sqrt(np.diag(np.linalg.inv(data + second.T @ second))),
        error_of_data=_errors(data),
        misfit=float(residuals @ residuals) / residuals.size,
        runs=runs,
    )


def _difference(law: Law, measured: Measured, grid: Grid, rtol: float) -> Array:
    """Model minus histograms in standard errors, flat."""
    m = measured
    run = half_cycle(law, m.rate, m.start, m.end, grid, frames=_FRAMES, rtol=rtol)
    apart: Array = ((binned(run, m.means, m.edges) - m.density) / m.error).ravel()
    return apart


def _errors(information: Array) -> Array:
    """Standard errors of the data alone: inf for what they do not determine."""
    values, vectors = np.linalg.eigh(information)
    floor = 1e-12 * values[-1]
    spread = np.where(values > floor, 1 / np.maximum(values, floor), np.inf)
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.nansum(vectors**2 * spread, axis=1))
