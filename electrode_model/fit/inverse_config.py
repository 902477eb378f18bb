"""What the YAML file of a fit to composition histograms says."""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, model_validator

from electrode_model.config.fields import Quantity, Read, Section, checked, read_version
from electrode_model.config.problems import Location, Refused, show
from electrode_model.fit.config import Free

__all__ = ["Choice", "HistogramFile", "InverseConfig", "Kind", "Knots"]


def _knots(value: Any, _: float | None) -> int | tuple[float, ...]:
    """A number of knots, or their places."""
    if isinstance(value, int) and not isinstance(value, bool) and 4 <= value <= 60:
        return value
    numbers = isinstance(value, list | tuple) and all(
        isinstance(x, int | float) and not isinstance(x, bool) for x in value
    )
    ascending = numbers and all(a < b for a, b in pairwise(value))
    if not ascending or len(value) < 4 or not 0 <= value[0] < value[-1] <= 1:
        text = "write a number from 4 to 60, or at least four ascending fillings from 0 to 1"
        raise Refused(f"is {show(value)}; {text}")
    return tuple(map(float, value))


class HistogramFile(Section):
    """A table of composition histograms."""

    file: str = Field(description="CSV file, beside the fit's file")
    resolution: Annotated[
        float,
        Quantity("1", "standard deviation of a measured filling", at_least=0, at_most=0.2),
    ] = 0.0
    stray: Annotated[
        float, Quantity("1", "share of counts that may lie anywhere", above=0, below=1)
    ] = 1e-3


class Knots(Section):
    """The exchange current as a function of the filling."""

    population: Annotated[int, Quantity("1", "which population of the base", at_least=0)] = 0
    knots: Annotated[int | tuple[float, ...], Read(_knots, ("integer", "array"))] = Field(
        default=8, description="how many knots over the fillings of the bins, or their fillings"
    )
    noise: Annotated[
        float, Quantity("1", "D0, the inverse of a number of sites", at_least=1e-5, at_most=1)
    ] = 1e-2
    free_noise: StrictBool = Field(default=False, description="fit D0 too, from that value")
    smoothness: Annotated[
        float, Quantity("1", "expected second difference of log10 j0 at knots", above=0)
    ] = 1.0
    bounds: StrictBool = Field(
        default=True, description="seek lower and upper bounds where j0 is not identifiable"
    )
    cells: Annotated[int, Quantity("1", "cells of filling", at_least=50, at_most=20_000)] = 300


class Kind(Section):
    """A model that may explain the histograms."""

    base: str = Field(description="YAML file of its configuration")
    change: dict[str, Any] = Field(
        default_factory=dict, description="values by their paths that replace those of its base"
    )
    free: dict[str, Free] = Field(description="its parameters, evenly distributed between bounds")


class Choice(Section):
    """Which of several models the histograms speak for."""

    counted: Literal["particles", "places"] = Field(
        default="particles",
        description="particles: means of particles; places: wherever lithium was, not evened out",
    )
    models: dict[str, Kind] = Field(description="the models by their names, two or more")
    seed: Annotated[int, Quantity("1", "seed of the points of the priors", at_least=0)] = 0

    @model_validator(mode="after")
    def _check(self) -> "Choice":
        few = len(self.models) < 2
        faults: list[tuple[Location, str]] = [(("models",), "has fewer than two")] if few else []
        return checked(self, faults)


class InverseConfig(Section):
    """A fit to composition histograms."""

    version: Annotated[int, Read(read_version, "integer")] = Field(
        alias="schema", description="version of the format: 1"
    )
    name: str = Field(default="", description="what the fit is called")
    base: str | None = Field(
        default=None, description="configuration whose open-circuit voltage and law are taken"
    )
    change: dict[str, Any] = Field(
        default_factory=dict, description="values by their paths that replace those of the base"
    )
    histograms: tuple[HistogramFile, ...] = Field(description="tables of histograms")
    exchange_current: Knots | None = Field(
        default=None, description="fit the exchange current; null: do not"
    )
    choice: Choice | None = Field(default=None, description="choose between models; null: do not")

    @model_validator(mode="after")
    def _check(self) -> "InverseConfig":
        faults: list[tuple[Location, str]] = []
        if not self.histograms:
            faults.append((("histograms",), "is empty; name at least one file"))
        if self.exchange_current is None and self.choice is None:
            faults.append(((), "asks for nothing; write exchange_current: {} or a choice"))
        if self.exchange_current is not None and self.base is None:
            faults.append((("base",), "is missing; exchange_current needs a configuration"))
        return checked(self, faults)
