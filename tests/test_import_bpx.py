"""BPX files: the cells of validation/bpx, formulae without danger, and what is said of faults."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import electrode_model as em
from electrode_model.__main__ import main
from electrode_model.config.load import load
from electrode_model.config.problems import ConfigError
from electrode_model.importing.bpx import import_bpx
from electrode_model.importing.expression import read_function, sampled

DATA = Path(__file__).parent.parent / "validation" / "bpx" / "data"
LFP = DATA / "aboutenergy_lfp_gr_18650" / "lfp_18650_cell_BPX.json"
NMC = DATA / "aboutenergy_nmc111_gr_pouch" / "nmc_pouch_cell_BPX.json"
COARSE = ["positive.volumes=3", "negative.volumes=3", "separator.volumes=2",
          "output.figures=false"]  # fmt: skip


@pytest.fixture(scope="module")
def nmc(tmp_path_factory):
    """The configuration of the NMC cell."""
    path = tmp_path_factory.mktemp("bpx") / "config.yaml"
    path.write_text(import_bpx(NMC).text)
    return path


@pytest.mark.parametrize(("file", "rms"), [(LFP, 70), (NMC, 15)])
def test_cells_run_and_are_near_the_measurement(tmp_path, capsys, file, rms):
    """By the command; 1C on a coarse grid, with the misfit of the parameters (see validation)."""
    path = tmp_path / "config.yaml"
    assert main(["import", "bpx", str(file), "-o", str(path)]) == 0
    assert "Specific heat capacity" in capsys.readouterr().err
    result = em.simulate(path, overrides=COARSE)
    assert result.status == "finished"
    measured = np.genfromtxt(next(file.parent.glob("*_1C.csv")), delimiter=",", names=True)
    passed, first = np.unique(result["Discharge capacity [A.h.m-2]"], return_index=True)
    area = measured["capacity_Ah"][-1] / passed[-1]  # the capacity itself is in the next test
    inside = measured["capacity_Ah"] < 0.9 * measured["capacity_Ah"][-1]
    own = np.interp(measured["capacity_Ah"][inside] / area, passed, result["Voltage [V]"][first])
    error = own - measured["voltage_V"][inside]
    assert 1e3 * np.sqrt((error**2).mean()) < rms


def test_numbers(nmc):
    config = load(nmc)
    given = json.loads(NMC.read_text())["Parameterisation"]
    cell, negative = given["Cell"], given["Negative electrode"]
    area = 34 * cell["Electrode area [m2]"]
    assert config.nominal_capacity == pytest.approx(12.5 / area)
    particles = config.negative.particles[0]
    assert config.negative.active_fraction == pytest.approx(499522 * 4.12e-6 / 3)
    assert config.negative.porosity**config.negative.bruggeman == pytest.approx(0.128)
    assert config.negative.conductivity == 0.222
    assert config.negative.initial_filling == negative["Maximum stoichiometry"]
    assert config.positive.initial_filling == 0.42424
    rate = negative["Reaction rate constant [mol.m-2.s-1]"]
    assert particles.kinetics.k0 == pytest.approx(96485.33 * rate, rel=1e-6)
    sites = particles.material.overrides["site_density"] / 6.02214076e23
    assert sites == pytest.approx(29730)
    assert config.electrolyte.model.parameters["t_plus"] == (0.2594,)


def test_tables_are_the_formulae(nmc):
    """Open-circuit voltages to 0.2 mV where the cell goes, conductivity to 0.1 %."""
    config = load(nmc)
    given = json.loads(NMC.read_text())["Parameterisation"]
    from electrode_model.free_energy import PiecewiseCubic

    for name in ("negative", "positive"):
        section = given[f"{name.capitalize()} electrode"]
        table = getattr(config, name).particles[0].material.ocv
        x = np.linspace(section["Minimum stoichiometry"], section["Maximum stoichiometry"], 997)
        curve = PiecewiseCubic.through(np.array(table.c), np.array(table.voltage))
        np.testing.assert_allclose(curve(x), read_function(section["OCP [V]"])(x), atol=2e-4)
    table = config.electrolyte.model.parameters
    c = np.linspace(200, 2500, 331)
    curve = PiecewiseCubic.through(
        np.array(table["concentrations"]), np.array(table["conductivity"])
    )
    expected = read_function(given["Electrolyte"]["Conductivity [S.m-1]"])(c)
    np.testing.assert_allclose(curve(c), expected, rtol=1e-3)


def changed(folder, *path, value=None):
    """A file with one value changed, or left out."""
    data = json.loads(NMC.read_text())
    place = data["Parameterisation"]
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    file = folder / "cell.json"
    file.write_text(json.dumps(data))
    return file


def test_temperature_goes_into_tables(tmp_path):
    """Arrhenius in the electrolyte, the entropic coefficient in the open-circuit voltage."""
    warm = tmp_path / "warm.yaml"
    warm.write_text(
        import_bpx(changed(tmp_path, "Cell", "Initial temperature [K]", value=308.15)).text
    )
    cold = tmp_path / "cold.yaml"
    cold.write_text(import_bpx(NMC).text)
    warm_config, cold_config = load(warm), load(cold)
    factor = np.exp(17100 / 8.31446 * (1 / 298.15 - 1 / 308.15))
    tables = [
        c.electrolyte.model.parameters["conductivity"][10] for c in (warm_config, cold_config)
    ]
    assert tables[0] / tables[1] == pytest.approx(factor, rel=1e-5)
    tables = [c.positive.particles[0].material.overrides["standard_potential"] for c in
              (warm_config, cold_config)]  # fmt: skip
    assert tables[0] - tables[1] == pytest.approx(10 * -1e-4)
    assert warm_config.temperature == 308.15


def test_a_diffusivity_that_depends_on_filling(tmp_path):
    table = {"x": [0, 0.5, 1], "y": [1e-14, 2e-14, 1e-15]}
    file = changed(tmp_path, "Positive electrode", "Diffusivity [m2.s-1]", value=table)
    path = tmp_path / "config.yaml"
    path.write_text(import_bpx(file).text)
    material = load(path).positive.particles[0].material
    assert material.overrides["diffusivity"] == 2e-14
    shape = material.diffusivity_shape.parameters
    ratio = np.interp([0.25, 0.75], shape["filling"], shape["log10_ratio"])
    np.testing.assert_allclose(10**ratio, [0.75, 0.525], rtol=0.01)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("Cell", "Nominal cell capacity [A.h]"), None, "Nominal cell capacity [A.h] is missing"),
        (("Cell", "Electrode area [m2]"), "wide", "is 'wide'; a number is needed"),
        (("Separator",), None, "Separator: Thickness [m] is missing"),
        (("Separator", "Porosity"), 2.0, "must lie between 0 and 1"),
        (("Positive electrode", "OCP [V]"), "4 - y", "has the unknown name 'y'; the variable is x"),
        (("Positive electrode", "OCP [V]"), "4 -", "is no formula"),
        (("Positive electrode", "OCP [V]"), {"x": [0, 1]}, "is no table of numbers x and y"),
        (("Positive electrode", "Diffusivity [m2.s-1]"), "x - 0.5", "is not above 0 at every x"),
        (("Electrolyte", "Conductivity [S.m-1]"), "500 - x", "is not above 0 at every conc"),
        (("Negative electrode", "Particle"), {"A": {}}, "holds several materials"),
    ],
)  # fmt: skip
def test_faults_name_the_key(tmp_path, capsys, path, value, message):
    file = changed(tmp_path, *path, value=value)
    assert main(["import", "bpx", str(file)]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cell.json:1: is no JSON"),
        ("[]", "Parameterisation is missing"),
        ("[" * 100_000, "is nested too deep"),
    ],
)
def test_files_of_another_kind(tmp_path, text, message):
    file = tmp_path / "cell.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        import_bpx(file)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__",
        "x.real",
        "[1, 2]",
        "exp",
        "exp(x, 1)",
        "eval('1')",
        "'1'",
        "lambda: 1",
        "1 if x else 2",
        "1j",
        "True",
        "-" * 300 + "x",
        "x" * 30_000,
    ],
)
def test_formulae_are_not_executed(text):
    with pytest.raises(ValueError, match=r"has|is|calls"):
        read_function(text)


def test_formulae():
    x = np.array([0.2, 0.7])
    function = read_function("-2.5 * x ** 2 + exp(-(x - 0.1) / 3) - tanh(x) * log(x + pi) + 1e-3")
    expected = -2.5 * x**2 + np.exp(-(x - 0.1) / 3) - np.tanh(x) * np.log(x + np.pi) + 1e-3
    np.testing.assert_allclose(function(x), expected, rtol=1e-15)
    np.testing.assert_array_equal(read_function(3)(x), [3, 3])
    np.testing.assert_array_equal(read_function({"x": [0, 1], "y": [1, 3]})(x), [1.4, 2.4])
    assert read_function("9**9**9")(x)[0] == np.inf


def test_places_of_a_table_are_where_it_bends():
    from scipy.interpolate import PchipInterpolator

    def step(x):
        return np.tanh((x - 0.3) / 0.01)

    places, values = sampled(step, 0.0, 1.0, 1e-3)
    assert places.size < 120
    x = np.linspace(0, 1, 5001)
    # checked at the middles only, so somewhat more in between
    np.testing.assert_allclose(PchipInterpolator(places, values)(x), step(x), atol=2e-3)
