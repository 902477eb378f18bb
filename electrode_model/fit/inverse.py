"""A fit to composition histograms, from its YAML file: exchange current, choice between models.

A fit's file that has ``histograms`` in place of ``data`` is of this kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from electrode_model.config.load import problems_of, tree
from electrode_model.config.problems import ConfigError, Problem
from electrode_model.config.yaml_source import Node
from electrode_model.fit.candidates import Candidate, choose
from electrode_model.fit.evidence import Evidence, compare
from electrode_model.fit.exchange_current import Recovered, fit_exchange_current
from electrode_model.fit.exchange_current_files import text, write
from electrode_model.fit.histogram_table import read
from electrode_model.fit.histograms import Histograms
from electrode_model.fit.inverse_config import InverseConfig
from electrode_model.fit.outcome import PAGE
from electrode_model.fit.parameters import Base, read_parameters
from electrode_model.fokker_planck.law import Law, law_of
from electrode_model.page import bitmap, document
from electrode_model.results.storage import PROGRAM, SUMMARY, write_json

__all__ = ["Inverse", "Task", "carry_out_inverse", "is_inverse", "read_inverse"]


@dataclass(frozen=True)
class Task:
    """A fit to histograms that has been read and checked."""

    config: InverseConfig
    histograms: tuple[Histograms, ...]
    base: Base | None
    law: Law | None
    candidates: Mapping[str, Candidate]


@dataclass(frozen=True)
class Inverse:
    """What came out."""

    task: Task
    exchange_current: Recovered | None
    choice: Mapping[str, Evidence] | None

    def __str__(self) -> str:
        """Tables and sentences."""
        parts = [] if self.exchange_current is None else [text(self.exchange_current)]
        if self.choice is not None:
            parts.append(compare(self.choice))
        return "\n\n".join(parts)

    def write(self, folder: str | Path) -> list[Path]:
        """Tables, figure and text into a folder; their paths."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / "result.txt"]
        paths[0].write_text(f"{self}\n", encoding="utf-8")
        about = {"program": PROGRAM, "kind": "fit", "status": "finished"}
        write_json(folder / SUMMARY, {**about, "name": self.task.config.name})
        if self.exchange_current is not None and self.task.law is not None:
            from electrode_model.plots.knots import draw

            paths += write(self.exchange_current, folder)
            name = self.task.config.name or "Exchange current"
            path, shown = folder / "exchange_current.png", self.task.histograms
            paths.append(draw(self.exchange_current, shown, self.task.law, path, name))
        paths.append(folder / PAGE)
        pictures = [path.read_bytes() for path in paths if path.suffix == ".png"]
        paths[-1].write_text(self.page(pictures), encoding="utf-8")
        return paths

    def page(self, pictures: Sequence[bytes] = ()) -> str:
        """The same as HTML that needs no other file; ``pictures`` are PNG."""
        title = self.task.config.name or "Fit to composition histograms"
        drawn = [
            f"<figure>{bitmap(one, 'Exchange current, data and model')}</figure>"
            for one in pictures
        ]
        return document(title, "", [*drawn, f"<section><pre>{escape(str(self))}</pre></section>"])


def is_inverse(path: str | Path, overrides: Sequence[str] = ()) -> bool:
    """Whether a fit's file is one of histograms; raises ConfigError if it cannot be read."""
    node = tree(path, overrides)
    return isinstance(node.value, dict) and "histograms" in node.value


def read_inverse(path: str | Path, overrides: Sequence[str] = ()) -> Task:
    """Read a fit to histograms; raises ConfigError with everything that is wrong."""
    node, folder = tree(path, overrides), Path(path).parent
    try:
        config = InverseConfig.model_validate(node.plain(), context={"temperature": 298.15})
    except ValidationError as error:
        raise ConfigError(problems_of(error, node, InverseConfig)) from None
    found: list[Histograms] = []
    for one in config.histograms:
        found += read(folder / one.file, resolution=one.resolution, stray=one.stray)
    base = law = None
    if config.exchange_current is not None and config.base is not None:
        base = _base(folder / config.base, config.change, node, ("base",))
        own = config.exchange_current
        place, _ = node.find(("exchange_current", "population"))
        count = len(base.config().positive.particles)
        if own.population >= count:
            message = f"is {own.population}; the base has {count}, counted from 0"
            raise ConfigError([place.problem(message)])
        law = law_of(base.config(), own.population, noise=own.noise)
        _inside(found, law, path)
    candidates = {}
    if config.choice is not None:
        for name, kind in config.choice.models.items():
            where = ("choice", "models", name)
            of_kind = _base(folder / kind.base, kind.change, node, (*where, "base"))
            section, _ = node.find((*where, "free"))
            candidates[name] = Candidate(of_kind, read_parameters(kind.free, section, of_kind, []))
    return Task(config, tuple(found), base, law, candidates)


def carry_out_inverse(task: Task) -> Inverse:
    """Fit and choose; raises RuntimeError where the model cannot be solved for any guess."""
    own, found, chosen = task.config.exchange_current, None, None
    if own is not None and task.base is not None:
        found = fit_exchange_current(
            task.base.config(), task.histograms, own.knots, population=own.population,
            noise=own.noise, free_noise=own.free_noise, smoothness=own.smoothness, cells=own.cells,
            bounds=own.bounds,
        )  # fmt: skip
    choice = task.config.choice
    if choice is not None:
        local = choice.counted == "places"
        chosen = choose(
            task.candidates, task.histograms, local=local,
            weighting="capacity" if local else "number", seed=choice.seed,
        )  # fmt: skip
    return Inverse(task, found, chosen)


def _base(path: Path, change: Mapping[str, Any], node: Node, where: tuple[str, ...]) -> Base:
    """A configuration with changes; its faults at the place that names it."""
    try:
        base = Base(tree(path), path.parent)
        base.config()
        base = base.with_values(change)
        base.config()
    except ConfigError as error:
        place, rest = node.find(where)
        names = [place.problem(f"names {path}: {p}", *rest) for p in error.problems]
        raise ConfigError(names) from None
    return base


def _inside(histograms: Sequence[Histograms], law: Law, path: str | Path) -> None:
    """Every mean filling must have an open-circuit voltage."""
    low, high = law.domain
    for one in histograms:
        for mean in (one.start, *one.means):
            if not low < mean < high:
                text = (
                    f"has a mean filling of {mean:g}; the base knows its open-circuit voltage"
                    f" between {low:g} and {high:g}"
                )
                raise ConfigError([Problem(str(path), 0, f"histograms {one.name}", text)])
