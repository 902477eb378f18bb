"""Rows P7 and P8: which kind of model, and which exchange current, histograms speak for.

Run alone with python validation/park2021/inverse.py [--quick] [-o DIR].
"""

import argparse
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # a script is given its own folder

import electrode_model as em
from electrode_model.analysis.histograms import Weighting
from electrode_model.fit.candidates import candidate, choose, fillings
from electrode_model.fit.evidence import STRONG, Evidence
from electrode_model.fit.exchange_current import (
    LIMIT,
    Recovered,
    fit_exchange_current,
    predicted,
)
from electrode_model.fit.histograms import Histograms, from_fillings
from electrode_model.fokker_planck.law import Law, law_of
from electrode_model.plots import knots as plots
from electrode_model.validate.rows import Row, verdict, write
from validation.park2021.cases import ENSEMBLE, HERE, PER_HOUR

START = 0.99
NOISE = 1e-2  # D0, physics.md, section 6.3
RATES = (0.2, 1.0, 3.0)  # 1C, physics.md, row P8
MEANS, EDGES = np.linspace(0.95, 0.55, 9), np.linspace(0.4, 1.0, 41)
KNOTS = 8
TRUE = np.linspace(0.3, 1.0, 71)  # knots of what is put in: off the sigmoid by 1e-4 dex
CHECKED = np.linspace(0.7, 0.97, 28)

COUNT = 100  # particles or places of a histogram, row P7
MICROSCOPE = 0.01  # standard deviation of a measured filling.  Assumed
STRAY = 0.01  # share of particles that were misread.  Assumed
SEEN = 0.75  # mean filling of Fig. 2a, at 2C
BINS = np.linspace(0.4, 1.0, 31)

#: Priors, wide about the parameters of the ensembles of this folder: j0(0.5) of 10 to 1000 per
#: hour, from nearly constant to steeper than there; R^2/D(0.5) of 0.003 to 0.3 h.  Assumed.
FREE: dict[str, dict[str, dict[str, object]]] = {
    "reaction": {
        "k0": {
            "path": "positive.particles.kinetics.k0",
            "bounds": [10 * PER_HOUR, 1000 * PER_HOUR],
            "scale": "log",
        },
        "steepness": {
            "path": "positive.particles.kinetics.exchange_current.steepness",
            "bounds": [0.5, 40],
        },
        "spread": {
            "path": "positive.particles.size.std", "bounds": ["5 nm", "50 nm"], "scale": "linear",
        },
    },
    "diffusion": {
        "D": {
            "path": "positive.particles.material.diffusivity",
            "bounds": [9.26e-16, 9.26e-14],
            "scale": "log",
        },
        "decay": {
            "path": "positive.particles.material.diffusivity_shape.decay", "bounds": [0, 20],
        },
        "spread": {
            "path": "positive.particles.size.std",
            "bounds": ["0.05 um", "0.5 um"],
            "scale": "linear",
        },
    },
}  # fmt: skip
FILES = {"reaction": ENSEMBLE, "diffusion": HERE / "nmc532_diffusion.yaml"}
SMALL = {
    "reaction": {"positive.particles.per_volume": 60},
    "diffusion": {"positive.particles.per_volume": 21, "positive.particles.model.nodes": 20},
}
LARGE = {"reaction": 1000, "diffusion": 201}  # particles that the data are drawn from
#: Case -> kind that makes the data, whether places are counted, C-rate.
CASES = {
    "reaction, particles": ("reaction", False, 2.0),
    "diffusion, places": ("diffusion", True, 2.0),
}


@lru_cache
def law() -> Law:
    return law_of(em.load(ENSEMBLE), noise=NOISE)


def true(c: np.ndarray) -> np.ndarray:
    """log10 j0 [1/h] that is put in."""
    return np.log10(law().exchange(np.minimum(c, 1 - 1e-9)))


@lru_cache
def truth() -> tuple[tuple[Histograms, ...], tuple[np.ndarray, ...]]:
    """Moments and bins of the three rates, and the exact shares in them."""
    shape = (MEANS.size, EDGES.size - 1)
    empty = tuple(Histograms(rate, START, MEANS, EDGES, np.ones(shape)) for rate in RATES)
    return empty, tuple(predicted(law(), empty, TRUE, true(TRUE), noise=NOISE))


def data(seed: int) -> list[Histograms]:
    """Synthetic histograms; the noise is 3 % of the highest bin of each."""
    random = np.random.default_rng(seed)
    return [one.noisy(random, part, 0.03) for one, part in zip(*truth(), strict=True)]


@lru_cache
def recovered(seed: int, bounds: bool = True) -> Recovered:
    """From a flat guess, the program's own."""
    return fit_exchange_current(em.load(ENSEMBLE), data(seed), KNOTS, noise=NOISE, bounds=bounds)


