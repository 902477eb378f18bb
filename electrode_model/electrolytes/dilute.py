"""Dilute binary electrolyte: ions that do not see each other (Nernst-Planck), electroneutral.

    N+ = -nu+ D+ (grad c + z+ c grad phi e/kT),     N- alike,     i = F (z+ N+ + z- N-)

Eliminating the inner potential phi for that of a reference electrode of the cation's metal,
phi_e = phi + (kT/z+ e) ln c, leaves a concentrated solution with constant diffusivity

    D  = (z+ - z-) D+ D- / (z+ D+ - z- D-)          t+ = z+ D+ / (z+ D+ - z- D-)
    kappa = F^2/(RT) z+ nu+ (z+ D+ - z- D-) c       1 + dlnf/dlnc = 1

Newman & Thomas-Alyea, Electrochemical Systems, 3rd ed., Eqs. 11.9, 11.20 and 11.22.
"""

from typing import Annotated

from electrode_model.constants import BOLTZMANN, CONCENTRATION, ELEMENTARY_CHARGE, FARADAY
from electrode_model.electrolyte import AnionCharge, CationCharge, Count, Transport, constant
from electrode_model.quantities import Spec
from electrode_model.symbolic import Expr

__all__ = ["build"]


def build(
    *,
    diffusivity_plus: Annotated[float, Spec("m^2/s", "of the cation", above=0.0)] = 2.2e-10,
    diffusivity_minus: Annotated[float, Spec("m^2/s", "of the anion", above=0.0)] = 2.94e-10,
    z_plus: CationCharge = 1,
    z_minus: AnionCharge = -1,
    nu_plus: Count = 1,
    nu_minus: Count = 1,
) -> Transport:
    """Defaults: LiPF6 in EC:DMC as the sample files of MPET 1.0.1 have it.

    The diffusivities are those at the cell's temperature: they do not change with it.
    """
    charged = z_plus * diffusivity_plus - z_minus * diffusivity_minus
    ambipolar = (z_plus - z_minus) * diffusivity_plus * diffusivity_minus / charged
    mobile = z_plus * nu_plus * charged * FARADAY * ELEMENTARY_CHARGE / BOLTZMANN

    def conductivity(c_e: Expr, temperature: float) -> Expr:
        return mobile * CONCENTRATION / temperature * c_e

    return Transport(
        diffusivity=constant(ambipolar),
        conductivity=conductivity,
        t_plus=constant(z_plus * diffusivity_plus / charged),
        thermodynamic_factor=constant(1.0),
        z_plus=z_plus,
        z_minus=z_minus,
        nu_plus=nu_plus,
        nu_minus=nu_minus,
    )
