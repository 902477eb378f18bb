"""Sizes of the particles as MPET draws and rounds them.

MPET draws lognormal sizes by number with NumPy's old generator (Mersenne Twister, whose numbers
never change), the cathode's first, and rounds those with a grid inside up to whole cells.  With
``randomSeed = true`` its draws are known; here they are drawn with ``seed`` in any case.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.importing.cfg import Cfg

__all__ = ["Sizes", "draw_sizes"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_MOST = 1_000_000  # particles of an electrode
_PLATES = ("ACR", "ACR_Diff", "ACR2")
_RADIAL = ("CHR", "diffn", "CHR2", "diffn2")


@dataclass(frozen=True)
class Sizes:
    """Particles of an electrode: (volumes, per volume)."""

    size: Array  # m
    points: Array  # grid points inside each, as MPET has them
    contact: Array  # share of the surface in contact, a factor of k0
    source: str


def draw_sizes(
    system: Cfg, letter: str, kind: str, step: float, random: np.random.RandomState
) -> Sizes:
    """Sizes of the electrode ``letter``, of particles of type ``kind`` with cells of ``step``."""
    volumes, count = (system.whole("Sim Params", f"{key}_{letter}") for key in ("Nvol", "Npart"))
    shape = (max(volumes, 1), max(count, 1))
    if shape[0] * shape[1] > _MOST:
        message = f"makes {shape[0]} x {shape[1]} particles; at most {_MOST} are drawn"
        system.fault("Sim Params", f"Npart_{letter}", message)
        shape = (1, 1)
    raw, source = _raw(system, letter, shape, random)
    contact = _contact(system, shape, random)
    if kind not in (*_PLATES, *_RADIAL):
        return Sizes(raw, np.ones(shape), contact, source)
    # one cell of no width, or of none at all, would be a grid of millions of points
    sensible = step > 0 and bool(np.all(raw / step < 1e5))
    cells = np.ceil(raw / step) if sensible else np.ones(shape)
    size = np.vectorize(_short)(cells * step)
    if not np.allclose(size, raw, rtol=1e-9):
        source += f", rounded up to cells of {step:g} m"
    return Sizes(size, cells + (kind in _RADIAL), contact, source)


def _raw(
    system: Cfg, letter: str, shape: tuple[int, int], random: np.random.RandomState
) -> tuple[Array, str]:
    mean = system.number("Particles", f"mean_{letter}", above=0.0)
    spread = system.number("Particles", f"stddev_{letter}", 0.0)
    key = f"specified_psd_{letter}"
    if not system.is_false("Particles", key):
        given = _array(system, "Particles", key)
        if given is not None and given.shape == (shape[0], shape[1]):
            return given, f"[Particles] {key}"
        if given is not None:
            found = " x ".join(map(str, given.shape)) or "one number"
            needed = f"{shape[0]} lists (Nvol_{letter}) of {shape[1]} sizes (Npart_{letter})"
            system.fault("Particles", key, f"has the shape {found}; needed are {needed}")
        return np.full(shape, mean), ""
    if not np.isfinite(mean) or abs(spread) <= 1e-12:
        return np.full(shape, mean), f"[Particles] mean_{letter}"
    variance = np.log1p((spread / mean) ** 2)
    centre = np.log(mean) - variance / 2
    drawn = random.lognormal(centre, np.sqrt(variance), size=shape)
    seed = system.whole("Sim Params", "seed", 0)
    source = (
        f"mean_{letter} {mean:g}, stddev_{letter} {spread:g} m: drawn as MPET does, seed {seed}"
    )
    return drawn, source


def _short(length: float) -> float:
    """103 nm, not 103.00000000000001."""
    return float(f"{length:.12g}")


def _contact(system: Cfg, shape: tuple[int, int], random: np.random.RandomState) -> Array:
    share = system.number("Particles", "fraction_of_contact", 1.0)
    spread = system.number("Particles", "stand_dev_contact", 0.0)
    if not 0 < share <= 1:
        system.fault("Particles", "fraction_of_contact", f"is {share:g}; it must be in (0, 1]")
        return np.ones(shape)
    if share == 1:
        return np.ones(shape)
    lost = 1 - share
    variance = np.log1p((spread / lost) ** 2)
    drawn = random.lognormal(np.log(lost) - variance / 2, np.sqrt(variance), size=shape)
    contact: Array = np.maximum(1 - drawn, 1e-4)
    return contact


def _array(system: Cfg, section: str, key: str) -> Array | None:
    """A list of lists of positive numbers, whatever its shape; None if it is none."""
    given = system.literal(section, key)
    if given is None:
        return None
    try:
        array = np.array(given, dtype=float)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.size == 0 or not np.all(array > 0) or not np.all(np.isfinite(array)):
        system.fault(section, key, "is no list of lists of equal length of sizes above 0")
        return None
    return array
