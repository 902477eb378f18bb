"""Sampled posteriors against what is known exactly, against a grid, and in a fit."""

import json
import sys

import matplotlib
import numpy as np
import pytest
from scipy.stats import t as student

from electrode_model.config.problems import ConfigError
from electrode_model.fit import chain, html
from electrode_model.fit.config import Objective, Sampling
from electrode_model.fit.evaluator import Evaluation
from electrode_model.fit.fit import fit
from electrode_model.fit.parameters import Parameter
from electrode_model.fit.sampling import sample
from electrode_model.fit.setting import read_plan
from electrode_model.fit.statistics import estimates, spread
from electrode_model.plots import fit as plots
from electrode_model.plots.figure import STYLE
from electrode_model.plots.posterior import corner
from electrode_model.results.storage import FolderError
from tests.fits import FREE, curve, setting

ROWS = 30


class Known:
    """Residuals A v + e with v = u - 1/2, bent by ``bend``; counts what is asked."""

    def __init__(self, size=2, bend=0.0, sizes=(30.0, 60.0), priors=(), centre=0.5, seed=0):
        random = np.random.default_rng(seed)
        self.matrix = random.standard_normal((ROWS, size)) * np.resize(sizes, size)
        if size > 1:
            self.matrix[:, 1] += 1.5 * self.matrix[:, 0]
        self.noise = random.standard_normal(ROWS)
        self.bend, self.centre, self.rows = bend, centre, priors
        self.parameters = [
            Parameter(f"p{k}", (("a", 1.0),), "1", 0.0, 1.0, 0.5, False) for k in range(size)
        ]
        self.asked, self.failing = 0, lambda u: False

    @property
    def priors(self):
        return len(self.rows)

    def many(self, points, *, keep):
        assert not keep
        self.asked += len(points)
        return [self(u) for u in points]

    def __call__(self, u):
        v = u - self.centre
        bent, slopes = v.copy(), self.matrix.copy()
        bent[-1] += self.bend * v[0] ** 2
        slopes[:, 0] += 2 * self.bend * v[0] * self.matrix[:, -1]
        rows = [((u[k] - mean) / std, np.eye(u.size)[k] / std) for k, mean, std in self.rows]
        residuals = [*(self.matrix @ bent + self.noise), *(value for value, _ in rows)]
        jacobian = np.vstack([slopes, *(row for _, row in rows)])
        failures = ("no",) if self.failing(u) else ()
        return Evaluation(np.asarray(u), np.array(residuals), jacobian, 0.0, failures)

    def optimum(self):
        u = np.full(len(self.parameters), self.centre)
        for _ in range(20):
            here = self(u)
            step = np.linalg.lstsq(here.jacobian, -here.residuals, rcond=None)[0]
            u = np.clip(u + step, 0.0, 1.0)
        return self(u)

    def sampled(self, correlated=1.0, here=None, folder=None, resume=False, task="", **settings):
        here = here or self.optimum()
        found = spread(here.jacobian, here.residuals, here.u, correlated, self.priors)
        known = estimates(self.parameters, here.u, found, [(False, False)] * here.u.size)
        return sample(
            self, self.parameters, here, found, [(one.low, one.high) for one in known],
            settings=Sampling(**settings), objective=Objective(), folder=folder, resume=resume,
            fingerprint=task,
        )  # fmt: skip


def error(effective):
    """Standard error, in deviations, of the end of a 95 % interval from so many samples.

    Square root of p (1 - p)/n over the normal density there.
    """
    return np.sqrt(0.025 * 0.975 / effective) / 0.0584


@pytest.mark.parametrize("correlated", [1.0, 3.0])
def test_a_linear_model_has_students_distribution(correlated):
    """Centre, covariance and intervals as in the books, also with residuals that are correlated."""
    model = Known()
    here = model.optimum()
    found = model.sampled(correlated, effective=600, steps=3000)
    assert found.converged
    freedom = ROWS / correlated - 2
    inverse = np.linalg.inv(model.matrix.T @ model.matrix)
    # S(u)^(-n/2 tau): its scale is that of n/tau - p degrees of freedom
    std = np.sqrt(np.diag(inverse) * float(here.residuals @ here.residuals) / freedom)
    ends = here.u[:, None] + np.outer(std, student.ppf([0.025, 0.975], freedom))
    # tails of Student's distribution are thinner in samples: 1.5 for few degrees
    allowed = 4 * 1.5 * error(found.effective.min()) * std
    assert np.all(np.abs(found.intervals - ends) < allowed[:, None])
    rho = inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1])
    allowed = 4 * (1 - rho**2) / np.sqrt(found.effective.min())  # of a correlation, 4 deviations
    assert found.correlation[0, 1] == pytest.approx(rho, abs=2 * allowed)
    # those of the derivatives, with the same freedom but for p in place of p/tau
    assert found.intervals == pytest.approx(found.gaussian, abs=0.15 * np.ptp(ends))
    assert not any("interval is" in text for text in found.sentences)


