"""Rows beside the charges of one particle: layers, ageing, cut-offs, a population."""

from functools import lru_cache
from math import exp

import numpy as np
from scipy.stats import binomtest

from electrode_model.analysis import section
from electrode_model.validate.rows import Row, verdict
from validation.lun2025.cases import (
    CASES,
    MODEL,
    PER_HOUR,
    RADIUS,
    SITE,
    charge,
    current,
    simulated,
)

__all__ = ["ASYMMETRIC", "aged", "barriers", "cut_offs", "losses", "offsets", "population"]

BOLTZMANN = 8.617333e-5  # eV/K
CUT_OFF = 4.30  # V: the open-circuit voltage at a filling of 0.2, the surface cut-off
FAST = 100 * 2 * PER_HOUR  # A/m^2: kinetic losses of a millivolt
MEASURED = 155 / 204  # capacity kept after 200 cycles; Lun et al. 2025, Fig. 1e
ASYMMETRIC = 0.1  # radii of offset from which a particle counts as asymmetric: assumed


def barriers() -> Row:
    """Hopping barriers of rocksalt and layered oxide as ratios of diffusivities."""
    found = [
        exp(barrier / (BOLTZMANN * temperature))
        for barrier, temperature in ((0.2, 298.15), (0.2, 290.0), (0.15, 298.15))
    ]
    met = all(abs(a / b - 1) < 0.01 for a, b in zip(found, (2402, 2991, 343), strict=True))
    # A layer in series with the oxide's own resistance to the mean filling, R/(4 D) per area.
    ratios = {d: [1 / (1 + d * f / (RADIUS / 4)) for f in found[:2]] for d in (4.0, 0.3)}
    return Row(
        "L6",
        "rocksalt slows lithium about 3000 times: exp(200 meV/kT)",
        "2402 (298.15 K), 2991 (290 K), 343 (150 meV), each within 1 %",
        f"{found[0]:.0f}, {found[1]:.0f}, {found[2]:.0f}; 4 nm count as"
        f" {4e-3 * found[0]:.1f} to {4e-3 * found[1]:.1f} um of oxide, a flux ratio of"
        f" {ratios[4.0][1]:.3f} to {ratios[4.0][0]:.3f}; 0.3 nm of {ratios[0.3][1]:.2f} to"
        f" {ratios[0.3][0]:.2f}",
        verdict(met),
        "the paper's 3000 is the value at 290 K; its flux ratios of 0.3 and 0.7 belong to layers"
        " far thinner than the 4 nm it shows, so the ratio stays a free parameter",
    )


def losses(extracted: dict[tuple[str, int], float]) -> Row:
    """Capacity that a patch costs against what cycling costs; film resistance fitted."""
    lost = {
        rate: 1 - extracted["1/4, 0.3", rate] / extracted["none", rate]
        for rate in sorted({rate for _, rate in extracted})
    }
    slow, fast = min(lost), max(lost)
    met = abs(lost[slow] - 0.01) < 0.005 and abs(lost[fast] - 0.05) < 0.01
    met &= all(share < 1 - MEASURED for share in lost.values())
    film, kept = aged()
    return Row(
        "L7",
        "75.9 % of the capacity is left after 200 cycles, mostly a loss of rate capability",
        "blocking costs 1 +- 0.5 % at 50 mA/g, 5 +- 1 % at 400, always less than the measured"
        f" {100 * (1 - MEASURED):.1f} %",
        "; ".join(f"{rate} mA/g: {100 * share:.1f} %" for rate, share in lost.items()),
        verdict(met),
        f"the rest is not explained by the patch: to keep 75.9 % at 50 mA/g to {CUT_OFF} V takes a"
        f" film of {film:.2g} ohm m^2 of particle surface (fitted, not predicted); it then leaves"
        f" {100 * kept:.0f} % at 100 mA/g. The measured rate capability is only in a figure",
    )


