"""Figures of the comparison, drawn from simulation."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from electrode_model.plots.figure import COLOURS, FILLING_MAP, INK, PALE, STYLE
from electrode_model.validate.figures import save
from validation.koo2023.half_cycles import KINDS, Sweep
from validation.koo2023.models import Model
from validation.koo2023.single import Core

__all__ = ["draw_asymmetry", "draw_core_shell", "draw_decomposition"]

WORDS = {"discharge": "lithiation", "charge": "delithiation"}
RATES = (1.0, 2.0, 4.0, 7.0)


def draw_asymmetry(sweep: Sweep, control: Sweep, count: int, path: Path) -> None:
    """Overpotentials of both directions against the rate, and three reasons beside them."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 4.6), layout="constrained")
        grid = figure.add_gridspec(3, 2, width_ratios=(1.35, 1))
        large = figure.add_subplot(grid[:, 0])
        small = [figure.add_subplot(grid[k, 1]) for k in range(3)]
        for kind in KINDS:
            colour = COLOURS[kind]
            eta = [sweep.against_reference(r, kind) for r in sweep.rates]
            large.plot(sweep.rates, eta, "o-", color=colour, label=WORDS[kind])
            flat = [control.against_reference(r, kind) for r in control.rates]
            large.plot(control.rates, flat, "--", color=colour, linewidth=1.1)
            _reasons(small, sweep, kind)
        top = sweep.rates[-1]
        ends = [sweep.against_reference(top, kind) for kind in KINDS]
        large.annotate(
            "",
            (top * 1.03, ends[0]),
            (top * 1.03, ends[1]),
            arrowprops={"arrowstyle": "<->", "color": INK, "linewidth": 1},
        )
        gap = f"{ends[0] - ends[1]:.0f} mV "
        large.text(top * 0.99, sum(ends) / 2, gap, ha="right", va="center", color=INK)
        large.plot([], [], "--", color=PALE, linewidth=1.1, label="uniform particles, no film")
        large.legend(loc="upper left")
        large.set(xlabel="C-rate", ylabel="|V - middle of 0.2C curves| at half filling [mV]")
        large.set(xlim=(0, top * 1.06), ylim=(0, None))
        large.set_title("Lithium goes in with more overpotential than it comes out")
        for ax in small[:2]:
            ax.tick_params(labelbottom=False)
        small[-1].set_xlabel("C-rate")
        small[0].set_title(f"{count} LiFePO$_4$ platelets at half filling")
        for style, word in (("o-", "surface"), (":", "interior")):
            small[0].plot([], [], style, color=PALE, markersize=4, label=word)
        small[0].legend(loc="upper left", ncols=2)
        figure.savefig(path, dpi=120)
        save(figure, path.with_suffix(".svg"))


def _reasons(axes: Sequence[Axes], sweep: Sweep, kind: str) -> None:
    colour, rates = COLOURS[kind], sweep.rates
    halves = [sweep.halves[rate, kind] for rate in rates]
    surface, active, exchange = axes
    surface.plot(rates, [h.surface for h in halves], "o-", color=colour, markersize=4)
    surface.plot(rates, [h.interior for h in halves], ":", color=colour)
    surface.set(ylabel="filling", ylim=(0.2, 0.95))
    active.plot(rates, [h.active for h in halves], "o-", color=colour, markersize=4)
    active.set(ylabel="active share", ylim=(0.4, 1.05))
    exchange.plot(rates, [h.exchange for h in halves], "o-", color=colour, markersize=4)
    exchange.set(ylabel="$j_0/k_0$, surface", ylim=(0.2, 1.05))
    for ax in axes:
        ax.set_xlim(0, rates[-1] * 1.06)


def draw_decomposition(models: Sequence[Model], sweeps: Mapping[str, Sweep], path: Path) -> None:
    """Koo's gap at four rates: what each step of the model adds; crosses: another solver."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        ax = figure.subplots()
        width = 0.19
        shades = [0.3, 0.5, 0.75, 1.0]
        for k, rate in enumerate(RATES):
            at = np.arange(len(models)) + (k - 1.5) * width
            values = [
                sweeps[m.label].koo(rate) if rate in sweeps[m.label].rates else np.nan
                for m in models
            ]
            ax.bar(
                at,
                values,
                width * 0.92,
                color=COLOURS["discharge"],
                alpha=shades[k],
                label=f"{rate:g}C",
            )
            expected = [m.expected[k] if m.expected else np.nan for m in models]
            ax.plot(at, expected, "x", color=INK, markersize=5)
        ax.plot([], [], "x", color=INK, markersize=5, label="other solver")
        ax.axhline(0, color=INK, linewidth=0.8)
        ax.set_xticks(
            range(len(models)), [m.label.replace(", ", ",\n").replace(": ", ":\n") for m in models]
        )
        ax.tick_params(axis="x", labelsize=8.5)
        ax.grid(axis="x", visible=False)
        ax.set(ylabel="Koo gap [mV]")
        ax.set_title("Overpotential of lithiation less delithiation, above that of 0.2C")
        ax.legend(ncols=5, loc="upper left")
        figure.savefig(path, dpi=120)
        save(figure, path.with_suffix(".svg"))


def draw_core_shell(cores: Mapping[str, Core], path: Path) -> None:
    """Filling inside a platelet that is emptied from a core-shell start, SRL and BDL."""
    words = {"SRL": "limited by the surface reaction", "BDL": "limited by transport in the bulk"}
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 3.4), layout="constrained")
        axes = figure.subplots(1, len(cores), sharey=True)
        for ax, (limit, core) in zip(axes, cores.items(), strict=True):
            image = ax.pcolormesh(
                core.nodes,
                core.mean,
                core.profiles,
                cmap=FILLING_MAP,
                vmin=0,
                vmax=1,
                shading="gouraud",
                rasterized=True,
            )
            ax.contour(core.nodes, core.mean, core.profiles, [0.5], colors="white", linewidths=1)
            ax.set(xlabel="place: 0 centre, 1 surface", title=f"{limit}: {words[limit]}")
            ax.grid(visible=False)
            if core.mean[-1] > 0.2:
                text = "its surface is empty:\n4C goes no further"
                ax.text(0.5, core.mean[-1] - 0.02, text, ha="center", va="top", color=INK)
        highest = max(float(core.mean[0]) for core in cores.values())
        axes[0].set(ylabel="mean filling; time runs down", ylim=(0.15, highest))
        figure.colorbar(image, ax=axes, label="filling fraction")
        figure.savefig(path, dpi=120)
        save(figure, path.with_suffix(".svg"))
