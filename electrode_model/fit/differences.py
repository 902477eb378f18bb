"""Differences of the voltages of two data sets: hysteresis gaps, overpotentials.

Both curves are taken at the same charge from full: a discharge at (1 - at) Q after its start,
a charge at (1 - at) Q before its end, where Q is the larger of their measured end capacities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

from electrode_model.config.problems import ConfigError, Problem, not_among
from electrode_model.config.yaml_source import Node
from electrode_model.constants import HOUR
from electrode_model.fit.config import Objective
from electrode_model.fit.data import DataSet
from electrode_model.fit.objective import course
from electrode_model.fit.runs import Sensitive
from electrode_model.fit.steps import steps_of

__all__ = ["Gap", "Probe", "probed", "read_gaps"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Probe:
    """Places of a constant current at which its voltage is taken."""

    data_set: str
    step: int
    time: Array  # (m,) s since the step began, or before its end
    from_end: bool


@dataclass(frozen=True)
class Gap:
    """The difference of two probes as it was measured."""

    first: Probe
    second: Probe
    at: Array  # (m,) shares of the capacity, 0 empty to 1 full
    measured: Array  # (m,) V
    std: float  # V that counts as one


def probed(probe: Probe, run: Sensitive) -> tuple[Array, Array] | None:
    """(m,) voltages and (m, n_p) their derivatives; None if the run did not come to the step."""
    own = np.flatnonzero(run.step == probe.step)
    time, first = np.unique(run.time[own], return_index=True)
    own = own[first]
    if time.size < 3:
        return None
    done = probe.step < len(run.ends) and run.ends[probe.step] > 0
    end = float(run.ends[probe.step]) if done else float(time[-1])
    d_end = run.d_ends[probe.step] if done else np.zeros(run.d_voltage.shape[1])
    curve = course(time, run.voltage[own], run.slope[own])
    at = np.clip(end - probe.time if probe.from_end else probe.time, time[0], end)
    if run.d_voltage.shape[1] == 0:
        return curve(at), np.zeros((at.size, 0))
    slopes = PchipInterpolator(time, run.d_voltage[own], axis=0)(np.minimum(at, time[-1]))
    if probe.from_end:
        slopes = slopes + curve.derivative()(at)[:, None] * d_end
    return curve(at), slopes


def read_gaps(objective: Objective, node: Node, data: Sequence[DataSet]) -> tuple[Gap, ...]:
    """The differences of an objective, measured; raises ConfigError."""
    problems: list[Problem] = []
    found: list[Gap] = []
    by_name = {one.name: one for one in data}
    for index, choice in enumerate(objective.differences):
        place = node.find((index,))[0]
        wrong = [name for name in choice.between if name not in by_name]
        if wrong:
            text = not_among(wrong[0], list(by_name), "data set")
            problems.append(place.problem(text, "between"))
            continue
        pair = [by_name[name] for name in choice.between]
        whole = max(one.end_capacity for one in pair)
        probes, volts = [], []
        for one in pair:
            try:
                probe, voltage = _measured(one, np.array(choice.at), whole)
            except ValueError as error:
                problems.append(place.problem(f"names {one.name}, {error}", "between"))
                break
            probes.append(probe)
            volts.append(voltage)
        if len(probes) == 2:
            measured = volts[0] - volts[1]
            found.append(Gap(probes[0], probes[1], np.array(choice.at), measured, choice.std))
    if problems:
        raise ConfigError(problems)
    return tuple(found)


def _measured(one: DataSet, at: Array, whole: float) -> tuple[Probe, Array]:
    """Where a curve is probed, and its voltages there; raises ValueError."""
    steps = [(k, s) for k, (_, s) in enumerate(steps_of(one)) if s.kind == "current"]
    if len(steps) != 1:
        raise ValueError("which has not one constant current")
    step, segment = steps[0]
    rows = slice(segment.start, segment.stop)
    charge = one.capacity[rows] - (0.0 if segment.start == 0 else one.capacity[segment.start - 1])
    from_end = segment.direction < 0
    passed = (1 - at) * whole
    place = float(charge[-1]) - passed if from_end else passed
    outside = (place < -1e-9 * whole) | (place > float(charge[-1]) * (1 + 1e-9))
    if outside.any():
        raise ValueError(f"whose curve does not reach {at[outside][0]:g} of {whole:.4g} A h/m^2")
    voltage = np.interp(place, charge, one.voltage[rows])
    time = passed / abs(segment.current) * HOUR
    return Probe(one.name, step, time, from_end), voltage
