"""Experiments in silico that measure an exchange current, and what they recover of it.

Each is done on the positive electrode alone (a three-electrode cell), at one filling after
another, and ends with  j0 = kT / (e A R_ct),  A the reacting area per area of electrode:

    pitt        hold the voltage a few mV beside equilibrium; the current at the first moment
    pulse       pass a small current; the voltage step at the first moment
    impedance   small-signal spectrum; the diameter of its semicircle

What is known to lie in series (series resistance, a film) is taken off, as an
experimenter would with the ohmic end of a spectrum.  Park et al., Nature Mater. 20 (2021) 991,
Fig. 5c, measure so; physics.md, row P15.  :func:`polarisation` instead reads j0 off a whole half
cycle of one particle whose equilibrium is known (Koo et al., Fig. 3a; row K6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import casadi as ca
import numpy as np

from electrode_model.analysis.alone import area_per_volume, electrode_alone
from electrode_model.analysis.impedance import impedance, randles
from electrode_model.assemble import Assembly, assemble, chemistry
from electrode_model.particle import Chemistry
from electrode_model.simulation.simulate import simulate

if TYPE_CHECKING:
    from electrode_model.config.model import Config
    from electrode_model.results.result import Result

__all__ = [
    "DOUBLE_LAYER",
    "METHODS",
    "Polarisation",
    "Recovery",
    "by_impedance",
    "given",
    "known_range",
    "pitt",
    "polarisation",
    "pulse",
    "reacting_area",
]

Array = np.ndarray[Any, np.dtype[np.float64]]

STEP = 5e-3  # V, the overpotential that row P15 allows
DOUBLE_LAYER = 0.2  # F/m^2 of reacting area: a usual order of magnitude, assumed
_SEEN = 0.8  # share of the first current, or of the step, within which rows are extrapolated
_AIM = 0.8  # share of the allowed overpotential: the trial may be slowed by diffusion inside
_TRIAL = 1e-4  # 1C: a current whose voltage step gives the scale
_LASTS = 1.0  # s, of a step or pulse
_EXACT = {"rtol": 1e-8, "atol": 1e-8}  # kT/e and 1C: millivolts and small currents are measured


@dataclass(frozen=True)
class Recovery:
    """j0 that was put in and that came out, at a few fillings."""

    method: str
    filling: Array  # (n,)
    given: Array  # (n,) A/m^2
    recovered: Array  # (n,) A/m^2
    overpotential: Array  # (n,) V, the largest

    @property
    def error(self) -> Array:
        """(n,) relative error."""
        relative: Array = self.recovered / self.given - 1
        return relative


def pitt(config: "Config", fillings: Sequence[float], step: float = STEP) -> Recovery:
    """Potentiostatic: voltage steps of ``step`` [V] to both sides of equilibrium.

    The current is extrapolated to the first moment, as a polynomial in the root of time: what
    diffusion inside takes from it goes with that root.  Both directions are averaged, which
    cancels the asymmetry of the law in first order of the step.
    """
    recovered = []
    for c in fillings:
        cell = _cell(config, c)
        rest = _equilibrium(cell)
        found = []
        for voltage in (rest - step, rest + step):
            hold = _run(cell, _hold(voltage))
            current = np.abs(_first(hold, hold["Current [A.m-2]"], relative_to=0.0))
            found.append(_exchange(cell, step / current))
        recovered.append(float(np.mean(found)))
    return _recovery("pitt", config, fillings, recovered, np.full(len(fillings), step))


def pulse(config: "Config", fillings: Sequence[float], step: float = STEP) -> Recovery:
    """Galvanostatic: pulses in both directions whose first voltage step stays below ``step`` [V].

    A trial with 1e-4 C gives the scale.  The voltage is extrapolated to the first moment.
    """
    recovered, largest = [], []
    for c in fillings:
        cell = _cell(config, c)
        rest = _equilibrium(cell)
        trial = _run(cell, _pass(_TRIAL))
        rate = _AIM * _TRIAL * step / abs(_first(trial, trial["Voltage [V]"], rest) - rest)
        found, sizes = [], []
        for current in (rate, -rate):
            run = _run(cell, _pass(current))
            drop = abs(_first(run, run["Voltage [V]"], rest) - rest)
            sizes.append(drop)
            found.append(_exchange(cell, drop / abs(float(run["Current [A.m-2]"][-1]))))
        recovered.append(float(np.mean(found)))
        largest.append(max(sizes))
    return _recovery("pulse", config, fillings, recovered, np.array(largest))


def by_impedance(
    config: "Config", fillings: Sequence[float], double_layer: float = DOUBLE_LAYER
) -> Recovery:
    """Impedance: the semicircle of charge transfer and double layer, by a circuit that is fitted.

    ``double_layer`` [F/m^2 of reacting area] is put across the interface of the linearised model,
    which has none of its own; 0 reads R_ct off the real end of the spectrum instead.  The
    frequencies are set about that of the top of the semicircle, found in two spectra.
    """
    recovered = []
    for c in fillings:
        cell = _cell(config, c)
        assembly = assemble(cell)
        capacitance = double_layer * reacting_area(cell, assembly)
        end = impedance(assembly, np.array([1e9]))[0].real  # no double layer: all of R in series
        if double_layer == 0:
            recovered.append(_exchange(cell, end, assembly))
            continue
        top = 1 / (2 * np.pi * (end - config.series_resistance) * capacitance)
        frequencies = top * np.logspace(3, -4, 71)
        spectrum = impedance(assembly, frequencies, double_layer=capacitance)
        found = randles(frequencies, spectrum)
        across = found.charge_transfer + config.series_resistance
        recovered.append(_exchange(cell, across, assembly))
    return _recovery("impedance", config, fillings, recovered, np.zeros(len(fillings)))


METHODS = {"pitt": pitt, "pulse": pulse, "impedance": by_impedance}


@dataclass(frozen=True)
class Polarisation:
    """j0 read off a half cycle of one particle, by two readings of its law."""

    filling: Array  # (n,)
    given: Array  # (n,) A/m^2
    inverted: Array  # (n,) A/m^2, j over the law's own dependence on the overpotential
    linear: Array  # (n,) A/m^2, j = j0 eta: as if the overpotential were small
    overpotential: Array  # (n,) V


def polarisation(
    config: "Config", rate: float, start: float, end: float, count: int = 41
) -> Polarisation:
    """One uniform particle of the mean size at ``rate`` [1C] from ``start`` to ``end``.

    Its overpotential is the voltage less that of equilibrium at its filling, less what film and
    series resistance take.  It has the mean rate constant and the mean contact of the particles.
    """
    from electrode_model.config.fields import Component

    alone = electrode_alone(config, homogeneous=True, filling=start)
    population = alone.positive.particles[0]
    _refuse_unequal_films(alone)
    every = assemble(alone)
    layout = every.layout
    size = float(layout.weight @ layout.size / layout.weight.sum())
    contact = reacting_area(alone, every) / float(_areas(alone, every).sum())
    k0 = _mean_rate_constant(alone, every)
    one = population.model_copy(
        update={
            "per_volume": 1,
            "size": Component(name="constant", parameters={"value": size}),
            "kinetics": population.kinetics.model_copy(update={"k0": k0}),
            "contact": contact,
            "scatter": None,
        }
    )
    electrode = alone.positive.model_copy(update={"particles": (one,)})
    cell = _exact(alone.model_copy(update={"positive": electrode}))
    current = abs(rate) * float(np.sign(end - start))
    run = _run(cell, _pass(current, until={"filling": end}))
    mean = run["Positive filling fraction"]
    order = np.argsort(mean)
    c = np.linspace(start, end, count + 2)[1:-1]
    voltage = np.interp(c, mean[order], run["Voltage [V]"][order])
    assembly = assemble(cell)
    area = reacting_area(cell, assembly)
    j = float(run["Current [A.m-2]"][-1]) / area
    law, standard = _law(cell, assembly)
    equilibrium = _equilibria(assembly, law, standard, c)
    series = cell.series_resistance * area + one.film_resistance
    eta = voltage - equilibrium + j * series
    unit = assembly.scales.voltage
    shape = _rates(assembly, law, c, (equilibrium + eta) / unit) / _slopes(
        assembly, law, c, equilibrium / unit
    )
    return Polarisation(
        filling=c,
        given=given(cell, c),
        inverted=j / shape,
        linear=-j * unit / eta,
        overpotential=eta,
    )


def given(config: "Config", fillings: Array | Sequence[float]) -> Array:
    """j0 [A/m^2] that a configuration's first population puts in, at ``fillings`` (n,).

    The slope of its kinetic law at equilibrium times kT/e, which is j0 of Butler-Volmer kinetics;
    with rate constants that scatter, the mean over the wetted surface.
    """
    c = np.asarray(fillings, dtype=float)
    cell = electrode_alone(config, filling=0.5)
    assembly = assemble(cell)
    law, standard = _law(cell, assembly)
    v = _equilibria(assembly, law, standard, c) / assembly.scales.voltage
    kinetics = cell.positive.particles[0].kinetics
    faster = assembly.scales.arrhenius(kinetics.activation_energy, kinetics.reference_temperature)
    j0: Array = _mean_rate_constant(cell, assembly) * faster * _slopes(assembly, law, c, v)
    return j0


def known_range(config: "Config") -> tuple[float, float]:
    """Fillings between which the first population's open-circuit voltage is known."""
    choice = config.positive.particles[0].material
    if choice.ocv is not None:
        return float(choice.ocv.c[0]), float(choice.ocv.c[-1])
    material = choice.found
    return material.ocv_range if material.ocv is not None else (0.0, 1.0)


