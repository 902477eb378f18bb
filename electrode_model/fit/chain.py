"""The ways of walkers that sample a posterior: kept in a file, and how long they remember."""

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.results.storage import FolderError

__all__ = ["CHAIN", "LENGTHS", "Chain"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: File of the walkers' ways, written as they go.
CHAIN = "posterior.npz"
#: Autocorrelation times after which their estimate is trusted (emcee's manual).
LENGTHS = 50
_BURNT = 5  # autocorrelation times left out at the start


class Chain:
    """The ways of the walkers, in memory and in a file."""

    def __init__(self, path: Path | None, task: str) -> None:
        """Begin; ``task`` tells what is sampled."""
        self.path, self.task = path, task
        self.places: list[Array] = []
        self.values: list[Array] = []
        self.random: Any = None

    @classmethod
    def read(cls, folder: Path | None, task: str, resume: bool) -> "Chain":
        """A new one, or that of the folder; raises FolderError for that of another fit."""
        found = cls(None if folder is None else folder / CHAIN, task)
        if not resume or found.path is None or not found.path.exists():
            return found
        with np.load(found.path, allow_pickle=False) as file:
            if str(file["task"]) != task:
                raise FolderError(
                    f"{found.path} is of another fit, seed or number of walkers; remove it, or"
                    " choose another folder"
                )
            found.places, found.values = list(file["chain"]), list(file["log_probability"])
            rest = file["random_rest"]
            found.random = (
                "MT19937", file["random"], int(rest[0]), int(rest[1]), float(rest[2])
            )  # fmt: skip
        return found

    def write(self) -> None:
        """Keep it, so that a kill at any moment leaves a whole file."""
        if self.path is None or not self.places:
            return
        part = self.path.with_suffix(".part.npz")
        _, words, *rest = self.random
        np.savez_compressed(
            part,
            task=self.task,
            chain=self.array,
            log_probability=np.array(self.values),
            random=words,
            random_rest=np.array(rest, dtype=float),
        )
        os.replace(part, self.path)

    def add(self, places: Array, values: Array, random: Any) -> None:
        """One step of all walkers."""
        self.places.append(places.copy())
        self.values.append(values.copy())
        self.random = random

    @property
    def steps(self) -> int:
        """Of each walker."""
        return len(self.places)

    @property
    def array(self) -> Array:
        """(steps, walkers, p) u."""
        return np.array(self.places)

    @property
    def acceptance(self) -> float:
        """Share of steps that went somewhere; nan for a single step."""
        moved = np.any(np.diff(self.array, axis=0) != 0, axis=2)
        return float(moved.mean()) if moved.size else math.nan

    def times(self) -> tuple[Array, int]:
        """(p,) autocorrelation times [steps], and steps to leave out at the start.

        By Sokal's window, as emcee has it; never below 1.
        """
        from emcee.autocorr import integrated_time

        burnt, tau = 0, np.ones(self.array.shape[2])
        for _ in range(2):  # first with the start, then without it
            rest = self.array[burnt:]
            if len(rest) < 4 or not np.ptp(rest, axis=(0, 1)).all():
                return np.full(tau.size, float(max(len(rest), 1))), burnt
            with np.errstate(invalid="ignore"):  # a walker that has not moved yet
                found = integrated_time(rest, tol=0)
            tau = np.maximum(np.nan_to_num(found, nan=len(rest)), 1.0)
            burnt = min(math.ceil(_BURNT * float(tau.max())), self.steps // 2)
        return tau, burnt

    def done(self, effective: float) -> bool:
        """Whether there are enough independent samples, and steps to know that."""
        if self.steps < 4:
            return False
        tau, burnt = self.times()
        left = self.steps - burnt
        longest = float(tau.max())
        enough = left * self.array.shape[1] / longest >= effective
        return enough and left >= LENGTHS * longest
