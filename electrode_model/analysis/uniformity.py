"""How evenly lithium goes into one particle: what X-ray microscopy of a platelet measures.

A map is the filling at places along a particle, ``filling`` (n_t, n_x), one row for each
moment; places count alike.  The statistics are those of Lim et al., Science 353 (2016) 566
(uniformity coefficient, fast domains), and of Koo et al., "Dynamic surface phases controlling
asymmetry of high-rate lithiation and delithiation in phase-separating electrodes" (currents of
channels against the filling of their surface).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.ndimage import gaussian_filter1d

from electrode_model.analysis.alone import of_electrode
from electrode_model.analysis.balance import configuration
from electrode_model.analysis.reaction import of_config
from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE

if TYPE_CHECKING:
    from electrode_model.results.result import Result

__all__ = [
    "ChannelCurrents",
    "Front",
    "Maps",
    "correlation",
    "currents",
    "fast_domains",
    "front",
    "images",
    "jaccard",
    "maps",
    "recovered_exchange_current",
    "uniformity_coefficient",
    "variation",
]

Array = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Maps:
    """Filling along one particle at the saved times of a step."""

    time: Array  # (n_t,) s
    filling: Array  # (n_t, n_x)
    potential: Array  # (n_t,) V, of the solid against the electrolyte at the particle's place
    positions: Array  # (n_x,) 0 .. 1
    length: float  # m

    @property
    def mean(self) -> Array:
        """(n_t,) mean filling."""
        return np.asarray(self.filling.mean(axis=1))

    @property
    def lithiation(self) -> bool:
        """Whether the particle is fuller at the end than at the start."""
        return bool(self.mean[-1] > self.mean[0])

    def at(self, mean: float) -> Array:
        """(n_x,) filling at the saved time whose mean is nearest to ``mean``."""
        return np.array(self.filling[int(np.abs(self.mean - mean).argmin())])


def maps(result: "Result", step: int, particle: int = 0) -> Maps:
    """Filling along a ``particle`` (number in the electrode) during a step (from 0).

    Raises
    ------
    ValueError
        The particle has no grid inside, or the step has no saved times.
    KeyError
        The fields ``profiles`` or ``electrolyte`` were not saved.
    """
    layout = result.layout
    found = [k for k, group in enumerate(layout.profiles) if particle in group.particles]
    if not found:
        raise ValueError(f"particle {particle} has no grid inside; choose a model with nodes")
    group = layout.profiles[found[0]]
    name, column, _ = result.inside().get(particle, (f"Particle profiles {found[0]}", 0, 0))
    frames = np.flatnonzero(result["Field step"] == step)
    if frames.size == 0:
        raise ValueError(f"step {step} has no saved times; raise output.every or choose a step")
    volume = int(layout.volume[particle])
    potential = np.array(result["Solid potential [V]"][frames, volume])
    if layout.sections:
        first, _ = layout.sections[layout.electrode]
        potential -= result["Electrolyte potential [V]"][frames, first + volume]
    return Maps(
        time=np.array(result["Field time [s]"][frames]),
        filling=group.local(np.array(result[name][frames, :, column]), axis=1),
        potential=potential,
        positions=group.local(group.nodes),
        length=float(layout.size[particle]),
    )


def images(
    filling: Array, pixels: int, *, blur: float = 0.0, noise: float = 0.0, seed: int = 0
) -> Array:
    """Maps as a microscope would give them, (n_t, ``pixels``).

    Places are averaged into equal pixels; ``blur`` is the s.d. of a Gaussian in pixels,
    ``noise`` that of the filling of each pixel in each frame.

    Raises ValueError if there are more pixels than places.
    """
    filling = np.atleast_2d(filling)
    places = filling.shape[1]
    if pixels > places:
        raise ValueError(f"{pixels} pixels cannot show {places} places; choose fewer")
    edges = np.linspace(0, places, pixels + 1)
    total = np.concatenate([np.zeros((filling.shape[0], 1)), np.cumsum(filling, axis=1)], axis=1)
    whole = edges.astype(int)
    beyond = np.minimum(whole, places - 1)
    cumulative = total[:, whole] + (edges - whole) * filling[:, beyond]
    seen = np.diff(cumulative, axis=1) * (pixels / places)
    if blur > 0:
        seen = gaussian_filter1d(seen, blur, axis=1, mode="nearest")
    if noise > 0:
        seen = seen + noise * np.random.default_rng(seed).standard_normal(seen.shape)
    return np.asarray(seen)


def uniformity_coefficient(filling: Array) -> float:
    """UC = 1 - sum(s s_b)/sum(s_b^2) over frames: 1 is uniform, 0 only full and empty places.

    s (n_t,) is the s.d. of the places of a frame and s_b = sqrt(X (1 - X)) the one that full
    and empty places of the same mean X would have: the least-squares fit of the measured s by
    the two limits, Lim et al. 2016, Fig. S14.  A single frame (n_x,) gives 1 - s/s_b.  nan
    where every frame is wholly empty or full.
    """
    filling = np.atleast_2d(filling)
    mean = np.clip(filling.mean(axis=1), 0.0, 1.0)  # noise may pass the ends
    binary = np.sqrt(mean * (1 - mean))
    square = float(binary @ binary)
    return 1 - float(filling.std(axis=1) @ binary) / square if square > 0 else float("nan")


def fast_domains(filling: Array, lithiation: bool, blur: float = 0.0) -> Mask:
    """(n_x,) places ahead of the middle between the 5th and 95th percentile of a map (n_x,).

    Lim et al. 2016, Eq. S4, who blur the map by a Gaussian of one pixel first.
    """
    seen = gaussian_filter1d(filling, blur, mode="nearest") if blur > 0 else np.asarray(filling)
    threshold = float(np.mean(np.percentile(seen, [5, 95])))
    return np.asarray(seen > threshold if lithiation else seen < threshold)


def jaccard(one: Mask, other: Mask) -> float:
    """Overlap of two masks, common over joint places; two empty masks overlap wholly."""
    joint = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / joint) if joint else 1.0


def correlation(a: Array | Mask, b: Array | Mask) -> float:
    """Pearson's correlation of two arrays of one shape, of masks too; nan if one is constant."""
    one, other = np.asarray(a, dtype=float).ravel(), np.asarray(b, dtype=float).ravel()
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / size if size > 0 else float("nan")


