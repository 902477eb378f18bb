"""Codes that share nothing with the package but the physics: SI throughout, SciPy's integrators.

A porous half cell with two materials, a film, a resistive solid and unequal exponents; a
phase-separating particle on another grid; numbers of other people's runs; fillings that stay
between 0 and 1.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from tests.models import SINGLE
from tests.runs import finished, protocol

BOLTZMANN, CHARGE, AVOGADRO = 1.380649e-23, 1.602176634e-19, 6.02214076e23
FARADAY = CHARGE * AVOGADRO

# --- a porous half cell ---------------------------------------------------------------------

POROUS = """
schema: 1
temperature: {temperature}
negative: {{model: lithium_foil, exchange_current: 8, film_resistance: 3e-4}}
separator: {{thickness: 30 um, porosity: 0.45, bruggeman: 1.7, volumes: 2}}
series_resistance: 4e-4
electrolyte: {{model: concentrated, concentration: 1.2 mol/L}}
positive:
  thickness: 100 um
  porosity: 0.35
  active_fraction: 0.5
  bruggeman: 2.1
  conductivity: 0.3
  volumes: 3
  initial_filling: 0.5
  particles:
    - model: {{name: homogeneous, shape: sphere}}
      per_volume: 2
      size: {{distribution: listed, sizes: [0.6e-6, 1.5e-6]}}
      material: {{name: lto, standard_potential: 4.0, omega: -4e-20}}
      film_resistance: 0.05
      volume_fraction: 0.7
      kinetics: {{law: butler_volmer, alpha: 0.4, k0: 2, exchange_current: newman}}
    - model: {{name: homogeneous, shape: plate}}
      thickness: 20 nm
      per_volume: 2
      size: {{distribution: listed, sizes: [40e-9, 60e-9]}}
      volume_fraction: 0.3
      material: {{name: lfp, omega: 1e-21, standard_potential: 3.95}}
      kinetics: {{law: butler_volmer, alpha: 0.5, k0: 0.02, exchange_current: skewed}}
