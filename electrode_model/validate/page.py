"""The page of the validation suite: one HTML file that needs no server and no other file."""

import base64
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from electrode_model.page import POLICY, STYLE, bullets, facts, inline
from electrode_model.validate.cases import GROUPS, Case, Data
from electrode_model.validate.record import Record, fingerprint, make
from electrode_model.validate.rows import Curve, Row
from electrode_model.validate.suite import Outcome

__all__ = ["html", "write_page"]

_LONG = 16  # letters of a name that is broken
_DPI = 160  # of a bitmap, as in plots/figure.py; 96 are a browser's
#: Said with words and signs, not with colour alone.
SIGNS = {"pass": "✓", "reproduced": "✓", "fail": "✗", "not reproduced": "✗", "open": "○"}
RULES = (
    "No parameter is adjusted to a curve it is judged by, but for the cases under Measured curves,"
    " fitted, which say what a fit reaches and, by data that it did not see, what it is worth. Each"
    " case says what was fitted, on what, and which data no fit saw.",
    "Limits stand in the case's folder with their reasons, and whether they were set before the"
    " first result. The error of a digitised figure is part of its limit.",
    "A claim about a trend names the statistic and its bound, in the column criterion.",
    "A case fails if one of its rows is not reproduced. It stays here as failing, with what"
    " disagrees and the likely reason.",
    "Verdicts are compared with those recorded in the repository; one that is worse ends the"
    " command with status 1.",
)


def write_page(record: Record, output: Path) -> Path:
    """``validation.html`` in the output folder; its path."""
    path = output / "validation.html"
    path.write_text(html(record), encoding="utf-8")
    return path


def html(record: Record) -> str:
    """The whole page."""
    own = files("electrode_model.validate").joinpath("style.css").read_text(encoding="utf-8")
    sections = [
        part
        for group, outcomes in _groups(record)
        for part in (
            f'<h2 class="group" id="group-{group}">{GROUPS[group]}</h2>',
            *(_section(outcome, record) for outcome in outcomes),
        )
    ]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            "<title>Validation of electrode_model</title>",
            f"<style>\n{STYLE}{own}</style></head><body>",
            '<a class="skip" href="#cases">to the table of cases</a>',
            "<header><h1>Validation of electrode_model</h1>",
            _head(record),
            "</header><main>",
            _overview(record),
            f'<h2 class="group">How this page judges</h2>{bullets(RULES)}',
            *sections,
            "</main>",
            f'<footer><h2 class="group">This run</h2>{_facts(record)}</footer>',
            "</body></html>",
            "",
        ]
    )


def _groups(record: Record) -> list[tuple[str, list[Outcome]]]:
    """The outcomes by heading; headings without one are left out."""
    found = [(name, [o for o in record.outcomes if o.case.group == name]) for name in GROUPS]
    return [(name, outcomes) for name, outcomes in found if outcomes]


def _head(record: Record) -> str:
    counts, about = record.counts(), make()
    total = len(record.outcomes)
    surprises = record.surprises()
    which = f"All {total} cases" if total == record.known else f"{total} of {record.known} cases"
    reduced = " in a quick run (fewer particles, grid points or curves)" if record.quick else ""
    told = " ".join(_badge(verdict, f"{n} {verdict}") for verdict, n in counts.items())
    notice = (
        '<div class="notice"><p><strong>Worse than recorded:</strong></p>'
        + bullets(map(escape, surprises))
        + "</div>"
        if surprises
        else '<p class="notice good">Every verdict is as recorded in the repository, also those'
        " that are failing.</p>"
    )
    commit = (about["commit"] or "unknown")[:12]
    return (
        f'<p class="counts">{told}</p>'
        f"<p>{which}{reduced}: the package beside published measurements, published models and"
        f" other programs. Version {escape(about['version'])}, commit {escape(commit)},"
        f" {escape(record.date)}.</p>{notice}"
    )


def _facts(record: Record) -> str:
    about = make()
    libraries = ", ".join(f"{name} {version}" for name, version in about["libraries"].items())
    cpu = sum(outcome.cpu for outcome in record.outcomes)
    about_it = {
        "version": f"{about['version']}, commit {about['commit'] or 'unknown'}",
        "date": record.date,
        "machine": f"{about['platform']}, {about['cores']} cores, Python {about['python']}",
        "libraries": libraries,
        "took": f"{_duration(record.seconds)}, {_duration(cpu)} of processor time",
        "fingerprint": f"{fingerprint(record.outcomes)} of all printed numbers and verdicts: two"
        " runs that have the same one printed the same",
    }
    return facts((key, escape(value)) for key, value in about_it.items())


def _overview(record: Record) -> str:
    """All cases, a body of the table for each group."""
    heads = ("case", "verdict", "judged against", "rows reproduced", "curves, rms", "took")
    bodies = [
        _body([_line(outcome) for outcome in outcomes], GROUPS[group], len(heads))
        for group, outcomes in _groups(record)
    ]
    table = _table("All cases", heads, bodies, "cards overview")
    return f'<div id="cases" tabindex="-1">{table}</div>'


