"""The Fokker-Planck equation in finite volumes, with the potential or the current as border.

    f_t = -(R f)_c + (D f_c)_c,   no flux through the ends,   I = d/dt of the mean filling

The flux at a face is R times the mean of its two cells minus D times their difference quotient:
second order and without numerical diffusion.  First-order upwinding would add |R| h/2 to D, and
exponential fitting (Scharfetter & Gummel 1969) as much where the drift dominates; with them the
threshold of the split moves with the grid (physics.md, section 0.6).  Cells must
resolve the noise, |eta| h < 2 D0, or the density oscillates; what is left is dispersion, which
skews a density of standard deviation s that has moved by L by about L h^2/s^3.

The object offers the :class:`~electrode_model.solver.equations.Equations` of the stepper.  The
balances of lithium and of probability are linear in the unknowns, so every Newton iterate
satisfies them to rounding, whatever the tolerance.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import lapack

from electrode_model.fokker_planck.law import Law, Rates

__all__ = ["Grid", "Population", "uniform"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Grid:
    """Cells of filling."""

    faces: Array  # (n + 1,) ascending

    @property
    def centres(self) -> Array:
        """(n,) middles of the cells."""
        middle: Array = (self.faces[1:] + self.faces[:-1]) / 2
        return middle

    @property
    def widths(self) -> Array:
        """(n,) of the cells."""
        return np.diff(self.faces)

    def mean(self, density: Array) -> Array:
        """Mean filling of densities (..., n)."""
        value: Array = density @ (self.widths * self.centres)
        return value


def uniform(domain: tuple[float, float], cells: int) -> Grid:
    """Cells of equal width."""
    return Grid(np.linspace(*domain, cells + 1))


class Population:
    """Residual and Newton steps of y = (density of each cell, voltage, current).

    ``control`` (a, b, s) is the condition a I + b V = s, with I in 1C, positive on discharge
    (lithiation), and V in kT/e, as in the circuit of a cell.
    """

    def __init__(self, law: Law, grid: Grid) -> None:
        n = grid.centres.size
        self.law, self.grid, self.n = law, grid, n + 2
        self.y, self.slope, self.residual, self.delta = (np.zeros(self.n) for _ in range(4))
        self.control = np.zeros(3)
        self.blocks = [slice(0, n)]
        self.circuit_block = slice(n, n + 2)
        self.differential = np.arange(n + 2) < n
        self._first_moment = grid.widths * grid.centres
        self._rates = Rates(law, grid.faces[1:-1])
        self._distance = np.diff(grid.centres)
        left, right = grid.widths[:-1] / 2, grid.widths[1:] / 2
        self._right = left / (left + right)  # share of the right cell in the value at a face
        self._flux, self._flux_v = np.zeros(n + 1), np.zeros(n + 1)

    def laws(self, v: float) -> tuple[Array, Array, Array, Array]:
        """R and D at the inner faces, and their derivatives by the potential ``v``."""
        at = self._rates(v)
        return at.drift, at.drift_v, at.spread, at.spread_v

    def evaluate(self) -> Array:
        """Residual (n,) at ``y``, ``slope``; a view that the next call overwrites."""
        f, (voltage, current) = self.y[:-2], self.y[-2:]
        v = voltage + self.law.resistance * current
        self._drift, self._drift_v, self._spread, self._spread_v = self.laws(v)
        share = self._right
        self._here = (1 - share) * f[:-1] + share * f[1:]
        self._gradient = (f[1:] - f[:-1]) / self._distance
        self._flux[1:-1] = self._drift * self._here - self._spread * self._gradient
        self.residual[:-2] = self.slope[:-2] + np.diff(self._flux) / self.grid.widths
        self.residual[-2] = current - self._first_moment @ self.slope[:-2]
        self.residual[-1] = self.control @ (current, voltage, -1.0)
        return self.residual

    def linearize(self) -> None:
        """Jacobian at the point of the last :meth:`evaluate`."""
        width, share = self.grid.widths, self._right
        from_left = self._drift * (1 - share) + self._spread / self._distance
        from_right = self._drift * share - self._spread / self._distance
        self._diagonal = np.zeros(width.size)
        self._diagonal[:-1] += from_left
        self._diagonal[1:] -= from_right
        self._diagonal /= width
        self._upper, self._lower = from_right / width[:-1], -from_left / width[1:]
        self._flux_v[1:-1] = self._drift_v * self._here - self._spread_v * self._gradient
        self._by_v = np.diff(self._flux_v) / width

    def factor(self, alpha: float, beta: float = 1.0) -> bool:
        """As :meth:`electrode_model.solver.system.System.factor`."""
        self._alpha = alpha
        *self._factors, info = lapack.dgttrf(
            beta * self._lower, alpha + beta * self._diagonal, beta * self._upper
        )
        if info != 0 or not np.all(np.isfinite(self._by_v)):
            return False
        self._response, _ = lapack.dgttrs(*self._factors, -self._by_v)
        rate = alpha * (self._first_moment @ self._response)  # dI per unit of v
        a, b, _ = self.control
        resistance = self.law.resistance
        # unknowns dv = dV + R dI and dI:  dI - rate dv = .,  (a - b R) dI + b dv = .
        small = np.array([[-rate, 1.0], [b, a - b * resistance]])
        if not np.all(np.isfinite(small)) or np.linalg.det(small) == 0:
            return False
        self._inverse = np.linalg.inv(small)
        return True

    def solve(self) -> Array:
        """Newton step (n,) for the last residual; a view that the next call overwrites."""
        fixed, _ = lapack.dgttrs(*self._factors, -self.residual[:-2])
        right = np.array(
            [
                self._alpha * (self._first_moment @ fixed) - self.residual[-2],
                -self.residual[-1],
            ]
        )
        dv, current = self._inverse @ right
        self.delta[:-2] = fixed + dv * self._response
        self.delta[-2] = dv - self.law.resistance * current
        self.delta[-1] = current
        return self.delta

    def at(self, t: float) -> None:
        """Nothing here depends on the time."""

    def fillings_inside(self) -> bool:
        """Densities have no bounds that a step must keep."""
        return True

    def worst_unknown(self, values: Array) -> str:
        """Name of the unknown with the largest of ``values`` (n,)."""
        return self._name(int(np.abs(values).argmax()))

    def worst_equation(self, values: Array) -> str:
        """Name of the equation whose value is not finite, or the largest."""
        broken = np.flatnonzero(~np.isfinite(values))
        return self._name(int(broken[0] if broken.size else np.abs(values).argmax()))

    def _name(self, k: int) -> str:
        if k < self.n - 2:
            return f"density at a filling of {self.grid.centres[k]:.4g}"
        return ("voltage", "current")[k - self.n + 2]
