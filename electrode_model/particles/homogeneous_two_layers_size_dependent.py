"""Two uniform layers whose regular-solution parameter depends on the length of a plate.

:mod:`~electrode_model.particles.homogeneous_two_layers` with the omega of
:mod:`~electrode_model.particles.homogeneous_size_dependent`, a fit for LiFePO4, in each layer:
the type homog2_sdn of MPET 1.0.1.
"""

from electrode_model.layers import SPLIT, Difference, Split, parted, split
from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.homogeneous_size_dependent import of_size

__all__ = ["build"]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    layer_split: Split = SPLIT,
    start_difference: Difference = 0.0,
) -> list[Model]:
    """Two states each; ``size`` is the length of the plate along [100]."""
    laws = split(chemistry, layer_split, particles)
    return parted([of_size(particles, laws, layers=2)], start_difference)
