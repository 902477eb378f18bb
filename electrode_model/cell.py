"""The macroscopic half of a cell: electrolyte, solid potential, foil and external circuit.

A :class:`Circuit` is a small semi-explicit system  g(z, dz/dt, r; control) = 0  in which the
particles appear only by r, the mean rate of filling of each electrode volume [1/h], and which
gives them back the electrolyte concentration and the potential step at their place.

All balances are telescoping sums over faces: charge and salt are conserved to rounding.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.constants import CONCENTRATION, HOUR
from electrode_model.electrolyte import Transport
from electrode_model.heat import Balance
from electrode_model.scales import Scales
from electrode_model.symbolic import asinh, log, sqrt

__all__ = ["Circuit", "Foil", "Porous", "Region", "circuit", "frozen", "single_volume"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Foil:
    """Lithium metal, i = k0 sqrt(c_e) 2 sinh(eta/2) (c_e in mol/L)."""

    exchange_current: float  # A/m^2 at 1 mol/L
    film_resistance: float  # ohm m^2


@dataclass(frozen=True)
class Region:
    """Electrolyte-filled pores of a separator or an electrode, in equal cells."""

    thickness: float  # m
    cells: int
    porosity: "float | Array"  # of all cells, or (cells,)
    hindrance: "float | Array"  # transport in the pores over that in the bulk, likewise

    @property
    def width(self) -> float:
        """Width of a cell [m]."""
        return self.thickness / self.cells


@dataclass(frozen=True)
class Porous:
    """A porous electrode as the circuit sees it."""

    region: Region
    conductivity: float | None  # S/m, effective, of the solid; None: perfectly conducting
    #: in units of that which sets the 1C current; of the whole, or (cells,) relative to the mean
    capacity: "float | Array" = 1.0

    @property
    def charge(self) -> Array:
        """(cells,) current that fills each volume at 1/h, in units of 1C."""
        return np.broadcast_to(self.capacity, self.region.cells) / self.region.cells


@dataclass(frozen=True)
class Circuit:
    """The macroscopic system; n_z unknowns, n_v electrode volumes."""

    z: ca.SX  # (n_z,)
    rate: ca.SX  # (n_z,) dz/dt, of which only differential unknowns occur
    filling_rate: ca.SX  # (n_v,) r
    control: ca.SX  # (3,) a, b, s of the condition a I + b V + (1 - a)(1 - b) I V = s
    residual: ca.SX  # (n_z,)
    c_e: ca.SX  # (n_v,) activity of the salt at the particles: c_e where it is ideal
    dphi: ca.SX  # (n_v,) phi_s - phi_e at the particles
    differential: np.ndarray  # (n_z,) bool
    start: Array  # (n_z,) first guess; differential entries are initial values
    where: dict[str, slice]  # unknowns: c_e, phi_e, phi_s, voltage, current, charge, temperature
    equations: dict[str, slice]  # rows of the residual
    theta: ca.SX = field(default_factory=lambda: ca.SX(1))  # () temperature over the first
    heat: ca.SX = field(default_factory=lambda: ca.SX(0, 1))  # (n_v,) enthalpy set free; or empty


class _Unknowns:
    """Collects unknowns with their equations, in the order in which they come."""

    def __init__(self) -> None:
        self.where: dict[str, slice] = {}
        self._z: list[ca.SX] = []
        self._rate: list[ca.SX] = []
        self._start: list[Array] = []
        self._differential: list[bool] = []

    def add(self, name: str, start: Array | float, *, differential: bool = False) -> ca.SX:
        values = np.atleast_1d(np.asarray(start, dtype=float))
        position = len(self._differential)
        self.where[name] = slice(position, position + values.size)
        self._z.append(ca.SX.sym(name, values.size))
        self._rate.append(ca.SX.sym(f"d_{name}", values.size))
        self._start.append(values)
        self._differential += [differential] * values.size
        return self._z[-1]

    def __getitem__(self, name: str) -> ca.SX:
        return self._z[list(self.where).index(name)]

    def rate(self, name: str) -> ca.SX:
        return self._rate[list(self.where).index(name)]

    def close(self, rows: dict[str, ca.SX], **parts: Any) -> Circuit:
        ends = np.cumsum([0, *(row.shape[0] for row in rows.values())]).tolist()
        return Circuit(
            residual=ca.vertcat(*rows.values()),
            equations={k: slice(*b) for k, b in zip(rows, pairwise(ends), strict=True)},
            z=ca.vertcat(*self._z),
            rate=ca.vertcat(*self._rate),
            differential=np.array(self._differential),
            start=np.concatenate(self._start),
            where=self.where,
            **parts,
        )


def single_volume(
    scales: Scales,
    c_e: float,
    series_resistance: float,
    capacity: float = 1.0,
    balance: Balance | None = None,
) -> Circuit:
    """All particles in one volume against an ideal counter electrode; c_e [mol/m^3] stays.

    ``capacity`` is in units of that which sets the 1C current.
    """
    unknowns = _Unknowns()
    voltage, current = _external(unknowns)
    filling_rate, control = ca.SX.sym("r", 1), ca.SX.sym("control", 3)
    rows = {"charge balance": current - capacity * filling_rate[0]}
    collector = voltage + current * (series_resistance / scales.resistance)
    theta, heat = _temperature(unknowns, balance, 1)
    if balance is not None:
        released = capacity * heat[0] - current * collector
        rows |= _heat_rows(unknowns, balance, released)
    return unknowns.close(
        rows | _circuit_rows(unknowns, voltage, current, control),
        filling_rate=filling_rate,
        control=control,
        c_e=ca.SX(c_e / CONCENTRATION),
        dphi=collector,
        theta=theta,
        heat=heat,
    )


def circuit(
    scales: Scales,
    negative: Foil | Porous,
    separator: Region,
    positive: Porous,
    transport: Transport | None,
    c_e: float,
    series_resistance: float,
    balance: Balance | None = None,
) -> Circuit:
    """Negative electrode | separator | porous positive electrode; x runs from the negative.

    Electrode volumes are numbered in the order of x, those of a porous negative first.
    ``c_e`` is the initial concentration [mol/m^3]; ``transport`` None keeps it everywhere and
    phi_e uniform.  Potentials are measured from the foil, or from the negative collector.  With a
    heat ``balance`` the temperature is one more unknown.
    """
    porous = [e for e in (negative, positive) if isinstance(e, Porous)]
    before = porous[0].region.cells if len(porous) == 2 else 0
    regions = [*(e.region for e in porous[:-1]), separator, positive.region]
    n = sum(region.cells for region in regions)
    charge = np.concatenate([e.charge for e in porous])
    filling_rate, control = ca.SX.sym("r", charge.size), ca.SX.sym("control", 3)
    taken = ca.DM(charge) * filling_rate  # current into the solid of each volume
    in_negative, in_positive = ca.vertsplit(taken, [0, before, charge.size])
    at = [*range(before), *range(before + separator.cells, n)]  # cells of the electrodes

    unknowns, rows = _Unknowns(), dict[str, ca.SX]()
    start = c_e / CONCENTRATION
    if transport is None:
        c = ca.SX(start) * ca.SX.ones(n)
        phi_e = unknowns.add("phi_e", 0.0) * ca.SX.ones(n)
    else:
        c = unknowns.add("c_e", np.full(n, start), differential=True)
        phi_e = unknowns.add("phi_e", np.zeros(n))
    voltage, current = _external(unknowns)
    collector = voltage + current * (series_resistance / scales.resistance)
    theta, heat = _temperature(unknowns, balance, charge.size)

    fluxes = None
    if transport is None:
        rows["charge balance"] = current - ca.sum1(in_positive)
    else:
        fluxes = _Fluxes(scales, transport, regions, theta)
        salt, ionic = fluxes.inner(c, phi_e)
        source = ca.vertcat(in_negative, ca.SX.zeros(separator.cells), in_positive)
        ionic = ca.vertcat(0 if before else current, ionic, 0)
        rows["charge balance in the electrolyte"] = ionic[1:] - ionic[:-1] + source
        salt = ca.vertcat(0, salt, 0)
        inflow = (salt[:-1] - salt[1:]) / ca.DM(fluxes.widths)
        rows["salt balance"] = ca.DM(fluxes.porosity) * unknowns.rate("c_e") - inflow
    potentials = []
    if isinstance(negative, Foil):
        wall = fluxes.wall(c[0], phi_e[0], current) if fluxes else (c[0], phi_e[0])
        rows["foil kinetics"] = _foil(scales, negative, current, theta, *wall)
    else:
        rows["charge balance of the negative"] = current + ca.sum1(in_negative)
        phi_s, solid = _solid(unknowns, scales, negative, "phi_s_negative", in_negative, 0.0, -1)
        potentials.append(phi_s)
        rows |= {f"{equation} of the negative": row for equation, row in solid.items()}
    phi_s, solid = _solid(unknowns, scales, positive, "phi_s", in_positive, collector, 1)
    rows |= solid
    if balance is not None:
        released = ca.dot(ca.DM(charge), heat) - current * collector
        rows |= _heat_rows(unknowns, balance, released)
    return unknowns.close(
        rows | _circuit_rows(unknowns, voltage, current, control),
        filling_rate=filling_rate,
        control=control,
        c_e=c[at] if fluxes is None else fluxes.activity(c[at]),
        dphi=ca.vertcat(*potentials, phi_s) - phi_e[at],
        theta=theta,
        heat=heat,
    )


def frozen(circuit: Circuit, z: Array) -> Circuit:
    """The circuit held at the unknowns ``z`` (n_z,), without current, whatever particles do."""
    held = np.array(z)
    held[circuit.where["current"]] = 0.0
    moving = ca.DM(circuit.differential.astype(float))
    residual = moving * circuit.rate + (1 - moving) * (circuit.z - ca.DM(held))
    rows = {f"held {name}": part for name, part in circuit.where.items()}
    return replace(circuit, residual=residual, equations=rows)


def _temperature(
    unknowns: "_Unknowns", balance: Balance | None, volumes: int
) -> tuple[ca.SX, ca.SX]:
    """Temperature over that of the configuration, and the enthalpy of each volume's particles."""
    if balance is None:
        return ca.SX(1), ca.SX(0, 1)
    theta = unknowns.add("temperature", 1.0, differential=True)
    unknowns.add("released", 0.0, differential=True)  # heat since the start, counted beside
    return theta, ca.SX.sym("heat", volumes)


