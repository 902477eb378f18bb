"""Loss budget of full cells: it adds up, and each term is that of its electrode."""

import csv
from pathlib import Path

import numpy as np
import pytest

from electrode_model.__main__ import main
from electrode_model.analysis.losses import FULL_TERMS, losses
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from tests.runs import finished, protocol
from tests.test_full_cell import FULL

CONFIGS = Path(__file__).parent.parent / "configs"

#: As for half cells: interpolation in time leaves some 0.02 mV at the tolerance of 1e-6.
LIMIT = 5e-5  # V

CYCLE = protocol(
    "{current: 1 C, until: {time: 15 min}}",
    "{rest: 10 min}",
    "{current: -1 C, until: {time: 5 min}}",
)
FEW = [
    *(f"{electrode}.volumes=2" for electrode in ("negative", "positive")),
    *(f"{electrode}.particles.per_volume=2" for electrode in ("negative", "positive")),
    "solver.rtol=1e-6",
    "solver.atol=1e-6",
    CYCLE,
]
#: Every loss that a full cell can have, in both electrodes.
LOSSY = [
    "negative.conductivity=0.5 S/m",
    "positive.conductivity=1 S/m",
    "negative.particles.film_resistance=0.01 ohm m^2",
    "positive.particles.film_resistance=0.02 ohm m^2",
    "series_resistance=1e-3 ohm m^2",
    protocol(
        "{current: 1 C, until: {time: 10 min}}",
        "{rest: 5 min}",
        "{current: -1 C, until: {time: 10 min}}",
    ),
]
NUMBERS = "diffusivity: 3e-10, conductivity: 1, t_plus: 0.4, thermodynamic_factor: 1.5"
SULFATE = "z_plus: 1, nu_plus: 2, z_minus: -2, nu_minus: 1"  # Li2SO4
ELECTROLYTES = {
    "1:1": "{model: concentrated, properties: valoen_reimers}",
    "2:1": f"{{model: concentrated, {NUMBERS}, {SULFATE}}}",
    "dilute": "{model: dilute}",
    "solid": "{model: solid, diffusivity: 2e-11, t_plus: 0.7, interaction: 0.5}",
    "constant": "{model: constant}",
}


def adds_up(result: Result) -> None:
    budget = losses(result)
    assert list(budget.terms) == list(FULL_TERMS)
    for name, term in budget.terms.items():
        assert np.all(np.isfinite(term)), name
    assert np.abs(budget.remainder).max() < LIMIT
    np.testing.assert_allclose(
        np.sum(list(budget.terms.values()), axis=0), budget.ocv - budget.voltage, atol=LIMIT
    )
    assert budget.negative_filling is not None
    for filling, name in ((budget.filling, "Positive"), (budget.negative_filling, "Negative")):
        saved = np.interp(budget.time, result["Time [s]"], result[f"{name} filling fraction"])
        np.testing.assert_allclose(filling, saved, atol=1e-3)  # straight between saved rows
    # the reactions carry the current of the cell, to the error of interpolation in time
    assert np.abs(budget.imbalance).max() < 0.02


@pytest.mark.parametrize("name", ["nmc532_graphite", "lfp_graphite", "nmc_lto"])
def test_shipped_configurations_add_up(name):
    result = simulate(CONFIGS / f"{name}.yaml", overrides=FEW)
    assert result.status == "finished", result.message
    assert {report.index for report in result.steps} == {0, 1, 2}
    adds_up(result)


@pytest.mark.parametrize("electrolyte", ELECTROLYTES.values(), ids=ELECTROLYTES)
def test_every_electrolyte_adds_up(tmp_path, electrolyte):
    """The factor nu/(z+ nu+) of the diffusion potential and the activity of the salt are used."""
    chosen = [*LOSSY, f"electrolyte={electrolyte}", "electrolyte.concentration=1 mol/L"]
    result = finished(tmp_path, FULL, chosen)
    adds_up(result)
    found = losses(result, step=0)
    diffusion = [term for name, term in found.terms.items() if "electrolyte diff" in name]
    assert (np.sum(diffusion, axis=0)[-1] > 1e-4) == (electrolyte != "{model: constant}")


def test_a_salt_of_two_cations_at_the_foil_too(tmp_path):
    """Half a cell of separator lies between the foil and the first centre."""
    foil = "negative={model: lithium_foil, film_resistance: 1e-3 ohm m^2}"
    more = [one for one in LOSSY if not one.startswith("negative")]
    chosen = [*more, foil, f"electrolyte={ELECTROLYTES['2:1']}"]
    result = finished(tmp_path, FULL, ["voltage_window=[0, 6]", *chosen])
    assert np.abs(losses(result).remainder).max() < LIMIT


