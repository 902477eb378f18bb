"""What stands between MPET's particles and the cell: chain, contact, layer, noise, porosities."""

import numpy as np
import pytest

from electrode_model.config.load import load
from electrode_model.importing.mpet import import_mpet
from tests.mpet_files import write

FOIL = {"Nvol_c": 2, "Nvol_s": 1}
LAYER = {"simInterface_c": "true", "Nvol_i": 4, "L_i": 2e-8, "BruggExp_i": -0.5, "poros_i": 1.0,
         "interfaceModelType": "solid", "c0_int": 40000, "cmax_i": 80000, "Dp_i": 5.5e-17,
         "Dm_i": 2.94e-19}  # fmt: skip


def imported(folder, *changes):
    """(checked configuration, what is done differently) of files with these keys changed."""
    found = import_mpet(write(folder, *changes), mpet_constants=True)
    path = folder / "config.yaml"
    path.write_text(found.text)
    return load(path), " ".join(found.changes)


def drawn(seed, *laws):
    """Lognormal numbers (mean, std, shape) in turn, as MPET draws them."""
    random = np.random.RandomState(seed)
    for mean, std, shape in laws:
        variance = np.log(std**2 / mean**2 + 1)
        yield random.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), size=shape)


def test_chain(tmp_path):
    """Conductances are drawn after the sizes of both electrodes; 1e-12 S of spread is none."""
    chained = {**FOIL, "Npart_c": 3, "simPartCond_c": "true"}
    config, said = imported(tmp_path, {**chained, "G_mean_c": 1e-14, "G_stddev_c": 1e-15})
    assert config.positive.connections.parameters["conductance"] == 1e-14
    assert "for none" in said
    spread = {**chained, "G_mean_c": 1e-11, "G_stddev_c": 4e-12, "seed": 5, "stddev_c": 1e-8,
              "fraction_of_contact": 0.9, "stand_dev_contact": 0.02, "Nvol_a": 2, "Npart_a": 2,
              "stddev_a": 2e-8}  # fmt: skip
    config, said = imported(tmp_path, spread)
    sizes, lost, _, lost_too, conductances = drawn(
        5,
        (5e-8, 1e-8, (2, 3)),
        (0.1, 0.02, (2, 3)),
        (1e-7, 2e-8, (2, 2)),
        (0.1, 0.02, (2, 2)),
        (1e-11, 4e-12, (2, 3)),
    )
    positive, particles = config.positive, config.positive.particles[0]
    np.testing.assert_allclose(particles.size.parameters["sizes"], sizes, rtol=1e-11)
    values = particles.scatter.contact.parameters["values"]
    np.testing.assert_allclose(values, 1 - lost, rtol=1e-11)
    values = config.negative.particles[0].scatter.contact.parameters["values"]
    np.testing.assert_allclose(values, 1 - lost_too, rtol=1e-11)
    given = positive.connections.parameters["conductances"]
    np.testing.assert_allclose(given, conductances, rtol=1e-11)


def test_localized_losses(tmp_path):
    """One stretch of a plate; in MPET of no effect on other particles, which then are whole."""
    local = {"fraction_of_contact": 0.8, "localized_losses": "true", "seed": 3}
    plate = {"type": "ACR", "shape": "C3"}
    config, said = imported(tmp_path, local, plate)
    assert config.positive.particles[0].contact == pytest.approx(0.8)
    assert config.positive.particles[0].model.parameters["contact_seed"] == 3
    config, said = imported(tmp_path, local)
    assert config.positive.particles[0].contact == 1
    assert "without effect on particles of type homog" in said


def test_noise(tmp_path):
    """A function of time with MPET's correlation time; where MPET has none there is none."""
    noisy = {"noise": "true", "noise_prefac": 1e-4, "numnoise": 201}
    config, said = imported(tmp_path, {}, noisy)
    noise = config.positive.particles[0].noise
    rate = 3 / 5e-8 * 1.0 / (1.602e-19 * 1.3793e28)  # area over volume, k0 over charge of sites
    assert noise.reaction == pytest.approx(1e-4 * rate)
    assert noise.correlation_time == pytest.approx(1.05 * 3600 / 200)
    sphere = {**noisy, "type": "CHR", "shape": "sphere"}
    config, said = imported(tmp_path, {}, sphere)
    assert config.positive.particles[0].noise.flux == pytest.approx(1e-4 * 5.3e-19 / 4 / 1e-18)
    config, said = imported(tmp_path, {}, {**noisy, "type": "ACR", "shape": "C3"})
    assert config.positive.particles[0].noise is None
    assert "MPET has none in particles of type ACR" in said


def test_layer(tmp_path):
    """The resistance and the activity are those that MPET has."""
    config, _ = imported(tmp_path, {**FOIL, **LAYER})
    layer = config.positive.particles[0].interphase
    assert (layer.thickness, layer.cells, layer.area) == (pytest.approx(1.5e-8), 3, "electrode")
    assert (layer.model.name, layer.salt, layer.concentration) == ("solid", "own", 40000)
    x = 40 / 80000  # mol/L over mol/m^3
    assert layer.activity == pytest.approx(x / (1 - x))
    solid = {"elyteModelType": "solid", "c0": 40000}
    config, _ = imported(tmp_path, {**FOIL, **LAYER, **solid})
    assert config.positive.particles[0].interphase.activity == pytest.approx(1)
    assert config.negative.exchange_current == pytest.approx(10 / 40**0.5)
    newman = {"rxnType": "BV_mod01"}  # sqrt(40 mol/L) c^1/2 (1-c)^1/2 in MPET, at an activity of 1
    config, _ = imported(tmp_path, {**FOIL, **solid}, newman)
    assert config.positive.particles[0].kinetics.k0 == pytest.approx(40**0.5)
    liquid = {**FOIL, **LAYER, "interfaceModelType": "SM"}
    layer = imported(tmp_path, liquid)[0].positive.particles[0].interphase
    assert (layer.salt, layer.concentration) == ("shared", None)


def test_porosities(tmp_path):
    """Lists by volume, in the order of MPET; the material is that of the mean."""
    given = {**FOIL, "Nvol_c": 3, "specified_poros_c": "[0.35, 0.4, 0.45]",
             "specified_poros_s": "[0.9]"}  # fmt: skip
    config, said = imported(tmp_path, given)
    assert config.positive.porosity == (0.35, 0.4, 0.45)
    assert config.separator.porosity == 0.9
    assert config.positive.active_fraction == pytest.approx(0.69 * 0.6)
    assert "specified_poros_c" in said
