"""Rows P9, P10, P11, P14: the threshold rate, and what moves it."""

import math
from dataclasses import dataclass

import numpy as np

from electrode_model.analysis.amplification import forced_spread
from electrode_model.analysis.evolution import (
    HalfCycle,
    Threshold,
    follow,
    spread_of_sizes,
)
from electrode_model.analysis.stability import of_config, unstable_fillings
from electrode_model.config.load import load
from electrode_model.validate.rows import Row, verdict
from validation.park2021.cases import (
    ENSEMBLE,
    MEAN_SIZE,
    PER_HOUR,
    SLOW,
    delithiation,
    few,
    spread_text,
    thresholds,
)

CONSTANTS = (10.0, 30.0, 100.0, 300.0, 1000.0)  # k = j0(0.5), per hour
SPREADS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)  # s.d. of ln R
STARTS = (0.99, 0.98, 0.96, 0.94, 0.92, 0.90)
EXPONENTS = (1.0, 2.0, 3.0, 4.0, 5.0)  # s of j0 = k ((1-c)/0.5)^s
EXPECTED = 0.329  # C at k = 100 /h, sigma = 0.2, start 0.99; physics.md 6.3
TOLERANCE = 0.06
_K0 = "positive.particles.kinetics.k0="
_FORM = "positive.particles.kinetics.exchange_current="


@dataclass(frozen=True)
class Limits:
    """All thresholds of this folder, by what was varied."""

    base: dict[int, Threshold]  # by number of particles
    noise: dict[float, Threshold]  # s.d. of the fillings at the start
    constant: dict[float, Threshold]
    spread: dict[float, Threshold]
    start: dict[float, Threshold]
    exponent: dict[float, Threshold]
    shape: dict[str, Threshold]
    lithiation: Threshold
    count: int


def find(quick: bool) -> Limits:
    """Seek them; two processes."""
    count = 300 if quick else 1000
    some = few(count)
    jobs: dict[tuple[str, object], tuple[HalfCycle, float, float]] = {}
    for number in (count,) if quick else (1000, 10_000):
        jobs["base", number] = (delithiation(few(number)), 0.2, 0.5)
    for deviation in (0.0, 0.006) if quick else (0.0, 0.003, 0.006):
        profile = f"{{profile: scattered, mean: 0.99, std: {deviation}, seed: 0}}"
        scattered = [*some, f"positive.particles.initial_filling={profile}"]
        jobs["noise", deviation] = (delithiation(scattered), 0.2, 0.5)
    for k in CONSTANTS[::2] if quick else CONSTANTS:
        settings = [*some, f"{_K0}{k * PER_HOUR!r} A/m^2"]
        jobs["constant", k] = (delithiation(settings), 0.002 * k, 0.005 * k)
    for sigma in SPREADS[::2] if quick else SPREADS:
        settings = [*some, *spread_of_sizes(sigma, MEAN_SIZE)]
        jobs["spread", sigma] = (delithiation(settings), 0.05, 5.0)
    for start in STARTS[::2] if quick else STARTS:
        jobs["start", start] = (delithiation(some, start), 0.2, 3.0)
    ten = f"{_K0}{10 * PER_HOUR * 0.924142!r} A/m^2"  # 1 at 0.5 (newman 1/2), the sigmoid 0.924
    wide = ["voltage_window=[0 V, 10 V]"]
    steep = few(300)  # steep exchange currents cost: j0 spans ten decades
    for s in EXPONENTS[::2] if quick else EXPONENTS:
        form = f"{_FORM}{{form: vacancy, exponent: {s}, reference: 0.5}}"
        jobs["exponent", s] = (delithiation([*steep, form, ten, *wide]), 1e-5, 30.0)
    for name in ("newman", "constant"):
        jobs["shape", name] = (delithiation([*some, _FORM + name, ten, *wide]), 0.01, 30.0)
    jobs["lithiation", None] = (delithiation(some, start=0.5, end=0.985), 0.05, 30.0)
    found = dict(zip(jobs, thresholds(list(jobs.values())), strict=True))

    def of(name: str) -> dict:
        return {key: value for (kind, key), value in found.items() if kind == name}

    return Limits(
        of("base"), of("noise"), of("constant"), of("spread"), of("start"), of("exponent"),
        of("shape"), found["lithiation", None], count,
    )  # fmt: skip


