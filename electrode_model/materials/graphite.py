"""Graphite as a solid solution: the measured staging curve, lithiation branch."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp, tanh

_COLCLASURE = "Colclasure et al., Electrochim. Acta 337 (2020) 135854"
_SAME = f"{_COLCLASURE}; MPET 1.0.1 (LiC6_Colclasure_1506T) and NREL BATMODS-lite"

_BASE = 6.594735004847470e-01
_STEPS = (  # A, x, w of A tanh((c - x)/w)
    (-1.059423355572770e-02, 1.453708425609560e-02, 9.089868397988610e-05),
    (2.443615203087110e-02, 5.464261369950400e-01, 6.270508166379020e-01),
    (-1.637520788053810e-02, 5.639025014475490e-01, 7.053886409518520e-02),
    (-6.542365622896410e-02, 5.960370524233590e-01, 1.409966536648620),
    (-4.173226059293490e-02, 1.787670587868640e-01, 7.693844911793470e-02),
    (-4.792178163846890e-01, -3.845707852011820e-03, 4.112633446959460e-02),
    (-4.364293924074990e-02, 9.449231893318330e-02, -2.046776012570780e-02),
    (-8.241166396760410e-02, 7.746685789572230e-02, 3.593817905677970e-02),
)
_FULL = (  # beyond c = 1.03, highest power first
    -1.731504647676420e02,
    8.252008712749000e01,
    1.233160814852810e02,
    5.913206621637760e01,
    3.322960033709470e01,
    3.437968012320620,
    -6.906367679257650e01,
    -1.228217254296760e01,
    -5.037944982759270e01,
)


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 30 degC, its temperature dependence left out.

    The fit is trusted from 0.01 to 0.97 by its authors; it lies 24 mV below NREL's table of the
    same material, which has no branch of its own.  Near c = 1 it turns, over 0.01, into a
    polynomial that falls to -4 V and lets no particle fill beyond.
    """
    value: Expr = _BASE
    for height, place, width in _STEPS:
        value = value + height * tanh((c - place) / width)
    full: Expr = _FULL[0]
    for coefficient in _FULL[1:]:
        full = full * c + coefficient
    return value + (full - value) / (1 + exp(-100 * (c - 1.02956203215198)))


MATERIAL = Material(
    name="graphite",
    description="graphite, LixC6, solid solution",
    numbers={
        "site_density": Number(
            1.6862e28,
            f"28.0 kmol/m^3, of the 31.4 that LiC6 has in 2.26 g/cm^3: {_COLCLASURE}; MPET 1.0.1",
        ),
        "standard_potential": Number(
            0.1036001, f"ocv at c = 0.5, where mu is set to zero; {_COLCLASURE}"
        ),
        "diffusivity": Number(3.0e-14, f"constant, at 30 degC: {_SAME}"),
        "diffusivity_activation": Number(30_000.0, "NREL BATMODS-lite, graphite"),
        "reference_temperature": Number(303.15, "of the diffusivity: NREL BATMODS-lite, graphite"),
        "density": Number(2260.0, "graphite crystal: handbook value, not looked up", assumed=True),
    },
    ocv=ocv,
    ocv_source=_SAME,
    ocv_range=(0.01, 0.97),
    kinetics={
        "law": "butler_volmer",
        "k0": 11.0,
        "alpha": 0.5,
        "exchange_current": "newman",
        "activation_energy": 30_000.0,
        "reference_temperature": 303.15,
    },
    kinetics_source=(
        f"{_COLCLASURE} as MPET 1.0.1 has it; BATMODS-lite's reading of the same paper is 18.9"
        " A/m^2 at 1 mol/L; activation energy and its temperature: BATMODS-lite"
    ),
)
