"""Parameters of a fit: scales, ties, what they move, and derivatives by them."""

import numpy as np
import pytest

from electrode_model.fit.experiment import answer
from electrode_model.fit.moving import moved
from electrode_model.fit.setting import read_plan
from tests.fits import FREE, curve, setting

PORES = {
    "negative": {"model": "lithium_foil", "exchange_current": "10 A/m^2"},
    "separator": {"thickness": "25 um", "porosity": 0.39, "volumes": 2},
    "positive.volumes": 2,
    "positive.conductivity": "5 S/m",
    "electrolyte": {"model": "concentrated", "properties": "valoen_reimers", "concentration": 1e3},
    "positive.particles.model": {"name": "diffusion", "shape": "sphere", "nodes": 8},
    "positive.particles.film_resistance": "1e-3 ohm m^2",
    "solver.rtol": 1e-7,
    "solver.atol": 1e-7,
}
PATHS = {
    "rate constant": ("positive.particles.kinetics.k0", 0.1, 10),
    "transfer coefficient": ("positive.particles.kinetics.alpha", 0.3, 0.7),
    "shape": ("positive.particles.kinetics.exchange_current.centre", 0.5, 0.7),
    "diffusivity": ("positive.particles.material.diffusivity", 1e-16, 1e-13),
    "mean size": ("positive.particles.size.mean", 1e-7, 2e-7),
    "spread": ("positive.particles.size.std", 2e-8, 4e-8),
    "film": ("positive.particles.film_resistance", 1e-4, 1e-2),
    "series resistance": ("series_resistance", 0, 5e-3),
    "porosity": ("positive.porosity", 0.3, 0.4),
    "Bruggeman exponent": ("positive.bruggeman", 1.2, 2.5),
    "loading": ("positive.thickness", 4e-5, 6e-5),
    "active fraction": ("positive.active_fraction", 0.5, 0.6),
    "initial filling": ("positive.initial_filling", 0.35, 0.45),
    "contact": ("positive.particles.contact", 0.2, 1.0),
    "foil": ("negative.exchange_current", 1, 100),
    "salt": ("electrolyte.concentration", 800, 1200),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("parameters")
    curve(path, 5)
    return path


@pytest.fixture(scope="module")
def many(folder):
    """A plan in which everything moves."""
    free = {name: {"path": path, "bounds": [a, b]} for name, (path, a, b) in PATHS.items()}
    free["diffusivity"]["start"] = 1e-15
    free["contact"]["start"] = 0.8
    return read_plan(setting(folder, rates=(5,), free=free, change=PORES))


def test_scales_go_there_and_back(many):
    for parameter in many.parameters:
        assert parameter.value(0.0) == pytest.approx(parameter.lower, rel=1e-12)
        assert parameter.value(1.0) == pytest.approx(parameter.upper, rel=1e-12)
        for u in (0.0, 0.3, 1.0):
            assert parameter.u(parameter.value(u)) == pytest.approx(u, abs=1e-9)
        rise = parameter.value(0.5 + 1e-6) - parameter.value(0.5 - 1e-6)
        assert rise / 2e-6 == pytest.approx(parameter.slope(0.5), rel=1e-6)


def test_wide_positive_bounds_are_logarithmic(many):
    log = {parameter.name for parameter in many.parameters if parameter.log}
    assert log == {"rate constant", "diffusivity", "film", "foil"}


def test_start_is_that_of_the_base(many):
    starts = {parameter.name: parameter.start for parameter in many.parameters}
    assert starts["rate constant"] == 2.9
    assert starts["mean size"] == 1.5e-7
    assert starts["diffusivity"] == 1e-15


def test_moved_configurations_are_those_that_are_read(many):
    """The quick way to a neighbouring configuration gives what reading it anew gives."""
    (experiment,) = many.experiments
    moves = experiment.moves()
    u = np.array([p.u(p.start) for p in many.parameters])
    config = experiment.config(u)
    for k, parameter in enumerate(many.parameters):
        assert moves[k], parameter.name
        other = u.copy()
        other[k] = 0.7 * u[k] + 0.1
        value = parameter.value(float(other[k]))
        quick = moved(config, moves[k] or (), value)
        # rounding of factor and logarithm only
        assert _numbers(quick) == pytest.approx(_numbers(experiment.config(other)), rel=1e-12)


def _numbers(config):
    found = []

    def walk(value):
        if isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, list | tuple):
            for item in value:
                walk(item)
        elif isinstance(value, float):
            found.append(value)

    walk(config.model_dump())
    return found


