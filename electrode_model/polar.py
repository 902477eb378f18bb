"""Finite volumes on half a disc: the section of a cylinder that is its own mirror image.

Rings of the radial grid (:mod:`electrode_model.grid`) cut into equal sectors over
0 <= phi <= pi; the centre is one cell that all sectors share.  The values are numbered centre
first, then ring by ring outwards with the angle running fastest: neighbours are then at most
one ring of sectors apart, and the surface is the last of them.  A field that does not depend on
the angle obeys the equations of the radial grid to the last bit of meaning, and mass is
conserved to rounding on both.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.grid import Radial, radial
from electrode_model.symbolic import Expr, tree_sum

__all__ = ["HalfDisc", "half_disc"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class HalfDisc:
    """Grid of ``1 + (radial - 1) sectors`` cells; lengths in units of the radius R."""

    radial: Radial
    sectors: int

    @property
    def count(self) -> int:
        """Number of cells."""
        return 1 + self.rings * self.sectors

    @property
    def rings(self) -> int:
        """Rings about the centre, the surface being the last."""
        return self.radial.points.size - 1

    @cached_property
    def positions(self) -> Array:
        """(count,) distance from the centre."""
        return np.concatenate([[0.0], np.repeat(self.radial.points[1:], self.sectors)])

    @cached_property
    def angles(self) -> Array:
        """(count,) rad, of the middles of the sectors; 0 at the centre."""
        return np.concatenate([[0.0], np.tile(self.middles, self.rings)])

    @property
    def middles(self) -> Array:
        """(sectors,) angle of the middle of each sector [rad]."""
        edges: Array = np.linspace(0.0, np.pi, self.sectors + 1)
        return (edges[1:] + edges[:-1]) / 2

    @property
    def width(self) -> float:
        """Of a sector [rad]."""
        return float(np.pi / self.sectors)

    @cached_property
    def weights(self) -> Array:
        """(count,) share of each cell in the area of the section."""
        rings = self.radial.weights[1:] / self.sectors
        return np.concatenate([self.radial.weights[:1], np.repeat(rings, self.sectors)])

    @cached_property
    def surface(self) -> Array:
        """(count,) share of each cell in the circumference."""
        share = np.zeros(self.count)
        share[-self.sectors :] = 1 / self.sectors
        return share

    def rays(self, values: ca.SX) -> ca.SX:
        """(count,) -> (sectors, 1 + rings): a row for each sector, from the centre outwards."""
        rings = ca.reshape(values[1:], self.sectors, self.rings)
        return ca.horzcat(ca.repmat(values[0], self.sectors, 1), rings)

    def divergence(self, values: ca.SX, diffusivity: Expr, inflow: Expr) -> ca.SX:
        """Inflow per volume (count,) of each cell under Fick's law.

        ``diffusivity(c)`` is taken at the mean filling of the two sides of a face; ``inflow``
        (sectors,) enters per area of the surface.  No flux passes the line of symmetry.
        """
        grid, rays = self.radial, self.rays(values)
        inward = _flux(rays, diffusivity, self._rows(grid.widths))  # towards the centre
        inner = ca.horzcat(inward * self._rows(grid.areas), inflow)
        net = inner[:, 1:] - inner[:, :-1]

        across = rays[:, 1:].T  # (rings, sectors)
        arcs = ca.repmat(ca.DM(grid.points[1:] * self.width), 1, self.sectors - 1)
        turning = _flux(across, diffusivity, arcs) * self._depths
        none = ca.SX.zeros(self.rings, 1)
        net += (ca.horzcat(turning, none) - ca.horzcat(none, turning)).T / self.width

        rings = ca.reshape(net / self._rows(grid.volumes[1:]), self.rings * self.sectors, 1)
        centre = tree_sum(ca.vertsplit(inner[:, 0])) / (self.sectors * grid.volumes[0])
        return ca.vertcat(centre, rings)

    def _rows(self, along: Array) -> ca.DM:
        return ca.repmat(ca.DM(along).T, self.sectors, 1)

    @property
    def _depths(self) -> ca.DM:
        """(rings, sectors - 1) radial extent of the faces between sectors."""
        r = self.radial.points
        bounds = np.append((r[1:] + r[:-1]) / 2, 1.0)
        return ca.repmat(ca.DM(np.diff(bounds)), 1, self.sectors - 1)


def _flux(values: ca.SX, diffusivity: Expr, distance: ca.DM) -> ca.SX:
    """Towards smaller columns, at the faces between neighbouring columns."""
    mean = (values[:, 1:] + values[:, :-1]) / 2
    return diffusivity(mean) * (values[:, 1:] - values[:, :-1]) / distance


def half_disc(points: int, sectors: int, refinement: float = 1.0) -> HalfDisc:
    """``points`` along a radius, centre and surface included, ``sectors`` over half a turn.

    The innermost ring is ``refinement`` times as wide as the outermost.
    """
    return HalfDisc(radial("cylinder", points, refinement), sectors)
