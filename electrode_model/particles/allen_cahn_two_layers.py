"""Two coupled layers in a reaction plate: see :mod:`electrode_model.layers`.

    dc_i/dt = (2/thickness) k0 rate(c_i, mu_i) / (e rho_s)
    mu_i/kT = mu(c_i; c_j)/kT + B/(rho_s kT) (c - c_bar) - kappa/((rho_s/2) kT) d2c_i/dx2

The type ACR2 of MPET 1.0.1, whose second derivative runs across the two layers instead of
along them.  Gradient energy and strain as in
:mod:`~electrode_model.particles.cahn_hilliard_two_layers`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from electrode_model.layers import SPLIT, Difference, Split, parted, split
from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.allen_cahn import wetted_ends
from electrode_model.particles.plate import Cell, ContactSeed, Sharing, plates

__all__ = ["build"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    cell: Cell = 50e-9,
    wetted: bool = True,
    sharing: Sharing = None,
    contact_seed: ContactSeed = None,
    layer_split: Split = SPLIT,
    start_difference: Difference = 0.0,
) -> list[Model]:
    """About 2 length/``cell`` states each; keys as of the plate of one layer.

    The default ``cell`` suits graphite_2param, whose phase boundaries are some 100 nm wide.
    """

    def more(width: Array) -> Mapping[str, Array]:
        return wetted_ends(particles, width) if wetted else {}

    laws = split(chemistry, layer_split, particles)
    models = plates(particles, laws, cell, sharing, more, contact_seed, layers=2)
    return parted(models, start_difference)


#: Keys of a population with which tests try the model: the phases of two layers, resolved.
EXAMPLE = {"material": "graphite_2param", "size": 1e-6, "model": {"start_difference": 0.1}}
