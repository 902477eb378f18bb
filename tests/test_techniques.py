"""Titrations, pulses and loops with an end: what they expand to, and how they run."""

import re
from pathlib import Path

import pytest

from electrode_model.config.load import load, resolved_yaml
from tests.models import SINGLE, SMOOTH, configuration
from tests.runs import finished, protocol

SMALL = (*SMOOTH, "positive.particles.per_volume=1")


def labels(folder, *steps):
    return [step.label for step in configuration(folder, SINGLE, [protocol(*steps)]).protocol]


def test_gitt_is_pulses_and_rests(tmp_path):
    step = "{gitt: {current: C/20, pulse: 10 min, rest: 2 h, until: {voltage: 2.5 V}, count: 3}}"
    pulse = "discharge at 0.05 C until 2.5 V or 10 min"
    assert labels(tmp_path, step, "{rest: 1 min}") == [*[pulse, "rest 2 h"] * 3, "rest 1 min"]
    config = configuration(tmp_path, SINGLE, [protocol(step, "{rest: 1 min}")])
    # the third pulse leaves out its own rest; what follows the titration is done in any case
    assert [s.skip for s in config.protocol] == [{"voltage": 5}, {}, {"voltage": 3}, {}, {"voltage": 1}, {}, {}]  # fmt: skip  # noqa: E501


def test_pitt_steps_from_one_voltage_to_the_other(tmp_path):
    until = "until: {rate: C/100, time: 2 h}"
    up = labels(tmp_path, f"{{pitt: {{from: 3.4 V, to: 3.42 V, step: 10 mV, {until}}}}}")
    ends = "until 0.01 C or 2 h"
    assert up == [f"hold 3.4 V {ends}", f"hold 3.41 V {ends}", f"hold 3.42 V {ends}"]
    down = labels(tmp_path, f"{{pitt: {{from: 3.5 V, to: 3.475 V, step: 10 mV, {until}}}}}")
    assert down == [f"hold {v} V {ends}" for v in ("3.5", "3.49", "3.48", "3.475")]


def test_pulses_have_a_rest_each(tmp_path):
    step = "{pulses: {current: [1 C, -2 C, 5 A/m^2], duration: 10 s, rest: 1 min}}"
    assert labels(tmp_path, step) == [
        "discharge at 1 C until 10 s", "rest 1 min",
        "charge at 2 C until 10 s", "rest 1 min",
        "discharge at 5 A/m^2 until 10 s", "rest 1 min",
    ]  # fmt: skip


def test_a_titration_ends_with_the_pulse_that_reaches_the_voltage(tmp_path):
    """No pulse and no rest follows; the next step of the protocol does."""
    step = "{gitt: {current: 1 C, pulse: 2 min, rest: 1 min, until: {voltage: 3.95 V}, count: 30}}"
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(step, "{rest: 5 min}")])
    reasons = [report.reason for report in result.steps]
    assert reasons[-2:] == ["voltage 3.95 V", "time 300 s"]
    assert set(reasons[:-2]) == {"time 120 s", "time 60 s"}
    assert 4 < len(reasons) < 30
    assert result.steps[-1].index == 60  # the steps left out keep their numbers
    assert "the next" in result.steps[-2].message
    assert result.steps[-1].start == result.steps[-2].end


def test_a_loop_is_left_by_its_end_alone(tmp_path):
    """The charge ends by another stop of the same sort, which goes round the loop."""
    steps = (
        "{repeat: 9, end: {voltage_below: 3.9 V}, steps: ["
        "{current: 2 C, until: {time: 4 min, voltage: [3.9 V, 5 V]}},"
        " {current: -1 C, until: {time: 2 min, voltage: 4.3 V}}]}"
    )
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(steps)])
    assert result.steps[-1].reason == "voltage 3.9 V"
    assert result.steps[-1].index < 17
    assert result["Voltage [V]"][-1] == pytest.approx(3.9, abs=1e-9)


def test_loops_within_loops_leave_their_own(tmp_path):
    inner = "{repeat: 3, end: {filling: 0.45}, steps: [{current: 1 C, until: {time: 2 min, filling: 0.45}}]}"  # noqa: E501
    outer = f"{{repeat: 2, steps: [{inner}, {{current: -1 C, until: {{time: 1 min}}}}]}}"
    result = finished(tmp_path, SINGLE, [*SMALL, protocol(outer)])
    assert [r.index for r in result.steps] == [0, 1, 3, 4, 7]
    assert [r.reason for r in result.steps] == [
        "time 120 s", "filling 0.45", "time 60 s", "filling 0.45", "time 60 s",
    ]  # fmt: skip


EVERYTHING = [
    "{gitt: {current: C/20, pulse: 10 min, rest: 2 h, until: {voltage: [2.5 V, 4 V]}, count: 2}}",
    "{pitt: {from: 3 V, to: 3.05 V, step: 20 mV, until: {rate: C/100}}}",
    "{pulses: {current: [1 C, -1 C], duration: 10, rest: 1 min, until: {voltage: 3 V}}}",
    "{repeat: 2, steps: [{current: 1, until: {time: 3, voltage: 2.5}}], end: {voltage: 2.5 V}}",
    "{voltage: {from: 3 V, to: 4 V, rate: 0.1 mV/s}, until: {capacity: 1}}",
    "{current: {waveform: sine, mean: 1 C, amplitude: C/20, frequency: 1 Hz}, until: {time: 9}}",
    "{voltage: {waveform: sine, mean: 3.4 V, amplitude: 5 mV, frequency: 1 Hz}, until: {time: 9}}",
    "{power: {waveform: sine, amplitude: 1 W/m^2, frequency: 1 Hz}, until: {time: 9}}",
    "{drive: {time: [0, 1, 1], power: [1, 2, 3], interpolation: hold, repeat: 4, scale: 0.1}}",
    "{drive: {time: 0 1 2.5, voltage: 3 3.1 3.2, name: mine}, until: {time: 2}}",
    "{power: 3, ramp: 2, until: {voltage_below: 3 V}}",
    "Ramp to 3.5 V in 30 s until C/50",
    "Sweep from 3 V to 4 V at 0.1 mV/s",
]


@pytest.mark.parametrize("step", EVERYTHING)
def test_what_is_written_out_loads_as_the_same(tmp_path, step):
    config = configuration(tmp_path, SINGLE, [protocol(step)])
    path = tmp_path / "resolved.yaml"
    path.write_text(resolved_yaml(config), encoding="utf-8")
    assert load(path) == config


def documented():
    """The steps in the tables of docs/protocol.md."""
    text = (Path(__file__).parents[1] / "docs" / "protocol.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    found = [code for row in rows for code in re.findall(r"`([^`]+)`", row)]
    return [code for code in found if re.match(r"\{|[A-Z]\w+ ", code)]


@pytest.mark.parametrize("step", documented())
def test_documented_steps_are_read(tmp_path, step):
    table = "Time [s],Current [A.m-2]\n0,1\n1,2\n"
    (tmp_path / "us06.csv").write_text(table, encoding="utf-8")
    inner = "[{current: 1 C, until: {voltage: 2.5 V}}]"
    config = configuration(tmp_path, SINGLE, [protocol(step.replace("[...]", inner))])
    assert config.protocol


def test_the_documentation_has_a_step_of_every_kind():
    assert len(documented()) >= 17
