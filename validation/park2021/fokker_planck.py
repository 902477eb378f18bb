"""The Fokker-Planck population of NMC532: threshold, moments of particles.

Row P9 of physics.md, and the acceptance of the population model.  Run alone with
python validation/park2021/fokker_planck.py [--quick] [-o DIR].
"""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model.fokker_planck import peaks
from electrode_model.fokker_planck.ensemble import Cloud, particles
from electrode_model.fokker_planck.evolve import Evolution, equilibrium, evolve
from electrode_model.fokker_planck.law import Law, law_of
from electrode_model.fokker_planck.system import Population, uniform
from electrode_model.plots.figure import COLOURS, INK, STYLE
from electrode_model.plots.fokker_planck import draw
from electrode_model.validate.figures import save
from electrode_model.validate.rows import Row, verdict

CONFIG = Path(__file__).parent.parent.parent / "configs" / "nmc532_ensemble.yaml"
START, END = 0.99, 0.5
NOISE = 1e-2  # D0, physics.md, section 6.3
BANDWIDTHS = (0.005, 0.015)


class Upwind(Population):
    """Negative control: first-order upwinding, the central flux with |R| h/2 more noise."""

    def laws(self, v: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        drift, drift_v, spread, spread_v = super().laws(v)
        half = self._distance / 2
        return (
            drift,
            drift_v,
            spread + abs(drift) * half,
            spread_v + np.sign(drift) * drift_v * half,
        )


@lru_cache
def law(noise: float = NOISE) -> Law:
    return law_of(em.load(CONFIG), noise=noise)


def threshold(cells: int, one: Law, bandwidth: float = BANDWIDTHS[0], **options: object) -> float:
    """C-rate of the split, in units where j0(1/2) is 100 per hour."""
    return peaks.threshold(
        one, START, END, cells=cells, bandwidth=bandwidth,
        low=1.5e-3, high=2e-2, accuracy=0.01, **options,
    )  # fmt: skip


def diagram(quick: bool) -> Row:
    """P9: threshold, its scaling with k, its grid, and lithiation."""
    one, cells = law(), (400, 800) if quick else (400, 800, 1600)
    found = [threshold(n, one) for n in cells]
    smoothed = threshold(cells[-1], one, BANDWIDTHS[1])
    scaled = [
        threshold(400, replace(one, rate=factor * one.rate)) / factor
        for factor in ((10,) if quick else (0.1, 10))
    ]
    grid = uniform(one.domain, 800)
    lithiation = max(
        peaks.split(peaks.half_cycle(one, rate, END, START, grid)) for rate in (0.5, 2.0, 4.0)
    )
    text = ", ".join(f"{c:.3f} C ({n} cells)" for n, c in zip(cells, found, strict=True))
    same = ", ".join(f"{c:.3f}" for c in scaled)
    met = (
        abs(found[-1] / 0.49 - 1) < 0.05
        and abs(found[-1] / found[-2] - 1) < 0.02
        and all(abs(c / found[0] - 1) < 0.02 for c in scaled)
        and lithiation < peaks.LEAST_RATIO
    )
    return Row(
        "P9 (Fokker-Planck)",
        "a threshold C-rate in delithiation only, proportional to k",
        "C_th = .49 C within 5 % at D0 = 1e-2, k = 100 /h, c0 = .99, equilibrium start; grid"
        " converged to 2 %; C_th/k alike within 2 % for 100 times k; none in lithiation",
        f"C_th {text}; scaled to k = 100 /h from other k: {same} (400 cells);"
        f" largest P2/H of lithiation up to 4 C: {lithiation:.3f}",
        verdict(met),
        f"peaks of the density smoothed with .005; with .015, as for particles, {smoothed:.3f} C",
    )


def numerical_diffusion(quick: bool) -> Row:
    """Section 0.6: what upwinding does to the threshold at D0 = 1e-3."""
    one = law(1e-3)
    cells = (500, 2000) if quick else (500, 1000, 2000)
    upwind = [threshold(n, one, population=Upwind) for n in cells]
    central = [threshold(n, one) for n in ((2000,) if quick else (2000, 4000))]
    text = ", ".join(f"{c:.2f}" for c in upwind)
    right = ", ".join(f"{c:.3f}" for c in central)
    return Row(
        "P9 (negative control)",
        "first-order fluxes move the threshold with the grid (section 0.6)",
        "D0 = 1e-3: with upwinding C_th rises by more than a third under refinement and stays"
        " below that of the central flux",
        f"upwind {text} C at {', '.join(map(str, cells))} cells; central {right} C at"
        f" {'2000' if quick else '2000, 4000'} cells",
        verdict(upwind[-1] > 1.33 * upwind[0] and max(upwind) < central[-1]),
        "physics.md quotes .33 to .70 C, without its grids",
    )


@lru_cache
def moments(quick: bool) -> tuple[Evolution, Cloud]:
    """2 C delithiation of the density and of particles with the same noise."""
    # dispersion of the central flux skews by about (way) h^2/sd^3: fine cells for the third moment
    one, grid = law(), uniform(law().domain, 3200 if quick else 6400)
    start = equilibrium(one, grid, START)
    run = evolve(one, grid, start, current=-2.0, until_filling=END, frames=20, rtol=1e-6)
    cloud = particles(
        one, grid, start, current=-2.0, until_filling=END,
        count=10_000 if quick else 100_000, steps=3000 if quick else 8000, frames=20, seed=1,
    )  # fmt: skip
    return run, cloud


def sampling_errors(run: Evolution, count: int) -> np.ndarray:
    """(n_t, 2) standard errors of s.d. and skewness of ``count`` draws from each density.

    From the influence functions (z^2 - 1)/2 and z^3 - 3 z - g - 3 g (z^2 - 1)/2, g the skewness.
    Batches of the sample itself miss its rare particles.
    """
    mean, std, skewness = run.moments()
    z = (run.grid.centres - mean[:, None]) / std[:, None]
    g = skewness[:, None]
    weight = run.density * run.grid.widths
    spread = std[:, None] * (z**2 - 1) / 2
    skew = z**3 - 3 * z - g - 1.5 * g * (z**2 - 1)
    squares = [np.sum(weight * influence**2, axis=1) for influence in (spread, skew)]
    return np.sqrt(np.stack(squares, axis=1) / count)


def particles_row(quick: bool) -> Row:
    """Acceptance: mass, and moments of particles."""
    run, cloud = moments(quick)
    mean, std, skewness = run.moments()
    inside = slice(1, None)  # the start is put in
    errors = sampling_errors(run, cloud.filling.size)
    off_std = (cloud.std - std)[inside] / errors[inside, 0]
    off_skew = (cloud.skewness - skewness)[inside] / errors[inside, 1]
    off_mean = float(abs(cloud.mean - mean).max())
    mass = float(abs(run.mass - 1).max())
    relative = float(abs(cloud.std / std - 1).max())
    chi = [float(np.sqrt(np.mean(off**2))) for off in (off_std, off_skew)]
    count = cloud.filling.size
    met = mass < 1e-10 and off_mean < 1e-4 * np.sqrt(1e5 / count) and max(chi) < 2
    return Row(
        "Fokker-Planck moments",
        "mass is kept; moments are those of particles driven by the same noise",
        "mass to 1e-10; mean to 1e-4; s.d. and skewness within 2 standard errors (rms of 20"
        " moments) of 100 000 particles",
        f"mass {mass:.0e}; {count} particles at 2 C: mean {off_mean:.0e}, s.d. off by {chi[0]:.1f},"
        f" skewness by {chi[1]:.1f} standard errors (rms); largest difference of s.d."
        f" {100 * relative:.1f} %",
        verdict(met),
        "standard errors of a sample of the density itself; 20 moments from .99 to .5",
    )


def rows(quick: bool) -> list[Row]:
    return [diagram(quick), numerical_diffusion(quick), particles_row(quick)]


def figures(folder: Path, quick: bool) -> list[Path]:
    """Densities on their way; moments beside the particles."""
    folder.mkdir(parents=True, exist_ok=True)
    grid = uniform(law().domain, 800)
    runs = [
        peaks.half_cycle(law(), rate, *ends, grid)
        for rate, ends in ((0.2, (START, END)), (2.0, (START, END)), (2.0, (END, START)))
    ]
    title = "NMC532, Fokker-Planck population, D0 = 0.01"
    paths = [draw(runs, folder / "fokker_planck.svg", title)]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.0, 3.4), layout="constrained")
        spread, skew = figure.subplots(1, 2)
        run, cloud = moments(quick)
        mean, std, skewness = run.moments()
        errors = sampling_errors(run, cloud.filling.size)
        for ax, exact, seen, error in (
            (spread, std, cloud.std, errors[:, 0]),
            (skew, skewness, cloud.skewness, errors[:, 1]),
        ):
            ax.plot(mean, exact, color=COLOURS["charge"], label="Fokker-Planck")
            ax.errorbar(
                mean, seen, 2 * error, fmt="o", color=INK, markersize=3.5, fillstyle="none",
                label=f"{cloud.filling.size:,} particles, 2 s.e.",
            )  # fmt: skip
            ax.set(xlabel="mean filling fraction")
            ax.invert_xaxis()
        spread.set(ylabel="s.d. of filling", title="delithiation at 2 C")
        skew.set(ylabel="skewness", title="delithiation at 2 C")
        skew.legend(loc="upper left", fontsize=7.5)
        paths.append(folder / "fokker_planck_checks.svg")
        save(figure, paths[-1])
    return paths
