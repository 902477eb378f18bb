"""A homogeneous plate whose regular-solution parameter depends on its length.

The wetted side faces of a small LiFePO4 plate nucleate the other phase more easily: Cogswell &
Bazant, Nano Lett. 13 (2013) 3036, have the barrier as a function of wetted area over volume.
A homogeneous particle gets the same barrier from a smaller regular-solution parameter, which
Ferguson & Bazant, Electrochim. Acta 146 (2014) 89, fitted.  The type homog_sdn of MPET 1.0.1.
"""

from collections.abc import Mapping
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.particle import Chemistry, Model, Particles
from electrode_model.particles.homogeneous import uniform

__all__ = ["build", "of_size", "omega"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Omega over k 298 K as a polynomial of wetted area over volume [1/nm], highest power first:
#: MPET 1.0.1 (size2regsln), after Ferguson & Bazant 2014.
_FIT = (-1.168e4, 2985.0, -208.3, -8.491, -10.25, 4.516)
_WETTED = 3.6338e-9  # m: wetted area over volume, times the length; Cogswell & Bazant 2013
_REFERENCE = 298.0  # K, of the fit's kT
_LEAST = 2.0  # no phases below


def build(particles: Particles, chemistry: Chemistry) -> list[Model]:
    """One state each; ``size`` is the length of the plate along [100].

    The fit replaces the material's ``omega``; it is one of LiFePO4.  Raises ValueError for a
    material that is not a regular solution.
    """
    return [of_size(particles, chemistry)]


def of_size(particles: Particles, chemistry: Chemistry, layers: int = 1) -> Model:
    """The model with one filling of the plate, or with one of each of its two ``layers``."""
    if np.isnan(particles.omega):
        raise ValueError(
            "particles whose omega depends on their size need a material that is a regular"
            " solution, such as lfp"
        )
    excess = omega(particles.size) * _REFERENCE / particles.temperature - particles.omega

    def more(c: ca.SX, q: Mapping[str, ca.SX]) -> ca.SX:
        return q["excess_omega"] * (1 - 2 * c)

    numbers = {"excess_omega": excess}
    return uniform(particles, chemistry, "plate", layers=layers, numbers=numbers, more=more)


def omega(size: Array) -> Array:
    """Regular-solution parameter over k 298 K of plates of length ``size`` [m], at least 2.

    4.516 for long plates; 2, where the phases end, below 20 nm.
    """
    values: Array = np.maximum(np.polyval(_FIT, _WETTED * 1e9 / (size * 1e9)), _LEAST)
    return values
