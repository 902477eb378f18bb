"""What stands between a particle of MPET and the cell: conductors, contact, a layer, noise.

MPET's chain leads from the carbon to the first particle of a volume and on from each to the next.
Its conductances are drawn after all sizes, the cathode's first, and only with a standard deviation
above 1e-12 S.  The interface region is as wide as the electrode, whatever the particles' area.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from electrode_model.importing.cfg import Cfg
from electrode_model.importing.mpet_names import ELECTROLYTES
from electrode_model.importing.mpet_sizes import Sizes
from electrode_model.importing.writing import Noted

__all__ = ["chain", "contact", "draw_conductances", "interphase", "noise"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_SMALL = 1e-12  # S: a smaller standard deviation is none in MPET
_REACTING = ("homog", "homog_sdn", "homog2", "homog2_sdn")  # types whose noise is in the reaction
_FLOWING = ("diffn", "CHR", "CHR2")  # and in the flux


def draw_conductances(
    system: Cfg, letter: str, shape: tuple[int, ...], random: np.random.RandomState
) -> Array:
    """(volumes, per volume) conductance to the particle before, as MPET draws it [S]."""
    mean = system.number("Conductivity", f"G_mean_{letter}", 1e-14)
    spread = system.number("Conductivity", f"G_stddev_{letter}", 0.0)
    if not abs(spread) > _SMALL or not mean > 0:
        return np.full(shape, mean)
    variance = np.log1p((spread / mean) ** 2)
    drawn: Array = random.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), size=shape)
    return drawn


def chain(system: Cfg, letter: str, conductances: Array, changes: list[str]) -> Any:
    """The section ``connections`` of an electrode; None without a chain."""
    if not system.flag("Conductivity", f"simPartCond_{letter}"):
        return None
    key = f"G_mean_{letter}"
    if not np.all(conductances > 0):
        system.fault("Conductivity", key, f"is {conductances.flat[0]:g}; it must be above 0")
        return None
    if 0 < system.number("Conductivity", f"G_stddev_{letter}", 0.0) <= _SMALL:
        changes.append(f"G_stddev_{letter}: MPET takes a spread of 1e-12 S or less for none")
    if np.ptp(conductances) == 0:
        return {
            "model": Noted("chain", f"simPartCond_{letter}"),
            "conductance": Noted(float(conductances.flat[0]), key, "S"),
        }
    source = f"S; {key}, G_stddev_{letter}: drawn as MPET does"
    return {
        "model": Noted("listed_chain", f"simPartCond_{letter}"),
        "conductances": Noted(conductances.tolist(), source),
    }


def contact(system: Cfg, kind: str, sizes: Sizes, changes: list[str]) -> dict[str, Any]:
    """Keys of a population for the share of its surface that reacts, and of its model.

    The key ``contact_seed`` belongs to the model.
    """
    shares = sizes.contact
    if np.all(shares == 1):
        return {}
    local = not system.is_false("Particles", "localized_losses")
    if local and kind not in ("ACR", "ACR_Diff"):
        changes.append(
            f"localized_losses: without effect on particles of type {kind}, which in MPET then"
            " have contact everywhere"
        )
        return {}
    found: dict[str, Any] = {}
    if np.ptp(shares) == 0:
        found["contact"] = Noted(float(shares.flat[0]), "fraction_of_contact")
    else:
        source = "fraction_of_contact, stand_dev_contact: drawn as MPET does"
        values = shares.tolist() if shares.shape[0] > 1 else shares[0].tolist()
        listed = {"distribution": "listed", "values": Noted(values, source)}
        found["scatter"] = {"contact": listed}
    if local:
        changes.append(
            "localized_losses: one stretch of each plate has no contact, at a place of its own;"
            " MPET draws the places anew and rounds to whole cells, less twelve"
        )
        found["contact_seed"] = Noted(system.whole("Sim Params", "seed", 0), "localized_losses")
    return found


def noise(
    file: Cfg, kind: str, scale: Mapping[str, float], time: float, seed: int, changes: list[str]
) -> dict[str, Any] | None:
    """The section ``noise`` of a population; None without it.

    ``scale`` are rates of filling per kT of noise [1/s], of the reaction and of the flux between
    two points; ``time`` is that of the run [s].
    """
    if not file.flag("Material", "noise"):
        return None
    size = file.number("Material", "noise_prefac", 1e-6, above=0.0)
    if kind not in (*_REACTING, *_FLOWING):
        changes.append(f"noise: MPET has none in particles of type {kind}; nor here")
        return None
    count = max(file.whole("Material", "numnoise", 200), 2)
    key = "reaction" if kind in _REACTING else "flux"
    changes.append(
        f"noise: a function of time, where MPET keeps its value at the start; {key}: what"
        f" {size:g} kT drive at equilibrium, which is the order of MPET's"
    )
    source = f"noise_prefac = {size:g} times the rate per kT"
    return {
        key: Noted(size * scale[key], source, "1/s"),
        "correlation_time": Noted(1.05 * time / (count - 1), "1.05 tend/(numnoise - 1)", "s"),
        "seed": Noted(seed, "seed"),
    }


def interphase(system: Cfg, letter: str, changes: list[str]) -> dict[str, Any] | None:
    """The section ``interphase`` of a population; None without an interface region."""
    section = "Interface"
    if not system.flag(section, f"simInterface_{letter}"):
        return None
    number = system.number
    kind = system.choice(section, "interfaceModelType", ("solid", "SM", "dilute"))
    pore = system.text("Electrolyte", "elyteModelType", "SM")
    length = number(section, "L_i", above=0.0)
    cells = max(system.whole(section, "Nvol_i"), 1)
    start = number(section, "c0_int", above=0.0)
    own = "solid" in (kind, pore)
    if cells < 2:
        system.fault(section, "Nvol_i", "is 1, a layer in which MPET has no resistance; write more")
    found: dict[str, Any] = {}
    if kind == "solid":
        found["model"] = Noted("solid", "interfaceModelType = solid")
        found["diffusivity"] = Noted(number(section, "Dp_i", above=0.0), "Dp_i", "m^2/s")
        found["sites"] = Noted(number(section, "cmax_i", above=start), "cmax_i", "mol/m^3")
        found["activity"] = _activity(system, start, pore, changes)
    elif kind == "dilute":
        found["model"] = Noted("dilute", "interfaceModelType = dilute")
        for key, name in (("Dp_i", "diffusivity_plus"), ("Dm_i", "diffusivity_minus")):
            found[name] = Noted(number(section, key, above=0.0), key, "m^2/s")
    else:
        name = system.choice("Electrolyte", "SMset", ELECTROLYTES)
        found["model"] = Noted("concentrated", "interfaceModelType = SM")
        found["properties"] = Noted(ELECTROLYTES[name], f"SMset = {name}, as in MPET")
    changes.append(
        f"simInterface_{letter}: the layer is L_i less one of Nvol_i = {cells} cells thick, as"
        " MPET's current enters it in the middle of the first cell and leaves in that of the last;"
        " its area is the electrode's, as there"
    )
    return {
        **found,
        "thickness": Noted(length * (1 - 1 / cells), f"L_i = {length:g} m less one cell", "m"),
        "cells": Noted(max(cells - 1, 1), "Nvol_i less one"),
        "porosity": Noted(number(section, "poros_i", 1.0, above=0.0), "poros_i"),
        "bruggeman": Noted(1 - number(section, "BruggExp_i", -0.5), "1 - BruggExp_i"),
        "salt": Noted("own" if own else "shared", "of its own beside a solid"),
        "concentration": Noted(start, "c0_int", "mol/m^3") if own else None,
        "area": Noted("electrode", "in MPET"),
    }


def _activity(system: Cfg, start: float, pore: str, changes: list[str]) -> Noted | None:
    """Activity of the cation in a solid layer as MPET's reaction sees it.

    It takes the cell's cmax, which it has in mol/L only where the cell's electrolyte is solid too.
    """
    most = system.number("Electrolyte", "cmax", above=0.0)
    alpha = system.number("Electrolyte", "a_slyte", 0.0)
    x = start / 1000 / (most / 1000 if pore == "solid" else most)
    value = x / (1 - x) * np.exp(alpha * (1 - 2 * start / 1000))
    changes.append(
        f"the reaction at the interface sees the activity {value:.6g}, as in MPET, which divides"
        " mol/L by the cmax of the file; remove the key activity for that of the layer"
    )
    return Noted(float(value), "MPET's, of c0_int, cmax and a_slyte")