protocol: [{{current: {rate} C, until: {{time: {time}}}}}]
solver: {{rtol: 1e-8, atol: 1e-8}}
"""


def porous_by_hand(t_kelvin, rate, end):
    """1C current [A/m^2], voltage, c_e (5,) and fillings (6,), (6,) at ``end``."""
    thermal = BOLTZMANN * t_kelvin / CHARGE
    act, rho = 0.5 * np.array([0.7, 0.3]), np.array([1.3717e28, 1.3793e28])
    radius, edge = np.array([0.6e-6, 1.5e-6]), np.array([40e-9, 60e-9])
    area = [3 / radius, np.full(2, 2 / 20e-9)]
    share = [radius**3 / (radius**3).sum(), edge**2 / (edge**2).sum()]
    omega, standard, alpha = [-4e-20, 1e-21], [4.0, 3.95], [0.4, 0.5]
    h = np.array([15e-6] * 2 + [100e-6 / 3] * 3)
    eps = np.array([0.45] * 2 + [0.35] * 3)
    hindrance = np.array([0.45**1.7] * 2 + [0.35**2.1] * 3)
    one_c = 100e-6 * CHARGE * act @ rho / 3600
    current, t_plus = rate * one_c, 0.38

    def d_salt(m):
        return 1e-4 * 10 ** (-4.43 - 54 / (t_kelvin - 229 - 5 * m) - 0.22 * m) * hindrance

    def kappa(m):
        t = t_kelvin
        a = -10.5 + 0.074 * t - 6.96e-5 * t * t + 0.668 * m - 0.0178 * m * t + 2.8e-5 * m * t * t
        return 0.1 * m * (a + 0.494 * m * m - 8.86e-4 * m * m * t) ** 2 * hindrance

    def factor(m):
        f = 0.601 - 0.24 * np.sqrt(m) + 0.982 * (1 - 0.0052 * (t_kelvin - 294)) * m**1.5
        return 2 * thermal * f  # 2 (kT/e) (1 - t+) (1 + dlnf/dlnc)

    def reaction(k, c, m, step):
        """A/m^2 of surface, insertion positive; the film's current by Newton's method."""
        mu = np.log(c / (1 - c)) + omega[k] / (CHARGE * thermal) * (1 - 2 * c)
        eta = (step[:, None] - standard[k]) / thermal + mu
        a = alpha[k]
        if k == 1:
            j0 = 0.02 * np.sqrt(m)[:, None] * 3 * (1 - c) * np.sqrt(c * (1 - c))
            return j0 * (np.exp(-a * eta) - np.exp((1 - a) * eta))
        j0, j = 2 * (m[:, None] * (1 - c)) ** (1 - a) * c**a, np.zeros_like(c)
        for _ in range(8):
            behind = eta + 0.05 * j / thermal
            cathodic, anodic = j0 * np.exp(-a * behind), j0 * np.exp((1 - a) * behind)
            slope = 1 + 0.05 / thermal * (a * cathodic + (1 - a) * anodic)
            j = j - (j - cathodic + anodic) / slope
        return j

    def series(values):
        return 1 / (h[:-1] / 2 / values[:-1] + h[1:] / 2 / values[1:])

    def currents(z, m, fillings):
        phi_e, phi_s = z[:5], z[5:]
        j = [reaction(k, fillings[k], m[2:], phi_s - phi_e[2:]) for k in (0, 1)]
        volumetric = sum(act[k] * (share[k] * area[k] * j[k]).sum(axis=1) for k in (0, 1))
        face = (h[1:] * m[:-1] + h[:-1] * m[1:]) / (h[1:] + h[:-1])
        ionic = -series(kappa(m)) * (np.diff(phi_e) - factor(face) * np.diff(np.log(m)))
        wall = m[0] + h[0] / 2 * (1 - t_plus) * current / FARADAY / d_salt(m)[0] / 1000
        at_wall = -2 * thermal * np.arcsinh(current / 16 / np.sqrt(wall)) - 3e-4 * current
        drop = phi_e[0] - at_wall - factor(m[0]) * np.log(m[0] / wall)
        first = -kappa(m)[0] / (h[0] / 2) * drop
        solid = np.concatenate([[0], -0.3 * np.diff(phi_s) / h[-1], [current]])
        source = np.concatenate([[0, 0], volumetric * h[2:]])
        e_balance = np.diff(np.concatenate([[first], ionic, [0]])) + source
        return np.concatenate([e_balance, np.diff(solid) - source[2:]]), ionic, j

    guess = [np.array([-0.05] * 5 + [3.9] * 3)]

    def algebraic(y):
        fillings = [y[:6].reshape(3, 2), y[6:12].reshape(3, 2)]
        m = y[12:]
        z = guess[0]
        for _ in range(50):
            residual = currents(z, m, fillings)[0]
            shifted = [currents(z + 1e-7 * unit, m, fillings)[0] for unit in np.eye(8)]
            step = np.linalg.solve((np.array(shifted) - residual).T / 1e-7, -residual)
            z = z + step * min(1, 0.1 / np.abs(step).max())
            if np.abs(step).max() < 1e-11:
                break
        guess[0] = z
        return z, m, currents(z, m, fillings)

    def slope(t, y):
        _, m, (_, ionic, j) = algebraic(y)
        salt = -series(d_salt(m)) * np.diff(m) * 1000 - (1 - t_plus) * ionic / FARADAY
        d_m = -np.diff(np.concatenate([[0], salt, [0]])) / h / eps / 1000
        d_c = [(area[k] * j[k] / (CHARGE * rho[k])).ravel() for k in (0, 1)]
        return np.concatenate([*d_c, d_m])

    start = np.concatenate([np.full(12, 0.5), np.full(5, 1.2)])
    y = solve_ivp(slope, (0, end), start, "LSODA", rtol=1e-6, atol=1e-8).y[:, -1]
    z = algebraic(y)[0]
    voltage = z[-1] - current * (h[-1] / 2 / 0.3 + 4e-4)
    return one_c, voltage, y[12:] * 1000, y[:6], y[6:12]


@pytest.mark.parametrize(("temperature", "rate"), [(263.15, -0.2), (333.15, 1.0)])
def test_porous_half_cell_with_two_materials(tmp_path, temperature, rate):
    end = 60.0
    text = POROUS.format(temperature=temperature, rate=rate, time=end)
    result = finished(tmp_path, text, [])
    one_c, voltage, c_e, first, second = porous_by_hand(temperature, rate, end)
    assert result.layout.one_c == pytest.approx(one_c, rel=1e-9)
    assert result["Voltage [V]"][-1] == pytest.approx(voltage, abs=2e-6)
    ours = result["Electrolyte concentration [mol.m-3]"][-1]
    np.testing.assert_allclose(ours, c_e, rtol=5e-6)
    both = np.concatenate([first, second])
    np.testing.assert_allclose(result["Particle filling fraction"][-1], both, atol=2e-6)


# --- a phase-separating particle ------------------------------------------------------------


def separating_by_hand(exponent, cells, filling):
    """Voltage of LTO of 40 nm after 1C from 0.02: cell centres, surface by extrapolation."""
    thermal, radius, rho, k0 = BOLTZMANN * 298.15 / CHARGE, 40e-9, 1.3717e28, 3.6
    energy = BOLTZMANN * 298.15
    face, h = np.linspace(0, radius, cells + 1), radius / cells
    volume = np.diff(face ** (exponent + 1)) / (exponent + 1)
    area = face**exponent
    inflow = volume.sum() / area[-1] / 3600

    def potential(c):
        bend = np.diff(np.concatenate([[0], np.diff(c) / h, [0]]) * area) / volume
        return np.log(c / (1 - c)) + 1.43e-20 / energy * (1 - 2 * c) - 1e-10 / rho / energy * bend

    def slope(t, c):
        mean = (c[1:] + c[:-1]) / 2
        flux = 4e-16 * mean * (1 - mean) * np.diff(potential(c)) / h
        return np.diff(np.concatenate([[0], flux, [inflow]]) * area) / volume

    end, start = (filling - 0.02) * 3600, np.full(cells, 0.02)
    run = solve_ivp(slope, (0, end), start, "LSODA", rtol=1e-6, atol=1e-8, lband=2, uband=2)
    c = run.y[:, -1]
    outward = np.array([3, -10, 15]) / 8
    surface, mu = outward @ c[-3:], outward @ potential(c)[-3:]
    j = inflow * CHARGE * rho / (k0 * np.exp(mu / 2) * (1 - surface))
    eta = brentq(lambda x: -2 * np.sinh(x / 2) - j, -20, 20)
    return 1.55 + thermal * (eta - mu)


@pytest.mark.parametrize(("shape", "exponent"), [("slab", 0), ("cylinder", 1), ("sphere", 2)])
def test_phase_separating_particle(tmp_path, shape, exponent):
    """A boundary on its way through the particle: 0.05 mV where a spinodal is 30 mV."""
    result = finished(
        tmp_path,
        SINGLE,
        [
            f"positive.particles.model={{name: cahn_hilliard, shape: {shape}, nodes: 81}}",
            "positive.particles.material=lto",
            "positive.particles.per_volume=1",
            "positive.particles.size=40 nm",
            "positive.initial_filling=0.02",
            protocol("{current: 1 C, until: {filling: 0.55}}"),
        ],
    )
    by_hand = separating_by_hand(exponent, 100, 0.55)
    assert result["Voltage [V]"][-1] == pytest.approx(by_hand, abs=5e-5)


# --- asymmetry.md and physics.md, computed there with other programs ------------------------

KT = BOLTZMANN * 298.15


def raw_gap(folder, rate, *overrides):
    """|V - V_eq| at half filling, lithiation less delithiation [mV], and both results."""
    both = []
    for sign, start in ((1, 0.01), (-1, 0.99)):
        steps = protocol(f"{{current: {sign * rate} C, until: {{filling: 0.5}}}}")
        more = [f"positive.initial_filling={start}", steps]
        both.append(finished(folder, SINGLE, [*overrides, *more]))
    eta = [abs(result["Voltage [V]"][-1] - 3.422) * 1e3 for result in both]
    return eta[0] - eta[1], both


def platelets(omega, film=0.0, alpha=0.5):
    kinetics = f"law: butler_volmer, k0: 1e-2, alpha: {alpha}, exchange_current: skewed"
    std = 75 * np.sqrt(np.expm1(0.04))
    return (
        "positive.particles.model={name: homogeneous, shape: slab}",
        "positive.particles.per_volume=200",
        f"positive.particles.size={{distribution: lognormal, mean: 75 nm, std: {std} nm}}",
        f"positive.particles.material={{name: lfp, omega: {omega * KT}}}",
        f"positive.particles.kinetics={{{kinetics}}}",
        f"positive.particles.film_resistance={film}",
    )


@pytest.mark.parametrize(
    ("particles", "koo"),
    [
        (platelets(4.49), {1: -14, 4: -15, 7: -15}),
        (platelets(3.5, film=0.2055), {1: 0, 2: 10, 4: 22, 7: 29}),
        (platelets(4.49, alpha=0.4), {4: 51}),
    ],
    ids=["negative control", "film on each particle", "alpha 0.4"],
)
def test_rate_asymmetry_of_homogeneous_platelets(tmp_path, particles, koo):
    reference, _ = raw_gap(tmp_path, 0.2, *particles)
    for rate, expected in koo.items():
        gap, _ = raw_gap(tmp_path, rate, *particles)
        assert gap - reference == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize(("rate", "expected"), [(0.5, 4.7), (4, 18.1)])
def test_rate_asymmetry_of_a_resolved_slab(tmp_path, rate, expected):
    """physics.md 6.5: B = 5 kT, D = 1e-14 m^2/s, half length 200 nm."""
    strain = 5 * 1.3793e28 * KT
    numbers = f"omega: {4.49 * KT}, coherency: {strain}, gradient_energy: 5.01e-10"
    gap, both = raw_gap(
        tmp_path,
        rate,
        *platelets(4.49)[4:5],
        "positive.particles.model={name: cahn_hilliard, shape: slab, nodes: 61}",
        "positive.particles.per_volume=1",
        "positive.particles.size=200 nm",
        f"positive.particles.material={{name: lfp, {numbers}, diffusivity: 1e-14}}",
    )
    assert gap == pytest.approx(expected, abs=0.15)
    if rate == 4:
        surface = [float(result["Particle profiles 0"][-1, -1, 0]) for result in both]
        assert surface == pytest.approx([0.587, 0.413], abs=1e-3)


# --- the ends of the range ------------------------------------------------------------------


def test_a_long_hold_never_overfills(tmp_path):
    """Full particles under a strong drive: errors below the tolerance must not grow."""
    result = finished(
        tmp_path,
        SINGLE,
        [
            *platelets(4.51),
            "positive.particles.per_volume=20",
            protocol(
                "{current: 1 C, until: {voltage: 2.5 V}}",
                "{voltage: 2.5 V, until: {time: 20 h}}",
            ),
        ],
    )
    assert np.all(result["Particle filling fraction"] <= 1)


def test_a_single_particle_behind_a_film(tmp_path):
    """Two unknowns in all: the smallest system there is."""
    overrides = ["positive.particles.per_volume=1", "positive.particles.film_resistance=0.1"]
    finished(tmp_path, SINGLE, overrides)
