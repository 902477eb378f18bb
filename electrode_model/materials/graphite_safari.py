"""Graphite as a solid solution: the fit of Safari & Delacourt 2011."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, tanh

_SAFARI = (
    "Safari & Delacourt, J. Electrochem. Soc. 158 (2011) A1123, as in MPET 1.0.1 (LiC6_ss); the"
    " paper was not seen"
)
_GRAPHITE = "taken over from graphite.py: MPET has no parameter file with this curve"


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC."""
    return (
        0.6379
        + 0.5416 * exp(-305.5309 * c)
        + 0.044 * tanh(-(c - 0.1958) / 0.1088)
        - 0.1978 * tanh((c - 1.0571) / 0.0854)
        - 0.6875 * tanh((c + 0.0117) / 0.0529)
        - 0.0175 * tanh((c - 0.5692) / 0.0875)
    )


MATERIAL = Material(
    name="graphite_safari",
    description="graphite, LixC6, solid solution",
    numbers={
        "site_density": Number(1.6862e28, _GRAPHITE, assumed=True),
        "standard_potential": Number(
            0.11605664, f"ocv at c = 0.5, where mu is set to zero; {_SAFARI}"
        ),
        "diffusivity": Number(3.0e-14, _GRAPHITE, assumed=True),
        "density": Number(2260.0, "graphite crystal: handbook value, not looked up", assumed=True),
    },
    ocv=ocv,
    ocv_source=_SAFARI,
    kinetics={"law": "butler_volmer", "k0": 11.0, "alpha": 0.5, "exchange_current": "newman"},
    kinetics_source=f"{_GRAPHITE}; assumed",
)
