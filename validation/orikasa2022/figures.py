"""The figure: rests, and pressed electrodes."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.validate.figures import CASE_STYLE, save
from validation.orikasa2022.common import depths, mean
from validation.orikasa2022.porosity import TYPICAL, Pressed
from validation.orikasa2022.rest import Rest

SHADES = ("#D55E00", "#E69F00", "#56B4E9", "#0072B2")


def draw(pressed: list[Pressed], rests: dict[str, Rest], path: Path) -> Path:
    """Spread over the depth at rest; voltage and depth profile at 10C, 100 um, pores as printed."""
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(11, 3.4), layout="constrained")
        rest, voltage, profile = figure.subplots(1, 3)
        for (name, case), shade in zip(rests.items(), SHADES, strict=False):
            here = case.minutes > 0.5
            rest.semilogx(
                case.minutes[here], (case.spread / case.spread[0])[here], color=shade, label=name
            )
        rest.set(xlabel="minutes at rest", ylabel="spread over the depth / at the start")
        rest.set_title("100 µm after 1C (O3, O4)")
        rest.legend()
        chosen = [c for c in pressed if c.thickness == TYPICAL and c.law == "printed"]
        for electrode, shade in zip(chosen, SHADES, strict=False):
            label = f"{100 * electrode.porosity:.0f} %"
            result = electrode.result
            voltage.plot(
                result["Positive filling fraction"], result["Voltage [V]"], color=shade, label=label
            )
            frame = np.abs(mean(result) - 0.01 - electrode.capacity / 2).argmin()
            for at, dash in ((frame, ":"), (-1, "-")):
                filling = depths(result)[at]
                place = (np.arange(filling.size) + 0.5) / filling.size
                profile.plot(place, filling, dash, color=shade)
        voltage.set(xlabel="filling fraction", ylabel="voltage [V]", title="LFP at 10C (O5)")
        voltage.legend(title="porosity")
        profile.set(xlabel="depth, from the separator", ylabel="filling", ylim=(0, 1))
        profile.set_title("at the end; dotted: halfway")
    return save(figure, path)
