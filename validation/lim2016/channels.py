"""Composition maps of one platelet made of channels: rows M4, M6, M9 and M13.

The particle model is ``channel_array`` with channels.yaml.  Two arrays are used throughout:

    strained   rate constants spread by 0.3, coherency strain of 3.73 kT
    free       spread by 0.1, no strain

Both are mean-field: channels share the potential and the strain of the plate, no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from scipy.optimize import brentq

from electrode_model.analysis import stability, uniformity
from electrode_model.plots.figure import COLOURS, FILLING_MAP, INK, STYLE
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from electrode_model.validate.figures import save
from electrode_model.validate.rows import Row, verdict

HERE = Path(__file__).parent
CONFIG = HERE / "channels.yaml"

PARTICLES = "positive.particles"
STRAINED: tuple[str, ...] = ()
FREE = (f"{PARTICLES}.model.rate_spread=0.1", f"{PARTICLES}.material.coherency=0 Pa")
NO_STRAIN = (f"{PARTICLES}.material.coherency=0 Pa",)
SYMMETRIC = (f"{PARTICLES}.kinetics.exchange_current=newman",)  # sqrt(c (1-c)), Eq. S17
RATES = (0.2, 0.3, 0.6, 2.0)  # C, Lim et al. 2016, Fig. 3
START = 0.01  # from empty in lithiation, from full in delithiation; asymmetry.md, section 2
NOISE = 0.06  # s.d. of the filling of a pixel, Lim et al. 2016
KINDS = ("lithiation", "delithiation")
COLOUR = {"lithiation": COLOURS["discharge"], "delithiation": COLOURS["charge"]}

#: Above it a map counts as uniform: what the noise of pixels alone leaves of a uniform platelet.
UNIFORM = 0.85


@dataclass(frozen=True)
class Plate:
    """Length, grid and neighbours of a platelet whose channels are places, not a mean field."""

    nodes: int
    lateral: str = "1e-18 m^2/s"  # D along [001], Koo et al., "1e-14 cm2/s"
    spread: float = 0.3
    correlation: str = "40 nm"  # of ln k0: a pixel of the images; assumed
    seed: int = 1

    def overrides(self) -> list[str]:
        """500 nm, gradient energy of LiFePO4, rate constants that vary smoothly."""
        model = (
            f"{{name: channel_array, nodes: {self.nodes}, rate_spread: {self.spread},"
            f" correlation_length: {self.correlation}, lateral_diffusivity: {self.lateral},"
            f" seed: {self.seed}}}"
        )
        return [
            f"{PARTICLES}.material.gradient_energy=5.0148e-10 J/m",
            f"{PARTICLES}.size=500 nm",
            f"{PARTICLES}.model={model}",
        ]


def run(kind: str, *steps: str, overrides: Sequence[str] = (), start: float = START) -> Result:
    """A protocol that begins near the end member which ``kind`` leaves."""
    filling = start if kind == "lithiation" else 1 - start
    result = simulate(
        CONFIG,
        overrides=[
            f"positive.initial_filling={filling}",
            *overrides,
            f"protocol=[{', '.join(steps)}]",
        ],
    )
    if result.status != "finished":
        raise SystemExit(f"{kind} with {list(overrides)}: {result.status}, {result.message}")
    return result


def step(kind: str, rate: float, end: float) -> str:
    """A current until ``end``, the change of filling that is left at the far end member."""
    signed, filling = (rate, 1 - end) if kind == "lithiation" else (-rate, end)
    return f"{{current: {signed} C, until: {{filling: {filling}}}}}"


def half_cycle(
    kind: str, rate: float, overrides: Sequence[str] = (), start: float = START
) -> uniformity.Maps:
    """Maps of a half cycle at constant current."""
    result = run(kind, step(kind, rate, start), overrides=overrides, start=start)
    return uniformity.maps(result, 0)


Coefficients = dict[tuple[str, float], float]


def coefficients(
    rates: Sequence[float], overrides: Sequence[str] = (), start: float = START
) -> Coefficients:
    """UC by (kind, rate)."""
    return {
        (kind, rate): uniformity.uniformity_coefficient(
            half_cycle(kind, rate, overrides, start).filling
        )
        for kind in KINDS
        for rate in rates
    }


def listed(found: Coefficients, kind: str) -> str:
    """Such as ``.80 .80 .80``."""
    return " ".join(f"{uc:.2f}" for (k, _), uc in found.items() if k == kind)


def m4(nodes: Sequence[str], rates: Sequence[float]) -> Row:
    """Lithiation is more uniform than delithiation, and both more so at speed."""
    strained = coefficients(rates, nodes)
    free = coefficients(rates, [*nodes, *FREE])
    control = coefficients(rates, [*nodes, *SYMMETRIC])
    emptier = coefficients(rates, nodes, start=0.03)
    gaps = [s[KINDS[0], r] - s[KINDS[1], r] for s in (strained, free, emptier) for r in rates]
    draws = [f"{PARTICLES}.model.nodes=40", f"{PARTICLES}.model.sampling=random"]
    drawn = [
        coefficients(rates[-1:], [*draws, f"{PARTICLES}.model.seed={seed}"]) for seed in range(4)
    ]
    spans = [
        (min(d[k, rates[-1]] for d in drawn), max(d[k, rates[-1]] for d in drawn)) for k in KINDS
    ]
    still = max(abs(control[KINDS[0], r] - control[KINDS[1], r]) for r in rates)
    rises = all(np.diff([free[kind, r] for r in rates]).min() > 0 for kind in KINDS)
    uniform = np.repeat(np.linspace(START, 1 - START, 200)[:, None], 200, axis=1)
    noisy = uniformity.uniformity_coefficient(uniformity.images(uniform, 200, noise=NOISE))
    rate_text = ", ".join(f"{r:g}" for r in rates)
    lith, delith = KINDS
    value = (
        f"at {rate_text} C, lith / del: spread .3 and B 3.73 kT {listed(strained, lith)} /"
        f" {listed(strained, delith)}; spread .1 and B 0 {listed(free, lith)} /"
        f" {listed(free, delith)}; as the first from .03 / .97 {listed(emptier, lith)} /"
        f" {listed(emptier, delith)}; as the first, four draws of 40 channels, {rates[-1]:g} C:"
        f" {spans[0][0]:.2f}-{spans[0][1]:.2f} / {spans[1][0]:.2f}-{spans[1][1]:.2f};"
        f" symmetric S17, gap {still:.3f}; pixel noise .06 on a uniform platelet {noisy:.3f}"
    )
    why = (
        "the gap holds in every set and is 0 without the skew; UC rises with rate without strain"
        " only: 3.73 kT leave no instability of lithiation above 0.25 C, and delithiation is"
        " the same at every rate above it.  Delithiation depends on how full the platelet starts"
        " and on the draw of k0, which physics.md does not state: its del .42-.38 is what .97"
        " gives from .05 C (.43) to 2C, its set without strain, .43-.88 / .33-.45, what .99 gives"
        " from .05 C (.44 / .32).  An integration by SciPy without this package confirms the"
        " first set (tests/test_channel_array.py)"
    )
    criterion = "UC lith > del at every C; both rise with C; gap 0.00 for S17"
    return Row(
        "M4",
        "composition is more uniform in lithiation than in delithiation and at higher rates",
        criterion,
        value,
        verdict(min(gaps) > 0.1 and rises and still < 0.005),
        why,
    )


def strain_limit(omega: float, strain: float) -> float:
    """UC of two phases at rest at half filling: coherency strain lifts their solubilities.

    A place of filling c in the mean 1/2 has mu = ln(c/(1-c)) + omega (1-2c) + strain (c - 1/2),
    which is 0 in both phases.
    """

    def mu(c: float) -> float:
        return float(np.log(c / (1 - c)) + (omega - strain / 2) * (1 - 2 * c))

    return 2 * brentq(mu, 1e-6, 0.3)


def m6(nodes: Sequence[str], plate: Plate) -> Row:
    """Rest makes the composition binary, a current makes it uniform again."""
    texts, held = [], {}
    cases = {
        "mean field, B 0": [*nodes, *NO_STRAIN],
        "mean field, B 3.73 kT": list(nodes),
        "plate with lateral exchange, B 0": [*plate.overrides(), *NO_STRAIN],
        "plate with lateral exchange, B 3.73 kT": plate.overrides(),
    }
    for name, overrides in cases.items():
        before, rested, again = rest_and_restart("delithiation", 1.0, overrides)
        idle = rest_and_restart("lithiation", 2.0, overrides)
        held[name] = rested < 0.2 and again > rested and idle[1] < idle[0]
        texts.append(
            f"{name}: {before:.2f}, {rested:.2f} after 12 h, {again:.2f} restarted; idle after"
            f" 2C lithiation {idle[0]:.2f} to {idle[1]:.2f}"
        )
    limit = strain_limit(4.49, 3.73)
    return Row(
        "M6",
        "at rest nearly every pixel becomes empty or full; current restores a solid solution",
        "half delithiated at 1C: UC < .2 after 12 h; restart at 1C raises it; idle uniform decays",
        "; ".join(texts),
        verdict(held["mean field, B 0"]),
        "met without coherency strain, by exchange through the electrolyte.  A mean-field strain"
        f" of 3.73 kT allows no less than {limit:.2f} even in equilibrium [calc]: a relaxed"
        " platelet turns its phase boundary to where it costs little strain, which one lateral"
        " coordinate cannot.  In a plate with lateral exchange a restart hardly changes UC: its"
        " phases stay and their boundaries react",
    )


def rest_and_restart(
    kind: str, rate: float, overrides: Sequence[str]
) -> tuple[float, float, float]:
    """UC at half filling, after 12 h of rest there, and highest in the next 0.25 of filling."""
    result = run(
        kind, step(kind, rate, 0.5), "{rest: 12 h}", step(kind, rate, 0.25), overrides=overrides
    )
    single = uniformity.uniformity_coefficient
    before, rest, after = (uniformity.maps(result, k).filling for k in range(3))
    return single(before[-1]), single(rest[-1]), max(single(frame) for frame in after)


def m9(nodes: Sequence[str], rates: Sequence[float]) -> Row:
    """Which rates are uniform, and the critical rates that stability gives."""
    found, texts = {}, []
    for factor in (1, 2, 4):
        k0 = f"{PARTICLES}.kinetics.k0={factor}e-2 A/m^2"
        found[factor] = coefficients(rates, [*nodes, *FREE, k0])
        texts.append(
            f"k0 {factor}e-2: lith {listed(found[factor], KINDS[0])}, del"
            f" {listed(found[factor], KINDS[1])}"
        )
    expected = {(kind, r): kind == "lithiation" and r >= 2 for kind in KINDS for r in rates}
    fits = [
        factor
        for factor, uc in found.items()
        if all((uc[key] >= UNIFORM) == uniform for key, uniform in expected.items())
    ]
    critical, lobe = critical_rates()
    in_order = abs(critical / 0.249 - 1) < 0.01 and abs(lobe / 0.552 - 1) < 0.01
    rate_text = ", ".join(f"{r:g}" for r in rates)
    return Row(
        "M9",
        "lithiation is uniform at 2C and in domains at .2-.6C, delithiation in domains always",
        f"UC >= {UNIFORM} (pixel noise alone leaves .86) for 2C lithiation only, k0 = 1e-2 within"
        " x4; critical rate .249 C, low-X lobe from .552 C",
        f"UC at {rate_text} C, spread .1, B 0: {'; '.join(texts)}.  S16 at k0 = 1e-2:"
        f" {critical:.3f} C, lobe from {lobe:.3f} C",
        verdict(bool(fits) and in_order),
        f"all classes agree for k0 = {', '.join(f'{f}e-2' for f in fits) or 'none'} A/m^2; at"
        " 1e-2 the platelet is uniform from .6C on.  With strain and a spread of .3 UC of"
        " lithiation is .79 at every rate: spread of k0 then, not instability, sets it",
    )


def critical_rates() -> tuple[float, float]:
    """C-rates where lithiation of a 150 nm platelet becomes stable, and unstable once more.

    Lim et al. 2016, Eq. S16 with 4.49 and 3.73 kT at k0 = 1e-2 A/m^2.
    """
    reaction = stability.of_material(
        "lfp",
        {"law": "butler_volmer", "k0": 1e-2, "exchange_current": "skewed"},
        strain=True,
        rate_constant=0.21718,  # 2 k0/(e rho_s 150 nm) per hour
        omega="4.49 kT",
        coherency="2.118e8 Pa",
    )

    def unstable(rate: float, low: float, high: float) -> float:
        c = np.linspace(low, high, 400)
        return float(np.nanmax(stability.growth_rate(reaction, rate, c)))

    # main lobe around .301, low-X lobe around .190: physics.md, section 6.1
    critical = brentq(lambda r: unstable(r, 0.25, 0.6), 0.1, 0.4, xtol=1e-5)
    lobe = brentq(lambda r: unstable(r, 0.1, 0.24), 0.3, 1.0, xtol=1e-5)
    return critical, lobe


@dataclass(frozen=True)
class Overlap:
    """Fast domains of lithiation and delithiation of one platelet at half filling."""

    jaccard: float
    correlation: float


def overlap(overrides: Sequence[str], scattered: bool = False, start: float = START) -> Overlap:
    """Fast domains at 0.2 C; ``scattered``: equal rate constants, random fillings at the start."""
    masks = []
    for seed, kind in enumerate(KINDS):
        more = list(overrides)
        if scattered:
            filling = start if kind == "lithiation" else 1 - start
            more += [
                f"{PARTICLES}.model.rate_spread=0",
                f"{PARTICLES}.initial_filling={{profile: scattered, mean: {filling}, std: 0.003,"
                f" among: places, seed: {seed}}}",
            ]
        seen = half_cycle(kind, 0.2, more, start)
        masks.append(uniformity.fast_domains(seen.at(0.5), seen.lithiation))
    return Overlap(uniformity.jaccard(*masks), uniformity.correlation(*masks))


def m13(nodes: Sequence[str], plate: Plate) -> Row:
    """Domains are fast in both directions if the surface makes them, not if noise does."""
    array, noise = overlap(nodes), overlap(nodes, scattered=True)
    emptier = overlap(nodes, start=0.03)
    neighbours = overlap(plate.overrides())
    alone = overlap(Plate(plate.nodes, lateral="0").overrides())
    met = array.jaccard > 0.9 and abs(noise.correlation) < 0.2
    return Row(
        "M13",
        "the same domains are fast in lithiation and delithiation",
        "overlap of fast masks (Eq. S4, .2C, half filling): Jaccard > .9 for a spread of k0;"
        " correlation about 0 (< .2 for 200 channels) for noise at the start alone",
        f"spread .3: Jaccard {array.jaccard:.2f}, correlation {array.correlation:.2f} (from"
        f" .03 / .97 {emptier.jaccard:.2f}, {emptier.correlation:.2f}); plate with"
        f" gradient energy {alone.jaccard:.2f}, and lateral exchange {neighbours.jaccard:.2f};"
        f" noise alone: Jaccard {noise.jaccard:.2f}, correlation {noise.correlation:.2f}",
        verdict(met),
        "channels keep their order exactly (rank correlation 1.00), so the masks are nested: the"
        " Jaccard is the ratio of their sizes, which the threshold of Eq. S4 and the moment set."
        "  Two random masks of half the places have 1/3; lateral exchange separates"
        " phases inside the domains and lowers the overlap",
    )


def rows(quick: bool) -> list[Row]:
    """Rows M4, M6, M9 and M13; ``quick`` with fewer channels."""
    nodes = [f"{PARTICLES}.model.nodes={60 if quick else 200}"]
    plate = Plate(nodes=120 if quick else 340)
    return [m4(nodes, RATES), m6(nodes, plate), m9(nodes, RATES), m13(nodes, plate)]


def draw_map(ax: Axes, seen: uniformity.Maps, title: str, *, downward: bool) -> QuadMesh:
    """Fillings along a plate at each mean filling, which may run ``downward``."""
    drawn = ax.pcolormesh(
        seen.positions * seen.length * 1e9,
        seen.mean,
        seen.filling,
        cmap=FILLING_MAP,
        vmin=0,
        vmax=1,
        shading="nearest",
        rasterized=True,
    )
    ax.set(title=title, xlabel="place along the plate / nm", ylabel="mean filling")
    ax.grid(False)
    if downward:
        ax.invert_yaxis()
    return drawn


def draw(path: Path) -> None:
    """Maps of a platelet in both directions, and UC against rate."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.5, 5.6), layout="constrained")
        axes = figure.subplots(2, 3, squeeze=False, width_ratios=(1, 1, 1.1))
        for row, kind in zip(axes, KINDS, strict=True):
            for ax, rate in zip(row, (0.2, 2.0), strict=False):
                seen = half_cycle(kind, rate, Plate(nodes=340, lateral="0").overrides())
                drawn = draw_map(ax, seen, f"{kind}, {rate:g} C", downward=kind == KINDS[1])
            figure.colorbar(drawn, ax=row[1], label="filling fraction")
        rates = np.geomspace(0.02, 2, 7).tolist()
        for ax, (title, overrides) in zip(
            axes[:, 2],
            {"spread .3, strain 3.73 kT": STRAINED, "spread .1, no strain": FREE}.items(),
            strict=True,
        ):
            for more, style in (((), "o-"), (SYMMETRIC, ":")):
                found = coefficients(rates, [*overrides, *more])
                for kind in KINDS:
                    label = kind if not more else "symmetric $j_0$" * (kind == KINDS[0])
                    values = [found[kind, r] for r in rates]
                    colour = INK if more else COLOUR[kind]
                    ax.semilogx(rates, values, style, color=colour, label=label, markersize=4)
            ax.set(xlabel="C-rate", ylabel="uniformity coefficient", ylim=(0, 1), title=title)
        ax.legend(loc="lower right")
        path.parent.mkdir(parents=True, exist_ok=True)
        save(figure, path)
