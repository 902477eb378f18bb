"""Comparison of models on the same data: criteria against exact cases, and from a fit's file."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from electrode_model.__main__ import main
from electrode_model.config.problems import ConfigError
from electrode_model.fit import experiment, html
from electrode_model.fit.fit import fit
from electrode_model.fit.setting import read_plan
from electrode_model.fit.variants import Agreement, compare, evidence_words, whiteness
from tests.fits import FREE, curve, setting

TWO = {name: FREE[name] for name in ("k0", "resistance")}
N = 100
ROOT = Path(__file__).parent.parent


def polynomial(y, degree):
    """A polynomial fitted to y, as a variant."""
    x = np.linspace(-1, 1, y.size)
    powers = np.polynomial.legendre.legvander(x, degree)
    left = y - powers @ np.linalg.lstsq(powers, y, rcond=None)[0]
    loss = float(left @ left)
    return Agreement(degree + 1, loss, y.size, math.sqrt(loss / y.size), (left,), y.size)


def noise(phi, random, n=N):
    """(n,) of a first-order autoregression, whose autocorrelations are phi^k."""
    white = random.standard_normal(n + 200)
    for k in range(1, white.size):
        white[k] += phi * white[k - 1]
    return white[200:]


def test_the_criteria_are_those_of_the_books():
    """White residuals: AIC, AICc and BIC from their definitions, with the variance counted."""
    y = np.random.default_rng(3).standard_normal(N)
    found = compare({name: polynomial(y, k) for k, name in enumerate(("level", "line"))})
    assert found.correlated == 1.0
    assert found.effective == N
    for one in found.scores:
        k = one.parameters + 1
        # log likelihood of normal residuals at their own variance, less its constant
        own = -2 * sum(-0.5 * math.log(one.rms**2) for _ in range(N))
        assert one.aic == pytest.approx(own + 2 * k)
        assert one.aicc == pytest.approx(own + 2 * k + 2 * k * (k + 1) / (N - k - 1))
        assert one.bic == pytest.approx(own + k * math.log(N))
    assert sum(one.weight for one in found.scores) == pytest.approx(1)
    first, second = found.scores
    ratio = math.exp(second.d_bic / 2)
    assert first.probability / second.probability == pytest.approx(ratio)


@pytest.mark.parametrize(("phi", "plain", "counted"), [(0.0, 0.16, 0.16), (0.8, 0.6, 0.16)])
def test_correlated_residuals_do_not_make_evidence(phi, plain, counted):
    """A parameter too many is taken as often as AIC has it for white noise: chi2 > 2, 16 %.

    As if independent, correlated noise asks for it in most cases.
    """
    random = np.random.default_rng(1)
    wrong = {"aic": 0, "aicc": 0}
    runs = 150
    for _ in range(runs):
        y = noise(phi, random)
        both = compare({"line": polynomial(y, 1), "parabola": polynomial(y, 2)}).scores
        line, parabola = sorted(both, key=lambda one: one.name)
        wrong["aic"] += parabola.aic < line.aic
        wrong["aicc"] += parabola.aicc < line.aicc
    deviation = math.sqrt(counted * (1 - counted) / runs)  # of a binomial share
    assert wrong["aicc"] / runs == pytest.approx(counted, abs=4 * deviation)
    if phi:
        assert wrong["aic"] / runs > plain
    else:
        assert wrong["aic"] / runs == pytest.approx(plain, abs=4 * deviation)


def test_correlation_length():
    """1 + 2 sum phi^k = (1 + phi)/(1 - phi), of long series."""
    random = np.random.default_rng(2)
    n = 2000
    pieces = tuple(noise(0.5, random, n) for _ in range(10))
    loss = sum(float(p @ p) for p in pieces)
    found = compare({"it": Agreement(2, loss, 10 * n, 1.0, pieces, n)})
    # deviation of one such sum: 3 sqrt(2 * 2 * 5/2000) = 0.3 (Sokal, a window of 5); of ten 0.1
    assert found.correlated == pytest.approx(3.0, abs=0.4)
    assert found.share == pytest.approx(found.correlated / n)
    assert f"count as {10 * n / found.correlated:.0f}" in found.sentences[0]


def test_white_noise_is_called_white():
    random = np.random.default_rng(5)
    chances = [whiteness([noise(0.0, random)]) for _ in range(300)]
    # even between 0 and 1: mean 1/2, deviation 0.29/sqrt(300)
    assert np.mean(chances) == pytest.approx(0.5, abs=4 * 0.29 / math.sqrt(300))
    assert whiteness([noise(0.8, random)]) < 1e-6
    assert whiteness([np.zeros(20), np.zeros(0)]) == 1.0


def test_sentences():
    x = np.linspace(-1, 1, N)
    y = np.exp(x) + 0.01 * np.random.default_rng(0).standard_normal(N)
    found = compare(
        {"line": polynomial(y, 1), "quintic": polynomial(y, 5)}, {"other": "cannot be simulated"}
    )
    assert found.preferred == "quintic"
    choice, counted, white, other = found.sentences
    assert choice.startswith("quintic is preferred to line: BIC ")
    assert "odds more than 1,000,000 to 1, very strong evidence; AICc" in choice
    assert counted == (
        "neighbouring residuals are not correlated: all 100 of them count as independent"
    )
    assert white.startswith("residuals of line are not white")
    assert white.endswith("those of quintic are")
    assert other == "other is left out: cannot be simulated"
    alone = compare({"line": polynomial(y, 1)})
    assert "residuals are alike over" in alone.sentences[0]
    assert "line, which is preferred, is wrong by more than noise" in alone.sentences[1]


@pytest.mark.parametrize(
    ("difference", "word"),
    [(0.5, "not worth more than a bare mention"), (3, "positive"), (7, "strong"), (11, "very st")],
)
def test_words(difference, word):
    assert evidence_words(difference).startswith(word)


def test_criteria_that_disagree_are_said():
    """2 ln(likelihood) higher by 3.3, between 2 and ln n: AIC takes the parameter, BIC does not."""
    white = (np.random.default_rng(0).standard_normal(N),)
    few = Agreement(2, 1.0, N, 0.1, white, N)
    more = Agreement(3, math.exp(-3.3 / N), N, 0.1, white, N)
    found = compare({"few": few, "more": more})
    assert found.correlated == 1.0
    assert found.preferred == "few"
    # AICc: 3.3 less 2 and the difference of 2 k (k + 1)/(n - k - 1); BIC: ln n less 3.3
    apart = 3.3 - 2 - (40 / 95 - 24 / 96)
    assert found.sentences[1] == (
        f"AICc prefers more (by {apart:.1f}), BIC few (by {math.log(N) - 3.3:.1f}): AICc asks which"
        " predicts better, BIC which is true, and the data do not settle it"
    )


def test_too_few_points_have_no_aicc():
    y = np.random.default_rng(0).standard_normal(5)
    found = compare({"a": polynomial(y, 1), "b": polynomial(y, 3)})
    by_name = {one.name: one for one in found.scores}
    assert math.isinf(by_name["b"].aicc)
    assert by_name["b"].weight == 0.0
    assert "inf" not in found.sentences[0]


def test_other_data_cannot_be_compared():
    y = np.zeros(10)
    with pytest.raises(ValueError, match=r"variants have \[9, 10\] residuals"):
        compare({"a": polynomial(y, 1), "b": polynomial(y[:9], 1)})
    with pytest.raises(ValueError, match="no variant could be fitted"):
        compare({})


# ---------------------------------------------------------------- from a fit's file

KINETICS = "positive.particles.kinetics"
VARIANTS = {
    "skewed": {},
    "symmetric": {"change": {f"{KINETICS}.exchange_current": {"form": "newman"}}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("variants")
    curve(path, 5)
    return path


def asked(folder):
    """The exchange current that made the data against another one, with one parameter more."""
    more = {"free": {"thickness": FREE["thickness"]}, **VARIANTS["symmetric"]}
    variants = {**VARIANTS, "symmetric": more}
    return setting(folder, rates=(5,), free=TWO, method="least_squares", variants=variants)


@pytest.fixture(scope="module")
def watched(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "write", lambda *_: [])  # pages are looked at below
        seen = []
        yield fit(asked(folder), folder=folder / "out", progress=seen.append), seen


@pytest.fixture
def compared(watched):
    return watched[0]


def test_progress_says_which_variant(watched):
    """And counts the simulations of all."""
    found, seen = watched
    assert {one.stage.partition(": ")[0] for one in seen} == {"skewed", "symmetric"}
    assert seen[0].names == ("k0", "resistance")
    assert seen[-1].names == ("k0", "resistance", "thickness")
    counts = [one.simulations for one in seen]
    assert counts == sorted(counts)
    assert counts[-1] == sum(one.simulations for one in found.variants.values())


def test_the_model_that_made_the_data_is_preferred(compared):
    assert compared.name == "skewed"
    assert list(compared.variants) == ["skewed", "symmetric"]
    found = compared.comparison
    first, second = found.scores
    assert (first.name, first.parameters) == ("skewed", 2)
    assert (second.name, second.parameters) == ("symmetric", 3)
    assert first.rms == pytest.approx(2e-3, rel=0.2)
    assert first.probability > 0.99
    assert first.chance > 0.01
    assert "residuals of symmetric are not white" in str(compared)
    assert [p.name for p in compared.variants["symmetric"].parameters][-1] == "thickness"


def test_everything_is_written(compared, folder):
    out = folder / "out"
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    table = summary["extras"]["Comparison of variants"]
    assert [one["name"] for one in table["variants"]] == ["skewed", "symmetric"]
    for name in ("skewed", "symmetric"):
        own = json.loads((out / "variants" / name / "summary.json").read_text(encoding="utf-8"))
        assert own["name"] == name
        assert (out / "variants" / name / "evaluations.jsonl").exists()
    page = compared.page()
    assert "Comparison of variants" in page
    assert "skewed is preferred to symmetric" in page


def test_a_stopped_comparison_goes_on(compared, folder, monkeypatch):
    """Nothing is searched again: what remains is one run for each curve that is shown."""
    monkeypatch.setattr(html, "write", lambda *_: [])
    again = fit(asked(folder), folder=folder / "out", resume=True)
    assert [one.simulations for one in again.variants.values()] == [1, 1]
    assert again.comparison == compared.comparison


def test_a_variant_that_cannot_be_run_is_left_out(folder, monkeypatch):
    real = (experiment.differentiated, experiment.plain)

    def differentiated(config, neighbours):
        return real[0](config, neighbours) if _skewed(config) else None

    def plain(config):
        if not _skewed(config):
            raise ArithmeticError("too hard")
        return real[1](config)

    monkeypatch.setattr(experiment, "differentiated", differentiated)
    monkeypatch.setattr(experiment, "plain", plain)
    found = fit(setting(folder, rates=(5,), free=TWO, method="least_squares", variants=VARIANTS))
    assert found.name == "skewed"
    (why,) = found.comparison.excluded.values()
    assert "too hard" in why
    assert "symmetric is left out: cannot be simulated at the start" in str(found)


def _skewed(config):
    return "newman" not in str(config.positive.particles[0].kinetics.exchange_current)


TEXT = """\
schema: 1
base: base.yaml
data:
  - {file: 5C.csv, area: 1 m^2}
