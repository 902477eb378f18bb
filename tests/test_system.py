"""The structured Newton step is that of the whole system: every model, every kind of circuit."""

import numpy as np
import pytest

from electrode_model.solver.start import Statistics, consistent
from electrode_model.solver.system import System
from tests import discovered
from tests.models import HALF_CELL, SINGLE, assembly, particle

PLATES = ("positive.particles.thickness=20 nm", "positive.particles.size=30 nm")
FILM = ("positive.particles.film_resistance=0.05",)
PARTLY = "positive.initial_filling=0.3"
CONSTANT = ("electrolyte={model: constant, concentration: 1 mol/L}",)
SOLID = ("positive.conductivity=0.05", "series_resistance=1e-3 ohm m^2", "positive.volumes=3")
POPULATIONS = (
    "positive.particles=[{model: homogeneous, per_volume: 3, size: 100 nm, material: lfp,"
    " volume_fraction: 0.4}, {model: {name: diffusion, nodes: 6}, per_volume: 2, size: 1 um,"
    " material: nmc532, volume_fraction: 0.6}]",
)
MEAN_FIELD = ("positive.particles.material={name: lfp, gradient_energy: 0}",)
UNCOUPLED = particle("channel_array", nodes=7, lateral_diffusivity=0)
CORRELATED = particle("channel_array", nodes=7, correlation_length="5 nm", wetted="true")
GRAPHITE = "positive.particles.material=graphite_2param"
LAYERS = ("positive.initial_filling=0.3", GRAPHITE)  # far from alike after the disturbance
BROAD = ("positive.particles.thickness=20 nm", "positive.particles.size=400 nm")
WETTED = (
    "positive.particles.material={name: lfp, diffusivity: 1e-15 m^2/s, surface_wetting: 1e-29 J m}",
)
FIXED_RATIO = particle("cross_section", radial=5, angular=4, blocked=0.3, flux_ratio=0.3)

CASES = {
    "film": (SINGLE, FILM),
    "many": (SINGLE, ("positive.particles.per_volume=300",)),
    "plates": (SINGLE, (particle("allen_cahn", cell="3 nm"), *PLATES)),
    "plates with film": (SINGLE, (particle("allen_cahn", cell="3 nm"), *PLATES, *FILM)),
    "porous": (HALF_CELL, ("positive.volumes=4",)),
    "porous film": (HALF_CELL, ("positive.volumes=2", *FILM)),
    "solid": (HALF_CELL, SOLID),
    "constant electrolyte": (HALF_CELL, ("positive.volumes=3", *CONSTANT)),
    "constant, solid": (HALF_CELL, (*SOLID, *CONSTANT)),
    "populations": (HALF_CELL, ("positive.volumes=2", *POPULATIONS)),
    "mean-field channels": (SINGLE, (UNCOUPLED, *PLATES, *MEAN_FIELD)),
    "porous channels": (HALF_CELL, (CORRELATED, *PLATES, "positive.volumes=2")),
    "fixed ratio of fluxes": (SINGLE, (FIXED_RATIO,)),
    "porous, fixed ratio, film": (HALF_CELL, (FIXED_RATIO, *FILM, "positive.volumes=2")),
    "surface diffusion": (SINGLE, (particle("surface_diffusion", cell="3 nm"), *PLATES, *WETTED)),
    "porous surface diffusion, film": (
        HALF_CELL,
        (particle("surface_diffusion", cell="3 nm"), *PLATES, *FILM, "positive.volumes=2"),
    ),
    "wetted spheres": (SINGLE, (particle("cahn_hilliard", nodes=9), *WETTED)),
    "two layers, film": (
        HALF_CELL,
        (
            particle("homogeneous_two_layers", start_difference=0.1),
            *LAYERS,
            *FILM,
            "positive.volumes=2",
        ),
    ),
    "two-layer plates, film": (
        HALF_CELL,
        (particle("allen_cahn_two_layers", start_difference=0.1), *LAYERS, *BROAD, *FILM),
    ),
    "porous plates": (HALF_CELL, (particle("allen_cahn", cell="3 nm"), *PLATES, *SOLID)),
}


CASES["scattered numbers"] = (
    HALF_CELL,
    (
        *FILM,
        "positive.volumes=2",
        "positive.particles.contact=0.8",
        "positive.particles.scatter={k0: {distribution: lognormal, std: 0.5},"
        " film_resistance: {distribution: uniform, half_width: 0.9},"
        " contact: {distribution: beta, std: 0.1}, correlation: {size-k0: -0.5}}",
    ),
)
CASES["plates bare in one place, film"] = (
    SINGLE,
    (
        particle("allen_cahn", cell="3 nm", contact_seed=1),
        *PLATES,
        *FILM,
        "positive.particles.contact=0.7",
    ),
)


