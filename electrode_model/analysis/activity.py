"""How many particles take part, and how far their surfaces run ahead of their insides."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.analysis import population

if TYPE_CHECKING:
    from electrode_model.results.result import Result

__all__ = ["Activity", "activity", "interior_filling", "moving"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Activity:
    """Of the saved times of one step; shares are of the capacity."""

    time: Array  # (n_t,) s
    mean: Array  # (n_t,) mean filling
    surface: Array  # (n_t,) filling of the reacting surfaces
    interior: Array  # (n_t,) filling below the surface layer
    active: Array  # (n_t,) share with low <= c <= high
    transformed: Array  # (n_t,) share beyond, in the direction of the step
    at_once: Array  # (n_t,) int, number of particles that fill or empty at once
    share_at_once: Array  # (n_t,) and their share of the capacity


def activity(
    result: "Result",
    step: int,
    *,
    of_surface: bool = False,
    low: float = 0.15,
    high: float = 0.85,
    share: float = 0.5,
    layer: float = 0.1,
) -> Activity:
    """Activity of the particles in a step of the protocol (from 0).

    Limits ``low`` and ``high`` are those of Koo et al., who read them at the surface
    (``of_surface``); otherwise they hold for the mean filling of each particle.  A particle
    counts as filling if its |dc/dt| is above ``share`` of the electrode's mean rate, see
    :func:`moving`.  ``layer`` is the part of a particle's size that is no interior.

    Raises ValueError where the step has fewer than two saved times.
    """
    frames = np.flatnonzero(result["Field step"] == step)
    time: Array = result["Field time [s]"][frames]
    later = np.diff(time, prepend=-np.inf) > 0  # the end of a step may be saved twice
    frames, time = frames[later], time[later]
    if time.size < 2:
        raise ValueError(f"step {step} has {time.size} saved times; two or more are needed")
    weights = result.layout.weight
    filling: Array = result["Particle filling fraction"][frames]
    surface: Array = result["Particle surface filling fraction"][frames]
    judged = surface if of_surface else filling
    mean = filling @ weights
    lithiation = bool(mean[-1] > mean[0])
    rates = np.gradient(filling, time, axis=0)
    going = np.array([moving(np.asarray(rate), weights, share) for rate in rates])
    return Activity(
        time=time,
        mean=mean,
        surface=surface @ weights,
        interior=np.array([interior_filling(result, int(f), layer) @ weights for f in frames]),
        active=np.array([population.active_fraction(c, weights, low, high) for c in judged]),
        transformed=np.array(
            [population.transformed_fraction(c, weights, lithiation, low, high) for c in judged]
        ),
        at_once=going.sum(axis=1),
        share_at_once=going @ weights,
    )


def moving(rate: Array, weights: Array, share: float = 0.5) -> Array:
    """(n_p,) bool, which particles fill or empty faster than ``share`` of the mean rate.

    ``rate`` (n_p,) is dc/dt of each, in any unit; the mean is weighted by capacity, so that it
    is the current.  Particles that go against the current do not count.
    """
    mean = float(np.sum(weights * rate) / np.sum(weights))
    return np.asarray(rate * np.sign(mean) > share * abs(mean))


def interior_filling(result: "Result", frame: int, layer: float = 0.1) -> Array:
    """(n_p,) mean filling of the places deeper than ``layer`` of a particle's size.

    Particles without an inner grid have their mean.  Raises KeyError if the field ``profiles``
    was not saved.
    """
    inside = np.array(result["Particle filling fraction"][frame])
    for k, group in enumerate(result.layout.profiles):
        if np.all(group.surface > 0):
            continue  # plates react everywhere: no place is deeper than another
        weights = group.weights * (group.nodes <= 1 - layer)
        values = result[f"Particle profiles {k}"][frame]
        inside[group.particles] = weights @ values / weights.sum()
    return inside
