"""From MPET's input files to a configuration: ``params_system.cfg`` and the files it names.

Keys as in MPET 1.0.1 (Smith & Bazant, J. Electrochem. Soc. 164 (2017) E3291), of which
params_electrodes.cfg there explains those of an electrode.  What MPET computes is what counts,
less its faults: a capacity of e L (1 - poros) P_L rho_s, transport poros^(1 - BruggExp), activation
energies about 298 K.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from electrode_model.config.components import ELECTROLYTES as TRANSPORTS
from electrode_model.config.problems import ConfigError, Problem
from electrode_model.electrolyte import Transport
from electrode_model.importing.cfg import Cfg
from electrode_model.importing.mpet_electrode import MpetElectrode
from electrode_model.importing.mpet_names import ELECTROLYTES, SYSTEM_KEYS
from electrode_model.importing.mpet_porosity import porosities
from electrode_model.importing.mpet_protocol import SIM, Protocol, read_protocol
from electrode_model.importing.writing import Noted, remarks, yaml_text
from electrode_model.scales import CONSTANTS

__all__ = ["Imported", "import_mpet"]

_TOLERANCES = ("relTol", "absTol")
_GAP = 1e-9  # m: a separator that is none


@dataclass(frozen=True)
class Imported:
    """A configuration as text, and what it does not hold or does in another way."""

    text: str
    notes: tuple[str, ...]  # not carried over
    changes: tuple[str, ...]  # done differently


def import_mpet(path: str | Path, mpet_constants: bool = False) -> Imported:
    """The configuration of a system file.

    ``mpet_constants`` writes ``constants: mpet``: k, e and N_A as rounded there, so that results
    can be compared below 0.1 mV.

    Raises ConfigError with every problem of the files, each with file, section and key.
    """
    system = Cfg(Path(path), SYSTEM_KEYS)
    if not system.has(SIM, "profileType"):
        message = "has no profileType; name the system file, such as params_system.cfg"
        raise ConfigError([Problem(str(path), 0, f"[{SIM}]", message)])
    random = np.random.RandomState(system.whole(SIM, "seed", 0) % 2**32)
    electrodes, problems = dict[str, MpetElectrode](), list[Problem]()
    full = system.whole(SIM, "Nvol_a") > 0
    for letter in ("c", "a") if full else ("c",):
        try:
            electrodes[letter] = MpetElectrode(system, letter, random)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError([*system.problems, *problems])
    for electrode in electrodes.values():
        electrode.draw_conductances(random)
    found = _Cell(system, electrodes, "mpet" if mpet_constants else "codata")
    tree = found.tree()
    faults = [*system.problems, *(p for e in electrodes.values() for p in e.file.problems)]
    if faults:
        raise ConfigError(faults)
    notes = [*found.notes, *(note for e in electrodes.values() for note in e.notes)]
    for file in (system, *(e.file for e in electrodes.values())):
        notes += [f"{file.path.name} [{s}] {k} = {v}: unknown key" for s, k, v in file.unknown()]
    changes = [*found.changes, *(change for e in electrodes.values() for change in e.changes)]
    names = ", ".join(file.path.name for file in (system, *(e.file for e in electrodes.values())))
    head = [
        f"# Written by electrode-model import mpet from {names}.",
        "# A comment names the key that a value is from.",
    ]
    tail = [
        *remarks("Not carried over:", notes),
        *remarks("Done differently than in MPET:", changes),
    ]
    text = "\n".join([*head, yaml_text(tree).rstrip(), *tail]) + "\n"
    return Imported(text, tuple(dict.fromkeys(notes)), tuple(dict.fromkeys(changes)))


class _Cell:
    """The configuration as a tree, from the system file and its electrodes."""

    def __init__(self, system: Cfg, electrodes: dict[str, MpetElectrode], constants: str) -> None:
        self.system, self.electrodes, self.constants = system, electrodes, constants
        self.notes: list[str] = []
        self.changes: list[str] = []
        self.full = "a" in electrodes
        counts = [system.whole(SIM, f"Nvol_{region}") for region in "cs"]
        self.separated = counts[1] > 0
        self.single = not self.full and counts == [1, 0]

    def tree(self) -> dict[str, Any]:
        """All keys in the order of a configuration."""
        system = self.system
        nominal = self._nominal()
        protocol = self._protocol()
        time = (protocol.every or 0.0) * max(system.whole(SIM, "tsteps", 200), 1)
        sections = {letter: e.section(time) for letter, e in self.electrodes.items()}
        self.notes += protocol.notes
        self.changes += protocol.changes
        self._continuation()
        drawn = any(np.ptp(e.sizes.size) > 0 for e in self.electrodes.values())
        if not system.flag(SIM, "randomSeed") and drawn and self._draws():
            self.changes.append("randomSeed = false: MPET draws other sizes in every run")
        rtol, atol = (Noted(system.number(SIM, key, 1e-6, above=0.0), key) for key in _TOLERANCES)
        every = protocol.every
        tree: dict[str, Any] = {
            "schema": 1,
            "name": system.path.stem.replace("params_", "").replace("_", " ").strip() or "MPET",
            "temperature": Noted(self._temperature(), "T", "K"),
            "constants": Noted("mpet", "rounded: k 1.381e-23, e 1.602e-19, N_A 6.022e23")
            if self.constants == "mpet"
            else None,
            "nominal_capacity": nominal,
            "negative": self._negative(sections),
            "separator": self._separator(),
            "positive": sections["c"],
            "electrolyte": self._electrolyte(),
            "series_resistance": self._series(),
            "voltage_window": Noted(
                list(protocol.window), "Vmin, Vmax as far as they end the run, else 10 V", "V"
            ),
            "protocol": protocol.steps,
            "solver": {"rtol": rtol, "atol": atol},
            "output": {"every": Noted(every, "tend/tsteps", "s")} if every else None,
        }
        return tree

    def _temperature(self) -> float:
        """T, called T0 in versions of MPET with a balance of heat [K]."""
        old = self.system.has(SIM, "T0") and not self.system.has(SIM, "T")
        return self.system.number(SIM, "T0" if old else "T", above=0.0)

    def _series(self) -> Noted:
        """With the solid between the end of an electrode and MPET's collector."""
        own = self.system.number(SIM, "Rser", 0.0)
        beyond = sum(electrode.beyond for electrode in self.electrodes.values())
        if beyond == 0:
            return Noted(own, "Rser", "ohm m^2")
        self.changes.append(
            f"MPET's collectors are half a cell beyond the ends of the electrodes: {beyond:.6g}"
            " ohm m^2 of series_resistance are that solid; take them off for the electrodes alone"
        )
        source = f"Rser = {own:g} and {beyond:.6g} of half a cell of solid beyond the electrodes"
        return Noted(own + beyond, source, "ohm m^2")

    def _draws(self) -> bool:
        """Whether the sizes of an electrode are drawn, not given."""
        return any(
            self.system.is_false("Particles", f"specified_psd_{letter}")
            for letter in self.electrodes
        )

    def _theoretical(self) -> float:
        """Of the electrode that holds less lithium [A h/m^2]."""
        charge = CONSTANTS[self.constants].charge
        return min(e.capacity for e in self.electrodes.values()) * charge / 3600

    def _nominal(self) -> Noted | None:
        system = self.system
        if not system.has(SIM, "1C_current_density"):
            return None
        value = system.number(SIM, "1C_current_density", above=0.0)
        ratio = value / self._theoretical()
        resistances = {"Rser": (SIM, 1 / ratio), "Rfilm_foil": ("Electrodes", 1 / ratio)}
        if not self.full and not self.single:
            resistances["k0_foil"] = ("Electrodes", ratio)
        for key, (section, _) in resistances.items():
            if (key == "Rser" or not self.full) and system.number(section, key, 0.0) != 0:
                self.changes.append(
                    f"{key} is plain physics here; MPET scales it by the given 1C current over the"
                    f" theoretical one, {ratio:.6g}, or its inverse"
                )
        return Noted(value, "1C_current_density, by which C-rates count", "A h/m^2")

    def _protocol(self) -> Protocol:
        positive = self.electrodes["c"]
        limiting = min(self.electrodes.values(), key=lambda e: e.capacity)

        def filling(charged: float) -> float:
            """Of the positive electrode at a state of charge, MPET's of the limiting electrode."""
            if limiting is positive:
                return 1 - charged
            return (
                positive.start - (charged - limiting.start) * limiting.capacity / positive.capacity
            )

        ratio = 1.0
        if self.system.has(SIM, "1C_current_density"):
            ratio = self._theoretical() / self.system.number(SIM, "1C_current_density", above=0.0)
        return read_protocol(self.system, ratio, filling, self._time)

    def _time(self) -> float:
        """MPET's unit of time, L_c^2/D of the salt at 1 mol/L and 298 K [s]."""
        system, section = self.system, "Electrolyte"
        length = system.number("Geometry", "L_c", above=0.0)
        if system.text(section, "elyteModelType", "SM") == "SM":
            name = ELECTROLYTES.get(system.text(section, "SMset", ""))
            if name is None:
                return float("nan")  # said elsewhere
            salt: Transport = TRANSPORTS.function("concentrated")(properties=name)
            return length**2 / float(salt.diffusivity(1.0, 298.0))
        plus, minus = (system.number(section, key, above=0.0) for key in ("Dp", "Dm"))
        z_plus, z_minus = system.number(section, "zp", 1), system.number(section, "zm", -1)
        charged = z_plus * plus - z_minus * minus
        return length**2 * charged / ((z_plus - z_minus) * plus * minus)

    def _negative(self, sections: dict[str, Any]) -> Any:
        if self.full:
            return sections["a"]
        if self.single:
            return Noted("ideal", "Nvol_c = 1, Nvol_s = 0, Nvol_a = 0")
        rate = self.system.number("Electrodes", "k0_foil", above=0.0)
        film = self.system.number("Electrodes", "Rfilm_foil", 0.0)
        source = "k0_foil"
        if self.system.text("Electrolyte", "elyteModelType", "SM") == "solid":
            rate /= (self.system.number("Electrolyte", "c0", above=0.0) / 1000) ** 0.5
            source = "k0_foil is that in the solid; here that at 1 mol/L"
        if self._temperature() != 298:
            self.changes.append("the foil's overpotential counts in kT/e; in MPET in that of 298 K")
        return {
            "model": Noted("lithium_foil", "Nvol_a = 0"),
            "exchange_current": Noted(rate, source, "A/m^2"),
            "film_resistance": Noted(film, "Rfilm_foil", "ohm m^2"),
        }

    def _separator(self) -> dict[str, Any] | None:
        if self.single:
            return None
        if not self.separated:
            self.changes.append("Nvol_s = 0: the separator is one cell of 1 nm")
            return {"thickness": Noted(_GAP, "Nvol_s = 0", "m"), "porosity": 1, "volumes": 1}
        number = self.system.number
        return {
            "thickness": Noted(number("Geometry", "L_s", above=0.0), "L_s", "m"),
            "porosity": porosities(self.system, "s"),
            "bruggeman": Noted(1 - number("Geometry", "BruggExp_s"), "1 - BruggExp_s"),
            "volumes": Noted(self.system.whole(SIM, "Nvol_s"), "Nvol_s"),
        }

    def _electrolyte(self) -> dict[str, Any]:
        system, section = self.system, "Electrolyte"
        start = Noted(system.number(section, "c0", above=0.0), "c0", "mol/m^3")
        kind = system.choice(section, "elyteModelType", ("SM", "dilute", "solid"))
        source = f"elyteModelType = {kind}"
        if self.single:
            if kind == "dilute" and start.value != 1000:
                self.changes.append(
                    "the potential is against lithium in this electrolyte; MPET's of a dilute one"
                    " is against lithium at 1 mol/L"
                )
            return {"model": Noted("constant", "a single volume"), "concentration": start}
        charges = self._charges()
        if kind == "dilute":
            return {
                "model": Noted("dilute", source),
                "diffusivity_plus": Noted(system.number(section, "Dp", above=0.0), "Dp", "m^2/s"),
                "diffusivity_minus": Noted(system.number(section, "Dm", above=0.0), "Dm", "m^2/s"),
                **charges,
                "concentration": start,
            }
        if kind == "solid":
            sites = system.number(section, "cmax", above=start.value)
            return {
                "model": Noted("solid", source),
                "diffusivity": Noted(system.number(section, "Dp", above=0.0), "Dp", "m^2/s"),
                "sites": Noted(sites, "cmax", "mol/m^3"),
                "interaction": Noted(system.number(section, "a_slyte", 0.0), "a_slyte"),
                "concentration": start,
            }
        if not system.is_false(section, "SMset_filename"):
            file = system.text(section, "SMset_filename")
            message = (
                f"is {file}, a file of Python code, which is not imported: write its properties in"
                " a file of your own (./mine.py:function), as tables (electrolyte model tabulated)"
                " or as numbers (concentrated); remove this key to import the rest with an SMset"
                " known here"
            )
            system.fault(section, "SMset_filename", message)
        name = system.choice(section, "SMset", ELECTROLYTES)
        if name == "Nyman_EC_EMC":
            self.changes.append("Nyman_EC_EMC: the thermodynamic factor is 1, as its users take it")
        return {
            "model": Noted("concentrated", source),
            "properties": Noted(ELECTROLYTES[name], f"SMset = {name}"),
            **charges,
            "concentration": start,
        }

    def _charges(self) -> dict[str, Noted]:
        """Charges and numbers of the ions, where it is not a 1:1 salt of lithium."""
        section, found = "Electrolyte", dict[str, Noted]()
        pairs = {"zp": "z_plus", "zm": "z_minus", "nup": "nu_plus", "num": "nu_minus"}
        for key, name in pairs.items():
            normal = -1 if key == "zm" else 1
            value = self.system.number(section, key, float(normal))
            if value != normal and value == value:
                found[name] = Noted(int(value), key)
        if (self.system.number(section, "n", 1.0), self.system.number(section, "sp", -1.0)) != (
            1,
            -1,
        ):
            self.notes.append(
                "[Electrolyte] n, sp: the reference electrode is lithium, n = 1, sp = -1"
            )
        return found

    def _continuation(self) -> None:
        if not self.system.is_false(SIM, "prevDir"):
            folder = self.system.text(SIM, "prevDir")
            self.notes.append(
                f"[Sim Params] prevDir = {folder}: a result of MPET cannot be continued, and the"
                " run starts from cs0; import and run the file that led there, and write"
                " continue_from with the folder of that result in this configuration"
            )
