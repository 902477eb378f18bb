"""Input files of MPET for the tests, written from dictionaries of its keys."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["ELECTRODE", "SYSTEM", "write"]

_PARTICLES = ("type", "discretization", "shape", "thickness")
_REACTIONS = ("rxnType", "k0", "E_A", "alpha", "lambda", "Rfilm", "rxnType_filename")

#: A single volume of particles of one size, at constant current.
SYSTEM: Mapping[str, Mapping[str, Any]] = {
    "Sim Params": {
        "profileType": "CC",
        "Crate": 1,
        "Vmax": 3.85,
        "Vmin": 2.8,
        "Vset": 3.3,
        "power": 10,
        "capFrac": 1.0,
        "segments": "[(0.3, 10)]",
        "prevDir": "false",
        "tend": 1200.0,
        "tsteps": 100,
        "relTol": 1e-6,
        "absTol": 1e-6,
        "T": 298,
        "randomSeed": "true",
        "seed": 1,
        "Rser": 0,
        "Nvol_c": 1,
        "Nvol_s": 0,
        "Nvol_a": 0,
        "Npart_c": 1,
        "Npart_a": 0,
    },
    "Electrodes": {"cathode": "c.cfg", "anode": "a.cfg", "k0_foil": 10, "Rfilm_foil": 0},
    "Particles": {"mean_c": 5e-8, "stddev_c": 0, "mean_a": 1e-7, "stddev_a": 0, "cs0_c": 0.01,
                  "cs0_a": 0.99, "specified_psd_c": "False", "specified_psd_a": None,
                  "fraction_of_contact": None, "stand_dev_contact": None,
                  "localized_losses": None},
    "Conductivity": {"simBulkCond_c": "false", "simBulkCond_a": "false", "sigma_s_c": 0.1,
                     "sigma_s_a": 0.1, "simPartCond_c": "false", "simPartCond_a": "false",
                     "G_mean_c": 1e-14, "G_stddev_c": 0, "G_mean_a": 1e-14, "G_stddev_a": 0},
    "Geometry": {"L_c": 5e-5, "L_a": 5e-5, "L_s": 2.5e-5, "P_L_c": 0.69, "P_L_a": 0.69,
                 "poros_c": 0.4, "poros_a": 0.4, "poros_s": 1.0, "BruggExp_c": -0.5,
                 "BruggExp_a": -0.5, "BruggExp_s": -0.5, "specified_poros_c": None,
                 "specified_poros_s": None},
    "Electrolyte": {"c0": 1000, "zp": 1, "zm": -1, "nup": 1, "num": 1, "elyteModelType": "SM",
                    "SMset": "valoen_reimers", "n": 1, "sp": -1, "Dp": 2.2e-10, "Dm": 2.94e-10,
                    "cmax": 80000, "a_slyte": 0, "SMset_filename": None},
    "Interface": dict.fromkeys(
        ("simInterface_c", "simInterface_a", "Nvol_i", "L_i", "BruggExp_i", "poros_i", "c0_int",
         "cmax_i", "Dp_i", "Dm_i", "interfaceModelType", "interfaceSMset")
    ),
}  # fmt: skip

#: Homogeneous LiFePO4.
ELECTRODE: Mapping[str, Any] = {
    "type": "homog",
    "discretization": 1e-9,
    "shape": "sphere",
    "thickness": 2e-8,
    "muRfunc": "LiFePO4",
    "noise": "false",
    "Omega_a": 1.856e-20,
    "Omega_b": 5.761532e-21,
    "Omega_c": 8.23076e-20,
    "EvdW": 0,
    "kappa": 5.0148e-10,
    "B": 1.916e8,
    "rho_s": 1.3793e28,
    "D": 5.3e-19,
    "Dfunc": "lattice",
    "dgammadc": 0,
    "cwet": 0.98,
    "rxnType": "BV",
    "k0": 1.0,
    "E_A": 13000,
    "alpha": 0.5,
    "lambda": 3.4113e-20,
    "Rfilm": 0,
}


def write(
    folder: Path,
    system: Mapping[str, Any] | None = None,
    cathode: Mapping[str, Any] | None = None,
    anode: Mapping[str, Any] | None = None,
) -> Path:
    """The system file, with keys changed or added; a key that is None is left out."""
    sections = {name: dict(keys) for name, keys in SYSTEM.items()}
    for key, value in (system or {}).items():
        place = next((keys for keys in sections.values() if key in keys), None)
        (sections["Sim Params"] if place is None else place)[key] = value
    path = folder / "params_system.cfg"
    path.write_text("\n".join(_section(name, keys) for name, keys in sections.items()))
    _electrode(folder / "c.cfg", cathode or {})
    _electrode(folder / "a.cfg", anode or {})
    return path


def _electrode(path: Path, changes: Mapping[str, Any]) -> None:
    keys = {**ELECTRODE, **changes}
    parts: dict[str, dict[str, Any]] = {"Particles": {}, "Material": {}, "Reactions": {}}
    for key, value in keys.items():
        name = "Reactions" if key in _REACTIONS else "Material"
        parts["Particles" if key in _PARTICLES else name][key] = value
    path.write_text("\n".join(_section(name, own) for name, own in parts.items()))


def _section(name: str, keys: Mapping[str, Any]) -> str:
    lines = [f"{key} = {value}" for key, value in keys.items() if value is not None]
    return "\n".join([f"[{name}]", *lines, ""])
