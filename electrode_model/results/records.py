"""What a solver hands over during a run: the layout once, then rows, frames and reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["FinalState", "Frame", "Layout", "Profiles", "Progress", "Row", "StepReport"]


@dataclass(frozen=True)
class Profiles:
    """Particles that share a grid inside."""

    particles: np.ndarray  # (n,) int, index of the particle in the electrode
    nodes: np.ndarray  # (n_node,) position, 0 centre .. 1 surface, or 0 .. 1 along a plate
    weights: np.ndarray  # (n_node,) share of the particle's volume, sums to 1
    surface: np.ndarray  # (n_node,) share of the reacting area, sums to 1
    angles: np.ndarray = field(default_factory=lambda: np.empty(0))  # (n_node,) rad; or empty

    @property
    def layers(self) -> int:
        """Fillings at each place: 2 for particles of two layers, whose nodes come in pairs."""
        if self.angles.size:
            return 1
        return int(np.count_nonzero(self.nodes == self.nodes[0]))

    def local(self, values: np.ndarray, axis: int = 0) -> np.ndarray:
        """Means over the layers at each place; ``values`` has the nodes along ``axis``."""
        moved = np.moveaxis(values, axis, 0)
        by_place = moved.reshape(-1, self.layers, *moved.shape[1:])
        return np.moveaxis(by_place.mean(axis=1), 0, axis)


@dataclass(frozen=True)
class Layout:
    """What does not change during a run: the cell, and the particles of an electrode.

    Those of a porous negative electrode have a layout of their own, with the same cell.
    """

    x: np.ndarray  # (n_x,) m, centres of the electrolyte's cells from the foil or the negative
    #                collector; (0,) if there is one volume
    sections: dict[str, tuple[int, int]]  # "separator", "positive", ...: range of cells in x
    size: np.ndarray  # (n_p,) m
    volume: np.ndarray  # (n_p,) int, volume of the electrode, numbered in the direction of x
    weight: np.ndarray  # (n_p,) share of the electrode's capacity, sums to 1
    profiles: tuple[Profiles, ...]  # empty when no particle has an inner grid
    capacity: float  # A h/m^2, theoretical, of the electrode
    one_c: float  # A/m^2
    mass: float | None  # kg/m^2 of active material; None if its density is unknown
    # (n_p,) what may differ from particle to particle; (0,) in results from before they could
    k0: np.ndarray = field(default_factory=lambda: np.empty(0))  # A/m^2 where there is contact
    film_resistance: np.ndarray = field(default_factory=lambda: np.empty(0))  # ohm m^2, as k0
    contact: np.ndarray = field(default_factory=lambda: np.empty(0))  # share of the surface
    samples: tuple[np.ndarray, ...] = ()  # for each of profiles: particles of the field samples
    electrode: str = "positive"
    negative: "Layout | None" = None  # the particles of a porous negative electrode


@dataclass(frozen=True)
class Row:
    """One line of the time series."""

    time: float  # s
    step: int  # index into the unrolled protocol, from 0
    voltage: float  # V
    current: float  # A/m^2
    c_rate: float
    capacity: float  # A h/m^2 discharged since the start
    positive_filling: float
    negative_filling: float | None = None  # of a porous negative electrode
    temperature: float | None = None  # K, with a heat balance
    heat: float | None = None  # J/m^2 released since the start, with a heat balance


@dataclass(frozen=True)
class Frame:
    """The fields of an electrode, and of the electrolyte, at one output time."""

    time: float  # s
    step: int
    c: np.ndarray  # (n_p,) mean filling fraction of each particle
    c_surface: np.ndarray  # (n_p,) mean over the reacting surface; (0,) without inner grids
    profiles: tuple[np.ndarray, ...]  # one (n_node, n) per entry of Layout.profiles
    c_e: np.ndarray  # (n_x,) mol/m^3
    phi_e: np.ndarray  # (n_x,) V
    phi_s: np.ndarray  # (n volumes,) V
    negative: "Frame | None" = None  # a porous negative electrode, with the same electrolyte


@dataclass(frozen=True)
class StepReport:
    """Why a step of the protocol ended, and what it cost."""

    index: int  # into the unrolled protocol, from 0
    label: str
    reason: str  # short, such as "voltage 2.5 V reached"
    planned: bool  # False: the protocol did not ask for this end
    message: str
    start: float  # s
    end: float  # s
    statistics: dict[str, float | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """Where a run is, for a progress bar."""

    time: float  # s, simulated
    step: int  # from 0
    n_steps: int
    label: str
    voltage: float  # V
    fraction: float  # of the current step, 0 .. 1 as estimated; nan if unknown


@dataclass(frozen=True)
class FinalState:
    """Everything that the equations know at the end of a run."""

    time: float  # s
    values: np.ndarray  # (n,) in the units of the inside, in the order of the solver
    unknowns: Mapping[str, Any]  # what identifies them: names, numbers, digests
    units: Mapping[str, float]  # units of the inside in SI: "voltage" [V], "current" [A/m^2], ...
