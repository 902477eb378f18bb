"""``electrode-model losses``: what of the open-circuit voltage a saved run spends on what."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from electrode_model.terminal import BAD_INPUT, say

if TYPE_CHECKING:
    import numpy as np

    from electrode_model.analysis.losses import Losses
    from electrode_model.results.result import Result

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "split the overpotential of a saved result into its causes"

_MOMENTS = (0.1, 0.3, 0.5, 0.7, 0.9)  # of a step, in charge, or in time at rest
_PANELS = 4
_LONG = 0.05  # change of the mean filling in a step


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of the result")
    parser.add_argument(
        "--step", type=int, metavar="N", help="only this step of the protocol, from 1"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="picture (PNG, PDF or SVG; the table goes beside it as CSV);"
        " default DIR/figures/losses.png",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Split, print, draw; the exit status."""
    from electrode_model.analysis.losses import losses
    from electrode_model.plots.losses import draw_losses
    from electrode_model.plots.picture import picture_problem, save
    from electrode_model.results.result import Result

    picture = options.output or options.folder / "figures" / "losses.png"
    problem = picture_problem(picture)
    if problem:
        say(f"error: {problem}")
        return BAD_INPUT
    result = Result.open(options.folder)
    try:
        budget = losses(result, None if options.step is None else options.step - 1)
    except (KeyError, ValueError) as error:
        say(f"error: {options.folder}: {error.args[0]}")
        return BAD_INPUT
    steps = list(dict.fromkeys(budget.step.tolist()))
    for step in steps:
        print(_table(result, budget.of_step(step), step))
        print()
    shown = _chosen(budget, steps)
    for path in save(picture, lambda: draw_losses(result, budget, shown), _columns(budget)):
        print(path)
    return 0


def _chosen(budget: "Losses", steps: list[int]) -> list[int]:
    """Steps for the figure: the long ones with current, else any with current, else any."""
    parts = {step: budget.of_step(step) for step in steps}
    flowing = [s for s in steps if abs(parts[s].c_rate).max() > 1e-6]
    long = [s for s in flowing if abs(parts[s].filling[-1] - parts[s].filling[0]) > _LONG]
    return (long or flowing or steps)[:_PANELS]


def _columns(budget: "Losses") -> dict[str, "np.ndarray"]:
    terms = {f"{name[0].upper()}{name[1:]} [V]": term for name, term in budget.terms.items()}
    other = budget.negative_filling
    negative = {} if other is None else {"Negative filling fraction": other}
    return {
        "Time [s]": budget.time,
        "Step": budget.step,
        "Positive filling fraction": budget.filling,
        **negative,
        "Current [A.m-2]": budget.current,
        "C-rate": budget.c_rate,
        "Voltage [V]": budget.voltage,
        "Open-circuit voltage [V]": budget.ocv,
        **terms,
        "Remainder [V]": budget.remainder,
        "Weighted by current": budget.by_current.astype(int),
        "Reaction less cell current [C-rate]": budget.imbalance,
    }


def _table(result: "Result", here: "Losses", step: int) -> str:
    """Losses [mV] of one step at a few moments; terms that stay below 1 uV are left out."""
    import numpy as np

    from electrode_model.results.summary import table

    labels = {report.index: report.label for report in result.steps}
    moving = np.ptp(here.filling) > 1e-6
    along = here.filling if moving else here.time
    wanted = along[0] + (along[-1] - along[0]) * np.array(_MOMENTS)
    at = list(dict.fromkeys(int(np.abs(along - w).argmin()) for w in wanted))
    fillings = {"mean filling": here.filling}
    if here.negative_filling is not None:
        fillings = {"positive filling": here.filling, "negative filling": here.negative_filling}
    rows = [
        *((name, *(f"{value[k]:.3f}" for k in at)) for name, value in fillings.items()),
        ("time / s", *(f"{here.time[k]:.6g}" for k in at)),
        ("OCV / V", *(f"{here.ocv[k]:.4f}" for k in at)),
        ("voltage / V", *(f"{here.voltage[k]:.4f}" for k in at)),
        ("OCV - V / mV", *(_mv(here.total[k]) for k in at)),
    ]
    for name, term in here.terms.items():
        if np.abs(term).max() >= 1e-6:
            rows.append((f"  {name}", *(_mv(term[k]) for k in at)))
    rows.append(("  remainder", *(_mv(here.remainder[k]) for k in at)))
    weighting = here.by_current.mean()
    note = (
        "weighted by current"
        if weighting == 1
        else f"weighted by capacity at {1 - weighting:.0%} of the saved times"
    )
    worst = 1e3 * np.abs(here.remainder).max()
    head = f"step {step + 1}: {labels.get(step, 'unfinished')} ({note})"
    end = f"  largest remainder of the step: {worst:.1e} mV"
    return "\n".join([head, *table(rows, right=range(1, len(at) + 1)), end])


def _mv(volt: float) -> str:
    return f"{round(1e3 * volt, 3) + 0.0:.3f}"  # + 0.0: no minus zero
