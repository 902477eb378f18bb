"""Operando diffraction of Park et al. 2021 (rows P1 and P18), from the NMC532 ensemble.

``rows(quick)`` and ``figures(folder, quick)`` are collected by run.py of this folder; alone,
this file prints its rows:

    python validation/park2021/diffraction.py [--quick] [-o DIR]
"""

import argparse
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.analysis.diffraction import Diffraction, diffraction
from electrode_model.plots.diffraction import draw_map
from electrode_model.plots.figure import COLOURS, INK, PALE, STYLE
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from electrode_model.validate.figures import save
from electrode_model.validate.rows import Row, markdown, verdict

HERE = Path(__file__).parent
CONFIG = HERE.parent.parent / "configs" / "nmc532_ensemble.yaml"
RATES = ("C/15", "2 C", "4 C")
WORDS = {0: "delithiation", 2: "lithiation"}  # step of the protocol
WIDTHS = (0.004, 0.006, 0.008, 0.010, 0.012)  # 1/angstrom
SPLIT = 0.05  # prominence of the second peak over the maximum, as for histograms


@cache
def result_at(rate: str, quick: bool) -> Result:
    """The cycle of the shipped ensemble at a rate, from 0.99 to 0.5 and back."""
    overrides = [f"protocol.0.current=-{rate}", f"protocol.2.current={rate}"]
    if quick:
        overrides.append("positive.particles.per_volume=300")
    result = simulate(CONFIG, overrides=overrides)
    if result.status != "finished":
        raise SystemExit(f"{CONFIG.stem} at {rate}: {result.status}, {result.message}")
    return result


@cache
def patterns(rate: str, quick: bool, fwhm: float | None = None) -> Diffraction:
    """(003) patterns of the cycle; ``fwhm`` [1/angstrom], None: that of the table."""
    return diffraction(result_at(rate, quick), fwhm=fwhm)


def largest(rate: str, step: int, quick: bool, fwhm: float | None = None) -> float:
    """Largest prominence of a second peak over the maximum in a step."""
    found = patterns(rate, quick, fwhm)
    return float(found.ratios()[found.step == step].max())


def rows(quick: bool) -> list[Row]:
    """Rows P1 and P18."""
    ratio = {(rate, step): largest(rate, step, quick) for rate in RATES for step in WORDS}
    split = {key for key, value in ratio.items() if value > SPLIT}
    cases = ", ".join(f"{rate} {WORDS[step]} {value:.2f}" for (rate, step), value in ratio.items())
    first = Row(
        id="P1",
        claim="the (003) peak splits in fast delithiation only; in fast lithiation and in slow"
        " cycling one peak moves",
        criterion=f"second peak/highest > {SPLIT} in delithiation at 2C and 4C, 0 in C/15 both"
        f" ways and in lithiation at 2C and 4C; FWHM {patterns('4 C', quick).fwhm:g} 1/angstrom",
        value=cases,
        verdict=verdict(
            split == {("2 C", 0), ("4 C", 0)}
            and all(value == 0 for key, value in ratio.items() if key not in split)
        ),
        why="a reaction-limited ensemble of NMC532 stands in for the NMC111 of the paper; lattice"
        " parameters are reconstructed, and the width of the instrument is assumed",
    )
    wide = {
        (rate, fwhm): largest(rate, 0, quick, fwhm) for rate in ("2 C", "4 C") for fwhm in WIDTHS
    }
    limits = {
        rate: max(fwhm for fwhm in WIDTHS if wide[rate, fwhm] > SPLIT) for rate in ("2 C", "4 C")
    }
    met = (
        limits == {"2 C": 0.006, "4 C": 0.008}
        and abs(wide["4 C", 0.006] - 0.37) < 0.03
        and wide["4 C", 0.010] < 0.005
    )
    values = "; ".join(
        f"{rate}: " + ", ".join(f"{wide[rate, fwhm]:.2f} at {fwhm:g}" for fwhm in WIDTHS)
        for rate in ("4 C", "2 C")
    )
    second = Row(
        id="P18",
        claim="the bifurcated (003) peak follows from the composition statistics, if the"
        " instrument is narrow enough",
        criterion="delithiation: two peaks at 4C for a FWHM up to .008 1/angstrom (.37 +- .03 at"
        " .006, 0 at .010), at 2C up to .006",
        value=values,
        verdict=verdict(met),
        why="c of the lattice from 14.24 to 14.47 angstrom for c = 1 to 0.5, Q = 6 pi/c",
    )
    return [first, second]


