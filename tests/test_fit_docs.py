"""docs/fit.md names every key of a fit's file, and its examples are valid."""

import re
import typing
from pathlib import Path

import pytest
import yaml

from electrode_model.config import yaml_source
from electrode_model.config.fields import Section
from electrode_model.fit.config import FitConfig
from electrode_model.fit.inverse_config import InverseConfig
from electrode_model.fit.outcome import CORRELATION, DATA_SETS, FITTED, PAGE, PARAMETERS, RESIDUALS

DOCS = (Path(__file__).parent.parent / "docs" / "fit.md").read_text(encoding="utf-8")
PROSE = re.sub(r"```.*?```", "", DOCS, flags=re.DOTALL)
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS, flags=re.DOTALL)
REST = {
    "schema": 1,
    "base": "a.yaml",
    "data": [{"file": "a.csv"}],
    "free": {"k": {"path": "a", "bounds": [1, 2]}},
}


def sections(kind, found):
    """A section of a fit's file and those in it."""
    if kind not in found and kind.__module__.startswith("electrode_model.fit."):
        found.append(kind)
        for field in kind.model_fields.values():
            for part in parts(field.annotation):
                sections(part, found)
    return found


def parts(annotation):
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from parts(inner)


@pytest.mark.parametrize("kind", sections(InverseConfig, sections(FitConfig, [])))
def test_every_key_is_named(kind):
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", PROSE))))
    named |= {key for text in EXAMPLES for key in re.findall(r"(\w+):", text)}
    keys = {field.alias or name for name, field in kind.model_fields.items()}
    assert keys <= named, keys - named


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_are_valid(text):
    written = yaml_source.parse(text, "docs").plain()
    kind = InverseConfig if "histograms" in written else FitConfig
    rest = {} if "histograms" in written else REST
    config = kind.model_validate({**rest, **written}, context={"temperature": 298.15})
    assert config.version == 1
    # nothing is read otherwise than another reader of YAML would
    assert written.keys() == yaml.safe_load(text).keys()


def test_files_are_named():
    for name in (CORRELATION, DATA_SETS, FITTED, PAGE, PARAMETERS, RESIDUALS):
        assert f"`{name}`" in DOCS
