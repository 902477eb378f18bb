"""The choice between kinds of model: evidence, and reaction against diffusion (row P7)."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from electrode_model.fit.candidates import candidate, choose, fillings
from electrode_model.fit.evidence import Prior, compare, evidence
from electrode_model.fit.histograms import Histograms, from_fillings

CONFIGS = Path(__file__).parent.parent / "configs"
NMC = CONFIGS / "nmc532_ensemble.yaml"
DIFFUSION = CONFIGS.parent / "validation" / "park2021" / "nmc532_diffusion.yaml"

# ---- evidence -----------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "dimensions"), [(0.05, 3), (0.3, 2)])
def test_evidence_of_a_normal_likelihood(width, dimensions):
    """Against the integral; one of its centres lies near the border of the prior."""
    centre = np.array([0.9, 0.4, 0.4])[:dimensions]

    def likelihood(values):
        return -0.5 * sum(
            ((v - m) / width) ** 2 for v, m in zip(values.values(), centre, strict=True)
        )

    priors = {f"p{k}": Prior(0, 1) for k in range(dimensions)}
    found = evidence(likelihood, priors, data=10)
    inside = norm.cdf((1 - centre) / width) - norm.cdf(-centre / width)
    exact = np.sum(np.log(width * np.sqrt(2 * np.pi) * inside))
    assert found.error < 0.2
    assert found.value == pytest.approx(exact, abs=4 * found.error)
    low, high = found.interval("p1")
    assert low < 0.4 < high
    assert found.settled
    assert found.largest <= 0
    assert found.bic == pytest.approx(dimensions * np.log(10) - 2 * found.largest)


def test_evidence_with_failures_and_a_logarithmic_prior():
    """Half of the prior gives nothing: the evidence halves."""
    found = evidence(
        lambda v: 0.0 if v["k"] < 1 else -np.inf,
        {"k": Prior(0.01, 100, log=True)},
        data=5,
        rounds=0,
    )
    assert found.value == pytest.approx(np.log(0.5), abs=0.02)  # Sobol points: of order 1/64
    assert found.failed == 32
    assert found.best["k"] < 1
    with pytest.raises(ValueError, match="nothing at any point"):
        evidence(lambda v: -np.inf, {"k": Prior(0, 1)}, data=5, first=8)
    with pytest.raises(ValueError, match="empty"):
        Prior(0, 1, log=True)


def test_comparison_says_when_it_is_not_clear():
    good, other, bad = (
        evidence(
            lambda v, s=shift: -shift_of(v) - s, {"x": Prior(0, 1)}, data=9, rounds=0, first=16
        )
        for shift in (0, 3, 30)
    )
    assert "a is not clearly better than b" in compare({"b": other, "a": good})
    assert "a is clearly preferred to c: log odds 30.0" in compare({"c": bad, "a": good})


def shift_of(values):
    return 0.1 * values["x"]


# ---- reaction or diffusion ----------------------------------------------------------------

FREE = {
    "reaction": {
        "k0": {"path": "positive.particles.kinetics.k0", "bounds": [2.0, 20.0], "scale": "log"}
    },
    "diffusion": {
        "D": {"path": "positive.particles.material.diffusivity", "bounds": [3e-15, 3e-14]}
    },
}
FILES = {"reaction": NMC, "diffusion": DIFFUSION}
SMALL = {
    "reaction": {"positive.particles.per_volume": 30},
    "diffusion": {"positive.particles.per_volume": 11, "positive.particles.model.nodes": 15},
}


@pytest.mark.parametrize(("truth", "local"), [("reaction", False), ("diffusion", True)])
def test_histograms_choose_the_kind_that_made_them(truth, local):
    """Row P7 in small: 100 particles, or places, at 2C and a mean filling of 0.75."""
    edges, kinds = np.linspace(0.4, 1, 31), {}
    for name, path in FILES.items():
        kinds[name] = candidate(path, FREE[name], SMALL[name])
    moment = Histograms(2.0, 0.99, np.array([0.75]), edges, np.ones((1, 30)))
    weighting = "capacity" if local else "number"
    own = kinds[truth]
    middle = {one.name: one.start for one in own.parameters}
    ((c, weight),) = fillings(own, middle, moment, local=local, weighting=weighting)
    random = np.random.default_rng(0)
    drawn = random.choice(c, 100, p=weight / weight.sum()) + 0.01 * random.standard_normal(100)
    data = from_fillings(2.0, 0.99, {0.75: np.clip(drawn, 0.4, 1)}, edges, resolution=0.01)
    found = choose(kinds, [data], local=local, weighting=weighting, first=4, rounds=0)
    other = found["diffusion" if truth == "reaction" else "reaction"]
    assert found[truth].value - other.value > 5  # physics.md, row P7
