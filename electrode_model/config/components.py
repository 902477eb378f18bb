"""Components found by their signatures: what a configuration may name, and their keys.

A component is a function of a module (kinetic laws, exchange currents, distributions) or the
function ``build`` of a module in a folder (particle models, electrolytes).  Its keyword-only
arguments are its keys in a configuration, with their defaults.  Nothing is registered: a
name is looked up in the module or the folder each time.  In place of a name
``/home/me/mine.py:function`` may stand, see :mod:`electrode_model.user_files`.
"""

import inspect
import pkgutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from electrode_model import user_files
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
    "CONNECTIONS",
    "DIFFUSIVITIES",
    "DISTRIBUTIONS",
    "ELECTROLYTES",
    "EXCHANGE_CURRENTS",
    "FACTORS",
    "FRACTIONS",
    "INITIAL_FILLINGS",
    "LAWS",
    "PARTICLES",
    "TORTUOSITIES",
    "Family",
    "Parameter",
    "material",
    "material_names",
    "material_parameters",
    "parameters",
    "read_keys",
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
    files: bool = False  # choices that are files of the package: a user's file will do as well

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
            if self.files and isinstance(value, str) and user_files.is_reference(value):
                return value
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

    def has(self, name: object) -> bool:
        """Whether it is the name of a component, or stands for one that can be used."""
        if not isinstance(name, str):
            return False
        try:
            self.parameters(name)
        except (KeyError, user_files.UserFileError):
            return False
        return True

    def function(self, name: str) -> Callable[..., Any]:
        """The component itself; KeyError for an unknown name, UserFileError for a bad file."""
        home = import_module(self.home)
        single = hasattr(home, "__path__")  # one component in a file
        if user_files.is_reference(name):
            return _own_function(name, "build" if single else "", self.noun)
        if name not in self.names():
            raise KeyError(name)
        if single:
            home, name = import_module(f"{self.home}.{name}"), "build"
        found: Callable[..., Any] = getattr(home, name)
        return found

    def parameters(self, name: str) -> Mapping[str, Parameter]:
        """The keys of a component; KeyError for an unknown name, UserFileError for a bad file."""
        return parameters(self.function(name))

    @property
    def arguments(self) -> tuple[str, ...]:
        """What every component is called with beside its keys, as the first of them names it."""
        signature = inspect.signature(self.function(self.names()[0]))
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        return tuple(n for n, p in signature.parameters.items() if p.kind in kinds)

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
        needs = f"{self.noun} {user_files.label(name)}"
        return read_keys(self.parameters(name), values, temperature, beside, needs)


def read_keys(
    known: Mapping[str, Parameter],
    values: Mapping[str, object],
    temperature: float | None,
    beside: Collection[str],
    needs: str,
) -> dict[str, Any]:
    """Values of all ``known`` parameters; ``needs`` is what misses one.  Raises Refused."""
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
            faults.append(((key,), f"is missing{meaning}; {needs} needs it"))
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
CONNECTIONS = Family("connection", "electrode_model.connections", "model")
FACTORS = Family("distribution of factors", "electrode_model.scatter.factors", "distribution")
FRACTIONS = Family("distribution of shares", "electrode_model.scatter.fractions", "distribution")
TORTUOSITIES = Family("tortuosity law", "electrode_model.tortuosity", "law")

#: Keys of a ``kinetics`` section beside those of the law itself.
BESIDE_LAW = ("k0", "exchange_current", "activation_energy", "reference_temperature")

_MATERIALS, _MATERIAL = "electrode_model.materials", "MATERIAL"


def material_names() -> tuple[str, ...]:
    """Materials that a configuration may name: the files of :mod:`electrode_model.materials`."""
    return tuple(
        name
        for name in _modules(_MATERIALS)
        if hasattr(import_module(f"{_MATERIALS}.{name}"), "MATERIAL")
    )


def material(name: str, values: Mapping[str, Any] = MappingProxyType({})) -> Material:
    """A material by the name of its file, or of a user's; KeyError for an unknown one.

    A user's may be a function of keyword-only ``values``.  Raises UserFileError.
    """
    if user_files.is_reference(name):
        return _own_material(name, values)
    if name not in material_names():
        raise KeyError(name)
    found: Material = import_module(f"{_MATERIALS}.{name}").MATERIAL
    return found


def material_parameters(name: object) -> Mapping[str, Parameter]:
    """Keys of a user's function that makes a material; none of any other.  UserFileError."""
    if not isinstance(name, str) or not user_files.is_reference(name):
        return {}
    found = user_files.find(name, _MATERIAL)
    if not callable(found):
        return {}
    taken = inspect.signature(found).parameters.values()
    before = [p.name for p in taken if p.kind is not p.KEYWORD_ONLY]
    if before:
        text = f"{user_files.place(found)}: {found.__name__} takes ({', '.join(before)}), but a"
        raise user_files.UserFileError(f"{text} function that makes a material has keys only")
    return parameters(found)


