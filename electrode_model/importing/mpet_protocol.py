"""The profiles of MPET as steps of a protocol.

C-rates count in ``1C_current_density`` where that is given.  Segments are (set point, minutes);
those of CCCVCPcycle are (set point, voltage, state of charge, C-rate, minutes, kind), where
everything between set point and kind ends the segment and may be None.  Kinds are 1 CC, 2 CV, 3 CP
of a charge, 4, 5, 6 of a discharge; 0 counts cycles.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from electrode_model.config.problems import show
from electrode_model.importing.cfg import Cfg
from electrode_model.importing.writing import Noted

__all__ = ["PROFILES", "SIM", "WIDEST", "Protocol", "read_protocol"]

SIM = "Sim Params"
WIDEST = 10.0  # V: a window that no cell leaves
PROFILES = ("CC", "CV", "CP", "CCsegments", "CVsegments", "CCCVCPcycle")
_MODES = {1: "current", 2: "voltage", 3: "power", 4: "current", 5: "voltage", 6: "power"}


@dataclass
class Protocol:
    """Steps, and what goes with them."""

    steps: list[Any] = field(default_factory=list)
    window: tuple[float, float] | None = None  # V: MPET's cut-offs, where it obeys them
    every: float | None = None  # s between saved points
    notes: list[str] = field(default_factory=list)


def read_protocol(
    system: Cfg, capacity_ratio: float, filling: Callable[[float], float]
) -> Protocol:
    """The protocol of a system file.

    ``capacity_ratio`` is the theoretical 1C current over the nominal one, ``filling`` (state of
    charge) that of the positive electrode.
    """
    profile = system.choice(SIM, "profileType", PROFILES)
    found = Protocol()
    if system.number(SIM, "tramp", 0.0) != 0:
        found.notes.append("[Sim Params] tramp: set points are not ramped but stepped")
    if not system.is_false(SIM, "times"):
        found.notes.append("[Sim Params] times: output is at even intervals, tend/tsteps")
    low, high = system.number(SIM, "Vmin"), system.number(SIM, "Vmax")
    if profile in ("CC", "CP", "CCsegments"):
        found.window = (low, high)
        if not low < high:
            system.fault(SIM, "Vmax", f"is {high:g} V, not above Vmin, {low:g} V")
    read = {
        "CC": _current,
        "CV": _voltage,
        "CP": _power,
        "CCsegments": _segments,
        "CVsegments": _segments,
        "CCCVCPcycle": _cycle,
    }[profile]
    total = read(system, found, profile, capacity_ratio, filling)
    if total:
        found.every = total / max(system.whole(SIM, "tsteps", 200), 1)
    return found


def _limit(found: Protocol, discharge: bool) -> float:
    """The voltage that ends a step; the other one, which it moves away from, ends nothing."""
    assert found.window is not None
    low, high = found.window
    found.window = (low, WIDEST) if discharge else (-WIDEST, high)
    return low if discharge else high


def _current(
    system: Cfg, found: Protocol, _: str, ratio: float, filling: Callable[[float], float]
) -> float:
    rate, most = system.number(SIM, "Crate"), system.number(SIM, "capFrac", 1.0, above=0.0)
    if rate == 0:
        time = system.number(SIM, "tend", above=0.0)
        found.steps.append(Noted({"rest": f"{time!r} s"}, "Crate = 0, tend"))
        return time
    time = most * ratio * 3600 / abs(rate)
    until = {"voltage": _volt(_limit(found, rate > 0)), "time": f"{time!r} s"}
    key = "Vmin" if rate > 0 else "Vmax"
    source = f"Crate, {key}; the time passes capFrac = {most:g} of the theoretical capacity"
    found.steps.append(Noted({"current": f"{rate!r} C", "until": until}, source))
    return time


def _voltage(
    system: Cfg, found: Protocol, _: str, ratio: float, filling: Callable[[float], float]
) -> float:
    time = system.number(SIM, "tend", above=0.0)
    step = {"voltage": _volt(system.number(SIM, "Vset")), "until": {"time": f"{time!r} s"}}
    found.steps.append(Noted(step, "Vset, tend"))
    return time


def _power(
    system: Cfg, found: Protocol, _: str, ratio: float, filling: Callable[[float], float]
) -> float:
    """MPET's equation is I (-V) = power: in the profile CP a positive power charges."""
    power, time = -system.number(SIM, "power"), system.number(SIM, "tend", above=0.0)
    until = {"voltage": _volt(_limit(found, power > 0)), "time": f"{time!r} s"}
    key = "Vmin" if power > 0 else "Vmax"
    source = f"power, of which a positive one charges in MPET's CP; {key}, tend"
    found.steps.append(Noted({"power": f"{power!r} W/m^2", "until": until}, source))
    if ratio != 1:
        found.notes.append(
            f"power: with 1C_current_density MPET passes {ratio:.6g} times the power asked for;"
            " here it is the power of the file"
        )
    return time


