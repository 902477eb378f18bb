"""Steps at constant power, and steps said in words, in whole runs."""

import numpy as np
import pytest
from scipy.integrate import trapezoid

import electrode_model as em
from electrode_model.analysis.balance import balance
from electrode_model.config.load import load, resolved_yaml
from tests.models import HALF_CELL, SMOOTH, configuration

PROTOCOL = (
    "protocol=[Charge at 1 C until filling 0.6, Rest for 10 minutes,"
    " {power: 30 W/m^2, until: {filling: 0.8}}, {power: -30 W/m^2, until: {filling: 0.7}}]"
)
START = [*SMOOTH, "positive.initial_filling=0.8"]


def test_power_is_held_in_both_directions(tmp_path):
    result = em.simulate(configuration(tmp_path, HALF_CELL, [*START, PROTOCOL]))
    assert result.status == "finished", result.message
    assert balance(result).worst < 1e-13
    power = result["Current [A.m-2]"] * result["Voltage [V]"]
    for step, expected in ((2, 30.0), (3, -30.0)):
        # a quadratic equation, solved by Newton to a twentieth of rtol 1e-6
        np.testing.assert_allclose(power[result["Step"] == step], expected, rtol=2e-6)
    current = result["Current [A.m-2]"][result["Step"] == 2]
    assert current[-1] > current[0]  # the voltage falls
    assert result.steps[2].label == "discharge at 30 W/m^2 until filling 0.8"
    # the energy is power times time
    rows = result["Step"] == 2
    time, energy = result["Time [s]"][rows], trapezoid(power[rows], result["Time [s]"][rows])
    assert energy == pytest.approx(30 * (time[-1] - time[0]), rel=1e-6)


def test_more_power_than_there_is_ends_by_a_voltage(tmp_path):
    protocol = "protocol=[{power: 1 kW/m^2, until: {voltage: 3.0 V}}]"
    config = configuration(tmp_path, HALF_CELL, [*START, protocol, "voltage_window=[1 V, 5 V]"])
    result = em.simulate(config)
    assert result.steps[0].reason.startswith("voltage 3")


def test_words_are_the_mapping_they_stand_for(tmp_path):
    said = configuration(tmp_path, HALF_CELL, [*START, PROTOCOL])
    mapped = PROTOCOL.replace(
        "Charge at 1 C until filling 0.6, Rest for 10 minutes",
        "{current: -1 C, until: {filling: 0.6}}, {rest: 10 min}",
    )
    assert said == configuration(tmp_path, HALF_CELL, [*START, mapped])
    path = tmp_path / "again.yaml"
    path.write_text(resolved_yaml(said), encoding="utf-8")
    assert load(path) == said


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("Dischrge at 1 C until 3 V", "did you mean discharge"),
        ("{power: 0, until: {time: 1 s}}", "no power at all"),
        ("{power: 3 V, until: {time: 1 s}}", "a power per area is needed"),
        ("7", "said in words"),
    ],
)
def test_refused(tmp_path, step, message):
    with pytest.raises(em.ConfigError, match=message):
        configuration(tmp_path, HALF_CELL, [f"protocol=[{step}]"])
