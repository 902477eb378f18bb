"""CasADi's idas as a second opinion on every particle model and circuit, and on the tolerance.

Where particles compete for lithium, errors grow e-fold after e-fold: there the states may
differ by as much as idas itself errs at the same tolerance, times five, while the voltage, which
sums over them, must agree to five tolerances everywhere.
"""

import numpy as np
import pytest

from electrode_model.importing.mpet_names import NMC532_DIFFUSIVITY
from electrode_model.solver import oracle
from tests.models import HALF_CELL, SINGLE, SMOOTH, assembly, particle, states_at
from tests.test_system import CONSTANT, FILM, PLATES, SOLID

TIMES = [0.05, 0.15, 0.3]

SLAB = particle("diffusion", shape="slab", nodes=15, refinement=4)
#: NMC532 of SMOOTH with a smooth diffusivity, MPET's polynomial, in place of the published table.
POLYNOMIAL = (
    "positive.particles.material={name: nmc532, diffusivity: 1e-15 m^2/s, diffusivity_shape: {"
    f"form: log_polynomial, coefficients: {list(NMC532_DIFFUSIVITY['coefficients'])}}}}}",
    *SMOOTH[1:],
)
STABLE = {
    "homogeneous ocv": (SINGLE, SMOOTH),
    "diffusion sphere": (SINGLE, (*SMOOTH, particle("diffusion", shape="sphere", nodes=15))),
    "diffusion cylinder": (SINGLE, (*SMOOTH, particle("diffusion", shape="cylinder", nodes=15))),
    "diffusion slab, refined, film": (
        SINGLE,
        (*POLYNOMIAL, SLAB, *FILM),
    ),
    "electrons of Marcus": (
        SINGLE,
        (
            *SMOOTH[:1],
            *SMOOTH[2:],
            "positive.particles.kinetics={law: marcus_hush_chidsey,"
            " reorganisation: 0.2 eV, k0: 1 A/m^2, exchange_current: newman}",
        ),
    ),
    "porous": (HALF_CELL, (*SMOOTH, "positive.volumes=4")),
    "porous solid": (HALF_CELL, (*SMOOTH, *SOLID)),
    "porous, constant electrolyte": (HALF_CELL, (*SMOOTH, *SOLID, *CONSTANT)),
    "one plate": (
        SINGLE,
        (particle("allen_cahn"), *PLATES, "positive.particles.per_volume=1"),
    ),
}
LAYERED = (  # stage 1 grows beside stage 2; no instability on the way
    "positive.particles.material=graphite_2param",
    "positive.particles.size={distribution: lognormal, mean: 1 um, std: 0.2 um}",
    "positive.particles.per_volume=1",
    "positive.initial_filling=0.4",
)
STABLE |= {
    "two layers": (SINGLE, (particle("homogeneous_two_layers", start_difference=0.7), *LAYERED)),
    "surface diffusion, wetted": (
        SINGLE,
        (
            particle("surface_diffusion", cell="3 nm"),
            *PLATES,
            "positive.particles.per_volume=1",
            "positive.particles.material={name: lfp, surface_wetting: 1e-30 J m, omega: 0.6e-20 J}",
        ),
    ),
    "size-dependent": (
        SINGLE,
        (
            particle("homogeneous_size_dependent"),
            PLATES[0],
            "positive.particles.size=15 nm",
            "positive.particles.per_volume=1",
        ),
    ),
}
COMPETING = {
    "two-layer cylinders film": (
        SINGLE,
        (particle("cahn_hilliard_two_layers", nodes=12, start_difference=0.3), *LAYERED, *FILM),
    ),
    "two-layer plates": (
        SINGLE,
        (
            particle("allen_cahn_two_layers", cell="100 nm", start_difference=0.3),
            *LAYERED,
            "positive.particles.size=1 um",
            PLATES[0],
        ),
    ),
    "homogeneous": (SINGLE, ()),
    "homogeneous film": (SINGLE, FILM),
    "porous lfp": (HALF_CELL, ("positive.volumes=3",)),
    "cahn_hilliard": (
        SINGLE,
        (
            particle("cahn_hilliard", shape="sphere", nodes=20),
            "positive.particles.size={distribution: lognormal, mean: 20 nm, std: 4 nm}",
            "positive.particles.material={name: lfp, diffusivity: 1e-15, omega: 1.2e-20 J}",
        ),
    ),
    "plates film": (
        SINGLE,
        (
            # one grid for all: idas takes ten times as long with five
            particle("allen_cahn", cell="3 nm", sharing=0.2),
            PLATES[0],
            "positive.particles.size={distribution: lognormal, mean: 30 nm, std: 5 nm}",
            "positive.particles.per_volume=3",
            *FILM,
        ),
    ),
}


