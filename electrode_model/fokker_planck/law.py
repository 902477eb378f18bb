"""Drift and noise of one particle's filling, from the package's own laws.

A uniform particle at filling c and potential step v (kT/e, against lithium) gains lithium at the
rate  R(c, v) = k r(eta),  eta = v - V_eq(c).  Its noise has the intensity

    D(c, v) = D0 R / (-eta)

(Park et al., Nature Mater. 20 (2021) 991, in the form of the authors' public code: physics.md,
row P8).  D is positive in both directions, because R has the sign of -eta, and its
singularity at eta = 0 is removable: R/(-eta) is the mean slope of the law between equilibrium and
eta.  Within ``NEAR`` of equilibrium the slope at eta/2 stands for it.  1/D0 is a number of
sites: without current the population has the density exp(-G(c)/D0), G the free energy in kT.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from electrode_model.particle import Chemistry
from electrode_model.solver.tape import Bound, Tape

if TYPE_CHECKING:
    from electrode_model.config.model import Config

__all__ = ["NEAR", "Law", "Rates", "law_of"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: kT/e.  Midpoint of the slope: relative error eta^2/24 times the law's curvature, 4e-10;
#: quotient at this distance: rounding over eta, 2e-12.
NEAR = 1e-4


@dataclass(frozen=True)
class Law:
    """One kind of particle at one electrolyte concentration; hours and kT/e."""

    chemistry: Chemistry
    rate: float  # k [1/h]: rate of filling where insertion / k0 is 1
    standard: float  # potential at which chemistry measures mu, kT/e
    noise: float  # D0
    c_e: float = 1.0  # mol/L
    resistance: float = 0.0  # in series with the population, in kT/e at 1C
    domain: tuple[float, float] = (0.0, 1.0)  # of c, with closed ends
    unit: float = 0.0256926  # kT/e [V], to print potentials

    def equilibrium(self, c: Array) -> Array:
        """V_eq(c) [kT/e]."""
        value: Array = self.standard - np.asarray(self.chemistry.potential(c).total(c)) + 0.0 * c
        return value

    def exchange(self, c: Array) -> Array:
        """j0(c) as a rate of filling [1/h]: the slope of R at equilibrium, sign changed.

        For Butler-Volmer kinetics and the ohmic law that is j0 itself.
        """
        table = Rates(self, np.asarray(c, dtype=float))
        slopes = np.empty(table.c.size)
        for k, v in enumerate(self.equilibrium(table.c)):
            slopes[k] = -table(float(v)).drift_v[k]
        return slopes

    def function(self) -> ca.Function:
        """(c, v) -> R, D and their derivatives by v, and D by c."""
        c, v = ca.SX.sym("c"), ca.SX.sym("v")
        mu = self.chemistry.potential(c)
        eta = v - self.standard + mu.total(c)
        drift = self.rate * self.chemistry.rate(v, c, ca.SX(self.c_e), mu)
        slope = ca.jacobian(drift, v)
        near = ca.fabs(eta) < NEAR
        middle = ca.substitute(slope, v, v - eta / 2)
        quotient = ca.if_else(near, -middle, -drift / ca.if_else(near, 1.0, eta))
        spread = self.noise * quotient
        outputs = [drift, slope, spread, ca.jacobian(spread, v), ca.jacobian(spread, c)]
        return ca.Function("law", [c, v], [ca.densify(o) for o in outputs])


class Rates:
    """R and D at fixed fillings ``c`` (n,), evaluated for one potential after another.

    ``by_filling``: also dD/dc at fixed potential, else ``spread_c`` stays zero.
    """

    def __init__(self, law: Law, c: Array, by_filling: bool = False) -> None:
        self.c = np.ascontiguousarray(c)
        function = law.function()
        c_symbol, v_symbol = ca.SX.sym("c"), ca.SX.sym("v")
        *outputs, spread_c = function(c_symbol, v_symbol)
        joined = ca.vertcat(*outputs, spread_c if by_filling else 0.0)
        # what depends on c alone, such as a polynomial for the voltage, is computed once
        joined, parts, values = ca.extract_parametric(joined, c_symbol)
        part = ca.vertcat(*parts) if isinstance(parts, list) else parts
        value = ca.vertcat(*values) if isinstance(values, list) else values
        fixed = np.empty((part.shape[0], self.c.size))
        with np.errstate(all="ignore"):
            Tape(ca.Function("fixed", [c_symbol], [ca.densify(value)])).bind(
                [self.c[None, :]], [fixed]
            )()
        self._v = np.zeros((1, 1))
        out = np.empty((5, self.c.size))
        inputs = [part, v_symbol, c_symbol]
        moving = ca.Function("moving", inputs, [ca.densify(joined)])
        self._evaluate: Bound = Tape(moving).bind([fixed, self._v, self.c[None, :]], [out])
        self.drift, self.drift_v, self.spread, self.spread_v, self.spread_c = out

    def __call__(self, v: float) -> "Rates":
        """Bring the arrays, each (n,), up to date for the potential ``v`` [kT/e]."""
        self._v[0, 0] = v
        self._evaluate()
        return self


def law_of(
    config: "Config",
    population: int = 0,
    *,
    noise: float = 1e-2,
    domain: tuple[float, float] | None = None,
) -> Law:
    """The law of a population of a configuration, its particles taken as uniform and alike.

    ``rate`` is the mean over the volume of the population's k0 A / (V e rho_s), A being the wetted
    surface; ``domain``
    None takes the range of the material's open-circuit voltage, up to c = 1.  The series
    resistance is the configuration's.

    Raises
    ------
    ConfigError
        There is no such population, or its particles carry a film, whose drop depends on the
        rate itself.
    """
    from electrode_model.analysis.alone import electrode_alone
    from electrode_model.analysis.exchange_current import known_range
    from electrode_model.assemble import assemble, chemistry
    from electrode_model.config.problems import ConfigError, Problem

    alone = electrode_alone(config, population, filling=0.5, homogeneous=True)
    given = alone.positive.particles[0]
    if given.film_resistance > 0:
        text = (
            f"is {given.film_resistance:g} ohm m^2; the Fokker-Planck model has no film on its"
            " particles: write 0, or series_resistance for one resistance of all"
        )
        raise ConfigError([Problem(config.name or "configuration", 0, "film_resistance", text)])
    assembly = assemble(alone)
    group = assembly.groups[0]
    reaction = np.broadcast_to(group.q[group.kernel.names.index("reaction")], group.share.shape)
    material, numbers = given.material.found, given.material.numbers
    if domain is None:
        domain = (known_range(alone)[0], 1.0)
    return Law(
        chemistry=chemistry(given, material, numbers, assembly.scales),
        rate=float(group.share @ reaction / group.share.sum()),
        standard=numbers["standard_potential"] / assembly.scales.voltage,
        noise=noise,
        c_e=assembly.c_e,
        resistance=config.series_resistance / assembly.scales.resistance,
        domain=domain,
        unit=assembly.scales.voltage,
    )
