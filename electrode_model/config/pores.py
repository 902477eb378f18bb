"""Electrolyte-filled pores in a configuration: of a separator or an electrode, volume by volume."""

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from electrode_model.config.components import TORTUOSITIES
from electrode_model.config.fields import Component, Part, PerVolume, Quantity, Section
from electrode_model.config.problems import Location

__all__ = ["Pores", "Volumes", "spread"]

Array = np.ndarray[Any, np.dtype[np.float64]]


Volumes = Annotated[int, Quantity("1", "number of finite volumes", at_least=1, at_most=1000)]


def spread(value: float | tuple[float, ...], volumes: int) -> Array:
    """(volumes,) the values of a key that may be a number or a list."""
    return np.array(np.broadcast_to(np.asarray(value, dtype=float), volumes))


class Pores(Section):
    """What separator and electrode have in common."""

    thickness: Annotated[float, Quantity("m", "thickness", above=0, at_most=0.01)]
    porosity: Annotated[
        float | tuple[float, ...],
        PerVolume("1", "volume fraction of electrolyte; 1: free liquid", above=0, at_most=1),
    ]
    bruggeman: Annotated[
        float | None,
        Quantity("1", "exponent b of transport = porosity^b", at_least=0, at_most=10),
    ] = 1.5
    tortuosity: Annotated[Component | None, Part(TORTUOSITIES)] = Field(
        default=None, description="law of transport = porosity / tortuosity, in place of bruggeman"
    )
    volumes: Volumes

    @model_validator(mode="before")
    @classmethod
    def _one_law(cls, given: Any) -> Any:
        """A tortuosity takes the place of the default exponent."""
        if isinstance(given, dict) and given.get("tortuosity") is not None:
            return {"bruggeman": None, **given}
        return given

    @property
    def porosities(self) -> Array:
        """(volumes,) porosity of each volume."""
        return spread(self.porosity, self.volumes)

    @property
    def hindrance(self) -> Array:
        """(volumes,) transport in the pores over that in the bulk, porosity / tortuosity."""
        plain = Component(name="bruggeman", parameters={"exponent": self.bruggeman})
        choice, eps = self.tortuosity or plain, self.porosities
        hindrance: Array = eps / TORTUOSITIES.function(choice.name)(eps, **choice.parameters)
        return hindrance

    def _length_faults(self, key: str) -> Iterator[tuple[Location, str]]:
        """A list has one value for each volume."""
        value = getattr(self, key)
        if isinstance(value, tuple) and len(value) != self.volumes:
            message = f"has {len(value)} values, but there are {self.volumes} volumes"
            yield (key,), f"{message}; write one for each, or one number for all"

    def _pore_faults(self) -> list[tuple[Location, str]]:
        faults = list(self._length_faults("porosity"))
        if self.tortuosity is None and self.bruggeman is None:
            faults.append(
                (("bruggeman",), "is null, and there is no tortuosity; write one of them")
            )
        if self.tortuosity is not None and self.bruggeman is not None:
            message = "is given, and tortuosity too; both say how pores hinder transport, keep one"
            faults.append((("bruggeman",), message))
        if self.tortuosity is not None and not faults:
            try:
                _ = self.hindrance
            except ValueError as error:
                faults.append((("tortuosity",), str(error)))
        return faults
