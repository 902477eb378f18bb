"""Electrode files of MPET: materials, particle models, diffusivities, reactions."""

import pytest

from electrode_model.config.components import PARTICLES
from electrode_model.config.load import load
from electrode_model.importing.mpet import import_mpet
from electrode_model.importing.mpet_names import MATERIALS, MODELS, NMC532_DIFFUSIVITY, REACTIONS
from tests.mpet_files import write


def configured(folder, *changes):
    """The checked configuration of files with these keys changed."""
    path = folder / "config.yaml"
    path.write_text(import_mpet(write(folder, *changes)).text)
    return load(path)


@pytest.mark.parametrize("name", MATERIALS)
def test_materials(tmp_path, name):
    """Every material with the numbers of the file, in a particle that suits it."""
    graphite = {"type": "homog2"} if name == "LiC6" else {}
    config = configured(tmp_path, {}, {"muRfunc": name, "rho_s": 2e28, **graphite})
    material = config.positive.particles[0].material
    assert material.name == MATERIALS[name].name
    assert material.overrides["site_density"] == 2e28
    if name == "testIS_ss":
        assert material.overrides["omega"] == 0


@pytest.mark.parametrize("name", [n for n in MODELS if MODELS[n] in PARTICLES.names()])
def test_particle_models(tmp_path, name):
    radial = name in ("CHR", "CHR2", "diffn", "diffn2")
    own = {"type": name, "shape": "sphere" if radial else "C3", "dgammadc": 1e-30}
    two = {"muRfunc": "LiC6", "rxnType": "BV_gMod01"} if name.endswith("2") else {}
    particles = configured(tmp_path, {}, {**own, **two}).positive.particles[0]
    assert particles.model.name == MODELS[name]
    assert (particles.thickness is None) == radial
    assert ("surface_wetting" in particles.material.overrides) == (
        name in ("CHR", "CHR2", "ACR_Diff")
    )
    if name in ("ACR", "ACR2"):
        assert particles.model.parameters["cell"] == 1e-9
        assert particles.material.overrides["wetting_layer"] == 5e-10


def test_diffusivities(tmp_path):
    """diffn has D Dfunc(c); CHR the mobility D Dfunc(c) of the gradient of mu."""

    def shape(**keys):
        given = configured(tmp_path, {}, {"shape": "sphere", **keys}).positive.particles[0]
        own = given.material.diffusivity_shape
        found = (own.name, own.parameters) if own else None
        return found, given.material.overrides["diffusivity"]

    lattice = ("lattice", {"exponent": 1.0})
    assert shape(type="diffn", Dfunc="lattice") == (lattice, 5.3e-19)
    assert shape(type="diffn", Dfunc="constant")[0] is None
    assert shape(type="CHR", Dfunc="lattice")[0] is None
    assert shape(type="CHR", Dfunc="constant")[0] == ("lattice", {"exponent": -1.0})
    nmc = {"muRfunc": "NMC532_Colclasure20", "type": "diffn", "D": 2}
    own, value = shape(**nmc, Dfunc="NMC532_Colclasure20")
    assert own == ("log_polynomial", {"coefficients": tuple(NMC532_DIFFUSIVITY["coefficients"])})
    assert value == pytest.approx(2 * 4.6673e-15, rel=1e-4)
    assert shape(**nmc, Dfunc="constant") == (("uniform", {}), 2)


@pytest.mark.parametrize("name", REACTIONS)
def test_reactions(tmp_path, name):
    kinetics = configured(tmp_path, {}, {"rxnType": name}).positive.particles[0].kinetics
    assert kinetics.law.name == REACTIONS[name][0]
    assert kinetics.k0 == 1
    assert kinetics.law.parameters in ({"alpha": 0.5}, {"reorganisation": 3.4113e-20})


def test_an_exchange_current_takes_nothing_from_the_material(tmp_path):
    """Coke's own has no vacancy left at 1/2; that of BV_mod01 goes to 1."""
    coke = {"muRfunc": "LiC6_coke_ss2", "rxnType": "BV_mod01"}
    exchange = configured(tmp_path, {}, coke).positive.particles[0].kinetics.exchange_current
    assert exchange.parameters == {"full": 1}


def test_few_points_of_a_fickian_particle(tmp_path):
    """MPET's eleven nodes with a mass matrix are as good as twenty-one volumes."""
    fickian = {"type": "diffn", "muRfunc": "LiC6_ss", "shape": "sphere"}
    few = {**fickian, "discretization": 5e-9}
    model = configured(tmp_path, {}, few).positive.particles[0].model
    assert model.parameters["nodes"] == 21
    many = {**fickian, "discretization": 1e-9}
    model = configured(tmp_path, {}, many).positive.particles[0].model
    assert model.parameters["nodes"] == 51
