"""Charges of the particle of nmc88.yaml under several surfaces, and what is read from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import PchipInterpolator

from electrode_model.analysis import section
from electrode_model.results.records import Profiles
from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate

__all__ = [
    "CASES",
    "KINETIC",
    "RADIUS",
    "RATES",
    "SITE",
    "Charge",
    "End",
    "charge",
    "relaxation",
    "simulated",
]

CONFIG = Path(__file__).parent / "nmc88.yaml"
MODEL = "positive.particles.model."
MATERIAL = "positive.particles.material."
SITE = 275.0  # mAh/g of a filling of 1: F/(3.6 x 97.46 g/mol), physics.md L2
START = 0.995
RADIUS = 1200.0  # nm; Lun et al. 2025, Fig. 4
RATES = (50, 100, 200, 400)  # mA/g; Fig. 5
PER_HOUR = 1.577399 / 2  # A/m^2: k0 that fills the particle once an hour, see nmc88.yaml
THERMAL = 0.0256926  # V, kT/e at 298.15 K

Array = np.ndarray[Any, np.dtype[np.float64]]

#: Name -> overrides.  "none" has two sectors, being the same at every angle.
CASES = {
    "none": (f"{MODEL}blocked=0", f"{MODEL}angular=2"),
    "1/4, 0.7": (f"{MODEL}flux_ratio=0.7",),
    "1/4, 0.3": (f"{MODEL}flux_ratio=0.3",),
    "1/2, 0.3": (f"{MODEL}flux_ratio=0.3", f"{MODEL}blocked=0.5"),
    "kinetics": (),
}
#: Patches of other kinetics: the rate constant of the free surface [1/h] and the patch's ratio.
KINETIC = {
    "kinetics": (2.0, 0.1),
    "kinetics, 0.5 /h": (0.5, 0.1),
    "kinetics, ratio 0.02": (2.0, 0.02),
}
for _name, (_k0, _ratio) in KINETIC.items():
    CASES[_name] = (
        f"positive.particles.kinetics.k0={_k0 * PER_HOUR:.7g}",
        f"{MODEL}patch_rate={_ratio}",
    )


@dataclass(frozen=True)
class End:
    """The moment when no place is above a filling any more."""

    extracted: float  # mAh/g
    offset: float  # nm, of the last place, towards the patch
    flux_ratio: float  # mean flux of the patch over that of the free surface; nan if none


@dataclass(frozen=True)
class Charge:
    """A charge at one current density [mA/g]."""

    rate: float
    result: Result

    @property
    def profiles(self) -> Profiles:
        """The grid."""
        return self.result.layout.profiles[0]

    @property
    def frames(self) -> Array:
        """(n_t, m) fillings inside the particle."""
        frames: Array = self.result["Particle profiles 0"][:, :, 0]
        return frames

    @property
    def extracted(self) -> float:
        """Filling extracted at the end."""
        return float(START - self.result["Positive filling fraction"][-1])

    def frame(self, minutes: float) -> Array:
        """(m,) at a saved time; raises ValueError if none is within a second."""
        time = self.result["Field time [s]"]
        k = int(np.abs(time - 60 * minutes).argmin())
        if abs(time[k] - 60 * minutes) > 1:
            raise ValueError(f"nothing was saved at {minutes:g} min")
        return self.frames[k]

    def core(self, minutes: float, above: float = 0.9) -> section.Core:
        """The Li-rich region at a saved time."""
        return section.core(self.frame(minutes), self.profiles, above)

    def end_of_core(self, above: float = 0.95) -> End:
        """When and where the last of the Li-rich region goes; linear between saved times."""
        tops = np.array([section.highest(frame, self.profiles) for frame in self.frames])
        k = int(np.argmax(tops[:, 0] < above))
        if tops[k, 0] >= above:
            raise ValueError(f"the filling stays above {above:g} somewhere")
        w = (tops[k - 1, 0] - above) / (tops[k - 1, 0] - tops[k, 0])
        extracted = START - (self.frames[k - 1 : k + 1] @ self.profiles.weights)
        return End(
            extracted=float((1 - w) * extracted[0] + w * extracted[1]) * SITE,
            offset=float((1 - w) * tops[k - 1, 1] + w * tops[k, 1]) * RADIUS,
            flux_ratio=self._flux_ratio(k),
        )

    def _flux_ratio(self, k: int) -> float:
        """Butler-Volmer with a constant exchange current, evaluated at a saved time."""
        config: Any = self.result.config
        population = config.positive.particles[0]
        number, table = population.model.parameters, population.material.ocv
        if number["blocked"] == 0:
            return float("nan")
        if number["flux_ratio"] is not None:
            return float(number["flux_ratio"])
        time, voltage = self.result["Time [s]"], self.result["Voltage [V]"]
        now = np.interp(self.result["Field time [s]"][k], time, voltage)
        phi, c = section.edge_fillings(self.frames[k], self.profiles)
        eta = (now - PchipInterpolator(table.c, table.voltage)(c)) / THERMAL
        flux = np.sinh(eta / 2)
        patch = phi < number["blocked"] * np.pi
        return float(number["patch_rate"] * flux[patch].mean() / flux[~patch].mean())


def simulated(overrides: Sequence[str]) -> Result:
    """nmc88.yaml with overrides, to its planned end; SystemExit if it does not get there."""
    result = simulate(CONFIG, overrides=overrides)
    if result.status != "finished":
        raise SystemExit(f"nmc88.yaml with {list(overrides)}: {result.message}")
    return result


def current(rate: float) -> str:
    """A charge at ``rate`` [mA/g] in the words of a protocol."""
    return f"current: -{rate / SITE:.9g} C"


@lru_cache(maxsize=256)
def charge(
    case: str,
    rate: float,
    grid: int = 24,
    until: str = "surface_filling: 0.2",
    *overrides: str,
) -> Charge:
    """Charge of a case at ``rate`` [mA/g], saved every 5/12 mAh/g, on a grid x grid section."""
    protocol = f"protocol=[{{{current(rate)}, until: {{{until}}}}}]"
    every = f"output.every={1500 / rate:.9g} s"
    points = [f"{MODEL}radial={grid}", f"{MODEL}angular={grid}"]
    return Charge(rate, simulated([every, protocol, *points, *CASES[case], *overrides]))


@lru_cache(maxsize=8)
def relaxation(case: str, grid: int = 24) -> tuple[Array, Array, Charge]:
    """Minutes since a charge of 20 min at 70 mA/g, s.d. of the filling then, and the run."""
    steps = f"{{{current(70)}, until: {{time: 20 min}}}}, {{rest: 20 min}}"
    points = [f"{MODEL}radial={grid}", f"{MODEL}angular={grid}"]
    run = Charge(
        70.0,
        simulated([f"protocol=[{steps}]", "output.every=30 s", *points, *CASES[case]]),
    )
    resting = run.result["Field step"] == 1
    time = run.result["Field time [s]"][resting]
    spreads = [section.spread(frame, run.profiles) for frame in run.frames[resting]]
    return (time - 1200) / 60, np.array(spreads), run
