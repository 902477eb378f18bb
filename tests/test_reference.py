"""MPET's curves, as validation/mpet_reference compares them; all of them but one, which is slow.

lto_chr is run one way only: each takes 8 s, and the other exercises the same code.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import electrode_model as em
from electrode_model.assemble import assemble
from validation.mpet_reference import comparison, run
from validation.mpet_reference.curves import CURVES, select

FOLDER = Path(__file__).parent.parent / "validation" / "mpet_reference"
QUICK = [
    "lfp_acr_single/discharge_1C",
    "lfp_acr_single/charge_1C",
    "lfp_homog_ensemble/charge_0.1C",
    "lfp_homog_ensemble/discharge_5C",
    "lfp_porous_cc/discharge_2C",
    "lfp_partcond/discharge_1C",
    "lto_chr/discharge_0.2C",
    "nmc_park/charge_2C",
    "lfp_cv_step/step_3.2_to_3.5V",
    "lfp_cccv_cycle/cccv_cycle_ideal_solution",
    "lfp_bv_vs_mhc_ciet/BV_discharge_5C",
    "lfp_bv_vs_mhc_ciet/MHC_discharge_5C",
    "nmc_diffn_full/discharge_C3",
]
EXACT = [name for name in QUICK if not name.startswith(("lto", "lfp_porous", "lfp_cv"))]


@pytest.fixture(scope="module")
def short():
    """A quick curve with its result and reference."""
    curve = CURVES["lfp_acr_single/discharge_1C"]
    return curve, comparison.simulate(curve), comparison.Reference.read(curve)


def failures(measures):
    return [f"{m.name}: {m.value:.4g} > {m.limit:g}" for m in measures if not m.passed]


def test_every_quick_curve_is_compared():
    assert [curve.name for curve in select([], quick=True)] == QUICK


@pytest.mark.parametrize("name", QUICK)
def test_agrees_with_the_reference(name):
    """2 mV, or 0.3 mV without an inner grid; how close to expect: see curves.py."""
    curve = CURVES[name]
    result = comparison.simulate(curve, quick=True)
    assert not failures(comparison.compare(curve, result, comparison.Reference.read(curve)))


@pytest.mark.parametrize("name", EXACT)
def test_agrees_to_microvolts_with_the_constants_of_the_reference(name):
    """What CODATA constants hide: 40 uV everywhere, also where particles switch."""
    curve = CURVES[name]
    result = comparison.simulate(curve, exact=True)
    reference = comparison.Reference.read(curve)
    assert not failures(comparison.compare(curve, result, reference, exact=True))


def of_the_negative(config, raw):
    """Ours and theirs, of a porous negative electrode."""
    system, material, electrode = raw["system"], raw["material_a"], config.negative
    (particles,) = electrode.particles
    own = particles.material.overrides
    return {
        "negative thickness": (electrode.thickness, system["L_a"]),
        "negative porosity": (electrode.porosity, system["poros_a"]),
        "negative active": (electrode.active_fraction, (1 - system["poros_a"]) * system["P_L_a"]),
        "negative bruggeman": (electrode.bruggeman, 1 - system["BruggExp_a"]),
        "negative volumes": (electrode.volumes, system["Nvol_a"]),
        "negative particles": (particles.per_volume, system["Npart_a"]),
        "negative size": (particles.size.parameters["value"], raw["size_m_a"][0][0]),
        "negative initial": (electrode.initial_filling, system["cs0_a"]),
        "negative k0": (particles.kinetics.k0, material["k0"]),
        "negative sites": (own["site_density"], material["rho_s"]),
        "negative D": (own["diffusivity"], material["D"]),
        "gap bruggeman": (config.separator.bruggeman, 1 - system["BruggExp_s"]),
    }


FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "case.yaml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_configuration_is_that_of_the_reference(path):
    """Each number of the YAML file against MPET's input, so that no agreement is by accident."""
    curve = next(c for c in CURVES.values() if c.family == path.stem)
    raw = comparison.Reference.read(curve).raw
    config = em.load(path, curve.overrides)
    system, material, electrode = raw["system"], raw["material"], config.positive
    (particles,) = electrode.particles
    separate = system["Nvol_s"] > 0
    expected = {
        "temperature": (config.temperature, system["T"]),
        "thickness": (electrode.thickness, system["L_c"]),
        "porosity": (electrode.porosity, system["poros_c"]),
        "active": (electrode.active_fraction, (1 - system["poros_c"]) * system["P_L_c"]),
        "bruggeman": (electrode.bruggeman, 1 - system["BruggExp_c"]),
        "volumes": (electrode.volumes, system["Nvol_c"]),
        "particles": (particles.per_volume, system["Npart_c"]),
        "initial": (electrode.initial_filling, system["cs0_c"]),
        "series": (config.series_resistance, system["Rser"]),
        "salt": (config.electrolyte.concentration, system["c0"]),
        "k0": (particles.kinetics.k0, material["k0"]),
        "alpha": (particles.kinetics.law.parameters["alpha"], material["alpha"]),
        "sites": (particles.material.overrides["site_density"], material["rho_s"]),
    }
    if config.separator and separate:
        expected |= {
            "gap": (config.separator.thickness, system["L_s"]),
            "gap porosity": (config.separator.porosity, system["poros_s"]),
            "gap volumes": (config.separator.volumes, system["Nvol_s"]),
        }
        if system.get("Nvol_a"):
            expected |= of_the_negative(config, raw)
        else:
            expected["foil"] = (config.negative.exchange_current, system["k0_foil"])
    if system.get("simBulkCond_c") == "true":  # MPET's collector is half a cell beyond the solid
        solid = system["sigma_s_c"] * (1 - system["poros_c"]) ** (1 - system["BruggExp_c"])
        half = system["L_c"] / system["Nvol_c"] / 2 / solid
        expected["series"] = (config.series_resistance, pytest.approx(half, rel=1e-10))
    if "1C_current_density" in system:
        expected["1C"] = (config.nominal_capacity, system["1C_current_density"])
    names = {"omega": "Omega_a", "gradient_energy": "kappa", "coherency": "B", "diffusivity": "D"}
    names |= {"wetting_filling": "cwet"}
    own = dict(particles.material.overrides)
    if material.get("D") == 1:  # m^2/s: the whole diffusivity is in MPET's function of filling
        own.pop("diffusivity", None)
    expected |= {n: (own[n], material[theirs]) for n, theirs in names.items() if n in own}
    assert (config.separator is not None) == separate
    for name, (ours, theirs) in expected.items():
        theirs = theirs if name == "series" else pytest.approx(theirs, rel=1e-12)
        assert ours == theirs, name


