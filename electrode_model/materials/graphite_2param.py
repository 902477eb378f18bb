"""Graphite as two coupled layers: stages 2 and 1 as phases."""

from electrode_model.material import Material, Number

_FERGUSON = "Ferguson & Bazant, Electrochim. Acta 146 (2014) 89"
_MPET = (
    "Smith & Bazant, J. Electrochem. Soc. 164 (2017) E3291, MPET parameter files graphite and"
    " graphite_homog"
)

MATERIAL = Material(
    name="graphite_2param",
    description="graphite, LixC6, phase-separating; two coupled layers",
    numbers={
        "site_density": Number(1.7e28, f"of both layers: {_MPET}"),
        "standard_potential": Number(0.12, f"{_FERGUSON}; MPET 1.0.1, LiC6"),
        "omega": Number(1.3992e-20, f"3.4 kT at 298 K: {_FERGUSON}; {_MPET}"),
        "omega_b": Number(5.761532e-21, f"1.4 kT at 298 K: {_FERGUSON}; {_MPET}"),
        "omega_c": Number(8.23076e-20, f"20 kT at 298 K: {_FERGUSON}; {_MPET}"),
        "van_der_waals": Number(0.0, _MPET),
        "gradient_energy": Number(4.0e-7, f"of each layer: {_MPET}"),
        "coherency": Number(0.0, _MPET),
        "diffusivity": Number(1.25e-12, f"tracer diffusivity of the lattice gas: {_MPET}"),
        "wetting_filling": Number(0.98, f"key cwet: {_MPET}"),
        "wetting_layer": Number(0.0, "taken as the end faces themselves", assumed=True),
        "density": Number(2260.0, "graphite crystal: handbook value, not looked up", assumed=True),
    },
    kinetics={
        "law": "butler_volmer",
        "k0": 30.0,
        "alpha": 0.5,
        "exchange_current": "lattice_transition_state",
        "activation_energy": 50_000.0,
        "reference_temperature": 298.0,
    },
    kinetics_source=_MPET,
)
