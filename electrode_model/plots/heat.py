"""Temperature and heat of a run."""

import numpy as np
from matplotlib.figure import Figure

from electrode_model.analysis.heat import heat_split
from electrode_model.plots.figure import COLOURS, INK, PALE, panels, time_unit
from electrode_model.results.result import Result

__all__ = ["temperature"]


def temperature(result: Result) -> Figure | str:
    """Temperature above, heat since the start below: total, reversible, irreversible."""
    if "Temperature [K]" not in result:
        return "the run has no heat balance"
    if "Particle filling fraction" not in result or not result["Field time [s]"].size:
        return "the filling of the particles was not saved"
    figure, axes = panels(result, "Temperature and heat", (7.2, 4.8), rows=2)
    upper, lower = axes[:, 0]
    unit, seconds = time_unit(result["Time [s]"][-1])
    upper.plot(result["Time [s]"] / seconds, result["Temperature [K]"] - 273.15, color=INK)
    upper.set_ylabel("temperature / °C")
    split = heat_split(result)
    time = split.time / seconds
    for values, label, colour in (
        (split.total, "released", INK),
        (split.irreversible, "irreversible", COLOURS["charge"]),
        (split.reversible, "reversible", COLOURS["discharge"]),
    ):
        lower.plot(time, values / 1e3, label=label, color=colour)
    lower.axhline(0, color=PALE, linewidth=0.8)
    lower.set_ylabel("heat / kJ m$^{-2}$")
    lower.set_xlabel(f"time / {unit}")
    upper.sharex(lower)
    upper.tick_params(labelbottom=False)
    lower.margins(x=0)
    lower.legend(loc="best")
    upper.set_ylim(*_room(result["Temperature [K]"] - 273.15))
    return figure


def _room(values: np.ndarray) -> tuple[float, float]:
    """Limits that do not blow up a change of less than a tenth of a degree."""
    low, high = float(values.min()), float(values.max())
    spare = max((high - low) * 0.08, 0.05)
    return low - spare, high + spare
