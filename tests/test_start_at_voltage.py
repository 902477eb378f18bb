"""Starts at an open-circuit voltage or a state of charge: the inverse of the open-circuit curve."""

import numpy as np
import pytest

import electrode_model as em
from electrode_model.config.load import load
from electrode_model.scales import Scales
from tests.models import HALF_CELL, SINGLE, SMOOTH, configuration
from tests.runs import finished, protocol

REST = protocol("{rest: 1 s}")
FULL_CELLS = ("nmc532_graphite", "lfp_graphite", "nmc_lto")
SMALL = [
    f"{name}.{key}"
    for name in ("positive", "negative")
    for key in ("volumes=1", "particles.per_volume=1")
]
TWO = (
    "positive.particles=[{model: homogeneous, size: 1 um, material: nmc532, volume_fraction: 0.25},"
    " {model: homogeneous, size: 100 nm, material: lfp, volume_fraction: 0.75}]"
)


def first(result):
    """Voltage and fillings at the start."""
    names = ("Voltage [V]", "Positive filling fraction", "Negative filling fraction")
    return [float(result[name][0]) for name in names if name in result]


@pytest.mark.parametrize(
    ("text", "overrides", "voltage"),
    [
        (SINGLE, [], 3.5),  # the lithium-poor phase
        (SINGLE, [], 3.3),  # the rich one
        (SINGLE, [], 3.4221),  # a tenth of a millivolt above the plateau
        (SINGLE, [], 3.4219),
        (HALF_CELL, list(SMOOTH), 3.9),
        (HALF_CELL, list(SMOOTH), 4.3),
        (SINGLE, [TWO], 3.7),
    ],
)
def test_a_half_cell_starts_at_the_voltage_asked_for(tmp_path, text, overrides, voltage):
    overrides = [*overrides, "positive.initial_filling=null", f"start={{voltage: {voltage} V}}"]
    result = finished(tmp_path, text, [*overrides, REST])
    found, filling = first(result)
    assert found == pytest.approx(voltage, abs=1e-7)
    assert np.abs(result["Current [A.m-2]"]).max() < 1e-9
    if overrides[0].startswith("positive.initial"):  # LiFePO4: outside its binodal, at 0.0121
        assert filling < 0.0122 if voltage > 3.422 else filling > 0.9878


def test_the_lithium_poor_filling_solves_the_regular_solution(tmp_path):
    """log c/(1-c) + omega (1-2c) = (V0 - V) e/kT, by bisection here."""
    result = finished(tmp_path, SINGLE, ["start={voltage: 3.45 V}", REST])
    thermal = Scales(298.15, 1.0).voltage
    low, high = 1e-9, 0.0121
    for _ in range(60):
        c = (low + high) / 2
        mu = np.log(c / (1 - c)) + 4.51 * (1 - 2 * c)
        low, high = (c, high) if mu < (3.422 - 3.45) / thermal else (low, c)
    # omega of the material is 4.51 kT at 298 K, 4.5077 kT here: 3e-3 of the filling
    assert first(result)[1] == pytest.approx(c, rel=4e-3)


@pytest.mark.parametrize(("charge", "filling"), [(0.0, 1.0), (0.25, 0.75), (0.5, 0.5), (1.0, 0.0)])
def test_state_of_charge_of_a_plateau_is_counted_in_lithium(tmp_path, charge, filling):
    start = f"start={{state_of_charge: {charge}, empty: 2.5 V, full: 4.2 V}}"
    result = finished(tmp_path, SINGLE, [start, REST])
    assert first(result)[1] == pytest.approx(filling, abs=1e-9)


def test_state_of_charge_of_a_solution_lies_between_its_two_voltages(tmp_path):
    ends = []
    for charge in (0.0, 0.3, 1.0):
        start = f"start={{state_of_charge: {charge}, empty: 3.6 V, full: 4.3 V}}"
        ends.append(first(finished(tmp_path, HALF_CELL, [*SMOOTH, start, REST])))
    assert ends[0][0] == pytest.approx(3.6, abs=1e-7)
    assert ends[2][0] == pytest.approx(4.3, abs=1e-7)
    assert ends[1][1] == pytest.approx(0.7 * ends[0][1] + 0.3 * ends[2][1], abs=1e-9)