def reacting_area(config: "Config", assembly: Assembly) -> float:
    """Wetted area of all particles [m^2 per m^2 of electrode] of the first population."""
    return float(_areas(config, assembly) @ assembly.layout.contact)


def _areas(config: "Config", assembly: Assembly) -> Array:
    """(n_p,) surface of each particle [m^2 per m^2 of electrode], wetted or not."""
    layout, population = assembly.layout, config.positive.particles[0]
    per_volume = np.array([area_per_volume(population, float(size)) for size in layout.size])
    solid = config.positive.active_fractions.mean() * config.positive.thickness
    areas: Array = solid * layout.weight / layout.weight.sum() * per_volume
    return areas


def _mean_rate_constant(config: "Config", assembly: Assembly) -> float:
    """k0 [A/m^2], mean over the wetted surface, at its reference temperature."""
    wetted = _areas(config, assembly) * assembly.layout.contact
    return float(wetted @ assembly.layout.k0 / wetted.sum())


def _refuse_unequal_films(config: "Config") -> None:
    """Raise ConfigError where no one resistance of films can be taken off."""
    from electrode_model.config.problems import ConfigError, Problem

    one = config.positive.particles[0]
    unequal = [name for name in one.scattering.forms if name != "contact"]
    if one.film_resistance > 0 and unequal:
        text = (
            "differs from particle to particle beside a film_resistance; what is measured is then"
            " no one exchange current with one film in series: remove one of them"
        )
        key = f"scatter.{unequal[0]}"
        raise ConfigError([Problem(config.name or "configuration", 0, key, text)])


