"""The lumped heat balance: one temperature of the whole cell, which all laws follow.

    C dT/dt = sum_p J_p U_H,p - I V - h (T - T_ambient),        U_H = U - T dU/dT

All per area of the cell.  J_p is the current into particle p, U its potential at equilibrium:
the first two terms are the enthalpy that the reactions set free less the electrical work, hence
the reversible, the kinetic and the ohmic heat together, each where it comes from in the
cell and none forgotten (Bernardi, Pawlikowski & Newman, J. Electrochem. Soc. 132 (1985) 5, Eq. 23).
The sum runs over all places inside the particles: heat of mixing while they even out is in it.
Heat made in the series resistance outside the cell is not.

Inside, theta is T over the temperature of the configuration; potentials stay in units of kT/e at
that temperature.  A kernel is written for any theta by the laws of its material; the numbers of its
particles, stated at theta = 1, are multiplied by how each follows the temperature.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import casadi as ca

from electrode_model.particle import Chemistry, Kernel
from electrode_model.scales import Scales
from electrode_model.symbolic import Expr

__all__ = ["Balance", "Follow", "warmed"]

#: How a number of a particle follows the temperature, given Arrhenius factors of the reaction
#: and of diffusion, both 1 at theta = 1.  A film's drop is R k0 e/kT.
Follow = Callable[[Expr, Expr, Expr], Expr]  # (theta, reaction, diffusion) -> factor

_FOLLOW: Mapping[str, Follow] = {
    "reaction": lambda theta, reaction, diffusion: reaction,
    "film": lambda theta, reaction, diffusion: reaction / theta,
    "diffusion": lambda theta, reaction, diffusion: diffusion,
    "gradient": lambda theta, reaction, diffusion: 1 / theta,  # an energy over kT
    "interphase": lambda theta, reaction, diffusion: 1 / theta,  # a drop, over kT/e
    "excess_omega": lambda theta, reaction, diffusion: 1 / theta,
}

#: Numbers that are geometry: the same at any temperature.
_FIXED = ("wetting", "surface_wetting", "blocked", "exchange")


@dataclass(frozen=True)
class Balance:
    """Heat capacity and cooling of the cell, inside units; the start is theta = 1."""

    capacity: float  # 1C h kT/e: heat that raises theta by 1
    cooling: float  # 1C kT/e: heat lost per hour and unit of theta
    ambient: float  # theta of the surroundings

    @staticmethod
    def of(capacity: float, cooling: float, ambient: float, scales: Scales) -> "Balance":
        """From C [J/(m^2 K)], h [W/(m^2 K)] and the ambient temperature [K]."""
        power = scales.current * scales.voltage  # W/m^2
        kelvin = scales.temperature
        return Balance(
            capacity * kelvin / (power * scales.time), cooling * kelvin / power, ambient / kelvin
        )


def warmed(
    kernel: Kernel, laws: Chemistry, theta: ca.SX, reaction: Expr, diffusion: Expr
) -> Kernel:
    """The kernel at any ``theta``, and the enthalpy that its particles set free.

    ``laws`` are written with ``theta``; ``reaction`` and ``diffusion`` are Arrhenius factors, 1 at
    theta = 1.  The kernel's ``heat`` is sum_i w_i dc_i/dt U_H(c_i) in 1/h kT/e.

    Raises ValueError for a number of a particle whose temperature dependence is not known.
    """
    factors = []
    for name in kernel.names:
        stem = name.rstrip("0123456789").rstrip("_")
        if stem in _FOLLOW:
            factors.append(_FOLLOW[stem](theta, reaction, diffusion))
        elif stem in _FIXED:
            factors.append(ca.SX(1))
        else:
            raise ValueError(f"how {name} of a particle follows the temperature is not known")
    rate = ca.substitute(
        [kernel.rate],
        [kernel.dphi, kernel.q],
        [kernel.dphi / theta, kernel.q * ca.vertcat(*factors)],
    )[0]
    rows = kernel.filling.tolist()
    enthalpy = ca.vertcat(*[_enthalpy(laws, kernel.x[row], theta) for row in rows])
    filling = ca.DM(kernel.weights[kernel.filling]) * rate[rows]
    return replace(kernel, rate=rate, theta=theta, heat=ca.dot(filling, enthalpy))


def _enthalpy(laws: Chemistry, c: ca.SX, theta: ca.SX) -> ca.SX:
    """U - T dU/dT [kT/e at theta = 1]; the mixing entropy, linear in T, drops out."""
    potential = ca.SX(theta * (laws.standard - laws.potential(c).excess))
    return potential - theta * ca.jacobian(potential, theta)
