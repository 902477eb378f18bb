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


_AT = 1e-7  # V beyond its window that a cell may be: a hold or a sweep may end just there
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
    stop: str = ""  # the key below ``until``; none of an end that is in the step itself


def cut_offs(
    step: "Step", start: External, scales: Scales, natural: CutOff | None = None
) -> list[CutOff]:
    """The stops of a step, directed by its current: a discharge crosses them downwards.

    ``start`` is the state right after the step has begun; a hold takes the direction of its
    first current.  Steps without one direction, and rests, end where a value is reached from
    the side on which it was at the start.  ``natural`` is the end of a sweep or a drive cycle.
    """
    found = []
    for name, value in step.until.given.items():
        text, margin = _margin(step, name, value, start, scales)
        found.append(CutOff(text, margin, stop=name))
    return found if natural is None else [*found, natural]


def _margin(
    step: "Step", name: str, value: float, start: External, scales: Scales
) -> tuple[str, Callable[[External], float]]:
    """What a stop is called, and its margin."""
    if name in ("voltage", "voltage_below", "voltage_above"):
        return f"voltage {value:g} V", _voltage(step, name, value, start)
    if name in ("current", "rate"):
        unit, limit = ("A/m^2", value) if name == "current" else ("C", value * scales.current)
        lead = step.ramp or 0.0  # a ramp begins at any current; only then does it decay

        def decayed(s: External) -> float:
            return -limit if s.time < lead else limit - abs(s.current)

        return f"{name} {value:g} {unit}", decayed
    if name == "capacity":
        return f"capacity {value:g} A h/m^2", lambda s: abs(s.passed) - value
    if name == "filling":
        falls = start.filling > value if step.changing else not _discharges(step, start)
        text = f"filling {value:g}"
        return text, lambda s: value - s.filling if falls else s.filling - value
    if name == "surface_filling":
        text = f"surface filling {value:g}"
        if _discharges(step, start):
            return text, lambda s: s.surface[1] - value
        return text, lambda s: value - s.surface[0]
    return f"time {value:g} s", lambda s: s.time - value


def _voltage(step: "Step", name: str, value: float, start: External) -> Callable[[External], float]:
    down = name == "voltage_below"
    if name == "voltage":
        either = step.kind == "rest" or step.changing
        down = start.voltage > value if either else _discharges(step, start)
    return lambda s: value - s.voltage if down else s.voltage - value


def _discharges(step: "Step", start: External) -> bool:
    """The direction of a step: that of its first current, or of where a ramp leads."""
    if step.ramp is not None and step.current is not None:
        return step.current.value > 0
    if step.ramp is not None and step.power is not None:
        return step.power > 0
    return start.current > 0


def window(limits: tuple[float, float]) -> list[CutOff]:
    """Unplanned ends: the voltage leaves the window of the cell, or nothing ever happens."""
    lower, upper = limits
    return [
        CutOff(f"{_LONGEST:g} s without a cut-off", lambda s: s.time - _LONGEST, planned=False),
        CutOff(f"voltage window {lower:g} V", lambda s: lower - s.voltage - _AT, planned=False),
        CutOff(f"voltage window {upper:g} V", lambda s: s.voltage - upper - _AT, planned=False),
    ]


def first_crossing(
    watched: Sequence[CutOff],
    state: Callable[[float], External],
    start: float,
    end: float,
    first: External | None = None,
) -> tuple[float, CutOff] | None:
    """Earliest root in a time step (hours), or None.

    Looks at the middle of the step as well: a short dip under a cut-off must not pass
    between two steps.  ``first`` is the state at the start, if that is known.
    """
    best: tuple[float, CutOff] | None = None
    middle = (start + end) / 2
    half, last = state(middle), state(end)
    for cut_off in watched:
        margin = cut_off.margin
        if margin(half) < 0 and margin(last) < 0:
            continue  # nearly always
        points = (start, middle, end)
        states = (state(start) if first is None else first, half, last)
        margins = [margin(s) for s in states]
        for a, b, before, after in zip(points, points[1:], margins, margins[1:], strict=False):
            if after >= 0:
                root = a
                if before < 0:
                    root = brentq(lambda t, m=margin: m(state(t)), a, b, xtol=1e-15, rtol=1e-14)
                if best is None or root < best[0]:
                    best = (float(root), cut_off)
                break
    return best