free:
  k0: {path: positive.particles.kinetics.k0, bounds: [0.3, 30]}
  thickness: {path: positive.thickness, bounds: [40 um, 60 um]}
variants:
  one: {}
  two:
    change: {positive.particles.kinetics.alpha: 0.4}
    drop: [thickness]
"""

#: what is replaced, by what, the line that is named, and the message after the line
FAULTS = [
    ("drop: [thickness]", "drop: [thicknes]", 12,
     "variants.two.drop.0 is 'thicknes', no parameter of the fit; did you mean thickness?"),
    ("drop: [thickness]", "drop: [thickness, k0]", 12,
     "variants.two.drop leaves no parameter that is free; keep one, or name another under free"),
    ("alpha: 0.4", "alpha: 4", 11, "variants.two.change.positive.particles.kinetics.alpha is"),
    ("kinetics.alpha: 0.4", "kinetics.alfa: 0.4", 11, "is refused: positive.particles.kinetics.al"),
    ("drop: [thickness]", "free: {x: {path: positive.x, bounds: [1, 2]}}", 12,
     "variants.two.free.x.path is positive.x, which the base does not have"),
    ("drop: [thickness]", "free: {x: {path: positive.thickness, bounds: [40 um, 60 um]}}", 12,
     "variants.two.free.x.path moves positive.thickness, which thickness in line 7 moves too"),
    ("drop: [thickness]", "dorp: [thickness]", 12, "variants.two.dorp is unknown; did you mean"),
    ("  one: {}\n", "", 8, "variants names 'two' alone; a comparison needs two or more"),
    ("  one: {}", "  one/1: {}", 9, "variants.one/1 is also the name of a folder; allowed: lett"),
    ("  two:", "  two: 3\n  three:", 10, "variants.two is 3; a mapping is needed, with the keys"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "message"), FAULTS)
def test_fault(folder, old, new, line, message):
    assert old in TEXT
    path = folder / "fit.yaml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_plan(path)
    text = str(caught.value).splitlines()[0]
    assert text.startswith(f"{path}:{line}: "), text
    assert message in text


def test_variants_that_change_the_data_are_refused(folder):
    """A thicker electrode takes more at 1C, in which the current of this curve is given."""
    text = TEXT.replace("area: 1 m^2", "current: 5 C, area: 1 m^2")
    text = text.replace("thickness: {path: positive.thickness, bounds: [40 um, 60 um]}", "")
    text = text.replace("drop: [thickness]", "").replace(
        "positive.particles.kinetics.alpha: 0.4", "positive.thickness: 60 um"
    )
    path = folder / "fit.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="changes what 1C means, and so the currents of the data"):
        read_plan(path)


def test_check_from_the_command_line(folder, capsys):
    path = folder / "fit.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert main(["fit", str(path), "--check"]) == 0
    path.write_text(TEXT.replace("[thickness]", "[x]"), encoding="utf-8")
    assert main(["fit", str(path), "--check"]) == 2
    assert "variants.two.drop.0 is 'x', no parameter of the fit" in capsys.readouterr().err


def test_the_models_of_the_issue(tmp_path):
    """Homogeneous, diffusion, Cahn-Hilliard; a symmetric and a skewed exchange current."""
    time = np.linspace(0, 3400, 60)
    rows = [f"{t:g},{3.4 - 2e-4 * t:g},14" for t in time]
    (tmp_path / "cell.csv").write_text("\n".join(["t_s,U_V,I_A", *rows]), encoding="utf-8")
    model = "positive.particles.model"
    kappa = {
        "path": "positive.particles.material.gradient_energy",
        "bounds": ["1e-11 J/m", "1e-8 J/m"],
    }
    plan = read_plan(
        {
            "base": str(ROOT / "configs" / "lfp_half_cell.yaml"),
            "change": {"positive.particles.per_volume": 2, "positive.volumes": 2},
            "data": [{"file": str(tmp_path / "cell.csv"), "area": "1 m^2"}],
            "free": {"k0": FREE["k0"] | {"bounds": [0.01, 10], "start": None}},
            "variants": {
                "homogeneous": {},
                "diffusion": {"change": {model: "diffusion"}},
                "Cahn-Hilliard": {"change": {model: "cahn_hilliard"}, "free": {"kappa": kappa}},
                "skewed": {"change": {f"{KINETICS}.exchange_current": "skewed"}},
            },
        }
    )
    found = {}
    for name, own in plan.variants.items():
        start = np.array([p.u(p.start) for p in own.parameters])
        particles = own.experiments[0].config(start).positive.particles[0]
        form = particles.kinetics.exchange_current.name
        found[name] = (particles.model.name, form, [p.name for p in own.parameters])
    assert found == {
        "homogeneous": ("homogeneous", "transition_state", ["k0"]),
        "diffusion": ("diffusion", "transition_state", ["k0"]),
        "Cahn-Hilliard": ("cahn_hilliard", "transition_state", ["k0", "kappa"]),
        "skewed": ("homogeneous", "skewed", ["k0"]),
    }
