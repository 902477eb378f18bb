"""Input files of MPET: the samples, its own results, every profile, and what is said of faults."""

import re
from pathlib import Path

import numpy as np
import pytest

import electrode_model as em
from electrode_model.__main__ import main
from electrode_model.config.load import load
from electrode_model.config.problems import ConfigError
from electrode_model.importing.mpet import import_mpet
from electrode_model.importing.mpet_names import ELECTROLYTES
from tests.mpet_files import ELECTRODE, write
from validation.mpet_reference.comparison import Reference, compare
from validation.mpet_reference.curves import CURVES

SAMPLES = Path(__file__).parent / "data" / "mpet_cfg"
SYSTEMS = sorted(path.name for path in SAMPLES.glob("params_system*.cfg"))


def imported(folder: Path, system=None, cathode=None, anode=None, constants=False):
    """(path of the configuration, what was said), from files with these keys changed."""
    found = import_mpet(write(folder, system, cathode, anode), constants)
    path = folder / "config.yaml"
    path.write_text(found.text)
    return path, found


def configured(folder: Path, *changes):
    """The checked configuration of files with these keys changed."""
    return load(imported(folder, *changes)[0])


@pytest.mark.parametrize("name", SYSTEMS)
def test_samples_are_imported_and_start(tmp_path, capsys, name):
    """By the command, with a comment at every value; the first minute of each runs."""
    path = tmp_path / "config.yaml"
    assert main(["import", "mpet", str(SAMPLES / name), "-o", str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    lines = path.read_text().splitlines()
    bare = [line for line in lines if re.match(r" +\w+: [^\s{[]", line) and "#" not in line]
    assert {line.split(":")[0].strip() for line in bare} <= {"thickness", "distribution", "name"}
    steps = "protocol=[{current: C/10, until: {time: 1 min}}]"
    result = em.simulate(path, overrides=[steps, "output.figures=false"])
    assert result.status == "finished"


@pytest.mark.parametrize(
    "name",
    [
        "lfp_bv_vs_mhc_ciet/BV_discharge_5C",
        "lfp_bv_vs_mhc_ciet/MHC_discharge_5C",
        "nmc_diffn_full/discharge_C3",
        "nmc_park/charge_2C",
        "lfp_acr_single/charge_1C",
        "lfp_cccv_cycle/cccv_cycle_ideal_solution",
        "lfp_partcond/discharge_1C",
    ],
)
def test_results_of_mpet(tmp_path, name):
    """Files that say what MPET was given lead to what MPET computed, within validation's limits."""
    curve = CURVES[name]
    reference = Reference.read(curve)
    raw = reference.raw
    given = dict(raw["system"])
    sizes = raw["size_m"]
    system = {**given, "specified_psd_c": str(sizes)}
    if "BV" in name or "MHC" in name:
        system["capFrac"] = 0.95  # of the program that wrote the curve: it ends after 684 s
    if "cccv" in name:
        cycle = [(-2, 3.6, None, None, None, 1), (3.6, None, None, -0.05, None, 2)]
        cycle += [(0, None, None, None, 10, 1), (1, 3.2, None, None, None, 4)]
        # MPET reports one more point, without current
        cycle += [(0, None, None, None, 1 / 60, 1)]
        system |= {"profileType": "CCCVCPcycle", "segments": str(cycle), "tend": 12000}
    if "Nvol_a" in given:
        system |= {"SMset": "Colclasure20", "specified_psd_a": str(raw["size_m_a"])}
    anode = {**raw.get("material_a", {}), "E_A": 0}
    cathode = {"E_A": 0, **raw["material"]}
    path, found = imported(tmp_path, system, cathode, anode, constants=True)
    assert [note for note in found.notes if "tend" not in note] == []
    tight = ["solver.rtol=1e-8", "solver.atol=1e-8", "output.figures=false"]
    result = em.simulate(path, overrides=tight)
    assert result.status == "finished", result.message
    failed = [m for m in compare(curve, result, reference, exact=True) if not m.passed]
    assert failed == []


CYCLE = [
    (-1, 3.6, None, None, None, 1),
    (3.6, None, 0.9, -0.05, 30, 2),
    (-20, 3.7, None, -0.5, None, 3),
    (0, None, None, None, 10, 1),
    (1, 3.0, None, None, None, 4),
    (3.0, None, None, 0.05, None, 5),
    (20, 2.9, 0.2, None, 5, 6),
    (0, None, None, None, None, 0),
]
PROFILES = [
    ({}, ["discharge at 1 C until 2.8 V or 1 h"]),
    ({"Crate": -2, "capFrac": 0.5}, ["charge at 2 C until 3.85 V or 15 min"]),
    ({"Crate": 0}, ["rest 20 min"]),
    # of 12.7054 A h/m^2, the theoretical capacity, twice as much is called 1C
    ({"1C_current_density": 25.41}, ["discharge at 1 C until 2.8 V or 1800.05 s"]),
    ({"profileType": "CV"}, ["hold 3.3 V until 20 min"]),
    # positive charges: MPET's equation is current (-voltage) = power
    ({"profileType": "CP"}, ["charge at 10 W/m^2 until 3.85 V or 20 min"]),
    ({"profileType": "CP", "power": -3}, ["discharge at 3 W/m^2 until 2.8 V or 20 min"]),
    (
        {
            "profileType": "CCsegments",
            "segments": "[\n (0.3, 0.4),\n # (9, 9),\n (0, 2), (-.5, 1)]",
        },
        ["discharge at 0.3 C until 24 s", "rest 2 min", "charge at 0.5 C until 1 min"],
    ),
    (
        {"profileType": "CVsegments", "segments": "[(3.2, 2), (3.5, 60)]"},
        ["hold 3.2 V until 2 min", "hold 3.5 V until 1 h"],
    ),
    (
        {"profileType": "CCCVCPcycle", "segments": str(CYCLE), "totalCycle": 2},
        2
        * [
            "charge at 1 C until 3.6 V",
            "hold 3.6 V until 0.05 C or filling 0.1 or 30 min",
            "charge at 20 W/m^2 until 3.7 V or 0.5 C",
            "rest 10 min",
            "discharge at 1 C until 3 V",
            "hold 3 V until 0.05 C",
            "discharge at 20 W/m^2 until 2.9 V or filling 0.8 or 5 min",
        ],
    ),
]


@pytest.mark.parametrize(("system", "steps"), PROFILES, ids=lambda v: str(v)[:40])
def test_profiles(tmp_path, system, steps):
    config = configured(tmp_path, system)
    labels = [step.label for step in config.protocol]
    assert [re.sub(r"1800\.\d+ s", "1800.05 s", label) for label in labels] == steps
    low, high = 2.8, 3.85
    if system.get("profileType", "CC") in ("CC", "CP") and system.get("Crate") != 0:
        # a discharge cannot pass Vmax, but begins above it in some files
        low, high = (2.8, 10) if steps[0].startswith("discharge") else (-10, 3.85)
    assert config.voltage_window == (low, high)


def test_limits_that_end_nothing(tmp_path):
    """MPET's own tests have Vmax = 1e10; a hold at Vmax, or beyond, is meant to be held."""
    config = configured(tmp_path, {"Vmax": 1e10, "Vmin": -1e10})
    assert config.protocol[0].label == "discharge at 1 C until 1 h"
    assert config.voltage_window == (-10, 10)
    assert configured(tmp_path, {"profileType": "CV", "Vset": 3.85}).voltage_window == (2.8, 10)
    held = {"profileType": "CVsegments", "segments": "[(2.5, 1), (3, 1)]"}
    assert configured(tmp_path, held).voltage_window == (-10, 3.85)


def test_ramps(tmp_path):
    """tramp is a share of the run, seconds, or units of L_c^2/D; none leads into a rest."""
    slow = configured(tmp_path, {"Crate": 0.01, "tramp": 1e-3}).protocol[0]
    assert slow.ramp == pytest.approx(2 * 360)  # as much charge as with a time constant of 360 s
    segments = {"profileType": "CCsegments", "tramp": 2, "segments": "[(1, 10), (0, 5), (-1, 2)]"}
    assert [step.ramp for step in configured(tmp_path, segments).protocol] == [2, None, 2]
    cycle = {"profileType": "CCCVCPcycle", "segments": "[(1, 3, None, None, None, 4)]", "tramp": 3,
             "elyteModelType": "dilute"}  # fmt: skip
    ambipolar = 2 * 2.2e-10 * 2.94e-10 / (2.2e-10 + 2.94e-10)
    ramp = configured(tmp_path, cycle).protocol[0].ramp
    assert ramp == pytest.approx(3 * 5e-5**2 / ambipolar, rel=1e-12)


def test_state_of_charge_is_that_of_the_limiting_electrode(tmp_path):
    """Of a smaller anode, which is full at a state of charge of 1."""
    cycle = "[(-1, None, 0.8, None, None, 1)]"
    system = {"profileType": "CCCVCPcycle", "segments": cycle, "Nvol_a": 2, "Nvol_s": 2,
              "Nvol_c": 2, "Npart_a": 1, "L_a": 2e-5, "cs0_a": 0.1, "cs0_c": 0.9}  # fmt: skip
    config = configured(tmp_path, system)
    passed = (0.8 - 0.1) * 2e-5 / 5e-5  # of the positive's sites
    assert config.protocol[0].until.filling == pytest.approx(0.9 - passed, rel=1e-12)


def test_sizes_are_those_that_mpet_draws(tmp_path):
    """Volume by volume, the cathode first, from NumPy's Mersenne Twister; whole cells inside."""
    system = {"mean_c": 1e-7, "stddev_c": 2e-8, "mean_a": 3e-6, "stddev_a": 1e-6, "Npart_c": 3,
              "Npart_a": 2, "Nvol_c": 2, "Nvol_s": 1, "Nvol_a": 2, "seed": 7}  # fmt: skip
    graphite = {"type": "CHR", "discretization": 1e-7, "muRfunc": "LiC6_1param"}
    config = configured(tmp_path, system, {}, graphite)
    random = np.random.RandomState(7)

    def draw(mean, std, shape):
        variance = np.log(std**2 / mean**2 + 1)
        return random.lognormal(np.log(mean) - variance / 2, np.sqrt(variance), size=shape)

    cathode, anode = draw(1e-7, 2e-8, (2, 3)), draw(3e-6, 1e-6, (2, 2))
    sizes = [e.particles[0].size.parameters["sizes"] for e in (config.positive, config.negative)]
    np.testing.assert_allclose(sizes[0], cathode, rtol=1e-11)
    np.testing.assert_allclose(sizes[1], np.ceil(anode / 1e-7) * 1e-7, rtol=1e-11)
    assert config.negative.particles[0].model.parameters["cell"] == 1e-7
    many = configured(tmp_path, {**system, "Npart_a": 20, "stddev_a": 2e-6}, {}, graphite)
    model = many.negative.particles[0].model.parameters
    sizes = many.negative.particles[0].size.parameters["sizes"]
    assert model.get("cell") is None
    assert (
        model["nodes"] == round(np.max(sizes) / 1e-7) + 1
    )  # kernels of their own would be too many


def test_numbers_of_an_electrode(tmp_path):
    system = {"simBulkCond_c": "true", "sigma_s_c": 2, "Nvol_c": 2, "Nvol_s": 1, "BruggExp_c": -1,
              "fraction_of_contact": 0.8, "Rser": 1e-3, "Rfilm_foil": 2e-3, "T": 310}  # fmt: skip
    cathode = {"Rfilm": 0.01, "E_A": 2e4, "k0": 3}
    config = configured(tmp_path, system, cathode)
    positive, particles = config.positive, config.positive.particles[0]
    assert positive.active_fraction == pytest.approx(0.69 * 0.6)
    assert positive.bruggeman == 2
    assert positive.conductivity == pytest.approx(2 * 0.6**2)
    assert (particles.kinetics.k0, particles.contact) == (3, pytest.approx(0.8))
    assert particles.kinetics.activation_energy == 2e4
    assert particles.kinetics.reference_temperature == 298
    assert particles.film_resistance == 0.01
    assert (config.negative.exchange_current, config.negative.film_resistance) == (10, 2e-3)
    beyond = 5e-5 / 2 / 2 / positive.conductivity  # half a cell of solid to MPET's collector
    assert config.series_resistance == pytest.approx(1e-3 + beyond, rel=1e-12)
    assert config.temperature == 310


FOIL = {"Nvol_c": 2, "Nvol_s": 1}


@pytest.mark.parametrize("name", ELECTROLYTES)
def test_property_sets(tmp_path, name):
    electrolyte = configured(tmp_path, {**FOIL, "SMset": name}).electrolyte.model
    assert electrolyte.parameters["properties"] == ELECTROLYTES[name]


def test_electrolytes(tmp_path):
    dilute = {**FOIL, "elyteModelType": "dilute", "zp": 2, "zm": -1, "num": 2}
    model = configured(tmp_path, dilute).electrolyte.model
    assert model.parameters == {
        "diffusivity_plus": 2.2e-10,
        "diffusivity_minus": 2.94e-10,
        "z_plus": 2,
        "z_minus": -1,
        "nu_plus": 1,
        "nu_minus": 2,
    }
    solid = {**FOIL, "elyteModelType": "solid", "c0": 40000, "a_slyte": 0.5, "Dp": 5e-12}
    model = configured(tmp_path, solid).electrolyte.model
    assert (model.parameters["sites"], model.parameters["interaction"]) == (80000, 0.5)
    assert configured(tmp_path, {}).electrolyte.model.name == "constant"
    bare = configured(tmp_path, {"Nvol_c": 2})
    assert bare.separator.thickness == 1e-9


def test_what_is_lost_is_said(tmp_path, capsys):
    """At the end of the file and on the terminal; of what has no effect nothing is said."""
    system = {"prevDir": "/old", "nonsense": 3, "times": "[1, 2]", "n": 2,
              **FOIL, "1C_current_density": 20, "Rser": 1e-3}  # fmt: skip
    path = write(tmp_path, system)
    output = tmp_path / "config.yaml"
    assert main(["import", "mpet", str(path), "-o", str(output)]) == 0
    said = capsys.readouterr().err
    text = " ".join(output.read_text().split("# Not carried over:")[1].replace("#", "").split())
    lost = ("prevDir", "nonsense = 3: unknown", "times", "n, sp")
    for key in lost:
        assert key in text
        assert key in said
    assert "different: Rser is plain physics here" in said
    assert "k0_foil" in said
    assert len(said.splitlines()) == len(lost) + 2


def test_rounded_constants(tmp_path):
    """kT/e of MPET is 0.036 % larger; the potential of a rest shows it."""
    steps = ["protocol=[{rest: 1 s}]", "output.figures=false"]
    ideal = {"Omega_a": 0}
    voltage = []
    for constants in (False, True):
        path, _ = imported(tmp_path, {}, ideal, constants=constants)
        voltage.append(em.simulate(path, overrides=steps)["Voltage [V]"][-1])
    thermal = [1.380649e-23 / 1.602176634e-19, 1.381e-23 / 1.602e-19]
    expected = np.array([3.422 - 298 * t * np.log(0.01 / 0.99) for t in thermal])
    np.testing.assert_allclose(voltage, expected, atol=1e-9)  # tolerances of the start
    assert load(path).constants == "mpet"


FAULTS = [
    ({"Crate": "fast"}, {}, "params_system.cfg:3: [Sim Params] Crate is 'fast'; a number"),
    ({"L_c": None}, {}, "params_system.cfg: [Geometry] L_c is missing"),
    ({"profileType": "CCsegment"}, {}, "did you mean CCsegments?"),
    (
        {"profileType": "CCsegments", "segments": "[(1, 2, 3)]"},
        {},
        "item 1 [1, 2, 3]; needed: 2 entries",
    ),
    ({"profileType": "CCsegments", "segments": "[(1, 2"}, {}, "[Sim Params] segments is '[(1, 2'"),
    ({"profileType": "CCsegments", "segments": "[(1, -2)]"}, {}, "the minutes above 0"),
    ({"profileType": "CCCVCPcycle", "segments": "[('t', 1, 2, 3, 4, 1)]"}, {}, "change with time"),
    ({"profileType": "CCCVCPcycle", "segments": "[(1, 2)]"}, {}, "needed: 6 entries"),
    ({"Vmax": 2}, {}, "[Sim Params] Vmax is 2 V, not above Vmin, 2.8 V"),
    ({"specified_psd_c": "[[1e-7, 1e-7]]"}, {}, "has the shape 1 x 2; needed are 1 lists"),
    ({"specified_psd_c": "[[1e-7], 3]"}, {}, "is no list of lists"),
    ({"Nvol_c": 2.5}, {}, "[Sim Params] Nvol_c is '2.5'; a whole number"),
    ({"simBulkCond_c": "maybe"}, {}, "[Conductivity] simBulkCond_c is 'maybe'; write true or"),
    ({"fraction_of_contact": 2}, {}, "fraction_of_contact is 2; it must be in (0, 1]"),
    ({**FOIL, "SMset": "mine"}, {}, "[Electrolyte] SMset is 'mine', which is not known here"),
    ({**FOIL, "SMset_filename": "mine.py"}, {}, "SMset_filename is mine.py, a file of Python code"),
    ({"cathode": "none.cfg"}, {}, "none.cfg: there is no such file"),
    ({}, {"muRfunc": "LiFePO"}, "[Material] muRfunc is 'LiFePO', which is not known here; did you"),
    ({}, {"muRfunc_filename": "my.py"}, "muRfunc_filename is my.py, a file of Python code"),
    ({}, {"rxnType_filename": "my.py"}, "[Reactions] rxnType_filename is my.py"),
    ({}, {"rxnType": "BV2"}, "[Reactions] rxnType is 'BV2', which is not known here"),
    ({}, {"type": "ACR"}, "shape is sphere, but the type is ACR; this type needs C3"),
    ({}, {"type": "CHR", "shape": "C3"}, "shape is C3, but the type is CHR"),
    ({"specified_poros_c": "[0.3, 0.5]"}, {}, "is no list of 1 porosities (Nvol_c) between 0 and"),
    (
        {"simPartCond_c": "true", "G_mean_c": 0},
        {},
        "G_mean_c is 0; it must be above",
    ),
    ({"simInterface_c": "true", "Nvol_i": 1}, {}, "Nvol_i is 1, a layer in which MPET has no"),
    ({}, {"type": "diffn", "Dfunc": "steep"}, "[Material] Dfunc is steep; known here: constant"),
    ({}, {"rho_s": 0}, "[Material] rho_s is 0; it must be above 0"),
    ({}, {"muRfunc": "LiC6_ss", "rxnType": "BV_gMod01"}, "for a solid solution is not known"),
]


@pytest.mark.parametrize(("system", "cathode", "message"), FAULTS, ids=lambda v: str(v)[:40])
def test_faults_name_file_section_and_key(tmp_path, capsys, system, cathode, message):
    path = write(tmp_path, system, cathode)
    assert main(["import", "mpet", str(path)]) == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Crate = 1\n", "params_system.cfg:1: has no section before this line"),
        ("[Sim Params]\nCrate\n", "params_system.cfg:2: is no 'key = value'"),
        ("[Material]\nB = 1\n", "has no profileType; name the system file"),
        ("\0", "is a binary file"),
    ],
)
def test_files_of_another_kind(tmp_path, text, message):
    path = tmp_path / "params_system.cfg"
    path.write_text(text)
    with pytest.raises(ConfigError, match=re.escape(message)):
        import_mpet(path)


def test_all_faults_at_once(tmp_path):
    path = write(tmp_path, {"Crate": "x", "T": "y"}, {"k0": "z", **ELECTRODE, "alpha": "w"})
    with pytest.raises(ConfigError) as caught:
        import_mpet(path)
    assert {problem.key.split()[-1] for problem in caught.value.problems} == {"Crate", "T", "alpha"}
