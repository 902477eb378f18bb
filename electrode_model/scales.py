"""The one place where SI and the dimensionless inside meet.

Inside, potentials are in kT/e, electrolyte concentrations in mol/L, time in hours and currents
in units of the theoretical 1C current: a rate of filling is then a C-rate.
"""

from dataclasses import dataclass
from math import exp

from electrode_model.constants import (
    AVOGADRO,
    BOLTZMANN,
    CONCENTRATION,
    ELEMENTARY_CHARGE,
    FARADAY,
    HOUR,
)

__all__ = ["Scales"]


@dataclass(frozen=True)
class Scales:
    """Units of the inside in SI."""

    temperature: float  # K
    current: float  # A/m^2, theoretical 1C

    @property
    def voltage(self) -> float:
        """The thermal voltage kT/e [V]."""
        return BOLTZMANN * self.temperature / ELEMENTARY_CHARGE

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
        return self.current / FARADAY

    def reaction(self, k0: float, site_density: float) -> float:
        """k0 / (e rho_s): velocity of the surface reaction [m/h]."""
        return k0 / (ELEMENTARY_CHARGE * site_density) * HOUR

    def per_site(self, energy_density: float, site_density: float) -> float:
        """Energy per volume over rho_s kT: strain energy, or gradient energy in m^2."""
        return energy_density / (site_density * BOLTZMANN * self.temperature)

    def arrhenius(self, activation: float, reference: float) -> float:
        """exp(-E/R (1/T - 1/T_ref)), E [J/mol]: 1 at the reference temperature [K]."""
        gas = BOLTZMANN * AVOGADRO
        return exp(activation / gas * (1 / reference - 1 / self.temperature))

    def energy(self, joule: float) -> float:
        """Energy per site in kT."""
        return joule / (BOLTZMANN * self.temperature)

    @staticmethod
    def capacity(site_density: float) -> float:
        """Charge per volume of a solid [C/m^3]."""
        return FARADAY * site_density / AVOGADRO
