"""Finite volumes along one coordinate of a particle.

Grid points lie on the centre and on the surface; control volumes reach to the midpoints
between them.  The surface value, which the reaction needs, is then a grid point and is second
order without extrapolation, and a saturating surface cannot be extrapolated past 0 or 1.
Volumes are exact integrals of the shape, so that the weighted mean of a divergence is the
surface flux to rounding.
"""

from dataclasses import dataclass
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.symbolic import Expr

__all__ = ["EXPONENT", "Radial", "radial"]

#: Power m of the area A(r) ~ r^m.
EXPONENT = {"slab": 0, "cylinder": 1, "sphere": 2}

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Radial:
    """Grid over 0 <= r/R <= 1; lengths in units of R, areas in units of the surface."""

    points: Array  # (n,)
    areas: Array  # (n - 1,) of the inner faces
    volumes: Array  # (n,) in units of surface area times R
    weights: Array  # (n,) volumes / their sum
    widths: Array  # (n - 1,) between neighbouring points

    def gradient(self, values: ca.SX) -> ca.SX:
        """(n,) at the points -> (n - 1,) d/dr at the inner faces."""
        return (values[1:] - values[:-1]) / ca.DM(self.widths)

    def divergence(self, inner: ca.SX, surface: Expr) -> ca.SX:
        """Inflow per volume of each control volume, for fluxes counted towards the centre.

        ``inner`` (n - 1,) at the faces, ``surface`` () at r = R; the flux at r = 0 is zero.
        """
        through = inner * ca.DM(self.areas)
        return (ca.vertcat(through, surface) - ca.vertcat(0, through)) / ca.DM(self.volumes)

    @staticmethod
    def faces(values: ca.SX) -> ca.SX:
        """(n,) at the points -> (n - 1,) arithmetic means at the inner faces."""
        return (values[1:] + values[:-1]) / 2


def radial(shape: str, points: int, refinement: float = 1.0) -> Radial:
    """Grid of ``points`` points for a slab (half), cylinder or sphere.

    Cells shrink towards the surface, the innermost being ``refinement`` times as wide as the
    outermost.
    """
    r = np.linspace(0.0, 1.0, points)
    if refinement != 1.0:
        steepness = np.log(refinement) * (points - 1) / (points - 2)
        r = np.expm1(-steepness * r) / np.expm1(-steepness)
    m = EXPONENT[shape]
    middle = (r[1:] + r[:-1]) / 2
    bounds = np.concatenate([[0.0], middle, [1.0]])
    volumes = np.diff(bounds ** (m + 1)) / (m + 1)
    return Radial(r, middle**m, volumes, volumes * (m + 1), np.diff(r))
