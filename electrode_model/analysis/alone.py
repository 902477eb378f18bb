"""An electrode by itself: of a full cell, or one volume of one population.

What a three-electrode cell measures, and what a population balance describes.
"""

from typing import TYPE_CHECKING

from electrode_model.grid import EXPONENT

if TYPE_CHECKING:
    from electrode_model.config.fields import Component
    from electrode_model.config.model import Config
    from electrode_model.config.population import Population

__all__ = [
    "about_electrode",
    "area_per_volume",
    "cell_rate",
    "electrode_alone",
    "of_electrode",
    "refuse_interphase",
    "refuse_what_losses_cannot_tell",
    "size_per_particle",
]

_ELECTRODES = ("positive", "negative")
_WINDOW = (-1.0, 6.0)  # V against lithium: any electrode's


def of_electrode(config: "Config", electrode: str = "positive") -> "Config":
    """The half cell of an electrode, ``positive`` or ``negative``, of a full one.

    It stands as the positive against a lithium foil, so that its discharge is lithiation, and
    currents relative to 1C are those of its own capacity.  A half cell is returned as it is.

    Raises
    ------
    ConfigError
        That electrode has no particles.
    """
    from electrode_model.config.model import Counter
    from electrode_model.config.problems import ConfigError, Problem

    given = getattr(config, electrode)
    if isinstance(given, Counter):
        sort = {"ideal": "an ideal counter electrode", "lithium_foil": "a lithium foil"}
        text = f"is {sort[given.model]} without particles; write --electrode positive"
        raise ConfigError([Problem(config.name or "configuration", 0, electrode, text)])
    if isinstance(config.negative, Counter):
        return config
    return config.model_copy(
        update={
            "negative": Counter(model="lithium_foil"),
            "positive": given,
            "nominal_capacity": None,
            "voltage_window": _WINDOW,
        }
    )


def cell_rate(config: "Config", electrode: str = "positive") -> float:
    """1C of a full cell as a C-rate of one of its electrodes' own capacity; 1 of a half cell."""
    from electrode_model.config.model import Counter
    from electrode_model.electrode import draw

    if isinstance(config.negative, Counter):
        return 1.0
    capacity = {name: draw(name, getattr(config, name)).capacity for name in _ELECTRODES}
    return (config.nominal_capacity or min(capacity.values())) / capacity[electrode]


def about_electrode(config: "Config", electrode: str = "positive") -> str:
    """One line that says what C-rates and directions mean for a full cell's electrode, or none."""
    from electrode_model.config.model import Counter

    if isinstance(config.negative, Counter):
        return ""
    other = " (as a charge of the cell does)" if electrode == "negative" else ""
    return (
        f"{electrode} electrode by itself: discharge lithiates it{other}; C-rates are of its own"
        f" capacity, 1C of the cell is {cell_rate(config, electrode):.3g} C\n"
    )


def electrode_alone(
    config: "Config",
    population: int = 0,
    *,
    filling: float | None = None,
    homogeneous: bool = False,
) -> "Config":
    """One population of a configuration in a single volume against an ideal counter electrode.

    ``filling`` replaces the filling at the start; ``homogeneous`` replaces the particle model by
    uniform particles of the same body; of lists for each volume the first is taken.  Currents
    relative to 1C keep their meaning, those in A/m^2 change theirs where there were several
    populations.

    Raises
    ------
    ConfigError
        There is no population of that number, or its particles lie behind an interphase.
    """
    from electrode_model.config.fields import Component
    from electrode_model.config.model import Counter
    from electrode_model.config.problems import ConfigError, Problem

    populations = config.positive.particles
    if not 0 <= population < len(populations):
        text = f"there is no population {population}; there are {len(populations)}, from 0"
        raise ConfigError([Problem(config.name or "configuration", 0, "particles", text)])
    refuse_interphase(config)
    given = populations[population]
    alone: dict[str, object] = {
        "volume_fraction": 1.0,
        "depth": (0.0, 1.0),
        "size": _of_one_volume(given.size),
    }
    if given.scatter is not None:
        forms = {name: _of_one_volume(form) for name, form in given.scatter.forms.items()}
        alone["scatter"] = given.scatter.model_copy(update=forms)
    if filling is not None:
        alone["initial_filling"] = None
    if homogeneous:
        shape = given.model.parameters.get("shape", "plate")
        alone["model"] = Component(name="homogeneous", parameters={"shape": shape})
    electrode: dict[str, object] = {
        "particles": (given.model_copy(update=alone),),
        "volumes": 1,
        "porosity": float(config.positive.porosities.mean()),
        "active_fraction": float(config.positive.active_fractions.mean()),
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


def refuse_interphase(config: "Config") -> None:
    """Raise ConfigError if particles lie behind an electrolyte layer of their own.

    What such a layer holds is not saved, so that the potential at the particles is not known.
    """
    from electrode_model.config.model import Counter
    from electrode_model.config.problems import ConfigError, Problem

    for name in _ELECTRODES:
        electrode = getattr(config, name)
        if isinstance(electrode, Counter):
            continue
        for index, population in enumerate(electrode.particles):
            if population.interphase is not None:
                text = "lies between pore and particles, and its drop is not told from theirs here"
                key = f"{name}.particles.{index}.interphase"
                raise ConfigError([Problem(config.name or "configuration", 0, key, text)])


def refuse_what_losses_cannot_tell(config: "Config") -> None:
    """Raise ConfigError for drops between particles and for a temperature that changes.

    The potentials of connected particles are not saved, and the laws here are those of one
    temperature.
    """
    from electrode_model.config.model import Counter
    from electrode_model.config.problems import ConfigError, Problem

    refuse_interphase(config)
    found = []
    if config.heat is not None:
        found.append(("heat", "changes the temperature; the budget is that of a constant one"))
    for name in _ELECTRODES:
        electrode = getattr(config, name)
        if not isinstance(electrode, Counter) and electrode.connections is not None:
            text = "puts every particle at a potential of its own, which is not saved"
            found.append((f"{name}.connections", text))
    if found:
        name = config.name or "configuration"
        raise ConfigError([Problem(name, 0, key, text) for key, text in found])


def _of_one_volume(form: "Component") -> "Component":
    """A form whose lists for each volume are replaced by the first of them."""
    lists = {key: values[0] for key, values in form.lists.items() if isinstance(values[0], tuple)}
    return form.model_copy(update={"parameters": form.parameters | lists}) if lists else form


def area_per_volume(given: "Population", size: float) -> float:
    """Reacting area per volume of a particle [1/m]; ``size`` [m] as in the configuration."""
    shape = str(given.model.parameters.get("shape", "plate"))
    if shape == "plate":
        return 2 / size_per_particle(given, size)
    return (EXPONENT[shape] + 1) / size


def size_per_particle(given: "Population", size: float) -> float:
    """Length that sets the reacting area per volume [m]: of plates, their thickness."""
    return size if given.thickness is None else given.thickness
