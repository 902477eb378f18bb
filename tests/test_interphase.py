"""The electrolyte layer between particle and pore: limits, closed forms, balances, idas."""

import json

import casadi as ca
import numpy as np
import pytest

from electrode_model import interphase
from electrode_model.analysis.alone import electrode_alone
from electrode_model.analysis.balance import balance
from electrode_model.analysis.impedance import impedance
from electrode_model.analysis.losses import losses
from electrode_model.config.load import explain, load, resolved_yaml
from electrode_model.config.model import json_schema
from electrode_model.config.problems import ConfigError
from electrode_model.constants import AVOGADRO, BOLTZMANN, ELEMENTARY_CHARGE, FARADAY
from electrode_model.electrolytes import solid
from electrode_model.solver import oracle
from electrode_model.solver.start import Statistics, consistent
from electrode_model.solver.system import System
from tests.discovered import MODELS
from tests.models import HALF_CELL, SINGLE, assembly, configuration, states_at
from tests.runs import finished, protocol

T = 298.15  # K
THERMAL = BOLTZMANN * T / ELEMENTARY_CHARGE
ALONE = "positive.particles.per_volume=1"
SPHERE = ("positive.particles.size=100 nm", ALONE)
SMOOTH = "positive.particles.material={name: lfp, omega: 0}"  # fills at a steady rate

#: A salt whose properties do not change with its concentration.
CONSTANT = {
    "model": "concentrated",
    "t_plus": 0.4,
    "diffusivity": 1e-16,
    "conductivity": 1e-5,
    "thermodynamic_factor": 1.5,
}
SOLID = {"model": "solid", "diffusivity": 5.5e-17, "concentration": 40e3}
DILUTE = {"model": "dilute", "diffusivity_plus": 1e-16, "diffusivity_minus": 2e-16}
LAYERS = {
    "single ion": SOLID,
    "own salt": DILUTE | {"concentration": 1e3, "cells": 3},
    "shared salt": DILUTE | {"salt": "shared", "cells": 3},
}
every_layer = pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)


def in_turn(first):
    """Each model of a particle behind one of the layers: all of them take minutes."""
    pairs = [(case, list(LAYERS)[(first + k) % len(LAYERS)]) for k, case in enumerate(MODELS)]
    return pytest.mark.parametrize(("case", "layer"), pairs, ids=str)


def behind(given, thickness=20e-9, **keys):
    """An override that puts a layer around the particles."""
    return f"positive.particles.interphase={json.dumps({'thickness': thickness} | given | keys)}"


def voltage(folder, *overrides, text=SINGLE, rate=1.0):
    """V at the start of a discharge, to rounding."""
    system = System(assembly(folder, text, overrides))
    system.control[:] = (1.0, 0.0, rate)
    with np.errstate(all="ignore"):
        assert consistent(system, Statistics()) is None
    return float(system.y[system.where["voltage"]][0]) * THERMAL


def density(model, radius=100e-9):
    """Current per reacting area [A/m^2] of equal spheres at 1C."""
    return model.layout.capacity / (3 / radius * 0.414 * 50e-6)


def profile(states, layer):
    """Relative change of c and psi from the pore to the particle, of a uniform particle."""
    inside = states[2 : 2 + 2 * layer["cells"]]
    return inside[0::2][::-1], inside[1::2][::-1]


@pytest.mark.parametrize("case", MODELS, ids=str)
def test_the_reaction_of_any_particle_is_told_from_what_moves_inside(case, tmp_path):
    """The current through the layer is what the mean filling gains, to rounding."""
    overrides = (*case.overrides(0), "positive.particles.film_resistance=0.01", ALONE)
    (group,) = assembly(tmp_path, SINGLE, overrides).groups
    kernel = group.kernel
    both = [interphase._filling_rates(kernel), kernel.rate]
    f = ca.Function("f", [kernel.x, kernel.c_bar, kernel.c_e, kernel.dphi, kernel.q], both)
    x = np.random.default_rng(0).uniform(0.2, 0.8, kernel.mass.size)
    parts, rates = (np.array(v)[:, 0] for v in f(x, kernel.weights @ x, 1.0, 130.0, group.q[:, 0]))
    assert np.abs(parts).sum() > 0
    assert parts.sum() == pytest.approx(kernel.weights @ rates, abs=1e-12 * np.abs(rates).max())