def _cell(config: "Config", filling: float) -> "Config":
    alone = electrode_alone(config, filling=float(filling))
    _refuse_unequal_films(alone)
    return _exact(alone)


def _exact(config: "Config") -> "Config":
    return config.model_copy(update={"solver": config.solver.model_copy(update=_EXACT)})


def _run(cell: "Config", step: dict[str, Any]) -> "Result":
    """A run of one step; raises RuntimeError where it failed."""
    from electrode_model.config.steps import Step

    result = simulate(cell.model_copy(update={"protocol": (Step.model_validate(step),)}))
    if result.status == "failed":
        raise RuntimeError(f"the experiment failed: {result.message}")
    return result


def _hold(voltage: float) -> dict[str, Any]:
    return {"kind": "voltage", "voltage": voltage, "until": {"time": _LASTS}}


def _pass(rate: float, until: dict[str, float] | None = None) -> dict[str, Any]:
    from electrode_model.config.fields import Current

    current = Current(value=rate, unit="C-rate")
    return {"kind": "current", "current": current, "until": until or {"time": _LASTS}}


def _equilibrium(cell: "Config") -> float:
    """Voltage at rest [V]."""
    return float(_run(cell, {"kind": "rest", "until": {"time": 1.0}})["Voltage [V]"][0])


