"""Experiments in silico recover the exchange current that was put in (rows P15, K6)."""

from pathlib import Path

import casadi as ca
import numpy as np
import pytest
from scipy.integrate import trapezoid

import electrode_model as em
from electrode_model.analysis import exchange_current as measure
from electrode_model.analysis.alone import electrode_alone
from electrode_model.analysis.impedance import arc, impedance, randles, resting_state
from electrode_model.assemble import assemble
from electrode_model.config.fields import Component
from electrode_model.solver.oracle import flat_dae
from electrode_model.solver.start import Statistics, consistent
from electrode_model.solver.stepper import Stepper
from electrode_model.solver.system import System

CONFIGS = Path(__file__).parent.parent / "configs"
FEW = ["positive.particles.per_volume=5"]


@pytest.fixture(scope="module")
def nmc():
    return em.load(CONFIGS / "nmc532_ensemble.yaml", FEW)


# ---- the three experiments ----------------------------------------------------------------


@pytest.mark.parametrize("method", measure.METHODS)
def test_sigmoid_of_nmc532_is_recovered(nmc, method):
    """Row P15 asks for 5 %; at 5 mV sinh(eta/2)/(eta/2) is 1.0016, the rest is extrapolation."""
    found = measure.METHODS[method](nmc, [0.55, 0.75, 0.97])
    assert found.given[1] == pytest.approx(5.1927 / (1 + np.exp(25 * 0.15)), rel=1e-6)
    assert abs(found.error).max() < 0.005
    assert found.overpotential.max() < 5.1e-3


@pytest.mark.parametrize(
    ("config", "overrides"),
    [
        ("lfp_ensemble", FEW),  # inside the spinodal too: the first moment does not know it
        ("nmc111_half_cell", ["positive.particles.per_volume=2"]),
        (
            "nmc532_ensemble",
            [*FEW, "positive.particles.film_resistance=2 ohm cm^2", "series_resistance=5 ohm cm^2"],
        ),
        ("nmc532_ensemble", [*FEW, "positive.particles.kinetics.alpha=0.35"]),
    ],
)
def test_other_laws_and_known_resistances(config, overrides):
    loaded = em.load(CONFIGS / f"{config}.yaml", overrides)
    for method in (measure.pulse, measure.by_impedance):
        found = method(loaded, [0.4, 0.7])
        # a film and series resistance many times R_ct magnify errors of the extrapolation
        assert abs(found.error).max() < 0.02, method


def test_diffusion_inside_is_told_from_charge_transfer():
    """Spheres of LTO with Cahn-Hilliard transport: current and voltage go with root of time."""
    lto = em.load(CONFIGS / "lto_half_cell.yaml", ["positive.particles.per_volume=1"])
    assert abs(measure.by_impedance(lto, [0.1, 0.9]).error).max() < 0.01
    assert abs(measure.pulse(lto, [0.3]).error).max() < 0.05


# ---- impedance ----------------------------------------------------------------------------


def circuit(frequency, cell, double_layer):
    """Closed form of alike uniform particles: R_s + [C | R_ct + 1/(i w Q/|U'|)]."""
    assembly = assemble(cell)
    c, s = cell.positive.initial_filling, 2j * np.pi * frequency
    area = measure.reacting_area(cell, assembly)
    unit = assembly.scales.voltage
    transfer = unit / (area * measure.given(cell, [c])[0])
    at = [electrode_alone(cell, filling=c + d) for d in (-1e-4, 1e-4)]
    slope = np.diff([measure._equilibrium(one) for one in at])[0] / 2e-4  # V
    storage = -slope / (assembly.layout.capacity * 3600)
    return cell.series_resistance + 1 / (s * double_layer + 1 / (transfer + storage / s))


@pytest.mark.parametrize("capacitance", [0.0, 2.0])
def test_alike_particles_are_a_known_circuit(nmc, capacitance):
    cell = measure._cell(nmc, 0.75).model_copy(update={"series_resistance": 1e-4})
    one = cell.positive.particles[0].model_copy(update={"per_volume": 1})
    one = one.model_copy(update={"size": Component(name="constant", parameters={"value": 1e-7})})
    electrode = cell.positive.model_copy(update={"particles": (one,)})
    cell = cell.model_copy(update={"positive": electrode})
    frequency = np.logspace(-4, 4, 9)
    z = impedance(assemble(cell), frequency, double_layer=capacitance)
    # the slope of the equilibrium voltage is a difference quotient of a simulation
    assert z == pytest.approx(circuit(frequency, cell, capacitance), rel=1e-4)
    if not capacitance:  # nothing shunts the reaction: no semicircle
        assert z[-1].imag == pytest.approx(0, abs=1e-6 * z[-1].real)