@in_turn(2)
def test_without_thickness_the_particle_is_bare(case, layer, tmp_path):
    """1 fm drops 5e-8 of what 20 nm do; the start is solved to 1e-10 kT/e."""
    population = (*case.overrides(0), case.solution(), ALONE, "positive.initial_filling=0.4")
    bare = voltage(tmp_path, *population)
    thin, thick = (
        voltage(tmp_path, *population, behind(LAYERS[layer], length, activity=1))
        for length in (1e-15, 20e-9)
    )
    assert thick < bare - 1e-6
    assert thin == pytest.approx(bare, abs=1e-6 * (bare - thick) + 1e-11)


def test_a_single_ion_conductor_is_a_resistance(tmp_path):
    """j L/kappa; kappa of the solid's diffusivity, F^2/(R T) D c."""
    overrides = (*SPHERE, behind(SOLID, activity=1, porosity=0.5, bruggeman=2))
    kappa = FARADAY**2 / (BOLTZMANN * AVOGADRO * T) * 5.5e-17 * 40e3 * 0.5**2
    drop = density(assembly(tmp_path, SINGLE, overrides)) * 20e-9 / kappa
    assert drop > 1e-4
    bare = voltage(tmp_path, *SPHERE)
    assert bare - voltage(tmp_path, *overrides) == pytest.approx(drop, rel=1e-7)  # V to 1e-12
    layer = solid.build(diffusivity=5.5e-17)
    assert float(layer.conductivity(40.0, T)) * 0.5**2 == pytest.approx(kappa, rel=1e-9)


def test_what_the_reaction_sees_is_the_activity_of_the_layer(tmp_path):
    """x/(1-x) of a quarter of the sites, a third, is as a pore with a third of a mol/L."""
    thin = behind(SOLID | {"concentration": 20e3}, 1e-15)
    pore = "electrolyte.concentration=333.333333333333 mol/m^3"
    assert voltage(tmp_path, *SPHERE, thin) == pytest.approx(
        voltage(tmp_path, *SPHERE, pore), abs=1e-10
    )


@pytest.mark.parametrize("shared", [False, True], ids=["own", "shared"])
@pytest.mark.parametrize("cells", [1, 2, 7])
def test_steady_salt_and_drop_are_those_of_the_closed_form(shared, cells, tmp_path):
    """Constant properties: c is linear, psi has an ohmic and a logarithmic part."""
    keys = CONSTANT | {"cells": cells} | ({"salt": "shared"} if shared else {"concentration": 1e3})
    thickness, rate = 20e-9, 5.0
    model = assembly(tmp_path, SINGLE, (*SPHERE, behind(keys, thickness), SMOOTH))
    states, _, system = states_at(model, [0.02], control=(1, 0, rate), tolerance=1e-9)
    j = density(model) * rate
    change = 0.6 * j * thickness / (FARADAY * 1e-16) / 1e3  # of c over c at the start
    place = (np.arange(cells) + 0.5) / cells
    start = 1.0 if shared else 1 + change / 2  # at the pore
    u, psi = profile(states[0], keys)
    np.testing.assert_allclose(u, start - change * place - 1, atol=1e-7)  # tolerance
    expected = -j * thickness / 1e-5 * place / THERMAL
    expected += 2 * 0.6 * 1.5 * np.log((start - change * place) / start)
    assert expected[-1] < -0.01
    np.testing.assert_allclose(psi, expected, atol=1e-6)
    assert change > 0.1
    assert system.y.size == 2 + 2 * cells + 3


def test_concentrated_layers_converge_with_the_square_of_the_cells(tmp_path):
    """Properties of a salt that change with c, at a gradient of half of it."""
    found = []
    for cells in (4, 8, 16):
        keys = DILUTE | {"concentration": 1e3, "cells": cells, "diffusivity_plus": 4e-17}
        model = assembly(tmp_path, SINGLE, (*SPHERE, SMOOTH, behind(keys, 200e-9)))
        states, _, _ = states_at(model, [0.05], tolerance=1e-10)
        found.append(states[0][-3])  # voltage
        assert profile(states[0], keys)[0].min() < -0.15
    coarse, middle, fine = found
    assert np.log2(abs((coarse - middle) / (middle - fine))) == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("share", [0.98, 1.02])
