"""Is the objective smooth enough for derivatives?

Particles that fill one by one make steps in the voltage, which jump along the curve as a
parameter moves: a derivative at one point then says nothing about the next one.  Means over
windows of the curves may still have derivatives (:mod:`electrode_model.fit.smoothing`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from electrode_model.fit.evaluator import Evaluator
from electrode_model.fit.experiment import DIFFERENCE
from electrode_model.fit.smoothing import WIDTHS

__all__ = ["Roughness", "roughness"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_ROUGH = 0.5  # relative disagreement of derivatives over two distances that is no curvature
_SMOOTH = 0.2  # of any curve, from which on all are averaged over more
_REACH = 2.0  # root mean square of residuals, in deviations that count as one
_FARTHEST = 0.2  # of the range
_SEEN = 1.0  # change of a residual vector over the whole range below which nothing is seen


@dataclass(frozen=True)
class Roughness:
    """How far two derivatives disagree, relative to the derivative."""

    disagreement: Mapping[str, float]  # by curve, or by parameter; nan: not seen
    rough: bool
    compared: str
    width: float = 0.0  # of the windows that curves are averaged over

    @property
    def _known(self) -> list[float]:
        return [value for value in self.disagreement.values() if np.isfinite(value)] or [0.0]

    @property
    def largest(self) -> float:
        """The disagreement by which windows are chosen; 0 if nothing is seen."""
        return max(self._known)

    @property
    def typical(self) -> float:
        """The disagreement that decides about the method: their median."""
        return float(np.median(self._known))

    @property
    def text(self) -> str:
        """In words."""
        parts = [
            f"{name} {value:.2g}" if np.isfinite(value) else f"{name} unseen"
            for name, value in self.disagreement.items()
        ]
        word = "rough" if self.rough else "smooth"
        if self.width:
            word = f"{word} in windows of {self.width:.0%} of a curve"
        return f"the objective is {word}: {self.compared} differ by {', '.join(parts)}"


def roughness(ask: Evaluator, u: Array, derivatives: str, width: float | None) -> Roughness:
    """Compare derivatives with differences of runs at u, and average curves as far as needed.

    ``width`` None seeks the narrowest windows that make the objective smooth; ``ask`` then has
    them.  Wider ones need no other runs.
    """
    widths = (0.0, *WIDTHS) if width is None else (width,)
    ask.smooth(WIDTHS[-1])  # what parameters do besides moving steps
    along = _along(ask, u, derivatives)
    best: Roughness | None = None
    for one in widths:
        ask.smooth(one)
        found = _compared(ask, u, derivatives, along)
        if best is None or found.largest < best.largest:
            best = found
        if best.largest <= _SMOOTH:
            break
    assert best is not None
    ask.smooth(best.width)
    return best


def _along(ask: Evaluator, u: Array, derivatives: str) -> Array:
    """(p,) what is added and subtracted to try sensitivities: every parameter does as much.

    Together they change the residuals by :data:`_REACH`: as far as steps of the search go.
    """
    jacobian = ask(u, derivatives).jacobian if derivatives == "sensitivities" else None
    if jacobian is None:
        return np.zeros(u.size)
    room = np.minimum(u, 1 - u)
    sizes = np.where(room > DIFFERENCE, np.linalg.norm(jacobian, axis=0), 0.0)
    least = sizes[sizes > _SEEN].min(initial=np.inf)
    share = np.where(sizes > _SEEN, least / np.maximum(sizes, _SEEN), 0.0)
    # unlike parts and signs: parameters that act alike must not hide each other
    direction: Array = share * np.cos(2.4 * np.arange(u.size))
    if not direction.any():
        return direction
    change = float(np.sqrt(np.mean((jacobian @ direction) ** 2)))
    step = min(_REACH / max(change, 1e-300), _FARTHEST / float(np.abs(direction).max()))
    inside = np.abs(direction) > 0
    return direction * min(step, float((room[inside] / np.abs(direction[inside])).min()))


def _compared(ask: Evaluator, u: Array, derivatives: str, along: Array) -> Roughness:
    """With the windows that ``ask`` has.

    Sensitivities of the solver are compared with a difference along all parameters together,
    each moved in proportion to what it does; without them, differences over one distance with those
    over its half along each parameter.
    """
    if derivatives == "sensitivities":
        jacobian = ask(u, derivatives).jacobian
        assert jacobian is not None
        ends = ask.many([u + along, u - along])
        values = {name: np.nan for name, _ in ask.pieces}
        if along.any() and not any(one.failures for one in ends):
            difference = (ends[0].residuals - ends[1].residuals) / 2
            expected = jacobian @ along
            for name, rows in ask.pieces:
                values[name] = _apart(difference[rows], expected[rows])
        compared = f"sensitivities and differences over {np.abs(along).max():.2g} of the range"
    else:
        inner = np.clip(u, DIFFERENCE, 1 - DIFFERENCE)
        values = dict(_along_each(ask, inner))
        compared = f"differences over {DIFFERENCE:g} of the range and over its half"
    found = Roughness(values, False, compared, ask.smoothing.width)
    return replace(found, rough=found.typical > _ROUGH)


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
