"""What the keys of an electrolyte must fit, in the pores or in a layer."""

from collections.abc import Iterator
from math import inf

from electrode_model.config.fields import Component
from electrode_model.config.problems import Location

__all__ = ["salt_faults"]


def salt_faults(model: Component, concentration: float | None) -> Iterator[tuple[Location, str]]:
    """A salt with a net charge, or more of it [mol/m^3] than a solid has sites."""
    given = model.parameters
    if "nu_plus" in given:
        net = given["z_plus"] * given["nu_plus"] + given["z_minus"] * given["nu_minus"]
        if net != 0:
            message = f"is {given['z_minus']}, by which the salt has a net charge of {net}"
            cure = "make z_plus nu_plus + z_minus nu_minus zero, as 1, 2, -2, 1 of Li2SO4"
            yield ("model", "parameters", "z_minus"), f"{message}; {cure}"
    if concentration is not None and concentration >= given.get("sites", inf):
        message = f"is {concentration:g} mol/m^3, but there are {given['sites']:g} sites"
        yield ("concentration",), f"{message}; write less"
