"""A single-crystal NCM 92-03-05 half cell at C/10 to 2C with stated parameters only.

    python validation/birmingham_ncm/run.py [--quick] [-o DIR]

Capacity against rate, and the discharges at 1C and 2C, of Jackowska et al. 2025.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model import Result
from electrode_model.validate.figures import CASE_STYLE, MEASURED, save
from electrode_model.validate.rows import Curve, Row, verdict, write

HERE = Path(__file__).parent
AREA = np.pi / 4 * 0.0148**2  # m^2, a disc of 14.8 mm
CURVES = {1.0: "2mAh_1C_discharge", 2.0: "2mAh_2C_discharge"}
COLOURS = {1.0: "#0072B2", 2.0: "#D55E00"}
#: V rms of the authors' own model, whose diffusivity is fitted to each curve (their output.txt).
THEIRS = {1.0: 0.0443, 2.0: 0.0535}
SHARE = 0.95  # of the measured capacity: beyond, an error in capacity becomes one in voltage
QUICK = ("positive.volumes=6", "positive.particles.model.nodes=25")


def read(name: str) -> np.ndarray:
    """A table of data/ by the names of its columns."""
    return np.genfromtxt(HERE / "data" / f"{name}.csv", delimiter=",", names=True)


def discharge(milliampere: float, quick: bool, overrides: Sequence[str] = ()) -> Result:
    """To 2.5 V at a current of the disc [mA]; raises RuntimeError if it ends otherwise."""
    current = f"protocol.0.current={milliampere * 1e-3 / AREA:.6g} A/m^2"
    more = QUICK if quick else ()
    result = em.simulate(HERE / "half_cell.yaml", overrides=[current, *more, *overrides])
    if result.status != "finished":
        raise RuntimeError(f"half_cell.yaml at {milliampere} mA: {result.message}")
    return result


def capacity(result: Result) -> np.ndarray:
    """Charge passed [mAh] by the disc."""
    passed: np.ndarray = 1e3 * AREA * result["Discharge capacity [A.h.m-2]"]
    return passed


def rows(results: dict[float, Result]) -> list[Row]:
    """A row for each capacity, one for their fall, one for each curve."""
    table = read("2mAh_rate_capability_summary")
    own = {rate: float(capacity(result)[-1]) for rate, result in results.items()}
    found = []
    for line in table:
        rate, measured = float(line["c_rate"]), float(line["capacity_mAh"])
        error = own[rate] / measured - 1
        found.append(
            Row(
                f"capacity {rate:g}C",
                f"capacity from 4.2 to 2.5 V at {rate:g}C",
                "within 5 %: coatings of one batch differ by 2 to 3 %, and so do thicknesses",
                f"{own[rate]:.3f} mAh against {measured:.3f}, {100 * error:+.1f} %",
                verdict(abs(error) <= 0.05),
            )
        )
    kept = own[2.0] / own[0.1]
    measured = float(table["capacity_mAh"][-1] / table["capacity_mAh"][0])
    found.append(
        Row(
            "retention",
            "how much of the capacity at C/10 is left at 2C",
            f"{measured:.3f} +- 0.03",
            f"{kept:.3f}",
            verdict(abs(kept - measured) <= 0.03),
            "a ratio: loading, area and site density cancel",
        )
    )
    for rate, name in CURVES.items():
        data = read(name)
        inside = data["capacity_mAh"] <= SHARE * data["capacity_mAh"][-1]
        passed, first = np.unique(capacity(results[rate]), return_index=True)
        voltage = results[rate]["Voltage [V]"][first]
        error = 1e3 * (
            np.interp(data["capacity_mAh"][inside], passed, voltage) - data["voltage_exp_V"][inside]
        )
        rms = float(np.sqrt((error**2).mean()))
        limit = 1e3 * THEIRS[rate]
        found.append(
            Row(
                f"curve {rate:g}C",
                f"discharge at {rate:g}C",
                f"{limit:.1f} mV rms to {100 * SHARE:g} % of the measured capacity, what the"
                " authors' model reaches over all of it with D fitted to this curve",
                f"{rms:.1f} mV rms, mean {error.mean():+.1f}, largest {np.abs(error).max():.0f} mV",
                verdict(rms <= limit),
                curve=Curve.of(error, 100 * (passed[-1] / data["capacity_mAh"][-1] - 1)),
            )
        )
    return found


def draw(results: dict[float, Result], path: Path) -> Path:
    """Measured as points, the model as lines."""
    table = read("2mAh_rate_capability_summary")
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(9, 3.5), layout="constrained")
        curves, rates = figure.subplots(1, 2)
        for rate, name in CURVES.items():
            data = read(name)
            style = {**MEASURED, "color": COLOURS[rate]}
            curves.plot(data["capacity_mAh"], data["voltage_exp_V"], **style, alpha=0.6)
            passed, voltage = capacity(results[rate]), results[rate]["Voltage [V]"]
            curves.plot(passed, voltage, color=COLOURS[rate], label=f"{rate:g}C")
        curves.set(xlabel="capacity [mAh]", ylabel="voltage [V]")
        curves.legend(title="line: model, points: measured", loc="lower left")
        own = [float(capacity(results[float(rate)])[-1]) for rate in table["c_rate"]]
        rates.semilogx(table["c_rate"], own, color="#0072B2", label="model")
        rates.semilogx(table["c_rate"], table["capacity_mAh"], **MEASURED, label="measured")
        rates.set(xlabel="C-rate", ylabel="capacity to 2.5 V [mAh]", ylim=(0, None))
        rates.legend(loc="lower left")
    return save(figure, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, compare, draw, print; 1 if a row is not reproduced."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer volumes and nodes")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(arguments)
    table = read("2mAh_rate_capability_summary")
    results = {
        float(line["c_rate"]): discharge(float(line["current_mA"]), options.quick) for line in table
    }
    found = rows(results)
    print(write(found, options.output))
    print(draw(results, options.output / "birmingham_ncm.svg"))
    return int(any(row.verdict == "not reproduced" for row in found))


if __name__ == "__main__":
    sys.exit(main())
