"""Porous battery electrodes as thousands of particles that compete for lithium.

>>> import electrode_model as em
>>> result = em.simulate("configs/lfp_half_cell.yaml")
>>> result["Voltage [V]"]
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from electrode_model.config.load import load
    from electrode_model.config.problems import ConfigError
    from electrode_model.fit.fit import fit
    from electrode_model.fit.outcome import Fit
    from electrode_model.results.result import Result
    from electrode_model.simulation.simulate import simulate
    from electrode_model.sweeps.sweep import sweep
    from electrode_model.sweeps.table import SweepTable

__all__ = ["ConfigError", "Fit", "Result", "SweepTable", "fit", "load", "simulate", "sweep"]

_HOME = {
    "ConfigError": "config.problems",
    "Fit": "fit.outcome",
    "Result": "results.result",
    "fit": "fit.fit",
    "load": "config.load",
    "simulate": "simulation.simulate",
    "sweep": "sweeps.sweep",
    "SweepTable": "sweeps.table",
}


def __getattr__(name: str) -> Any:
    """Import on first use: ``electrode-model --help`` must not wait for CasADi."""
    if name in _HOME:
        return getattr(import_module(f"electrode_model.{_HOME[name]}"), name)
    raise AttributeError(f"module 'electrode_model' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Public names."""
    return sorted(__all__)
