"""Allen-Cahn reaction plate along whose surface lithium diffuses, with variational ends.

    dc/dt = (2/thickness) k0 rate / (e rho_s) + d/dx [D_s M(c) d(mu/kT)/dx]
    mu/kT = ln(c/(1-c)) + excess(c) + B/(rho_s kT) (c - c_bar) - kappa/(rho_s kT) d2c/dx2
    kappa dc/dn = -dgamma/dc = s rho_s c (1-c),   no flux,   at both ends

with s the material's ``surface_wetting``: the ends minimise bulk, gradient and surface energy
together, instead of holding a wetted layer beyond them.  Li et al., Nat. Mater. 17 (2018) 915,
have the surface diffusion in a solvent; the type ACR_Diff of MPET 1.0.1 is this model, whose
end cells also exchange lithium with ghost cells outside the plate: not so here.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from electrode_model.constants import HOUR
from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.plate import Cell, ContactSeed, Sharing, plates
from electrode_model.quantities import Spec

__all__ = ["build"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    cell: Cell = 1e-9,
    sharing: Sharing = None,
    contact_seed: ContactSeed = None,
    surface_diffusivity: Annotated[
        float, Spec("m^2/s", "tracer diffusivity along the plate", at_least=0.0)
    ]
    | None = None,
) -> list[Model]:
    """About length/``cell`` states each; ``size`` is the length of the plate along [100].

    ``surface_diffusivity`` None is the material's diffusivity.  It is an average over the
    thickness: a layer d on both faces with a diffusivity D gives 2 D d / thickness.  ``cell`` and
    ``sharing`` and ``contact_seed`` are those of the reaction plate.
    """
    along = particles.diffusivity
    if surface_diffusivity is not None:
        along = surface_diffusivity * HOUR

    def more(width: Array) -> Mapping[str, Array]:
        numbers: dict[str, Array] = {}
        if along != 0:  # nan: the material gives none, and the assembly says so
            numbers["diffusion"] = along / width**2
        if particles.wetting or np.isnan(particles.wetting):
            numbers["surface_wetting"] = particles.wetting * width
        return numbers

    return plates(particles, chemistry, cell, sharing, more, contact_seed)
