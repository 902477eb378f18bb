"""Audit of a run: is any lithium or salt lost or made?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from electrode_model.config.model import Config
    from electrode_model.results.result import Result

__all__ = ["Balance", "balance", "configuration"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Balance:
    """Relative errors of what must be conserved; both are of the size of rounding."""

    lithium: Array  # (n_t,) in the particles, at every row of the time series; the worse
    #                 electrode's where both have particles
    salt: Array | None  # (n_frame,) in the pores; None if the cell has no electrolyte of its own

    @property
    def worst(self) -> float:
        """Largest size of any error; nan if the run saved nothing."""
        parts = [self.lithium] if self.salt is None else [self.lithium, self.salt]
        errors = np.abs(np.concatenate(parts))
        return float(errors.max()) if errors.size else float("nan")


def balance(result: "Result") -> Balance:
    """Audit of a run.

    Lithium: what the particles hold, less what they held at the start and the charge passed,
    in units of the largest of the three.  Salt: concentration summed over the pores, in units
    of what was there at the start; needs the field ``electrolyte`` (KeyError if it was not
    saved).
    """
    layout = result.layout
    # a discharge fills the positive and empties the negative, which may be looked at alone
    sign = -1 if layout.electrode == "negative" else 1
    name = f"{layout.electrode.capitalize()} filling fraction"
    lithium = _lithium(result, name, sign * layout.capacity)
    if layout.negative is not None:
        negative = _lithium(result, "Negative filling fraction", -layout.negative.capacity)
        lithium = np.where(np.abs(negative) > np.abs(lithium), negative, lithium)
    if not result.layout.sections:
        return Balance(lithium, None)
    pores = _pore_volumes(result)
    salt = result["Electrolyte concentration [mol.m-3]"] @ pores
    return Balance(lithium, salt / salt[0] - 1 if salt.size else salt)


def _lithium(result: "Result", name: str, capacity: float) -> Array:
    """(n_t,) error of an electrode that a discharge fills by 1/``capacity``."""
    filling = result[name]
    passed = result["Discharge capacity [A.h.m-2]"] / capacity
    start = filling[0] - passed[0] if filling.size else 0.0
    terms = np.array([filling, np.full_like(filling, start), passed])
    error: Array = (filling - start - passed) / np.abs(terms).max(axis=0)
    return error


def _pore_volumes(result: "Result") -> Array:
    """(n_x,) electrolyte of each cell, m^3/m^2."""
    config = configuration(result)
    parts: dict[str, Any] = {name: getattr(config, name) for name in result.layout.sections}
    pores = np.empty(result.layout.x.size)
    for name, (first, last) in result.layout.sections.items():
        part = parts[name]
        pores[first:last] = part.porosities * part.thickness / (last - first)
    return pores


def configuration(result: "Result") -> "Config":
    """The configuration of a run, read from its folder if the result was opened from there."""
    if not isinstance(result.config, str):
        return result.config
    if result.folder is None:
        raise ValueError("a result with a configuration in text form must have a folder")
    # here and not at the top: statistics of arrays must not need pydantic
    from electrode_model.config.load import load

    return load(result.folder / "config.yaml")
