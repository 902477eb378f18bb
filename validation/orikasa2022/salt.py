"""O10 to O13: a 1.2 mm electrode, salt between two electrodes, lithium alone moving, cycles."""

import numpy as np

from electrode_model.validate.rows import Row, verdict
from validation.orikasa2022.common import depths, mean, simulated

FARADAY = 96485.33


def rows(quick: bool) -> list[Row]:
    """O10, O11, O12, O13."""
    return [_o10(quick), _o11(quick), _o12(quick), _o13(quick)]


def _o10(quick: bool) -> Row:
    found = {}
    for name, sigma in (("0.2 S/m", "0.2 S/m"), ("perfect", "null")):
        result = simulated(
            "lfp_half_cell",
            [
                "positive.thickness=1.2 mm",
                f"positive.conductivity={sigma}",
                f"positive.volumes={10 if quick else 20}",
                "positive.particles.per_volume=1",
                "protocol=[{current: C/10, until: {filling: 0.3, voltage: 2 V}}]",
            ],
        )
        profile = depths(result)[-1]
        inner = profile[1:-1].min()
        found[name] = profile[0], inner, profile[-1]
    front, middle, back = found["0.2 S/m"]
    return Row(
        "O10",
        "1.2 mm of LFP at C/10: the reaction proceeds from the separator and the collector",
        "filling at both ends above that inside by > 0.1 where the solid conducts about as the"
        " pores (0.2 S/m), at the separator only with a perfect conductor",
        "; ".join(f"{name}: {a:.2f}, {b:.2f}, {c:.2f}" for name, (a, b, c) in found.items()),
        verdict(
            min(front, back) - middle > 0.1
            and found["perfect"][0] - found["perfect"][2] > 0.1
            and found["perfect"][2] - found["perfect"][1] < 0.1
        ),
        "separator, least inside, collector; at a mean filling of 0.3 or 2 V; conductivity of the"
        " pores 0.25 S/m; porosity of the configuration",
    )


def _between(t_plus: float, quick: bool) -> tuple[np.ndarray, np.ndarray]:
    """Positions [m] and c_e [mol/m^3] of 10 mm of free electrolyte after 60 h at 4.8 A/m^2."""
    result = simulated(
        "nmc111_half_cell",
        [
            "separator={thickness: 10 mm, porosity: 1.0, volumes: 40}",
            "positive.thickness=10 um",
            "positive.volumes=1",
            "positive.particles.per_volume=1",
            # a sink that does not fill, in place of a second lithium electrode
            "positive.particles.material={name: nmc111, site_density: 1e31}",
            "positive.initial_filling=0.5",
            "electrolyte={model: concentrated, diffusivity: 3e-10, conductivity: 1.0,"
            f" t_plus: {t_plus}, thermodynamic_factor: 1.0, concentration: 1 mol/L}}",
            "protocol=[{current: 4.8 A/m^2, until: {time: 60 h}}]",
        ],
    )
    section = slice(*result.layout.sections["separator"])
    return result["x [m]"][section], result["Electrolyte concentration [mol.m-3]"][-1, section]


def _o11(quick: bool) -> Row:
    x, c_e = _between(0.4, quick)
    slope, _ = np.polyfit(x, c_e, 1)
    change = abs(slope) * 0.01 / 2
    theory = 4.8 * 0.6 * 0.01 / (2 * FARADAY * 3e-10)
    bent = float(np.abs(c_e - np.polyval(np.polyfit(x, c_e, 1), x)).max())
    return Row(
        "O11",
        "between two lithium electrodes 10 mm apart the salt becomes 1.5 M or more and 0.5 M or"
        " less",
        f"linear, and +-{theory / 1000:.3f} M within 1 % at 4.8 A/m^2 with D = 3e-10 m^2/s and"
        " t+ = 0.4, I (1 - t+) L/2FD",
        f"{c_e.max() / 1000:.3f} and {c_e.min() / 1000:.3f} M; +-{change / 1000:.4f} M, bent by"
        f" {bent:.2f} mol/m^3",
        verdict(abs(change / theory - 1) <= 0.01 and bent < 5),
        "a particle that never fills in place of the second electrode; after 60 h, six time"
        " constants",
    )


def _o12(quick: bool) -> Row:
    _, c_e = _between(1.0, quick)
    worst = float(np.abs(c_e / 1000 - 1).max())
    return Row(
        "O12",
        "where only lithium moves, no salt distribution is caused",
        "t+ = 1 in the same cell: largest change below 1e-8 of the concentration",
        f"{worst:.1e}",
        verdict(worst < 1e-8),
    )


def _o13(quick: bool) -> Row:
    steps = "{current: -1 C, until: {voltage: 4.3 V}}, {current: 1 C, until: {voltage: 3.4 V}}"
    result = simulated(
        "nmc111_half_cell",
        [
            "positive.thickness=100 um",
            "positive.particles.per_volume=4",
            f"positive.volumes={5 if quick else 10}",
            f"protocol=[{', '.join([steps] * 3)}]",
        ],
    )
    profiles, filling, step = depths(result), mean(result), result["Field step"]
    spreads = np.ptp(profiles, axis=1)
    most = {k: float(spreads[step == k].max()) for k in np.unique(step)}
    ends = {k: float(spreads[step == k][-1]) for k in np.unique(step)}
    discharge = [most[k] for k in (1, 3, 5)]
    repeats = max(discharge[1:]) / min(discharge[1:]) - 1
    collapses = all(ends[k] < 0.5 * most[k - 1] for k in (2, 4))
    return Row(
        "O13",
        "NMC111 at 1C: the spreading of the reaction at the time of discharge is observed in every"
        " cycle",
        "largest difference between depths > 0.02 in each discharge and alike in later ones to"
        " 10 %; at the end of the charges less than half of it",
        "discharges "
        + ", ".join(f"{value:.3f}" for value in discharge)
        + "; ends of the charges "
        + ", ".join(f"{ends[k]:.3f}" for k in (0, 2, 4))
        + f"; filling {filling.min():.2f} to {filling.max():.2f}",
        verdict(min(discharge) > 0.02 and repeats < 0.1 and collapses),
        "100 um assumed; that the capacity falls towards lower conductivity is not looked at",
    )
