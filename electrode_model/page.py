"""Pages of HTML that stand alone: one file, no server, nothing loaded from anywhere."""

import base64
import re
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from typing import Any

__all__ = [
    "POLICY",
    "STYLE",
    "bitmap",
    "bullets",
    "document",
    "facts",
    "inline",
    "picture",
    "table",
]

#: The browser is told to refuse whatever is not in the file.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
LARGEST = 400_000  # characters of a drawing, from which on a bitmap is smaller
_FAST = {"svg.fonttype": "none", "svg.hashsalt": "electrode_model"}  # text stays text


def document(title: str, head: str, sections: Iterable[str]) -> str:
    """A whole page; ``head`` and ``sections`` are HTML, ``title`` is text."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>\n{STYLE}</style></head><body>",
            f"<header><h1>{escape(title)}</h1>{head}</header><main>",
            *sections,
            "</main></body></html>",
            "",
        ]
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> str:
    """A table; cells are HTML, the first of a row is its head, those in ``right`` are numbers."""
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = []
    for first, *others in rows:
        cells = [f'<th scope="row">{first}</th>']
        for k, (name, cell) in enumerate(zip(heads[1:], others, strict=True), start=1):
            style = ' class="number"' if k in right else ""
            # read out where the columns are stacked, on a narrow screen
            label = re.sub(r"<[^>]+>", "", name)
            cells.append(f'<td data-label="{label}"{style}>{cell}</td>')
        body.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n" + "\n".join(body) + "</tbody></table>"


def bullets(items: Iterable[str]) -> str:
    """A list of items, which are HTML."""
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """What and how much, in two columns; both are HTML."""
    return "<dl>" + "".join(f"<dt>{key}</dt><dd>{value}</dd>" for key, value in pairs) + "</dl>"


def picture(figure: Any, name: str, label: str, caption: str = "", half: bool = False) -> str:
    """A Matplotlib figure inside the page, as a drawing, or as a bitmap where that is smaller.

    ``name`` is unlike that of other figures of the page; ``label`` is read to those who do not
    see it; ``caption`` is HTML; two figures with ``half`` stand side by side.
    """
    import matplotlib

    label = escape(label, quote=True)
    file = BytesIO()
    with matplotlib.rc_context(_FAST):
        figure.savefig(file, format="svg", metadata={"Date": None})
    if file.tell() <= LARGEST:
        drawn = inline(file.getvalue().decode(), name, label)
    else:
        file = BytesIO()
        figure.savefig(file, format="png", dpi=160)
        drawn = bitmap(file.getvalue(), label)
    note = f"<figcaption>{caption}</figcaption>" if caption else ""
    kind = ' class="half"' if half else ""
    return f"<figure{kind}>{drawn}{note}</figure>"


def bitmap(png: bytes, label: str) -> str:
    """A PNG picture inside the page; ``label`` is escaped."""
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{label}" src="data:image/png;base64,{data}">'


def inline(text: str, prefix: str, label: str) -> str:
    """The svg element alone, its ids made unlike those of other figures; ``label`` is escaped."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    prefix = re.sub(r"\W", "-", prefix)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


STYLE = """\
:root { --paper: #ffffff; --ink: #222222; --soft: #5c5c5c; --line: #dcdcdc; --band: #f6f6f4;
  --pass: #00664b; --fail: #a8320a; --open: #5c5c5c; --link: #005a94; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181a; --ink: #e6e6e6; --soft: #a9a9a9; --line: #3a3d40; --band: #1f2225;
    --pass: #4cc9a0; --fail: #ff9b73; --open: #b8b8b8; --link: #7cc4f5; } }
* { box-sizing: border-box; }
html { scroll-behavior: auto; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0; }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
p { margin: .5rem 0; max-width: 60rem; }
a { color: var(--link); }
.soft { color: var(--soft); }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .3rem .6rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .6rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 600; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.verdict { font-weight: 700; white-space: nowrap; }
.pass, .reproduced { color: var(--pass); }
.fail { color: var(--fail); }
.open { color: var(--open); }
section { border-top: 2px solid var(--line); margin-top: 2.2rem; padding-top: 1.1rem; }
.notice { border-left: 4px solid var(--fail); background: var(--band); padding: .5rem .9rem; }
.good { border-left-color: var(--pass); }
figure { margin: 1rem 0; background: #ffffff; color: #222222; border: 1px solid var(--line);
  padding: .4rem; overflow-x: auto; }
figure img, figure svg { display: block; width: 100%; height: auto; max-width: 70rem;
  margin: auto; }
figcaption { font-size: .85rem; color: #5c5c5c; padding: .2rem .3rem; }
pre { background: var(--band); padding: .6rem .8rem; overflow-x: auto; font-size: .8rem; }
code { font-size: .9em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .6rem 0;
  font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; }
ul { margin: .3rem 0; padding-left: 1.2rem; font-size: .9rem; max-width: 60rem; }
summary { cursor: pointer; margin-top: .8rem; }
@media (max-width: 46rem) {
  body { padding: 1rem .8rem 3rem; }
  table, tbody, tr, td, tbody th { display: block; width: 100%; }
  thead { position: absolute; left: -99rem; }
  tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td, tbody th { border: 0; padding: .1rem 0; }
  td:empty { display: none; }
  td[data-label]::before { content: attr(data-label) ": "; color: var(--soft); }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
  figure svg, figure img { min-width: 34rem; } }
figure.half { display: inline-block; width: calc(50% - .5rem); vertical-align: top; }
.range { width: 11rem; height: 1.1rem; vertical-align: middle; }
.scroll { overflow-x: auto; }
@media (max-width: 60rem) { figure.half { display: block; width: auto; } }
@media print { section { break-inside: avoid-page; } }
"""
