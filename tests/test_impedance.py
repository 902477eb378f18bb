"""Impedance: small sines in time, closed forms, all particle models, saved states."""

from pathlib import Path

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import trapezoid

import electrode_model as em
from electrode_model.analysis.impedance import drift, impedance, spectrum
from electrode_model.analysis.operating_point import (
    at_rest,
    double_layers,
    frame_at,
    of_frame,
    reacting_areas,
)
from electrode_model.assemble import assemble
from electrode_model.solver.oracle import flat_dae
from electrode_model.solver.start import Outcome, Statistics, consistent
from electrode_model.solver.stepper import Stepper
from electrode_model.solver.system import System
from tests.discovered import MODELS
from tests.models import HALF_CELL, SINGLE, SMOOTH, configuration, particle
from tests.runs import protocol

CONFIGS = Path(__file__).parent.parent / "configs"
LTO, FULL = str(CONFIGS / "lto_half_cell.yaml"), str(CONFIGS / "nmc_lto.yaml")
SMALL = [
    f"{electrode}.{key}"
    for electrode in ("positive", "negative")
    for key in ("particles.per_volume=2", "volumes=2")
]
SPREAD = "positive.particles.size={distribution: lognormal, mean: 1 um, std: 0.3 um}"
FILM = "positive.particles.film_resistance=0.02 ohm m^2"
CHAIN = "positive.connections={model: chain, conductance: 1e-10 S, std: 0.3}"
SPHERES = particle("diffusion", nodes=12)


def measured(point, frequency, drive=0.02, periods=6, samples=64):
    """Z from a small cosine of the current in time, its last period; mean of both signs.

    The difference of two runs with opposite cosines is free of the state's own drift and of even
    harmonics.  ``drive`` [kT/e] is the voltage's amplitude, unless fillings then moved by more
    than a thousandth.
    """
    unit, omega = point.assembly.scales.resistance, 2 * np.pi * frequency * 3600
    size = abs(impedance(point.assembly, np.array([frequency]), point.state)[0]) / unit
    amplitude = min(drive / size, 1e-3 * omega)
    times = (periods - 1 + np.arange(samples) / samples) * 2 * np.pi / omega
    runs = [_voltages(point, amplitude * sign, omega, times) for sign in (1.0, -1.0)]
    wave = (runs[0] - runs[1]) / 2
    phase = omega * times
    columns = [np.ones(samples), phase - phase[0], np.cos(phase), np.sin(phase)]
    *_, even, odd = np.linalg.lstsq(np.stack(columns, axis=1), wave, rcond=None)[0]
    return (-even + 1j * odd) / amplitude * unit


def _voltages(point, amplitude, omega, times):
    system, statistics = System(point.assembly), Statistics()
    system.y[:] = point.state
    base = float(point.state[system.where["current"]][0])
    system.control[:] = (1.0, 0.0, base)
    system.setting = lambda t: base + amplitude * np.cos(omega * t)
    system.at(0.0)
    found = []
    with np.errstate(all="ignore"):
        assert consistent(system, statistics) is None
        stepper = Stepper(system, statistics, rtol=1e-7, atol=1e-7)
        while len(found) < times.size:
            done = stepper.step()
            assert not isinstance(done, Outcome)
            while len(found) < times.size and times[len(found)] <= done.end:
                found.append(done(times[len(found)], system.where["voltage"])[0])
    return np.array(found)


def cell(folder, text, *overrides):
    return configuration(folder, text, (*SMOOTH, *overrides))


# ---- against time -------------------------------------------------------------------------


@pytest.mark.parametrize("frequency", [1e-3, 0.1, 10.0])
@pytest.mark.parametrize("name", ["spheres of lto in depth", "full cell"])
def test_agrees_with_a_small_sine_in_time(name, frequency):
    """The issue asks for 1 %; what is left is the solver's 1e-7 of a wave of 0.02 kT/e."""
    if name == "full cell":
        point = at_rest(em.load(FULL, SMALL))
    else:
        few = ["positive.particles.per_volume=2", "positive.volumes=2"]
        uneven = "positive.particles.size={distribution: lognormal, mean: 50 nm, std: 10 nm}"
        config = em.load(LTO, [*few, uneven, "positive.particles.model.nodes=21"])
        point = at_rest(config, 0.02)
    found = impedance(point.assembly, np.array([frequency]), point.state)[0]
    assert measured(point, frequency) == pytest.approx(found, rel=1e-3)


