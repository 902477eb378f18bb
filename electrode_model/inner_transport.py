"""Particles with transport inside and reaction on their surface: what they have in common."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import casadi as ca
import numpy as np

from electrode_model.free_energy import Potential
from electrode_model.grid import Radial
from electrode_model.particle import Chemistry, Kernel, Model, Particles, interface
from electrode_model.quantities import Spec

__all__ = ["Cell", "Nodes", "Refinement", "Shape", "each_its_grid", "surface_limited"]

Array = np.ndarray[Any, np.dtype[np.float64]]

Shape = Literal["sphere", "cylinder", "slab"]
Nodes = Annotated[int, Spec("1", "grid points, centre and surface included", at_least=3)]
Refinement = Annotated[
    float, Spec("1", "width of the innermost over the outermost cell", at_least=1.0)
]

Cell = (
    Annotated[
        float,
        Spec("m", "spacing in place of nodes: each particle has a grid of its own", above=0.0),
    ]
    | None
)

#: inner(laws, c, deviation, q) -> flux towards the centre at the inner faces [1/h] and the
#: chemical potential at the points; ``deviation`` is that of the local filling of the crystal
#: (of all its layers) from its mean
Inner = Callable[[Chemistry, ca.SX, ca.SX, Mapping[str, ca.SX]], tuple[ca.SX, Potential]]


def each_its_grid(
    particles: Particles, nodes: int, cell: float | None, build: Callable[[Particles, int], Model]
) -> list[Model]:
    """A model of ``nodes`` points for all particles, or one for each number of whole cells.

    A kernel takes about 0.1 s to set up, so sizes of many different numbers of cells are slow.
    """
    if cell is None:
        return [build(particles, nodes)]
    counts = np.maximum(np.ceil(particles.size / cell * (1 - 1e-9)).astype(int) + 1, 3)
    groups = ((int(count), np.flatnonzero(counts == count)) for count in np.unique(counts))
    return [replace(build(particles.among(own), count), index=own) for count, own in groups]


def surface_limited(
    particles: Particles,
    chemistry: Chemistry,
    grid: Radial,
    numbers: Mapping[str, Array],
    inner: Inner,
    layers: int = 1,
    own_strain: float = 0.0,
) -> Model:
    """Model of particles whose lithium enters at r = R and moves by ``inner``.

    ``numbers`` are the per-particle parameters (P,) that ``inner`` reads by name.  Two
    ``layers`` have a filling each at every point, which follow each other in the state; each
    takes up lithium on its half of the surface and keeps it.  With ``own_strain``, B/(rho_s kT),
    layer i is strained by 2 (c_i - c_i_bar) instead of by c - c_bar: its mean c_i_bar is that of
    the particle and a state, half of how far the layers are apart, 0 at the start.
    """
    velocity = particles.velocity / particles.size
    given = {"reaction": velocity, **numbers, **particles.films}
    names = tuple(given)
    n = grid.points.size
    x = ca.SX.sym("c", n * layers)
    c_bar, c_e, dphi = (ca.SX.sym(name) for name in ("c_bar", "c_e", "dphi"))
    q = ca.SX.sym("q", len(names))
    value = dict(zip(names, ca.vertsplit(q), strict=True))
    fillings = [x[k::layers] for k in range(layers)]
    mean = x if layers == 1 else (fillings[0] + fillings[1]) / 2
    # the mean of a layer is alike at all of its points: it shifts the surface, not the fluxes
    apart = ca.SX.sym("apart", 1 if own_strain else 0)
    shifts = [-2 * own_strain * apart, 2 * own_strain * apart] if own_strain else [0.0] * layers
    rates, surfaces = [], []
    for c, laws, shift in zip(fillings, chemistry.of_layers(fillings), shifts, strict=True):
        deviation = 2 * (c - c_bar) if own_strain else mean - c_bar
        flux, mu = inner(laws, c, deviation, value)
        at_surface = Potential(mu.mixing, mu.excess[-1] + shift)
        surface = interface(laws, value.get("film"), dphi, c[-1], c_e, at_surface)
        rates.append(grid.divergence(flux, value["reaction"] * surface.rate))
        surfaces.append(surface)
    in_turn = ca.vec(ca.horzcat(*rates).T)
    if own_strain:
        uptake = ca.dot(ca.DM(grid.weights), grid.divergence(ca.SX(n - 1, 1), value["reaction"]))
        parting = uptake * (surfaces[0].rate - surfaces[1].rate) / 2
    else:
        parting = ca.SX(0, 1)
    algebraic = np.zeros(layers * len(particles.films))
    kernel = Kernel(
        x=ca.vertcat(x, *[surface.unknown for surface in surfaces], apart),
        c_bar=c_bar,
        c_e=c_e,
        dphi=dphi,
        q=q,
        rate=ca.vertcat(in_turn, *[surface.residual for surface in surfaces], parting),
        names=names,
        mass=np.concatenate([np.ones(n * layers), algebraic, np.ones(apart.numel())]),
        weights=np.concatenate(
            [np.repeat(grid.weights / layers, layers), algebraic, np.zeros(apart.numel())]
        ),
        filling=np.arange(n * layers),
        positions=np.repeat(grid.points, layers),
        surface=np.repeat(np.eye(n)[-1] / layers, layers),
    )
    return Model(kernel, np.arange(particles.size.size), given)
