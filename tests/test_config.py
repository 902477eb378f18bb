"""From YAML to the configuration: SI values, short forms, defaults, origins, round trip."""

import json
import pickle
import sys

import pytest
from pydantic import ValidationError

from electrode_model.config.components import (
    DISTRIBUTIONS,
    ELECTROLYTES,
    EXCHANGE_CURRENTS,
    LAWS,
    PARTICLES,
    TORTUOSITIES,
    parameters,
    takes_exchange,
)
from electrode_model.config.load import explain, load, resolved_yaml
from electrode_model.config.model import Component, Current, Stops
from electrode_model.constants import BOLTZMANN
from tests.discovered import keys_of
from tests.valid import SEPARATOR, SIZE, changed, written

FAMILIES = [LAWS, EXCHANGE_CURRENTS, PARTICLES, ELECTROLYTES, DISTRIBUTIONS, TORTUOSITIES]
EVERY_COMPONENT = [(family, name) for family in FAMILIES for name in family.names()]


def kinetics_of(folder, text, material="lfp"):
    return (
        changed(folder, "material: lfp", f"material: {material}\n    kinetics: {text}")
        .positive.particles[0]
        .kinetics
    )


def size_of(folder, text):
    return changed(folder, SIZE, text).positive.particles[0].size


def steps_of(folder, text):
    return changed(folder, "- {rest: 30 min}", f"- {text}").protocol[1:]


def test_values_are_si(tmp_path):
    config = changed(tmp_path)
    electrode = config.positive
    (population,) = electrode.particles
    assert config.name == "base"
    assert config.temperature == 298.15
    assert config.negative.exchange_current == 10.0
    assert config.separator is not None
    assert (config.separator.thickness, config.separator.volumes) == (2.5e-5, 5)
    assert (electrode.thickness, electrode.conductivity, electrode.volumes) == (5e-5, None, 2)
    assert population.size.parameters["mean"] == 1e-7
    assert (population.per_volume, population.thickness) == (3, None)
    assert (population.volume_fraction, population.film_resistance) == (1.0, 0.0)
    assert config.electrolyte.concentration == 1000.0
    assert config.electrolyte.model.parameters["properties"] == "valoen_reimers"
    assert config.voltage_window == (2.0, 5.0)
    discharge, rest = config.protocol
    assert discharge.current == Current(value=1.0, unit="C-rate")
    assert discharge.until == Stops(voltage=2.5)
    assert (rest.kind, rest.until) == ("rest", Stops(time=1800.0))


