"""Reaction or diffusion: which kind of model makes measured composition histograms probable.

A :class:`Candidate` is a configuration with a few numbers free within a prior.  For each half
cycle of the histograms it is simulated from their start with their current, particle by particle;
what it has in each bin, as places or as means of particles, is compared with the counts.  Park et
al., Nature Mater. 20 (2021) 991, Fig. 5a, choose so between reaction and diffusion (physics.md,
row P7).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtr

from electrode_model.analysis.histograms import Weighting, compositions
from electrode_model.config import yaml_source
from electrode_model.config.load import tree
from electrode_model.config.model import Config
from electrode_model.fit.config import Free
from electrode_model.fit.evidence import Evidence, Prior, evidence
from electrode_model.fit.histograms import Histograms
from electrode_model.fit.parameters import Base, Parameter, read_parameters
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate

__all__ = ["Candidate", "candidate", "choose", "fillings", "shares"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_FRAMES = 40  # saved on the way; compositions are interpolated between them
_LEAST_BLUR = 0.005  # filling: standard deviation that a particle stands for at least


@dataclass(frozen=True)
class Candidate:
    """A configuration with free numbers, each evenly distributed between its bounds.

    A parameter with a logarithmic scale is evenly distributed in its logarithm.
    """

    base: Base
    parameters: tuple[Parameter, ...]

    @property
    def priors(self) -> dict[str, Prior]:
        """By the names of the parameters; in SI."""
        return {p.name: Prior(p.lower, p.upper, p.log) for p in self.parameters}

    def config(self, values: Mapping[str, float], data: Histograms) -> Config:
        """The configuration with ``values`` [SI] that runs the half cycle of the data."""
        current, last = data.current, float(data.means[-1])
        every = abs(last - data.start) / _FRAMES * 3600 / abs(current)
        text = f"[{{current: {current!r} C, until: {{filling: {last!r}}}}}]"
        base = self.base.with_parameters(self.parameters, [values[p.name] for p in self.parameters])
        return base.with_values(
            {
                "positive.initial_filling": data.start,
                "protocol": yaml_source.parse(text, "fit", ("protocol",), lines=False),
                "output.every": every,
            }
        ).config()


def candidate(
    path: str | Path, free: Mapping[str, Mapping[str, Any]], change: Mapping[str, Any] | None = None
) -> Candidate:
    """A candidate from a configuration's file, as in a fit's YAML file.

    ``free`` has for each name a mapping with ``path``, ``bounds`` and perhaps ``scale``; ``change``
    replaces single values by their paths.

    Raises
    ------
    ConfigError
        A path that does not exist, bounds that the configuration refuses, and the like.
    """
    base = Base(tree(path), Path(path).parent).with_values(change or {})
    choices = {name: Free.model_validate(dict(one)) for name, one in free.items()}
    node = yaml_source.Node(
        {name: yaml_source.Node({}, ("free", name), "free") for name in free}, ("free",), "free"
    )
    return Candidate(base, read_parameters(choices, node, base, []))


def fillings(
    candidate: Candidate,
    values: Mapping[str, float],
    data: Histograms,
    *,
    local: bool = False,
    weighting: Weighting = "number",
) -> list[tuple[Array, Array]]:
    """Fillings and weights of the model at each moment of a half cycle.

    Raises
    ------
    RuntimeError
        The simulation ended before the last moment: why.
    """
    last = float(data.means[-1])
    result = simulate(candidate.config(values, data))
    means = result["Particle filling fraction"] @ result.layout.weight
    if abs(means[-1] - last) > 1e-3:
        raise RuntimeError(f"ended at a mean filling of {means[-1]:.4g}: {result.message}")
    return [_between(result, means, float(mean), local, weighting) for mean in data.means]


def shares(
    candidate: Candidate,
    values: Mapping[str, float],
    data: Histograms,
    *,
    local: bool = False,
    weighting: Weighting = "number",
) -> Array:
    """(m, b) share of each bin in the model, blurred by the resolution of the data.

    Each of the model's particles stands for a range of fillings, so the blur is at least 0.005.
    """
    blur = max(data.resolution, _LEAST_BLUR)
    rows = []
    for c, weight in fillings(candidate, values, data, local=local, weighting=weighting):
        below = ndtr((data.edges[:, None] - c) / blur)
        rows.append(np.diff(below, axis=0) @ (weight / weight.sum()))
    return np.array(rows)


def choose(
    candidates: Mapping[str, Candidate],
    histograms: Sequence[Histograms],
    *,
    local: bool = False,
    weighting: Weighting = "number",
    **options: Any,
) -> dict[str, Evidence]:
    """The evidence of each candidate; print it with :func:`~electrode_model.fit.evidence.compare`.

    ``local`` tells that places were counted, before lithium could even out inside the particles;
    else the means of particles.  ``options`` as for :func:`~electrode_model.fit.evidence.evidence`.
    A simulation that does not come to the end of a half cycle excludes its parameters.
    """
    found = {}
    for name, one in candidates.items():

        def log_likelihood(values: dict[str, float], own: Candidate = one) -> float:
            try:
                return sum(
                    data.log_likelihood(shares(own, values, data, local=local, weighting=weighting))
                    for data in histograms
                )
            except RuntimeError:
                return -math.inf

        size = sum(data.size for data in histograms)
        found[name] = evidence(log_likelihood, one.priors, data=size, **options)
    return found


def _between(
    result: Result, means: Array, mean: float, local: bool, weighting: Weighting
) -> tuple[Array, Array]:
    """Compositions at a mean filling, linear between the saved times."""
    rising = means if means[-1] > means[0] else -means
    target = mean if means[-1] > means[0] else -mean
    after = int(np.clip(np.searchsorted(rising, target), 1, means.size - 1))
    gap = rising[after] - rising[after - 1]
    share = float(np.clip((target - rising[after - 1]) / gap, 0.0, 1.0)) if gap > 0 else 1.0
    first, weight = compositions(result, after - 1, weighting=weighting, local=local)
    second, _ = compositions(result, after, weighting=weighting, local=local)
    return (1 - share) * first + share * second, weight
