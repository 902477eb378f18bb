"""MPET's names of materials, reactions and electrolytes, and what they are called here."""

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = [
    "ELECTRODE_KEYS",
    "ELECTROLYTES",
    "MATERIALS",
    "MODELS",
    "REACTIONS",
    "SYSTEM_KEYS",
    "Known",
]


def _keys(**sections: str) -> Mapping[str, frozenset[str]]:
    return {name.replace("_", " "): frozenset(text.split()) for name, text in sections.items()}


#: Keys of the system file by section.  Those that import never asks for have no effect where they
#: stand, such as those of an anode that is a foil; others are unknown.
SYSTEM_KEYS = _keys(
    Sim_Params="""profileType Crate power 1C_current_density tramp Vmax Vmin Vset capFrac segments
        prevDir tend tsteps times relTol absTol T T0 randomSeed seed dataReporter Rser Nvol_c Nvol_s
        Nvol_a Npart_c Npart_a totalCycle""",
    Electrodes="cathode anode k0_foil Rfilm_foil",
    Particles="""mean_c stddev_c mean_a stddev_a fraction_of_contact stand_dev_contact
        localized_losses cs0_c cs0_a specified_psd_c specified_psd_a""",
    Conductivity="""simBulkCond_c simBulkCond_a sigma_s_c sigma_s_a simPartCond_c simPartCond_a
        G_mean_c G_stddev_c G_mean_a G_stddev_a""",
    Geometry="""L_c L_a L_s P_L_c P_L_a poros_c poros_a poros_s specified_poros_c specified_poros_a
        specified_poros_s BruggExp_c BruggExp_a BruggExp_s""",
    Electrolyte="""c0 zp zm nup num elyteModelType SMset_filename SMset n sp Dp Dm cmax a_slyte""",
    Interface="""simInterface_a simInterface_c Nvol_i L_i BruggExp_i poros_i interfaceModelType
        interfaceSMset c0_int cmax_i Dp_i Dm_i""",
)

#: Those of an electrode file.
ELECTRODE_KEYS = _keys(
    Particles="type discretization shape thickness",
    Material="""muRfunc_filename muRfunc logPad noise noise_prefac numnoise Omega_a Omega_b Omega_c
        kappa B EvdW rho_s D Dfunc_filename Dfunc E_D dgammadc cwet""",
    Reactions="rxnType_filename rxnType k0 E_A alpha lambda Rfilm",
)


class Known(NamedTuple):
    """A material of MPET (muRfunc)."""

    name: str  # here
    solid_solution: bool = True  # known by its voltage
    numbers: tuple[tuple[str, str, str], ...] = ()  # keys of the file, here, and the unit
    fixed: Mapping[str, tuple[Any, str]] = {}  # numbers in MPET's code, other than the material's
    diffusivity: str = "constant"  # Dfunc of the material's own D(c)


_REGULAR = (
    ("Omega_a", "omega", "J"),
    ("kappa", "gradient_energy", "J/m"),
    ("B", "coherency", "Pa"),
)
_ONE_PARAMETER = (*_REGULAR, ("Omega_b", "omega_b", "J"))
_TWO_PARAMETERS = (*_ONE_PARAMETER, ("Omega_c", "omega_c", "J"), ("EvdW", "van_der_waals", "J"))
_ZERO = {"standard_potential": (0.0, "V")}

MATERIALS: Mapping[str, Known] = {
    "LiFePO4": Known("lfp", False, _REGULAR),
    "LTO": Known("lto", False, _REGULAR),
    "testRS": Known("lfp", False, _REGULAR, _ZERO),
    "testIS_ss": Known("lfp", False, (), {**_ZERO, "omega": (0.0, "J")}),
    "LiC6": Known("graphite_2param", False, _TWO_PARAMETERS),
    "LiC6_1param": Known("graphite_1param", False, _ONE_PARAMETER),
    "LiC6_ss": Known("graphite_safari"),
    "LiC6_ss2": Known("graphite_bernardi"),
    "LiC6_2step_ss": Known("graphite_two_step"),
    "LiC6_LIONSIMBA": Known("graphite_lionsimba"),
    "LiC6_Colclasure_1506T": Known("graphite"),
    "LiC6_coke_ss": Known("coke_doyle96"),
    "LiC6_coke_ss2": Known("coke"),
    "LiMn2O4_ss": Known("lmo_doyle96"),
    "LiMn2O4_ss2": Known("lmo"),
    "LiCoO2_LIONSIMBA": Known("lco"),
    "NCA_ss1": Known("nca_cogswell"),
    "NCA_ss2": Known("nca_smith"),
    "NMC532_Colclasure20": Known("nmc532", diffusivity="NMC532_Colclasure20"),
}

