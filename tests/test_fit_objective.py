"""Residuals of curves, with their derivatives; smoothness, evolution and statistics of fits."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import brentq, least_squares

from electrode_model.fit import least_squares as search
from electrode_model.fit.config import Method, Objective
from electrode_model.fit.differences import Probe, probed
from electrode_model.fit.evaluator import Evaluation
from electrode_model.fit.evolution import evolve, loss
from electrode_model.fit.least_squares import minimise, starts
from electrode_model.fit.objective import PENALTY, count, match, residuals, target
from electrode_model.fit.parameters import Parameter
from electrode_model.fit.profiles import profile
from electrode_model.fit.resume import Journal
from electrode_model.fit.roughness import roughness
from electrode_model.fit.runs import Sensitive
from electrode_model.fit.smoothing import smoothing
from electrode_model.fit.statistics import autocorrelation, estimates, spread, words
from electrode_model.results.storage import FolderError

CURRENT = 10.0  # A/m^2


def volts(x):
    """A curve with a plateau and a steep end, over its share of the capacity."""
    return 3.5 - 0.3 * x - 0.02 / (1.02 - x)


def run_of(capacity=20.0, shift=0.0, parameters=False, cut_off=True):
    """A run to a cut-off, or to its capacity; these and its voltage are its two parameters."""
    last = brentq(lambda x: volts(x) + shift - volts(1.0), 0.5, 1.01) if cut_off else 1.0
    # as a solver does, short steps where much happens
    x = last * (1 - np.linspace(1, 0, 400) ** 2)
    end = capacity / CURRENT * 3600
    slope = -0.3 - 0.02 / (1.02 - x) ** 2  # by x
    d_voltage = np.column_stack([slope * -x / capacity, np.ones(400)])
    d_ends = np.array([[end * last / capacity, -end / slope[-1] if cut_off else 0.0]])
    p = 2 if parameters else 0
    return Sensitive(
        step=np.zeros(400, dtype=int),
        time=x * end,
        voltage=volts(x) + shift,
        slope=slope / end,
        current=np.full(400, CURRENT),
        capacity=x * capacity,
        filling=x,
        d_voltage=d_voltage[:, :p],
        d_capacity=np.zeros((400, p)),
        ends=np.array([end * last]),
        d_ends=d_ends[:, :p],
        reasons=("voltage 2.2 V" if cut_off else "capacity",),
        edge=np.zeros(400, dtype=bool),
        status="finished",
        message="",
        steps=400,
    )


def goal_of(scaled=True, points=50, x=None, **more):
    x = np.linspace(0, 1, 151) if x is None else x
    position = x if scaled else x * 7200.0
    values = {"scaled": scaled, "ends_free": scaled, "weight": 1.0, "points": points, **more}
    rows = np.arange(x.size)
    return target("a", 0, "discharge", rows, position, volts(x), 20.0, **values)


def values_of(goal, run, **choices):
    return residuals(goal, match(goal, run), Objective(**choices), run.d_voltage.shape[1])


def test_a_perfect_run_has_no_residuals():
    values, _ = values_of(goal_of(), run_of())
    assert values.size == 51
    # 5 mV count as one; rows of the run are interpolated
    assert values == pytest.approx(np.zeros(51), abs=1e-3)


def test_a_shifted_end_does_not_explode():
    """The curve stretched by a tenth has the same voltages, and an end of its own."""
    values, _ = values_of(goal_of(), run_of(capacity=22.0))
    assert values[:-1] == pytest.approx(np.zeros(50), abs=1e-3)
    assert values[-1] == pytest.approx(0.1 / 0.01)


def test_beyond_the_end_the_last_voltage_stands():
    goal = goal_of(scaled=False)
    found = match(goal, run_of(capacity=10.0))
    assert found is not None
    late = goal.position > 3600.0
    assert found.voltage[late] == pytest.approx(np.full(late.sum(), volts(1.0)))


def test_bins_count_once_however_many_points_they_have():
    x = np.concatenate([np.linspace(0, 0.1, 1000), np.linspace(0.1, 1, 46)[1:]])
    dense, even = goal_of(x=x, points=10), goal_of(x=np.linspace(0, 1, 46), points=10)
    for goal in (dense, even):
        run = run_of(shift=0.01, cut_off=False)
        values, _ = values_of(goal, run, end_capacity=None)
        assert values == pytest.approx(np.full(10, 2.0), abs=1e-3)


def test_weight_and_deviations_scale_the_residuals():
    run = run_of(capacity=22.0, shift=0.01, cut_off=False)
    values, _ = values_of(goal_of(weight=4.0), run, voltage=0.01)
    assert values[:-1] == pytest.approx(np.full(50, 2.0), abs=1e-3)
    assert values[-1] == pytest.approx(20.0)


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("slope", [None, 0.1])
def test_derivatives_are_those_of_the_residuals(scaled, slope):
    goal = goal_of(scaled=scaled)
    choices = {"slope": slope}
    _, slopes = values_of(goal, run_of(parameters=True), **choices)
    for k, change in enumerate(({"capacity": 20 * 1e-4}, {"shift": 1e-5})):
        (name, size), start = next(iter(change.items())), {"capacity": 20.0, "shift": 0.0}
        ends = [
            values_of(goal, run_of(**{name: start[name] + side * size}), **choices)[0]
            for side in (1, -1)
        ]
        difference = (ends[0] - ends[1]) / (2 * size)
        # rows are interpolated; over time the last voltage stands, which begins with a kink
        voltages = slice(0, 50 if scaled else 49)
        largest = max(np.abs(difference[voltages]).max(), 5.0)  # the capacity changes nothing
        assert slopes[voltages, k] == pytest.approx(difference[voltages], abs=0.01 * largest)
        if slope and scaled:  # slopes of straight lines between bins, of another for each
            largest = max(np.abs(difference[50:62]).max(), 1.0)
            assert slopes[50:62, k] == pytest.approx(difference[50:62], abs=0.15 * largest)
        if scaled:
            assert slopes[-1, k] == pytest.approx(difference[-1], rel=1e-3)


def test_a_failed_run_is_a_finite_penalty():
    goal = goal_of()
    values, slopes = residuals(goal, None, Objective(slope=0.1), 3)
    assert values.size == sum(count(goal, Objective(slope=0.1)))
    assert values[:50] == pytest.approx(np.full(50, PENALTY / 5e-3))
    assert np.isfinite(values).all()
    assert not slopes.any()


def test_a_probe_counts_from_either_end():
    run = run_of(parameters=True)
    for from_end, x in ((False, 0.25), (True, 0.75)):
        probe = Probe("a", 0, np.array([1800.0]), from_end)
        voltage, slopes = probed(probe, run)
        assert voltage[0] == pytest.approx(volts(x), abs=1e-5)
        ends = [probed(probe, run_of(capacity=20 + side * 2e-3))[0][0] for side in (1, -1)]
        assert slopes[0, 0] == pytest.approx((ends[0] - ends[1]) / 4e-3, rel=1e-2)
        # the end is later by as much as it moves at the voltage there
        moved = -1.0 / (-0.3 - 0.02 / 0.02**2) * (-0.3 - 0.02 / (1.02 - x) ** 2)
        assert slopes[0, 1] == pytest.approx(1.0 + (moved if from_end else 0.0), rel=1e-3)


class Toy:
    """An evaluator of two parameters whose residuals are given."""

    parameters = tuple(Parameter(name, ((name, 1.0),), "1", 0.0, 1.0, 0.5, False) for name in "ab")

    pieces = (("curve", slice(None)),)

    def __init__(self, function):
        self.plain = function
        self.asked = 0
        self.smooth(0.0)

    def smooth(self, width):
        goal = goal_of(x=X, points=X.size)
        self.smoothing = smoothing([SimpleNamespace(**ALONE, targets=[goal])], width)

    def function(self, u):
        return self.smoothing(self.plain(u))

    def __call__(self, u, derivatives=None, step=5e-3):
        self.asked += 1
        values = self.function(u)
        ends = []
        for k in range(2):
            e = np.eye(2)[k] * 1e-6
            ends.append((self.function(u + e) - self.function(u - e)) / 2e-6)
        return Evaluation(u, values, np.array(ends).T, 0.0, ())

    def many(self, points, derivatives=None, step=5e-3):
        return [self(u, derivatives, step) for u in points]


X = np.linspace(0, 1, 40)
ALONE = {"objective": Objective(end_capacity=None), "target_size": lambda goal: X.size}


def smooth(u):
    return 100 * (np.exp(-3 * u[0] * X) + u[1] * X - np.exp(-3 * 0.3 * X) - 0.6 * X)


def rough(u):
    """The same with steps that jump along the curve."""
    return smooth(u) + 3 * np.sign(np.sin(4000 * (u[0] + 2 * u[1]) + 40 * X))


def test_least_squares_finds_the_optimum_and_the_bound():
    found = minimise(Toy(smooth), np.array([0.9, 0.1]), Objective(), Method())
    assert found.converged
    assert found.evaluation.u == pytest.approx([0.3, 0.6], abs=1e-4)
    beyond = minimise(
        Toy(lambda u: smooth(u) + 80 * X), np.array([0.9, 0.1]), Objective(), Method()
    )
    assert beyond.evaluation.u[1] == pytest.approx(0.0, abs=1e-3)


def test_a_search_ends_a_tenth_of_a_deviation_from_the_minimum(monkeypatch):
    """What is left to gain is nothing to the data; the step after it would cost a run."""
    noise = np.random.default_rng(5).standard_normal(X.size)
    ended, asked = [], []
    for left in (0.1, 0.0):
        monkeypatch.setattr(search, "_LEFT", left)
        toy = Toy(lambda u: smooth(u) + noise)
        ended.append(minimise(toy, np.array([0.9, 0.1]), Objective(), Method(tolerance=1e-9)))
        asked.append(toy.asked)
    assert ended[0].converged
    assert asked[0] < asked[1]
    here, least = (one.evaluation for one in ended)
    variance = least.cost / (X.size - 2)
    assert here.cost - least.cost < 0.1**2 * variance * 1.01  # of a curved sum of squares


def test_starts_fill_the_bounds():
    points = starts(2, np.array([0.5, 0.5]), Method(starts=9, seed=3))
    assert len(points) == 9
    assert points[0] == pytest.approx([0.5, 0.5])
    for k in range(2):  # a Latin hypercube has one point in each eighth
        assert sorted(int(8 * point[k]) for point in points[1:]) == list(range(8))


def test_roughness_tells_steps_from_curvature():
    u = np.array([0.4, 0.5])
    for derivatives in ("sensitivities", "differences"):
        found = roughness(Toy(smooth), u, derivatives, None)
        assert not found.rough
        assert found.width == 0.0
        assert roughness(Toy(rough), u, derivatives, 0.0).rough


def ripple(u):
    """Steps whose places move with the parameters, as of particles that fill one by one."""
    return smooth(u) + 3 * np.sin(80 * (u[0] - u[1]) + 60 * X)


def test_windows_are_as_wide_as_the_ripples_need():
    u, toy = np.array([0.4, 0.5]), Toy(ripple)
    assert roughness(toy, u, "sensitivities", 0.0).largest > 0.5
    found = roughness(toy, u, "sensitivities", None)
    assert not found.rough
    assert found.width == toy.smoothing.width > 0
    assert found.largest < 0.2
    assert "smooth in windows of" in found.text


def test_windows_keep_what_is_even_and_count_their_overlap():
    """A constant and a slope stay; a window of a half width of 4 bins has the noise of 6."""
    toy = Toy(lambda u: 2.0 + 3.0 * X)
    toy.smooth(0.1)
    inner = (X > 0.1) & (X < 0.9)
    assert toy.function(X)[inner] == pytest.approx((2.0 + 3.0 * X)[inner], rel=1e-3)
    noise = np.random.default_rng(0).standard_normal((4000, X.size))
    spread_of = np.mean([toy.smoothing(row).sum() ** 2 for row in noise])
    single = np.mean([(toy.smoothing(row) ** 2).sum() for row in noise])
    assert spread_of / single == pytest.approx(toy.smoothing.correlated, rel=0.1)


def test_evolution_finds_the_optimum_of_a_rough_objective():
    method = Method(name="differential_evolution", iterations=40)
    found = evolve(Toy(rough), np.array([0.9, 0.1]), Objective(), method)
    # the steps are a twentieth of the residuals a tenth of the range away
    assert found.evaluation.u == pytest.approx([0.3, 0.6], abs=0.05)
    again = evolve(Toy(rough), np.array([0.9, 0.1]), Objective(), method)
    assert again.evaluation.u == pytest.approx(found.evaluation.u, abs=0)


@pytest.mark.parametrize("name", ["linear", "soft_l1", "huber", "cauchy"])
def test_robust_losses_are_those_of_scipy(name):
    values = np.array([0.1, 2.0, 30.0])
    here = Evaluation(np.zeros(2), values, None, 0.0, ())
    found = least_squares(
        lambda x: values + 0 * x, np.zeros(1), loss=name, f_scale=3.0, max_nfev=1
    )  # fmt: skip
    assert loss(here, Objective(loss=name)) == pytest.approx(2 * found.cost)


def test_intervals_of_a_linear_model_are_exact():
    """Student's interval of a straight line, whose formula is known."""
    random = np.random.default_rng(1)
    jacobian = np.column_stack([X, np.ones(40)])
    noise = 0.01 * random.standard_normal(40)
    fitted = np.linalg.lstsq(jacobian, noise, rcond=None)[0]
    rest = jacobian @ fitted - noise
    found = spread(jacobian * 1e3, rest * 1e3, np.array([0.5, 0.5]), 1.0, 0)
    variance = float(rest @ rest) / 38
    exact = variance * np.linalg.inv(jacobian.T @ jacobian)
    assert found.covariance == pytest.approx(exact, rel=1e-9)
    known = estimates(Toy.parameters, np.array([0.5, 0.5]), found, [(False, False)] * 2)
    half = 2.0244 * np.sqrt(exact[0, 0])  # Student's t, 38 degrees of freedom, 97.5 %
    assert known[0].high - known[0].value == pytest.approx(half, rel=1e-4)