def test_the_limiting_current_of_own_salt(share, tmp_path):
    """4 F D c0/L at t+ = 1/2: below it salt is left at the particle, above it the voltage falls."""
    keys = CONSTANT | {"concentration": 1e3, "t_plus": 0.5, "conductivity": 1e-2, "cells": 10}
    overrides = (*SPHERE, SMOOTH, behind(keys))
    limit = 4 * FARADAY * 1e-16 * 1e3 / 20e-9
    rate = share * limit / density(assembly(tmp_path, SINGLE, overrides))
    steps = protocol(f"{{current: {rate} C, until: {{time: {1000 / rate} s, voltage: 2.5 V}}}}")
    result = finished(tmp_path, SINGLE, (*overrides, "voltage_window=[-5, 6]", steps))
    if share < 1:
        assert result["Voltage [V]"][-1] > 2.9  # the kinetics of 90C, 2 (1 - t+) ln of the 100-fold
    else:
        assert result["Voltage [V]"][-1] == pytest.approx(2.5, abs=1e-6)
        assert result["Positive filling fraction"][-1] < 0.1


@in_turn(0)
def test_cells_run_and_balance(case, layer, tmp_path):
    """Discharge, rest and charge of a porous half cell; lithium, charge and salt to rounding."""
    result = finished(
        tmp_path,
        HALF_CELL,
        [
            *case.overrides(0),
            case.solution(),
            "positive.volumes=2",
            ALONE,
            "positive.initial_filling=0.3",
            "positive.particles.film_resistance=1e-3",
            behind(LAYERS[layer], 5e-9),
            "voltage_window=[-1, 6]",
            protocol(
                "{current: 2 C, until: {time: 2 min}}",
                "{rest: 10 s}",
                "{current: -1 C, until: {time: 1 min}}",
                "{rest: 10 s, isolated: true}",
            ),
        ],
    )
    assert balance(result).worst < 1e-10
    filling = result["Positive filling fraction"]
    assert filling[-1] == pytest.approx(0.3 + 2 / 30 - 1 / 60, abs=1e-9)


def test_own_salt_stays_and_shared_salt_is_that_of_the_pore(tmp_path):
    """Amounts to rounding; at rest the layer has no gradient and no potential."""
    population = (*SPHERE, SMOOTH)
    own = DILUTE | {"concentration": 1e3, "cells": 4}
    states, _, _ = states_at(
        assembly(tmp_path, SINGLE, (*population, behind(own))), np.linspace(0.01, 0.2, 9)
    )
    changes = np.array([profile(state, own)[0] for state in states])
    assert np.abs(changes).max() > 0.005
    assert np.abs(changes.sum(axis=1)).max() < 1e-13
    rest, _, _ = states_at(
        assembly(tmp_path, SINGLE, (*population, behind(own))), [0.01], control=(1.0, 0.0, 0.0)
    )
    assert np.abs(rest[0][1 : 2 + 2 * 4]).max() < 1e-9
    shared = DILUTE | {"salt": "shared", "cells": 4}
    cell = assembly(tmp_path, HALF_CELL, (*population, behind(shared), "positive.volumes=1"))
    states, _, system = states_at(cell, [0.05])
    pore = states[0][system.where["c_e"]][-1]
    assert pore != pytest.approx(1, abs=1e-3)
    # the salt flux is zero: D dc/dx balances what the current carries away from the particle
    j = density(cell) * 0.05 / 0.05
    change = (1 - 1 / 3) * j * 20e-9 / (FARADAY * 4e-16 / 3) / 1e3
    place = (np.arange(4) + 0.5) / 4
    np.testing.assert_allclose(pore * (1 + profile(states[0], shared)[0]), pore - change * place)
    assert states[0][1] > 0
    assert cell.groups[0].kernel.mass.sum() == 1


@in_turn(1)
def test_agrees_with_idas(case, layer, tmp_path):
    """A population at 2C; five tolerances."""
    times = (0.02, 0.05, 0.1)
    more = ("positive.particles.per_volume=2", behind(LAYERS[layer] | {"cells": 2}, 10e-9))
    overrides = (*case.overrides(0), case.solution(wetting_filling=0.4), case.pace(), *more)
    model = assembly(tmp_path, SINGLE, overrides)
    steady = (1.0, 0.0, 2.0)
    states, _, system = states_at(model, times, control=steady)
    exact = oracle.integrate(model, steady, np.array(times), rtol=1e-9, atol=1e-11)
    error = np.abs(states - exact) / (1e-6 + 1e-6 * np.abs(exact))
    counted = system.differential | (np.arange(system.n) >= system.circuit_block.start)
    assert error[:, counted].max() < 5


