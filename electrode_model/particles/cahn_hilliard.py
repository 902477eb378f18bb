"""Cahn-Hilliard dynamics inside a sphere, cylinder or slab, reaction at the surface.

    dc/dt = r^-m d/dr (r^m D M(c) d(mu/kT)/dr)
    mu/kT = ln(c/(1-c)) + excess(c) + B/(rho_s kT) (c - c_bar) - kappa/(rho_s kT) lap c

with kappa dc/dr = -dgamma/dc at the surface, gamma being its energy: 0 without the material's
``surface_wetting``.  Zeng & Bazant, SIAM J. Appl. Math. 74 (2014) 980.  The Laplacian is that of
the same control volumes, so the scheme is the gradient flow of a discrete free energy: it comes
to rest at one chemical potential.
"""

from collections.abc import Mapping

import casadi as ca
import numpy as np

from electrode_model.free_energy import Potential
from electrode_model.grid import radial
from electrode_model.inner_transport import (
    Cell,
    Nodes,
    Refinement,
    Shape,
    each_its_grid,
    surface_limited,
)
from electrode_model.particle import Chemistry, Model, Particles

__all__ = ["build", "phase_field"]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    shape: Shape = "sphere",
    nodes: Nodes = 50,
    cell: Cell = None,
    refinement: Refinement = 1.0,
) -> list[Model]:
    """``nodes`` states each; ``size`` is the radius or the half length of a slab.

    The spacing should be at most half of the length sqrt(kappa/(rho_s kT)): 1.36 nm for
    Li4Ti5O12, 2.97 nm for LiFePO4.  Coarser grids pin the phase boundary at every point: at
    0.55, 0.75, 1.1 and 1.5 lengths the voltage of Li4Ti5O12 errs by up to 0.03, 0.4, 6 and
    12 mV, and the steps are two to three times as many.
    """

    def on_grid(own: Particles, count: int) -> Model:
        return phase_field(own, chemistry, shape, count, refinement)

    return each_its_grid(particles, nodes, cell, on_grid)


def phase_field(
    particles: Particles,
    chemistry: Chemistry,
    shape: Shape,
    nodes: int,
    refinement: float,
    layers: int = 1,
    own_strain: bool = False,
) -> Model:
    """The model with one filling at every point, or with one in each of two ``layers``.

    With two, each layer has the gradient energy kappa/2 |grad c_i|^2 and half of the sites, and
    the crystal is strained by the mean of both, or with ``own_strain`` each layer by its own
    filling.
    """
    grid = radial(shape, nodes, refinement)

    def inner(
        laws: Chemistry, c: ca.SX, deviation: ca.SX, q: Mapping[str, ca.SX]
    ) -> tuple[ca.SX, Potential]:
        laplacian = grid.divergence(grid.gradient(c), q.get("surface_wetting", 0))
        more = particles.strain * deviation - q["gradient"] * laplacian
        mu = laws.potential(c).plus(more)
        flux = q["diffusion"] * laws.mobility(grid.faces(c)) * grid.gradient(mu.total(c))
        return flux, mu

    numbers = {
        "diffusion": particles.diffusivity / particles.size**2,
        "gradient": layers * particles.gradient / particles.size**2,
    }
    if particles.wetting or np.isnan(particles.wetting):
        numbers["surface_wetting"] = particles.wetting / layers * particles.size
    strain = particles.strain if own_strain else 0.0
    return surface_limited(particles, chemistry, grid, numbers, inner, layers, strain)
