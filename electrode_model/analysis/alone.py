"""The positive electrode alone: one volume of one population against an ideal counter electrode.

What a three-electrode cell measures, and what a population balance describes: no foil, no
electrolyte transport, no depth.
"""

from typing import TYPE_CHECKING

from electrode_model.grid import EXPONENT

if TYPE_CHECKING:
    from electrode_model.config.model import Config
    from electrode_model.config.population import Population

__all__ = ["area_per_volume", "electrode_alone", "size_per_particle"]


def electrode_alone(
    config: "Config",
    population: int = 0,
    *,
    filling: float | None = None,
    homogeneous: bool = False,
) -> "Config":
    """One population of a configuration in a single volume against an ideal counter electrode.

    ``filling`` replaces the filling at the start; ``homogeneous`` replaces the particle model by
    uniform particles of the same body.  Currents relative to 1C keep their meaning, those in
    A/m^2 change theirs where there were several populations.

    Raises
    ------
    ConfigError
        There is no population of that number.
    """
    from electrode_model.config.fields import Component
    from electrode_model.config.model import Counter
    from electrode_model.config.problems import ConfigError, Problem

    populations = config.positive.particles
    if not 0 <= population < len(populations):
        text = f"there is no population {population}; there are {len(populations)}, from 0"
        raise ConfigError([Problem(config.name or "configuration", 0, "particles", text)])
    given = populations[population]
    alone: dict[str, object] = {"volume_fraction": 1.0, "depth": (0.0, 1.0)}
    if filling is not None:
        alone["initial_filling"] = None
    if homogeneous:
        shape = given.model.parameters.get("shape", "plate")
        alone["model"] = Component(name="homogeneous", parameters={"shape": shape})
    electrode: dict[str, object] = {
        "particles": (given.model_copy(update=alone),),
        "volumes": 1,
    }
    if filling is not None:
        electrode["initial_filling"] = filling
    return config.model_copy(
        update={
            "negative": Counter(model="ideal"),
            "separator": None,
            "positive": config.positive.model_copy(update=electrode),
        }
    )


def area_per_volume(given: "Population", size: float) -> float:
    """Reacting area per volume of a particle [1/m]; ``size`` [m] as in the configuration."""
    shape = str(given.model.parameters.get("shape", "plate"))
    if shape == "plate":
        return 2 / size_per_particle(given, size)
    return (EXPONENT[shape] + 1) / size


def size_per_particle(given: "Population", size: float) -> float:
    """Length that sets the reacting area per volume [m]: of plates, their thickness."""
    return size if given.thickness is None else given.thickness
