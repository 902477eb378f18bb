"""Graphite as one phase-separating variable: stage 2 to stage 1, with a solid-solution tail."""

from collections.abc import Mapping

from electrode_model.constants import BOLTZMANN
from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, power, tanh

_MPET = (
    "Smith & Bazant, J. Electrochem. Soc. 164 (2017) E3291, MPET 1.0.1 parameter file"
    " graphite_1param"
)

_UNIT = BOLTZMANN * 298.0  # J: the numbers of the fit are in kT at 298 K, whatever T is


def _up(c: Expr, place: float, width: float) -> Expr:
    return 0.5 * (tanh((c - place) / width) + 1)


def _down(c: Expr, place: float, width: float) -> Expr:
    return 1 - _up(c, place, width)


def chemical_potential(c: Expr, numbers: Mapping[str, float]) -> Expr:
    """mu [J] from the standard potential: MPET 1.0.1, LiC6_1param (low hysteresis, soft tail).

    A fit of staging by two spinodal branches about c = 0.4 and 0.74, with ``omega`` and
    ``omega_b`` in their slopes; it does not become steeper with temperature.
    """
    omega, omega_b = numbers["omega"] / _UNIT, numbers["omega_b"] / _UNIT
    width = 0.05
    empty = -0.05 / power(c, 0.85)
    full = 10 * _up(c, 1.0, 0.045)
    dilute = (
        -40 * exp(-c / 0.015) + 0.75 * (tanh((c - 0.17) / 0.02) - 1) + (tanh((c - 0.22) / 0.04) - 1)
    ) * _down(c, 0.35, width)
    stage_2 = (
        1.8 * omega * (0.4 - power(c, 0.98)) * _down(c, 0.49, 0.9 * width) * _up(c, 0.35, width)
    )
    stage_1 = (0.4 * omega * (0.74 - c) + 0.9 * omega_b) * _up(c, 0.5, 0.4 * width)
    return _UNIT * (0.18 + empty + full + dilute + stage_2 + stage_1)


MATERIAL = Material(
    name="graphite_1param",
    description="graphite, LixC6, phase-separating; one variable",
    numbers={
        "site_density": Number(1.7e28, _MPET),
        "standard_potential": Number(0.12, "MPET 1.0.1, LiC6_1param"),
        "omega": Number(1.3992e-20, f"3.4 kT at 298 K: {_MPET}"),
        "omega_b": Number(5.761532e-21, f"1.4 kT at 298 K: {_MPET}"),
        "gradient_energy": Number(4.0e-7, _MPET),
        "coherency": Number(0.0, _MPET),
        "diffusivity": Number(1.25e-12, f"tracer diffusivity of the lattice gas: {_MPET}"),
        "density": Number(2260.0, "graphite crystal: handbook value, not looked up", assumed=True),
    },
    chemical_potential=chemical_potential,
    kinetics={
        "law": "butler_volmer",
        "k0": 30.0,
        "alpha": 0.5,
        "exchange_current": "transition_state",
        "activation_energy": 50_000.0,
        "reference_temperature": 298.0,
    },
    kinetics_source=_MPET,
)
