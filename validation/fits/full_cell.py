"""Fits of full cells to measured discharges: simulated at every rate and compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

import electrode_model as em
from electrode_model.config.model import Config
from electrode_model.fit.outcome import Fit
from electrode_model.validate.figures import MEASURED
from electrode_model.validate.rows import Curve, Row, verdict

__all__ = [
    "PLATEAU",
    "TAIL",
    "Cell",
    "Comparison",
    "draw",
    "draw_errors",
    "expand",
    "known",
    "row",
    "timed",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

LIMIT = 300.0  # s, a fit on two cores: issue 5
#: Shares of the measured capacity.  Beyond 95 % both curves fall, and time errors become voltages;
#: the first 2 % are the way from rest.
ALL, PLATEAU, TAIL = (0.0, 0.95), (0.02, 0.8), (0.8, 0.95)
SHADES = {"C/20": "#56B4E9", "C/2": "#0072B2", "1C": "#D55E00"}


@dataclass(frozen=True)
class Cell:
    """A measured cell: files by rate, and electrode area of all pairs [m^2]."""

    files: Mapping[str, Path]
    area: float

    def read(self, rate: str) -> tuple[Array, Array, float]:
        """Measured capacity [A h/m^2], voltage [V] and mean current [A/m^2]."""
        table = np.genfromtxt(self.files[rate], delimiter=",", names=True)
        current = float(np.median(table["current_A"])) / self.area
        return table["capacity_Ah"] / self.area, table["voltage_V"], current


@dataclass(frozen=True)
class Comparison:
    """A simulated discharge beside the measured one, at equal charge."""

    rate: str
    share: Array  # (n,) of the measured capacity
    error: Array  # (n,) mV, model less measured
    end: float  # %, of the capacity at the cut-off
    capacity: Array  # A h/m^2, of the model
    voltage: Array  # V

    def curve(self, part: tuple[float, float] = ALL) -> Curve:
        """Root mean square and largest over a part of the curve."""
        inside = (self.share >= part[0]) & (self.share <= part[1])
        return Curve.of(self.error[inside], self.end)

    def text(self) -> str:
        """In words: all, plateau, tail, end."""
        whole, flat, tail = (self.curve(part) for part in (ALL, PLATEAU, TAIL))
        return (
            f"{whole.rms:.1f} mV rms, largest {whole.largest:.0f} mV;"
            f" {flat.rms:.1f} from 2 to 80 %, {tail.rms:.1f} beyond; capacity {self.end:+.1f} %"
        )


def compare(cell: Cell, config: Config, rate: str) -> Comparison:
    """Simulate a configuration at a measured rate; RuntimeError if it does not reach the end."""
    charge, measured, current = cell.read(rate)
    result = em.simulate(config)
    if result.status != "finished":
        raise RuntimeError(f"{config.name} at {current:.3g} A/m^2: {result.message}")
    passed, first = np.unique(result["Discharge capacity [A.h.m-2]"], return_index=True)
    voltage = result["Voltage [V]"][first]
    share = np.linspace(0.002, ALL[1], 400)  # from 7 s at 1C on
    own = np.interp(share * charge[-1], passed, voltage)
    error = 1e3 * (own - np.interp(share * charge[-1], charge, measured))
    end = 100 * (passed[-1] / charge[-1] - 1)
    return Comparison(rate, share, error, end, passed, voltage)


def expand(cell: Cell, found: Fit) -> dict[str, Comparison]:
    """The fitted model at every measured rate."""
    return {rate: compare(cell, found.configs[rate], rate) for rate in cell.files}


def row(identity: str, claim: str, found: Comparison, limit: float, why: str = "") -> Row:
    """One curve up to 95 % of the measured capacity, judged by its rms [mV]."""
    whole = found.curve()
    met = whole.rms <= limit
    return Row(
        id=identity,
        claim=claim,
        criterion=f"{limit:g} mV rms to 95 % of the measured capacity",
        value=found.text(),
        verdict=verdict(met),
        why="" if met else why,
        curve=whole,
    )


def known(identity: str, found: Fit) -> Row:
    """Whether every parameter has an interval of its own."""
    texts = []
    for one in found.parameters:
        unit = "" if one.unit == "1" else f" {one.unit}"
        flag = f" ({one.flag})" if one.flag else ""
        texts.append(f"{one.name} {one.value:.4g} [{one.low:.4g}, {one.high:.4g}]{unit}{flag}")
    return Row(
        id=identity,
        claim="the fit converges, and every number has an interval",
        criterion="converged; 95 % interval of each number within its bounds",
        value="; ".join(texts),
        verdict=verdict(
            found.status == "converged" and not any(one.flag for one in found.parameters)
        ),
        why=" ".join(found.words),
    )


def timed(identity: str, found: Fit) -> Row:
    """Time of a fit."""
    return Row(
        id=identity,
        claim="the fit takes at most five minutes on two cores",
        criterion=f"{LIMIT:g} s",
        value="within the limit" if found.seconds <= LIMIT else "beyond the limit",
        verdict=verdict(found.seconds <= LIMIT),
    )


def draw(axes: Axes, cell: Cell, found: Mapping[str, Comparison], title: str) -> None:
    """Measured as points, the model as lines."""
    for rate, one in found.items():
        charge, voltage, _ = cell.read(rate)
        style = {**MEASURED, "color": SHADES[rate], "markersize": 2.5}
        axes.plot(charge[::12], voltage[::12], **style, alpha=0.5)
        word = "predicted" if rate == "C/2" else "fitted"
        axes.plot(one.capacity, one.voltage, color=SHADES[rate], lw=1.2, label=f"{rate}, {word}")
    axes.set(title=title, xlabel="capacity [A h/m$^2$]", ylabel="voltage [V]")
    axes.legend(title="line: model, dots: measured", title_fontsize=8, loc="lower left")


def draw_errors(axes: Axes, found: Mapping[str, Comparison], title: str, limit: float) -> None:
    """Model less measured."""
    axes.axhline(0, color="#888888", lw=0.6)
    for rate, one in found.items():
        axes.plot(100 * one.share, one.error, color=SHADES[rate], lw=1.2, label=rate)
    axes.set(title=title, xlabel="share of the measured capacity [%]", ylim=(-limit, limit))
    axes.set_ylabel("model less measured [mV]")
