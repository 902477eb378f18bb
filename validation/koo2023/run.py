"""Rate-asymmetric overpotential of LiFePO4 (Koo et al. 2023): models, reasons, rows K and M14.

    python validation/koo2023/run.py [--quick] [--sensitivities] [-o DIR]

Writes tables, rows of evidence and figures, and prints the tables: some ten minutes, and with 25
sizes (--quick) a few.  --sensitivities makes one table only, of configuration A with one thing
changed at a time: some five minutes.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))  # a script is given its own folder only

from electrode_model.validate.rows import Row, write  # noqa: E402
from validation.koo2023 import evidence, figures, layered, single, tables  # noqa: E402
from validation.koo2023.cycle import Cycle, cycles  # noqa: E402
from validation.koo2023.half_cycles import KINDS, Sweep, sweep  # noqa: E402
from validation.koo2023.models import (  # noqa: E402
    CONTRASTS,
    DECOMPOSITION,
    SENSITIVITIES,
    Model,
    few,
)

RATES = (0.05, 0.2, 0.5, 1.0, 1.5, 2.0, 4.0, 7.0)
GAPS = (0.2, 1.0, 2.0, 4.0, 7.0)
RESTS = (0.0, 0.01, 0.1, 1.0)  # h
P = "positive.particles"


def swept(
    models: Sequence[Model], rates: Sequence[float], count: int, *, to_the_end: bool = True
) -> dict[str, Sweep]:
    """Label -> sweep with ``count`` sizes; models that differ only in their label run once."""
    found: dict[str, Sweep] = {}
    done: dict[tuple[object, ...], Sweep] = {}
    for model in models:
        key = (model.config, model.overrides, model.start)
        if key not in done:
            began = time.perf_counter()
            changes, start = few(model, count), model.start
            done[key] = sweep(model.config, rates, changes, start=start, to_the_end=to_the_end)
            print(f"{model.label}: {time.perf_counter() - began:.0f} s", flush=True)
        found[model.label] = done[key]
    return found


def rows(
    main: Sweep, control: Sweep, cycled: Mapping[float, tuple[Cycle, float]], quick: bool
) -> tuple[list[Row], dict[str, single.Core]]:
    """All rows of this folder and the core-shell maps; ``main`` is configuration A."""
    from validation.koo2023 import channels

    platelets = {(4.0, kind): single.platelet(4.0, kind) for kind in KINDS}
    cores = {limit: single.core_shell(limit) for limit in single.DIFFUSIVITIES}
    fast = [single.platelet(7.0, "charge", limit) for limit in single.DIFFUSIVITIES]
    count = 60 if quick else 400
    recruits = sweep("lfp_koo_0d", RATES, [f"{P}.per_volume={count}"], to_the_end=False)
    alphas = {
        alpha: sweep(
            "lfp_koo_0d",
            (0.2, 4.0),
            [f"{P}.per_volume={count}", f"{P}.kinetics.alpha={alpha}"],
            to_the_end=False,
        )
        for alpha in (0.5, 0.45, 0.4)
    }
    difference, _ = single.relaxation(4.0, RESTS)
    nmc = layered.polarisation(2.0, (0.75, 0.91), count)
    found = [
        evidence.k1(),
        evidence.k2(main, cycled, control),
        evidence.k3({r: single.homogeneous_gap(r) for r in (0.2, 4.0)}, control.raw(1.0)),
        evidence.k4(main, platelets),
        *channels.rows(quick),
        evidence.k9(),
        evidence.k10(),
        evidence.k11(main, fast[0], fast[1]),
        evidence.k12(cores),
        evidence.k13(RESTS, difference),
        evidence.k14(recruits, main),
        evidence.k15(nmc),
        evidence.m14(alphas),
    ]
    return found, cores


def report(folder: Path, quick: bool) -> str:
    """Simulate everything but the sensitivities, write files into ``folder``; the tables."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 25 if quick else 100
    main = sweep("lfp_koo_film", RATES, [f"{P}.per_volume={count}"])
    sweeps = swept([*DECOMPOSITION, *CONTRASTS.values()], GAPS, count)
    control = sweeps[CONTRASTS["0-D"].label]
    cycled = cycles(GAPS, 12 if quick else 100)
    evidence_rows, cores = rows(main, control, cycled, quick)
    parts = {
        f"Configuration A, {count} sizes": tables.main_table(main),
        "Decomposition": tables.contrasts(DECOMPOSITION, sweeps),
        "Contrasts": tables.contrasts(list(CONTRASTS.values()), sweeps),
        "Second CC-CV cycle of A": tables.cycling(cycled, main),
    }
    if not quick:
        shipped = sweep("lfp_koo_film", GAPS)
        parts["Configuration A as shipped, 400 sizes"] = tables.main_table(shipped)
    parts["Rows"] = write(evidence_rows, folder)
    figures.draw_asymmetry(main, control, count, folder / "lfp_asymmetry.png")
    figures.draw_decomposition(DECOMPOSITION, sweeps, folder / "decomposition.png")
    figures.draw_core_shell(cores, folder / "core_shell.png")
    text = "\n".join(f"### {title}\n\n{table}" for title, table in parts.items())
    (folder / "tables.md").write_text(text, encoding="utf-8")
    numbers = {
        label: [tables.half_row(half) for half in s.halves.values()]
        for label, s in {"A": main, **sweeps}.items()
    }
    (folder / "half_cycles.json").write_text(json.dumps(numbers, indent=1), encoding="utf-8")
    return text


def variations(folder: Path, quick: bool) -> str:
    """Write the sensitivities of configuration A into ``folder``; the table."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 25 if quick else 100
    found = swept(SENSITIVITIES, (0.2, 1.0, 4.0, 7.0), count, to_the_end=False)
    text = f"### Sensitivities of A, {count} sizes\n\n{tables.sensitivities(found)}"
    (folder / "sensitivities.md").write_text(text, encoding="utf-8")
    return text


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, judge, draw, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer sizes")
    parser.add_argument(
        "--sensitivities", action="store_true", help="only configuration A with one thing changed"
    )
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args(arguments)
    make = variations if options.sensitivities else report
    print(make(options.output, options.quick))
    print(f"Figures and tables: {options.output}")


if __name__ == "__main__":
    main()