def _line(outcome: Outcome) -> str:
    """Of a case in the table of all."""
    case = outcome.case
    worse = '<br><strong class="fail">worse than recorded</strong>' if outcome.surprises() else ""
    rms = [row.curve.rms for row in outcome.rows if row.curve]
    ends = list(dict.fromkeys(map(_number, (min(rms), max(rms))))) if rms else []
    link = f'<a href="#{_anchor(case)}">{escape(case.title)}</a>'
    return _row(
        link,
        {
            "verdict": _badge(outcome.verdict) + worse,
            "judged against": escape(case.judged),
            "rows reproduced": _count(outcome),
            "curves, rms": f"{' to '.join(ends)} mV" if ends else "",
            "took": _duration(outcome.seconds) if outcome.seconds else "",
        },
    )


def _breaking(name: str) -> str:
    """A name that a line may break in, as names of files and curves are long."""
    name = escape(name)
    return re.sub(r"([/_])", r"\1<wbr>", name) if len(name) > _LONG else name


def _count(outcome: Outcome) -> str:
    """How many of the rows are reproduced, and how many are open."""
    rows = [row.verdict for row in outcome.rows]
    if not rows:
        return ""
    waiting = f", {rows.count('open')} open" if rows.count("open") else ""
    return f"{rows.count('reproduced')} of {len(rows)}{waiting}"


def _told(outcome: Outcome) -> str:
    count = _count(outcome)
    return f" Rows reproduced: {count}." if count else ""


def _section(outcome: Outcome, record: Record) -> str:
    case = outcome.case
    quick = ' <span class="soft">quick run</span>' if outcome.own_quick else ""
    anchor, badge = _anchor(case), _badge(outcome.verdict)
    parts = [
        f'<section id="{anchor}" aria-labelledby="{anchor}-title" tabindex="-1">',
        f'<h3 class="case" id="{anchor}-title">{escape(case.title)} {badge}{quick}</h3>',
        f"<p>{escape(case.claim)}</p>",
        f'<p class="soft">Against: {escape(case.judged)}.{_told(outcome)}</p>',
    ]
    if outcome.surprises():
        parts.append(f'<div class="notice">{bullets(map(escape, outcome.surprises()))}</div>')
    if outcome.better():
        better = ", ".join(map(escape, outcome.better()))
        parts.append(
            f'<p class="notice good">Better than recorded: {better}. See'
            " <code>electrode-model validate --accept</code>.</p>"
        )
    if outcome.error:
        parts.append(f"<pre>{escape(outcome.error)}</pre>")
    if case.why_open and not outcome.rows:
        parts.append(f'<p class="notice plain"><strong>Open.</strong> {escape(case.why_open)}</p>')
    if outcome.figures:
        drawn = "\n".join(_figure(path, case) for path in outcome.figures)
        parts.append(f'<div class="figures">{drawn}</div>')
    curves = [(row, row.curve) for row in outcome.rows if row.curve]
    others = [row for row in outcome.rows if not row.curve]
    parts += [_curves(curves, outcome)] if curves else []
    parts += [_rows(others, outcome)] if others else []
    parts += [f"<p><strong>What disagrees.</strong> {escape(case.disagrees)}</p>", _about(case)]
    command = f"electrode-model validate {case.name}{' --quick' if record.quick else ''}"
    took = f"{_duration(outcome.seconds)}, {_duration(outcome.cpu)} of processor time; "
    parts.append(
        f'<p class="soft">{took if outcome.seconds else ""}<code>{escape(command)}</code>'
        ' · <a href="#cases">all cases</a></p></section>'
    )
    return "\n".join(parts)


def _about(case: Case) -> str:
    """How it is judged, with what parameters, against which data."""
    parts = {
        "Limits": f"<p>{escape(case.tolerance)}</p>",
        "Fitted": f"<p>{escape(case.fitted)}</p>",
        "Parameters": bullets(map(escape, case.parameters)),
        "Seen by no fit": f"<p>{escape(case.unseen)}</p>" if case.unseen else "",
        "Data": bullets(map(_data, case.data)) if case.data else "",
    }
    told = (f"<div><h4>{head}</h4>{text}</div>" for head, text in parts.items() if text)
    return f'<div class="about">{"".join(told)}</div>'


def _curves(rows: Sequence[tuple[Row, Curve]], outcome: Outcome) -> str:
    """Rows that compare curves: their numbers in columns."""
    lines = {
        row: {
            "curve": escape(row.claim),
            "rms, mV": _number(curve.rms),
            "largest, mV": _number(curve.largest),
            "capacity at the end, %": _number(curve.end),
            "criterion": escape(row.criterion),
            "verdict": _verdict(row, outcome),
            "details": "<br>".join(escape(text) for text in (row.value, row.why) if text),
        }
        for row, curve in rows
    }
    return _evidence("Curves", lines)


