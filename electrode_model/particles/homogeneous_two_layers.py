"""Two coupled layers, each of uniform composition: see :mod:`electrode_model.layers`.

    dc_i/dt = (A/V) k0 r(c_i, dphi, c_e) / (e rho_s)

They know each other through their free energy and the common potential only.
"""

from electrode_model.layers import SPLIT, Difference, Split, parted, split
from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.homogeneous import Shape, uniform

__all__ = ["build"]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    shape: Shape = "sphere",
    layer_split: Split = SPLIT,
    start_difference: Difference = 0.0,
) -> list[Model]:
    """Two states each; sizes and shapes as of a homogeneous particle."""
    laws = split(chemistry, layer_split, particles)
    return parted([uniform(particles, laws, shape, layers=2)], start_difference)


#: Keys of a population with which tests try the model: the phases of two layers, resolved.
EXAMPLE = {"material": "graphite_2param", "size": 1e-6, "model": {"start_difference": 0.1}}
