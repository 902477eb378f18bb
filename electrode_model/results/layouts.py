"""The layout of a run in its folder: ``layout.json`` and the arrays in ``layout/``."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.results import storage
from electrode_model.results.records import Layout, Profiles

__all__ = ["per_area_and_mass", "read_layout", "write_layout"]

_GRID = tuple(Profiles.__dataclass_fields__)  # each an array in layout/
_ARRAYS = ("size", "volume", "weight")
_LATER = ("k0", "film_resistance", "contact")  # not in results from before they could differ
_SCALARS = ("capacity", "mass")
_NEGATIVE = "negative_"


def write_layout(folder: Path, layout: Layout) -> None:
    """Write the layout of a run into its folder."""
    arrays = {"x": layout.x, **_arrays(layout)}
    scalars = {"sections": layout.sections, "one_c": layout.one_c, **_scalars(layout)}
    if layout.negative is not None:
        arrays |= {_NEGATIVE + name: array for name, array in _arrays(layout.negative).items()}
        scalars["negative"] = _scalars(layout.negative)
    storage.write_arrays(folder / "layout", arrays)
    storage.write_json(folder / "layout.json", scalars)


def read_layout(folder: Path) -> Layout:
    """The layout that :func:`write_layout` wrote; KeyError, OSError or ValueError if broken."""
    scalars = storage.read_json(folder / "layout.json")
    arrays = storage.read_arrays(folder / "layout")
    cell = {
        "x": arrays["x"],
        "sections": {name: (int(a), int(b)) for name, (a, b) in scalars["sections"].items()},
        "one_c": scalars["one_c"],
    }
    positive = _layout(scalars, arrays, "", cell)
    if "negative" not in scalars:
        return positive
    negative = _layout(scalars["negative"], arrays, _NEGATIVE, cell)
    return replace(positive, negative=replace(negative, electrode="negative"))


def _arrays(layout: Layout) -> dict[str, np.ndarray]:
    arrays = {name: getattr(layout, name) for name in (*_ARRAYS, *_LATER)}
    for k, group in enumerate(layout.profiles):
        arrays |= {f"{name}_{k}": getattr(group, name) for name in _GRID}
    arrays |= {f"samples_{k}": chosen for k, chosen in enumerate(layout.samples)}
    return arrays


def _scalars(layout: Layout) -> dict[str, Any]:
    return {name: getattr(layout, name) for name in _SCALARS} | {"profiles": len(layout.profiles)}


def _layout(
    scalars: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    prefix: str,
    cell: Mapping[str, Any],
) -> Layout:
    profiles = tuple(
        Profiles(**{name: arrays[f"{prefix}{name}_{k}"] for name in _GRID})
        for k in range(scalars["profiles"])
    )
    own: dict[str, Any] = {name: arrays[prefix + name] for name in _ARRAYS}
    own |= {name: arrays[prefix + name] for name in _LATER if prefix + name in arrays}
    own |= {name: scalars[name] for name in _SCALARS}
    numbers = range(len(profiles)) if f"{prefix}samples_0" in arrays else ()
    samples = tuple(arrays[f"{prefix}samples_{k}"] for k in numbers)
    return Layout(**cell, **own, profiles=profiles, samples=samples)


def per_area_and_mass(
    value: float, mass: float | None, area_unit: str, mass_unit: str
) -> dict[str, float]:
    """A quantity per area and, if the mass [kg/m^2] is known, per mass (A/kg = mA/g)."""
    return {area_unit: value} | ({mass_unit: value / mass} if mass else {})
