"""Made-up results that look like those of a solver, for tests of everything downstream."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np

from electrode_model.results import result
from electrode_model.results.result import (
    Frame,
    Layout,
    Profiles,
    Recorder,
    Result,
    Row,
    StepReport,
)

ALL_FIELDS = ("particles", "profiles", "electrolyte")


@dataclass(frozen=True)
class Case:
    """A half cell that discharges, rests and charges, with particles filling one after another."""

    volumes: int = 10
    per_volume: int = 100
    separator: int = 5  # cells; 0: single volume without electrolyte
    n_node: int = 0  # grid points in each particle; 0: none
    frames: int = 60  # per step
    cycles: int = 1
    fields: tuple[str, ...] = ALL_FIELDS
    one_c: float = 25.0  # A/m^2
    steps: list[tuple[str, float]] = field(
        default_factory=lambda: [
            ("1 C until 2.5 V", 1.0),
            ("rest 30 min", 0.0),
            ("-1 C until 3.8 V", -1.0),
        ]
    )

    @property
    def config(self) -> Any:
        """The few parts of a configuration that a recorder reads."""
        size = SimpleNamespace(parameters={"sampling": "random", "seed": 7})
        model = SimpleNamespace(parameters={})
        none = SimpleNamespace(drawn=())
        seed = SimpleNamespace(size=size, model=model, initial_filling=None, scattering=none)
        return SimpleNamespace(
            name="Made-up half cell",
            heat=None,
            positive=SimpleNamespace(particles=(seed,)),
            negative=SimpleNamespace(model="lithium_foil"),
            output=SimpleNamespace(fields=self.fields, figures=True, film=False),
        )

    @property
    def layout(self) -> Layout:
        """Particles of lognormal sizes by quantiles in every volume."""
        n_x = self.separator + self.volumes if self.separator else 0
        width = 5e-6
        n_p = self.volumes * self.per_volume
        rank = (np.arange(self.per_volume) * 0.618034 % 1 + 0.5 / self.per_volume) % 1
        size = np.tile(1e-7 * np.exp(0.25 * (2 * rank - 1) * 1.8), self.volumes)
        weight = size**3
        groups = np.array_split(np.arange(n_p), 2) if n_p > 1 else [np.arange(1)]
        nodes = (np.linspace(0, 1, self.n_node), np.linspace(0, 1, self.n_node + 5))
        return Layout(
            # the foil is at x = 0, the separator beside it
            x=(np.arange(n_x) + 0.5) * width,
            sections=(
                {"separator": (0, self.separator), "positive": (self.separator, n_x)} if n_x else {}
            ),
            size=size,
            volume=np.repeat(np.arange(self.volumes), self.per_volume),
            weight=weight / weight.sum(),
            profiles=tuple(map(_profiles, groups, nodes)) if self.n_node else (),
            capacity=self.one_c,
            one_c=self.one_c,
            mass=self.one_c / 170,
        )


def _profiles(particles: np.ndarray, nodes: np.ndarray) -> Profiles:
    """Slabs whose last grid point is the surface."""
    return Profiles(particles, nodes, np.full(nodes.size, 1 / nodes.size), np.eye(nodes.size)[-1])


def record(recorder: Recorder, case: Case) -> None:
    """Hand all rows, frames and step reports of the case to a recorder."""
    time, capacity = 0.0, 0.0
    for index, (label, rate) in enumerate(case.steps * case.cycles):
        duration = 3400.0 / abs(rate) if rate else 1800.0
        start = time
        for fraction in np.linspace(0, 1, 3 * case.frames):
            now = capacity + rate * case.one_c * duration / 3600 * fraction
            recorder.row(row_at(case, index, rate, start + fraction * duration, now))
        for fraction in np.linspace(0, 1, case.frames):
            now = capacity + rate * case.one_c * duration / 3600 * fraction
            filling = 0.01 + now / case.one_c
            recorder.frame(frame_at(case, index, rate, start + fraction * duration, filling))
        time, capacity = start + duration, now
        reason = f"{label.split(' until ')[-1]} reached"
        statistics = {"steps": 3 * case.frames, "solve_seconds": 0.25}
        recorder.step_done(
            StepReport(index, label, reason, True, "", start, time, dict(statistics))
        )


def make(case: Case | None = None, folder: Path | None = None) -> Result:
    """A finished result, in memory or in a folder."""
    case = case or Case()
    recorder = begin(case, folder)
    record(recorder, case)
    return recorder.finish("finished")


def begin(case: Case, folder: Path | None = None, overwrite: bool = False) -> Recorder:
    """A recorder for the case, whose configuration is made up as well."""
    with mock.patch.object(result, "_yaml", lambda config, _: f"name: {config.name}\n"):
        return Recorder(case.layout, case.config, folder, overwrite)


def row_at(case: Case, index: int, rate: float, time: float, capacity: float) -> Row:
    c = 0.01 + capacity / case.one_c
    voltage = 3.42 - 0.06 * rate - 0.05 * np.log(c / (1.02 - c)) * 0.5 - 0.02 * (c - 0.5)
    return Row(time, index, voltage, rate * case.one_c, rate, capacity, c)


def frame_at(case: Case, index: int, rate: float, time: float, filling: float) -> Frame:
    layout = case.layout
    # a particle fills when its turn comes: near the separator and small ones first
    turn = 0.6 * (layout.volume + 0.5) / case.volumes + 0.4 * (
        np.argsort(np.argsort(layout.size)) / layout.size.size
    )
    sharp = 12.0 if rate > 0 else 7.0
    lag = np.clip((filling * 1.1 - 0.05 - turn) * sharp, -30, 30)
    c = 0.015 + 0.97 / (1 + np.exp(-lag * 2))
    profiles = tuple(
        c[group.particles] * (1 - 0.2 * (1 - c[group.particles]) * (1 - group.nodes[:, None] ** 2))
        for group in layout.profiles
    )
    x = layout.x / layout.x.max() if layout.x.size else layout.x
    c_e = 1000 + rate * 300 * (0.5 - x) * (1 + 0.3 * np.sin(6 * filling * x))
    phi_e = -0.01 * rate * x
    return Frame(time, index, c, c, profiles, c_e, phi_e, np.full(case.volumes, 3.4))
