"""Fields of a run: their names for users, their files, and what selects them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from electrode_model.results.records import Frame, Layout

__all__ = [
    "FIELDS",
    "NEGATIVE_FILES",
    "OF_CELL",
    "PROFILES",
    "field_names",
    "of_electrode",
    "of_negative",
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
PROFILES = "Particle profiles"  # followed by the number of the group
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
    if "electrolyte" in selected:
        items["phi_s"] = frame.phi_s
    return items


def field_names(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays of fields/ under the names that users see."""
    names = {file: name for name, (file, _) in FIELDS.items()}
    result = {}
    for key, array in arrays.items():
        own = key.removeprefix(NEGATIVE_FILES)
        name = names[own] if own in names else f"{PROFILES} {own.removeprefix('profiles_')}"
        result[name if own == key else of_negative(name)] = array
    return result


def of_negative(name: str) -> str:
    """What a field of the particles is called for a porous negative electrode."""
    return f"Negative {name[0].lower()}{name[1:]}"
