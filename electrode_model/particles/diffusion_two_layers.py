"""Two coupled layers with Fickian diffusion: see :mod:`electrode_model.layers`.

    dc_i/dt = r^-m d/dr (r^m D(c_i) dc_i/dr),      D(c_i) dc_i/dr = k0 rate(c_i, mu_i) / (e rho_s)

at r = R.  Lithium moves in its own layer down its own gradient; the layers know each other at the
surface, through mu_i(c_i; c_j), and through the common potential.  A layer has half of the sites
and takes up lithium on half of the surface, so that its filling obeys the equation of a particle
of one filling.  The type diffn2 of MPET, which names it in its list and has no equation for it.

Fick's law does not see the free energy.  For a material that separates into phases inside a
particle, :mod:`~electrode_model.particles.cahn_hilliard_two_layers` has the right flux.
"""

from electrode_model.inner_transport import Nodes, Refinement, Shape
from electrode_model.layers import SPLIT, Difference, Split, parted, split
from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.diffusion import fickian

__all__ = ["build"]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    shape: Shape = "cylinder",
    nodes: Nodes = 30,
    refinement: Refinement = 1.0,
    layer_split: Split = SPLIT,
    start_difference: Difference = 0.0,
) -> list[Model]:
    """2 ``nodes`` states each; ``size`` is the radius or the half length of a slab."""
    laws = split(chemistry, layer_split, particles)
    model = fickian(particles, laws, shape, nodes, refinement, layers=2)
    return parted([model], start_difference)


#: Keys of a population with which tests try the model: the material of two layers.
EXAMPLE = {"material": "graphite_2param", "size": 1e-6, "model": {"start_difference": 0.1}}


#: Keys of a population with which tests try the model: the phases of two layers, resolved.
EXAMPLE = {"material": "graphite_2param", "size": 1e-6, "model": {"start_difference": 0.1}}