def _heat_rows(unknowns: "_Unknowns", balance: Balance, released: ca.SX) -> dict[str, ca.SX]:
    theta, rate = unknowns["temperature"], unknowns.rate("released")
    cooled = balance.cooling * (theta - balance.ambient)
    return {
        "heat released": rate - released,
        "heat balance": balance.capacity * unknowns.rate("temperature") - rate + cooled,
    }


def _foil(
    scales: Scales, foil: Foil, current: ca.SX, theta: ca.SX, c_wall: ca.SX, phi_wall: ca.SX
) -> ca.SX:
    """Drop from the foil, at 0 V, to the solution at its surface."""
    kinetic = asinh(current * scales.current / (2 * foil.exchange_current * sqrt(c_wall)))
    return phi_wall + current * (foil.film_resistance / scales.resistance) + 2 * theta * kinetic


def _solid(
    unknowns: "_Unknowns",
    scales: Scales,
    electrode: Porous,
    name: str,
    taken: ca.SX,
    collector: Any,
    side: int,
) -> tuple[ca.SX, dict[str, ca.SX]]:
    """Potential of the solid in each volume, and its charge balance if it is an unknown.

    The collector lies half a cell beyond the last (``side`` 1) or first (-1) centre; no
    current leaves the solid at the separator.
    """
    if electrode.conductivity is None:
        return collector * ca.SX.ones(electrode.region.cells), {}
    phi_s = unknowns.add(name, np.zeros(electrode.region.cells))
    conductance = electrode.conductivity * scales.resistance / electrode.region.width
    inner = -conductance * (phi_s[1:, 0] - phi_s[:-1, 0])  # of one volume: no rows, one column
    if side > 0:
        faces = ca.vertcat(0, inner, 2 * conductance * (phi_s[-1] - collector))
    else:
        faces = ca.vertcat(2 * conductance * (collector - phi_s[0]), inner, 0)
    return phi_s, {"charge balance in the solid": faces[1:] - faces[:-1] - taken}


