"""Full cells from YAML: two porous electrodes with their own particles."""

import numpy as np
import pytest

import electrode_model as em
from electrode_model.analysis.balance import balance
from electrode_model.assemble import assemble
from electrode_model.config.components import material
from electrode_model.config.load import load, resolved_yaml
from electrode_model.plots import plot
from electrode_model.results.result import Result
from electrode_model.scales import Scales
from electrode_model.solver import oracle
from tests.models import configuration

FULL = """\
schema: 1
name: NMC532 against NMC111
temperature: 298.15
negative:
  thickness: 50 um
  porosity: 0.4
  active_fraction: 0.5
  conductivity: 50
  volumes: 3
  initial_filling: 0.9
  particles:
    model: {name: diffusion, nodes: 8}
    per_volume: 2
    size: {distribution: lognormal, mean: 1 um, std: 0.2 um}
    material: nmc111
separator: {thickness: 25 um, porosity: 0.5, volumes: 2}
positive:
  thickness: 40 um
  porosity: 0.3
  active_fraction: 0.5
  volumes: 4
  initial_filling: 0.4
  particles:
    model: homogeneous
    per_volume: 3
    size: {distribution: lognormal, mean: 1 um, std: 0.2 um}
    material: nmc532
electrolyte: {model: concentrated, properties: valoen_reimers}
voltage_window: [-3 V, 3 V]
protocol:
  - {current: 1 C, until: {filling: 0.6}}
  - {rest: 10 min}
  - {current: -1 C, until: {filling: 0.5}}
"""


def test_lithium_goes_from_one_electrode_to_the_other(tmp_path, monkeypatch):
    folder = tmp_path / "run"
    result = em.simulate(configuration(tmp_path, FULL), folder=folder)
    assert result.status == "finished", result.message
    assert [step.planned for step in result.steps] == [True] * 3
    layout = result.layout
    assert balance(result).worst < 1e-13
    assert layout.negative is not None
    held = result["Positive filling fraction"] * layout.capacity
    held += result["Negative filling fraction"] * layout.negative.capacity
    assert np.ptp(held) < 1e-13 * held[0]
    assert layout.one_c == min(layout.capacity, layout.negative.capacity)
    assert result["C-rate"][0] == pytest.approx(1)
    # the same from disk, and the negative seen as an electrode of its own
    again = Result.open(folder)
    assert balance(again).worst < 1e-13
    negative = again.negative
    assert negative.layout.electrode == "negative"
    assert balance(negative).worst < 1e-13
    filling = negative["Particle filling fraction"]
    assert filling.shape == (again["Field time [s]"].size, 6)
    np.testing.assert_array_equal(filling, result["Negative particle filling fraction"])
    last = again["Step"] == 2
    assert filling[-1] @ negative.layout.weight == pytest.approx(
        again["Negative filling fraction"][last][-1], abs=1e-14
    )
    assert negative["Solid potential [V]"].shape[1] == 3
    assert "Particle profiles 0" in negative
    assert "Particle profiles 0" not in again
    with pytest.raises(ValueError, match="has no particles"):
        _ = negative.negative
    two = {name: plot.FIGURES[name] for name in ("electrolyte", "profiles")}
    monkeypatch.setattr(plot, "FIGURES", two)
    monkeypatch.setattr(plot, "OF_PARTICLES", ("profiles",))
    names = {path.name for path in plot.draw(again, tmp_path / "a")}
    assert names == {"electrolyte.png", "negative_profiles.png"}
    assert "profiles.png" in {path.name for path in plot.draw(negative, tmp_path / "b")}


def test_capacity_follows_from_geometry_unless_named(tmp_path):
    config = configuration(tmp_path, FULL)
    layout = assemble(config).layout
    assert layout.negative is not None
    cases = ((layout, config.positive, "nmc532"), (layout.negative, config.negative, "nmc111"))
    for own, given, name in cases:
        per_volume = Scales.capacity(material(name).numbers["site_density"].value)  # C/m^3
        solid = given.thickness * given.active_fraction
        assert own.capacity == pytest.approx(per_volume * solid / 3600)
        assert own.weight.sum() == pytest.approx(1)
    named = configuration(tmp_path, FULL, ["nominal_capacity=10 A h/m^2"])
    assert assemble(named).layout.one_c == 10
    result = em.simulate(named)
    current = result["Current [A.m-2]"][0]
    assert current == pytest.approx(10)
    assert balance(result).worst < 1e-13


