"""Operando X-ray diffraction of a result: where a Bragg peak of all its crystal stands.

    I(Q) = sum over particles and the places inside them of  v_k G(Q - Q_hkl(c_k))

Kinematic and of one reflection: every place of filling c diffracts at the Q = 2 pi/d of a
crystal of that composition, in proportion to its volume v_k, with one Gaussian width.  Left
out: the structure factor's change with lithium (a few per cent for (003) of a layered oxide),
texture, absorption, and interference between places of one particle, which in coherent
crystals makes patterns of thin layers merge.  Peak positions come from a table of lattice
parameters, one YAML file per material in ``electrode_model/materials/lattices``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.analysis.balance import configuration
from electrode_model.analysis.population import TwoPeaks
from electrode_model.config.problems import ConfigError, Problem

if TYPE_CHECKING:
    from electrode_model.results.result import Result

__all__ = [
    "Diffraction",
    "Lattice",
    "diffraction",
    "lattice",
    "lattice_names",
    "pattern",
    "peaks",
    "places",
    "width",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
Hkl = tuple[int, int, int]

#: Lengths that a crystal system needs; all its axes are at 90 degrees, but hexagonal ones.
SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "cubic": ("a",),
    "tetragonal": ("a", "c"),
    "hexagonal": ("a", "c"),
    "orthorhombic": ("a", "b", "c"),
}
_HOME = files("electrode_model.materials") / "lattices"
_SCHERRER = 0.9  # K of FWHM = 2 pi K/size, spheres within 5 %: Patterson, Phys. Rev. 56 (1939) 978
_GAUSSIAN = 2 * np.sqrt(2 * np.log(2))  # FWHM of a Gaussian of unit s.d.
_MARGIN = 2.0  # FWHM shown beyond the outermost position
_POINTS = 400
_FINE = 40  # points of a pattern within a FWHM, so that binning widens it by < 1e-4


@dataclass(frozen=True)
class Lattice:
    """Lattice parameters of one material against filling."""

    material: str
    system: str
    reflection: Hkl  # the usual one
    fwhm: float  # 1/angstrom
    lengths: Mapping[str, tuple[Array, Array]]  # name -> fillings (n,), angstrom (n,)
    sources: Mapping[str, str]

    def length(self, name: str, c: Array) -> Array:
        """Lattice parameter [angstrom]; straight between the rows of the table, flat beyond."""
        filling, angstrom = self.lengths[name]
        return np.interp(c, filling, angstrom)

    def spacing(self, c: Array, hkl: Sequence[int]) -> Array:
        """Spacing d of lattice planes [angstrom]."""
        h, k, m = hkl
        a = self.length("a", c)
        if self.system == "cubic":
            inverse = (h * h + k * k + m * m) / a**2
        elif self.system == "hexagonal":
            inverse = 4 / 3 * (h * h + h * k + k * k) / a**2 + m * m / self.length("c", c) ** 2
        else:
            b = self.length("b", c) if "b" in self.lengths else a
            inverse = h * h / a**2 + k * k / b**2 + m * m / self.length("c", c) ** 2
        spacing: Array = 1 / np.sqrt(inverse)
        return spacing

    def q(self, c: Array, hkl: Sequence[int] | None = None) -> Array:
        """Position Q = 2 pi/d [1/angstrom] of a reflection, by default the usual one."""
        return 2 * np.pi / self.spacing(np.asarray(c), self.reflection if hkl is None else hkl)


def lattice_names() -> list[str]:
    """Materials with a table of lattice parameters."""
    return sorted(f.name.removesuffix(".yaml") for f in _HOME.iterdir() if f.name.endswith(".yaml"))


@cache
def lattice(name: str | Path) -> Lattice:
    """The table of a material by its name, or from a YAML file of the same form.

    Raises
    ------
    ConfigError
        There is no such table, or it holds a mistake.
    """
    import yaml

    where: Any  # a path, or a file of the package that reads like one
    if isinstance(name, Path):
        where, shown = name, str(name)
    elif name in lattice_names():
        where, shown = _HOME / f"{name}.yaml", f"lattices/{name}.yaml"
    else:
        have = ", ".join(lattice_names())
        text = f"has no lattice parameters; tables: {have}; give a file of your own: --lattice FILE"
        raise ConfigError([Problem("lattices", 0, name, text)])
    try:
        given = yaml.safe_load(where.read_text(encoding="utf-8"))
        return _read(given)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(shown, 0, "", f"cannot be read: {_line(error)}")]) from None
    except (KeyError, TypeError, ValueError) as error:
        cure = "write it like electrode_model/materials/lattices/lfp.yaml"
        text = f"is no table of lattice parameters ({error}); {cure}"
        raise ConfigError([Problem(shown, 0, "", text)]) from None


def _line(error: Exception) -> str:
    """An error's text on one line."""
    return " ".join(str(error).split())


