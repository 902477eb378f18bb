"""The exchange current and the kind of model from composition histograms (rows P7 and P8)."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

import electrode_model as em
from electrode_model.__main__ import main
from electrode_model.config.problems import ConfigError
from electrode_model.fit.exchange_current import Recovered, fit_exchange_current, predicted
from electrode_model.fit.exchange_current_files import text, verdicts, write
from electrode_model.fit.histogram_table import read
from electrode_model.fit.histogram_table import write as write_table
from electrode_model.fit.histograms import Histograms, on_grid
from electrode_model.fit.inverse import read_inverse
from electrode_model.fit.population import Knotted, along, basis
from electrode_model.fokker_planck.law import law_of
from electrode_model.fokker_planck.peaks import half_cycle
from electrode_model.fokker_planck.system import uniform

CONFIGS = Path(__file__).parent.parent / "configs"
NMC = CONFIGS / "nmc532_ensemble.yaml"
DIFFUSION = CONFIGS.parent / "validation" / "park2021" / "nmc532_diffusion.yaml"
KNOTS = np.array([0.6, 0.75, 0.875, 1.0])
TRUE = 7.9 - 10 * KNOTS  # log10 j0 [1/h]: as steep as that of NMC532
MEANS, EDGES = np.array([0.95, 0.9, 0.85, 0.8]), np.linspace(0.6, 1, 21)


@pytest.fixture(scope="module")
def config():
    return em.load(NMC)


@pytest.fixture(scope="module")
def law(config):
    return law_of(config, noise=1e-2)


@pytest.fixture(scope="module")
def exact(law):
    """A half cycle, and the share of each bin for a straight log10 j0."""
    empty = Histograms(1.0, 0.98, MEANS, EDGES, np.ones((4, 20)), name="1 C")
    return empty, predicted(law, [empty], KNOTS, TRUE, cells=250)[0]


# ---- the model and its derivatives --------------------------------------------------------


def test_basis_is_one_at_its_knot_and_straight_beyond():
    assert basis(KNOTS, KNOTS) == pytest.approx(np.eye(4), abs=1e-12)
    beyond = basis(KNOTS, np.array([1.0, 1.1, 1.2])) @ TRUE**2
    assert np.diff(beyond, 2) == pytest.approx(0, abs=1e-12)


def test_knotted_population_is_that_of_its_law(law):
    """With the knots on the law's own exchange current the density is the law's."""
    knots = np.linspace(0.6, 1.0, 41)
    system = Knotted(law, uniform(law.domain, 200), knots)
    system.put(np.log10(law.exchange(np.minimum(knots, 1 - 1e-9))), -2.0)
    found = along(system, 1.0, 0.98, np.array([0.9]), rtol=1e-6)
    run = half_cycle(law, 1.0, 0.98, 0.9, system.grid, frames=1, rtol=1e-6)
    # between knots the spline leaves log10 j0 by 1e-4
    assert found.density[0] == pytest.approx(run.density[-1], abs=1e-3 * run.density.max())


def test_sensitivities_are_the_differences(law):
    """Of a knot and of log10 D0, the last parameter."""
    system, means = Knotted(law, uniform(law.domain, 120), KNOTS), np.array([0.93, 0.88])
    system.put(TRUE, -2.0)
    found = along(system, 1.0, 0.98, means, rtol=1e-5).slopes
    for parameter in (2, 4):
        step = np.zeros(5)
        step[parameter] = 3e-3
        ends = []
        for sign in (1, -1):
            system.put(TRUE + sign * step[:4], -2 + sign * step[4])
            ends.append(along(system, 1.0, 0.98, means, rtol=1e-5).density)
        differences = (ends[0] - ends[1]) / 6e-3
        # 1e-5 of the density in either end, over 6e-3; 1e-4 were measured at rtol 1e-7
        assert found[:, parameter] == pytest.approx(differences, abs=5e-3 * abs(differences).max())


def test_deviance_of_counts_and_its_slopes():
    data = Histograms(
        1.0, 0.9, np.array([0.7]), np.array([0.5, 0.6, 0.7, 0.8]), np.zeros((1, 3)) + 5
    )
    data = replace(data, values=np.array([[12.0, 8.0, 0.0]]))
    shares = np.array([[0.5, 0.3, 0.1]])
    chances = 0.999 * shares / 0.9 + 0.001 / 3
    n = data.values
    wanted = 2 * np.sum(n[n > 0] * np.log(n[n > 0] / 20 / chances[n > 0]))
    residual, _ = data.residuals(shares)
    assert residual @ residual == pytest.approx(wanted)
    assert data.log_likelihood(shares) == pytest.approx(-wanted / 2)
    slopes = np.random.default_rng(0).standard_normal((2, 1, 3))
    _, found = data.residuals(shares, slopes)
    for slope, one in zip(slopes, found, strict=True):
        up, down = (data.residuals(shares + s * slope)[0] for s in (1e-6, -1e-6))
        assert one == pytest.approx((up - down) / 2e-6, rel=1e-6)


def test_bins_divide_cells_and_blur():
    grid = uniform((0.5, 1.0), 50)
    data = Histograms(1.0, 0.9, np.array([0.7]), np.linspace(0.5, 1, 8), np.ones((1, 7)))
    flat = np.full(50, 2.0)
    assert on_grid(data, grid) @ flat == pytest.approx(np.full(7, 1 / 7))
    narrow = np.where(np.arange(50) == 20, 100.0, 0.0)  # 0.70 to 0.71
    blurred = on_grid(replace(data, resolution=0.1), grid) @ narrow
    assert blurred == pytest.approx(np.diff(norm.cdf(data.edges, 0.705, 0.1)))


# ---- j0(c) --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recovered(config, exact):
    data = exact[0].noisy(np.random.default_rng(0), exact[1], 0.03)
    return fit_exchange_current(config, [data], KNOTS, cells=150, rtol=1e-3)


def test_exchange_current_is_recovered(recovered):
    """Row P8 in small: one rate with 3 % noise, from a flat guess."""
    c = np.linspace(0.78, 0.95, 20)
    error = recovered.curve(c) - np.interp(c, KNOTS, TRUE)
    assert abs(error).max() < 0.05
    assert np.all(abs(error) < 1.5 * recovered.band(c))  # 3 standard errors
    assert recovered.misfit == pytest.approx(1.0, abs=0.45)  # 80 data: s.d. .16
    known = recovered.identified
    assert known[2:].all()
    assert np.all(recovered.lower[known] < recovered.log10_j0[known])


def test_what_no_histogram_visits_is_said_to_be_unknown(recovered):
    """Nothing is below a filling of 0.65."""
    assert not recovered.identified[0]
    assert recovered.upper[0] - recovered.lower[0] > 1
    assert recovered.lower[0] < TRUE[0] < recovered.upper[0]
    (low, high), *_ = recovered.unknown()
    assert low == pytest.approx(0.6)
    assert 0.63 < high < 0.8
    assert verdicts(recovered)[0] != "determined"
    assert "j0 is not identifiable from a filling of 0.6 to" in text(recovered)


def test_counts_and_a_free_noise(law, exact):
    """1000 particles a histogram determine D0 as well, begun at twice its value."""
    data = exact[0].drawn(np.random.default_rng(1), exact[1], 1000)
    found = fit_exchange_current(
        law,
        [data],
        KNOTS,
        noise=0.02,
        free_noise=True,
        guess=TRUE + 0.2,
        bounds=False,
        cells=250,
    )
    assert abs(np.log10(found.noise / 0.01)) < 3 * found.noise_error + 0.01
    assert found.noise_error < 0.05
    assert found.grid < 0.3
    assert abs(found.log10_j0 - TRUE)[2:].max() < 0.1


def test_a_coarse_grid_is_said(recovered):
    """150 cells move the residuals, but not as much as the noise does."""
    assert 0 < recovered.grid < 1
    assert "raise cells" in text(replace(recovered, grid=0.4))
    assert "raise cells" not in text(replace(recovered, grid=0.1))


def _recovered(information, **changes):
    k = information.shape[0]
    fields = {
        "knots": np.linspace(0.5, 1, k), "log10_j0": np.zeros(k), "covariance": np.eye(k),
        "information": information, "lower": np.full(k, -np.inf), "upper": np.full(k, np.inf),
        "identified": np.zeros(k, bool), "noise": 0.01, "noise_error": 0.0, "smoothness": 1.0,
        "misfit": 1.0, "grid": 0.0, "data": 10, "runs": 1,
    }  # fmt: skip
    return Recovered(**{**fields, **changes})


def test_errors_of_the_data_alone():
    found = _recovered(np.diag([0.0, 100.0, 4.0, 100.0]))
    assert found.error_of_data == pytest.approx([np.inf, 0.1, 0.5, 0.1])
    assert found.unknown()[0][0] == 0.5
    words = verdicts(_recovered(np.eye(4), lower=np.array([0, -np.inf, 0, -np.inf]),
                                upper=np.array([np.inf, 1, 1, np.inf])))  # fmt: skip
    assert words == [
        "only a lower bound", "only an upper bound", "roughly determined", "not determined",
    ]  # fmt: skip


def test_found_curve_can_be_simulated_with(recovered, tmp_path):
    """The Python file it writes gives j0 in a configuration."""
    write(recovered, tmp_path)
    kinetics = f"{{k0: 1 A/m^2, exchange_current: '{tmp_path / 'exchange_current.py'}:fitted'}}"
    law = law_of(em.load(NMC, [f"positive.particles.kinetics={kinetics}"]))
    c = np.array([0.55, 0.7, 0.85, 0.95])  # 0.55: below the first knot
    assert np.log10(law.exchange(c)) == pytest.approx(recovered.curve(c), abs=1e-6)
    lines = (tmp_path / "knots.csv").read_text().splitlines()
    assert len(lines) == 5
    assert lines[3].endswith("determined")


@pytest.mark.parametrize(
    ("knots", "start", "message"),
    [(3, 0.98, "at least 4"), ([0.1, 0.5, 0.7, 1], 0.98, "leave 0.27"), (4, 0.2, "lies outside")],
)
def test_wrong_knots(law, exact, knots, start, message):
    data = replace(exact[0], start=start, means=exact[0].means[::-1] if start < 0.5 else MEANS)
    with pytest.raises(ValueError, match=message):
        fit_exchange_current(law, [data], knots)


# ---- tables -------------------------------------------------------------------------------


def test_table_goes_and_comes(exact, tmp_path):
    random = np.random.default_rng(2)
    for data in (exact[0].drawn(random, exact[1], 300), exact[0].noisy(random, exact[1], 0.05)):
        (found,) = read(write_table([data], tmp_path / "h.csv"))
        assert found.values == pytest.approx(data.values)
        assert (found.error is None) == (data.error is None)
        assert found.means == pytest.approx(data.means)
        assert (found.rate, found.start, found.current) == (1.0, 0.98, -1.0)


HEAD = "C-rate,start,time [min],bin_low,bin_high,counts\n"


def test_table_with_times_and_two_directions(tmp_path):
    rows = [
        "-2,0.98,6,0.5,0.75,3",
        "-2,0.98,6,0.75,1,7",
        "1,0.5,12,0.5,0.75,9",
        "1,0.5,12,0.75,1,1",
    ]
    path = tmp_path / "h.csv"
    path.write_text(HEAD + "# a comment\n" + "\n".join(rows), encoding="utf-8")
    out, back = read(path, resolution=0.02)
    assert out.means == pytest.approx([0.78])
    assert back.means == pytest.approx([0.7])
    assert (out.current, back.current) == (-2, 1)
    assert out.values.tolist() == [[3, 7]]
    assert out.resolution == 0.02


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no histogram"),
        (HEAD, "holds no histogram"),
        ("rate,start,low,high,count\n1,.5,0,1,2", "no column mean or time"),
        ("rate,start,mean,low,high\n1,.5,.6,0,1", "count, or density and error"),
        (HEAD.replace("min", "days") + "1,.5,1,0,1,2", "'days'; s, min and h"),
        (HEAD + '1,.5,1,0,"0,5",2', "h.csv:2: high is '0,5', not a number; write a point"),
        (HEAD + "1,.5,1,0,1", "has 5 cells"),
        (HEAD + "1,98,1,0,1,2", "write 0.85 for 85 %"),
        (HEAD + "0,.5,1,0,1,2", "rest tells nothing"),
        (HEAD + "1,.5,1,0.6,0.6,2", "not below high"),
        (HEAD + "1,.5,1,0,.5,2\n1,.5,1,.5,1,1\n1,.5,9,0,.5,2", "write a count of 0"),
        (HEAD + "1,.5,1,0,.5,2\n1,.5,1,0,.5,1", "has this bin already"),
        (HEAD + "1,.5,1,0,.4,2\n1,.5,1,.6,1,1", "same bins, joined"),
        (HEAD + "1,.5,1,0,.5,-2\n1,.5,1,.5,1,1", "must not be negative"),
        (HEAD + "1,.5,1,0,.5,nan\n1,.5,1,.5,1,1", "a finite number"),
    ],
)
def test_bad_tables_are_explained(tmp_path, content, message):
    path = tmp_path / "h.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert message in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.csv")


# ---- the fit's file -----------------------------------------------------------------------

FIT = """schema: 1
name: small
base: {base}
histograms: [{{file: h.csv}}]
exchange_current: {{knots: 4, cells: 150, bounds: false}}
"""


@pytest.fixture
def fit_file(tmp_path, exact):
    data = exact[0].noisy(np.random.default_rng(0), exact[1], 0.03)
    write_table([data], tmp_path / "h.csv")
    path = tmp_path / "fit.yaml"
    path.write_text(FIT.format(base=NMC), encoding="utf-8")
    return path


def test_fit_from_its_file(fit_file, tmp_path, capsys, recovered, monkeypatch):
    asked = {}
    monkeypatch.setattr(
        "electrode_model.fit.inverse.fit_exchange_current",
        lambda config, data, knots, **more: asked.update(more, knots=knots) or recovered,
    )
    assert main(["fit", str(fit_file), "--check"]) == 0
    out = tmp_path / "out"
    assert main(["fit", str(fit_file), "-o", str(out)]) == 0
    assert (asked["knots"], asked["cells"], asked["bounds"]) == (4, 150, False)
    said = capsys.readouterr().out
    assert "what the data say" in said
    assert "not identifiable from a filling of 0.6" in said
    assert (out / "exchange_current.png").stat().st_size > 10_000
    assert (out / "result.txt").read_text() in said + "\n"
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "data:image/png;base64," in page
    assert "not identifiable from a filling of 0.6" in page


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("exchange_current.knots=3", "write a number from 4 to 60"),
        ("exchange_current.knot=8", "did you mean"),
        ("exchange_current.population=1", "the base has 1, counted from 0"),
        ("exchange_current=null", "asks for nothing"),
        ("histograms=[]", "name at least one file"),
        ("histograms=[{file: gone.csv}]", "cannot be read"),
        ("base=gone.yaml", "gone.yaml"),
        ("change={positive.thicknes: 1}", "did you mean"),
        ("choice={models: {}}", "fewer than two"),
    ],
)
def test_bad_fit_files_are_explained(fit_file, change, message):
    with pytest.raises(ConfigError) as caught:
        read_inverse(fit_file, [change])
    assert message in str(caught.value)


def test_choice_in_the_fit_file(fit_file):
    models = (
        f"{{a: {{base: {NMC}, free: {{k: {{path: positive.particles.kinetics.k0,"
        f" bounds: [2 A/m^2, 20 A/m^2]}}}}}}, b: {{base: {DIFFUSION},"
        " free: {D: {path: positive.particles.material.diffusivit, bounds: [1, 2]}}}}"
    )
    with pytest.raises(ConfigError) as caught:
        read_inverse(fit_file, [f"choice={{models: {models}}}"])
    assert "diffusivity" in str(caught.value)
    right = models.replace("diffusivit,", "diffusivity,").replace("[1, 2]", "[3e-15, 3e-14]")
    task = read_inverse(fit_file, [f"choice={{models: {right}}}"])
    assert task.candidates["b"].priors["D"].log
    assert task.candidates["a"].priors["k"].low == 2
