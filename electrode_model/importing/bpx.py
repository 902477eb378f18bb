"""From a BPX file (Battery Parameter eXchange 0.x, JSON) to a configuration.

The parameters of a Doyle-Fuller-Newman model: https://bpxstandard.com.  Stoichiometries count in
the maximum concentration, as fillings do here; exchange currents are

    j0 = F K (c_e/c_e0)^1/2 [x (1 - x)]^1/2,    i = j0 2 sinh(F eta/2RT);

``Transport efficiency`` is porosity^bruggeman; the conductivity of an electrode is the effective
one.  The cell starts charged.  Formulae become tables, the electrolyte's at the file's temperature.
"""

import json
from collections.abc import Callable, Mapping
from math import exp, isfinite, log
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.components import material_names
from electrode_model.config.problems import ConfigError, Problem, show
from electrode_model.config.yaml_source import read_text
from electrode_model.constants import AVOGADRO, BOLTZMANN, CONCENTRATION, FARADAY
from electrode_model.importing.expression import Function, read_function, sampled
from electrode_model.importing.mpet import Imported
from electrode_model.importing.writing import Noted, remarks, yaml_text

__all__ = ["import_bpx"]

_PLACES = (10, 6, 10)  # volumes of negative, separator, positive
_NODES = 20  # in a particle
_OCV_ERROR, _LOG_ERROR, _SHARE_ERROR = 1e-4, 1e-3, 1e-3  # V, of log10 D, of a property
_MOST_VOLTAGE = 5.0  # V: beyond it a formula is outside of its range
_MOST_CONCENTRATION = 3000.0  # mol/m^3, of the tables
_NOT_USED = (  # without a place here: the cell is isothermal
    "Specific heat capacity [J.K-1.kg-1]",
    "Thermal conductivity [W.m-1.K-1]",
    "Density [kg.m-3]",
    "External surface area [m2]",
    "Volume [m3]",
)
_BASES = {"LFP": "lfp", "NMC532": "nmc532", "NMC811": "nmc811", "NCA": "nca", "LCO": "lco"}


def import_bpx(path: str | Path) -> Imported:
    """The configuration of a BPX file: a discharge at 1C from the charged state.

    Raises ConfigError with every problem of the file.
    """
    cell = _Bpx(Path(path))
    tree = cell.tree()
    if cell.problems:
        raise ConfigError(cell.problems)
    head = [
        f"# Written by electrode-model import bpx from {cell.path.name}: {cell.title}",
        "# A comment names the key that a value is from.",
    ]
    tail = remarks("Not carried over:", cell.notes)
    text = "\n".join([*head, yaml_text(tree).rstrip(), *tail]) + "\n"
    return Imported(text, tuple(dict.fromkeys(cell.notes)), ())


