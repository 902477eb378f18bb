"""Rows of the catalogue of claims (K: Koo et al., M14: Lim et al.), judged."""

from collections.abc import Mapping, Sequence

import numpy as np

from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.exchange_current import skewed
from electrode_model.validate.rows import Row, verdict
from validation.koo2023.cycle import Cycle
from validation.koo2023.half_cycles import KINDS, Sweep
from validation.koo2023.single import Core, Platelet, diffusion_times

__all__ = ["k1", "k2", "k3", "k4", "k9", "k10", "k11", "k12", "k13", "k14", "k15", "m14"]

THERMAL = 1e3 * BOLTZMANN * 298.15 / ELEMENTARY_CHARGE  # mV
FAST = (1.0, 2.0, 4.0, 7.0)
EXPECTED_A = {1.0: (15, 3), 2.0: (36, 4), 4.0: (64, 5), 7.0: (93, 8)}  # Koo gap, mV


def k1() -> Row:
    """The exchange current at the two surface compositions."""
    rich, poor = (float(skewed(x, 0.5, 1).value(x, 0.0, 1.0)) for x in (0.64, 0.41))
    tafel = 2 * THERMAL * float(np.log(poor / rich))
    met = abs(rich - 0.5184) < 1e-4 and abs(poor - 0.8705) < 1e-4 and abs(tafel - 26.6) < 0.1
    return Row(
        "K1",
        "delithiation meets a greater j0 at the surface",
        "f(.64), f(.41) = .5184, .8705 ± 1e-4; ratio 1.679; Tafel gap 26.6 mV",
        f"{rich:.4f}, {poor:.4f}; {poor / rich:.3f}; {tafel:.1f} mV",
        verdict(met),
    )


def k2(sweep: Sweep, found: Mapping[float, tuple[Cycle, float]], control: Sweep) -> Row:
    """Lithiation costs more, growing with the rate; capacity lithiation < delithiation."""
    fast = [r for r in sweep.rates if r >= 1]
    koo = [sweep.koo(r) for r in fast]
    cycled = [gap for rate, (_, gap) in found.items() if rate >= 1]
    bigger = [
        sweep.against_reference(r, "discharge") > sweep.against_reference(r, "charge") for r in fast
    ]
    capacity = [tuple(sweep.halves[r, kind].capacity for kind in KINDS) for r in fast]
    met = (
        all(bigger)
        and bool(np.all(np.diff(koo) > 0) and np.all(np.diff(cycled) > 0) and cycled[0] > 0)
        and all(lithiation < delithiation for lithiation, delithiation in capacity)
    )
    close = all(abs(sweep.koo(r) - m) <= t for r, (m, t) in EXPECTED_A.items() if r in fast)
    single = " / ".join(f"{gap:.1f}" for gap in koo)
    return Row(
        "K2",
        "overpotential of lithiation above delithiation, growing with rate; less capacity",
        "Koo gap > 0 and growing for C >= 1, also in CC-CV cycles from end members; Q(lith) <"
        " Q(del); configuration A 15 ± 3, 36 ± 4, 64 ± 5, 93 ± 8 mV at 1, 2, 4, 7C",
        f"A: {single} mV at {', '.join(f'{r:g}' for r in fast)}C (within: {close}); cycled:"
        f" {' / '.join(f'{gap:.1f}' for gap in cycled)} mV; Q {capacity[-1][0]:.3f} <"
        f" {capacity[-1][1]:.3f} at {fast[-1]:g}C; negative control"
        f" {' / '.join(f'{control.koo(r):.1f}' for r in control.rates if r >= 1)} mV",
        verdict(met and close),
        "film resistance, D and omega are chosen; against V_eq the single half cycles have the"
        " sign from 2C, the cycles from 1C",
    )


def k3(gaps: Mapping[float, float], ensemble: float) -> Row:
    """One uniform particle is symmetric, an ensemble of them is not."""
    worst = max(abs(gap) for gap in gaps.values())
    return Row(
        "K3",
        "a solid solution would have the same rates both ways",
        "one uniform particle: 0 to 1e-6 mV; ensemble: negative",
        f"{worst:.0e} mV; ensemble at 1C {ensemble:.0f} mV (raw gap)",
        verdict(worst < 1e-6 and ensemble < 0),
    )