def variation(values: Array) -> float:
    """Coefficient of variation, s.d. over the size of the mean."""
    return float(np.std(values) / abs(np.mean(values)))


@dataclass(frozen=True)
class ChannelCurrents:
    """Currents of channels between successive maps, and where they stood meanwhile."""

    time: Array  # (n_t - 1,) s, midpoints
    filling: Array  # (n_t - 1, n_x) means of the two maps
    current: Array  # (n_t - 1, n_x) A/m^2, positive in lithiation
    overpotential: Array  # (n_t - 1, n_x) V, negative in lithiation

    @property
    def mean(self) -> Array:
        """(n_t - 1,) mean filling."""
        return np.asarray(self.filling.mean(axis=1))


def currents(
    result: "Result",
    step: int,
    particle: int = 0,
    *,
    every: int = 1,
    equilibrium: float | None = None,
) -> ChannelCurrents:
    """Current density of each channel of a plate, j = e rho_s (dX/dt) thickness/2.

    From the difference of maps ``every`` saved times apart, as from images; two faces react.
    Lim et al. 2016, Eqs. S5 and S6.  The overpotential is that of the channel's own chemical
    potential, with strain and gradient energy, or against one ``equilibrium`` voltage [V] for
    all fillings, as both papers take it.

    Raises ValueError where the particles are no plates, and as :func:`maps`.
    """
    config = of_electrode(configuration(result), result.layout.electrode)
    seen, number_of = maps(result, step, particle), _population_of(result, particle)
    population = config.positive.particles[number_of]
    if population.thickness is None:
        raise ValueError(f"particle {particle} is no plate: its channels have no one depth")
    number = population.material.numbers["site_density"]
    per_rate = ELEMENTARY_CHARGE * number * population.thickness / 2
    time, filling = seen.time[::every], seen.filling[::every]
    middle = (filling[1:] + filling[:-1]) / 2
    potential = seen.potential[::every]
    potential = (potential[1:] + potential[:-1]) / 2
    if equilibrium is None:
        law = of_config(config, number_of, strain=True)
        mu = np.asarray(law.chemistry.potential(middle).total(middle))
        mu += law.strain * (middle - middle.mean(axis=1, keepdims=True))
        mu -= law.gradient * _second_difference(middle) / (seen.length / middle.shape[1]) ** 2
        thermal = BOLTZMANN * config.temperature / ELEMENTARY_CHARGE
        eta = potential[:, None] + thermal * (mu - law.standard)
    else:
        eta = np.repeat(potential[:, None] - equilibrium, middle.shape[1], axis=1)
    return ChannelCurrents(
        time=(time[1:] + time[:-1]) / 2,
        filling=middle,
        current=per_rate * np.diff(filling, axis=0) / np.diff(time)[:, None],
        overpotential=eta,
    )


