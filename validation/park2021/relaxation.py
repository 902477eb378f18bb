"""Rows P3, P4, P5, P17: diffusion against reaction, told apart by relaxation inside particles."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from electrode_model.analysis import histograms, population
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from electrode_model.validate.rows import Row, verdict
from validation.park2021.cases import HERE, SLOW, few, half_cycle, spread_text, statistics

DIFFUSION, REACTION = HERE / "nmc532_diffusion.yaml", HERE / "nmc532_reaction.yaml"
_D = "positive.particles.material.diffusivity="
_KINDS: dict[str, tuple[bool, histograms.Weighting]] = {
    "local": (True, "capacity"),
    "number": (False, "number"),
    "volume": (False, "capacity"),
}


@dataclass(frozen=True)
class Relaxed:
    """A delithiation that was stopped, and a day of relaxation inside each particle."""

    result: Result
    mean: float  # filling where it was stopped

    def compositions(self, kind: str, last: bool) -> tuple[np.ndarray, np.ndarray]:
        """Fillings and weights before or after (``last``) the relaxation."""
        local, weighting = _KINDS[kind]
        frame = int(np.flatnonzero(self.result["Field step"] == (1 if last else 0))[-1])
        return histograms.compositions(self.result, frame, weighting=weighting, local=local)

    def ratio(self, kind: str, last: bool) -> float:
        """P2/H."""
        return population.two_peaks(*self.compositions(kind, last)).ratio

    @property
    def inside(self) -> float:
        """Largest s.d. of the filling within a particle after the relaxation."""
        (group,) = self.result.layout.profiles
        values = self.result["Particle profiles 0"][-1]
        return float(np.sqrt(group.weights @ (values - group.weights @ values) ** 2).max())

    @property
    def moved(self) -> float:
        """Largest change of a particle's mean filling during the relaxation."""
        means = self.result["Particle filling fraction"][self.result["Field step"] == 1]
        before = self.compositions("number", last=False)[0]
        return float(np.abs(means - before).max())


def relaxed(path: Path, overrides: Sequence[str] = (), rate: float = 4.0) -> Relaxed:
    """Stop where the local histogram has its most prominent second peak, then relax."""
    found = statistics(half_cycle(path, -rate, overrides), local=True)
    mean = float(found.mean[found.best]) if found.ratio.max() > 0 else 0.75
    steps = f"{{current: -{rate} C, until: {{filling: {mean!r}}}}}, {{rest: 24 h, isolated: true}}"
    result = simulate(path, overrides=[*overrides, f"protocol=[{steps}]"])
    if result.status != "finished":
        raise SystemExit(f"{path.name}: {result.message}")
    return Relaxed(result, mean)


def rows(quick: bool) -> list[Row]:
    """The rows; ``quick`` takes few particles and shells."""
    small = few(101) if quick else []
    fast = relaxed(DIFFUSION, small)
    return [
        homogeneous(fast),
        *diffusion_limited(fast, small, quick),
        reaction_limited(small),
        scaling(small),
    ]


def homogeneous(found: Relaxed) -> Row:
    """Row P3: what a day of relaxation leaves inside the particles."""
    return Row(
        "P3",
        "intra-particle lithium composition is largely homogeneous after a day",
        "s.d. within every particle < .02 after 24 h, its mean conserved to 1e-8",
        f"largest s.d. {found.inside:.1e}; means moved by at most {found.moved:.1e}",
        verdict(found.inside < 0.02 and found.moved < 1e-8),
    )


