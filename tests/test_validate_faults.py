"""A fault put into the physics turns named rows of the validation suite red.

That the same rows are green without a fault is tested in test_reference.py and test_newman.py.
"""

import functools

import pytest

from electrode_model import kinetics
from electrode_model.electrolytes.properties import liclo4_pc
from electrode_model.particles import homogeneous
from validation.mpet_reference import comparison
from validation.mpet_reference import run as mpet
from validation.mpet_reference.curves import CURVES
from validation.newman import run as newman


def transference_number(monkeypatch):
    """0.5 in place of 0.2, the salt's own."""
    monkeypatch.setattr(liclo4_pc, "t_plus", lambda c_e, temperature: 0.5 + 0 * c_e)


def transfer_coefficient(monkeypatch):
    """0.3 whatever was asked for."""
    real = kinetics.butler_volmer

    @functools.wraps(real)
    def faulty(*arguments, **keys):
        return real(*arguments, **{**keys, "alpha": 0.3})

    monkeypatch.setattr(kinetics, "butler_volmer", faulty)


def area_of_a_sphere(monkeypatch):
    """Area over volume 2/R in place of 3/R."""
    monkeypatch.setattr(homogeneous, "EXPONENT", {**homogeneous.EXPONENT, "sphere": 1})


def mpet_row(name):
    """The row of a curve of MPET."""
    curve = CURVES[name]
    result = comparison.simulate(curve, quick=True)
    measures = comparison.compare(curve, result, comparison.Reference.read(curve))
    return mpet.judged([(curve, measures, 0.0)])[0]


def salt_row(name):
    """The salt profile of Fuller et al. 1994, Fig. 3."""
    cell = next(cell for cell in newman.CELLS if f"{cell.name}/salt" == name)
    result = newman.discharge(cell, cell.profile_current, quick=True)
    return newman._profile_row(cell, result, newman.read(f"{cell.profile}_salt_profile"))


@pytest.mark.parametrize(
    ("fault", "row", "name"),
    [
        (transference_number, salt_row, "fuller94/salt"),
        (transfer_coefficient, mpet_row, "lfp_bv_vs_mhc_ciet/BV_discharge_5C"),
        (transfer_coefficient, mpet_row, "nmc_park/charge_2C"),
        (area_of_a_sphere, mpet_row, "lfp_bv_vs_mhc_ciet/BV_discharge_5C"),
        (area_of_a_sphere, mpet_row, "lfp_homog_ensemble/discharge_5C"),
    ],
)
def test_a_fault_turns_a_row_red(monkeypatch, fault, row, name):
    fault(monkeypatch)
    found = row(name)
    assert found.id == name
    assert found.verdict == "not reproduced", found.value
