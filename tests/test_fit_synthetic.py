"""The quick part of the validation of fits: honest intervals, and what no curve can tell apart."""

import json

from validation.fits.synthetic import run


def test_intervals_are_honest_and_a_pair_is_reported(tmp_path):
    assert run.main(["--quick", "-o", str(tmp_path)]) == 0
    rows = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    assert {row["id"]: row["verdict"] for row in rows} == {
        "nmc-linear": "reproduced",
        "pair": "reproduced",
    }
    (fit,) = map(json.loads, (tmp_path / "pair" / "fits.jsonl").read_text("utf-8").splitlines())
    # what the pair leaves determined is right all the same
    own = fit["parameters"]["resistance"]
    assert own["low"] < own["true"] < own["high"]
