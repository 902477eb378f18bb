"""Particle sizes of an electrode.

Each distribution is a pure function  distribution(count, powers, *, own parameters) -> sizes  of
``count = (n_volumes, per_volume)``; it returns an array of that shape [m].  ``powers`` are those
of the size in a particle's area and volume, (2, 3) for spheres.  A size is a
sphere's or cylinder's radius, half the length of a slab, or the length of a plate.  Every
particle stands for itself: sizes are never rounded to a grid, and the share of a particle in
the electrode follows from its volume.  A distribution's name here is its name in a configuration
file.
"""

from collections.abc import Sequence
from math import log, log1p, sqrt
from typing import Annotated, Literal

import numpy as np
from scipy.special import ndtri

from electrode_model.quantities import Spec

__all__ = ["constant", "listed", "lognormal"]

_SMALLEST, _LARGEST = 1e-10, 1e-3  # m: an atom, and what no particle is

_WEIGHTINGS = ("number", "area", "volume")
_BODIES = (2, 3)  # powers of the size in the area and volume of similar bodies


def constant(
    count: tuple[int, int],
    powers: tuple[int, int] = _BODIES,
    *,
    value: Annotated[
        float, Spec("m", "size of every particle", at_least=_SMALLEST, at_most=_LARGEST)
    ],
) -> np.ndarray:
    """The same size for all particles."""
    return np.full(count, float(value))


def lognormal(
    count: tuple[int, int],
    powers: tuple[int, int] = _BODIES,
    *,
    mean: Annotated[
        float,
        Spec(
            "m",
            "arithmetic mean of the weighted distribution",
            at_least=_SMALLEST,
            at_most=_LARGEST,
        ),
    ],
    std: Annotated[
        float,
        Spec(
            "m",
            "standard deviation of the weighted distribution",
            at_least=0.0,
            at_most=_LARGEST,
        ),
    ],
    weighting: Literal["number", "area", "volume"] = "number",
    sampling: Literal["quantiles", "random"] = "quantiles",
    seed: Annotated[int, Spec("1", "seed of the random draws", at_least=0)] = 0,
) -> np.ndarray:
    """Lognormal sizes, as deterministic quantiles or seeded random draws.

    ``mean`` and ``std`` describe the distribution that was measured: by number of particles
    (microscopy), by their surface or by their volume (laser diffraction).  Particles are drawn
    from the number distribution behind it: a lognormal population weighted with size^k is
    lognormal again, its ln-mean higher by k ln-variances (Hatch & Choate, J. Franklin Inst.
    207 (1929) 369).

    ``quantiles`` puts the number distribution's quantiles at (i + 1/2)/n, ascending, into
    every volume: the best few particles can do, but the largest are missing, so the sample's
    spread is a little small (1 % at n = 100 and std = 0.2 mean).  ``random`` gives each volume
    its own draws, which depend on ``seed`` and the volume only: more particles or more volumes
    leave the earlier draws as they were.
    """
    if weighting not in _WEIGHTINGS:
        raise ValueError(f"weighting {weighting!r} is none of {', '.join(_WEIGHTINGS)}")
    power = (0, *powers)[_WEIGHTINGS.index(weighting)]
    variance = log1p((std / mean) ** 2)
    centre = log(mean) - variance / 2 - power * variance
    return np.exp(centre + sqrt(variance) * _standard_normal(count, sampling, seed))


def listed(
    count: tuple[int, int],
    powers: tuple[int, int] = _BODIES,
    *,
    sizes: Annotated[
        Sequence[float] | Sequence[Sequence[float]],
        Spec(
            "m",
            "sizes, one list for all volumes or one for each",
            at_least=_SMALLEST,
            at_most=_LARGEST,
        ),
    ],
) -> np.ndarray:
    """Given sizes: a list of ``per_volume`` values for every volume, or one list per volume.

    Raises ValueError where the numbers do not fit ``count`` or are not positive.
    """
    n_volumes, per_volume = count
    try:
        given = np.asarray(sizes, dtype=float)
    except (TypeError, ValueError):
        raise ValueError("sizes must be a list of numbers, or lists of equal length") from None
    if given.shape not in ((per_volume,), (n_volumes, per_volume)):
        shape = " x ".join(map(str, given.shape)) or "a single number"
        raise ValueError(
            f"sizes has the shape {shape}; needed are {per_volume} sizes (the same in each"
            f" volume) or {n_volumes} lists of {per_volume}"
        )
    if not np.all(given > 0) or not np.all(np.isfinite(given)):
        raise ValueError("every one of sizes must be above zero and finite")
    return np.broadcast_to(given, count).copy()


def _standard_normal(count: tuple[int, int], sampling: str, seed: int) -> np.ndarray:
    """Standard normal numbers (n_volumes, per_volume): quantiles or random draws."""
    n_volumes, per_volume = count
    if sampling == "quantiles":
        quantiles = ndtri((np.arange(per_volume) + 0.5) / per_volume)
        return np.tile(quantiles, (n_volumes, 1))
    if sampling == "random":
        streams = (np.random.default_rng([seed, volume]) for volume in range(n_volumes))
        return np.array([stream.standard_normal(per_volume) for stream in streams])
    raise ValueError(f"sampling {sampling!r} is none of quantiles, random")


#: Keys without a default with which tests try a distribution, of three particles in a volume.
EXAMPLES = {
    "constant": {"value": "50 nm"},
    "listed": {"sizes": ["40 nm", "50 nm", "70 nm"]},
    "lognormal": {"mean": "50 nm", "std": "10 nm"},
}
