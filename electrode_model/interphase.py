"""An electrolyte layer of its own between each particle and the pore, such as a coating.

    eps_l dc/dt = -dN/dx,   N = -D dc/dx - (1 - t+) i/(z+ nu+ F),   di/dx = 0
    i = -kappa [d psi/dx - nu/(z+ nu+) (1 - t+) (kT/e) (1 + dlnf/dlnc) d ln c/dx]

for x from the pore to the particle; transport of any model of :mod:`electrode_model.electrolytes`,
Newman & Thomas-Alyea, Electrochemical Systems, 3rd ed., Eqs. 12.14 and 12.27.  psi is measured
by a reference electrode of the cation's metal, against the pore.  The layer is thin beside the
particle: i is the particle's current over its reacting area, the same at every x, so that charge
is conserved exactly.  Particle side: N = 0; the reaction sees the layer's concentration there, and
dphi - psi.  Pore side: psi = 0, as the cation is in equilibrium between pore and layer, and

salt of its own     N = 0: anions do not pass, as into a solid whose compensating charge is fixed
                    or a salt that the pore does not dissolve.  Its amount is constant to rounding.
shared salt         c is the pore's: a liquid continuous with it.  No salt is stored, N = 0 at every
                    x, so that the pore's balance of salt stays exact.  Left out is the salt that a
                    gradient moves within the layer, less than c_e times its pore volume, over
                    L^2/D, some microseconds.

With salt of its own and constant properties the gradient is (1 - t+) i/(z+ nu+ F D), and the
limiting current 2 z+ nu+ F D c0/((1 - t+) L).  At t+ = 1 nothing but the resistance is left.

MPET 1.0.1 (mpet/mod_interface.py) differs.  Its i is that of the electrode's plane, whatever the
area of the particle (``area: electrode``); current enters in the first cell, at the pore's values,
so that (N-1)/N of the layer resists; shared salt is stored but not taken from the pore.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from electrode_model.constants import CONCENTRATION, HOUR
from electrode_model.electrolyte import Transport
from electrode_model.grid import EXPONENT
from electrode_model.particle import Kernel, Model
from electrode_model.scales import Scales
from electrode_model.symbolic import Expr, log

if TYPE_CHECKING:
    from electrode_model.config.interphase import Interphase
    from electrode_model.config.population import Population

__all__ = ["Layer", "coat", "coated", "layer_of"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_FEW = 8  # reacting rows of a kernel that one border may join


@dataclass(frozen=True)
class Layer:
    """The layer in front of every particle of a population; metres, hours, mol/L."""

    transport: Transport
    thickness: float  # m
    cells: int
    porosity: float
    hindrance: float  # transport in the layer over that in its electrolyte
    concentration: float | None  # mol/L at the start, of salt of its own; None: the pore's
    activity: float | None  # of the cation, as the reaction sees it; None: of its concentration
    scales: Scales
    theta: Expr = 1.0  # temperature over that of the scales

    @property
    def kelvin(self) -> Any:
        """Temperature [K]."""
        return self.scales.temperature * self.theta

    @property
    def reference(self) -> float:
        """The first concentration [mol/L] of salt of its own; 1 mol/L of shared salt."""
        return 1.0 if self.concentration is None else self.concentration

    @property
    def resistance(self) -> float:
        """Area resistance [ohm m^2] at the reference concentration."""
        value: Any = self.transport.conductivity(self.reference, self.scales.temperature)
        return self.thickness / (self.hindrance * float(value))

    @property
    def salt_flux(self) -> float:
        """Salt that is carried by the current through a drop of kT/e [m/h mol/L]."""
        current = self.scales.voltage / self.resistance / self.scales.constants.faraday
        return current / self.transport.equivalents * HOUR / CONCENTRATION

    @property
    def uniform(self) -> bool:
        """Whether anions cannot move, t+ = 1 at any concentration: c has no gradient."""
        share: Any = ca.SX(self.transport.t_plus(ca.SX.sym("c"), self.kelvin))
        return bool(share.is_constant()) and float(share) == 1.0


@dataclass(frozen=True)
class _Profile:
    """Unknowns of a layer from the particle to the pore, and what the reaction sees."""

    x: ca.SX  # (n,)
    rate: ca.SX  # (n,)
    mass: Array  # (n,)
    activity: ca.SX  # () at the start
    #: (1,) psi at the particle, or (2,) with the relative change of the activity there
    seen: ca.SX


def layer_of(given: "Interphase", scales: Scales, theta: Expr) -> Layer:
    """The layer of a configuration; ValueError outside the temperatures of its electrolyte."""
    from electrode_model.config.components import ELECTROLYTES

    transport: Transport = ELECTROLYTES.function(given.model.name)(**given.model.parameters)
    if transport.temperatures is not None:
        coldest, hottest = transport.temperatures
        if not coldest <= scales.temperature <= hottest:
            raise ValueError(
                f"the properties of the interphase hold from {coldest:g} to {hottest:g} K, not at"
                f" {scales.temperature:g} K; give all four of them as numbers instead"
            )
    own = given.concentration
    return Layer(
        transport=transport,
        thickness=given.thickness,
        cells=given.cells,
        porosity=given.porosity,
        hindrance=given.porosity**given.bruggeman,
        concentration=None if own is None else own / CONCENTRATION,
        activity=given.activity,
        scales=scales,
        theta=theta,
    )


def coated(
    models: Sequence[Model],
    given: "Population",
    size: Array,
    contact: Array,
    solid: Array,
    density: float,
    scales: Scales,
    theta: Expr,
) -> list[Model]:
    """The models of a population with the layer of its ``interphase`` around each particle.

    ``size`` (P,) in m, ``contact`` (P,) the share of the surface that reacts, which the layer
    covers; ``solid`` (P,) volume of what each particle stands for over the area of the electrode
    [m], ``density`` lithium sites per volume [1/m^3]; ``theta`` is the temperature over that of the
    scales.
    """
    if given.interphase is None:
        return list(models)
    layer = layer_of(given.interphase, scales, theta)
    if given.interphase.area == "electrode":
        depth = solid
    elif given.thickness is not None:
        depth = given.thickness / 2 / contact
    else:
        depth = size / (EXPONENT[given.model.parameters["shape"]] + 1) / contact
    charge = depth * Scales.capacity(density, scales.constants) / HOUR
    return [coat(model, layer, charge) for model in models]


def coat(model: Model, layer: Layer, charge: Array) -> Model:
    """The particles of a model behind a layer.

    ``charge`` (P,) fills a particle once [A h per m^2 of the layer's area].  The state grows by
    the drop that the current makes at the layer's first conductivity, and, unless c is uniform, by
    c over that of the start and psi in each cell, from the particle to the pore.  In a particle
    that reacts all over, as plates do, the current is summed up from place to place and what the
    reaction sees is passed on the other way: the Jacobian stays banded.
    """
    kernel = model.kernel
    drop, unit = ca.SX.sym("drop"), ca.SX.sym("interphase")
    profile = _profile(layer, drop, kernel.c_e)
    parts = unit * _filling_rates(kernel)
    x, rate, mass = list[ca.SX](), list[ca.SX](), list[float]()

    def add(unknown: ca.SX, equation: ca.SX, kind: Sequence[float] = (0.0,)) -> None:
        x.append(unknown)
        rate.append(equation)
        mass.extend(kind)

    blocks = _blocks(kernel, parts)
    seen = [*(ca.SX.sym("seen", profile.seen.shape[0]) for _ in blocks[1:]), profile.seen]
    rows = np.zeros(kernel.mass.size, dtype=int)  # where those of the particle are now
    summed = ca.SX(0)
    for k, block in enumerate(blocks):
        mine = ca.vertcat(kernel.rate[block], ca.sum1(parts[block]))
        psi, *deviation = ca.vertsplit(seen[k])
        activity = profile.activity * (1 + deviation[0]) if deviation else profile.activity
        drives = ca.vertcat(kernel.c_e, kernel.dphi)
        mine = ca.substitute(mine, drives, ca.vertcat(activity, kernel.dphi - psi))
        total = drop if block is blocks[-1] else ca.SX.sym("sum")
        rows[block] = len(mass) + np.arange(block.stop - block.start)
        add(kernel.x[block], mine[:-1], kernel.mass[block].tolist())
        add(total, summed + mine[-1] - total)
        summed = total
        if total is not drop:
            add(seen[k], seen[k + 1] - seen[k], [0.0] * profile.seen.shape[0])
    add(profile.x, profile.rate, profile.mass.tolist())
    weights = np.zeros(len(mass))
    weights[rows] = kernel.weights
    coating = replace(
        kernel,
        x=ca.vertcat(*x),
        q=ca.vertcat(kernel.q, unit),
        rate=ca.vertcat(*rate),
        names=(*kernel.names, "interphase"),
        mass=np.array(mass),
        weights=weights,
        filling=rows[kernel.filling],
    )
    drops = charge[model.index] * (layer.resistance / layer.scales.voltage)  # kT/e at 1/h
    return replace(model, kernel=coating, q={**model.q, "interphase": drops})


def _filling_rates(kernel: Kernel) -> ca.SX:
    """(n,) what the reaction adds in each row to the rate of the mean filling [1/h].

    Rates are linear in the numbers ``reaction``, of the particle or of each of its places: what
    they multiply is the reaction, what is left moves lithium inside.
    """
    reacts = [k for k, name in enumerate(kernel.names) if name.startswith("reaction")]
    numbers = kernel.q[reacts]
    return ca.DM(kernel.weights) * (ca.jacobian(kernel.rate, numbers) @ numbers)


def _blocks(kernel: Kernel, parts: ca.SX) -> list[slice]:
    """Rows that share one sum of the current: all, or those of each place where many react."""
    n = kernel.mass.size
    drives = ca.jacobian(kernel.rate, ca.vertcat(kernel.c_e, kernel.dphi)).sparsity().row()
    reacting = [*drives, *parts.sparsity().row()]
    rows, columns = ca.jacobian(kernel.rate, kernel.x).sparsity().get_triplet()
    band = max(abs(i - j) for i, j in zip(rows, columns, strict=True))
    if n - min(reacting) <= max(_FEW, 2 * band):
        return [slice(0, n)]
    return [slice(a, b) for a, b in pairwise([*kernel.filling.tolist(), n])]


def _profile(layer: Layer, drop: ca.SX, c_e: ca.SX) -> _Profile:
    """The layer at a current that makes ``drop`` [kT/e] at its first conductivity.

    Finite volumes as in the pores: harmonic means of D and kappa, the others at the concentration
    of the face; between a centre and an end they are those of the centre.
    """
    transport, t, n = layer.transport, layer.kelvin, layer.cells
    start = c_e if layer.concentration is None else ca.SX(layer.concentration)
    first: Any = transport.conductivity(layer.reference, layer.scales.temperature)

    def activity(c: ca.SX) -> ca.SX:
        return transport.activity(c, t) if layer.activity is None else ca.SX(layer.activity)

    if layer.uniform:
        relative = transport.conductivity(start, t) / float(first)
        nothing = ca.SX(0, 1)
        return _Profile(nothing, nothing, np.empty(0), activity(start), -drop / relative)

    u, psi = ca.SX.sym("u", n), ca.SX.sym("psi", n)  # from the pore to the particle
    c, width = start * (1 + u), layer.thickness / n
    unit = layer.salt_flux * layer.theta  # m/h mol/L of anions at a drop of 1
    kappa = transport.conductivity(c, t) / float(first)
    diffusivity = transport.diffusivity(c, t) * (layer.hindrance * HOUR)

    def anions(at: ca.SX) -> tuple[ca.SX, ca.SX]:
        """1 - t+, and what multiplies the step of ln c in that of psi."""
        share = 1 - transport.t_plus(at, t)
        factor = transport.thermodynamic_factor(at, t)
        return share, transport.diffusion_potential * share * factor

    share, potential = anions((c[1:] + c[:-1]) / 2)
    log_c = log(c)
    step = psi[1:] - psi[:-1] - potential * (log_c[1:] - log_c[:-1])
    current = -n * _in_series(kappa) * step  # as the drop that it makes
    salt = -_in_series(diffusivity) / width * (c[1:] - c[:-1]) - unit * share * current

    at_pore = current[0] if n > 1 else drop
    share, potential = anions(c[0])
    against = unit * share * at_pore  # flux of anions that the current asks for
    if layer.concentration is None:
        c_pore, entering = c_e, -2 * diffusivity[0] / width * (c[0] - c_e) - against
    else:
        c_pore, entering = c[0] + width / 2 * against / diffusivity[0], ca.SX(0)
    closure = psi[0] + at_pore / (2 * n * kappa[0]) - potential * (log_c[0] - log(c_pore))

    share, potential = anions(c[-1])
    c_end = c[-1] - width / 2 * unit * share * drop / diffusivity[-1]
    psi_end = psi[-1] - drop / (2 * n * kappa[-1]) + potential * (log(c_end) - log_c[-1])

    fluxes = ca.vertcat(entering, salt, 0)
    storage = width * layer.porosity * start
    balance = (fluxes[:-1] - fluxes[1:]) / storage
    currents = ca.vertcat(current, drop)
    potentials = ca.vertcat(-closure, currents[:-1] - currents[1:])
    moves = 0.0 if layer.concentration is None else 1.0
    outward = list(reversed(range(n)))
    change = activity(c_end) / activity(start) - 1
    return _Profile(
        x=_in_turn(u, psi, outward),
        rate=_in_turn(balance, potentials, outward),
        mass=np.tile([moves, 0.0], n),
        activity=activity(start),
        seen=psi_end if layer.activity else ca.vertcat(psi_end, change),
    )


def _in_series(values: ca.SX) -> ca.SX:
    """(n,) in cells of one width -> (n - 1,) harmonic means at the inner faces."""
    return 2 / (1 / values[:-1] + 1 / values[1:])


def _in_turn(first: ca.SX, second: ca.SX, order: Sequence[int]) -> ca.SX:
    return ca.vertcat(*[column[k] for k in order for column in (first, second)])
