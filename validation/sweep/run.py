"""200 small simulations with a worker killed on the way: is every case there, and how often run?

    python validation/sweep/run.py processes
    python validation/sweep/run.py dask          # needs electrode-model[cluster]

Prints rows, statuses, attempts, the time of the sweep and of the same sweep again, and the memory
of this process along the way.
"""

import os
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import electrode_model as em
from electrode_model.sweeps.run import Progress
from electrode_model.sweeps.store import CaseFiles

BASE = Path(__file__).resolve().parents[2] / "configs" / "nmc532_ensemble.yaml"
KILL_AT = 60  # cases done


class Watch:
    """Kills the process of a running case once, and notes the memory of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.killed = folder, ""
        self.memory: list[float] = []  # MB, after each case

    def __call__(self, progress: Progress) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.memory.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
        if progress.done < KILL_AT or self.killed:
            return
        for path in (self.folder / "cases").glob("*.begun"):
            words = path.read_text().split()
            if len(words) == 2:  # begun once, and not ended
                os.kill(int(words[1]), signal.SIGKILL)
                self.killed = path.stem
                return


def main(engine: str, cases: int) -> int:
    axes = {
        "positive.initial_filling": {"from": 0.4, "to": 0.6, "count": cases // 10},
        "protocol.0.current": {"from": "0.2 C", "to": "5 C", "count": 10, "spacing": "log"},
    }
    change = {
        "positive.particles.per_volume": 3,
        "protocol": [{"current": "1 C", "until": {"filling": 0.9, "voltage": "2.5 V"}}],
    }
    with TemporaryDirectory() as name:
        folder, watch = Path(name), Watch(Path(name))
        times = []
        for tell in (watch, lambda progress: None):
            began = time.perf_counter()
            table = em.sweep(
                BASE, axes, change=change, folder=folder, jobs=2, progress=tell,
                cluster="local" if engine == "dask" else None,
            )  # fmt: skip
            times.append(time.perf_counter() - began)
        attempts = dict(zip(table["Key"], table["Attempts"], strict=True))
        print(f"{len(table)} rows of {cases}, {table.counts()}")
        print(f"killed case {watch.killed}: begun {attempts[watch.killed]:.0f} times")
        print(f"begun more than once: {int(np.sum(table['Attempts'] > 1))}")
        print(f"sweep {times[0]:.1f} s, again {times[1]:.1f} s")
        tenth, last = watch.memory[cases // 10], watch.memory[-1]
        print(f"memory of the parent {tenth:.1f} MB after a tenth, {last:.1f} MB at the end")
        left = [*(folder / "cases").glob("*.begun")]
        good = len(table) == cases and attempts[watch.killed] == 2 and not left
        good = good and CaseFiles(folder, watch.killed).read() is not None
        print("all there" if good else "NOT all there")
        return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "processes", 200))
