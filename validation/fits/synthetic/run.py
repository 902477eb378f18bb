"""Fits of curves whose truth is known: are the intervals honest, and how long does it take?

    python validation/fits/synthetic/run.py [--quick] [--seeds N] [--only CASE ...] [-o DIR]

Simulates each cell once, adds 2 mV of noise from a seed, fits, and counts how often the truth is
inside the intervals.  Each fit is in DIR/CASE/seed_NN (`electrode-model fit` runs it alone); its
outcome is a line of DIR/CASE/fits.jsonl, and a line that is there already is not computed again.
Of the 20 seeds some are fitted here and now; those beyond are taken from recorded/CASE.jsonl, with
which the former must agree.  `--seeds 20 --record` makes the record anew.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))  # a script has its own folder only

from electrode_model.fit.fit import fit
from electrode_model.validate import rows as evidence
from electrode_model.validate.figures import CASE_STYLE, save
from validation.fits.synthetic.cells import CASES, HERE, Case, measured, truths
from validation.fits.synthetic.linearised import LINEAR, linear

SEEDS, INSIDE = 20, 18
NOW = 2  # seeds that are fitted without --seeds
SAME = 0.1  # of half an interval: both searches end a tenth of a deviation from the minimum
LIMIT = 60.0  # s on two cores


def outcome(case: Case, seed: int, folder: Path, quick: bool) -> dict[str, Any]:
    """The fit of a seed."""
    path = measured(case, seed, folder, quick)
    began, cpu = time.perf_counter(), sum(os.times()[:4])
    found = fit(path)
    true = truths(case)
    return {
        "seed": seed,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": sum(os.times()[:4]) - cpu,
        "simulations": found.simulations,
        "rms_mV": 1e3 * found.rms,
        "status": found.status,
        "method": found.method,
        "failures": dict(found.failures),
        "words": list(found.words),
        "correlation": found.correlation.tolist(),
        "parameters": {
            p.name: {"true": true[p.name], "value": p.value, "low": p.low, "high": p.high}
            for p in found.parameters
        },
    }


def fits(case: Case, seeds: range, folder: Path, quick: bool) -> list[dict[str, Any]]:
    """The outcomes of seeds, those that are on disk and the others."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fits.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    known = {one["seed"]: one for one in map(json.loads, lines)}
    for seed in seeds:
        if seed not in known:
            known[seed] = outcome(case, seed, folder, quick)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[seed]) + "\n")
        print(f"{case.name} {line(known[seed])}", flush=True)
    return [known[seed] for seed in seeds]


def recorded(case: Case) -> list[dict[str, Any]]:
    """The outcomes of all seeds, from the last time that they were computed."""
    path = HERE / "recorded" / f"{case.name}.jsonl"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(one) for one in text.splitlines()]


def record(case: Case, found: Sequence[Mapping[str, Any]]) -> None:
    """Keep outcomes for those who compute a few of them."""
    path = HERE / "recorded" / f"{case.name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    drop = ("correlation", "words", "failures", "method")
    rows = [{k: v for k, v in one.items() if k not in drop} for one in found]
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")


def agreement(
    case: Case, found: Sequence[Mapping[str, Any]], before: Sequence[Mapping[str, Any]]
) -> evidence.Row:
    """Whether the record is of this program."""
    apart = [
        2 * abs(p["value"] - old["value"]) / (p["high"] - p["low"])
        for one, then in zip(found, before, strict=False)
        for p, old in zip(one["parameters"].values(), then["parameters"].values(), strict=True)
    ]
    return evidence.Row(
        f"{case.name}-recorded",
        f"{case.title}: seeds fitted now, against their recorded fits",
        f"estimates the same to {SAME:g} of half an interval",
        f"{max(apart, default=float('nan')):.2g}; {min(len(found), len(before))} of {len(before)}",
        evidence.verdict(bool(apart) and max(apart) <= SAME),
    )


def line(one: Mapping[str, Any]) -> str:
    """A fit in a line."""
    parts = []
    for name, p in one["parameters"].items():
        word = "in" if p["low"] <= p["true"] <= p["high"] else "OUT"
        half = (p["high"] - p["low"]) / 2 / p["true"]
        parts.append(f"{name} {p['value'] / p['true'] - 1:+.2%} {word} {half:.2%}")
    return (
        f"{one['seed']}: {one['seconds']:.0f} s, {one['cpu_seconds']:.0f} s of processors,"
        f" {one['simulations']} simulations, {one['rms_mV']:.3f} mV; {', '.join(parts)}"
    )


