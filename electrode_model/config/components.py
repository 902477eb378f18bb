"""Components found by their signatures: what a configuration may name, and their keys.

A component is a function of a module (kinetic laws, exchange currents, distributions) or the
function ``build`` of a module in a folder (particle models, electrolytes).  Its keyword-only
arguments are its keys in a configuration, with their defaults.  Nothing is registered: a
name is looked up in the module or the folder each time.
"""

import inspect
import pkgutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from electrode_model.config.problems import Location, Refused, show, unknown
from electrode_model.config.reading import (
    read_choice,
    read_flag,
    read_list,
    read_number,
    read_whole,
)
from electrode_model.material import Material
from electrode_model.quantities import Spec

__all__ = [
    "BESIDE_LAW",
    "DIFFUSIVITIES",
    "DISTRIBUTIONS",
    "ELECTROLYTES",
    "EXCHANGE_CURRENTS",
    "INITIAL_FILLINGS",
    "LAWS",
    "PARTICLES",
    "Family",
    "Parameter",
    "material",
    "material_names",
    "parameters",
    "takes_exchange",
]

REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Parameter:
    """One keyword-only argument of a component."""

    name: str
    kind: Literal["number", "whole", "list", "choice", "flag", "text"]
    spec: Spec | None = None  # numbers, whole numbers and lists
    choices: tuple[str, ...] = ()  # choices
    default: Any = REQUIRED
    nullable: bool = False

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is REQUIRED

    def read(self, value: object, temperature: float | None) -> Any:
        """The value in the unit of ``spec``; raises Refused."""
        if value is None and self.nullable:
            return None
        if self.kind == "flag":
            return read_flag(value)
        if self.kind == "choice":
            return read_choice(value, self.choices)
        if self.spec is None:
            if not isinstance(value, str):
                raise Refused(f"is {show(value)}; a name is needed")
            return value
        if self.kind == "whole":
            return read_whole(value, self.spec)
        read = read_list if self.kind == "list" else read_number
        return read(value, self.spec, temperature)


@dataclass(frozen=True)
class Family:
    """Components of one sort: functions of a module, or ``build`` of each module of a folder."""

    noun: str  # for messages
    home: str  # dotted name of the module or package
    tag: str  # the key of a configuration that names the component

    def names(self) -> tuple[str, ...]:
        """Names that a configuration may use."""
        home = import_module(self.home)
        if not hasattr(home, "__path__"):
            return tuple(sorted(home.__all__))
        return tuple(
            name
            for name in _modules(self.home)
            if hasattr(import_module(f"{self.home}.{name}"), "build")
        )

    def function(self, name: str) -> Callable[..., Any]:
        """The component itself; KeyError for an unknown name."""
        if name not in self.names():
            raise KeyError(name)
        home = import_module(self.home)
        if hasattr(home, "__path__"):
            home, name = import_module(f"{self.home}.{name}"), "build"
        found: Callable[..., Any] = getattr(home, name)
        return found

    def parameters(self, name: str) -> Mapping[str, Parameter]:
        """The keys of a component; KeyError for an unknown name."""
        return parameters(self.function(name))

    def read(
        self,
        name: str,
        values: Mapping[str, object],
        temperature: float | None = None,
        beside: Collection[str] = (),
    ) -> dict[str, Any]:
        """Values of all parameters after defaults; ``beside`` are keys allowed by the caller.

        Raises Refused with every fault; the location of each is a key of ``values``.
        """
        known = self.parameters(name)
        allowed = [*beside, *known]
        faults: list[tuple[Location, str]] = [
            ((key,), unknown(key, allowed)) for key in values if key not in known
        ]
        result: dict[str, Any] = {}
        for key, parameter in known.items():
            if key in values:
                try:
                    result[key] = parameter.read(values[key], temperature)
                except Refused as error:
                    faults += [((key, *place), text) for place, text in error.faults]
            elif parameter.required:
                meaning = f" ({parameter.spec.meaning})" if parameter.spec else ""
                faults.append(((key,), f"is missing{meaning}; {self.noun} {name} needs it"))
            else:
                result[key] = parameter.default
        if faults:
            raise Refused("", *faults)
        return result