def rows(quick: bool, limits: Limits | None = None) -> list[Row]:
    """The rows; ``limits`` if they have been found already."""
    found = limits or find(quick)
    return [
        *(base(number, threshold) for number, threshold in found.base.items()),
        region(found),
        sensitivities(found),
        shapes(found),
        stability(found),
        start(found),
    ]


def base(number: int, found: Threshold) -> Row:
    """Row P9 of section 6.3: the threshold."""
    return Row(
        f"P9 ({number:,} particles)",
        "a threshold C-rate of delithiation",
        f"6.3: {EXPECTED} C +-6 % (there .31 +- .02 between numbers of particles and steps)",
        f"{found.rate:.3f} C (between {found.low:.4f} and {found.high:.4f})",
        verdict(abs(found.rate / EXPECTED - 1) <= TOLERANCE),
    )


def region(found: Limits) -> Row:
    """Row P9: shape of the region of two peaks."""
    rates = (0.5, 1.0, 2.0, 4.0, 8.0)
    widths, gaps = [], []
    for rate in rates:
        track = follow(HalfCycle(ENSEMBLE, rate, 0.99, 0.5, tuple(few(found.count))))
        low, high = track.window
        widths.append(high - low)
        two = track.positions[int(track.ratio.argmax())]
        gaps.append(float(abs(two[0] - two[1])))
    (limit, *_) = found.base.values()
    width = limit.window[1] - limit.window[0]
    grows = bool(np.all(np.diff(widths) > 0) and np.all(np.diff(gaps) > 0))
    saturates = bool(np.all(np.diff(gaps, 2) < 0))
    none = math.isnan(found.lithiation.rate)
    return Row(
        "P9 (region)",
        "the two-phase region exists in delithiation only, is infinitely narrow at the threshold,"
        " and its gap grows ever more slowly",
        "no split in lithiation to 30C; width in mean filling < .03 at the threshold; width and gap"
        " grow with the rate, the gap by less with every octave",
        f"lithiation: {found.lithiation.reason or found.lithiation.rate}; width {width:.4f} at"
        f" {limit.high:.3f} C; at {spread_text(rates)} C width {spread_text(widths, 2)}, gap"
        f" {spread_text(gaps)}",
        verdict(none and width < 0.03 and grows and saturates),
    )


def sensitivities(found: Limits) -> Row:
    """Row P9: proportional to the exchange current, falls with the spread of sizes."""
    scaled = {k: limit.rate / k for k, limit in found.constant.items()}
    even = max(scaled.values()) / min(scaled.values()) - 1
    near = all(abs(value / 0.0033 - 1) <= TOLERANCE for value in scaled.values())
    spread = [limit.rate for limit in found.spread.values()]
    falls = math.isnan(spread[0]) and bool(np.all(np.diff(spread[1:]) < 0))
    noise = [limit.rate for limit in found.noise.values()]
    still = max(noise) / min(noise) - 1 < TOLERANCE
    return Row(
        "P9 (what moves it)",
        "the threshold is proportional to j0; size spread, not initial noise, seeds the split",
        "C_th/k = .0033 within 6 % for k = 10 to 1000/h; none with sigma = 0 and falling as sigma"
        " grows; changes < 6 % with an initial s.d. of 0 to .006",
        f"C_th/k {spread_text(list(scaled.values()))} h C for k = {spread_text(list(scaled))}/h"
        f" (range {100 * even:.1f} %); sigma {spread_text(list(found.spread))}:"
        f" {spread_text(spread)} C;"
        f" initial s.d. {spread_text(list(found.noise))}: {spread_text(noise)} C",
        verdict(near and falls and still),
    )


