"""JSON schema of the configuration as it is written, with units in text and short forms."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from electrode_model.config import components
from electrode_model.config.components import (
    DIFFUSIVITIES,
    DISTRIBUTIONS,
    ELECTROLYTES,
    INITIAL_FILLINGS,
    LAWS,
    Family,
    Parameter,
)
from electrode_model.config.reading import allowed_range
from electrode_model.config.sentences import EXAMPLE
from electrode_model.material import NUMBERS
from electrode_model.quantities import Spec

__all__ = ["as_written", "number", "part"]

_Json = dict[str, Any]


def number(spec: Spec, whole: bool = False, nullable: bool = False) -> _Json:
    """A number in the unit of ``spec``, or a text with a unit."""
    unit = "" if spec.unit == "1" else f" [{spec.unit}]"
    bounds = allowed_range(spec)
    text = f"{spec.meaning}{unit}" + (f"; {bounds}" if bounds else "")
    types = ["integer"] if whole else ["number", "string"]
    return {"type": types + ["null"] * nullable, "description": text}


def part(family: Family) -> _Json:
    """A component: its name alone, or a mapping with its name and parameters."""
    return {"anyOf": [{"enum": list(family.names())}, flat(family)]}


def flat(family: Family, beside: Mapping[str, _Json] = MappingProxyType({})) -> _Json:
    """One mapping per component of a family, with its parameters and the keys ``beside`` them."""
    choices = []
    for name in family.names():
        parameters = family.parameters(name)
        needed = [key for key, parameter in parameters.items() if parameter.required]
        own = {key: _parameter(parameter) for key, parameter in parameters.items()}
        keys = {family.tag: {"const": name, "description": family.noun}, **beside, **own}
        choices.append(_object(keys, [family.tag, *needed]))
    return {"anyOf": choices}


def as_written(schema: _Json) -> _Json:
    """The schema of the resolved sections, changed where a file may be written shorter."""
    sections = schema["$defs"]
    electrolyte = sections["Electrolyte"]["properties"]
    electrode = sections["Electrode"]["properties"]
    kinetics = sections["Kinetics"]["properties"]
    population = sections["Population"]

    sections["Electrolyte"] = flat(ELECTROLYTES, {"concentration": electrolyte["concentration"]})
    sections["Electrolyte"]["anyOf"].append({"enum": list(ELECTROLYTES.names())})
    beside = {key: kinetics[key] for key in components.BESIDE_LAW}
    laws = flat(LAWS, beside)
    for choice in laws["anyOf"]:  # every key may come from the material
        choice["required"] = []
    laws["anyOf"].append({"type": "null"})
    sections["Kinetics"] = laws
    sections["MaterialChoice"] = _material(sections["MaterialChoice"]["properties"]["ocv"])
    size = {"type": ["number", "string"], "description": "one size for all particles [m]"}
    population["properties"]["size"]["anyOf"] = [size, flat(DISTRIBUTIONS)]
    start = {"type": ["number", "string"], "description": "the same everywhere [1]"}
    started = population["properties"]["initial_filling"]
    started["anyOf"] = [start, flat(INITIAL_FILLINGS), {"type": "null"}]
    population["required"].remove("kinetics")
    electrode["particles"] = {
        "anyOf": [{"$ref": "#/$defs/Population"}, electrode["particles"]],
        "description": electrode["particles"]["description"],
    }
    sections["Step"] = _step(sections["Step"]["properties"])
    negative = schema["properties"]["negative"]
    names = sections["Counter"]["properties"]["model"]["enum"]
    description = negative.pop("description")
    schema["properties"]["negative"] = {
        "anyOf": [{"enum": names}, *negative["oneOf"]],
        "description": description,
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _parameter(parameter: Parameter) -> _Json:
    result: _Json = {}
    if parameter.kind == "choice":
        result = {"enum": [*parameter.choices]}
    elif parameter.kind in ("flag", "text"):
        result = {"type": "boolean" if parameter.kind == "flag" else "string"}
    elif parameter.spec is not None:
        result = number(parameter.spec, parameter.kind == "whole", parameter.nullable)
        if parameter.kind == "list":
            result["type"] = "array"
    result.setdefault("description", parameter.name.replace("_", " "))
    if parameter.required:
        return result
    default = parameter.default
    return {**result, "default": list(default) if isinstance(default, tuple) else default}


def _material(ocv: _Json) -> _Json:
    table = {"type": "string", "description": "CSV file with the columns filling and voltage"}
    names = {"enum": list(components.material_names()), "description": "material"}
    keys = {"name": names, **{key: number(spec) for key, spec in NUMBERS.items()}}
    shape = part(DIFFUSIVITIES)["anyOf"]
    description = "D(c)/D_s in place of the material's"
    keys["diffusivity_shape"] = {"anyOf": [*shape, {"type": "null"}], "description": description}
    keys["ocv"] = {"anyOf": [table, *ocv["anyOf"]], "description": ocv["description"]}
    return {"anyOf": [names, _object(keys, ["name"])]}


def _step(step: Mapping[str, _Json]) -> _Json:
    until = step["until"]
    duration = number(Spec("s", "duration; empty where until says it", above=0))
    duration["type"] += ["null", "object"]
    duration["maxProperties"] = 0
    count = number(Spec("1", "how often the steps are run", at_least=1), whole=True)
    steps = {"type": "array", "items": {"$ref": "#/$defs/Step"}, "description": "steps to repeat"}
    choices = [
        _object({"current": step["current"], "until": until}, ["current", "until"]),
        _object({"voltage": step["voltage"], "until": until}, ["voltage", "until"]),
        _object({"power": step["power"], "until": until}, ["power", "until"]),
        _object({"rest": duration, "until": until, "isolated": step["isolated"]}, ["rest"]),
        _object({"repeat": count, "steps": steps}, ["repeat", "steps"]),
    ]
    said = {"type": "string", "description": f"a step in words, such as {EXAMPLE}"}
    return {"anyOf": [*choices, said], "description": "one step of the protocol"}


def _object(properties: Mapping[str, _Json], required: list[str]) -> _Json:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }
