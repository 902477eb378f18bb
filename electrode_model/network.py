"""The connections of the particles of all electrodes as one matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.config.components import CONNECTIONS
from electrode_model.constants import HOUR
from electrode_model.electrode import Drawn, Group
from electrode_model.scales import Scales

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

__all__ = ["Connections", "connections_of"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Area of a plate over its squared length: the (010) face of a crystal of the C3 shape
#: (Cogswell & Bazant, Nano Lett. 13 (2013) 3036), the number that MPET 1.0.1 takes.
_C3_FACE = 1.2263


@dataclass(frozen=True)
class Connections:
    """Conductances between the particles of connected groups."""

    groups: tuple[int, ...]  # of the assembly, those that are connected
    #: (P, P) 1/h per kT/e, in the order of the groups' particles; the charge that raises the
    #: filling of a volume by 1 is the unit
    laplacian: "csc_matrix"


def connections_of(
    electrodes: Sequence[Drawn], groups: Sequence[Group], scales: Scales
) -> Connections | None:
    """The connections that the configuration asks for; None where it asks for none.

    A particle of the model stands for one particle of the chain or network.

    Raises ValueError where a volume's particles do not fit listed conductances.
    """
    rows: list[np.ndarray] = []
    columns: list[np.ndarray] = []
    values: list[Array] = []
    wired: list[int] = []
    size = 0
    for electrode in electrodes:
        choice = electrode.given.connections
        if choice is None:
            continue
        own = [k for k, group in enumerate(groups) if group.electrode == electrode.name]
        wired += own
        index = np.concatenate([groups[k].index for k in own])
        place = np.empty(index.size, dtype=int)  # of a particle of the electrode in the matrix
        place[index] = size + np.arange(index.size)
        size += index.size
        form = CONNECTIONS.function(choice.name)
        charge, volume = _charge(electrode)
        for v in range(electrode.given.volumes):
            there = np.flatnonzero(volume == v)
            edges = form(there.size, v, **choice.parameters)
            # S -> 1/h of the volume's filling per kT/e
            scaled = edges.conductance * scales.voltage * HOUR / charge[there].sum()
            free = edges.first >= 0
            a, b = place[there[edges.first]], place[there[edges.second]]
            rows += [b, a[free], a[free], b[free]]
            columns += [b, a[free], b[free], a[free]]
            values += [scaled, scaled[free], -scaled[free], -scaled[free]]
    if not wired:
        return None
    # here: most models have no connections, and the import takes as long as their set-up
    from scipy.sparse import coo_matrix

    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return Connections(tuple(wired), coo_matrix(entries, shape=(size, size)).tocsc())


def _charge(electrode: Drawn) -> tuple[Array, np.ndarray]:
    """(n_p,) theoretical charge [C] and volume of each particle of an electrode."""
    charge, volume = [], []
    for population in electrode.populations:
        density = Scales.capacity(population.numbers["site_density"], electrode.constants)
        charge.append(density * _body(population.given, population.size).ravel())
        volume.append(np.repeat(population.volumes, population.given.per_volume))
    return np.concatenate(charge), np.concatenate(volume)


def _body(given: Any, size: Array) -> Array:
    """Volumes [m^3] of particles; a slab counts as a cube.

    Raises ValueError for cylinders without a ``thickness``, which is their height.
    """
    shape = "plate" if given.plate else given.model.parameters["shape"]
    if shape == "plate":
        return _C3_FACE * size**2 * given.thickness
    if shape == "cylinder":
        if given.thickness is None:
            raise ValueError("connected cylinders need a thickness, which is their height")
        return pi * size**2 * given.thickness
    body: Array = 4 / 3 * pi * size**3 if shape == "sphere" else (2 * size) ** 3
    return body
