"""The comparison of validation/first_sight, with few particles."""

import json

import pytest

from validation.first_sight import run

FEW = ["positive.particles.per_volume=60"]


def test_report_writes_figures_and_tables(tmp_path):
    few = [*FEW, "positive.volumes=1", "separator.volumes=1"]
    nmc = [s for rate in run.SHOWN for s in run.splits(run.NMC[0], rate, FEW)]
    nmc += [s for rate in run.SHOWN for s in run.splits(run.NMC[1], rate, few)]
    lfp = [run.active(rate, kind, FEW) for kind in run.WORDS for rate in (0.05, 1.0)]
    text = run.report(nmc, lfp, tmp_path)
    assert "delithiation" in text
    assert (tmp_path / "first_sight.md").read_text(encoding="utf-8") == text
    for name in ("nmc_split.svg", "lfp_active.svg"):
        assert (tmp_path / name).stat().st_size > 20_000
    tables = json.loads((tmp_path / "first_sight.json").read_text(encoding="utf-8"))
    split = {(row["config"], row["rate"], row["direction"]): row["P2/H"] for row in tables["nmc"]}
    for (_, rate, direction), ratio in split.items():
        assert (ratio > 0.05) == (rate == "2 C" and direction == "delithiation")
    assert len(tables["lfp"]) == 4


def test_a_run_that_fails_is_no_row():
    with pytest.raises(SystemExit, match="nmc532_ensemble"):
        run.simulated("nmc532_ensemble", ["solver.max_steps=3", *FEW])
