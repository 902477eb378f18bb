"""Statistics of validation cases: what they must see, and what they must not."""

import numpy as np
import pytest

from validation.convergence.run import CONFIGS, Change, another, finer
from validation.lto_ocv import run as lto
from validation.nmc532_tables import run as nmc532
from validation.tum_nmc import run as tum


def test_a_constant_distance_of_two_branches_survives_their_scaling():
    """Each on a scale of its own, branches 40 mV apart looked as if they were one curve."""
    share = np.linspace(0, 1, 501)
    middle = 3.5 + 0.8 * share
    branches = {
        kind: np.column_stack([share, middle + sign * 0.02])
        for kind, sign in (("charge", 1), ("discharge", -1))
    }
    scaled = tum.scaled(branches)
    grid = np.linspace(*tum.INSIDE, 50)
    gap = np.interp(grid, *scaled["charge"].T) - np.interp(grid, *scaled["discharge"].T)
    assert gap == pytest.approx(0.04, abs=1e-9)
    assert np.interp(0.0, *scaled["charge"].T) == pytest.approx(tum.LOWEST + 0.02, abs=1e-9)


def test_the_tables_of_nmc532_are_the_material():
    assert [row.verdict for row in nmc532.rows()] == 3 * ["reproduced"]


def test_lithium_titanate_has_the_capacity_of_its_formula():
    theory, own = lto.capacity()
    assert own == pytest.approx(theory, rel=2e-4)  # four digits of the density


def test_single_jumps_count_unless_particles_switch():
    """One moment in ten off by 5 mV; means of ten moments by half a millivolt."""
    change = Change(np.repeat([0.0, 5.0], [90, 10]), np.full(100, 0.5))
    assert not change.met()
    assert change.met(switching=True)
    assert not Change(change.values, np.full(100, 1.5)).met(switching=True)


def test_refinements_of_a_full_cell():
    path = CONFIGS / "lfp_graphite.yaml"
    more = finer(path)
    assert sorted(more) == ["nodes", "volumes"]
    assert "negative.particles.model.nodes=29" in more["nodes"]
    assert len(more["volumes"]) == 3
    # not the graphite, of whose four sizes five would be another distribution
    assert another(path) == ["positive.particles.per_volume=137"]
    assert another(CONFIGS / "lto_half_cell.yaml") == []
