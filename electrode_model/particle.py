"""What every model of a particle is given and what it returns.

A particle model sees its own state, the electrolyte concentration and the potential step at
its place, its own mean filling (coherency strain), and numbers of its own:

    M dx/dt = f(x; c_bar, c_e, dphi, q)

f is one CasADi expression; the solver derives from it the vectorised evaluator and the banded
Jacobian of one particle.  Nothing ever differentiates the whole electrode.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import casadi as ca
import numpy as np

from electrode_model.free_energy import Potential
from electrode_model.symbolic import Expr

__all__ = ["Chemistry", "Interface", "Kernel", "Model", "Particles", "interface"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Chemistry:
    """The laws of a material, dimensionless: potentials in kT/e, c_e in mol/L."""

    potential: Callable[[Expr], Potential]  # of c, without gradient and coherency terms
    rate: Callable[[Expr, Expr, Expr, Potential], Expr]  # (dphi, c, c_e, mu) -> insertion / k0
    diffusivity: Callable[[Expr], Expr]  # D(c)/D_s
    mobility: Callable[[Expr], Expr]  # M(c)
    #: of a layer of filling c beside one of filling c'; None: known by its voltage only
    layer: Callable[[Expr, Expr], Potential] | None = None
    split: float = 0.0  # energy of the second layer's sites above the first's, kT
    standard: Expr = 0.0  # standard potential, kT/e
    theta: Expr = 1.0  # temperature over that at which numbers other than these laws are stated

    def of_layers(self, fillings: Sequence[Expr]) -> list["Chemistry"]:
        """The laws of each layer, one or two, beside the ``fillings`` of the other.

        Raises ValueError for two layers of a material that is not a regular solution.
        """
        if len(fillings) == 1:
            return [self]
        layer = self.layer
        if layer is None:
            raise ValueError(
                "particles of two layers need a material that is a regular solution, such as"
                " graphite_2param; a voltage or a potential of one filling says nothing of layers"
            )

        def beside(other: Expr, shift: float) -> Chemistry:
            moved = shift / self.theta
            return replace(self, potential=lambda c: layer(c, other).plus(moved))

        first, second = fillings
        return [beside(second, -self.split / 2), beside(first, self.split / 2)]


@dataclass(frozen=True)
class Particles:
    """The particles of one population; metres and hours."""

    size: Array  # (P,) m
    reaction: Array  # (P,) k0 / (e rho_s), m/h: velocity of the reaction where there is contact
    diffusivity: float  # D_s, m^2/h
    gradient: float  # kappa / (rho_s kT), m^2
    strain: Expr  # B / (rho_s kT)
    film: Array  # (P,) R_film k0 e/kT: potential drop at the rate k0
    contact: Array  # (P,) share of the surface that reacts
    wetting_filling: float
    wetting_layer: float  # m
    thickness: float  # m, of plates; nan otherwise
    omega: float  # regular-solution parameter, kT; nan for other materials
    temperature: float  # K
    wetting: float  # slope dc/dn that the surface energy asks for, 1/m; 0: neutral

    def among(self, index: np.ndarray) -> "Particles":
        """The particles of an ``index`` (p,)."""
        own = {name: getattr(self, name)[index] for name in ("size", "reaction", "film", "contact")}
        return replace(self, **own)

    @property
    def velocity(self) -> Array:
        """(P,) velocity of the reaction, mean over the surface [m/h]."""
        return self.reaction * self.contact

    @property
    def films(self) -> Mapping[str, Array]:
        """The number ``film`` of a particle (P,), or nothing where no particle has a film."""
        return {"film": self.film} if np.any(self.film > 0) else {}


@dataclass(frozen=True)
class Kernel:
    """One particle as an expression; the state is (n,) with n - |mass| algebraic rows."""

    x: ca.SX  # (n,)
    c_bar: ca.SX  # ()
    c_e: ca.SX  # ()
    dphi: ca.SX  # ()
    q: ca.SX  # (k,) numbers of a particle
    rate: ca.SX  # (n,) f; units 1/h in differential rows
    names: tuple[str, ...]  # (k,) of q
    mass: Array  # (n,) 1: differential, 0: algebraic
    weights: Array  # (n,) mean filling = weights @ x
    filling: np.ndarray  # (m,) rows of x that are fillings
    positions: Array  # (m,) where they are, 0..1; layers in turn; empty without an inner grid
    surface: Array  # (m,) share of the reacting area that each of them has, sums to 1
    angles: Array = field(default_factory=lambda: np.empty(0))  # (m,) rad, of a section
    theta: ca.SX | None = None  # () temperature over that of the configuration; None: constant
    heat: ca.SX | None = None  # () enthalpy set free, 1/h kT/e; None: not asked for


@dataclass(frozen=True)
class Model:
    """Particles of a population that share a kernel."""

    kernel: Kernel
    index: np.ndarray  # (p,) which of the population's particles
    q: Mapping[str, Array]  # name -> (p,)
    #: (m,) added to the fillings at the start, of layers; empty: nothing
    offset: Array = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Interface:
    """Reaction at one or more surface points; holds the extra unknowns of a film."""

    rate: ca.SX  # (m,) insertion / k0
    unknown: ca.SX  # (m,) or empty
    residual: ca.SX  # (m,) or empty


def interface(
    chemistry: Chemistry, film: Expr | None, dphi: Expr, c: Expr, c_e: Expr, mu: Potential
) -> Interface:
    """Insertion rate at surface points ``c`` (m,), behind a film if there is one.

    With a film the rate appears in its own driving force, j = rate(dphi + film j).  It
    becomes an unknown of the particle: any kinetic law, no inner iteration.
    """
    if film is None:
        return Interface(chemistry.rate(dphi, c, c_e, mu), ca.SX(0, 1), ca.SX(0, 1))
    j = ca.SX.sym("j", c.shape[0])
    return Interface(j, j, chemistry.rate(dphi + film * j, c, c_e, mu) - j)
