"""``electrode-model diffraction``: the X-ray diffraction that a saved run would have shown."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from electrode_model.terminal import BAD_INPUT, add_electrode, say

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from electrode_model.analysis.diffraction import Diffraction

__all__ = ["SUMMARY", "arguments", "run"]

SUMMARY = "draw the X-ray diffraction of a saved result against time"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder of the result")
    add_electrode(parser)
    parser.add_argument(
        "--reflection", metavar="H,K,L", help="indices, such as 0,0,3; default: of the material"
    )
    parser.add_argument(
        "--fwhm", type=float, metavar="WIDTH",
        help="width of the instrument's peak at half maximum, 1/angstrom; default: of the table",
    )  # fmt: skip
    parser.add_argument(
        "--crystallite", metavar="LENGTH",
        help="size of the crystals, such as '50 nm', for Scherrer broadening; default: none",
    )  # fmt: skip
    parser.add_argument(
        "--wavelength", type=float, metavar="ANGSTROM", help="show angles at this wavelength"
    )
    parser.add_argument(
        "--lattice", type=Path, metavar="FILE",
        help="YAML file of lattice parameters in place of the material's",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE",
        help="picture (PNG, PDF or SVG; the patterns go beside it as CSV);"
        " default DIR/figures/diffraction.png, or negative_diffraction.png",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Compute, draw, print where the peaks are; the exit status."""
    from electrode_model.analysis.diffraction import diffraction, lattice
    from electrode_model.plots.diffraction import draw_diffraction
    from electrode_model.plots.picture import picture_problem, save
    from electrode_model.results.result import Result

    prefix = "negative_" if options.electrode == "negative" else ""
    picture = options.output or options.folder / "figures" / f"{prefix}diffraction.png"
    problem = picture_problem(picture) or _problem(options)
    if problem:
        say(f"error: {problem}")
        return BAD_INPUT
    result = Result.open(options.folder)
    if options.electrode == "negative":
        if result.layout.negative is None:
            cure = "leave --electrode out"
            say(f"error: {options.folder}: the negative electrode has no particles; {cure}")
            return BAD_INPUT
        result = result.negative
    table = None if options.lattice is None else lattice(options.lattice)
    try:
        patterns = diffraction(
            result,
            hkl=_indices(options.reflection),
            fwhm=options.fwhm,
            crystallite=_length(options.crystallite),
            table=table,
        )
    except KeyError as error:
        say(f"error: {options.folder}: {error.args[0]}")
        return BAD_INPUT
    if options.wavelength and options.wavelength * patterns.q[-1] > 4 * math.pi:
        longest = 4 * math.pi / patterns.q[-1]
        text = f"is too long for this reflection; allowed: up to {longest:.4g} angstrom"
        say(f"error: --wavelength {options.wavelength:g} {text}")
        return BAD_INPUT
    print(_report(patterns))

    def make() -> "Figure":
        return draw_diffraction(result, patterns, options.wavelength)

    columns = _columns(patterns, options.wavelength, options.electrode)
    for path in save(picture, make, columns):
        print(path)
    return 0


def _problem(options: argparse.Namespace) -> str | None:
    """The first option that cannot be used, with the cure."""
    try:
        _indices(options.reflection)
    except ValueError:
        cure = "write --reflection 0,0,3"
        return f"--reflection {options.reflection} is not three whole numbers; {cure}"
    try:
        _length(options.crystallite)
    except ValueError as error:
        return f"--crystallite {options.crystallite}: {error}; write --crystallite '50 nm'"
    for name in ("fwhm", "wavelength"):
        value = getattr(options, name)
        if value is not None and not 1e-6 < value < 100:
            return f"--{name} {value:g} must lie between 1e-6 and 100"
    return None


def _indices(text: str | None) -> tuple[int, int, int] | None:
    from electrode_model.analysis.diffraction import reflection

    return None if text is None else reflection([int(part) for part in text.split(",")])


def _length(text: str | None) -> float | None:
    """Metres; ValueError says what is wrong."""
    from electrode_model.config.reading import read_number
    from electrode_model.quantities import Spec

    if text is None:
        return None
    return read_number(text, Spec("m", "crystallite size", above=0.0, at_most=1e-3), None)


def _report(patterns: "Diffraction") -> str:
    """Of every step: fillings, peak positions at its ends, and whether the peak splits."""
    from electrode_model.analysis.diffraction import peaks
    from electrode_model.results.summary import table

    rows = [("step", "mean filling", "highest point, 1/angstrom", "second peak / highest")]
    for step in dict.fromkeys(patterns.step.tolist()):
        at = [k for k, other in enumerate(patterns.step) if other == step]
        found = [peaks(patterns.q, patterns.intensity[k]) for k in at]
        most = max(range(len(at)), key=lambda k: found[k].ratio)
        ratio = found[most].ratio
        second = f"{ratio:.2f} at filling {patterns.filling[at[most]]:.3f}" if ratio else "0"
        rows.append(
            (
                str(step + 1),
                f"{patterns.filling[at[0]]:.3f} to {patterns.filling[at[-1]]:.3f}",
                f"{found[0].positions[0]:.4f} to {found[-1].positions[0]:.4f}",
                second,
            )
        )
    label = ",".join(map(str, patterns.reflection))
    head = f"reflection {label}, width {patterns.fwhm:.4g} 1/angstrom"
    return "\n".join([head, *table(rows)])


def _columns(
    patterns: "Diffraction", wavelength: float | None, electrode: str
) -> dict[str, "np.ndarray"]:
    """One line a moment: time, step, filling, then the intensity at each place."""
    from electrode_model.plots.diffraction import two_theta

    x = patterns.q if wavelength is None else two_theta(patterns.q, wavelength)
    unit = "1/angstrom" if wavelength is None else "deg"
    return {
        "Time [s]": patterns.time,
        "Step": patterns.step,
        f"{electrode.capitalize()} filling fraction": patterns.filling,
        **{f"{place:.6f} {unit}": patterns.intensity[:, k] for k, place in enumerate(x)},
    }