def k4(sweep: Sweep, platelets: Mapping[tuple[float, str], Platelet]) -> Row:
    """Surface richer than the inside in lithiation, poorer in delithiation."""
    at = {kind: [sweep.halves[r, kind] for r in sweep.rates] for kind in KINDS}
    up, down = ([h.surface for h in at[kind]] for kind in KINDS)
    inner_up, inner_down = ([h.interior for h in at[kind]] for kind in KINDS)
    rising, falling = np.diff(up), np.diff(down)
    opposite = np.diff(inner_up), np.diff(inner_down)
    # at low rates the particles are uniform: steps below 0.002 are no order
    monotone = rising.min() > 0 and falling.max() < 0
    monotone &= opposite[0].max() < 0.002 and opposite[1].min() > -0.002
    four = tuple(sweep.halves[4.0, kind].surface for kind in KINDS)
    near = abs(four[0] - 0.64) <= 0.06 and abs(four[1] - 0.41) <= 0.06
    slow = sweep.halves[1.5, "charge"].surface - four[1]
    later = four[1] - sweep.halves[7.0, "charge"].surface
    one = [platelets[4.0, kind].surface for kind in KINDS]
    return Row(
        "K4",
        "surface filling about 0.64 and 0.41 at 4C, slower decline beyond",
        "monotone, inside opposite; 0.64 ± .06, 0.41 ± .06 at 4C; delithiation changes less from"
        " 4 to 7C than from 1.5 to 4C; one platelet, omega 4.49, B 5, D 1e-14: .587/.413",
        f"monotone: {bool(monotone)}; {four[0]:.3f}, {four[1]:.3f}; {later:.3f} against"
        f" {slow:.3f}; platelet {one[0]:.3f}/{one[1]:.3f}",
        verdict(bool(monotone) and near and later < slow and abs(one[0] - 0.587) < 0.002),
        "D is fitted to the two values; the slower decline is met by a small margin",
    )


def k9() -> Row:
    """Not attempted."""
    return Row(
        "K9",
        "phase boundaries with tilted angles",
        "boundary within 10 degrees of least strain",
        "not computed",
        "open",
        "needs elasticity in two or three dimensions; coherency here is a mean field",
    )


def k10() -> Row:
    """Diffusion times of 200 nm."""
    fast, slow = diffusion_times()
    hour = 3600.0 / 4  # a 4C half cycle
    return Row(
        "K10",
        "diffusion takes 0.4 s along [010] and 11 h along [100]",
        "L²/D = 0.40 s and 11.1 h ± 1 %, from cm²/s in YAML",
        f"{fast:.3f} s, {slow:.2f} h; over the time of a 4C half cycle {fast / hour:.1e} (limited"
        f" by the surface reaction) and {slow * 3600 / hour:.0f} (by transport)",
        verdict(abs(fast / 0.4 - 1) < 0.01 and abs(slow / 11.11 - 1) < 0.01),
        "configuration A needs D a thousand times smaller than that along [010]",
    )


def k11(sweep: Sweep, srl: Platelet, bdl: Platelet) -> Row:
    """The surface keeps lithium in the middle of fast delithiation."""
    ensemble = sweep.halves[7.0, "charge"].surface
    # empty before half filling: nan eta
    depleted = bdl.surface < 0.01
    return Row(
        "K11",
        "the surface does not reach zero in the middle of 7C delithiation",
        "x_surf > 0.1; platelet with D 1e-14 .388, with D 1e-16 below .01",
        f"A {ensemble:.3f}; platelet {srl.surface:.3f}; D 1e-16: {bdl.surface:.3f}"
        + ("" if np.isfinite(bdl.eta) else ", before it is half empty"),
        verdict(ensemble > 0.1 and abs(srl.surface - 0.388) < 0.002 and depleted),
    )


