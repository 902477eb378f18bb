"""``electrode-model impedance``: the small-signal spectrum of a cell at rest or in a saved run.

Exact, from the Jacobian of the model at a state: no wave is simulated.  The state is the start of a
configuration, a uniform filling, or a saved moment of a run with the current of that moment.
Z does not depend on what is controlled, current or voltage.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from electrode_model.terminal import BAD_INPUT, FAILED, say

if TYPE_CHECKING:
    import numpy as np

    from electrode_model.analysis.impedance import Spectrum
    from electrode_model.analysis.operating_point import OperatingPoint
    from electrode_model.config.model import Config
    from electrode_model.plots.impedance import Curve

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "small-signal impedance at rest, at a filling or at a moment of a saved run"

_DRIFT = 0.01  # relative change of Z in a period that a spectrum bears: 1 %
_BEYOND = 1e9  # Hz; all that charges is then shorted
_RISING = 0.01  # of |Z|: Im Z of a storage of the wrong sign
_MOST_POINTS = 10_000
_APART = 1e-3  # V, between a rebuilt state and what the run saved: more is worth a remark


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "source", type=Path, metavar="CONFIG|DIR", help="YAML file, or folder of a result"
    )
    parser.add_argument(
        "--set", dest="overrides", action="append", default=[], metavar="KEY.PATH=VALUE",
        help="change a value of the file; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--filling", type=float, action="append", default=[], metavar="C",
        help="uniform filling of the positive electrode at rest; may be repeated (default: the"
        " start of the file)",
    )  # fmt: skip
    parser.add_argument(
        "--time", action="append", default=[], metavar="TIME",
        help='moment of a result, such as 1800 or "30 min" since its start; the nearest saved one;'
        " may be repeated (default: the end)",
    )  # fmt: skip
    parser.add_argument(
        "--step", type=int, metavar="N",
        help="step of the protocol, from 1, that the moments are in (default: the end of it)",
    )  # fmt: skip
    parser.add_argument(
        "--from", dest="lowest", type=float, default=1e-4, metavar="HZ",
        help="lowest frequency (default: 1e-4)",
    )  # fmt: skip
    parser.add_argument(
        "--to", dest="highest", type=float, default=1e4, metavar="HZ",
        help="highest frequency (default: 1e4)",
    )  # fmt: skip
    parser.add_argument(
        "--points", type=int, default=10, metavar="N", help="a decade (default: 10)"
    )
    parser.add_argument(
        "--double-layer", default="0", metavar="CAPACITANCE",
        help='at the surface of the particles, such as "0.2 F/m^2"; the model in time has none'
        " (default: 0, no semicircle)",
    )  # fmt: skip
    parser.add_argument(
        "--per", choices=("particle", "electrode"), default="particle",
        help="area of the double layer: that of the particles, or of each electrode, evenly"
        " through its depth (default: particle)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="picture (PNG, PDF or SVG; the spectrum goes beside it as CSV); default"
        " DIR/figures/impedance.png or <name of the file>_impedance.png",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Linearise, print a table, draw; the exit status."""
    import numpy as np

    from electrode_model.config.problems import Refused
    from electrode_model.plots.picture import picture_problem

    saved = options.source.is_dir()
    picture = options.output or (
        options.source / "figures" / "impedance.png"
        if saved
        else Path(f"{options.source.stem}_impedance.png")
    )
    problem = _wrong(options, saved) or picture_problem(picture)
    if problem:
        say(f"error: {problem}")
        return BAD_INPUT
    decades = np.log10(options.highest / options.lowest)
    count = max(2, round(decades * options.points) + 1)
    frequencies = np.geomspace(options.highest, options.lowest, count)
    try:
        capacitance = _quantity("--double-layer", options.double_layer, "F/m^2")
        moments = [_quantity("--time", text, "s") for text in options.time]
        config, points = _of_result(options, moments) if saved else _of_config(options)
        return _report(options, config, points, capacitance, frequencies, picture)
    except Refused as error:
        say(f"error: {error}")
        return BAD_INPUT
    except (KeyError, ValueError) as error:
        from electrode_model.config.problems import ConfigError
        from electrode_model.results.storage import FolderError

        if isinstance(error, (ConfigError, FolderError)):
            raise
        key = getattr(error, "key", "")  # of the configuration, where one is at fault
        say(f"error: {options.source}: {key}{' ' * bool(key)}{error.args[0]}")
        return BAD_INPUT
    except RuntimeError as error:
        say(f"error: {options.source}: {error}")
        return FAILED


