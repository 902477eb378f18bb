"""Li(Ni0.8Co0.15Al0.05)O2, open-circuit voltage by Cogswell's fit."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, log

_FIT = "a fit by D. Cogswell to data of Samsung, in MPET 1.0.1 (NCA_ss1); unpublished"
_NCA = "taken over from nca.py: MPET has no parameter file of NCA with numbers of its own"


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V].

    The logarithm grows with the temperature, as in MPET 1.0.1 at 298 K.
    """
    logit = 0.06 * temperature / 298 * log(c / (1 - c))
    return 3.86 + c * (1.67 + c * (-9.52 + c * (15.04 - 7.95 * c))) - logit


MATERIAL = Material(
    name="nca_cogswell",
    description="Li(Ni0.8Co0.15Al0.05)O2, solid solution",
    numbers={
        "site_density": Number(
            2.9508e28,
            "taken over from nca.py: the sample file of MPET has the number of a spinel",
            assumed=True,
        ),
        "standard_potential": Number(3.698125, f"ocv at c = 0.5, where mu is set to zero; {_FIT}"),
        "diffusivity": Number(3.0e-15, _NCA, assumed=True),
        "density": Number(4708.0, "site_density and 96.08 g/mol, one Li site a formula"),
    },
    ocv=ocv,
    ocv_source=_FIT,
    ocv_range=(0.001, 0.999),
    kinetics={"law": "butler_volmer", "k0": 7.43, "alpha": 0.5, "exchange_current": "newman"},
    kinetics_source=f"{_NCA}; assumed",
)
