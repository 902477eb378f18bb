"""An electrode of MPET, its file and its part of the system file, as a configuration's section."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.components import LAWS, PARTICLES
from electrode_model.importing.cfg import Cfg
from electrode_model.importing.mpet_losses import (
    chain,
    contact,
    draw_conductances,
    interphase,
    noise,
)
from electrode_model.importing.mpet_names import (
    ELECTRODE_KEYS,
    MATERIALS,
    MODELS,
    NMC532_DIFFUSIVITY,
    REACTIONS,
    Known,
)
from electrode_model.importing.mpet_porosity import porosities
from electrode_model.importing.mpet_sizes import draw_sizes
from electrode_model.importing.writing import Noted
from electrode_model.scales import CONSTANTS

__all__ = ["MpetElectrode"]

_SHAPES = {"sphere": "sphere", "cylinder": "cylinder", "C3": "plate"}
_ANY_SHAPE = ("homog", "homog2")
_RADIAL = ("CHR", "diffn", "CHR2", "diffn2")
_PHASES = ("CHR", "CHR2", "ACR", "ACR2", "ACR_Diff")  # with gradient energy
_MOVING = ("CHR", "CHR2", "diffn", "diffn2", "ACR_Diff")  # with a diffusivity
_REFERENCE = Noted(298, "MPET's T_ref", "K")
_OF_CONCENTRATION = ("BV_mod01", "BV_mod02", "BV_Colclasure20")  # j0 in mol/L, not an activity
_FEW_POINTS = 31  # of a Fickian particle: twice as many move the voltage by less than 0.1 mV
_MANY_GRIDS = 12  # numbers of cells, each a kernel of its own


class MpetElectrode:
    """One electrode; ``notes`` are what is lost, ``changes`` what is done differently."""

    def __init__(self, system: Cfg, letter: str, random: np.random.RandomState) -> None:
        """Read the file that ``system`` names; raises ConfigError if there is none."""
        self.system, self.letter = system, letter
        self.notes: list[str] = []
        self.changes: list[str] = []
        name = system.text("Electrodes", {"c": "cathode", "a": "anode"}[letter])
        self.file = Cfg(system.path.parent / Path(name or "."), ELECTRODE_KEYS)
        self._code_files()
        self.kind = self.file.choice("Particles", "type", MODELS)
        step = self.file.number("Particles", "discretization", 1e-9)
        self.sizes = draw_sizes(system, letter, self.kind, step, random)
        self.step = step
        self.known = MATERIALS[self.file.choice("Material", "muRfunc", MATERIALS)]
        self.sites = self.file.number("Material", "rho_s", above=0.0)
        self.start = self._own("Particles", "cs0")
        self.porosities = porosities(system, letter)
        self.conductances = np.empty(0)

    def _own(self, section: str, key: str, above: float | None = None) -> float:
        """A number of this electrode in the system file."""
        return self.system.number(section, f"{key}_{self.letter}", above=above)

    def draw_conductances(self, random: np.random.RandomState) -> None:
        """Draw the chain's conductances; MPET does after the sizes of both electrodes."""
        self.conductances = draw_conductances(
            self.system, self.letter, self.sizes.size.shape, random
        )

    @property
    def porosity(self) -> float:
        """Mean porosity."""
        return float(np.mean(self.porosities.value))

    @property
    def capacity(self) -> float:
        """Lithium sites per area [1/m^2]."""
        solid = (1 - self.porosity) * self._own("Geometry", "P_L")
        return self._own("Geometry", "L", above=0.0) * solid * self.sites

    @property
    def conductivity(self) -> float | None:
        """Of the solid, effective [S/m]; None: MPET does not simulate it."""
        if not self.system.flag("Conductivity", f"simBulkCond_{self.letter}"):
            return None
        exponent = 1 - self._own("Geometry", "BruggExp")
        bulk = self._own("Conductivity", "sigma_s", above=0.0)
        return float(bulk * (1 - self.porosity) ** exponent)

    @property
    def beyond(self) -> float:
        """Resistance between the end of the electrode and MPET's collector [ohm m^2].

        The collector is a whole cell beyond the centre of the last volume.
        """
        conductivity, volumes = self.conductivity, self.sizes.size.shape[0]
        if conductivity is None:
            return 0.0
        return self._own("Geometry", "L", above=0.0) / volumes / 2 / conductivity

    def section(self, time: float) -> dict[str, Any]:
        """The electrode as keys of a configuration; ``time`` is that of the run [s]."""
        a, porosity, loading = self.letter, self.porosity, self._own("Geometry", "P_L")
        conductivity = None
        if self.conductivity is not None:
            bulk = self._own("Conductivity", "sigma_s")
            source = f"sigma_s_{a} = {bulk:g} S/m times (1 - poros)^(1 - BruggExp)"
            conductivity = Noted(self.conductivity, source, "S/m")
        self._porosity_changes()
        volumes = self.system.whole("Sim Params", f"Nvol_{a}")
        return {
            "thickness": Noted(self._own("Geometry", "L", above=0.0), f"L_{a}", "m"),
            "porosity": self.porosities,
            "active_fraction": Noted(
                loading * (1 - porosity), f"P_L_{a} = {loading:g} of the solid, 1 - poros_{a}"
            ),
            "bruggeman": Noted(1 - self._own("Geometry", "BruggExp"), f"1 - BruggExp_{a}"),
            "conductivity": conductivity,
            "volumes": Noted(volumes, f"Nvol_{a}"),
            "initial_filling": Noted(self.start, f"cs0_{a}"),
            "connections": chain(self.system, a, self.conductances, self.changes),
            "particles": self._population(time),
        }

    def _porosity_changes(self) -> None:
        if isinstance(self.porosities.value, float):
            return
        a = self.letter
        self.changes.append(
            f"specified_poros_{a}: active material and conductivity are those of the mean,"
            f" {self.porosity:g}, in every volume; MPET has as much of the material in each"
            f" too, but in the electrolyte's balance that of poros_{a}, and a conductivity of each"
        )

    def _population(self, time: float) -> dict[str, Any]:
        film = self.file.number("Reactions", "Rfilm", 0.0)
        plate = "shape" not in self._shape() and self.kind not in _RADIAL
        plate = plate or self._shape().get("shape") == "plate"
        thickness = self.file.number("Particles", "thickness", above=0.0) if plate else None
        touching = contact(self.system, self.kind, self.sizes, self.changes)
        model = self._model()
        if "contact_seed" in touching:
            model["contact_seed"] = touching.pop("contact_seed").value
        return {
            "model": Noted(model, f"type = {self.kind}"),
            "per_volume": Noted(self.sizes.size.shape[1], f"Npart_{self.letter}"),
            "size": self._size(),
            "thickness": Noted(thickness, "thickness", "m") if plate else None,
            "material": self._material(),
            "kinetics": self._kinetics(),
            "film_resistance": Noted(film, "Rfilm", "ohm m^2"),
            "interphase": interphase(self.system, self.letter, self.changes),
            **touching,
            "noise": self._noise(time, thickness),
        }

    def _noise(self, time: float, thickness: float | None) -> dict[str, Any] | None:
        """Langevin noise; its size as rates of filling, at the mean size."""
        charge = CONSTANTS["mpet"].charge
        area = 2 / thickness if thickness else 3 / float(self.sizes.size.mean())  # over volume
        k0 = self.file.number("Reactions", "k0")
        along = self.file.number("Material", "D", 0.0) / 4 / self.step**2 if self.step > 0 else 0.0
        scale = {"reaction": area * k0 / (charge * self.sites), "flux": along}
        seed = self.system.whole("Sim Params", "seed", 0)
        return noise(self.file, self.kind, scale, time, seed, self.changes)

    def _size(self) -> Any:
        size, source = self.sizes.size, self.sizes.source
        if np.ptp(size) == 0:
            return Noted(float(size[0, 0]), source, "m")
        values = size.tolist() if size.shape[0] > 1 else size[0].tolist()
        return {"distribution": "listed", "sizes": Noted(values, f"m; {source}")}

    def _shape(self) -> dict[str, str]:
        shape = self.file.choice("Particles", "shape", _SHAPES)
        if self.kind in _ANY_SHAPE:
            return {"shape": _SHAPES[shape]}
        if self.kind in _RADIAL:
            if shape == "C3":
                cure = "MPET takes sphere or cylinder for this type"
                self.file.fault("Particles", "shape", f"is C3, but the type is {self.kind}; {cure}")
            return {"shape": _SHAPES[shape]}
        if shape != "C3":
            cure = "this type needs C3"
            self.file.fault(
                "Particles", "shape", f"is {shape}, but the type is {self.kind}; {cure}"
            )
        return {}

    def _model(self) -> dict[str, Any]:
        name = MODELS[self.kind]
        model: dict[str, Any] = {"name": name, **self._shape()}
        if self.kind == "ACR_Diff":
            self.changes.append(
                "ACR_Diff: no lithium passes through the ends of a plate, where MPET exchanges it"
                " with cells beyond, and its wetting is that of the filling, not of 0.008 more"
            )
        if self.kind in ("diffn2", "ACR2"):
            self.changes.append(f"{self.kind}: MPET 1.0 has it in its list but cannot run it")
        keys = PARTICLES.parameters(name)
        if "nodes" in keys:
            model |= self._grid("cell" in keys)
        elif "cell" in keys:
            model["cell"] = f"{self.step!r} m"
        if "sharing" in keys:
            model["sharing"] = 0
        if "strain" in keys:
            model["strain"] = "own"
        if "wetted" in keys and not self.file.has("Material", "cwet"):
            model["wetted"] = False
        if self.kind in ("homog2", "homog2_sdn"):
            self.changes.append(
                "homog2 takes up lithium twice as fast in MPET as its siblings do; double k0 and"
                " halve film_resistance for what it computes"
            )
        return model

    def _grid(self, own: bool) -> dict[str, Any]:
        """Points of a sphere or cylinder, with a grid of its ``own`` for each number of cells."""
        counts = np.unique(self.sizes.points)
        most = max(int(counts.max()), 3)
        if self.kind in ("diffn", "diffn2") and most < _FEW_POINTS:
            # MPET's mass matrix makes its few points more accurate than volumes of their width
            return {"nodes": 2 * most - 1}
        if own and 1 < counts.size <= _MANY_GRIDS:
            return {"cell": f"{self.step!r} m"}
        if counts.size > 1:
            self.changes.append(
                f"{self.file.path.name}: every particle has the {most} grid points of the largest;"
                " MPET has fewer in smaller ones"
            )
        return {"nodes": most}

    def _material(self) -> dict[str, Any]:
        known, source = self.known, self.file.text("Material", "muRfunc")
        numbers: dict[str, Any] = {
            "name": Noted(known.name, f"muRfunc = {source}"),
            "site_density": Noted(self.sites, "rho_s", "1/m^3"),
        }
        for key, (value, unit) in known.fixed.items():
            numbers[key] = Noted(value, f"in MPET's {source}", unit)
        for key, name, unit in known.numbers:
            if key in ("kappa", "B") and self.kind not in _PHASES:
                continue
            if key != "EvdW" or self.file.has("Material", key):
                value = self.file.number("Material", key, 0.0 if key == "B" else None)
                numbers[name] = Noted(value, key, unit)
        numbers |= self._ends()
        if self.kind in _MOVING:
            numbers |= self._diffusivity(known)
        return numbers

    def _ends(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.kind in ("ACR", "ACR2") and self.file.has("Material", "cwet"):
            wetted = self.file.number("Material", "cwet", above=0.0)
            found["wetting_filling"] = Noted(wetted, "cwet")
            layer = Noted(self.step / 2, "MPET's ghost node, a cell beyond the last centre", "m")
            found["wetting_layer"] = layer
        slope = self.file.number("Material", "dgammadc", 0.0)
        if self.kind in ("CHR", "CHR2", "ACR_Diff") and slope != 0:
            found["surface_wetting"] = Noted(slope, "dgammadc", "J m")
        return found

    def _diffusivity(self, known: Known) -> dict[str, Any]:
        value = self.file.number("Material", "D", above=0.0)
        shape = self.file.text("Material", "Dfunc", "constant")
        activation, origin = self.file.number("Material", "E_D", 0.0), "E_D, 0 if absent"
        source = "D"
        form: Mapping[str, Any] | None = None
        if shape == "NMC532_Colclasure20" and known.diffusivity == shape:
            source = f"D = {value:g} times Dfunc at half filling, {_MIDDLE_NMC532:g} m^2/s"
            value *= _MIDDLE_NMC532
            form = NMC532_DIFFUSIVITY
        elif shape not in ("constant", "lattice"):
            cure = "known here: constant, lattice, and NMC532_Colclasure20 of that material"
            self.file.fault("Material", "Dfunc", f"is {shape}; {cure}")
        elif self.kind in ("CHR", "CHR2", "ACR_Diff"):
            # flux = -D Dfunc(c) grad mu; here the mobility has a factor c (1 - c)
            form = {"form": "lattice", "exponent": -1} if shape == "constant" else None
        elif shape == "lattice":
            form = {"form": "lattice"}
        elif known.diffusivity != "constant":
            form = {"form": "uniform"}
        return {
            "diffusivity": Noted(value, source, "m^2/s"),
            "diffusivity_shape": Noted(form, f"Dfunc = {shape}") if form else None,
            "diffusivity_activation": Noted(activation, origin, "J/mol"),
            "reference_temperature": _REFERENCE,
        }

    def _kinetics(self) -> dict[str, Any]:
        name = self.file.choice("Reactions", "rxnType", REACTIONS)
        law, lattice, solution = REACTIONS[name]
        if law not in LAWS.names():
            self.file.fault("Reactions", "rxnType", f"is {name}, which this program does not have")
        exchange = solution if self.known.solid_solution else lattice
        if exchange is None:
            cure = "use BV or BV_mod01"
            message = f"is {name}, whose exchange current for a solid solution is not known here"
            self.file.fault("Reactions", "rxnType", f"{message}; {cure}")
        k0 = self.file.number("Reactions", "k0", above=0.0)
        activation = self.file.number("Reactions", "E_A", 0.0)
        found: dict[str, Any] = {
            "law": Noted(law, f"rxnType = {name}"),
            "k0": self._rate_constant(name, k0),
        }
        if law == "butler_volmer":
            found["alpha"] = Noted(self.file.number("Reactions", "alpha", above=0.0), "alpha")
        else:
            value = self.file.number("Reactions", "lambda", above=0.0)
            found["reorganisation"] = Noted(value, "lambda", "J")
        if exchange:
            found["exchange_current"] = Noted(exchange, f"rxnType = {name}")
        found["activation_energy"] = Noted(activation, "E_A, 0 if absent", "J/mol")
        found["reference_temperature"] = _REFERENCE
        homogeneous = self.kind.startswith("homog") or self.kind.startswith("ACR")
        bare = name == "BV_Colclasure20" or (name in ("MHC", "CIET") and homogeneous)
        if bare and activation and self.system.number("Sim Params", "T", 298.0) != 298:
            self.changes.append(f"E_A: {name} has no Arrhenius factor in MPET; here it has")
        if name == "BV_Lim2016":
            self.changes.append(
                "BV_Lim2016 is of first order in the electrolyte in MPET, here of 1/2"
            )
        return found

    def _rate_constant(self, name: str, k0: float) -> Noted:
        """k0; that of laws in mol/L for the activity that they have here in a solid electrolyte."""
        section = "Electrolyte"
        if name not in _OF_CONCENTRATION or self.system.text(section, "elyteModelType") != "solid":
            return Noted(k0, "k0", "A/m^2")
        start = self.system.number(section, "c0", above=0.0)
        x = start / self.system.number(section, "cmax", above=start)
        activity = x / (1 - x) * np.exp(self.system.number(section, "a_slyte", 0.0) * (1 - 2 * x))
        order = 1 - self.file.number("Reactions", "alpha", 0.5)
        value = float(k0 * (start / 1000 / activity) ** order)
        return Noted(value, f"k0 = {k0:g} at 1 mol/L; here at an activity of 1", "A/m^2")

    def _code_files(self) -> None:
        """Functions of the user's own: they hold code."""
        for section, key in (
            ("Material", "muRfunc_filename"),
            ("Material", "Dfunc_filename"),
            ("Reactions", "rxnType_filename"),
        ):
            if self.file.is_false(section, key):
                continue
            message = (
                f"is {self.file.text(section, key)}, a file of Python code, which is not imported:"
                " write what it does in a file of your own, named in the configuration as"
                " ./mine.py:function, or in its keys (material, ocv table, kinetics), and remove"
                f" this key to import the rest with a {key.removesuffix('_filename')} known here"
            )
            self.file.fault(section, key, message)


#: D of NMC532 at half filling to the digits of the polynomial, which MPET multiplies by D.
_MIDDLE_NMC532 = 4.667335907952e-15  # m^2/s, mpet/electrode/diffusion/NMC532_Colclasure20.py
