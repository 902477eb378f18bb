"""Curves averaged over windows of their capacity, data and model alike.

Particles that fill one by one make steps in the voltage of 10 mV, whose places move with every
parameter: bin by bin the objective is then rough, and derivatives say little.  A mean over
several particles hardly moves.  The window is a raised cosine: what a box leaves of a ripple
falls with its width, what this leaves falls with the third power of it (Harris, Proc. IEEE 66
(1978) 51), and so a short one will do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.fit.experiment import Experiment
from electrode_model.fit.objective import Target

__all__ = ["WIDTHS", "Smoothing", "smoothing"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Half widths that are tried one after the other, as shares of a curve.
WIDTHS = (0.02, 0.04, 0.08, 0.15)


@dataclass(frozen=True)
class Smoothing:
    """Weights that turn the residuals of bins into those of windows around them."""

    width: float  # half width as a share of the curve; 0: bins as they are
    parts: tuple[tuple[slice, Array], ...]  # rows of the residuals, and (n, n) weights
    correlated: float  # windows in a row that count as one, for noise that is white

    def __call__(self, rows: Array) -> Array:
        """Residuals (n,) or their derivatives (n, p), smoothed."""
        result = rows.copy()
        for part, weights in self.parts:
            result[part] = weights @ rows[part]
        return result


def smoothing(experiments: Sequence[Experiment], width: float) -> Smoothing:
    """For the residuals of experiments one after the other; those of ends stay as they are."""
    parts: list[tuple[slice, Array]] = []
    times: list[float] = []
    start = 0
    for experiment in experiments:
        for goal in experiment.targets:
            size = experiment.target_size(goal)
            bins = int(goal.bins.max(initial=-1)) + 1
            if width > 0 and bins > 1 and experiment.objective.voltage is not None:
                weights = _weights(goal, bins, width)
                parts.append((slice(start, start + bins), weights))
                times.append(_correlated(weights))
            start += size
    return Smoothing(width, tuple(parts), float(np.mean(times)) if times else 1.0)


def _weights(goal: Target, bins: int, width: float) -> Array:
    """(bins, bins) shares of each bin in each window."""
    counts = np.bincount(goal.bins, minlength=bins)
    places = np.bincount(goal.bins, weights=goal.position, minlength=bins) / counts
    places /= max(float(goal.position[-1]), np.finfo(float).tiny)
    apart = (places - places[:, None]) / width
    weights = np.where(np.abs(apart) < 1, 1 + np.cos(np.pi * apart), 0.0) * counts
    result: Array = weights / weights.sum(axis=1, keepdims=True)
    return result


def _correlated(weights: Array) -> float:
    """Trace and sum of the covariance that white noise has behind the window."""
    covariance = weights @ weights.T
    return float(covariance.sum() / np.trace(covariance))
