"""What a fit hands over: tables, files, figures, the page; and what an unfinished one leaves."""

import csv
import json
import math
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from electrode_model import page as pages
from electrode_model.config.load import load
from electrode_model.fit import report
from electrode_model.fit.fit import fit
from electrode_model.fit.folder import claim
from electrode_model.fit.html import embedded, page
from electrode_model.fit.outcome import Extra
from electrode_model.fit.statistics import Estimate
from electrode_model.plots import fit as plots
from electrode_model.simulation.simulate import simulate
from tests.fits import FREE, curve, setting

TWO = {name: FREE[name] for name in ("k0", "resistance")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("report")
    for rate in (1, 5):
        curve(path, rate)
    return path


def asked(folder, **more):
    return setting(folder, free=TWO, left_out=["5C"], method="least_squares", **more)


@pytest.fixture(scope="module")
def saved(folder):
    """A fit of 1C that predicts 5C, and the folder it was saved in."""
    out = folder / "out"
    return fit(asked(folder, profiles=["resistance"], name="two <of> many"), folder=out), out


def estimate(value, low, high, **more):
    given = {"name": "k", "unit": "1", "start": value, "lower": 0.0, "upper": 1e3, "log": False}
    own = {"at_bound": "", "allowed": (False, False), "determined": True}
    return Estimate(**{**given, **own, **more, "value": value, "low": low, "high": high})


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (estimate(2.98765, 2.91234, 3.06789), ("2.99", "2.91", "3.07")),
        (estimate(1.00167e-3, 1.00140e-3, 1.00191e-3), ("0.00100167", "0.0010014", "0.00100191")),
        (estimate(1.0, 1.0, 1.0), ("1", "1", "1")),
        (estimate(0.5, math.nan, math.nan), ("0.5", "", "")),  # of an interrupted fit
        (estimate(5.0, 4.0, 9.0, profile=(4.1, math.nan)), ("5", "4.1", "bound")),
    ],
)
def test_digits_are_those_that_the_interval_leaves(one, shown):
    assert report.interval(one) == shown


@pytest.mark.parametrize(
    ("rate", "text"), [(0.05, "C/20"), (-1.003, "1C"), (2.5, "2.5C"), (1 / 3, "C/3"), (0.7, "0.7C")]
)
def test_rates_are_said_as_one_says_them(rate, text):
    assert report.said_rate(rate) == text


def test_text_says_what_was_fitted_and_predicted(saved):
    found, _ = saved
    lines = str(found).splitlines()
    assert lines[0].startswith("Fit two <of> many: converged; ")
    (predicted,) = [line for line in lines if "predicted" in line]
    one = found.predictions[0]
    assert one.rate == pytest.approx(5.0)
    # what the text rounds to
    assert predicted.split()[4:6] == [f"{1e3 * one.rms:.1f}", f"{1e3 * one.largest:.1f}"]
    assert predicted.endswith(report.percent(one.end_error))
    assert f"{found.simulations} simulations in " in lines[-1]
    assert "resistance (profile)" in found.table()


def test_sentences_warn(saved):
    found, _ = saved
    assert report.sentences(found) == []
    matrix = np.array([[1.0, -0.95], [-0.95, 1.0]])
    off = [replace(c, model=c.model + 0.05) if c.left_out else c for c in found.curves]
    wrong = replace(found, correlated=12.0, correlation=matrix, curves=tuple(off))
    said = "\n".join(report.sentences(wrong))
    assert "residuals keep their sign over 12 points" in said
    assert "predictions are off by up to 50." in said
    assert "k0 and resistance are correlated by -0.95" in said
    failed = replace(found, failures={"1C: too slow": 2, "5C: no": 1})
    assert "2 failed simulations: 1C: too slow\n1 failed simulation: 5C: no\n" in str(failed)
    assert ", 3 of them failed, in " in str(failed)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_tables_hold_what_the_object_does(saved):
    found, out = saved
    for row, one in zip(rows(out / "data_sets.csv"), found.curves, strict=True):
        assert row["use"] == ("predicted" if one.left_out else "fitted")
        assert float(row["rms_mV"]) == 1e3 * one.rms
        assert float(row["end_capacity_error_percent"]) == 100 * one.end_error
    for row, known in zip(rows(out / "parameters.csv"), found.parameters, strict=True):
        assert (float(row["value"]), row["note"]) == (known.value, known.flag)
    assert float(rows(out / "parameters.csv")[1]["profile_low"]) == found.profiles[0].interval[0]
    matrix = [[float(row[n]) for n in TWO] for row in rows(out / "correlation.csv")]
    assert np.array_equal(matrix, found.correlation)
    assert len(rows(out / "profiles.csv")) == found.profiles[0].values.size
    points = rows(out / "residuals.csv")
    assert len(points) == sum(c.model.size for c in found.curves)
    # at its cut-off the model has passed its own capacity
    last = [row for row in points if row["Data set"] == "5C"][-1]
    assert float(last["Model capacity [A.h.m-2]"]) == pytest.approx(found.predictions[0].model_end)


