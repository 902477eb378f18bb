"""The standard problems of ``electrode-model benchmark``.

A half cell of 10 electrode and 5 separator volumes, lithiated at a constant current (1C unless the
name says otherwise) at rtol = atol = 1e-6:

H     homogeneous LFP particles, lognormal sizes, from 1 % to 90 % filling
ACR   Allen-Cahn LFP plates of 100 points, likewise
CHR   Cahn-Hilliard LTO spheres of 50 points 0.6 nm apart, from 1 % to 50 %; the phase boundary is
      resolved to 0.03 mV there (particles/cahn_hilliard.py)
Fick  diffusion in NMC spheres whose sizes are equally spaced, from 40 % to 90 %: what PyBaMM can
      say too, grid point for grid point

and the configurations of ``configs/`` with their whole protocols, at their own tolerances.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["BASE", "CASES", "MOMENTS", "RTOL", "Case", "chosen", "every_case"]

RTOL = 1e-6
MOMENTS = 199  # of a run, at which voltages are compared
_CONFIGS = Path(__file__).resolve().parents[2] / "configs"

BASE = """
schema: 1
temperature: 298.15
negative: {model: lithium_foil, exchange_current: 10 A/m^2}
separator: {thickness: 25 um, porosity: 1.0, volumes: 5}
positive:
  thickness: 50 um
  porosity: 0.4
  active_fraction: 0.414
  volumes: 10
  initial_filling: 0.01
  particles:
    model: homogeneous
    per_volume: 100
    size: {distribution: lognormal, mean: 100 nm, std: 20 nm}
    material: lfp
electrolyte: {model: concentrated, properties: valoen_reimers, concentration: 1 mol/L}
protocol: [{current: 1 C, until: {voltage: 2.5 V}}]
"""
_VOLUMES = 10

_P = "positive.particles"
_PLATES = (f"{_P}.model=allen_cahn", f"{_P}.thickness=20 nm", f"{_P}.size=100 nm")
_SPHERES = (
    f"{_P}.model={{name: cahn_hilliard, shape: sphere, nodes: 50}}",
    f"{_P}.size={{distribution: lognormal, mean: 30 nm, std: 3 nm}}",
    f"{_P}.material=lto",
)
_FICK = (
    f"{_P}.material={{name: nmc111, diffusivity: 1e-15}}",
    f"{_P}.kinetics={{law: butler_volmer, k0: 1, exchange_current: newman}}",
    "positive.initial_filling=0.4",
    "positive.conductivity=10 S/m",
)


@dataclass(frozen=True)
class Case:
    """One problem.

    ``kind`` are the problems of which it is one size, drawn as one line.  ``target`` is the time
    that a solve should take on one core without a compiler [s].  Where particles fill one by one,
    ``in_turn``, their order differs from tolerance to tolerance, and voltages are compared by
    their median difference instead of the largest.
    """

    name: str
    kind: str
    overrides: tuple[str, ...]
    particles: int
    target: float | None = None
    c_rate: float = 1.0
    until: float = 0.9  # mean filling
    in_turn: bool = True
    quick: bool = False
    config: str | None = None  # a shipped one, run as it is


def _homogeneous(particles: int, target: float | None, rate: float = 1.0) -> Case:
    kind = "H" if rate == 1 else f"H {rate:g}C"
    count = f"{_P}.per_volume={particles // _VOLUMES}"
    quick = particles == 100 or (kind == "H" and particles == 1000)
    name = f"H {particles}" + ("" if rate == 1 else f" {rate:g}C")
    return Case(name, kind, (count,), particles, target, rate, quick=quick)


def _plates(particles: int, target: float | None) -> Case:
    overrides = (*_PLATES, f"{_P}.per_volume={particles // _VOLUMES}")
    return Case(f"ACR {particles}x100", "ACR", overrides, particles, target, quick=particles == 10)


def _spheres(particles: int, target: float | None) -> Case:
    overrides = (*_SPHERES, f"{_P}.per_volume={particles // _VOLUMES}")
    return Case(
        f"CHR {particles}x50", "CHR", overrides, particles, target, until=0.5, quick=particles == 10
    )


def _fick(states: int, per_volume: int, nodes: int, target: float | None) -> Case:
    """Sizes at the middles of equal intervals, as PyBaMM's grid of sizes has them."""
    sizes = [0.6 + 0.8 * (k + 0.5) / per_volume for k in range(per_volume)]
    size = f"{{distribution: listed, sizes: [{', '.join(f'{s:.6g} um' for s in sizes)}]}}"
    overrides = (
        *_FICK,
        f"{_P}.model={{name: diffusion, nodes: {nodes}}}",
        f"{_P}.size={size if per_volume > 1 else '1 um'}",
        f"{_P}.per_volume={per_volume}",
    )
    count = per_volume * _VOLUMES
    quick = states < 100_000
    return Case(f"Fick {states}", "Fick", overrides, count, target, in_turn=False, quick=quick)


#: Targets: section 6 of the design; at 10,000x100, 1,000x50 and 582 those of the task after it.
CASES = (
    _homogeneous(100, None),
    _homogeneous(1000, 0.1),
    _homogeneous(10_000, 0.2),
    _homogeneous(100_000, 1.5),
    _homogeneous(100, None, 0.01),
    _homogeneous(1000, None, 0.01),
    _homogeneous(10_000, 3.0, 0.01),
    _homogeneous(100_000, None, 0.01),
    _plates(10, None),
    _plates(100, 0.6),
    _plates(1000, 4.0),
    _plates(10_000, 40.0),
    _spheres(10, None),
    _spheres(100, None),
    _spheres(1000, 5.0),
    _fick(582, 1, 54, 0.009),
    _fick(12_000, 40, 30, 0.15),
    _fick(120_000, 400, 30, None),
)


def every_case() -> tuple[Case, ...]:
    """The problems above, then the shipped configurations if they are beside the package."""
    shipped = sorted(_CONFIGS.glob("*.yaml"))
    return CASES + tuple(
        Case(path.stem, "config", (), 0, quick=path.stem == "lfp_half_cell", config=str(path))
        for path in shipped
    )


def chosen(names: Sequence[str], *, quick: bool) -> tuple[Case, ...]:
    """Cases of these names, or whose names hold them; the quick ones or all if there are none.

    Raises ValueError naming what is no part of any name.
    """
    cases = every_case()
    if not names:
        return tuple(case for case in cases if case.quick or not quick)
    found: set[str] = set()
    for name in names:
        wanted = name.strip().lower().replace(",", "")
        own = {case.name for case in cases if case.name.lower() == wanted}
        own = own or {case.name for case in cases if wanted and wanted in case.name.lower()}
        if not own:
            known = ", ".join(case.name for case in cases)
            raise ValueError(f"no such case: {name}; there are {known}")
        found |= own
    return tuple(case for case in cases if case.name in found)
