"""What a fit says, as tables of text and sentences: for the terminal, files and the page."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from electrode_model.results.summary import duration, table

if TYPE_CHECKING:
    from electrode_model.fit.outcome import Curve, Fit
    from electrode_model.fit.statistics import Estimate

__all__ = [
    "COLUMNS",
    "correlation_rows",
    "cost",
    "curve_rows",
    "data_set",
    "interval",
    "lines",
    "notes",
    "parameter_rows",
    "percent",
    "rate_of",
    "said_rate",
    "sentences",
    "text",
]

#: Of the table of data sets.
COLUMNS = (
    "data_set", "step", "use", "rate", "current", "rms_mV", "largest_mV", "largest_at",
    "end_capacity", "model_end_capacity", "end_capacity_error_percent",
)  # fmt: skip

_WRONG = 3.0  # residuals in a row that count as one, from which the model and not noise is wrong
_STRONG = 0.9  # correlation that is worth a word; statistics.py says what is not told apart
_WORSE = 1.5  # times the rms of fitted curves, from which a prediction is worse than the fit


def text(fit: "Fit") -> str:
    """All of it, the answer first."""
    parts = [
        [f"Fit {fit.name}: {fit.message}"],
        lines(parameter_rows(fit)),
        [f"not determined: {words}" for words in fit.words],
        sentences(fit),
        lines(curve_rows(fit.curves), right=(2, 3, 4, 5, 6)),
        *([one.title, one.text] for one in fit.extras),
        [*failures(fit), cost(fit)],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def lines(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Aligned columns, under their heads."""
    return [line[2:] for line in table(rows, right)] if len(rows) > 1 else []


def parameter_rows(fit: "Fit") -> list[tuple[str, ...]]:
    """Head, and a row for each parameter: value, 95 % interval, unit, range, what to know."""
    rows: list[tuple[str, ...]] = [("parameter", "value", "95 % interval", "unit", "allowed", "")]
    for one in fit.parameters:
        value, low, high = interval(one)
        name = one.name if one.profile is None else f"{one.name} (profile)"
        unit = "" if one.unit == "1" else one.unit
        allowed = f"{one.lower:.4g} .. {one.upper:.4g}"
        known = "not yet known" if low == high == "" else f"{low} .. {high}"
        rows.append((name, value, known, unit, allowed, one.flag))
    return rows


def interval(one: "Estimate") -> tuple[str, str, str]:
    """Value and both ends, with the digits that the interval leaves; "bound" for no end.

    Empty ends where there is no interval yet.
    """
    low, high = one.profile or (one.low, one.high)
    if one.profile is None and math.isnan(low):
        return f"{one.value:.5g}", "", ""
    wide = [x for x in (low, high, one.value) if math.isfinite(x)]
    size, width = max(map(abs, wide)), max(wide) - min(wide)
    digits = 3
    if width > 0:  # two digits of it
        digits = 2 + math.floor(math.log10(size)) - math.floor(math.log10(width))
    digits = min(max(digits, 3), 9)
    shown = [f"{x:.{digits}g}" if math.isfinite(x) else "bound" for x in (low, high)]
    return f"{one.value:.{digits}g}", shown[0], shown[1]


def curve_rows(curves: "Sequence[Curve]") -> list[tuple[str, ...]]:
    """Head, and a row for each curve: fitted or predicted, deviations, end capacities."""
    heads = ("data set", "use", "rate", "mV rms", "mV at most", "A h/m^2", "model", "error")
    rows: list[tuple[str, ...]] = [heads]
    for one in curves:
        volts = [f"{1e3 * one.rms:.1f}", f"{1e3 * one.largest:.1f}"]
        if not one.measured.size or math.isnan(one.rms):
            volts = ["", ""]
        ends = [f"{one.end:.4g}", f"{one.model_end:.4g}", percent(one.end_error)]
        if not one.ends_free:
            ends = [ends[0] if one.end else "", "", ""]
        if math.isnan(one.model_end):
            ends[1:] = ["no run", ""]
        rows.append((one.name, _use(one), rate_of(one), *volts, *ends))
    return rows


def data_set(one: "Curve") -> tuple[str | float, ...]:
    """The row of a curve under :data:`COLUMNS`; A h/m^2 and A/m^2."""
    return (
        one.data_set, one.label, _use(one), one.rate, one.current, 1e3 * one.rms,
        1e3 * one.largest, one.largest_at, one.end, one.model_end, 100 * one.end_error,
    )  # fmt: skip


def correlation_rows(fit: "Fit") -> list[tuple[str, ...]]:
    """The matrix with its names."""
    names = [one.name for one in fit.parameters]
    matrix = fit.correlation
    rows = [("", *names)]
    for name, row in zip(names, matrix, strict=True):
        rows.append((name, *(f"{x:.2f}" for x in row)))
    return rows


def rate_of(one: "Curve") -> str:
    """C-rate of a constant current; empty for a rest, a hold, or a measured current."""
    return said_rate(one.rate) if one.label in ("discharge", "charge") else ""


def said_rate(rate: float) -> str:
    """Such as "C/20", "2C"; its size only."""
    size = abs(rate)
    if 0 < size < 0.95 and abs(1 / size - round(1 / size)) < 0.02 / size:
        return f"C/{round(1 / size)}"
    return f"{size:.3g}C"


def sentences(fit: "Fit") -> list[str]:
    """What the numbers mean: of the residuals, of predictions, of strong correlations."""
    found = []
    if fit.correlated > _WRONG:
        found.append(
            f"residuals keep their sign over {fit.correlated:.0f} points: the model is wrong by"
            " more than the noise, and the intervals allow for it"
        )
    worst = max((c.rms for c in fit.predictions if math.isfinite(c.rms)), default=math.nan)
    if worst > _WORSE * fit.rms:
        found.append(
            f"predictions are off by up to {1e3 * worst:.1f} mV rms, fitted curves by"
            f" {1e3 * fit.rms:.1f} mV: the model or its parameters do not carry over"
        )
    named = "\n".join(fit.words)
    names = [one.name for one in fit.parameters]
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            rho = fit.correlation[i, j]
            if abs(rho) > _STRONG and f"{other} and {one} are not" not in named:
                found.append(f"{other} and {one} are correlated by {rho:.2f}")
    return found


def failures(fit: "Fit") -> list[str]:
    """Failed simulations by their reasons."""
    return [
        f"{count} failed simulation{'s' * (count != 1)}: {why}"
        for why, count in fit.failures.items()
    ]


def cost(fit: "Fit") -> str:
    """Simulations, failed ones, time, method."""
    failed = sum(fit.failures.values())
    none = f", {failed} of them failed," if failed else ""
    return f"{fit.simulations} simulations{none} in {duration(fit.seconds)}; {fit.method}"


def notes(fit: "Fit") -> dict[str, list[str]]:
    """What was found in the data and assumed, by data set; of none in particular under ""."""
    names = [one.name for one in fit.data]
    found: dict[str, list[str]] = {}
    for note in fit.notes:
        name, _, rest = note.partition(": ")
        own = name if name in names else ""
        found.setdefault(own, []).append(rest if own else note)
    return found


def percent(share: float) -> str:
    """With its sign; such as "+1.2 %"; empty for nan."""
    if math.isnan(share):
        return ""
    text = f"{100 * share:+.1f} %"
    return "0.0 %" if text[1:] == "0.0 %" else text


def _use(one: "Curve") -> str:
    return "predicted" if one.left_out else "fitted"
