"""The report of a fit as HTML: one page that stands alone, or its parts for a notebook."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from electrode_model import page as pages
from electrode_model.fit import report
from electrode_model.fit.outcome import FIGURES, PAGE, Curve, Fit
from electrode_model.fit.statistics import Estimate
from electrode_model.results.provenance import versions
from electrode_model.results.summary import duration

__all__ = ["embedded", "page", "write"]

_SHORT = 200_000  # characters of a configuration that is shown whole


def write(fit: Fit, folder: Path) -> list[Path]:
    """The page and the figures, into the folder of a fit; their paths."""
    from electrode_model.plots.fit import figures, save  # plots may import what is here

    drawn = figures(fit)
    path = folder / PAGE
    path.write_text(page(fit, drawn), encoding="utf-8")
    return [path, *save(drawn, folder / FIGURES)]


def page(fit: Fit, drawn: Mapping[str, Any] | None = None) -> str:
    """The whole page; ``drawn`` are its figures, if they are there already."""
    drawn = _figures(fit) if drawn is None else drawn
    return pages.document(f"Fit: {fit.name}", _head(fit), _sections(fit, drawn))


def embedded(fit: Fit, drawn: Mapping[str, Any] | None = None) -> str:
    """What matters most, without a style of its own: for a notebook."""
    drawn = _figures(fit) if drawn is None else drawn
    parts = [f"<p><strong>Fit {escape(fit.name)}</strong>: {_status(fit)}</p>", *_parameters(fit)]
    parts += _curves(fit, drawn)
    for one in fit.extras:
        parts += [f"<h3>{escape(one.title)}</h3>", one.html]
    parts.append(f"<p>{escape(report.cost(fit))}</p>")
    return "\n".join(parts)


def _figures(fit: Fit) -> Mapping[str, Any]:
    from electrode_model.plots.fit import figures

    return figures(fit)


def _head(fit: Fit) -> str:
    determined = sum(one.determined for one in fit.parameters)
    fitted = [one for one in fit.curves if not one.left_out]
    pairs = [
        ("parameters", f"{determined} of {len(fit.parameters)} determined by the data"),
        ("fitted", f"{_count(len(fitted), 'curve')}, {_millivolts(fit.rms)} rms over all points"),
    ]
    if fit.status == "interrupted":
        pairs = pairs[1:]  # nothing is said of them yet
    for one in fit.predictions:
        volts = "" if math.isnan(one.rms) else f"{_millivolts(one.rms)} rms"
        end = report.percent(one.end_error)
        said = [x for x in (volts, end and f"end capacity {end}") if x] or ["no run"]
        pairs.append(("predicted", f"{escape(one.name)}: {'; '.join(said)}"))
    pairs.append(("took", escape(report.cost(fit))))
    return f"<p>{_status(fit)}</p>{pages.facts(pairs)}"


def _status(fit: Fit) -> str:
    kind = {"converged": "pass"}.get(fit.status, "fail")
    text = fit.message.removeprefix(fit.status).lstrip("; ")
    return f'<span class="verdict {kind}">{fit.status}</span>: {escape(text)}'


def _sections(fit: Fit, drawn: Mapping[str, Any]) -> Iterator[str]:
    yield _section("Parameters", _parameters(fit))
    yield _section("Data and model", _curves(fit, drawn))
    if len(fit.parameters) > 1:
        yield _section("Correlation", _correlation(fit, drawn))
    if fit.profiles:
        yield _section("Profile likelihood", _profiles(drawn))
    for one in fit.extras:
        yield _section(one.title, [one.html])
    yield _section("How it was fitted", _method(fit))
    yield _section("Fitted configuration", _configuration(fit))


def _section(title: str, parts: Iterable[str]) -> str:
    return "\n".join([f"<section><h2>{escape(title)}</h2>", *parts, "</section>"])


def _parameters(fit: Fit) -> Iterator[str]:
    heads = ("parameter", "value", "95 % interval", "unit", "within its bounds", "allowed", "start")
    rows = []
    for one, cells in zip(fit.parameters, report.parameter_rows(fit)[1:], strict=True):
        name, value, known, unit, allowed, flag = map(escape, cells)
        note = f' <span class="open">{flag}</span>' if flag else ""
        rows.append((name, value, known + note, unit, _bar(one), allowed, f"{one.start:.4g}"))
    yield pages.table(heads, rows, right=(1, 2, 5, 6))
    if any(one.profile is not None for one in fit.parameters):
        yield "<p>Intervals of those with (profile) are by profile likelihood.</p>"
    if fit.words:
        yield "<h3>Not determined by these data</h3>"
        yield f'<div class="notice">{pages.bullets(map(escape, fit.words))}</div>'
    found = report.sentences(fit)
    if found:
        yield f"<h3>To know</h3>{pages.bullets(map(escape, found))}"


def _bar(one: Estimate) -> str:
    """The range allowed as a line, on it the interval, the value and the start."""
    low, high = one.profile or (one.low, one.high)
    ends = [
        _share(one, bound if math.isnan(x) else x)
        for x, bound in ((low, one.lower), (high, one.upper))
    ]
    value, start = _share(one, one.value), _share(one, one.start)
    words = escape(f"{one.name} from its lower to its upper bound", quote=True)
    scale = "logarithmic" if one.log else "linear"
    interval = f'x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="9" y2="9"'
    known = "" if math.isnan(one.low) else f'<line {interval} stroke="#0072B2" stroke-width="6"/>'
    return (
        f'<svg class="range" viewBox="0 0 170 18" width="170" height="18" role="img"'
        f' aria-label="{words}"><title>{scale} scale; tick: start</title>'
        '<line x1="5" x2="165" y1="9" y2="9" stroke="#8a8a8a" stroke-width="1.5"/>'
        '<line x1="5" x2="5" y1="5" y2="13" stroke="#8a8a8a" stroke-width="1.5"/>'
        '<line x1="165" x2="165" y1="5" y2="13" stroke="#8a8a8a" stroke-width="1.5"/>'
        f'{known}<line x1="{start:.1f}" x2="{start:.1f}" y1="2" y2="7" stroke="#8a8a8a"/>'
        f'<circle cx="{value:.1f}" cy="9" r="4" fill="#D55E00"/></svg>'
    )


def _share(one: Estimate, x: float) -> float:
    """Place of a value in the drawing."""
    if one.log:
        share = math.log(max(x, one.lower) / one.lower) / math.log(one.upper / one.lower)
    else:
        share = (x - one.lower) / (one.upper - one.lower)
    return 5 + 160 * min(max(share, 0.0), 1.0)


def _curves(fit: Fit, drawn: Mapping[str, Any]) -> Iterator[str]:
    half = "curves" in drawn and len(drawn["curves"].axes) == 1
    label, text = "Voltage of data and model", "Lines: model. Points: data, open where left out."
    yield _figure(drawn, "curves", label, text, half)
    text = (
        "Points, and means along each curve, over the measured capacity. A constant current with a"
        " cut-off is compared at equal shares of the end capacities, which are compared apart."
        if any(one.scaled for one in fit.curves)
        else "At equal times."
    )
    yield _figure(drawn, "residuals", "Voltage of the model less the data", text, half)
    yield _figure(drawn, "capacities", "End capacity of data and model", half=True)
    for title, own in (
        ("Fitted curves", [one for one in fit.curves if not one.left_out]),
        ("Predicted curves, left out of the fit", list(fit.predictions)),
    ):
        if own:
            yield f"<h3>{title}</h3>{_curve_table(own)}"


def _curve_table(own: Sequence[Curve]) -> str:
    heads = (
        "data set", "rate", "mV rms", "mV at most", "at A h/m²", "end capacity, A h/m²", "model",
        "error",
    )  # fmt: skip
    rows = []
    for one, row in zip(own, report.curve_rows(own)[1:], strict=True):
        name, _, rate, rms, most, end, model, error = map(escape, row)
        at = f"{one.largest_at:.4g}" if most else ""
        rows.append((name, rate, rms, most, at, end, model, error))
    return pages.table(heads, rows, right=range(1, 8))


def _correlation(fit: Fit, drawn: Mapping[str, Any]) -> Iterator[str]:
    yield _figure(drawn, "correlation", "Correlation of the parameters", half=True)
    heads, *rows = report.correlation_rows(fit)
    numbers = pages.table(
        [escape(x) for x in heads], [[escape(x) for x in row] for row in rows], range(1, len(heads))
    )
    yield f"<details><summary>as numbers</summary>{numbers}</details>"


def _profiles(drawn: Mapping[str, Any]) -> Iterator[str]:
    text = (
        "The other parameters are fitted at each point. Shaded: 95 % interval, where the rise stays"
        " below the line. Dashed: what the derivatives at the optimum would have said."
    )
    half = "profiles" in drawn and len(drawn["profiles"].axes) == 1
    yield _figure(drawn, "profiles", "Profile likelihood of parameters", text, half)


def _method(fit: Fit) -> Iterator[str]:
    pairs = [
        ("method", escape(fit.method)),
        ("simulations", str(fit.simulations)),
        ("failed", str(sum(fit.failures.values()))),
        ("time", duration(fit.seconds)),
        ("residuals", f"{fit.residuals}, of which {fit.correlated:.1f} in a row count as one"),
        ("sum of squares", f"{fit.cost:.5g}"),
        ("versions", escape(", ".join(f"{k} {v}" for k, v in versions().items()))),
    ]
    yield pages.facts(pairs)
    if fit.failures:
        yield "<h3>Failed simulations</h3>" + pages.bullets(map(escape, report.failures(fit)))
    if len(fit.starts) > 1:
        rows = [(str(k), f"{a:.5g}", f"{b:.5g}") for k, (a, b) in enumerate(fit.starts, start=1)]
        yield "<h3>Starts</h3>" + pages.table(("start", "cost before", "after"), rows, (1, 2))
    yield "<h3>Data</h3>"
    for name, found in report.notes(fit).items():
        yield f"<p>{escape(name) or 'What is compared'}</p>{pages.bullets(map(escape, found))}"


def _configuration(fit: Fit) -> Iterator[str]:
    own = [one.name for one in fit.parameters if "[" in one.name]
    if own:
        yield (
            f"<p>{escape(', '.join(own))}: of single data sets, and in their configurations, not in"
            " this one.</p>"
        )
    text = fit.to_yaml()
    cut = "" if len(text) <= _SHORT else "\n..."
    yield (
        "<details><summary>YAML, ready to run: electrode-model run fitted.yaml</summary>"
        f"<pre>{escape(text[:_SHORT])}{cut}</pre></details>"
    )


def _figure(
    drawn: Mapping[str, Any], name: str, label: str, caption: str = "", half: bool = False
) -> str:
    if name not in drawn:
        return ""
    return pages.picture(drawn[name], name, label, escape(caption), half)


def _millivolts(volts: float) -> str:
    return "no voltages" if math.isnan(volts) else f"{1e3 * volts:.3g} mV"


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"
