"""Li(Ni1/3Mn1/3Co1/3)O2: layered oxide with a steep exchange current near full lithiation."""

from electrode_model.material import Material, Number
from electrode_model.symbolic import Expr, exp

_LUEDERS = (
    "attributed to von Lueders et al., J. Power Sources 414 (2019) 41, by public MATLAB code with"
    " the same function; the paper was not seen"
)
_CELL = (
    "hexagonal cell of a = 2.867 and c = 14.246 Angstrom, quoted from memory of Ohzuku & Makimura,"
    " Chem. Lett. 30 (2001) 642, and not checked there"
)
_MOHTAT = (
    "PyBaMM's parameter set of Mohtat et al., J. Electrochem. Soc. 167 (2020) 110561, which is"
    " for NMC532"
)


def ocv(c: Expr, temperature: float) -> Expr:
    """Open-circuit voltage [V] at 25 degC, its temperature dependence left out.

    c is the lithium content of LixMO2 itself (4.2 V at c = 0.42), as the exchange current
    needs it, and not a fraction of a cell's usable range.  That reading, and 3.0-4.3 V as the
    range where it is good, are assumed; the function falls monotonically over (0.2, 1).  An
    independent teardown fit (About:Energy 2022, whose c_max is 6 % lower) lies 15-33 mV higher
    for 0.7 < c < 0.9 and 68 mV higher at 0.5.
    """
    cubic = ((-2.5947 * c + 7.1062) * c - 6.9922) * c + 6.0826
    return cubic - 5.4549e-5 * exp(124.23 * c - 114.2593)


MATERIAL = Material(
    name="nmc111",
    description="Li(Ni1/3Mn1/3Co1/3)O2, solid solution, autocatalytic on delithiation",
    numbers={
        "site_density": Number(2.958e28, f"3 sites in a {_CELL}", assumed=True),
        "standard_potential": Number(
            4.0387125, f"ocv at c = 0.5, where mu is set to zero; {_LUEDERS}"
        ),
        "diffusivity": Number(
            8.0e-15,
            f"at 25 degC, a constant: {_MOHTAT}; that NMC111 has the same is assumed",
            assumed=True,
        ),
        "density": Number(4738.0, f"3 formula units of 96.46 g/mol in a {_CELL}", assumed=True),
    },
    ocv=ocv,
    ocv_source=f"{_LUEDERS}; named NMC111 in the MOOSE examples of github.com/hugary1995/eel",
    ocv_range=(0.38, 0.995),
    kinetics={
        "law": "butler_volmer",
        "k0": 2.9,
        "alpha": 0.5,
        "exchange_current": {"form": "park_sigmoid", "steepness": 25.0, "centre": 0.6},
    },
    kinetics_source=(
        "shape: Park et al., Nature Mater. 20 (2021) 991, as the sigmoid of MPET 1.0.1. Scale:"
        f" j0(0.5) = 2.7 A/m^2 at 1 mol/L and 25 degC, {_MOHTAT}. That both go together is"
        " assumed."
    ),
)
