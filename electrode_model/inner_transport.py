"""Particles with transport inside and reaction on their surface: what they have in common."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import casadi as ca
import numpy as np

from electrode_model.free_energy import Potential
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

#: inner(laws, c, deviation, q) -> flux towards the centre at the inner faces [1/h] and the
#: chemical potential at the points; ``deviation`` is that of the local filling of the crystal
#: (of all its layers) from its mean
Inner = Callable[[Chemistry, ca.SX, ca.SX, Mapping[str, ca.SX]], tuple[ca.SX, Potential]]


def surface_limited(
    particles: Particles,
    chemistry: Chemistry,
    grid: Radial,
    numbers: Mapping[str, Array],
    inner: Inner,
    layers: int = 1,
) -> Model:
    """Model of particles whose lithium enters at r = R and moves by ``inner``.

    ``numbers`` are the per-particle parameters (P,) that ``inner`` reads by name.  Two
    ``layers`` have a filling each at every point, which follow each other in the state; each
    takes up lithium on its half of the surface and keeps it.
    """
    has_film = particles.film > 0
    names = ("reaction", *numbers, *(("film",) if has_film else ()))
    n = grid.points.size
    x = ca.SX.sym("c", n * layers)
    c_bar, c_e, dphi = (ca.SX.sym(name) for name in ("c_bar", "c_e", "dphi"))
    q = ca.SX.sym("q", len(names))
    value = dict(zip(names, ca.vertsplit(q), strict=True))
    fillings = [x[k::layers] for k in range(layers)]
    mean = x if layers == 1 else (fillings[0] + fillings[1]) / 2
    rates, surfaces = [], []
    for c, laws in zip(fillings, chemistry.of_layers(fillings), strict=True):
        flux, mu = inner(laws, c, mean - c_bar, value)
        at_surface = Potential(mu.mixing, mu.excess[-1])
        surface = interface(laws, value.get("film"), dphi, c[-1], c_e, at_surface)
        rates.append(grid.divergence(flux, value["reaction"] * surface.rate))
        surfaces.append(surface)
    in_turn = ca.vec(ca.horzcat(*rates).T)
    algebraic = np.zeros(layers * int(has_film))
    kernel = Kernel(
        x=ca.vertcat(x, *[surface.unknown for surface in surfaces]),
        c_bar=c_bar,
        c_e=c_e,
        dphi=dphi,
        q=q,
        rate=ca.vertcat(in_turn, *[surface.residual for surface in surfaces]),
        names=names,
        mass=np.concatenate([np.ones(n * layers), algebraic]),
        weights=np.concatenate([np.repeat(grid.weights / layers, layers), algebraic]),
        filling=np.arange(n * layers),
        positions=np.repeat(grid.points, layers),
        surface=np.repeat(np.eye(n)[-1] / layers, layers),
    )
    given = {"reaction": particles.reaction / particles.size, **numbers}
    if has_film:
        given["film"] = np.full_like(particles.size, particles.film)
    return Model(kernel, np.arange(particles.size.size), given)
