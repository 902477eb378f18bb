"""A porous negative electrode is the same circuit: two electrodes from the same parts.

Put together by hand, as a configuration has no words for it yet.
"""

from dataclasses import replace

import numpy as np
import pytest

from electrode_model.assemble import Assembly
from electrode_model.cell import Porous, Region, circuit
from electrode_model.electrolytes.concentrated import build
from electrode_model.solver import oracle
from tests.models import HALF_CELL, SMOOTH, assembly, states_at

CELLS = 3
REGION = Region(50e-6, CELLS, 0.4, 0.4**1.5)
SEPARATOR = Region(25e-6, 3, 0.5, 0.5**1.5)


def symmetric(folder, conductivity, transport, capacity=1.0) -> Assembly:
    """NMC532 | electrolyte | NMC532, both at a filling of 0.4, three volumes each."""
    half = assembly(folder, HALF_CELL, (*SMOOTH, f"positive.volumes={CELLS}"))
    (group,) = half.groups
    both = replace(
        group,
        volume=np.concatenate([group.volume, group.volume + CELLS]),
        index=np.concatenate([group.index, group.index + group.index.size]),
        start=np.hstack([group.start, group.start]),
        share=np.tile(group.share, 2),
        q=np.tile(group.q, (1, 2)),
    )
    negative = Porous(REGION, conductivity, capacity)
    positive = Porous(REGION, conductivity)
    two = circuit(half.scales, negative, SEPARATOR, positive, transport, 1000.0, 0.0)
    guess = {"phi_e": -half.guess["voltage"]}
    return replace(half, groups=(both,), circuit=two, guess=guess)


@pytest.mark.parametrize("transport", [None, build()], ids=["constant", "concentrated"])
@pytest.mark.parametrize("conductivity", [None, 0.05])
def test_agrees_with_idas_and_loses_nothing(tmp_path, conductivity, transport):
    model, times = symmetric(tmp_path, conductivity, transport), np.array([0.02, 0.1, 0.2])
    exact = oracle.integrate(model, (1, 0, 1), times, rtol=1e-9, atol=1e-11)
    states, _, system = states_at(model, times)
    assert (np.abs(states - exact) / (1e-6 + 1e-6 * np.abs(exact))).max() < 5
    share = model.groups[0].share
    for t, state in zip(times, states, strict=True):
        filling = state[system.blocks[0]]
        negative, positive = (
            (filling * share)[model.groups[0].volume // CELLS == k].sum() / CELLS for k in (0, 1)
        )
        assert positive == pytest.approx(0.4 + t, abs=1e-12)
        assert negative == pytest.approx(0.4 - t, abs=1e-12)


def test_a_larger_negative_moves_less(tmp_path):
    model = symmetric(tmp_path, None, build(), capacity=2.0)
    (state,), _, system = states_at(model, [0.2])
    filling = state[system.blocks[0]] * model.groups[0].share
    negative = filling[model.groups[0].volume < CELLS].sum() / CELLS
    assert negative == pytest.approx(0.4 - 0.2 / 2, abs=1e-12)


def test_no_current_no_voltage(tmp_path):
    """Symmetric and at rest: 0 V to rounding."""
    model = symmetric(tmp_path, 0.05, build())
    (state,), _, system = states_at(model, [0.1], control=(1.0, 0.0, 0.0))
    assert state[system.where["voltage"]][0] == pytest.approx(0.0, abs=1e-9)
