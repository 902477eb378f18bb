"""Li(Ni0.8Co0.15Al0.05)O2, open-circuit voltage by Smith's fit."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, log

_FIT = (
    "a fit by R. B. Smith to a C/100 discharge of a Samsung cell, in MPET 1.0.1 (NCA_ss2);"
    " unpublished"
)
_NCA = "taken over from nca.py: MPET has no parameter file of NCA with numbers of its own"

_THERMAL = 298.0 * 1.380649e-23 / 1.602176634e-19  # V, kT/e at 298 K


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V].

    c is a practical filling: 0 at Li0.3NiO2, 1 at LiNiO2.
    """
    logit = _THERMAL * temperature / 298 * log(c / (1 - c))
    return 4.12178 + c * (-0.2338 + c * (-1.24566 + c * (1.16769 - 0.20745 * c))) - logit


MATERIAL = Material(
    name="nca_smith",
    description="Li(Ni0.8Co0.15Al0.05)O2, solid solution",
    numbers={
        "site_density": Number(
            2.0656e28, "0.7 of the sites of nca.py: c counts the usable lithium", assumed=True
        ),
        "standard_potential": Number(
            3.82646063, f"ocv at c = 0.5, where mu is set to zero; {_FIT}"
        ),
        "diffusivity": Number(3.0e-15, _NCA, assumed=True),
        "density": Number(4708.0, "of nca.py: 49.0 kmol/m^3 and 96.08 g/mol"),
    },
    ocv=ocv,
    ocv_source=_FIT,
    ocv_range=(0.001, 0.999),
    kinetics={"law": "butler_volmer", "k0": 7.43, "alpha": 0.5, "exchange_current": "newman"},
    kinetics_source=f"{_NCA}; assumed",
)