def test_mixed_materials_in_the_negative_add_up(tmp_path):
    one = "{model: homogeneous, per_volume: 2, size: 1 um, material: nmc111, volume_fraction: 0.5}"
    grid = "{name: diffusion, nodes: 8}"
    other = f"{{model: {grid}, size: 1 um, material: nmc532, volume_fraction: 0.5}}"
    own = [s for s in LOSSY if not s.startswith("negative.particles")]
    adds_up(finished(tmp_path, FULL, [f"negative.particles=[{one}, {other}]", *own]))


@pytest.fixture(scope="module")
def cell(tmp_path_factory) -> Result:
    """A full cell with every loss, in memory."""
    return finished(tmp_path_factory.mktemp("cell"), FULL, LOSSY)


def test_the_remainder_is_not_absorbed(cell):
    """A wrong voltage or potential shows: no term is the rest of the others."""
    data = {name: cell[name] for name in cell.names()}
    for name, change in (
        ("Voltage [V]", lambda v: v + 1e-3),
        ("Electrolyte potential [V]", lambda phi: phi + 1e-3 * np.arange(phi.shape[1])),
        ("Negative solid potential [V]", lambda phi: phi + 1e-3),
    ):
        wrong = Result(
            cell.layout, cell.config, cell.steps, cell.summary, {**data, name: change(data[name])}
        )
        assert np.abs(losses(wrong, step=0).remainder).max() > 5e-4, name


def test_both_directions_cost_power_in_both_electrodes(cell):
    for step, sign in ((0, 1), (2, -1)):
        budget = losses(cell, step=step)
        late = slice(budget.time.size // 2, None)
        for electrode in ("positive", "negative"):
            for name in ("kinetics", "film", "solid ohmic", "electrolyte ohmic"):
                term = budget.terms[f"{name}, {electrode}"][late]
                assert np.all(sign * term > 0), (name, electrode)


def test_a_symmetric_cell_loses_as_much_in_each_electrode(tmp_path):
    """Mirror images at the first moment: what one takes in the other gives."""
    alike = ["thickness=40 um", "porosity=0.4", "volumes=4", "initial_filling=0.5"]
    alike += ["conductivity=0.5 S/m"]
    one_size = "model: homogeneous, per_volume: 2, size: 1 um"
    alike += [f"particles={{{one_size}, material: nmc532, film_resistance: 0.01 ohm m^2}}"]
    both = [f"{electrode}.{one}" for electrode in ("negative", "positive") for one in alike]
    step = protocol("{current: 1 C, until: {time: 1 s}}")
    budget = losses(finished(tmp_path, FULL, [*both, step]))
    assert np.abs(budget.ocv[0]) < 1e-12
    for name in ("kinetics", "film", "solid ohmic", "electrolyte ohmic", "spread"):
        one, other = (budget.terms[f"{name}, {e}"][0] for e in ("positive", "negative"))
        # alpha = 1/2, the salt is still even: equal but for the solver's tolerance
        assert one == pytest.approx(other, rel=1e-4, abs=1e-9), name
    current = budget.current[0]
    # a uniform reaction on spheres: 3 x solid / radius of area, L/sigma (1/3 + 1/(12 n^2)); the
    # reaction is uneven by some 10 %
    area = 3 * 0.5 * 40e-6 / 1e-6
    assert budget.terms["film, negative"][0] == pytest.approx(0.01 * current / area, rel=0.02)
    solid = current * 40e-6 / 0.5 * (1 / 3 + 1 / 192)
    assert budget.terms["solid ohmic, negative"][0] == pytest.approx(solid, rel=0.1)


def test_the_negative_alone_has_no_budget(cell):
    with pytest.raises(ValueError, match="whole cell"):
        losses(cell.negative)


def test_command(tmp_path, capsys):
    folder = tmp_path / "run"
    simulate(CONFIGS / "nmc532_graphite.yaml", overrides=FEW, folder=folder)
    assert main(["losses", str(folder)]) == 0
    said = capsys.readouterr().out
    for word in ("kinetics, negative", "negative filling", "electrolyte ohmic, separator"):
        assert word in said
    assert (folder / "figures" / "losses.png").stat().st_size > 20_000
    with (folder / "figures" / "losses.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == Result.open(folder)["Field time [s]"].size
    for row in rows[:: len(rows) // 5]:
        parts = sum(float(row[f"{n[0].upper()}{n[1:]} [V]"]) for n in FULL_TERMS)
        total = float(row["Open-circuit voltage [V]"]) - float(row["Voltage [V]"])
        assert parts == pytest.approx(total, abs=LIMIT)
        assert 0 < float(row["Negative filling fraction"]) < 1
