"""Lithium titanate at a low rate: plateau, capacity and shape.

    python validation/lto_ocv/run.py [--quick] [-o DIR]

Against the accepted plateau of 1.55 V, the capacity that follows from the formula, and one
digitised curve whose absolute potential is not used: direction and rate are not recorded with it.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model.constants import AVOGADRO, ELEMENTARY_CHARGE
from electrode_model.materials.lto import MATERIAL
from electrode_model.plots.figure import COLOURS
from electrode_model.validate.figures import CASE_STYLE, MEASURED, save
from electrode_model.validate.rows import Row, verdict, write

HERE = Path(__file__).parent
PLATEAU = (0.2, 0.8)  # of the capacity
MOLAR_MASS = 459.09e-3  # kg/mol of Li4Ti5O12, which takes three lithium
ACCEPTED = 1.55  # V: Ohzuku, Ueda & Yamamoto, J. Electrochem. Soc. 142 (1995) 1431; not seen


def branches(quick: bool) -> dict[str, np.ndarray]:
    """Extracted share of the branch's capacity and voltage [V], rising, (n, 2)."""
    few = ["positive.particles.per_volume=5"] if quick else []
    result = em.simulate(HERE / "half_cell.yaml", overrides=few)
    if result.status != "finished":
        raise RuntimeError(f"half_cell.yaml: {result.message}")
    current = result["Current [A.m-2]"]
    points = np.column_stack([1 - result["Positive filling fraction"], result["Voltage [V]"]])
    found = {"discharge": points[current > 0][::-1], "charge": points[current < 0]}
    return {name: _scaled(branch) for name, branch in found.items()}


def measured() -> np.ndarray:
    """The digitised curve, scaled likewise, and its capacity [mAh/g] at the end."""
    return np.genfromtxt(HERE / "data" / "lto_ocv.csv", delimiter=",", skip_header=1)


def _scaled(branch: np.ndarray) -> np.ndarray:
    share = (branch[:, 0] - branch[0, 0]) / (branch[-1, 0] - branch[0, 0])
    return np.column_stack([share, branch[:, 1]])


def plateau(branch: np.ndarray) -> float:
    """Median voltage over 20-80 % of the capacity, every capacity weighted alike."""
    grid = np.linspace(*PLATEAU, 601)
    return float(np.median(np.interp(grid, branch[:, 0], branch[:, 1])))


def rise(branch: np.ndarray) -> float:
    """Slope of the plateau [mV] from 20 to 80 %: of the straight line through it, for it jumps."""
    grid = np.linspace(*PLATEAU, 601)
    line = np.polyfit(grid, np.interp(grid, branch[:, 0], branch[:, 1]), 1)
    return 1e3 * float(line[0]) * (PLATEAU[1] - PLATEAU[0])


def capacity() -> tuple[float, float]:
    """mAh/g of the formula and of the material's site density."""
    theory = 3 * ELEMENTARY_CHARGE * AVOGADRO / MOLAR_MASS / 3600
    numbers = MATERIAL.numbers
    sites = numbers["site_density"].value / numbers["density"].value
    return theory, sites * ELEMENTARY_CHARGE / 3600


def rows(found: dict[str, np.ndarray]) -> list[Row]:
    """Four rows."""
    data = measured()
    curve = _scaled(data)
    low, high = plateau(found["discharge"]), plateau(found["charge"])
    middle = (low + high) / 2
    theory, own = capacity()
    slopes = {name: rise(branch) for name, branch in found.items()}
    slope = rise(curve)
    # shape: both less their own plateaus, where the digitised curve is one of delithiation
    grid = np.linspace(0.05, 0.95, 181)
    model = np.interp(grid, *found["charge"].T) - high
    error = 1e3 * (model - (np.interp(grid, *curve.T) - plateau(curve)))
    rms, worst = float(np.sqrt((error**2).mean())), float(np.abs(error).max())
    return [
        Row(
            "plateau",
            "lithium titanate has a plateau at 1.55 V against lithium",
            "middle of both plateaus within 10 mV: papers give 1.55 to 1.56 V",
            f"{middle:.4f} V; {low:.4f} in lithiation, {high:.4f} in delithiation",
            verdict(abs(middle - ACCEPTED) <= 0.01),
        ),
        Row(
            "capacity",
            "Li4Ti5O12 takes three lithium: 175 mAh/g",
            f"site density over density within 1 % of {theory:.1f} mAh/g",
            f"{own:.1f} mAh/g, {100 * (own / theory - 1):+.1f} %; the digitised curve ends at"
            f" {data[-1, 0]:.0f} mAh/g",
            verdict(abs(own / theory - 1) <= 0.01),
            "sites and mass are those of one crystal, so that this checks the arithmetic; with"
            " MPET's 1.32e28 sites/m^3, which are 3.8 % too few, it is 168.5 mAh/g",
        ),
        Row(
            "flatness",
            "the plateau is flat from 20 to 80 % of the capacity",
            "slope within 15 mV of the digitised one: its points are good to 5 mV",
            f"{slopes['discharge']:.1f} and {slopes['charge']:.1f} mV, digitised {slope:.1f} mV",
            verdict(all(abs(value - slope) <= 15 for value in slopes.values())),
            "the digitised points rise by 9 mV from 20 to 54 %, by 7 at a joint of the digitising"
            " and by 17 from there to 80 %; even a model without any slope would be 25 mV off",
        ),
        Row(
            "ends",
            "shape of the curve from 5 to 95 % of the capacity, less the plateau",
            "20 mV rms",
            f"{rms:.0f} mV rms, at most {worst:.0f} mV",
            verdict(rms <= 20),
            "a regular solution turns up within 3 % of its ends",
        ),
    ]


def draw(found: dict[str, np.ndarray], path: Path) -> Path:
    """The digitised curve as points, the model as lines."""
    data = measured()
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        whole, zoom = figure.subplots(1, 2)
        for axis in (whole, zoom):
            for name, branch in found.items():
                word = "lithiation" if name == "discharge" else "delithiation"
                axis.plot(*branch.T, color=COLOURS[name], lw=1.2, label=f"model, {word}")
            axis.plot(*_scaled(data).T, **MEASURED, label="digitised")
            axis.axhline(ACCEPTED, color="#8a8a8a", lw=0.8, ls=":")
            axis.set(xlabel="lithium extracted / capacity of the branch", ylabel="voltage [V]")
        whole.set(ylim=(0.9, 2.2))
        zoom.set(ylim=(1.49, 1.67), title="dotted: 1.55 V")
        whole.legend()
    return save(figure, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, compare, draw, print; 1 if a row is not reproduced."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="five particles in place of ten")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(arguments)
    branch = branches(options.quick)
    found = rows(branch)
    print(write(found, options.output))
    print(draw(branch, options.output / "lto_ocv.svg"))
    return int(any(row.verdict == "not reproduced" for row in found))


if __name__ == "__main__":
    sys.exit(main())
