"""Consistent initial values; how a solve may end short of its aim, and what it cost."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from electrode_model.solver.equations import Equations

__all__ = ["Outcome", "Statistics", "consistent"]

_CONVERGED = 1e-10  # of the largest unknown
_LOOSE = 1e-8  # the same, for steps that no longer shrink: rounding


class Outcome(Enum):
    """Why an integration could not go on; a planned end is a cut-off (cutoffs.py)."""

    STEP_TOO_SMALL = "step too small"
    NOT_FINITE = "residual not finite"
    NO_START = "no consistent start"
    NO_PROGRESS = "no progress"
    STEP_LIMIT = "limit of time steps"
    WALL_TIME = "wall-clock limit"


@dataclass
class Statistics:
    """What a solve cost."""

    steps: int = 0
    residuals: int = 0
    jacobians: int = 0
    factorisations: int = 0
    error_failures: int = 0
    newton_failures: int = 0
    not_finite: int = 0

    def as_dict(self) -> dict[str, float | int]:
        """For a report."""
        return dict(vars(self))


def consistent(system: Equations, statistics: Statistics) -> Outcome | None:
    """Solve for the algebraic unknowns and the slopes at given differential states.

    Newton steps move potentials by at most 2 kT/e at first: exponential kinetics
    overshoot, a linear circuit does not, so the bound is lifted when steps keep hitting it.
    Returns None on success.
    """
    algebraic = ~system.differential
    system.slope[:] = 0.0
    limit, before = 2.0, np.inf
    for iteration in range(80):
        residual = system.evaluate()
        statistics.residuals += 1
        if not np.all(np.isfinite(residual)):
            return Outcome.NOT_FINITE
        system.linearize()
        statistics.jacobians += 1
        statistics.factorisations += 1
        if not system.factor(1.0, 0.0):
            return Outcome.NOT_FINITE
        delta = system.solve()
        largest = float(np.abs(delta[algebraic]).max())
        if not np.isfinite(largest):
            return Outcome.NOT_FINITE
        damping = min(1.0, limit / largest) if largest > 0 else 1.0
        system.y[algebraic] += damping * delta[algebraic]
        system.slope[~algebraic] += damping * delta[~algebraic]
        size = 1 + float(np.abs(system.y[algebraic]).max())
        # at rest, surfaces full to 1e-8 hardly react: rounding leaves their potential that loose
        if largest < _CONVERGED * size or before / 2 < largest < _LOOSE * size:
            return None
        before = largest
        if iteration > 20 and damping < 1:
            limit *= 1.5
    return Outcome.NO_START
