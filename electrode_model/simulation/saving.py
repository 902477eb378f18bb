"""When a step saves its fields, and how far it is."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from electrode_model.constants import HOUR
from electrode_model.scales import Scales
from electrode_model.simulation.courses import constant
from electrode_model.simulation.cutoffs import External

if TYPE_CHECKING:
    from electrode_model.config.model import Step

__all__ = ["DRIVEN", "SaveTimes", "expected", "fraction"]

DRIVEN = ("current", "power", "drive")  # kinds of steps that push lithium until something ends them

_SAVED_PER_STEP = 200  # fields saved in a step of the protocol, about


def expected(step: "Step", start: External, duration: float | None, scales: Scales) -> float:
    """Hours that a step may take, as far as one can tell; ``duration`` [s] of its course."""
    limits = [t / scales.time for t in (step.until.time, duration) if t is not None]
    size = abs(constant(step, scales))
    if step.power is not None and start.voltage > 0:
        size /= start.voltage / scales.voltage
    if size > 0 and step.kind in DRIVEN:
        limits.append(1 / size)  # the whole capacity
    return min(limits, default=1.0)


class SaveTimes:
    """Output times [h], evenly spaced.

    Without a given spacing they thin out as a step goes on, so that a rest of unknown length
    does not fill a disk.
    """

    def __init__(self, expected: float, every: float | None) -> None:
        self._fixed = every is not None
        self._spacing = expected / _SAVED_PER_STEP if every is None else every / HOUR
        self._count, self.last, self._base = 0, 0.0, 0.0

    def until(self, end: float) -> Iterator[float]:
        """Those up to and including ``end`` that have not been given yet."""
        while (t := self._base + (self._count + 1) * self._spacing) <= end * (1 + 1e-12):
            self._count, self.last = self._count + 1, t
            if not self._fixed and self._count == 2 * _SAVED_PER_STEP:
                self._base, self._count, self._spacing = t, 0, 2 * self._spacing
            yield t


def fraction(step: "Step", start: External, state: External) -> float:
    """How far a step is, as far as its stops tell; the largest counts."""
    until, parts = step.until, []
    if until.time is not None:
        parts.append(state.time / until.time)
    if step.duration is not None:
        parts.append(state.time / step.duration)
    if until.capacity is not None:
        parts.append(abs(state.passed) / until.capacity)
    if until.filling is not None and until.filling != start.filling:
        parts.append((state.filling - start.filling) / (until.filling - start.filling))
    if not parts and step.kind in DRIVEN:
        room = 1 - start.filling if start.current > 0 else start.filling
        parts.append(abs(state.filling - start.filling) / room)
    return float(np.clip(max(parts), 0.0, 1.0)) if parts else float("nan")
