"""Two particles and a chemistry, to build a user's particle model with and look at it."""

import numpy as np

from electrode_model import exchange_current, kinetics
from electrode_model.free_energy import Potential, layered_solution
from electrode_model.particle import Chemistry, Particles
from electrode_model.symbolic import Expr

__all__ = ["chemistry", "particles"]


def chemistry() -> Chemistry:
    """A lattice gas with Butler-Volmer kinetics, to build particles with."""

    def layer(c: Expr, beside: Expr) -> Potential:
        return layered_solution(c, beside, omega=1.0, omega_b=0.0, omega_c=0.0, van_der_waals=0.0)

    def rate(dphi: Expr, c: Expr, c_e: Expr, mu: Potential) -> Expr:
        return kinetics.butler_volmer(dphi, c, c_e, mu, exchange_current.newman)

    return Chemistry(lambda c: layer(c, c), rate, lambda c: 1.0, lambda c: c * (1 - c), layer)


def particles(kelvin: float) -> Particles:
    """Two particles of different size, with a number for everything that a model may ask for."""
    return Particles(
        size=np.array([1e-7, 2e-7]),  # m
        reaction=np.full(2, 1e-7),  # m/h
        diffusivity=1e-12,  # m^2/h
        gradient=1e-17,  # m^2
        strain=0.1,
        film=np.zeros(2),
        contact=np.ones(2),
        wetting_filling=0.9,
        wetting_layer=1e-9,
        thickness=2e-8,
        omega=1.0,
        temperature=kelvin,
        wetting=0.0,
    )
