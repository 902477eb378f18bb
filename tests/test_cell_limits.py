"""The whole cell in limits with a closed form: equal particles, series resistance, foil,
separator, resistive solid, and the order of convergence with depth."""

from pathlib import Path

import numpy as np
import pytest

from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.results.result import Result
from tests.discovered import MODELS, Case
from tests.models import HALF_CELL, SINGLE, SMOOTH
from tests.runs import finished, protocol

THERMAL_VOLTAGE = BOLTZMANN * 298.15 / ELEMENTARY_CHARGE  # V


EQUAL = {
    str(case): [*case.overrides(spread=0), case.solution()] for case in MODELS if not case.draws
}
EQUAL |= {
    f"{name}, phases": Case(name).overrides(spread=0) for name in ("homogeneous", "diffusion")
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_particles_are_one(tmp_path, name):
    """Also with phases, as long as rounding errors cannot grow inside of a particle."""

    def voltage(count: int) -> tuple[np.ndarray, Result]:
        overrides = [
            *EQUAL[name],
            "voltage_window=[-1, 6]",
            f"positive.particles.per_volume={count}",
            protocol("{current: 1 C, until: {filling: 0.5}}"),
        ]
        result = finished(tmp_path, SINGLE, overrides)
        frames = np.isin(result["Time [s]"], result["Field time [s]"])
        return result["Voltage [V]"][frames], result

    one, _ = voltage(1)
    many, result = voltage(7)
    assert np.ptp(result["Particle filling fraction"], axis=1).max() < 1e-9
    # Newton's last iterate depends on rounding: far below the tolerance of the solver, 1e-6
    np.testing.assert_allclose(many, one, rtol=0, atol=2e-7)


SHORT = protocol("{current: 1 C, until: {time: 60 s}}")


def at_start(result: Result) -> float:
    """Voltage under current at t = 0, which no time step has touched."""
    return float(result["Voltage [V]"][0])


def test_row_m12_series_resistance_is_exact(tmp_path):
    """100 mV at 1C: nothing else of the cell may notice."""
    base = finished(tmp_path, HALF_CELL, [SHORT])
    resistance = 0.1 / base.layout.one_c
    more = finished(tmp_path, HALF_CELL, [SHORT, f"series_resistance={resistance}"])
    assert at_start(base) - at_start(more) == pytest.approx(0.1, abs=1e-9)
    shift = base["Voltage [V]"][-1] - more["Voltage [V]"][-1]
    assert shift == pytest.approx(0.1, abs=1e-5)


def test_perfect_conductor_is_the_limit_of_a_good_one(tmp_path):
    voltage = [
        finished(
            tmp_path, HALF_CELL, [SHORT, "positive.volumes=4", f"positive.conductivity={sigma}"]
        )
        for sigma in ("null", "1e9 S/m")
    ]
    null, large = (result["Voltage [V]"] for result in voltage)
    assert null[0] == pytest.approx(large[0], abs=1e-9)
    assert null[-1] == pytest.approx(large[-1], abs=1e-5)


@pytest.mark.parametrize("current", ["C/10", "-1 C", "20 C"])
def test_foil_kinetics_are_an_inverse_hyperbolic_sine(tmp_path, current):
    """eta = 2 (kT/e) asinh(I/(2 k0 sqrt(c_e))) beside a film, both lost from the voltage."""
    common = [
        *SMOOTH,
        protocol(f"{{current: {current}, until: {{time: 1 s}}}}"),
        "electrolyte={model: constant, concentration: 1.44 mol/L}",
        "voltage_window=[-9 V, 9 V]",
    ]
    foil = "negative={{model: lithium_foil, exchange_current: {} A/m^2, film_resistance: {}}}"
    free = finished(tmp_path, HALF_CELL, [*common, foil.format(1e7, 0)])
    slow = finished(tmp_path, HALF_CELL, [*common, foil.format(5, 2e-4)])
    density = free["Current [A.m-2]"][0]

    def eta(k0: float) -> float:
        return 2 * THERMAL_VOLTAGE * np.arcsinh(density / (2 * k0 * 1.2))

    drop = at_start(free) - at_start(slow)
    assert drop == pytest.approx(eta(5) - eta(1e7) + 2e-4 * density, abs=1e-9)


def test_separator_is_an_ohmic_resistance_when_only_lithium_moves(tmp_path):
    common = [*SMOOTH, SHORT, "electrolyte.t_plus=1", "electrolyte.conductivity=0.9 S/m"]
    thin = finished(tmp_path, HALF_CELL, common)
    thick = finished(tmp_path, HALF_CELL, [*common, "separator.thickness=225 um"])
    resistance = 200e-6 / (0.9 * 0.5**1.5)
    drop = at_start(thin) - at_start(thick)
    assert drop == pytest.approx(resistance * thin.layout.one_c, abs=1e-9)


def fin(folder: Path, volumes: int) -> tuple[float, float]:
    """Voltage at t = 0 of an electrode of linear kinetics with a resistive solid: computed,
    and from phi_s'' = (nu/L)^2 phi_s, eta(collector) = -I L coth(nu)/(sigma nu)."""
    result = finished(
        folder,
        HALF_CELL,
        [
            "negative={model: lithium_foil, exchange_current: 1e7 A/m^2}",
            "electrolyte={model: constant, concentration: 1 mol/L}",
            "positive.conductivity=2e-2 S/m",
            f"positive.volumes={volumes}",
            "positive.initial_filling=0.5",
            "positive.particles.per_volume=1",
            "positive.particles.size=1 um",
            "positive.particles.kinetics={law: linear, k0: 1, exchange_current: constant}",
            "protocol=[{current: 1 C, until: {time: 1 s}}]",
            "voltage_window=[-9 V, 9 V]",
        ],
    )
    density = result.layout.one_c
    length, sigma, area = 50e-6, 2e-2, 3 * 0.414 / 1e-6
    nu = length * np.sqrt(area * 1.0 / (THERMAL_VOLTAGE * sigma))
    loss = density * length / sigma / (nu * np.tanh(nu))
    foil = 2 * THERMAL_VOLTAGE * np.arcsinh(density / 2e7)
    return at_start(result), 3.422 - loss - foil


def test_depth_of_a_resistive_solid_is_second_order(tmp_path):
    """Against the closed form of a fin; nu = 2.5 spreads the reaction over a part of the depth."""
    counts = np.array([8, 16, 32, 64])
    values = [fin(tmp_path, n) for n in counts.tolist()]
    errors = np.abs([value - exact for value, exact in values])
    order = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 1e-3 * (3.422 - values[-1][1])


def test_depth_of_a_porous_half_cell_is_second_order(tmp_path):
    """Concentrated electrolyte, both layers refined; differences of the voltage at 5 min."""

    def voltage(n: int) -> float:
        result = finished(
            tmp_path,
            HALF_CELL,
            [
                *SMOOTH,
                "positive.thickness=150 um",
                "positive.particles.per_volume=1",
                "positive.particles.size=1 um",
                f"positive.volumes={4 * n}",
                f"separator.volumes={n}",
                "positive.conductivity=0.2 S/m",
                "solver={rtol: 1e-9, atol: 1e-9}",
                protocol("{current: 1 C, until: {time: 5 min}}"),
            ],
        )
        return float(result["Voltage [V]"][-1])

    coarse, middle, fine = (voltage(n) for n in (2, 4, 8))
    assert np.log2((coarse - middle) / (middle - fine)) == pytest.approx(2.0, abs=0.1)
