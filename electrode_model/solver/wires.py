"""Electronic resistances between the particles of a volume, and their elimination.

Particle p sits at the potential w_p above the solid of its volume.  Kirchhoff's law at every
particle, with conductances scaled by the charge of its volume,

    sum_q g_pq (w_p - w_q) + g_p0 w_p = share_p dc_p/dt

is linear in the unknowns: charge is conserved at every Newton iterate, for particles of any
size.  With the particles eliminated one symmetric matrix of the electrode is left, as sparse as
the network.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix, diags
from scipy.sparse.linalg import splu

from electrode_model.solver.group import DRIVES, GroupSolver

__all__ = ["Wires"]

Array = np.ndarray[Any, np.dtype[np.float64]]


class Wires:
    """The network of connected groups.

    ``laplacian`` (P, P), rows and columns in the order of the groups; ``drops`` (P,) the
    potentials, read; ``residual`` and ``delta`` (P,), written.
    """

    def __init__(
        self,
        laplacian: csc_matrix,
        groups: Sequence[GroupSolver],
        drops: Array,
        residual: Array,
        delta: Array,
    ) -> None:
        self._laplacian, self.groups = laplacian, groups
        self._drops, self._residual, self._delta = drops, residual, delta
        bounds = np.cumsum([0, *(g.volume.size for g in groups)]).tolist()
        self._parts = [slice(*b) for b in pairwise(bounds)]
        self._share = np.concatenate([g.group.share for g in groups])
        self._volume = np.concatenate([g.volume for g in groups])

    def evaluate(self, out: Array) -> None:
        """Residual; adds the groups' part of r to ``out`` (n_v,)."""
        rate = self._share * np.concatenate([g.filling_rate() for g in self.groups])
        self._residual[:] = self._laplacian @ self._drops - rate
        np.add.at(out, self._volume, rate)

    def factor(self, response: Array) -> bool:
        """Factorise; add the groups' d r_v / d drive to ``response`` (drives, n_v)."""
        own = np.zeros((len(DRIVES), self._share.size))
        for group, part in zip(self.groups, self._parts, strict=True):
            own[list(group.seen), part] = group.response
        own *= self._share
        if not np.all(np.isfinite(own)):
            return False
        try:
            self._lu = splu((self._laplacian - diags(own[0])).tocsc())
        except RuntimeError:  # exactly singular
            return False
        self._own = own[0]
        self._by_drive = np.array([self._lu.solve(values) for values in own])
        for k, values in enumerate(own):
            np.add.at(response[k], self._volume, values + own[0] * self._by_drive[k])
        return True

    def heat_response(self, response: Array) -> None:
        """Add the groups' d heat_v / d drive to ``response`` (drives, n_v)."""
        own = np.zeros((len(DRIVES), self._share.size))
        for group, part in zip(self.groups, self._parts, strict=True):
            own[list(group.seen), part] = group.heat_response
        self._own_heat = own[0] * self._share
        for k, values in enumerate(own * self._share):
            np.add.at(response[k], self._volume, values + self._own_heat * self._by_drive[k])

    def heat_step(self, step: Array) -> None:
        """Add the groups' step of the heat at fixed drives to ``step`` (n_v,)."""
        own = self._share * np.concatenate([g.heat_step() for g in self.groups])
        np.add.at(step, self._volume, own + self._own_heat * self._fixed)

    def eliminate(self, rho: Array) -> None:
        """Step at fixed drives; adds the groups' part of the step of r to ``rho`` (n_v,)."""
        slopes = self._share * np.concatenate([g.eliminate() for g in self.groups])
        self._fixed = self._lu.solve(slopes - self._residual)
        np.add.at(rho, self._volume, slopes + self._own * self._fixed)

    def substitute(self, changes: Array) -> None:
        """Add the response to the step of the drives in each volume (drives, n_v)."""
        self._delta[:] = self._fixed
        for k, values in enumerate(changes):
            self._delta += self._by_drive[k] * values[self._volume]
        for group, part in zip(self.groups, self._parts, strict=True):
            group.substitute(changes, self._delta[part])
