"""Fickian diffusion inside a sphere, cylinder or slab, reaction at the surface.

    dc/dt = r^-m d/dr (r^m D(c) dc/dr),      D(c) dc/dr = k0 rate / (e rho_s) at r = R

A slab is resolved along [010] from its centre to the reacting end face; both ends react.
"""

from collections.abc import Mapping

import casadi as ca

from electrode_model.free_energy import Potential
from electrode_model.grid import radial
from electrode_model.inner_transport import Nodes, Refinement, Shape, surface_limited
from electrode_model.particle import Chemistry, Model, Particles

__all__ = ["build", "fickian"]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    shape: Shape = "sphere",
    nodes: Nodes = 30,
    refinement: Refinement = 1.0,
) -> list[Model]:
    """``nodes`` states each; ``size`` is the radius or the half length of a slab."""
    return [fickian(particles, chemistry, shape, nodes, refinement)]


def fickian(
    particles: Particles,
    chemistry: Chemistry,
    shape: Shape,
    nodes: int,
    refinement: float,
    layers: int = 1,
) -> Model:
    """The model with one filling at every point, or with one in each of two ``layers``."""
    grid = radial(shape, nodes, refinement)

    def inner(
        laws: Chemistry, c: ca.SX, deviation: ca.SX, q: Mapping[str, ca.SX]
    ) -> tuple[ca.SX, Potential]:
        flux = q["diffusion"] * laws.diffusivity(grid.faces(c)) * grid.gradient(c)
        return flux, laws.potential(c)

    numbers = {"diffusion": particles.diffusivity / particles.size**2}
    return surface_limited(particles, chemistry, grid, numbers, inner, layers)
