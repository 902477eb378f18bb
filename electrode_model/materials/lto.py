"""Lithium titanate, Li4Ti5O12 to Li7Ti5O12: regular solution without coherency strain."""

from electrode_model.material import Material, Number

_MPET = "Smith & Bazant, J. Electrochem. Soc. 164 (2017) E3291, MPET 1.0.1 parameter file LTO"

MATERIAL = Material(
    name="lto",
    description="Li[Li1/3Ti5/3]O4, phase-separating spinel; zero strain",
    numbers={
        "site_density": Number(
            1.3717e28,
            "crystallographic, one site per Li4/3Ti5/3O4: 8 in a cubic cell of 8.355 Angstrom,"
            " Kataoka et al., AsCA'06; with the density of that cell the formula's 175.1 mAh/g."
            " MPET 1.0.1 has 1.32e28, which gives 168.5",
        ),
        "standard_potential": Number(1.55, f"{_MPET}; plateau against lithium"),
        "omega": Number(1.43e-20, f"3.47 kT at 298 K: {_MPET}"),
        "gradient_energy": Number(1.0e-10, _MPET),
        "coherency": Number(0.0, f"zero-strain material: {_MPET}"),
        "diffusivity": Number(4.0e-16, f"tracer diffusivity of the lattice gas: {_MPET}"),
        "density": Number(
            3486.0,
            "crystallographic: 8/3 formula units of 459.1 g/mol in a cubic cell of 8.355"
            " Angstrom, Kataoka et al., AsCA'06 (single-crystal diffraction)",
        ),
    },
    kinetics={
        "law": "butler_volmer",
        "k0": 3.6,
        "alpha": 0.5,
        "exchange_current": "transition_state",
    },
    kinetics_source=_MPET,
)