def _first(result: "Result", values: Array, relative_to: float) -> float:
    """Value at the first moment, extrapolated from the rows that follow it.

    Fitted are the rows after the first within which the change from ``relative_to`` keeps to a
    fifth, by a quadratic in the root of time.
    """
    time = result["Time [s]"]
    change = values - relative_to
    near = np.flatnonzero(np.abs(change / change[1] - 1) <= 1 - _SEEN)
    gap = np.flatnonzero(np.diff(near) > 1)
    rows = near[: gap[0] + 1] if gap.size else near
    rows = rows[rows > 0]
    degree = min(2, rows.size - 1)
    root = np.sqrt(time[rows] / time[rows[-1]])
    return float(np.polynomial.polynomial.polyfit(root, change[rows], degree)[0]) + relative_to


def _exchange(cell: "Config", resistance: float, assembly: Assembly | None = None) -> float:
    """j0 [A/m^2] from the resistance of the electrode [ohm m^2], what is in series taken off."""
    assembly = assemble(cell) if assembly is None else assembly
    area = reacting_area(cell, assembly)
    film = cell.positive.particles[0].film_resistance / area
    return assembly.scales.voltage / (area * (resistance - cell.series_resistance - film))


def _recovery(
    method: str,
    config: "Config",
    fillings: Sequence[float],
    recovered: Sequence[float],
    overpotential: Array,
) -> Recovery:
    c = np.asarray(fillings, dtype=float)
    return Recovery(method, c, given(config, c), np.array(recovered), overpotential)


def _law(cell: "Config", assembly: Assembly) -> tuple[Chemistry, float]:
    """Laws of the material, and its standard potential [kT/e]."""
    population = cell.positive.particles[0]
    material, numbers = population.material.found, population.material.numbers
    law = chemistry(population, material, numbers, assembly.scales)
    return law, numbers["standard_potential"] / assembly.scales.voltage


def _equilibria(assembly: Assembly, law: Chemistry, standard: float, c: Array) -> Array:
    """(n,) equilibrium voltages [V]."""
    values: Array = (standard - np.asarray(law.potential(c).total(c))) * assembly.scales.voltage
    return values


def _rates(assembly: Assembly, law: Chemistry, c: Array, v: Array) -> Array:
    """(n,) insertion / k0 at potentials ``v`` [kT/e]."""
    values: Array = np.asarray(law.rate(v, c, assembly.c_e, law.potential(c)), dtype=float)
    return values


def _slopes(assembly: Assembly, law: Chemistry, c: Array, v: Array) -> Array:
    """(n,) slope of insertion / k0 against falling potential, per kT/e."""
    x, dphi = ca.SX.sym("c"), ca.SX.sym("v")
    rate = law.rate(dphi, x, ca.SX(assembly.c_e), law.potential(x))
    function = ca.Function("slope", [x, dphi], [-ca.jacobian(rate, dphi)])
    return np.array([float(function(a, b)) for a, b in zip(c, v, strict=True)])
