"""States of a cell about which it may be linearised: at rest, and moments of a saved run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from electrode_model.analysis.alone import area_per_volume
from electrode_model.analysis.balance import configuration
from electrode_model.assemble import Assembly, assemble
from electrode_model.config.model import Counter
from electrode_model.electrode import draw
from electrode_model.results.fields import PROFILES
from electrode_model.simulation.reader import Reader
from electrode_model.solver.start import Statistics, consistent
from electrode_model.solver.system import System

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Electrode
    from electrode_model.results.result import Result

__all__ = [
    "OperatingPoint",
    "at_rest",
    "double_layers",
    "frame_at",
    "of_frame",
    "reacting_areas",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Unknowns of the circuit -> field of a result that holds them.
_FIELDS = {
    "c_e": "Electrolyte concentration [mol.m-3]",
    "phi_e": "Electrolyte potential [V]",
    "phi_s": "Solid potential [V]",
    "phi_s_negative": "Negative solid potential [V]",
}
_TEMPERATURE = "Temperature [K]"  # of a run with a heat balance
_REBUILT = ("c_e", "charge")  # states; potentials are solved for and only start the search


@dataclass(frozen=True)
class OperatingPoint:
    """A consistent state of a model and how it moves."""

    label: str
    assembly: Assembly
    state: Array  # (n,) unknowns of a System
    slope: Array  # (n,) 1/h
    time: float  # s since the start of the run; 0 at rest
    voltage: float  # V
    current: float  # A/m^2, discharge positive
    filling: Mapping[str, float]  # mean of each porous electrode
    saved_voltage: float | None = None  # V, as the run had it


def at_rest(config: "Config", filling: float | None = None) -> OperatingPoint:
    """The start of a configuration without current.

    With ``filling`` every particle of the positive electrode is uniform at it; a porous negative
    is uniform at the filling that the charge balance from the configuration's start gives.
    Particles of unlike potentials still exchange lithium: the slope tells.

    Raises
    ------
    ValueError
        The filling, or that of the negative it leads to, is not between 0 and 1; or the
        configuration goes on from a result, which has the state.
    RuntimeError
        There is no consistent state.
    """
    config = _isothermal(config, config.temperature)
    if filling is not None:
        config = _filled(config, filling)
    elif config.continue_from is not None:
        raise ValueError(
            f"goes on from {config.continue_from}; give that folder, or write --filling"
        )
    assembly = assemble(config)
    system = System(assembly)
    system.control[:] = (1.0, 0.0, 0.0)
    label = "start, at rest" if filling is None else f"filling {filling:g}"
    return _solved(assembly, system, label, 0.0)


def _filled(config: "Config", filling: float) -> "Config":
    if not 0 < filling < 1:
        raise ValueError(f"a filling of {filling:g} has no finite potential; write one between")
    before = assemble(config)
    found: dict[str, float] = {"positive": filling}
    opposite = before.layout.negative
    if opposite is not None:
        passed = (filling - before.initial_filling["positive"]) * before.layout.capacity
        other = before.initial_filling["negative"] - passed / opposite.capacity
        if not 0 < other < 1:
            raise ValueError(
                f"a filling of {filling:g} of the positive would need {other:.3g} of the negative:"
                " the lithium of this cell does not suffice"
            )
        found["negative"] = other
    update: dict[str, Any] = {"start": None}
    for name, value in found.items():
        electrode = getattr(config, name)
        alike = tuple(p.model_copy(update={"initial_filling": None}) for p in electrode.particles)
        changes = {"initial_filling": value, "particles": alike}
        update[name] = electrode.model_copy(update=changes)
    return config.model_copy(update=update)


def _isothermal(config: "Config", temperature: float) -> "Config":
    """Without its heat balance, at a temperature [K]."""
    return config.model_copy(update={"heat": None, "temperature": temperature})


def frame_at(result: "Result", seconds: float | None = None, step: int | None = None) -> int:
    """Number of the saved frame nearest to ``seconds`` of the run, within ``step`` (from 0).

    Without a time the last one of the step, or of the run.  Where two steps meet, that of the
    earlier.

    Raises
    ------
    ValueError
        The step, or the time, was not saved; the text says what was.
    """
    steps, times = result["Field step"], result["Field time [s]"]
    chosen = np.arange(times.size) if step is None else np.flatnonzero(steps == step)
    of = "the run" if step is None else f"step {step + 1}"
    if not chosen.size:
        had = ", ".join(str(k + 1) for k in np.unique(steps)) or "none"
        raise ValueError(f"nothing was saved of {of}; saved steps: {had}")
    if seconds is None:
        return int(chosen[-1])
    first, last = float(times[chosen[0]]), float(times[chosen[-1]])
    if not first - 1e-3 <= seconds <= last + 1e-3:
        raise ValueError(f"{seconds:g} s is not in {of}, saved from {first:g} to {last:g} s")
    return int(chosen[np.abs(times[chosen] - seconds).argmin()])


def of_frame(result: "Result", frame: int) -> OperatingPoint:
    """The state of a run at a saved frame, with the current of that moment.

    Fillings and concentrations are those saved; potentials, films and slopes are solved for.  Of
    a run with a heat balance it is the state at the temperature of that moment, held.

    Raises
    ------
    KeyError
        A field was not saved; the text says which to put into output.fields.
    ValueError
        The moment is one without reaction, the particles cannot be drawn again, or the model has
        states that a result does not hold.
    RuntimeError
        There is no consistent state.
    """
    config = configuration(result)
    step, seconds = int(result["Field step"][frame]), float(result["Field time [s]"][frame])
    if getattr(config.protocol[step], "isolated", False):
        raise ValueError(
            f"step {step + 1} is an isolated rest, in which no particle reacts; choose another step"
        )
    rows = np.flatnonzero(result["Step"] == step)
    row = int(rows[np.abs(result["Time [s]"][rows] - seconds).argmin()])
    if _TEMPERATURE in result:
        config = _isothermal(config, float(result[_TEMPERATURE][row]))
    assembly = assemble(config)
    system = System(assembly)
    views = {"positive": result}
    if result.layout.negative is not None:
        views["negative"] = result.negative
    for name, view in views.items():
        own = assembly.layout if name == "positive" else assembly.layout.negative
        if own is None or not _alike(own.size, view.layout.size):
            raise ValueError(
                f"the particles of the {name} cannot be drawn again as this run had them: another"
                " version of the program wrote it"
            )
        _fill(system, name, view, frame)
    _set_circuit(assembly, system, result, frame, row)
    saved = float(result["Voltage [V]"][row])
    return _solved(assembly, system, f"{seconds:.6g} s, step {step + 1}", seconds, saved)


def _fill(system: System, electrode: str, view: "Result", frame: int) -> None:
    """The fillings of an electrode's particles."""
    number = 0
    for solver in system.groups:
        group, kernel = solver.group, solver.group.kernel
        if group.electrode != electrode:
            continue
        if np.count_nonzero(kernel.mass) != kernel.filling.size:
            raise ValueError(
                f"particles of the {electrode} have states besides their fillings, which a result"
                " does not hold; take the impedance of the configuration at rest"
            )
        if kernel.positions.size:
            solver.x[kernel.filling] = view[f"{PROFILES} {number}"][frame]
            number += 1
        else:
            solver.x[kernel.filling] = view["Particle filling fraction"][frame][group.index]


