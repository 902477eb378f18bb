"""Cells of Newman's group against what they printed.

    python validation/newman/run.py [--quick] [-o DIR]

Discharge curves and a salt profile of Fuller et al. 1994 and Doyle et al. 1996, and two sentences
of a review about such cells: a table of rows and a figure, in out/ by default.  The exit status is
1 if a row is not reproduced.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model import Result
from electrode_model.plots.figure import INK
from electrode_model.validate.figures import CASE_STYLE, save
from electrode_model.validate.rows import Curve, Row, verdict, write

HERE = Path(__file__).parent
SHADES = ("#56B4E9", "#0072B2", "#D55E00", "#CC79A7", "#009E73")
STEEP = 10.0  # V per filling: beyond, 1 % of a site is 100 mV, and the end is compared
#: Rests of O2: name, number of the step, minute at which the review looks, largest and smallest
#: spread of the depth that is left then, of 1
RESTS = (("B, Li1.8Mn2O4", 1, 45.0, 0.05, 0.0), ("D, Li1.2Mn2O4", 3, 59.0, 1.0, 0.3))
QUICK = ("positive.volumes=10", "negative.volumes=10")


@dataclass(frozen=True)
class Cell:
    """A paper's cell: YAML file, figures, currents and when its salt profile was taken."""

    name: str
    paper: str
    curves: str  # start of the files of the discharge curves
    currents: tuple[str, ...]  # mA/cm^2, as the files have them
    profile: str
    profile_current: str
    minutes: float


CELLS = (
    Cell(
        "fuller94", "Fuller et al. 1994", "Fuller94-Fig2", ("3", "4", "5"), "Fuller94-Fig3", "4", 8
    ),
    Cell(
        "doyle96",
        "Doyle et al. 1996, cell 1",
        "Doyle96-Fig7",
        ("0.175", "1.75", "3.5", "7.0", "10.5"),
        "Doyle96-Fig11",
        "1.75",
        20,
    ),
)


def read(name: str) -> np.ndarray:
    """A table of data/, (n, columns)."""
    return np.genfromtxt(HERE / "data" / f"{name}_paper.csv", delimiter=",", skip_header=1)


def discharge(cell: Cell, current: str, quick: bool) -> Result:
    """Run at a current [mA/cm^2]; raises RuntimeError if it does not reach the cut-off."""
    overrides = [f"protocol.0.current={current} mA/cm^2", *(QUICK if quick else ())]
    result = em.simulate(HERE / f"{cell.name}.yaml", overrides=overrides)
    if result.status != "finished":
        raise RuntimeError(f"{cell.name} at {current} mA/cm^2: {result.message}")
    return result


def voltage_errors(result: Result, printed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """|V - V_paper| [mV] at the paper's fillings that ours reaches, and where its curve is flat."""
    filling, first = np.unique(result["Positive filling fraction"], return_index=True)
    inside = printed[:, 0] <= filling[-1]
    y, voltage = printed[inside, 0], printed[inside, 1]
    own = np.interp(y, filling, result["Voltage [V]"][first])
    return 1e3 * np.abs(own - voltage), np.abs(np.gradient(voltage, y)) < STEEP


def profile(result: Result, minutes: float) -> tuple[np.ndarray, np.ndarray]:
    """x/L of the cells and the salt concentration [mol/L] there."""
    x = result["x [m]"]
    length = x[-1] + (x[-1] - x[-2]) / 2
    times, c_e = result["Field time [s]"], result["Electrolyte concentration [mol.m-3]"]
    return x / length, np.array([np.interp(60 * minutes, times, c) for c in c_e.T]) / 1000


def rows(quick: bool = False, axes: np.ndarray | None = None) -> list[Row]:
    """Simulate, compare and, into ``axes`` (2, 3), draw."""
    found: list[Row] = []
    for number, cell in enumerate(CELLS):
        for index, current in enumerate(cell.currents):
            result = discharge(cell, current, quick)
            printed = read(f"{cell.curves}_{current}mA_cm2")
            found.append(_curve_row(cell, current, result, printed))
            if axes is not None:
                _draw_curve(axes[0, number], cell, current, result, printed, SHADES[index])
            if current == cell.profile_current:
                salt = read(f"{cell.profile}_salt_profile")
                found.append(_profile_row(cell, result, salt))
                if cell.name == "fuller94":
                    found.append(_ends_row(result))
                if axes is not None:
                    _draw_profile(axes[1, number], cell, result, salt)
    return [*found, *_rest_rows(quick, None if axes is None else axes[:, 2])]


def _curve_row(cell: Cell, current: str, result: Result, printed: np.ndarray) -> Row:
    error, flat = voltage_errors(result, printed)
    rms = _rms(error[flat])
    end = result["Positive filling fraction"][-1] - printed[:, 0].max()
    return Row(
        id=f"{cell.name}/{current}",
        claim=f"{cell.paper}: discharge at {current} mA/cm2",
        criterion=f"10 mV rms where it falls by less than {STEEP:g} V per filling; end to 1 %",
        value=(
            f"{rms:.1f} mV over {flat.sum()} of {flat.size} points (median of all"
            f" {np.median(error):.1f}, rms of all {_rms(error):.0f}); end {1e2 * end:+.2f} %"
        ),
        verdict=verdict(rms <= 10 and abs(end) <= 0.01),
        curve=Curve.of(error[flat], 1e2 * float(end)),
    )


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt((values**2).mean()))


