"""The one place where SI and the dimensionless inside meet.

Inside, potentials are in kT/e, electrolyte concentrations in mol/L, time in hours and currents
in units of the theoretical 1C current: a rate of filling is then a C-rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from electrode_model.constants import (
    AVOGADRO,
    BOLTZMANN,
    CONCENTRATION,
    ELEMENTARY_CHARGE,
    HOUR,
)
from electrode_model.symbolic import Expr, exp

__all__ = ["CONSTANTS", "Constants", "Scales"]


@dataclass(frozen=True)
class Constants:
    """Physical constants that a simulation computes with."""

    boltzmann: float  # J/K
    charge: float  # C
    avogadro: float  # 1/mol

    @property
    def faraday(self) -> float:
        """C/mol."""
        return self.charge * self.avogadro


#: Sets by name: those of CODATA, and the rounded ones of MPET 1.0.1 (mpet/config/constants.py),
#: 0.04 % apart in kT/e, for comparisons with it below 0.1 mV.
CONSTANTS: Mapping[str, Constants] = MappingProxyType(
    {
        "codata": Constants(BOLTZMANN, ELEMENTARY_CHARGE, AVOGADRO),
        "mpet": Constants(1.381e-23, 1.602e-19, 6.022e23),
    }
)


@dataclass(frozen=True)
class Scales:
    """Units of the inside in SI."""

    temperature: Expr  # K; a symbol for laws at any temperature
    current: float  # A/m^2, theoretical 1C
    constants: Constants = CONSTANTS["codata"]

    @property
    def voltage(self) -> float:
        """The thermal voltage kT/e [V]."""
        return self.constants.boltzmann * self.temperature / self.constants.charge

    @property
    def time(self) -> float:
        """One hour [s]."""
        return HOUR

    @property
    def concentration(self) -> float:
        """1 mol/L [mol/m^3]."""
        return CONCENTRATION

    @property
    def resistance(self) -> float:
        """Area resistance [ohm m^2] that drops kT/e at the 1C current."""
        return self.voltage / self.current

    @property
    def salt_flux(self) -> float:
        """Salt that the 1C current carries [mol/(m^2 s)]."""
        return self.current / self.constants.faraday

    def reaction(self, k0: float, site_density: float) -> float:
        """k0 / (e rho_s): velocity of the surface reaction [m/h]."""
        return k0 / (self.constants.charge * site_density) * HOUR

    def per_site(self, energy_density: float, site_density: float) -> float:
        """Energy per volume over rho_s kT: strain energy, or gradient energy in m^2."""
        return energy_density / (site_density * self.constants.boltzmann * self.temperature)

    def arrhenius(self, activation: float, reference: float) -> Expr:
        """exp(-E/R (1/T - 1/T_ref)), E [J/mol]: 1 at the reference temperature [K]."""
        gas = self.constants.boltzmann * self.constants.avogadro
        return exp(activation / gas * (1 / reference - 1 / self.temperature))

    def energy(self, joule: float) -> float:
        """Energy per site in kT."""
        return joule / (self.constants.boltzmann * self.temperature)

    @staticmethod
    def capacity(site_density: float, constants: Constants = CONSTANTS["codata"]) -> float:
        """Charge per volume of a solid [C/m^3]."""
        return constants.charge * site_density
