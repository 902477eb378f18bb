"""What a configuration says of itself: origins of values, resolved YAML, JSON schema."""

import json
from pathlib import Path

import pytest
import yaml

from electrode_model.config import components
from electrode_model.config.load import explain, load, resolved_yaml
from electrode_model.config.model import json_schema
from electrode_model.material import NUMBERS
from tests.valid import SEPARATOR, SIZE, changed, written

CONFIGS = sorted(Path(__file__).parents[1].glob("configs/*.yaml"))


def test_explain_says_where_every_value_comes_from(tmp_path):
    path = written(tmp_path)
    entries = {entry.key: entry for entry in explain(path, ["solver.rtol=1e-8"])}
    prefix = "positive.particles."

    def check(key, value, unit, origin):
        assert entries[key] == (key, value, unit, origin)

    check("positive.thickness", 5e-5, "m", f"{path}:7")
    check(f"{prefix}size.mean", 1e-7, "m", f"{path}:15")
    check(f"{prefix}size.distribution", "lognormal", "", f"{path}:15")
    check(f"{prefix}size.seed", 0, "1", "default")
    check(f"{prefix}model.name", "homogeneous", "", f"{path}:13")
    check(f"{prefix}model.shape", "sphere", "", "default")
    check("solver.rtol", 1e-8, "1", "--set")
    check("solver.max_order", 5, "1", "default")
    check("separator.volumes", 5, "1", "default")
    check("electrolyte.properties", "valoen_reimers", "", f"{path}:17")
    check("voltage_window", (2.0, 5.0), "V", f"{path}:18")
    check("protocol.0", "discharge at 1 C until 2.5 V", "", f"{path}:20")
    material = components.material("lfp")
    number = material.numbers["omega"]
    check(f"{prefix}material.omega", number.value, "J", f"material lfp: {number.source}")
    check(f"{prefix}kinetics.k0", 0.16, "A/m^2", f"material lfp: {material.kinetics_source}")
    check(f"{prefix}kinetics.alpha", 0.5, "1", f"material lfp: {material.kinetics_source}")


RESOLVED = [
    ("", ""),
    ("name: base", "name: '1e-9'"),
    ("name: base", "name: 'on: {µ}, [é] # \"x\"'"),
    ("name: base", "name: '010'"),
    ("name: base", "name: 'null'"),
    ("name: base", "name: ''"),
    (SIZE, "{distribution: listed, sizes: [[0.1 um, 2e-7, 3e-7], [4e-7, 5e-7, 6e-7]]}"),
    (SIZE, "33.3333333333 nm"),
    ("model: homogeneous", "model: {name: homogeneous, shape: plate}\n    thickness: 7 nm"),
    ("material: lfp", "material: {name: lfp, omega: 4.51 kT}"),
    ("material: lfp", "material: {name: lfp, ocv: {c: [0, 0.1, 0.5, 1], voltage: [4, 3, 2, 1]}}"),
    ("material: lfp", "material: lfp\n    kinetics: {exchange_current: {form: exponential}}"),
    ("{rest: 30 min}", "{voltage: 3.8 V, until: {rate: C/3, time: 1 h}}"),
    ("{rest: 30 min}", "{current: -C/3, until: {capacity: 1 mAh/cm^2, filling: 0.1}}"),
    ("{rest: 30 min}", "{current: 1.7 mA/cm^2, until: {voltage: 3 V}}"),
    ("voltage_window:", "output: {every: 1 min, fields: [], film: true}\nvoltage_window:"),
    ("  volumes: 2", "  conductivity: 0.1 S/m\n  volumes: 2"),
    ("1 mol/L", "1 mol/L, t_plus: 0.3"),
]


@pytest.mark.parametrize(("old", "new"), RESOLVED)
def test_resolved_configuration_loads_as_the_same(tmp_path, old, new):
    config = changed(tmp_path, old, new)
    text = resolved_yaml(config)
    assert load(written(tmp_path, text=text)) == config
    assert resolved_yaml(load(written(tmp_path, text=text))) == text


def test_resolved_ideal_cell_loads_as_the_same(tmp_path):
    config = load(written(tmp_path, SEPARATOR), ["negative=ideal", "positive.volumes=1"])
    assert load(written(tmp_path, text=resolved_yaml(config))) == config


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configurations(path, tmp_path):
    config = load(path)
    assert load(written(tmp_path, text=resolved_yaml(config))) == config
    assert all(entry.origin for entry in explain(path))


def objects(schema):
    """Every part of a JSON schema that describes a mapping."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield schema
        for item in schema.values():
            yield from objects(item)
    elif isinstance(schema, list):
        for item in schema:
            yield from objects(item)


def test_json_schema_describes_every_key():
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    for section in objects(schema):
        of_file = any("\\.py" in f.get("pattern", "") for f in section["properties"].values())
        assert section["additionalProperties"] is of_file  # only a user's file knows its keys
        for key, field in section["properties"].items():
            assert "$ref" in field or field.get("description"), key


def test_json_schema_holds_the_keys_of_the_shipped_configurations():
    known = {key for section in objects(json_schema()) for key in section["properties"]}
    written_keys = set()

    def collect(value):
        if isinstance(value, dict):
            written_keys.update(value)
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, dict | list):
                collect(item)

    for path in CONFIGS:
        collect(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert written_keys <= known
    assert set(NUMBERS) <= known