def _external(unknowns: _Unknowns) -> tuple[ca.SX, ca.SX]:
    """Cell voltage and current; the charge passed, in units of capacity, is counted beside."""
    voltage, current = unknowns.add("voltage", 0.0), unknowns.add("current", 0.0)
    unknowns.add("charge", 0.0, differential=True)
    return voltage, current


def _circuit_rows(
    unknowns: _Unknowns, voltage: ca.SX, current: ca.SX, control: ca.SX
) -> dict[str, ca.SX]:
    """The control condition, whose mode is data, and the charge, integrated like any state."""
    a, b, setting = ca.vertsplit(control)
    power = (1 - a) * (1 - b) * (current * voltage)
    return {
        "control": a * current + b * voltage + power - setting,
        "charge passed": unknowns.rate("charge") - current,
    }


class _Fluxes:
    """Salt and ionic current between the cells, in m/h mol/L and in units of 1C."""

    def __init__(
        self, scales: Scales, transport: Transport, regions: Sequence[Region], theta: ca.SX
    ) -> None:
        self.scales, self.transport = scales, transport
        self._theta = theta
        isothermal = theta.is_constant()  # then a plain number, for properties that ask for one
        self._kelvin = scales.temperature * (1.0 if isothermal else theta)

        def spread(value: str) -> Array:
            return np.concatenate([np.full(r.cells, getattr(r, value)) for r in regions])

        self.widths, self.porosity = spread("width"), spread("porosity")
        self.hindrance = spread("hindrance")
        unit = HOUR / CONCENTRATION * scales.salt_flux  # m/h mol/L at 1C
        self._salt_unit = unit / transport.equivalents
        self._potential = transport.diffusion_potential * theta

    def activity(self, c: ca.SX) -> ca.SX:
        """What the kinetics of the particles see at concentrations ``c``."""
        return self.transport.activity(c, self._kelvin)

    def inner(self, c: ca.SX, phi_e: ca.SX) -> tuple[ca.SX, ca.SX]:
        """Fluxes at the faces between cells, (n - 1,) each.

        Coefficients of two cells act in series (harmonic mean); t+ and the thermodynamic
        factor are those of the concentration interpolated to the face.
        """
        left, right = self.widths[:-1] / 2, self.widths[1:] / 2
        distance = ca.DM(left + right)
        t, transport = self._kelvin, self.transport

        def in_series(values: ca.SX) -> ca.SX:
            effective = values * ca.DM(self.hindrance)
            return distance / (ca.DM(left) / effective[:-1] + ca.DM(right) / effective[1:])

        face = (ca.DM(right) * c[:-1] + ca.DM(left) * c[1:]) / distance
        anion = 1 - transport.t_plus(face, t)
        kappa = in_series(transport.conductivity(c, t)) * self.scales.resistance
        log_c = log(c)
        diffusion = self._potential * anion * transport.thermodynamic_factor(face, t)
        ionic = (
            -kappa * ((phi_e[1:] - phi_e[:-1]) - diffusion * (log_c[1:] - log_c[:-1])) / distance
        )
        d_eff = in_series(transport.diffusivity(c, t)) * HOUR
        salt = -d_eff * (c[1:] - c[:-1]) / distance - self._salt_unit * anion * ionic
        return salt, ionic

    def wall(self, c: ca.SX, phi_e: ca.SX, current: ca.SX) -> tuple[ca.SX, ca.SX]:
        """Concentration and potential at the foil, half a cell from the first centre.

        The foil passes no anions; its whole current is that of lithium.
        """
        t, transport = self._kelvin, self.transport
        half = self.widths[0] / 2
        anion = 1 - transport.t_plus(c, t)
        d_eff = transport.diffusivity(c, t) * (self.hindrance[0] * HOUR)
        kappa = transport.conductivity(c, t) * (self.hindrance[0] * self.scales.resistance)
        c_wall = c + half * self._salt_unit * anion * current / d_eff
        diffusion = self._potential * anion * transport.thermodynamic_factor(c, t)
        phi_wall = phi_e + half * current / kappa - diffusion * (log(c) - log(c_wall))
        return c_wall, phi_wall
