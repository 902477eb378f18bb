"""Fickian particles against Crank's series for a constant surface flux.

J. Crank, The Mathematics of Diffusion, 2nd ed.: slab Eq. 4.55, cylinder Eq. 5.45, sphere
Eq. 6.45.  A constant exchange current and a single particle make the surface flux the cell
current, whatever the overpotential.
"""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import j0, j1, jn_zeros

from tests.models import assembly, particle, states_at

TIME = 0.02  # h; D t/R^2 = 0.072: the profile is neither thin nor settled
D, R, C_RATE = 1e-15, 1e-6, 2.0


def series(shape, r, tau):
    """(c - c0) / (F R / D) for a unit inward flux F, at r/R and tau = D t / R^2."""
    if shape == "slab":
        n = np.arange(1, 200)[:, None]
        terms = (-1.0) ** n / n**2 * np.exp(-(n**2) * np.pi**2 * tau) * np.cos(n * np.pi * r)
        return tau + (3 * r**2 - 1) / 6 - 2 / np.pi**2 * terms.sum(axis=0)
    if shape == "cylinder":
        a = jn_zeros(1, 200)[:, None]
        terms = np.exp(-(a**2) * tau) / a**2 * j0(a * r) / j0(a)
        return 2 * tau + r**2 / 2 - 0.25 - 2 * terms.sum(axis=0)
    roots = [
        brentq(lambda x: np.tan(x) - x, k * np.pi + 1e-9, (k + 0.5) * np.pi - 1e-9, xtol=1e-14)
        for k in range(1, 200)
    ]
    a = np.array(roots)[:, None]
    inner = np.where(r > 0, np.sin(a * r) / np.where(r > 0, r, 1), a)
    terms = inner / (a**2 * np.sin(a)) * np.exp(-(a**2) * tau)
    return 3 * tau + r**2 / 2 - 0.3 - 2 * terms.sum(axis=0)


@pytest.mark.parametrize("shape", ["slab", "cylinder", "sphere"])
def test_series_to_second_order(shape, tmp_path):
    """Maximum over the whole profile, surface included; order 2 within 0.1."""
    dimension = {"slab": 1, "cylinder": 2, "sphere": 3}[shape]
    flux = C_RATE / 3600 * R / dimension  # m/s of filling: dc_bar/dt = dimension flux / R
    errors, counts = [], [11, 21, 41, 81]
    for nodes in counts:
        model = assembly(
            tmp_path,
            overrides=(
                particle("diffusion", shape=shape, nodes=nodes),
                "positive.particles.per_volume=1",
                f"positive.particles.size={R}",
                f"positive.particles.material={{name: lfp, omega: 0, diffusivity: {D}}}",
                "positive.particles.kinetics={law: butler_volmer, k0: 1, "
                "exchange_current: constant}",
                "positive.initial_filling=0.3",
            ),
        )
        states, _, system = states_at(model, [TIME], control=(1, 0, C_RATE), tolerance=1e-9)
        c = states[0][system.blocks[0]]
        positions = model.groups[0].kernel.positions
        exact = 0.3 + flux * R / D * series(shape, positions, D * TIME * 3600 / R**2)
        errors.append(np.abs(c - exact).max())
    order = -np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert order == pytest.approx(2.0, abs=0.1)


def test_bessel_terms_are_those_of_a_cylinder():
    """The series above satisfies its boundary condition: a check of the check."""
    r = np.array([1 - 1e-6, 1.0])
    a = jn_zeros(1, 50)
    assert np.abs(j1(a)).max() < 1e-12
    for shape in ("slab", "cylinder", "sphere"):
        low, high = series(shape, r, 0.1)
        assert (high - low) / 1e-6 == pytest.approx(1.0, abs=1e-4)
