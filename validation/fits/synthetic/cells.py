"""The cells, their curves with noise, and the fits of these as files."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import electrode_model as em
from electrode_model.config.load import tree
from electrode_model.config.yaml_source import of_python
from electrode_model.fit.config import Free
from electrode_model.fit.parameters import Base, read_parameters

__all__ = ["CASES", "HERE", "Case", "measured", "noise", "truths"]

HERE = Path(__file__).parent
NOISE = 2e-3  # V
POINTS = 500  # of a curve
TIGHT = ("solver.rtol=1e-7", "solver.atol=1e-7")  # of the truth: another error than the fit's

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