@lru_cache(maxsize=1)
def aged() -> tuple[float, float]:
    """Film resistance [ohm m^2] that keeps the measured share at 50 mA/g; the share at 100."""
    until = f"voltage: {CUT_OFF}"
    fresh = {rate: charge("none", rate, 24, until).extracted for rate in (50, 100)}

    def kept(film: float, rate: int) -> float:
        override = f"positive.particles.film_resistance={film:.9g}"
        old = charge("none", rate, 24, until, override).extracted
        return old / fresh[rate]

    low, high = 0.0, 4.0  # brackets it: 4 ohm m^2 drop 0.57 V at 50 mA/g
    for _ in range(12):
        film = (low + high) / 2
        low, high = (film, high) if kept(film, 50) > MEASURED else (low, film)
    return film, kept(film, 100)


def cut_offs(grid: int, rates: tuple[int, ...]) -> Row:
    """Voltage and surface filling as ends of a charge."""
    fast = f"positive.particles.kinetics.k0={FAST:.7g}"
    found = {}
    for case in ("none", "kinetics", "1/4, 0.3"):
        for rate in rates:
            by_filling = charge(case, rate, grid, "surface_filling: 0.2", fast).extracted
            by_voltage = charge(case, rate, grid, f"voltage: {CUT_OFF}", fast).extracted
            found[case, rate] = SITE * (by_voltage - by_filling)
    slow = {
        rate: SITE
        * (
            charge("none", rate, grid, f"voltage: {CUT_OFF}").extracted
            - charge("none", rate, grid).extracted
        )
        for rate in rates
    }
    potential = {key: value for key, value in found.items() if key[0] != "1/4, 0.3"}
    met = all(abs(difference) < 1 for difference in potential.values())
    return Row(
        "L9",
        "a fixed surface filling approximates a fixed upper cut-off voltage",
        f"within 1 mAh/g of the charge to U(0.2) = {CUT_OFF} V, where kinetics are fast and the"
        " surface has one potential",
        "; ".join(f"{case}, {rate} mA/g: {value:+.2f}" for (case, rate), value in found.items())
        + " mAh/g",
        verdict(met),
        "k0 100 times that of L3. A fixed flux ratio has no one surface filling; there the voltage"
        " is that of the free surface's mean. With the k0 of L3 the overpotential ends the charge"
        " early: " + ", ".join(f"{value:+.1f} at {rate}" for rate, value in slow.items()),
    )


@lru_cache(maxsize=4)
def offsets(grid: int, count: int) -> np.ndarray:
    """(count,) offsets [radii] after 15 min at 100 mA/g of particles that share a potential.

    Blocked shares are uniform in 0 to 0.5, drawn with seed 0; rate constant 0.1 in the patch.
    """
    model = {"radial": grid, "angular": grid, "blocked": 0.25, "blocked_spread": 0.25, "seed": 0}
    result = simulated(
        [
            f"protocol=[{{{current(100)}, until: {{time: 15 min}}}}]",
            "output.every=15 min",
            f"positive.particles.per_volume={count}",
            *(f"{MODEL}{key}={value}" for key, value in model.items()),
            *CASES["kinetics, 0.5 /h"],
        ]
    )
    last = result["Particle profiles 0"][-1]
    return np.array(
        [section.core(last[:, k], result.layout.profiles[0], 0.9).offset for k in range(count)]
    )


def population(grid: int, count: int) -> Row:
    """Share of asymmetric particles where blocked shares differ."""
    found = offsets(grid, count)
    share = float(np.mean(found > ASYMMETRIC))
    aged_ci, fresh_ci = (
        binomtest(k, n).proportion_ci(method="exact") for k, n in ((12, 17), (2, 18))
    )
    return Row(
        "L8",
        "12 of 17 aged particles are asymmetric (71 %), 2 of 18 fresh ones (11 %)",
        f"share within {aged_ci.low:.2f} to {aged_ci.high:.2f} (95 %, binomial), fresh"
        f" {fresh_ci.low:.2f} to {fresh_ci.high:.2f}",
        f"{share:.2f} of {count} particles with an offset over {ASYMMETRIC:g} R; quartiles of the"
        " offset "
        + ", ".join(f"{RADIUS * q:.0f}" for q in np.quantile(found, (0.25, 0.5, 0.75)))
        + " nm",
        "open",
        "the distribution of blocked shares (uniform, 0 to 0.5) and the offset that the eye calls"
        " asymmetric are assumed: any share between 0 and 1 could be had",
    )