def test_same_as_the_flat_model_linearised():
    """Porous electrode, foil, moving salt: sparse linearisation of the oracle's DAE."""
    config = em.load(CONFIGS / "lfp_half_cell.yaml", ["positive.particles.per_volume=2"])
    assembly = assemble(config)
    state = resting_state(assembly)
    frequency = np.array([1e-3, 1.0, 100.0])
    found = impedance(assembly, frequency, state)
    none, one = (flat_dae(assembly, (1.0, 0.0, current)) for current in (0.0, 1.0))
    dae, is_x = none
    both, right = ca.vertcat(dae["ode"], dae["alg"]), ca.vertcat(dae["x"], dae["z"])
    matrix = ca.Function("j", [dae["x"], dae["z"]], [ca.jacobian(both, right)])
    values = matrix(state[is_x], state[~is_x]).full()
    # the source: what a unit of current changes in the equations
    at = [ca.Function("a", [d["x"], d["z"]], [d["alg"]]) for d in (dae, one[0])]
    change = [a(state[is_x], state[~is_x]).full()[:, 0] for a in at]
    source = np.concatenate([np.zeros(is_x.sum()), change[0] - change[1]])
    system = System(assembly)
    place = is_x.sum() + np.searchsorted(np.flatnonzero(~is_x), system.where["voltage"].start)
    mass = np.diag(np.concatenate([np.ones(is_x.sum()), np.zeros((~is_x).sum())]))
    for k, f in enumerate(frequency):
        s = 2j * np.pi * f * assembly.scales.time
        answer = np.linalg.solve(s * mass - values, -source)[place]
        assert found[k] == pytest.approx(-answer * assembly.scales.resistance, rel=1e-8)


def test_spectrum_is_that_of_a_step_in_time(nmc):
    """Voltage after a small current step, from the poles of Z and from the time integration."""
    cell = measure._cell(nmc, 0.75)
    assembly = assemble(cell)
    system = System(assembly)
    system.y[:] = resting_state(assembly)
    rest = system.y[system.where["voltage"]][0]
    current = 1e-3
    system.control[:] = (1.0, 0.0, current)
    assert consistent(system, Statistics()) is None
    stepper = Stepper(system, Statistics(), rtol=1e-9, atol=1e-10)
    times, drops = [], []
    while stepper.t < 0.02:
        stepper.step()
        times.append(stepper.t)
        drops.append(rest - stepper.state[system.where["voltage"]][0])
    # inverse transform of I Z/s along the imaginary axis, without the pure storage part
    ends = np.array([1e-6, 1e9]) / (2 * np.pi * 3600)
    low, high = impedance(assembly, ends) / assembly.scales.resistance
    storage = low.imag * -1e-6  # Z -> storage/(i w)
    w = np.logspace(-3, 7, 4001)
    z = impedance(assembly, w / (2 * np.pi * 3600)) / assembly.scales.resistance
    slow = (z - storage / (1j * w)).real - high.real
    for t, drop in list(zip(times, drops, strict=True))[::8]:
        # h(t) = 2/pi integral of Re Z sin(w t)/w; damped by its own slow decay with w
        wave = trapezoid(slow * np.sin(w * t), np.log(w)) * 2 / np.pi
        assert drop == pytest.approx(current * (high.real + storage * t + wave), rel=5e-3)


def test_arc_and_circuit_of_synthetic_spectra():
    frequency = np.logspace(5, -3, 81)
    s = 2j * np.pi * frequency
    bare = 2.0 + 1 / (1e-3 * s + 1 / 5.0)
    assert arc(bare).charge_transfer == pytest.approx(5, rel=1e-6)
    assert arc(bare).ohmic == pytest.approx(2, rel=1e-6)
    bent = 2.0 + 1 / (1e-3 * s + 1 / (5.0 + 3.0 / np.sqrt(s)))
    assert randles(frequency, bent).charge_transfer == pytest.approx(5, rel=1e-3)
    with pytest.raises(ValueError, match="no semicircle"):
        arc(5.0 + 1 / s)


# ---- a whole half cycle -------------------------------------------------------------------


@pytest.mark.parametrize(("start", "end"), [(0.99, 0.05), (0.02, 0.95)])
def test_polarisation_of_one_particle(start, end):
    """Row K6 for one particle at .15 C: inverted law within 10 % for .1 < x < .9.

    The linear reading overstates j0 by sinh(eta/2)/(eta/2).
    """
    lfp = em.load(CONFIGS / "lfp_ensemble.yaml")
    found = measure.polarisation(lfp, 0.15, start, end)
    inside = (found.filling > 0.1) & (found.filling < 0.9)
    assert abs(found.inverted / found.given - 1)[inside].max() < 1e-3  # the solver's tolerance
    half = abs(found.overpotential) / (2 * 0.0256926)
    assert found.linear / found.given == pytest.approx(np.sinh(half) / half, rel=2e-3)


# ---- the command --------------------------------------------------------------------------


def test_command(capsys, tmp_path):
    from electrode_model.__main__ import main

    path = str(CONFIGS / "nmc532_ensemble.yaml")
    few = ["--set", "positive.particles.per_volume=2"]
    arguments = ["exchange-current", path, *few, "--method", "impedance"]
    assert main([*arguments, "--filling", "0.7", "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "impedance" in said
    assert "0.00 %" in said
    assert (tmp_path / "exchange_current.png").exists()
    assert main([*arguments, "--filling", "1.5"]) == 2
    assert "between them" in capsys.readouterr().err
