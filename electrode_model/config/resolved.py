"""A configuration written out as YAML, which loads as the same configuration again."""

from functools import singledispatch
from typing import Any

import yaml

from electrode_model.config.components import (
    BESIDE_LAW,
    DIFFUSIVITIES,
    DISTRIBUTIONS,
    ELECTROLYTES,
    EXCHANGE_CURRENTS,
    INITIAL_FILLINGS,
    LAWS,
    PARTICLES,
    Family,
)
from electrode_model.config.model import (
    Component,
    Config,
    Counter,
    Electrolyte,
    Kinetics,
    MaterialChoice,
    Population,
    Section,
    Step,
)
from electrode_model.config.yaml_source import resolve

__all__ = ["resolved_yaml"]

_HEADER = """\
# Every value of one run, defaults and the material's kinetics included.  Numbers are in SI
# units, charges in A h/m^2; repeats are unrolled and tables put in.  This file can be run.
"""


def resolved_yaml(config: Config) -> str:
    """The resolved configuration; ``load`` of it gives an equal one."""
    text = yaml.dump(
        _plain(config),
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=100,
    )
    return _HEADER + str(text)


_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # in C where it is built


class _Dumper(_Base):
    """Quotes every text that :mod:`.yaml_source` would read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        """Repeated steps are written out, not referred to."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(resolve(text), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


@singledispatch
def _plain(value: Any) -> Any:
    """The written form of a scalar, tuple, component or section."""
    return value


@_plain.register
def _(value: tuple) -> Any:
    return [_plain(item) for item in value]


@_plain.register
def _(section: Section) -> dict[str, Any]:
    fields = {name: getattr(section, name) for name in type(section).model_fields}
    return {name: _plain(value) for name, value in fields.items() if value is not None}


@_plain.register
def _(config: Config) -> dict[str, Any]:
    fields = {name: getattr(config, name) for name in Config.model_fields if name != "version"}
    written = {name: _plain(value) for name, value in fields.items() if value is not None}
    return {"schema": config.version, **written}


@_plain.register
def _(counter: Counter) -> dict[str, Any]:
    return counter.model_dump() if counter.model == "lithium_foil" else {"model": counter.model}


@_plain.register
def _(electrolyte: Electrolyte) -> dict[str, Any]:
    return _flat(electrolyte.model, ELECTROLYTES) | {"concentration": electrolyte.concentration}


@_plain.register
def _(population: Population) -> dict[str, Any]:
    start = population.initial_filling
    return {
        "model": _flat(population.model, PARTICLES),
        "per_volume": population.per_volume,
        "size": _flat(population.size, DISTRIBUTIONS),
        **({} if population.thickness is None else {"thickness": population.thickness}),
        "material": _plain(population.material),
        "kinetics": _plain(population.kinetics),
        "film_resistance": population.film_resistance,
        "volume_fraction": population.volume_fraction,
        "depth": _plain(population.depth),
        **({} if start is None else {"initial_filling": _flat(start, INITIAL_FILLINGS)}),
    }


@_plain.register
def _(choice: MaterialChoice) -> dict[str, Any]:
    shape = choice.diffusivity_shape
    own = {} if shape is None else {"diffusivity_shape": _flat(shape, DIFFUSIVITIES)}
    table = {} if choice.ocv is None else {"ocv": _plain(choice.ocv)}
    return {"name": choice.name, **choice.overrides, **own, **table}


@_plain.register
def _(kinetics: Kinetics) -> dict[str, Any]:
    values = {key: getattr(kinetics, key) for key in BESIDE_LAW if key != "exchange_current"}
    form = kinetics.exchange_current
    own = {} if form is None else {"exchange_current": _flat(form, EXCHANGE_CURRENTS)}
    return {**_flat(kinetics.law, LAWS), **values, **own}


@_plain.register
def _(step: Step) -> dict[str, Any]:
    until = {"until": dict(step.until.given)}
    if step.kind == "rest":
        return {"rest": {}, **({"isolated": True} if step.isolated else {}), **until}
    setting = step.power if step.kind == "power" else step.voltage
    return {step.kind: setting if step.current is None else str(step.current), **until}


def _flat(component: Component, family: Family) -> dict[str, Any]:
    return {family.tag: component.name} | {k: _plain(v) for k, v in component.parameters.items()}