@every_layer
def test_a_sum_passed_along_a_plate_is_the_sum(layer, tmp_path, monkeypatch):
    """Current summed from cell to cell or at once: one start, to rounding."""
    case = next(case for case in MODELS if case.model == "allen_cahn")
    overrides = (*case.overrides(cell=2e-9), ALONE, behind(layer))
    (along,) = assembly(tmp_path, SINGLE, overrides).groups
    first = voltage(tmp_path, *overrides)
    monkeypatch.setattr(interphase, "_FEW", 1000)
    (at_once,) = assembly(tmp_path, SINGLE, overrides).groups
    assert along.kernel.mass.size > at_once.kernel.mass.size
    assert voltage(tmp_path, *overrides) == pytest.approx(first, abs=1e-11)
    spans = []
    for group in (along, at_once):
        rows, columns = ca.jacobian(group.kernel.rate, group.kernel.x).sparsity().get_triplet()
        spans.append(max(abs(i - j) for i, j in zip(rows, columns, strict=True)))
    assert spans[0] <= 6 < spans[1]


def test_the_cross_section_of_mpet_is_the_electrode(tmp_path):
    """The drop is that of the plane's current, whatever the particle; it falls with their number,
    as MPET gives each of them the whole area."""
    given = SOLID | {"activity": 1, "area": "electrode", "diffusivity": 5.5e-15}
    kappa = FARADAY**2 / (BOLTZMANN * AVOGADRO * T) * 5.5e-15 * 40e3
    for radius, count in ((100e-9, 1), (50e-9, 1), (100e-9, 4)):
        population = (
            f"positive.particles.size={radius}",
            f"positive.particles.per_volume={count}",
        )
        one_c = assembly(tmp_path, SINGLE, population).layout.capacity  # A/m^2
        dropped = voltage(tmp_path, *population) - voltage(tmp_path, *population, behind(given))
        assert dropped == pytest.approx(one_c / count * 20e-9 / kappa, rel=1e-6)


def test_a_layer_keeps_what_is_written(tmp_path):
    """The resolved file loads as the same, and every value says where it comes from."""
    keys = DILUTE | {"concentration": "1 mol/L", "activity": 0.5}
    config = configuration(tmp_path, SINGLE, (behind(keys, "20 nm"),))
    given = config.positive.particles[0].interphase
    assert (given.thickness, given.concentration, given.salt) == (20e-9, 1e3, "own")
    again = tmp_path / "resolved.yaml"
    again.write_text(resolved_yaml(config), encoding="utf-8")
    assert load(again) == config
    named = {entry.key: entry for entry in explain(again, ())}
    entry = named["positive.particles.0.interphase.diffusivity_plus"]
    assert (entry.value, entry.unit) == (1e-16, "m^2/s")
    assert named["positive.particles.0.interphase.thickness"].unit == "m"
    choices = json_schema()["$defs"]["Interphase"]["anyOf"]
    assert all("thickness" in choice["required"] for choice in choices)
    assert {choice["properties"]["model"].get("const") for choice in choices} >= {"dilute", "solid"}


FAULTS = [
    ("constant", {"concentration": 1e3}, "model", "has no transport"),
    ("dilute", {}, "concentration", "is missing; a layer with salt of its own needs one"),
    ("dilute", {"salt": "shared", "concentration": 1e3}, "concentration", "remove it"),
    ("solid", {"salt": "shared"}, "salt", "sites of its own; write salt: own"),
    ("solid", {"concentration": 90e3}, "concentration", "there are 80000 sites"),
    ("dilute", {"concentration": 1e3, "nu_plus": 2}, "z_minus", "net charge of 1"),
    ("dilute", {"concentration": 1e3, "cell": 4}, "cell", "cells"),
    ("dilute", {"concentration": 1e3, "salt": "owned"}, "salt", "own"),
    ("dilute", {"concentration": 1e3, "thickness": "5 mol/L"}, "thickness", "m"),
    ("dilut", {"concentration": 1e3}, "model", "dilute"),
]