def test_a_grid_says_the_same_of_a_bent_one():
    """Two parameters on a grid of 45 x 45: no sampler, and no derivatives."""
    model = Known(bend=12.0, sizes=(40.0, 40.0))
    here = model.optimum()
    found = model.sampled(effective=500, steps=4000)
    axes = [np.linspace(x - 0.11, x + 0.11, 45) for x in here.u]
    least = np.array([[model(np.array([a, b])).cost for b in axes[1]] for a in axes[0]])
    density = (least / least.min()) ** (-ROWS / 2)
    assert max(density[[0, -1]].max(), density[:, [0, -1]].max()) < 1e-4  # all of it is inside
    for k in range(2):
        passed = np.cumsum(density.sum(axis=1 - k))
        ends = np.interp([0.025, 0.975], passed / passed[-1], axes[k])
        allowed = 4 * 1.5 * error(found.effective[k]) * np.ptp(ends) / 3.92
        assert found.intervals[k] == pytest.approx(ends, abs=allowed)
    # and it is not what the derivatives say: the second parameter is bent to lower values
    middle = found.intervals[1].mean()
    assert abs(middle - ends.mean()) < 0.5 * abs(found.gaussian[1].mean() - ends.mean())


def test_what_the_data_do_not_see_is_as_it_was_before():
    """A parameter without an effect: even between its bounds, which is said."""
    model = Known(sizes=(30.0, 0.0))
    model.matrix[:, 1] = 0.0
    found = model.sampled(effective=300, steps=3000)
    allowed = 4 * np.sqrt(0.025 * 0.975 / found.effective[1])
    assert found.intervals[1] == pytest.approx([0.025, 0.975], abs=allowed)
    assert found.cut == ("", "both")
    assert "p1: both bounds cut the interval, which says what was allowed, not known" in str(found)


def test_a_prior_counts():
    """A parameter without an effect is what its prior says."""
    model = Known(sizes=(30.0, 0.0), priors=[(1, 0.6, 0.05)])
    model.matrix[:, 1] = 0.0
    found = model.sampled(effective=300, steps=3000)
    allowed = 4 * error(found.effective[1]) * 0.05
    assert found.intervals[1] == pytest.approx([0.6 - 0.098, 0.6 + 0.098], abs=allowed)


def test_a_bound_cuts():
    model = Known(size=1, sizes=(20.0,), centre=0.0, seed=4)
    found = model.sampled(effective=200)
    assert found.samples.min() >= 0
    assert found.cut == ("lower",)
    assert "p0: its lower bound cuts the interval" in str(found)


def test_places_that_cannot_be_simulated_are_not_gone_to():
    model = Known()
    limit = model.optimum().u[0]
    model.failing = lambda u: u[0] < limit
    found = model.sampled(effective=200)
    assert found.samples[:, 0].min() >= limit
    here = model.optimum()
    model.failing = lambda u: not np.array_equal(u, here.u)
    with pytest.raises(ValueError, match="cannot be simulated around the optimum"):
        model.sampled(here=here)


def test_going_on_gives_what_one_go_gives(tmp_path):
    whole = Known().sampled(steps=40, effective=1e6)
    first = Known()
    first.sampled(steps=25, effective=1e6, folder=tmp_path, task="this")
    rest = Known()
    again = rest.sampled(steps=40, effective=1e6, folder=tmp_path, task="this", resume=True)
    np.testing.assert_array_equal(again.samples, whole.samples)
    assert rest.asked < first.asked
    for other in ({"task": "that"}, {"task": "this", "seed": 1}, {"task": "this", "walkers": 12}):
        with pytest.raises(FolderError, match=r"posterior\.npz is of another fit, seed or number"):
            Known().sampled(folder=tmp_path, resume=True, **other)