def knots_row(quick: bool) -> Row:
    """P8: j0(c) from histograms of three rates."""
    seeds = (1,) if quick else (1, 2, 3)
    every = [recovered(seed, bounds=seed == 1) for seed in seeds]
    off = [float(abs(found.curve(CHECKED) - true(CHECKED)).max()) for found in every]
    first = every[0]
    exact = true(first.knots)
    inside, known = 0, 0
    for found in every:
        mine = found.identified
        known += int(mine.sum())
        inside += int(np.sum(((exact >= found.lower) & (exact <= found.upper))[mine]))
    blind = first.unknown()
    knots = "; ".join(
        f"{c:.2f}: {value - e:+.3f} ({_interval(low - value, high - value)})"
        for c, value, e, low, high in zip(
            first.knots, first.log10_j0, exact, first.lower, first.upper, strict=True
        )
    )
    met = max(off) <= 0.05 and bool(blind) and blind[0][0] <= 0.41 and blind[0][1] >= 0.5
    return Row(
        "P8",
        "j0(c) is recovered from composition histograms of three rates",
        "error of log10 j0 at most .05 for .7 to .97 (3 % noise, 8 knots); an interval for each"
        " knot; c up to .5 said not to be identifiable",
        f"largest error {', '.join(f'{e:.3f}' for e in off)} dex in {len(seeds)} draws of the"
        f" noise; {inside} of {known} intervals of identified knots hold the truth; first draw:"
        f" error at the knots (95 % interval about the estimate) {knots} dex; not identifiable"
        f" (interval of the data wider than +-{LIMIT:g} dex):"
        f" {', '.join(f'{a:.2f} to {b:.2f}' for a, b in blind)};"
        f" chi^2 per datum {first.misfit:.2f}",
        verdict(met),
        f"D0, equilibrium and current taken as known; {first.runs} half cycles, sensitivities"
        f" along with them, from a flat guess; smoothness {first.smoothness:g} dex",
    )


def _interval(low: float, high: float) -> str:
    if not np.isfinite(low) and not np.isfinite(high):
        return "none"
    if not np.isfinite(high):
        return f"lower bound {low:+.2f}"
    if not np.isfinite(low):
        return f"upper bound {high:+.2f}"
    return f"{low:+.3f} to {high:+.3f}"


def counted(case: str, seed: int) -> Histograms:
    """A histogram of ``COUNT`` particles or places of a large population."""
    kind, local, rate = CASES[case]
    source = candidate(FILES[kind], {}, {"positive.particles.per_volume": LARGE[kind]})
    moment = Histograms(rate, START, np.array([SEEN]), BINS, np.ones((1, BINS.size - 1)))
    weighting: Weighting = "capacity" if local else "number"
    ((c, weight),) = fillings(source, {}, moment, local=local, weighting=weighting)
    random = np.random.default_rng(seed)
    drawn = random.choice(c, COUNT, p=weight / weight.sum())
    drawn = np.clip(drawn + MICROSCOPE * random.standard_normal(COUNT), BINS[0], BINS[-1])
    return from_fillings(
        rate, START, {SEEN: drawn}, BINS, resolution=MICROSCOPE, stray=STRAY, name=case
    )


@lru_cache
def chosen(case: str, seed: int, quick: bool) -> dict[str, Evidence]:
    """Evidence of both kinds for the data of a case."""
    local = CASES[case][1]
    kinds = {name: candidate(path, FREE[name], SMALL[name]) for name, path in FILES.items()}
    return choose(
        kinds, [counted(case, seed)], local=local, weighting="capacity" if local else "number",
        first=64, rounds=2 if quick else 12, each=24, enough=12.0, seed=seed,
    )  # fmt: skip


def choice_row(quick: bool) -> Row:
    """P7: reaction against diffusion."""
    cases = list(CASES)
    texts, met = [], True
    for case in cases:
        found = chosen(case, 0, quick)
        odds = found["reaction"].value - found["diffusion"].value
        error = float(np.hypot(found["reaction"].error, found["diffusion"].error))
        by_bic = (found["diffusion"].bic - found["reaction"].bic) / 2
        points = sum(one.points.shape[0] for one in found.values())
        carried = ", ".join(f"{name} {one.effective:.0f}" for name, one in found.items())
        texts.append(
            f"{case} {odds:+.1f} +- {error:.1f} (BIC {by_bic:+.1f}; {points} runs, effective points"
            f" {carried})"
        )
        wanted = 1 if case.startswith("reaction") else -1
        met &= wanted * odds > STRONG
    return Row(
        "P7",
        "Bayesian selection rejects the diffusion-limited case",
        "log evidence of reaction less diffusion above 5 on reaction data of 100 particles, below"
        " -5 on local data of diffusion",
        f"2C delithiation at a mean of {SEEN:g}: " + "; ".join(texts),
        verdict(met),
        f"{COUNT} particles (means) or places of one histogram, each filling measured to"
        f" {MICROSCOPE:g}; three parameters each, uniform priors (inverse.py)",
    )


def rows(quick: bool) -> list[Row]:
    return [choice_row(quick), knots_row(quick)]


def figures(folder: Path, quick: bool) -> list[Path]:
    """The exchange current recovered; the histograms and both kinds at their best."""
    folder.mkdir(parents=True, exist_ok=True)
    c = np.linspace(0.4, 0.999, 200)
    path = folder / "inverse.svg"
    return [plots.draw(recovered(1), data(1), law(), path, "NMC532", known=(c, true(c)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=("P7", "P8"))
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args()
    made = {"P7": choice_row, "P8": knots_row}
    found = [row(options.quick) for name, row in made.items() if options.only in (None, name)]
    options.output.mkdir(parents=True, exist_ok=True)
    print(write(found, options.output / "inverse"))
    if options.only != "P7":
        figures(options.output, options.quick)


if __name__ == "__main__":
    main()
