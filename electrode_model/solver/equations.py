"""What the stepper asks of a semi-explicit system  F(y, dy/dt) = 0."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

__all__ = ["Companion", "Equations"]

Array = np.ndarray[Any, np.dtype[np.float64]]


class Equations(Protocol):
    """Residual and Newton steps; all arrays are flat, (n,).

    The stepper writes ``y`` and ``slope`` (dy/dt); the methods write ``residual`` and ``delta``.
    ``blocks`` and ``circuit_block`` part the unknowns for the error norm.
    """

    n: int
    y: Array
    slope: Array
    residual: Array
    control: Array  # (3,) of the condition a I + b V + (1 - a)(1 - b) I V = s
    differential: np.ndarray  # (n,) bool
    circuit_block: slice

    @property
    def blocks(self) -> Sequence[slice]:
        """Those of the particles; ``circuit_block`` is the rest."""

    def at(self, t: float) -> None:
        """Time of the next :meth:`evaluate` [h since the step of the protocol began]."""

    def evaluate(self) -> Array:
        """Residual at ``y``, ``slope``; a view that the next call overwrites."""

    def linearize(self) -> None:
        """Jacobian at the point of the last :meth:`evaluate`."""

    def factor(self, alpha: float, beta: float = 1.0) -> bool:
        """Factorise for steps in which slopes move by ``alpha``; False if singular."""

    def solve(self) -> Array:
        """Newton step for the last residual; a view that the next call overwrites."""

    def fillings_inside(self) -> bool:
        """Whether ``y`` keeps the bounds of its unknowns."""

    def worst_unknown(self, values: Array) -> str:
        """Name and place of the unknown with the largest of ``values``."""

    def worst_equation(self, values: Array) -> str:
        """Name and place of the equation with the worst of ``values``."""


class Companion(Protocol):
    """Quantities that follow the same steps by the same formula."""

    def begin(self, h: float) -> None:
        """Start at order 1 from the consistent values that the system holds."""

    def advance(self, order: int, cj: float, psi: Array) -> None:
        """Follow an accepted step: slopes are cj (correction + psi @ differences).

        The system holds the new values and slopes; Newton's matrix may be replaced.
        """

    def rescale(self, change: Array, factor: float) -> None:
        """Differences for a step ``factor`` times as long are ``change.T`` @ those before."""
