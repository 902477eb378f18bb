"""Langevin noise of the particles: a seeded function of time.

    dc_i/dt = f_i + sigma_r a_i s(c_i) zeta_i(t) + (n_{i-1/2} - n_{i+1/2}) / w_i
    n_{i+1/2} = sigma_f w_{i+1/2} s(c_i) s(c_{i+1}) xi_{i+1/2}(t),        s(c) = 4 c (1 - c)

zeta and xi are smooth random functions, independent of each other, of place and of particle, with
mean 0 and variance 1 at every time.  They join standard normal numbers at the multiples of the
correlation time tau,

    zeta(t) = ((1-u) g_k + u g_{k+1}) / sqrt((1-u)^2 + u^2),   u = s^2 (3 - 2 s),   s = t/tau - k,

so a run can be repeated, steps of any length see the same noise, and an error test knows it
as it knows any course of time.  Over a time T long against tau the integral of zeta has the
variance 1.4065 tau T (:data:`SPREAD`; from the weights above): fillings near one half spread as by
diffusion with the constant 0.703 sigma^2 tau.

The noise of the reaction, a_i the area over the volume of place i (1 for a uniform particle or a
plate), changes how much a particle holds; that of the flux moves lithium between neighbouring
places of volume w_i and keeps the sum, w_{i+1/2}, the mean of two, stands for the area of the face.
The factor s, 1 at half filling, lets both die away where no lithium or no room is left, or
they would drive a filling beyond 0 or 1.  MPET 1.0.1 means to have such noise, but reads its
random numbers once, at t = 0.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.particle import Kernel

__all__ = ["SPREAD", "Knots", "Noise", "added", "smooth"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Noise:
    """Noise of the particles of a group; rates in 1/h, times in h."""

    reaction: float
    flux: float
    correlation: float
    seed: tuple[int, ...]

    def draw(self, t: float, kernel: Kernel, count: int, knots: "Knots") -> tuple[Array, Array]:
        """Random rates of the places (m, count) and of the faces (m - layers, count) at ``t``.

        ``t`` [h] is the time of the run.  Either is empty where there is no such noise.
        """
        weights = kernel.weights[kernel.filling][:, None]
        s, apart, m = t / self.correlation, _layers(kernel), kernel.filling.size
        places = faces = np.empty((0, count))
        if self.reaction > 0:
            share = kernel.surface[:, None] / weights
            places = self.reaction * share * smooth(s, self.seed, (m, count), knots)
        if self.flux > 0 and m > apart:
            width = (weights[apart:] + weights[:-apart]) / 2
            drawn = smooth(s, (*self.seed, 1), (m - apart, count), knots)
            faces = self.flux * width * drawn
        return places, faces


def added(c: Array, kernel: Kernel, places: Array, faces: Array) -> Array:
    """(m, count) rates that the noise drawn adds at the fillings ``c`` (m, count)."""
    room = 4 * c * (1 - c)
    total = room * places if places.size else np.zeros_like(c)
    if faces.size:
        apart = c.shape[0] - faces.shape[0]
        moved = faces * room[apart:] * room[:-apart]
        still = np.zeros((apart, c.shape[1]))
        change = np.concatenate([still, moved]) - np.concatenate([moved, still])
        total = total + change / kernel.weights[kernel.filling][:, None]
    return total


#: Variance of the integral of :func:`smooth` over a long time, per time.
SPREAD = 1.406538839506644

Knots = dict[tuple[int, ...], Array]


def smooth(s: float, seed: tuple[int, ...], shape: tuple[int, int], knots: Knots) -> Array:
    """Independent random functions of ``s`` >= 0, which is in correlation times.

    ``knots`` keeps the random numbers around ``s``, so that they are drawn once.
    """
    k = int(s)
    part = s - k
    u = part * part * (3 - 2 * part)
    first, second = (_normal((*seed, number), shape, knots) for number in (k, k + 1))
    joined: Array = ((1 - u) * first + u * second) / np.sqrt((1 - u) ** 2 + u**2)
    return joined


def _normal(seed: tuple[int, ...], shape: tuple[int, int], knots: Knots) -> Array:
    if seed not in knots:
        while len(knots) >= 4:  # two of the reaction's and two of the flux's are in use
            del knots[next(iter(knots))]
        knots[seed] = np.random.default_rng(seed).standard_normal(shape)
    return knots[seed]


def _layers(kernel: Kernel) -> int:
    """Rows from one place to the next, those of two layers being side by side."""
    return max(int(np.count_nonzero(kernel.positions == kernel.positions[:1])), 1)
