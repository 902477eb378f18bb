"""What the particles of one electrode lose, from its open-circuit voltage to phi_s - phi_e."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.analysis.interfaces import Places, Surface
from electrode_model.analysis.open_circuit import open_circuit

if TYPE_CHECKING:
    from electrode_model.results.result import Result

__all__ = ["ElectrodeLosses", "Split"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_CANCEL = 0.25  # |sum| / sum of magnitudes of the local currents below which shares mean nothing
_NOTHING = 1e-300  # 1/h; keeps a ratio of no currents defined


@dataclass(frozen=True)
class Split:
    """An electrode at n moments; lists have an entry for each group, (places, n, particles)."""

    surfaces: Sequence[Surface]
    mean: Array  # (n,) filling
    ocv: Array  # (n,) kT/e
    current: list[Array]  # of each place, in units of 1C, lithiation positive
    served: list[Array]  # share of the capacity that each place serves
    values: list[dict[str, Array]]  # what is lost at each place, kT/e
    volumes: range  # numbers of the electrode's volumes

    @property
    def total(self) -> Array:
        """(n,) current into the solid, units of 1C."""
        return _sum(self.current)

    @property
    def flows(self) -> np.ndarray:
        """(n,) bool: the local currents do not cancel, so that shares of them mean something."""
        magnitudes = _sum(map(np.abs, self.current))
        enough: np.ndarray = np.abs(self.total) >= _CANCEL * np.maximum(magnitudes, _NOTHING)
        return enough

    def weights(self) -> list[Array]:
        """Weight of each place, of sum 1: its share in the current, else in the capacity."""
        flows = self.flows
        divisor = np.where(flows, self.total, 1.0)[:, None]
        pairs = zip(self.current, self.served, strict=True)
        return [np.where(flows[:, None], i / divisor, w) for i, w in pairs]

    def lost(self, name: str, weights: Sequence[Array]) -> Array:
        """(n,) weighted mean of a loss [kT/e]."""
        return _sum(w * value[name] for w, value in zip(weights, self.values, strict=True))

    def by_volume(self, parts: Sequence[Array]) -> Array:
        """(n, volumes) sums over the places in each volume of the electrode."""
        total = np.zeros((self.mean.size, len(self.volumes)))
        for surface, part in zip(self.surfaces, parts, strict=True):
            each, volume = part.sum(axis=0), surface.group.volume - self.volumes.start
            for v in np.unique(volume):
                total[:, v] += each[:, volume == v].sum(axis=1)
        return total


@dataclass(frozen=True)
class ElectrodeLosses:
    """Splits what an electrode loses."""

    result: "Result"  # as seen from this electrode
    surfaces: Sequence[Surface]  # of this electrode
    first: int  # number of its first volume
    thermal: float  # V, kT/e

    @property
    def places(self) -> int:
        """Of all particles."""
        return sum(s.places * s.group.index.size for s in self.surfaces)

    def at(self, frames: np.ndarray, activity: Array, phi_e: Array) -> Split:
        """The electrode at some frames.

        ``activity`` of the salt and ``phi_e`` [kT/e], (n, volumes) each, are those beside its
        particles.
        """
        layout = self.result.layout
        means = np.asarray(self.result["Particle filling fraction"][frames], dtype=float)
        mean = means @ layout.weight
        phi_s = np.asarray(self.result["Solid potential [V]"][frames]) / self.thermal
        ocv, curves = open_circuit(self.surfaces, layout.weight, mean)
        places = [
            self._places(surface, frames, activity, phi_s - phi_e) for surface in self.surfaces
        ]
        weight = [layout.weight[surface.group.index] for surface in self.surfaces]
        share = [np.abs(p.share) for p in places]
        size = layout.capacity / layout.one_c  # hours of 1C
        return Split(
            surfaces=self.surfaces,
            mean=mean,
            ocv=ocv,
            current=[size * p.filling_rate * w for p, w in zip(places, weight, strict=True)],
            served=[s / s.sum(axis=0) * w for s, w in zip(share, weight, strict=True)],
            values=[
                _values(ocv, means[:, surface.group.index], surface, curve, p)
                for surface, curve, p in zip(self.surfaces, curves, places, strict=True)
            ],
            volumes=range(self.first, self.first + phi_s.shape[1]),
        )

    def _places(self, surface: Surface, frames: np.ndarray, activity: Array, dphi: Array) -> Places:
        """All places of a group, (places of a particle, n, particles) each."""
        group, n = surface.group, frames.size
        volume = group.volume - self.first
        x = self._fillings(surface, frames)
        q = np.tile(group.q, n) if group.q.shape[1] > 1 else group.q
        flat = surface.at(  # columns run over moments, then particles
            np.ascontiguousarray(np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)),
            np.ascontiguousarray(activity[:, volume]).ravel(),
            np.ascontiguousarray(dphi[:, volume]).ravel(),
            np.ascontiguousarray(q),
        )
        shape = (surface.places, n, group.index.size)
        return Places(**{name: value.reshape(shape) for name, value in vars(flat).items()})

    def _fillings(self, surface: Surface, frames: np.ndarray) -> Array:
        """(n, n_filling, p) fillings inside the particles of a group."""
        group = surface.group
        if not group.kernel.positions.size:
            means = self.result["Particle filling fraction"][frames][:, group.index]
            return np.asarray(means, dtype=float)[:, None, :]
        with_grid = [s.group for s in self.surfaces if s.group.kernel.positions.size]
        number = next(k for k, other in enumerate(with_grid) if other is group)
        return np.asarray(self.result[f"Particle profiles {number}"][frames], dtype=float)


def _values(
    ocv: Array, means: Array, surface: Surface, curve: Callable[[Array], Array], places: Places
) -> dict[str, Array]:
    """What is lost at every place of a group (m, n, p) [kT/e]; ``ocv`` (n,), ``means`` (n, p)."""
    at_particle, at_surface = curve(means), curve(places.c)
    return {
        "spread": np.broadcast_to(ocv[:, None] - at_particle, at_surface.shape),
        "inner diffusion": at_particle - at_surface,
        "phase separation": at_surface - (surface.standard - places.homogeneous),
        "coherency": places.excess,
        "kinetics": -places.eta,
        "film": places.drop,
    }


def _sum(parts: Iterable[Array]) -> Array:
    """(n,) sum over groups, places and particles of (m, n, p) each."""
    total: Array = np.sum([part.sum(axis=(0, 2)) for part in parts], axis=0)
    return total
