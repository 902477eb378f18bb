"""Grids of their own for phase-separating particles, and the strain of their layers."""

import numpy as np

import electrode_model as em

CELL = """
schema: 1
temperature: 298 K
negative: ideal
positive:
  thickness: 50 um
  porosity: 0.4
  active_fraction: 0.4
  volumes: 1
  initial_filling: 0.02
  particles: {particles}
electrolyte: {{model: constant, concentration: 1 mol/L}}
protocol:
  - {{current: C/2, until: {{filling: 0.3}}}}
output: {{figures: false}}
"""
SOLID = (
    "material: {name: lfp, omega: 0 J, diffusivity: 1e-18},"
    " kinetics: {law: butler_volmer, k0: 1, exchange_current: transition_state}"
)


def voltage(tmp_path, particles):
    """Up to a filling of 0.3 [V], and the run's result."""
    path = tmp_path / "cell.yaml"
    path.write_text(CELL.format(particles=particles))
    result = em.simulate(path)
    assert result.status == "finished", result.message
    return result["Voltage [V]"], result


def test_each_particle_has_its_grid(tmp_path):
    """A cell of 4 nm: the points of two sizes are those that one of them alone would have."""
    sizes = "size: {distribution: listed, sizes: [20 nm, 20 nm]}, per_volume: 2"
    grid = "model: {name: cahn_hilliard, shape: sphere, %s}"
    alone = voltage(tmp_path, f"[{{{grid % 'nodes: 6'}, {sizes}, {SOLID}}}]")[0]
    by_cell, result = voltage(tmp_path, f"[{{{grid % 'cell: 4 nm'}, {sizes}, {SOLID}}}]")
    np.testing.assert_array_equal(alone, by_cell)
    mixed = "size: {distribution: listed, sizes: [20 nm, 13 nm]}, per_volume: 2"
    _, result = voltage(tmp_path, f"[{{{grid % 'cell: 4 nm'}, {mixed}, {SOLID}}}]")
    counts = sorted(profile.nodes.size for profile in result.layout.profiles)
    assert counts == [5, 6]  # 13 nm are four cells


def test_layers_strained_each_by_itself(tmp_path):
    """Alike, they are a particle of one filling with twice the kappa and twice the strain."""
    two = (
        "{model: {name: cahn_hilliard_two_layers, shape: sphere, nodes: 15, layer_split: 0 J, %s},"
    )
    one = "{model: {name: cahn_hilliard, shape: sphere, nodes: 15},"
    rest = (
        " size: 15 nm, material: {{name: {name}, standard_potential: 3.4 V, site_density: 1.4e28"
        " 1/m^3, omega: 1e-20 J, gradient_energy: {kappa} J/m, coherency: {strain} MPa, {more}"
        " diffusivity: 3e-20 m^2/s}}, kinetics: {{law: butler_volmer, k0: 0.2 A/m^2,"
        " exchange_current: transition_state}}}}"
    )
    layered = rest.format(
        name="graphite_2param", kappa=5e-10, strain=100, more="omega_b: 0 J, omega_c: 0 J,"
    )
    single, _ = voltage(
        tmp_path, f"[{one}{rest.format(name='lfp', kappa=1e-9, strain=200, more='')}]"
    )
    own, _ = voltage(tmp_path, f"[{two % 'strain: own'}{layered}]")
    shared, _ = voltage(tmp_path, f"[{two % 'strain: shared'}{layered}]")
    assert abs(own[-1] - single[-1]) < 1e-5  # the tolerances of two runs
    assert abs(shared[-1] - single[-1]) > 3e-4  # half of the strain: 0.6 mV
