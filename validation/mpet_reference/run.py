"""MPET's curves against the package: table, verdict and a figure for each family.

    python validation/mpet_reference/run.py [--quick] [--mpet-constants] [-o DIR] [NAME ...]

A NAME is a family or a curve, such as lfp_acr_single or lto_chr/charge.  The exit status is 1 if
a curve is further off than its limits in curves.py.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from electrode_model import Result
from electrode_model.plots.figure import STYLE
from electrode_model.validate import rows as evidence
from electrode_model.validate.figures import save

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))  # a script is given its own folder only

from validation.mpet_reference.comparison import (  # noqa: E402
    Measure,
    Reference,
    at,
    compare,
    simulate,
)
from validation.mpet_reference.curves import Curve, select  # noqa: E402

#: Columns of the table -> their measure.
COLUMNS = {
    "V max [mV]": "voltage max [mV]",
    "median": "voltage median [mV]",
    "95 %": "voltage 95 % [mV]",
    "switches": "switches",
    "I max [%]": "current max [%]",
    "95 % [%]": "current 95 % [%]",
    "capacity [%]": "end capacity [%]",
    "filling": "mean filling",
    "particles": "particle filling",
    "inside": "inner filling",
    "c_e [mol/m3]": "electrolyte [mol/m3]",
    "phi_e [mV]": "electrolyte [mV]",
}


def table(rows: Sequence[tuple[Curve, list[Measure], float]]) -> str:
    """Markdown, a line per curve; the current where the voltage is held, in % of its peak."""
    titles = ["curve", *COLUMNS, "run [s]", "verdict"]
    lines = [f"| {' | '.join(titles)} |", "| --- " * len(titles) + "|"]
    for curve, measures, seconds in rows:
        value = {measure.name: measure.value for measure in measures}
        cells = [curve.name]
        cells += [f"{value[name]:.2g}" if name in value else "" for name in COLUMNS.values()]
        cells += [f"{seconds:.1f}", "ok" if all(m.passed for m in measures) else "FAIL"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def verdict(rows: Sequence[tuple[Curve, list[Measure], float]]) -> str:
    """Which measures failed, or that none did."""
    failed = [
        f"{curve.name}: {measure.name} is {measure.value:.4g}, limit {measure.limit:g}"
        for curve, measures, _ in rows
        for measure in measures
        if not measure.passed
    ]
    return "\n".join(failed) if failed else f"All {len(rows)} curves are within their limits."


def _number(value: float) -> str:
    """Two digits; rounding errors are no numbers, and differ from machine to machine."""
    return f"{value:.2g}" if value == 0 or value > 1e-9 else "below 1e-9"


def judged(rows: Sequence[tuple[Curve, list[Measure], float]]) -> list[evidence.Row]:
    """A row of evidence for each curve: every measure that has a limit."""
    found = []
    for curve, measures, _ in rows:
        limited = [m for m in measures if np.isfinite(m.limit)]
        value = {m.name: m.value for m in measures}
        off = None  # where the voltage is held, there is none to compare
        if "voltage rms [mV]" in value:
            off = evidence.Curve(
                rms=value["voltage rms [mV]"],
                largest=value["voltage max [mV]"],
                end=value.get("end capacity [%]"),
            )
        found.append(
            evidence.Row(
                id=curve.name,
                claim=f"{curve.family}: {curve.label} of MPET 1.0.1",
                criterion="; ".join(f"{m.name} up to {m.limit:g}" for m in limited),
                value="; ".join(f"{m.name} {_number(m.value)}" for m in limited),
                verdict=evidence.verdict(all(m.passed for m in measures)),
                curve=off,
            )
        )
    return found


def draw(family: str, runs: Sequence[tuple[Curve, Result, Reference]], path: Path) -> None:
    """Voltage, and current where the voltage is held, over time; below, the difference."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.2 * max(len(runs), 1.3), 5.2), layout="constrained")
        axes = figure.subplots(2, len(runs), squeeze=False, height_ratios=(2, 1), sharex="col")
        for (curve, result, reference), upper, lower in zip(runs, *axes, strict=True):
            held = curve.family == "lfp_cv_step"
            ours, theirs, unit, factor = (
                ("C-rate", "crate_1_per_h", "C-rate", 1.0)
                if held
                else ("Voltage [V]", "voltage_V", "voltage [V]", 1e3)
            )
            hours = reference["time_s"] / 3600
            upper.plot(result["Time [s]"] / 3600, result[ours], label="electrode_model")
            upper.plot(hours, reference[theirs], "k.", markersize=3, label="MPET 1.0.1")
            upper.set(title=curve.label, ylabel=unit)
            for step, part in enumerate(reference.segments):
                since = reference["time_s"][part] - reference["time_s"][part.start]
                difference = at(result, ours, since, step) - reference[theirs][part]
                size = np.maximum(np.abs(factor * difference), 1e-6)
                lower.semilogy(hours[part], size, "k.-", markersize=3, linewidth=0.6)
            lower.set(xlabel="time [h]", ylabel=f"|difference| [{'C' if held else 'mV'}]")
        axes[0, 0].legend()
        figure.suptitle(family)
        save(figure, path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, compare, draw, print; 0 if every curve is within its limits."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="families or curves; default: all")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="without the lto_chr charge; a shared grid in lfp_porous_cc",
    )
    parser.add_argument(
        "--mpet-constants",
        action="store_true",
        help="MPET's rounded k, e, N_A, tight tolerances and limits instead of CODATA",
    )
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args(arguments)
    try:
        curves = select(options.names, options.quick)
    except ValueError as error:
        parser.error(str(error))
    rows = []
    families: dict[str, list[tuple[Curve, Result, Reference]]] = {}
    for curve in curves:
        began = time.perf_counter()
        result = simulate(curve, exact=options.mpet_constants, quick=options.quick)
        seconds = time.perf_counter() - began
        reference = Reference.read(curve)
        measures = compare(curve, result, reference, exact=options.mpet_constants)
        rows.append((curve, measures, seconds))
        families.setdefault(curve.family, []).append((curve, result, reference))
    options.output.mkdir(parents=True, exist_ok=True)
    for family, runs in families.items():
        draw(family, runs, options.output / f"{family}.svg")
    text = f"{table(rows)}\n\n{verdict(rows)}\n"
    (options.output / "table.md").write_text(text, encoding="utf-8")
    evidence.write(judged(rows), options.output)
    print(text)
    print(f"Table and figures: {options.output}")
    return int(any(not m.passed for _, measures, _ in rows for m in measures))


if __name__ == "__main__":
    sys.exit(main())
