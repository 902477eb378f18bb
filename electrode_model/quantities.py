"""What a number in a configuration means: its unit, its bounds, its meaning.

Components (kinetic laws, exchange currents, particle models, electrolytes, distributions)
are plain functions.  Their keyword-only arguments *are* their keys in a YAML file: an
argument annotated ``Annotated[float, Spec("m", "mean radius", above=0)]`` is read from
YAML as a length, checked and documented from that one line.
"""

from dataclasses import dataclass
from typing import Annotated

__all__ = ["Fraction", "Spec", "TransferCoefficient"]


@dataclass(frozen=True)
class Spec:
    """Unit (SI, "1" for a plain number), meaning and open or closed bounds of a number."""

    unit: str
    meaning: str
    above: float | None = None
    below: float | None = None
    at_least: float | None = None
    at_most: float | None = None


Fraction = Annotated[float, Spec("1", "filling fraction", at_least=0.0, at_most=1.0)]
TransferCoefficient = Annotated[
    float, Spec("1", "charge transfer coefficient of the reduction", above=0.0, below=1.0)
]