@pytest.mark.parametrize(
    "more",
    [(SPREAD,), (SPREAD, SPHERES, FILM), (SPREAD, SPHERES, CHAIN)],
    ids=["uniform", "film", "chain"],
)
def test_sines_of_films_and_connected_particles(tmp_path, more):
    point = at_rest(cell(tmp_path, SINGLE, *more, "positive.particles.per_volume=3"))
    found = impedance(point.assembly, np.array([0.01]), point.state)[0]
    assert abs(found.imag / found) > 0.05  # a wave that particles have time to follow
    assert measured(point, 0.01) == pytest.approx(found, rel=1e-3)


# ---- against the flat model, linearised ---------------------------------------------------


def flat(assembly, state, frequencies, current=0.0):
    """Z of the oracle's one DAE by a dense complex solve: other expressions, other algebra."""
    (dae, is_x), (other, _) = (flat_dae(assembly, (1.0, 0.0, current + k)) for k in (0.0, 1.0))
    both, right = ca.vertcat(dae["ode"], dae["alg"]), ca.vertcat(dae["x"], dae["z"])
    at = state[is_x], state[~is_x]
    jacobian = ca.Function("j", [dae["x"], dae["z"]], [ca.jacobian(both, right)])(*at).full()
    rows = [ca.Function("a", [d["x"], d["z"]], [d["alg"]])(*at).full()[:, 0] for d in (dae, other)]
    source = np.concatenate([np.zeros(is_x.sum()), rows[0] - rows[1]])
    mass = np.concatenate([np.ones(is_x.sum()), np.zeros((~is_x).sum())])
    voltage = System(assembly).where["voltage"].start
    place = is_x.sum() + np.searchsorted(np.flatnonzero(~is_x), voltage)
    scales = assembly.scales
    waves = 2j * np.pi * np.asarray(frequencies) * scales.time
    answers = [np.linalg.solve(s * np.diag(mass) - jacobian, source)[place] for s in waves]
    return scales.resistance * np.array(answers)


@pytest.mark.parametrize("case", MODELS, ids=str)
def test_every_particle_model_is_the_flat_model_linearised(tmp_path, case):
    few = ["positive.particles.per_volume=2", "positive.particles.film_resistance=1 mohm m^2"]
    overrides = [*case.overrides(), case.solution(), case.pace(), *few]
    assembly = assemble(configuration(tmp_path, SINGLE, overrides))
    system = System(assembly)
    system.control[:] = (1.0, 0.0, 0.1)  # a state of current: everything has a slope
    with np.errstate(all="ignore"):
        assert consistent(system, Statistics()) is None
    frequencies = np.array([1e-4, 1e-2, 10.0])
    found = impedance(assembly, frequencies, system.y)
    expected = flat(assembly, system.y, frequencies, current=0.1)
    assert found == pytest.approx(expected, rel=1e-7)  # rounding of stiff matrices


@pytest.mark.parametrize("text", [SINGLE, HALF_CELL], ids=["single", "porous"])
def test_connected_particles_are_the_flat_model_linearised(tmp_path, text):
    network = "positive.connections={model: network, conductance: 2e-10 S, wired: 0.4}"
    more = ["positive.volumes=2"] if text is HALF_CELL else []
    assembly = assemble(cell(tmp_path, text, SPREAD, SPHERES, network, *more))
    state = at_rest(cell(tmp_path, text, SPREAD, SPHERES, network, *more)).state
    frequencies = np.array([1e-4, 1e-2, 10.0])
    found = impedance(assembly, frequencies, state)
    assert found == pytest.approx(flat(assembly, state, frequencies), rel=1e-8)
    plain = at_rest(cell(tmp_path, text, SPREAD, SPHERES, *more))
    apart = impedance(plain.assembly, frequencies, plain.state)
    assert abs(found / apart - 1).min() > 0.01  # the connections matter


def test_many_particles_in_batches_are_the_same(tmp_path, monkeypatch):
    point = at_rest(cell(tmp_path, SINGLE, SPREAD, SPHERES, "positive.particles.per_volume=7"))
    frequencies = np.array([1e-3, 1.0])
    whole = impedance(point.assembly, frequencies, point.state)
    monkeypatch.setattr("electrode_model.analysis.impedance._AT_ONCE", 150)
    batches = impedance(point.assembly, frequencies, point.state)
    assert batches == pytest.approx(whole, rel=1e-13)


# ---- closed forms -------------------------------------------------------------------------