def diffusion_limited(fast: Relaxed, small: Sequence[str], quick: bool) -> list[Row]:
    """Row P4: a split that is inside the particles and goes away; and its table of 6.6."""
    before = {kind: fast.ratio(kind, last=False) for kind in _KINDS}
    after = fast.ratio("local", last=True)
    others = {}
    stops = {-SLOW: "", SLOW: "surface_filling: 0.999", 4.0: "surface_filling: 0.999"}
    ends = {}
    for rate, stop in stops.items():
        result = half_cycle(DIFFUSION, rate, small, stops=stop)
        others[rate] = [
            float(statistics(result, local=local, weighting=weighting).ratio.max())
            for local, weighting in _KINDS.values()
        ]
        ends[rate] = float(result["Positive filling fraction"][-1])
    met = before["local"] > 0.05 and max(before["number"], before["volume"], after) <= 0.05
    met &= max(others[-SLOW]) <= 0.05 and max(others[4.0]) <= 0.07 and max(others[SLOW]) <= 0.05
    first = Row(
        "P4",
        "a diffusion-limited split is inside the particles: it reverts to unimodal by relaxation",
        "4C del: local P2/H .89-.95, of particle means 0, local 0 after an isolated rest; C/15 both"
        " 0; 4C lith local <= .07",
        f"4C del at a mean of {fast.mean:.3f}: local {before['local']:.3f}, particle means"
        f" {before['number']:.3f} (number) and {before['volume']:.3f} (volume), local after 24 h"
        f" {after:.3f}; C/15 del {others[-SLOW][0]:.3f}, lith {others[SLOW][0]:.3f}; 4C lith"
        f" {others[4.0][0]:.3f}, ended by a full surface at a mean of {ends[4.0]:.3f}",
        verdict(met and 0.87 <= before["local"] <= 0.95),
        "4C lithiation with 30 shells of equal width: .20, with 60: .10; pile-up in the outermost"
        " shell, gone with shells that grow finer outwards",
    )
    if quick:
        return [first]
    texts, good = [], True
    expected = {0.2: 0.91, 0.3: 0.93, 0.4: 0.93, 0.5: None}
    for sigma, value in expected.items():
        size = f"positive.particles.size.std={float(np.sqrt(np.expm1(sigma**2)))!r} um"
        result = half_cycle(DIFFUSION, -4.0, [*small, size])
        found = {
            kind: float(statistics(result, local=local, weighting=weighting).ratio.max())
            for kind, (local, weighting) in _KINDS.items()
        }
        texts.append(f"sigma {sigma}: {spread_text(list(found.values()), 2)}")
        if value is not None:
            good &= abs(found["local"] - value) <= 0.03 and found["number"] <= 0.05
            good &= sigma > 0.3 or found["volume"] <= 0.05
    for tau in (0.02, 0.05):
        result = half_cycle(DIFFUSION, -4.0, [*small, f"{_D}{1e-12 / (tau * 3600)!r} m^2/s"])
        texts.append(f"tau0 {tau} h: {statistics(result, local=True).ratio.max():.2f}")
    second = Row(
        "P4 (size spread)",
        "bimodal places, unimodal particles",
        "6.6: local .91/.93/.93 +-.03 at sigma .2/.3/.4; means by number <= .05, by volume up to"
        " sigma .3",
        "local, number, volume at " + "; ".join(texts),
        verdict(good),
        "6.6 gives all particles one surface composition; here they share a potential and react"
        " fast (1000/h), with the same result",
    )
    return [first, second]


def reaction_limited(small: Sequence[str]) -> Row:
    """Row P5: a split between the particles stays."""
    found = relaxed(REACTION, small)
    before = {kind: found.ratio(kind, last=False) for kind in _KINDS}
    after = {kind: found.ratio(kind, last=True) for kind in _KINDS}
    change = max(abs(before[kind] - after[kind]) for kind in _KINDS)
    return Row(
        "P5",
        "a reaction-limited split persists while exchange between particles is suppressed",
        "bimodal (P2/H > .05) before and after 24 h of isolated rest, by place and by particle;"
        " changed by < .02",
        ", ".join(f"{kind} {before[kind]:.3f} -> {after[kind]:.3f}" for kind in _KINDS),
        verdict(min(*before.values(), *after.values()) > 0.05 and change < 0.02),
    )


def scaling(small: Sequence[str]) -> Row:
    """Row P17: only (D/R^2)/C, and the rate constant over C, count."""
    larger, faster = 2.0, 3.0
    size, k0 = "positive.particles.size", "positive.particles.kinetics.k0="
    scaled = [
        f"{size}.mean={larger} um", f"{size}.std={larger * 0.2020!r} um",
        f"{_D}{9.26e-15 * larger**2 * faster!r} m^2/s", f"{k0}{443 * larger * faster!r} A/m^2",
    ]  # fmt: skip
    worst = 0.0
    results = [
        half_cycle(DIFFUSION, -4.0, small),
        half_cycle(DIFFUSION, -4.0 * faster, [*small, *scaled]),
    ]
    for frame in range(0, results[0]["Field time [s]"].size, 5):
        shares = []
        for result in results:
            c, w = histograms.compositions(result, frame, local=True)
            shares.append(population.density(c, w)[1] * 1e-3)  # share of each grid cell
        worst = max(worst, float(np.abs(shares[0] - shares[1]).max()))
    changed = half_cycle(DIFFUSION, -4.0 * faster, [*small])
    c, w = histograms.compositions(changed, 60, local=True)
    other = population.density(c, w)[1] * 1e-3
    c, w = histograms.compositions(results[0], 60, local=True)
    control = float(np.abs(other - population.density(c, w)[1] * 1e-3).max())
    return Row(
        "P17",
        "the ratio between D/R_p^2 and the C-rate controls",
        "local histograms identical to 1e-4 (share of a cell of .001) when R x 2, C x 3 and"
        " (D/R^2)/C and k/C stay",
        f"{worst:.1e}; C x 3 alone: {control:.1e}",
        verdict(worst < 1e-4 and control > 1e-4),
    )
