"""Figures of the cylinder: maps, extraction and offset against the rate, line cuts, relaxation."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.analysis import section
from electrode_model.plots.figure import FILLING_MAP, INK, STYLE
from electrode_model.validate.figures import save
from validation.lun2025.cases import KINETIC, RADIUS, RATES, SITE, START, charge, relaxation

__all__ = ["by_rate", "cuts", "draw", "maps", "resting"]

MAPPED = {
    "none": "no patch",
    "1/4, 0.7": "¼, fluxes 0.7",
    "1/4, 0.3": "¼, fluxes 0.3",
    "1/2, 0.3": "½, fluxes 0.3",
    "kinetics": "¼, kinetics 0.1",
}
TAKEN = {"none": 0.0, "1/2, 0.3": 0.5}  # of the surface; else a quarter
TIMES = (5, 10, 15, 20)  # min, as Lun et al. 2025, Fig. 4
INKS = {
    "none": INK,
    "1/4, 0.7": "#56B4E9",
    "1/4, 0.3": "#0072B2",
    "kinetics": "#D55E00",
    "kinetics, 0.5 /h": "#E69F00",
    "kinetics, ratio 0.02": "#CC79A7",
}


def draw(folder: Path, grid: int, quick: bool) -> None:
    """Write the four figures into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    rates = (50, 400) if quick else RATES
    with matplotlib.rc_context(STYLE):
        save(maps(grid), folder / "maps.svg")
        save(by_rate(grid, rates), folder / "rates.svg")
        save(cuts(grid, rates), folder / "line_cuts.svg")
        save(resting(grid), folder / "relaxation.svg")


def maps(grid: int) -> Figure:
    """Filling of the section, by case and time: Lun et al. 2025, Fig. 4."""
    figure = Figure(figsize=(7.6, 8.2), layout="constrained")
    axes = figure.subplots(len(MAPPED), len(TIMES))
    for line, (case, name) in zip(axes, MAPPED.items(), strict=True):
        run = charge(case, 100, grid)
        for ax, minutes in zip(line, TIMES, strict=True):
            field = section.fine(run.frame(minutes), run.profiles, 90, 60)
            phi = np.concatenate([-field.phi[::-1], field.phi, -field.phi[-1:]])  # a closed turn
            values = np.hstack([field.values[:, ::-1], field.values, field.values[:, -1:]])
            x, y = field.r[:, None] * np.cos(phi), field.r[:, None] * np.sin(phi)
            mesh = ax.pcolormesh(
                x,
                y,
                values,
                cmap=FILLING_MAP,
                vmin=0.8,
                vmax=1.0,
                shading="gouraud",
                rasterized=True,
            )
            ax.contour(x, y, values, levels=[0.9], colors="white", linewidths=0.9)
            share = TAKEN.get(case, 0.25)
            arc = np.linspace(-share * np.pi, share * np.pi, 60)
            if share:
                ax.plot(1.06 * np.cos(arc), 1.06 * np.sin(arc), color="#D55E00", linewidth=3)
            ax.set(xlim=(-1.12, 1.12), ylim=(-1.12, 1.12), aspect="equal")
            ax.axis("off")
            if case == "none":
                ax.set_title(f"{minutes} min", color=INK, loc="center")
        line[0].text(-1.35, 0, name, rotation=90, va="center", ha="center", color=INK)
    figure.colorbar(
        mesh,
        ax=axes,
        shrink=0.4,
        label="filling (white line: 0.9; below 0.8 as 0.8)",
    )
    figure.suptitle("2.4 µm cylinder charged at 100 mA/g; orange: patch", x=0.02, ha="left")
    return figure