def _wrong(options: argparse.Namespace, saved: bool) -> str | None:
    """What is wrong with the options."""
    if saved and (options.filling or options.overrides):
        return "--filling and --set belong to a configuration; a result has its states"
    if not saved and (options.time or options.step is not None):
        return "--time and --step belong to the folder of a result; write --filling, or none"
    if not 0 < options.lowest < options.highest < float("inf"):
        return (
            f"--from {options.lowest:g} --to {options.highest:g}: write two frequencies above 0,"
            " the lower one first"
        )
    if not 1 <= options.points <= _MOST_POINTS:
        return f"--points is {options.points}; write 1 to {_MOST_POINTS} a decade"
    return None


def _quantity(option: str, text: str, unit: str) -> float:
    """A number, or a text with a unit, not below zero."""
    from electrode_model.config.problems import Refused
    from electrode_model.config.reading import read_number
    from electrode_model.quantities import Spec

    try:
        value: Any = float(text)
    except ValueError:
        value = text
    try:
        return read_number(value, Spec(unit, option, at_least=0.0))
    except Refused as error:
        raise Refused(f"{option} {error}") from None


def _of_config(options: argparse.Namespace) -> "tuple[Config, list[OperatingPoint]]":
    from electrode_model.analysis.operating_point import at_rest
    from electrode_model.config.load import load

    config = load(options.source, options.overrides)
    return config, [at_rest(config, c) for c in options.filling or [None]]


def _of_result(
    options: argparse.Namespace, moments: list[float]
) -> "tuple[Config, list[OperatingPoint]]":
    from electrode_model.analysis.balance import configuration
    from electrode_model.analysis.operating_point import frame_at, of_frame
    from electrode_model.results.result import Result

    result = Result.open(options.source)
    step = None if options.step is None else options.step - 1
    wanted: list[float | None] = [*moments] or [None]
    frames = [frame_at(result, seconds, step) for seconds in wanted]
    return configuration(result), [of_frame(result, k) for k in dict.fromkeys(frames)]


def _report(
    options: argparse.Namespace,
    config: "Config",
    points: "list[OperatingPoint]",
    capacitance: float,
    frequencies: "np.ndarray",
    picture: Path,
) -> int:
    import numpy as np

    from electrode_model.analysis.impedance import drift, impedance, spectrum
    from electrode_model.analysis.operating_point import double_layers
    from electrode_model.plots.impedance import Curve, draw_impedance
    from electrode_model.plots.picture import save
    from electrode_model.results.summary import table

    layers = double_layers(config, capacitance, options.per)
    curves, columns, lines = list[Curve](), list[dict[str, str]](), list[dict[str, Any]]()
    for point in points:
        place = (point.assembly, frequencies, point.state, point.slope)
        found = spectrum(*place, double_layer=layers)
        changes = drift(point.assembly, found, point.state, point.slope, layers)
        good = np.logical_and.accumulate(changes <= _DRIFT)  # from the highest frequency down
        curves.append(Curve(point.label, found, good))
        ends = [
            impedance(point.assembly, np.array([_BEYOND]), point.state, double_layer=c)[0].real
            for c in (layers, 0.0)
        ]
        columns.append(_column(point, curves[-1], ends, capacitance))
        lines.append(_lines(point, found, changes))
    names = list(dict.fromkeys(name for column in columns for name in column))
    rows = [(name, *(column.get(name, "") for column in columns)) for name in names]
    print("\n".join(table(rows, right=range(1, len(points) + 1))))
    print(_remarks(curves, points, capacitance, held=config.heat is not None))
    joined = {name: np.concatenate([own[name] for own in lines]) for name in lines[0]}
    layer = f"double layer {capacitance:g} F m$^{{-2}}$ of {options.per} area"
    about = [config.name or str(options.source), layer if capacitance else "no double layer"]
    if len(points) == 1:
        about.append(points[0].label)
    text = "  ·  ".join(about)
    for path in save(picture, lambda: draw_impedance(curves, "Impedance", text), joined):
        print(path)
    return 0


