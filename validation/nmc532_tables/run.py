"""Open-circuit voltage, exchange current and diffusivity of NMC532 against published tables.

    python validation/nmc532_tables/run.py [--quick] [-o DIR]

No cell is simulated: the functions of the material are evaluated where the table has values.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.exchange_current import colclasure
from electrode_model.materials import nmc532
from electrode_model.validate.figures import CASE_STYLE, MEASURED, save
from electrode_model.validate.rows import Row, verdict, write

HERE = Path(__file__).parent
#: Digits of BATMODS-lite in place of MPET's four, and its scale: tests/test_exchange_current.py.
DIGITS = (
    1.650452829641290e1,
    -7.523567141488800e1,
    1.240524690073040e2,
    -9.416571081287610e1,
    3.249768821737960e1,
    -3.585290065824760,
)
SCALE = 9.0  # A/m^2, of both
ROUNDED = 0.9  # A/m^2: the coefficients of MPET are ten times larger
INNER = (0.4, 0.9)  # fillings in which a half cell between 3.0 and 4.3 V moves


def table() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Filling, j0 [A/m^2] at 1.2 mol/L and 30 degC, D [m^2/s] at 30 degC, U [V]."""
    path = HERE / "data" / "nmc532_i0_Ds_ocv.csv"
    columns = np.genfromtxt(path, delimiter=",", skip_header=1)
    return columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3]


def exchange(c: np.ndarray, coefficients: Sequence[float] | None = None) -> np.ndarray:
    """j0/k0 at 1.2 mol/L, where the form is referred to 1 mol/L."""
    found = (
        colclasure(c, 0.5, 0)
        if coefficients is None
        else colclasure(c, 0.5, 0, coefficients=coefficients)
    )
    value: np.ndarray = found.value(c, 0.0, 1.2)
    return value


def rows() -> list[Row]:
    """Three properties; each where the table has values."""
    c, j0, diffusivity, voltage = table()
    has = np.isfinite(voltage)
    off = 1e3 * np.abs(nmc532.ocv(c[has], 303.15) - voltage[has])
    digits = np.abs(SCALE * exchange(c, DIGITS) / j0 - 1)
    rounded = ROUNDED * exchange(c) / j0 - 1
    inside = (c >= INNER[0]) & (c <= INNER[1])
    numbers = nmc532.MATERIAL.numbers
    own = numbers["diffusivity"].value * nmc532.diffusivity_shape(c)
    ratio = own / diffusivity
    worst = float(np.abs(np.log10(ratio[inside])).max())
    return [
        Row(
            "OCV",
            "open-circuit voltage of Colclasure et al. 2020, as a table",
            "10 mV rms, as for a printed curve",
            f"{np.sqrt((off**2).mean()):.1f} mV rms, at most {off.max():.1f} mV over {has.sum()}"
            f" points, c = {c[has][0]:g} to {c[has][-1]:g}",
            verdict(float(np.sqrt((off**2).mean())) <= 10),
            "the material has the polynomial of the same authors, one fit to the whole range",
        ),
        Row(
            "j0, all digits",
            "exchange current of Colclasure et al. 2020, form colclasure with the table's digits",
            "within 2e-5, the last digit of the table",
            f"at most {digits.max():.1e} over {c.size} points, c = {c[0]:g} to {c[-1]:g}",
            verdict(digits.max() <= 2e-5),
        ),
        Row(
            "j0, default digits",
            "the same with the four digits that MPET rounds to, the form's default",
            "within 10 %, about what an exchange current is measured to",
            f"{100 * rounded.min():+.1f} to {100 * rounded.max():+.1f} %; at 0.5"
            f" {100 * rounded[np.isclose(c, 0.5)][0]:+.1f} %, at 0.9"
            f" {100 * rounded[np.isclose(c, 0.9)][0]:+.1f} %",
            verdict(float(np.abs(rounded).max()) <= 0.1),
            "rounding to four digits: terms of hundreds cancel to a few",
        ),
        Row(
            "D",
            "diffusivity of Colclasure et al. 2020",
            f"within a factor of 1.5 for c = {INNER[0]:g} to {INNER[1]:g}: GITT gives no more",
            f"factor {ratio[inside].min():.2f} to {ratio[inside].max():.2f}; at c = {c[-1]:g}"
            f" {ratio[-1]:.2f}",
            verdict(worst <= np.log10(1.5)),
            "the material has MPET's coefficients, whose four digits make D fall steeply above 0.9",
        ),
    ]


def draw(path: Path) -> Path:
    """Tables as points, the material as lines."""
    c, j0, diffusivity, voltage = table()
    x = np.linspace(0.3, 0.97, 200)
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(10, 3.2), layout="constrained")
        first, second, third = figure.subplots(1, 3)
        first.plot(x, nmc532.ocv(x, 303.15), label="material nmc532")
        first.plot(c[::2], voltage[::2], **MEASURED, label="table")
        first.set(ylabel="open-circuit voltage [V]")
        second.plot(x, SCALE * exchange(x, DIGITS), label="colclasure, all digits")
        second.plot(x, ROUNDED * exchange(x), "--", label="colclasure, default")
        second.plot(c[::2], j0[::2], **MEASURED)
        second.set(ylabel="exchange current [A/m²] at 1.2 mol/L")
        own = nmc532.MATERIAL.numbers["diffusivity"].value * nmc532.diffusivity_shape(x)
        third.semilogy(x, own)
        third.semilogy(c[::2], diffusivity[::2], **MEASURED)
        third.set(ylabel="diffusivity [m²/s]")
        for axis in (first, second, third):
            axis.set_xlabel("filling fraction c")
        first.legend()
        second.legend()
    return save(figure, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, draw, print; 1 if a row is not reproduced."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="the same: it takes a second")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(arguments)
    found = rows()
    print(write(found, options.output))
    print(draw(options.output / "nmc532_tables.svg"))
    return int(any(row.verdict == "not reproduced" for row in found))


if __name__ == "__main__":
    sys.exit(main())
