"""What ends a step of the protocol: roots of functions of time and of the circuit's state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

from scipy.optimize import brentq

from electrode_model.scales import Scales

if TYPE_CHECKING:
    from electrode_model.config.model import Step

__all__ = ["CutOff", "External", "cut_offs", "first_crossing", "window"]


_LONGEST = 1e10  # s: three centuries, longer than any step that means something


@dataclass(frozen=True)
class External:
    """What is seen from outside the cell at one moment of a step; SI."""

    time: float  # s since the step began
    voltage: float  # V
    current: float  # A/m^2
    passed: float  # A h/m^2 since the step began, discharge positive
    filling: float  # of the positive electrode
    surface: tuple[float, float] = (nan, nan)  # least and largest filling of any surface


@dataclass(frozen=True)
class CutOff:
    """Ends a step when ``margin`` is no longer negative."""

    name: str  # "voltage 2.5 V"
    margin: Callable[[External], float]
    planned: bool = True


def cut_offs(step: "Step", start: External, scales: Scales) -> list[CutOff]:
    """The stops of a step, directed by its current: a discharge crosses them downwards.

    ``start`` is the state right after the step has begun; a hold takes the direction of its
    first current and a rest that of its first voltage.
    """
    until = step.until
    falling = start.current > 0
    found = []
    if until.voltage is not None:
        v = until.voltage
        down = falling if step.kind != "rest" else start.voltage > v
        found.append(CutOff(f"voltage {v:g} V", lambda s: v - s.voltage if down else s.voltage - v))
    if until.current is not None:
        i = until.current
        found.append(CutOff(f"current {i:g} A/m^2", lambda s: i - abs(s.current)))
    if until.rate is not None:
        rate = until.rate
        limit = rate * scales.current
        found.append(CutOff(f"rate {rate:g} C", lambda s: limit - abs(s.current)))
    if until.capacity is not None:
        q = until.capacity
        found.append(CutOff(f"capacity {q:g} A h/m^2", lambda s: abs(s.passed) - q))
    if until.filling is not None:
        c = until.filling
        found.append(
            CutOff(f"filling {c:g}", lambda s: s.filling - c if falling else c - s.filling)
        )
    if until.surface_filling is not None:
        c_s = until.surface_filling
        name = f"surface filling {c_s:g}"
        found.append(CutOff(name, lambda s: s.surface[1] - c_s if falling else c_s - s.surface[0]))
    if until.time is not None:
        t = until.time
        found.append(CutOff(f"time {t:g} s", lambda s: s.time - t))
    return found


def window(limits: tuple[float, float]) -> list[CutOff]:
    """Unplanned ends: the voltage leaves the window of the cell, or nothing ever happens."""
    lower, upper = limits
    return [
        CutOff(f"{_LONGEST:g} s without a cut-off", lambda s: s.time - _LONGEST, planned=False),
        CutOff(f"voltage window {lower:g} V", lambda s: lower - s.voltage, planned=False),
        CutOff(f"voltage window {upper:g} V", lambda s: s.voltage - upper, planned=False),
    ]


def first_crossing(
    watched: Sequence[CutOff], state: Callable[[float], External], start: float, end: float
) -> tuple[float, CutOff] | None:
    """Earliest root in a time step (hours), or None.

    Looks at the middle of the step as well: a short dip under a cut-off must not pass
    between two steps.
    """
    best: tuple[float, CutOff] | None = None
    points = (start, (start + end) / 2, end)
    states = [state(t) for t in points]
    for cut_off in watched:
        margins = [cut_off.margin(s) for s in states]
        for a, b, before, after in zip(points, points[1:], margins, margins[1:], strict=False):
            if after >= 0:
                root = a
                if before < 0:
                    margin = cut_off.margin
                    root = brentq(lambda t, m=margin: m(state(t)), a, b, xtol=1e-15, rtol=1e-14)
                if best is None or root < best[0]:
                    best = (float(root), cut_off)
                break
    return best
