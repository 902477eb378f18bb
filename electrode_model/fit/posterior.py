"""What the parameters of a fit can be: samples of their posterior, and what these say."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model.fit.chain import LENGTHS
from electrode_model.results.summary import duration

__all__ = ["CURE", "Posterior", "installed"]

Array = np.ndarray[Any, np.dtype[np.float64]]

#: What to do where the sampler is not installed.
CURE = "pip install 'electrode-model[bayes]', or remove the key"

_BETTER = 1.0  # of a log density: more than a simulation's tolerance and a flat optimum make
_OTHER = 1.2  # ratio of widths from which sampled intervals and those of derivatives differ


@dataclass(frozen=True)
class Posterior:
    """Samples of the parameters, in SI, and how far they are to be trusted."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    log: tuple[bool, ...]  # scale of each
    bounds: Array  # (p, 2)
    optimum: Array  # (p,)
    samples: Array  # (n, p), without the start of the walkers
    intervals: Array  # (p, 2) of 95 %, as much outside on either side
    gaussian: Array  # (p, 2) of the derivatives at the optimum
    covariance: Array  # (p, p) of u, of the derivatives
    cut: tuple[str, ...]  # (p,) "", "lower", "upper" or "both": bounds that cut the interval
    walkers: int
    steps: int
    burnt: int  # steps left out
    autocorrelation: Array  # (p,) steps
    acceptance: float  # of proposed steps
    asked: float  # independent samples
    converged: bool
    better: float  # log of the best sample's density over that of the optimum
    simulated: int  # points
    seconds: float

    @property
    def effective(self) -> Array:
        """(p,) samples that are independent."""
        result: Array = len(self.samples) / self.autocorrelation
        return result

    @property
    def correlation(self) -> Array:
        """(p, p) between the parameters, on their scales."""
        scaled = np.where(self.log, np.log(np.where(self.log, self.samples, 1.0)), self.samples)
        return np.atleast_2d(np.corrcoef(scaled, rowvar=False))

    @property
    def heads(self) -> tuple[str, ...]:
        """Of :attr:`rows`."""
        return "parameter", "median", "95 % sampled", "95 % by derivatives", "unit", "samples"

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The parameters, as text."""
        found: list[tuple[str, ...]] = []
        for k, name in enumerate(self.names):
            low, high = self.intervals[k]
            digits = _digits(low, high)
            text = [f"{x:.{digits}g}" for x in (np.median(self.samples[:, k]), low, high)]
            known = [f"{x:.{digits}g}" for x in self.gaussian[k]]
            unit = "" if self.units[k] == "1" else self.units[k]
            cells = (text[0], f"{text[1]} .. {text[2]}", f"{known[0]} .. {known[1]}")
            found.append((name, *cells, unit, f"{self.effective[k]:.0f}"))
        return found

    @property
    def sentences(self) -> tuple[str, ...]:
        """How it was sampled, whether that is enough, and where it differs from the derivatives."""
        simulated = "all of it of an earlier run"
        if self.simulated:
            simulated = f"{self.simulated} points simulated in {duration(self.seconds)}"
        texts = [
            f"{self.walkers} walkers, {self.steps} steps, the first {self.burnt} left out;"
            f" {100 * self.acceptance:.0f} % accepted; autocorrelation time"
            f" {self.autocorrelation.max():.1f} steps, {self.effective.min():.0f} independent"
            f" samples or more; {simulated}"
        ]
        if not self.converged:
            length = (self.steps - self.burnt) / self.autocorrelation.max()
            least = self.effective.min()
            reasons = []
            if length < LENGTHS:
                reasons.append(
                    f"{length:.0f} autocorrelation times of the {LENGTHS} that are needed"
                )
            if least < self.asked:
                reasons.append(f"{least:.0f} independent samples of the {self.asked:g} asked for")
            texts.append(
                f"not converged: {' and '.join(reasons)}; raise posterior.steps and go on with"
                " --resume"
            )
        if self.better > _BETTER:
            texts.append(
                f"a sample fits better than the optimum (log density {self.better:.1f} higher):"
                " the fit ended beside the best place; more starts may find it"
            )
        for k, name in enumerate(self.names):
            if self.cut[k]:
                one = f"its {self.cut[k]} bound cuts"
                side = "both bounds cut" if self.cut[k] == "both" else one
                texts.append(f"{name}: {side} the interval, which says what was allowed, not known")
                continue
            own, other = np.ptp(self.intervals[k]), np.ptp(self.gaussian[k])
            ratio = own / other if other > 0 else math.inf
            if not 1 / _OTHER < ratio < _OTHER:
                word = "wider" if ratio > 1 else "narrower"
                texts.append(
                    f"{name}: the sampled interval is {max(ratio, 1 / ratio):.2g} times {word} than"
                    " that of the derivatives, which see the curvature at the optimum only"
                )
        return tuple(texts)

    def numbers(self) -> dict[str, Any]:
        """For summary.json."""
        return {
            "names": self.names,
            "median": np.median(self.samples, axis=0),
            "intervals": self.intervals,
            "intervals_by_derivatives": self.gaussian,
            "autocorrelation_steps": self.autocorrelation,
            "effective": self.effective,
            "acceptance": self.acceptance,
            "walkers": self.walkers,
            "steps": self.steps,
            "left_out": self.burnt,
            "converged": self.converged,
            "sentences": self.sentences,
        }

    def __str__(self) -> str:
        """Table and sentences."""
        rows = [self.heads, *self.rows]
        widths = [max(len(row[k]) for row in rows) for k in range(len(self.heads))]
        table = [
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([*table, *self.sentences])

    __repr__ = __str__


def installed() -> bool:
    """Whether the sampler is there."""
    try:
        import emcee  # noqa: F401
    except ImportError:
        return False
    return True


def _digits(low: float, high: float) -> int:
    """As many as an interval leaves, two of its width."""
    largest, width = max(abs(low), abs(high)), abs(high - low)
    if width == 0 or largest == 0:
        return 4
    return min(max(2 + math.floor(math.log10(largest)) - math.floor(math.log10(width)), 3), 9)