@pytest.mark.parametrize(("model", "keys", "key", "text"), FAULTS, ids=lambda v: str(v)[:30])
def test_bad_layers_are_refused(model, keys, key, text, tmp_path):
    with pytest.raises(ConfigError) as caught:
        configuration(tmp_path, SINGLE, (behind({"model": model} | keys),))
    said = str(caught.value)
    assert key in said
    assert text in said


def test_a_pore_without_liquid_shares_no_salt(tmp_path):
    """The activity of a solid's sites is not a concentration that a layer could continue."""
    pore = "electrolyte={model: solid, concentration: 40 mol/L}"
    with pytest.raises(ConfigError, match="salt"):
        configuration(tmp_path, HALF_CELL, (behind(LAYERS["shared salt"]), pore))


def test_a_layer_is_refused_beyond_its_temperatures(tmp_path):
    keys = {"model": "concentrated", "concentration": 1e3}
    with pytest.raises(ValueError, match="the properties of the interphase hold from"):
        assembly(tmp_path, SINGLE, (behind(keys), "temperature=200"))


def test_a_warm_layer_is_that_of_the_warm_cell(tmp_path):
    """At theta = 1.1 the equations are those assembled for a temperature 1.1 times as high."""
    keys = DILUTE | {"concentration": 1e3, "cells": 2}
    heat = "heat={heat_capacity: 1e3 J/(m^2 K), cooling: 0}"
    kinetics = "positive.particles.kinetics={law: butler_volmer, k0: 0.1, activation_energy: 0}"
    cold = (*SPHERE, SMOOTH, kinetics, behind(keys), "temperature=280")
    (warm,) = assembly(tmp_path, SINGLE, (*cold, heat)).groups
    (hot,) = assembly(tmp_path, SINGLE, (*cold, "temperature=308")).groups
    x = np.array([0.4, 0.7, 0.1, -0.3, -0.05, -0.1])
    rates = []
    # kappa of a dilute salt falls as 1/T: drop and current are those at the first temperature's
    for kernel, q, drives, scale in (
        (warm.kernel, warm.q, [130.0 * 1.1, 1.0, 1.1], 1 / 1.1),
        (hot.kernel, hot.q, [130.0, 1.0], 1.0),
    ):
        theta = [] if kernel.theta is None else [kernel.theta]
        symbols = [kernel.x, kernel.q, kernel.dphi, kernel.c_e, *theta]
        f = ca.Function("f", symbols, [kernel.rate])
        state = np.where(np.arange(6) == 1, scale * x, x)
        found = np.array(f(state, q[:, 0], *drives))[:, 0]
        found[[1, 3]] /= scale
        rates.append(found)
    np.testing.assert_allclose(*rates, rtol=1e-12)


def test_the_impedance_of_a_resistance_is_in_series(tmp_path):
    """At every frequency; a double layer would lie behind it."""
    frequencies = np.array([1e-3, 1.0, 1e3])
    bare, coated = (
        assembly(tmp_path, SINGLE, (*SPHERE, *more, "positive.initial_filling=0.02"))
        for more in ((), (behind(SOLID, activity=1),))
    )
    kappa = FARADAY**2 / (BOLTZMANN * AVOGADRO * T) * 5.5e-17 * 40e3
    series = 20e-9 / kappa / (3 / 100e-9 * 0.414 * 50e-6)
    difference = impedance(coated, frequencies) - impedance(bare, frequencies)
    np.testing.assert_allclose(difference, series, rtol=1e-6)  # of a tenth of the whole
    with pytest.raises(ValueError, match="an interphase lies between pore and particles"):
        impedance(coated, frequencies, double_layer=0.1)


def test_tools_that_cannot_see_the_layer_say_so(tmp_path):
    """What a layer holds is not saved: its drop cannot be told from the particles'."""
    overrides = (*SPHERE, behind(SOLID), protocol("{rest: 1 s}"))
    result = finished(tmp_path, SINGLE, overrides)
    for tool in (
        lambda: losses(result),
        lambda: electrode_alone(configuration(tmp_path, SINGLE, overrides)),
    ):
        with pytest.raises(ConfigError, match=r"positive\.particles\.0\.interphase"):
            tool()