LAWS = Family("kinetic law", "electrode_model.kinetics", "law")
EXCHANGE_CURRENTS = Family("exchange current", "electrode_model.exchange_current", "form")
PARTICLES = Family("particle model", "electrode_model.particles", "name")
ELECTROLYTES = Family("electrolyte", "electrode_model.electrolytes", "model")
DISTRIBUTIONS = Family("distribution", "electrode_model.distributions", "distribution")
DIFFUSIVITIES = Family("diffusivity shape", "electrode_model.diffusivity", "form")
INITIAL_FILLINGS = Family("initial profile", "electrode_model.initial", "profile")

#: Keys of a ``kinetics`` section beside those of the law itself.
BESIDE_LAW = ("k0", "exchange_current", "activation_energy", "reference_temperature")

_MATERIALS = "electrode_model.materials"


def material_names() -> tuple[str, ...]:
    """Materials that a configuration may name: the files of :mod:`electrode_model.materials`."""
    return tuple(
        name
        for name in _modules(_MATERIALS)
        if hasattr(import_module(f"{_MATERIALS}.{name}"), "MATERIAL")
    )


def material(name: str) -> Material:
    """A material by the name of its file; KeyError for an unknown one."""
    if name not in material_names():
        raise KeyError(name)
    found: Material = import_module(f"{_MATERIALS}.{name}").MATERIAL
    return found


def takes_exchange(law: str) -> bool:
    """Whether a kinetic law takes an exchange current; KeyError for an unknown law."""
    return "exchange" in inspect.signature(LAWS.function(law)).parameters


@lru_cache(maxsize=256)
def parameters(function: Callable[..., Any]) -> Mapping[str, Parameter]:
    """Keyword-only arguments of a function, from their annotations.

    Raises TypeError, naming function and argument, for an annotation without a meaning here.
    """
    hints = get_type_hints(function, include_extras=True)
    return {
        name: _parameter(function, argument, hints.get(name))
        for name, argument in inspect.signature(function).parameters.items()
        if argument.kind is argument.KEYWORD_ONLY
    }


def _parameter(function: Callable[..., Any], argument: inspect.Parameter, hint: Any) -> Parameter:
    spec, inner, nullable = _unwrap(hint)
    where = f"{function.__module__}.{function.__qualname__}({argument.name})"
    kind: Literal["number", "whole", "list", "choice", "flag", "text"]
    choices: tuple[str, ...] = ()
    if inner is bool:
        kind = "flag"
    elif get_origin(inner) is Literal:
        kind, choices = "choice", get_args(inner)
    elif inner is str:
        choices = _beside(function, argument.name)
        kind = "choice" if choices else "text"
    elif spec is None:
        raise TypeError(f"{where} is annotated {hint}: a number needs Annotated[..., Spec(...)]")
    elif inner in (int, float):
        kind = "whole" if inner is int else "number"
    elif all(_is_sequence(member) for member in _members(inner)):
        kind = "list"
    else:
        raise TypeError(f"{where} is annotated {hint}, which a configuration cannot hold")
    return Parameter(argument.name, kind, spec, choices, argument.default, nullable)


def _unwrap(hint: Any) -> tuple[Spec | None, Any, bool]:
    """Spec, bare type and whether None is allowed: of Annotated, Optional and both, nested."""
    if get_origin(hint) is Annotated:
        bare, *extras = get_args(hint)
        spec, inner, nullable = _unwrap(bare)
        given = next((extra for extra in extras if isinstance(extra, Spec)), spec)
        return given, inner, nullable
    members = _members(hint)
    if NoneType in members:
        rest = tuple(member for member in members if member is not NoneType)
        spec, inner, _ = _unwrap(Union[rest])  # noqa: UP007  # a union built at run time
        return spec, inner, True
    return None, hint, False


def _members(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _is_sequence(hint: Any) -> bool:
    origin = get_origin(hint) or hint
    return isinstance(origin, type) and issubclass(origin, Sequence) and origin is not str


def _beside(function: Callable[..., Any], name: str) -> tuple[str, ...]:
    """A text argument names a module in the folder of that name beside the function."""
    folder = f"{function.__module__.rpartition('.')[0]}.{name}"
    try:
        return _modules(folder)
    except ModuleNotFoundError:
        return ()


def _modules(package: str) -> tuple[str, ...]:
    """Public modules of a folder, in alphabetical order."""
    found = pkgutil.iter_modules(import_module(package).__path__)
    return tuple(sorted(m.name for m in found if not m.ispkg and not m.name.startswith("_")))
