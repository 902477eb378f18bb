"""Solid electrolyte: cations on the sites of a lattice, compensated by a fixed or slow charge.

The cation's chemical potential is that of a lattice gas with interaction, x = c/sites:

    mu/kT = ln(x/(1-x)) + alpha (1 - 2x),      N+ = -D+ c grad(mu/kT + phi e/kT)

the compensating charge that of a dilute ion with D- = D+ (1 - t+)/t+.  With phi_e = phi + mu/e
this is a concentrated solution with

    kappa = F^2/(RT) D+/t+ c,      D = 2 (1 - t+) D+ Theta,
    Theta = 1 + dlnf/dlnc = 1/2 + [1/(1-x) - 2 alpha x]/2

t+ = 1 is a single-ion conductor: c_e stays where it is and only kappa matters.  Danilov, Niessen
& Notten, J. Electrochem. Soc. 158 (2011) A215, with a lattice gas in place of their dilute ions.
MPET 1.0.1 has t+ = 0.99999 and there the same conductivity.
"""

from typing import Annotated

from electrode_model.constants import BOLTZMANN, CONCENTRATION, ELEMENTARY_CHARGE, FARADAY
from electrode_model.electrolyte import Transport, constant
from electrode_model.quantities import Spec
from electrode_model.symbolic import Expr, exp

__all__ = ["build"]


def build(
    *,
    diffusivity: Annotated[float, Spec("m^2/s", "of the cation", above=0.0)] = 5.5e-12,
    sites: Annotated[float, Spec("mol/m^3", "sites of the cations", above=0.0)] = 80_000.0,
    interaction: Annotated[float, Spec("1", "alpha in mu/kT = ... + alpha (1 - 2x)")] = 0.0,
    t_plus: Annotated[float, Spec("1", "transference number", above=0.0, at_most=1.0)] = 1.0,
    conductivity: Annotated[float, Spec("S/m", "instead of that of the diffusivity", above=0.0)]
    | None = None,
) -> Transport:
    """Defaults: the sample file of MPET 1.0.1 (half of 80 mol/L, which is 0.83 S/m at 298 K).

    Raises ValueError for an interaction that separates the lattice into phases.
    """
    if interaction > 2:
        raise ValueError(
            f"the solid electrolyte's interaction is {interaction:g}, above 2, where its ions"
            " separate into phases; give 2 or less"
        )
    most = sites / CONCENTRATION  # mol/L
    mobile = diffusivity / t_plus * FARADAY * ELEMENTARY_CHARGE / BOLTZMANN * CONCENTRATION

    def factor(c_e: Expr, temperature: float) -> Expr:
        x = c_e / most
        return 0.5 + 0.5 / (1 - x) - interaction * x

    def of_diffusivity(c_e: Expr, temperature: float) -> Expr:
        return mobile / temperature * c_e

    def salt(c_e: Expr, temperature: float) -> Expr:
        return 2 * (1 - t_plus) * diffusivity * factor(c_e, temperature)

    def activity(c_e: Expr, temperature: float) -> Expr:
        x = c_e / most
        return x / (1 - x) * exp(interaction * (1 - 2 * x))

    return Transport(
        # no gradient arises at t+ = 1, and a zero would be divided by
        diffusivity=salt if t_plus < 1 else constant(diffusivity),
        conductivity=of_diffusivity if conductivity is None else constant(conductivity),
        t_plus=constant(t_plus),
        thermodynamic_factor=factor,
        concentrations=(0.0, most),
        activity=activity,
    )
