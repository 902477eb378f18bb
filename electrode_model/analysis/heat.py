"""What the heat of a run was: reversible, and irreversible of every kind."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from electrode_model.analysis.balance import configuration
from electrode_model.electrode import Drawn, chemistry, draw
from electrode_model.particle import Chemistry
from electrode_model.scales import CONSTANTS, Scales

if TYPE_CHECKING:
    from electrode_model.config.model import Config
    from electrode_model.results.result import Result

__all__ = ["HeatSplit", "heat_split"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_POINTS = 4001  # of the table of an entropy, closer together towards 0 and 1


@dataclass(frozen=True)
class HeatSplit:
    """Heat since the start at the saved times [J/m^2]; the first two sum to the third."""

    time: Array  # (n_t,) s
    reversible: Array  # - integral of sum_p J_p T dU_p/dT: entropy that the particles took up
    irreversible: Array  # reaction, films, diffusion inside, mixing, electrolyte, solid, foil
    total: Array


def heat_split(result: "Result") -> HeatSplit:
    """Reversible and irreversible heat of a run with a heat balance.

    The entropy of the particles is a function of their fillings, with dU/dT that of the law at the
    temperature of the start; between saved times the temperature is taken as the mean of both.
    Places inside particles count where profiles were saved, else the particle's mean.

    Raises ValueError where the run had no heat balance or saved no particles, ConfigError where its
    configuration cannot be read.
    """
    config = configuration(result)
    if config.heat is None:
        raise ValueError("the run had no heat balance; add heat: {heat_capacity: ...} to it")
    if "Particle filling fraction" not in result:
        raise ValueError("the particles were not saved; add particles to output.fields")
    time = result["Field time [s]"]
    rows = _rows(result)
    temperature = result["Temperature [K]"][rows]
    total = result["Heat released [J.m-2]"][rows]
    gained = np.zeros(time.size)
    for name in ("negative", "positive"):
        if name == "negative" and result.layout.negative is None:
            continue
        view = result if name == "positive" else result.negative
        gained += _entropy(config, view, draw(name, getattr(config, name)))
    middle = (temperature[1:] + temperature[:-1]) / 2
    reversible = np.concatenate([[0.0], -np.cumsum(middle * np.diff(gained))])
    return HeatSplit(time, reversible, total - reversible, total)


def _rows(result: "Result") -> np.ndarray:
    """Rows of the time series at the times of the fields; where a step begins, its own."""
    step, time = result["Step"], result["Time [s]"]
    fields = zip(result["Field step"], result["Field time [s]"], strict=True)
    key = {(int(s), float(t)): k for k, (s, t) in enumerate(zip(step, time, strict=True))}
    return np.array([key[int(s), float(t)] for s, t in fields])


def _entropy(config: "Config", view: "Result", drawn: Drawn) -> Array:
    """(n_t,) entropy that the particles of an electrode hold, as charge times dU/dT [J/(K m^2)]."""
    layout = view.layout
    scales = Scales(config.temperature, 1.0, CONSTANTS[config.constants])
    means = view["Particle filling fraction"]
    held = np.zeros(means.shape)
    inside = {int(p): k for k, part in enumerate(layout.profiles) for p in part.particles}
    for population in drawn.populations:
        theta = ca.SX.sym("theta")
        warm = replace(scales, temperature=scales.temperature * theta)
        laws = chemistry(population.given, population.material, population.numbers, warm)
        c, entropy = _table(laws, theta, scales)
        own = range(population.first, population.first + population.size.size)
        if population.first in inside:
            groups = sorted({inside[p] for p in own})
            for k in groups:
                part = layout.profiles[k]
                local = np.interp(view[f"Particle profiles {k}"], c, entropy)
                held[:, part.particles] = np.einsum("n,tnp->tp", part.weights, local)
        else:
            held[:, own] = np.interp(means[:, own], c, entropy)
    total: Array = held @ layout.weight * layout.capacity * scales.time
    return total


def _table(laws: Chemistry, theta: ca.SX, scales: Scales) -> tuple[Array, Array]:
    """Fillings, and the integral of dU/dT [V/K] up to each."""
    angle = (np.arange(_POINTS) + 0.5) / _POINTS * np.pi
    filling = (1 - np.cos(angle)) / 2
    c = ca.SX.sym("c")
    potential = laws.potential(c)
    slope = ca.jacobian(ca.SX(theta * (laws.standard - potential.excess)), theta)
    values = ca.Function("slope", [c, theta], [slope])(filling[None, :], 1.0).full()[0]
    steps = np.diff(filling) * (values[1:] + values[:-1]) / 2
    entropy = np.concatenate([[0.0], np.cumsum(steps)])
    # the entropy of mixing, whose slope is infinite at the ends, in closed form
    ideal = filling * np.log(filling) + (1 - filling) * np.log(1 - filling)
    entropy -= potential.mixing * ideal
    return filling, entropy * scales.voltage / scales.temperature