def test_fitted_configurations_run(saved):
    found, out = saved
    assert load(out / "fitted.yaml") == found.config
    result = simulate(out / "configs" / "5C.yaml")
    assert result.status == "finished"
    (one,) = found.predictions
    # the same run: but for the digits of the file
    assert result["Discharge capacity [A.h.m-2]"][-1] == pytest.approx(one.model_end, rel=1e-6)


def test_own_files_go_along(folder, tmp_path, monkeypatch):
    """A configuration that names a file of the user runs from the folder of the fit."""
    (folder / "mine.py").write_text(
        "from electrode_model.exchange_current import Exchange\n\n\n"
        'def flat(c, alpha, mixing):\n    """One."""\n'
        "    return Exchange(1.0 + 0 * c, 0.0, 0.0, 0.0, 1 - alpha)\n",
        encoding="utf-8",
    )
    change = {"positive.particles.kinetics.exchange_current": "./mine.py:flat"}
    free = {"resistance": FREE["resistance"]}
    method = {"name": "least_squares", "iterations": 2}
    given = setting(folder, (5,), free=free, method=method, change=change)
    monkeypatch.setattr("electrode_model.fit.html.write", lambda fit, folder: [])
    fit(given, folder=tmp_path / "out")
    moved = (tmp_path / "out").rename(tmp_path / "sent")
    assert "./user_files/mine.py:flat" in (moved / "fitted.yaml").read_text(encoding="utf-8")
    assert load(moved / "configs" / "5C.yaml").positive is not None


class Page(HTMLParser):
    """Addresses, ids, and whether every element ends."""

    VOID = ("meta", "img", "br", "link", "input", "hr")
    SELF_CLOSED = ("line", "circle", "path", "use", "rect")

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.addresses, self.text = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        self.handle_attributes(attrs)

    def handle_startendtag(self, tag, attrs):
        self.handle_attributes(attrs)

    def handle_attributes(self, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href", "action", "data", "srcset"):
                self.addresses.append(value)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_page_stands_alone(saved):
    found, out = saved
    text = (out / "report.html").read_text(encoding="utf-8")
    read = Page(text)
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))
    # nothing but parts of the page itself
    assert all(one.startswith(("#", "data:")) for one in read.addresses)
    assert "<script" not in text
    assert pages.POLICY.startswith("default-src 'none'")
    assert "two <of> many" in "".join(read.text)
    said = " ".join(read.text)
    for one in found.parameters:
        assert report.interval(one)[0] in said
    for title in ("Parameters", "Correlation", "Profile likelihood", "Predicted curves"):
        assert title in said
    assert text.count("<svg") == 5 + len(found.parameters)


def test_notebook_shows_the_same(saved):
    found, _ = saved
    text = found._repr_html_()
    read = Page(text)
    assert read.open == []
    assert "<style" not in text.replace("<style type", "")  # but for those inside drawings
    assert report.interval(found.parameters[0])[0] in " ".join(read.text)
    assert text.count("<figure") == 3


def test_extras_are_everywhere(saved, tmp_path):
    found, _ = saved
    one = Extra("Posterior", "sampled well", "<p>sampled <em>well</em></p>", {"draws": 400})
    more = found.with_extra(one)
    assert "Posterior\nsampled well" in str(more)
    assert one.html in page(more, {})
    assert one.html in embedded(more, {})
    more.save(tmp_path, figures=False)
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["extras"] == {"Posterior": {"draws": 400}}


def test_figures(saved):
    found, out = saved
    drawn = {path.stem for path in (out / "figures").iterdir()}
    assert drawn == {*plots.FIGURES} - {"posterior"}  # not asked for
    figure = plots.curves(found)
    (panel,) = figure.axes
    points = {line.get_markerfacecolor() for line in panel.lines if line.get_marker() == "o"}
    assert "none" in points  # of the curve that was left out
    assert len(panel.lines) == 4
    ends = [line for line in panel.lines if line.get_marker() != "o"]
    assert [line.get_xdata()[-1] for line in ends] == [c.model_end for c in found.curves]
    assert len(plots.correlation(found).axes) == 2  # with its colour bar
    assert plots.correlation(replace(found, parameters=found.parameters[:1])) is None
    assert plots.capacities(replace(found, curves=found.curves[:1])) is None
    assert plots.profiles(replace(found, profiles=())) is None
    charge = [replace(c, label="charge", rate=-c.rate) for c in found.curves]
    both = plots.residuals(replace(found, curves=(*found.curves, *charge)))
    assert [ax.get_title(loc="left") for ax in both.axes] == ["discharge", "charge"]


def test_overwriting_takes_all_that_is_ours(saved, tmp_path):
    found, _ = saved
    out = tmp_path / "out"
    found.save(out, figures=False)
    (out / "figures").mkdir()
    for name in ("curves.png", "mine.png"):
        (out / "figures" / name).write_bytes(b"")
    (out / "configs" / "mine.yaml").write_text("schema: 1\n", encoding="utf-8")
    claim(out, "stem", overwrite=True, resume=False)
    left = sorted(path.name for path in out.rglob("*") if path.is_file())
    assert left == ["mine.png", "mine.yaml", "summary.json"]