def _segments(
    system: Cfg, found: Protocol, profile: str, ratio: float, filling: Callable[[float], float]
) -> float:
    total = 0.0
    for number, segment in enumerate(_listed(system, 2)):
        value, minutes = segment
        if not _is_number(value) or not _is_number(minutes) or minutes <= 0:
            _refuse(system, number, segment, "(set point, minutes), the minutes above 0")
            continue
        time, total = f"{minutes!r} min", total + 60 * minutes
        source = f"segment {number + 1}: {segment}"
        if profile == "CVsegments":
            step: dict[str, Any] = {"voltage": _volt(value), "until": {"time": time}}
        elif value == 0:
            step = {"rest": time}
        else:
            step = {"current": f"{float(value)!r} C", "until": {"time": time}}
        found.steps.append(Noted(step, source))
    return total


def _cycle(
    system: Cfg, found: Protocol, _: str, ratio: float, filling: Callable[[float], float]
) -> float:
    most = system.number(SIM, "capFrac", 1.0, above=0.0)
    end = system.number(SIM, "tend", above=0.0)
    steps, known = [], True
    for number, segment in enumerate(_listed(system, 6)):
        value, *stops, kind = segment
        if kind == 0:
            continue
        numbers = all(stop is None or _is_number(stop) for stop in stops)
        if kind not in _MODES or not numbers or not _is_number(value):
            shape = "(set point, voltage, state of charge, C-rate, minutes, kind from 0 to 6)"
            waveform = isinstance(value, str)
            more = "; set points that change with time are not read" if waveform else ""
            _refuse(system, number, segment, f"{shape}, numbers or None{more}")
            continue
        step, note = _cycle_step(kind, float(value), stops, most, end, filling)
        if note:
            found.notes.append(f"segment {number + 1}: {note}")
        known = known and stops[3] is not None
        steps.append(Noted(step, f"segment {number + 1}: {segment}"))
    count = max(system.whole(SIM, "totalCycle", 1), 1)
    found.steps = steps
    if count > 1:
        found.steps = [{"repeat": Noted(count, "totalCycle"), "steps": steps}]
    if not known:
        found.notes.append(
            f"[Sim Params] tend: MPET stops {end:g} s after the start wherever the cycle is; here"
            " every step goes on to its own end"
        )
    return end


def _cycle_step(
    kind: int,
    value: float,
    stops: list[float | None],
    most: float,
    end: float,
    filling: Callable[[float], float],
) -> tuple[Mapping[str, Any], str]:
    """A step of CCCVCPcycle, and a note if it does not do what its kind says."""
    voltage, charged, rate, minutes = stops
    mode, discharge = _MODES[kind], kind > 3
    until: dict[str, str] = {}
    if voltage is not None and mode != "voltage":
        until["voltage"] = _volt(voltage)
    if rate is not None and rate != 0 and mode != "current":
        until["rate"] = f"{abs(float(rate))!r} C"
    if charged is None:
        charged = 1 - most if discharge else most
    share = filling(charged)
    rests = mode == "current" and value == 0
    if 0 < share < 1 and not rests:
        until["filling"] = repr(float(share))
    if minutes is not None:
        until["time"] = f"{float(minutes)!r} min"
    if not until:
        until["time"] = f"{end!r} s"
    if rests:
        return {"rest": {}, "until": until}, ""
    units = {"current": "C", "voltage": "V", "power": "W/m^2"}
    note = ""
    if mode != "voltage" and (value > 0) != discharge:
        note = f"is a {'discharge' if discharge else 'charge'} by its kind, not by its set point"
    return {mode: f"{value!r} {units[mode]}", "until": until}, note


def _listed(system: Cfg, length: int) -> list[Any]:
    """The segments that have the right length."""
    given = system.literal(SIM, "segments")
    if given is None:
        return []
    if not isinstance(given, list | tuple) or not given:
        system.fault(SIM, "segments", f"is {show(given)}; a list of tuples is needed")
        return []
    if _is_number(given[0]) and len(given) == length:
        given = [given]  # one tuple with its comma forgotten
    found = []
    for number, segment in enumerate(given):
        if isinstance(segment, list | tuple) and len(segment) == length:
            found.append(tuple(segment))
        else:
            _refuse(system, number, segment, f"{length} entries")
    return found


def _refuse(system: Cfg, number: int, segment: Any, needed: str) -> None:
    message = f"has as its item {number + 1} {show(segment)}; needed: {needed}"
    system.fault(SIM, "segments", message)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _volt(value: float) -> str:
    return f"{float(value)!r} V"
