"""A particle of uniform composition.

    dc/dt = (A/V) k0 r(c, dphi, c_e) / (e rho_s)

The limit of fast transport inside; with a regular solution it still separates into phases
from particle to particle.
"""

from typing import Literal

import casadi as ca
import numpy as np

from electrode_model.grid import EXPONENT
from electrode_model.particle import Chemistry, Kernel, Model, Particles, interface

__all__ = ["build"]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    shape: Literal["sphere", "cylinder", "slab", "plate"] = "sphere",
) -> list[Model]:
    """One state each; ``size`` is the radius, the half length of a slab, the length of a plate.

    A plate reacts on both faces of its thickness: its rate per volume does not depend on its
    length.
    """
    if shape == "plate":
        area_per_volume = np.full_like(particles.size, 2 / particles.thickness)
    else:
        area_per_volume = (EXPONENT[shape] + 1) / particles.size
    has_film = particles.film > 0
    names = ("reaction", "film") if has_film else ("reaction",)
    c, c_bar, c_e, dphi = (ca.SX.sym(name) for name in ("c", "c_bar", "c_e", "dphi"))
    q = ca.SX.sym("q", len(names))
    surface = interface(chemistry, q[1] if has_film else None, dphi, c, c_e, chemistry.potential(c))
    kernel = Kernel(
        x=ca.vertcat(c, surface.unknown),
        c_bar=c_bar,
        c_e=c_e,
        dphi=dphi,
        q=q,
        rate=ca.vertcat(q[0] * surface.rate, surface.residual),
        names=names,
        mass=np.array([1.0, 0.0])[: 1 + has_film],
        weights=np.array([1.0, 0.0])[: 1 + has_film],
        filling=np.array([0]),
        positions=np.empty(0),
        surface=np.ones(1),
    )
    numbers = {"reaction": particles.reaction * area_per_volume}
    if has_film:
        numbers["film"] = np.full_like(particles.size, particles.film)
    return [Model(kernel, np.arange(particles.size.size), numbers)]
