"""Lithium iron phosphate, LiFePO4: regular solution with gradient and coherency energy."""

from electrode_model.material import Material, Number

_MPET = "Smith & Bazant, J. Electrochem. Soc. 164 (2017) E3291, MPET 1.0.1 parameter file LFP"
_COGSWELL = "Cogswell & Bazant, ACS Nano 6 (2012) 2215; same number in MPET 1.0.1"

MATERIAL = Material(
    name="lfp",
    description="LiFePO4, phase-separating; reaction on the (010) facets",
    numbers={
        "site_density": Number(1.3793e28, _COGSWELL),
        "standard_potential": Number(
            3.422, f"Bai, Cogswell & Bazant, Nano Lett. 11 (2011) 4890; {_MPET}"
        ),
        "omega": Number(1.856e-20, f"115.8 meV, 4.51 kT at 298 K: {_COGSWELL}"),
        "gradient_energy": Number(5.0148e-10, _COGSWELL),
        "coherency": Number(1.916e8, _COGSWELL),
        "wetting_filling": Number(0.98, _MPET),
        "wetting_layer": Number(
            0.5e-9,
            "half a lattice parameter along [100] (a = 1.03 nm); equals MPET's ghost node, one"
            " full cell from the last centre, at its 1 nm grid",
            assumed=True,
        ),
        "diffusivity": Number(5.3e-19, f"tracer diffusivity of the lattice gas: {_MPET}"),
        "density": Number(
            3600.0,
            "from X-ray diffraction, 3.6 g/cm3: ICSD 72545 (triphylite at 298 K), as in the"
            " test files of pymatgen",
        ),
    },
    kinetics={
        "law": "butler_volmer",
        "k0": 0.16,
        "alpha": 0.5,
        "exchange_current": "transition_state",
    },
    kinetics_source=f"{_MPET}; 16 times the k0 of Lim et al., Science 353 (2016) 566",
)
