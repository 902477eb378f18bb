"""Bad protocols: every fault has its line, its key as written, the reason and the cure."""

import pytest

from tests.valid import check_one_fault

REST = "{rest: 30 min}"
STEPS = f"\n  - {{current: 1 C, until: {{voltage: 2.5 V}}}}\n  - {REST}"

# what stands in place of the rest, and the message after "protocol.1"
ONE_STEP = [
    ("{rest: 1 s, untl: {}}", ".untl is unknown; did you mean until?"),
    ("{curent: 1 C}", ".curent is unknown; did you mean current?"),
    (
        "{current: 1 C, until: {tim: 3}}",
        ".until.tim is unknown; did you mean protocol.1.until.time? allowed: voltage",
    ),
    ("{current: 0 C, until: {voltage: 3}}", ".current is no current at all; write a"),
    ("{current: 1 C}", ".until needs at least one of voltage, current, rate,"),
    ("{voltage: 3}", ".until needs at least one of voltage, current, rate,"),
    ("{rest: {}}", ".until needs at least one of"),
    ("{current: 1 C, until: {rate: 1}}", ".until.rate cannot end this step: the s"),
    ("{current: 1, until: {current: 1}}", ".until.current cannot end this step"),
    ("{voltage: 3, until: {voltage: 3}}", ".until.voltage cannot end this step"),
    ("{rest: 1 s, until: {rate: 1 C}}", ".until.rate cannot end this step: a rest"),
    ("{rest: 1 s, until: {time: 1 s}}", ".rest gives a time, and until.time gives"),
    ("{voltage: 3, until: {rate: -C/2}}", ".until.rate is -0.5 C-rate ('-C/2'), out"),
    ("{voltage: 3, until: {current: 0}}", ".until.current is 0 A/m^2, out of range"),
    ("{voltage: 3, until: {current: C/9}}", ".until.current is 'C/9', not a number"),
    ("{voltage: 9, until: {time: 1 h}}", ".voltage is 9 V, outside voltage_window"),
    ("{current: 1 C, voltage: 3}", " has current and voltage; a step has exactly"),
    ("{}", " says nothing to do; a step has exactly one of current, voltage,"),
    ("5", " is 5; a step has exactly one of current, voltage, power, rest, repeat"),
    ("{repeat: 3}", " needs 'steps', a list of what to repeat"),
    ("{repeat: 0, steps: [{rest: 1}]}", ".repeat is 0; a whole number from 1"),
    ("{repeat: 10000, steps: [{rest: 1}]}", " makes more than 10000 steps"),
    ("{repeat: 9, steps: [{rest: 1 m}]}", ".steps.0.rest is '1 m': a length, but"),
    (
        "{repeat: 9999, steps: [{repeat: 9999, steps: [{rest: 1}]}]}",
        ".repeat makes 99980001 steps; at most 10000 are allowed",
    ),
]

# what is replaced, by what, the line that is named, and the message after the line
WHOLE = [
    ("2.5 V", "1.5 V", 20, "protocol.0.until.voltage is 1.5 V, outside voltage_window [2 V, 5 V];"),
    (STEPS, " []", 19, "protocol is empty;"),
    (STEPS, "", 19, "protocol is null; a list"),
]


@pytest.mark.parametrize(("step", "message"), ONE_STEP)
def test_a_bad_step_is_one_line(tmp_path, step, message):
    check_one_fault(tmp_path, REST, step, 21, f"protocol.1{message}")


@pytest.mark.parametrize(("old", "new", "line", "message"), WHOLE)
def test_a_bad_protocol_is_one_line(tmp_path, old, new, line, message):
    check_one_fault(tmp_path, old, new, line, message)