def _read(given: Any) -> Lattice:
    system = given["system"]
    if system not in SYSTEMS:
        raise ValueError(f"system is {system!r}, allowed: {', '.join(SYSTEMS)}")
    lengths = {}
    for name in SYSTEMS[system]:
        if name not in given["lengths"]:
            raise ValueError(f"lengths has no {name}, which a {system} crystal needs")
        row = given["lengths"][name]
        filling, angstrom = (np.asarray(row[key], dtype=float) for key in ("filling", "angstrom"))
        if filling.ndim != 1 or filling.shape != angstrom.shape or not filling.size:
            raise ValueError(f"lengths.{name} needs as many angstrom as filling")
        if np.any(np.diff(filling) <= 0) or np.any(angstrom <= 0):
            raise ValueError(f"lengths.{name} needs ascending fillings and positive lengths")
        lengths[name] = (filling, angstrom)
    return Lattice(
        material=str(given["material"]),
        system=system,
        reflection=reflection(given["reflection"]),
        fwhm=float(given["fwhm"]),
        lengths=lengths,
        sources={name: str(given["lengths"][name].get("source", "")) for name in lengths},
    )


def reflection(values: Sequence[int]) -> Hkl:
    """Three indices, not all zero; ValueError else."""
    hkl = tuple(int(value) for value in values)
    if len(hkl) != 3 or not any(hkl):
        raise ValueError(f"a reflection has three indices, not all zero: {list(values)}")
    return hkl


def width(fwhm: float, crystallite: float | None = None) -> float:
    """FWHM [1/angstrom] of an instrument's ``fwhm`` and a ``crystallite`` size [m].

    Size broadening after Scherrer, 2 pi K/size with K = 0.9, both Gaussian.
    """
    size = 0.0 if crystallite is None else 2 * np.pi * _SCHERRER / (crystallite * 1e10)
    return float(np.hypot(fwhm, size))


