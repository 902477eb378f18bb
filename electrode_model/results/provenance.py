"""Where a result comes from: versions, commit, seeds."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from electrode_model.config.model import Config, Population

__all__ = ["commit", "seeds", "versions"]


def versions() -> dict[str, str | None]:
    """Versions of the package, Python and the libraries that compute, and the commit if any."""
    return {
        "electrode-model": package_version("electrode-model"),
        "commit": commit(),
        "python": platform.python_version(),
        **{name: package_version(name) for name in ("numpy", "scipy", "casadi")},
    }


def package_version(name: str) -> str | None:
    """Version of an installed distribution; None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def commit() -> str | None:
    """Commit of the checkout this package is run from, "-dirty" if edited; else None."""
    package = Path(__file__).resolve().parents[1]
    # an environment may lie inside a checkout of something else: only our own counts
    if not (package.parent / ".git").exists():
        return None
    command = ["git", "--no-optional-locks", "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        done = subprocess.run(
            [*command, "--exclude", "*"], cwd=package, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def seeds(config: "Config") -> list[Any]:
    """What was drawn at random in each population, and its seed; None where nothing was.

    Those of the positive electrode, then those of a porous negative.
    """
    populations = [*config.positive.particles, *getattr(config.negative, "particles", ())]
    return [_seeds(population) or None for population in populations]


def _seeds(population: "Population") -> dict[str, int]:
    components = {
        "size": population.size,
        "model": population.model,
        "initial_filling": population.initial_filling,
    }
    found = {}
    for name, component in components.items():
        numbers: dict[str, Any] = {} if component is None else component.parameters
        if numbers.get("seed") is not None and numbers.get("sampling") != "quantiles":
            found[name] = int(numbers["seed"])
    place = population.model.parameters.get("contact_seed")
    if place is not None:
        found["contact"] = int(place)
    if population.scattering.drawn:
        found["scatter"] = int(population.scattering.seed)
    return found
