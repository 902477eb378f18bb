"""Steps said in words."""

import pytest

from electrode_model.config.problems import Refused
from electrode_model.config.sentences import read_sentence


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("Discharge at C/2 until 2.5 V", {"current": "C/2", "until": {"voltage": "2.5 V"}}),
        ("charge at 1 C until 4.2 V", {"current": "-1 C", "until": {"voltage": "4.2 V"}}),
        ("Charge at C/3 until 4.2V", {"current": "-C/3", "until": {"voltage": "4.2V"}}),
        ("Hold at 3.8 V until C/50", {"voltage": "3.8 V", "until": {"rate": "C/50"}}),
        ("Hold at 4.2 V until 1 A/m^2", {"voltage": "4.2 V", "until": {"current": "1 A/m^2"}}),
        ("Rest for 1 hour", {"rest": {}, "until": {"time": "1 h"}}),
        ("Rest for 30 minutes.", {"rest": {}, "until": {"time": "30 min"}}),
        (
            "Discharge at 1C for 10 hours or until 3.3 V",
            {"current": "1C", "until": {"time": "10 h", "voltage": "3.3 V"}},
        ),
        (
            "Discharge at 12 A/m^2 until 2.5 V or filling 0.9 or 5 A h/m^2",
            {
                "current": "12 A/m^2",
                "until": {"voltage": "2.5 V", "filling": "0.9", "capacity": "5 A h/m^2"},
            },
        ),
        (
            "Charge at 2 C until surface filling 0.2",
            {"current": "-2 C", "until": {"surface_filling": "0.2"}},
        ),
        ("Discharge at 20 W/m^2 until 2 V", {"power": "20 W/m^2", "until": {"voltage": "2 V"}}),
        ("Discharge at 1 C", {"current": "1 C"}),
        ("Discharge at 1 C for 90 s", {"current": "1 C", "until": {"time": "90 s"}}),
        (
            "Ramp to 3.5 V in 30 seconds for 1 hour",
            {"voltage": "3.5 V", "ramp": "30 s", "until": {"time": "1 h"}},
        ),
        (
            "Ramp to -C/2 in 10 s until 4.2 V",
            {"current": "-C/2", "ramp": "10 s", "until": {"voltage": "4.2 V"}},
        ),
        ("Ramp to 5 W/m^2 in 1 s", {"power": "5 W/m^2", "ramp": "1 s"}),
        (
            "Sweep from 3 V to 4.2 V at 0.1 mV/s",
            {"voltage": {"from": "3 V", "to": "4.2 V", "rate": "0.1 mV/s"}},
        ),
        (
            "sweep to 3 V at 1 mV/s for 1 h",
            {"voltage": {"to": "3 V", "rate": "1 mV/s"}, "until": {"time": "1 h"}},
        ),
    ],
)
def test_what_is_understood(text, step):
    assert read_sentence(text) == step


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Discarge at C/2", "did you mean discharge"),
        ("", "no step"),
        ("Discharge until 2 V", "says not at what"),
        ("Rest at 3 V", "a rest is at nothing"),
        ("Ramp to 3 V until 1 C", "says not 'in' what"),
        ("Sweep to 3 V", "says not at what"),
        ("Charge to 4 V at 1 C", "'to' does not go with 'charge'"),
        ("Charge at -1 C until 4 V", "write no sign"),
        ("Discharge at 1 C until 2.5", "is no stop"),
        ("Discharge at 1 C until 5 kg", "is no stop"),
        ("Discharge at 1 C until 2.5 V or 3 V", "two stops of one sort, voltage"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(Refused, match=message):
        read_sentence(text)
