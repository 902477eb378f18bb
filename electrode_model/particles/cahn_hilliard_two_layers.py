"""Two coupled layers with Cahn-Hilliard dynamics: see :mod:`electrode_model.layers`.

    dc_i/dt = r^-m d/dr (r^m D M(c_i) d(mu_i/kT)/dr)
    mu_i/kT = mu(c_i; c_j)/kT + B/(rho_s kT) (c - c_bar) - kappa/((rho_s/2) kT) lap c_i

Lithium moves in its own layer; each layer reacts at the surface.  The gradient energy is
kappa/2 (|grad c_1|^2 + |grad c_2|^2) per volume, as in MPET 1.0.1 (CHR2): layers that fill alike
are a particle of one filling with twice its kappa.  The strain is that of c = (c_1 + c_2)/2, as
the layers lie on each other, or of each layer against its own mean, as in MPET:

    B/((rho_s/2) kT) (c_i - c_i_bar)        in place of B/(rho_s kT) (c - c_bar)
"""

from typing import Annotated, Literal

from electrode_model.inner_transport import Cell, Nodes, Refinement, Shape, each_its_grid
from electrode_model.layers import SPLIT, Difference, Split, parted, split
from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.cahn_hilliard import phase_field
from electrode_model.quantities import Spec

__all__ = ["build"]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    shape: Shape = "cylinder",
    nodes: Nodes = 50,
    cell: Cell = None,
    refinement: Refinement = 1.0,
    layer_split: Split = SPLIT,
    start_difference: Difference = 0.0,
    strain: Annotated[
        Literal["shared", "own"], Spec("1", "of the mean of both layers, or of each by itself")
    ] = "shared",
) -> list[Model]:
    """2 ``nodes`` states each; ``size`` is the radius or the half length of a slab.

    The spacing should be at most half of the length sqrt(2 kappa/(rho_s kT)), 107 nm for
    graphite_2param.  Raises ValueError for layers of own strain that differ at the start.
    """
    if strain == "own" and start_difference != 0:
        raise ValueError(
            "layers with strain: own are alike at the start; remove start_difference, or write"
            " strain: shared"
        )
    laws = split(chemistry, layer_split, particles)
    own = strain == "own"

    def on_grid(these: Particles, count: int) -> Model:
        return phase_field(these, laws, shape, count, refinement, layers=2, own_strain=own)

    return parted(each_its_grid(particles, nodes, cell, on_grid), start_difference)


#: Keys of a population with which tests try the model: the phases of two layers, resolved.
EXAMPLE = {"material": "graphite_2param", "size": 1e-6}
