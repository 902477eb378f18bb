"""What a run with derivatives hands over, and where its derivatives rest."""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Edge", "Sensitive"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Sensitive:
    """Rows of a run; times count from the beginning of their step of the protocol."""

    step: np.ndarray  # (n,) int
    time: Array  # (n,) s
    voltage: Array  # (n,) V
    slope: Array  # (n,) V/s, of the polynomial of the solver's step; nan where not known
    current: Array  # (n,) A/m^2, discharge positive
    capacity: Array  # (n,) A h/m^2 since the step began
    filling: Array  # (n,) mean of the positive electrode
    d_voltage: Array  # (n, n_p) V by each parameter, at a fixed time of the step
    d_capacity: Array  # (n, n_p) A h/m^2 by each parameter, likewise
    ends: Array  # (n_steps,) s, how long each step took
    d_ends: Array  # (n_steps, n_p)
    reasons: tuple[str, ...]  # (n_steps,)
    edge: np.ndarray  # (n,) bool: an electrode is full or empty, and a voltage belongs to a charge
    status: str  # "finished", "stopped" or "failed"
    message: str
    steps: int  # of the solver


@dataclass(frozen=True)
class Edge:
    """An electrode that is full or empty, and where that began."""

    electrode: str
    rate: float  # of its filling, 1/h
    slope: Array  # (n,) of the states, 1/h
    state: Array  # (n,)
    inward: bool  # whether the current goes on to fill or empty it
