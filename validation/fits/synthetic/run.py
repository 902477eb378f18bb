"""Fits of curves whose truth is known: are the intervals honest, and how long does it take?

    python validation/fits/synthetic/run.py [--quick] [--seeds N] [--only CASE ...] [-o DIR]

Simulates each cell once, adds 2 mV of noise from a seed, fits, and counts how often the truth is
inside the intervals.  Each fit is in DIR/CASE/seed_NN (`electrode-model fit` runs it alone); its
outcome is a line of DIR/CASE/fits.jsonl, and a line that is there already is not computed again.
"""

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import yaml
from matplotlib.figure import Figure

import electrode_model as em
from electrode_model.config.load import tree
from electrode_model.config.yaml_source import of_python
from electrode_model.fit.config import Free
from electrode_model.fit.evaluator import Evaluator
from electrode_model.fit.fit import fit
from electrode_model.fit.parameters import Base, read_parameters
from electrode_model.fit.resume import Journal
from electrode_model.fit.setting import Plan, read_plan
from electrode_model.fit.statistics import autocorrelation, estimates, spread
from electrode_model.validate import rows as evidence
from electrode_model.validate.figures import CASE_STYLE, save

HERE = Path(__file__).parent
NOISE = 2e-3  # V
POINTS = 500  # of a curve
TIGHT = ("solver.rtol=1e-7", "solver.atol=1e-7")  # of the truth: another error than the fit's
SEEDS, INSIDE = 20, 18
LINEAR = 300  # seeds of the linear problem, which cost nothing
LIMIT = 60.0  # s on two cores

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Case:
    """A cell, how it is cycled, and what is fitted."""

    name: str
    title: str
    base: str
    curves: dict[str, tuple[float, float, float]]  # C-rate, cut-off [V], initial filling
    change: dict[str, int]  # of the base with --quick
    always: bool = False  # whether it is so small without --quick too

    def changes(self, quick: bool) -> dict[str, int]:
        return self.change if quick or self.always else {}

    @property
    def fit(self) -> dict[str, Any]:
        text = (HERE / f"fit_{self.name}.yaml").read_text(encoding="utf-8")
        return dict(yaml.safe_load(text))


def _curves(
    rates: Sequence[float], lower: float, upper: float, full: float, empty: float
) -> dict[str, tuple[float, float, float]]:
    # what takes longest comes first: two processes then end together
    found = {f"charge_{rate:g}C": (-rate, upper, full) for rate in rates}
    return found | {f"discharge_{rate:g}C": (rate, lower, empty) for rate in rates}


LFP = _curves((0.5, 1, 3), 2.5, 3.9, 0.99, 0.01)
FEW = {"positive.particles.per_volume": 3, "positive.volumes": 3}
CASES = (
    Case("lfp", "200 LFP particles that fill one by one", "lfp.yaml", LFP, FEW),
    Case(
        "nmc",
        "NMC with diffusion",
        "nmc.yaml",
        _curves((0.5, 1, 3), 3.2, 4.3, 0.9, 0.4),
        {"positive.particles.per_volume": 1, "positive.volumes": 3},
    ),
    Case(
        "pair",
        "a rate constant and a size",
        "lfp.yaml",
        {name: LFP[name] for name in ("discharge_1C", "discharge_3C")},
        FEW,
        always=True,
    ),
)


def truth(case: Case, name: str, folder: Path, changes: Mapping[str, int]) -> Array:
    """(n, 3) time [s], voltage [V] and current [A/m^2] of a curve; kept in ``folder``."""
    kept = folder / f"{name}.npy"
    if kept.exists():
        return np.asarray(np.load(kept))
    rate, cut_off, filling = case.curves[name]
    step = f"protocol=[{{current: {rate} C, until: {{voltage: {cut_off}}}}}]"
    more = [f"{key}={value}" for key, value in changes.items()]
    start = f"positive.initial_filling={filling}"
    result = em.simulate(HERE / case.base, overrides=[step, start, *TIGHT, *more])
    if result.status != "finished":
        raise SystemExit(f"{case.name}, {name}: {result.message}")
    times = np.linspace(0, result["Time [s]"][-1], POINTS)
    voltage = np.interp(times, result["Time [s]"], result["Voltage [V]"])
    table = np.column_stack([times, voltage, np.full(POINTS, result["Current [A.m-2]"][1])])
    folder.mkdir(parents=True, exist_ok=True)
    np.save(kept, table)
    return table


