"""Distributions of composition through time and through depth.

Two choices are always spoken out.  The *weighting*: by ``capacity`` every place counts with the
lithium it can hold, which diffraction sees, and which is volume where there is one material;
by ``number`` every particle counts alike, as in microscopy.  The *resolution*: ``local`` counts
every place inside the particles, with its share of the particle's volume, otherwise a particle
counts with its mean.  Diffusion spreads the first, reaction the second (Park et al., Nature
Mater. 20 (2021) 991, Fig. 4).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from electrode_model.results.result import Result

__all__ = [
    "Histogram",
    "Weighting",
    "compositions",
    "frame_near",
    "through_depth",
    "through_time",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
Weighting = Literal["capacity", "number"]


@dataclass(frozen=True)
class Histogram:
    """Shares of the compositions, one row for each time, mean filling or depth."""

    at: Array  # (n,) s, mean filling, or volume counted from the separator
    edges: Array  # (bins + 1,) filling fraction
    share: Array  # (n, bins); a row sums to 1

    @property
    def density(self) -> Array:
        """(n, bins) share per filling fraction; the integral over a row is 1."""
        return np.asarray(self.share / np.diff(self.edges))


def frame_near(result: "Result", mean: float, step: int) -> int:
    """The saved frame of a step (from 0) whose mean filling is nearest to ``mean``.

    Raises ValueError where the step has saved nothing, or has none within 0.05.
    """
    frames = np.flatnonzero(result["Field step"] == step)
    means = result["Particle filling fraction"][frames] @ result.layout.weight
    distance = np.abs(means - mean)
    if not frames.size or distance.min() > 0.05:
        span = f"{means.min():.4g} to {means.max():.4g}" if frames.size else "nothing saved"
        raise ValueError(f"step {step} never has a mean filling near {mean:g}; it has {span}")
    return int(frames[distance.argmin()])


def compositions(
    result: "Result",
    frame: int,
    *,
    weighting: Weighting = "capacity",
    local: bool = False,
    volume: int | None = None,
) -> tuple[Array, Array]:
    """Fillings (n,) and their weights (n,) of a saved frame, for :mod:`.population`.

    ``volume``, counted from the separator, selects one of the electrode's.  ``local`` needs the
    field ``profiles`` if the particles have an inside (KeyError).
    """
    layout = result.layout
    weight = layout.weight if weighting == "capacity" else np.ones(layout.weight.size)
    inside = np.ones(weight.size, bool) if volume is None else layout.volume == volume
    mean: Array = result["Particle filling fraction"][frame]
    if not local:
        return mean[inside], weight[inside]
    flat = inside.copy()  # particles without an inner grid
    fillings, weights = list[Array](), list[Array]()
    for k, group in enumerate(layout.profiles):
        chosen = inside[group.particles]
        values = result[f"Particle profiles {k}"][frame][:, chosen]
        shares = group.weights[:, None] * weight[group.particles[chosen]]
        fillings.append(values.ravel())
        weights.append(shares.ravel())
        flat[group.particles] = False
    return np.concatenate([*fillings, mean[flat]]), np.concatenate([*weights, weight[flat]])


def through_time(
    result: "Result",
    *,
    against: Literal["time", "mean"] = "time",
    step: int | None = None,
    weighting: Weighting = "capacity",
    local: bool = False,
    volume: int | None = None,
    bins: int = 100,
) -> Histogram:
    """The compositions at every saved time, of all steps or of one (from 0).

    ``against`` tells what ``at`` holds: the time [s] or the mean filling of what is counted,
    weighted by capacity.
    """
    steps = result["Field step"]
    frames = np.flatnonzero(np.ones(steps.size, bool) if step is None else steps == step)
    counted = [
        compositions(result, int(frame), weighting=weighting, local=local, volume=volume)
        for frame in frames
    ]
    if against == "time":
        at: Array = result["Field time [s]"][frames]
    else:
        layout = result.layout
        inside = np.ones(layout.weight.size, bool) if volume is None else layout.volume == volume
        weight = layout.weight * inside / layout.weight[inside].sum()
        at = result["Particle filling fraction"][frames] @ weight
    return _histogram(at, counted, bins)


def through_depth(
    result: "Result",
    *,
    mean: float,
    step: int,
    weighting: Weighting = "capacity",
    local: bool = False,
    bins: int = 100,
) -> Histogram:
    """The compositions in every volume at the saved time nearest to a ``mean`` filling.

    ``at`` counts the volumes from the separator.  Raises ValueError where the ``step`` (from 0)
    never comes near the mean filling.
    """
    frame = frame_near(result, mean, step)
    volumes = np.unique(result.layout.volume)
    counted = [
        compositions(result, frame, weighting=weighting, local=local, volume=int(volume))
        for volume in volumes
    ]
    return _histogram(volumes.astype(float), counted, bins)


def _histogram(at: Array, counted: list[tuple[Array, Array]], bins: int) -> Histogram:
    edges = np.linspace(0.0, 1.0, bins + 1)
    share = np.empty((len(counted), bins))
    for row, (filling, weights) in zip(share, counted, strict=True):
        # solvers overshoot 0 and 1 by their tolerance
        row[:] = np.histogram(np.clip(filling, 0, 1), edges, weights=weights)[0] / weights.sum()
    return Histogram(np.asarray(at, dtype=float), edges, share)
