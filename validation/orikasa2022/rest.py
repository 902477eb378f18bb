"""O3, O4 and O23: differences between depths after 1C, and what is left of them after a rest."""

from dataclasses import dataclass

import numpy as np

from electrode_model import Result
from electrode_model.validate.rows import Row, verdict
from validation.orikasa2022.common import depths, lead, simulated

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
        steps = f"[{{current: {rate}, until: {{filling: {stop}}}}}, {{rest: {time}}}]"
        found[name] = Rest(name, simulated(config, [*overrides, f"protocol={steps}"]))
    return found


def rows(found: dict[str, Rest]) -> list[Row]:
    """O3, O23 and O4."""
    nmc, lco, lfp = (found[name] for name in ("NMC111", "LCO", "LFP"))
    after = {name: case.left(15 * 60) for name, case in found.items()}
    charged = (lco, lfp)
    behind = [-lead(case.result, CASES[case.name][3]) for case in charged]
    ahead = lead(nmc.result, CASES["NMC111"][3])
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
        Row(
            "O4",
            "NMC111: the site close to the separator reacts first, and the difference is gone"
            " after about 30 min at rest",
            "separator side ahead by > 0.01 at the end of a 1C discharge; 1/e of the spread left"
            " after 10 to 60 min",
            f"ahead by {ahead:.3f}; 1/e after {nmc.folding():.1f} min (LCO {lco.folding():.1f},"
            f" LFP {lfp.folding():.3g} min)",
            verdict(ahead > 0.01 and 10 <= nmc.folding() <= 60),
            "the time goes with the square of the thickness, which is not printed; 100 um assumed",
        ),
    ]
