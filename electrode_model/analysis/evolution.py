"""Phase-evolution diagrams: where, in C-rate and mean composition, a population splits.

Park et al., Nature Mater. 20 (2021) 991, Fig. 5d, from whole simulations: at every rate the
electrode is driven from one mean filling to another, and the prominence P2/H of the second peak
of its histogram is followed (:func:`.population.two_peaks`, weighted by capacity).  The half
cycles are independent and run in parallel processes.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.analysis import population
from electrode_model.analysis.frames import frames_of_step
from electrode_model.config.load import load
from electrode_model.config.problems import ConfigError, Problem
from electrode_model.processes import Emptying, Lost, Task, default_processes, outcomes
from electrode_model.simulation.simulate import simulate

__all__ = [
    "SPLIT",
    "Diagram",
    "HalfCycle",
    "Threshold",
    "Track",
    "Variant",
    "diagram",
    "follow",
    "spread_of_sizes",
    "threshold",
    "variants",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

SPLIT = 0.05  # P2/H above which a population counts as split, population.TwoPeaks.bimodal
_FINEST = 1e-3  # mean filling between saved times, at least


@dataclass(frozen=True)
class Variant:
    """One setting of what a diagram is drawn over; no overrides: the file as it is."""

    label: str = ""
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class HalfCycle:
    """A simulation of a diagram: from ``start`` to ``end``, mean fillings, at a C-rate."""

    source: Path
    rate: float  # C, above zero
    start: float
    end: float
    overrides: tuple[str, ...] = ()
    resolution: float = 0.0025  # mean filling between saved times

    @property
    def delithiation(self) -> bool:
        """Whether lithium leaves the electrode."""
        return self.end < self.start

    @property
    def settings(self) -> list[str]:
        """Overrides that make the half cycle of the file; the window of voltage stays."""
        sign = "-" if self.delithiation else ""
        seconds = max(self.resolution, _FINEST) * 3600 / self.rate
        return [
            *self.overrides,
            f"positive.initial_filling={self.start!r}",
            f"protocol=[{{current: {sign}{self.rate!r} C, until: {{filling: {self.end!r}}}}}]",
            "output.fields=[particles]",
            f"output.every={seconds!r} s",
        ]


@dataclass(frozen=True)
class Track:
    """How the population looked along a half cycle, at its saved times."""

    mean: Array  # (n,) mean filling
    ratio: Array  # (n,) P2/H
    deviation: Array  # (n,) s.d. of the fillings
    positions: Array  # (n, 2) peaks, the most prominent first; nan where there is one
    reason: str = ""  # why the half cycle did not reach its end; empty if it did

    @property
    def peak(self) -> float:
        """Largest P2/H; nan if nothing was saved."""
        return float(self.ratio.max()) if self.ratio.size else math.nan

    @property
    def window(self) -> tuple[float, float]:
        """Mean fillings between which P2/H > SPLIT, interpolated; nan if it never is."""
        inside = np.flatnonzero(self.ratio > SPLIT)
        if not inside.size:
            return math.nan, math.nan
        edges = [
            self._crossing(inside[0] - 1, inside[0]),
            self._crossing(inside[-1] + 1, inside[-1]),
        ]
        return min(edges), max(edges)

    def _crossing(self, outside: int, inside: int) -> float:
        if not 0 <= outside < self.mean.size:
            return float(self.mean[inside])
        share = (SPLIT - self.ratio[outside]) / (self.ratio[inside] - self.ratio[outside])
        return float(self.mean[outside] + share * (self.mean[inside] - self.mean[outside]))

    def at(self, means: Array) -> Array:
        """(m,) P2/H at mean fillings, linear between saved times; nan where it never was."""
        if not self.mean.size:
            return np.full(means.shape, np.nan)
        order = np.argsort(self.mean)
        values = np.interp(means, self.mean[order], self.ratio[order], np.nan, np.nan)
        return np.asarray(values)


@dataclass(frozen=True)
class Threshold:
    """The rate [C] above which P2/H exceeds SPLIT; nan if none was found, see ``reason``."""

    rate: float
    low: float  # a rate without a split, nan if there is none
    high: float  # a rate with a split, nan if there is none
    window: tuple[float, float] = (math.nan, math.nan)  # of the mean filling at ``high``
    runs: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Diagram:
    """P2/H over rate and mean filling; keys are (label of the variant, delithiation?)."""

    rates: tuple[float, ...]  # C, ascending
    start: float  # highest mean filling that a half cycle begins or ends with
    end: float
    tracks: Mapping[tuple[str, bool], Sequence[Track]]  # one for each rate
    thresholds: Mapping[tuple[str, bool], Threshold] = field(default_factory=dict)

    def map(self, label: str, delithiation: bool, means: Array) -> Array:
        """(n_rate, m) P2/H at mean fillings; nan where a half cycle did not come."""
        return np.array([track.at(means) for track in self.tracks[label, delithiation]])


def follow(case: HalfCycle) -> Track:
    """Run a half cycle; a run that fails is a track up to there, with a reason."""
    try:
        result = simulate(case.source, overrides=case.settings)
    except (ConfigError, ValueError, ArithmeticError, MemoryError) as error:
        reason = f"{type(error).__name__}: {error}".replace("\n", " ")
        return _nothing(reason)
    weights = result.layout.weight
    frames = frames_of_step(result, 0)
    found = [population.two_peaks(frame, weights) for frame in frames]
    positions = np.full((len(found), 2), np.nan)
    for row, peaks in zip(positions, found, strict=True):
        row[: len(peaks.positions)] = peaks.positions
    reason = ""
    if result.status != "finished":
        reason = result.message or (result.steps[-1].reason if result.steps else result.status)
    elif result.steps and not result.steps[-1].planned:
        reason = result.steps[-1].reason
    return Track(
        mean=frames @ weights,
        ratio=np.array([peaks.ratio for peaks in found]),
        deviation=np.array([population.spread(frame, weights) for frame in frames]),
        positions=positions,
        reason=reason,
    )


def threshold(
    case: HalfCycle,
    low: float = 0.01,
    high: float = 10.0,
    accuracy: float = 0.02,
    known: Mapping[float, Track] | None = None,
) -> Threshold:
    """The lowest rate at which the population splits, within ``accuracy`` of itself.

    Bisection in the logarithm of the rate, between the ``known`` half cycles by rate if there
    are any, otherwise between ``low`` and ``high``.  If the split disappears again at higher
    rates, the lowest crossing that the known ones show is refined.  The rate of ``case`` does
    not matter.
    """
    tracks = {rate: track for rate, track in (known or {}).items() if track.mean.size}
    runs = 0

    def splits(rate: float) -> bool:
        nonlocal runs
        if rate not in tracks:
            runs += 1
            tracks[rate] = follow(replace(case, rate=rate))
        return tracks[rate].peak > SPLIT

    if not tracks:
        splits(low), splits(high)
    above = [rate for rate in sorted(tracks) if splits(rate)]
    if not above:
        most = max(tracks)
        reason = tracks[most].reason or f"no split up to {most:g} C"
        return Threshold(math.nan, most, math.nan, runs=runs, reason=reason)
    upper = above[0]
    below = [rate for rate in tracks if rate < upper]
    if not below:
        window, reason = tracks[upper].window, f"split already at {upper:g} C"
        return Threshold(math.nan, math.nan, upper, window, runs, reason)
    lower = max(below)
    while upper / lower > 1 + accuracy:
        middle = math.sqrt(lower * upper)
        if splits(middle):
            upper = middle
        else:
            lower = middle
    return Threshold(math.sqrt(lower * upper), lower, upper, tracks[upper].window, runs)


def variants(axes: Mapping[str, Sequence[str]]) -> list[Variant]:
    """Every combination of the values of configuration keys; one that changes nothing if none."""
    if not axes:
        return [Variant()]
    return [
        Variant(
            label=", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in chosen),
            overrides=tuple(f"{key}={value}" for key, value in chosen),
        )
        for chosen in product(*([(key, value) for value in axes[key]] for key in axes))
    ]


def spread_of_sizes(
    sigma: float, mean: float, population: str = "positive.particles"
) -> tuple[str, ...]:
    """Overrides for lognormal sizes of ln-s.d. ``sigma`` that keep the mean of area/volume.

    ``mean`` [m] is volume/area of the whole population times 3, the size whose particles have
    the rate constant of the average: <R^3>/<R^2> = m exp(2 sigma^2) of the number mean m.
    """
    number_mean = mean * math.exp(-2 * sigma**2)
    if sigma == 0:
        return (f"{population}.size={{distribution: constant, value: {number_mean!r} m}}",)
    std = number_mean * math.sqrt(math.expm1(sigma**2))
    return (
        f"{population}.size.mean={number_mean!r} m",
        f"{population}.size.std={std!r} m",
    )


def diagram(
    source: str | Path,
    rates: Sequence[float],
    over: Sequence[Variant] = (Variant(),),
    *,
    overrides: Sequence[str] = (),
    start: float | None = None,
    end: float = 0.5,
    directions: Sequence[bool] = (True, False),
    accuracy: float | None = 0.02,
    resolution: float = 0.0025,
    jobs: int | None = None,
    tell: Callable[[int, int, str], object] = lambda done, total, text: None,
) -> Diagram:
    """Simulate a phase-evolution diagram of a configuration.

    Parameters
    ----------
    source : path of a YAML file; its protocol is replaced by half cycles
    rates : C-rates of the map
    over : variants of the configuration; each has a map and a threshold of its own
    overrides : "key.path=value" for all
    start, end : mean fillings where delithiation begins and ends, and lithiation ends and
        begins; ``start`` None: initial_filling of the file and its variants
    directions : True for delithiation, False for lithiation
    accuracy : relative, of the threshold; None: no threshold is sought
    resolution : mean filling between saved times
    jobs : processes; None: one for each core
    tell : told of the half cycles and thresholds done, their number, and the last one

    Half cycles that fail are tracks with a reason.  Populations with an initial_filling of
    their own keep it.

    Raises
    ------
    ConfigError
        The file, an override or a variant holds a mistake.
    """
    ascending = tuple(sorted({float(rate) for rate in rates}))
    cases: dict[tuple[str, bool], HalfCycle] = {}
    for variant in over:
        settings = (*overrides, *variant.overrides)
        # the protocol of the file may not suit a variant, and is not run
        config = load(source, (*settings, "protocol=[{rest: 1 s}]"))
        high = config.positive.initial_filling if start is None else start
        if high is None:
            text = "is missing; write the mean filling where delithiation begins, such as 0.99"
            raise ConfigError([Problem(str(source), 0, "positive.initial_filling", text)])
        for delithiation in directions:
            cases[variant.label, delithiation] = HalfCycle(
                source=Path(source),
                rate=1.0,
                start=high if delithiation else end,
                end=end if delithiation else high,
                overrides=settings,
                resolution=resolution,
            )
    total = len(cases) * (len(ascending) + bool(accuracy))
    # the fastest rates need the most time steps, so the last ones are begun first
    waiting = deque[Task](
        ((key, rate), follow, (replace(case, rate=rate),))
        for key, case in reversed(cases.items())
        for rate in ascending[::-1]
    )
    followed: dict[tuple[str, bool], dict[float, Track]] = {key: {} for key in cases}
    thresholds: dict[tuple[str, bool], Threshold] = {}
    processes = min(jobs or default_processes(), total)
    ended = outcomes(Emptying(waiting), 0 if processes == 1 else processes)
    for done, ((key, rate), outcome) in enumerate(ended, 1):
        if rate is None:
            thresholds[key] = _unknown(outcome) if isinstance(outcome, Lost) else outcome
        else:
            known = followed[key]
            known[rate] = _nothing(outcome.reason) if isinstance(outcome, Lost) else outcome
            if accuracy and len(known) == len(ascending):
                known = {rate: known[rate] for rate in ascending}
                limits = ascending[0], ascending[-1], accuracy
                waiting.append(((key, None), threshold, (cases[key], *limits, known)))
        tell(done, total, _what(key[0], key[1], rate))
    tracks = {key: [followed[key][rate] for rate in ascending] for key in cases}
    thresholds = {key: thresholds[key] for key in cases if key in thresholds}
    highest = max(max(case.start, case.end) for case in cases.values())
    return Diagram(ascending, highest, end, tracks, thresholds)


def _what(label: str, delithiation: bool, rate: float | None) -> str:
    """A half cycle, or a threshold (no rate), in words."""
    direction = "delithiation" if delithiation else "lithiation"
    what = "threshold" if rate is None else f"{rate:g} C"
    return ", ".join(filter(None, [label, direction, what]))


def _nothing(reason: str) -> Track:
    """A half cycle without results."""
    none = np.empty(0)
    return Track(none, none, none, np.empty((0, 2)), reason)


def _unknown(lost: Lost) -> Threshold:
    return Threshold(math.nan, math.nan, math.nan, reason=lost.reason)