def test_configuration_is_immutable(tmp_path):
    config = changed(tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        config.temperature = 300.0
    assert pickle.loads(pickle.dumps(config)) == config


SHORT_FORMS = [
    (SIZE, "100 nm", "{distribution: constant, value: 1e-7}"),
    ("model: homogeneous", "model: homogeneous", "model: {name: homogeneous}"),
    ("material: lfp", "material: lfp", "material: {name: lfp}"),
    ("{rest: 30 min}", "{rest: 30 min}", "{rest: {}, until: {time: 1800 s}}"),
    ("{rest: 30 min}", "{rest: 0.5 h}", "{rest: null, until: {time: 1800}}"),
    ("{rest: 30 min}", "{repeat: 2, steps: [{rest: 1}]}", "{rest: 1}\n  - {rest: 1}"),
    ("1 C,", "-C/2,", "-0.5 C,"),
    ("1 C,", "12,", "1.2 mA/cm^2,"),
    ("temperature: 298.15", "temperature: 25 degC", "temperature: 298.15 K"),
    ("per_volume: 3", "per_volume: 3", "per_volume: 3\n    kinetics:"),
    (
        "particles:\n    model: homogeneous\n    per_volume: 3\n    size: "
        + SIZE
        + "\n    material: lfp",
        "particles: {model: diffusion, size: 1 um, material: lfp}",
        "particles: [{model: diffusion, size: 1 um, material: lfp}]",
    ),
]


@pytest.mark.parametrize(("old", "short", "long"), SHORT_FORMS)
def test_short_and_long_forms_are_one(tmp_path, old, short, long):
    assert changed(tmp_path, old, short) == changed(tmp_path, old, long)


def test_ideal_counter_electrode(tmp_path):
    path = written(tmp_path, SEPARATOR)
    shrunk = ["negative=ideal", "positive.volumes=1"]
    assert load(path, shrunk) == load(path, ["negative={model: ideal}", "positive.volumes=1"])
    assert load(path, shrunk).separator is None


def test_kT_follows_the_temperature_of_the_file(tmp_path):
    for temperature in ("298.15", "-10 degC"):
        path = written(tmp_path, "material: lfp", "material: {name: lfp, omega: 4.51 kT}")
        config = load(path, [f"temperature={temperature}"])
        omega = config.positive.particles[0].material.overrides["omega"]
        assert omega == pytest.approx(4.51 * BOLTZMANN * config.temperature, rel=1e-15)


def test_listed_sizes_count_themselves(tmp_path):
    flat = changed(tmp_path, f"per_volume: 3\n    size: {SIZE}", "size: {distribution: listed,"
                   " sizes: [1 um, 200 nm]}").positive.particles[0]  # fmt: skip
    assert flat.per_volume == 2
    assert flat.size.parameters == {"sizes": (1e-6, 2e-7)}
    nested = size_of(
        tmp_path, "{distribution: listed, sizes: [[1 um, 2 um, 3 um], [4 um, 5 um, 6 um]]}"
    )
    assert nested.parameters == {"sizes": ((1e-6, 2e-6, 3e-6), (4e-6, 5e-6, 6e-6))}


def test_populations(tmp_path):
    one = "{model: homogeneous, size: 100 nm, material: lfp, volume_fraction: 0.25}"
    two = "{model: {name: homogeneous, shape: plate}, thickness: 20 nm, size: 1 um, material: lfp}"
    listed = f"[{one}, {two[:-1]}, volume_fraction: 75 %}}]"
    path = written(tmp_path)
    particles = load(path, [f"positive.particles={listed}"]).positive.particles
    assert [p.volume_fraction for p in particles] == [0.25, 0.75]
    assert [p.plate for p in particles] == [False, True]
    assert particles[1].thickness == 2e-8


def test_a_model_without_a_choice_of_shape_is_of_plates(tmp_path):
    for name in PARTICLES.names():
        has_shapes = "shape" in PARTICLES.parameters(name)
        thickness = "" if has_shapes else "\n    thickness: 20 nm"
        population = changed(
            tmp_path, "model: homogeneous", f"model: {name}{thickness}"
        ).positive.particles[0]
        assert population.plate is not has_shapes


class TestKineticsOfTheMaterial:
    """``kinetics`` are completed by the material's, parameter by parameter."""

    def test_absent(self, tmp_path):
        kinetics = changed(tmp_path).positive.particles[0].kinetics
        assert kinetics.law == Component(name="butler_volmer", parameters={"alpha": 0.5})
        assert kinetics.exchange_current == Component(name="transition_state", parameters={})
        assert kinetics.k0 == 0.16

    def test_partly_given(self, tmp_path):
        kinetics = kinetics_of(tmp_path, "{k0: 2 mA/cm^2, alpha: 0.3}")
        assert kinetics.law == Component(name="butler_volmer", parameters={"alpha": 0.3})
        assert kinetics.k0 == 20.0

    def test_every_law_takes_what_it_has_of_the_defaults(self, tmp_path):
        for law in LAWS.names():
            known = LAWS.parameters(law)
            needs = {k: 1.0 for k, p in known.items() if p.required}
            own = not takes_exchange(law)  # then the material's k0 means something else
            needs |= {"k0": 0.16} if own else {}
            kinetics = kinetics_of(tmp_path, json.dumps({"law": law, **needs}))
            assert kinetics.law.name == law
            assert set(kinetics.law.parameters) == set(known)
            assert kinetics.k0 == 0.16
            assert (kinetics.exchange_current is None) == own

    def test_every_exchange_current_by_name(self, tmp_path):
        for form in EXCHANGE_CURRENTS.names():
            own = json.dumps({"form": form, **keys_of(EXCHANGE_CURRENTS, form)})
            kinetics = kinetics_of(tmp_path, f"{{exchange_current: {own}}}")
            assert kinetics.exchange_current.name == form

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("{}", {"steepness": 20.0, "centre": 0.5}),
            ("{exchange_current: park_sigmoid}", {"steepness": 20.0, "centre": 0.5}),
            ("{exchange_current: {steepness: 30}}", {"steepness": 30.0, "centre": 0.5}),
            ("{exchange_current: exponential}", {"steepness": 10.0, "reference": 0.5}),
        ],
    )
    def test_exchange_current_partly_given(self, tmp_path, new_material, text, expected):
        """Another form shares the word steepness with the default, but not its meaning."""
        form = kinetics_of(tmp_path, text, new_material).exchange_current
        assert form.parameters == expected


