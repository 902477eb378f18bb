"""One curve and the salt profile of Fuller et al. 1994; validation/newman has them all."""

from dataclasses import replace

from validation.newman import run


def test_fuller_1994_at_4_ma_per_cm2(monkeypatch):
    """10 mV rms and 2 % of the salt, the criteria of the rows, with ten volumes an electrode."""
    monkeypatch.setattr(run, "CELLS", (replace(run.CELLS[0], currents=("4",)),))
    found = run.rows(quick=True)
    assert [row.id for row in found] == ["fuller94/4", "fuller94/salt"]
    assert {row.verdict for row in found} == {"reproduced"}, found