def k12(cores: Mapping[str, Core]) -> Row:
    """Where lithium leaves a platelet with a poor core."""
    values = {}
    for limit, core in cores.items():
        begin = float(core.mean[0])
        outside, edge = core.removed(begin, begin - 0.08)
        surface = float(core.profiles[core.at(begin - 0.08), -1])
        values[limit] = (outside, edge, surface)
    srl, bdl = values["SRL"], values["BDL"]
    return Row(
        "K12",
        "the poor core grows to the edge",
        "SRL: lithium leaves from the core's edge (> 0.9), surface stays > 0.8; BDL: from the"
        " surface (> 0.8), which empties (< 0.15)",
        f"SRL: {srl[1]:.2f} from the edge, surface {srl[2]:.2f}; BDL: {bdl[0]:.2f} from the outer"
        f" tenth, surface {bdl[2]:.2f}; after 0.08 of the capacity at 4C",
        verdict(srl[1] > 0.9 and srl[2] > 0.8 and bdl[0] > 0.8 and bdl[2] < 0.15),
    )


def k13(hours: Sequence[float], difference: np.ndarray) -> Row:
    """Surface against inside after a rest."""
    kept = np.sign(difference[-1]) == np.sign(difference[0])
    large = np.abs(difference[-1]) > 0.1 * np.abs(difference[0])
    steps = "; ".join(
        f"{h * 60:g} min {d[0]:+.3f}/{d[1]:+.3f}" for h, d in zip(hours, difference, strict=True)
    )
    return Row(
        "K13",
        "the surface phase persists after an hour of relaxation",
        "x_surf - x_int after 4C keeps its sign, above a tenth of its size, for 1 h",
        steps,
        verdict(bool(np.all(kept & large))),
        "one dimension relaxes in L²/D, a minute; needs slow lateral exchange in two dimensions",
    )


def k14(control: Sweep, film: Sweep) -> Row:
    """Lithiation recruits particles, delithiation does not."""

    def active(sweep: Sweep, kind: str) -> list[float]:
        return [sweep.halves[r, kind].active for r in sweep.rates]

    up, down = (active(control, kind) for kind in KINDS)
    film_down = active(film, "charge")
    met = up[-1] - up[0] > 0.5 and max(down) - min(down) < 0.15
    return Row(
        "K14",
        "more particles active the faster lithiation, constant in delithiation",
        "active share at half filling, 400 uniform particles, .05-7C: rises by > .5; changes by"
        " < .15",
        f"lithiation {up[0]:.2f} to {up[-1]:.2f}, delithiation {down[0]:.2f} to {down[-1]:.2f};"
        f" configuration A: {film_down[0]:.2f} to {film_down[-1]:.2f} in delithiation",
        verdict(met),
        "by the 0-D ensemble; with the film of A, which K5 asks for, delithiation recruits too",
    )


def k15(found: Mapping[float, tuple[float, float]]) -> Row:
    """NMC: which direction costs more depends on the composition."""
    middle, full = found[0.75], found[0.91]
    met = abs(middle[0] - 61) < 3 and abs(middle[1] + 20) < 3 and -full[1] > full[0]
    return Row(
        "K15",
        "other materials often cost more in lithiation",
        "NMC532 ensemble at 2C: +61/-20 mV (del/lith) at c = .75, opposite to the claim;"
        " lithiation larger at c = .91 (+186/-191)",
        f"c = .75: {middle[0]:+.0f}/{middle[1]:+.0f} mV; c = .91: {full[0]:+.0f}/{full[1]:+.0f} mV",
        verdict(met),
        "the claim holds near full lithiation only; never without the composition",
    )


def m14(alphas: Mapping[float, Sweep]) -> Row:
    """A transfer coefficient below a half changes the sign."""
    half, low = alphas[0.5], alphas[0.4]
    met = half.raw(4.0) < 0 < low.raw(4.0) and low.raw(0.2) < 0
    text = "; ".join(
        f"α {alpha}: raw gap {s.raw(0.2):+.0f} mV at 0.2C, {s.raw(4.0):+.0f} at 4C (Koo gap"
        f" {s.koo(4.0):+.0f})"
        for alpha, s in alphas.items()
    )
    return Row(
        "M14",
        "an asymmetric charge transfer coefficient may contribute",
        "0-D ensemble, omega 4.49: α = .4 turns the gap at 4C positive, at 0.2C it stays negative",
        text,
        verdict(met),
        "α is a fit; Lim et al. only suggest it",
    )