def recovered_exchange_current(
    seen: ChannelCurrents,
    c: Array,
    *,
    law: Literal["butler_volmer", "linear"] = "butler_volmer",
    alpha: float = 0.5,
    temperature: float = 298.15,
    most: float = np.inf,
) -> Array:
    """j0 [A/m^2] at fillings ``c`` (n,) recovered from channel currents, mean of the channels.

    ``butler_volmer``: j over exp(-alpha eta) - exp((1-alpha) eta), Lim et al. 2016, Eq. S9;
    ``linear``: -j over eta, Eq. S7, in units of kT/e.  Overpotentials beyond ``most`` [V] are
    left out.  Each channel passes each filling once: it is read where it does, so that slow
    channels do not count more often.  nan where no channel passes.
    """
    eta = seen.overpotential * ELEMENTARY_CHARGE / (BOLTZMANN * temperature)
    drive = -eta if law == "linear" else np.exp(-alpha * eta) - np.exp((1 - alpha) * eta)
    with np.errstate(divide="ignore", invalid="ignore"):
        j0 = np.where(np.abs(seen.overpotential) <= most, seen.current / drive, np.nan)
    channels = np.array(
        [_at_first_passage(c, x, y) for x, y in zip(seen.filling.T, j0.T, strict=True)]
    )
    there = np.isfinite(channels)
    total = np.where(there, channels, 0.0).sum(axis=0)
    count = there.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


@dataclass(frozen=True)
class Front:
    """The phase boundary nearest to the end of a plate where a wave begins."""

    time: Array  # (n,) s
    position: Array  # (n,) m, from that end
    boundaries: np.ndarray  # (n,) int, number of boundaries in the whole plate: 1 for one wave
    velocity: float  # m/s, slope of the straight line through the positions
    straightness: float  # R^2 of that line: 1 is a constant velocity


def front(seen: Maps, level: float = 0.5, means: tuple[float, float] = (0.2, 0.8)) -> Front:
    """The first place from x = 0 where the filling passes ``level``, mean filling in ``means``.

    Raises ValueError where fewer than three maps in that range have a boundary.
    """
    mean = seen.mean
    frames, places, counts = [], [], []
    for k in np.flatnonzero((mean >= min(means)) & (mean <= max(means))):
        row = seen.filling[k]
        crossed = np.flatnonzero((row[:-1] - level) * (row[1:] - level) < 0)
        if crossed.size:
            i = int(crossed[0])
            share = (level - row[i]) / (row[i + 1] - row[i])
            places.append(seen.positions[i] + share * (seen.positions[i + 1] - seen.positions[i]))
            counts.append(crossed.size)
            frames.append(k)
    if len(places) < 3:
        raise ValueError(f"{len(places)} maps with mean fillings {means} have a boundary; need 3")
    time, position = seen.time[frames], np.array(places) * seen.length
    slope, start = np.polyfit(time - time[0], position, 1)
    rest = position - start - slope * (time - time[0])
    spread = float(np.sum((position - position.mean()) ** 2))
    straight = 1 - float(rest @ rest) / spread if spread > 0 else 1.0
    return Front(time, position, np.array(counts), float(slope), straight)


def _population_of(result: "Result", particle: int) -> int:
    """Which population of the configuration a particle belongs to."""
    electrode = getattr(configuration(result), result.layout.electrode)
    last = 0
    for k, population in enumerate(electrode.particles):
        last += population.per_volume * len(electrode.volumes_of(population))
        if particle < last:
            return k
    raise ValueError(f"there is no particle {particle}; there are {last}, from 0")


def _second_difference(values: Array) -> Array:
    """(n_t, n_x) along the places, neutral at the ends."""
    step = np.diff(values, axis=1, prepend=values[:, :1], append=values[:, -1:])
    return np.diff(step, axis=1)


def _at_first_passage(c: Array, filling: Array, values: Array) -> Array:
    """``values`` (n_t,) where ``filling`` (n_t,) first passes each of ``c``; nan where never."""
    ahead = np.sign(filling[-1] - filling[0])
    reached = np.maximum.accumulate(ahead * filling)
    order = np.searchsorted(reached, ahead * c, side="left")
    found = np.full(c.size, np.nan)
    inside = (order > 0) & (order < filling.size)
    k = order[inside]
    gap = filling[k] - filling[k - 1]
    share = np.where(gap != 0, (c[inside] - filling[k - 1]) / np.where(gap != 0, gap, 1), 0.0)
    found[inside] = values[k - 1] + np.clip(share, 0, 1) * (values[k] - values[k - 1])
    return found