#: In full: a material's own ``full`` would stand in for one that is not given.
_NEWMAN = {"form": "newman", "full": 1}

#: MPET 1.0.1 rounds the coefficients of NMC532 (Colclasure et al., Electrochim. Acta 337 (2020)
#: 135854) to four digits: mpet/electrode/reactions/BV_Colclasure20.py.
_NMC532_EXCHANGE = {
    "form": "colclasure",
    "coefficients": [165.0, -752.4, 1241.0, -941.7, 325.0, -35.85],
}
#: And those of log10 D to whole numbers: mpet/electrode/diffusion/NMC532_Colclasure20.py.
NMC532_DIFFUSIVITY: Mapping[str, Any] = {
    "form": "log_polynomial",
    "coefficients": [
        *(-2319.0, 6642.0, -5269.0, -3319.0, 10038.0, -9806.0, 5817.0, -2286.0),
        *(575.3, -83.16, -9.292),
    ],
}

#: Exchange currents by rxnType; None: that of the law.  Those for a solid solution come second,
#: where MPET takes the activity c/(1-c).
REACTIONS: Mapping[str, tuple[str, Any, Any]] = {
    "BV": ("butler_volmer", "transition_state", _NEWMAN),
    "BV_gMod01": ("butler_volmer", "lattice_transition_state", None),
    "BV_raw": ("butler_volmer", *2 * ({"form": "constant", "order": 0},)),
    "BV_mod01": ("butler_volmer", _NEWMAN, _NEWMAN),
    "BV_mod02": ("butler_volmer", *2 * ({"form": "newman", "full": 0.5},)),
    "BV_Colclasure20": ("butler_volmer", _NMC532_EXCHANGE, _NMC532_EXCHANGE),
    "BV_NMC_Park2021": (
        "butler_volmer",
        *2 * ({"form": "park_sigmoid", "steepness": 25, "centre": 0.6},),
    ),
    "BV_Lim2016": ("butler_volmer", "skewed", "skewed"),
    "Marcus": ("marcus", "ideal_transition_state", "ideal_transition_state"),
    "MHC": ("marcus_hush_chidsey", "transition_state", _NEWMAN),
    "CIET": ("ciet", "", ""),
}

ELECTROLYTES: Mapping[str, str] = {
    "valoen_reimers": "valoen_reimers",
    "valoen_bernardi": "valoen_bernardi",
    "LiClO4_PC": "liclo4_pc",
    "Doyle96_EC_DMC_1_2": "doyle96_ec_dmc_1_2",
    "Doyle96_EC_DMC_2_1": "doyle96_ec_dmc_2_1",
    "LIONSIMBA_isothermal": "lionsimba_isothermal",
    "LIONSIMBA_nonisothermal": "lionsimba",
    "Colclasure20": "colclasure_2020",
    "Nyman_EC_EMC": "nyman_2008",
}

#: Particle model by type.
MODELS: Mapping[str, str] = {
    "homog": "homogeneous",
    "homog_sdn": "homogeneous_size_dependent",
    "homog2": "homogeneous_two_layers",
    "diffn": "diffusion",
    "CHR": "cahn_hilliard",
    "CHR2": "cahn_hilliard_two_layers",
    "ACR": "allen_cahn",
    "ACR2": "allen_cahn_two_layers",
    "ACR_Diff": "surface_diffusion",
    "diffn2": "diffusion_two_layers",
    "homog2_sdn": "homogeneous_two_layers_size_dependent",
}