def pattern(position: Array, volume: Array, q: Array, fwhm: float) -> Array:
    """Intensity (n_q,) at ``q``, of unit area, of places at ``position`` (n,) with ``volume`` (n,).

    Places are shared out between the two nearest points of a fine grid; the cost does not
    grow with their number.
    """
    step = fwhm / _FINE
    low = position.min() - 4 * fwhm
    place = (position - low) / step
    left = np.floor(place).astype(int)
    share = place - left
    count = int(left.max()) + 2 + 4 * _FINE
    bins = np.bincount(left, volume * (1 - share), count)
    bins += np.bincount(left + 1, volume * share, count)
    reach = np.arange(-4 * _FINE, 4 * _FINE + 1) * step
    sigma = fwhm / _GAUSSIAN
    kernel = np.exp(-0.5 * (reach / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    fine = np.convolve(bins / volume.sum(), kernel, mode="same")
    return np.interp(q, low + np.arange(count) * step, fine, left=0.0, right=0.0)


def peaks(q: Array, intensity: Array) -> TwoPeaks:
    """The two most prominent peaks of a pattern; ``ratio`` is prominence over maximum.

    As :func:`electrode_model.analysis.population.two_peaks`, but without a least separation:
    here it is the instrument's width that merges peaks.
    """
    from scipy.signal import find_peaks, peak_prominences

    padded = np.concatenate([[0.0], intensity, [0.0]])  # a peak at the edge of the window is one
    at, _ = find_peaks(padded)
    if not at.size:
        return TwoPeaks((float(q[int(intensity.argmax())]),), 0.0)
    prominence = peak_prominences(padded, at)[0]
    order = np.argsort(prominence)[::-1]
    found = tuple(float(q[at[k] - 1]) for k in order[:2])
    ratio = float(prominence[order[1]] / intensity.max()) if at.size > 1 else 0.0
    return TwoPeaks(found, ratio)


def places(result: "Result", frame: int) -> tuple[Array, Array, np.ndarray]:
    """Fillings (n,) of all places, their shares of the capacity (n,), and their particles (n,).

    Places are the shells or cells of the particles that have an inner grid, if the field
    ``profiles`` was saved, else the particles.
    """
    layout = result.layout
    means = np.asarray(result["Particle filling fraction"][frame], dtype=float)
    left = np.ones(means.size, dtype=bool)
    c, share, number = [], [], []
    for k, group in enumerate(layout.profiles):
        name = f"Particle profiles {k}"
        if name not in result:
            break
        inside = group.local(np.asarray(result[name][frame], dtype=float))  # (m, n)
        shares = group.local(group.weights) * group.layers
        weights = shares[:, None] * layout.weight[group.particles][None, :]
        c.append(inside.ravel())
        share.append(weights.ravel())
        number.append(np.tile(group.particles, inside.shape[0]))
        left[group.particles] = False
    c.append(means[left])
    share.append(layout.weight[left])
    number.append(np.flatnonzero(left))
    return np.concatenate(c), np.concatenate(share), np.concatenate(number)


@dataclass(frozen=True)
class Diffraction:
    """Patterns of one reflection through a run."""

    reflection: Hkl
    fwhm: float  # 1/angstrom, with size broadening
    time: Array  # (n,) s
    step: np.ndarray  # (n,) of the protocol, from 0
    filling: Array  # (n,) mean of the electrode
    q: Array  # (n_q,) 1/angstrom
    intensity: Array  # (n, n_q) of unit area

    def ratios(self) -> Array:
        """(n,) prominence of the second peak over the maximum at each time; 0 for one peak."""
        return np.array([peaks(self.q, row).ratio for row in self.intensity])

    def positions(self) -> Array:
        """(n,) position of the highest point [1/angstrom]."""
        return self.q[self.intensity.argmax(axis=1)]


def diffraction(
    result: "Result",
    *,
    hkl: Sequence[int] | None = None,
    fwhm: float | None = None,
    crystallite: float | None = None,
    table: Lattice | None = None,
    points: int = _POINTS,
    frames: np.ndarray | None = None,
) -> Diffraction:
    """Patterns of a run at its saved times, or at some ``frames``.

    ``hkl`` and ``fwhm`` [1/angstrom] are by default those of the material's table, ``table``
    replaces it for all particles.  ``crystallite`` [m] adds size broadening.  Where materials
    are mixed, each stands at its own place; their volumes are taken as their capacities over
    their density of sites.

    Raises
    ------
    ConfigError
        A material has no table.
    KeyError
        The filling of the particles was not saved.
    ValueError
        Nothing was saved, or ``fwhm`` is not positive.
    """
    steps = result["Field step"]
    chosen = np.arange(steps.size) if frames is None else np.asarray(frames)
    if not chosen.size:
        raise ValueError("nothing was saved of this run")
    tables, kind, density = _tables(result, table)
    first = tables[0]
    hkl = reflection(first.reflection if hkl is None else hkl)
    whole = width(first.fwhm if fwhm is None else fwhm, crystallite)
    if whole <= 0:
        raise ValueError("the width of a peak must be positive")
    moments = []
    for frame in chosen:
        c, share, number = places(result, int(frame))
        position = np.empty(c.size)
        for k, each in enumerate(tables):
            mine = kind[number] == k
            position[mine] = each.q(c[mine], hkl)
        moments.append((position, share / density[number]))
    ends = [np.inf, -np.inf]
    for position, _ in moments:
        ends = [min(ends[0], position.min()), max(ends[1], position.max())]
    q = np.linspace(ends[0] - _MARGIN * whole, ends[1] + _MARGIN * whole, points)
    return Diffraction(
        reflection=hkl,
        fwhm=whole,
        time=result["Field time [s]"][chosen],
        step=steps[chosen],
        filling=result["Particle filling fraction"][chosen] @ result.layout.weight,
        q=q,
        intensity=np.array([pattern(position, v, q, whole) for position, v in moments]),
    )


def _tables(result: "Result", table: Lattice | None) -> tuple[list[Lattice], np.ndarray, Array]:
    """Tables of the materials, which of them each particle has (n_p,), its sites per volume."""
    n = result.layout.size.size
    if table is not None:
        return [table], np.zeros(n, dtype=int), np.ones(n)
    config = configuration(result)
    electrode = result.layout.electrode
    populations = getattr(config, electrode).particles
    names = list(dict.fromkeys(p.material.name for p in populations))
    tables = [lattice(name) for name in names]
    kind, density = np.zeros(n, dtype=int), np.ones(n)
    if len(names) > 1:
        from electrode_model.analysis.interfaces import surfaces

        for surface in surfaces(config)[1]:
            if surface.group.electrode != electrode:
                continue
            choice = surface.population.material
            kind[surface.group.index] = names.index(choice.name)
            density[surface.group.index] = choice.numbers["site_density"]
    return tables, kind, density / density.max()
