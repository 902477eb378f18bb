"""Pores: laws of tortuosity, and porosities and active fractions volume by volume."""

import numpy as np
import pytest

import electrode_model as em
from electrode_model import tortuosity
from electrode_model.analysis.balance import balance
from electrode_model.analysis.losses import losses
from electrode_model.assemble import assemble
from electrode_model.config.load import load, resolved_yaml
from electrode_model.config.model import json_schema
from electrode_model.config.problems import ConfigError
from electrode_model.solver import oracle
from tests.models import HALF_CELL, SMOOTH, configuration
from tests.test_full_cell import FULL

EPS = np.linspace(0.1, 1, 10)
LAWS = {
    "bruggeman": {},
    "thorat": {},
    "constant": {"value": 3.0},
    "tabulated": {"porosity": (0.05, 0.5, 1.0), "tortuosity": (9.0, 2.0, 1.0)},
}

#: Strongly uneven, of the same mean; volumes run from the separator on in the positive.
UNEVEN = ("positive.porosity=[0.7, 0.5, 0.3, 0.1]", "positive.active_fraction=[0.1, 0.4, 0.6, 0.9]")
BOTH = (
    *UNEVEN,
    "negative.porosity=[0.15, 0.35, 0.7]",
    "negative.active_fraction=[0.8, 0.5, 0.2]",
    "negative.tortuosity=thorat",
    "separator.porosity=[0.3, 0.9]",
    "separator.tortuosity=4",
)


@pytest.mark.parametrize("name", tortuosity.__all__)
def test_laws_are_positive_and_fall(name):
    tau = getattr(tortuosity, name)(EPS, **LAWS[name])
    assert tau.shape == EPS.shape
    assert np.all(tau > 0)
    assert np.all(np.diff(tau) <= 0)


def test_row_o6(tmp_path):
    """9.21 mS/cm at porosity 0.5: 1.77 after Thorat, a fifth; 3.26 after Bruggeman."""
    separators = {
        "thorat": ("separator.tortuosity=thorat", 1.772),
        "bruggeman": ("separator.bruggeman=1.5", 3.26),
        "the same as a law": ("separator.tortuosity={law: bruggeman, exponent: 1.5}", 3.26),
    }
    for override, expected in separators.values():
        config = configuration(tmp_path, HALF_CELL, [override])
        # 0.005 mS/cm: the digits of the row
        assert 9.21 * config.separator.hindrance == pytest.approx(expected, abs=5e-3)


def test_row_o7(tmp_path):
    """A table: 6 mS/cm above 50 % porosity, and a sharp fall from 45 % on."""
    wanted = {0.36: 0.4, 0.44: 2.0, 0.5: 6.0, 0.56: 6.0}  # mS/cm, of 9.21 in the bulk
    tau = [9.21 * eps / kappa for eps, kappa in wanted.items()]
    law = f"{{law: tabulated, porosity: {list(wanted)}, tortuosity: {tau}}}"
    volumes = ["positive.volumes=4", f"positive.porosity={list(wanted)}"]
    config = configuration(tmp_path, HALF_CELL, [*volumes, f"positive.tortuosity={law}"])
    np.testing.assert_allclose(9.21 * config.positive.hindrance, list(wanted.values()), rtol=1e-12)


def test_equal_values_are_the_number(tmp_path):
    """To the last bit, whatever the key."""
    number = configuration(tmp_path, FULL, ["positive.tortuosity=thorat"])
    overrides = [
        "positive.tortuosity=thorat",
        "positive.porosity=[0.3, 0.3, 0.3, 0.3]",
        "positive.active_fraction=[0.5, 0.5, 0.5, 0.5]",
        "negative.porosity=[0.4, 0.4, 0.4]",
        "negative.active_fraction=[0.5, 0.5, 0.5]",
        "separator.porosity=[0.5, 0.5]",
    ]
    results = [em.simulate(c) for c in (number, configuration(tmp_path, FULL, overrides))]
    for name in ("Voltage [V]", "Particle filling fraction", "Electrolyte concentration [mol.m-3]"):
        np.testing.assert_array_equal(results[0][name], results[1][name])


def test_capacity_follows_the_active_fraction(tmp_path):
    one = assemble(configuration(tmp_path, FULL)).layout  # 0.5 everywhere
    config = configuration(tmp_path, FULL, UNEVEN)
    layout = assemble(config).layout
    fractions = np.array([0.1, 0.4, 0.6, 0.9])
    assert layout.capacity == pytest.approx(one.capacity * fractions.mean() / 0.5, rel=1e-14)
    assert layout.mass == pytest.approx(one.mass * fractions.mean() / 0.5, rel=1e-14)
    shares = np.bincount(layout.volume, layout.weight)
    np.testing.assert_allclose(shares, fractions / fractions.sum(), rtol=1e-14)


LAYERED = (
    "positive.particles=[{model: homogeneous, per_volume: 2, size: 1 um, material: nmc532,"
    " volume_fraction: 0.3}, {model: homogeneous, size: 1 um, material: nmc111,"
    " volume_fraction: 0.7, depth: [0, 0.5]}, {model: {name: diffusion, nodes: 6}, size: 2 um,"
    " material: nmc532, volume_fraction: 0.7, depth: [0.5, 1]}]"
)


@pytest.mark.parametrize("more", [(), (LAYERED,)], ids=["one population", "layers"])
def test_nothing_is_lost(tmp_path, more):
    """Lithium, charge and salt at every saved time, and the loss budget closes."""
    config = configuration(tmp_path, FULL, [*BOTH, *more])
    result = em.simulate(config)
    assert result.status == "finished", result.message
    audit = balance(result)
    assert audit.salt.size > 100
    assert audit.worst < 1e-13  # rounding
    layout = result.layout
    held = result["Positive filling fraction"] * layout.capacity
    held += result["Negative filling fraction"] * layout.negative.capacity
    assert np.ptp(held) < 1e-13 * held[0]
    budget = losses(result, every=10)
    # the error of interpolating saved states between steps of rtol 1e-6, some 1e-5 V at starts
    assert np.abs(budget.remainder).max() < 1e-4
    salt = result["Electrolyte concentration [mol.m-3]"]
    assert np.ptp(salt) > 50  # mol/m^3: something moved


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        (HALF_CELL, [*SMOOTH, *UNEVEN, "positive.volumes=4", "separator.porosity=[0.2, 0.9, 0.4]"]),
        (FULL, [*BOTH, "positive.conductivity=1"]),
    ],
    ids=["half cell", "full cell"],
)
def test_agrees_with_idas(tmp_path, text, overrides):
    steps = ["output.every=120 s", "protocol=[{current: 1 C, until: {time: 20 min}}]"]
    config = configuration(tmp_path, text, [*overrides, *steps])
    result = em.simulate(config)
    times = np.arange(1, 10) * 120.0
    model = assemble(config)
    states = oracle.integrate(model, (1.0, 0.0, 1.0), times / 3600)
    where = model.circuit.where["voltage"].start - model.circuit.start.size
    voltage = np.interp(times, result["Time [s]"], result["Voltage [V]"])
    # five tolerances of 1e-6 kT/e, and as much from two integrators
    np.testing.assert_allclose(voltage, states[:, where] * model.scales.voltage, rtol=0, atol=2e-6)


def test_resistances_of_unlike_volumes_add_up(tmp_path):
    """A solid electrolyte: the drop across a separator is I times the sum of width/(kappa h)."""
    drops = []
    for porosity in ("[0.2, 0.9, 0.4]", "1.0"):
        overrides = [
            "electrolyte={model: solid, conductivity: 0.1 S/m}",
            f"separator.porosity={porosity}",
            "separator.tortuosity={law: thorat, prefactor: 1}",
            "positive.porosity=0.999",
            "positive.active_fraction=0.001",
            "protocol=[{current: 1 A/m^2, until: {time: 1 s}}]",
        ]
        result = em.simulate(configuration(tmp_path, HALF_CELL, overrides))
        drops.append(result["Voltage [V]"][0])
    inverse = np.array([0.2, 0.9, 0.4]) ** -1.53
    expected = 25e-6 / 0.1 * (inverse.mean() - 1)
    assert drops[1] - drops[0] == pytest.approx(expected, rel=1e-6)  # of volts, to 1e-6


def test_resolved_file_and_schema(tmp_path):
    overrides = [
        *BOTH,
        "positive.tortuosity={law: tabulated, porosity: [0.1, 1], tortuosity: [9, 1]}",
    ]
    config = configuration(tmp_path, FULL, overrides)
    path = tmp_path / "resolved.yaml"
    path.write_text(resolved_yaml(config))
    assert load(path) == config
    separator = json_schema()["$defs"]["Separator"]["properties"]
    assert "array" in separator["porosity"]["type"]
    assert {"law", "prefactor"} <= set(str(separator["tortuosity"]).split("'"))


REFUSED = (
    ("porosity=[0.3, 0.4]", "positive.porosity has 2 values, but there are 4 volumes; write one"),
    ("porosity=[0.3, 0.3, 1, 0.3]", "positive.porosity.2 is 1, out of range"),
    ("porosity=[0.3, 0.3, 0.6, 0.3]", "+ active_fraction = 1.1, more than volume 3; reduce"),
    ("active_fraction=[0.3]", "positive.active_fraction has 1 values, but there are 4 volumes"),
    ("tortuosity=0.5", "positive.tortuosity.value is 0.5, out of range"),
    ("tortuosity=torat", "no tortuosity law; did you mean thorat?"),
    ("tortuosity={law: thorat, exponnent: 1}", "is unknown; did you mean"),
    ("tortuosity={exponent: 1}", "positive.tortuosity has no 'law'; allowed: bruggeman"),
    (
        "tortuosity={law: tabulated, porosity: [0.4, 0.5], tortuosity: [3, 2]}",
        "positive.tortuosity is known from porosity 0.4 to 0.5, but the porosity is 0.3",
    ),
    (
        "tortuosity={law: tabulated, porosity: [0.1, 0.5], tortuosity: [3]}",
        "positive.tortuosity has 2 porosities and 1 tortuosities; write as many of each",
    ),
    ("bruggeman=null", "positive.bruggeman is null, and there is no tortuosity"),
)


@pytest.mark.parametrize(("override", "message"), REFUSED)
def test_a_mistake_is_explained(tmp_path, override, message):
    with pytest.raises(ConfigError) as error:
        configuration(tmp_path, FULL, [f"positive.{override}"])
    assert message in str(error.value)


def test_two_laws_at_once_are_refused(tmp_path):
    both = ["positive.tortuosity=thorat", "positive.bruggeman=2"]
    with pytest.raises(ConfigError, match="both say how pores hinder transport, keep one"):
        configuration(tmp_path, FULL, both)