def _own_material(name: str, values: Mapping[str, Any]) -> Material:
    found: Any = user_files.find(name, _MATERIAL)
    path, where = user_files.parts(name)[0], user_files.place(found)
    if callable(found):
        found = found(**values)
    if not isinstance(found, Material):
        start = f"{where or path}: {user_files.parts(name)[1] or _MATERIAL}"
        text = "is" if not where else "returns"
        kind = f"{text} {show(found)}, of type {type(found).__name__}"
        raise user_files.UserFileError(f"{start} {kind}; a Material(...) is needed")
    functions: dict[str, Any] = {}
    for field in fields(found):
        value, start = getattr(found, field.name), f"{where or path}: {field.name}"
        if field.name in ("numbers", "kinetics") and not isinstance(value, Mapping):
            raise user_files.UserFileError(f"{start} is {show(value)}; a mapping is needed")
        if callable(value):
            functions[field.name] = user_files.guarded(value, path)
        elif "Callable" in str(field.type) and not (value is None and field.default is None):
            text = f"{start} is {show(value)}; a function is needed"
            raise user_files.UserFileError(text)
    return replace(found, **functions)


def _own_function(name: str, default: str, noun: str) -> Callable[..., Any]:
    path, inner = user_files.parts(name)
    if not inner and not default:
        text = f"{path} is named without what is meant in it; write {path.name}:function, with"
        raise user_files.UserFileError(f"{text} the name of the {noun}")
    found: Any = user_files.find(name, default)
    if not callable(found):
        text = f"{path}: {inner or default} is {show(found)}; a {noun} is a function"
        raise user_files.UserFileError(text)
    component: Callable[..., Any] = found
    return component


def takes_exchange(law: str) -> bool:
    """Whether a kinetic law takes an exchange current; KeyError for an unknown law."""
    return "exchange" in inspect.signature(LAWS.function(law)).parameters


@lru_cache(maxsize=256)
def parameters(function: Callable[..., Any]) -> Mapping[str, Parameter]:
    """Keyword-only arguments of a function, from their annotations.

    Raises TypeError, naming function and argument, for an annotation without a meaning here;
    UserFileError if it is in a user's file.
    """
    where = user_files.place(function) if hasattr(function, "__wrapped__") else ""
    try:
        return _parameters(function)
    except (TypeError, NameError) as error:
        if not where:
            raise
        text = str(error).removeprefix(f"{function.__module__}.")
        raise user_files.UserFileError(f"{where}: {text}; {_CURE}") from None


def _parameters(function: Callable[..., Any]) -> Mapping[str, Parameter]:
    hints = get_type_hints(function, include_extras=True)
    return {
        name: _parameter(function, argument, hints.get(name))
        for name, argument in inspect.signature(function).parameters.items()
        if argument.kind is argument.KEYWORD_ONLY
    }


_CURE = 'write for example  *, exponent: Annotated[float, Spec("1", "its meaning", above=0)] = 2.0'


def _parameter(function: Callable[..., Any], argument: inspect.Parameter, hint: Any) -> Parameter:
    spec, inner, nullable = _unwrap(hint)
    where = f"{function.__module__}.{function.__qualname__}({argument.name})"
    kind: Literal["number", "whole", "list", "choice", "flag", "text"]
    choices: tuple[str, ...] = ()
    files = False
    if inner is bool:
        kind = "flag"
    elif get_origin(inner) is Literal:
        kind, choices = "choice", get_args(inner)
    elif inner is str:
        choices = _beside(function, argument.name)
        kind, files = "choice" if choices else "text", bool(choices)
    elif spec is None:
        given = "has no annotation" if hint is None else f"is annotated {hint}"
        raise TypeError(f"{where} {given}: a number needs Annotated[..., Spec(...)]")
    elif inner in (int, float):
        kind = "whole" if inner is int else "number"
    elif all(_is_sequence(member) for member in _members(inner)):
        kind = "list"
    else:
        raise TypeError(f"{where} is annotated {hint}, which a configuration cannot hold")
    return Parameter(argument.name, kind, spec, choices, argument.default, nullable, files)


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
    home = function.__module__.rpartition(".")[0]
    if not home:  # a user's file has no such folder
        return ()
    folder = f"{home}.{name}"
    try:
        return _modules(folder)
    except ModuleNotFoundError:
        return ()


def _modules(package: str) -> tuple[str, ...]:
    """Public modules of a folder, in alphabetical order."""
    found = pkgutil.iter_modules(import_module(package).__path__)
    return tuple(sorted(m.name for m in found if not m.ispkg and not m.name.startswith("_")))
