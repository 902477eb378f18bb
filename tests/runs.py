"""Whole runs for the tests, and a protocol in a few words."""

from collections.abc import Sequence
from pathlib import Path

from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from tests.models import configuration


def finished(folder: Path, text: str, overrides: Sequence[str]) -> Result:
    """The result of a configuration that must run to its planned end."""
    result = simulate(configuration(folder, text, overrides))
    assert result.status == "finished", result.message
    return result


def protocol(*steps: str) -> str:
    """An override that replaces all steps."""
    return f"protocol=[{', '.join(steps)}]"
