"""Sweeps for the tests: a base at its smallest, and a file beside it."""

from pathlib import Path

from tests.valid import TEXT

#: The valid configuration at its smallest: one particle, no depth, an ideal counter electrode.
BASE = (
    TEXT.replace("{model: lithium_foil, exchange_current: 10 A/m^2}", "ideal")
    .replace("separator: {thickness: 25 um, porosity: 0.5}\n", "")
    .replace("volumes: 2", "volumes: 1")
    .replace("per_volume: 3", "per_volume: 1")
    .replace("initial_filling: 0.01", "initial_filling: 0.5")
    .replace("  - {rest: 30 min}\n", "")
)
AXES = "axes: {temperature: [300]}"
CURRENT, CUT_OFF = "protocol.0.current", "protocol.0.until.voltage"
WINDOW, STD = "voltage_window", "positive.particles.size.std"


def sweep_file(folder: Path, text: str, name: str = "sweep.yaml") -> Path:
    """A sweep beside the small base."""
    (folder / "base.yaml").write_text(BASE, encoding="utf-8")
    head = "" if "schema" in text else "schema: 1\n"
    head += "" if "base:" in text else "base: base.yaml\n"
    path = folder / name
    path.write_text(head + text + "\n", encoding="utf-8")
    return path


#: Six cases; two of them ask for a cut-off outside their window and are refused.
GRID = f"""\
name: small
axes:
  {CUT_OFF}: [2.5 V, 3.2 V]
  {WINDOW}: [[2 V, 5 V], [3 V, 5 V], [3.1 V, 5 V]]
limits: {{simulation: 1 min}}
"""