def test_two_materials_share_one_voltage(tmp_path):
    """In between the phases of one, that one takes up what the mean filling asks for."""
    start = "start={state_of_charge: 0.5, empty: 3.2 V, full: 4.3 V}"
    result = finished(tmp_path, SINGLE, [TWO, "positive.initial_filling=null", start, REST])
    nmc, lfp = result["Particle filling fraction"][0]
    at_plateau = ["start={voltage: 3.4221 V}", TWO, REST]
    assert nmc == pytest.approx(finished(tmp_path, SINGLE, at_plateau)["Particle filling fraction"][0, 0], abs=1e-3)  # fmt: skip  # noqa: E501
    assert 0.0122 < lfp < 0.9878


@pytest.mark.parametrize(
    ("name", "voltage"), [("nmc532_graphite", 3.8), ("nmc532_graphite", 3.3), ("lfp_graphite", 3.8)]
)
def test_a_full_cell_keeps_the_lithium_of_its_initial_fillings(name, voltage):
    path = f"configs/{name}.yaml"
    before = em.simulate(path, overrides=[*SMALL, REST])
    after = em.simulate(path, overrides=[*SMALL, REST, f"start={{voltage: {voltage} V}}"])
    found, *fillings = first(after)
    assert found == pytest.approx(voltage, abs=1e-6)
    layout = before.layout
    capacities = np.array([layout.capacity, layout.negative.capacity])
    assert capacities @ fillings == pytest.approx(capacities @ first(before)[1:], rel=1e-9)


@pytest.mark.parametrize(
    ("name", "empty", "full"), [("nmc532_graphite", 3.3, 4.1), ("lfp_graphite", 3.0, 3.6)]
)
def test_state_of_charge_of_a_full_cell_is_shared_by_its_electrodes(name, empty, full):
    """LiFePO4 is within its gap when the cell is empty: only graphite limits it there."""
    ends = []
    for charge in (0.0, 0.3, 1.0):
        start = f"start={{state_of_charge: {charge}, empty: {empty} V, full: {full} V}}"
        ends.append(first(em.simulate(f"configs/{name}.yaml", overrides=[*SMALL, REST, start])))
    low, middle, high = (np.array(end[1:]) for end in ends)
    assert middle == pytest.approx(low + 0.3 * (high - low), abs=1e-9)
    assert ends[2][0] == pytest.approx(full, abs=1e-6)
    if name == "nmc532_graphite":
        assert ends[0][0] == pytest.approx(empty, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        (SINGLE, ["start={voltage: 3.422 V}"], r"start\.voltage is 3\.422 V, the plateau of lfp"),
        (SINGLE, ["start={voltage: 4.5 V}"], "lfp is known in equilibrium from 2.844 V to 4 V"),
        (
            HALF_CELL,
            [*SMOOTH, "start={state_of_charge: 1, empty: 2 V, full: 4 V}"],
            r"start\.empty is 2 V, but nmc532 is known in equilibrium from 3\.096 V",
        ),
    ],
)
def test_what_cannot_be_reached_is_said(tmp_path, text, overrides, message):
    with pytest.raises(em.ConfigError, match=message):
        em.simulate(configuration(tmp_path, text, [*overrides, REST]))


@pytest.mark.parametrize(
    ("name", "start", "message"),
    [
        (
            "nmc532_graphite",
            "{voltage: 2 V}",
            r"start\.voltage is 2 V, at which the electrodes cann",
        ),
        (
            "lfp_graphite",
            "{voltage: 3.3 V}",
            r"the positive \(lfp\) would be within its miscibilit",
        ),
    ],
)
def test_what_a_full_cell_cannot_have_is_said(name, start, message):
    with pytest.raises(em.ConfigError, match=message):
        em.simulate(f"configs/{name}.yaml", overrides=[*SMALL, REST, f"start={start}"])


def test_the_lithium_of_a_full_cell_must_be_given():
    with pytest.raises(
        em.ConfigError, match=r"negative\.initial_filling is missing.*'start' takes"
    ):
        load(
            "configs/lfp_graphite.yaml", ["start={voltage: 3.8 V}", "negative.initial_filling=null"]
        )
