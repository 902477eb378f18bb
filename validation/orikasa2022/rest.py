"""O3, O4 and O23: differences between depths after 1C, and what is left of them after a rest."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from electrode_model import Result
from electrode_model.constants import BOLTZMANN, ELEMENTARY_CHARGE
from electrode_model.exchange_current import park_sigmoid
from electrode_model.materials import nmc111
from electrode_model.validate.rows import Row, verdict
from validation.orikasa2022.common import depths, lead, mean, simulated

TEMPERATURE = 298.15  # K, of the configurations

#: 100 um in place of the 50 and 60 um of the configurations: the review's electrodes are thick.
THICK = [
    "positive.thickness=100 um",
    "positive.particles.per_volume=5",
    "output.every=20 s",
]
CASES = {
    "NMC111": ("nmc111_half_cell", "1 C", 0.45, 0.65, "15 h"),
    "LCO": ("nmc111_half_cell", "-1 C", 0.95, 0.7, "15 h"),
    "LFP": ("lfp_half_cell", "-1 C", 0.99, 0.5, "15 h"),
}
#: O4: a discharge to its end.  Thickness [um]: the review's "approximately 100", and the 170 of the
#: NMC811 half cell that it names beside it; cut-off [V]: of the configuration, and the usual one.
FULL = ((100, 2.8), (100, 3.0), (170, 2.8), (170, 3.0))
BEGIN = 0.45  # filling of charged NMC111
LCO = (
    "positive.particles.material=lco",
    # the material's own, in place of those of NMC111
    "positive.particles.kinetics={law: butler_volmer, k0: 3.671 A/m^2, exchange_current: newman}",
)


@dataclass(frozen=True)
class Rest:
    """A half cycle at 1C to some mean filling, then 15 h at rest."""

    name: str
    result: Result

    @property
    def minutes(self) -> np.ndarray:
        """Since the rest began."""
        here = self.result["Field step"] == 1
        minutes: np.ndarray = self.result["Field time [s]"][here] / 60
        return minutes - minutes[0]

    @property
    def spread(self) -> np.ndarray:
        """Largest difference between two depths during the rest."""
        spread: np.ndarray = np.ptp(depths(self.result)[self.result["Field step"] == 1], axis=1)
        return spread

    def left(self, minutes: float) -> float:
        """Share of the first spread that is left."""
        return float(np.interp(minutes, self.minutes, self.spread) / self.spread[0])

    def folding(self) -> float:
        """Minutes until 1/e of the first spread is left; infinite if it never is."""
        below = np.flatnonzero(self.spread < self.spread[0] / np.e)
        return float(self.minutes[below[0]]) if below.size else float("inf")


def rests(quick: bool) -> dict[str, Rest]:
    """All materials."""
    found = {}
    for name, (config, rate, start, stop, time) in CASES.items():
        overrides = [*THICK, f"positive.initial_filling={start}"]
        overrides += LCO if name == "LCO" else ()
        overrides += ["positive.volumes=5"] if quick else []
        if name == "LFP":  # few particles that switch at rest change the mean of a volume
            overrides += ["positive.particles.per_volume=40"]
        steps = f"[{{current: {rate}, until: {{filling: {stop}}}}}, {{rest: {time}}}]"
        found[name] = Rest(name, simulated(config, [*overrides, f"protocol={steps}"]))
    return found


def discharged(quick: bool) -> dict[tuple[int, float], Rest]:
    """O4: NMC111 at 1C until the cut-off, then three hours at rest."""
    found = {}
    for thickness, cutoff in FULL[: 2 if quick else None]:
        steps = f"[{{current: 1 C, until: {{voltage: {cutoff} V}}}}, {{rest: 3 h}}]"
        overrides = [*THICK, f"positive.thickness={thickness} um", f"protocol={steps}"]
        overrides += ["positive.volumes=5"] if quick else []
        result = simulated("nmc111_half_cell", [*overrides, f"positive.initial_filling={BEGIN}"])
        found[thickness, cutoff] = Rest(f"{thickness} um to {cutoff:g} V", result)
    return found


def linear(result: Result) -> float:
    """Minutes of the closed form kT/(e |U'| j0) at the filling where the discharge ended.

    One particle exchanges with an electrode that stays as it is; the conduction in the pores adds
    nothing, and j0 is that of the mean particle.
    """
    filling = float(mean(result)[result["Field step"] == 0][-1])
    config: Any = result.config
    (population,) = config.positive.particles
    exchange, law = population.kinetics.exchange_current, population.kinetics
    numbers = population.material.numbers
    radius = result.layout.size @ result.layout.weight
    rate = 3 * 3600 * law.k0 / (radius * ELEMENTARY_CHARGE * numbers["site_density"])  # 1/h
    share = park_sigmoid(filling, 0.5, 0.0, **exchange.parameters).factor
    step = 1e-4
    voltage = [nmc111.ocv(filling + sign * step, TEMPERATURE) for sign in (-1, 1)]
    slope = (voltage[0] - voltage[1]) / (2 * step)
    thermal = BOLTZMANN * TEMPERATURE / ELEMENTARY_CHARGE
    return float(60 * thermal / (slope * rate * share))


def o4(found: dict[tuple[int, float], Rest]) -> Row:
    """The time in which the difference between depths goes, after a whole discharge."""
    leads, times, texts = [], [], []
    for (thickness, cutoff), case in found.items():
        filling = mean(case.result)[case.result["Field step"] == 0]
        leads.append(lead(case.result, (BEGIN + filling[-1]) / 2))
        times.append(case.folding())
        texts.append(
            f"{thickness} um to {cutoff:g} V: ahead by {leads[-1]:.3f}, 1/e after {times[-1]:.0f}"
            f" min at {filling[-1]:.3f} (closed form {linear(case.result):.0f})"
        )
    judged = [time for (thickness, _), time in zip(found, times, strict=True) if thickness == 100]
    return Row(
        "O4",
        "NMC111: the site close to the separator reacts first in discharge, and the difference is"
        " gone after about 30 min at rest",
        "separator side ahead by > 0.01 halfway through a 1C discharge; 1/e of the spread left"
        " after 10 to 60 min, at 100 um for both cut-offs",
        "; ".join(texts),
        verdict(min(leads) > 0.01 and all(10 <= time <= 60 for time in judged)),
        "the exchange current near full lithiation sets the time, kT/(e U' j0); stopped at a"
        " filling of 0.65 the pores set it, and it is 1 min at 100 um, 2 at 170",
    )


def rows(found: dict[str, Rest]) -> list[Row]:
    """O3 and O23."""
    lco, lfp = (found[name] for name in ("LCO", "LFP"))
    after = {name: case.left(15 * 60) for name, case in found.items()}
    charged = (lco, lfp)
    behind = [-lead(case.result, CASES[case.name][3]) for case in charged]
    return [
        Row(
            "O3",
            "the reaction distribution of LFP is retained after 15 h at open circuit, that of LCO"
            " is not",
            "of the first spread over the depth more than 80 % left in LFP, less than 5 % in LCO"
            " and NMC111, after 15 h",
            "; ".join(
                f"{name} {100 * share:.2g} % of {found[name].spread[0]:.3f}"
                for name, share in after.items()
            ),
            verdict(after["LFP"] > 0.8 and after["LCO"] < 0.05 and after["NMC111"] < 0.05),
            "100 um, assumed; LCO and LFP after a charge, NMC111 after a discharge, all at 1C",
        ),
        Row(
            "O23",
            "after a charge at 1C LCO and LFP are in a low charged state near the collector",
            "filling of the tenth at the collector above that at the separator by > 0.01",
            "; ".join(
                f"{case.name} {less:+.3f}" for case, less in zip(charged, behind, strict=True)
            ),
            verdict(min(behind) > 0.01),
            "100 um, assumed",
        ),
    ]
