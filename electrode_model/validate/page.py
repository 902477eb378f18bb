"""The page of the validation suite: one HTML file that needs no server and no other file."""

import base64
import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from electrode_model.validate.cases import Case, Data
from electrode_model.validate.record import Record, fingerprint, make
from electrode_model.validate.suite import Outcome

__all__ = ["html", "write_page"]

#: Nothing is loaded from anywhere: the browser is told to refuse it.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
LARGEST = 3_000_000  # bytes of a figure; a larger one is named, not embedded
WORDS = {"pass": "pass", "fail": "fail", "open": "open"}


def write_page(record: Record, output: Path) -> Path:
    """``validation.html`` in the output folder; its path."""
    path = output / "validation.html"
    path.write_text(html(record), encoding="utf-8")
    return path


def html(record: Record) -> str:
    """The whole page."""
    style = files("electrode_model.validate").joinpath("style.css").read_text(encoding="utf-8")
    sections = [_section(outcome, record) for outcome in record.outcomes]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Validation of electrode_model</title><style>\n{style}</style></head><body>",
            '<a class="skip" href="#cases">to the table of cases</a>',
            "<header><h1>Validation of electrode_model</h1>",
            _head(record),
            "</header><main>",
            _overview(record),
            *sections,
            "</main></body></html>",
            "",
        ]
    )


def _head(record: Record) -> str:
    counts, about = record.counts(), make()
    total = len(record.outcomes)
    surprises = record.surprises()
    which = "all cases" if total == record.known else f"{total} of {record.known} cases"
    reduced = " in a quick run: fewer particles, grid points or curves" if record.quick else ""
    told = ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
    notice = (
        '<div class="notice"><p><strong>Worse than expected:</strong></p>'
        + _list(map(escape, surprises))
        + "</div>"
        if surprises
        else '<p class="notice good">Every case came out as expected; one that is expected to fail'
        " is shown as failing.</p>"
    )
    libraries = ", ".join(f"{name} {version}" for name, version in about["libraries"].items())
    facts = {
        "version": f"{about['version']}, commit {about['commit'] or 'unknown'}",
        "date": record.date,
        "machine": f"{about['platform']}, {about['cores']} cores, Python {about['python']}",
        "libraries": libraries,
        "took": _duration(record.seconds),
        "fingerprint": f"{fingerprint(record.outcomes)} of all printed numbers and verdicts: two"
        " runs that have the same one printed the same",
    }
    lines = "".join(f"<dt>{key}</dt><dd>{escape(value)}</dd>" for key, value in facts.items())
    return (
        f"<p>{which}{reduced}: <strong>{told}</strong>. Each is judged by criteria that stand in"
        " its folder with their reasons. A case fails if one of its rows is not reproduced, and"
        " stays visible as failing.</p>"
        f"{notice}<dl>{lines}</dl>"
    )


def _overview(record: Record) -> str:
    body = []
    for outcome in record.outcomes:
        case = outcome.case
        rows = [row.verdict for row in outcome.rows]
        parts = [f"{rows.count('reproduced')} of {len(rows)} rows"] if rows else ["no rows"]
        parts += [f"{rows.count('open')} open"] if rows.count("open") else []
        worse = "; worse than expected" if outcome.surprises() else ""
        body.append(
            f'<tr><th scope="row"><a href="#{_anchor(case)}">{escape(case.title)}</a></th>'
            f'<td data-label="verdict">{_badge(outcome.verdict)}{worse}</td>'
            f'<td data-label="judged against">{escape(case.judged)}</td>'
            f'<td data-label="reproduced">{", ".join(parts)}</td>'
            f'<td data-label="took" class="number">{_duration(outcome.seconds)}</td></tr>'
        )
    heads = ("case", "verdict", "judged against", "reproduced", "took")
    return f'<div id="cases">{_table(heads, body)}</div>'


