"""Figures of the validation suite: SVG whose labels can be selected, the same on every run."""

from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from electrode_model.plots.figure import STYLE

__all__ = ["CASE_STYLE", "MEASURED", "save"]

#: Text stays text; ids follow from the figure and not from chance.
CASE_STYLE = {**STYLE, "svg.fonttype": "none", "svg.hashsalt": "electrode_model"}
#: Data are points, models are lines.
MEASURED = {"linestyle": "none", "marker": "o", "markersize": 3.5, "color": "#222222", "mew": 0}


def save(figure: Figure, path: Path) -> Path:
    """Write an SVG file without the date; the path."""
    with matplotlib.rc_context(CASE_STYLE):
        figure.savefig(path, format="svg", metadata={"Date": None})
    return path
