"""Section of a cylinder with a patch of slower surface, for instance under rocksalt.

    dc/dt = div(D(c) grad c),      D(c) dc/dn = k0 s(phi) rate(c, dphi) / (e rho_s) at r = R

in the half plane 0 <= phi <= pi, its other half being the mirror image.  A share ``blocked`` of
the surface, about phi = 0, is a patch with s = ``patch_rate``; elsewhere s = 1.  All of the
surface is at one potential.  Lun et al., Energy Environ. Sci. 18 (2025) 4097, prescribe instead
the ratio of the fluxes through patch and free surface; ``flux_ratio`` does that:

    D(c) dc/dn = k0 s(phi) <rate> / (e rho_s),  s = flux_ratio in the patch,

with <rate> the mean over the free surface, so that a potential still drives the particle.
Lithium moves in the plane of the section only: the ab plane of a layered oxide.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

import casadi as ca
import numpy as np

from electrode_model.inner_transport import Refinement
from electrode_model.particle import Chemistry, Interface, Kernel, Model, Particles, interface
from electrode_model.polar import HalfDisc, half_disc
from electrode_model.quantities import Spec
from electrode_model.symbolic import Expr, tree_sum

__all__ = ["build"]

Array = np.ndarray[Any, np.dtype[np.float64]]


def build(
    particles: Particles,
    chemistry: Chemistry,
    *,
    shape: Literal["cylinder"] = "cylinder",
    radial: Annotated[
        int, Spec("1", "grid points from the centre to the surface", at_least=3)
    ] = 24,
    angular: Annotated[int, Spec("1", "sectors in half a turn", at_least=2)] = 24,
    refinement: Refinement = 1.0,
    blocked: Annotated[
        float, Spec("1", "share of the surface that the patch takes", at_least=0.0, below=1.0)
    ] = 0.0,
    blocked_spread: Annotated[
        float, Spec("1", "largest deviation of a particle's share from it", at_least=0.0, below=1.0)
    ] = 0.0,
    seed: Annotated[int, Spec("1", "of the shares that particles draw", at_least=0)] = 0,
    patch_rate: Annotated[
        float, Spec("1", "rate constant of the patch over that elsewhere", at_least=0.0)
    ] = 0.1,
    flux_ratio: Annotated[
        float, Spec("1", "fixed ratio of the fluxes through patch and elsewhere", at_least=0.0)
    ]
    | None = None,
) -> list[Model]:
    """1 + (``radial`` - 1) ``angular`` states each; ``size`` is the radius.

    With ``blocked_spread`` the shares are uniform in blocked +- blocked_spread, cut off at 0
    and 0.95.  With ``flux_ratio`` the patch has no kinetics of its own.
    """
    grid = half_disc(radial, angular, refinement)
    count = particles.size.size
    draw = np.random.default_rng(seed).uniform(-1.0, 1.0, count)
    numbers = {
        "reaction": particles.velocity / particles.size,
        "diffusion": particles.diffusivity / particles.size**2,
        "blocked": np.clip(blocked + blocked_spread * draw, 0.0, max(blocked, 0.95)),
        **particles.films,
    }
    react = (
        partial(_kinetics, chemistry, patch_rate)
        if flux_ratio is None
        else partial(_shared, chemistry, flux_ratio)
    )
    kernel = _section(chemistry, grid, tuple(numbers), react)
    return [Model(kernel, np.arange(count), numbers)]


def _section(
    chemistry: Chemistry,
    grid: HalfDisc,
    names: tuple[str, ...],
    react: Callable[[ca.SX, Expr, ca.SX, ca.SX, ca.SX], Interface],
) -> Kernel:
    c = ca.SX.sym("c", grid.count)
    c_bar, c_e, dphi = (ca.SX.sym(name) for name in ("c_bar", "c_e", "dphi"))
    q = ca.SX.sym("q", len(names))
    value = dict(zip(names, ca.vertsplit(q), strict=True))
    patch = _covered(value["blocked"], grid.sectors)
    # Surface and film unknowns stand one ring apart, as rings do: the band grows no wider.
    surface = react(patch, value.get("film"), dphi, c[-grid.sectors :], c_e)

    def diffusivity(filling: ca.SX) -> Expr:
        return value["diffusion"] * chemistry.diffusivity(filling)

    inside = grid.divergence(c, diffusivity, value["reaction"] * surface.rate)
    algebraic = np.zeros(surface.unknown.shape[0])
    return Kernel(
        x=ca.vertcat(c, surface.unknown),
        c_bar=c_bar,
        c_e=c_e,
        dphi=dphi,
        q=q,
        rate=ca.vertcat(inside, surface.residual),
        names=names,
        mass=np.concatenate([np.ones(grid.count), algebraic]),
        weights=np.concatenate([grid.weights, algebraic]),
        filling=np.arange(grid.count),
        positions=grid.positions,
        surface=grid.surface,
        angles=grid.angles,
    )


def _covered(blocked: ca.SX, sectors: int) -> ca.SX:
    """(sectors,) share of each sector's surface that lies under the patch."""
    reach = blocked * sectors - np.arange(sectors)
    return ca.fmin(ca.fmax(reach, 0), 1)


def _kinetics(
    chemistry: Chemistry,
    patch_rate: float,
    patch: ca.SX,
    film: Expr,
    dphi: ca.SX,
    c: ca.SX,
    c_e: ca.SX,
) -> Interface:
    """Each place reacts at the common potential, at ``patch_rate`` of k0 under the patch."""
    factor = 1 - (1 - patch_rate) * patch

    def rate(dphi: Expr, c: Expr, c_e: Expr, mu: Any) -> Expr:
        return factor * chemistry.rate(dphi, c, c_e, mu)

    scaled = replace(chemistry, rate=rate)
    return interface(scaled, film, dphi, c, c_e, chemistry.potential(c))


def _shared(
    chemistry: Chemistry,
    ratio: float,
    patch: ca.SX,
    film: Expr,
    dphi: ca.SX,
    c: ca.SX,
    c_e: ca.SX,
) -> Interface:
    """Mean rate of the free surface everywhere, times ``ratio`` where the patch is."""
    free = 1 - patch
    area = tree_sum(ca.vertsplit(free))
    mu = chemistry.potential(c)

    def mean(dphi: Expr) -> Expr:
        rates = free * chemistry.rate(dphi, c, c_e, mu)
        return tree_sum(ca.vertsplit(rates)) / area

    distribution = free + ratio * patch
    if film is None:
        return Interface(distribution * mean(dphi), ca.SX(0, 1), ca.SX(0, 1))
    j = ca.SX.sym("j")
    return Interface(distribution * j, j, mean(dphi + film * j) - j)


#: Keys of a population with which tests try the model: a patch.
EXAMPLE = {"model": {"blocked": 0.5}}
