"""Curves of MPET against the package: which, how close they must be, how close they are."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.signal import find_peaks

import electrode_model as em
from electrode_model import Result

__all__ = ["CURVES", "Curve", "Measure", "Reference", "compare", "constants_of_mpet", "simulate"]

HERE = Path(__file__).parent
SWITCH = 1e-3  # V, height of a step of the voltage that counts as a switch

#: What "as close as expected" means (README of the reference data): 2 mV and 0.5 % in end
#: capacity; 0.3 mV without a grid inside the particles; where particles switch one after
#: another a switch 0.1 % earlier is a large error at one point, so there the median and the 95th
#: percentile count, and that as many particles have switched.
SMOOTH = {"voltage max [mV]": 2.0}
NO_GRID = {"voltage max [mV]": 0.3}
STEPWISE = {"voltage median [mV]": 1.0, "voltage 95 % [mV]": 5.0, "switches": 0.0}
#: Of the peak current.  The current of the potential step consists of switches, too.
HELD = {"current median [%]": 0.1, "current 95 % [%]": 5.0}
ALWAYS = {"end capacity [%]": 0.5, "mean filling": 0.002}
#: At the five profile times.  Fillings as above; 0.02 inside particles is a phase boundary
#: (slope 0.15 per nm) 0.13 nm off; 1 mol/m^3 is 0.1 % of the concentration, or 0.05 mV.
PROFILES = {
    "particle filling": 0.002,
    "inner filling": 0.02,
    "electrolyte [mol/m3]": 1.0,
    "electrolyte [mV]": 0.1,
}
#: The same while particles switch: the typical one, and the number that have switched.
SWITCHING_PROFILES = {
    "particle filling, median": 0.002,
    "particles switched": 0.0,
    "inner filling, median": 0.002,
    "electrolyte, median [mol/m3]": 1.0,
    "electrolyte, median [mV]": 0.1,
}


@dataclass(frozen=True)
class Curve:
    """One curve of a family: its YAML file is ``family``.yaml."""

    family: str
    label: str
    limits: dict[str, float]
    overrides: tuple[str, ...] = ()
    quick: bool = True

    @property
    def name(self) -> str:
        """``family/label``."""
        return f"{self.family}/{self.label}"


def _reverse(current: str, voltage: str, filling: float) -> tuple[str, ...]:
    return (
        f"protocol.0.current={current}",
        f"protocol.0.until.voltage={voltage}",
        f"positive.initial_filling={filling}",
    )


_CURVES = (
    Curve("lfp_acr_single", "discharge_1C", SMOOTH | PROFILES),
    Curve("lfp_acr_single", "charge_1C", SMOOTH | PROFILES, _reverse("-1 C", "3.85 V", 0.99)),
    Curve(
        "lfp_homog_ensemble",
        "charge_0.1C",
        STEPWISE | SWITCHING_PROFILES,
        _reverse("-0.1 C", "3.85 V", 0.99),
    ),
    Curve("lfp_homog_ensemble", "discharge_5C", SMOOTH | PROFILES),
    Curve("lfp_porous_cc", "discharge_2C", SMOOTH | PROFILES),
    Curve("lto_chr", "discharge_0.2C", STEPWISE | SWITCHING_PROFILES),
    Curve(
        "lto_chr",
        "charge_0.2C",
        STEPWISE | SWITCHING_PROFILES,
        _reverse("-0.2 C", "2.2 V", 0.99),
        quick=False,  # 7 s, and the discharge does the same
    ),
    Curve("nmc_park", "charge_2C", NO_GRID | PROFILES),
    Curve("lfp_cv_step", "step_3.2_to_3.5V", HELD | PROFILES),
    Curve("lfp_cccv_cycle", "cccv_cycle_ideal_solution", NO_GRID | HELD | PROFILES),
    Curve("lfp_bv_vs_mhc_ciet", "BV_discharge_5C", NO_GRID | PROFILES),
)
CURVES = {curve.name: curve for curve in _CURVES}


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


@contextmanager
def constants_of_mpet() -> Iterator[None]:
    """Compute with MPET's rounded constants instead of CODATA, for comparisons below 0.1 mV."""
    k, e, avogadro = 1.381e-23, 1.602e-19, 6.022e23
    with patch.multiple(
        "electrode_model.scales",
        BOLTZMANN=k,
        ELEMENTARY_CHARGE=e,
        AVOGADRO=avogadro,
        FARADAY=e * avogadro,
    ):
        yield


def simulate(curve: Curve, *more: str) -> Result:
    """Run a curve with ``more`` overrides; raises RuntimeError if the run does not finish."""
    result = em.simulate(HERE / f"{curve.family}.yaml", overrides=[*curve.overrides, *more])
    if result.status != "finished":
        raise RuntimeError(f"{curve.name} ended as {result.status!r}: {result.message}")
    return result


def compare(curve: Curve, result: Any, reference: Reference) -> list[Measure]:
    """Every measure of a curve; those without a limit are for the eye.

    Raises KeyError if the result or the reference lacks a variable, ValueError if a limit is
    set for something that was not measured.
    """
    limits = ALWAYS | curve.limits
    values = {**_series(curve, result, reference), **_profiles(result, reference)}
    missing = limits.keys() - values.keys() - _absent(reference)
    if missing:
        raise ValueError(f"{curve.name}: not measured: {', '.join(sorted(missing))}")
    return [Measure(name, value, limits.get(name, np.inf)) for name, value in values.items()]


