"""What the intervals are worth where the model is linear: many seeds of noise at no cost."""

from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.fit.evaluator import Evaluator
from electrode_model.fit.resume import Journal
from electrode_model.fit.setting import Plan, read_plan
from electrode_model.fit.statistics import autocorrelation, estimates, spread
from validation.fits.synthetic.cells import Case, noise, truths

__all__ = ["LINEAR", "linear"]

LINEAR = 300  # seeds

Array = np.ndarray[Any, np.dtype[np.float64]]


def linear(case: Case, path: Path) -> dict[str, Any]:
    """Coverage over many seeds of noise, the model taken as linear about the truth.

    One simulation of each curve with sensitivities; then estimates and intervals as in a fit.
    """
    plan, true = read_plan(path), truths(case)
    u = np.array([p.u(true[p.name]) for p in plan.parameters])
    journal = Journal(plan.fingerprint, path.parent, resume=True)
    with Evaluator(plan.parameters, plan.experiments, journal, plan.gaps, 1) as ask:
        here = ask(u, "sensitivities")
        assert here.jacobian is not None
        seed = int(path.parent.name.rpartition("_")[2])
        clean = here.residuals - _binned(plan, seed)
        found: dict[str, Any] = {"model_error_mV": 1e3 * _model_error(plan, ask, clean)}
        for width in (0.0, 0.02, 0.04, 0.08):
            ask.smooth(width)
            slopes, inside = ask.smoothing(here.jacobian), []
            for seed in range(LINEAR):
                values = ask.smoothing(clean + _binned(plan, seed))
                change = -np.linalg.lstsq(slopes, values, rcond=None)[0]
                left = values + slopes @ change
                tau = autocorrelation([left[rows] for _, rows in ask.pieces])
                tau = max(tau, ask.smoothing.correlated)
                own = spread(slopes, left, u + change, tau, 0)
                none = [(False, False)] * u.size
                known = estimates(plan.parameters, u + change, own, none)
                inside.append([e.low <= true[e.name] <= e.high for e in known])
            found[f"{width:g}"] = {
                "each": dict(zip(true, np.mean(inside, axis=0).tolist(), strict=True)),
                "all": float(np.all(inside, axis=1).mean()),
            }
    return found


def _binned(plan: Plan, seed: int) -> Array:
    """What the noise of a seed adds to the residuals."""
    rows = []
    values = noise(seed, len(plan.experiments))
    for own, experiment in zip(values, plan.experiments, strict=True):
        for goal in experiment.targets:
            part = np.zeros(experiment.target_size(goal))
            counts = np.bincount(goal.bins)
            sums = np.bincount(goal.bins, weights=own[goal.rows])
            part[: counts.size] = -sums / counts / (experiment.objective.voltage or 1.0)
            rows.append(part)
    return np.concatenate(rows)


def _model_error(plan: Plan, ask: Evaluator, clean: Array) -> float:
    scale = plan.config.objective.voltage or 1.0
    pieces = np.concatenate([clean[rows] for _, rows in ask.pieces])
    return float(np.sqrt(np.mean(pieces**2))) * scale