NEW_MATERIAL = """\
from electrode_model.material import Material, Number

MATERIAL = Material(
    name="new_material",
    description="made up",
    numbers={"site_density": Number(1e28, "a table", assumed=True)},
    ocv=lambda c, T: 4 - c,
    ocv_source="a curve",
    kinetics={
        "law": "linear",
        "k0": "0.2 mA/cm^2",
        "exchange_current": {"form": "park_sigmoid", "steepness": 20, "centre": 50 / 100},
    },
    kinetics_source="a paper",
)
"""
NEW_MODEL = """\
from typing import Annotated, Literal
from electrode_model.quantities import Spec

def build(particles, *, shape: Literal["sphere", "plate"] = "plate", wet: bool = False,
          layers: Annotated[int, Spec("1", "layers", at_least=1)],
          depth: Annotated[float | None, Spec("m", "depth", above=0)] = None):
    pass
"""


def add_module(monkeypatch, folder, package, name, text):
    """Put a file into a folder of the package, for one test."""
    module = __import__(f"electrode_model.{package}", fromlist=["__path__"])
    (folder / package).mkdir()
    (folder / package / f"{name}.py").write_text(text)
    monkeypatch.setattr(module, "__path__", [*module.__path__, str(folder / package)])
    monkeypatch.setattr(module, name, None, raising=False)  # undone: forgets the import
    monkeypatch.setitem(sys.modules, f"{module.__name__}.{name}", None)
    del sys.modules[f"{module.__name__}.{name}"]
    return name


@pytest.fixture
def new_material(monkeypatch, tmp_path):
    return add_module(monkeypatch, tmp_path, "materials", "new_material", NEW_MATERIAL)


def test_new_material_is_found_by_its_file(tmp_path, new_material):
    path = written(tmp_path, "material: lfp", "material: new_material")
    population = load(path).positive.particles[0]
    assert population.kinetics.law.name == "linear"
    assert population.kinetics.k0 == 2.0
    entries = {entry.key: entry for entry in explain(path)}
    prefix = "positive.particles."
    assert entries[f"{prefix}kinetics.k0"].origin == "material new_material: a paper"
    origin = entries[f"{prefix}material.site_density"].origin
    assert origin == "material new_material: a table (assumed)"
    assert entries[f"{prefix}material.ocv"].origin == "material new_material: a curve"


def test_new_particle_model_is_found_by_its_file(tmp_path, monkeypatch):
    name = add_module(monkeypatch, tmp_path, "particles", "new_model", NEW_MODEL)
    text = f"model: {{name: {name}, layers: 2, shape: sphere, depth: 1 um}}"
    model = changed(tmp_path, "model: homogeneous", text).positive.particles[0].model
    expected = {"shape": "sphere", "wet": False, "layers": 2, "depth": 1e-6}
    assert model == Component(name=name, parameters=expected)
    null = changed(tmp_path, "model: homogeneous", text.replace("1 um", "null"))
    assert null.positive.particles[0].model.parameters["depth"] is None


