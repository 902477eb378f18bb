"""Particles with transport inside and reaction on their surface: what they have in common."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import casadi as ca
import numpy as np

from electrode_model.grid import Radial
from electrode_model.particle import Chemistry, Kernel, Model, Particles, interface
from electrode_model.quantities import Spec

__all__ = ["Nodes", "Refinement", "Shape", "surface_limited"]

Array = np.ndarray[Any, np.dtype[np.float64]]

Shape = Literal["sphere", "cylinder", "slab"]
Nodes = Annotated[int, Spec("1", "grid points, centre and surface included", at_least=3)]
Refinement = Annotated[
    float, Spec("1", "width of the innermost over the outermost cell", at_least=1.0)
]

#: inner(x, c_bar, q) -> flux towards the centre at the inner faces [1/h] and the excess
#: chemical potential of the surface point beyond that of its composition
Inner = Callable[[ca.SX, ca.SX, Mapping[str, ca.SX]], tuple[ca.SX, ca.SX]]


def surface_limited(
    particles: Particles,
    chemistry: Chemistry,
    grid: Radial,
    numbers: Mapping[str, Array],
    inner: Inner,
) -> Model:
    """Model of particles whose lithium enters at r = R and moves by ``inner``.

    ``numbers`` are the per-particle parameters (P,) that ``inner`` reads by name.
    """
    has_film = particles.film > 0
    names = ("reaction", *numbers, *(("film",) if has_film else ()))
    n = grid.points.size
    x = ca.SX.sym("c", n)
    c_bar, c_e, dphi = (ca.SX.sym(name) for name in ("c_bar", "c_e", "dphi"))
    q = ca.SX.sym("q", len(names))
    value = dict(zip(names, ca.vertsplit(q), strict=True))
    flux, more = inner(x, c_bar, value)
    mu = chemistry.potential(x[-1]).plus(more)
    surface = interface(chemistry, value.get("film"), dphi, x[-1], c_e, mu)
    algebraic = np.zeros(int(has_film))
    kernel = Kernel(
        x=ca.vertcat(x, surface.unknown),
        c_bar=c_bar,
        c_e=c_e,
        dphi=dphi,
        q=q,
        rate=ca.vertcat(grid.divergence(flux, value["reaction"] * surface.rate), surface.residual),
        names=names,
        mass=np.concatenate([np.ones(n), algebraic]),
        weights=np.concatenate([grid.weights, algebraic]),
        filling=np.arange(n),
        positions=grid.points,
        surface=np.eye(n)[-1],
    )
    given = {"reaction": particles.reaction / particles.size, **numbers}
    if has_film:
        given["film"] = np.full_like(particles.size, particles.film)
    return Model(kernel, np.arange(particles.size.size), given)
