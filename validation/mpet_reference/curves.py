"""The curves of the reference, how to run each, and how close it must be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["CURVES", "Curve", "select"]

Limits = Mapping[str, float]

#: "How close to expect" of the reference data: 2 mV and 0.5 % in end capacity; 0.3 mV without a
#: grid inside the particles.  Where particles switch phase one after another, a switch 0.1 %
#: earlier is a large error at one point: there the median, the 95th percentile and the number of
#: switches count.
SMOOTH = {"voltage max [mV]": 2.0}
NO_GRID = {"voltage max [mV]": 0.3}
STEPWISE = {"voltage median [mV]": 1.0, "voltage 95 % [mV]": 5.0, "switches": 0.0}

#: Of the peak current.  That of the potential step is a row of peaks, one for each particle.
HELD = {"current max [%]": 0.3}
HELD_STEPWISE = {"current median [%]": 0.1, "current 95 % [%]": 5.0}

ALWAYS = {"end capacity [%]": 0.5, "mean filling": 0.002}

#: At the five profile times.  Inside a particle 0.02 is a phase boundary (slope 0.15 per nm)
#: displaced by 0.13 nm.  A particle that is just switching may be off more than one at rest.
PROFILES = {"particle filling": 0.002, "inner filling": 0.02}
SWITCHING = {"particle filling": 0.02, "particle filling, median": 0.002, "inner filling": 0.05}
ELECTROLYTE = {"electrolyte [mol/m3]": 1.0, "electrolyte [mV]": 0.1}  # of 1000, and of some 10

NEGATIVE = {"particle filling of the negative": 0.002, "inner filling of the negative": 0.02}

#: With MPET's rounded constants and tight tolerances: three times what is left then, which is
#: MPET's own tolerance and, at the face between separator and electrode, its way to interpolate.
EXACT = {"voltage max [mV]": 0.04, "end capacity [%]": 0.01}
#: The curve of an empty graphite ends steeply, 1.4 mV/s: 0.13 mV at its last point but one.
FULL = {"voltage max [mV]": 0.4, "voltage median [mV]": 0.04, "end capacity [%]": 0.01}
EXACT_HELD = {"current max [%]": 0.1}


@dataclass(frozen=True)
class Curve:
    """One curve of a family: its YAML file is ``family``.yaml."""

    family: str
    label: str
    limits: Limits
    overrides: tuple[str, ...] = ()
    exact: Limits | None = None  # with MPET's constants
    quick: tuple[str, ...] | None = ()  # overrides to run it in a few seconds; None: it takes 10

    @property
    def name(self) -> str:
        """``family/label``."""
        return f"{self.family}/{self.label}"


def _reverse(current: str, voltage: str) -> tuple[str, ...]:
    return (
        f"protocol.0.current={current}",
        f"protocol.0.until.voltage={voltage}",
        "positive.initial_filling=0.99",
    )


_CURVES = (
    Curve("lfp_acr_single", "discharge_1C", SMOOTH | PROFILES, exact=EXACT),
    Curve("lfp_acr_single", "charge_1C", SMOOTH | PROFILES, _reverse("-1 C", "3.85 V"), EXACT),
    Curve(
        "lfp_homog_ensemble",
        "charge_0.1C",
        STEPWISE | SWITCHING,
        _reverse("-0.1 C", "3.85 V"),
        EXACT,
    ),
    Curve("lfp_homog_ensemble", "discharge_5C", SMOOTH | PROFILES, exact=EXACT),
    Curve(
        "lfp_porous_cc",
        "discharge_2C",
        SMOOTH | SWITCHING | ELECTROLYTE,
        exact=EXACT,
        quick=("positive.particles.model.sharing=0.2",),
    ),
    Curve("lfp_partcond", "discharge_1C", STEPWISE | SWITCHING | ELECTROLYTE, exact=EXACT),
    Curve("lto_chr", "discharge_0.2C", STEPWISE | SWITCHING | ELECTROLYTE, exact=EXACT),
    Curve(
        "lto_chr",
        "charge_0.2C",
        STEPWISE | SWITCHING | ELECTROLYTE,
        _reverse("-0.2 C", "2.2 V"),
        exact=EXACT,
        quick=None,
    ),
    Curve("nmc_park", "charge_2C", NO_GRID | PROFILES, exact=EXACT),
    Curve("lfp_cv_step", "step_3.2_to_3.5V", HELD_STEPWISE | SWITCHING, exact=EXACT_HELD),
    Curve(
        "lfp_cccv_cycle",
        "cccv_cycle_ideal_solution",
        NO_GRID | HELD | PROFILES | ELECTROLYTE,
        exact=EXACT | EXACT_HELD,
    ),
    Curve("lfp_bv_vs_mhc_ciet", "BV_discharge_5C", NO_GRID | PROFILES, exact=EXACT),
    Curve(
        "lfp_bv_vs_mhc_ciet",
        "MHC_discharge_5C",
        NO_GRID | PROFILES,
        (
            "positive.particles.kinetics={law: marcus_hush_chidsey, k0: 1.0 A/m^2,"
            " reorganisation: 3.4113e-20 J, exchange_current: transition_state}",
        ),
        EXACT,
    ),
    Curve("nmc_diffn_full", "discharge_C3", SMOOTH | PROFILES | NEGATIVE | ELECTROLYTE, exact=FULL),
)
CURVES = {curve.name: curve for curve in _CURVES}


def select(names: Sequence[str], quick: bool = False) -> list[Curve]:
    """Curves whose name begins with one of ``names``; without names all; of them the quick ones.

    Raises ValueError for a name that fits no curve.
    """
    for name in names:
        if not any(known.startswith(name) for known in CURVES):
            raise ValueError(f"{name!r} is no curve; there are {', '.join(CURVES)}")
    chosen = [c for c in _CURVES if not names or c.name.startswith(tuple(names))]
    return [c for c in chosen if c.quick is not None or not quick]
