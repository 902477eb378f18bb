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

from typing import Annotated

import numpy as np

from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.plate import plate
from electrode_model.quantities import Spec

__all__ = ["build"]

_MANY_GRIDS = 30  # kernels that take a few seconds to set up


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    cell: Annotated[float, Spec("m", "largest width of a cell along the plate", above=0.0)] = 1e-9,
    wetted: bool = True,
    sharing: Annotated[
        float, Spec("1", "how much finer cells may be for plates to share a grid", at_least=0.0)
    ]
    | None = None,
) -> list[Model]:
    """About length/``cell`` states each; ``size`` is the length of the plate along [100].

    Cells of a plate are equal and at most ``cell`` wide; lengths are not rounded to them.
    Plates of nearly equal length share a number of cells, hence a kernel: ``sharing`` 0.2 lets
    cells be a fifth finer for that.  None: cells are as wide as they may be while that takes
    no more than 30 grids, else up to a fifth finer.  ``wetted`` false leaves the ends neutral,
    dc/dx = 0.
    """
    least = np.maximum(np.ceil(particles.size / cell * (1 - 1e-9)).astype(int), 2)
    if sharing is None:
        sharing = 0.0 if np.unique(least).size <= _MANY_GRIDS else 0.2
    cells = _shared_counts(least, sharing)
    models = []
    for count in np.unique(cells):
        index = np.flatnonzero(cells == count)
        width = particles.size[index] / count
        numbers = {
            "reaction": np.full(index.size, particles.reaction * 2 / particles.thickness),
            "gradient": particles.gradient / width**2,
        }
        if wetted:
            numbers["wetting"] = 2 * width / (width + 2 * particles.wetting_layer)
        if particles.film > 0:
            numbers["film"] = np.full(index.size, particles.film)
        kernel = plate(
            chemistry,
            int(count),
            tuple(numbers),
            strain=particles.strain,
            wetting_filling=particles.wetting_filling,
        )
        models.append(Model(kernel, index, numbers))
    return models


def _shared_counts(least: np.ndarray, sharing: float) -> np.ndarray:
    """Cell counts, each at least its ``least`` and within ``sharing`` of it, from few values.

    A kernel costs about 0.1 s to set up and some fifty NumPy calls a step, whatever the number
    of its particles; a fifth more cells for some plates is cheaper.  It is not the same curve:
    the 1 nm grid is not converged, and finer cells move a plateau by up to 2 mV.
    """
    counts = [int(least.max())]
    while counts[-1] > least.min() * (1 + sharing):
        counts.append(min(int(counts[-1] / (1 + sharing)), counts[-1] - 1))
    ladder = np.array(counts[::-1])
    return ladder[np.searchsorted(ladder, least)]
