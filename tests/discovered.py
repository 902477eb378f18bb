"""Every component that the package finds, with keys that make it work: no table of names.

The keys of a component are its keyword-only arguments.  Those without a default, and what else it
takes to see it at work, stand in its own file: ``EXAMPLE`` at the end of a module with a ``build``,
the keys of a population for a particle model; ``EXAMPLES``, by name, in a module of functions.
The rest follows from units and bounds: a whole number of at least two counts grid points (of at
least three: both ends too), a length above zero is the width of a cell, a choice or a flag may
take any of its values.
"""

import json
import pkgutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from electrode_model.config import components
from electrode_model.config.components import PARTICLES, Family, Parameter
from electrode_model.constants import ELEMENTARY_CHARGE
from electrode_model.quantities import Spec

LENGTH = 20e-9  # m: phase fields of LiFePO4 are resolved by ten cells


def example(family: Family, name: str) -> Mapping[str, Any]:
    """What the file of a component says of itself; empty if it says nothing."""
    home = import_module(family.home)
    if hasattr(home, "__path__"):
        return getattr(import_module(f"{family.home}.{name}"), "EXAMPLE", {})
    return getattr(home, "EXAMPLES", {}).get(name, {})


def keys_of(family: Family, name: str) -> Mapping[str, Any]:
    """The keys that a component needs, for a configuration; AssertionError if it hides them."""
    given = example(family, name)
    own = given.get("model", {}) if family is PARTICLES else given
    required = [p.name for p in family.parameters(name).values() if p.required]
    missing = [key for key in required if key not in own]
    where = "EXAMPLE" if hasattr(import_module(family.home), "__path__") else f"EXAMPLES[{name!r}]"
    assert not missing, (
        f"{family.noun} {name}: {', '.join(missing)} without a default, and {where} in its file"
        " does not give a value for the tests"
    )
    return own


def _spec(parameter: Parameter) -> Spec:
    """Unit and bounds of a number, which always has them."""
    assert parameter.spec is not None
    return parameter.spec


@dataclass(frozen=True)
class Case:
    """A particle model with one choice of its keys."""

    model: str
    keys: Mapping[str, Any] = field(default_factory=dict)  # of the model
    finer: int = 1  # times as many grid points as usual

    def __str__(self) -> str:
        return " ".join([self.model, *(f"{key}={value}" for key, value in self.keys.items())])

    @property
    def grid(self) -> list[str]:
        """Keys that count grid points."""
        known = PARTICLES.parameters(self.model).values()
        return [p.name for p in known if p.kind == "whole" and (_spec(p).at_least or 0) >= 2]

    @property
    def widths(self) -> list[str]:
        """Keys that are the width of a cell [m]."""
        known = PARTICLES.parameters(self.model).values()
        return [
            p.name
            for p in known
            if p.kind == "number" and not p.nullable and (_spec(p).unit, _spec(p).above) == ("m", 0)
        ]

    @property
    def energies(self) -> list[str]:
        """Keys that are energies [J]."""
        known = PARTICLES.parameters(self.model).values()
        return [p.name for p in known if p.kind == "number" and _spec(p).unit == "J"]

    @property
    def draws(self) -> bool:
        """Whether equal particles may draw numbers of their own."""
        return "seed" in PARTICLES.parameters(self.model)

    @property
    def size(self) -> float:
        """Size of its particles [m]."""
        return float(example(PARTICLES, self.model).get("size", LENGTH))

    @property
    def material(self) -> str:
        """Name of its material."""
        return str(example(PARTICLES, self.model).get("material", "lfp"))

    def solution(self, **numbers: float) -> str:
        """The material as a solid solution, with diffusion that takes about an hour."""
        own = components.material(self.material)
        calm: dict[str, Any] = {"diffusivity": 3 * self.size**2 / 3600}
        if "omega" in own.numbers and own.chemical_potential is None:
            calm |= {"omega": 0.5e-20} | {
                k: 0.0 for k in ("omega_b", "omega_c") if k in own.numbers
            }
        if "wetting_filling" not in own.numbers:
            numbers.pop("wetting_filling", None)
        return f"positive.particles.material={json.dumps({'name': own.name, **calm, **numbers})}"

    def pace(self, rate: float = 30.0) -> str:
        """A rate constant with which the surface exchanges the particle ``rate`` times an hour."""
        density = components.material(self.material).numbers["site_density"].value
        k0 = rate / 3600 * self.size / 3 * ELEMENTARY_CHARGE * density
        return f"positive.particles.kinetics={{k0: {k0}, activation_energy: 0}}"

    def _points(self, key: str) -> int:
        least = _spec(PARTICLES.parameters(self.model)[key]).at_least
        ends = (least or 0) > 2  # centre and surface
        cells = 10 if len(self.grid) == 1 else 6
        return cells * self.finer + ends

    def overrides(self, spread: float = 0.2, **keys: Any) -> list[str]:
        """Overrides for small particles whose sizes spread; ``keys`` are more of the model's."""
        own = dict(keys_of(PARTICLES, self.model)) | dict(self.keys)
        for name in self.grid:
            own.setdefault(name, self._points(name))
        for name in self.widths:
            own.setdefault(name, self.size / (10 * self.finer))
        own |= keys
        parameters = PARTICLES.parameters(self.model)
        shape = own.get("shape", parameters["shape"].default if "shape" in parameters else "plate")
        size: object = self.size
        if spread:
            size = {"distribution": "lognormal", "mean": self.size, "std": spread * self.size}
        population = {
            "model": {"name": self.model, **own},
            "size": size,
            "material": self.material,
            **({"thickness": "20 nm"} if shape == "plate" else {}),
        }
        return [
            f"positive.particles.{key}={json.dumps(value)}" for key, value in population.items()
        ]


def cases_of(name: str) -> list[Case]:
    """A particle model as its file shows it, and with every other value of a choice or flag."""
    usual = keys_of(PARTICLES, name)
    found = [Case(name)]
    for p in PARTICLES.parameters(name).values():
        values = {"flag": (False, True), "choice": p.choices}.get(p.kind, ())
        taken = usual.get(p.name, p.default)
        found += [Case(name, {p.name: value}) for value in values if value != taken]
    return found


def shown(family: Family) -> list[str]:
    """Components whose file shows what they need; test_every_component.py fails for the others."""
    names = []
    for name in family.names():
        with suppress(AssertionError):
            keys_of(family, name)
            names.append(name)
    return names


MODELS = tuple(Case(name) for name in shown(PARTICLES))
CASES = tuple(case for name in shown(PARTICLES) for case in cases_of(name))


def finer(case: Case, times: int) -> Case:
    """The same on a grid of ``times`` as many points."""
    return replace(case, finer=times)


def modules(package: Any) -> tuple[str, ...]:
    """Public modules of a folder."""
    found = pkgutil.iter_modules(package.__path__)
    return tuple(m.name for m in found if not m.ispkg and not m.name.startswith("_"))
