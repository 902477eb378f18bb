"""Graphite and LiFePO4 of the 2 A h 18650 cell: the formulae of the BPX file.

All numbers: About:Energy Limited, UK, lfp_18650_cell_BPX.json, December 2022, CC BY-SA 4.0.
"""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, tanh, where_at_least

BPX = "About:Energy, lfp_18650_cell_BPX.json"
AVOGADRO = 6.02214076e23


def graphite_voltage(c: Expr, T: float) -> Expr:
    """Open-circuit voltage [V] of graphite."""
    return (
        5.29210878e01 * exp(-1.72699386e02 * c)
        - 1.17963399e03
        + 1.20956356e03 * tanh(6.72033948e01 * (c + 2.44746396e-02))
        + 4.52430314e-02 * tanh(-1.47542326e01 * (c - 1.62746053e-01))
        + 2.01855800e01 * tanh(-2.46666302e01 * (c - 1.12986136e00))
        + 2.01708039e-02 * tanh(-1.19900231e01 * (c - 5.49773440e-01))
        + 4.99616805e01 * tanh(-6.11370883e01 * (c + 4.69382558e-03))
    )


def lfp_voltage(c: Expr, T: float) -> Expr:
    """Open-circuit voltage [V] of LiFePO4 on discharge; below a filling of 0.08 that at 0.08.

    There, far below the charged state at 0.0875, the formula is 9.7 V and more.
    """
    above = (c - 0.08) * where_at_least(c, 0.08)
    return (
        3.41285712
        - 1.49721852e-02 * c
        + 3.54866018e14 * exp(-3.95729493e02 * (0.08 + above))
        - 1.45998465 * exp(-1.10108622e02 * (1 - c))
    )


GRAPHITE = Material(
    name="graphite of the 18650 cell",
    description="open-circuit voltage of the BPX file",
    numbers={
        "site_density": Number(31400 * AVOGADRO, f"{BPX}: maximum concentration"),
        "standard_potential": Number(float(graphite_voltage(0.5, 298.15)), "voltage at 1/2"),
        "diffusivity": Number(9.6e-15, BPX),
        "diffusivity_activation": Number(30000.0, BPX),
        "density": Number(2260.0, "of graphite crystals", assumed=True),
    },
    ocv=graphite_voltage,
    ocv_source=BPX,
)

LFP = Material(
    name="LiFePO4 of the 18650 cell",
    description="open-circuit voltage of the BPX file",
    numbers={
        "site_density": Number(21200 * AVOGADRO, f"{BPX}: maximum concentration"),
        "standard_potential": Number(float(lfp_voltage(0.5, 298.15)), "voltage at 1/2"),
        "diffusivity": Number(6.873e-17, BPX),
        "diffusivity_activation": Number(80000.0, BPX),
        "density": Number(3600.0, "of LiFePO4 crystals, ICSD 72545"),
    },
    ocv=lfp_voltage,
    ocv_source=BPX,
)
