"""The profiles of MPET as steps of a protocol.

C-rates count in ``1C_current_density`` where that is given.  ``tramp`` is the share of the run
after which the set point of CC, CV and CP is within 1/e, the seconds in which segments reach
theirs, and of a cycle the same in units of L_c^2/D.  Segments are (set point, minutes); those of
CCCVCPcycle are (set point, voltage, state of charge, C-rate, minutes, kind), where
everything between set point and kind ends the segment and may be None.  Kinds are 1 CC, 2 CV, 3 CP
of a charge, 4, 5, 6 of a discharge; 0 counts cycles.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from electrode_model.config.problems import show
from electrode_model.importing.cfg import Cfg
from electrode_model.importing.writing import Noted

__all__ = ["PROFILES", "SIM", "WIDEST", "Protocol", "read_protocol"]

SIM = "Sim Params"
WIDEST = 10.0  # V: a window that no cell leaves
PROFILES = ("CC", "CV", "CP", "CCsegments", "CVsegments", "CCCVCPcycle")
_UNITS = {"current": "C", "voltage": "V", "power": "W/m^2"}
_MODES = {1: "current", 2: "voltage", 3: "power", 4: "current", 5: "voltage", 6: "power"}


@dataclass
class Protocol:
    """Steps, and what goes with them."""

    steps: list[Any] = field(default_factory=list)
    window: tuple[float, float] = (-WIDEST, WIDEST)  # V: MPET's cut-offs as far as they end a run
    every: float | None = None  # s between saved points
    ramp: float = 0.0  # s in which a set point is reached
    notes: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)


def read_protocol(
    system: Cfg,
    capacity_ratio: float,
    filling: Callable[[float], float],
    scale: Callable[[], float],
) -> Protocol:
    """The protocol of a system file.

    ``capacity_ratio`` is the theoretical 1C current over the nominal one, ``filling`` (state of
    charge) that of the positive electrode, ``scale`` gives MPET's unit of time [s].
    """
    profile = system.choice(SIM, "profileType", PROFILES)
    found = Protocol()
    ramp = system.number(SIM, "tramp", 0.0)
    if ramp > 0 and profile in ("CCsegments", "CVsegments"):
        found.ramp = ramp
    elif ramp > 0 and profile == "CCCVCPcycle":
        found.ramp = ramp * scale()
        found.changes.append(
            f"tramp: the ramps of a cycle last {found.ramp:.6g} s, as MPET counts them in L_c^2/D"
        )
    if not system.is_false(SIM, "times"):
        found.notes.append("[Sim Params] times: output is at even intervals, tend/tsteps")
    low, high = system.number(SIM, "Vmin"), system.number(SIM, "Vmax")
    if not low < high:
        system.fault(SIM, "Vmax", f"is {high:g} V, not above Vmin, {low:g} V")
    found.window = (max(low, -WIDEST), min(high, WIDEST))
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


def _limit(found: Protocol, discharge: bool) -> dict[str, str]:
    """The voltage that ends a step; the other one, which it moves away from, ends nothing."""
    low, high = found.window
    found.window = (low, WIDEST) if discharge else (-WIDEST, high)
    limit = low if discharge else high
    return {"voltage": _volt(limit)} if abs(limit) < WIDEST else {}


def _widen(found: Protocol, voltages: Iterable[float | None]) -> None:
    """A limit that the protocol itself goes to, or beyond, ends nothing."""
    low, high = found.window
    given = [voltage for voltage in voltages if voltage is not None]
    found.window = (
        -WIDEST if any(v <= low for v in given) else low,
        WIDEST if any(v >= high for v in given) else high,
    )


def _ramped(system: Cfg, found: Protocol, step: Mapping[str, Any], time: float) -> dict[str, Any]:
    """A step of CC, CV or CP, which in MPET approaches its set point exponentially."""
    share = system.number(SIM, "tramp", 0.0)
    if not share > 0:
        return dict(step)
    found.changes.append(
        f"tramp: the set point is reached by a straight ramp of twice MPET's time constant,"
        f" {share * time:.6g} s, which passes the same charge"
    )
    (kind, value), (_, until) = step.items()
    return {kind: value, "ramp": f"{2 * share * time!r} s", "until": until}


def _current(
    system: Cfg, found: Protocol, _: str, ratio: float, filling: Callable[[float], float]
) -> float:
    rate, most = system.number(SIM, "Crate"), system.number(SIM, "capFrac", 1.0, above=0.0)
    if rate == 0:
        time = system.number(SIM, "tend", above=0.0)
        found.steps.append(Noted({"rest": f"{time!r} s"}, "Crate = 0, tend"))
        return time
    time = most * ratio * 3600 / abs(rate)
    until = {**_limit(found, rate > 0), "time": f"{time!r} s"}
    key = "Vmin" if rate > 0 else "Vmax"
    source = f"Crate, {key}; the time passes capFrac = {most:g} of the theoretical capacity"
    step = _ramped(system, found, {"current": f"{rate!r} C", "until": until}, time)
    found.steps.append(Noted(step, source))
    return time


def _voltage(
    system: Cfg, found: Protocol, _: str, ratio: float, filling: Callable[[float], float]
) -> float:
    time = system.number(SIM, "tend", above=0.0)
    voltage = system.number(SIM, "Vset")
    _widen(found, [voltage])
    step = {"voltage": _volt(voltage), "until": {"time": f"{time!r} s"}}
    found.steps.append(Noted(_ramped(system, found, step, time), "Vset, tend"))
    return time


def _power(
    system: Cfg, found: Protocol, _: str, ratio: float, filling: Callable[[float], float]
) -> float:
    """MPET's equation is I (-V) = power: in the profile CP a positive power charges."""
    power, time = -system.number(SIM, "power"), system.number(SIM, "tend", above=0.0)
    until = {**_limit(found, power > 0), "time": f"{time!r} s"}
    key = "Vmin" if power > 0 else "Vmax"
    source = f"power, of which a positive one charges in MPET's CP; {key}, tend"
    step = _ramped(system, found, {"power": f"{power!r} W/m^2", "until": until}, time)
    found.steps.append(Noted(step, source))
    if ratio != 1:
        found.changes.append(
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
            waveform = isinstance(value, str)
            more = "; set points that change with time are not read" if waveform else ""
            _refuse(system, number, segment, f"(set point, minutes), the minutes above 0{more}")
            continue
        until, total = {"time": f"{float(minutes)!r} min"}, total + 60 * minutes
        source = f"segment {number + 1}: {segment}"
        kind = "voltage" if profile == "CVsegments" else "current"
        if kind == "voltage":
            _widen(found, [value])
        found.steps.append(Noted(_step(found, kind, value, until), source))
    return total


def _step(found: Protocol, kind: str, value: float, until: Mapping[str, Any]) -> dict[str, Any]:
    """A step at a set point, with the ramp of a segment."""
    if kind == "current" and value == 0:  # no ramp into a rest
        return {"rest": {}, "until": until}
    step: dict[str, Any] = {kind: f"{float(value)!r} {_UNITS[kind]}"}
    if found.ramp > 0:
        step["ramp"] = f"{found.ramp!r} s"
    return {**step, "until": until}


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
        step, note = _cycle_step(found, kind, float(value), stops, most, end, filling)
        if note:
            found.changes.append(f"segment {number + 1}: {note}")
        _widen(found, [stops[0], float(value) if _MODES[kind] == "voltage" else None])
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
    found: Protocol,
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
    rests = mode == "current" and value == 0
    if voltage is not None and mode != "voltage" and abs(voltage) < WIDEST:
        until["voltage" if not rests else "voltage_" + ("below" if discharge else "above")] = _volt(
            voltage
        )
    if rate is not None and rate != 0 and mode != "current":
        until["rate"] = f"{abs(float(rate))!r} C"
    if charged is None:
        charged = 1 - most if discharge else most
    share = filling(charged)
    if 0 < share < 1 and not rests:
        until["filling"] = repr(float(share))
    if minutes is not None:
        until["time"] = f"{float(minutes)!r} min"
    if not until:
        until["time"] = f"{end!r} s"
    note = ""
    if mode != "voltage" and not rests and (value > 0) != discharge:
        note = f"is a {'discharge' if discharge else 'charge'} by its kind, not by its set point"
    if kind == 3 and ("voltage" in until or "filling" in until):
        note = "MPET ends a charge at constant power where a discharge would end, often at once"
    return _step(found, mode, value, until), note


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
