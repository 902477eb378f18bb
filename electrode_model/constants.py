"""Physical constants, CODATA as shipped with SciPy."""

from scipy.constants import N_A, e, k

__all__ = ["AVOGADRO", "BOLTZMANN", "CONCENTRATION", "ELEMENTARY_CHARGE", "FARADAY", "HOUR"]

BOLTZMANN: float = k  # J/K
ELEMENTARY_CHARGE: float = e  # C
AVOGADRO: float = N_A  # 1/mol
FARADAY: float = e * N_A  # C/mol

HOUR: float = 3600.0  # s; the unit of time inside, so that a rate is a C-rate
CONCENTRATION: float = 1000.0  # mol/m^3; the unit of c_e inside, so that c_e is in mol/L
