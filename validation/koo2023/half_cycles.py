"""Half cycles between near end members, and what is seen when the electrode is half full.

Overpotentials are counted twice: against V_eq of the configuration (the potential at which a
particle of filling 1/2 is in equilibrium), and as Koo et al. do, against the middle between
the two 0.2C curves.  Gaps are lithiation less delithiation; any offset that does not depend
on the rate cancels in Koo's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.analysis.population import active_fraction
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate

__all__ = ["CONFIGS", "HALF", "KINDS", "REFERENCE", "Half", "Sweep", "half_cycle", "sweep"]

CONFIGS = Path(__file__).parents[2] / "configs"
KINDS = ("discharge", "charge")  # lithiation, delithiation
REFERENCE = 0.2  # C-rate whose plateaus Koo et al. count from
HALF = 0.5

Array = np.ndarray[Any, np.dtype[np.float64]]

#: First and second cut-off of the capacity, V: Koo's own, and narrower ones.
CUT_OFFS = {"discharge": (2.0, 2.5), "charge": (4.0, 3.9)}


@dataclass(frozen=True)
class Half:
    """One half cycle; compositions and potentials at half filling, potentials in mV."""

    rate: float  # C
    kind: str  # "discharge" is lithiation
    eta: float  # size of V - V_eq
    active: float  # share of the capacity in particles of mean filling 0.15 to 0.85
    surface_active: float  # the same by the filling of the surface
    surface: float  # filling of the reacting surface, mean weighted with the particles' capacity
    interior: float  # filling of the half of each particle that is away from the surface
    exchange: float  # j0/k0 of the skewed form at the surface, same mean
    capacity: float  # share of the theoretical, from the start to 2.0 V or 4.0 V
    narrow: float  # the same to 2.5 V or 3.9 V; nan if the start already is beyond that
    extreme: float  # V, of the start-up peak before half filling
    steps: int
    seconds: float


@dataclass(frozen=True)
class Sweep:
    """Both directions of one model at several rates."""

    halves: Mapping[tuple[float, str], Half]

    @property
    def rates(self) -> list[float]:
        """Ascending, those with both directions."""
        return sorted({rate for rate, _ in self.halves})

    def raw(self, rate: float) -> float:
        """|eta| of lithiation less delithiation against V_eq, mV."""
        return self.halves[rate, "discharge"].eta - self.halves[rate, "charge"].eta

    def koo(self, rate: float) -> float:
        """The same against the middle of the 0.2C curves, mV; nan without these."""
        if (REFERENCE, KINDS[0]) not in self.halves:
            return float("nan")
        return self.raw(rate) - self.raw(REFERENCE)

    def against_reference(self, rate: float, kind: str) -> float:
        """Size of V - (middle of the 0.2C curves), mV."""
        middle = -self.raw(REFERENCE) / 2  # of the 0.2C curves, above V_eq
        return self.halves[rate, kind].eta + (middle if kind == "discharge" else -middle)

    def as_rows(self) -> list[dict[str, Any]]:
        """For a JSON file."""
        return [asdict(half) for half in self.halves.values()]


def half_cycle(
    config: str,
    rate: float,
    kind: str,
    overrides: Sequence[str] = (),
    *,
    start: float = 0.01,
    to_the_end: bool = True,
) -> Half:
    """Run a half cycle from ``start`` (from 1 - start in delithiation).

    ``to_the_end``: on to the cut-off at 2.0 or 4.0 V; else only to half filling, and the
    capacities are nan.  Raises RuntimeError if the run does not reach half filling.
    """
    sign, first = (1, start) if kind == "discharge" else (-1, 1 - start)
    last = CUT_OFFS[kind][0]
    current = f"current: {sign * rate} C"
    steps = [f"{{{current}, until: {{filling: {HALF}}}}}"]
    if to_the_end:
        steps.append(f"{{{current}, until: {{voltage: {last} V}}}}")
    given = [
        f"positive.initial_filling={first}",
        "voltage_window=[0 V, 6 V]",  # the start-up peak of delithiation is no end
        "output.fields=[particles, profiles]",
        # full surfaces of a j0 with a root, sqrt(c (1 - c)), can take any number of steps
        "solver.max_steps=4000",
        f"protocol=[{', '.join(steps)}]",
    ]
    result = simulate(CONFIGS / f"{config}.yaml", overrides=[*given, *overrides])
    # A law with a limiting current asks for any voltage there: that is the end of its capacity.
    begun = len(result.steps) > 1 and result.steps[0].planned
    if result.status != "finished" and not begun:
        raise RuntimeError(f"{config} {sign * rate:g}C {list(overrides)}: {result.message}")
    return _measure(result, rate, kind)


def _measure(result: Result, rate: float, kind: str) -> Half:
    weight = result.layout.weight
    step, voltage = result["Step"], result["Voltage [V]"]
    middle = int(np.flatnonzero(step == 0)[-1])
    frame = int(np.flatnonzero(result["Field step"] == 0)[-1])
    mean = result["Particle filling fraction"][frame]
    surface, interior = mean, mean
    if result.layout.profiles:
        surface = result["Particle surface filling fraction"][frame]
        interior = inner_half(result, frame)
    potential = 1e3 * (voltage[middle] - _standard(result))
    narrow, wide = _capacities(result, kind)
    return Half(
        rate=rate,
        kind=kind,
        eta=float(-potential if kind == "discharge" else potential),
        active=active_fraction(mean, weight),
        surface_active=active_fraction(surface, weight),
        surface=float(surface @ weight),
        interior=float(interior @ weight),
        exchange=float(weight @ (3 * (1 - surface) * np.sqrt(surface * (1 - surface)))),
        capacity=wide,
        narrow=narrow,
        extreme=float((np.min if kind == "discharge" else np.max)(voltage[: middle + 1])),
        steps=int(result.summary["statistics"]["steps"]),
        seconds=float(result.summary["wall_time"]),
    )


def inner_half(result: Result, frame: int) -> Array:
    """(n_p,) mean filling of the half of each particle next to its centre."""
    (grid,) = result.layout.profiles
    share = np.clip(HALF - (np.cumsum(grid.weights) - grid.weights), 0, grid.weights)
    interior = np.empty(result.layout.size.size)
    interior[grid.particles] = share @ result["Particle profiles 0"][frame] / share.sum()
    return interior


def _standard(result: Result) -> float:
    """V_eq of a regular solution at filling 1/2 [V]."""
    from electrode_model.config import components
    from electrode_model.config.model import Config

    assert isinstance(result.config, Config)
    material = result.config.positive.particles[0].material
    own = components.material(material.name).numbers["standard_potential"].value
    return material.overrides.get("standard_potential", own)


def _capacities(result: Result, kind: str) -> tuple[float, float]:
    """Share of the theoretical capacity to the narrow and to the wide cut-off."""
    voltage, filling = result["Voltage [V]"], result["Positive filling fraction"]
    passed = np.abs(filling - filling[0])
    narrow = CUT_OFFS[kind][1]
    beyond = voltage <= narrow if kind == "discharge" else voltage >= narrow
    k = int(np.argmax(beyond))
    if not beyond[-1]:
        return float("nan"), float("nan")
    if k == 0 or passed[k] < 0.2:
        return float("nan"), float(passed[-1])
    share = (narrow - voltage[k - 1]) / (voltage[k] - voltage[k - 1])
    return float(passed[k - 1] + share * (passed[k] - passed[k - 1])), float(passed[-1])


def sweep(
    config: str,
    rates: Sequence[float],
    overrides: Sequence[str] = (),
    *,
    start: float = 0.01,
    to_the_end: bool = True,
) -> Sweep:
    """Both directions at every rate; a half cycle that fails is left out with its rate."""
    halves: dict[tuple[float, str], Half] = {}
    for rate in rates:
        try:
            both = [
                half_cycle(config, rate, kind, overrides, start=start, to_the_end=to_the_end)
                for kind in KINDS
            ]
        except RuntimeError as error:
            print(f"left out: {error}", flush=True)
            continue
        halves |= {(rate, half.kind): half for half in both}
    return Sweep(halves)
