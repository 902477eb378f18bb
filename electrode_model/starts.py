"""Fillings at the start of a run from an open-circuit voltage or a state of charge.

At a voltage every population holds the filling that minimises the grand potential per site,
G(c) - mu c with mu = V_standard - V: the stable state, for a phase-separating material that on the
near side of its miscibility gap (outside the binodal, not only outside the spinodal).  On the
plateau itself the voltage says nothing of the filling.  Particles are uniform; strain, gradients
and wetting are left out, and two layers fill alike.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from electrode_model.config.model import Component, Counter
from electrode_model.electrode import Drawn, chemistry, draw
from electrode_model.scales import CONSTANTS, Scales

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Electrode, Start

__all__ = ["Curve", "Unreachable", "curve", "started"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_EDGE = 27.0  # log c/(1-c) at the ends: 2e-12 of a filling, where rounding begins to show
_POINTS = 20_001  # of a curve, even in log c/(1-c)
_PLATEAU = 1e-6  # kT: potentials so near that of two phases side by side are it
_FAR = 100.0  # V, farther than any voltage asked for
_HALVINGS = 70  # of an interval of voltages, to the last digit of a double


class Unreachable(ValueError):
    """A start that the materials cannot have; ``key`` is what asks for it."""

    def __init__(self, key: str, message: str) -> None:
        """``key`` below ``start``."""
        self.key = f"start.{key}"
        super().__init__(message)


@dataclass(frozen=True)
class Curve:
    """Stable fillings of a material by voltage [V]; ``c`` ascending, ``voltage`` of the solution.

    ``grand`` (n,) is the free energy per site in kT, the integral of mu/kT from the first ``c``.
    """

    name: str
    c: Array
    mu: Array  # (n,) kT
    energy: Array  # (n,) kT
    standard: float  # V
    thermal: float  # V
    exact: Callable[[float], float]  # mu/kT at a filling

    @property
    def reach(self) -> tuple[float, float]:
        """Lowest and highest voltage of stable fillings."""
        ends = self.standard - self.thermal * self.mu[[-1, 0]]
        return float(ends[0]), float(ends[1])

    @property
    def bounds(self) -> tuple[float, float]:
        """The same, infinite where the curve ends full or empty and any voltage leaves it so."""
        low, high = self.reach
        empty, full = (abs(_logit(float(self.c[k]))) > _EDGE - 1 for k in (0, -1))
        return (-_FAR if full else low), (_FAR if empty else high)

    def branches(self, voltage: float) -> tuple[float, float]:
        """Least and most filling that is stable at a voltage; they differ on a plateau.

        Beyond the curve's reach it is its end.
        """
        mu = (self.standard - voltage) / self.thermal
        grand = self.energy - mu * self.c
        lowest = _minima(grand)
        best = grand[lowest].min()
        tied = [k for k in lowest if grand[k] - best < _PLATEAU]
        return self._refined(tied[0], mu), self._refined(tied[-1], mu)

    def _refined(self, k: int, mu: float) -> float:
        """The root of mu(c) = mu beside the grid point ``k``."""
        low, high = self.c[max(k - 1, 0)], self.c[min(k + 1, self.c.size - 1)]

        def missing(c: float) -> float:
            return self.exact(c) - mu

        if missing(low) >= 0 or missing(high) <= 0:
            return float(self.c[k])
        # here: few runs start so, and the import takes longer than to set up a small model
        from scipy.optimize import brentq

        return float(brentq(missing, low, high, xtol=1e-16, rtol=1e-14))


def _minima(values: Array) -> np.ndarray:
    """Indices of the local minima, ends too."""
    padded = np.concatenate([[np.inf], values, [np.inf]])
    inside = padded[1:-1]
    return np.flatnonzero((inside <= padded[:-2]) & (inside < padded[2:]))


def curve(electrode: "Electrode", number: int, scales: Scales, drawn: Drawn) -> Curve:
    """That of a population, by its number."""
    population = drawn.populations[number]
    given, material = population.given, population.material
    low, high = -_EDGE, _EDGE
    if given.material.ocv is not None:
        low, high = _logit(given.material.ocv.c[0]), _logit(given.material.ocv.c[-1])
    elif material.ocv is not None:
        low, high = (_logit(c) for c in material.ocv_range)
    c = np.asarray(expit(np.linspace(low, high, _POINTS)))
    law = chemistry(given, material, population.numbers, scales)

    def exact(filling: float) -> float:
        return float(law.potential(filling).total(filling))

    mu = np.broadcast_to(np.asarray(law.potential(c).total(c), dtype=float), c.shape)
    steps = (mu[1:] + mu[:-1]) / 2 * np.diff(c)
    energy = np.concatenate([[0.0], np.cumsum(steps)])
    standard = population.numbers["standard_potential"]
    return Curve(material.name, c, mu, energy, standard, scales.voltage, exact)


def _logit(c: float) -> float:
    if not 0 < c < 1:
        return -_EDGE if c <= 0 else _EDGE
    return float(np.clip(np.log(c / (1 - c)), -_EDGE, _EDGE))


@dataclass(frozen=True)
class _Half:
    """An electrode by the curves of its populations and their shares of its lithium sites."""

    name: str
    curves: Sequence[Curve]
    shares: Array
    capacity: float  # A h/m^2

    @property
    def reach(self) -> tuple[float, float]:
        """Voltages at which every population has a filling."""
        ends = [curve.reach for curve in self.curves]
        return max(low for low, _ in ends), min(high for _, high in ends)

    @property
    def bounds(self) -> tuple[float, float]:
        """The same as far as fillings that count as full or empty go."""
        ends = [curve.bounds for curve in self.curves]
        return max(low for low, _ in ends), min(high for _, high in ends)

    def fillings(self, voltage: float) -> tuple[Array, Array]:
        """Least and most filling of each population."""
        found = np.array([curve.branches(voltage) for curve in self.curves])
        return found[:, 0], found[:, 1]

    def holding(self, mean: float) -> Array:
        """Fillings of the populations at one voltage that together hold a mean filling.

        On a plateau the population that has it takes up the rest: a uniform filling within the
        miscibility gap, which then separates by itself.
        """
        low = min(curve.reach[0] for curve in self.curves)
        high = max(curve.reach[1] for curve in self.curves)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            least, _ = self.fillings(middle)
            low, high = (middle, high) if self.shares @ least > mean else (low, middle)
        fewer, more = self.fillings(high)[0], self.fillings(low)[1]
        room = float(self.shares @ (more - fewer))
        part = (mean - float(self.shares @ fewer)) / room if room > 0 else 0.0
        return np.asarray(fewer + np.clip(part, 0.0, 1.0) * (more - fewer))


def started(config: "Config") -> "Config":
    """The configuration with the initial fillings that its ``start`` asks for.

    Raises :class:`Unreachable` where no state of the cell has that voltage.
    """
    if config.start is None:
        return config
    halves = dict(_halves(config))
    if "negative" in halves:
        found = _full_cell(config, config.start, halves["positive"], halves["negative"])
    else:
        found = {"positive": _half_cell(config.start, halves["positive"])}
    update = {name: _filled(getattr(config, name), fillings) for name, fillings in found.items()}
    return config.model_copy(update={**update, "start": None})


def _halves(config: "Config") -> Iterator[tuple[str, _Half]]:
    constants = CONSTANTS[config.constants]
    for name in ("positive", "negative"):
        given = getattr(config, name)
        if isinstance(given, Counter):
            continue
        drawn = draw(name, given, 0, constants)
        scales = Scales(config.temperature, 1.0, constants)
        curves = [curve(given, k, scales, drawn) for k in range(len(drawn.populations))]
        held = [float((p.sites * _solid(given)[p.volumes]).sum()) for p in drawn.populations]
        yield name, _Half(name, curves, np.array(held) / sum(held), drawn.capacity)


def _solid(given: "Electrode") -> Array:
    """(volumes,) active material of each volume, relative."""
    return np.asarray(given.active_fractions, dtype=float)


def _filled(electrode: "Electrode", fillings: Array) -> "Electrode":
    particles = tuple(
        population.model_copy(
            update={
                "initial_filling": Component(name="uniform", parameters={"value": float(filling)})
            }
        )
        for population, filling in zip(electrode.particles, fillings, strict=True)
    )
    return electrode.model_copy(update={"particles": particles})


def _half_cell(start: "Start", half: _Half) -> Array:
    if start.voltage is not None:
        return _at(half, start.voltage, "voltage")
    assert start.state_of_charge is not None
    full, empty = (float(half.shares @ _end(half, start, key)) for key in ("full", "empty"))
    return half.holding(empty + start.state_of_charge * (full - empty))


def _end(half: _Half, start: "Start", key: str) -> Array:
    """Fillings at one end of the state of charge, where a plateau counts as not passed."""
    voltage = float(getattr(start, key))
    _reachable(half, voltage, key, ends=True)
    least, most = half.fillings(voltage)
    return least if key == "full" else most


def _at(half: _Half, voltage: float, key: str) -> Array:
    """Fillings at a voltage that is not that of a plateau."""
    _reachable(half, voltage, key)
    least, most = half.fillings(voltage)
    for one, (a, b) in zip(half.curves, zip(least, most, strict=True), strict=True):
        if b - a > _PLATEAU:
            raise Unreachable(
                key,
                f"is {voltage:g} V, the plateau of {one.name} at any filling from {a:.3g} to"
                f" {b:.3g}; write initial_filling, or a voltage beside it",
            )
    return least


def _reachable(half: _Half, voltage: float, key: str, ends: bool = False) -> None:
    """Refuse a voltage beyond the curves; where they end (``ends``) full or empty that will do."""
    low, high = half.bounds if ends else half.reach
    if not low <= voltage <= high:
        low, high = half.reach
        names = " and ".join(dict.fromkeys(one.name for one in half.curves))
        text = f"is {voltage:g} V, but {names} is known in equilibrium from {low:.4g} V"
        raise Unreachable(key, f"{text} to {high:.4g} V; write a voltage between them")


def _full_cell(
    config: "Config", start: "Start", positive: _Half, negative: _Half
) -> dict[str, Array]:
    """Both electrodes, with the lithium of the initial fillings."""
    lithium = sum(
        half.capacity * _initial(getattr(config, name), half)
        for name, half in (("positive", positive), ("negative", negative))
    )
    cell = _Cell(positive, negative, lithium)
    if start.voltage is not None:
        return cell.at(start.voltage, "voltage", exact=True)
    assert start.state_of_charge is not None
    full, empty = (cell.at(float(getattr(start, key)), key) for key in ("full", "empty"))
    mean = {
        name: float(half.shares @ empty[name])
        + start.state_of_charge * float(half.shares @ (full[name] - empty[name]))
        for name, half in (("positive", positive), ("negative", negative))
    }
    return {
        "positive": positive.holding(mean["positive"]),
        "negative": negative.holding(mean["negative"]),
    }


def _initial(electrode: "Electrode", half: _Half) -> float:
    """Mean filling that the configuration gives an electrode."""
    total = 0.0
    for population, share in zip(electrode.particles, half.shares, strict=True):
        own = population.initial_filling
        if own is None:
            filling = electrode.initial_filling
            assert filling is not None
        elif own.name == "uniform":
            filling = float(own.parameters["value"])
        else:
            raise Unreachable(
                "voltage",
                "takes the lithium of the initial fillings, but one of them is the profile"
                f" {own.name}; write a number there",
            )
        total += share * filling
    return total


@dataclass(frozen=True)
class _Cell:
    """Two porous electrodes that share their ``lithium`` [A h/m^2]."""

    positive: _Half
    negative: _Half
    lithium: float

    def at(self, voltage: float, key: str, exact: bool = False) -> dict[str, Array]:
        """Fillings of both at an open-circuit voltage of the cell; raises Unreachable.

        ``exact`` refuses a state within a miscibility gap, whose uniform particles have another
        voltage.
        """
        ends = [
            getattr(half, "reach" if exact else "bounds") for half in (self.negative, self.positive)
        ]
        low = max(ends[0][0], ends[1][0] - voltage)
        high = min(ends[0][1], ends[1][1] - voltage)
        if not low < high or not (
            self._held(high, voltage)[0] <= self.lithium <= self._held(low, voltage)[1]
        ):
            raise Unreachable(key, self._beyond(voltage))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            more = self._held(middle, voltage)[0] > self.lithium
            low, high = (middle, high) if more else (low, middle)
        fewer, more_ = self._both(high, voltage, 0), self._both(low, voltage, 1)
        return self._between(fewer, more_, voltage, key, exact)

    def _both(self, at: float, voltage: float, branch: int) -> dict[str, Array]:
        """Fillings where the negative is at ``at`` [V] against lithium."""
        return {
            "positive": self.positive.fillings(at + voltage)[branch],
            "negative": self.negative.fillings(at)[branch],
        }

    def _lithium(self, found: dict[str, Array]) -> float:
        return sum(
            half.capacity * float(half.shares @ found[half.name])
            for half in (self.positive, self.negative)
        )

    def _held(self, at: float, voltage: float) -> tuple[float, float]:
        """Least and most lithium where the negative is at ``at``."""
        return (
            self._lithium(self._both(at, voltage, 0)),
            self._lithium(self._both(at, voltage, 1)),
        )

    def _between(
        self,
        fewer: dict[str, Array],
        more: dict[str, Array],
        voltage: float,
        key: str,
        exact: bool,
    ) -> dict[str, Array]:
        """The state with just this lithium, between two that differ on a plateau only."""
        room = self._lithium(more) - self._lithium(fewer)
        part = np.clip((self.lithium - self._lithium(fewer)) / room, 0.0, 1.0) if room > 0 else 0.0
        wide = [n for n in fewer if float(np.abs(more[n] - fewer[n]).max()) > _PLATEAU]
        if exact and wide and 1e-6 < part < 1 - 1e-6:
            half = self.positive if wide[0] == "positive" else self.negative
            names = " and ".join(dict.fromkeys(one.name for one in half.curves))
            raise Unreachable(
                key,
                f"is {voltage:g} V, at which the {half.name} ({names}) would be within its"
                " miscibility gap, where a uniform particle has another voltage; write"
                " start.state_of_charge, or initial fillings",
            )
        return {name: np.asarray(fewer[name] + part * (more[name] - fewer[name])) for name in fewer}

    def _beyond(self, voltage: float) -> str:
        low = self.positive.reach[0] - self.negative.reach[1]
        high = self.positive.reach[1] - self.negative.reach[0]
        return (
            f"is {voltage:g} V, at which the electrodes cannot hold the lithium of the initial"
            f" fillings ({self.lithium:.4g} A h/m^2); their materials are known from {low:.4g} to"
            f" {high:.4g} V together; write another voltage, or other initial fillings"
        )
