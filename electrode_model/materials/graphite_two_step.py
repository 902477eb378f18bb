"""Graphite as a solid solution with the two plateaus of the model of two layers."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, log, tanh

_MPET = "fit by the authors of MPET 1.0.1 (LiC6_2step_ss) to their model of two layers"
_GRAPHITE = "taken over from graphite.py: MPET has no parameter file with this curve"

_THERMAL = 298.0 * 1.380649e-23 / 1.602176634e-19  # V, kT/e at 298 K
_EDGE, _EDGE_WIDTH, _SHIFT = 0.024, 1e-4, 1e-2


def _up(c: Expr, place: float, width: float) -> Expr:
    return 0.5 * (tanh((c - place) / width) + 1)


def _logit(c: Expr) -> Expr:
    return log(c / (1 - c))


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC: two plateaus and ideal tails, 0.024 wide."""
    left = _logit(c) - _logit(_EDGE) - _SHIFT
    right = _logit(c) - _logit(1 - _EDGE) + _SHIFT
    tails = left * (1 - _up(c, _EDGE, _EDGE_WIDTH)) + right * _up(c, 1 - _EDGE, _EDGE_WIDTH)
    return 0.1196 - 0.0351733976 * _up(c, 0.5, 0.013) - _THERMAL * tails


MATERIAL = Material(
    name="graphite_two_step",
    description="graphite, LixC6, solid solution with two plateaus",
    numbers={
        "site_density": Number(1.6862e28, _GRAPHITE, assumed=True),
        "standard_potential": Number(
            0.1020133, f"ocv at c = 0.5, where mu is set to zero; {_MPET}"
        ),
        "diffusivity": Number(3.0e-14, _GRAPHITE, assumed=True),
        "density": Number(2260.0, "graphite crystal: handbook value, not looked up", assumed=True),
    },
    ocv=ocv,
    ocv_source=_MPET,
    ocv_range=(0.001, 0.999),
    kinetics={"law": "butler_volmer", "k0": 11.0, "alpha": 0.5, "exchange_current": "newman"},
    kinetics_source=f"{_GRAPHITE}; assumed",
)
