"""Charge-transfer kinetics at the surface of a particle.

Each law is a pure, elementwise function  law(dphi, c, a_e, mu, exchange, *, own parameters) of

    dphi      (phi_s - phi_e - V_standard) / (kT/e), the film's drop already taken off
    c         filling fraction at the surface
    a_e       c_e / (1 mol/L)
    mu        chemical potential of the solid, :class:`~electrode_model.free_energy.Potential`
    exchange  a form of :mod:`electrode_model.exchange_current`; a law that has its own calls
              this argument _

and returns the insertion rate in units of k0 (positive: lithium enters the solid).  With
eta = dphi + mu, every law vanishes at eta = 0.  phi_e is the potential of a lithium reference
electrode in the solution, so a_e does not enter eta.  A law's name here is its name in a
configuration file; energies among its own parameters arrive in kT.
"""

from collections.abc import Callable
from typing import Annotated

from electrode_model.exchange_current import Exchange
from electrode_model.free_energy import Potential
from electrode_model.quantities import Spec, TransferCoefficient
from electrode_model.symbolic import Expr, erfc, exp, log, power, sqrt

__all__ = ["butler_volmer", "ciet", "linear", "marcus", "marcus_hush_chidsey"]

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
    exponential costs four times as much and fails when an iterate leaves 0 < c < 1.  The
    excess and dphi share an exponential: where a measured voltage falls by tens of volts at its
    ends, each by itself overflows though eta is small.
    """
    j0 = exchange(c, alpha, mu.mixing)
    shift = alpha * mu.mixing
    scale = j0.factor * power(a_e, j0.electrolyte)
    backward = exp(_times(j0.excess + 1 - alpha, mu.excess) + (1 - alpha) * dphi)
    if alpha == 0.5 and j0.excess == 0:  # the two exponentials are reciprocal: save one
        forward = 1 / backward
    else:
        forward = exp(_times(j0.excess - alpha, mu.excess) - alpha * dphi)
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


def ciet(
    dphi: Expr,
    c: Expr,
    a_e: Expr,
    mu: Potential,
    _: ExchangeForm,
    *,
    reorganisation: Annotated[
        float, Spec("J", "reorganisation energy of the electron transfer", above=0.0)
    ],
) -> Expr:
    """Coupled ion-electron transfer: (1-c) [a_e k_red - c k_ox], limited by the electrons.

    Fraggedakis et al., Electrochim. Acta 367 (2021) 137432.  k_red and k_ox are Marcus-Hush-
    Chidsey rates at the formal overpotential eta_f = eta + ln(a_e/c), here over sqrt(4 pi lambda)
    and in the closed form of Zeng et al., J. Electroanal. Chem. 735 (2014) 77 (:func:`transfer`).
    k_red/k_ox is exp(-eta_f), so that only one even function of eta_f and the equilibrium
    are left.  The law has its own exchange current, (1-c) a_e c/(a_e + c) times that function at
    eta = 0, and takes none from a configuration; lithium leaves a full particle or enters it no
    faster than 1-c allows.
    """
    vacant = power(1 - c, mu.mixing)
    activity = exp(dphi + mu.excess)
    # eta_f = eta + log(a_e/c): log(c) cancels for a lattice gas
    formal = dphi + mu.excess + log(a_e) - _times(mu.mixing, _log(1 - c))
    formal = formal - _times(1 - mu.mixing, _log(c))
    away = vacant - power(c, mu.mixing) * activity  # from equilibrium
    return (
        (1 - c)
        * transfer(formal, reorganisation)
        * a_e
        * away
        / (vacant + a_e * power(c, mu.mixing - 1) * activity)
    )


def transfer(formal: Expr, reorganisation: float) -> Expr:
    """k_red + k_ox of Marcus-Hush-Chidsey over sqrt(4 pi lambda); energies in kT.

    Closed form of Zeng et al. 2014.  For lambda = 8.3 kT (LiFePO4) it is 4.3 % below the integral
    at eta_f = 0 and within 4.7 % everywhere, for 2 to 20 kT within 12 %; for 40 kT 27 % above.
    """
    spread = sqrt(1 + sqrt(reorganisation) + formal * formal)
    return erfc((reorganisation - spread) / (2 * sqrt(reorganisation))) / 2


def _log(x: Expr) -> Expr:
    """log(x), finite where Newton's iterates pass x = 0; exact to 1e-13 from x = 3e-6 up."""
    return log(x * x + 1e-24) / 2


def _times(factor: float, expression: Expr) -> Expr:
    """Product that leaves no trace of the expression when the factor is zero."""
    return factor * expression if factor else 0.0


Reorganisation = Annotated[
    float, Spec("J", "reorganisation energy of the electron transfer", above=0.0)
]


def marcus(
    dphi: Expr,
    c: Expr,
    a_e: Expr,
    mu: Potential,
    exchange: ExchangeForm,
    *,
    reorganisation: Reorganisation,
) -> Expr:
    """j0 [exp(-eta/2) - exp(eta/2)] exp(-eta_f^2/(4 lambda)), eta_f = eta + ln(a_e/c).

    Marcus rates, which fall again beyond |eta_f| = lambda: Bazant, Acc. Chem. Res. 46 (2013)
    1144.  With the exchange current ``ideal_transition_state`` it is Marcus of MPET 1.0.1, whose
    own transfer coefficient and powers of a_e and c all follow from eta_f; exp(-lambda/4) is in
    k0.  The exchange current is j0 exp(-ln(a_e/c)^2/(4 lambda)).  The rate has a maximum: a
    prescribed current beyond it has no solution, and the run ends there.
    """
    formal = _formal(dphi, c, a_e, mu)
    symmetric = butler_volmer(dphi, c, a_e, mu, exchange, alpha=0.5)
    return symmetric * exp(-formal * formal / (4 * reorganisation))


def marcus_hush_chidsey(
    dphi: Expr,
    c: Expr,
    a_e: Expr,
    mu: Potential,
    exchange: ExchangeForm,
    *,
    reorganisation: Reorganisation,
) -> Expr:
    """j0/sqrt(a_e c) [a_e k_red(eta_f) - c k_ox(eta_f)] / k(0), eta_f = eta + ln(a_e/c).

    Marcus rates summed over the electrons of a metal: Zeng, Smith, Bai & Bazant, J. Electroanal.
    Chem. 735 (2014) 77, in their closed form (:func:`transfer`, which states its error).  As
    k_red/k_ox = exp(-eta_f), it is Butler-Volmer's law at alpha = 1/2 times
    (k_red + k_ox)/(2 k(0) cosh(eta_f/2)).  With ``transition_state`` it is MHC of MPET 1.0.1.
    """
    formal = _formal(dphi, c, a_e, mu)
    symmetric = butler_volmer(dphi, c, a_e, mu, exchange, alpha=0.5)
    at_zero = transfer(0.0, reorganisation)
    both_ways = exp(formal / 2) + exp(-formal / 2)
    return symmetric * transfer(formal, reorganisation) / at_zero * 2 / both_ways


def _formal(dphi: Expr, c: Expr, a_e: Expr, mu: Potential) -> Expr:
    """Overpotential from the formal potential, eta + ln(a_e/c); ln c cancels in a lattice gas."""
    formal = dphi + mu.excess + log(a_e) - _times(mu.mixing, _log(1 - c))
    return formal - _times(1 - mu.mixing, _log(c))


#: Keys without a default with which tests try a law: the reorganisation energy of LiFePO4, 8.3 kT.
EXAMPLES = {
    name: {"reorganisation": "8.3 kT"} for name in ("ciet", "marcus", "marcus_hush_chidsey")
}
