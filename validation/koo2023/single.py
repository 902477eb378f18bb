"""One platelet: what a film, a size spread and neighbours add is left out.

``particle.yaml`` is a platelet of Koo et al. with fast diffusion and a soft uniform state:
limited by its surface reaction (SRL).  A hundredth of the diffusivity makes it limited by
transport in its bulk (BDL).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.load import load
from electrode_model.constants import HOUR
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from validation.koo2023.half_cycles import CONFIGS, HALF, inner_half

__all__ = ["Core", "core_shell", "diffusion_times", "homogeneous_gap", "platelet", "relaxation"]

PARTICLE = Path(__file__).with_name("particle.yaml")
P = "positive.particles"
DIFFUSIVITIES = {"SRL": 1e-14, "BDL": 1e-16}  # m^2/s

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Platelet:
    """At half filling; nan where the platelet cannot carry the current so far."""

    eta: float  # mV, size
    surface: float
    centre: float


def platelet(rate: float, kind: str, limit: str = "SRL") -> Platelet:
    """A half cycle to half filling; ``limit`` chooses the diffusivity."""
    sign, start = (1, 0.01) if kind == "discharge" else (-1, 0.99)
    result = simulate(
        PARTICLE,
        overrides=[
            f"{P}.material.diffusivity={DIFFUSIVITIES[limit]} m^2/s",
            f"positive.initial_filling={start}",
            f"protocol=[{{current: {sign * rate} C, until: {{filling: {HALF}, voltage:"
            f" {2 if sign > 0 else 5} V}}}}]",
        ],
    )
    profile = result["Particle profiles 0"][-1, :, 0]
    if abs(result["Positive filling fraction"][-1] - HALF) > 1e-6:
        return Platelet(float("nan"), float(profile[-1]), float("nan"))
    eta = 1e3 * abs(float(result["Voltage [V]"][-1]) - 3.422)
    return Platelet(eta, float(profile[-1]), float(profile[0]))


def homogeneous_gap(rate: float) -> float:
    """|eta| of lithiation less delithiation of one uniform particle, mV."""
    eta = []
    for sign, start in ((1, 0.01), (-1, 0.99)):
        result = simulate(
            CONFIGS / "lfp_koo_0d.yaml",
            overrides=[
                f"{P}.per_volume=1",
                f"{P}.size=75 nm",
                "solver={rtol: 1e-10, atol: 1e-10}",
                f"positive.initial_filling={start}",
                f"protocol=[{{current: {sign * rate} C, until: {{filling: {HALF}}}}}]",
            ],
        )
        eta.append(1e3 * abs(float(result["Voltage [V]"][-1]) - 3.422))
    return eta[0] - eta[1]


@dataclass(frozen=True)
class Core:
    """Delithiation of a platelet that has a poor core in a rich shell."""

    nodes: Array  # (n,) 0 centre .. 1 surface
    mean: Array  # (n_t,)
    profiles: Array  # (n_t, n)

    @property
    def boundary(self) -> Array:
        """(n_t,) where the core ends: the first place from the centre with a filling of 1/2."""
        return np.array([self.nodes[int(np.argmax(c > HALF))] for c in self.profiles])

    def at(self, mean: float) -> int:
        """The saved time nearest a mean filling."""
        return int(np.abs(self.mean - mean).argmin())

    def removed(self, begin: float, end: float) -> tuple[float, float]:
        """Shares of the lithium that left between two mean fillings, by where it was.

        From the tenth of the platelet at the surface, and from around the core's edge: within
        0.2 of its place at the beginning and beyond.
        """
        first, last = self.at(begin), self.at(end)
        width = np.gradient(self.nodes)
        lost = np.maximum(self.profiles[first] - self.profiles[last], 0) * width
        edge = self.boundary[first]
        near = (self.nodes >= edge - 0.05) & (self.nodes <= edge + 0.2)
        outside = self.nodes > 0.9
        return float(lost[outside].sum() / lost.sum()), float(lost[near].sum() / lost.sum())


def core_shell(limit: str, rate: float = 4.0) -> Core:
    """Delithiation from a core-shell profile; coherency of Cogswell & Bazant, two phases."""
    start = "{profile: core_shell, core: 0.09, shell: 0.91, boundary: 0.4, width: 0.03}"
    result = simulate(
        PARTICLE,
        overrides=[
            f"{P}.material.diffusivity={DIFFUSIVITIES[limit]} m^2/s",
            f"{P}.material.coherency=1.916e8 Pa",
            f"{P}.model.nodes=120",
            f"{P}.initial_filling={start}",
            f"protocol=[{{current: {-rate} C, until: {{filling: 0.15, voltage: 5 V}}}}]",
        ],
    )
    profiles = result["Particle profiles 0"][:, :, 0]
    return Core(
        result.layout.profiles[0].nodes,
        result["Positive filling fraction"][
            np.searchsorted(result["Time [s]"], result["Field time [s]"])
        ],
        profiles,
    )


def diffusion_times() -> tuple[float, float]:
    """Seconds along [010] and hours along [100] of 200 nm, with diffusivities read from YAML."""
    times = []
    for value in ("1e-9 cm^2/s", "1e-14 cm^2/s"):
        config = load(PARTICLE, [f"{P}.material.diffusivity={value}"])
        (population,) = config.positive.particles
        size = population.size.parameters["value"]
        times.append(size**2 / population.material.overrides["diffusivity"])
    return times[0], times[1] / HOUR


def relaxation(rate: float, hours: Sequence[float], count: int = 25) -> tuple[Array, Array]:
    """Surface less interior at the end of half a cycle and after resting, both directions.

    Returns (n, 2) fillings at ``hours`` (n,) of an open-circuit rest; columns are lithiation
    and delithiation to half filling at ``rate``; and the same by population spread, (n, 2).
    """
    difference, spread = [], []
    for sign, start in ((1, 0.01), (-1, 0.99)):
        rests = ", ".join(f"{{rest: {b - a} h}}" for a, b in pairwise(hours))
        result = simulate(
            CONFIGS / "lfp_koo_film.yaml",
            overrides=[
                f"{P}.per_volume={count}",
                f"positive.initial_filling={start}",
                f"protocol=[{{current: {sign * rate} C, until: {{filling: {HALF}}}}}, {rests}]",
            ],
        )
        ends = [_last_frame(result, step) for step in range(len(hours))]
        weight, surface = result.layout.weight, result["Particle surface filling fraction"]
        difference.append([(surface[k] - inner_half(result, k)) @ weight for k in ends])
        mean = result["Particle filling fraction"]
        spread.append([np.sqrt(weight @ (mean[k] - weight @ mean[k]) ** 2) for k in ends])
    return np.array(difference).T, np.array(spread).T


def _last_frame(result: Result, step: int) -> int:
    return int(np.flatnonzero(result["Field step"] == step)[-1])
