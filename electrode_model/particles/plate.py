"""A plate resolved along one lateral direction: what its models have in common.

    dc/dt = (2/thickness) k0 rate / (e rho_s) + d/dx [D M(c) d(mu/kT)/dx]
    mu/kT = ln(c/(1-c)) + excess(c) + B/(rho_s kT) (c - c_bar) - kappa/(rho_s kT) d2c/dx2

The filling is averaged over the thickness, along the fast direction [010].  The lateral flux is
present only in models that ask for it.
"""

from collections.abc import Mapping

import casadi as ca
import numpy as np

from electrode_model.free_energy import Potential, coherency
from electrode_model.particle import Chemistry, Kernel, interface
from electrode_model.symbolic import exp

__all__ = ["plate"]


def plate(
    chemistry: Chemistry,
    count: int,
    names: tuple[str, ...],
    *,
    strain: float,
    wetting_filling: float = np.nan,
) -> Kernel:
    """Kernel of a plate of ``count`` equal cells whose numbers of a particle are ``names``.

    reaction    velocity of the surface reaction over half the thickness [1/h]
    film        potential drop at that velocity; absent: no film
    gradient    kappa/(rho_s kT) over the squared width of a cell; absent: none
    diffusion   D_s over the squared width of a cell [1/h]; absent: no lateral flux
    wetting     weight of the wetted layer beyond the ends; absent: dc/dx = 0 there

    Instead of ``reaction`` and ``film`` there may be ``reaction_0``, ``reaction_1``, ..., one
    for each cell.  ``strain`` is B/(rho_s kT), ``wetting_filling`` that of the wetted layer.
    """
    c = ca.SX.sym("c", count)
    c_bar, c_e, dphi = (ca.SX.sym(name) for name in ("c_bar", "c_e", "dphi"))
    q = ca.SX.sym("q", len(names))
    value = dict(zip(names, ca.vertsplit(q), strict=True))
    film = _one_or_each("film", value) if any(name.startswith("film") for name in names) else None
    bending = _gradient_energy(c, value, wetting_filling)
    mu = chemistry.potential(c).plus(coherency(c, c_bar, strain=strain) + bending)
    surface = interface(chemistry, film, dphi, c, c_e, mu)
    rates = _one_or_each("reaction", value) * surface.rate
    if "diffusion" in value:
        # the mean filling shifts every potential alike: it is left out of the differences
        lateral = chemistry.potential(c).plus(strain * c + bending)
        flux = value["diffusion"] * _exchange(chemistry, c, lateral)
        rates += ca.vertcat(flux, 0) - ca.vertcat(0, flux)
    films = surface.unknown.shape[0] > 0
    stride = 2 if films else 1
    # A film's unknown stands beside the filling of its cell: the Jacobian stays banded.
    rows = np.arange(count) * stride
    x, rate = ca.SX(count * stride, 1), ca.SX(count * stride, 1)
    x[rows.tolist()], rate[rows.tolist()] = c, rates
    if films:
        x[(rows + 1).tolist()], rate[(rows + 1).tolist()] = surface.unknown, surface.residual
    mass = np.zeros(count * stride)
    mass[rows] = 1.0
    return Kernel(
        x=x,
        c_bar=c_bar,
        c_e=c_e,
        dphi=dphi,
        q=q,
        rate=rate,
        names=names,
        mass=mass,
        weights=mass / count,
        filling=rows,
        positions=(np.arange(count) + 0.5) / count,
        surface=np.full(count, 1 / count),
    )


def _exchange(chemistry: Chemistry, c: ca.SX, mu: Potential) -> ca.SX:
    """(n - 1,) D M(c) d(mu) between cells over D_s, positive towards x = 0.

    A lattice gas exchanges lithium and vacancies by hops over a symmetric barrier,
    c' (1 - c) exp(d/2) - c (1 - c') exp(-d/2) with d the step of the excess potential: second
    order for c (1 - c) d(mu), zero exactly where mu is equal, and without the logarithms that
    full or empty cells do not allow.
    """
    middle, step = (c[1:] + c[:-1]) / 2, mu.excess[1:] - mu.excess[:-1]
    if not mu.mixing:
        return chemistry.mobility(middle) * step
    backward, forward = c[1:] * (1 - c[:-1]), c[:-1] * (1 - c[1:])
    gain = exp(step / 2)
    return chemistry.diffusivity(middle) * (backward * gain - forward / gain)


def _one_or_each(name: str, value: Mapping[str, ca.SX]) -> ca.SX:
    """A number of the plate, or the column of those of its cells."""
    each = [symbol for key, symbol in value.items() if key.startswith(f"{name}_")]
    return ca.vertcat(*each) if each else value[name]


def _gradient_energy(c: ca.SX, value: Mapping[str, ca.SX], wetting_filling: float) -> ca.SX:
    """(n,) part of mu/kT, -kappa/(rho_s kT) d2c/dx2; nothing without a ``gradient``."""
    if "gradient" not in value:
        return ca.SX(c.shape[0], 1)
    inner = c[1:] - c[:-1]
    ends = value.get("wetting", 0)
    first = ends * (c[0] - wetting_filling)
    last = ends * (wetting_filling - c[-1])
    bend = ca.vertcat(inner, last) - ca.vertcat(first, inner)
    return -value["gradient"] * bend
