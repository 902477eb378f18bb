"""What happens at every reacting place of every particle, read back from saved fields.

The kernels of the particles are built once more with a chemistry whose rate law is a symbol:
what a kernel hands to the law at each place of its surface (filling, chemical potential with
gradient and coherency terms, film) and how much a reaction there fills the particle is then
known for any particle model, one with several surface points or patches included.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from electrode_model.assemble import Assembly, Binding, Group, assemble, chemistry
from electrode_model.free_energy import Potential
from electrode_model.material import Material
from electrode_model.particle import Chemistry
from electrode_model.scales import Scales
from electrode_model.solver.tape import Tape
from electrode_model.symbolic import Expr

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Population

__all__ = ["Places", "Surface", "inside", "surfaces"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_EDGE = 1e-16  # fillings nearer to 0 or 1 than a double can tell
_CLOSE = 1e-12  # kT/e, width of an interval that holds a root
_STEP = 1e-4  # kT/e, for slopes of a law
_LEAP = 2.0  # kT/e, the most that an iteration may move
_MOST = 200  # halvings of an interval, more than a double has digits


def inside(c: Array) -> Array:
    """Fillings kept where a logarithm of c or 1 - c is finite."""
    return np.clip(c, _EDGE, 1 - _EDGE)


@dataclass(frozen=True)
class Places:
    """The reacting places of the particles of a group at some moments, (m, p) each.

    m places of a particle, p particles times moments.  Potentials in kT/e.
    """

    c: Array  # filling
    homogeneous: Array  # mu of a uniform particle of this filling
    excess: Array  # mu beyond that: gradient and coherency energy
    drop: Array  # of the film, 0 without one
    share: Array  # dc_bar/dt [1/h] by a rate 1 at the place
    rate: Array  # insertion / k0 that the saved potentials drive
    eta: Array  # overpotential that the kinetic law needs for this rate

    @property
    def filling_rate(self) -> Array:
        """(m, p) what each place adds to the mean filling of its particle [1/h]."""
        return self.share * self.rate


@dataclass(frozen=True)
class Surface:
    """The particles of a group with the law at their surface."""

    group: Group
    population: "Population"
    law: Chemistry
    mixing: float
    standard: float  # V_standard/(kT/e)
    places: int  # of a particle
    drops: int  # m, or m^2 where a place's current makes a drop at other places too
    tape: Tape

    def at(self, x: Array, c_e: Array, dphi: Array, q: Array) -> Places:
        """State of all places.

        ``x`` (n_filling, p) fillings as saved, ``c_e`` (p,) mol/L and ``dphi`` (p,) kT/e at the
        particles, ``q`` (k, p) or (k, 1) numbers of the particles.
        """
        kernel, p = self.group.kernel, x.shape[1]
        state = np.zeros((kernel.mass.size, p))
        state[kernel.filling] = x
        c_bar = (kernel.weights @ state)[None, :]
        rows = (self.places, self.places, self.places, self.drops)
        out = [np.empty((count, p)) for count in rows]
        self.tape.bind([state, c_bar, c_e[None, :], dphi[None, :], q], out)()
        c, excess, share, film = out
        c = inside(c)
        whole = Potential(self.mixing, excess)
        homogeneous = self.law.potential(c)
        rate, drop = self._rates(c, c_e, dphi, whole, film)
        return Places(
            c=c,
            homogeneous=homogeneous.total(c),
            excess=excess - homogeneous.excess,
            drop=drop,
            share=share,
            rate=rate,
            eta=self._overpotential(rate, c, c_e, whole),
        )

    def _rates(
        self, c: Array, c_e: Array, dphi: Array, mu: Potential, film: Array
    ) -> tuple[Array, Array]:
        """Insertion / k0 and the film's drop: the root of r = rate(dphi + film r)."""
        given = np.broadcast_to(dphi, c.shape)

        def law(driving: Array) -> Array:
            rate: Array = self.law.rate(driving, c, c_e, mu)
            return rate

        if not film.any():
            return law(given), np.zeros(c.shape)
        # the step that drives the reaction lies between the whole step and that of equilibrium
        rest = self.standard - mu.total(c)
        if film.shape == c.shape:

            def short(driving: Array) -> Array:
                missing: Array = np.arcsinh(given + film * law(driving) - driving)
                return missing

            driving = _root(short, np.minimum(given, rest), np.maximum(given, rest))
            return law(driving), driving - given
        matrix = np.moveaxis(film.reshape(*([self.places] * 2), -1), -1, 0)  # (p, to, from).T
        driving = _coupled(law, given, np.swapaxes(matrix, 1, 2))
        return law(driving), driving - given

    def _overpotential(self, rate: Array, c: Array, c_e: Array, mu: Potential) -> Array:
        """Overpotential eta [kT/e] at which the kinetic law gives a ``rate`` (m, p) / k0.

        The law is inverted numerically, whatever it is; it must fall with eta.
        """
        rest = self.standard - mu.total(c)
        scale = np.abs(self.law.rate(rest - 1.0, c, c_e, mu)) + 1e-300  # ~ j0; never zero
        wanted = np.arcsinh(rate / scale)

        def missing(eta: Array) -> Array:
            value: Array = np.arcsinh(self.law.rate(rest + eta, c, c_e, mu) / scale) - wanted
            return value

        reach = np.full(c.shape, 2.0)
        with np.errstate(all="ignore"):
            for _ in range(8):  # up to 512 kT/e, 13 V
                short = (missing(-reach) < 0) | (missing(reach) > 0)
                if not short.any():
                    break
                reach = np.where(short, 2 * reach, reach)
        return _root(missing, -reach, reach)


