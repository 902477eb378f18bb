"""1.2 mol/L LiPF6 in EC:EMC 3:7 (Gen 2): Colclasure et al., Electrochim. Acta 337 (2020) 135854.

Fits to the Advanced Electrolyte Model.  Coefficients as in MPET 1.0.1
(mpet/electrolyte/Colclasure20.py) and NREL's BATMODS-lite (_gen2_electrolyte.py), which agree
but in the thermodynamic factor.  Functions of c_e (mol/L) and temperature (K).
"""

from electrode_model.symbolic import Expr, exp

__all__ = [
    "CONCENTRATIONS",
    "TEMPERATURES",
    "conductivity",
    "diffusivity",
    "t_plus",
    "thermodynamic_factor",
]

CONCENTRATIONS = (0.0, 3.0)  # mol/L; assumed, the conductivity's polynomial is positive to there
TEMPERATURES = (273.15, 333.15)  # K; assumed, the cell model of the paper is for 30 degC and up

_CONDUCTIVITY = (  # by power of c_e, 1 to 4; by power of T, the highest first; S/m
    (1.909446e-4, -8.038545e-2, 9.00341),
    (-2.887587e-8, 3.483638e-5, -1.583677e-2, 3.195295, -241.4638),
    (1.653786e-8, -1.99876e-5, 9.071155e-3, -1.828064, 138.0976),
    (-2.791965e-9, 3.377143e-6, -1.532707e-3, 0.3090003, -23.35671),
)
_T_PLUS = (  # by power of c_e, 0 to 2; by power of T, the highest first
    (-6.766258e-7, 6.389189e-4, 0.3091761),
    (1.161463e-6, -8.6825e-4, 0.1777266),
    (-2.876102e-7, 2.077407e-4, -0.03881203),
)
_DIFFUSIVITY = (  # by power of c_e, 0 to 2: a and b of a + b/(T - T_glass)
    (-0.5688226, -1607.003),
    (-0.8108721, 475.291),
    (-0.005192312, -33.43827),
)


def _at(coefficients: tuple[float, ...], temperature: float) -> float:
    """A polynomial in the temperature by Horner's rule."""
    value = 0.0
    for coefficient in coefficients:
        value = value * temperature + coefficient
    return value


def diffusivity(c_e: Expr, temperature: float) -> Expr:
    """Salt diffusivity [m^2/s]."""
    glass = 64.07366 * c_e - 24.83763
    d0, d1, d2 = (a + b / (temperature - glass) for a, b in _DIFFUSIVITY)
    return 1e-4 * 10 ** (d0 + c_e * (d1 + c_e * d2))


def conductivity(c_e: Expr, temperature: float) -> Expr:
    """Conductivity [S/m]."""
    k1, k2, k3, k4 = (_at(row, temperature) for row in _CONDUCTIVITY)
    return c_e * (k1 + c_e * (k2 + c_e * (k3 + c_e * k4)))


def t_plus(c_e: Expr, temperature: float) -> Expr:
    """Transference number of the cation, about 0.46."""
    t0, t1, t2 = (_at(row, temperature) for row in _T_PLUS)
    return t0 + c_e * (t1 + c_e * t2)


def thermodynamic_factor(c_e: Expr, temperature: float) -> Expr:
    """1 + dlnf/dlnc as MPET 1.0.1 has it: 3.2 at 1 mol/L and 30 degC.

    BATMODS-lite has the same terms without the leading 1, which is nearer to an ideal solution at
    c_e = 0 (0.8 against 1.8) and to other carbonate electrolytes at 1 mol/L (2.2; Valøen & Reimers
    2.1): MPET seems to count the 1 twice.  ``thermodynamic_factor`` beside ``properties`` sets
    another value.
    """
    t = temperature
    slope, curvature = -0.00225 * exp(1360 / t), 0.54 * exp(329 / t)
    return 1 + 0.341 * exp(261 / t) + c_e * (slope + c_e * curvature)
