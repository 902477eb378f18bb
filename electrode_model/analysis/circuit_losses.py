"""Losses of electrolyte, solid, foil and outer circuit, each from its own law.

The currents are those of the reactions, cell by cell, not differences of the saved potentials:
that these agree is what the remainder of a budget tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.config.components import ELECTROLYTES
from electrode_model.config.model import Counter
from electrode_model.constants import CONCENTRATION
from electrode_model.electrolyte import Transport
from electrode_model.scales import Scales

if TYPE_CHECKING:
    from electrode_model.assemble import Assembly
    from electrode_model.config.model import Config

__all__ = ["CircuitLosses"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class CircuitLosses:
    """A cell without its particles."""

    config: "Config"
    scales: Scales
    transport: Transport | None
    width: Array  # (n_x,) m, of the cells
    hindrance: Array  # (n_x,) transport in the pores over that in the bulk
    sections: Mapping[str, tuple[int, int]]  # cells of each part, as in the layout

    @classmethod
    def of(cls, config: "Config", assembly: "Assembly") -> "CircuitLosses":
        """Of a configuration and its assembled model."""
        transport, sections = None, assembly.layout.sections
        if config.separator is not None:
            choice = config.electrolyte.model
            transport = ELECTROLYTES.function(choice.name)(**choice.parameters)
        width, hindrance = np.empty(assembly.layout.x.size), np.empty(assembly.layout.x.size)
        for name, (first, last) in sections.items():
            part = getattr(config, name)
            width[first:last] = part.thickness / part.volumes
            hindrance[first:last] = part.hindrance
        return cls(config, assembly.scales, transport, width, hindrance, sections)

    def activity(self, c_e: Array) -> Array:
        """What the kinetics of the particles see of a concentration [mol/L]."""
        if self.transport is None:
            return c_e
        value: Array = self.transport.activity(c_e, self.scales.temperature)
        return value

    def terms(
        self,
        c_rate: Array,
        taken: Mapping[str, Array],
        c_e: Array,
        depth: Mapping[str, Array],
    ) -> dict[str, Array]:
        """Losses [V], (n,) each.

        ``c_rate`` (n,) of the cell; ``c_e`` (n, n_x) mol/L; for each porous electrode ``taken``
        (n, n_v), the current into the solid of each volume in units of 1C, and ``depth`` (n, n_v),
        the weight of each volume, of sum 1.
        """
        terms, current = dict[str, Array](), c_rate * self.scales.current
        solid = {name: into * self.scales.current for name, into in taken.items()}  # A/m^2
        wall = c_e[:, 0]
        parts = ["separator", *depth]
        for kind in ("ohmic", "diffusion"):
            terms |= {f"electrolyte {kind}, {part}": np.zeros_like(c_rate) for part in parts}
        if self.transport is not None:
            wall, drops = self._electrolyte(self.transport, current, solid, c_e, depth)
            terms |= drops
        foil = self.config.negative
        if isinstance(foil, Counter):
            kinetics, film = np.zeros_like(c_rate), np.zeros_like(c_rate)
            if foil.model != "ideal":
                k0 = foil.exchange_current * np.sqrt(wall)
                kinetics = 2 * self.scales.voltage * np.arcsinh(current / (2 * k0))
                film = current * foil.film_resistance
            terms |= {"foil kinetics": kinetics, "foil film": film}
        for name, into in solid.items():
            terms[f"solid ohmic, {name}"] = self._solid(name, into, depth[name])
        return terms | {"series resistance": current * self.config.series_resistance}

    def _electrolyte(
        self,
        transport: Transport,
        current: Array,
        solid: Mapping[str, Array],
        c_e: Array,
        depth: Mapping[str, Array],
    ) -> tuple[Array, dict[str, Array]]:
        """Concentration at the foil [mol/L] and the drops from there to the particles [V].

        Without a foil, from the particles of the negative to those of the positive.

            d phi_e/dx = -i/kappa + nu/(z+ nu+) (1 - t+) (kT/e) (1 + dlnf/dlnc) d ln c_e/dx

        summed from centre to centre with the means of the cell's balances: conductivities of
        two halves in series, the other properties at the interpolated concentration.
        """
        t, n_x = self.scales.temperature, c_e.shape[1]
        half, unit = self.width / 2, self.scales.voltage * transport.diffusion_potential
        resistance = half / (transport.conductivity(c_e, t) * self.hindrance)  # (n, n_x) of a half
        left, right = half[:-1], half[1:]
        face = (right * c_e[:, :-1] + left * c_e[:, 1:]) / (left + right)
        factor = unit * (1 - transport.t_plus(face, t)) * transport.thermodynamic_factor(face, t)

        # ionic current at the faces to the right of each cell but the last, (n, n_x - 1)
        into = np.zeros(c_e.shape)
        for name, taken in solid.items():
            into[:, slice(*self.sections[name])] = taken
        enters = 0.0 if "negative" in solid else current[:, None]
        ionic = enters - np.cumsum(into, axis=1)[:, :-1]

        # half cells: to the left and to the right of each face
        ohmic = np.stack([ionic * resistance[:, :-1], ionic * resistance[:, 1:]])
        log_left, log_face, log_right = np.log(c_e[:, :-1]), np.log(face), np.log(c_e[:, 1:])
        diffusion = -factor * np.stack([log_face - log_left, log_right - log_face])
        cell = np.arange(n_x)
        found: dict[str, Array] = {}
        for kind, drops in (("ohmic", ohmic), ("diffusion", diffusion)):
            for part in ("separator", *depth):
                first, last = self.sections[part]
                inside = (cell >= first) & (cell < last)
                own = drops * np.stack([inside[:-1], inside[1:]])[:, None, :]
                passed = np.zeros(c_e.shape)  # from the first centre to each
                passed[:, 1:] = np.cumsum(own.sum(axis=0), axis=1)
                ends = {
                    name: (weight * passed[:, slice(*self.sections[name])]).sum(axis=1)
                    for name, weight in depth.items()
                }
                found[f"electrolyte {kind}, {part}"] = ends["positive"] - ends.get("negative", 0.0)
        if "negative" in solid:
            return c_e[:, 0], found

        # half a cell from the foil, which passes no anions, to the first centre
        anion = 1 - transport.t_plus(c_e[:, 0], t)
        salt = current / self.scales.current * self.scales.salt_flux  # mol/(m^2 s)
        mobile = transport.diffusivity(c_e[:, 0], t) * self.hindrance[0] * CONCENTRATION
        wall = c_e[:, 0] + half[0] * anion * salt / (transport.equivalents * mobile)
        at_wall = unit * anion * transport.thermodynamic_factor(c_e[:, 0], t)
        found["electrolyte ohmic, separator"] += current * resistance[:, 0]
        found["electrolyte diffusion, separator"] -= at_wall * (log_left[:, 0] - np.log(wall))
        return wall, found

    def _solid(self, name: str, taken: Array, depth: Array) -> Array:
        """Drop in the solid between particles and collector [V]; none leaves at the separator."""
        electrode = getattr(self.config, name)
        if electrode.conductivity is None or self.config.separator is None:
            return np.zeros(taken.shape[0])
        if name == "negative":  # the mirror image: its collector comes first
            taken, depth = -taken[:, ::-1], depth[:, ::-1]
        width = electrode.thickness / electrode.volumes
        drops = np.cumsum(taken, axis=1) * width / electrode.conductivity  # right of each volume
        drops[:, -1] /= 2  # the collector is half a cell from the last centre
        to_collector = np.cumsum(drops[:, ::-1], axis=1)[:, ::-1]
        total: Array = (depth * to_collector).sum(axis=1)
        return total
