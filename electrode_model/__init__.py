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
    from electrode_model.results.result import Result
    from electrode_model.simulation.simulate import simulate

__all__ = ["ConfigError", "Result", "load", "simulate"]

_HOME = {
    "ConfigError": "config.problems",
    "Result": "results.result",
    "load": "config.load",
    "simulate": "simulation.simulate",
}


def __getattr__(name: str) -> Any:
    """Import on first use: ``electrode-model --help`` must not wait for CasADi."""
    if name in _HOME:
        return getattr(import_module(f"electrode_model.{_HOME[name]}"), name)
    raise AttributeError(f"module 'electrode_model' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Public names."""
    return sorted(__all__)