def _set_circuit(
    assembly: Assembly, system: System, result: "Result", frame: int, row: int
) -> None:
    scales, circuit = assembly.scales, assembly.circuit
    for name, part in system.where.items():
        own = circuit.where[name]
        if circuit.differential[own].any() and name not in _REBUILT:
            raise ValueError(f"the {name} of the cell is a state that cannot be rebuilt")
        field = _FIELDS.get(name)
        if field is None or (name != "c_e" and field not in result):
            continue
        values = np.asarray(result[field][frame])
        unit = scales.concentration if name == "c_e" else scales.voltage
        system.y[part] = values[: part.stop - part.start] / unit
    current = float(result["Current [A.m-2]"][row]) / scales.current
    system.y[system.where["voltage"]] = result["Voltage [V]"][row] / scales.voltage
    system.y[system.where["current"]] = current
    passed = float(result["Discharge capacity [A.h.m-2]"][row]) / scales.current
    system.y[system.where["charge"]] = passed
    system.control[:] = (1.0, 0.0, current)


def _solved(
    assembly: Assembly, system: System, label: str, time: float, saved: float | None = None
) -> OperatingPoint:
    """The point that the system holds, made consistent."""
    with np.errstate(all="ignore"):
        outcome = consistent(system, Statistics())
    if outcome is not None:
        raise RuntimeError(f"{label}: {outcome.value}")
    row = Reader(assembly, system).row(time, 0, system.y)
    filling = {"positive": row.positive_filling}
    if row.negative_filling is not None:
        filling["negative"] = row.negative_filling
    state, slope = system.y.copy(), system.slope.copy()
    return OperatingPoint(
        label, assembly, state, slope, time, row.voltage, row.current, filling, saved
    )


def _alike(a: Array, b: Array) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-9, atol=0.0))


def double_layers(
    config: "Config", capacitance: float, per: Literal["particle", "electrode"] = "particle"
) -> Array:
    """(n_v,) capacitance of each volume, F per m^2 of electrode.

    ``capacitance`` [F/m^2] is per area of the particles, or per area of each porous electrode,
    evenly through its depth.
    """
    if per == "particle":
        return capacitance * reacting_areas(config)
    counts = [electrode.volumes for _, electrode in _porous(config)]
    return capacitance * np.concatenate([np.full(n, 1 / n) for n in counts])


def reacting_areas(config: "Config") -> Array:
    """(n_v,) surface of all particles in each volume, m^2 per m^2 of electrode."""
    areas: list[Array] = []
    for name, given in _porous(config):
        own = np.zeros(given.volumes)
        solid = given.active_fractions * given.thickness / given.volumes
        for population in draw(name, given).populations:
            body = population.given
            each = [area_per_volume(body, float(size)) for size in population.size.ravel()]
            mean = (population.share * np.reshape(each, population.size.shape)).sum(axis=1)
            own[population.volumes] += body.volume_fraction * solid[population.volumes] * mean
        areas.append(own)
    return np.concatenate(areas)


def _porous(config: "Config") -> "list[tuple[str, Electrode]]":
    """Electrodes with particles by name, the negative first, as volumes are numbered."""
    found = [(name, getattr(config, name)) for name in ("negative", "positive")]
    return [(name, given) for name, given in found if not isinstance(given, Counter)]
