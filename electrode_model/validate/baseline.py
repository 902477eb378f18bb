"""Record the verdicts of a run as those that are expected: ``expected`` in ``case.yaml``."""

import json
import re
import textwrap

from electrode_model.validate.cases import FILE, VERDICTS
from electrode_model.validate.suite import Outcome

__all__ = ["accept"]

_WIDTH = 116
#: Written without quotes: YAML takes it for a text, and it ends at no comma or colon.
_PLAIN = re.compile(r"[A-Za-z][\w ./()+-]*(?<! )")
_KEYWORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def accept(outcome: Outcome) -> bool:
    """Write the verdicts of a full run into ``case.yaml``; whether that changed the file.

    Raises ValueError for an outcome that is none: quick, open, or with an error.
    """
    if outcome.error or outcome.own_quick or not outcome.rows:
        raise ValueError(f"{outcome.case.name}: only the verdicts of a full run can be recorded")
    path = outcome.case.folder / FILE
    text = path.read_text(encoding="utf-8")
    found = re.search(r"^expected:.*\n(?:[ \t].*\n|\n(?=[ \t]))*", text, re.MULTILINE)
    if found is None or {row.id: row.verdict for row in outcome.rows} == dict(outcome.expected):
        return False
    path.write_text(text[: found.start()] + _block(outcome) + text[found.end() :], encoding="utf-8")
    return True


def _block(outcome: Outcome) -> str:
    lines = ["expected:"]
    for verdict in VERDICTS:
        rows = [_name(row.id) for row in outcome.rows if row.verdict == verdict]
        if rows:
            # names hold spaces: a line is broken between names only
            packed = ", ".join(rows).replace(" ", "\0").replace(",\0", ", ")
            entry = f"  {verdict}: [{packed}]".replace(f"  {verdict}: ", f"  {verdict}:\0", 1)
            broken = textwrap.wrap(
                entry, _WIDTH, subsequent_indent="    ", drop_whitespace=True,
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
            lines += [line.replace("\0", " ") for line in broken]
    return "\n".join(lines) + "\n"


def _name(row: str) -> str:
    plain = _PLAIN.fullmatch(row) and row.lower() not in _KEYWORDS
    return row if plain else json.dumps(row, ensure_ascii=False)
