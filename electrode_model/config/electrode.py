"""A porous electrode in a configuration."""

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from electrode_model.config.components import CONNECTIONS, DISTRIBUTIONS
from electrode_model.config.fields import Component, Part, PerVolume, Quantity, checked
from electrode_model.config.population import Population
from electrode_model.config.pores import Pores, spread
from electrode_model.config.problems import Location
from electrode_model.config.user_components import check_sizes
from electrode_model.user_files import UserFileError, is_reference, label

__all__ = ["Electrode"]

MOST_UNKNOWNS = 10_000_000  # of all particles: some ten GB


class Electrode(Pores):
    """Porous electrode of particles."""

    porosity: Annotated[
        float | tuple[float, ...],
        PerVolume("1", "volume fraction of electrolyte", above=0, below=1),
    ]
    active_fraction: Annotated[
        float | tuple[float, ...],
        PerVolume("1", "volume of active material / volume of electrode", above=0, at_most=1),
    ]
    conductivity: Annotated[
        float | None,
        Quantity(
            "S/m",
            "effective conductivity of the solid; null: perfectly conducting",
            above=0,
            at_most=1e9,
        ),
    ] = None
    initial_filling: Annotated[
        float | None,
        Quantity(
            "1",
            "filling fraction of every particle at the start; null: each population has its own",
            above=0,
            below=1,
            cure="an empty or full particle has no finite potential; write for example 0.01 or"
            " 0.99",
        ),
    ] = None
    connections: Annotated[Component | None, Part(CONNECTIONS)] = Field(
        default=None,
        description="electronic resistances between the particles of a volume; null: none",
    )
    particles: tuple[Population, ...] = Field(
        description="populations of particles", json_schema_extra={"minItems": 1}
    )

    @model_validator(mode="after")
    def _check(self) -> "Electrode":
        faults = [*self._pore_faults(), *self._length_faults("active_fraction")]
        if not faults:
            faults += self._overfull()
        faults += [*self._share_faults(), *self._size_faults()]
        unknowns = self.volumes * sum(population.unknowns for population in self.particles)
        if unknowns > MOST_UNKNOWNS:
            message = f"makes {unknowns:.3g} unknowns (volumes x per_volume x nodes)"
            faults.append((("particles",), f"{message}; at most {MOST_UNKNOWNS:.0e} are solved"))
        for index, population in enumerate(self.particles):
            for place, values in population.lists.items():
                count = len(self.volumes_of(population))
                if isinstance(values[0], tuple) and len(values) != count:
                    message = f"has {len(values)} lists, but there are {count} volumes"
                    cure = "write one list for each, or one for all"
                    faults.append((("particles", index, *place), f"{message}; {cure}"))
        return checked(self, [*faults, *self._connection_faults()])

    def _connection_faults(self) -> Iterator[tuple[Location, str]]:
        """A listed conductance belongs to a particle: as many as there are, in every volume."""
        if self.connections is None:
            return
        there = [
            sum(p.per_volume for p in self.particles if v in self.volumes_of(p))
            for v in range(self.volumes)
        ]
        for key, values in self.connections.lists.items():
            place: Location = ("connections", "parameters", key)
            each = isinstance(values[0], tuple)
            if each and len(values) != self.volumes:
                message = f"has {len(values)} lists, but there are {self.volumes} volumes"
                yield place, f"{message}; write one list for each, or one for all"
                continue
            for v, count in enumerate(there):
                own = values[v] if each else values
                if len(own) != count:
                    message = f"lists {len(own)} for volume {v + 1}, which has {count} particles"
                    yield place, f"{message}; write one for each of them, in their order"
                    break

    @property
    def unfilled(self) -> bool:
        """Whether a population has no filling to start with."""
        own = all(population.initial_filling is not None for population in self.particles)
        return self.initial_filling is None and not own

    def volumes_of(self, population: Population) -> tuple[int, ...]:
        """The volumes that a population is in: those whose middle lies in its ``depth``."""
        first, last = population.depth
        middles = [(v + 0.5) / self.volumes for v in range(self.volumes)]
        return tuple(v for v, middle in enumerate(middles) if first <= middle < last)

    @property
    def active_fractions(self) -> np.ndarray:
        """(volumes,) volume fraction of active material in each volume."""
        return spread(self.active_fraction, self.volumes)

    def _overfull(self) -> Iterator[tuple[Location, str]]:
        """Pores and active material must find room in each volume."""
        solid = self.porosities + self.active_fractions
        worst = int(solid.argmax())
        if solid[worst] > 1 + 1e-9:
            listed = isinstance(self.porosity, tuple) or isinstance(self.active_fraction, tuple)
            where = f"volume {worst + 1}" if listed else "the electrode"
            message = f"+ active_fraction = {solid[worst]:g}, more than {where}"
            yield ("porosity",), f"{message}; reduce one of them"

    def _size_faults(self) -> Iterator[tuple[Location, str]]:
        """Of sizes that a user's file draws."""
        for index, population in enumerate(self.particles):
            own, count = population.size, (len(self.volumes_of(population)), population.per_volume)
            if not is_reference(own.name):
                continue
            try:
                check_sizes(DISTRIBUTIONS, own.name, own.parameters, count)
            except UserFileError as error:
                place = ("particles", index, "size", "name")
                yield place, f"names {label(own.name)}, but {error}"

    def _share_faults(self) -> Iterator[tuple[Location, str]]:
        """In every volume the shares of the populations there must sum to 1."""
        if not self.particles:
            yield ("particles",), "is empty; write at least one population"
            return
        for index, population in enumerate(self.particles):
            if not self.volumes_of(population):
                low, high = population.depth
                message = f"is [{low:g}, {high:g}], which holds no middle of a volume"
                cure = f"of {self.volumes}; widen it, or write more volumes"
                yield ("particles", index, "depth"), f"{message} {cure}"
        layered = len({population.depth for population in self.particles}) > 1
        for v in range(self.volumes):
            there = [p.volume_fraction for p in self.particles if v in self.volumes_of(p)]
            if abs(sum(there) - 1) > 1e-6:
                shares = " + ".join(f"{share:g}" for share in there) or "nothing"
                place = f" at the depth of volume {v + 1} of {self.volumes}" if layered else ""
                message = f"volume_fraction sums to {shares} = {sum(there):g}{place}"
                yield ("particles",), f"{message}; the sum must be 1"
                return
