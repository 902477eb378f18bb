"""Losses of electrolyte, solid, foil and outer circuit, each from its own law.

The currents are those of the reactions, cell by cell, not differences of the saved potentials:
that these agree is what the remainder of a budget tests.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

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
    """A half cell without its particles."""

    config: "Config"
    scales: Scales
    transport: Transport | None
    width: Array  # (n_x,) m, of the cells
    hindrance: Array  # (n_x,) porosity^bruggeman
    first: int  # cell of the electrode nearest to the separator

    @classmethod
    def of(cls, config: "Config", assembly: "Assembly") -> "CircuitLosses":
        """Of a configuration and its assembled model."""
        gap, electrode = config.separator, config.positive
        if gap is None:
            return cls(config, assembly.scales, None, np.empty(0), np.empty(0), 0)
        choice = config.electrolyte.model
        module = import_module(f"electrode_model.electrolytes.{choice.name}")
        counts = [gap.volumes, electrode.volumes]
        widths = [gap.thickness / gap.volumes, electrode.thickness / electrode.volumes]
        hindrance = [part.porosity**part.bruggeman for part in (gap, electrode)]
        return cls(
            config,
            assembly.scales,
            module.build(**choice.parameters),
            np.repeat(widths, counts),
            np.repeat(hindrance, counts),
            gap.volumes,
        )

    def terms(
        self, c_rate: Array, filling_rate: Array, c_e: Array, depth: Array
    ) -> dict[str, Array]:
        """Losses [V], (n,) each.

        ``c_rate`` (n,) of the cell; ``filling_rate`` (n, n_v) current into each volume in units
        of 1C; ``c_e`` (n, n_x) mol/L; ``depth`` (n, n_v) weight of each volume, of sum 1.
        """
        none = np.zeros_like(c_rate)
        current = c_rate * self.scales.current
        terms = {
            f"electrolyte {kind}, {part}": none
            for kind in ("ohmic", "diffusion")
            for part in ("separator", "electrode")
        }
        foil = self.config.negative
        wall = c_e[:, 0]
        if self.transport is not None:
            wall, drops = self._electrolyte(self.transport, current, filling_rate, c_e, depth)
            terms |= drops
        kinetics, film = none, none
        if foil.model != "ideal":
            k0 = foil.exchange_current * np.sqrt(wall)
            kinetics = 2 * self.scales.voltage * np.arcsinh(current / (2 * k0))
            film = current * foil.film_resistance
        return terms | {
            "solid ohmic": self._solid(filling_rate, depth),
            "foil kinetics": kinetics,
            "foil film": film,
            "series resistance": current * self.config.series_resistance,
        }

    def _electrolyte(
        self,
        transport: Transport,
        current: Array,
        filling_rate: Array,
        c_e: Array,
        depth: Array,
    ) -> tuple[Array, dict[str, Array]]:
        """Concentration at the foil [mol/L] and the drops from there to the particles [V].

            d phi_e/dx = -i/kappa + 2 (1 - t+) (kT/e) (1 + dlnf/dlnc) d ln c_e/dx

        summed from centre to centre with the means of the cell's balances: conductivities of
        two halves in series, the other properties at the interpolated concentration.
        """
        t, first, unit = self.scales.temperature, self.first, self.scales.voltage
        half = self.width / 2
        resistance = half / (transport.conductivity(c_e, t) * self.hindrance)  # (n, n_x) of a half
        anion = 1 - transport.t_plus(c_e[:, 0], t)
        salt = current / self.scales.current * self.scales.salt_flux  # mol/(m^2 s)
        mobile = transport.diffusivity(c_e[:, 0], t) * self.hindrance[0] * CONCENTRATION
        wall = c_e[:, 0] + half[0] * anion * salt / mobile

        # ionic current at the faces to the right of each cell but the last, (n, n_x - 1)
        taken = np.cumsum(filling_rate, axis=1) * self.scales.current
        ionic = np.repeat(current[:, None], first, axis=1)
        ionic = np.concatenate([ionic, current[:, None] - taken[:, :-1]], axis=1)
        left, right = half[:-1], half[1:]
        face = (right * c_e[:, :-1] + left * c_e[:, 1:]) / (left + right)
        factor = 2 * unit * (1 - transport.t_plus(face, t))
        factor = factor * transport.thermodynamic_factor(face, t)
        at_wall = 2 * unit * anion * transport.thermodynamic_factor(c_e[:, 0], t)

        # half cells: to the left and to the right of each face
        ohmic = np.stack([ionic * resistance[:, :-1], ionic * resistance[:, 1:]])
        log_left, log_face, log_right = np.log(c_e[:, :-1]), np.log(face), np.log(c_e[:, 1:])
        diffusion = -factor * np.stack([log_face - log_left, log_right - log_face])
        before = np.array([(k < first) for k in range(c_e.shape[1])])
        inside_gap = np.stack([before[:-1], before[1:]])[:, None, :]
        found: dict[str, Array] = {}
        starts = {
            "ohmic": current * resistance[:, 0],
            "diffusion": -at_wall * (log_left[:, 0] - np.log(wall)),
        }
        for kind, drops in (("ohmic", ohmic), ("diffusion", diffusion)):
            for part, where in (("separator", inside_gap), ("electrode", ~inside_gap)):
                passed = np.cumsum((drops * where).sum(axis=0), axis=1)
                at_particles = passed[:, first - 1 :]
                drop = (depth * at_particles).sum(axis=1)
                found[f"electrolyte {kind}, {part}"] = drop
            found[f"electrolyte {kind}, separator"] += starts[kind]
        return wall, found

    def _solid(self, filling_rate: Array, depth: Array) -> Array:
        """Drop from the particles to the collector [V]; no current leaves at the separator."""
        conductivity = self.config.positive.conductivity
        if conductivity is None or self.config.separator is None:
            return np.zeros(filling_rate.shape[0])
        width = self.width[-1]
        through = np.cumsum(filling_rate, axis=1) * self.scales.current  # right of each volume
        drops = through * width / conductivity
        drops[:, -1] /= 2  # the collector is half a cell from the last centre
        to_collector = np.cumsum(drops[:, ::-1], axis=1)[:, ::-1]
        total: Array = (depth * to_collector).sum(axis=1)
        return total
