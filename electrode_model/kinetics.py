"""Charge-transfer kinetics at the surface of a particle.

Each law is a pure, elementwise function  law(dphi, c, a_e, mu, exchange, *, own parameters) of

    dphi      (phi_s - phi_e - V_standard) / (kT/e), the film's drop already taken off
    c         filling fraction at the surface
    a_e       c_e / (1 mol/L)
    mu        chemical potential of the solid, :class:`~electrode_model.free_energy.Potential`
    exchange  a form of :mod:`electrode_model.exchange_current`

and returns the insertion rate in units of k0 (positive: lithium enters the solid).  With
eta = dphi + mu, every law vanishes at eta = 0.  phi_e is the potential of a lithium reference
electrode in the solution, so a_e does not enter eta.  A law's name here is its name in a
configuration file.
"""

from collections.abc import Callable

from electrode_model.exchange_current import Exchange
from electrode_model.free_energy import Potential
from electrode_model.quantities import TransferCoefficient
from electrode_model.symbolic import Expr, exp, power

__all__ = ["butler_volmer", "linear"]

ExchangeForm = Callable[[Expr, float, float], Exchange]


def butler_volmer(
    dphi: Expr,
    c: Expr,
    a_e: Expr,
    mu: Potential,
    exchange: ExchangeForm,
    *,
    alpha: TransferCoefficient = 0.5,
) -> Expr:
    """j0 [exp(-alpha eta) - exp((1-alpha) eta)].

    exp(-alpha eta) holds (c/(1-c))^(-alpha): multiplied into j0 power by power, so that for
    the usual forms no logarithm, root or division is left.  Evaluating mu first and then its
    exponential costs four times as much and fails when an iterate leaves 0 < c < 1.
    """
    j0 = exchange(c, alpha, mu.mixing)
    shift = alpha * mu.mixing
    scale = j0.factor * power(a_e, j0.electrolyte)
    backward = exp(_times(j0.excess + 1 - alpha, mu.excess)) * exp((1 - alpha) * dphi)
    if alpha == 0.5 and j0.excess == 0:  # the two exponentials are reciprocal: save one
        forward = 1 / backward
    else:
        forward = exp(_times(j0.excess - alpha, mu.excess)) * exp(-alpha * dphi)
    insertion = power(c, j0.filled - shift) * power(1 - c, j0.vacant + shift) * forward
    extraction = (
        power(c, j0.filled + mu.mixing - shift)
        * power(1 - c, j0.vacant - mu.mixing + shift)
        * backward
    )
    return scale * (insertion - extraction)


def linear(
    dphi: Expr,
    c: Expr,
    a_e: Expr,
    mu: Potential,
    exchange: ExchangeForm,
    *,
    alpha: TransferCoefficient = 0.5,
) -> Expr:
    """Ohmic interface, -j0 eta: Park et al. 2021, Supplementary Eq. 61."""
    j0 = exchange(c, alpha, mu.mixing)
    return -j0.value(c, mu.excess, a_e) * (dphi + mu.total(c))


def _times(factor: float, expression: Expr) -> Expr:
    """Product that leaves no trace of the expression when the factor is zero."""
    return factor * expression if factor else 0.0
