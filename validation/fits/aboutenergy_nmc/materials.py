"""Graphite and NMC111 of the 12.5 A h pouch cell: the formulae of the BPX file.

All numbers: About:Energy Limited, UK, nmc_pouch_cell_BPX.json, December 2022, CC BY-SA 4.0.
"""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, tanh

BPX = "About:Energy, nmc_pouch_cell_BPX.json"
AVOGADRO = 6.02214076e23


def graphite_voltage(c: Expr, T: float) -> Expr:
    """Open-circuit voltage [V] of graphite."""
    return (
        9.47057878e-01 * exp(-1.59418743e02 * c)
        - 3.50928033e04
        + 1.64230269e-01 * tanh(-4.55509094e01 * (c - 3.24116012e-02))
        + 3.69968491e-02 * tanh(-1.96718868e01 * (c - 1.68334476e-01))
        + 1.91517003e04 * tanh(3.19648312e00 * (c - 1.85139824e00))
        + 5.42448511e04 * tanh(-3.19009848e00 * (c - 2.01660395e00))
    )


def nmc_voltage(c: Expr, T: float) -> Expr:
    """Open-circuit voltage [V] of NMC111, above a filling of 0.17 below 5 V."""
    return (
        -3.04420906 * c
        + 10.04892207
        - 0.65637536 * tanh(-4.02134095 * (c - 0.80063948))
        + 4.24678547 * tanh(12.17805062 * (c - 7.57659337))
        - 0.3757068 * tanh(59.33067782 * (c - 0.99784492))
    )


GRAPHITE = Material(
    name="graphite of the pouch cell",
    description="open-circuit voltage of the BPX file",
    numbers={
        "site_density": Number(29730 * AVOGADRO, f"{BPX}: maximum concentration"),
        "standard_potential": Number(float(graphite_voltage(0.5, 298.15)), "voltage at 1/2"),
        "diffusivity": Number(2.728e-14, BPX),
        "diffusivity_activation": Number(30000.0, BPX),
        "density": Number(2260.0, "of graphite crystals", assumed=True),
    },
    ocv=graphite_voltage,
    ocv_source=BPX,
)

NMC = Material(
    name="NMC111 of the pouch cell",
    description="open-circuit voltage of the BPX file",
    numbers={
        "site_density": Number(46200 * AVOGADRO, f"{BPX}: maximum concentration"),
        "standard_potential": Number(float(nmc_voltage(0.5, 298.15)), "voltage at 1/2"),
        "diffusivity": Number(3.2e-14, BPX),
        "diffusivity_activation": Number(15000.0, BPX),
        "density": Number(4770.0, "of NMC111 crystals", assumed=True),
    },
    ocv=nmc_voltage,
    ocv_source=BPX,
)
