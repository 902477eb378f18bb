"""What a measurement in a process of its own tells, line by line, and how often it solves."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np

from electrode_model.benchmarks.cases import BASE, MOMENTS, Case
from electrode_model.config.load import load
from electrode_model.config.model import Config

__all__ = [
    "Watch",
    "configuration",
    "fractions",
    "peak",
    "repeated",
    "tell",
    "tell_cost",
    "timed",
]

_T = TypeVar("_T")
_SOLVES, _PATIENCE = 5, 10.0  # so many, fewer where they would take longer than this each [s]


def tell(**values: Any) -> None:
    """Print values as a line of JSON: what was told before a kill is not lost."""
    print(json.dumps(values), flush=True)


def peak() -> float:
    """Peak resident memory of this process [bytes]; nan where the system does not tell."""
    try:
        import resource  # not on Windows
    except ImportError:
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def tell_cost(solves: list[float], **more: Any) -> None:
    """Tell the seconds of the solves, and what the process has needed so far."""
    tell(solves=solves, peak=peak(), crowding=Watch.crowding(), **more)


def fractions() -> np.ndarray:
    """(MOMENTS,) of a run, at which voltages are compared."""
    return np.linspace(0.0, 1.0, MOMENTS + 2)[1:-1]


class Watch:
    """Seconds of processor time since it began, and on the clock.

    On an idle machine both are the same, solves being one thread; on a crowded one only the first
    means something.
    """

    #: all that was timed in this process: processor, clock
    total: ClassVar[list[float]] = [0.0, 0.0]

    def __init__(self) -> None:
        self._began = time.process_time(), time.perf_counter()

    @property
    def clock(self) -> float:
        """Seconds on the clock."""
        return time.perf_counter() - self._began[1]

    def stop(self) -> float:
        """Seconds of processor time."""
        seconds = time.process_time() - self._began[0]
        Watch.total[0] += seconds
        Watch.total[1] += self.clock
        return seconds

    @classmethod
    def crowding(cls) -> float:
        """How much longer things took on the clock; 1 on an idle machine."""
        return cls.total[1] / max(cls.total[0], 1e-9)


def timed(call: Callable[[], _T]) -> tuple[float, _T]:
    """Seconds of processor time that a call took, and its value."""
    watch = Watch()
    value = call()
    return watch.stop(), value


def repeated(first: float, solve: Callable[[], float]) -> list[float]:
    """Seconds of further solves; the first alone where it took longer than _PATIENCE."""
    return [first] if first > _PATIENCE else [solve() for _ in range(_SOLVES)]


def configuration(case: Case) -> Config:
    """Of a case, checked."""
    if case.config is not None:
        return load(case.config, [*case.overrides, "output.figures=false"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "benchmark.yaml")
        path.write_text(BASE, encoding="utf-8")
        return load(path, case.overrides)
