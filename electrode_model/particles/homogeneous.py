"""A particle of uniform composition.

    dc/dt = (A/V) k0 r(c, dphi, c_e) / (e rho_s)

The limit of fast transport inside; with a regular solution it still separates into phases
from particle to particle.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import casadi as ca
import numpy as np

from electrode_model.grid import EXPONENT
from electrode_model.particle import Chemistry, Kernel, Model, Particles, interface

__all__ = ["Shape", "build", "uniform"]

Array = np.ndarray[Any, np.dtype[np.float64]]

Shape = Literal["sphere", "cylinder", "slab", "plate"]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    shape: Shape = "sphere",
) -> list[Model]:
    """One state each; ``size`` is the radius, the half length of a slab, the length of a plate.

    A plate reacts on both faces of its thickness: its rate per volume does not depend on its
    length.
    """
    return [uniform(particles, chemistry, shape)]


def _nothing(c: ca.SX, q: Mapping[str, ca.SX]) -> ca.SX:
    return ca.SX(0)


def uniform(
    particles: Particles,
    chemistry: Chemistry,
    shape: Shape,
    *,
    layers: int = 1,
    numbers: Mapping[str, Array] | None = None,
    more: Callable[[ca.SX, Mapping[str, ca.SX]], ca.SX] = _nothing,
) -> Model:
    """The model with a filling of the particle, or one of each of its two ``layers``.

    ``more`` (c, q) is excess chemical potential beyond the material's, from further ``numbers``
    (P,) of a particle.
    """
    if shape == "plate":
        area_per_volume = np.full_like(particles.size, 2 / particles.thickness)
    else:
        area_per_volume = (EXPONENT[shape] + 1) / particles.size
    velocity = particles.velocity * area_per_volume
    given = {"reaction": velocity, **(numbers or {}), **particles.films}
    x = ca.SX.sym("c", layers)
    c_bar, c_e, dphi = (ca.SX.sym(name) for name in ("c_bar", "c_e", "dphi"))
    q = ca.SX.sym("q", len(given))
    value = dict(zip(given, ca.vertsplit(q), strict=True))
    surfaces = []
    fillings = ca.vertsplit(x)
    for c, laws in zip(fillings, chemistry.of_layers(fillings), strict=True):
        mu = laws.potential(c).plus(more(c, value))
        surfaces.append(interface(laws, value.get("film"), dphi, c, c_e, mu))
    rates = ca.vertcat(*[surface.rate for surface in surfaces])
    unknown = ca.vertcat(*[surface.unknown for surface in surfaces])
    mass = np.concatenate([np.ones(layers), np.zeros(unknown.shape[0])])
    kernel = Kernel(
        x=ca.vertcat(x, unknown),
        c_bar=c_bar,
        c_e=c_e,
        dphi=dphi,
        q=q,
        rate=ca.vertcat(value["reaction"] * rates, *[s.residual for s in surfaces]),
        names=tuple(given),
        mass=mass,
        weights=mass / layers,
        filling=np.arange(layers),
        positions=np.ones(layers if layers > 1 else 0),  # layers are saved, as profiles are
        surface=np.full(layers, 1 / layers),
    )
    return Model(kernel, np.arange(particles.size.size), given)
