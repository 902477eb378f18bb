"""Profiles of some particles only: chosen, saved, read and drawn."""

import numpy as np
import pytest

import electrode_model as em
from electrode_model.analysis.uniformity import maps
from electrode_model.plots.plot import OF_PARTICLES
from tests.models import HALF_CELL, SMOOTH, configuration, particle

CASE = (
    particle("diffusion", nodes=8),
    *SMOOTH,
    "positive.volumes=3",
    "positive.particles.per_volume=4",
    "protocol=[{current: 1 C, until: {time: 200 s}}]",
    "output.every=50 s",
)


def run(folder, *output):
    config = configuration(folder, HALF_CELL, [*CASE, *output])
    return em.simulate(config, folder=folder / "result")


def test_chosen_particles_have_the_profiles_that_all_would_have(tmp_path):
    (tmp_path / "all").mkdir()
    (tmp_path / "some").mkdir()
    everything = run(tmp_path / "all")
    some = run(
        tmp_path / "some",
        "output.fields=[particles, samples, electrolyte]",
        "output.samples=[7, 2]",
    )
    opened = em.Result.open(tmp_path / "some" / "result")
    for result in (some, opened):
        assert "Particle profiles 0" not in result
        with pytest.raises(KeyError, match=r"'profiles' into output\.fields"):
            result["Particle profiles 0"]
        np.testing.assert_array_equal(result.layout.samples[0], [2, 7])
        np.testing.assert_array_equal(
            result["Sampled profiles 0"], everything["Particle profiles 0"][:, :, [2, 7]]
        )
        seen, expected = maps(result, 0, particle=7), maps(everything, 0, particle=7)
        np.testing.assert_array_equal(seen.filling, expected.filling)
        with pytest.raises(KeyError, match="was not saved"):
            maps(result, 0, particle=3)
    assert "profiles" in OF_PARTICLES
    assert (tmp_path / "some" / "result" / "fields" / "samples_0.npy").exists()


def test_a_number_is_spread_over_the_electrode(tmp_path):
    result = run(tmp_path, "output.fields=[samples]", "output.samples=3")
    np.testing.assert_array_equal(result.layout.samples[0], [0, 6, 11])
    assert result["Sampled profiles 0"].shape[1:] == (8, 3)
    assert sorted(result.inside()) == [0, 6, 11]


@pytest.mark.parametrize("wrong", ["0", "[1, 1]", "[-1]", "[]", "many", "1.5", "true"])
def test_other_values_are_refused(wrong, tmp_path):
    with pytest.raises(em.ConfigError, match=r"output\.samples is .*how many particles, such as"):
        configuration(tmp_path, HALF_CELL, [*CASE, f"output.samples={wrong}"])