#: Every particle model, and each value of its choices, with a film.
CASES |= {str(case): (SINGLE, (*case.overrides(), *FILM, PARTLY)) for case in discovered.CASES}


def disturbed(folder, name, control=(1.0, 0.0, 1.0)):
    """A system off its solution, at a reproducible place."""
    system = System(assembly(folder, *CASES[name]))
    system.control[:] = control
    assert consistent(system, Statistics()) is None
    rng = np.random.default_rng(0)
    system.y += 1e-3 * rng.normal(size=system.n)
    system.slope[:] = np.where(system.differential, rng.normal(size=system.n), 0.0)
    return system


def along(system, alpha, step, beta):
    """Central difference of the residual along a step of the unknowns."""
    y, slope = system.y.copy(), system.slope.copy()
    moved = np.where(system.differential, beta, 1.0) * step
    ends = []
    for sign in (1e-6, -1e-6):
        system.y[:] = y + sign * moved
        system.slope[:] = slope + sign * alpha * np.where(system.differential, step, 0.0)
        ends.append(system.evaluate().copy())
    system.y[:], system.slope[:] = y, slope
    return (ends[0] - ends[1]) / 2e-6


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("alpha", "beta"), [(40.0, 1.0), (1.0, 0.0)], ids=["step", "start"])
def test_step_solves_the_linearised_system(name, alpha, beta, tmp_path):
    """J delta = -residual, J by central differences: 1e-7, the error of the differences."""
    system = disturbed(tmp_path, name)
    residual = system.evaluate().copy()
    system.linearize()
    assert system.factor(alpha, beta)
    delta = system.solve().copy()
    difference = along(system, alpha, delta, beta)
    scale = np.abs(residual).max() + np.abs(delta).max()
    assert np.abs(difference + residual).max() / scale < 1e-7


@pytest.mark.parametrize("control", [(1.0, 0.0, 0.3), (0.0, 1.0, 130.0)], ids=["I", "V"])
def test_control_is_data(control, tmp_path):
    """Switching from current to voltage rebuilds nothing."""
    system = disturbed(tmp_path, "porous")
    system.y[system.differential] = np.clip(system.y[system.differential], 0.01, 1.0)
    system.control[:] = control
    assert consistent(system, Statistics()) is None
    what = "current" if control[0] else "voltage"
    assert system.y[system.where[what]][0] == pytest.approx(control[2], abs=1e-9)


@pytest.mark.parametrize("name", ["porous", "solid", "plates", "film", "populations"])
def test_one_newton_step_satisfies_the_linear_balances(name, tmp_path):
    """Charge and salt hold to rounding after one step, however wrong the rest still is."""
    system = disturbed(tmp_path, name)
    alpha = 40.0
    system.evaluate()
    system.linearize()
    assert system.factor(alpha)
    step = system.solve().copy()
    system.y += step
    system.slope += alpha * np.where(system.differential, step, 0.0)
    system.evaluate()
    filling = system.r.mean()  # volumes of equal width
    current = system.y[system.where["current"]][0]
    assert filling == pytest.approx(current, abs=1e-10 * alpha)
    if "c_e" in system.where:
        rates = system.slope[system.where["c_e"]]
        cells = rates.size
        porosity = np.where(np.arange(cells) < 3, 0.5, 0.4)
        width = np.where(np.arange(cells) < 3, 25e-6 / 3, 50e-6 / (cells - 3))
        assert abs(rates @ (porosity * width)) < 1e-12 * alpha * (porosity @ width)


def test_names_unknowns_and_equations_by_place(tmp_path):
    system = disturbed(tmp_path, "porous plates")
    values = np.zeros(system.n)
    values[system.blocks[0].start + 4] = np.nan
    assert system.worst_equation(values) == "filling of particle 4 in volume 0, grid point 0 of 10"
    values[:] = 0.0
    values[system.where["c_e"].start + 1] = -7.0
    assert system.worst_unknown(values) == "c_e, cell 1"
    assert system.worst_equation(values) == "charge balance in the electrolyte, cell 1"
    values[system.where["voltage"]] = 9.0
    assert system.worst_unknown(values) == "voltage"
