"""Forward sensitivities against central differences of runs at tight tolerance."""

import numpy as np
import pytest

from electrode_model.simulation.sensitive import sensitive
from electrode_model.solver import system
from electrode_model.solver.differences import Interpolant
from tests.models import HALF_CELL, SINGLE, SMOOTH, configuration, particle

CELL = (
    *SMOOTH,
    "positive.volumes=3",
    particle("diffusion", nodes=8),
    "positive.particles.kinetics={law: butler_volmer, k0: 1 A/m^2,"
    " exchange_current: {form: park_sigmoid, steepness: 12, centre: 0.6}}",
    "nominal_capacity=15",
    "positive.particles.per_volume=3",
    "protocol=[{current: 15 A/m^2, until: {voltage: 3.6 V}}, {rest: 2 min},"
    " {current: -30 A/m^2, until: {voltage: 4.1 V}}, {voltage: 4.1 V, until: {current: 9 A/m^2}}]",
    "output={every: 20 s}",
)
#: An override with a number, its value, and the change for the differences.
PARAMETERS = {
    "k0": ("positive.particles.kinetics.k0={} A/m^2", 1.0, 1e-3),
    "diffusivity": ("positive.particles.material.diffusivity={} m^2/s", 1e-15, 1e-18),
    "size": ("positive.particles.size.mean={} m", 1e-6, 1e-9),
    "start": ("positive.initial_filling={}", 0.4, 4e-4),
    "thickness": ("positive.thickness={} m", 50e-6, 5e-8),
    "porosity": ("positive.porosity={}", 0.4, 4e-4),
    "film": ("positive.particles.film_resistance={} ohm m^2", 0.02, 2e-5),
    "series": ("series_resistance={} ohm m^2", 1e-3, 1e-5),
    "spread": ("positive.particles.size.std={} m", 0.2e-6, 2e-10),
    "bruggeman": ("positive.bruggeman={}", 1.5, 1e-3),
    "steepness": ("positive.particles.kinetics.exchange_current.steepness={}", 12.0, 1e-2),
    "centre": ("positive.particles.kinetics.exchange_current.centre={}", 0.6, 1e-4),
}
MIDDLE = [text.format(value) for text, value, _ in PARAMETERS.values()]
TIGHT = "solver={rtol: 1e-9, atol: 1e-9}"


def _of(tmp_path, name, change, *more):
    text, value, _ = PARAMETERS[name]
    changed = [*CELL, *MIDDLE, text.format(repr(value + change)), *more]
    return configuration(tmp_path, HALF_CELL, changed)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sensitive")
    pairs = []
    for name, (_, value, _) in PARAMETERS.items():
        step = 1e-7 * value
        pairs.append((_of(folder, name, step), step))
    return sensitive(configuration(folder, HALF_CELL, [*CELL, *MIDDLE]), pairs)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_kind_of_parameter(tmp_path, found, name):
    """Voltages at fixed times of each step, and when each step ends."""
    k, change = list(PARAMETERS).index(name), PARAMETERS[name][2]
    assert found.status == "finished", found.message
    above, below = (sensitive(_of(tmp_path, name, sign * change, TIGHT), []) for sign in (1, -1))
    ends = (above.ends - below.ends) / (2 * change)
    # at a tolerance of 1e-6 the slope of a steep voltage, by which ends move, errs by 1e-3 of it
    assert np.abs(found.d_ends[:, k] - ends).max() < 3e-3 * np.abs(ends).max()
    times = np.arange(20, 0.9 * min(above.ends[0], below.ends[0]), 20)
    high, low, own = (_at(run, times) for run in (above, below, found))
    slope = (high - low) / (2 * change)
    assert np.abs(own[:, 1 + k] - slope[:, 0]).max() < 1e-3 * np.abs(slope).max()


