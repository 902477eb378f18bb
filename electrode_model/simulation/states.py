"""The complete state of a run's solver: kept at its end, and taken over by another run."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.assemble import Assembly
from electrode_model.results import storage
from electrode_model.results.records import FinalState
from electrode_model.scales import Scales
from electrode_model.simulation.reader import Reader
from electrode_model.solver.system import System

__all__ = ["Mismatch", "read_state", "taken_over", "units", "unknowns"]

Array = np.ndarray[Any, np.dtype[np.float64]]


#: Unknowns of the circuit by the unit that they are in.
_IN = {
    "voltage": ("voltage", "phi_e", "phi_s", "phi_s_negative"),
    "current": ("current", "charge"),
    "temperature": ("temperature",),  # of a heat balance
    "power": ("released",),
}


class Mismatch(ValueError):
    """A result that a configuration cannot go on from; the text says what differs."""

    key = "continue_from"


def unknowns(assembly: Assembly, system: System) -> dict[str, Any]:
    """What identifies the unknowns of a state: their names and numbers, and whose they are.

    Two models with equal descriptions have the same unknowns in the same order; their laws and
    numbers may differ.
    """
    layouts = {"positive": assembly.layout, "negative": assembly.layout.negative}
    particles = []
    for group in assembly.groups:
        layout = layouts[group.electrode]
        assert layout is not None
        particles.append(
            {
                "electrode": group.electrode,
                "particles": int(group.index.size),
                "unknowns of each": int(group.kernel.mass.size),
                "fillings of each": int(group.kernel.filling.size),
                "grid": _digest(group.kernel.positions),
                "sizes": _digest(layout.size[group.index]),
                "volumes": _digest(group.volume),
            }
        )
    circuit = {name: part.stop - part.start for name, part in system.where.items()}
    return {"particles": particles, "circuit": circuit, "all": int(system.n)}


def units(scales: Scales) -> dict[str, float]:
    """Units of the inside that another temperature or nominal capacity changes."""
    return {
        "voltage": scales.voltage,
        "current": scales.current,
        "temperature": scales.temperature,
        "power": scales.voltage * scales.current,
    }


def _digest(values: Array) -> str:
    """Of numbers to nine digits: the last ones differ between machines."""
    text = " ".join(f"{value:.9g}" for value in np.asarray(values, dtype=float))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_state(folder: Path) -> FinalState:
    """The last state of the run in a folder; raises Mismatch if it has none."""
    try:
        return storage.read_state(folder)
    except FileNotFoundError:
        missing = "is no folder" if not folder.is_dir() else f"has no {storage.STATE}"
        cure = "name the folder of a run that has ended, relative to the configuration"
        raise Mismatch(f"is {str(folder)!r}, which {missing}; {cure}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Mismatch(f"is {str(folder)!r}, whose state cannot be read: {error}") from None


def taken_over(state: FinalState, assembly: Assembly, system: System) -> Assembly:
    """Put a state into a system; the assembly with the fillings that it began with.

    Raises Mismatch where the unknowns are others.
    """
    own = unknowns(assembly, system)
    if own != state.unknowns or state.values.shape != (system.n,):
        raise Mismatch(f"cannot be gone on from: {_difference(state.unknowns, own)}")
    system.y[:] = state.values
    for name, unit in units(assembly.scales).items():
        for unknown in _IN[name]:
            if unknown in system.where:
                system.y[system.where[unknown]] *= state.units[name] / unit
    reader = Reader(assembly, system)
    begun = {
        name: reader.filling(system.y, name) - reader.gain(name) * reader.charge(system.y)
        for name in assembly.initial_filling
    }
    return replace(assembly, initial_filling=begun)


def _difference(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """What differs between two descriptions, in a sentence."""
    theirs, ours = there.get("particles", []), here["particles"]
    if len(theirs) != len(ours):
        return f"it has {len(theirs)} groups of particles, this configuration {len(ours)}"
    for their, our in zip(theirs, ours, strict=True):
        for key, value in our.items():
            if their.get(key) != value:
                of = f"of the {our['electrode']} electrode"
                if key in ("grid", "sizes", "volumes"):
                    what = {"grid": "grid points", "sizes": "sizes", "volumes": "places"}[key]
                    return f"the {what} of the particles {of} are others there than here"
                return f"{key} {of} are {their.get(key)} there and {value} here"
    their, our = there.get("circuit", {}), here["circuit"]
    for name in [*our, *their]:
        if their.get(name) != our.get(name):
            a, b = their.get(name, 0), our.get(name, 0)
            return f"unknowns called {name} are {a} there and {b} here"
    return f"it has {there.get('all')} unknowns, this configuration {here['all']}"
