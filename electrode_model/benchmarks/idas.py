"""A case by CasADi's idas: the same equations and expressions as one flat DAE."""

from collections.abc import Callable

import numpy as np

from electrode_model.benchmarks.cases import RTOL, Case
from electrode_model.benchmarks.measured import fractions, peak, repeated, tell, tell_cost, timed
from electrode_model.benchmarks.own import Problem
from electrode_model.solver.oracle import build

__all__ = ["MOST_STATES", "measure", "voltages"]

#: idas differentiates the whole system: at 1,000 particles it is set up in a second, at 10,000 in
#: half a minute, at 100,000 in an hour.
MOST_STATES = 2000


def measure(case: Case, limit: float) -> None:
    """Tell the cost of a case."""
    tell(before=peak())
    if case.config is not None:
        tell(cannot="asked for a constant current only")
        return
    problem = Problem(case)
    states = problem.system.n
    if states > MOST_STATES:
        tell(cannot=f"set-up grows with states^2; asked up to {MOST_STATES} states")
        return
    tell(states=states)

    set_up, solver = timed(lambda: _built(problem, RTOL, np.array([problem.end])))
    tell(set_up=set_up)
    first = timed(solver)[0]
    tell(first=first)
    tell_cost(repeated(first, lambda: timed(solver)[0]))
    tell(voltage=voltages(problem, RTOL)[1].tolist())


def voltages(problem: Problem, rtol: float) -> tuple[float, np.ndarray]:
    """Seconds of a solve, and the voltages [V] at :func:`fractions` of the run."""
    seconds, _ = timed(_built(problem, rtol, np.array([problem.end])))
    states = _built(problem, rtol, fractions() * problem.end)()
    where = problem.system.where["voltage"]
    return seconds, states[:, where].reshape(-1) * problem.assembly.scales.voltage


def _built(problem: Problem, rtol: float, moments: np.ndarray) -> Callable[[], np.ndarray]:
    return build(
        problem.assembly, problem.control, moments, rtol=rtol, atol=rtol, most_states=MOST_STATES
    )
