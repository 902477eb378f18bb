"""Linear stability under current: closed form, finite differences, every material and
configuration, the command.  Published numbers are in test_rows_stability.py.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from electrode_model.__main__ import main
from electrode_model.analysis import amplification as paths
from electrode_model.analysis import stability
from electrode_model.config import components
from electrode_model.config.load import load
from electrode_model.symbolic import tanh
from tests.models import SINGLE, configuration
from tests.test_rows_stability import CONFIGS, nmc532
from validation.lim2016.expected import FORMS, lim


def test_strain_is_a_smaller_omega():
    """s of Omega, B equals s of Omega - B/2, 0 where j0 does not know the excess."""
    strained = lim("S16")
    kinetics = {"k0": 1, "exchange_current": "skewed"}
    softer = stability.of_material("lfp", kinetics, omega="2.625 kT")
    c = np.linspace(0.01, 0.99, 50)
    np.testing.assert_allclose(
        stability.growth_rate(strained, -2.0, c),
        stability.growth_rate(softer, -2.0, c),
        rtol=1e-9,
        atol=1e-9,
    )


@pytest.mark.parametrize("form", FORMS)
def test_growth_rate_is_that_of_the_paper(form):
    """Eq. S12 with a gradient: S15 alone has it in the transition state too."""
    reaction = replace(lim(form), gradient=2e-18)
    c, k = np.linspace(0.01, 0.99, 99), 5e8
    bend = 2e-18 * k**2
    value, slope = {
        "S15": (1.2 * np.sqrt(c * (1 - c)) * np.exp(2.245 * (1 - 2 * c)), -4.49),
        "S16": (3 * (1 - c) * np.sqrt(c * (1 - c)), -1 / (1 - c)),
        "S17": (2 * np.sqrt(c * (1 - c)), 0.0),
        "S18": (0.5 + 0 * c, -(1 - 2 * c) / (2 * c * (1 - c))),
    }[form]
    slope = slope + (1 - 2 * c) / (2 * c * (1 - c))  # F'/F
    stiff = -2 * 4.49 + 1 / (c * (1 - c)) + 3.73 + bend
    in_activity = bend / 2 if form == "S15" else 0.0
    for j in (-3.0, -0.2, 0.0, 0.7, 20.0):
        expected = -stiff * np.sqrt(value**2 + j**2 / 4) + (slope + in_activity) * j
        found = stability.growth_rate(reaction, j, c, wavenumber=k)
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)


def kinetics_of(law: str, form: str) -> dict:
    needed = components.LAWS.parameters(law)
    own = {"reorganisation": "8.3 kT"} if "reorganisation" in needed else {}
    form_of_it = {"exchange_current": form} if components.takes_exchange(law) else {}
    return {"law": law, "k0": 1.0, **form_of_it, **own}


@pytest.mark.parametrize("film", [0.0, 1.5])
@pytest.mark.parametrize("law", components.LAWS.names())
@pytest.mark.parametrize("material", components.material_names())
def test_growth_is_the_difference_of_two_particles(material, law, film):
    """Central differences of the laws themselves, dphi of the second particle unchanged; with a
    film the two carry different currents through it.  1e-5: a step of 1e-6 in the filling."""
    form = "skewed" if material == "lfp" else "park_sigmoid"
    reaction = replace(stability.of_material(material, kinetics_of(law, form)), film=film)
    laws = reaction.chemistry
    low, high = (np.clip(edge, 0.05, 0.95) for edge in reaction.fillings)
    rate = 0.05 * reaction.exchange

    def current(dphi: float, c: float) -> float:
        return float(laws.rate(dphi, c, reaction.c_e, laws.potential(c)))

    def behind_film(outside: float, c: float) -> float:
        rest = float(reaction.equilibrium(np.array(c)))

        def gap(j: float) -> float:
            return current(outside + film * j, c) - j

        width = 1.0
        here = current(rest, c)
        while gap(here - width) * gap(here + width) > 0:
            width *= 2
        return brentq(gap, here - width, here + width, xtol=1e-15, rtol=1e-14)

    for c in np.linspace(low + 0.01, high - 0.01, 4):
        for sign in (1, -1):
            state = reaction.solve(np.array(sign * rate), np.array(c))
            dphi = float(state.dphi)
            if np.isnan(dphi):  # the law has a limiting current
                continue
            assert current(dphi, c) == pytest.approx(sign * rate, rel=1e-9)
            outside = dphi - film * sign * rate
            step = 1e-6
            slope = (behind_film(outside, c + step) - behind_film(outside, c - step)) / (2 * step)
            assert float(state.growth) == pytest.approx(slope, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("name", sorted(path.name for path in CONFIGS.glob("*.yaml")))
def test_every_configuration_and_population(name):
    config = load(CONFIGS / name)
    for k in range(len(config.positive.particles)):
        reaction = stability.of_config(config, k)
        assert 0 < reaction.rate_constant < np.inf
        low, high = np.clip(reaction.fillings, 0.02, 0.98)
        c = np.linspace(low, high, 60)[1:-1]
        rates = 1e-4 * reaction.exchange * reaction.rate_constant * np.array([[-1.0], [1.0]])
        assert np.isfinite(stability.growth_rate(reaction, rates, c)).all()
        spinodal = stability.spinodal(reaction)
        rising = np.gradient(reaction.equilibrium(c), c) > 0  # voltage rises: unstable
        inside = np.array([any(a < x < b for a, b in spinodal) for x in c])
        assert (rising != inside).sum() <= 2  # beside the spinodal, where differences are coarse


def test_mean_particle_of_an_ensemble():
    """k = j0(.5) is 100 per hour, averaged over volume, and ln-sigma 0.2 (the configuration)."""
    reaction = nmc532()
    assert reaction.rate_constant / (1 + np.exp(-2.5)) == pytest.approx(100, rel=1e-3)
    assert reaction.spread == pytest.approx(0.2, rel=0.01)  # quantiles leave the largest out


def test_forced_spread_is_the_solution_of_its_equation():
    """Against an adaptive integrator."""
    reaction = nmc532()

    u = np.linspace(0, 0.49, 4001)
    s = stability.growth_rate(reaction, -0.5, 0.99 - u) / 0.5
    exact = solve_ivp(
        lambda x, delta: np.interp(x, u, s) * delta + 0.2,
        (0, 0.49),
        [0.0],
        rtol=1e-7,
        atol=1e-10,
        dense_output=True,
    )
    path = paths.forced_spread(reaction, -0.5, 0.99, 0.5, spread=0.2)
    expected = exact.sol(0.99 - path.filling)[0]
    assert np.abs(path.value - expected).max() < 1e-4 * expected.max()


def test_strain_and_plates_of_a_configuration(tmp_path):
    """B/(rho_s kT) = 3.38 of LFP inside a particle; plates react alike whatever their length."""
    plates = [
        "positive.particles.model=allen_cahn",
        "positive.particles.thickness=20 nm",
        "positive.particles.size={distribution: lognormal, mean: 60 nm, std: 12 nm}",
    ]
    config = configuration(tmp_path, SINGLE, plates)
    assert stability.of_config(config, strain=True).strain == pytest.approx(3.38, abs=0.01)
    numbered = stability.of_config(config, strain=3.73, strain_in_activity=False)
    assert (numbered.strain, numbered.strain_in_activity) == (3.73, False)
    reaction = stability.of_config(config)
    assert reaction.strain == 0.0
    assert reaction.spread == pytest.approx(0.0, abs=1e-12)
    k0 = 0.16 / (1.602176634e-19 * 1.3793e28) * 3600 * 2 / 20e-9
    assert reaction.rate_constant == pytest.approx(k0, rel=1e-12)


def test_a_rate_that_a_law_cannot_carry_is_nan():
    """A law that saturates: 1 - exp(eta) beyond 1 in lithiation."""
    reaction = lim("S18")
    saturating = replace(
        reaction,
        chemistry=replace(
            reaction.chemistry,
            rate=lambda dphi, c, c_e, mu: -2 * tanh((dphi - reaction.standard + mu.total(c)) / 2),
        ),
    )
    s = stability.growth_rate(saturating, np.array([0.5, 3.0]), np.array([0.3, 0.3]))
    assert np.isfinite(s[0])
    assert np.isnan(s[1])
    gain = paths.largest_amplification(saturating, 3.0)
    assert np.isnan(gain.logarithm)
    # constant j0: the spinodal is unstable at any rate that the law can carry, and that end is
    # no turn of the neutral curve
    assert stability.unstable_fillings(saturating, 1.0 * saturating.rate_constant)
    assert stability.critical_rates(saturating, "discharge") == []


@pytest.mark.parametrize(
    ("rate", "start", "end", "word"),
    [(1, 0.5, 0.2, "above"), (-1, 0.2, 0.5, "below"), (1, 0, 0.5, "start"), (1, 0.5, 1, "end")],
)
def test_a_path_that_leads_nowhere_is_refused(rate, start, end, word):
    with pytest.raises(ValueError, match=word):
        paths.amplification(lim("S16"), rate, start, end)


def test_command_prints_and_draws(tmp_path, capsys):
    figure = tmp_path / "map.png"
    arguments = ["stability", str(CONFIGS / "nmc532_ensemble.yaml"), "-o", str(figure)]
    assert main([*arguments, "--rates", "4", "--set", "positive.particles.per_volume=10"]) == 0
    said = capsys.readouterr().out
    assert "0.720-0.948" in said
    assert "in discharge: never" in said
    assert figure.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["-o", "map.txt"], ".png"),
        (["--population", "3"], "only 0"),
        (["--rates", "-1"], "above zero"),
        (["--between", "0.9", "0.1"], "ascending"),
        (["-o", "/nowhere/at/all.png"], "cannot be written"),
    ],
)
def test_command_refuses(arguments, word, capsys):
    config = str(CONFIGS / "lfp_ensemble.yaml")
    assert main(["stability", config, *arguments]) == 2
    assert word in capsys.readouterr().err
