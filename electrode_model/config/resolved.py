"""A configuration written out as YAML, which loads as the same configuration again."""

from collections.abc import Mapping
from functools import singledispatch
from types import MappingProxyType
from typing import Any

import yaml

from electrode_model.config.components import (
    BESIDE_LAW,
    CONNECTIONS,
    DIFFUSIVITIES,
    DISTRIBUTIONS,
    ELECTROLYTES,
    EXCHANGE_CURRENTS,
    FACTORS,
    FRACTIONS,
    INITIAL_FILLINGS,
    LAWS,
    PARTICLES,
    TORTUOSITIES,
    Family,
)
from electrode_model.config.interphase import BESIDE_LAYER, Interphase
from electrode_model.config.model import (
    Component,
    Config,
    Counter,
    Electrode,
    Electrolyte,
    Kinetics,
    MaterialChoice,
    Population,
    Section,
    Step,
)
from electrode_model.config.pores import Pores
from electrode_model.config.scatter import Scatter
from electrode_model.config.yaml_source import resolve

__all__ = ["HEADER", "resolved_yaml"]

HEADER = """\
# Every value of one run, defaults and the material's kinetics included.  Numbers are in SI
# units, charges in A h/m^2; repeats are unrolled and tables put in.  This file can be run.
"""


def resolved_yaml(config: Config, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """The resolved configuration; ``load`` of it gives an equal one.

    ``names`` are written in place of names of the user's files.
    """
    text = yaml.dump(
        _renamed(_plain(config), names),
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=100,
    )
    return HEADER + str(text)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value] if names else value
    return names.get(value, value) if isinstance(value, str) else value


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
def _(pores: Pores) -> dict[str, Any]:
    fields = {name: getattr(pores, name) for name in type(pores).model_fields}
    written = {name: _plain(value) for name, value in fields.items() if value is not None}
    law = pores.tortuosity
    return written if law is None else written | {"tortuosity": _flat(law, TORTUOSITIES)}


@_plain.register
def _(electrode: Electrode) -> dict[str, Any]:
    written: dict[str, Any] = _plain.dispatch(Pores)(electrode)
    form = electrode.connections
    return written if form is None else written | {"connections": _flat(form, CONNECTIONS)}


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
        **({} if population.interphase is None else {"interphase": _plain(population.interphase)}),
        "contact": population.contact,
        **({} if population.scatter is None else {"scatter": _plain(population.scatter)}),
        "volume_fraction": population.volume_fraction,
        "depth": _plain(population.depth),
        **({} if start is None else {"initial_filling": _flat(start, INITIAL_FILLINGS)}),
        **({} if population.noise is None else {"noise": _plain(population.noise)}),
    }


@_plain.register
def _(layer: Interphase) -> dict[str, Any]:
    values = {key: getattr(layer, key) for key in BESIDE_LAYER}
    written = {key: value for key, value in values.items() if value is not None}
    return _flat(layer.model, ELECTROLYTES) | written


@_plain.register
def _(scatter: Scatter) -> dict[str, Any]:
    families = {"contact": FRACTIONS}
    forms = {k: _flat(form, families.get(k, FACTORS)) for k, form in scatter.forms.items()}
    own = {"correlation": dict(scatter.correlation)} if scatter.correlation else {}
    return {**forms, **own, "seed": scatter.seed}


@_plain.register
def _(choice: MaterialChoice) -> dict[str, Any]:
    shape = choice.diffusivity_shape
    own = {} if shape is None else {"diffusivity_shape": _flat(shape, DIFFUSIVITIES)}
    table = {} if choice.ocv is None else {"ocv": _plain(choice.ocv)}
    return {"name": choice.name, **choice.parameters, **choice.overrides, **own, **table}


@_plain.register
def _(kinetics: Kinetics) -> dict[str, Any]:
    values = {key: getattr(kinetics, key) for key in BESIDE_LAW if key != "exchange_current"}
    form = kinetics.exchange_current
    own = {} if form is None else {"exchange_current": _flat(form, EXCHANGE_CURRENTS)}
    return {**_flat(kinetics.law, LAWS), **values, **own}


@_plain.register
def _(step: Step) -> dict[str, Any]:
    until = {"until": dict(step.until.given)} if step.until.given else {}
    skip = {"skip": dict(step.skip)} if step.skip else {}
    if step.kind == "rest":
        return {"rest": {}, **({"isolated": True} if step.isolated else {}), **until, **skip}
    ramp = {} if step.ramp is None else {"ramp": step.ramp}
    return {step.kind: _setting(step), **ramp, **until, **skip}


def _setting(step: Step) -> Any:
    """What stands below the name of what a step controls."""
    course = step.wave or step.drive
    if course is not None:
        return course.written()
    if step.sweep is not None:
        sweep = step.sweep
        start = {} if sweep.start is None else {"from": sweep.start}
        return {**start, "to": sweep.to, "rate": sweep.rate}
    setting = step.power if step.kind == "power" else step.voltage
    return setting if step.current is None else str(step.current)


def _flat(component: Component, family: Family) -> dict[str, Any]:
    return {family.tag: component.name} | {k: _plain(v) for k, v in component.parameters.items()}
