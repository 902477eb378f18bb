"""Many equal particles driven by the noise of the Fokker-Planck model, one by one.

The equation f_t = -(R f)_c + (D f_c)_c is that of the Ito process

    dc = (R + dD/dc) dt + sqrt(2 D) dW,

reflected at the ends: since D f_c = (D f)_c - D_c f, the noise acts with its intensity after the
jump, and the drift gains the slope of D at fixed potential.  All particles share one potential
and their mean follows the charge.  A reference for moments, nothing more.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.fokker_planck.law import Law, Rates
from electrode_model.fokker_planck.system import Grid

__all__ = ["Cloud", "particles"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_NODES = 2000  # of the table of R and D; linear between them: (3.6e-4)^2/8 of their curvature
_EDGE = 1e-3  # of a node's distance: laws with log(c/(1-c)) have no value at the ends
_CORRECTION = 0.3  # most that the higher terms may add, in units of the noise: tames the ends
_SMALL = 1e-4  # least |slope| dt: series and quotient agree to half of it
_BATCHES = 20  # whose scatter gives the standard errors
_TOLERANCE = 1e-7  # of the mean filling gained in a step; the next step makes up for it


@dataclass(frozen=True)
class Cloud:
    """Moments of the particles at a few times, and where they ended."""

    time: Array  # (n_t,) h
    mean: Array  # (n_t,)
    std: Array  # (n_t,)
    skewness: Array  # (n_t,)
    errors: Array  # (n_t, 2) standard errors of std and skewness, from batches of the particles
    voltage: Array  # (n_t,) kT/e, of the population, without the series resistance
    filling: Array  # (n_p,) at the end


def particles(
    law: Law,
    grid: Grid,
    start: Array,
    *,
    current: float,
    until_filling: float,
    count: int = 100_000,
    steps: int = 4000,
    frames: int = 20,
    seed: int = 0,
) -> Cloud:
    """Follow ``count`` particles from the density ``start`` (n,) of a grid at ``current`` [1C].

    ``steps`` equal time steps.  The drift is linearised about each particle, with the next term of
    its expansion (Shoji & Ozaki, Stoch. Anal. Appl. 16 (1998) 733); the intensity of the noise is
    that of the middle of the step, and Milstein's term skews it.  The potential of a step is
    that at which the expected mean meets the charge at its end; it depends on the past only.
    The first fillings are the quantiles of the start, in random order; random numbers come
    from ``seed``.
    """
    random = np.random.default_rng(seed)
    c = random.permutation(_quantiles(grid, start, count))
    nodes = np.linspace(*law.domain, _NODES + 1)
    h = nodes[1] - nodes[0]
    inside = np.clip(nodes, nodes[0] + _EDGE * h, nodes[-1] - _EDGE * h)
    table = Rates(law, inside, by_filling=True)
    first = float(c.mean())
    dt = (until_filling - first) / current / steps
    v = float(law.equilibrium(np.array([first]))[0])
    shown = np.unique(np.linspace(0, steps, frames + 1).round().astype(int))
    rows = []
    with np.errstate(all="ignore"):
        for step in range(steps + 1):
            k, share = _place(c, nodes[0], h)
            weights = np.bincount(k, 1 - share, _NODES + 1)
            weights[1:] += np.bincount(k, share, _NODES + 1)[:-1]
            target = first + current * dt * (step + 1) - float(c.mean())
            v, gain, variance, skew = _common_potential(table, weights / count, target, dt, h, v)
            if step in shown:
                rows.append((step * dt, *_moments(c), *_errors(c), v))
            if step == steps:
                break
            xi = random.standard_normal(count)
            c = c + _at(gain, k, share) + _at(np.sqrt(variance), k, share) * xi
            c += _at(skew, k, share) * (xi**2 - 1)
            _reflect(c, *law.domain)
    time, mean, std, skewness, *errors, voltage = np.array(rows).T
    return Cloud(time, mean, std, skewness, np.stack(errors, axis=1), voltage, c)


def _common_potential(
    table: Rates, weights: Array, target: float, dt: float, h: float, v: float
) -> tuple[float, Array, Array, Array]:
    """Potential at which the mean gains ``target`` in a step.

    With it, at the nodes: gain, variance, and the skew part of the noise per (xi^2 - 1).
    """
    for _ in range(50):
        table(v)
        drift = table.drift + table.spread_c
        slope = np.gradient(drift, h)
        x = slope * dt
        x = np.where(np.abs(x) < _SMALL, _SMALL, np.minimum(x, 30.0))
        grown = np.expm1(x)
        bent = table.spread * np.gradient(slope, h) * dt**2 * (grown - x) / x**2
        most = _CORRECTION * np.sqrt(table.spread * dt)
        gain = drift * dt * grown / x + np.clip(bent, -most, most)
        off = float(weights @ gain) - target
        if abs(off) < _TOLERANCE:
            break
        v -= float(np.clip(off / (weights @ (table.drift_v * dt * grown / x)), -2.0, 2.0))
    change = drift * table.spread_c + table.spread * np.gradient(table.spread_c, h)
    middle = np.maximum(table.spread + dt / 2 * change, table.spread / 4)  # of D along the step
    variance = middle * dt * np.expm1(2 * x) / x
    return v, gain, variance, np.clip(table.spread_c * (dt / 2), -most, most)


def _quantiles(grid: Grid, density: Array, count: int) -> Array:
    """(count,) fillings that stand for a density: its quantiles at (i + 1/2)/count."""
    below = np.concatenate([[0.0], np.cumsum(density * grid.widths)])
    values: Array = np.interp((np.arange(count) + 0.5) / count, below / below[-1], grid.faces)
    return values


def _place(c: Array, low: float, h: float) -> tuple[np.ndarray, Array]:
    """Node to the left of each particle, and how far it is on the way to the next."""
    position = (c - low) / h
    k = np.minimum(position.astype(int), _NODES - 1)
    return k, position - k


def _at(values: Array, k: np.ndarray, share: Array) -> Array:
    """Values at the nodes, linear between them, (n_p,)."""
    found: Array = values[k]
    found += share * np.diff(values)[k]
    return found


def _reflect(c: Array, low: float, high: float) -> None:
    """Turn back at the ends what has passed them."""
    np.abs(c - low, out=c)
    c += low
    np.subtract(high, c, out=c)
    np.abs(c, out=c)
    np.subtract(high, c, out=c)


def _moments(c: Array) -> tuple[float, float, float]:
    """Mean, standard deviation and skewness."""
    mean = float(c.mean())
    apart = c - mean
    variance = float(apart @ apart) / c.size
    return mean, variance**0.5, float((apart**2) @ apart) / c.size / variance**1.5


def _errors(c: Array) -> tuple[float, float]:
    """Standard errors of the standard deviation and the skewness of all particles."""
    found = np.array([_moments(part)[1:] for part in np.array_split(c, _BATCHES)])
    std, skewness = found.std(axis=0, ddof=1) / _BATCHES**0.5
    return float(std), float(skewness)