def shapes(found: Limits) -> Row:
    """Row P10: which exchange currents split a population at all."""
    text = [
        f"s = {s:g}: " + (f"{limit.rate:.3g} C" if limit.rate > 0 else limit.reason)
        for s, limit in found.exponent.items()
    ]
    text += [f"{name}: {limit.reason or limit.rate}" for name, limit in found.shape.items()]
    rates = [limit.rate for limit in found.exponent.values()]
    known = [rate for rate in rates if not math.isnan(rate)]
    met = math.isnan(rates[0]) and len(known) >= 2 and bool(np.all(np.diff(known) < 0))
    met &= all(math.isnan(limit.rate) for limit in found.shape.values())
    return Row(
        "P10",
        "the exchange current is modified by a (1-c)^s factor",
        "k = 10/h: none to 30C with s = 1, sqrt(c(1-c)) and constant j0; the threshold falls"
        " steeply with s",
        "; ".join(text),
        verdict(met),
    )


def stability(found: Limits) -> Row:
    """Row P11: unstable fillings, and the forced spread at the simulated thresholds."""
    reaction = of_config(load(ENSEMBLE, few(found.count)))
    bands = {rate: unstable_fillings(reaction, rate) for rate in (-4.0, -SLOW, 4.0, 1.0, SLOW)}
    expected = {-4.0: (0.72, 0.948), -SLOW: (0.896, 0.944)}
    met = all(not bands[rate] for rate in (4.0, 1.0, SLOW))
    for rate, band in expected.items():
        met &= len(bands[rate]) == 1 and bool(np.allclose(bands[rate][0], band, atol=0.002))
    settings = {
        **{("k", k): [f"{_K0}{k * PER_HOUR!r} A/m^2"] for k in found.constant},
        **{("sigma", s): list(spread_of_sizes(s, MEAN_SIZE)) for s in found.spread},
        **{("start", c): list[str]() for c in found.start},
    }
    limits = {
        **{("k", k): v for k, v in found.constant.items()},
        **{("sigma", s): v for s, v in found.spread.items()},
        **{("start", c): v for c, v in found.start.items()},
    }
    forced = {}
    for key, limit in limits.items():
        if math.isnan(limit.rate):
            continue
        own = of_config(load(ENSEMBLE, [*few(found.count), *settings[key]]))
        begin = key[1] if key[0] == "start" else 0.99
        forced[key] = float(np.nanmax(forced_spread(own, -limit.rate, begin, 0.5).value))
    values = np.array(list(forced.values()))
    inside = np.abs(values - 0.063) <= 0.006
    outside = [
        f"{k} {v:g}: {forced[k, v]:.4f}" for k, v in forced if abs(forced[k, v] - 0.063) > 0.006
    ]
    shown = {rate: [f"{a:.3f}-{b:.3f}" for a, b in band] for rate, band in bands.items()}
    return Row(
        "P11",
        "kinetic stability requires a negative autocatalytic rate",
        "unstable at 4C delithiation .720-.948, at C/15 .896-.944, nowhere in lithiation; forced"
        " s.d. at the simulated thresholds .063 +- .006 (6.4)",
        f"4C {shown[-4.0]}, C/15 {shown[-SLOW]}, lithiation {shown[4.0]}; forced s.d."
        f" {values.min():.4f} to {values.max():.4f} over {values.size} thresholds"
        + (f"; outside: {', '.join(outside)}" if outside else ""),
        verdict(bool(met and inside.all())),
    )


def start(found: Limits) -> Row:
    """Row P14: the threshold rises as delithiation starts from less."""
    rates = [limit.rate for limit in found.start.values()]
    return Row(
        "P14",
        "incomplete lithiation at the beginning of charge diminishes fictitious phase separation",
        "threshold rises monotonically as the start falls below .98",
        f"start {spread_text(list(found.start))}: {spread_text(rates)} C",
        verdict(bool(np.all(np.diff(rates[1:]) > 0))),
    )