def test_one_sphere_has_the_diffusion_impedance_of_a_sphere(tmp_path):
    """-U' R^2/(3 D Q) / (y coth y - 1), y = R sqrt(iw/D), behind the charge transfer of a uniform
    particle: Jacobsen & West, Electrochim. Acta 40 (1995) 255, for a sphere."""
    alone = [
        "positive.particles.per_volume=1",
        "positive.particles.size=1 um",
        "positive.particles.material.diffusivity_shape=uniform",
    ]
    fine = particle("diffusion", nodes=50, refinement=8)
    config = cell(tmp_path, SINGLE, *alone, fine)
    point = at_rest(config)
    tau = 1e-6**2 / 1e-15  # R^2/D, s
    frequencies = np.array([0.01, 0.3, 1.0, 10.0, 100.0]) / (2 * np.pi * tau)
    z = impedance(point.assembly, frequencies, point.state)
    rise = [at_rest(config, 0.4 + d).voltage for d in (-1e-4, 1e-4)]
    charge = point.assembly.layout.capacity * 3600  # C/m^2
    slope = -(rise[1] - rise[0]) / 2e-4 / charge
    y = np.sqrt(2j * np.pi * frequencies * tau)
    diffusion = slope * tau / 3 / (y / np.tanh(y) - 1)
    transfer = impedance(assemble(cell(tmp_path, SINGLE, *alone)), np.array([1e9]))[0].real
    assert abs(diffusion).max() > transfer
    # second order in 50 cells, 1e-3 of the modulus
    assert z == pytest.approx(transfer + diffusion, rel=1e-3)


def test_slow_waves_see_the_slope_of_the_open_circuit_voltage():
    """-1/(w Im Z) = dQ/dU of two electrodes in series, whatever is inside of them."""
    config = em.load(FULL, SMALL)
    point = at_rest(config, 0.5)
    frequency = 1e-7
    z = impedance(point.assembly, np.array([frequency]), point.state)[0]
    ends = [at_rest(config, 0.5 + d).voltage for d in (-1e-4, 1e-4)]
    charge = 2e-4 * point.assembly.layout.capacity * 3600
    storage = charge / (ends[0] - ends[1])
    assert -1 / (2 * np.pi * frequency * z.imag) == pytest.approx(storage, rel=1e-4)


def test_the_foil_has_its_charge_transfer_resistance(tmp_path):
    config = cell(tmp_path, HALF_CELL, "electrolyte=constant", "series_resistance=1e-4")
    found = spectrum(assemble(config), np.array([1e-3, 1.0, 1e4]))
    expected = assemble(config).scales.voltage / 10.0  # kT/e over 10 A/m^2 at 1 mol/L
    assert found.parts["negative"] == pytest.approx(np.full(3, expected), rel=1e-9)
    assert found.parts["series resistance"] == pytest.approx(np.full(3, 1e-4), rel=1e-12)
    assert sum(found.parts.values()) == pytest.approx(found.z, rel=1e-12)


def test_real_and_imaginary_parts_belong_together():
    """Kramers & Kronig: Im Z(w) = 2w/pi int (Re Z(x) - Re Z(w)) / (x^2 - w^2) dx - 1/(wC)."""
    config = em.load(FULL, SMALL)  # charged: both electrodes are far from separating
    point = at_rest(config)
    frequencies = np.logspace(-7, 8, 751)
    layers = double_layers(config, 0.2)
    z = spectrum(point.assembly, frequencies, point.state, double_layer=layers).z
    storage = -z[0].imag * frequencies[0]
    for k in range(150, 600, 50):
        w = frequencies[k]
        others = np.arange(frequencies.size) != k  # there the integrand is finite
        x, rise = frequencies[others], z.real[others] - z.real[k]
        integral = trapezoid(x * rise / (x**2 - w**2), np.log(x))
        found = 2 * w / np.pi * integral - storage / w
        # trapezia of a fiftieth of a decade, without the one at w
        assert found == pytest.approx(z.imag[k], abs=1e-3 * abs(z[k]))


def test_double_layers_are_shared_out_by_area(tmp_path):
    """A shell 3/R of the solid's volume; per electrode area evenly through the depth."""
    alike = ["positive.particles.size=1 um", "positive.volumes=2"]
    config = cell(tmp_path, HALF_CELL, *alike)
    expected = 3 / 1e-6 * 0.414 * 50e-6 / 2
    assert reacting_areas(config) == pytest.approx([expected, expected], rel=1e-12)
    assert double_layers(config, 0.2) == pytest.approx(0.2 * reacting_areas(config))
    assert double_layers(config, 5.0, "electrode") == pytest.approx([2.5, 2.5])
    full = em.load(FULL, SMALL)
    assert double_layers(full, 6.0, "electrode") == pytest.approx(np.full(4, 3.0))


