"""Figures of the validation suite: SVG whose labels can be selected, the same on every run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from electrode_model.plots.figure import STYLE

__all__ = ["CASE_STYLE", "LARGEST", "MEASURED", "fault", "rate_capability", "save"]

#: Text stays text; ids follow from the figure and not from chance.
CASE_STYLE = {**STYLE, "svg.fonttype": "none", "svg.hashsalt": "electrode_model"}
#: Data are points, models are lines.
MEASURED: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 3.5,
    "color": "#222222",
    "mew": 0,
}
LARGEST = 3_000_000  # bytes of a figure: a page of twenty must open at once
#: Places in a figure, which Matplotlib writes to a millionth of a point: two digits halve a file.
_PLACES = re.compile(r' (?:d|x|y)="[^"]*"')
_DIGITS = re.compile(r"(\.\d\d)\d+")
_PNG = b"\x89PNG\r\n\x1a\n"


def save(figure: Figure, path: Path) -> Path:
    """Write an SVG file without the date; the path.

    Maps of many cells become pictures inside of it, as each cell would be an element of its own.
    """
    for part in figure.findobj(QuadMesh):
        part.set_rasterized(True)
    with matplotlib.rc_context(CASE_STYLE):
        figure.savefig(path, format="svg", metadata={"Date": None})
    text = _PLACES.sub(lambda found: _DIGITS.sub(r"\1", found[0]), path.read_text("utf-8"))
    path.write_text(text, encoding="utf-8")
    return path


def rate_capability(
    axes: Axes,
    name: str,
    colour: str,
    measured: Sequence[tuple[float, float]],
    model: Sequence[tuple[float, float]],
) -> None:
    """Capacity (any unit) against C-rate, pairs of both: points measured, a line the model's."""
    points, line = np.array(sorted(measured)).T, np.array(sorted(model)).T
    axes.semilogx(*line, color=colour, label=f"{name}, model")
    axes.semilogx(*points, **{**MEASURED, "color": colour, "markersize": 5}, label="measured")
    axes.set(title="capacity against rate", xlabel="C-rate")
    axes.legend(loc="lower left")


def fault(path: Path) -> str:
    """Why a figure cannot be part of the page; empty if it can."""
    content = path.read_bytes()
    if len(content) > LARGEST:
        return f"has {len(content) / 1e6:.1f} MB; at most {LARGEST / 1e6:g} MB: draw fewer points"
    if path.suffix == ".png":
        return "" if content.startswith(_PNG) else "is no PNG"
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        return f"is no SVG: {error}"
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag in {"script", "foreignObject"}:
            return f"holds a <{tag}>, which a figure needs not"
        for name, value in element.attrib.items():
            # a licence named in the metadata is no address that is loaded, and it is left out
            if name.rpartition("}")[2] == "href" and not value.startswith(("#", "data:")):
                return f"refers to {value}, which is outside of the page"
    return "" if root.tag.rpartition("}")[2] == "svg" else "is no SVG"
