"""Exchange current as a function of composition: forms of j0(c)/k0.

Each form is a pure function  form(c, alpha, mixing, *, own parameters) -> Exchange  of

    c       filling fraction at the surface
    alpha   transfer coefficient of the law that uses it
    mixing  1 for a lattice gas, 0 for a material given by its open-circuit voltage

An :class:`Exchange` is a product whose powers of c, 1 - c and exp(excess) are kept apart, so
that a kinetic law can cancel them against the same powers in exp(-alpha eta).  A form's name
here is its name in a configuration file.
"""

from collections.abc import Sequence
from typing import Annotated, NamedTuple

from electrode_model.constants import CONCENTRATION
from electrode_model.quantities import Fraction, Spec
from electrode_model.symbolic import Expr, exp, power
from electrode_model.tables import power_of_ten

__all__ = [
    "colclasure",
    "constant",
    "exponential",
    "ideal_transition_state",
    "lattice_transition_state",
    "newman",
    "park_sigmoid",
    "skewed",
    "tabulated",
    "transition_state",
    "vacancy",
]


class Exchange(NamedTuple):
    """j0/k0 = factor c^p (1-c)^q exp(r excess) a_e^s."""

    factor: Expr
    filled: float  # p
    vacant: float  # q
    excess: float  # r, power of the excess activity coefficient of the solid
    electrolyte: float  # s, order in the electrolyte activity

    def value(self, c: Expr, excess: Expr, a_e: Expr) -> Expr:
        """j0/k0 multiplied out."""
        return (
            self.factor
            * power(c, self.filled)
            * power(1 - c, self.vacant)
            * (exp(self.excess * excess) if self.excess else 1.0)
            * power(a_e, self.electrolyte)
        )


def transition_state(c: Expr, alpha: float, mixing: float) -> Exchange:
    """a_e^(1-alpha) a_R^alpha (1-c), the transition state excluding one site.

    Bai, Cogswell & Bazant, Nano Lett. 11 (2011) 4890; Lim et al. 2016, Eq. S15, is 6/5 of it.
    """
    return Exchange(1.0, alpha * mixing, 1 - alpha * mixing, alpha, 1 - alpha)


def skewed(c: Expr, alpha: float, mixing: float) -> Exchange:
    """3 (1-c) sqrt(c (1-c)): peaks at c = 1/4, Lim et al., Science 353 (2016) 566, Eq. S16.

    The maximum is 0.9743 k0, not k0.  The order in the electrolyte is assumed 1 - alpha.
    """
    return Exchange(3.0, 0.5, 1.5, 0.0, 1 - alpha)


def newman(
    c: Expr,
    alpha: float,
    mixing: float,
    *,
    full: Annotated[float, Spec("1", "filling without a vacancy left", above=0.0, at_most=1.0)] = 1,
) -> Exchange:
    """(a_e (full-c))^(1-alpha) c^alpha: sqrt(c (1-c)) at alpha = 1/2.

    Doyle, Fuller & Newman, J. Electrochem. Soc. 140 (1993) 1526; ``full`` 1/2 for the coke of
    Fuller, Doyle & Newman, J. Electrochem. Soc. 141 (1994) 1.  BV_mod01 and, with 1/2, BV_mod02
    of MPET 1.0.1; its BV for a material given by its open-circuit voltage is this form too.
    """
    if full == 1:
        return Exchange(1.0, alpha, 1 - alpha, 0.0, 1 - alpha)
    return Exchange(power(full - c, 1 - alpha), alpha, 0.0, 0.0, 1 - alpha)


def constant(
    c: Expr,
    alpha: float,
    mixing: float,
    *,
    order: Annotated[
        float, Spec("1", "order in the electrolyte; null: 1 - alpha", at_least=0.0, at_most=2.0)
    ]
    | None = None,
) -> Exchange:
    """j0 = k0 at every composition.  With order 0 it is BV_raw of MPET 1.0.1."""
    return Exchange(1.0, 0.0, 0.0, 0.0, 1 - alpha if order is None else order)


def ideal_transition_state(c: Expr, alpha: float, mixing: float) -> Exchange:
    """a_e^(1-alpha) c^alpha (1-c): ions and electrons meet in a vacant site.

    The transition state excludes one site, and the activity of the solid is its filling: that
    of Marcus kinetics in Bazant, Acc. Chem. Res. 46 (2013) 1144, and MPET 1.0.1.
    """
    return Exchange(1.0, alpha, 1.0, 0.0, 1 - alpha)


