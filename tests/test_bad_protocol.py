"""Bad protocols: every fault has its line, its key as written, the reason and the cure."""

import pytest

from tests.valid import check_one_fault

REST = "{rest: 30 min}"

# what is replaced, by what, the line that is named, and the message after the line
ONE_FAULT = [
    (REST, "{rest: 1 s, untl: {}}", 21, "protocol.1.untl is unknown; did you mean until?"),
    (REST, "{curent: 1 C}", 21, "protocol.1.curent is unknown; did you mean current?"),
    (
        REST,
        "{current: 1 C, until: {tim: 3}}",
        21,
        "protocol.1.until.tim is unknown; did you mean protocol.1.until.time? allowed: voltage",
    ),
    (
        REST,
        "{current: 0 C, until: {voltage: 3}}",
        21,
        "protocol.1.current is no current at all; write a",
    ),
    (REST, "{current: 1 C}", 21, "protocol.1.until needs at least one of voltage, current, rate,"),
    (REST, "{voltage: 3}", 21, "protocol.1.until needs at least one of voltage, current, rate,"),
    (REST, "{rest: {}}", 21, "protocol.1.until needs at least one of"),
    (
        REST,
        "{current: 1 C, until: {rate: 1}}",
        21,
        "protocol.1.until.rate cannot end this step: the s",
    ),
    (
        REST,
        "{current: 1, until: {current: 1}}",
        21,
        "protocol.1.until.current cannot end this step",
    ),
    (
        REST,
        "{voltage: 3, until: {voltage: 3}}",
        21,
        "protocol.1.until.voltage cannot end this step",
    ),
    (
        REST,
        "{rest: 1 s, until: {rate: 1 C}}",
        21,
        "protocol.1.until.rate cannot end this step: a rest",
    ),
    (
        REST,
        "{rest: 1 s, until: {time: 1 s}}",
        21,
        "protocol.1.rest gives a time, and until.time gives",
    ),
    (
        REST,
        "{voltage: 3, until: {rate: -C/2}}",
        21,
        "protocol.1.until.rate is -0.5 C-rate ('-C/2'), out",
    ),
    (
        REST,
        "{voltage: 3, until: {current: 0}}",
        21,
        "protocol.1.until.current is 0 A/m^2, out of range",
    ),
    (
        REST,
        "{voltage: 3, until: {current: C/9}}",
        21,
        "protocol.1.until.current is 'C/9', not a number",
    ),
    (
        REST,
        "{voltage: 9, until: {time: 1 h}}",
        21,
        "protocol.1.voltage is 9 V, outside voltage_window",
    ),
    ("2.5 V", "1.5 V", 20, "protocol.0.until.voltage is 1.5 V, outside voltage_window [2 V, 5 V];"),
    (
        REST,
        "{current: 1 C, voltage: 3}",
        21,
        "protocol.1 has current and voltage; a step has exactly",
    ),
    (REST, "{}", 21, "protocol.1 says nothing to do; a step has exactly one of current, voltage,"),
    (REST, "5", 21, "protocol.1 is 5; a step has exactly one of current, voltage, rest, repeat"),
    (REST, "{repeat: 3}", 21, "protocol.1 needs 'steps', a list of what to repeat"),
    (REST, "{repeat: 0, steps: [{rest: 1}]}", 21, "protocol.1.repeat is 0; a whole number from 1"),
    (REST, "{repeat: 10000, steps: [{rest: 1}]}", 21, "protocol.1 makes more than 10000 steps"),
    (
        REST,
        "{repeat: 9, steps: [{rest: 1 m}]}",
        21,
        "protocol.1.steps.0.rest is '1 m': a length, but",
    ),
    (
        REST,
        "{repeat: 9999, steps: [{repeat: 9999, steps: [{rest: 1}]}]}",
        21,
        "protocol.1.repeat makes 99980001 steps; at most 10000 are allowed",
    ),
    (
        f"\n  - {{current: 1 C, until: {{voltage: 2.5 V}}}}\n  - {REST}",
        " []",
        19,
        "protocol is empty;",
    ),
    (
        f"\n  - {{current: 1 C, until: {{voltage: 2.5 V}}}}\n  - {REST}",
        "",
        19,
        "protocol is null; a list",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), ONE_FAULT)
def test_one_fault_is_one_line(tmp_path, old, new, line, message):
    check_one_fault(tmp_path, old, new, line, message)
