"""Rows P2, P6, P12, P13, P16, P19: the reaction-limited ensemble and its relatives."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from electrode_model.analysis import histograms, population
from electrode_model.analysis.frames import filling_at
from electrode_model.validate.rows import Row, verdict
from validation.park2021 import cases
from validation.park2021.cases import ENSEMBLE, HERE, PER_HOUR, SLOW, few, half_cycle, statistics

#: rate -> P2/H, peaks, window, s.d., dip; physics.md 6.2, random sizes, another solver.
EXPECTED = {
    -SLOW: (0.0, None, None, 0.017, 0.010),
    -2.0: (0.88, (0.65, 0.86), (0.66, 0.87), 0.096, 0.125),
    -4.0: (0.92, (0.62, 0.86), (0.64, 0.87), 0.110, 0.133),
    SLOW: (0.0, None, None, 0.005, 0.010),
    2.0: (0.0, None, None, 0.005, 0.010),
    4.0: (0.0, None, None, 0.005, 0.010),
}
#: Overpotential at a mean filling of 0.75 [mV], delithiation and lithiation; physics.md 6.2.
EXPECTED_POLARISATION = {-2.0: 61.0, -4.0: 90.0, 2.0: -20.0, 4.0: -38.0}


def rows(quick: bool) -> list[Row]:
    """The rows; ``quick`` takes 300 particles."""
    counts = (300,) if quick else (1000, 10_000)
    return [
        *(six_cases(count) for count in counts),
        polarisation(counts[0]),
        quenched(counts[0]),
        ohmic(counts[0]),
        heterogeneous(150 if quick else 500, 40 if quick else 100),
        other_material(counts[0]),
        thick(20 if quick else 100),
        thin(60 if quick else 200),
    ]


def case(rate: float, count: int, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Numbers of a half cycle of configs/nmc532_ensemble.yaml."""
    result = half_cycle(ENSEMBLE, rate, [*few(count), *overrides])
    found = statistics(result)
    split = found.ratio.max() > population.TwoPeaks((), 0.05).ratio
    return {
        "ratio": float(found.ratio.max()),
        "peaks": tuple(sorted(found.positions)) if split else None,
        "window": found.window if split else None,
        "deviation": float(found.deviation.max()),
        "dip": cases.largest_dip(result),
    }


def six_cases(count: int) -> Row:
    """Row P2 of section 6.2: which half cycles split, by how much."""
    texts, met = [], True
    critical = population.critical_dip(count, 0.99)
    for rate, (ratio, peaks, window, deviation, dip) in EXPECTED.items():
        found = case(rate, count)
        met &= abs(found["ratio"] - ratio) <= 0.03
        met &= (found["peaks"] is None) == (peaks is None)
        if peaks and found["peaks"] and window and found["window"]:
            met &= bool(np.allclose(found["peaks"], peaks, atol=0.015))
            met &= bool(np.allclose(found["window"], window, atol=0.015))
        # s.d. and dip of the single peaks are small numbers of quantiles, not of random draws
        met &= abs(found["deviation"] - deviation) <= 0.002
        met &= (found["dip"] > critical) == (peaks is not None)
        met &= not peaks or abs(found["dip"] - dip) <= 0.01
        name = f"{'C/15' if abs(rate) < 0.1 else f'{abs(rate):g}C'} {'del' if rate < 0 else 'lith'}"
        text = f"{name}: P2/H {found['ratio']:.3f}, s.d. {found['deviation']:.4f}"
        text += f", dip {found['dip']:.4f}"
        if found["peaks"] and found["window"]:
            text += f", peaks {cases.spread_text(found['peaks'])}"
            text += f", window {cases.spread_text(found['window'])}"
        texts.append(text)
    return Row(
        f"P2 ({count:,} particles)",
        "only fast delithiation splits the population",
        "table of 6.2: P2/H +-.03, s.d. +-.002, peaks and window +-.015, dip +-.01 where split and"
        " below the 99 % limit elsewhere",
        "; ".join(texts) + f"; 99 % dip {critical:.4f}",
        verdict(bool(met)),
        "sizes are quantiles here, random there: P2/H varies by .03 between draws",
    )


def polarisation(count: int) -> Row:
    """Overpotentials of section 6.2."""
    texts, met = [], True
    for rate, expected in EXPECTED_POLARISATION.items():
        voltages = []
        for speed in (rate, np.sign(rate) * 1e-3):  # the slow one is the open-circuit voltage
            result = half_cycle(ENSEMBLE, float(speed), few(count))
            filling, voltage = result["Positive filling fraction"], result["Voltage [V]"]
            order = np.argsort(filling)
            voltages.append(float(np.interp(0.75, filling[order], voltage[order])))
        value = 1e3 * (voltages[0] - voltages[1])
        met &= abs(value - expected) <= 3
        texts.append(f"{rate:+g}C {value:+.1f} mV ({expected:+g})")
    return Row(
        "P2 (polarisation)",
        "overpotential at a mean filling of 0.75",
        "6.2: within 3 mV (discharge counted positive)",
        "; ".join(texts),
        verdict(met),
        "against 0.001C, which is within 0.1 mV of equilibrium",
    )


