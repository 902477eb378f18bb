"""Exchange currents measured in silico: rows P15, and K6 for one particle.

Run alone with python validation/park2021/recovery.py [--quick] [-o DIR].
"""

from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model.analysis import exchange_current as measure
from electrode_model.analysis.exchange_current import Polarisation, Recovery
from electrode_model.plots.exchange_current import draw
from electrode_model.plots.figure import COLOURS, INK, STYLE
from electrode_model.validate.figures import save
from electrode_model.validate.rows import Row, verdict

CONFIGS = Path(__file__).parent.parent.parent / "configs"
#: Configuration -> fillings: where the open-circuit voltage is known.
CASES = {
    "nmc532_ensemble": (0.5, 0.6, 0.7, 0.8, 0.9, 0.97),
    "nmc111_half_cell": (0.5, 0.6, 0.7, 0.8, 0.9, 0.97),
    "lfp_ensemble": (0.1, 0.3, 0.5, 0.7, 0.9),
    "lto_half_cell": (0.1, 0.3, 0.5, 0.7, 0.9),
}
PARTICLES = {"nmc532_ensemble": 100, "lfp_ensemble": 20}
RATE = 0.15  # 1C: Koo et al., Fig. 3a


@lru_cache
def measured(name: str, quick: bool) -> tuple[Recovery, ...]:
    """All three experiments on a shipped configuration."""
    few = f"positive.particles.per_volume={PARTICLES.get(name, 2)}"
    config = em.load(CONFIGS / f"{name}.yaml", [few])
    fillings = CASES[name][::2] if quick else CASES[name]
    return tuple(method(config, fillings) for method in measure.METHODS.values())


def recovery(quick: bool) -> Row:
    """P15."""
    names = list(CASES)[: 1 if quick else None]
    worst = {
        f"{name} {one.method}": float(abs(one.error).max())
        for name in names
        for one in measured(name, quick)
    }
    largest = max(one.overpotential.max() for name in names for one in measured(name, quick))
    text = ", ".join(f"{name} {100 * error:.2g} %" for name, error in worst.items())
    return Row(
        "P15",
        "j0 = kT/(e A R_ct) recovers the exchange current that was put in",
        "within 5 % at overpotentials up to 5 mV, over fillings, by PITT, pulses and impedance",
        f"largest errors: {text}; overpotential at most {1000 * largest:.1f} mV",
        verdict(max(worst.values()) < 0.05),
        "0.16 % is sinh(eta/2)/(eta/2) at 5 mV; in the spinodal of lfp and lto the first moment is"
        " read before phases separate; impedance with an assumed double layer of 0.2 F/m^2 in"
        " the linearised circuit, for the model in time has none",
    )


@lru_cache
def half_cycle(start: float, end: float) -> Polarisation:
    config = em.load(CONFIGS / "lfp_ensemble.yaml")
    return measure.polarisation(config, RATE, start, end, count=91)


def inverted(quick: bool) -> Row:
    """K6 for one uniform particle."""
    cycles = [half_cycle(0.98, 0.03), half_cycle(0.02, 0.97)]
    off, linear, eta = [], [], []
    for one in cycles:
        inside = (one.filling > 0.1) & (one.filling < 0.9)
        off.append(float(abs(one.inverted / one.given - 1)[inside].max()))
        linear.append(float((one.linear / one.given - 1)[inside].max()))
        eta.append(float(abs(one.overpotential)[inside].max()))
    return Row(
        "K6 (one particle)",
        "j0(x) follows from j and eta at 0.15 C",
        "within 10 % of the skewed form for .1 < x < .9, Butler-Volmer inverted",
        f"delithiation {100 * off[0]:.2g} %, lithiation {100 * off[1]:.2g} %; linear j-eta"
        f" overstates by up to {100 * linear[0]:.0f} % and {100 * linear[1]:.0f} %, at"
        f" overpotentials up to {1000 * max(eta):.0f} mV",
        verdict(max(off) < 0.1),
        "one uniform particle whose equilibrium is known; maps of channels are another row",
    )


def rows(quick: bool) -> list[Row]:
    return [recovery(quick), inverted(quick)]


def figures(folder: Path, quick: bool) -> list[Path]:
    """The three experiments on NMC532, and one particle of LFP."""
    folder.mkdir(parents=True, exist_ok=True)
    found = list(measured("nmc532_ensemble", quick))
    paths = [draw(found, folder / "exchange_current.svg", "NMC532: exchange current recovered")]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        ax = figure.subplots()
        for start, end, kind, word in (
            (0.98, 0.03, "charge", "delithiation"),
            (0.02, 0.97, "discharge", "lithiation"),
        ):
            one = half_cycle(start, end)
            ax.plot(
                one.filling[::4], 1000 * one.inverted[::4], "o", color=COLOURS[kind],
                fillstyle="none", markersize=4, label=f"{word}, law inverted",
            )  # fmt: skip
            ax.plot(
                one.filling, 1000 * one.linear, "--", color=COLOURS[kind], label=f"{word}, linear"
            )
        order = np.argsort(one.filling)
        ax.plot(one.filling[order], 1000 * one.given[order], color=INK, linewidth=1, label="put in")
        ax.set(xlabel="filling fraction", ylabel="exchange current [mA m$^{-2}$]", ylim=(0, 16))
        ax.set_title(f"one LiFePO$_4$ particle at {RATE:g} C")
        ax.legend(fontsize=7.5)
        paths.append(folder / "exchange_current_lfp.svg")
        save(figure, paths[-1])
    return paths
