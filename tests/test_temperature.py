"""Temperature: Arrhenius factors, overpotentials in kT/e; see also test_every_model.py."""

from math import asinh, exp

import numpy as np
import pytest

from electrode_model.assemble import assemble
from electrode_model.config.load import load, resolved_yaml
from electrode_model.constants import AVOGADRO, BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.materials import nmc532
from electrode_model.simulation.simulate import simulate
from tests.models import SINGLE, assembly, configuration, particle
from tests.runs import finished, protocol

GAS = BOLTZMANN * AVOGADRO  # J/(mol K)
ACTIVATION = 50e3  # J/mol
HOT = 323.15  # K
ONE = "positive.particles.per_volume=1"
KINETICS = "positive.particles.kinetics={k0: 1 A/m^2, activation_energy: 50 kJ/mol}"


def factor(temperature, reference=298.15):
    return exp(ACTIVATION / GAS * (1 / reference - 1 / temperature))


def numbers(folder, model, *overrides):
    """Parameters of the particles by name, (p,) each."""
    (group,) = assembly(folder, SINGLE, (particle(model), ONE, *overrides)).groups
    return dict(zip(group.kernel.names, group.q, strict=True))


def test_film_resists_alike_at_every_temperature(tmp_path):
    """It is held in units of the drop at the rate k0: R k0 e/kT."""
    film = "positive.particles.film_resistance=0.01 ohm m^2"
    cold = numbers(tmp_path, "homogeneous", KINETICS, film)
    hot = numbers(tmp_path, "homogeneous", KINETICS, film, f"temperature={HOT}")
    expected = cold["film"] * factor(HOT) * 298.15 / HOT
    np.testing.assert_allclose(hot["film"], expected, rtol=1e-12)


@pytest.mark.parametrize("model", ["diffusion", "cahn_hilliard"])
def test_diffusivity_follows_arrhenius(tmp_path, model):
    material = "{name: lfp, diffusivity: 1e-16 m^2/s, diffusivity_activation: 50 kJ/mol"

    def diffusion(temperature, more=""):
        own = f"positive.particles.material={material}{more}}}"
        return numbers(tmp_path, model, own, f"temperature={temperature}")["diffusion"]

    np.testing.assert_allclose(diffusion(HOT), factor(HOT) * diffusion(298.15), rtol=1e-12)
    at_reference = diffusion(310.0, ", reference_temperature: 310 K")
    np.testing.assert_allclose(at_reference, diffusion(298.15), rtol=1e-12)


@pytest.mark.parametrize("temperature", [273.15, 298.15, HOT])
def test_overpotential_is_in_kt_of_the_actual_temperature(tmp_path, temperature):
    """V - ocv = -2 (kT/e) asinh(i/(2 k0(T))) at the start, j0 = k0 at every filling; 1 uV."""
    k0, radius, sites, filling = 0.05, 2e-6, 2.9869e28, 0.5
    config = configuration(
        tmp_path,
        SINGLE,
        (
            f"temperature={temperature}",
            "positive.particles.material=nmc532",
            f"positive.particles.size={radius}",
            "positive.particles.per_volume=1",
            f"positive.initial_filling={filling}",
            f"positive.particles.kinetics={{law: butler_volmer, k0: {k0},"
            " exchange_current: constant, activation_energy: 50 kJ/mol,"
            " reference_temperature: 25 degC}",
            protocol("{current: 1 C, until: {time: 1 s}}"),
            "voltage_window=[2, 5]",
        ),
    )
    result = simulate(config)
    thermal = BOLTZMANN * temperature / ELEMENTARY_CHARGE
    flux = ELEMENTARY_CHARGE * sites * radius / 3 / 3600
    expected = -2 * thermal * asinh(flux / (2 * k0 * factor(temperature)))
    drop = result["Voltage [V]"][0] - nmc532.ocv(filling, temperature)
    assert drop == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("law", ["marcus", "marcus_hush_chidsey"])
def test_reorganisation_energy_counts_in_kt_of_the_actual_temperature(tmp_path, law):
    """0.2 eV and the same in kT at that temperature are one law; they differ at another."""
    joule = 0.2 * ELEMENTARY_CHARGE

    def voltage(energy, temperature):
        kinetics = f"{{law: {law}, k0: 0.02 A/m^2, reorganisation: {energy}}}"
        own = (f"positive.particles.kinetics={kinetics}", f"temperature={temperature}")
        steps = protocol("{current: 20 C, until: {time: 10 s}}")
        return finished(tmp_path, SINGLE, (*own, steps))["Voltage [V]"][-1]

    in_kt = f"{joule / (BOLTZMANN * HOT)} kT"
    assert voltage("0.2 eV", HOT) == pytest.approx(voltage(in_kt, HOT), abs=1e-9)
    assert abs(voltage("0.2 eV", 298.15) - voltage(in_kt, 298.15)) > 1e-5


def test_activation_comes_from_the_material_and_is_written_out(tmp_path):
    config = configuration(
        tmp_path,
        SINGLE,
        (
            "positive.particles.material=graphite",
            "positive.particles.kinetics={k0: 5 A/m^2}",
            "protocol=[{current: 1 C, until: {time: 1 s}}]",
        ),
    )
    kinetics = config.positive.particles[0].kinetics
    assert (kinetics.k0, kinetics.activation_energy) == (5.0, 30e3)
    assert kinetics.reference_temperature == 303.15
    (tmp_path / "again.yaml").write_text(resolved_yaml(config), encoding="utf-8")
    assert load(tmp_path / "again.yaml") == config


def test_graphite_of_one_parameter_runs_as_cahn_hilliard(tmp_path):
    """Its free energy has gradient terms on top: charge to half, two phases in a particle."""
    overrides = (
        particle("cahn_hilliard", shape="cylinder", nodes=30),
        "positive.particles.material=graphite_1param",
        "positive.particles.size=600 nm",
        "positive.particles.per_volume=1",
        "positive.initial_filling=0.02",
        protocol("{current: C/2, until: {filling: 0.75}}"),
        "voltage_window=[-1, 3]",
    )
    result = finished(tmp_path, SINGLE, overrides)
    profile = result["Particle profiles 0"][-1][:, 0]
    assert profile.max() - profile.min() > 0.2
    start = assemble(configuration(tmp_path, SINGLE, overrides)).guess["voltage"]
    assert start > 0
