"""Porous battery electrodes as thousands of particles that compete for lithium.

>>> import electrode_model as em
>>> result = em.simulate("configs/lfp_half_cell.yaml")
>>> result["Voltage [V]"]
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from electrode_model.load import load
    from electrode_model.problems import ConfigError
    from electrode_model.result import Result
    from electrode_model.simulate import simulate

__all__ = ["ConfigError", "Result", "load", "simulate"]

_HOME = {"ConfigError": "problems", "Result": "result", "load": "load", "simulate": "simulate"}


def __getattr__(name: str) -> Any:
    """Import on first use: ``electrode-model --help`` must not wait for CasADi."""
    if name in _HOME:
        return getattr(import_module(f"electrode_model.{_HOME[name]}"), name)
    raise AttributeError(f"module 'electrode_model' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Public names."""
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps ``load`` and ``simulate`` functions.

    Importing the submodules of these names would bind them here, and a second
    ``em.simulate(...)`` would find a module.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
