"""Allen-Cahn reaction plate: depth-averaged filling along [100], reaction on both faces.

    dc/dt = (2/thickness) k0 rate / (e rho_s)  at every point of the plate
    mu/kT = ln(c/(1-c)) + excess(c) + B/(rho_s kT) (c - c_bar) - kappa/(rho_s kT) d2c/dx2

Singh, Ceder & Bazant, Electrochim. Acta 53 (2008) 7599; Bai, Cogswell & Bazant, Nano Lett. 11
(2011) 4890; coherency strain: Cogswell & Bazant, ACS Nano 6 (2012) 2215.  Transport along
[010], through the thickness, is taken as instantaneous.

The ends are wetted: a layer of filling ``wetting_filling`` lies ``wetting_layer`` beyond the
end faces.  With half a cell for that distance this is MPET's ghost node; here the distance
belongs to the material, so that refining the grid changes nothing but the error.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.plate import Cell, ContactSeed, Sharing, plates

__all__ = ["build", "wetted_ends"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    cell: Cell = 1e-9,
    wetted: bool = True,
    sharing: Sharing = None,
    contact_seed: ContactSeed = None,
) -> list[Model]:
    """About length/``cell`` states each; ``size`` is the length of the plate along [100].

    Cells of a plate are equal and at most ``cell`` wide; lengths are not rounded to them.
    Plates of nearly equal length share a number of cells, hence a kernel: ``sharing`` 0.2 lets
    cells be a fifth finer for that.  None: cells are as wide as they may be while that takes
    no more than 30 grids, else up to a fifth finer.  ``wetted`` false leaves the ends neutral,
    dc/dx = 0.  A plate without contact on part of its surface reacts the more slowly everywhere,
    or with a ``contact_seed`` not at all on one stretch of it.
    """

    def more(width: Array) -> Mapping[str, Array]:
        return wetted_ends(particles, width) if wetted else {}

    return plates(particles, chemistry, cell, sharing, more, contact_seed)


def wetted_ends(particles: Particles, width: Array) -> dict[str, Array]:
    """The number ``wetting`` of plates in cells of ``width`` (p,)."""
    return {"wetting": 2 * width / (width + 2 * particles.wetting_layer)}