def quenched(count: int) -> Row:
    """Row P2: the eight panels of Fig. 2, quenched at 0.75, 0.50, 0.75 and full."""
    texts, split = [], []
    for rate in (2.0, 0.05):
        from electrode_model.simulation.simulate import simulate

        steps = (
            f"{{current: -{rate} C, until: {{filling: 0.5}}}}",
            f"{{current: {rate} C, until: {{filling: 0.97, voltage: 2.5 V}}}}",
        )
        result = simulate(ENSEMBLE, overrides=[*few(count), f"protocol=[{', '.join(steps)}]"])
        panels = ((0, 0.75), (0, 0.501), (1, 0.75), (1, 0.965))
        for step, mean in panels:
            filling = filling_at(result, mean, step)
            ratios = [
                population.two_peaks(filling, weights).ratio
                for weights in (np.ones_like(filling), result.layout.weight)
            ]
            split.append(min(ratios) > 0.05 if step == 0 and mean == 0.75 else max(ratios) > 0.05)
            name = f"{rate:g}C {'del' if step == 0 else 'lith'} {mean:.2f}"
            texts.append(f"{name}: {ratios[0]:.2f}/{ratios[1]:.2f}")
    return Row(
        "P2 (Fig. 2)",
        "non-unimodal distribution only at a filling of 0.75 in fast delithiation, merged at 0.5",
        "P2/H > .05 in the first of eight panels only, counted by number and by capacity;"
        " 278 mAh/g x 0.25 = 69.5 mAh/g, printed 70",
        "; ".join(texts),
        verdict(split == [True] + [False] * 7),
    )


def ohmic(count: int) -> Row:
    """Row P6: the ohmic interface splits like Butler-Volmer where its voltage allows it."""
    path = HERE / "nmc532_ohmic.yaml"
    ratios = {}
    for rate in (-4.0, 4.0, -SLOW):
        # lithiation from 0.5 ends at 0.97: beyond, the smallest particles pass c = 1
        result = half_cycle(path, rate, few(count), start=0.97 if rate > 0 else cases.START)
        ratios[rate] = float(statistics(result).ratio.max())
        complete = result.status == "finished" and result.steps[-1].planned
        if not complete:
            ratios[rate] = float("nan")
    refused = []
    for k in (10, 100):
        result = half_cycle(
            path, -4.0, [*few(count), f"positive.particles.kinetics.k0={k * PER_HOUR!r} A/m^2"]
        )
        if not result.steps or not result.steps[-1].planned:
            refused.append(k)
    met = ratios[-4.0] > 0.05 and ratios[4.0] == 0 and ratios[-SLOW] == 0
    return Row(
        "P6",
        "an autocatalytic ohmic interface produces similar heterogeneity",
        "j(.5) = 1000/h: P2/H > .05 in 4C delithiation, 0 in 4C lithiation and C/15 delithiation;"
        " 10 and 100/h ended by the voltage window",
        f"{ratios[-4.0]:.3f}, {ratios[4.0]:.3f}, {ratios[-SLOW]:.3f}; ended by the window of 6 V:"
        f" {refused} /h",
        verdict(met and refused == [10, 100]),
        "physics.md expects .85 at 4C: not so for its parameters, which an independent integration"
        " (SciPy's LSODA, the potential in closed form) gives .951 for as well; .88 at 1500/h, .83"
        " with sigma .1, .89 from a start of .97.  Rate against overpotential: ohmic.png",
    )


def heterogeneous(count: int, layered: int) -> Row:
    """Row P12: two populations split in both directions; one alone only in delithiation."""
    texts, ok = [], True
    for factor in (1, 5, 30, 100):
        k0 = f"positive.particles.1.kinetics.k0={100 * PER_HOUR / factor!r} A/m^2"
        found = [
            statistics(half_cycle(HERE / "nmc532_mixed.yaml", rate, [*few(count, 2), k0]))
            for rate in (-4.0, 4.0)
        ]
        ratios = [float(f.ratio.max()) for f in found]
        texts.append(f"mixed 1/{factor}: {ratios[0]:.2f} del, {ratios[1]:.2f} lith")
        if factor == 1:
            ok &= ratios[0] > 0.05 and ratios[1] <= 0.05
        if factor >= 30:
            ok &= min(ratios) > 0.05
    found = [
        statistics(half_cycle(HERE / "nmc532_layered.yaml", rate, few(layered, 2)))
        for rate in (-4.0, 4.0)
    ]
    ratios = [float(f.ratio.max()) for f in found]
    ok &= min(ratios) > 0.05
    texts.append(f"layers 1/30: {ratios[0]:.2f} del, {ratios[1]:.2f} lith")
    return Row(
        "P12",
        "an intentionally heterogeneous electrode splits in both directions",
        "4C, half the capacity slower by 1/30 or less: P2/H > .05 both ways; not in lithiation when"
        " both halves are alike",
        "; ".join(texts),
        verdict(bool(ok)),
    )