def test_a_profile_of_a_linear_model_is_a_parabola():
    """And its interval that of the chi-squared distribution."""
    noise = 0.1 * np.random.default_rng(3).standard_normal(40)

    def line(u):
        return 20 * (u[0] - 0.5) * X + 20 * (u[1] - 0.5) * X**2 + noise

    toy, method = Toy(line), Method()
    best = minimise(toy, np.array([0.4, 0.4]), Objective(), method).evaluation
    found = spread(best.jacobian, best.residuals, best.u, 1.0, 0)
    one = profile(toy, 0, best.u, found, Objective(), method)
    std = np.sqrt(found.covariance[0, 0])
    assert one.rise == pytest.approx(((one.values - best.u[0]) / std) ** 2, abs=1e-3)
    half = 1.95996 * std  # sqrt(3.841)
    assert one.interval == pytest.approx((best.u[0] - half, best.u[0] + half), abs=1e-3 * half)


def test_residuals_in_a_row_count_less():
    random = np.random.default_rng(2)
    white = random.standard_normal(4000)
    smoothed = np.convolve(white, np.ones(20), "valid")
    assert autocorrelation([white]) == pytest.approx(1.0, abs=0.1)
    # a moving mean over 20 has an autocorrelation time of 20
    assert autocorrelation([smoothed]) == pytest.approx(20, rel=0.2)


