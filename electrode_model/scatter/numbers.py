"""The numbers of each particle of a population, as its configuration gives and scatters them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.scatter.joint import z_of

if TYPE_CHECKING:
    from electrode_model.config.population import Population

__all__ = ["Numbers", "numbers_of"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Numbers:
    """(n_volumes, per_volume) each."""

    k0: Array  # A/m^2 of wetted surface, at the reference temperature of the kinetics
    film_resistance: Array  # ohm m^2 of wetted surface
    contact: Array  # share of the surface that is wetted and wired


def numbers_of(given: "Population", size: Array) -> Numbers:
    """The numbers of particles of ``size`` (n_volumes, per_volume) [m].

    Raises ValueError for lists, spreads or correlations that do not fit.
    """
    from electrode_model.config.components import FACTORS, FRACTIONS

    scatter = given.scattering
    z = z_of(scatter.drawn, size, scatter.pairs, scatter.seed)
    nothing = np.zeros(size.shape)  # what lists are given in place of z

    def scattered(name: str, number: float) -> Array:
        form = getattr(scatter, name)
        if form is None:
            return np.full(size.shape, number)
        law = FACTORS.function(form.name)
        values: Array = number * law(z.get(name, nothing), **form.parameters)
        return values

    contact = np.full(size.shape, given.contact)
    if scatter.contact is not None:
        law = FRACTIONS.function(scatter.contact.name)
        contact = law(z.get("contact", nothing), given.contact, **scatter.contact.parameters)
    return Numbers(
        k0=scattered("k0", given.kinetics.k0),
        film_resistance=scattered("film_resistance", given.film_resistance),
        contact=contact,
    )