@pytest.mark.parametrize(("family", "name"), EVERY_COMPONENT)
def test_every_component_declares_its_parameters(family, name):
    for parameter in family.parameters(name).values():
        if parameter.kind in ("number", "whole", "list"):
            assert parameter.spec is not None
            assert parameter.spec.meaning
        if not parameter.required and parameter.default is not None:
            assert parameter.read(parameter.default, 298.15) == parameter.default


def test_an_argument_without_a_meaning_is_an_error_of_the_component():
    def law(c, *, alpha: float = 0.5):
        pass

    with pytest.raises(TypeError, match=r"law\(alpha\).*Spec"):
        parameters(law)


PROTOCOL = [
    ("{current: 1 C, until: {voltage: 2.5 V, time: 2 h}}", ["discharge at 1 C until 2.5 V or 2 h"]),
    ("{current: -12 A/m^2, until: {filling: 0.5}}", ["charge at 12 A/m^2 until filling 0.5"]),
    ("{voltage: 3.8 V, until: {rate: C/20, time: 90}}", ["hold 3.8 V until 0.05 C or 90 s"]),
    ("{voltage: 3.8, until: {current: 1, capacity: 5}}", ["hold 3.8 V until 1 A/m^2 or 5 A h/m^2"]),
    ("{rest: 30 min, until: {voltage: 3 V}}", ["rest until 3 V or 30 min"]),
    ("{repeat: 2, steps: [{rest: 1 s}, {rest: 2 min}]}", ["rest 1 s", "rest 2 min"] * 2),
    ("{repeat: 2, steps: [{repeat: 3, steps: [{rest: 1 h}]}]}", ["rest 1 h"] * 6),
]


@pytest.mark.parametrize(("text", "labels"), PROTOCOL)
def test_protocol(tmp_path, text, labels):
    assert [step.label for step in steps_of(tmp_path, text)] == labels


def test_ten_thousand_steps_load_and_write_quickly(tmp_path):
    path = written(tmp_path, "- {rest: 30 min}", "- {repeat: 9999, steps: [{rest: 1 s}]}")
    config = load(path)
    assert len(config.protocol) == 10_000
    assert load(written(tmp_path, text=resolved_yaml(config))) == config


def test_ocv_table_from_a_file_and_inline(tmp_path):
    (tmp_path / "curve.csv").write_text(
        "# measured\nfilling, voltage\n0, 4.2\n0.25, 4.0\n0.5,3.9 V\n1,3.0\n"
    )
    inline = "{c: [0, 25 %, 0.5, 1], voltage: [4.2, 4, 3900 mV, 3]}"
    file, here = (
        changed(tmp_path, "material: lfp", f"material: {{name: lfp, ocv: {ocv}}}")
        for ocv in ("curve.csv", inline)
    )
    assert file == here
    table = file.positive.particles[0].material.ocv
    assert table is not None
    assert table.c == (0.0, 0.25, 0.5, 1.0)
    assert table.voltage == (4.2, 4.0, 3.9, 3.0)


def test_overrides_of_the_command_line(tmp_path):
    path = written(tmp_path, "- {rest: 30 min}", "- {repeat: 2, steps: [{rest: 1 s}]}")
    overrides = [
        "protocol.0.until.voltage=2.6 V",
        "protocol.1.steps.0.rest=5 s",
        "positive.particles.size.mean=200 nm",
        "solver.rtol=1e-8",
        "output={every: 10 s, film: true}",
        "positive.particles.material={name: lfp, omega: 1e-20}",
        "name=a = b",
    ]
    config = load(path, overrides)
    (population,) = config.positive.particles
    assert config.protocol[0].until.voltage == 2.6
    assert [step.until.time for step in config.protocol[1:]] == [5.0, 5.0]
    assert population.size.parameters["mean"] == 2e-7
    assert population.material.overrides == {"omega": 1e-20}
    assert config.solver.rtol == 1e-8
    assert (config.output.every, config.output.film) == (10.0, True)
    assert config.name == "a = b"
