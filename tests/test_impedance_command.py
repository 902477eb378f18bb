"""The command ``impedance``: tables, files, mistakes."""

import csv
from pathlib import Path

import numpy as np
import pytest

import electrode_model as em
from electrode_model.__main__ import main
from tests.runs import protocol

CONFIGS = Path(__file__).parent.parent / "configs"
FULL = str(CONFIGS / "nmc_lto.yaml")
SMALL = [
    f"{electrode}.{key}"
    for electrode in ("positive", "negative")
    for key in ("particles.per_volume=1", "volumes=2")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A short run of a full cell, on disk."""
    folder = tmp_path_factory.mktemp("impedance") / "run"
    steps = protocol("{current: 1 C, until: {time: 12 min}}", "{rest: 1 s}")
    em.simulate(FULL, overrides=[*SMALL, steps, "output.every=100 s"], folder=folder)
    return folder


def test_command_on_a_result(folder, capsys):
    assert main(["impedance", str(folder), "--time", "10 min", "--double-layer", "0.2"]) == 0
    said = capsys.readouterr().out
    assert "600 s, step 1" in said
    assert "charge transfer of the semicircle" in said
    assert "more than 1% in a period" in said
    assert (folder / "figures" / "impedance.png").exists()
    with (folder / "figures" / "impedance.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 81  # eight decades
    assert float(rows[0]["Frequency [Hz]"]) == pytest.approx(1e4)
    assert float(rows[-1]["Frequency [Hz]"]) == pytest.approx(1e-4)
    row = {name: float(value) for name, value in rows[40].items()}
    z = complex(row["Re Z [ohm.m2]"], row["Im Z [ohm.m2]"])
    assert row["|Z| [ohm.m2]"] == pytest.approx(abs(z))
    assert row["Phase [deg]"] == pytest.approx(np.degrees(np.angle(z)))
    parts = [row[f"Re Z {part} [ohm.m2]"] for part in ("negative", "positive", "series resistance")]
    assert sum(parts) == pytest.approx(z.real)


def test_command_on_a_configuration(tmp_path, capsys):
    picture = tmp_path / "z.png"
    few = ["--from", "1e-3", "--points", "3", "--set", "positive.particles.per_volume=1"]
    arguments = [str(CONFIGS / "lfp_ensemble.yaml"), "--filling", "0.02", "--filling", "0.5", *few]
    assert main(["impedance", *arguments, "-o", str(picture)]) == 0
    said = capsys.readouterr().out
    assert "filling 0.02" in said
    assert "No double layer" in said
    assert "Im Z > 0" in said  # uniform LiFePO4 at one half is about to separate
    assert picture.exists()
    assert len(picture.with_suffix(".csv").read_text().splitlines()) == 1 + 2 * 22


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([FULL, "--time", "3"], "--time and --step belong to the folder of a result"),
        ([FULL, "--filling", "1.5"], "a filling of 1.5 has no finite potential"),
        ([FULL, "--from", "10", "--to", "1"], "the lower one first"),
        ([FULL, "--points", "0"], "--points is 0"),
        ([FULL, "--double-layer", "3 m"], "--double-layer is '3 m'"),
        ([FULL, "-o", "z.txt"], "must end in one of"),
        (["RUN", "--filling", "0.5"], "a result has its states"),
        (["RUN", "--time", "2 kg"], "a time is needed"),
        (["RUN", "--step", "9"], "saved steps: 1, 2"),
    ],
)
def test_mistakes_are_said_in_a_line(folder, capsys, options, words):
    arguments = [str(folder) if option == "RUN" else option for option in options]
    assert main(["impedance", *arguments]) == 2
    said = capsys.readouterr().err.strip()
    assert words in said
    assert "\n" not in said


def test_a_result_without_profiles_says_what_to_save(tmp_path, capsys):
    short = [*SMALL, protocol("{rest: 1 s}"), "output.fields=[particles, electrolyte]"]
    em.simulate(FULL, overrides=short, folder=tmp_path / "run")
    assert main(["impedance", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert "was not saved; put 'profiles' into output.fields" in said
