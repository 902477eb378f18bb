"""NMC half cells at C/50 and C/25, both ways, against the material of a sister cell.

python validation/tum_nmc/run.py [--quick] [-o DIR]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model.plots.figure import COLOURS
from electrode_model.validate.figures import CASE_STYLE, MEASURED, save
from electrode_model.validate.rows import Row, verdict, write

HERE = Path(__file__).parent
#: V.  The material's voltage is good to c = 0.95, that is 3.53 V; below, nothing is compared.
LOWEST = 3.55
#: The cell's own C-rate: 1C empties the range between 3.0 and 4.3 V in an hour.
RATES = {"C/50": ("0C02", 0.02), "C/25": ("0C04", 0.04)}
WORDS = {"discharge": "Lithiation", "charge": "Delithiation"}
INSIDE = (0.05, 0.95)  # of the capacity: the ends are steep, and 1 % there is 50 mV


def measured(kind: str, rate: str) -> np.ndarray:
    """Share of the branch's capacity that is extracted, and voltage [V], (n, 2)."""
    name = f"LGM36_PE_coin_Cathode_{WORDS[kind]}_{RATES[rate][0]}.csv"
    table = np.genfromtxt(HERE / "data" / name, delimiter=",", names=True)
    points = np.column_stack([table["normalized_capacity"], table["voltage_V"]])
    return scaled(points[np.argsort(points[:, 0], kind="stable")])


def left_out(kind: str, rate: str) -> float:
    """Share of the measured capacity below LOWEST."""
    name = f"LGM36_PE_coin_Cathode_{WORDS[kind]}_{RATES[rate][0]}.csv"
    table = np.genfromtxt(HERE / "data" / name, delimiter=",", names=True)
    return float((table["normalized_capacity"][table["voltage_V"] < LOWEST]).max())


def scaled(branch: np.ndarray) -> np.ndarray:
    """From LOWEST on; 0 there, 1 at the other end."""
    branch = branch[branch[:, 1] >= LOWEST]
    share = (branch[:, 0] - branch[0, 0]) / (branch[-1, 0] - branch[0, 0])
    share, first = np.unique(share, return_index=True)
    return np.column_stack([share, branch[first, 1]])


def simulated(rate: str, quick: bool) -> tuple[dict[str, np.ndarray], float]:
    """Both branches likewise, and how much of the sites they use.

    The current follows from the range of the material between 4.3 and 3.5 V.
    """
    over = ["positive.particles.model.nodes=20"] if quick else []
    share = 0.75  # of the sites; corrected once
    for _ in range(2):
        current = f"{RATES[rate][1] * share:.6g} C"
        steps = [f"protocol.{k}.current={sign}{current}" for k, sign in enumerate(("-", "", "-"))]
        result = em.simulate(HERE / "half_cell.yaml", overrides=[*steps, *over])
        if result.status != "finished":
            raise RuntimeError(f"half_cell.yaml: {result.message}")
        filling = result["Positive filling fraction"]
        here = {"discharge": result["Step"] == 1, "charge": result["Step"] == 2}
        share = float(np.ptp(filling[here["discharge"]]))
    found = {}
    for kind, rows in here.items():
        points = np.column_stack([1 - filling[rows], result["Voltage [V]"][rows]])
        found[kind] = scaled(points[::-1] if kind == "discharge" else points)
    return found, share


def rows(model: dict[str, dict[str, np.ndarray]], shares: dict[str, float]) -> list[Row]:
    """Each branch; the hysteresis; what the rate does."""
    grid = np.linspace(*INSIDE, 361)

    def at(branch: np.ndarray) -> np.ndarray:
        return np.interp(grid, *branch.T)

    found = []
    gaps: dict[str, tuple[float, float]] = {}
    for rate, branches in model.items():
        for kind, branch in branches.items():
            error = 1e3 * (at(branch) - at(measured(kind, rate)))
            rms = float(np.sqrt((error**2).mean()))
            found.append(
                Row(
                    f"{WORDS[kind].lower()} {rate}",
                    f"{WORDS[kind].lower()} at {rate} between {LOWEST:g} and 4.3 V",
                    "30 mV rms from 5 to 95 % of the capacity",
                    f"{rms:.1f} mV rms, mean {error.mean():+.1f}, largest"
                    f" {np.abs(error).max():.0f} mV; uses {shares[rate]:.3f} of the sites",
                    verdict(rms <= 30),
                    f"left out: {100 * left_out(kind, rate):.1f} % of the measured capacity",
                )
            )
        own = float(1e3 * (at(branches["charge"]) - at(branches["discharge"])).mean())
        data = [at(measured(kind, rate)) for kind in ("charge", "discharge")]
        gaps[rate] = own, float(1e3 * (data[0] - data[1]).mean())
    for rate, (own, data_gap) in gaps.items():
        found.append(
            Row(
                f"gap {rate}",
                f"delithiation above lithiation at {rate}, mean over the capacity",
                "within 5 mV",
                f"{own:.1f} mV, measured {data_gap:.1f} mV",
                verdict(abs(own - data_gap) <= 5),
            )
        )
    own, data_gap = (gaps["C/25"][k] - gaps["C/50"][k] for k in (0, 1))
    found.append(
        Row(
            "rate",
            "the gap grows from C/50 to C/25",
            "sign, and within 5 mV",
            f"by {own:.1f} mV, measured {data_gap:.1f} mV",
            verdict(own > 0 and abs(own - data_gap) <= 5 and data_gap > 0),
        )
    )
    return found


def draw(model: dict[str, dict[str, np.ndarray]], path: Path) -> Path:
    """Measured as points, the model as lines."""
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(9, 3.5), layout="constrained")
        for axis, (rate, branches) in zip(figure.subplots(1, 2), model.items(), strict=True):
            for kind, branch in branches.items():
                data = measured(kind, rate)[::15]
                style = {**MEASURED, "color": COLOURS[kind], "markersize": 2.5}
                axis.plot(*data.T, **style, alpha=0.6)
                thin = branch[:: max(1, len(branch) // 300)]
                axis.plot(*thin.T, color=COLOURS[kind], lw=1.3, label=WORDS[kind].lower())
            axis.set(title=rate, xlabel="lithium extracted / capacity", ylabel="voltage [V]")
            axis.legend(title="line: model, points: measured")
    return save(figure, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, compare, draw, print; 1 if a row is not reproduced."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="half as many nodes in a particle")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out", metavar="DIR")
    options = parser.parse_args(arguments)
    model, shares = {}, {}
    for rate in RATES:
        model[rate], shares[rate] = simulated(rate, options.quick)
    found = rows(model, shares)
    print(write(found, options.output))
    print(draw(model, options.output / "tum_nmc.svg"))
    return int(any(row.verdict == "not reproduced" for row in found))


if __name__ == "__main__":
    sys.exit(main())