def test_compiled_sensitivities_are_those_of_numpy(tmp_path, found, monkeypatch):
    """Where nothing is compiled both are NumPy's."""
    monkeypatch.setattr(system, "core", lambda _: None)
    near = []
    for name, (_, value, _) in PARAMETERS.items():
        step = 1e-7 * value
        near.append((_of(tmp_path, name, step), step))
    plain = sensitive(configuration(tmp_path, HALF_CELL, [*CELL, *MIDDLE]), near)
    own, other = (run.d_voltage[run.step == 0] for run in (plain, found))
    assert own.shape == other.shape  # the same steps
    ratio = np.abs(own - other).max(axis=0) / np.abs(other).max(axis=0)
    ends = np.abs(plain.d_ends - found.d_ends).max(axis=0) / np.abs(found.d_ends).max(axis=0)
    # rounding of a residual over the step of 1e-7; the two are 1e-6 and 4e-7 apart
    assert ratio.max() < 5e-6
    assert ends.max() < 5e-6


def test_slope_of_the_polynomial_of_a_step():
    """t^3 - 2 t at the ends of four steps of 0.5, up to t = 2."""
    values = [[t**3 - 2 * t] for t in (2.0, 1.5, 1.0, 0.5)]
    differences = np.array([np.diff(values[: k + 1][::-1], n=k, axis=0)[0] for k in range(4)])
    done = Interpolant(1.5, 2.0, 3, 0.5, differences)
    for t in (1.5, 1.7, 2.0):
        assert done(t)[0] == pytest.approx(t**3 - 2 * t, rel=1e-12)
        assert done.course(0, t) == pytest.approx(3 * t**2 - 2, rel=1e-12)


def _at(run, times):
    """Voltage and its derivatives in the first step, at times that are saved."""
    rows = run.step == 0
    where = [np.abs(run.time[rows] - t).argmin() for t in times]
    assert np.abs(run.time[rows][where] - times).max() < 1e-6
    return np.column_stack([run.voltage[rows], run.d_voltage[rows]])[where]


def test_charge_at_a_fixed_time_is_the_currents(found):
    """A given current passes the same charge whatever the parameters."""
    first = found.step == 0
    assert np.abs(found.d_capacity[first]).max() == 0.0
    held = found.step == 3
    assert np.abs(found.d_capacity[held][-1]).max() > 0


def test_a_later_step_forgets_what_a_voltage_has_fixed(tmp_path, found):
    """After a discharge to a voltage the start of it hardly matters."""
    k = list(PARAMETERS).index("start")
    last = found.step == 2
    early = np.abs(found.d_voltage[found.step == 0][:, k]).max()
    assert np.abs(found.d_voltage[last][:, k]).max() < 0.01 * early


PHASES = {
    "k0": ("positive.particles.kinetics.k0={!r} A/m^2", 0.1),
    "omega": ("positive.particles.material.omega={!r} J", 1.856e-20),
    "kappa": ("positive.particles.material.gradient_energy={!r} J/m", 5.0148e-10),
    "coherency": ("positive.particles.material.coherency={!r} Pa", 1.916e8),
}


def _plate(tmp_path, name="k0", relative=0.0, *more):
    """One plate that separates, behind a contact: no competition, so derivatives mean something."""
    text, value = PHASES[name]
    plate = (
        particle("allen_cahn", cell="3 nm"),
        "positive.particles.material={name: lfp}",
        "positive.particles.thickness=20 nm",
        "positive.particles.per_volume=1",
        "positive.particles.size=30 nm",
        "nominal_capacity=12",
        "positive.connections={model: contacts, conductance: 1e-13 S}",
        "protocol=[{current: 12 A/m^2, until: {time: 20 min}}]",
        "output={every: 60 s}",
    )
    changed = [
        *plate,
        *[t.format(v) for t, v in PHASES.values()],
        text.format(value * (1 + relative)),
    ]
    return configuration(tmp_path, SINGLE, [*changed, *more])


@pytest.fixture(scope="module")
def plate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plate")
    pairs = [(_plate(folder, name, -1e-7), -1e-7) for name in PHASES]
    return sensitive(_plate(folder), pairs)