def test_sensitivities_are_the_differences_of_runs(many):
    """Of all residuals along directions in which every kind of parameter has a like part."""
    (experiment,) = many.experiments
    u = np.array([p.u(p.start) for p in many.parameters])
    moves = experiment.moves()
    exact = answer(experiment, u, moves, "sensitivities")
    assert not exact.differenced
    jacobian = exact.jacobian
    assert jacobian is not None
    sizes = np.linalg.norm(jacobian, axis=0)
    assert sizes.min() > 0
    for signs in np.random.default_rng(0).choice([-1.0, 1.0], (3, u.size)):
        step = 5e-3 * signs * sizes.min() / sizes
        ends = [answer(experiment, u + side * step, moves, None) for side in (1, -1)]
        difference = (ends[0].residuals - ends[1].residuals) / 2
        # rows are interpolated, and a run with one parameter wrong would be off by a quarter
        assert difference == pytest.approx(jacobian @ step, abs=0.03 * np.abs(difference).max())


def test_one_parameter_may_move_several_paths(folder):
    free = {
        "both": {
            "path": {"positive.thickness": 1, "positive.particles.size.mean": 0.003},
            "bounds": ["40 um", "60 um"],
        }
    }
    plan = read_plan(setting(folder, rates=(5,), free=free))
    config = plan.experiments[0].config(np.array([0.5]))
    assert config.positive.thickness == pytest.approx(50e-6)
    assert config.positive.particles[0].size.parameters["mean"] == pytest.approx(150e-9)


def test_parameters_of_single_data_sets(folder):
    curve(folder, 1)
    free = {
        "k0": FREE["k0"],
        "filling": {
            "path": "positive.initial_filling", "bounds": [0.3, 0.5], "per_data_set": True
        },
    }  # fmt: skip
    plan = read_plan(setting(folder, free=free))
    assert [p.name for p in plan.parameters] == ["k0", "filling[1C]", "filling[5C]"]
    u = np.array([0.5, 0.25, 0.75])
    fillings = [e.config(u).positive.initial_filling for e in plan.experiments]
    assert fillings == pytest.approx([0.35, 0.45])
    one, other = (answer(e, u, e.moves(), "sensitivities").jacobian for e in plan.experiments)
    assert not one[:, 2].any()
    assert not other[:, 1].any()
    assert one[:, 1].any()
    assert other[:, 2].any()


def test_a_free_start_is_a_parameter(folder):
    given = setting(folder, rates=(5,), free={"k0": FREE["k0"]})
    given["data"][0]["initial"] = "free"
    plan = read_plan(given)
    assert [p.name for p in plan.parameters] == ["k0", "start[5C]"]
    assert plan.experiments[0].config(np.array([0.5, 0.5])).positive.initial_filling == 0.5


def test_priors_are_on_the_scale_of_their_parameter(folder):
    free = {
        "k0": {**FREE["k0"], "prior": {"mean": "3 A/m^2", "factor": 10}},
        "thickness": {**FREE["thickness"], "prior": {"mean": "50 um", "std": "2 um"}},
    }
    plan = read_plan(setting(folder, rates=(5,), free=free))
    first, second = (parameter.prior for parameter in plan.parameters)
    assert first is not None
    assert second is not None
    assert (first.mean, first.std) == pytest.approx((0.5, 0.5))
    assert (second.mean, second.std) == pytest.approx((0.5, 0.1))
