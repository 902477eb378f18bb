"""Every particle model that the package finds: equilibrium, sign, stability, balances, order, idas.

A new model enters by its file alone; :mod:`tests.discovered` says how its keys are found.
"""

import casadi as ca
import numpy as np
import pytest
from scipy.optimize import brentq

from electrode_model import particles
from electrode_model.analysis.balance import balance
from electrode_model.config.components import PARTICLES
from electrode_model.constants import AVOGADRO, BOLTZMANN
from electrode_model.solver import oracle
from electrode_model.solver.start import Statistics, consistent
from electrode_model.solver.system import System
from tests.discovered import CASES, MODELS, cases_of, finer, keys_of
from tests.models import HALF_CELL, SINGLE, assembly, states_at
from tests.runs import finished, protocol

every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_model = pytest.mark.parametrize("case", MODELS, ids=str)
#: Every choice of every model with a bare surface, and every model behind a film [ohm m^2].
BARE_OR_NOT = [(case, 0.0) for case in CASES] + [(case, 0.05) for case in MODELS]
bare_or_not = pytest.mark.parametrize(("case", "film"), BARE_OR_NOT, ids=str)
GAS = BOLTZMANN * AVOGADRO  # J/(mol K)
ALONE = "positive.particles.per_volume=1"
ETA = np.array([-3.0, -1.0, -0.2, 0.2, 1.0, 3.0])  # kT


class Lone:
    """The equations of one particle of a solid solution, with the film's unknowns solved for."""

    def __init__(self, folder, case, film=0.0, filling=0.5):
        settled = case.solution(wetting_filling=filling)  # an even filling is at rest
        overrides = (
            *case.overrides(spread=0, **dict.fromkeys(case.energies, 0.0)),
            settled,
            ALONE,
            f"positive.particles.film_resistance={film}",
            f"positive.initial_filling={filling}",
        )
        model = assembly(folder, SINGLE, overrides)
        (self.group,) = model.groups
        kernel = self.kernel = self.group.kernel
        self.rest = model.guess["voltage"]  # kT/e, of its chemical potential
        self.q = self.group.q[:, 0]
        self.moving = kernel.mass == 1
        symbols = [kernel.x, kernel.c_bar, kernel.c_e, kernel.dphi, kernel.q]
        slopes = [ca.jacobian(kernel.rate, kernel.x), ca.jacobian(kernel.rate, kernel.c_bar)]
        self._f = ca.Function("f", symbols, [kernel.rate, *map(ca.densify, slopes)])

    @property
    def closed(self):
        """Its numbers without reaction."""
        reacts = [name.startswith("reaction") for name in self.kernel.names]
        return np.where(reacts, 0.0, self.q)

    def even(self, filling):
        return np.where(self.moving, filling, 0.0)

    def _call(self, x, dphi, q):
        out = self._f(x, self.kernel.weights @ x, 1.0, dphi, q)
        return [np.array(part) for part in out]

    def rates(self, x, dphi, q=None):
        """dc/dt (n,) at ``dphi`` above the standard place, once the film has its current."""
        q, x, held = self.q if q is None else q, x.copy(), ~self.moving
        for _ in range(50 * bool(held.any())):
            f, slope, _ = self._call(x, dphi, q)
            step = np.linalg.solve(slope[np.ix_(held, held)], -f[held, 0])
            x[held] += step
            if np.abs(step).max() < 1e-14 * (1 + np.abs(x[held]).max()):
                break
        return self._call(x, dphi, q)[0][:, 0][self.moving]

    def jacobian(self, filling, q=None):
        """d(dc/dt)/dc (m, m) at an even filling and rest, c_bar and film included."""
        _, by_x, by_mean = self._call(self.even(filling), self.rest, self.q if q is None else q)
        whole = by_x + by_mean @ self.kernel.weights[None, :]
        m, h = self.moving, ~self.moving
        return whole[np.ix_(m, m)] - whole[np.ix_(m, h)] @ np.linalg.solve(
            whole[np.ix_(h, h)], whole[np.ix_(h, m)]
        )

    def mean(self, rates):
        return float(self.kernel.weights[self.moving] @ rates)


