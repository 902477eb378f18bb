"""Moments of a run: what a result has saved of a step, and of a mean filling."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from electrode_model.results.result import Result

__all__ = ["filling_at", "frames_of_step"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def frames_of_step(result: "Result", step: int) -> Array:
    """(n_frame, n_p) fillings of the particles at the saved times of a step (from 0)."""
    fillings: Array = result["Particle filling fraction"]
    return fillings[result["Field step"] == step]


def filling_at(result: "Result", mean: float, step: int) -> Array:
    """(n_p,) fillings when the electrode passes the ``mean`` filling in a step (from 0).

    Linear between the two saved times around it, the first ones if it is passed twice.

    Raises
    ------
    ValueError
        The step never has this mean filling; the text gives its range.
    """
    frames = frames_of_step(result, step)
    means = frames @ result.layout.weight
    side = np.sign(means - mean)
    exact = np.flatnonzero(side == 0)
    crossed = np.flatnonzero(side[:-1] * side[1:] < 0)
    if exact.size and (crossed.size == 0 or exact[0] <= crossed[0]):
        return np.array(frames[exact[0]])
    if crossed.size == 0:
        span = f"{means.min():.4g} to {means.max():.4g}" if means.size else "nothing saved"
        raise ValueError(f"step {step} never has a mean filling of {mean:g}; it has {span}")
    k = int(crossed[0])
    share = (mean - means[k]) / (means[k + 1] - means[k])
    between: Array = (1 - share) * frames[k] + share * frames[k + 1]
    return between
