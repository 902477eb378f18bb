"""JSON schema of the configuration as it is written, with units in text and short forms."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from electrode_model.config import components
from electrode_model.config.components import (
    CONNECTIONS,
    DIFFUSIVITIES,
    DISTRIBUTIONS,
    ELECTROLYTES,
    INITIAL_FILLINGS,
    LAWS,
    TORTUOSITIES,
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
    return {"anyOf": [{"enum": list(family.names())}, _FILE, flat(family)]}


def flat(family: Family, beside: Mapping[str, _Json] = MappingProxyType({})) -> _Json:
    """One mapping per component of a family, with its parameters and the keys ``beside`` them."""
    choices = []
    for name in family.names():
        parameters = family.parameters(name)
        needed = [key for key, parameter in parameters.items() if parameter.required]
        own = {key: _parameter(parameter) for key, parameter in parameters.items()}
        keys = {family.tag: {"const": name, "description": family.noun}, **beside, **own}
        choices.append(_object(keys, [family.tag, *needed]))
    return {"anyOf": [*choices, _of_file(family.tag, beside)]}


#: A component of a user's file, whose keys only that file knows.
_FILE: _Json = {
    "type": "string",
    "pattern": r"\.py(:\w+)?$",
    "description": "function of a Python file, ./mine.py:name",
}


def _of_file(tag: str, beside: Mapping[str, _Json]) -> _Json:
    return {**_object({tag: _FILE, **beside}, [tag]), "additionalProperties": True}


def as_written(schema: _Json) -> _Json:
    """The schema of the resolved sections, changed where a file may be written shorter."""
    sections = schema["$defs"]
    electrolyte = sections["Electrolyte"]["properties"]
    electrode = sections["Electrode"]["properties"]
    kinetics = sections["Kinetics"]["properties"]
    population = sections["Population"]

    sections["Electrolyte"] = flat(ELECTROLYTES, {"concentration": electrolyte["concentration"]})
    sections["Electrolyte"]["anyOf"] += [{"enum": list(ELECTROLYTES.names())}, _FILE]
    layer = dict(sections["Interphase"]["properties"])
    del layer["model"]
    sections["Interphase"] = flat(ELECTROLYTES, layer)
    choices = sections["Interphase"]["anyOf"]
    choices[:] = [c for c in choices if c["properties"]["model"].get("const") != "constant"]
    for choice in choices:
        choice["required"].append("thickness")
    beside = {key: kinetics[key] for key in components.BESIDE_LAW}
    laws = flat(LAWS, beside)
    for choice in laws["anyOf"][:-1]:  # every key may come from the material
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
    one = {"type": "number", "description": "the same at every porosity [1]"}
    for pores in (electrode, sections["Separator"]["properties"]):
        law = pores["tortuosity"]
        law["anyOf"] = [one, *part(TORTUOSITIES)["anyOf"], {"type": "null"}]
    connections = electrode["connections"]
    connections["anyOf"] = [*part(CONNECTIONS)["anyOf"], {"type": "null"}]
    _courses(sections)
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
        names = {"enum": [*parameter.choices]}
        result = {"anyOf": [names, _FILE]} if parameter.files else names
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
    own = _of_file("name", {key: keys[key] for key in keys if key != "name"})
    return {"anyOf": [names, _FILE, _object(keys, ["name"]), own]}


def _courses(sections: dict[str, _Json]) -> None:
    """Waves, drive cycles and stops as they are written below a step."""
    wave = sections["Wave"]["properties"]
    for key in ("mean", "amplitude"):
        wave[key]["type"] = ["number", "string"]
    own = {key: wave[key] for key in ("waveform", "mean", "amplitude", "frequency")}
    sections["Wave"] = _object(own, ["waveform", "amplitude", "frequency"])
    stop = sections["Stops"]["properties"]["voltage"]
    stop["type"] = [*stop["type"], "array"]
    stop["description"] += "; two: ends below the first and above the second"
    drive = sections["Drive"]
    columns = ("time", "current", "rate", "power", "voltage")
    texts = {k: {"type": "string", "description": f"name of the column: {k}"} for k in columns}
    area = number(Spec("m^2", "area of the cell, where the column is of the whole cell", above=0.0))
    unit = {"type": "string", "description": "unit of the column, such as mA/cm^2"}
    file = {"type": "string", "description": "CSV file with a line of names, beside this file"}
    rest = {k: v for k, v in drive["properties"].items() if k not in columns}
    keys = {"file": file, **texts, "unit": unit, "time_unit": unit, "area": area, **rest}
    sections["Drive"] = {"anyOf": [_object(keys, ["file", "time"]), drive]}


def _step(step: Mapping[str, _Json]) -> _Json:
    until, skip = step["until"], step["skip"]
    ends = {"until": until, "skip": skip}
    duration = number(Spec("s", "duration; empty where until says it", above=0))
    duration["type"] += ["null", "object"]
    duration["maxProperties"] = 0
    count = number(Spec("1", "how often the steps are run", at_least=1), whole=True)
    steps = {"type": "array", "items": {"$ref": "#/$defs/Step"}, "description": "steps to repeat"}
    end = {**until, "description": "stops of its steps by which the loop is left"}
    swing, sweep = {"$ref": "#/$defs/Wave"}, {"$ref": "#/$defs/Sweep"}
    choices = []
    for key in ("current", "voltage", "power"):
        moving = [swing, sweep] if key == "voltage" else [swing]
        setting = {"anyOf": [step[key], *moving], "description": step[key]["description"]}
        choices.append(_object({key: setting, "ramp": step["ramp"], **ends}, [key]))
    drive = {"$ref": "#/$defs/Drive", "description": step["drive"]["description"]}
    choices += [
        _object({"drive": drive, **ends}, ["drive"]),
        _object({"rest": duration, **ends, "isolated": step["isolated"]}, ["rest"]),
        _object({"repeat": count, "steps": steps, "end": end}, ["repeat", "steps"]),
        *_techniques(step["current"], until),
    ]
    said = {"type": "string", "description": f"a step in words, such as {EXAMPLE}"}
    return {"anyOf": [*choices, said], "description": "one step of the protocol"}


def _techniques(current: _Json, until: _Json) -> list[_Json]:
    """Titrations and pulses."""
    time, volt = number(Spec("s", "time", above=0)), number(Spec("V", "voltage"))
    count = number(Spec("1", "how many pulses", at_least=1), whole=True)
    several = {"type": ["array", "string", "number"], "description": "current of each pulse"}
    ended = {**until, "description": "what ends a pulse, and with it all of them"}
    gitt = {"current": current, "pulse": time, "rest": time, "count": count, "until": ended}
    pitt = {"from": volt, "to": volt, "step": volt, "until": until}
    pulses = {"current": several, "duration": time, "rest": time, "until": until}
    made = (
        ("gitt", gitt, ["current", "pulse", "rest", "count"], "pulses of current and rests"),
        ("pitt", pitt, [*pitt], "voltages held one after another"),
        ("pulses", pulses, ["current", "duration", "rest"], "a pulse of each current, and rests"),
    )
    return [
        _object({key: {**_object(keys, needed), "description": text}}, [key])
        for key, keys, needed, text in made
    ]


def _object(properties: Mapping[str, _Json], required: list[str]) -> _Json:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }
