"""Two coupled layers with Cahn-Hilliard dynamics: see :mod:`electrode_model.layers`.

    dc_i/dt = r^-m d/dr (r^m D M(c_i) d(mu_i/kT)/dr)
    mu_i/kT = mu(c_i; c_j)/kT + B/(rho_s kT) (c - c_bar) - kappa/((rho_s/2) kT) lap c_i

Lithium moves in its own layer; each layer reacts at the surface.  The gradient energy is
kappa/2 (|grad c_1|^2 + |grad c_2|^2) per volume, as in MPET 1.0.1 (CHR2): layers that fill alike
are a particle of one filling with twice its kappa.  The strain is that of c = (c_1 + c_2)/2, as
the layers lie on each other; MPET strains each against its own mean.
"""

from electrode_model.inner_transport import Nodes, Refinement, Shape
from electrode_model.layers import SPLIT, Difference, Split, parted, split
from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.cahn_hilliard import phase_field

__all__ = ["build"]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    shape: Shape = "cylinder",
    nodes: Nodes = 50,
    refinement: Refinement = 1.0,
    layer_split: Split = SPLIT,
    start_difference: Difference = 0.0,
) -> list[Model]:
    """2 ``nodes`` states each; ``size`` is the radius or the half length of a slab.

    The spacing should be at most half of the length sqrt(2 kappa/(rho_s kT)), 107 nm for
    graphite_2param.
    """
    laws = split(chemistry, layer_split, particles)
    model = phase_field(particles, laws, shape, nodes, refinement, layers=2)
    return parted([model], start_difference)