@pytest.mark.parametrize("name", PHASES)
def test_phases_and_connections(tmp_path, plate, name):
    k, change = list(PHASES).index(name), 1e-3
    high, low = (sensitive(_plate(tmp_path, name, s * change, TIGHT), []) for s in (1, -1))
    times = np.arange(60, 1200, 60)
    above, below, here = (_at(run, times) for run in (high, low, plate))
    slope = (above - below)[:, 0] / (2 * change)
    assert np.abs(here[:, 1 + k] - slope).max() < 1e-3 * np.abs(slope).max()


def test_noise_of_the_moment_is_in_the_derivatives(tmp_path):
    """Its rates grow with c (1 - c), so that its slope by the start is that of the moment."""
    noisy = (
        *SMOOTH,
        "positive.particles.noise={reaction: 2e-4 1/s, correlation_time: 100 s, seed: 3}",
        "positive.particles.per_volume=1",
        "nominal_capacity=15",
        "protocol=[{rest: 15 min}]",
        "output={every: 60 s}",
    )

    def of(c, *more):
        text = f"positive.initial_filling={c!r}"
        return configuration(tmp_path, SINGLE, [*noisy, text, *more])

    own = sensitive(of(0.4), [(of(0.4 + 1e-7), 1e-7)])
    high, low = sensitive(of(0.4004, TIGHT), []), sensitive(of(0.3996, TIGHT), [])
    times = np.arange(60, 900, 60)
    above, below, here = (_at(run, times) for run in (high, low, own))
    slope = (above - below)[:, 0] / 8e-4
    # differences over 8e-4 of a filling, and a tolerance of 1e-6
    assert np.abs(here[:, 1] - slope).max() < 3e-3 * np.abs(slope).max()


def test_other_units_are_refused(tmp_path):
    base = configuration(tmp_path, SINGLE, SMOOTH)
    thicker = configuration(tmp_path, SINGLE, [*SMOOTH, "positive.thickness=51 um"])
    with pytest.raises(ValueError, match="nominal_capacity"):
        sensitive(base, [(thicker, 1e-6)])
    more = configuration(tmp_path, SINGLE, [*SMOOTH, "positive.particles.per_volume=6"])
    with pytest.raises(ValueError, match="number of unknowns"):
        sensitive(base, [(more, 1.0)])


FULL = {
    "k0": ("positive.particles.kinetics.k0={!r} A/m^2", 0.16),
    "start": ("positive.initial_filling={!r}", 0.01),
    "thickness": ("positive.thickness={!r} m", 60e-6),
}


def test_full_particles_end_at_a_charge(tmp_path):
    """LiFePO4 at 2 V is full: the end is that of the charge, whatever k0 is.

    So is the end of the charge that follows, and in between nothing depends on the start.
    """

    def of(name="k0", relative=0.0):
        text, value = FULL[name]
        return configuration(
            tmp_path,
            SINGLE,
            [
                *[t.format(v) for t, v in FULL.values()],
                text.format(value * (1 + relative)),
                "nominal_capacity=15",
                "positive.particles.per_volume=2",
                "protocol=[{current: 15 A/m^2, until: {voltage: 2 V}}, {rest: 1 min},"
                " {current: -15 A/m^2, until: {voltage: 3.9 V}}]",
            ],
        )

    found = sensitive(of(), [(of(name, 1e-7), 1e-7) for name in FULL])
    assert found.status == "finished", found.message
    assert found.reasons[0] == "voltage 2 V, particles full"
    assert np.isfinite(found.d_voltage).all()
    first, last = found.ends[0], found.ends[2]
    # per relative change; the edge is a millionth of the filling, and so is the tolerance
    assert found.d_ends[0] == pytest.approx([0, -first * 0.01 / 0.99, first], abs=1e-4 * first)
    assert found.d_ends[2] == pytest.approx([0, 0, last], abs=1e-4 * last)
    assert found.voltage[found.step == 0][-1] == 2.0
    rows = (found.step == 2) & ~found.edge
    assert np.abs(found.d_voltage[rows, 1]).max() < 1e-4 * np.abs(found.d_voltage[rows, 0]).max()
