"""A small cell, curves that it would have given, and fits of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.simulation.simulate import simulate

BASE = """\
schema: 1
name: small NMC half cell
negative: ideal
positive:
  thickness: 50 um
  porosity: 0.35
  active_fraction: 0.55
  volumes: 1
  initial_filling: 0.4
  particles:
    model: homogeneous
    per_volume: 2
    size: {distribution: lognormal, mean: 150 nm, std: 30 nm}
    material: nmc111
    kinetics:
      law: butler_volmer
      k0: 2.9 A/m^2
      alpha: 0.5
      exchange_current: {form: park_sigmoid, steepness: 25, centre: 0.6}
electrolyte: {model: constant, concentration: 1 mol/L}
series_resistance: 1e-3 ohm m^2
solver: {rtol: 1e-4}
protocol:
  - {current: 1 C, until: {voltage: 3.4 V}}
"""
TRUTH = {"k0": 2.9, "thickness": 50e-6, "resistance": 1e-3}
FREE: dict[str, dict[str, Any]] = {
    "k0": {
        "path": "positive.particles.kinetics.k0",
        "bounds": ["0.3 A/m^2", "30 A/m^2"],
        "start": "1 A/m^2",
    },
    "thickness": {"path": "positive.thickness", "bounds": ["40 um", "60 um"], "start": "45 um"},
    "resistance": {
        "path": "series_resistance",
        "bounds": [0, "5e-3 ohm m^2"],
        "start": "3e-3 ohm m^2",
    },
}


def curve(
    folder: Path, rate: int, noise: float = 2e-3, seed: int = 0, overrides: Sequence[str] = ()
) -> dict[str, Any]:
    """The entry of ``data`` for a discharge, whose file is written."""
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    step = f"protocol=[{{current: {rate} C, until: {{voltage: 3.4 V}}}}]"
    result = simulate(folder / "base.yaml", overrides=[step, *overrides])
    assert result.status == "finished", result.message
    time = np.linspace(0, result["Time [s]"][-1], 150)
    voltage = np.interp(time, result["Time [s]"], result["Voltage [V]"])
    voltage[:-1] += noise * np.random.default_rng(seed + rate).standard_normal(149)
    current = result["Current [A.m-2]"][1]
    rows = [f"{t:.4f},{v:.6f},{current:.6f}" for t, v in zip(time, voltage, strict=True)]
    text = "\n".join(["Test Time / s,Voltage / V,Current / A", *rows, ""])
    (folder / f"{rate}C.csv").write_text(text, encoding="utf-8")
    return {"file": f"{rate}C.csv", "area": "1 m^2"}


def setting(folder: Path, rates: Sequence[int] = (1, 5), **more: Any) -> dict[str, Any]:
    """A fit of discharges at some rates; files that are there already stay."""
    data = []
    for rate in rates:
        there = (folder / f"{rate}C.csv").exists()
        data.append({"file": f"{rate}C.csv", "area": "1 m^2"} if there else curve(folder, rate))
    for entry in data:
        entry["file"] = str(folder / entry["file"])
    base = {"base": str(folder / "base.yaml"), "data": data, "free": FREE, "limits": {"workers": 1}}
    return {**base, **more}
