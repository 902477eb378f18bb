"""Fits of curves whose truth is known, from Python and from the command line."""

import csv
import json

import numpy as np
import pytest

from electrode_model.__main__ import main
from electrode_model.config.load import load
from electrode_model.config.problems import ConfigError
from electrode_model.fit import experiment
from electrode_model.fit.fit import fit
from electrode_model.fit.setting import read_plan
from tests.fits import FREE, TRUTH, curve, setting

TWO = {name: FREE[name] for name in ("k0", "resistance")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("fit")
    for rate in (1, 5):
        curve(path, rate)
    return path


@pytest.fixture(scope="module")
def fitted(folder):
    return fit(setting(folder))


def test_truth_is_in_the_intervals(fitted):
    """Three parameters from two rates with 2 mV of noise; with these seeds all three."""
    assert fitted.status == "converged"
    for one in fitted.parameters:
        assert one.low < TRUTH[one.name] < one.high, one
        assert one.determined
        # as narrow as 2 mV allow: a few parts in a hundred
        assert one.high - one.low < 0.1 * one.value
    assert fitted["k0"] == fitted.parameters[0].value
    assert fitted.words == ()
    assert "smooth" in fitted.method


def test_residuals_are_the_noise(fitted):
    assert fitted.rms == pytest.approx(2e-3, rel=0.15)
    assert fitted.correlated == pytest.approx(1.0, abs=0.5)
    assert [c.data_set for c in fitted.curves] == ["1C", "5C"]
    for one in fitted.curves:
        assert one.largest < 5 * 2e-3
        assert one.model_end == pytest.approx(one.end, rel=3e-3)


def test_no_noise_gives_the_truth(tmp_path):
    """A data set made by the model itself is fitted to the accuracy of the solver."""
    fine = ["output.every=2 s"]
    curve(tmp_path, 5, noise=0.0, overrides=fine)
    found = fit(setting(tmp_path, rates=(5,), free=TWO, method="least_squares"))
    for one in found.parameters:
        # curves are written at 150 points and interpolated
        assert one.value == pytest.approx(TRUTH[one.name], rel=3e-3)


def test_the_fitted_configuration_runs(fitted, folder, tmp_path):
    fitted.to_yaml(tmp_path / "fitted.yaml")
    config = load(tmp_path / "fitted.yaml")
    assert config == fitted.config
    assert config.positive.thickness == fitted["thickness"]
    assert config.series_resistance == fitted["resistance"]
    assert config.protocol[0].label == "discharge at 1 C until 3.4 V"  # of the base
    assert fitted.configs["5C"].protocol[0].current.unit == "A/m^2"


def test_a_set_left_out_is_predicted(folder):
    found = fit(setting(folder, free=TWO, left_out=["5C"], method="least_squares"))
    (one,) = found.predictions
    assert one.data_set == "5C"
    assert one.rms < 4e-3  # twice the noise
    alone = fit(setting(folder, rates=(1,), free=TWO, method="least_squares"))
    assert found["k0"] == alone["k0"]


def test_what_acts_together_is_said(folder):
    free = {
        "k0": FREE["k0"],
        "contact": {"path": "positive.particles.contact", "bounds": [0.1, 1], "start": 0.8},
    }
    found = fit(setting(folder, free=free, method="least_squares"))
    assert found.words[0].startswith("k0 and contact are not told apart (correlation -1.0000)")
    assert found.words[0].endswith("near their product; fix one of them, or give it a prior")
    assert not any(one.determined for one in found.parameters)
    assert found["k0"] * found["contact"] == pytest.approx(TRUTH["k0"], rel=0.05)


def test_profiles_are_made_on_request(folder):
    free = {"resistance": FREE["resistance"]}
    found = fit(setting(folder, rates=(5,), free=free, method="least_squares", profiles=True))
    (one,) = found.profiles
    (known,) = found.parameters
    assert known.profile == one.interval
    # a parabola: the model is almost linear in it
    assert one.interval == pytest.approx((known.low, known.high), rel=2e-3)
    assert "resistance (profile)" in found.table()


def test_several_starts_end_at_one_place(folder):
    method = {"name": "least_squares", "starts": 3, "seed": 1}
    found = fit(setting(folder, rates=(5,), free=TWO, method=method))
    assert len(found.starts) == 3
    ends = [end for _, end in found.starts]
    assert ends == pytest.approx([min(ends)] * 3, rel=1e-3)
    assert "3 of 3 starts ended at the same cost" in found.message


def test_failures_are_counted_and_survived(folder, monkeypatch):
    """A model that cannot be run below some rate constant."""
    real = experiment.differentiated

    def fragile(config, neighbours):
        return None if _k0(config) < 2.0 else real(config, neighbours)

    def failing(config):
        if _k0(config) < 2.0:
            raise ArithmeticError("too slow")
        return experiment_plain(config)

    experiment_plain = experiment.plain
    monkeypatch.setattr(experiment, "differentiated", fragile)
    monkeypatch.setattr(experiment, "plain", failing)
    free = {**TWO, "k0": {**FREE["k0"], "start": "25 A/m^2"}}
    method = {"name": "least_squares", "starts": 3, "seed": 2}
    found = fit(setting(folder, rates=(5,), free=free, method=method))
    assert found["k0"] == pytest.approx(TRUTH["k0"], rel=0.1)
    assert found.failures["5C: no model can be made of it: too slow"] >= 1
    assert "could not be simulated" in found.method
    with pytest.raises(ConfigError, match=r"cannot be simulated at the start, k0 = 1 A/m\^2"):
        fit(setting(folder, rates=(5,), free=TWO))


def _k0(config):
    return config.positive.particles[0].kinetics.k0


def test_long_simulations_are_cut(folder):
    with pytest.raises(ConfigError, match=r"1C: .*wall-clock limit.*limits\.simulation"):
        fit(setting(folder, limits={"workers": 1, "simulation": 1e-3}))


def test_processes_give_the_same(folder, fitted):
    found = fit(setting(folder, limits={"workers": 2}))
    for one, other in zip(found.parameters, fitted.parameters, strict=True):
        assert one.value == other.value


def test_a_configuration_may_be_the_base(folder, fitted):
    given = setting(folder)
    given["base"] = load(folder / "base.yaml")
    plan = read_plan(given)
    u = np.array([p.u(fitted[p.name]) for p in plan.parameters])
    config, other = plan.experiments[0].config(u), fitted.configs["1C"]
    assert config.protocol == other.protocol
    assert _k0(config) == pytest.approx(_k0(other), rel=1e-12)


FIT = """\
schema: 1
name: two numbers
base: base.yaml
data:
  - {file: 5C.csv, area: 1 m^2}
free:
  k0: {path: positive.particles.kinetics.k0, bounds: [0.3 A/m^2, 30 A/m^2], start: 1 A/m^2}
  resistance: {path: series_resistance, bounds: [0, 5e-3 ohm m^2], start: 3e-3 ohm m^2}
method: least_squares
limits: {workers: 1}
"""


@pytest.fixture
def written(folder):
    path = folder / "two.yaml"
    path.write_text(FIT, encoding="utf-8")
    return path


def test_command(written, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["fit", str(written), "-o", str(out)]) == 0
    said = capsys.readouterr()
    assert "5C: sign found: discharge positive" in said.err
    assert "parameter   value" in said.out
    assert "mV rms" in said.out
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["status"] == "converged"
    assert summary["parameters"][0]["name"] == "k0"
    with (out / "parameters.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[0]["value"]) == summary["parameters"][0]["value"]
    assert load(out / "fitted.yaml").series_resistance == float(rows[1]["value"])
    table = np.genfromtxt(out / "residuals.csv", delimiter=",", skip_header=1, usecols=(4, 5))
    assert table.shape == (150, 2)
    # the folder is taken now
    assert main(["fit", str(written), "-o", str(out)]) == 2
    assert "add --resume to go on with it, or --overwrite" in capsys.readouterr().err


def test_an_interrupted_fit_is_gone_on_with(written, tmp_path, capsys, monkeypatch):
    """The second half asks for nothing that the first one knew, and ends at the same place."""
    out, whole = tmp_path / "out", tmp_path / "whole"
    assert main(["fit", str(written), "-o", str(whole), "--quiet"]) == 0
    runs = {"n": 0}
    real = experiment.differentiated

    def counted(*given):
        runs["n"] += 1
        if runs["n"] == 4:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(experiment, "differentiated", counted)
    assert main(["fit", str(written), "-o", str(out), "--quiet"]) == 130
    assert f"-o {out} --resume" in capsys.readouterr().err
    before = json.loads((whole / "summary.json").read_text(encoding="utf-8"))
    assert main(["fit", str(written), "-o", str(out), "--quiet", "--resume"]) == 0
    after = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert after["parameters"] == before["parameters"]
    assert after["simulations"] < before["simulations"]
    other = ["--set", "free.k0.start=2 A/m^2"]
    assert main(["fit", str(written), "-o", str(out), "--quiet", "--resume", *other]) == 2
    assert "holds a fit of other files or settings" in capsys.readouterr().err


def test_check_reads_only(written, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", str(written), "--check"]) == 0
    assert not list(tmp_path.iterdir())
    assert main(["fit", str(written), "--check", "--set", "free.k0.path=a.b"]) == 2
    assert "free.k0.path is a.b, which the base does not have" in capsys.readouterr().err
    assert main(["fit", str(written), "--resume"]) == 2
    assert "there is no results/two-<n> with a fit to go on with" in capsys.readouterr().err


def test_the_public_door_stays_open():
    """Python names the package ``fit`` too, once it is imported."""
    import electrode_model as em

    for _ in range(2):
        with pytest.raises(ConfigError, match="data is missing"):
            em.fit({"base": "a.yaml", "free": {}})
    assert em.Fit.__name__ == "Fit"