def noise(seed: int, curves: int) -> Array:
    """(curves, n) V; none at the ends: a cycler ends where its own reading is the cut-off."""
    values = NOISE * np.random.default_rng(seed).standard_normal((curves, POINTS))
    values[:, -1] = 0.0
    return values


def measured(case: Case, seed: int, folder: Path, quick: bool) -> Path:
    """The YAML file of a seed's fit, written with its files of curves."""
    there = folder / f"seed_{seed:02d}"
    there.mkdir(parents=True, exist_ok=True)
    changes = case.changes(quick)
    for name, own in zip(case.curves, noise(seed, len(case.curves)), strict=True):
        table = truth(case, name, folder / "truth", changes)
        noisy = zip(table[:, 0], table[:, 1] + own, table[:, 2], strict=True)
        lines = [f"{t:.4f},{v:.6f},{i:.8f}" for t, v, i in noisy]
        text = "\n".join(["Test Time / s,Voltage / V,Current / A", *lines, ""])
        (there / f"{name}.csv").write_text(text, encoding="utf-8")
    given = case.fit
    given |= {"base": os.path.relpath(HERE / case.base, there), "change": changes}
    path = there / "fit.yaml"
    path.write_text(yaml.safe_dump(given, sort_keys=False), encoding="utf-8")
    return path


def truths(case: Case) -> dict[str, float]:
    """The fitted numbers as the base has them; SI."""
    base, found = Base(tree(HERE / case.base), HERE), {}
    for name, choice in case.fit["free"].items():
        own = {name: Free.model_validate({**choice, "start": None})}
        node = of_python({name: choice}, (), "fit")
        found[name] = read_parameters(own, node, base, [])[0].start
    return found


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


def linear(case: Case, path: Path) -> dict[str, Any]:
    """Coverage over many seeds of noise, the model taken as linear about the truth.

    One simulation of each curve with sensitivities; then estimates and intervals as in a fit.
    """
    plan, true = read_plan(path), truths(case)
    u = np.array([p.u(true[p.name]) for p in plan.parameters])
    journal = Journal(plan.fingerprint, path.parent, resume=True)
    with Evaluator(plan.parameters, plan.experiments, journal, plan.gaps, 1) as ask:
        here = ask(u, "sensitivities")
        assert here.jacobian is not None
        seed = int(path.parent.name.rpartition("_")[2])
        clean = here.residuals - _binned(plan, seed)
        found: dict[str, Any] = {"model_error_mV": 1e3 * _model_error(plan, ask, clean)}
        for width in (0.0, 0.02, 0.04, 0.08):
            ask.smooth(width)
            slopes, inside = ask.smoothing(here.jacobian), []
            for seed in range(LINEAR):
                values = ask.smoothing(clean + _binned(plan, seed))
                change = -np.linalg.lstsq(slopes, values, rcond=None)[0]
                left = values + slopes @ change
                tau = autocorrelation([left[rows] for _, rows in ask.pieces])
                tau = max(tau, ask.smoothing.correlated)
                own = spread(slopes, left, u + change, tau, 0)
                none = [(False, False)] * u.size
                known = estimates(plan.parameters, u + change, own, none)
                inside.append([e.low <= true[e.name] <= e.high for e in known])
            found[f"{width:g}"] = {
                "each": dict(zip(true, np.mean(inside, axis=0).tolist(), strict=True)),
                "all": float(np.all(inside, axis=1).mean()),
            }
    return found


def _binned(plan: Plan, seed: int) -> Array:
    """What the noise of a seed adds to the residuals."""
    rows = []
    values = noise(seed, len(plan.experiments))
    for own, experiment in zip(values, plan.experiments, strict=True):
        for goal in experiment.targets:
            part = np.zeros(experiment.target_size(goal))
            counts = np.bincount(goal.bins)
            sums = np.bincount(goal.bins, weights=own[goal.rows])
            part[: counts.size] = -sums / counts / (experiment.objective.voltage or 1.0)
            rows.append(part)
    return np.concatenate(rows)


def _model_error(plan: Plan, ask: Evaluator, clean: Array) -> float:
    scale = plan.config.objective.voltage or 1.0
    pieces = np.concatenate([clean[rows] for _, rows in ask.pieces])
    return float(np.sqrt(np.mean(pieces**2))) * scale


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
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many, from 0 on")
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
            drawn[case.name] = fits(case, range(options.seeds), folder, False)
            rows += judged(case, drawn[case.name])
    if drawn:
        draw(drawn, options.output / "synthetic.svg")
    print(evidence.write(rows, options.output))
    return 0 if all(row.verdict == "reproduced" for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
