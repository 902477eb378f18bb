"""Fillings at the start of a run.

Each profile is a pure function  profile(position, count, *, own parameters) -> (m, count)  of
the places inside a particle, ``position`` (m,) from 0 (centre) to 1 (surface) or along a plate,
for ``count`` particles.  Particles without an inner grid have one place and ``position`` is
empty.  A profile's name here is its name in a configuration file.
"""

from typing import Annotated, Literal

import numpy as np
from scipy.special import ndtr, ndtri

from electrode_model.quantities import Spec

__all__ = ["core_shell", "scattered", "uniform"]

Start = Annotated[float, Spec("1", "filling fraction at the start", above=0.0, below=1.0)]

_LEAST = 1e-6  # distance of a random filling from 0 and 1, where the potential is infinite


def uniform(position: np.ndarray, count: int, *, value: Start) -> np.ndarray:
    """The same everywhere."""
    return np.full((max(position.size, 1), count), float(value))


def core_shell(
    position: np.ndarray,
    count: int,
    *,
    core: Start,
    shell: Start,
    boundary: Annotated[
        float, Spec("1", "place of the boundary, 0 centre to 1 surface", above=0.0, below=1.0)
    ] = 0.5,
    width: Annotated[float, Spec("1", "half width of the boundary", above=0.0, at_most=1.0)] = 0.05,
) -> np.ndarray:
    """Filling ``core`` inside the ``boundary`` and ``shell`` outside, joined by a tanh.

    Raises ValueError for particles without an inner grid.
    """
    if np.unique(position).size < 2:
        raise ValueError(
            "initial_filling has the profile core_shell, but the particle model has no inside;"
            " write a number, or choose a model with nodes"
        )
    outside = (1 + np.tanh((position - boundary) / width)) / 2
    return np.repeat((core + (shell - core) * outside)[:, None], count, axis=1)


def scattered(
    position: np.ndarray,
    count: int,
    *,
    mean: Start,
    std: Annotated[float, Spec("1", "standard deviation", at_least=0.0, at_most=0.5)],
    among: Literal["particles", "places"] = "particles",
    seed: Annotated[int, Spec("1", "seed of the random draws", at_least=0)] = 0,
) -> np.ndarray:
    """Normal draws within (0, 1): one for each particle, or one for each place inside it.

    The normal distribution is cut off at 0 and 1, not clipped, so ``mean`` is that of the
    distribution before the cut.
    """
    places = max(position.size, 1)
    if std == 0:
        return np.full((places, count), float(mean))
    draws = np.random.default_rng(seed).random((places if among == "places" else 1, count))
    low, high = ndtr((_LEAST - mean) / std), ndtr((1 - _LEAST - mean) / std)
    values = mean + std * ndtri(low + draws * (high - low))
    return np.array(np.broadcast_to(values, (places, count)))


#: Keys without a default with which tests try a profile.
EXAMPLES = {
    "uniform": {"value": 0.3},
    "core_shell": {"core": 0.2, "shell": 0.4},
    "scattered": {"mean": 0.3, "std": 0.1},
}
