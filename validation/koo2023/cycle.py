"""CC-CV cycling between end members, as the half cells of Koo et al. were cycled (row K2).

Constant current until 2 V or 4 V, the voltage held until the current is C/20, a rest.  The
gap is read from the second cycle, in which nothing is left of the start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from validation.koo2023.half_cycles import CONFIGS, HALF, REFERENCE

__all__ = ["Cycle", "cycles"]

#: Out of a particle as full as a hold at 2 V leaves it the current starts at a peak of voltage,
#: for seconds: 3.9 V at 1C, and above 4 V from 4C.  There the charge goes on to this voltage
#: instead; between the two hardly any lithium is left, and the hold is at 4 V at every rate.
FAST, PEAK = 4.0, 4.2


@dataclass(frozen=True)
class Cycle:
    """The second cycle at one rate."""

    rate: float
    voltage: tuple[float, float]  # V at half filling: lithiation, delithiation
    ends: tuple[float, float]  # mean filling that lithiation, delithiation begin from
    peak: float  # V, start-up of delithiation

    @property
    def raw(self) -> float:
        """|V - 3.422 V| of lithiation less delithiation, mV."""
        return 1e3 * (2 * 3.422 - sum(self.voltage))


def cycle(rate: float, overrides: Sequence[str]) -> Cycle:
    """Two CC-CV cycles of configuration A."""
    one = (
        f"{{current: {rate} C, until: {{voltage: 2 V}}}}",
        "{voltage: 2 V, until: {rate: C/20}}",
        "{rest: 10 min}",
        f"{{current: -{rate} C, until: {{voltage: {PEAK if rate >= FAST else 4} V}}}}",
        "{voltage: 4 V, until: {rate: C/20}}",
        "{rest: 10 min}",
    )
    result = simulate(
        CONFIGS / "lfp_koo_film.yaml",
        overrides=[
            f"protocol=[{{repeat: 2, steps: [{', '.join(one)}]}}]",
            "voltage_window=[1.9 V, 5.1 V]",
            "output={every: 1 h, fields: [particles]}",
            *overrides,
        ],
    )
    if result.status != "finished":
        raise RuntimeError(f"cycle at {rate:g}C: {result.message}")
    lithiation, delithiation = _curve(result, 6), _curve(result, 9)
    return Cycle(
        rate,
        (_at_half(*lithiation), _at_half(*delithiation)),
        (float(lithiation[0][0]), float(delithiation[0][0])),
        float(delithiation[1][delithiation[0] > HALF].max()),
    )


def _curve(result: Result, step: int) -> tuple[Any, Any]:
    rows = result["Step"] == step
    return result["Positive filling fraction"][rows], result["Voltage [V]"][rows]


def _at_half(filling: Any, voltage: Any) -> float:
    order = np.argsort(filling)
    return float(np.interp(HALF, filling[order], voltage[order]))


def cycles(rates: Sequence[float], count: int) -> dict[float, tuple[Cycle, float]]:
    """Rate -> cycle and Koo's gap, mV; ``rates`` must hold 0.2."""
    found = {rate: cycle(rate, [f"positive.particles.per_volume={count}"]) for rate in rates}
    base = found[REFERENCE].raw
    return {rate: (one, one.raw - base) for rate, one in found.items()}
