"""Graphite as a solid solution with three plateaus: Bernardi & Go 2011."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, tanh

_BERNARDI = (
    "Bernardi & Go, J. Power Sources 196 (2011) 412, as in MPET 1.0.1 (LiC6_ss2); the paper was not"
    " seen"
)
_GRAPHITE = "taken over from graphite.py: MPET has no parameter file with this curve"

_STEPS = (  # height [V], filling, width
    (0.085, 1.0, 0.3 * 0.02),
    (0.035, 0.5, 0.005),
    (0.090, 0.1944, 0.3 * 0.03571),
    (3.29, 0.0, 0.3 * 0.08333),
)


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC: a sum of steps down."""
    value: Expr = 0.0
    for height, place, width in _STEPS:
        value = value + height / 2 * (1 - tanh((c - place) / width))
    return value


MATERIAL = Material(
    name="graphite_bernardi",
    description="graphite, LixC6, solid solution with plateaus",
    numbers={
        "site_density": Number(1.6862e28, _GRAPHITE, assumed=True),
        "standard_potential": Number(
            0.1025, f"ocv at c = 0.5, where mu is set to zero; {_BERNARDI}"
        ),
        "diffusivity": Number(3.0e-14, _GRAPHITE, assumed=True),
        "density": Number(2260.0, "graphite crystal: handbook value, not looked up", assumed=True),
    },
    ocv=ocv,
    ocv_source=_BERNARDI,
    kinetics={"law": "butler_volmer", "k0": 11.0, "alpha": 0.5, "exchange_current": "newman"},
    kinetics_source=f"{_GRAPHITE}; assumed",
)
