"""Plates with lithium moving along them, wetted surfaces, and size-dependent plates."""

import casadi as ca
import numpy as np
import pytest
from scipy.optimize import brentq

from electrode_model.analysis.balance import balance
from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.materials import lfp
from electrode_model.particles.homogeneous_size_dependent import omega
from tests.models import HALF_CELL, SINGLE, assembly, particle
from tests.runs import finished, protocol

KT = BOLTZMANN * 298.15
KAPPA = lfp.MATERIAL.numbers["gradient_energy"].value
SITES = lfp.MATERIAL.numbers["site_density"].value
STRAIN = lfp.MATERIAL.numbers["coherency"].value / (SITES * KT)
OMEGA = 0.6e-20 / KT  # no phases
PLATE = (
    "positive.particles.thickness=20 nm",
    "positive.particles.per_volume=1",
    "positive.particles.size=60 nm",
)
SLOPE = 2.0e7  # 1/m, dc/dn over c (1 - c): one third of a plate's length
WETTING = SLOPE * KAPPA / SITES  # J m


def material(**numbers):
    values = {"name": "lfp", **numbers}
    keys = ", ".join(f"{key}: {value}" for key, value in values.items())
    return f"positive.particles.material={{{keys}}}"


def profile(folder, overrides, *steps):
    result = finished(folder, SINGLE, [*PLATE, *overrides, protocol(*steps)])
    return result["Particle profiles 0"][-1, :, 0], result


def potential(c, slope, width):
    """mu/kT of every cell of a plate, written out with ghost cells beyond its ends."""

    def ghost(end):
        face = end + slope * width / 2 * end * (1 - end)
        return end + slope * width * face * (1 - face)

    padded = np.concatenate([[ghost(c[0])], c, [ghost(c[-1])]])
    bend = np.diff(padded, 2) / width**2
    mu = np.log(c / (1 - c)) + OMEGA * (1 - 2 * c) + STRAIN * (c - c.mean())
    return mu - KAPPA / (SITES * KT) * bend


@pytest.mark.parametrize("wetting", [0.0, WETTING])
def test_rest_ends_at_one_potential_with_variational_ends(wetting, tmp_path):
    """Ends with dc/dn = s c (1 - c); 1e-3 kT: what is left after the rest."""
    overrides = (
        particle("surface_diffusion", cell="1 nm", surface_diffusivity="1e-16 m^2/s"),
        material(surface_wetting=wetting, omega=0.6e-20),
        "positive.initial_filling=0.5",
    )
    steps = "{current: 0.2 C, until: {filling: 0.55}}", "{rest: 50 h}"
    c, result = profile(tmp_path, overrides, *steps)
    mu = potential(c, wetting * SITES / KAPPA, 1e-9)
    rest = (3.422 - result["Voltage [V]"][-1]) * ELEMENTARY_CHARGE / KT
    np.testing.assert_allclose(mu, rest, atol=1e-3)
    if wetting:
        assert c[0] > c[5] + 0.003
        assert c[-1] > c[-6] + 0.003
    else:
        assert np.ptp(c) < 1e-6


@pytest.mark.parametrize("film", ["0", "1e-2"])
def test_lithium_is_conserved(film, tmp_path):
    overrides = [
        particle("surface_diffusion", cell="2 nm"),
        material(surface_wetting=WETTING),
        *PLATE,
        "positive.volumes=2",
        f"positive.particles.film_resistance={film} ohm m^2",
        protocol("{current: 1 C, until: {time: 20 min}}", "{current: -1 C, until: {time: 10 min}}"),
    ]
    assert balance(finished(tmp_path, HALF_CELL, overrides)).worst < 1e-10


def test_without_diffusion_and_wetting_it_is_the_neutral_reaction_plate(tmp_path):
    """The same equations, to the last digit."""
    step = "{current: 1 C, until: {filling: 0.4}}"
    models = (
        particle("surface_diffusion", surface_diffusivity=0),
        particle("allen_cahn", wetted="false"),
    )
    first, second = (profile(tmp_path, (model,), step)[0] for model in models)
    np.testing.assert_array_equal(first, second)


def test_it_is_the_channel_array_without_spread(tmp_path):
    """Lateral transport as there: 1e-9, as sums are ordered differently."""
    step = "{current: 1 C, until: {filling: 0.4}}"
    start = (
        "positive.particles.initial_filling={profile: scattered, mean: 0.2, std: 0.02,"
        " among: places}",
        material(diffusivity="1e-17 m^2/s"),
    )
    models = (
        particle("surface_diffusion", cell="2 nm"),
        particle("channel_array", nodes=30, rate_spread=0),
    )
    first, second = (profile(tmp_path, (model, *start), step)[0] for model in models)
    np.testing.assert_allclose(first, second, atol=1e-9)
    assert np.ptp(first) > 0.01


def test_diffusion_evens_a_wave_out_at_its_linear_rate(tmp_path):
    """Without reaction cos(2 pi x/L) decays at k^2 D [1 + c (1-c) (kappa k^2 - 2 Omega)].

    1 %: second order in the 60 cells; the amplitude is 1e-4.
    """
    diffusivity, c, length, amplitude = 1e-18, 0.2, 60e-9, 1e-4
    overrides = (
        *PLATE,
        particle("surface_diffusion", cell="1 nm", surface_diffusivity=diffusivity),
        material(omega=0.4e-20, coherency=0),
    )
    (group,) = assembly(tmp_path, SINGLE, overrides).groups
    kernel = group.kernel
    q = np.where([name == "reaction" for name in kernel.names], 0.0, group.q[:, 0])
    wave = np.cos(2 * np.pi * (np.arange(60) + 0.5) / 60)
    f = ca.Function("f", [kernel.x, kernel.c_bar, kernel.c_e, kernel.dphi, kernel.q], [kernel.rate])
    rate = f(c + amplitude * wave, c, 1.0, 0.0, q).full()[:, 0]
    k = 2 * np.pi / length
    slope = 1 + c * (1 - c) * (KAPPA / (SITES * KT) * k**2 - 2 * 0.4e-20 / KT)
    expected = -diffusivity * 3600 * k**2 * slope  # 1/h
    assert 2 * rate @ wave / 60 / amplitude == pytest.approx(expected, rel=0.01)
    assert abs(rate.sum()) < 1e-12 * np.abs(rate).sum() * 60


