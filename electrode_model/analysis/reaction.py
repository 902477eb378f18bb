"""The reaction of a population at uniform composition, driven by a current.

Rates, slopes and growth of deviations come from the laws that the particles themselves are
built of, by automatic differentiation: any material, kinetic law and exchange current.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import casadi as ca
import numpy as np

from electrode_model.analysis.alone import area_per_volume, refuse_interphase
from electrode_model.assemble import chemistry
from electrode_model.config.load import load
from electrode_model.config.problems import ConfigError, Problem
from electrode_model.electrode import draw
from electrode_model.particle import Chemistry
from electrode_model.scales import CONSTANTS, Scales
from electrode_model.solver.tape import Tape
from electrode_model.user_files import label

if TYPE_CHECKING:
    from electrode_model.config.model import Config

__all__ = ["EDGE", "Driven", "Reaction", "State", "of_config", "of_material"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_FARTHEST = 600.0  # kT/e from equilibrium: beyond it exp overflows
_FASTEST = 1e6  # exchange currents; stands for an infinite rate, wrong by its inverse square
_ITERATIONS = 200  # bisection alone would need 60
_POINTS = 1500  # fillings at which a sign is looked for
EDGE = 1e-7  # from the ends of the range of fillings


@dataclass(frozen=True)
class Reaction:
    """The reaction of a population, dimensionless where its laws are."""

    chemistry: Chemistry
    standard: float  # kT/e, standard potential
    c_e: float  # mol/L
    rate_constant: float  # 1/h, C-rate of the mean particle at r = 1
    spread: float  # s.d. of the logarithm of the particles' rate constants, by capacity
    film: float  # film resistance as the drop at r = 1, kT/e
    strain: float  # B/(rho_s kT): of a perturbation inside a particle; 0 between particles
    gradient: float  # kappa/(rho_s kT), m^2
    fillings: tuple[float, float]  # where the material's laws hold
    #: Whether strain acts in the activity of a transition state, as it does in the package's
    #: particles, or only in the driving force, as in Lim et al. 2016.  Other exchange currents
    #: do not know the difference.
    strain_in_activity: bool = True
    name: str = ""

    def equilibrium(self, c: Array) -> Array:
        """Potential step [kT/e] without current at fillings ``c``."""
        mu: Array = self.chemistry.potential(c).total(c)
        return self.standard - mu

    def grid(self, points: int = _POINTS) -> Array:
        """(n,) ascending fillings of the material's range, denser towards 0 and 1."""
        low, high = (float(np.clip(c, EDGE, 1 - EDGE)) for c in self.fillings)
        x = np.linspace(np.log(low / (1 - low)), np.log(high / (1 - high)), points // 3)
        both = np.concatenate([np.linspace(low, high, points - points // 3), 1 / (1 + np.exp(-x))])
        return np.unique(np.clip(both, low, high))

    @cached_property
    def exchange(self) -> float:
        """Largest exchange current j0/k0 = -dr/deta at equilibrium, over the fillings."""
        at_rest = self.solve(np.zeros(1), self.grid())
        return float(np.nanmax(-at_rest.slope))

    def in_k0(self, rate: float) -> float:
        """A C-rate in units of k0; an infinite one as a million of the exchange currents."""
        if np.isinf(rate):
            return float(np.sign(rate)) * _FASTEST * self.exchange
        return rate / self.rate_constant

    def solve(self, r: Array, c: Array, wavenumber: float = 0.0) -> "State":
        """State at insertion rates ``r`` (in units of k0) and fillings ``c``, broadcast.

        Newton in asinh(r/2 j0), nearly straight in the potential, kept in a bracket by
        bisection.  NaN where no potential within 600 kT/e carries the rate.
        """
        r, c = np.broadcast_arrays(np.asarray(r, dtype=float), np.asarray(c, dtype=float))
        solved = Driven(self, c.ravel(), wavenumber).solve(r.ravel())
        return State(*(a.reshape(c.shape) for a in solved))

    @cached_property
    def tape(self) -> Tape:
        """(dphi, c, energies (2,)) -> r, dr/ddphi, dr/dc at fixed potential."""
        dphi, c, dc = (ca.SX.sym(name) for name in ("dphi", "c", "dc"))
        energy = ca.SX.sym("energy", 2)  # per dc: in mu, in the driving force alone
        mu = self.chemistry.potential(c + dc).plus(energy[0] * dc)
        r = self.chemistry.rate(dphi + energy[1] * dc, c + dc, self.c_e, mu)
        slopes = ca.substitute(ca.horzcat(r, ca.gradient(r, dphi), ca.gradient(r, dc)), dc, 0)
        return Tape(ca.Function("growth", [dphi, c, energy], ca.horzsplit(slopes)))


class State(NamedTuple):
    """A driven reaction at uniform composition; arrays of one shape."""

    dphi: Array  # kT/e, behind the film
    slope: Array  # dr/ddphi
    growth: Array  # s in units of the rate constant


class Driven:
    """A reaction at given fillings (n,), to be solved for one rate after another."""

    def __init__(self, reaction: Reaction, c: Array, wavenumber: float = 0.0) -> None:
        self.film, self.equilibrium = reaction.film, reaction.equilibrium(c)
        self.dphi = np.zeros((1, c.size))
        self.r, self.slope, self.growth = (np.zeros((1, c.size)) for _ in range(3))
        bend = reaction.gradient * wavenumber**2 if wavenumber else 0.0
        active = reaction.strain_in_activity * reaction.strain
        energy = np.array([[active + bend], [reaction.strain - active]])
        inputs = [self.dphi, np.ascontiguousarray(c[None]), energy]
        self._run = reaction.tape.bind(inputs, [self.r, self.slope, self.growth])

    def at(self, dphi: Array) -> tuple[Array, Array]:
        """(r, dr/ddphi) at potentials [kT/e]."""
        self.dphi[0] = dphi
        self._run()
        return self.r[0].copy(), self.slope[0].copy()

    def solve(self, r: Array) -> "State":
        """State at rates ``r``, (n,) or a number, in units of k0."""
        with np.errstate(all="ignore"):
            _, slope = self.at(self.equilibrium)
            twice = -2 * slope  # two exchange currents
            target = np.arcsinh(r / twice)
            guess = -2 * target
            low, high = self._bracket(r, guess)
            dphi = np.clip(self.equilibrium + guess, low, high)
            for _ in range(_ITERATIONS):
                value, slope = self.at(dphi)
                low = np.where(value >= r, dphi, low)  # r falls with dphi
                high = np.where(value <= r, dphi, high)
                scaled = value / twice
                step = (np.arcsinh(scaled) - target) * twice * np.sqrt(1 + scaled**2) / slope
                new = dphi - step
                new = np.where((new >= low) & (new <= high), new, (low + high) / 2)
                moved = np.abs(new - dphi)
                dphi = new
                if not np.any(moved > 1e-13 * np.abs(dphi) + 1e-12):
                    break
            _, slope = self.at(dphi)
            growth = self.growth[0] / (1 - self.film * slope)
        return State(dphi, slope, growth)

    def _bracket(self, r: Array, guess: Array) -> tuple[Array, Array]:
        """Potentials around the solution; NaN where there is none."""
        reach = 1 + 2 * np.abs(guess)
        sign = -np.sign(r)  # the way that dphi goes for this rate
        while True:
            far = self.equilibrium + sign * reach
            value, _ = self.at(far)
            short = (np.abs(value) < np.abs(r)) & (reach < _FARTHEST)
            if not np.any(short):
                break
            reach = np.where(short, np.minimum(2 * reach, _FARTHEST), reach)
        far = np.where(np.abs(value) < np.abs(r), np.nan, far)
        return np.minimum(far, self.equilibrium), np.maximum(far, self.equilibrium)


def of_config(
    config: "Config",
    population: int = 0,
    *,
    strain: bool | float = False,
    strain_in_activity: bool = True,
) -> Reaction:
    """Reaction of a ``population`` (from 0) of a configuration, as :func:`em.load` gives it.

    Rate constants of the particles that scatter, their contact and their sizes make the mean and
    the spread of the result; a film's drop is that of the population's k0.

    ``strain`` false: perturbations between particles that share a potential; true: inside a
    particle, where the material's coherency strain opposes them, or a number B/(rho_s kT) in
    its place.  ``strain_in_activity``: see :class:`Reaction`.

    Raises
    ------
    IndexError
        There is no such population.
    ConfigError
        Its films differ from particle to particle: a growth rate is that of one film; or its
        particles lie behind an interphase.
    """
    constants_of_nature = CONSTANTS[config.constants]
    refuse_interphase(config)
    given = config.positive.particles[population]
    if given.scattering.film_resistance is not None:
        text = (
            "differs from particle to particle; growth under a current is that of particles with"
            " one film: remove it here"
        )
        key = "scatter.film_resistance"
        raise ConfigError([Problem(config.name or "configuration", 0, key, text)])
    electrode = draw("positive", config.positive, constants=constants_of_nature)
    drawn = electrode.populations[population]
    material, numbers = drawn.material, drawn.numbers
    # the current has no effect on a surface
    scales = Scales(config.temperature, 1.0, constants_of_nature)
    kinetics = given.kinetics
    faster = scales.arrhenius(kinetics.activation_energy, kinetics.reference_temperature)
    density, k0 = numbers["site_density"], kinetics.k0 * faster
    table = given.material.ocv
    capacity = drawn.share * electrode.sites_of(drawn)[:, None]
    weight = capacity / capacity.sum()
    area = np.vectorize(lambda size: area_per_volume(given, size))(drawn.size)
    own: Array = drawn.own.k0 * faster * drawn.own.contact
    constants = scales.reaction(1.0, density) * own * area
    strain_of_material = scales.per_site(numbers.get("coherency", 0.0), density)
    log_mean = float(np.sum(weight * np.log(constants)))
    return Reaction(
        chemistry=chemistry(given, material, numbers, scales),
        standard=numbers["standard_potential"] / scales.voltage,
        c_e=config.electrolyte.concentration / scales.concentration,
        rate_constant=float(np.sum(weight * constants)),
        spread=float(np.sqrt(np.sum(weight * (np.log(constants) - log_mean) ** 2))),
        film=given.film_resistance * k0 / scales.voltage,
        strain=strain_of_material if strain is True else float(strain),
        gradient=scales.per_site(numbers.get("gradient_energy", 0.0), density),
        fillings=(table.c[0], table.c[-1]) if table is not None else material.ocv_range,
        strain_in_activity=strain_in_activity,
        name=label(given.material.name),
    )


def of_material(
    name: str,
    kinetics: Mapping[str, Any] | None = None,
    *,
    strain: bool | float = False,
    strain_in_activity: bool = True,
    rate_constant: float = 1.0,
    spread: float = 0.0,
    temperature: float = 298.15,
    **numbers: Any,
) -> Reaction:
    """Reaction of a material by itself.

    ``kinetics`` are as in a configuration, None the material's own; ``numbers`` replace those
    of the material, in SI or as text with a unit (``omega="4.49 kT"``).  ``strain`` and
    ``strain_in_activity`` are those of :func:`of_config`.  ``rate_constant``
    [1/h] is the C-rate at r = 1: with the value 1, rates are in units of k0.

    Raises
    ------
    ConfigError
        As for a configuration with this material and these kinetics.
    """
    particles: dict[str, Any] = {
        "model": "homogeneous",
        "size": 1e-7,  # of no effect: the rate constant is given
        "material": {"name": name, **numbers},
    }
    if kinetics is not None:
        particles["kinetics"] = dict(kinetics)
    tree = {
        "schema": 1,
        "temperature": temperature,
        "negative": "ideal",
        "positive": {
            "thickness": 1e-5,
            "porosity": 0.5,
            "active_fraction": 0.5,
            "volumes": 1,
            "initial_filling": 0.5,
            "particles": particles,
        },
        "electrolyte": {"model": "constant", "concentration": 1000.0},
        "protocol": [{"rest": 1.0}],
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.yaml"
        path.write_text(json.dumps(tree), encoding="utf-8")  # JSON is YAML
        bare = of_config(load(path), strain=strain, strain_in_activity=strain_in_activity)
    return replace(bare, rate_constant=rate_constant, spread=spread)