def _absent(reference: Reference) -> set[str]:
    """Limits that cannot apply: what MPET has no data of, because the model has no such thing."""
    absent: set[str] = set()
    names = {name for group in (PROFILES, SWITCHING_PROFILES) for name in group}
    if reference.raw["material"]["type"] == "homog":
        absent |= {name for name in names if name.startswith("inner")}
    if reference.raw["system"]["Nvol_s"] == 0:
        absent |= {name for name in names if name.startswith("electrolyte")}
    if not any(_ends_at_voltage(reference, part) for part in reference.segments):
        absent |= {"end capacity [%]"}
    return absent


def at(result: Any, name: str, times: np.ndarray, step: int) -> np.ndarray:
    """A time series of one step at ``times``, which are cut to the step's span."""
    rows = result["Step"] == step
    time, first = np.unique(result["Time [s]"][rows], return_index=True)
    values = result[name][rows][first]
    if time.size == 1:
        return np.full(len(times), values[0])
    curve: np.ndarray = PchipInterpolator(time, values)(np.clip(times, time[0], time[-1]))
    return curve


def _held(reference: Reference, part: slice) -> bool:
    """Whether the voltage is held: it is constant while the current is not."""
    return bool(np.ptp(reference["voltage_V"][part]) < 1e-6 < np.ptp(reference["crate_1_per_h"][part]))


def _ends_at_voltage(reference: Reference, part: slice) -> bool:
    """Whether a step at constant current runs into a voltage, where the curve is steep."""
    rate = reference["crate_1_per_h"][part]
    last = part.stop == reference["time_s"].size
    by_limit = not last or "reached" in reference.raw["end_reason"]
    return bool(rate.size > 1 and by_limit and np.ptp(rate) < 1e-9 and abs(rate[0]) > 1e-9)


def _series(curve: Curve, result: Any, reference: Reference) -> dict[str, float]:
    voltage, current, filling, capacity = [], [], [], [0.0]
    switches = 0
    time = reference["time_s"]
    for step, part in enumerate(reference.segments):
        steep = _ends_at_voltage(reference, part)
        inner = slice(part.start, part.stop - 1) if steep else part
        if _held(reference, part):
            own = at(result, "C-rate", time[inner], step)
            peak = np.abs(reference["crate_1_per_h"][part]).max()
            current.append(100 * np.abs(own - reference["crate_1_per_h"][inner]) / peak)
        else:
            own = at(result, "Voltage [V]", time[inner], step)
            voltage.append(1e3 * np.abs(own - reference["voltage_V"][inner]))
            switches += abs(_switches(own) - _switches(reference["voltage_V"][inner]))
        own = at(result, "Positive filling fraction", time[inner], step)
        filling.append(np.abs(own - reference["mean_filling_c"][inner]))
        if steep:
            ends = reference["mean_filling_c"][part][[0, -1]]
            own_end = result["Positive filling fraction"][result["Step"] == step][-1]
            capacity.append(100 * abs((own_end - ends[1]) / (ends[1] - ends[0])))
    found = {}
    if voltage:
        found |= _statistics("voltage {} [mV]", np.concatenate(voltage))
        found["switches"] = float(switches)
    if current:
        found |= _statistics("current {} [%]", np.concatenate(current))
    return found | {
        "end capacity [%]": max(capacity),
        "mean filling": float(np.concatenate(filling).max()),
    }


def _statistics(name: str, errors: np.ndarray) -> dict[str, float]:
    return {
        name.format("max"): float(errors.max()),
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
    own = frames(result, "Particle filling fraction", times)
    theirs = reference["particle_filling"].reshape(times.size, -1)
    start = reference.raw["system"]["cs0_c"]
    switched = np.abs((np.abs(own - start) > 0.5).sum(1) - (np.abs(theirs - start) > 0.5).sum(1))
    found = {
        **_off("particle filling", own - theirs),
        "particles switched": float(switched.max()),
    }
    if "inner_filling" in reference.raw:
        found |= _off("inner filling", _inner(result, reference, times))
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


def _inner(result: Any, reference: Reference, times: np.ndarray) -> np.ndarray:
    """Differences (5, all grid points) inside the particles, on MPET's grid."""
    per_volume = reference.raw["system"]["Npart_c"]
    plate = reference.raw["material"]["type"] == "ACR"
    where = {
        particle: (k, column)
        for k, group in enumerate(result.layout.profiles)
        for column, particle in enumerate(group.particles.tolist())
    }
    fields = [
        frames(result, f"Particle profiles {k}", times) for k in range(len(result.layout.profiles))
    ]
    differences = []
    for entry in reference.raw["inner_filling"]:
        theirs = np.asarray(entry["c"])
        n = theirs.shape[1]
        places = (np.arange(n) + 0.5) / n if plate else np.linspace(0, 1, n)
        k, column = where[entry["volume"] * per_volume + entry["particle"]]
        nodes = result.layout.profiles[k].nodes
        own = PchipInterpolator(nodes, fields[k][:, :, column], axis=1)(places)
        differences.append(own - theirs)
    return np.concatenate(differences, axis=1)


def select(names: Sequence[str], quick: bool = False) -> list[Curve]:
    """Curves whose name begins with one of ``names`` (all if there are none).

    Raises ValueError for a name that fits no curve.
    """
    for name in names:
        if not any(known.startswith(name) for known in CURVES):
            raise ValueError(f"{name!r} is no curve; there are {', '.join(CURVES)}")
    chosen = [c for c in _CURVES if not names or c.name.startswith(tuple(names))]
    return [c for c in chosen if c.quick or not quick]