def other_material(count: int) -> Row:
    """Row P13: the same with the open-circuit voltage and numbers of NMC111."""
    settings = ["positive.particles.material=nmc111", *few(count)]
    ratios = {
        rate: float(statistics(half_cycle(ENSEMBLE, rate, settings)).ratio.max())
        for rate in (-4.0, -2.0, -SLOW, 4.0, SLOW)
    }
    text = ", ".join(f"{rate:+.3g}C {value:.2f}" for rate, value in ratios.items())
    return Row(
        "P13",
        "the same pattern with other transition metals",
        "qualitative; NMC532 (P2), NMC111; NMC 83:5:12 and Li/Mn-rich have no material here",
        f"NMC111 with the same j0: P2/H {text}",
        "open",
        "two of four materials: the j0 of the others is only a plotted curve in the paper",
    )


def thick(count: int) -> Row:
    """Row P16: a thick electrode splits at every depth, the separator side first."""
    path = HERE.parents[1] / "configs" / "nmc111_half_cell.yaml"
    settings = [
        f"positive.particles.per_volume={count}", "positive.volumes=6", "positive.thickness=100 um",
        "negative.exchange_current=1e6 A/m^2",
    ]  # fmt: skip
    result = half_cycle(path, -1.0, settings)
    volumes = np.unique(result.layout.volume)
    found = [statistics(result, volume=int(v)) for v in volumes]
    ratios = [float(f.ratio.max()) for f in found]
    when = [float(f.mean[f.best]) for f in found]
    frame = histograms.frame_near(result, 0.75, 0)
    filling = result["Particle filling fraction"][frame]
    means = [
        float(np.average(filling[v == result.layout.volume], weights=w))
        for v in volumes
        if (w := result.layout.weight[v == result.layout.volume]) is not None
    ]
    first = all(np.diff(when) <= 0) and means[-1] > means[0]
    return Row(
        "P16",
        "inter-particle inhomogeneity, even in thicker electrodes",
        "100 um, 1C delithiation: P2/H > .05 in each of six depths; the separator side is ahead",
        f"P2/H {cases.spread_text(ratios)} from separator to collector; largest at electrode mean"
        f" {cases.spread_text(when)}; filling at 0.75: {means[0]:.3f} to {means[-1]:.3f}",
        verdict(min(ratios) > 0.05 and first),
        "NMC111 half cell, number not in the paper's text",
    )


def thin(count: int) -> Row:
    """Row P19: in the thin electrode transport does not matter."""
    porous = half_cycle(HERE / "nmc532_half_cell.yaml", -4.0, few(count))
    alone = half_cycle(ENSEMBLE, -4.0, few(count))
    grid = np.linspace(0.51, 0.98, 300)
    curves, spreads = [], []
    for result in (porous, alone):
        filling = result["Positive filling fraction"][::-1]
        curves.append(np.interp(grid, filling, result["Voltage [V]"][::-1]))
        found = statistics(result)
        spreads.append(np.interp(grid, found.mean[::-1], found.deviation[::-1]))
    # the electrode's own voltage: the separator and the foil's side are taken off
    phi_e = porous["Electrolyte potential [V]"]
    first = porous.layout.sections["positive"][0]
    mean_filling = porous["Particle filling fraction"] @ porous.layout.weight
    drop = np.interp(grid, mean_filling[::-1], phi_e[::-1, first:].mean(axis=1))
    whole = 1e3 * np.abs(curves[0] - curves[1]).max()
    own = 1e3 * np.abs(curves[0] - drop - curves[1]).max()
    change = 100 * np.abs(spreads[0] - spreads[1]).max() / spreads[1].max()
    c_e = porous["Electrolyte concentration [mol.m-3]"]
    return Row(
        "P19",
        "transport is not limiting in a thin, sparsely loaded electrode",
        "4C, 20 um: voltage differs by < 2 mV and the s.d. of the histogram by < 1 % from those of"
        " the ensemble without electrolyte",
        f"electrode {own:.2f} mV, with the separator {whole:.2f} mV; s.d. {change:.2f} %;"
        f" c_e {c_e.min():.0f} to {c_e.max():.0f} mol/m^3",
        verdict(own < 2 and change < 1),
        "foil without loss; 1C = "
        f"{porous.layout.one_c:.2f} A/m^2 (active fraction .082, see README)",
    )
