"""``electrode-model benchmark``: what the solver costs, beside CasADi's idas in the same run.

Each case is a process of its own with one BLAS thread, so that its peak memory is its own.
A case is a 1C discharge (unless it says otherwise) from 1 % to 90 % filling of a half cell with
10 electrode and 5 separator volumes at rtol = atol = 1e-6; set-up and solve are timed apart and
nothing is saved.  Compare ratios, not seconds: machines differ and are noisy.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["CASES", "Case", "measure_one", "report"]

_BASE = """
schema: 1
temperature: 298.15
negative: {model: lithium_foil, exchange_current: 10 A/m^2}
separator: {thickness: 25 um, porosity: 1.0, volumes: 5}
positive:
  thickness: 50 um
  porosity: 0.4
  active_fraction: 0.414
  volumes: 10
  initial_filling: 0.01
  particles:
    model: homogeneous
    per_volume: 100
    size: {distribution: lognormal, mean: 100 nm, std: 20 nm}
    material: lfp
electrolyte: {model: concentrated, properties: valoen_reimers, concentration: 1 mol/L}
protocol: [{current: 1 C, until: {voltage: 2.5 V}}]
"""

_PLATES = (
    "positive.particles.model=allen_cahn",
    "positive.particles.thickness=20 nm",
    "positive.particles.size=100 nm",
)
_FICK = (
    "positive.particles.model={name: diffusion, nodes: 30}",
    "positive.particles.material={name: nmc111, diffusivity: 1e-15}",
    "positive.particles.size={distribution: lognormal, mean: 1 um, std: 200 nm}",
    "positive.particles.kinetics={law: butler_volmer, k0: 1, exchange_current: newman}",
    "positive.initial_filling=0.4",
)


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    name: str
    overrides: tuple[str, ...]
    target: float | None  # s, to solve on one core: what this architecture should reach
    c_rate: float = 1.0
    oracle: bool = False  # small enough to ask idas


def _count(per_volume: int) -> str:
    return f"positive.particles.per_volume={per_volume}"


CASES = (
    Case("H 100", (_count(10),), None, oracle=True),
    Case("H 1,000", (_count(100),), 0.1, oracle=True),
    Case("H 10,000", (_count(1000),), 0.2),
    Case("H 100,000", (_count(10_000),), 1.5),
    Case("H 10,000 at 0.01C", (_count(1000),), 3.0, c_rate=0.01),
    Case("ACR 10 x 100", (*_PLATES, _count(1)), None, oracle=True),
    Case("ACR 100 x 100", (*_PLATES, _count(10)), 0.6),
    Case("ACR 1,000 x 100", (*_PLATES, _count(100)), 4.0),
    Case("ACR 10,000 x 100", (*_PLATES, _count(1000)), 60.0),
    Case("Fick 600 states", (*_FICK, _count(2)), None, oracle=True),
    Case("Fick 12,000 states", (*_FICK, _count(40)), 0.15),
)
_LONG = ("ACR 10,000 x 100",)


def measure(case: Case) -> dict[str, Any]:
    """Set-up and solve one case here and now; peak memory is that of the whole process."""
    from electrode_model.assemble import assemble
    from electrode_model.config.load import load
    from electrode_model.solver.start import Outcome, Statistics, consistent
    from electrode_model.solver.stepper import Stepper
    from electrode_model.solver.system import System

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "benchmark.yaml")
        path.write_text(_BASE, encoding="utf-8")
        config = load(path, case.overrides)
    memory = _peak()
    began = time.perf_counter()
    assembly = assemble(config)
    system = System(assembly)
    set_up = time.perf_counter() - began
    statistics = Statistics()
    end = (0.9 - assembly.initial_filling["positive"]) / case.c_rate
    system.control[:] = (1.0, 0.0, case.c_rate)
    began = time.perf_counter()
    with np.errstate(all="ignore"):
        outcome = consistent(system, statistics)
        stepper = Stepper(system, statistics, rtol=1e-6, atol=1e-6)
        while outcome is None and stepper.t < end:
            done = stepper.step()
            if isinstance(done, Outcome):
                outcome = done
    solve = time.perf_counter() - began
    return {
        "states": system.n,
        "set_up": set_up,
        "solve": solve,
        "steps": statistics.steps,
        "residuals": statistics.residuals,
        "outcome": "" if outcome is None else outcome.value,
        "memory": _peak() - memory,
        "oracle": _ask_idas(assembly, case, end) if case.oracle else None,
    }


def _ask_idas(assembly: Any, case: Case, end: float) -> dict[str, float]:
    from electrode_model.solver.oracle import build

    began = time.perf_counter()
    solver = build(
        assembly, (1.0, 0.0, case.c_rate), np.array([end]), rtol=1e-6, atol=1e-6, most_states=2000
    )
    set_up = time.perf_counter() - began
    began = time.perf_counter()
    solver()
    return {"set_up": set_up, "solve": time.perf_counter() - began}


def _peak() -> float:
    """Peak resident memory of this process [bytes]."""
    try:
        import resource  # not on Windows
    except ImportError:
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def measure_one(name: str) -> None:
    """Measure the case of this name in this process and print the numbers as JSON."""
    print(json.dumps(measure(next(c for c in CASES if c.name == name))))


def report(names: Sequence[str], *, long: bool, repeat: int, json_file: Path | None) -> int:
    """Print the table; 1 if a case failed, 2 if ``names`` are parts of no case's name."""
    wanted = [
        case
        for case in CASES
        if (any(w.lower() in case.name.lower() for w in names))
        or (not names and (long or case.name not in _LONG))
    ]
    if not wanted:
        known = ", ".join(c.name for c in CASES)
        print(f"no such case: {', '.join(names)}; there are {known}", file=sys.stderr)
        return 2
    print(_HEAD)
    results, failed = {}, False
    for case in wanted:
        runs = [_in_its_own_process(case) for _ in range(max(repeat, 1))]
        best = min(runs, key=lambda run: float(run["solve"]))
        results[case.name] = best
        failed |= bool(best["outcome"])
        print(_line(case, best), flush=True)
    print(
        "\nMemory is the growth of the process during the case; bytes per state beside it"
        " (target: 1200).\nTargets: seconds to solve on one core, no compiler."
    )
    if json_file:
        json_file.write_text(json.dumps(results, indent=1), encoding="utf-8")
    return int(failed)


def _in_its_own_process(case: Case) -> dict[str, Any]:
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(threads, "1")
    command = [sys.executable, "-m", "electrode_model", "benchmark", "--one", case.name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{case.name} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


_HEAD = (
    f"{'case':<20}{'states':>9}{'set-up s':>10}{'solve s':>9}{'target':>8}{'steps':>7}"
    f"{'resid.':>8}{'MB':>7}{'B/state':>9}{'idas set-up':>13}{'idas solve':>12}{'ratio':>7}"
)


def _line(case: Case, run: dict[str, Any]) -> str:
    target = f"{case.target:g}" if case.target is not None else "-"
    text = (
        f"{case.name:<20}{run['states']:>9}{run['set_up']:>10.3f}{run['solve']:>9.3f}{target:>8}"
        f"{run['steps']:>7}{run['residuals']:>8}{run['memory'] / 1e6:>7.0f}"
        f"{run['memory'] / run['states']:>9.0f}"
    )
    idas = run["oracle"]
    if idas is None:
        text += f"{'-':>13}{'-':>12}{'-':>7}"
    else:
        text += f"{idas['set_up']:>13.3f}{idas['solve']:>12.3f}"
        text += f"{idas['solve'] / run['solve']:>7.1f}"
    return f"{text}  {run['outcome']}" if run["outcome"] else text