def _rows(rows: Sequence[Row], outcome: Outcome) -> str:
    """Rows of numbers and trends."""
    lines = {
        row: {
            "claim": escape(row.claim),
            "criterion": escape(row.criterion),
            "value": escape(row.value),
            "verdict": _verdict(row, outcome),
            "why": escape(row.why),
        }
        for row in rows
    }
    return _evidence("Numbers and trends", lines)


def _evidence(title: str, lines: dict[Row, dict[str, str]]) -> str:
    """A table; columns that are empty in every line are left out."""
    first = next(iter(lines.values()))
    heads = [head for head in first if any(cells[head] for cells in lines.values())]
    body = [
        _row(_breaking(row.id), {head: cells[head] for head in heads}, row.verdict)
        for row, cells in lines.items()
    ]
    return _table(title, ("row", *heads), [_body(body)], "cards")


def _verdict(row: Row, outcome: Outcome) -> str:
    expected = outcome.expected.get(row.id)
    note = f' <span class="soft">(recorded: {expected})</span>'
    return _badge(row.verdict) + (note if expected not in (None, row.verdict) else "")


def _number(value: float | None) -> str:
    """Two digits, as nobody reads a curve to more; whole numbers from 10 on, one below 0.1."""
    if value is None:
        return ""
    if 0 < abs(value) < 0.001:
        return "&lt; 0.001"
    if abs(value) >= 10:
        return f"{value:.0f}"
    return f"{value:.2g}" if abs(value) >= 0.1 else f"{value:.1g}"


def _data(data: Data) -> str:
    shipped = "; shipped with the case" if data.folder else ""
    error = f" Their own error: {escape(data.error)}." if data.error else ""
    return (
        f"{escape(data.what)}.{error} Source: {escape(data.source)}. Licence:"
        f" {escape(data.licence)}{shipped}."
    )


def _figure(path: Path, case: Case) -> str:
    """A picture as part of the page; SVG as such, so that its labels can be selected."""
    told = case.figures.get(path.name) or path.stem.replace("_", " ")
    label = escape(f"{case.title}: {told}")
    content = path.read_bytes()
    if path.suffix == ".svg":
        drawn = inline(content.decode(), f"{case.name}-{path.stem}", label)
        found = re.search(r'<svg[^>]*\bwidth="([\d.]+)pt"', drawn)
        width = float(found[1]) * 96 / 72 if found else 0.0
    else:
        data = base64.b64encode(content).decode("ascii")
        drawn = f'<img alt="{label}" src="data:image/png;base64,{data}">'
        width = int.from_bytes(content[16:20], "big") * 96 / _DPI
    size = f' style="--width: {width:.0f}px"' if width else ""
    return (
        f'<figure><div class="drawn" tabindex="0"{size}>{drawn}</div>'
        f"<figcaption>{escape(told)}</figcaption></figure>"
    )


# Tables become stacked cards on a phone.  A browser forgets what a table is once its display
# changes, so that the roles are written out for screen readers.
def _table(title: str, heads: Sequence[str], bodies: Sequence[str], style: str) -> str:
    head = "".join(f'<th scope="col" role="columnheader">{escape(name)}</th>' for name in heads)
    return (
        f'<table role="table" class="{style}"><caption>{title}</caption>'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>' + "".join(bodies) + "</table>"
    )


def _body(rows: Sequence[str], title: str = "", columns: int = 0) -> str:
    head = (
        f'<tr role="row" class="heading"><th role="rowheader" scope="rowgroup"'
        f' colspan="{columns}">{escape(title)}</th></tr>'
        if title
        else ""
    )
    return f'<tbody role="rowgroup">{head}\n' + "\n".join(rows) + "</tbody>"


def _row(name: str, cells: dict[str, str], verdict: str = "") -> str:
    """A line of a table; ``name`` and ``cells`` are HTML."""
    style = ' class="bad"' if verdict == "not reproduced" else ""
    cell = "".join(
        f'<td role="cell" data-label="{escape(head)}" class="{_kind(head, value)}">{value}</td>'
        for head, value in cells.items()
    )
    return f'<tr role="row"{style}><th role="rowheader" scope="row">{name}</th>{cell}</tr>'


def _kind(head: str, value: str) -> str:
    """What a cell looks like: numbers stand side by side on a phone, empty cells are left out."""
    return "empty" if not value else "number" if head.endswith(("mV", "%")) else "text"


def _badge(verdict: str, text: str = "") -> str:
    style = "fail" if verdict == "not reproduced" else verdict
    sign = f'<span aria-hidden="true">{SIGNS[verdict]}</span>'
    return f'<span class="verdict {style}">{sign} {text or verdict}</span>'


def _anchor(case: Case) -> str:
    return "case-" + re.sub(r"\W", "-", case.name)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 99.5 else f"{seconds / 60:.1f} min"
