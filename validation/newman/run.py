"""Two cells of Newman's group against the curves they printed.

    python validation/newman/run.py [--quick] [-o DIR]

Discharge curves and a salt profile of Fuller et al. 1994 and Doyle et al. 1996: a table of rows and
a figure, in out/ by default.  The exit status is 1 if a row is not reproduced.
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
from electrode_model.plots.figure import INK, STYLE
from electrode_model.validate.rows import Row, verdict, write

HERE = Path(__file__).parent
SHADES = ("#56B4E9", "#0072B2", "#D55E00")
STEEP = 5.0  # V per filling: beyond, 1 % of a site is 50 mV, and the end of the curve is compared
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
        ("0.175", "1.75", "3.5"),
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
    """Simulate, compare and, into ``axes`` (2, 2), draw."""
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
                if axes is not None:
                    _draw_profile(axes[1, number], cell, result, salt)
    return found


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
    axis.set(title=cell.paper, xlabel="y in Li$_y$Mn$_2$O$_4$", ylabel="voltage [V]", ylim=(2, 4.3))
    axis.legend()


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
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 6.4), layout="constrained")
        found = rows(options.quick, figure.subplots(2, 2))
        figure.savefig(options.output / "newman.png")
    print(write(found, options.output))
    print(f"Table and figure: {options.output}")
    return int(any(row.verdict == "not reproduced" for row in found))


if __name__ == "__main__":
    sys.exit(main())