def judged(case: Case, found: Sequence[Mapping[str, Any]]) -> list[evidence.Row]:
    """The rows of a case whose parameters are all identifiable."""
    n = len(found)
    names = list(found[0]["parameters"])
    inside = np.array(
        [[p["low"] <= p["true"] <= p["high"] for p in one["parameters"].values()] for one in found]
    )
    bias = []
    for name in names:
        own = [one["parameters"][name] for one in found]
        half = np.mean([(p["high"] - p["low"]) / 2 for p in own])
        bias.append(abs(np.mean([p["value"] - p["true"] for p in own])) / half)
    seconds = [one["cpu_seconds"] / 2 for one in found]
    most = int(np.ceil(INSIDE / SEEDS * n))
    each = ", ".join(f"{k} {v}" for k, v in zip(names, inside.sum(axis=0), strict=True))
    runs = [one["simulations"] for one in found]
    whole = int(inside.all(axis=1).sum())
    return [
        evidence.Row(
            f"{case.name}-intervals",
            f"{case.title}: every truth is inside its 95 % interval",
            f"in {most} of {n} seeds",
            f"all together in {whole} of {n}; each: {each}",
            evidence.verdict(whole >= most),
        ),
        evidence.Row(
            f"{case.name}-bias",
            f"{case.title}: means of the estimates",
            "bias below half an interval",
            ", ".join(f"{k} {b:.2f} of half an interval" for k, b in zip(names, bias, strict=True)),
            evidence.verdict(max(bias) < 1),
        ),
        evidence.Row(
            f"{case.name}-time",
            f"{case.title}: time of a fit",
            f"{LIMIT:.0f} s on two cores",
            f"{np.mean(seconds):.0f} s ({max(seconds):.0f} at most), half of the processors' time;"
            f" {np.mean(runs):.0f} simulations",
            evidence.verdict(max(seconds) < LIMIT),
        ),
    ]


def judged_pair(found: Sequence[Mapping[str, Any]]) -> evidence.Row:
    """The row of the pair that no curve can tell apart."""
    first = found[0]
    names = list(first["parameters"])
    rho = abs(first["correlation"][names.index("k0")][names.index("size")])
    said = " ".join(first["words"])
    return evidence.Row(
        "pair",
        "a rate constant and a size of homogeneous particles",
        "reported as not told apart, in words and by a correlation above 0.98",
        f"correlation {rho:.5f}; {said}",
        evidence.verdict(rho > 0.98 and "k0 and size are not told apart" in said),
    )


def draw(found: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> Path:
    """How far each estimate is from the truth, in half intervals, seed by seed."""
    with matplotlib.rc_context(CASE_STYLE):
        figure = Figure(figsize=(3.6 * len(found), 3.2), layout="constrained")
        panels = figure.subplots(1, len(found), squeeze=False, sharey=True)[0]
        for panel, (name, fits_of_case) in zip(panels, found.items(), strict=True):
            names = list(fits_of_case[0]["parameters"])
            panel.axhspan(-1, 1, color="0.9")
            panel.axhline(0, color="0.5", linewidth=0.8)
            for k, parameter in enumerate(names):
                own = [one["parameters"][parameter] for one in fits_of_case]
                off = [2 * (p["value"] - p["true"]) / (p["high"] - p["low"]) for p in own]
                panel.plot(np.full(len(off), k), off, "o", markersize=3.5, alpha=0.6)
            panel.set_xticks(range(len(names)), names, rotation=30, ha="right")
            panel.set_title(f"{name}: {len(fits_of_case)} seed(s)")
            panel.set_ylim(-2, 2)
        panels[0].set_ylabel("estimate - truth, half intervals")
    return save(figure, path)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few particles, only what is linear")
    parser.add_argument("--seeds", type=int, default=NOW, help="how many are fitted, from 0 on")
    parser.add_argument("--record", action="store_true", help="keep these as the recorded ones")
    names = [case.name for case in CASES]
    parser.add_argument("--only", nargs="*", default=names, choices=names)
    parser.add_argument("-o", "--output", type=Path, default=HERE / "out")
    options = parser.parse_args(argv)
    quick = ("nmc", "pair") if options.quick else names
    rows: list[evidence.Row] = []
    drawn: dict[str, list[dict[str, Any]]] = {}
    for case in CASES:
        if case.name not in options.only or case.name not in quick:
            continue
        folder = options.output / case.name
        if case.name == "pair":
            drawn[case.name] = fits(case, range(1), folder, options.quick)
            rows.append(judged_pair(drawn[case.name]))
            continue
        path = measured(case, 0, folder, options.quick)
        known = linear(case, path)
        (folder / "linear.json").write_text(json.dumps(known, indent=1), encoding="utf-8")
        best = known["0.02"]
        rows.append(
            evidence.Row(
                f"{case.name}-linear",
                f"{case.title}, taken as linear: intervals over {LINEAR} seeds of noise",
                "each truth inside in at least 93 % of them",
                ", ".join(f"{k} {v:.1%}" for k, v in best["each"].items())
                + f"; all {best['all']:.1%}; the model errs by {known['model_error_mV']:.3f} mV",
                evidence.verdict(min(best["each"].values()) >= 0.93),
            )
        )
        if not options.quick:
            now = fits(case, range(options.seeds), folder, False)
            if options.record:
                record(case, now)
            before = recorded(case)
            rows.append(agreement(case, now, before))
            drawn[case.name] = [*now, *before[len(now) :]]
            rows += judged(case, drawn[case.name])
    if drawn:
        draw(drawn, options.output / "synthetic.svg")
    print(evidence.write(rows, options.output))
    return 0 if all(row.verdict == "reproduced" for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