def _profile_row(cell: Cell, result: Result, salt: np.ndarray) -> Row:
    x, own = profile(result, cell.minutes)
    error = np.abs(np.interp(salt[:, 0], x, own) - salt[:, 1])
    relative = 100 * float(error.max() / profile(result, 0.0)[1].mean())
    return Row(
        id=f"{cell.name}/salt",
        claim=f"{cell.paper}: salt after {cell.minutes:g} min at {cell.profile_current} mA/cm2",
        criterion="within 2 % of the initial concentration everywhere",
        value=f"{relative:.1f} % at most; {own.min():.2f} to {own.max():.2f} mol/L",
        verdict=verdict(relative <= 2),
    )


def _ends_row(result: Result) -> Row:
    """O1: the salt at both collectors when the discharge at 4 mA/cm2 ends."""
    c_e = result["Electrolyte concentration [mol.m-3]"]
    first, last = c_e[-1, [0, -1]] / c_e[0].mean()
    return Row(
        id="O1",
        claim="Orikasa et al. 2022, Fig. 16b: at the end of the discharge at 4 mA/cm2 the salt has"
        " doubled at the anode's collector and is almost 0 at the cathode's",
        criterion="2.0 +- 0.15 and below 0.1 of the initial concentration",
        value=f"{first:.3f} and {last:.1e} after {result['Field time [s]'][-1] / 60:.1f} min",
        verdict=verdict(abs(first - 2) <= 0.15 and 0 < last < 0.1),
    )


def depth_spread(result: Result, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Minutes into a step and largest difference of filling between two depths."""
    here = result["Field step"] == step
    minutes = result["Field time [s]"][here] / 60
    return minutes - minutes[0], np.ptp(result["Particle filling fraction"][here], axis=1)


def _rest_rows(quick: bool, axes: np.ndarray | None) -> list[Row]:
    """O2: how the depths of a LiMn2O4 electrode even out, on a slope and on a plateau."""
    result = em.simulate(
        HERE / "relaxation.yaml", overrides=["positive.volumes=10"] if quick else []
    )
    if result.status != "finished":
        raise RuntimeError(f"relaxation: {result.message}")
    found: list[Row] = []
    for (name, step, minute, most, least), shade in zip(RESTS, SHADES[1:], strict=False):
        minutes, spread = depth_spread(result, step)
        left = float(np.interp(minute, minutes, spread) / spread[0])
        claim = "completely relaxed after 45 min" if least == 0 else "heterogeneous after 59 min"
        limit = f"below {100 * most:g} %" if least == 0 else f"above {100 * least:g} %"
        found.append(
            Row(
                id=f"O2/{name[0]}",
                claim=f"Orikasa et al. 2022, Fig. 16c: {name} at rest is {claim}",
                criterion=f"{limit} of the spread over the depth is left after {minute:g} min",
                value=f"{100 * left:.2g} % of {2 * spread[0]:.3f} Li per Mn2O4",
                verdict=verdict(least <= left <= most),
            )
        )
        if axes is not None:
            _draw_rest(axes, result, name, step, shade)
    return found


def _draw_rest(axes: np.ndarray, result: Result, name: str, step: int, shade: str) -> None:
    minutes, spread = depth_spread(result, step)
    axes[0].plot(minutes, spread / spread[0], color=shade, label=name)
    axes[0].set(
        title="Rests of a LiMn$_2$O$_4$ electrode",
        xlabel="minutes at rest",
        ylabel="spread over the depth / at the start",
        xlim=(0, 60),
    )
    axes[0].legend()
    here = np.flatnonzero(result["Field step"] == step)
    depth = (np.arange(result["Particle filling fraction"].shape[1]) + 0.5) / len(
        result["Particle filling fraction"][0]
    )
    for frame, line in ((here[0], "--"), (here[-1], "-")):
        lithium = 2 * result["Particle filling fraction"][frame]
        axes[1].plot(depth, lithium, line, color=shade, label=name if line == "-" else None)
    axes[1].set(
        title="at the start (dashed) and after 1 h",
        xlabel="depth, from the separator",
        ylabel="x in Li$_x$Mn$_2$O$_4$",
    )
    axes[1].legend()


def _draw_curve(
    axis: Axes, cell: Cell, current: str, result: Result, printed: np.ndarray, shade: str
) -> None:
    axis.plot(
        result["Positive filling fraction"],
        result["Voltage [V]"],
        color=shade,
        label=f"{current} mA/cm²",
    )
    axis.plot(printed[:, 0], printed[:, 1], ".", color=INK, markersize=4)
    axis.set(title=cell.paper, xlabel="y in Li$_y$Mn$_2$O$_4$", ylabel="voltage [V]", ylim=(2, 4.7))
    axis.legend(ncols=2)


def _draw_profile(axis: Axes, cell: Cell, result: Result, salt: np.ndarray) -> None:
    x, own = profile(result, cell.minutes)
    axis.plot(x, own, color=SHADES[1], label="electrode_model")
    axis.plot(salt[:, 0], salt[:, 1], ".", color=INK, markersize=4, label="paper")
    axis.set(
        title=f"{cell.profile_current} mA/cm², {cell.minutes:g} min",
        xlabel="x / L, from the negative collector",
        ylabel="salt [mol/L]",
    )
    axis.legend()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write rows and figure, print the rows; 0 if all are reproduced."""
    parser = argparse.ArgumentParser(description="Cells of Fuller et al. 1994, Doyle et al. 1996.")
    parser.add_argument("--quick", action="store_true", help="ten volumes in each electrode")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(12, 6.4), layout="constrained")
        found = rows(options.quick, figure.subplots(2, 3))
        save(figure, options.output / "newman.svg")
    print(write(found, options.output))
    print(f"Table and figure: {options.output}")
    return int(any(row.verdict == "not reproduced" for row in found))


if __name__ == "__main__":
    sys.exit(main())
