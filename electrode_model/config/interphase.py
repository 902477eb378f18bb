"""The electrolyte layer between particle and pore in a configuration."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from electrode_model.config.components import ELECTROLYTES
from electrode_model.config.fields import Component, Part, Quantity, Section, checked
from electrode_model.config.problems import Location
from electrode_model.config.salts import salt_faults

__all__ = ["BESIDE_LAYER", "Interphase"]

#: Keys of an ``interphase`` section beside those of its electrolyte.
BESIDE_LAYER = (
    "thickness",
    "cells",
    "porosity",
    "bruggeman",
    "salt",
    "concentration",
    "activity",
    "area",
)


class Interphase(Section):
    """Electrolyte layer of its own between each particle and the pore."""

    model: Annotated[Component, Part(ELECTROLYTES, beside=BESIDE_LAYER)] = Field(
        description="electrolyte model of the layer"
    )
    thickness: Annotated[float, Quantity("m", "thickness of the layer", above=0, at_most=1e-4)]
    cells: Annotated[int, Quantity("1", "finite volumes", at_least=1, at_most=100)] = 5
    porosity: Annotated[
        float, Quantity("1", "volume fraction of its electrolyte", above=0, at_most=1)
    ] = 1.0
    bruggeman: Annotated[
        float, Quantity("1", "exponent b of transport = porosity^b", at_least=0, at_most=10)
    ] = 1.5
    salt: Literal["own", "shared"] = Field(
        default="own",
        description="own: anions do not pass to the pore; shared: a liquid continuous with it",
    )
    concentration: Annotated[
        float | None,
        Quantity("mol/m^3", "salt concentration at the start of own salt", above=0, at_most=1e5),
    ] = None
    activity: Annotated[
        float | None,
        Quantity(
            "1", "activity that the reaction sees; null: of the concentration", above=0, at_most=1e4
        ),
    ] = None
    area: Literal["particle", "electrode"] = Field(
        default="particle",
        description="cross-section: the reacting surface, or as in MPET the electrode's plane",
    )

    @model_validator(mode="after")
    def _check(self) -> "Interphase":
        given, faults = self.model.parameters, list[tuple[Location, str]]()
        if self.model.name == "constant":
            message = "is constant, which has no transport; choose another, or leave out interphase"
            faults.append((("model", "name"), message))
        if self.salt == "own" and self.concentration is None:
            message = "is missing; a layer with salt of its own needs one, such as 1 mol/L"
            faults.append((("concentration",), message))
        if self.salt == "shared" and self.concentration is not None:
            message = "is that of the pore where salt is shared; remove it, or write salt: own"
            faults.append((("concentration",), message))
        if self.salt == "shared" and "sites" in given:
            message = "is shared, but a solid has sites of its own; write salt: own"
            faults.append((("salt",), message))
        return checked(self, [*faults, *salt_faults(self.model, self.concentration)])
