"""What validation scripts share: numbers of a curve, and figures that fit into the page."""

import json
from dataclasses import asdict

import numpy as np
from matplotlib.figure import Figure

from electrode_model.validate.figures import LARGEST, fault, rate_capability, save
from electrode_model.validate.rows import Curve, Row


def test_numbers_of_a_curve():
    curve = Curve.of(np.array([3.0, -4.0, 0.0, 0.0]), end=np.float64(-0.5))
    assert (curve.rms, curve.largest, curve.end) == (2.5, 4.0, -0.5)
    assert Curve.of(np.array([-2.0])) == Curve(2.0, 2.0, None)
    row = Row("a", "b", "c", "d", "open", curve=curve)
    assert Row.read(json.loads(json.dumps(asdict(row)))) == row


def test_capacity_against_rate_has_points_measured_and_a_line_of_the_model():
    axes = Figure().subplots()
    rate_capability(axes, "LFP", "#0072B2", [(1.0, 0.9), (0.1, 1.0)], [(2, 0.7), (0.1, 1.0)])
    model, measured = axes.get_lines()
    assert model.get_linestyle() == "-"
    assert measured.get_linestyle() == "None"
    assert measured.get_marker() == "o"
    assert measured.get_xdata().tolist() == [0.1, 1.0]
    assert axes.get_xscale() == "log"


def test_maps_are_pictures_inside_a_figure_whose_labels_stay_text(tmp_path):
    figure = Figure()
    axes = figure.subplots()
    axes.pcolormesh(np.arange(4e4).reshape(200, 200))
    axes.set_xlabel("filling")
    text = save(figure, tmp_path / "map.svg").read_text(encoding="utf-8")
    assert ">filling</text>" in text
    assert "data:image/png" in text
    assert len(text) < LARGEST
    assert fault(tmp_path / "map.svg") == ""
    (tmp_path / "large.png").write_bytes(b"0" * (LARGEST + 1))
    assert "draw fewer points" in fault(tmp_path / "large.png")
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    assert fault(tmp_path / "text.png") == "is no PNG"
