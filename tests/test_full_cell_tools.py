"""Tools written for half cells, given full ones: they take either electrode, or say why not."""

import csv
from pathlib import Path

import numpy as np
import pytest

from electrode_model.__main__ import main
from electrode_model.analysis import population, stability
from electrode_model.analysis.alone import about_electrode, cell_rate, of_electrode
from electrode_model.analysis.diffraction import diffraction, lattice
from electrode_model.analysis.impedance import impedance
from electrode_model.analysis.uniformity import currents
from electrode_model.assemble import assemble
from electrode_model.config.load import load
from electrode_model.config.model import Counter
from electrode_model.config.problems import ConfigError
from electrode_model.results.provenance import seeds
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from tests.models import HALF_CELL, configuration
from tests.runs import finished, protocol
from tests.test_full_cell import FULL

CONFIGS = Path(__file__).parent.parent / "configs"
LTO = str(CONFIGS / "nmc_lto.yaml")
ELECTRODES = ("positive", "negative")
#: A command that takes --electrode, a file for it, and options that make it short.
COMMANDS = {
    "stability": ["--rates", "1"],
    "fokker-planck": ["--no-threshold", "--cells", "100"],
    "exchange-current": ["--filling", "0.5"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A short run of a full cell, on disk."""
    folder = tmp_path_factory.mktemp("full") / "run"
    short = protocol("{current: 1 C, until: {time: 20 min}}", "{rest: 1 min}")
    few = [f"{electrode}.particles.per_volume=2" for electrode in ELECTRODES]
    simulate(LTO, overrides=[short, *few], folder=folder)
    return folder


def test_either_electrode_as_a_half_cell():
    cell = load(LTO)
    for electrode in ELECTRODES:
        half = of_electrode(cell, electrode)
        assert isinstance(half.negative, Counter)
        assert half.positive == getattr(cell, electrode)
        alone, whole = assemble(half).layout, assemble(cell).layout
        own = whole.negative if electrode == "negative" else whole
        assert own is not None
        assert alone.one_c == own.capacity == alone.capacity
        assert cell_rate(cell, electrode) == pytest.approx(own.one_c / own.capacity, rel=1e-12)
        assert f"1C of the cell is {own.one_c / own.capacity:.3g} C" in about_electrode(
            cell, electrode
        )


def test_a_half_cell_stays_what_it_is(tmp_path):
    config = configuration(tmp_path, HALF_CELL)
    assert of_electrode(config) is config
    assert cell_rate(config) == 1
    assert about_electrode(config) == ""
    with pytest.raises(ConfigError, match="negative is a lithium foil without particles"):
        of_electrode(config, "negative")


def test_stability_of_the_negative_is_that_of_its_material():
    reaction = stability.of_config(of_electrode(load(LTO), "negative"))
    assert reaction.name == "lto"
    assert stability.spinodal(reaction)  # it separates; NMC532 does not
    assert not stability.spinodal(stability.of_config(of_electrode(load(LTO))))


@pytest.mark.parametrize(
    ("command", "electrode"),
    [*((command, "negative") for command in COMMANDS), ("fokker-planck", "positive")],
)
def test_commands_take_either_electrode(tmp_path, capsys, command, electrode):
    output = tmp_path / ("map.png" if command == "stability" else "figures")
    options = [*COMMANDS[command], "--electrode", electrode, "-o", str(output)]
    assert main([command, LTO, *options]) == 0
    said = capsys.readouterr().out
    if command == "exchange-current":
        errors = [float(line.split()[-2]) for line in said.splitlines() if line.endswith("%")]
        assert len(errors) == 3
        assert max(map(abs, errors)) < 1  # per cent; of a step of 5 mV
        return
    first = said.splitlines()[0]
    assert first.startswith(f"{electrode} electrode by itself: discharge lithiates it")
    if command == "fokker-planck":  # the protocol's 1C, in that of the electrode
        rate = cell_rate(load(LTO), electrode)
        assert f"{rate:8.3g}" in said
        return
    assert "unstable at rest, fillings: none" not in said  # as NMC532 would be


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_say_that_a_counter_electrode_has_no_particles(capsys, command):
    config = str(CONFIGS / "lfp_ensemble.yaml")
    assert main([command, config, "--electrode", "negative"]) == 2
    said = capsys.readouterr().err.strip()
    assert "negative is an ideal counter electrode without particles" in said
    assert "write --electrode positive" in said
    assert "\n" not in said


def test_diffraction_of_either_electrode(folder, capsys):
    assert main(["diffraction", str(folder), "--electrode", "negative"]) == 0
    assert "reflection 1,1,1" in capsys.readouterr().out
    with (folder / "figures" / "negative_diffraction.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    result = Result.open(folder)
    filling = result["Negative particle filling fraction"] @ result.negative.layout.weight
    saved = [float(row["Negative filling fraction"]) for row in rows]
    np.testing.assert_allclose(saved, filling, atol=1e-5)  # six digits in the file
    assert main(["diffraction", str(folder)]) == 0
    assert "reflection 0,0,3" in capsys.readouterr().out
    assert (folder / "figures" / "diffraction.png").exists()


def test_diffraction_of_a_negative_of_two_materials(tmp_path):
    one = "{model: homogeneous, size: 1 um, material: nmc111, volume_fraction: 0.5}"
    other = "{model: homogeneous, size: 1 um, material: nmc532, volume_fraction: 0.5}"
    short = protocol("{rest: 1 s}")
    result = finished(tmp_path, FULL, [f"negative.particles=[{one}, {other}]", short])
    patterns = diffraction(result.negative, frames=np.array([0]))
    places = [lattice(name).q(np.array(0.9), (0, 0, 3)) for name in ("nmc111", "nmc532")]
    # one peak of both: their positions differ by less than the width
    centre = np.sum(patterns.q * patterns.intensity[0]) / np.sum(patterns.intensity[0])
    assert min(places) - 1e-3 < centre < max(places) + 1e-3
    # the positive stands at its own filling
    seen = diffraction(result, frames=np.array([0])).positions()[0]
    assert seen == pytest.approx(float(lattice("nmc532").q(np.array(0.4))), abs=2e-3)


def test_diffraction_says_that_a_foil_has_no_particles(tmp_path, capsys):
    simulate(configuration(tmp_path, HALF_CELL, [protocol("{rest: 1 s}")]), folder=tmp_path / "run")
    assert main(["diffraction", str(tmp_path / "run"), "--electrode", "negative"]) == 2
    said = capsys.readouterr().err.strip()
    assert "the negative electrode has no particles; leave --electrode out" in said
    assert "\n" not in said


def test_statistics_of_the_negatives_population(folder):
    """Its particles empty one after another: the population is split, the positive's is not."""
    result = Result.open(folder)
    found = {}
    for electrode, seen in (("positive", result), ("negative", result.negative)):
        weights = seen.layout.weight
        filling = seen["Particle filling fraction"][-1]
        found[electrode] = population.two_peaks(filling, weights)
        mean = seen[f"{electrode.capitalize()} filling fraction"][-1]
        assert filling @ weights == pytest.approx(mean, abs=1e-12)
        assert 0 <= population.active_fraction(filling, weights) <= 1
    assert found["negative"].bimodal
    assert not found["positive"].bimodal


def test_channels_of_a_negative_plate(tmp_path):
    plate = [
        "negative.particles.model=allen_cahn",
        "negative.particles.material=lfp",
        "negative.particles.size=30 nm",
        "negative.particles.thickness=20 nm",
        "negative.particles.per_volume=1",
        protocol("{current: 1 C, until: {time: 5 min}}"),
    ]
    seen = currents(finished(tmp_path, FULL, plate).negative, 0)
    assert seen.current.mean() < 0  # it delithiates in discharge
    # at the overpotential of the law: positive where lithium leaves
    assert seen.overpotential[-1].mean() > 0


@pytest.mark.parametrize("double_layer", [0.0, 50.0])
def test_impedance_is_the_sum_of_the_electrodes(tmp_path, double_layer):
    """Without drops in the electrolyte; a foil adds kT/e over its exchange current to each half."""
    even = ["electrolyte=constant", "negative.conductivity=0.2 S/m"]
    cell = configuration(tmp_path, FULL, even)
    frequencies = np.array([1e-3, 1.0, 1e3, 1e5])
    whole, *halves = (
        impedance(assemble(config), frequencies, double_layer=double_layer)
        for config in (cell, *(of_electrode(cell, electrode) for electrode in ELECTRODES))
    )
    foil = assemble(cell).scales.voltage / 10.0
    np.testing.assert_allclose(whole, halves[0] + halves[1] - 2 * foil, rtol=1e-9)


def test_impedance_is_that_of_a_small_pulse(tmp_path):
    pulse = protocol("{rest: 1 s}", "{current: C/10000, until: {time: 1e-6 s}}")
    tight = ["solver.rtol=1e-9", "solver.atol=1e-9"]
    config = configuration(tmp_path, FULL, [pulse, *tight])
    run = simulate(config)
    rest, first = (np.flatnonzero(run["Step"] == k)[n] for k, n in ((0, -1), (1, 0)))
    drop = run["Voltage [V]"][rest] - run["Voltage [V]"][first]
    seen = drop / run["Current [A.m-2]"][first]
    found = impedance(assemble(config), np.array([1e9]))[0]
    # of 2e-4 of kT/e: the law is straight to its square, the solver's voltage good to 1e-9
    assert found.real == pytest.approx(seen, rel=1e-4)


def test_seeds_of_both_electrodes(tmp_path):
    drawn = ["negative.particles.size.sampling=random", "negative.particles.size.seed=4"]
    assert seeds(configuration(tmp_path, FULL, drawn)) == [None, {"size": 4}]


def test_diagram_wants_a_half_cell(capsys, tmp_path):
    assert main(["diagram", LTO, "-o", str(tmp_path / "out")]) == 2
    assert "is a full cell; a diagram wants a half cell" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
