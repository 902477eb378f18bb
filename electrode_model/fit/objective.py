"""What is compared: the residuals of one curve, with their derivatives.

A curve of constant current is compared over its own capacity: measured and simulated voltage
are taken at equal shares x of their own end capacities, so that both go from the start to the
cut-off and no end of one stands against nothing of the other; the end capacities themselves
are one residual more.  Rests, measured currents, and everything under ``against: time``, are
compared at equal times; beyond the end of a simulated curve its last voltage stands.  The points
of a curve are averaged in bins of x or time, each of which counts once however many
points it has.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator

from electrode_model.constants import HOUR
from electrode_model.fit.config import Objective
from electrode_model.fit.runs import Sensitive

__all__ = ["PENALTY", "Index", "Match", "Target", "count", "course", "match", "residuals", "target"]

Array = np.ndarray[Any, np.dtype[np.float64]]
Index = np.ndarray[Any, np.dtype[np.int_]]

PENALTY = 1.0  # V by which a curve that cannot be simulated is off everywhere; 1: of its end
_SLOPES = 4  # bins of the voltage for each interval of dQ/dV
_MARGIN = 0.03  # of the measured voltages, left out at both ends
_FLAT = 1e-3  # V per share of the capacity below which a curve has no dQ/dV


@dataclass(frozen=True)
class Target:
    """One piece of a measured curve: what a step of the protocol must give."""

    data_set: str
    step: int  # of the protocol
    label: str  # "discharge", "charge", "rest", ...
    rows: Index  # (n,) of the data set
    position: Array  # (n,) share of the end capacity, or s since the step began
    voltage: Array  # (n,) V
    bins: Index  # (n,), from 0 without gaps
    end: float  # A h/m^2 passed in the step
    scaled: bool  # whether positions are shares
    ends_free: bool  # whether the end is a cut-off, which the model may reach at another capacity
    weight: float


@dataclass(frozen=True)
class Match:
    """What a simulation gives at the places of a target."""

    voltage: Array  # (n,) V
    d_voltage: Array  # (n, n_p) by each parameter
    end: float  # A h/m^2
    d_end: Array  # (n_p,)


def target(
    data_set: str,
    step: int,
    label: str,
    rows: Index,
    position: Array,
    voltage: Array,
    end: float,
    *,
    scaled: bool,
    ends_free: bool,
    weight: float,
    points: int,
) -> Target:
    """A target whose points are put into ``points`` equal bins; empty ones are left out."""
    last = max(float(position[-1]), np.finfo(float).tiny)
    index = np.minimum((position / last * points).astype(int), points - 1)
    _, bins = np.unique(index, return_inverse=True)
    return Target(
        data_set, step, label, rows, position, voltage, bins, end, scaled, ends_free, weight
    )


def match(goal: Target, run: Sensitive) -> Match | None:
    """The simulated curve at the places of a target; None if the run did not come to it."""
    own = np.flatnonzero(run.step == goal.step)
    if own.size < 3:
        return None
    time, first = np.unique(run.time[own], return_index=True)
    own = own[first]
    if time.size < 3:
        return None
    n_p = run.d_voltage.shape[1]
    done = goal.step < len(run.ends) and run.ends[goal.step] > 0
    end = float(run.ends[goal.step]) if done else float(time[-1])
    d_end = run.d_ends[goal.step] if done else np.zeros(n_p)
    curve = course(time, run.voltage[own], run.slope[own])
    slope, d_voltage = curve.derivative()(time), run.d_voltage[own]
    if goal.scaled:
        at = goal.position * end
        # at a fixed share of the end the place moves with the end
        d_rows = d_voltage + (slope * time / end)[:, None] * d_end
        d_rows[run.edge[own]] = 0.0  # a voltage belongs to a share of the end there
        if done and run.reasons[goal.step].startswith("voltage"):
            d_rows[-1] = 0.0  # both ends are the cut-off
    else:
        at = np.minimum(goal.position, end)
        d_rows = d_voltage.copy()
        d_rows[-1] += slope[-1] * d_end
    at = np.clip(at, time[0], time[-1])
    passed = float(run.capacity[own[-1]])
    sign = 1.0 if passed >= 0 else -1.0
    d_passed = run.d_capacity[own[-1]] + run.current[own[-1]] * d_end / HOUR
    return Match(
        voltage=curve(at),
        d_voltage=PchipInterpolator(time, d_rows, axis=0)(at) if n_p else np.zeros((at.size, 0)),
        end=sign * passed,
        d_end=sign * d_passed,
    )


def course(time: Array, voltage: Array, slope: Array) -> PchipInterpolator | CubicHermiteSpline:
    """The curve between rows.

    With the solver's own slopes where they are known: those that are guessed from the rows err by
    a tenth where the voltage turns, and so would what a shift of the curve does.
    """
    if np.isfinite(slope).all():
        return CubicHermiteSpline(time, voltage, slope)
    return PchipInterpolator(time, voltage)


def count(goal: Target, objective: Objective) -> tuple[int, ...]:
    """Numbers of residuals: voltages, slopes, end."""
    bins = int(goal.bins.max(initial=-1)) + 1
    slopes = bins // _SLOPES if objective.slope is not None and goal.scaled else 0
    return (
        bins if objective.voltage is not None else 0,
        slopes,
        1 if objective.end_capacity is not None and goal.ends_free else 0,
    )


def residuals(
    goal: Target, found: Match | None, objective: Objective, n_p: int
) -> tuple[Array, Array]:
    """(n,) residuals and (n, n_p) their derivatives, in deviations that count as one.

    Without a match every residual is that of a curve that is :data:`PENALTY` off.
    """
    n_voltage, n_slope, n_end = count(goal, objective)
    total = n_voltage + n_slope + n_end
    weight = float(np.sqrt(goal.weight))
    values, slopes = np.zeros(total), np.zeros((total, n_p))
    part = slice(0, n_voltage)
    if n_voltage and objective.voltage is not None:
        scale = weight / objective.voltage
        if found is None:
            values[part] = PENALTY * scale
        else:
            values[part] = _means(goal, found.voltage - goal.voltage) * scale
            slopes[part] = _means(goal, found.d_voltage) * scale
    part = slice(n_voltage, n_voltage + n_slope)
    if n_slope and objective.slope is not None:
        scale = weight / objective.slope
        if found is None:
            values[part] = PENALTY * scale
        else:
            values[part], slopes[part] = _of_slopes(goal, found, n_slope, scale)
    if n_end and objective.end_capacity is not None:
        scale = weight / objective.end_capacity / goal.end
        if found is None:
            values[-1] = PENALTY * scale * goal.end
        else:
            values[-1] = (found.end - goal.end) * scale
            slopes[-1] = found.d_end * scale
    return values, slopes


def _means(goal: Target, values: Array) -> Array:
    """Means over the points of each bin, along the first axis."""
    bins = int(goal.bins.max()) + 1
    sums = np.zeros((bins, *values.shape[1:]))
    np.add.at(sums, goal.bins, values)
    counts = np.bincount(goal.bins, minlength=bins)
    mean: Array = sums / counts.reshape(-1, *[1] * (values.ndim - 1))
    return mean


def _of_slopes(goal: Target, found: Match, count: int, scale: float) -> tuple[Array, Array]:
    """Differences of dQ/dV in equal intervals of the measured voltage.

    In shares of the capacity per share of the measured window: 1 is the slope of a straight line.
    """
    x = _means(goal, goal.position)
    measured = _means(goal, goal.voltage)
    model, d_model = _means(goal, found.voltage), _means(goal, found.d_voltage)
    low, high = float(measured.min()), float(measured.max())
    margin = _MARGIN * (high - low)  # a shifted curve has voltages there too
    edges = np.linspace(low + margin, high - margin, count + 1)
    rises = measured[-1] > measured[0]
    q = np.interp(edges, *_ascending(measured, x, rises))
    own = np.interp(edges, *_ascending(model, x, rises))
    by_x = np.gradient(model, x)
    by_x = np.where(np.abs(by_x) < _FLAT, _FLAT if rises else -_FLAT, by_x)
    d_x = -d_model / by_x[:, None]  # of the place of a voltage
    d_own = np.array([np.interp(own, x, column) for column in d_x.T]).reshape(-1, own.size).T
    d_own = np.where(((own > x[0]) & (own < x[-1]))[:, None], d_own, 0.0)
    return np.diff(own - q) * count * scale, np.diff(d_own, axis=0) * count * scale


def _ascending(voltage: Array, x: Array, rises: bool) -> tuple[Array, Array]:
    """The curve by ascending voltage, without its returns."""
    if rises:
        return np.maximum.accumulate(voltage), x
    return np.minimum.accumulate(voltage)[::-1], x[::-1]
