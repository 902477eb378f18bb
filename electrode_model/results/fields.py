"""Fields of a run: their names for users, their files, and what selects them."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from electrode_model.results.records import Frame, Layout

__all__ = [
    "FIELDS",
    "INSIDE",
    "NEGATIVE_FILES",
    "OF_CELL",
    "PROFILES",
    "SAMPLES",
    "field_names",
    "of_electrode",
    "of_negative",
    "profile_places",
    "sampled",
]

#: Name of a field -> file in fields/, and the entry of output.fields that selects it.
FIELDS: Mapping[str, tuple[str, str]] = {
    "Field time [s]": ("time", ""),
    "Field step": ("step", ""),
    "Particle filling fraction": ("filling", "particles"),
    "Particle surface filling fraction": ("surface", "particles"),
    "Electrolyte concentration [mol.m-3]": ("c_e", "electrolyte"),
    "Electrolyte potential [V]": ("phi_e", "electrolyte"),
    "Solid potential [V]": ("phi_s", "electrolyte"),
}
#: Those that both electrodes share.
OF_CELL = (
    "Field time [s]",
    "Field step",
    "Electrolyte concentration [mol.m-3]",
    "Electrolyte potential [V]",
)
#: Each followed by the number of the group, and the same of the particles Layout.samples.
PROFILES, SAMPLES = "Particle profiles", "Sampled profiles"
#: Names of fields within particles, and the entries of output.fields that select them.
INSIDE = {PROFILES: "profiles", SAMPLES: "samples"}
_KINDS = {"profiles": PROFILES, "samples": SAMPLES}
NEGATIVE_FILES = "negative_"  # before the names of files of a porous negative electrode


def of_electrode(frame: Frame, layout: Layout, selected: Sequence[str]) -> dict[str, Any]:
    """The fields of an electrode that output.fields selects, by file."""
    items: dict[str, Any] = {}
    if "particles" in selected:
        items["filling"] = frame.c
        if layout.profiles:  # else it is the mean
            items["surface"] = frame.c_surface
    if "profiles" in selected:
        items |= {f"profiles_{k}": values for k, values in enumerate(frame.profiles)}
    if "samples" in selected:
        for k, (group, chosen) in enumerate(zip(layout.profiles, layout.samples, strict=True)):
            if chosen.size:
                columns = np.searchsorted(group.particles, chosen)
                items[f"samples_{k}"] = frame.profiles[k][:, columns]
    if "electrolyte" in selected:
        items["phi_s"] = frame.phi_s
    return items


def sampled(layout: Layout, wanted: int | Sequence[int]) -> Layout:
    """The layout with the particles whose profiles the field ``samples`` holds.

    ``wanted``: how many of those that have an inner grid, evenly spread over the electrode, or
    which ones; numbers beyond the last particle, and particles without a grid, are left out.
    """
    inside = np.sort(np.concatenate([g.particles for g in layout.profiles] or [np.empty(0, int)]))
    if isinstance(wanted, int):
        places = np.linspace(0, inside.size - 1, min(wanted, inside.size)).round().astype(int)
        chosen = inside[places]
    else:
        chosen = np.intersect1d(inside, np.array(wanted, dtype=int))
    samples = tuple(np.intersect1d(g.particles, chosen) for g in layout.profiles)
    negative = None if layout.negative is None else sampled(layout.negative, wanted)
    return replace(layout, samples=samples, negative=negative)


def profile_places(layout: Layout, names: Container[str]) -> dict[int, tuple[str, int, int]]:
    """Where the profile of each particle is: name of the field, column, number of the group.

    ``names`` are the fields that were saved; all profiles, or those of samples.
    """
    found: dict[int, tuple[str, int, int]] = {}
    for k, group in enumerate(layout.profiles):
        everyone = f"{PROFILES} {k}" in names
        kind, particles = (PROFILES, group.particles) if everyone else (SAMPLES, np.empty(0, int))
        if not everyone and f"{SAMPLES} {k}" in names:
            particles = layout.samples[k]
        found |= {int(p): (f"{kind} {k}", j, k) for j, p in enumerate(particles)}
    return found


def field_names(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays of fields/ under the names that users see."""
    names = {file: name for name, (file, _) in FIELDS.items()}
    result = {}
    for key, array in arrays.items():
        own = key.removeprefix(NEGATIVE_FILES)
        kind, _, number = own.partition("_")
        name = names[own] if own in names else f"{_KINDS[kind]} {number}"
        result[name if own == key else of_negative(name)] = array
    return result


def of_negative(name: str) -> str:
    """What a field of the particles is called for a porous negative electrode."""
    return f"Negative {name[0].lower()}{name[1:]}"