class _Bpx:
    """The file, with the faults found in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        try:
            data = json.loads(read_text(path))
        except json.JSONDecodeError as error:
            raise ConfigError(
                [Problem(str(path), error.lineno, "", f"is no JSON: {error.msg}")]
            ) from None
        except RecursionError:
            raise ConfigError([Problem(str(path), 0, "", "is nested too deep")]) from None
        header = data.get("Header", {}) if isinstance(data, dict) else {}
        self.data = data.get("Parameterisation") if isinstance(data, dict) else None
        if not isinstance(self.data, dict) or not isinstance(header, dict):
            message = "is missing; a BPX file has it beside Header"
            raise ConfigError([Problem(str(path), 0, "Parameterisation", message)])
        self.title = " ".join(str(header.get("Title", "")).split())
        self.model = str(header.get("Model", "DFN"))
        self.temperature = self.temperature_of("Initial temperature [K]")
        self.reference = self.temperature_of("Reference temperature [K]")

    def _fault(self, section: str, key: str, message: str) -> None:
        place = f"Parameterisation: {section}: {key}"
        self.problems.append(Problem(str(self.path), 0, place, message))

    def _value(self, section: str, key: str) -> Any:
        found = (self.data or {}).get(section)
        return found.get(key) if isinstance(found, Mapping) else None

    def number(self, section: str, key: str, default: float | None = None) -> float:
        """A number; one that is missing or wrong is remembered and 1."""
        value = self._value(section, key)
        if value is None and default is not None:
            return default
        if value is None:
            self._fault(section, key, "is missing")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            self._fault(section, key, f"is {show(value)}; a number is needed")
        elif not isfinite(value) or value < 0 or (value == 0 and default is None):
            self._fault(section, key, f"is {value:g}; a finite number above 0 is needed")
        else:
            return float(value)
        return 1.0

    def temperature_of(self, key: str) -> float:
        """A temperature of the cell [K]."""
        value = self.number("Cell", key, 298.15)
        if 200 <= value <= 400:
            return value
        self._fault("Cell", key, f"is {value:g} K; it must be from 200 to 400 K")
        return 298.15

    def function(self, section: str, key: str) -> Function:
        """A number, formula or table; one that is missing or wrong is remembered and 1."""
        value = self._value(section, key)
        try:
            if value is None:
                raise ValueError("is missing")
            return read_function(value)
        except ValueError as error:
            self._fault(section, key, str(error))
            return lambda x: np.ones_like(x)

    def faster(self, section: str, key: str) -> float:
        """Arrhenius factor of the file's temperature."""
        energy = self.number(section, key, 0.0)
        gas = BOLTZMANN * AVOGADRO
        return exp(energy / gas * (1 / self.reference - 1 / self.temperature))

    def tree(self) -> dict[str, Any]:
        """The configuration."""
        if self.model != "DFN":
            self.notes.append(f"Header: Model = {self.model}: the electrolyte is resolved here")
        self.notes += [
            f"Cell: {key}: the temperature is constant"
            for key in _NOT_USED
            if self._value("Cell", key) is not None
        ]
        area = self.number("Cell", "Electrode area [m2]")
        pairs = self.number(
            "Cell", "Number of electrode pairs connected in parallel to make a cell", 1.0
        )
        if pairs == 0:
            self._fault("Cell", "Number of electrode pairs", "is 0")
        capacity = self.number("Cell", "Nominal cell capacity [A.h]") / (area * max(pairs, 1.0))
        low, high = (
            self.number("Cell", f"{side} voltage cut-off [V]") for side in ("Lower", "Upper")
        )
        return {
            "schema": 1,
            "name": (self.title or self.path.stem).rstrip(".").replace(": ", ", "),
            "temperature": Noted(self.temperature, "Initial temperature", "K"),
            "nominal_capacity": Noted(
                capacity, f"Nominal cell capacity over {pairs:g} x {area:g} m^2", "A h/m^2"
            ),
            "negative": self._electrode("Negative electrode", "Maximum", _PLACES[0], "graphite"),
            "separator": {
                "thickness": Noted(self.number("Separator", "Thickness [m]"), "Thickness", "m"),
                **self._pores("Separator"),
                "volumes": Noted(_PLACES[1], "chosen here"),
            },
            "positive": self._electrode("Positive electrode", "Minimum", _PLACES[2], self._base()),
            "electrolyte": self._electrolyte(),
            "voltage_window": Noted(
                [round(low - 0.5, 9), round(high + 0.1, 9)],
                "beyond the cut-offs, not to end there",
                "V",
            ),
            "protocol": [
                Noted(
                    {"current": "1 C", "until": {"voltage": f"{low!r} V"}}, "Lower voltage cut-off"
                )
            ],
        }

    def _base(self) -> str:
        for word, name in _BASES.items():
            if word in self.title and name in material_names():
                return name
        return "nmc111"

    def _pores(self, section: str) -> dict[str, Noted]:
        porosity = self.number(section, "Porosity")
        efficiency = self.number(section, "Transport efficiency")
        if not (0 < porosity < 1 and 0 < efficiency <= 1):
            self._fault(section, "Transport efficiency", "and Porosity must lie between 0 and 1")
            porosity = efficiency = 0.5
        source = f"Transport efficiency {efficiency:g} = porosity^bruggeman"
        return {
            "porosity": Noted(porosity, "Porosity"),
            "bruggeman": Noted(log(efficiency) / log(porosity), source),
        }

    def _electrode(self, section: str, start: str, volumes: int, base: str) -> dict[str, Any]:
        if self._value(section, "Particle") is not None:
            cure = "write the populations by hand, each with its volume_fraction"
            self._fault(section, "Particle", f"holds several materials, which are not read; {cure}")
        radius = self.number(section, "Particle radius [m]")
        surface = self.number(section, "Surface area per unit volume [m-1]")
        start_key = f"{start} stoichiometry"
        return {
            "thickness": Noted(self.number(section, "Thickness [m]"), "Thickness", "m"),
            **self._pores(section),
            "active_fraction": Noted(
                surface * radius / 3, f"Surface area per unit volume {surface:g} 1/m times radius/3"
            ),
            "conductivity": Noted(
                self.number(section, "Conductivity [S.m-1]"), "Conductivity, effective", "S/m"
            ),
            "volumes": Noted(volumes, "chosen here"),
            "initial_filling": Noted(self.number(section, start_key), f"{start_key}: charged"),
            "particles": {
                "model": Noted(
                    {"name": "diffusion", "shape": "sphere", "nodes": _NODES}, "nodes: chosen here"
                ),
                "size": Noted(radius, "Particle radius", "m"),
                "material": self._material(section, base),
                "kinetics": self._kinetics(section),
            },
        }

    def _material(self, section: str, base: str) -> dict[str, Any]:
        voltage = self._voltage(section)
        low, high = self._range(section, voltage)
        if low == high:  # said already
            low, high, voltage = 0.0, 1.0, np.zeros_like
        fillings, volts = sampled(voltage, low, high, _OCV_ERROR)
        shape, middle = self._diffusivity(section)
        sites = self.number(section, "Maximum concentration [mol.m-3]") * AVOGADRO
        return {
            "name": Noted(base, "taken for no more than the density of the solid"),
            "site_density": Noted(sites, "Maximum concentration times N_A", "1/m^3"),
            "standard_potential": Noted(float(voltage(np.array([0.5]))[0]), "OCP at x = 0.5", "V"),
            "diffusivity": Noted(middle, "Diffusivity at x = 0.5", "m^2/s"),
            "diffusivity_shape": shape,
            "diffusivity_activation": Noted(
                self.number(section, "Diffusivity activation energy [J.mol-1]", 0.0),
                "Diffusivity activation energy",
                "J/mol",
            ),
            "reference_temperature": Noted(self.reference, "Reference temperature", "K"),
            "ocv": {
                "c": Noted(_rounded(fillings, 10), "stoichiometry, of the OCP"),
                "voltage": Noted(_rounded(volts, 8), f"V, to {1e3 * _OCV_ERROR:g} mV"),
            },
        }

    def _voltage(self, section: str) -> Function:
        """Open-circuit voltage at the temperature of the file."""
        ocp = self.function(section, "OCP [V]")
        above = self.temperature - self.reference
        key = "Entropic change coefficient [V.K-1]"
        if above == 0 or self._value(section, key) is None:
            return ocp
        slope = self.function(section, key)
        return lambda x: ocp(x) + above * slope(x)

    def _range(self, section: str, voltage: Function) -> tuple[float, float]:
        """Fillings about the middle where the voltage is one."""
        x = np.linspace(0.0, 1.0, 4001)
        with np.errstate(invalid="ignore"):
            bad = np.flatnonzero(~(np.abs(voltage(x)) <= _MOST_VOLTAGE))
        low = x[bad[bad < 2000].max() + 1] if np.any(bad < 2000) else 0.0
        high = x[bad[bad >= 2000].min() - 1] if np.any(bad >= 2000) else 1.0
        if not low < 0.5 < high:
            self._fault(section, "OCP [V]", f"is beyond {_MOST_VOLTAGE:g} V at x = 0.5")
            return 0.5, 0.5
        return float(low), float(high)

    def _diffusivity(self, section: str) -> tuple[Noted | dict[str, Any], float]:
        """The shape D(x)/D(0.5), and D(0.5)."""
        function = self.function(section, "Diffusivity [m2.s-1]")
        x = np.linspace(0.0, 1.0, 201)
        values, middle = function(x), float(function(np.array([0.5]))[0])
        if not np.all(values > 0) or not np.all(np.isfinite(values)):
            self._fault(section, "Diffusivity [m2.s-1]", "is not above 0 at every x from 0 to 1")
            return Noted("uniform"), 1.0
        if np.ptp(values) == 0:
            return Noted("uniform", "Diffusivity is a number"), middle
        places, logarithm = sampled(lambda y: np.log10(function(y) / middle), 0.0, 1.0, _LOG_ERROR)
        shape = {
            "form": "tabulated",
            "filling": Noted(_rounded(places, 10)),
            "log10_ratio": Noted(_rounded(logarithm, 8)),
        }
        return shape, middle

    def _kinetics(self, section: str) -> dict[str, Noted]:
        rate = self.number(section, "Reaction rate constant [mol.m-2.s-1]")
        start = self.number("Electrolyte", "Initial concentration [mol.m-3]")
        k0 = FARADAY * rate * (start / CONCENTRATION) ** -0.5
        source = f"F times Reaction rate constant {rate:g}, at 1 mol/L"
        key = "Reaction rate constant activation energy [J.mol-1]"
        return {
            "law": Noted("butler_volmer"),
            "k0": Noted(k0, source, "A/m^2"),
            "alpha": Noted(0.5),
            "exchange_current": Noted({"form": "newman", "full": 1}),
            "activation_energy": Noted(self.number(section, key, 0.0), key.split(" [")[0], "J/mol"),
            "reference_temperature": Noted(self.reference, "Reference temperature", "K"),
        }

    def _electrolyte(self) -> dict[str, Any]:
        section = "Electrolyte"
        start = self.number(section, "Initial concentration [mol.m-3]")
        names = {
            "conductivity": ("Conductivity [S.m-1]", "Conductivity activation energy [J.mol-1]"),
            "diffusivity": ("Diffusivity [m2.s-1]", "Diffusivity activation energy [J.mol-1]"),
        }
        found, most = dict[str, Function](), max(_MOST_CONCENTRATION, 2 * start)
        for name, (key, energy) in names.items():
            found[name] = _scaled(self.function(section, key), self.faster(section, energy))
        found["t_plus"] = self.function(section, "Cation transference number")
        places = np.linspace(0.0, most, 61)
        for name, function in found.items():
            values = function(places[1:])
            if not np.all(values > 0) or not np.all(np.isfinite(values)):
                last = places[1:][~(values > 0)][:1]
                if last.size and last[0] > start:
                    places = places[places < last[0]]
                else:
                    self._fault(
                        section, name, "is not above 0 at every concentration to the initial"
                    )
                    return {"model": "tabulated"}
        source = f"formulae at {self.temperature:g} K"
        return {
            "model": Noted("tabulated"),
            "concentration": Noted(start, "Initial concentration", "mol/m^3"),
            "concentrations": Noted(_rounded(places, 10), "mol/m^3"),
            "conductivity": Noted(_column(found["conductivity"], places), f"S/m; {source}"),
            "diffusivity": Noted(_column(found["diffusivity"], places), f"m^2/s; {source}"),
            "t_plus": Noted(_column(found["t_plus"], places), "Cation transference number"),
            "thermodynamic_factor": Noted([1], "BPX has none"),
        }


def _scaled(function: Function, factor: float) -> Callable[[Any], Any]:
    return lambda x: factor * function(x)


def _column(function: Function, places: Any) -> list[float]:
    """Values at the places; one value if all are the same."""
    values = np.maximum(function(places), 0.0)
    return _rounded(values if np.ptp(values) > 0 else values[:1], 8)


def _rounded(values: Any, digits: int) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values]