def _standard(law: Chemistry) -> float:
    """The step dphi [kT/e] at which nothing reacts if mu = 0: V_standard/(kT/e)."""
    c, nothing = np.full(1, 0.5), Potential(0.0, np.zeros(1))
    widest = np.full(1, 1000.0)  # 26 V

    def rate(dphi: Array) -> Array:
        value: Array = np.arcsinh(law.rate(dphi, c, np.ones(1), nothing))
        return value

    return float(_root(rate, -widest, widest)[0])


def _root(function: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Zero of a falling ``function`` between ``low`` and ``high``, elementwise.

    Regula falsi after Dowell & Jarratt, BIT 11 (1971) 168 (Illinois); every fourth step halves,
    which bounds their number.
    """
    low, high = low.copy(), high.copy()
    with np.errstate(all="ignore"):
        at_low, at_high = function(low), function(high)
        went = np.zeros(low.shape)
        for count in range(_MOST):
            if np.all(high - low <= _CLOSE):
                break
            middle = low + (high - low) * (at_low / (at_low - at_high))
            usable = (middle > low) & (middle < high) & (count % 4 < 3)
            middle = np.where(usable, middle, (low + high) / 2)
            value = function(middle)
            above = value > 0  # the zero lies above
            at_high = np.where(above & (went > 0), at_high / 2, at_high)
            at_low = np.where(~above & (went < 0), at_low / 2, at_low)
            low = np.where(value >= 0, middle, low)
            high = np.where(value <= 0, middle, high)
            at_low, at_high = np.where(above, value, at_low), np.where(above, at_high, value)
            went = np.where(above, 1.0, -1.0)
    root: Array = (low + high) / 2
    return root


def _coupled(law: Callable[[Array], Array], given: Array, film: Array) -> Array:
    """Driving steps u (m, p) with u = given + film rate(u), ``film`` (p, m, m), by Newton.

    One film over places that share a current; as the law falls, the Jacobian is regular.
    """
    driving = np.array(given)
    for _ in range(_MOST):
        rate = law(driving)
        slope = (law(driving + _STEP) - law(driving - _STEP)) / (2 * _STEP)
        miss = given + np.einsum("pij,jp->ip", film, rate) - driving
        jacobian = np.eye(driving.shape[0]) - film * slope.T[:, None, :]
        change = np.linalg.solve(jacobian, miss.T[:, :, None])[:, :, 0].T
        change = np.clip(change, -_LEAP, _LEAP)
        driving = driving + change
        if np.all(np.abs(change) <= 1e-11):
            break
    return driving


@dataclass(frozen=True)
class _Call:
    """One use of the rate law in a kernel: what it was given, and the symbol it gave back."""

    dphi: ca.SX
    c: ca.SX
    mu: Potential
    rate: ca.SX


def surfaces(config: "Config") -> tuple[Assembly, list[Surface]]:
    """The assembled model, and its groups with the law at their surface."""
    noted: list[tuple[Population, Chemistry, list[_Call]]] = []
    watched = assemble(config, _watching(noted))
    assembly = assemble(config)
    found = []
    for seen, group in zip(watched.groups, assembly.groups, strict=True):
        population, law, calls = next(
            (given, law, mine)
            for given, law, calls in noted
            if (mine := [c for c in calls if ca.depends_on(seen.kernel.rate, c.rate)])
        )
        found.append(_surface(seen, group, population, law, calls))
    return assembly, found


def _watching(noted: list[Any]) -> Binding:
    """Laws whose rate is a symbol; ``noted`` collects (population, its laws, their use)."""

    def bind(
        given: "Population", material: Material, numbers: Mapping[str, float], scales: Scales
    ) -> Chemistry:
        law = chemistry(given, material, numbers, scales)
        calls: list[_Call] = []
        noted.append((given, law, calls))

        def rate(dphi: Expr, c: Expr, c_e: Expr, mu: Potential) -> Expr:
            symbol = ca.SX.sym("rate", c.shape[0])
            calls.append(_Call(dphi, c, mu, symbol))
            return symbol

        return replace(law, rate=rate)

    return bind


def _surface(
    seen: Group, group: Group, population: "Population", law: Chemistry, calls: list[_Call]
) -> Surface:
    kernel = seen.kernel
    rates = ca.vertcat(*[call.rate for call in calls])
    c = ca.vertcat(*[call.c for call in calls])
    excess = ca.vertcat(*[call.mu.excess * ca.SX.ones(call.rate.shape[0]) for call in calls])
    dphi = ca.vertcat(*[call.dphi * ca.SX.ones(call.rate.shape[0]) for call in calls])
    mean = ca.DM(kernel.weights).T @ kernel.rate
    inner = np.flatnonzero(kernel.mass == 0).tolist()
    if inner:  # a film: the unknowns j are sums A r of what the law gives, dphi + drop drives it
        unknown, sums = kernel.x[inner], ca.jacobian(kernel.rate[inner], rates)
        share = (ca.jacobian(mean, unknown) @ sums).T
        film = ca.jacobian(dphi, unknown) @ sums
    else:
        share = ca.jacobian(mean, rates).T
        film = ca.SX(rates.shape[0], rates.shape[0])
    alone = film.sparsity().is_diag() or film.nnz() == 0
    arguments = [kernel.x, kernel.c_bar, kernel.c_e, kernel.dphi, kernel.q]
    outputs = [ca.densify(e) for e in (c, excess, share, ca.diag(film) if alone else ca.vec(film))]
    function = ca.Function("surface", arguments, outputs)
    mixing, drops = calls[0].mu.mixing, outputs[3].shape[0]
    return Surface(
        group, population, law, mixing, _standard(law), rates.shape[0], drops, Tape(function)
    )
