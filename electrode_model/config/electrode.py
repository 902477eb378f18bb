"""A porous electrode in a configuration."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from electrode_model.config.fields import Quantity, Section, checked
from electrode_model.config.population import Population
from electrode_model.config.problems import Location

__all__ = ["Bruggeman", "Electrode", "Thickness", "Volumes"]

MOST_UNKNOWNS = 10_000_000  # of all particles: some ten GB

Thickness = Annotated[float, Quantity("m", "thickness", above=0, at_most=0.01)]
Bruggeman = Annotated[
    float, Quantity("1", "exponent b of transport = porosity^b", at_least=0, at_most=10)
]
Volumes = Annotated[int, Quantity("1", "number of finite volumes", at_least=1, at_most=1000)]


class Electrode(Section):
    """Porous electrode of particles."""

    thickness: Thickness
    porosity: Annotated[float, Quantity("1", "volume fraction of electrolyte", above=0, below=1)]
    active_fraction: Annotated[
        float,
        Quantity("1", "volume of active material / volume of electrode", above=0, at_most=1),
    ]
    bruggeman: Bruggeman = 1.5
    conductivity: Annotated[
        float | None,
        Quantity(
            "S/m",
            "effective conductivity of the solid; null: perfectly conducting",
            above=0,
            at_most=1e9,
        ),
    ] = None
    volumes: Volumes
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
    particles: tuple[Population, ...] = Field(
        description="populations of particles", json_schema_extra={"minItems": 1}
    )

    @model_validator(mode="after")
    def _check(self) -> "Electrode":
        faults: list[tuple[Location, str]] = []
        solid = self.porosity + self.active_fraction
        if solid > 1 + 1e-9:
            message = f"+ active_fraction = {solid:g}, more than the electrode; reduce one of them"
            faults.append((("porosity",), message))
        faults += self._share_faults()
        if self.initial_filling is None and any(p.initial_filling is None for p in self.particles):
            example = "write for example initial_filling: 0.01, or 0.99 for a charge"
            message = f"is missing, and not every population has its own; {example}"
            faults.append((("initial_filling",), message))
        unknowns = self.volumes * sum(population.unknowns for population in self.particles)
        if unknowns > MOST_UNKNOWNS:
            message = f"makes {unknowns:.3g} unknowns (volumes x per_volume x nodes)"
            faults.append((("particles",), f"{message}; at most {MOST_UNKNOWNS:.0e} are solved"))
        for index, population in enumerate(self.particles):
            for key, sizes in population.size.lists.items():
                count = len(self.volumes_of(population))
                if isinstance(sizes[0], tuple) and len(sizes) != count:
                    message = f"has {len(sizes)} lists, but there are {count} volumes"
                    place = ("particles", index, "size", "parameters", key)
                    faults.append((place, f"{message}; write one list for each, or one for all"))
        return checked(self, faults)

    def volumes_of(self, population: Population) -> tuple[int, ...]:
        """The volumes that a population is in: those whose middle lies in its ``depth``."""
        first, last = population.depth
        middles = [(v + 0.5) / self.volumes for v in range(self.volumes)]
        return tuple(v for v, middle in enumerate(middles) if first <= middle < last)

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
