"""From a configuration in SI to the dimensionless model: particles in groups and a circuit."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from electrode_model.cell import Circuit, Foil, Porous, Region, circuit, frozen, single_volume
from electrode_model.config.components import ELECTROLYTES
from electrode_model.config.model import Counter
from electrode_model.electrode import (
    Binding,
    Drawn,
    Group,
    chemistry,
    draw,
    groups_of,
    layout_of,
    mean_filling,
)
from electrode_model.electrolyte import Transport
from electrode_model.heat import Balance
from electrode_model.network import Connections, connections_of
from electrode_model.results.records import Layout
from electrode_model.scales import CONSTANTS, Scales
from electrode_model.starts import started

if TYPE_CHECKING:
    from electrode_model.config.model import Config

__all__ = ["Assembly", "Binding", "Group", "assemble", "chemistry", "isolated"]

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Assembly:
    """The whole model, dimensionless, with what is needed to read it in SI."""

    groups: tuple[Group, ...]
    circuit: Circuit
    scales: Scales
    layout: Layout
    initial_filling: Mapping[str, float]  # mean of each porous electrode
    guess: Mapping[str, float]  # kT/e, potentials to begin the search for the start from
    c_e: float  # mol/L, initial
    c_e_range: tuple[float, float]  # mol/L, where the electrolyte's properties hold
    series_resistance: float  # ohm m^2
    connections: Connections | None = None  # between the particles of a volume


def assemble(config: "Config", bind: Binding | None = None) -> Assembly:
    """Build the model of a configuration.

    ``bind`` stands in for :func:`chemistry`, for those who want to see the laws at work.

    Raises
    ------
    ValueError
        A particle model needs a number that the material does not give.
    """
    config = started(config)
    electrodes: list[Drawn] = []
    constants = CONSTANTS[config.constants]
    for name in ("negative", "positive"):
        given = getattr(config, name)
        if not isinstance(given, Counter):
            before = sum(e.given.volumes for e in electrodes)
            electrodes.append(draw(name, given, before, constants))
    theoretical = min(electrode.capacity for electrode in electrodes)
    one_c = config.nominal_capacity or theoretical  # A/m^2: the charge in an hour
    scales = Scales(config.temperature, one_c, constants)
    x, sections = _cells(config)
    groups: list[Group] = []
    layouts: dict[str, Layout] = {}
    guesses: dict[str, float] = {}
    fillings: dict[str, float] = {}
    for electrode in electrodes:
        name = electrode.name
        found, guesses[name] = groups_of(electrode, scales, bind, warm=config.heat is not None)
        cell = {"x": x, "sections": sections, "one_c": one_c}
        layouts[name] = layout_of(electrode, found, **cell)
        fillings[name] = mean_filling(layouts[name], found)
        groups += found
    transport = _transport(config)
    return Assembly(
        groups=tuple(groups),
        circuit=_circuit(config, scales, transport, electrodes),
        scales=scales,
        layout=replace(layouts["positive"], negative=layouts.get("negative")),
        initial_filling=fillings,
        guess=_guess(guesses["positive"], guesses.get("negative", 0.0)),
        c_e=config.electrolyte.concentration / scales.concentration,
        c_e_range=(transport and transport.concentrations) or (-np.inf, np.inf),
        series_resistance=config.series_resistance,
        connections=connections_of(electrodes, groups, scales),
    )


def _guess(positive: float, negative: float) -> dict[str, float]:
    """Potentials against the negative collector or foil, without current."""
    voltage = positive - negative
    return {"voltage": voltage, "phi_s": voltage, "phi_e": -negative, "phi_s_negative": 0.0}


def isolated(assembly: Assembly, circuit: Array) -> Assembly:
    """The same model without reaction: particles relax inside, everything else stays.

    ``circuit`` (n_z,) are the circuit's unknowns, which are held; the current is zero.
    """
    groups = []
    for group in assembly.groups:
        reacts = np.array([name.startswith("reaction") for name in group.kernel.names])
        still = group.noise and replace(group.noise, reaction=0.0)
        groups.append(replace(group, q=np.where(reacts[:, None], 0.0, group.q), noise=still))
    return replace(assembly, groups=tuple(groups), circuit=frozen(assembly.circuit, circuit))


def _transport(config: "Config") -> Transport | None:
    """Of the electrolyte; None where nothing moves in it."""
    choice = config.electrolyte.model
    if config.separator is None:
        return None
    build = ELECTROLYTES.function(choice.name)
    transport: Transport | None = build(**choice.parameters)
    if transport is not None and transport.temperatures is not None:
        coldest, hottest = transport.temperatures
        if not coldest <= config.temperature <= hottest:
            raise ValueError(
                f"the electrolyte's properties hold from {coldest:g} to {hottest:g} K, not at"
                f" {config.temperature:g} K; give all four of them as numbers instead"
            )
    return transport


def _circuit(
    config: "Config", scales: Scales, transport: Transport | None, electrodes: list[Drawn]
) -> Circuit:
    gap, c_e = config.separator, config.electrolyte.concentration
    balance = _balance(config, scales)
    if gap is None:
        capacity = electrodes[-1].capacity / scales.current
        return single_volume(scales, c_e, config.series_resistance, capacity, balance)
    porous = {electrode.name: _porous(electrode, scales) for electrode in electrodes}
    counter = config.negative
    return circuit(
        scales,
        Foil(counter.exchange_current, counter.film_resistance)
        if isinstance(counter, Counter)
        else porous["negative"],
        Region(gap.thickness, gap.volumes, gap.porosities, gap.hindrance),
        porous["positive"],
        transport,
        c_e,
        config.series_resistance,
        balance,
    )


def _balance(config: "Config", scales: Scales) -> Balance | None:
    given = config.heat
    if given is None:
        return None
    ambient = config.temperature if given.ambient is None else given.ambient
    return Balance.of(given.heat_capacity, given.cooling, ambient, scales)


def _porous(electrode: Drawn, scales: Scales) -> Porous:
    given, sites = electrode.given, electrode.sites
    return Porous(
        Region(given.thickness, given.volumes, given.porosities, given.hindrance),
        given.conductivity,
        sites / sites.mean() * (electrode.capacity / scales.current),
    )


def _cells(config: "Config") -> tuple[Array, dict[str, tuple[int, int]]]:
    """Centres of the electrolyte's cells [m], and the range of them in each part of the cell."""
    x: list[Array] = []
    sections: dict[str, tuple[int, int]] = {}
    start, count = 0.0, 0
    if config.separator is None:
        return np.empty(0), sections
    for name in ("negative", "separator", "positive"):
        part = getattr(config, name)
        if isinstance(part, Counter):
            continue
        x.append(start + (np.arange(part.volumes) + 0.5) / part.volumes * part.thickness)
        sections[name] = (count, count + part.volumes)
        start, count = start + part.thickness, count + part.volumes
    return np.concatenate(x), sections
