"""What a fit's YAML file says: base, data sets, free parameters, objective, method.

Values of parameters stay as they were written: which unit they are in is known only from
the configuration that they are in (:mod:`electrode_model.fit.parameters`).
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from electrode_model.config.fields import Quantity, Read, Section, checked, read_version
from electrode_model.config.problems import Location, Refused, show
from electrode_model.fit.data_config import DataChoice

__all__ = [
    "Difference",
    "FitConfig",
    "Free",
    "Limits",
    "Method",
    "Objective",
    "Prior",
    "Sampling",
    "Variant",
]


def _paths(value: Any, _: float | None) -> tuple[tuple[str, float], ...]:
    """Paths with the factor of each, from one path, a list, or a mapping to factors."""
    if isinstance(value, str):
        value = {value: 1.0}
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        if len(set(value)) < len(value):
            raise Refused(f"is {show(value)}, with one path twice; write each once")
        value = dict.fromkeys(value, 1.0)
    if not isinstance(value, dict) or not value:
        raise Refused(
            f"is {show(value)}; write a path such as positive.particles.kinetics.k0, a list of"
            " paths, or paths with factors such as {positive.thickness: 1}"
        )
    faults: list[tuple[Location, str]] = []
    for path, factor in value.items():
        if isinstance(factor, bool) or not isinstance(factor, int | float) or factor <= 0:
            faults.append(((path,), f"is {show(factor)}; a factor above 0 is needed"))
    if faults:
        raise Refused("", *faults)
    return tuple((path, float(factor)) for path, factor in value.items())


def _pair(value: Any, _: float | None) -> tuple[Any, Any]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Refused(f"is {show(value)}; write the least and the largest value, such as [1, 10]")
    return value[0], value[1]


def _as_written(value: Any, _: float | None) -> Any:
    return value


_Written = Annotated[Any, Read(_as_written, ("number", "string"))]


class Prior(Section):
    """What is known of a parameter without the data: a normal distribution of it."""

    mean: _Written = Field(description="most likely value")
    std: _Written = Field(default=None, description="standard deviation, of a linear parameter")
    factor: Annotated[
        float | None,
        Quantity("1", "standard deviation as a factor, of a logarithmic parameter", above=1),
    ] = None


class Free(Section):
    """A parameter of the fit: what it moves, between which bounds."""

    path: Annotated[tuple[tuple[str, float], ...], Read(_paths, ("string", "array", "object"))] = (
        Field(description="path of the configuration; several are tied together")
    )
    bounds: Annotated[tuple[Any, Any], Read(_pair, "array")] = Field(
        description="least and largest value, with units as in the configuration"
    )
    start: _Written = Field(default=None, description="first value; null: that of the base")
    scale: Literal["linear", "log"] | None = Field(
        default=None, description="null: log for bounds above 0 that are a factor 10 apart"
    )
    prior: Prior | None = Field(default=None, description="what is known of it; null: nothing")
    per_data_set: StrictBool = Field(default=False, description="a value of its own for each set")
    data_sets: tuple[str, ...] | None = Field(
        default=None, description="data sets that it is for; null: all of them"
    )


class Difference(Section):
    """A difference of voltages of two data sets: a hysteresis gap, or an overpotential."""

    between: tuple[str, str] = Field(description="names of the two data sets, first less second")
    at: tuple[float, ...] = Field(description="shares of the capacity, from 0 empty to 1 full")
    std: Annotated[float, Quantity("V", "deviation that counts as one", above=0)] = 2e-3

    @model_validator(mode="after")
    def _check(self) -> "Difference":
        text = "is no share of the capacity; allowed: at least 0, at most 1"
        wrong = [(("at", k), text) for k, x in enumerate(self.at) if not 0 <= x <= 1]
        return checked(self, wrong)


class Objective(Section):
    """What is compared.  A term that is null does not count."""

    against: Literal["capacity", "time"] = Field(
        default="capacity",
        description="capacity: each curve over its own end, the ends apart; time: as it is",
    )
    points: Annotated[
        int, Quantity("1", "bins of a curve, each of which counts once", at_least=4, at_most=10_000)
    ] = 100
    voltage: Annotated[
        float | None, Quantity("V", "deviation of the voltage that counts as one", above=0)
    ] = 5e-3
    end_capacity: Annotated[
        float | None,
        Quantity("1", "relative deviation of the end capacity that counts as one", above=0),
    ] = 0.01
    slope: Annotated[
        float | None,
        Quantity(
            "1", "deviation of dQ/dV that counts as one, over capacity per volt of window", above=0
        ),
    ] = None
    smooth: Annotated[
        float | None,
        Quantity(
            "1",
            "share of a curve over which data and model are averaged (half width of the window);"
            " null: as little as makes the objective smooth, where method is auto",
            at_least=0,
            at_most=0.5,
        ),
    ] = None
    differences: tuple[Difference, ...] = Field(
        default=(), description="hysteresis gaps and overpotentials"
    )
    loss: Literal["linear", "soft_l1", "huber", "cauchy"] = Field(
        default="linear", description="linear: squares; the others count outliers less"
    )
    outlier: Annotated[
        float, Quantity("1", "deviation from which a robust loss counts less", above=0)
    ] = 3.0


def _named(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class Method(Section):
    """How the optimum is sought."""

    name: Literal["auto", "least_squares", "differential_evolution"] = Field(
        default="auto", description="auto: by a check whether the objective is smooth"
    )
    derivatives: Literal["sensitivities", "differences"] = Field(
        default="sensitivities", description="of the solver, or from pairs of runs"
    )
    starts: Annotated[
        int, Quantity("1", "starts of least squares; from 2 on by Latin hypercube", at_least=1)
    ] = 1
    seed: Annotated[int, Quantity("1", "seed of starts and populations", at_least=0)] = 0
    iterations: Annotated[
        int, Quantity("1", "most iterations of a start, or generations", at_least=1)
    ] = 50
    tolerance: Annotated[
        float, Quantity("1", "relative change of the cost at which it ends", above=0, at_most=0.1)
    ] = 1e-4
    population: Annotated[
        int, Quantity("1", "members of differential evolution per parameter", at_least=4)
    ] = 8


class Limits(Section):
    """Limits of patience."""

    simulation: Annotated[float, Quantity("s", "longest simulation on the clock", above=0)] = 60.0
    workers: Annotated[
        int | None, Quantity("1", "processes at a time; null: as many as cores", at_least=1)
    ] = None


class Sampling(Section):
    """How the posterior is sampled, from the optimum on."""

    steps: Annotated[int, Quantity("1", "most steps of each walker", at_least=10)] = 2000
    effective: Annotated[
        float, Quantity("1", "independent samples at which it ends", at_least=10)
    ] = 400.0
    walkers: Annotated[
        int | None, Quantity("1", "walkers; null: 4 for each parameter", at_least=4)
    ] = None
    seed: Annotated[int, Quantity("1", "seed of the walkers", at_least=0)] = 0


def _asked(value: Any) -> Any:
    """``true`` and ``false`` for all as it is by default, and for nothing."""
    return {} if value is True else None if value is False else value


class Variant(Section):
    """A model that is compared with others on the same data: what it changes of the fit."""

    change: dict[str, Any] = Field(
        default_factory=dict, description="values by their paths, as under 'change' of the fit"
    )
    free: dict[str, Free] = Field(
        default_factory=dict, description="parameters more than those of the fit, or in their place"
    )
    drop: tuple[str, ...] = Field(
        default=(), description="parameters of the fit that this variant does not have"
    )


class FitConfig(Section):
    """One fit."""

    version: Annotated[int, Read(read_version, "integer")] = Field(
        alias="schema", description="version of the format: 1"
    )
    name: str = Field(default="", description="what the fit is called")
    base: str = Field(description="YAML file of the configuration that is fitted")
    change: dict[str, Any] = Field(
        default_factory=dict,
        description="values by their paths that replace those of the base: fewer particles",
    )
    data: tuple[DataChoice, ...] = Field(description="data sets")
    left_out: tuple[str, ...] = Field(
        default=(), description="data sets that are predicted, not fitted"
    )
    free: dict[str, Free] = Field(description="parameters of the fit by their names")
    objective: Objective = Field(default=Objective(), description="what is compared")
    method: Annotated[Method, BeforeValidator(_named)] = Field(
        default=Method(), description="how the optimum is sought"
    )
    profiles: bool | tuple[str, ...] = Field(
        default=(), description="parameters whose profile likelihood is computed; true: all"
    )
    variants: dict[str, Variant] = Field(
        default_factory=dict, description="models that are fitted one by one and compared"
    )
    posterior: Annotated[Sampling | None, BeforeValidator(_asked)] = Field(
        default=None, description="sample it, as far as asked; true: as by default; null: no"
    )
    limits: Limits = Field(default=Limits(), description="limits of patience")

    @model_validator(mode="after")
    def _check(self) -> "FitConfig":
        faults: list[tuple[Location, str]] = []
        if not self.data:
            faults.append((("data",), "is empty; name at least one file"))
        if not self.free:
            faults.append((("free",), "is empty; name at least one parameter"))
        own = self.objective
        if own.voltage is own.end_capacity is own.slope is None and not own.differences:
            faults.append((("objective",), "has no term; write for example voltage: 5 mV"))
        return checked(self, faults)
