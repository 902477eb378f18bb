"""The comparison of validation/lfp_low_rate, with one small simulation."""

import json
import math

import numpy as np
import pytest

from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from validation.lfp_low_rate import run


@pytest.fixture
def result():
    """Plateaus at 3.40 and 3.45 V with steep ends, and a rest between."""
    c = np.linspace(0.01, 0.99, 401)
    ends = 0.02 * np.tanh((c - 0.5) * 40) ** 41
    return {
        "Voltage [V]": np.r_[3.40 - ends, 3.42, (3.45 - ends)[::-1]],
        "Current [A.m-2]": np.r_[np.ones(401), 0.0, -np.ones(401)],
        "Positive filling fraction": np.r_[c, 0.99, c[::-1]],
    }


def test_plateau_weights_capacity_not_points():
    """1,000 points crowd at the low end; the median over capacity ignores the crowd."""
    capacity = np.r_[np.linspace(0, 0.3, 1000), np.linspace(0.31, 1, 20)]
    branch = run.Branch.of(capacity, 3.0 + capacity)
    assert branch.plateau() == pytest.approx(3.5, abs=1e-3)


def test_branch_is_scaled_to_its_own_capacity_whatever_the_direction():
    branch = run.Branch.of(np.array([160.0, 80.0, 10.0]), np.array([3.6, 3.4, 3.2]))
    np.testing.assert_allclose(branch.extracted, [0, 70 / 150, 1])
    np.testing.assert_allclose(branch.voltage, [3.2, 3.4, 3.6])


def test_a_branch_of_no_capacity_is_refused():
    with pytest.raises(ValueError, match="two points"):
        run.Branch.of(np.array([1.0, 1.0]), np.array([3.0, 3.1]))


def test_simulated_branches_are_told_apart_by_the_current(result):
    row = run.from_result("made up", result).row()
    assert row["discharge plateau [V]"] == pytest.approx(3.40, abs=1e-6)
    assert row["charge plateau [V]"] == pytest.approx(3.45, abs=1e-6)
    assert row["gap [mV]"] == pytest.approx(50.0, abs=1e-3)


def test_measured_curves_have_the_gap_their_provenance_states():
    """36-42 mV, stated for Dreyer et al.; the HAIDI cathode lies in the same range."""
    for name, paths in run.MEASURED.items():
        row = run.read_measured(name, *paths).row()
        assert 36 <= row["gap [mV]"] <= 42
        assert row["middle [V]"] == pytest.approx(3.426, abs=0.003)


def test_report_writes_figure_and_tables(result, tmp_path):
    cycles = [run.read_measured(name, *paths) for name, paths in run.MEASURED.items()]
    cycles += [
        run.from_result(name, result, "variant" if case.note else "model")
        for name, case in run.SIMULATED.items()
    ]
    text = run.report(cycles, tmp_path)
    assert "mV too wide" in text
    assert "nothing was fitted" in text
    assert all(case.note in text for case in run.SIMULATED.values())
    assert (tmp_path / "lfp_low_rate.svg").stat().st_size > 10_000
    assert (tmp_path / "lfp_low_rate.md").read_text(encoding="utf-8") == text
    rows = json.loads((tmp_path / "lfp_low_rate.json").read_text(encoding="utf-8"))
    assert [row["electrode"] for row in rows] == [*run.MEASURED, *run.SIMULATED]


def test_homogeneous_particles_keep_the_gap_of_their_spinodal():
    """Ten particles at C/50, omega = 3 kT: between them the voltage relaxes, never beyond.

    No homogeneous particle turns before its spinodal, so the gap can fall short of the
    spinodals' 21.3 mV only by what so few particles relax, a fifth at most, and exceed it only
    by overpotential: 0.7 mV a branch if one particle took all of the current, C/5 for it at an
    exchange current of about 8C.
    """
    omega = 3.0
    c = 0.5 - 0.5 * math.sqrt(1 - 2 / omega)
    thermal_voltage = BOLTZMANN * 298.15 / ELEMENTARY_CHARGE
    spinodal = 2e3 * thermal_voltage * (math.log(c / (1 - c)) + omega * (1 - 2 * c))
    case = run.Case("homogeneous.yaml", 10, f"{{name: lfp, omega: {omega} kT}}")
    row = run.simulate("ten particles", case, quick=True).row()
    assert spinodal == pytest.approx(21.3, abs=0.05)
    assert 0.8 * spinodal < row["gap [mV]"] < spinodal + 2
    assert row["middle [V]"] == pytest.approx(3.422, abs=0.002)  # the standard potential