def test_a_stop_keeps_the_ways(tmp_path, capsys):
    """An interrupt in the middle of a step, of which nothing else is printed."""
    model = Known()

    def stop(points, *, keep):
        if model.asked > 100:
            raise KeyboardInterrupt
        return Known.many(model, points, keep=keep)

    model.many = stop
    with pytest.raises(KeyboardInterrupt):
        model.sampled(folder=tmp_path, task="this")
    assert capsys.readouterr() == ("", "")
    with np.load(tmp_path / chain.CHAIN) as file:
        assert file["chain"].shape[1:] == (8, 2)
    whole = Known().sampled(steps=40, effective=1e6)
    again = Known().sampled(steps=40, effective=1e6, folder=tmp_path, task="this", resume=True)
    np.testing.assert_array_equal(again.samples, whole.samples)


def test_too_few_samples_are_said():
    found = Known().sampled(steps=20)
    assert not found.converged
    text = found.sentences[1]
    assert text.startswith("not converged: ")
    assert "of the 50 that are needed" in text
    assert text.endswith("raise posterior.steps and go on with --resume")
    still = Known()
    here = still.optimum()
    still.failing = lambda u: bool(np.abs(u - here.u).max() > 1e-9) and still.asked > 8
    stuck = still.sampled(steps=10)  # no walker moves: all samples are one
    assert stuck.acceptance == 0
    assert not stuck.converged


def test_a_better_place_is_said():
    """Walkers around a place that is not the optimum."""
    model = Known()
    beside = model(model.optimum().u + 0.01)
    found = model.sampled(here=beside, steps=60)
    assert any("a sample fits better than the optimum" in text for text in found.sentences)


@pytest.mark.parametrize("size", [1, 2])
def test_figure(size):
    """A panel for each parameter and each pair, the intervals where they are."""
    found = Known(size=size).sampled(steps=60)
    with matplotlib.rc_context(STYLE):
        figure = corner(found)
        figure.draw_without_rendering()
    shown = [ax for ax in figure.axes if ax.axison]
    assert len(shown) == size * (size + 1) // 2
    ends = [line.get_xdata()[0] for line in figure.axes[0].lines[:2]]
    assert ends == pytest.approx(found.intervals[0])


# ---------------------------------------------------------------- in a fit


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("posterior")
    curve(path, 5)
    return path


def asked(folder, **more):
    free = {"resistance": FREE["resistance"]}
    posterior = {"steps": 12, "walkers": 4}
    return setting(
        folder, rates=(5,), free=free, method="least_squares", posterior=posterior, **more
    )


def test_in_a_fit(folder, tmp_path, monkeypatch):
    """A dozen steps: samples beside the intervals, in text, page, numbers and file."""
    monkeypatch.setattr(html, "write", lambda *_: [])
    found = fit(asked(folder), folder=tmp_path)
    own = found.posterior
    (known,) = found.parameters
    width = known.high - known.low
    assert np.all(np.abs(own.samples - known.value) < 2 * width)
    assert own.gaussian[0] == pytest.approx((known.low, known.high))
    assert own.simulated <= found.simulations
    assert "95 % sampled" in str(found)
    assert plots.posterior(found) is not None
    page = found.page()
    assert "<h2>Posterior</h2>" in page
    assert "Histograms of the sampled parameters" in page
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["extras"]["Posterior"]["intervals"] == own.intervals.tolist()
    assert (tmp_path / chain.CHAIN).exists()
    # gone on with: neither the fit nor the steps that are there are simulated again
    again = fit(asked(folder), folder=tmp_path, resume=True)
    np.testing.assert_array_equal(again.posterior.samples, own.samples)
    assert again.simulations == 1


def test_without_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "emcee", None)
    path = folder / "fit.yaml"
    text = (
        "schema: 1\nbase: base.yaml\ndata: [{file: 5C.csv, area: 1 m^2}]\n"
        "free: {k0: {path: positive.particles.kinetics.k0, bounds: [0.3, 30]}}\nposterior: true\n"
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_plan(path)
    assert str(caught.value) == (
        f"{path}:5: posterior asks for samples, which needs the package emcee;"
        " pip install 'electrode-model[bayes]', or remove the key"
    )
    path.write_text(text.replace("true", "false"), encoding="utf-8")
    assert read_plan(path).config.posterior is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"steps": 5}, "posterior.steps is 5"),
        ({"walkers": 2}, "posterior.walkers is 2"),
        ({"step": 50}, "posterior.step is unknown; did you mean posterior.steps?"),
        ("yes", "posterior is 'yes'; a mapping is needed, with the keys steps, effective"),
    ],
)
def test_faults(folder, value, message):
    with pytest.raises(ConfigError) as caught:
        read_plan({**asked(folder), "posterior": value})
    assert message in str(caught.value)
