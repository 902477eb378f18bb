"""Cut-offs: direction, precision of the root, earliest first."""

import numpy as np
import pytest

from electrode_model.config.steps import Step
from electrode_model.scales import Scales
from electrode_model.simulation.cutoffs import External, cut_offs, first_crossing, window

SCALES = Scales(298.15, 20.0)


def seen(time=0.0, voltage=3.4, current=20.0, passed=0.0, filling=0.5):
    return External(time, voltage, current, passed, filling)


def step(kind="current", until=None, **more):
    if kind == "current":
        more.setdefault("current", "1 C")
    return Step.model_validate({"kind": kind, "until": until, **more})


@pytest.mark.parametrize(
    ("until", "current", "before", "after"),
    [
        ({"voltage": 2.5}, 20.0, {"voltage": 2.51}, {"voltage": 2.49}),
        ({"voltage": 3.9}, -20.0, {"voltage": 3.89}, {"voltage": 3.91}),
        ({"filling": 0.9}, 20.0, {"filling": 0.89}, {"filling": 0.91}),
        ({"filling": 0.1}, -20.0, {"filling": 0.11}, {"filling": 0.09}),
        ({"capacity": 3.0}, 20.0, {"passed": 2.9}, {"passed": 3.1}),
        ({"capacity": 3.0}, -20.0, {"passed": -2.9}, {"passed": -3.1}),
        ({"time": 60.0}, 20.0, {"time": 59.0}, {"time": 61.0}),
    ],
)
def test_direction_follows_the_current(until, current, before, after):
    (cut_off,) = cut_offs(step(until=until), seen(current=current), SCALES)
    assert cut_off.margin(seen(**before)) < 0 < cut_off.margin(seen(**after))
    assert cut_off.planned


@pytest.mark.parametrize("sign", [1, -1])
def test_a_hold_ends_when_the_current_has_decayed(sign):
    hold = step("voltage", {"rate": 0.05, "current": 0.5}, voltage=3.6)
    by_current, by_rate = cut_offs(hold, seen(current=sign * 20.0), SCALES)
    assert by_rate.margin(seen(current=sign * 1.01)) < 0 < by_rate.margin(seen(current=sign * 0.99))
    assert by_current.margin(seen(current=sign * 0.51)) < 0
    assert by_current.margin(seen(current=sign * 0.49)) > 0


@pytest.mark.parametrize(("start", "limit"), [(3.4, 3.5), (3.6, 3.5)])
def test_a_rest_approaches_its_voltage_from_either_side(start, limit):
    (cut_off,) = cut_offs(
        step("rest", {"voltage": limit}), seen(voltage=start, current=0.0), SCALES
    )
    assert cut_off.margin(seen(voltage=start)) < 0 < cut_off.margin(seen(voltage=2 * limit - start))


def test_the_earliest_root_is_found_to_rounding():
    stops = cut_offs(step(until={"voltage": 3.0, "time": 3000.0}), seen(), SCALES)
    state = lambda t: seen(time=3600 * t, voltage=3.5 - t)  # noqa: E731
    root, cut_off = first_crossing(stops, state, 0.4, 0.9)
    assert cut_off.name == "voltage 3 V"
    assert root == pytest.approx(0.5, abs=1e-13)
    assert first_crossing(stops, state, 0.0, 0.4) is None


def test_a_dip_within_a_step_is_seen():
    """The voltage is above the cut-off at both ends and below it in the middle."""
    stops = cut_offs(step(until={"voltage": 3.0}), seen(), SCALES)
    found = first_crossing(stops, lambda t: seen(voltage=2.9 + (t - 0.5) ** 2 * 4), 0.0, 1.0)
    assert found is not None
    assert found[0] == pytest.approx(0.5 - np.sqrt(0.025), abs=1e-12)


def test_leaving_the_window_is_not_planned():
    _, lower, upper = window((2.0, 4.0))
    assert lower.margin(seen(voltage=1.9)) > 0 > lower.margin(seen(voltage=2.1))
    assert upper.margin(seen(voltage=4.1)) > 0 > upper.margin(seen(voltage=3.9))
    assert not lower.planned
    assert not upper.planned