def test_nominal_capacity_changes_the_rate_and_nothing_else(tmp_path):
    voltages = []
    in_rates = ["nominal_capacity=5", "protocol.0.current=1 C"]
    for overrides in (["protocol.0.current=5 A/m^2"], in_rates):
        result = em.simulate(configuration(tmp_path, FULL, [*overrides, "output.every=300 s"]))
        saved = np.arange(0, 3600, 300.0)
        voltages.append(np.interp(saved, result["Time [s]"], result["Voltage [V]"]))
    np.testing.assert_allclose(*voltages, rtol=0, atol=1e-5)  # V; tolerances of two scalings


def test_symmetric_cell_has_no_voltage_at_rest(tmp_path):
    overrides = [
        "negative.particles.material=nmc532",
        "negative.initial_filling=0.4",
        "protocol=[{rest: 1 h}, {current: 1 C, until: {time: 60 s}}]",
    ]
    result = em.simulate(configuration(tmp_path, FULL, overrides))
    rest = result["Step"] == 0
    assert np.abs(result["Voltage [V]"][rest]).max() < 1e-9
    assert result["Voltage [V]"][-1] < 0


@pytest.mark.parametrize("more", [[], ["negative.conductivity=null", "positive.conductivity=1"]])
def test_agrees_with_idas(tmp_path, more):
    few = ["negative.volumes=2", "separator.volumes=1", "positive.volumes=2", *more]
    every = ["output.every=120 s", "protocol=[{current: 1 C, until: {time: 20 min}}]"]
    config = configuration(tmp_path, FULL, [*few, *every])
    result = em.simulate(config)
    times = np.arange(1, 10) * 120.0
    model = assemble(config)
    states = oracle.integrate(model, (1.0, 0.0, 1.0), times / 3600)
    where = model.circuit.where["voltage"].start - model.circuit.start.size
    expected = states[:, where] * model.scales.voltage
    voltage = np.interp(times, result["Time [s]"], result["Voltage [V]"])
    np.testing.assert_allclose(voltage, expected, rtol=0, atol=2e-5)  # V; 5 rtol of 4 V


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("negative.porosity=2", r"negative\.porosity is 2, out of range"),
        ("negative.volumez=3", r"negative\.volumez is unknown; did you mean negative\.volumes"),
        ("negative.particles.material=xyz", r"negative\.particles\.material\.name is 'xyz'"),
        ("negative={thickness: 1 um}", r"negative\.porosity is missing"),
        ("negative={model: lithium}", r"negative\.model is 'lithium'.*lithium_foil"),
        ("separator=null", "a porous negative needs one"),
        ("negative.initial_filling=null", r"negative\.initial_filling is missing"),
    ],
)
def test_mistakes_name_the_negative(tmp_path, override, message):
    with pytest.raises(em.ConfigError, match=message):
        configuration(tmp_path, FULL, [override])


def test_written_out_and_read_again(tmp_path):
    config = configuration(tmp_path, FULL)
    path = tmp_path / "again.yaml"
    path.write_text(resolved_yaml(config), encoding="utf-8")
    assert load(path) == config


def test_a_full_negative_ends_a_charge(tmp_path):
    overrides = [
        "negative.initial_filling=0.95",
        "negative.particles.model=homogeneous",
        "positive.initial_filling=0.9",
        "voltage_window=[-9 V, 9 V]",
        "protocol=[{current: -1 C, until: {filling: 0.3}}]",
    ]
    result = em.simulate(configuration(tmp_path, FULL, overrides))
    assert result.status in ("stopped", "failed")
    assert result["Negative filling fraction"][-1] > 0.98
    assert not result.steps[0].planned
