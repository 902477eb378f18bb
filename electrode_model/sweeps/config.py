"""What a sweep's YAML file says: base, axes or a table of cases, limits, where to run.

Values of axes stay as they were written (:mod:`electrode_model.sweeps.axes`): which unit they
are in is known only from the configuration that they are put into.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from electrode_model.config.fields import Quantity, Read, Section, checked, read_version
from electrode_model.config.problems import Location, Refused, show

__all__ = ["Cluster", "Figures", "Limits", "SweepConfig"]

MOST_CASES = 100_000
_Jobs = Annotated[int | None, Quantity("1", "simulations at a time", at_least=1, at_most=10_000)]


def _mapping(example: str) -> Read:
    """A mapping of anything; ``example`` shows how it is written."""

    def read(value: Any, _: float | None) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused(f"is {show(value)}; write a mapping, such as {example}")
        return value

    return Read(read, "object")


class Limits(Section):
    """Limits of patience."""

    simulation: Annotated[
        float | None, Quantity("s", "longest simulation on the clock; null: no limit", above=0)
    ] = None
    attempts: Annotated[
        int, Quantity("1", "how often a case is begun whose process dies", at_least=1, at_most=10)
    ] = 2
    workers: _Jobs = None


class Cluster(Section):
    """A Dask cluster to start."""

    kind: Literal["local", "slurm", "pbs"] = Field(
        description="local: processes of this machine; slurm, pbs: jobs of dask-jobqueue"
    )
    workers: _Jobs = None
    options: Annotated[dict[str, Any], _mapping("{queue: normal, cores: 1}")] = Field(
        default_factory=dict,
        description="arguments of LocalCluster, SLURMCluster or PBSCluster, such as"
        " {queue: normal, cores: 1, memory: 4GB, walltime: '02:00:00'}",
    )


def _over(value: Any, _: float | None) -> tuple[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 2 or len(set(map(str, value))) != 2:
        raise Refused(f"is {show(value)}; write the paths of two axes, such as [temperature, name]")
    return str(value[0]), str(value[1])


class Figures(Section):
    """What the figures show."""

    value: str = Field(
        default="Capacity discharged [A.h.m-2]", description="column of the table in the heat map"
    )
    over: Annotated[tuple[str, str] | None, Read(_over, "array")] = Field(
        default=None, description="axes of the heat map; null: the first two"
    )


class SweepConfig(Section):
    """One sweep."""

    version: Annotated[int, Read(read_version, "integer")] = Field(
        alias="schema", description="version of the format: 1"
    )
    name: str = Field(default="", description="what the sweep is called in figures")
    base: str = Field(description="YAML file of the configuration that is varied")
    change: Annotated[dict[str, Any], _mapping("positive.particles.per_volume: 20")] = Field(
        default_factory=dict,
        description="values that replace those of the base in every case, by their paths",
    )
    axes: Annotated[dict[str, Any], _mapping("positive.particles.size.std: [5 nm, 10 nm]")] = Field(
        default_factory=dict,
        description="values by path: a list, or {from, to, count, spacing: linear or log, whole}",
    )
    cases: str | None = Field(
        default=None,
        description="CSV file with a case in each line and paths in its header; with axes: each"
        " of its lines with all their values",
    )
    combine: Literal["grid", "latin_hypercube"] = Field(
        default="grid", description="all combinations of the axes, or samples of them"
    )
    samples: Annotated[
        int | None,
        Quantity("1", "cases of a Latin hypercube", at_least=1, at_most=MOST_CASES),
    ] = None
    seed: Annotated[int, Quantity("1", "seed of the Latin hypercube", at_least=0)] = 0
    keep: Literal["table", "results"] = Field(
        default="table", description="results: a result folder of every case too"
    )
    limits: Limits = Field(default=Limits(), description="limits of patience")
    cluster: Cluster | None = Field(
        default=None, description="Dask cluster to run on; null: processes of this machine"
    )
    figures: Figures = Field(default=Figures(), description="what the figures show")

    @model_validator(mode="after")
    def _check(self) -> "SweepConfig":
        return checked(self, self._faults())

    def _faults(self) -> Iterator[tuple[Location, str]]:
        if not self.axes and self.cases is None:
            example = "write for example axes: {positive.particles.size.std: [5 nm, 10 nm]}"
            yield ("axes",), f"names nothing to vary, and there is no table 'cases'; {example}"
        if self.combine == "latin_hypercube":
            if self.samples is None:
                text = "is missing; write how many cases are drawn, such as samples: 200"
                yield ("samples",), text
            if self.cases is not None:
                text = f"is {self.cases!r}, but a Latin hypercube draws its own cases"
                yield ("cases",), f"{text}; remove it, or write combine: grid"
        elif self.samples is not None:
            text = f"is {self.samples}, but a grid has all combinations"
            yield ("samples",), f"{text}; remove it, or write combine: latin_hypercube"