def lattice_transition_state(c: Expr, alpha: float, mixing: float) -> Exchange:
    """a_e^(1-alpha) a_R^alpha c (1-c): activity coefficient 1/(c (1-c)) of the transition state.

    BV_gMod01 of MPET 1.0.1, the law of its graphite of two layers.
    """
    return Exchange(1.0, 1 + alpha * mixing, 1 - alpha * mixing, alpha, 1 - alpha)


#: Of NMC532, highest power first: Colclasure et al., Electrochim. Acta 337 (2020) 135854, with the
#: digits of NREL BATMODS-lite times ten, the scale of MPET 1.0.1.  MPET's four digits are too few:
#: 21 % too large at c = 0.95 (electrode_model/importing/mpet_names.py).
_NMC532 = (
    165.0452829641290,
    -752.3567141488800,
    1240.524690073040,
    -941.6571081287610,
    324.9768821737960,
    -35.85290065824760,
)


def colclasure(
    c: Expr,
    alpha: float,
    mixing: float,
    *,
    coefficients: Annotated[
        Sequence[float], Spec("1", "of the polynomial in c, highest power first")
    ] = _NMC532,
    concentration: Annotated[
        float, Spec("mol/m^3", "salt concentration where the polynomial holds", above=0.0)
    ] = 1200.0,
) -> Exchange:
    """(c_e/c_ref)^(1-alpha) P(c), a polynomial fitted to measurements: NMC532 by default.

    Colclasure et al., Electrochim. Acta 337 (2020) 135854; with its own coefficients it is
    BV_Colclasure20 of MPET 1.0.1.  The fit is good for 0.3 < c < 0.95 and negative below 0.197,
    which a particle must not reach.
    """
    value: Expr = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * c + coefficient
    order = 1 - alpha
    return Exchange(value * (concentration / CONCENTRATION) ** -order, 0.0, 0.0, 0.0, order)


def park_sigmoid(
    c: Expr,
    alpha: float,
    mixing: float,
    *,
    steepness: Annotated[float, Spec("1", "p in exp(p (c - centre))", above=0.0)] = 25.0,
    centre: Fraction = 0.6,
) -> Exchange:
    """1 / (1 + exp(p (c - centre))), first order in the electrolyte.

    Layered oxides near full lithiation: Park et al., Nature Mater. 20 (2021) 991.  Here k0 is
    the plateau at low filling, not the value at c = 1/2.
    """
    return Exchange(1 / (1 + exp(steepness * (c - centre))), 0.0, 0.0, 0.0, 1.0)


def vacancy(
    c: Expr,
    alpha: float,
    mixing: float,
    *,
    exponent: Annotated[float, Spec("1", "s in (1 - c)^s", at_least=0.0)] = 1.0,
    reference: Annotated[float, Spec("1", "filling where j0 = k0", at_least=0.0, below=1.0)] = 0.0,
) -> Exchange:
    """((1-c)/(1-c_ref))^s, Park et al. 2021, sensitivity to the shape of j0."""
    return Exchange((1 - reference) ** (-exponent), 0.0, exponent, 0.0, 1 - alpha)


def exponential(
    c: Expr,
    alpha: float,
    mixing: float,
    *,
    steepness: Annotated[float, Spec("1", "p in exp(-p (c - c_ref))")] = 10.0,
    reference: Fraction = 0.5,
) -> Exchange:
    """exp(-p (c - c_ref)): auto-inhibitory lithiation, Park et al. 2021."""
    return Exchange(exp(-steepness * (c - reference)), 0.0, 0.0, 0.0, 1 - alpha)


def tabulated(
    c: Expr,
    alpha: float,
    mixing: float,
    *,
    filling: Annotated[Sequence[float], Spec("1", "ascending fillings", at_least=0.0, at_most=1.0)],
    log10_ratio: Annotated[Sequence[float], Spec("1", "log10 of j0/k0 at each")],
) -> Exchange:
    """10 to the power of a monotone (PCHIP) interpolant of ``log10_ratio``: measured j0.

    Raises ValueError where the lists differ in length, are shorter than 2, or not ascending.
    """
    ratio = power_of_ten(c, filling, log10_ratio, key="exchange_current")
    return Exchange(ratio, 0.0, 0.0, 0.0, 1 - alpha)


#: Keys without a default with which tests try a form.
EXAMPLES = {"tabulated": {"filling": [0.0, 0.4, 1.0], "log10_ratio": [-0.5, 0.0, -1.5]}}
