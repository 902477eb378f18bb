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
from electrode_model.validate.rows import Curve, Row, verdict, write

HERE = Path(__file__).parent
#: V.  The material's voltage is good to c = 0.95, that is 3.53 V; below, nothing is compared.
LOWEST = 3.55
#: The cell's own C-rate: 1C empties the range between 3.0 and 4.3 V in an hour.
RATES = {"C/50": ("0C02", 0.02), "C/25": ("0C04", 0.04)}
WORDS = {"discharge": "Lithiation", "charge": "Delithiation"}
#: A h/m^2: 5 Ah over 0.1027 m^2, Chen et al., J. Electrochem. Soc. 167 (2020) 080534, the LG M50.
LOADING = 48.7
INSIDE = (0.05, 0.95)  # of the capacity: the ends are steep, and 1 % there is 50 mV


def measured(rate: str) -> dict[str, np.ndarray]:
    """Both branches over the share of the capacity that is extracted, (n, 2), and voltage [V].

    Each is normalised to its own capacity in the files; that these are equal is assumed.
    """
    found = {}
    for kind, word in WORDS.items():
        name = f"LGM36_PE_coin_Cathode_{word}_{RATES[rate][0]}.csv"
        table = np.genfromtxt(HERE / "data" / name, delimiter=",", names=True)
        points = np.column_stack([table["normalized_capacity"], table["voltage_V"]])
        found[kind] = _ascending(points)
    return scaled(found)


def _ascending(points: np.ndarray) -> np.ndarray:
    points = points[np.argsort(points[:, 0], kind="stable")]
    share, first = np.unique(points[:, 0], return_index=True)
    return np.column_stack([share, points[first, 1]])


def scaled(branches: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Both on one scale: 0 where the mean of their voltages is LOWEST, 1 where both end.

    A scale of its own for each would hide a constant distance of the branches: at the lower end it
    would be cut off one of them.
    """
    first = max(branch[0, 0] for branch in branches.values())
    last = min(branch[-1, 0] for branch in branches.values())
    common = np.linspace(first, last, 4001)
    middle = sum(np.interp(common, *branch.T) for branch in branches.values()) / 2
    zero = float(np.interp(LOWEST, middle, common))
    return {
        kind: np.column_stack([(branch[:, 0] - zero) / (last - zero), branch[:, 1]])
        for kind, branch in branches.items()
    }


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
    points = np.column_stack([1 - filling, result["Voltage [V]"]])
    return scaled({kind: _ascending(points[rows]) for kind, rows in here.items()}), share


def rows(model: dict[str, dict[str, np.ndarray]], shares: dict[str, float]) -> list[Row]:
    """Each branch; the hysteresis; what the rate does."""
    grid = np.linspace(*INSIDE, 361)

    def at(branch: np.ndarray) -> np.ndarray:
        return np.interp(grid, *branch.T)

    found = []
    gaps: dict[str, tuple[float, float]] = {}
    for rate, branches in model.items():
        data = measured(rate)
        for kind, branch in branches.items():
            error = 1e3 * (at(branch) - at(data[kind]))
            rms = float(np.sqrt((error**2).mean()))
            found.append(
                Row(
                    f"{WORDS[kind].lower()} {rate}",
                    f"{WORDS[kind].lower()} at {rate} between {LOWEST:g} and 4.3 V",
                    "30 mV rms from 5 to 95 % of the capacity",
                    f"{rms:.1f} mV rms, mean {error.mean():+.1f}, largest"
                    f" {np.abs(error).max():.0f} mV; uses {shares[rate]:.3f} of the sites",
                    verdict(rms <= 30),
                    curve=Curve.of(error),
                )
            )
        own, theirs = (1e3 * (at(b["charge"]) - at(b["discharge"])) for b in (branches, data))
        gaps[rate] = float(own.mean()), float(theirs.mean())
        found.append(
            Row(
                f"gap {rate}",
                f"delithiation above lithiation at {rate} and one capacity, mean from 5 to 95 %",
                "within 5 mV",
                f"{own.mean():.1f} mV, measured {theirs.mean():.1f} mV"
                f" ({theirs.min():.0f} to {theirs.max():.0f})",
                verdict(abs(own.mean() - theirs.mean()) <= 5),
                "the coin cell's lithium electrode and contacts are not part of the model",
            )
        )
    own_growth, growth = (gaps["C/25"][k] - gaps["C/50"][k] for k in (0, 1))
    current = LOADING * (RATES["C/25"][1] - RATES["C/50"][1])  # A/m^2
    resistance = 1e4 * 1e-3 * (growth - own_growth) / 2 / current  # ohm cm^2, in both directions
    found.append(
        Row(
            "rate",
            "the gap grows from C/50 to C/25",
            "sign, and within 5 mV",
            f"by {own_growth:.1f} mV, measured {growth:.1f} mV",
            verdict(own_growth > 0 and abs(own_growth - growth) <= 5 and growth > 0),
            f"{resistance:.0f} ohm cm^2 in series would make the difference with the loading of the"
            f" LG M50, {LOADING:g} A h/m^2; that of this cell is not known",
        )
    )
    return found


def draw(model: dict[str, dict[str, np.ndarray]], path: Path) -> Path:
    """Measured as points, the model as lines."""
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(9, 3.5), layout="constrained")
        for axis, (rate, branches) in zip(figure.subplots(1, 2), model.items(), strict=True):
            both = measured(rate)
            for kind, branch in branches.items():
                data = both[kind][::15]
                style = {**MEASURED, "color": COLOURS[kind], "markersize": 2.5}
                axis.plot(*data.T, **style, alpha=0.6)
                thin = branch[:: max(1, len(branch) // 300)]
                axis.set(xlim=(-0.1, 1.05), ylim=(3.4, 4.35))
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
