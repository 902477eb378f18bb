"""What is seen in the section of a particle: the core that is left, its offset, the spread.

For the ``cross_section`` model, whose profiles are values at grid points (r, phi) of half a
disc.  Sizes of a region are taken on a finer polar grid, between whose points the filling is
linear: counted by whole cells of the model they would jump.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.results.records import Profiles

__all__ = ["Core", "Fine", "core", "edge_fillings", "fine", "highest", "line_cut", "spread"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Fine:
    """A field on a polar grid over 0 <= phi <= pi; lengths in units of the radius."""

    r: Array  # (n_r,) of the middles of the cells
    phi: Array  # (n_phi,) rad
    area: Array  # (n_r, n_phi) shares of the section, sum 1
    values: Array  # (n_r, n_phi)


@dataclass(frozen=True)
class Core:
    """The part of a section above a filling."""

    area: float  # share of the section
    offset: float  # of its centroid towards the middle of the patch, radii; nan without a core


def _rays(values: Array, profiles: Profiles) -> tuple[Array, Array, Array]:
    """r (n,), phi (sectors,) and the values (n, sectors), the centre repeated.

    Raises ValueError for profiles without angles.
    """
    if not profiles.angles.size:
        raise ValueError("these particles have no section; choose the model cross_section")
    sectors = int(np.count_nonzero(profiles.surface))
    r = np.concatenate([[0.0], profiles.nodes[1::sectors]])
    rings = np.asarray(values)[1:].reshape(-1, sectors)
    return r, profiles.angles[1 : 1 + sectors], np.vstack([np.full(sectors, values[0]), rings])


def fine(values: Array, profiles: Profiles, radial: int = 240, angular: int = 180) -> Fine:
    """A frame (m,) of one particle's profile on a finer grid, by linear interpolation."""
    r, phi, rays = _rays(values, profiles)
    phi_fine = (np.arange(angular) + 0.5) * np.pi / angular
    r_fine = (np.arange(radial) + 0.5) / radial
    # The mirror images of the outermost sectors make the field flat at the line of symmetry.
    wrapped = np.hstack([rays[:, :1], rays, rays[:, -1:]])
    around = np.concatenate([[-phi[0]], phi, [2 * np.pi - phi[-1]]])
    k = np.clip(np.searchsorted(around, phi_fine) - 1, 0, around.size - 2)
    t = (phi_fine - around[k]) / (around[k + 1] - around[k])
    turned = wrapped[:, k] * (1 - t) + wrapped[:, k + 1] * t
    k = np.clip(np.searchsorted(r, r_fine) - 1, 0, r.size - 2)
    s = ((r_fine - r[k]) / (r[k + 1] - r[k]))[:, None]
    area = np.repeat(r_fine[:, None], angular, axis=1)
    return Fine(r_fine, phi_fine, area / area.sum(), turned[k] * (1 - s) + turned[k + 1] * s)


def core(values: Array, profiles: Profiles, above: float) -> Core:
    """Region with a filling over ``above``: Lun et al. 2025, Fig. 5d, distance d.

    ``values`` (m,) is a frame of one particle's profile.
    """
    grid = fine(values, profiles)
    inside = np.where(grid.values > above, grid.area, 0.0)
    area = float(inside.sum())
    if area == 0:
        return Core(0.0, float("nan"))
    x = grid.r[:, None] * np.cos(grid.phi)
    return Core(area, float((inside * x).sum() / area))


def line_cut(values: Array, profiles: Profiles) -> tuple[Array, Array]:
    """x (n,), from -1 opposite the patch to 1 at its middle, and the filling there.

    The axis of symmetry lies half a sector off the nearest values: a parabola through these
    and their neighbours, flat on the axis, leads to it.
    """
    r, _, rays = _rays(values, profiles)
    towards = rays[:, 0] + (rays[:, 0] - rays[:, 1]) / 8
    away = rays[:, -1] + (rays[:, -1] - rays[:, -2]) / 8
    x = np.concatenate([-r[:0:-1], r])
    return x, np.concatenate([away[:0:-1], [rays[0, 0]], towards[1:]])


def highest(values: Array, profiles: Profiles) -> tuple[float, float]:
    """The largest filling and how far towards the patch it lies, in radii.

    Where the last of a shrinking core disappears.  Sought along :func:`line_cut`, with a
    parabola through the highest point and its neighbours.
    """
    x, along = line_cut(values, profiles)
    k = int(np.clip(along.argmax(), 1, x.size - 2))
    curve = np.polyfit(x[k - 1 : k + 2], along[k - 1 : k + 2], 2)
    if curve[0] >= 0:
        return float(along.max()), float(x[along.argmax()])
    top = float(np.clip(-curve[1] / (2 * curve[0]), x[k - 1], x[k + 1]))
    return float(np.polyval(curve, top)), top


def spread(values: Array, profiles: Profiles) -> float:
    """Standard deviation of the filling over the section."""
    mean = profiles.weights @ values
    return float(np.sqrt(profiles.weights @ (values - mean) ** 2))


def edge_fillings(values: Array, profiles: Profiles) -> tuple[Array, Array]:
    """phi (sectors,) [rad] and the filling there at the surface."""
    _, phi, rays = _rays(values, profiles)
    return phi, rays[-1]
