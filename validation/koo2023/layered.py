"""Row K15: the same question asked of NMC, where the answer depends on the composition."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from electrode_model.materials.nmc532 import MATERIAL
from electrode_model.simulation.simulate import simulate
from validation.koo2023.half_cycles import CONFIGS

__all__ = ["polarisation"]


def polarisation(
    rate: float,
    fillings: Sequence[float],
    count: int,
    config: Path = CONFIGS / "nmc532_ensemble.yaml",
) -> dict[float, tuple[float, float]]:
    """Mean filling -> V - U(mean filling) of delithiation and lithiation, mV.

    NMC532 between 0.99 and 0.5, at one potential; U from the material's table.
    """
    assert MATERIAL.ocv is not None
    result = simulate(
        config,
        overrides=[
            f"positive.particles.per_volume={count}",
            f"protocol=[{{current: {-rate} C, until: {{filling: 0.5}}}}, {{rest: 2 h}},"
            f" {{current: {rate} C, until: {{filling: 0.97, voltage: 2.5 V}}}}]",
        ],
    )
    found: dict[float, tuple[float, float]] = {}
    for c in fillings:
        eta = []
        for step in (0, 2):
            rows = result["Step"] == step
            filling = result["Positive filling fraction"][rows]
            order = np.argsort(filling)
            voltage = np.interp(c, filling[order], result["Voltage [V]"][rows][order])
            eta.append(1e3 * float(voltage - MATERIAL.ocv(c, 298.15)))
        found[c] = (eta[0], eta[1])
    return found
