"""Chemical potential of lithium in the solid, in units of kT.

mu is measured from the standard potential of the material and split into the ideal mixing
term and the rest,

    mu/kT = mixing * log(c / (1 - c)) + excess,        V_eq = V_standard - (kT/e) mu/kT,

because kinetics can then cancel the singular logarithm against powers of c and 1 - c
(see :mod:`electrode_model.kinetics`): no clipping, and Newton's iterates may step a little
outside 0 < c < 1.
"""

from typing import NamedTuple

import numpy as np

from electrode_model.symbolic import Expr, log, tree_sum, where_at_least

__all__ = [
    "PiecewiseCubic",
    "Potential",
    "coherency",
    "layered_solution",
    "open_circuit",
    "regular_solution",
]


class Potential(NamedTuple):
    """mu/kT = ``mixing`` * log(c/(1-c)) + ``excess``."""

    mixing: float  # 1: lattice gas; 0: everything is in the excess (open-circuit voltage)
    excess: Expr

    def plus(self, more: Expr) -> "Potential":
        """The same with ``more`` added to the excess: gradient and coherency terms."""
        return Potential(self.mixing, self.excess + more)

    def total(self, c: Expr) -> Expr:
        """mu/kT at filling ``c``."""
        return self.mixing * log(c / (1 - c)) + self.excess if self.mixing else self.excess


def regular_solution(c: Expr, *, omega: Expr) -> Potential:
    """Regular solution, mu = log(c/(1-c)) + omega (1 - 2c); omega in kT.

    Bazant, Acc. Chem. Res. 46 (2013) 1144.
    """
    return Potential(1.0, omega * (1 - 2 * c))


def layered_solution(
    c: Expr,
    beside: Expr,
    *,
    omega: Expr,
    omega_b: Expr | None = None,
    omega_c: Expr | None = None,
    van_der_waals: Expr | None = None,
) -> Potential:
    """Regular solution in a layer of filling ``c`` beside one of filling ``beside``; all in kT.

    A pair of sites, one in each layer, has the free energy

        sum over i = 1, 2 of [c_i ln c_i + (1-c_i) ln(1-c_i) + omega c_i (1-c_i)
                              + van_der_waals c_i^3 (10 - 15 c_i + 6 c_i^2)]
        + omega_b c_1 c_2 + omega_c c_1 (1-c_1) c_2 (1-c_2),

    and mu_i is its derivative by c_i: Ferguson & Bazant, Electrochim. Acta 146 (2014) 89, with
    the last term of a layer as in MPET 1.0.1 (LiC6).  ``omega_b`` makes a second layer dearer to
    fill than the first, ``omega_c`` keeps both from being half full at one place: stages.
    """
    mu = regular_solution(c, omega=omega)
    if omega_b is not None:
        mu = mu.plus(omega_b * beside)
    if omega_c is not None:
        mu = mu.plus(omega_c * beside * (1 - beside) * (1 - 2 * c))
    if van_der_waals is not None:
        mu = mu.plus(30 * van_der_waals * (c * (1 - c)) ** 2)
    return mu


def open_circuit(voltage: Expr, standard: Expr, thermal_voltage: Expr) -> Potential:
    """Potential of a material known by its open-circuit voltage; all arguments in V."""
    return Potential(0.0, (standard - voltage) / thermal_voltage)


def coherency(c: Expr, c_bar: Expr, *, strain: Expr) -> Expr:
    """Mean-field coherency strain B (c - c_bar) / (rho_s kT), ``strain`` = B/(rho_s kT).

    Cogswell & Bazant, ACS Nano 6 (2012) 2215, depth averaged.
    """
    return strain * (c - c_bar)


class PiecewiseCubic(NamedTuple):
    """A tabulated function as piecewise cubics; a value for floats, arrays and symbols."""

    knots: tuple[float, ...]  # (n,) ascending
    coefficients: tuple[tuple[float, ...], ...]  # (4, n - 1), highest power first

    @classmethod
    def through(cls, x: np.ndarray, y: np.ndarray) -> "PiecewiseCubic":
        """Shape-preserving (PCHIP) interpolant through ``x`` (n,) ascending and ``y`` (n,)."""
        from scipy.interpolate import PchipInterpolator

        curve = PchipInterpolator(x, y)
        return cls(tuple(map(float, x)), tuple(tuple(map(float, row)) for row in curve.c))

    def __call__(self, c: Expr) -> Expr:
        """Value at ``c``; outside the knots the end pieces continue."""
        passed = [where_at_least(c, knot) for knot in self.knots[1:-1]]

        def active(row: np.ndarray) -> Expr:
            jumps = np.diff(row)
            return row[0] + tree_sum([d * s for d, s in zip(jumps, passed, strict=True)])

        start = active(np.asarray(self.knots[:-1]))
        cubic, square, slope, value = (active(np.asarray(row)) for row in self.coefficients)
        t = c - start
        return value + t * (slope + t * (square + t * cubic))
