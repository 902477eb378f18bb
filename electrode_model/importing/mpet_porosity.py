"""Porosities of MPET, one for each volume where they are specified."""

import numpy as np

from electrode_model.importing.cfg import Cfg
from electrode_model.importing.writing import Noted

__all__ = ["porosities"]


def porosities(system: Cfg, letter: str) -> Noted:
    """Of an electrode or of the separator: a number, or a list from the separator inwards.

    MPET lists volumes along x, from the anode's collector to the cathode's; here an electrode's
    are numbered likewise.
    """
    key, most = f"specified_poros_{letter}", 1 if letter == "s" else np.nextafter(1, 0)
    plain = Noted(system.number("Geometry", f"poros_{letter}", above=0.0), f"poros_{letter}")
    if system.is_false("Geometry", key):
        return plain
    try:
        values = np.array(system.literal("Geometry", key), dtype=float)
    except (TypeError, ValueError):
        values = np.empty(0)
    count = system.whole("Sim Params", f"Nvol_{letter}")
    if values.shape != (count,) or not np.all((values > 0) & (values <= most)):
        message = f"is no list of {count} porosities (Nvol_{letter}) between 0 and 1"
        system.fault("Geometry", key, message)
        return plain
    if np.ptp(values) == 0:
        return Noted(float(values[0]), key)
    return Noted(values.tolist(), key)
