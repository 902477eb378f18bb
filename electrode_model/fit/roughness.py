"""Is the objective smooth enough for derivatives?

Particles that fill one by one make steps in the voltage, which jump along the curve as a
parameter moves: a derivative at one point then says nothing about the next one.
"""

from collections.abc import Mapping
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
    """How far two derivatives disagree, relative to the derivative; by what was moved."""

    disagreement: Mapping[str, float]  # nan of what the data do not see
    rough: bool
    compared: str

    @property
    def text(self) -> str:
        """In words."""
        parts = [
            f"{name} {value:.2g}" if np.isfinite(value) else f"{name} unseen"
            for name, value in self.disagreement.items()
        ]
        word = "rough" if self.rough else "smooth"
        return f"the objective is {word}: {self.compared} differ by {', '.join(parts)}"


def roughness(ask: Evaluator, u: Array, derivatives: str) -> Roughness:
    """Compare derivatives with differences of runs at u.

    Sensitivities of the solver are compared with a difference along all parameters together,
    each moved in proportion to what it does; without them, differences over one distance with those
    over its half along each parameter.
    """
    inner = np.clip(u, DIFFERENCE, 1 - DIFFERENCE)
    if derivatives == "sensitivities":
        jacobian = ask(inner, derivatives).jacobian
        assert jacobian is not None
        sizes = np.linalg.norm(jacobian, axis=0)
        seen = sizes > _SEEN
        least = sizes[seen].min(initial=np.inf)
        along = np.where(seen, least / np.maximum(sizes, _SEEN), 0.0)
        # unlike parts and signs: parameters that act alike must not hide each other
        along *= np.cos(2.4 * np.arange(u.size))
        ends = ask.many([inner + DIFFERENCE * along, inner - DIFFERENCE * along])
        values = {"all parameters together": np.nan}
        if seen.any() and not any(one.failures for one in ends):
            difference = (ends[0].residuals - ends[1].residuals) / (2 * DIFFERENCE)
            values = {"all parameters together": _apart(difference, jacobian @ along)}
        compared = f"sensitivities and differences over {DIFFERENCE:g} of the range"
    else:
        values = dict(_along_each(ask, inner))
        compared = f"differences over {DIFFERENCE:g} of the range and over its half"
    known = [value for value in values.values() if np.isfinite(value)]
    return Roughness(values, bool(known) and float(np.median(known)) > _ROUGH, compared)


def _along_each(ask: Evaluator, u: Array) -> list[tuple[str, float]]:
    points = []
    for k in range(u.size):
        for size in (DIFFERENCE, -DIFFERENCE, DIFFERENCE / 2, -DIFFERENCE / 2):
            other = u.copy()
            other[k] += size
            points.append(other)
    found = ask.many(points)
    values = []
    for k, parameter in enumerate(ask.parameters):
        four = found[4 * k : 4 * k + 4]
        wide = (four[0].residuals - four[1].residuals) / (2 * DIFFERENCE)
        near = (four[2].residuals - four[3].residuals) / DIFFERENCE
        failed = any(one.failures for one in four)
        values.append((parameter.name, np.nan if failed else _apart(wide, near)))
    return values


def _apart(one: Array, other: Array) -> float:
    size = float(np.linalg.norm(other))
    return float(np.linalg.norm(one - other)) / size if size > _SEEN else float("nan")