def figures(folder: Path, quick: bool) -> list[Path]:
    """Maps of all six cases, each with its voltage; and the 4C patterns at four widths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "diffraction_maps.svg", folder / "diffraction_widths.svg"]
    with matplotlib.rc_context(STYLE):
        save(_maps(quick), paths[0])
        save(_widths(quick), paths[1])
    return paths


def _maps(quick: bool) -> Figure:
    figure = Figure(figsize=(11.5, 7.2), layout="constrained")
    figure.suptitle("(003) peak of NMC532 against lithium content", ha="left", x=0.012, size=13)
    axes = figure.subplots(2, 6, sharey="row", width_ratios=[2, 1] * 3)
    for row, (step, word) in enumerate(WORDS.items()):
        for k, rate in enumerate(RATES):
            ax, beside = axes[row, 2 * k : 2 * k + 2]
            result, found = result_at(rate, quick), patterns(rate, quick)
            at = found.step == step
            part = Diffraction(
                found.reflection,
                found.fwhm,
                found.time[at],
                found.step[at],
                found.filling[at],
                found.q,
                found.intensity[at],
            )
            shown = draw_map(ax, part, part.filling)
            ax.set_title(f"{word}, {rate.replace(' ', '')}", color=INK)
            kind = "charge" if step == 0 else "discharge"
            in_step = result["Step"] == step
            beside.plot(
                result["Voltage [V]"][in_step],
                result["Positive filling fraction"][in_step],
                color=COLOURS[kind],
            )
            beside.set(xlim=(3.1, 4.15), xlabel="voltage / V")
            # time runs down: lithium falls in delithiation, rises in lithiation
            ax.set_ylim((0.5, 0.99) if step == 0 else (0.97, 0.5))
        axes[row, 0].set_ylabel("mean filling fraction, time down")
    figure.colorbar(shown, ax=axes, location="right", label="intensity / largest", aspect=40)
    return figure


def _widths(quick: bool) -> Figure:
    figure = Figure(figsize=(13, 3.4), layout="constrained")
    figure.suptitle("4C delithiation seen by four instruments", ha="left", x=0.012, size=13)
    axes = figure.subplots(1, 4, sharey=True)
    for ax, fwhm in zip(axes, WIDTHS[:4], strict=True):
        found = patterns("4 C", quick, fwhm)
        at = np.flatnonzero(found.step == 0)
        for mean in (0.9, 0.8, 0.75, 0.7, 0.6):
            k = at[np.abs(found.filling[at] - mean).argmin()]
            shade = matplotlib.colormaps["viridis"]((mean - 0.55) / 0.4)
            height = found.intensity[k] / found.intensity[at].max()
            ax.plot(found.q, height, color=shade, label=f"{mean:g}")
        ratio = found.ratios()[at].max()
        ax.set_title(f"FWHM {fwhm:g} Å$^{{-1}}$, second peak {ratio:.2f}", color=INK)
        ax.set_xlabel("Q / Å$^{-1}$")
        ax.axhline(0, color=PALE, linewidth=0.8)
        ax.set_xlim(1.290, 1.335)
    axes[0].set_ylabel("intensity / largest")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, title="mean filling", loc="outside right center")
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the rows, draw the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="300 particles")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args(arguments)
    print(markdown(rows(options.quick)))
    for path in figures(options.output, options.quick):
        print(path)


if __name__ == "__main__":
    main()
