"""Whole runs for the tests: a protocol in a few words, particles of every model."""

from collections.abc import Sequence
from pathlib import Path

from electrode_model.results.result import Result
from electrode_model.simulation.simulate import simulate
from tests.models import configuration, particle

MODELS = ("homogeneous", "diffusion", "cahn_hilliard", "allen_cahn")


def finished(folder: Path, text: str, overrides: Sequence[str]) -> Result:
    """The result of a configuration that must run to its planned end."""
    result = simulate(configuration(folder, text, overrides))
    assert result.status == "finished", result.message
    return result


def protocol(*steps: str) -> str:
    """An override that replaces all steps."""
    return f"protocol=[{', '.join(steps)}]"


def of_model(model: str) -> list[str]:
    """Overrides for small particles of a model; plates have a thickness."""
    if model == "homogeneous":
        return [particle(model)]
    if model == "allen_cahn":
        size = "{distribution: lognormal, mean: 15 nm, std: 3 nm}"
        thickness = "positive.particles.thickness=20 nm"
        return [particle(model), f"positive.particles.size={size}", thickness]
    return [particle(model, nodes=12)]
