"""A small configuration that is valid, for the tests of reading and refusing."""

from pathlib import Path

import pytest

from electrode_model.config.load import ConfigError, load
from electrode_model.config.model import Config

TEXT = """\
schema: 1
name: base
temperature: 298.15
negative: {model: lithium_foil, exchange_current: 10 A/m^2}
separator: {thickness: 25 um, porosity: 0.5}
positive:
  thickness: 50 um
  porosity: 0.4
  active_fraction: 0.414
  volumes: 2
  initial_filling: 0.01
  particles:
    model: homogeneous
    per_volume: 3
    size: {distribution: lognormal, mean: 100 nm, std: 20 nm}
    material: lfp
electrolyte: {model: concentrated, properties: valoen_reimers, concentration: 1 mol/L}
voltage_window: [2 V, 5 V]
protocol:
  - {current: 1 C, until: {voltage: 2.5 V}}
  - {rest: 30 min}
"""
SIZE = "{distribution: lognormal, mean: 100 nm, std: 20 nm}"
FOIL = "{model: lithium_foil, exchange_current: 10 A/m^2}"
SEPARATOR = "separator: {thickness: 25 um, porosity: 0.5}\n"


def written(folder: Path, old: str = "", new: str = "", text: str = TEXT) -> Path:
    """The file ``lfp.yaml`` with the valid text, in which ``old`` is replaced once."""
    assert old in text, f"the text has no {old!r}"
    path = folder / "lfp.yaml"
    path.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
    return path


def changed(folder: Path, old: str = "", new: str = "", *overrides: str) -> Config:
    """The valid configuration with a change."""
    return load(written(folder, old, new), overrides)


def refused(path: Path, *overrides: str) -> list[str]:
    """The lines of the error that refuses the file."""
    with pytest.raises(ConfigError) as caught:
        load(path, overrides)
    lines = str(caught.value).splitlines()
    assert lines == [str(problem) for problem in caught.value.problems]
    return lines


def check_one_fault(folder: Path, old: str, new: str, line: int, message: str) -> None:
    """A change gives one problem, in that line, whose text begins with ``message``."""
    path = written(folder, old, new)
    (text,) = refused(path)
    place = f"{path}:{line}: "
    assert text.startswith(place)
    assert text[len(place) :].startswith(message)