def test_the_heat_balance_takes_no_part(tmp_path):
    warm = "heat={heat_capacity: 500 J/(m^2 K), cooling: 1 W/(m^2 K)}"
    config, plain = (cell(tmp_path, SINGLE, *more) for more in ((warm,), ()))
    with pytest.raises(ValueError, match="impedance is isothermal"):
        impedance(assemble(config), np.array([1.0]))
    held = at_rest(config)
    found = impedance(held.assembly, np.array([1.0]), held.state)
    assert found == pytest.approx(impedance(assemble(plain), np.array([1.0])), rel=1e-12)


def test_a_layer_of_electrolyte_on_the_particles(tmp_path):
    """Salt inside of it is a state that answers too; a result does not hold it."""
    layer = "{model: dilute, thickness: 10 nm, concentration: 1 mol/L, diffusivity_plus: 1e-15}"
    config = cell(tmp_path, SINGLE, SPREAD, f"positive.particles.interphase={layer}")
    point = at_rest(config)
    frequencies = np.array([1e-3, 1.0, 1e3])
    found = impedance(point.assembly, frequencies, point.state)
    # rounding of a matrix whose rates are 1e9 apart
    assert found == pytest.approx(flat(point.assembly, point.state, frequencies), rel=1e-6)
    short = config.model_copy(update={"protocol": config.protocol[:1]})
    with pytest.raises(ValueError, match="states besides their fillings"):
        of_frame(em.simulate(short), 0)


# ---- states of a run ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A full cell: current, a little more of it, rest, isolated rest."""
    folder = tmp_path_factory.mktemp("impedance") / "run"
    steps = protocol(
        "{current: 1 C, until: {time: 20 min}}",
        "{current: 1.001 C, until: {time: 1 s}}",
        "{rest: 20 min}",
        "{rest: 1 min, isolated: true}",
    )
    tight = ["solver.rtol=1e-8", "solver.atol=1e-8", "output.every=100 s"]
    em.simulate(FULL, overrides=[*SMALL, steps, *tight], folder=folder)
    return folder


def test_a_saved_state_jumps_as_its_impedance_says(folder):
    """The voltage where the current changes by 1e-3 C, in the middle of a run at 1C."""
    result = em.Result.open(folder)
    point = of_frame(result, frame_at(result, step=0))
    assert point.time == pytest.approx(1200)
    assert point.voltage == pytest.approx(point.saved_voltage, abs=1e-7)
    assert point.current == pytest.approx(result.layout.one_c)
    last, first = (np.flatnonzero(result["Step"] == k)[n] for k, n in ((0, -1), (1, 0)))
    jump = result["Voltage [V]"][last] - result["Voltage [V]"][first]
    step = result["Current [A.m-2]"][first] - result["Current [A.m-2]"][last]
    z = impedance(point.assembly, np.array([1e9]), point.state)[0]
    assert z.real == pytest.approx(jump / step, rel=1e-3)  # saved to 1e-8 kT/e, of 3e-4


def test_a_sine_on_top_of_a_current(folder):
    """Where the state hardly drifts in a period; slow waves are found to be without meaning."""
    result = em.Result.open(folder)
    point = of_frame(result, frame_at(result, 600.0))
    assert (point.time, point.label) == (600.0, "600 s, step 1")
    frequencies = np.array([10.0, 1.0, 1e-3])
    found = spectrum(point.assembly, frequencies, point.state, point.slope)
    changes = drift(point.assembly, found, point.state, point.slope, 0.0)
    assert changes[0] < changes[1] < 1e-3
    assert changes[2] > 0.1
    # three periods pass, so that the state drifts as far
    assert measured(point, 1.0, periods=3) == pytest.approx(found.z[1], rel=5e-3)


def test_after_a_rest_slow_waves_have_a_meaning(folder):
    result = em.Result.open(folder)
    point = of_frame(result, frame_at(result, step=2))
    found = spectrum(point.assembly, np.array([1e-4]), point.state, point.slope)
    assert drift(point.assembly, found, point.state, point.slope, 0.0)[0] < 0.01


def test_moments_that_have_no_impedance_say_why(folder):
    result = em.Result.open(folder)
    with pytest.raises(ValueError, match=r"nothing was saved of step 9; saved steps: 1, 2, 3, 4"):
        frame_at(result, step=8)
    with pytest.raises(ValueError, match=r"7200 s is not in the run, saved from 0 to 24"):
        frame_at(result, 7200.0)
    with pytest.raises(ValueError, match=r"step 4 is an isolated rest"):
        of_frame(result, frame_at(result, step=3))
    with pytest.raises(ValueError, match=r"would need -0\.0\d+ of the negative"):
        at_rest(em.load(FULL, SMALL), 0.99)
