"""Model comparison on the same data: named variants of a fit, and criteria to choose by.

For least squares with normal errors of unknown size, -2 ln(likelihood) is n ln(S/n) and a
constant, with n residuals and their sum of squares S (Burnham & Anderson, Model Selection and
Multimodel Inference, 2nd ed., Springer 2002, eq. 2.2: the variance is one parameter more).

Residuals of neighbouring bins of a curve are alike, and n of them tell less than n.  They count
as n/tau, where tau = 1 + 2 sum of their autocorrelations (Bayley & Hammersley, J. R. Stat. Soc.
Suppl. 8 (1946) 184; Thiebaux & Zwiers, J. Clim. Appl. Meteorol. 23 (1984) 800), which divides
-2 ln(likelihood) by tau as a variance inflation factor does (Lebreton et al., Ecol. Monogr. 62
(1992) 67).  As such a factor it is that of the variant that leaves least, the same for all.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import chi2

from electrode_model.fit.statistics import autocorrelation

__all__ = ["Agreement", "Comparison", "Score", "compare", "evidence_words", "whiteness"]

Array = np.ndarray[Any, np.dtype[np.float64]]

_LAGS = 10  # of the test for white residuals, as Ljung & Box use for a hundred values
_WHITE = 0.01  # probability of chance below which residuals are not white
_MOST_ODDS = 1e6  # larger ones are written as larger: residuals are never that normal
#: Least 2 ln(Bayes factor) of each word: Kass & Raftery, JASA 90 (1995) 773, section 3.2.
_WORDS = (
    (10.0, "very strong evidence"),
    (6.0, "strong evidence"),
    (2.0, "positive evidence"),
    (0.0, "not worth more than a bare mention"),
)


@dataclass(frozen=True)
class Agreement:
    """How one variant agrees with the data."""

    parameters: int
    loss: float  # what was minimised: of squares unless the loss is robust; without priors
    residuals: int  # of data
    rms: float  # V
    pieces: tuple[Array, ...]  # residuals of voltage along each curve, bin by bin
    bins: int  # of a whole curve


@dataclass(frozen=True)
class Score:
    """One variant in the comparison; differences are to the best of all variants."""

    name: str
    parameters: int
    rms: float  # V
    correlated: float  # neighbouring residuals that count as one
    chance: float  # probability of such correlations in white residuals
    aic: float  # as if all residuals were independent
    aicc: float  # with those that are, corrected for their small number
    bic: float  # likewise
    d_aic: float
    d_aicc: float
    d_bic: float
    weight: float  # Akaike weight, by AICc
    probability: float  # by BIC, all variants equally probable beforehand


@dataclass(frozen=True)
class Comparison:
    """Variants from the most probable to the least."""

    scores: tuple[Score, ...]
    residuals: int
    correlated: float  # tau, of the variant that leaves least
    share: float  # of a curve over which residuals are alike
    effective: float  # residuals that are independent
    excluded: Mapping[str, str]  # variants without a fit, and why

    @property
    def preferred(self) -> str:
        """The most probable variant."""
        return self.scores[0].name

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """The table with its heads."""
        head = (
            *("variant", "free", "mV rms", "tau", "AIC, n as is", "AICc", "weight", "BIC"),
            "probability",
        )
        rows: list[tuple[str, ...]] = [head]
        for one in self.scores:
            rows.append(
                (
                    one.name,
                    str(one.parameters),
                    f"{1e3 * one.rms:.3g}",
                    f"{one.correlated:.1f}",
                    f"+{one.d_aic:.1f}",
                    f"+{one.d_aicc:.1f}",
                    _share(one.weight),
                    f"+{one.d_bic:.1f}",
                    _share(one.probability),
                )
            )
        return rows

    def table(self) -> str:
        """All variants, as text."""
        rows = self.rows
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        return "\n".join(
            "  ".join(
                cell.ljust(w) if k == 0 else cell.rjust(w)
                for k, (cell, w) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """The choice, how strong the evidence is, and what to mind."""
        texts = [self._choice()] if len(self.scores) > 1 else []
        least = min(self.scores, key=lambda one: one.aicc)
        best = self.scores[0]
        if least is not best:
            texts.append(
                f"AICc prefers {least.name} (by {best.d_aicc:.1f}), BIC {best.name} (by"
                f" {least.d_bic:.1f}): AICc asks which predicts better, BIC which is true, and"
                " the data do not settle it"
            )
        texts.append(self._counted())
        colored = [one.name for one in self.scores if one.chance < _WHITE]
        if best.name in colored:
            texts.append(
                f"residuals of {', '.join(colored)} are not white (Ljung-Box test, p below"
                f" {_WHITE:g}): also {best.name}, which is preferred, is wrong by more than"
                " noise; the criteria choose the least wrong"
            )
        elif colored:
            texts.append(
                f"residuals of {', '.join(colored)} are not white (Ljung-Box test, p below"
                f" {_WHITE:g}); those of {best.name} are"
            )
        texts += [f"{name} is left out: {why}" for name, why in self.excluded.items()]
        return tuple(texts)

    def _choice(self) -> str:
        best, next_ = self.scores[:2]
        if not math.isfinite(next_.d_bic):
            return f"{best.name} is preferred to {next_.name}"
        text = f"{best.name} is preferred to {next_.name}: BIC {next_.d_bic:.1f} lower, odds"
        text += f" {_odds(next_.d_bic)}, {evidence_words(next_.d_bic)}"
        change = next_.aicc - best.aicc
        if change > 0 and math.isfinite(change):
            text += f"; AICc {change:.1f} lower, evidence ratio {_odds(change)}"
        return text

    def _counted(self) -> str:
        if self.correlated <= 1.0:
            return (
                f"neighbouring residuals are not correlated: all {self.residuals} of them count"
                " as independent"
            )
        text = (
            f"residuals are alike over {self.correlated:.1f} bins, {100 * self.share:.2g} % of a"
            f" curve: {self.residuals} of them count as {self.effective:.0f}"
        )
        if len(self.scores) < 2:
            return text
        plain = sorted(one.aic for one in self.scores)
        return (
            f"{text}.  AIC of all {self.residuals} as if independent would differ by"
            f" {plain[1] - plain[0]:.1f}, which overstates the evidence"
        )

    def numbers(self) -> dict[str, Any]:
        """For summary.json."""
        return {
            "variants": [dict(vars(one)) for one in self.scores],
            "residuals": self.residuals,
            "correlated": self.correlated,
            "effective": self.effective,
            "excluded": dict(self.excluded),
            "sentences": list(self.sentences),
        }

    def __str__(self) -> str:
        """Table and sentences."""
        return "\n".join([self.table(), *self.sentences])

    __repr__ = __str__


def compare(
    every: Mapping[str, Agreement], excluded: Mapping[str, str] | None = None
) -> Comparison:
    """Compare variants that were fitted to the same data with the same objective.

    Raises ValueError for none, or for variants with different numbers of residuals.
    """
    if not every:
        raise ValueError("no variant could be fitted")
    counts = {one.residuals for one in every.values()}
    if len(counts) > 1:
        raise ValueError(f"variants have {sorted(counts)} residuals; one set of data is needed")
    n = counts.pop()
    least = min(every.values(), key=lambda one: one.loss)
    tau = autocorrelation(least.pieces)
    effective = n / tau
    values = {name: _criteria(one, effective) for name, one in every.items()}
    lowest = [min(row[k] for row in values.values()) for k in range(3)]
    weights = _weights([row[1] for row in values.values()])
    probabilities = _weights([row[2] for row in values.values()])
    scores = []
    for k, (name, one) in enumerate(every.items()):
        aic, aicc, bic = values[name]
        scores.append(
            Score(
                name=name,
                parameters=one.parameters,
                rms=one.rms,
                correlated=autocorrelation(one.pieces),
                chance=whiteness(one.pieces),
                aic=aic,
                aicc=aicc,
                bic=bic,
                d_aic=aic - lowest[0],
                d_aicc=aicc - lowest[1] if math.isfinite(lowest[1]) else math.nan,
                d_bic=bic - lowest[2],
                weight=weights[k],
                probability=probabilities[k],
            )
        )
    scores.sort(key=lambda one: one.bic)
    share = tau / max(least.bins, 1)
    return Comparison(tuple(scores), n, tau, share, effective, dict(excluded or {}))


def _criteria(one: Agreement, effective: float) -> tuple[float, float, float]:
    """AIC of all residuals; AICc and BIC of those that are independent.

    AICc: Hurvich & Tsai, Biometrika 76 (1989) 297; infinite where parameters are too many for it.
    """
    n, k = one.residuals, one.parameters + 1  # the variance too
    each = math.log(max(one.loss, np.finfo(float).tiny) / n)
    room = effective - k - 1
    more = 2 * k * (k + 1) / room if room > 0 else math.inf
    aicc = effective * each + 2 * k + more
    return n * each + 2 * k, aicc, effective * each + k * math.log(effective)


def _weights(values: Sequence[float]) -> list[float]:
    least = min(values)
    if not math.isfinite(least):
        return [math.nan] * len(values)
    each = [math.exp(-0.5 * (value - least)) for value in values]
    return [one / sum(each) for one in each]


def whiteness(pieces: Sequence[Array]) -> float:
    """Probability that white residuals are as correlated as these along their curves.

    The test of Ljung & Box (Biometrika 65 (1978) 297), its sums added over the curves.
    """
    total, freedom = 0.0, 0
    for values in pieces:
        n, size = values.size, float(values @ values)
        lags = min(_LAGS, n // 4)
        if lags < 1 or size == 0:
            continue
        rho = np.array([values[:-k] @ values[k:] for k in range(1, lags + 1)]) / size
        total += n * (n + 2) * float((rho**2 / (n - np.arange(1, lags + 1))).sum())
        freedom += lags
    return float(chi2.sf(total, freedom)) if freedom else 1.0


def evidence_words(difference: float) -> str:
    """What a difference of BIC, which is near 2 ln(Bayes factor), says of the better variant."""
    return next(word for least, word in _WORDS if difference >= least)


def _odds(difference: float) -> str:
    """exp(difference/2) to 1."""
    if difference > 2 * math.log(_MOST_ODDS):
        return f"more than {_MOST_ODDS:,.0f} to 1"
    odds = math.exp(difference / 2)
    return f"{odds:.2g} to 1" if odds < 100 else f"{odds:,.0f} to 1"


def _share(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:.3f}" if value >= 1e-3 else f"{value:.0e}" if value > 1e-99 else "0"