def _column(
    point: "OperatingPoint", curve: "Curve", ends: list[float], capacitance: float
) -> dict[str, str]:
    """What the table says of one state; resistances in ohm m^2."""
    import numpy as np

    from electrode_model.analysis.impedance import randles

    found = curve.spectrum
    column = {"state": point.label}
    column |= {f"{name} filling": f"{c:.4f}" for name, c in point.filling.items()}
    column["voltage / V"] = f"{point.voltage:.4f}"
    quiet = abs(point.current) < 1e-9 * point.assembly.scales.current  # rounding
    column["current / A m-2"] = "0" if quiet else f"{point.current:.4g}"
    ohmic, kinetic = ends
    if capacitance:
        column["ohmic resistance / ohm m2"] = f"{ohmic:.4g}"
    column["with charge transfer / ohm m2"] = f"{kinetic:.4g}"
    if capacitance:
        try:
            fitted = randles(found.frequency, found.z)
            column["charge transfer of the semicircle / ohm m2"] = f"{fitted.charge_transfer:.4g}"
        except ValueError:
            column["charge transfer of the semicircle / ohm m2"] = "no semicircle"
    last, slowest = complex(found.z[-1]), float(found.frequency[-1])
    column[f"Re Z at {slowest:g} Hz / ohm m2"] = f"{last.real:.4g}"
    column[f"Im Z at {slowest:g} Hz / ohm m2"] = f"{last.imag:.4g}"
    column[f"-1/(w Im Z) at {slowest:g} Hz / F m-2"] = (
        f"{-1 / (2 * np.pi * slowest * last.imag):.4g}" if last.imag else "infinite"
    )
    steady = "at all frequencies"
    if not curve.meaningful.all():
        good = found.frequency[curve.meaningful]
        steady = f"from {good.min():.3g} Hz on" if good.size else "at none of them"
    return column | {"steady for a period": steady}


def _remarks(
    curves: "list[Curve]", points: "list[OperatingPoint]", capacitance: float, held: bool
) -> str:
    """What a reader of the table should know, and what is unusual."""
    notes = []
    if not capacitance:
        notes.append(
            "No double layer: Z at high frequency holds charge transfer, without a semicircle;"
            ' give one with --double-layer "0.2 F/m^2".'
        )
    if held:
        notes.append("The temperature is held: the heat balance takes no part in the wave.")
    if not all(curve.meaningful.all() for curve in curves):
        notes.append(
            f"Below the frequency named the state itself changes Z by more than {_DRIFT:.0%} in"
            " a period: a measured spectrum would mix states there (dotted)."
        )
    rising = [
        f"{curve.label}: {name}"
        for curve in curves
        for name, z in [("cell", curve.spectrum.z), *curve.spectrum.parts.items()]
        if z[-1].imag > _RISING * abs(z[-1])
    ]
    if rising:
        notes.append(
            f"Im Z > 0 at the lowest frequency ({', '.join(rising)}): a voltage that rises as"
            " lithium goes in, as of a uniform solid about to separate; such a state does not last."
        )
    for point in points:
        if point.saved_voltage is not None and abs(point.voltage - point.saved_voltage) > _APART:
            notes.append(
                f"{point.label}: the rebuilt state has {point.voltage:.5g} V, the run saved"
                f" {point.saved_voltage:.5g} V."
            )
    return "\n".join(f"  {note}" for note in notes) + ("\n" if notes else "")


def _lines(
    point: "OperatingPoint", found: "Spectrum", changes: "np.ndarray"
) -> "dict[str, np.ndarray]":
    """Columns of the file."""
    import numpy as np

    count = found.frequency.size
    same = {
        "Time [s]": point.time,
        **{f"{name.capitalize()} filling fraction": c for name, c in point.filling.items()},
        "Voltage [V]": point.voltage,
        "Current [A.m-2]": point.current,
    }
    lines = {name: np.full(count, value) for name, value in same.items()}
    lines["Frequency [Hz]"] = found.frequency
    spectra = {"Z": found.z, **{f"Z {name}": z for name, z in found.parts.items()}}
    for name, z in spectra.items():
        lines |= {f"Re {name} [ohm.m2]": z.real, f"Im {name} [ohm.m2]": z.imag}
    lines |= {"|Z| [ohm.m2]": np.abs(found.z), "Phase [deg]": np.degrees(np.angle(found.z))}
    return lines | {"Relative change in a period": changes}
