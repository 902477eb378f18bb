"""Electronic connections between the particles of an electrode volume.

Each form is a pure function  form(count, volume, *, own parameters) -> Edges  of the number of
particles in a volume and the volume's number; particles are numbered in the order of the
configuration.  Its name here is its name in a configuration file.
"""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np

from electrode_model.quantities import Spec

__all__ = ["chain", "contacts", "listed_chain", "network"]

Array = np.ndarray[Any, np.dtype[np.float64]]

Conductance = Annotated[
    float, Spec("S", "conductance between two particles", above=0.0, at_most=1e6)
]
Spread = Annotated[
    float, Spec("1", "standard deviation over the mean, lognormal", at_least=0.0, at_most=10.0)
]
Seed = Annotated[int, Spec("1", "seed of the random draws", at_least=0)]


class Edges(NamedTuple):
    """Conductors (m,) between particles; -1 is the carbon that leads to the collector."""

    first: np.ndarray  # (m,) int
    second: np.ndarray  # (m,) int
    conductance: Array  # (m,) S


def chain(
    count: int, volume: int, *, conductance: Conductance, std: Spread = 0.0, seed: Seed = 0
) -> Edges:
    """One particle after another; the first is on the carbon, the last leads nowhere.

    MPET's connectivity losses (Smith & Bazant, J. Electrochem. Soc. 164 (2017) E3291, Fig. 2).
    """
    order = np.arange(count)
    return Edges(order - 1, order, _drawn(count, volume, conductance, std, seed))


def listed_chain(
    count: int,
    volume: int,
    *,
    conductances: Annotated[
        Sequence[float] | Sequence[Sequence[float]],
        Spec(
            "S",
            "conductances to the particle before, one list for all volumes or one for each",
            above=0.0,
            at_most=1e6,
        ),
    ],
) -> Edges:
    """A chain whose conductances are given, the first one that to the carbon.

    Raises ValueError where the numbers do not fit the particles.
    """
    given = np.asarray(conductances, dtype=float)
    own = given if given.ndim == 1 else given[volume] if volume < len(given) else np.empty(0)
    if own.shape != (count,):
        raise ValueError(
            f"conductances lists {own.size} for volume {volume + 1}, which has {count} particles"
        )
    order = np.arange(count)
    return Edges(order - 1, order, own)


def contacts(
    count: int, volume: int, *, conductance: Conductance, std: Spread = 0.0, seed: Seed = 0
) -> Edges:
    """Every particle on the carbon by a contact of its own."""
    order = np.arange(count)
    return Edges(np.full(count, -1), order, _drawn(count, volume, conductance, std, seed))


def network(
    count: int,
    volume: int,
    *,
    conductance: Conductance,
    neighbours: Annotated[
        float, Spec("1", "mean number of particles that one touches", at_least=1.0, at_most=20.0)
    ] = 4.0,
    wired: Annotated[
        float, Spec("1", "share of the particles that touch the carbon", above=0.0, at_most=1.0)
    ] = 0.1,
    std: Spread = 0.0,
    seed: Seed = 0,
) -> Edges:
    """A random network in which a share of the particles touches the carbon.

    Every other particle is joined to one that is connected already, so that none is cut off;
    further pairs are drawn until the mean number of neighbours is reached.  The draws depend on
    the seed and the volume only.
    """
    random = np.random.default_rng([seed, volume])
    order = random.permutation(count)
    roots = max(1, round(wired * count))
    pairs = {(-1, int(p)) for p in order[:roots]}
    for k in range(roots, count):
        pairs.add(_sorted(int(order[random.integers(k)]), int(order[k])))
    possible = count * (count - 1) // 2
    wanted = min(round(neighbours * count / 2), possible) + roots
    while len(pairs) < wanted:
        a, b = (int(p) for p in random.integers(count, size=2))
        if a != b:
            pairs.add(_sorted(a, b))
    table = np.array(sorted(pairs))
    return Edges(table[:, 0], table[:, 1], _drawn(len(table), volume, conductance, std, seed))


def _sorted(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _drawn(count: int, volume: int, mean: float, std: float, seed: int) -> Array:
    """Lognormal conductances (count,) of the arithmetic ``mean``; ``std`` is relative."""
    variance = np.log1p(std**2)
    normal = np.random.default_rng([seed, volume, 1]).standard_normal(count)
    drawn: Array = mean * np.exp(np.sqrt(variance) * normal - variance / 2)
    return drawn


#: Keys without a default with which tests try a form, of three particles in a volume.
EXAMPLES = {
    **{name: {"conductance": 1e-12} for name in ("chain", "contacts", "network")},
    "listed_chain": {"conductances": [1e-12, 2e-12, 3e-12]},
}