def test_a_model_that_hides_its_needs_is_told_so(tmp_path, monkeypatch):
    """The message names the model, the key and where to write it."""
    text = (
        "from typing import Annotated\nfrom electrode_model.quantities import Spec\n"
        "def build(particles, chemistry, *, depth: Annotated[float, Spec('m', 'of the pit')]):\n"
        "    return []\n"
    )
    (tmp_path / "pitted.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(particles, "__path__", [*particles.__path__, str(tmp_path)])
    assert "pitted" in PARTICLES.names()
    with pytest.raises(AssertionError, match="pitted: depth without a default, and EXAMPLE"):
        keys_of(PARTICLES, "pitted")
    (tmp_path / "shown.py").write_text(text + "EXAMPLE = {'model': {'depth': 1e-9}}\n", "utf-8")
    (case,) = cases_of("shown")
    assert '"depth": 1e-09' in case.overrides()[0]


@every_case
def test_shares_and_weights_are_of_one_whole(case, tmp_path):
    kernel = Lone(tmp_path, case).kernel
    assert kernel.weights.sum() == pytest.approx(1, abs=1e-14)
    assert np.all(kernel.weights[kernel.filling] > 0)
    assert np.array_equal(np.flatnonzero(kernel.mass), np.sort(kernel.filling))
    assert kernel.surface.sum() == pytest.approx(1, abs=1e-14)
    assert kernel.surface.min() >= 0
    if kernel.positions.size:
        assert 0 <= kernel.positions.min() <= kernel.positions.max() <= 1


@bare_or_not
def test_nothing_moves_at_equilibrium(case, film, tmp_path):
    """1e-10 of the rates at 1 kT, at the potential of half filling, where that of a solution does
    not depend on its parameters; at another filling there is one such potential too."""
    lone = Lone(tmp_path, case, film)
    scale = np.abs(lone.rates(lone.even(0.5), lone.rest - 1)).max()
    assert scale > 0
    assert np.abs(lone.rates(lone.even(0.5), lone.rest)).max() < 1e-10 * scale
    other = Lone(tmp_path, case, film, filling=0.3)
    x = other.even(0.3)
    ends = lone.rest - 30, lone.rest + 30
    dphi = brentq(lambda u: other.mean(other.rates(x, u)), *ends, xtol=1e-14, rtol=1e-15)
    assert np.abs(other.rates(x, dphi)).max() < 1e-10 * scale
    assert dphi > lone.rest  # a solution's potential falls as it fills


@bare_or_not
def test_a_lower_potential_fills_and_a_higher_one_empties(case, film, tmp_path):
    lone = Lone(tmp_path, case, film)
    x = lone.even(0.5)
    means = np.array([lone.mean(lone.rates(x, lone.rest + eta)) for eta in ETA])
    assert np.all(np.diff(means) < 0)
    assert means[2] > 0 > means[3]
    if film:
        bare = Lone(tmp_path, case)
        x = bare.even(0.5)
        free = np.array([bare.mean(bare.rates(x, bare.rest + eta)) for eta in ETA])
        assert np.all(np.abs(means) < np.abs(free))


@bare_or_not
def test_a_solid_solution_is_stable(case, film, tmp_path):
    """Modes of a particle at rest decay, all of them with the reaction; inside, none grows and
    their sum is kept.  1e-9 of the fastest: rounding."""
    lone = Lone(tmp_path, case, film, filling=0.3)
    closed, open_ = lone.jacobian(0.3, lone.closed), lone.jacobian(0.3)
    modes = np.linalg.eigvals(open_).real
    assert modes.max() < 0
    fastest = -modes.min()
    assert np.linalg.eigvals(closed).real.max() < 1e-9 * fastest
    weights = lone.kernel.weights[lone.moving]
    assert np.abs(weights @ closed).max() < 1e-12 * fastest


@every_case
def test_lithium_only_enters_by_the_reaction(case, tmp_path):
    """Any fillings: the mean keeps still without reaction, and follows it to rounding."""
    lone = Lone(tmp_path, case)
    x = np.where(lone.moving, np.random.default_rng(0).uniform(0.2, 0.8, lone.moving.size), 0)
    inside = lone.rates(x, lone.rest - 2, lone.closed)
    with_reaction = lone.rates(x, lone.rest - 2)
    scale = np.abs(inside).max() + np.abs(with_reaction).max()
    assert abs(lone.mean(inside)) < 1e-13 * scale
    twice = lone.rates(x, lone.rest - 2, lone.q + (lone.q - lone.closed))
    np.testing.assert_allclose(twice - with_reaction, with_reaction - inside, atol=1e-12 * scale)


@bare_or_not
def test_vectorised_equations_are_those_of_casadi(case, film, tmp_path):
    overrides = (
        *case.overrides(),
        f"positive.particles.film_resistance={film}",
        "positive.initial_filling=0.4",
    )
    system = System(assembly(tmp_path, HALF_CELL, overrides))
    system.control[:] = (1.0, 0.0, 1.0)
    assert consistent(system, Statistics()) is None
    rng = np.random.default_rng(0)
    system.y += 1e-2 * rng.uniform(-1, 1, size=system.n)
    system.slope[:] = rng.normal(size=system.n)
    residual = system.evaluate().copy()
    y = system.y
    c_e, dphi = (
        y[system.where["c_e"]][-1],
        y[system.where["voltage"]] - y[system.where["phi_e"]][-1],
    )
    for block, solver in zip(system.blocks, system.groups, strict=True):
        group = solver.group
        kernel = group.kernel
        symbols = [kernel.x, kernel.c_bar, kernel.c_e, kernel.dphi, kernel.q]
        f = ca.Function("f", symbols, [kernel.rate])
        count = group.index.size
        x, slope = (a[block].reshape(-1, count) for a in (y, system.slope))
        q = np.broadcast_to(group.q, (group.q.shape[0], count))
        rate = f(x, (kernel.weights @ x)[None, :], c_e, dphi, q).full()
        expected = kernel.mass[:, None] * slope - rate
        np.testing.assert_allclose(
            residual[block].reshape(-1, count),
            expected,
            rtol=1e-11,
            atol=1e-12 * np.abs(rate).max(),
        )


@bare_or_not
def test_lithium_charge_and_salt_are_conserved(case, film, tmp_path):
    """Faraday's law at every saved time of rest, charge and discharge in a porous half cell."""
    result = finished(
        tmp_path,
        HALF_CELL,
        [
            *case.overrides(),
            case.solution(),
            "positive.volumes=2",
            "positive.particles.per_volume=2",
            "positive.initial_filling=0.3",
            f"positive.particles.film_resistance={film / 50}",
            "voltage_window=[-1, 6]",
            protocol(
                "{rest: 10 s}",
                "{current: 2 C, until: {time: 3 min}}",
                "{current: -1 C, until: {time: 3 min}}",
            ),
        ],
    )
    audit = balance(result)
    assert audit.lithium.size == result["Time [s]"].size > 20
    assert audit.worst < 1e-10
    filling, step = result["Positive filling fraction"], result["Step"]
    ends = [filling[step == k][-1] for k in range(3)]
    assert ends == pytest.approx([0.3, 0.4, 0.35], abs=1e-9)
    voltage = result["Voltage [V]"]
    rest = voltage[step == 0][-1]
    assert voltage[step == 1][0] < rest
    assert voltage[step == 2][0] > voltage[step == 1][-1]
    assert np.ptp(result["Electrolyte concentration [mol.m-3]"][-1]) > 0.1


#: Every shape: other choices do not touch the grid.
RESOLVED = [c for c in CASES if (c.grid or c.widths) and set(c.keys) <= {"shape"}]
TIMES = (0.02, 0.05, 0.1)  # h
STEADY = (1.0, 0.0, 2.0)  # 2C


def run_of(folder, case, times, tolerance, *more):
    """States of two particles of a solid solution that fill at 2C."""
    overrides = (*case.overrides(), case.solution(wetting_filling=0.4), case.pace(), *more)
    model = assembly(folder, SINGLE, overrides)
    return model, *states_at(model, times, control=STEADY, tolerance=tolerance)[::2]


@pytest.mark.parametrize("case", RESOLVED, ids=str)
def test_second_order_in_the_grid(case, tmp_path):
    """Moments of the filling on grids of 20, 40 and 80 cells, or of 6, 12 and 24 both ways."""
    profile = "{profile: core_shell, core: 0.3, shell: 0.4, width: 0.3}"
    start = f"positive.particles.initial_filling={profile}"
    found = []
    for times in (2, 4, 8) if len(case.grid) < 2 else (1, 2, 4):
        model, states, system = run_of(tmp_path, finer(case, times), TIMES, 1e-8, ALONE, start)
        (group,) = model.groups
        kernel = group.kernel
        c, waves = states[:, system.blocks[0]][:, kernel.filling], np.arange(1, 4) * np.pi
        weights = kernel.weights[kernel.filling]
        moments = np.cos(np.multiply.outer(kernel.positions, waves)) * weights[:, None]
        found.append(np.column_stack([c @ moments, c**2 @ weights]))
    coarse, middle, fine = found
    order = np.log2(np.linalg.norm(coarse - middle) / np.linalg.norm(middle - fine))
    assert order == pytest.approx(2.0, abs=0.2)


@every_model
def test_agrees_with_idas(case, tmp_path):
    """A population behind a film at 2C; five tolerances."""
    more = ("positive.particles.per_volume=2", "positive.particles.film_resistance=0.05")
    model, states, _ = run_of(tmp_path, case, TIMES, 1e-6, *more)
    exact = oracle.integrate(model, STEADY, np.array(TIMES), rtol=1e-9, atol=1e-11)
    assert (np.abs(states - exact) / (1e-6 + 1e-6 * np.abs(exact))).max() < 5


@every_case
def test_temperature_enters_by_arrhenius(case, tmp_path):
    """Rate constants and diffusivities of a particle, each with its activation energy."""

    def numbers(*more):
        kinetics = "positive.particles.kinetics={k0: 1 A/m^2, activation_energy: 50 kJ/mol}"
        settled = case.solution(diffusivity_activation=30e3, reference_temperature=298.15)
        overrides = (*case.overrides(), settled, kinetics, ALONE, *more)
        (group,) = assembly(tmp_path, SINGLE, overrides).groups
        return dict(zip(group.kernel.names, group.q[:, 0], strict=True))

    cold, hot = numbers(), numbers("temperature=323.15")
    span = (1 / 298.15 - 1 / 323.15) / GAS
    expected = {"reaction": np.exp(50e3 * span), "diffusion": np.exp(30e3 * span)}
    for name, value in cold.items():
        factor = expected.get(name.split("_")[0])
        if factor is not None:
            assert hot[name] == pytest.approx(factor * value, rel=1e-12), name
    assert any(name.startswith("reaction") for name in cold)
