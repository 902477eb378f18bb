"""Curves of MPET against the package: how close they are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.signal import find_peaks

import electrode_model as em
from electrode_model import Result
from validation.mpet_reference.curves import ALWAYS, Curve

__all__ = ["Measure", "Reference", "at", "compare", "simulate"]

HERE = Path(__file__).parent
SWITCH = 1e-3  # V, height of a step of the voltage that counts as a switch
#: See nothing but the model.
TIGHT = ("constants=mpet", "solver.rtol=1e-8", "solver.atol=1e-8")


@dataclass(frozen=True)
class Measure:
    """How far one quantity is off, and how far it may be (infinity: shown only)."""

    name: str
    value: float
    limit: float

    @property
    def passed(self) -> bool:
        """Whether it is within the limit; nan is not."""
        return self.value <= self.limit


@dataclass(frozen=True)
class Reference:
    """A curve of MPET; ``raw`` holds the arrays of the file by name."""

    raw: dict[str, Any]
    segments: tuple[slice, ...] = field(init=False)  # steps of the protocol

    def __post_init__(self) -> None:
        """Split the series where two entries share one time."""
        repeats = np.flatnonzero(np.diff(self["time_s"]) <= 0) + 1
        bounds = [0, *repeats.tolist(), self["time_s"].size]
        object.__setattr__(self, "segments", tuple(slice(a, b) for a, b in pairwise(bounds)))

    @classmethod
    def read(cls, curve: Curve) -> "Reference":
        """From data/; raises KeyError if the file does not hold the curve."""
        text = (HERE / "data" / f"{curve.family}.json").read_text(encoding="utf-8")
        return cls({c["label"]: c for c in json.loads(text)["curves"]}[curve.label])

    def __getitem__(self, name: str) -> np.ndarray:
        """The array of that name, (n_t,) or (5 times, ...)."""
        return np.asarray(self.raw[name], dtype=float)


def simulate(curve: Curve, *, exact: bool = False, quick: bool = False) -> Result:
    """Run a curve; raises RuntimeError if the run does not finish.

    ``exact`` takes MPET's constants and tight tolerances; else ``quick`` may take a grid that
    is faster than MPET's.
    """
    overrides = [*curve.overrides, *(TIGHT if exact else (curve.quick or ()) if quick else ())]
    result = em.simulate(HERE / f"{curve.family}.yaml", overrides=overrides)
    if result.status != "finished":
        raise RuntimeError(f"{curve.name} ended as {result.status!r}: {result.message}")
    return result


def compare(
    curve: Curve, result: Any, reference: Reference, *, exact: bool = False
) -> list[Measure]:
    """Every measure of a curve; those without a limit are for the eye.

    Raises KeyError if the result or the reference lacks a variable, ValueError if something
    that has a limit was not measured.
    """
    limits = {**ALWAYS, **curve.limits, **((curve.exact or {}) if exact else {})}
    values = {**_series(result, reference), **_profiles(result, reference)}
    missing = limits.keys() - values.keys() - _absent(reference)
    if missing:
        raise ValueError(f"{curve.name}: not measured: {', '.join(sorted(missing))}")
    return [Measure(name, value, limits.get(name, np.inf)) for name, value in values.items()]


def _absent(reference: Reference) -> set[str]:
    """Limits without an object: no grid in the particles, no end at a voltage."""
    absent = set()
    if reference.raw["material"]["type"] == "homog":
        absent.add("inner filling")
    if not any(_ends_at_voltage(reference, part) for part in reference.segments):
        absent.add("end capacity [%]")
    return absent


def at(result: Any, name: str, times: np.ndarray, step: int) -> np.ndarray:
    """A time series ``times`` seconds into a step; beyond its end, its last value."""
    rows = result["Step"] == step
    time, first = np.unique(result["Time [s]"][rows], return_index=True)
    time = time - time[0]
    values = result[name][rows][first]
    if time.size == 1:
        return np.full(len(times), values[0])
    curve: np.ndarray = PchipInterpolator(time, values)(np.clip(times, time[0], time[-1]))
    return curve


def _held(reference: Reference, part: slice) -> bool:
    """Whether the voltage is held: it is constant while the current is not."""
    voltage, rate = reference["voltage_V"][part], reference["crate_1_per_h"][part]
    return bool(np.ptp(voltage) < 1e-6 < np.ptp(rate))


def _ends_at_voltage(reference: Reference, part: slice) -> bool:
    """Whether a step at constant current runs into a voltage, where the curve is steep."""
    rate = reference["crate_1_per_h"][part]
    last = part.stop == reference["time_s"].size
    by_limit = not last or "reached" in reference.raw["end_reason"]
    return bool(rate.size > 1 and by_limit and np.ptp(rate) < 1e-9 and abs(rate[0]) > 1e-9)


def _series(result: Any, reference: Reference) -> dict[str, float]:
    voltage, current, filling, capacity = [], [], [], []
    switches = 0
    for step, part in enumerate(reference.segments):
        if part.stop - part.start == 1:
            continue  # a report after a cut-off, as steep as the point before
        steep = _ends_at_voltage(reference, part)
        inner = slice(part.start, part.stop - 1) if steep else part
        time = reference["time_s"][inner] - reference["time_s"][part.start]
        if _held(reference, part):
            own = at(result, "C-rate", time, step)
            peak = np.abs(reference["crate_1_per_h"][part]).max()
            current.append(100 * np.abs(own - reference["crate_1_per_h"][inner]) / peak)
        else:
            own = at(result, "Voltage [V]", time, step)
            voltage.append(1e3 * np.abs(own - reference["voltage_V"][inner]))
            switches += abs(_switches(own) - _switches(reference["voltage_V"][inner]))
        for electrode, letter in _electrodes(reference):
            own = at(result, f"{electrode.capitalize()} filling fraction", time, step)
            filling.append(np.abs(own - reference[f"mean_filling_{letter}"][inner]))
        if steep:
            ends = reference["mean_filling_c"][part][[0, -1]]
            own_end = result["Positive filling fraction"][result["Step"] == step][-1]
            capacity.append(100 * abs((own_end - ends[1]) / (ends[1] - ends[0])))
    found: dict[str, float] = {}
    if voltage:
        found |= _statistics("voltage {} [mV]", np.concatenate(voltage))
        found["switches"] = float(switches)
    if current:
        found |= _statistics("current {} [%]", np.concatenate(current))
    if capacity:
        found["end capacity [%]"] = max(capacity)
    return found | {"mean filling": float(np.concatenate(filling).max())}


def _statistics(name: str, errors: np.ndarray) -> dict[str, float]:
    return {
        name.format("max"): float(errors.max()),
        name.format("rms"): float(np.sqrt((errors**2).mean())),
        name.format("median"): float(np.median(errors)),
        name.format("95 %"): float(np.percentile(errors, 95)),
    }


def _switches(voltage: np.ndarray) -> int:
    """Steps of a curve, upwards and downwards."""
    return sum(len(find_peaks(sign * voltage, prominence=SWITCH)[0]) for sign in (1, -1))


def frames(result: Any, name: str, times: np.ndarray) -> np.ndarray:
    """A field at ``times``, (5, ...), from the frames of the step that each lies in."""
    all_times, steps = result["Field time [s]"], result["Field step"]
    values = []
    for time in times:
        step = steps[np.flatnonzero(all_times <= time)[-1]]
        rows = np.flatnonzero(steps == step)
        own, first = np.unique(all_times[rows], return_index=True)
        near = rows[first][max(0, np.searchsorted(own, time) - 4) :][:8]
        values.append(PchipInterpolator(all_times[near], result[name][near])(time))
    return np.array(values)


def _profiles(result: Any, reference: Reference) -> dict[str, float]:
    times = reference["profile_time_s"]
    found: dict[str, float] = {}
    for electrode, letter in _electrodes(reference):
        seen = result.negative if electrode == "negative" else result
        suffix, of = ("_a", " of the negative") if electrode == "negative" else ("", "")
        own = frames(seen, "Particle filling fraction", times)
        theirs = reference[f"particle_filling{suffix}"].reshape(times.size, -1)
        found |= _off(f"particle filling{of}", own - theirs)
        if f"inner_filling{suffix}" in reference.raw:
            per_volume = reference.raw["system"][f"Npart_{letter}"]
            entries = reference.raw[f"inner_filling{suffix}"]
            plate = reference.raw[f"material{suffix}"]["type"] == "ACR"
            found |= _off(f"inner filling{of}", _inner(seen, entries, per_volume, plate, times))
    if "x_electrolyte_m" in reference.raw:
        x = reference["x_electrolyte_m"]
        if not np.allclose(result["x [m]"], x, rtol=1e-6):
            raise ValueError("the electrolyte's grid is not that of the reference")
        c_e = frames(result, "Electrolyte concentration [mol.m-3]", times)
        found |= _off("electrolyte [mol/m3]", c_e - reference["c_electrolyte_mol_m3"])
        phi = frames(result, "Electrolyte potential [V]", times)
        drop = 1e3 * (phi - phi[:, :1])
        their_phi = reference["phi_electrolyte_V"]
        found |= _off("electrolyte [mV]", drop - 1e3 * (their_phi - their_phi[:, :1]))
    return found


def _off(name: str, difference: np.ndarray) -> dict[str, float]:
    """Largest and median difference, the latter over all places of the worst time."""
    size = np.abs(difference).reshape(len(difference), -1)
    label, bracket, unit = name.partition(" [")
    return {
        name: float(size.max()),
        f"{label}, median{bracket}{unit}": float(np.median(size, axis=1).max()),
    }


def _electrodes(reference: Reference) -> list[tuple[str, str]]:
    """Electrodes with particles, and MPET's letter for each."""
    full = "mean_filling_a" in reference.raw
    return [("positive", "c"), ("negative", "a")][: 1 + full]


def _inner(
    result: Any, entries: Sequence[Any], per_volume: int, plate: bool, times: np.ndarray
) -> np.ndarray:
    """Differences (5, all grid points) inside the particles, on MPET's grid."""
    where = {
        particle: (k, column)
        for k, group in enumerate(result.layout.profiles)
        for column, particle in enumerate(group.particles.tolist())
    }
    fields = [
        frames(result, f"Particle profiles {k}", times) for k in range(len(result.layout.profiles))
    ]
    differences = []
    for entry in entries:
        theirs = np.asarray(entry["c"])
        n = theirs.shape[1]
        places = (np.arange(n) + 0.5) / n if plate else np.linspace(0, 1, n)
        k, column = where[entry["volume"] * per_volume + entry["particle"]]
        nodes = result.layout.profiles[k].nodes
        own = PchipInterpolator(nodes, fields[k][:, :, column], axis=1)(places)
        differences.append(own - theirs)
    return np.concatenate(differences, axis=1)
