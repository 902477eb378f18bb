"""A curve of each paper, a salt profile and both rests; validation/newman has them all."""

from dataclasses import replace

from validation.newman import run


def test_a_curve_of_each_paper_and_the_rests(monkeypatch):
    """10 mV rms, 2 % of the salt and rows O1, O2, by the criteria of the rows, on coarse grids."""
    currents = ("4",), ("3.5",)
    cells = [replace(c, currents=i) for c, i in zip(run.CELLS, currents, strict=True)]
    monkeypatch.setattr(run, "CELLS", cells)
    found = run.rows(quick=True)
    ids = ["fuller94/4", "fuller94/salt", "O1", "doyle96/3.5", "O2/B", "O2/D"]
    assert [row.id for row in found] == ids
    assert {row.verdict for row in found} == {"reproduced"}, found