def in_tolerances(states, reference, tolerance):
    return np.abs(states - reference) / (tolerance + tolerance * np.abs(reference))


@pytest.mark.parametrize("name", STABLE)
@pytest.mark.parametrize("tolerance", [1e-5, 1e-6])
def test_agrees_with_idas(name, tolerance, tmp_path):
    model = assembly(tmp_path, *STABLE[name])
    reference = oracle.integrate(model, (1, 0, 1), np.array(TIMES), rtol=1e-9, atol=1e-11)
    states, _, _ = states_at(model, TIMES, tolerance=tolerance)
    assert in_tolerances(states, reference, tolerance).max() < 5


@pytest.mark.parametrize("tolerance", [1e-5, 1e-6])
def test_agrees_with_idas_on_a_tabulated_diffusivity(tolerance, tmp_path):
    """What is integrated, and the circuit, to the tolerance that every other case is held to."""
    model = assembly(tmp_path, SINGLE, (*SMOOTH, SLAB, *FILM))
    reference = oracle.integrate(model, (1, 0, 1), np.array(TIMES), rtol=1e-9, atol=1e-11)
    states, _, system = states_at(model, TIMES, tolerance=tolerance)
    # The films' currents alone are left out: not integrated, but an algebraic outcome of the
    # surface and of the slope of the table there.  They err by 7.3 tolerances of 1e-6, all else by
    # 1.2; with POLYNOMIAL, which is smooth, they err by 3.6 and are judged as everything is.
    judged = system.differential.copy()
    judged[system.circuit_block] = True
    assert 0 < np.count_nonzero(~judged) < np.count_nonzero(judged)
    assert in_tolerances(states, reference, tolerance)[:, judged].max() < 5


@pytest.mark.parametrize("name", COMPETING)
def test_agrees_with_idas_where_particles_compete(name, tmp_path):
    model, tolerance = assembly(tmp_path, *COMPETING[name]), 1e-6
    exact = oracle.integrate(model, (1, 0, 1), np.array(TIMES), rtol=1e-9, atol=1e-11)
    same = oracle.integrate(model, (1, 0, 1), np.array(TIMES), rtol=tolerance, atol=tolerance)
    states, _, system = states_at(model, TIMES, tolerance=tolerance)
    ours = in_tolerances(states, exact, tolerance)
    theirs = in_tolerances(same, exact, tolerance)
    counted = np.ones(system.n, bool)
    for block in system.blocks:  # a film's rate is as stiff as its particle is unstable
        counted[block] = system.differential[block]
    assert ours[:, system.where["voltage"]].max() < 5
    assert ours[:, counted].max() < 5 * max(theirs[:, counted].max(), 1)


def test_error_is_proportional_to_the_tolerance(tmp_path):
    """Three decades of tolerance, three of error, within a factor of three."""
    overrides = (*SMOOTH, particle("diffusion", nodes=12), "positive.volumes=3")
    model = assembly(tmp_path, HALF_CELL, overrides)
    times = np.linspace(0.05, 0.5, 10)
    exact = oracle.integrate(model, (1, 0, 1), times, rtol=1e-9, atol=1e-11)
    tolerances = [1e-4, 1e-5, 1e-6, 1e-7]
    errors = []
    for tolerance in tolerances:
        states, _, system = states_at(model, times, tolerance=tolerance)
        errors.append(np.abs(states - exact)[:, system.differential].max())
    slope = np.polyfit(np.log(tolerances), np.log(errors), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.2)
    ratios = np.array(errors) / tolerances
    assert ratios.max() < 3 * ratios.min()


def test_voltage_hold_agrees(tmp_path):
    """The other control mode: the current after a step of the voltage."""
    model = assembly(tmp_path, HALF_CELL, (*SMOOTH, "positive.volumes=3"))
    control = (0.0, 1.0, 3.9 / model.scales.voltage)
    times = np.array([0.001, 0.01, 0.1])
    exact = oracle.integrate(model, control, times, rtol=1e-9, atol=1e-11)
    states, _, _ = states_at(model, times, control=control, tolerance=1e-7)
    assert in_tolerances(states, exact, 1e-7).max() < 5


def test_large_models_are_refused(tmp_path):
    model = assembly(tmp_path, overrides=("positive.particles.per_volume=2000",))
    with pytest.raises(ValueError, match="at most 1000"):
        oracle.integrate(model, (1, 0, 1), np.array([0.1]))