def told(jacobian, u=(0.5, 0.5), reach=((False, False), (False, False)), **profiles):
    values = 0.1 * np.random.default_rng(0).standard_normal(len(jacobian))
    u = np.array(u)
    found = spread(np.asarray(jacobian), values, u, 1.0, 0)
    return words(Toy.parameters, u, found, reach, profiles)


def test_what_is_not_identifiable_is_said():
    known = np.column_stack([100 * X, 100 * X**3])
    assert told(known) == ()
    (text,) = told(np.column_stack([100 * X, -100 * X]))
    assert text.startswith(
        "a and b are not told apart (correlation 1.0000): they can rise together"
    )
    (text,) = told(known, reach=((False, True), (False, False)))
    assert text.startswith("a: only a lower bound, about 0.4")
    (text,) = told(known, a=(0.3, np.nan))
    assert text == "a: only a lower bound, about 0.3: every larger value to 1 fits as well"
    (text,) = told(known, u=(1.0, 0.5))
    assert text.startswith("a: ends at its upper bound, 1, and the data ask for more; widen")
    (text,) = told(np.column_stack([0 * X, 100 * X]), reach=((True, True), (False, False)))
    assert text == "a: not determined; every value from 0 to 1 fits as well"


def test_a_journal_is_gone_on_with(tmp_path):
    first = Journal("same", tmp_path)
    first.note("q", {"residuals": np.array([0.1, 1 / 3]), "jacobian": None})
    with (tmp_path / "evaluations.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"question": "half a li')  # killed here
    again = Journal("same", tmp_path, resume=True)
    assert len(again) == 1
    assert again.get("q")["residuals"] == [0.1, 1 / 3]
    with pytest.raises(FolderError, match="holds a fit of other files or settings"):
        Journal("other", tmp_path, resume=True)


def test_runs_that_stop_early_are_compared_as_far_as_they_go():
    run = run_of()
    early = replace(
        run, step=run.step[:200], time=run.time[:200], voltage=run.voltage[:200],
        ends=np.zeros(0), d_ends=np.zeros((0, 0)), reasons=(),
    )  # fmt: skip
    found = match(goal_of(scaled=False), early)
    assert found is not None
    assert found.end == pytest.approx(20 * (1 - (200 / 399) ** 2))
    nothing = replace(run, step=run.step + 1)
    assert match(goal_of(), nothing) is None
