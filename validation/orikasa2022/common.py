"""What the rows share: running a shipped configuration, and fillings over the depth."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

import electrode_model as em
from electrode_model import Result

CONFIGS = Path(__file__).parents[2] / "configs"


def simulated(config: str, overrides: Sequence[str]) -> Result:
    """Run; raises RuntimeError if it does not end as planned."""
    result = em.simulate(CONFIGS / f"{config}.yaml", overrides=[*overrides, "output.figures=false"])
    if result.status != "finished":
        raise RuntimeError(f"{config} with {list(overrides)}: {result.message}")
    return result


def depths(result: Result) -> np.ndarray:
    """Mean filling of each volume at the saved times, (n_t, n volumes), separator first."""
    filling, layout = result["Particle filling fraction"], result.layout
    found = []
    for volume in np.unique(layout.volume):
        here = layout.volume == volume
        found.append(filling[:, here] @ layout.weight[here] / layout.weight[here].sum())
    return np.array(found).T


def mean(result: Result) -> np.ndarray:
    """Filling of the electrode at the saved times."""
    filling: np.ndarray = result["Particle filling fraction"] @ result.layout.weight
    return filling


def lead(result: Result, at: float, step: int = 0) -> float:
    """Filling of the tenth at the separator less that of the tenth at the collector.

    When the electrode's mean filling is ``at`` in a step; positive: the separator side is ahead in
    discharge.
    """
    here = np.flatnonzero(result["Field step"] == step)
    frame = here[np.abs(mean(result)[here] - at).argmin()]
    profile = depths(result)[frame]
    ends = max(1, profile.size // 10)
    return float(profile[:ends].mean() - profile[-ends:].mean())
