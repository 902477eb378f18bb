"""Is the objective smooth enough for derivatives?

Particles that fill one by one make steps in the voltage, which jump along the curve as a
parameter moves: a derivative at one point then says nothing about the next one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.fit.evaluator import Evaluator
from electrode_model.fit.experiment import DIFFERENCE

__all__ = ["Roughness", "roughness"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_ROUGH = 0.5  # relative disagreement of derivatives over two distances that is no curvature
_SEEN = 1.0  # change of a residual vector over the whole range below which nothing is seen


@dataclass(frozen=True)
class Roughness:
    """Disagreement of derivatives along each parameter, over one distance and over its half."""

    disagreement: tuple[float, ...]  # nan of a parameter that the data do not see
    rough: bool

    def text(self, names: tuple[str, ...]) -> str:
        """In words."""
        parts = [
            f"{name} {value:.2g}" if np.isfinite(value) else f"{name} unseen"
            for name, value in zip(names, self.disagreement, strict=True)
        ]
        word = "rough" if self.rough else "smooth"
        return f"{word}: derivatives over {DIFFERENCE:g} and its half differ by {', '.join(parts)}"


def roughness(ask: Evaluator, u: Array) -> Roughness:
    """Compare (r(u+h) - r(u-h))/2h with the same at h/2 along each parameter."""
    p = u.size
    inner = np.clip(u, DIFFERENCE, 1 - DIFFERENCE)
    points = []
    for k in range(p):
        for size in (DIFFERENCE, -DIFFERENCE, DIFFERENCE / 2, -DIFFERENCE / 2):
            other = inner.copy()
            other[k] += size
            points.append(other)
    found = ask.many(points)
    values = []
    for k in range(p):
        four = found[4 * k : 4 * k + 4]
        if any(one.failures for one in four):
            values.append(np.nan)
            continue
        wide = (four[0].residuals - four[1].residuals) / (2 * DIFFERENCE)
        near = (four[2].residuals - four[3].residuals) / DIFFERENCE
        size = float(np.linalg.norm(near))
        values.append(float(np.linalg.norm(wide - near)) / size if size > _SEEN else np.nan)
    known = [value for value in values if np.isfinite(value)]
    return Roughness(tuple(values), bool(known) and float(np.median(known)) > _ROUGH)