def test_second_order_in_the_cells(tmp_path):
    """A wetted plate at rest, cells of 4, 2 and 1 nm against 0.25 nm; order 2 within 0.3."""
    ends = []
    for cell in (4, 2, 1, 0.25):
        overrides = (
            particle("surface_diffusion", cell=f"{cell} nm", surface_diffusivity="1e-16 m^2/s"),
            material(surface_wetting=WETTING, omega="0.6e-20 J"),
            "positive.initial_filling=0.4",
            "positive.particles.size=64 nm",
        )
        c, _ = profile(tmp_path, overrides, "{rest: 20 h}")
        ends.append(c[c.size // 2 - 1 : c.size // 2 + 1].mean())
    errors = np.abs(np.array(ends[:-1]) - ends[-1])
    order = -np.polyfit(np.log([1, 2, 4]), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.3)


@pytest.mark.parametrize("model", ["cahn_hilliard", "cahn_hilliard_two_layers"])
def test_a_wetted_sphere_has_the_slope_of_its_surface_energy(model, tmp_path):
    """kappa dc/dr = s rho_s (of a layer: half of it) at r = R; 2 %: the grid of 80 points."""
    slope = 4e6  # 1/m
    overrides = (
        particle(model, nodes=81, shape="sphere"),
        material(
            surface_wetting=slope * KAPPA / SITES,
            omega="0.4e-20 J",
            coherency=0,
            diffusivity="1e-15",
        ),
        "positive.particles.per_volume=1",
        "positive.particles.size=20 nm",
        "positive.initial_filling=0.5",
        protocol("{rest: 10 h}"),
    )
    result = finished(tmp_path, SINGLE, overrides)
    layers = result.layout.profiles[0].layers
    c = result["Particle profiles 0"][-1, ::layers, 0]
    at_surface = (3 * c[-1] - 4 * c[-2] + c[-3]) / 2 * 80 / 20e-9
    assert at_surface == pytest.approx(slope / layers, rel=0.02)
    assert result["Particle filling fraction"][-1, 0] == pytest.approx(0.5, abs=1e-9)


def test_wetting_needs_a_gradient_energy(tmp_path):
    overrides = (
        particle("cahn_hilliard", nodes=9),
        material(surface_wetting=1e-30, gradient_energy=0, diffusivity="1e-15"),
    )
    with pytest.raises(ValueError, match="gradient_energy above 0"):
        assembly(tmp_path, SINGLE, overrides)


@pytest.mark.parametrize(
    ("nanometres", "expected"), [(15, 2.0), (25, 2.781679), (100, 4.126793), (1e5, 4.515628)]
)
def test_omega_of_a_plate(nanometres, expected):
    """The polynomial of MPET 1.0.1, summed apart from the package."""
    assert omega(np.array([nanometres * 1e-9]))[0] == pytest.approx(expected, abs=1e-5)


def test_omega_grows_with_size():
    assert np.all(np.diff(omega(np.linspace(5e-9, 1e-6, 1000))) >= 0)


@pytest.mark.parametrize("nanometres", [15, 30, 100])
@pytest.mark.parametrize("temperature", [298.15, 330.0])
def test_small_plates_have_a_small_gap(nanometres, temperature, tmp_path):
    """Gap between charge and discharge at C/1000: that between the spinodals of its omega.

    0.2 mV: the overpotential at C/1000; Omega is an energy, 2 kT at 298 K for the smallest.
    """
    voltages = []
    for start, end, rate in ((0.01, 0.99, 1e-3), (0.99, 0.01, -1e-3)):
        result = finished(
            tmp_path,
            SINGLE,
            [
                particle("homogeneous_size_dependent"),
                *PLATE,
                f"positive.particles.size={nanometres} nm",
                f"temperature={temperature}",
                f"positive.initial_filling={start}",
                protocol(f"{{current: {rate} C, until: {{filling: {end}}}}}"),
            ],
        )
        filling, voltage = result["Positive filling fraction"], result["Voltage [V]"]
        first_half = (filling - 0.5) * rate < 0
        voltages.append((voltage[first_half] * np.sign(-rate)).max() * np.sign(-rate))
    kt = BOLTZMANN * temperature
    w = omega(np.array([nanometres * 1e-9]))[0] * BOLTZMANN * 298.0 / kt

    def mu(c):
        return np.log(c / (1 - c)) + w * (1 - 2 * c)

    expected = 0.0
    if w > 2:
        spinodal = brentq(lambda c: 1 / (c * (1 - c)) - 2 * w, 1e-6, 0.5)
        expected = 2 * mu(spinodal)
    found = (voltages[1] - voltages[0]) * ELEMENTARY_CHARGE / kt
    assert found == pytest.approx(expected, abs=0.01)


def test_a_solution_known_by_its_voltage_has_no_omega(tmp_path):
    overrides = (particle("homogeneous_size_dependent"), *PLATE)
    with pytest.raises(ValueError, match="on their size need a material"):
        assembly(tmp_path, SINGLE, (*overrides, "positive.particles.material=nmc532"))
