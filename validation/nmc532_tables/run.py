"""Open-circuit voltage, exchange current and diffusivity of NMC532 against published tables.

    python validation/nmc532_tables/run.py [--quick] [-o DIR]

No cell is simulated: the functions of the material are evaluated where the table has values.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model.constants import AVOGADRO, BOLTZMANN
from electrode_model.diffusivity import log_polynomial
from electrode_model.exchange_current import colclasure
from electrode_model.importing.mpet_names import NMC532_DIFFUSIVITY, REACTIONS
from electrode_model.materials import nmc532
from electrode_model.validate.figures import CASE_STYLE, MEASURED, save
from electrode_model.validate.rows import Row, verdict, write

HERE = Path(__file__).parent
SCALE = 0.9  # A/m^2: k0 of configs/nmc532_graphite.yaml; the table's 9 A/m^2 over the form's ten
WARM = 303.15  # K, of the table
#: What MPET 1.0.1 has in their place, shown in the figure.
MPET_J0: Any = REACTIONS["BV_Colclasure20"][1]
MPET_MIDDLE = 4.667335907952e-15  # m^2/s at half filling


def table() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Filling, j0 [A/m^2] at 1.2 mol/L and 30 degC, D [m^2/s] at 30 degC, U [V]."""
    path = HERE / "data" / "nmc532_i0_Ds_ocv.csv"
    columns = np.genfromtxt(path, delimiter=",", skip_header=1)
    return columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3]


def exchange(c: np.ndarray, **form: Any) -> np.ndarray:
    """j0 [A/m^2] at 1.2 mol/L, where the form is referred to 1 mol/L."""
    value: np.ndarray = SCALE * colclasure(c, 0.5, 0, **form).value(c, 0.0, 1.2)
    return value


def own_diffusivity(c: np.ndarray) -> np.ndarray:
    """D [m^2/s] of the material at the table's temperature."""
    numbers = nmc532.MATERIAL.numbers
    activation = numbers["diffusivity_activation"].value / (BOLTZMANN * AVOGADRO)
    scale = numbers["diffusivity"].value * np.exp(activation * (1 / 298.15 - 1 / WARM))
    found: np.ndarray = scale * nmc532.diffusivity_shape(c)
    return found


def _rounded(c: np.ndarray) -> np.ndarray:
    return exchange(c, coefficients=MPET_J0["coefficients"])


def _mpet(c: np.ndarray) -> np.ndarray:
    coefficients: Any = NMC532_DIFFUSIVITY["coefficients"]
    found: np.ndarray = MPET_MIDDLE * log_polynomial(c, coefficients=coefficients)
    return found


def rows() -> list[Row]:
    """Three properties; each where the table has values."""
    c, j0, diffusivity, voltage = table()
    has = np.isfinite(voltage)
    off = 1e3 * np.abs(nmc532.ocv(c[has], 303.15) - voltage[has])
    current = np.abs(exchange(c) / j0 - 1)
    ratio = own_diffusivity(c) / diffusivity
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
            "j0",
            "exchange current of Colclasure et al. 2020, form colclasure",
            "within 2e-5, the last digit of the table",
            f"at most {current.max():.1e} over {c.size} points, c = {c[0]:g} to {c[-1]:g}",
            verdict(current.max() <= 2e-5),
            f"MPET's four digits: up to {100 * (_rounded(c) / j0 - 1).max():.0f} % more",
        ),
        Row(
            "D",
            "diffusivity of Colclasure et al. 2020 at 30 degC",
            "within 1e-4, the five digits of the scale at 25 degC",
            f"at most {np.abs(ratio - 1).max():.1e} over {c.size} points",
            verdict(np.abs(ratio - 1).max() <= 1e-4),
            "the coefficients of MPET are whole numbers: a factor of"
            f" {(_mpet(c) / diffusivity).min():.2f} to {(_mpet(c) / diffusivity).max():.2f}",
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
        second.plot(x, exchange(x), label="colclasure")
        second.plot(x, _rounded(x), "--", label="MPET's digits")
        second.plot(c[::2], j0[::2], **MEASURED)
        second.set(ylabel="exchange current [A/m²] at 1.2 mol/L")
        third.semilogy(x, own_diffusivity(x))
        third.semilogy(x, _mpet(x), "--")
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