def _section(outcome: Outcome, record: Record) -> str:
    case = outcome.case
    quick = " (quick run)" if outcome.own_quick else ""
    anchor, badge = _anchor(case), _badge(outcome.verdict)
    parts = [
        f'<section id="{anchor}" aria-labelledby="{anchor}-title">',
        f'<h2 id="{anchor}-title">{escape(case.title)} {badge}{quick}</h2>',
        f"<p>{escape(case.claim)}</p>",
    ]
    if outcome.surprises():
        parts.append(f'<div class="notice">{_list(map(escape, outcome.surprises()))}</div>')
    if outcome.better():
        better = ", ".join(map(escape, outcome.better()))
        parts.append(f'<p class="notice good">Better than case.yaml expects: {better}.</p>')
    if outcome.error:
        parts.append(f"<pre>{escape(outcome.error)}</pre>")
    if case.open:
        parts.append(f"<p><strong>Open.</strong> {escape(case.open)}</p>")
    parts.append(f"<p><strong>What disagrees.</strong> {escape(case.disagrees)}</p>")
    parts += [_figure(path, case) for path in outcome.figures]
    if outcome.rows:
        parts.append(_rows(outcome))
    parts += [
        "<h3>How it is judged</h3>",
        f"<p>Against: {escape(case.judged)}. {escape(case.tolerance)}</p>",
        "<h3>Parameters</h3>",
        _list(map(escape, case.parameters)),
        f"<p><strong>Fitted:</strong> {escape(case.fitted)}</p>",
    ]
    if case.data:
        parts += ["<h3>Data</h3>", _list(map(_data, case.data))]
    command = f"electrode-model validate {case.name}{' --quick' if record.quick else ''}"
    took = _duration(outcome.seconds)
    parts.append(f'<p class="soft">{took}; <code>{escape(command)}</code></p></section>')
    return "\n".join(parts)


def _rows(outcome: Outcome) -> str:
    body = []
    for row in outcome.rows:
        expected = outcome.expected.get(row.id)
        note = f' <span class="soft">(expected: {expected})</span>'
        body.append(
            f'<tr><th scope="row">{escape(row.id)}</th>'
            f'<td data-label="claim">{escape(row.claim)}</td>'
            f'<td data-label="criterion">{escape(row.criterion)}</td>'
            f'<td data-label="value">{escape(row.value)}</td>'
            f'<td data-label="verdict">{_badge(row.verdict)}'
            f"{note if expected not in (None, row.verdict) else ''}</td>"
            f'<td data-label="why">{escape(row.why)}</td></tr>'
        )
    return _table(("row", "claim", "criterion", "value", "verdict", "why"), body)


def _data(data: Data) -> str:
    shipped = "; shipped with the case" if data.folder else ""
    return (
        f"{escape(data.what)}. Source: {escape(data.source)}. Licence: {escape(data.licence)}"
        f"{shipped}."
    )


def _figure(path: Path, case: Case) -> str:
    """A picture as part of the page; SVG as such, so that its labels can be selected."""
    name = path.stem.replace("_", " ")
    caption = f"<figcaption>{escape(name)}</figcaption>"
    label = escape(f"Figure of {case.title}: {name}")
    content = path.read_bytes()
    if len(content) > LARGEST:
        return f'<p class="soft">{escape(path.name)} is too large to be shown here.</p>'
    if path.suffix == ".svg":
        drawn = _inline(content.decode(), f"{case.name}-{path.stem}", label)
        return f"<figure>{drawn}{caption}</figure>"
    data = base64.b64encode(content).decode("ascii")
    return f'<figure><img alt="{label}" src="data:image/png;base64,{data}">{caption}</figure>'


def _inline(text: str, prefix: str, label: str) -> str:
    """The svg element alone, its ids made unlike those of other figures."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    prefix = re.sub(r"\W", "-", prefix)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def _table(heads: Sequence[str], body: Sequence[str]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n" + "\n".join(body) + "</tbody></table>"


def _list(items: Iterable[Any]) -> str:
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def _badge(verdict: str) -> str:
    style = "fail" if verdict == "not reproduced" else verdict
    return f'<span class="verdict {style}">{verdict}</span>'


def _anchor(case: Case) -> str:
    return "case-" + re.sub(r"\W", "-", case.name)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 99.5 else f"{seconds / 60:.1f} min"