@pytest.mark.parametrize("name", ["lfp_porous_cc/discharge_2C", "lfp_homog_ensemble/discharge_5C"])
def test_particles_and_capacity_are_those_of_the_reference(name):
    curve = CURVES[name]
    reference = comparison.Reference.read(curve)
    layout = assemble(em.load(FOLDER / f"{curve.family}.yaml", curve.overrides)).layout
    np.testing.assert_allclose(layout.size, reference["size_m"].ravel(), rtol=1e-9)
    shares = reference["volume_fraction"].ravel() / reference.raw["system"]["Nvol_c"]
    np.testing.assert_allclose(layout.weight, shares, rtol=1e-9)
    cells = {int(p): g.nodes.size for g in layout.profiles for p in g.particles}
    if cells:
        assert [cells[k] for k in sorted(cells)] == reference["grid_points"].ravel().tolist()
    # 1C differs by the constants: CODATA against e = 1.602e-19 C
    assert layout.one_c == pytest.approx(reference["one_C_current_density_A_m2"], rel=2e-4)


class Without:
    """A result of which one variable is missing or not a number."""

    def __init__(self, result, name, value=None):
        self.layout, self._result, self._name, self._value = result.layout, result, name, value

    def __getitem__(self, name):
        if name != self._name:
            return self._result[name]
        if self._value is None:
            raise KeyError(name)
        return self._value(self._result[name])


@pytest.mark.parametrize(
    "name",
    [
        "Voltage [V]",
        "Positive filling fraction",
        "Particle filling fraction",
        "Particle profiles 0",
    ],
)
def test_a_missing_variable_of_the_result_fails(short, name):
    curve, result, reference = short
    with pytest.raises(KeyError, match=re.escape(name)):
        comparison.compare(curve, Without(result, name), reference)


def test_a_missing_variable_of_the_reference_fails(short):
    curve, result, reference = short
    for name in ("voltage_V", "mean_filling_c", "particle_filling", "profile_time_s"):
        raw = {key: value for key, value in reference.raw.items() if key != name}
        with pytest.raises(KeyError, match=name):
            comparison.compare(curve, result, comparison.Reference(raw))
    raw = {key: value for key, value in reference.raw.items() if key != "inner_filling"}
    with pytest.raises(ValueError, match="inner filling"):
        comparison.compare(curve, result, comparison.Reference(raw))


@pytest.mark.parametrize(
    ("name", "change", "measure"),
    [
        ("Voltage [V]", lambda v: v + 3e-3, "voltage max [mV]"),
        ("Positive filling fraction", lambda c: c * 1.01, "end capacity [%]"),
        ("Particle filling fraction", lambda c: c + 0.003, "particle filling"),
        ("Particle profiles 0", lambda c: c + 0.03, "inner filling"),
    ],
)
def test_an_error_is_seen(short, name, change, measure):
    curve, result, reference = short
    measures = comparison.compare(curve, Without(result, name, change), reference)
    assert measure in [m.name for m in measures if not m.passed]


def test_not_a_number_fails():
    assert not comparison.Measure("voltage", float("nan"), 1.0).passed


def test_script_reports_and_its_status_tells(tmp_path, capsys, monkeypatch):
    family, name = "lfp_bv_vs_mhc_ciet", "lfp_bv_vs_mhc_ciet/BV"
    assert run.main([name, "-o", str(tmp_path)]) == 0
    assert "All 1 curves are within their limits." in capsys.readouterr().out
    assert (tmp_path / f"{family}.svg").stat().st_size > 10_000
    monkeypatch.setattr(run, "compare", lambda *a, **k: [comparison.Measure("voltage", 2.0, 1.0)])
    assert run.main([name, "-o", str(tmp_path)]) == 1
    assert "voltage is 2, limit 1" in capsys.readouterr().out


def test_data_name_their_source():
    for path in FOLDER.glob("data/*.json"):
        assert "MPET 1.0.1" in json.loads(path.read_text(encoding="utf-8"))["source"]
    assert "MIT" in (FOLDER / "data" / "LICENSE").read_text(encoding="utf-8")