def by_rate(grid: int, rates: tuple[int, ...]) -> Figure:
    """What the current density does: Lun et al. 2025, Fig. 5b, d."""
    figure = Figure(figsize=(9.2, 6.4), layout="constrained")
    (first, second), (third, fourth) = figure.subplots(2, 2)
    for case in ("none", "1/4, 0.7", "1/4, 0.3", "kinetics"):
        values = [SITE * charge(case, rate, grid).extracted for rate in rates]
        first.plot(rates, values, "o-", color=INKS[case], label=case)
    first.set(ylabel="extracted / mAh g$^{-1}$", title="until the surface reaches 0.2 somewhere")
    for case in ("1/4, 0.3", *KINETIC):
        ends = [charge(case, rate, grid).end_of_core() for rate in rates]
        name = "fixed ratio of fluxes, 0.3" if case == "1/4, 0.3" else case
        second.plot(rates, [e.offset for e in ends], "o-", color=INKS[case], label=name)
        third.plot(rates, [e.flux_ratio for e in ends], "o-", color=INKS[case])
        fourth.plot(rates, [e.extracted for e in ends], "o-", color=INKS[case])
    second.set(ylabel="offset of the last of the core / nm", title="filling over 0.95")
    third.set(ylabel="flux of patch / free surface", title="at the end of the core")
    fourth.set(ylabel="core gone at / mAh g$^{-1}$", title="(curves lie on each other)")
    for ax in (first, second, third, fourth):
        ax.set(xlabel="current / mA g$^{-1}$", xscale="log", xticks=rates)
        ax.set_xticks([], minor=True)
        ax.set_xticklabels([str(rate) for rate in rates])
        ax.set_ylim(bottom=0 if ax is not first else None)
    first.legend(loc="lower left")
    second.legend(loc="lower right", ncols=1)
    return figure


def cuts(grid: int, rates: tuple[int, ...]) -> Figure:
    """Filling along the line through the middle of the patch: Lun et al. 2025, Fig. 5c."""
    figure = Figure(figsize=(9.2, 3.4), layout="constrained")
    axes = figure.subplots(1, len(rates), sharey=True, squeeze=False)[0]
    mesh: Any = None
    for ax, rate in zip(axes, rates, strict=True):
        run = charge("kinetics", rate, grid)
        extracted = SITE * (START - run.frames @ run.profiles.weights)
        early = run.frames[extracted < 80]
        lines = []
        for frame in early:
            field = section.fine(frame, run.profiles, 60, 60)
            lines.append(np.concatenate([field.values[::-1, 0], field.values[:, -1]]))
        x = RADIUS * 1e-3 * np.concatenate([-field.r[::-1], field.r])
        mesh = ax.pcolormesh(
            x,
            extracted[: len(early)],
            np.array(lines),
            cmap=FILLING_MAP,
            vmin=0.7,
            vmax=1.0,
            rasterized=True,
        )
        ax.contour(x, extracted[: len(early)], lines, levels=[0.95], colors="white", linewidths=1.2)
        end = run.end_of_core()
        ax.plot(-end.offset * 1e-3, end.extracted, "o", color="#D55E00")
        ax.axvline(0, color="white", linewidth=0.6, linestyle=":")
        ax.set(xlabel="along the line cut / µm", title=f"{rate} mA/g")
    axes[0].set_ylabel("extracted / mAh g$^{-1}$")
    figure.colorbar(mesh, ax=axes, label="filling")
    figure.suptitle(
        "Patch on the left, kinetics 0.1; white: filling 0.95, dot: where it ends",
        x=0.02,
        ha="left",
    )
    return figure


def resting(grid: int) -> Figure:
    """The core of a charge, and how a gradient relaxes: Lun et al. 2025, Fig. 2."""
    figure = Figure(figsize=(9.2, 3.2), layout="constrained")
    core, rest = figure.subplots(1, 2)
    for case in ("none", "1/4, 0.3", "kinetics"):
        run = charge(case, 100, grid)
        time = run.result["Field time [s]"] / 60
        early = np.flatnonzero(time < 30)[::2]
        areas = [section.core(run.frames[k], run.profiles, 0.9).area for k in early]
        core.plot(time[early], areas, color=INKS[case], label=case)
        minutes, spreads, _ = relaxation(case, grid)
        rest.semilogy(minutes, spreads, color=INKS[case], label=case)
    core.set(xlabel="time at 100 mA/g / min", ylabel="share of the section above 0.9")
    rest.set(xlabel="rest after 20 min at 70 mA/g / min", ylabel="s.d. of the filling")
    rest.set_ylim(bottom=1e-3)
    core.legend()
    rest.legend()
    return figure
