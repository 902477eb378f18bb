"""Run the cases of the validation suite side by side, each as a process of its own, and judge."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from electrode_model.results.storage import FolderError
from electrode_model.validate.cases import VERDICTS, Case
from electrode_model.validate.figures import fault
from electrode_model.validate.rows import Row

__all__ = ["Outcome", "judge", "run_all"]

LIMIT = 3600.0  # s, after which a case counts as hung
MARK = "log.txt"  # what every folder of a case's output holds; only such folders are replaced
FIGURES = (".svg", ".png")
_SHOWN = 25  # last lines of a script that crashed
_PAUSE = 0.05  # s between two looks whether a script has ended


@dataclass(frozen=True)
class Outcome:
    """What came out of a case."""

    case: Case
    rows: tuple[Row, ...]
    figures: tuple[Path, ...]
    seconds: float
    error: str  # of a script that crashed, hung or wrote no rows: what and the end of its output
    expected: Mapping[str, str]  # row -> verdict
    own_quick: bool  # whether this is what the case shows with --quick
    cpu: float = 0.0  # s of processor time: what it costs however busy the machine is

    @property
    def verdict(self) -> str:
        """``pass``: nothing fails and something is reproduced; ``open``: nothing was judged."""
        found = {row.verdict for row in self.rows}
        if self.error or "not reproduced" in found:
            return "fail"
        return "pass" if "reproduced" in found else "open"

    @property
    def expected_verdict(self) -> str:
        """The same, of the rows as they are expected."""
        found = set(self.expected.values())
        return "fail" if "not reproduced" in found else "pass" if "reproduced" in found else "open"

    def surprises(self) -> list[str]:
        """Why this outcome is worse than expected; empty if it is not."""
        if self.error:
            return [self.error.partition("\n")[0]]
        found = {row.id: row.verdict for row in self.rows}
        worse = [f"row {row} is missing" for row in self.expected if row not in found]
        for row, verdict in found.items():
            hoped = self.expected.get(row, "open")  # a new row may be open, but not fail
            if VERDICTS.index(verdict) > VERDICTS.index(hoped):
                known = f"was {hoped}" if row in self.expected else "is new to case.yaml"
                worse.append(f"row {row} is {verdict}, {known}")
        return worse

    def better(self) -> list[str]:
        """Rows that do better than expected: case.yaml should say so."""
        return [
            row.id
            for row in self.rows
            if row.id in self.expected
            and VERDICTS.index(row.verdict) < VERDICTS.index(self.expected[row.id])
        ]


def run_all(
    cases: Sequence[Case],
    output: Path,
    *,
    quick: bool,
    jobs: int,
    show: Callable[[Outcome, int], None] = lambda outcome, left: None,
    limit: float = LIMIT,
) -> list[Outcome]:
    """Run cases, at most ``jobs`` at a time, the long ones first; outcomes in the given order.

    Raises FolderError if an output folder is taken by something else.  A script that fails ends
    its own case only.  On an interrupt every script that runs is ended.
    """
    for case in cases:
        _clear(output / case.name)
    runs = _Runs(output, quick, limit)
    order = sorted(cases, key=lambda case: -case.seconds)
    found: dict[str, Outcome] = {}
    with ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(runs.run, case) for case in order]
        try:
            for future in as_completed(futures):
                outcome = future.result()
                found[outcome.case.name] = outcome
                show(outcome, len(cases) - len(found))
        except BaseException:
            for future in futures:
                future.cancel()
            runs.end()
            raise
    return [found[case.name] for case in cases]


def judge(
    case: Case,
    output: Path,
    *,
    quick: bool,
    seconds: float = 0.0,
    cpu: float = 0.0,
    error: str = "",
) -> Outcome:
    """What a script wrote into ``output``; a figure that is missing or broken is an error."""
    rows: tuple[Row, ...] = ()
    try:
        text = (output / "rows.json").read_text(encoding="utf-8")
        rows = tuple(Row.read(entry) for entry in json.loads(text))
        odd = [row.id for row in rows if row.verdict not in VERDICTS]
        if odd:
            raise ValueError(f"no verdicts: those of {odd}")
    except OSError:
        error = error or "it wrote no rows.json"
    except (ValueError, TypeError, AttributeError) as problem:
        rows, error = (), error or f"rows.json cannot be read: {problem}"
    if not error and not rows:
        error = "rows.json holds no row"
    pictures = sorted(p for p in output.iterdir() if p.suffix.lower() in FIGURES)
    # a figure that is there in both formats is shown as SVG
    drawn = {p.stem for p in pictures if p.suffix == ".svg"}
    figures = tuple(p for p in pictures if p.suffix == ".svg" or p.stem not in drawn)
    faults = [f"figure {path.name} {why}" for path in figures if (why := fault(path))]
    here = {path.name for path in figures}
    faults += [f"figure {name} was not drawn" for name in case.figures if name not in here]
    error = error or "\n".join(faults)
    # in the order of case.yaml, then those that it does not name
    order = {name: place for place, name in enumerate(case.figures)}
    figures = tuple(sorted(figures, key=lambda path: (order.get(path.name, len(order)), path)))
    expected = case.expectation(quick)
    own_quick = quick and case.expected_quick is not None
    return Outcome(case, rows, figures, seconds, error, expected, own_quick, cpu)


def _clear(folder: Path) -> None:
    """Make an empty folder; raises FolderError if it holds what this program did not write."""
    if folder.exists() and not folder.is_dir():
        raise FolderError(f"{folder} is a file; choose another -o")
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise FolderError(f"{folder} holds other files; choose another -o, or remove it")
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).touch()
    except OSError as error:
        raise FolderError(f"{folder} cannot be written: {error}") from error


class _Runs:
    """The scripts that are running."""

    def __init__(self, output: Path, quick: bool, limit: float) -> None:
        self.output, self.quick, self.limit = output, quick, limit
        self.processes: set[subprocess.Popen[bytes]] = set()
        self.lock = Lock()
        self.ended = False

    def run(self, case: Case) -> Outcome:
        folder = self.output / case.name
        if case.why_open:
            outcome = judge(case, folder, quick=self.quick)
            return replace(outcome, error="", rows=(), expected={})
        began = time.perf_counter()
        error, cpu = self._script(case, folder)
        seconds = time.perf_counter() - began
        return judge(case, folder, quick=self.quick, seconds=seconds, cpu=cpu, error=error)

    def _script(self, case: Case, folder: Path) -> tuple[str, float]:
        """Run it; why it did not do its work, or an empty text; processor time [s]."""
        quick = ["--quick"] if self.quick and case.expected_quick is not None else []
        command = [sys.executable, case.script.resolve(), *quick, "-o", folder.resolve()]
        with (folder / MARK).open("wb") as log, self.lock:
            if self.ended:
                return "interrupted", 0.0
            # a session of its own: what it starts ends with it
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=case.folder, env=_environment(), start_new_session=True,
            )  # fmt: skip
            self.processes.add(process)
        try:
            status, cpu = _wait(process, self.limit)
        except subprocess.TimeoutExpired:
            _kill(process)
            return f"ended after {self.limit:g} s, in which it came to no end", self.limit
        finally:
            with self.lock:
                self.processes.discard(process)
        text = (folder / MARK).read_text(encoding="utf-8", errors="replace")
        # status 1 is also that of a row which is not reproduced
        if status == 0 or (status == 1 and "Traceback (most recent call last)" not in text):
            return "", cpu
        lines = text.splitlines()
        head = f"crashed with status {status}: {lines[-1] if lines else 'it said nothing'}"
        return "\n".join([head, *lines[-_SHOWN:]]), cpu

    def end(self) -> None:
        """End all; none starts any more."""
        with self.lock:
            self.ended = True
            for process in self.processes:
                _kill(process)


def _wait(process: "subprocess.Popen[bytes]", limit: float) -> tuple[int, float]:
    """Exit status and processor time [s], its children's included; raises TimeoutExpired.

    Popen.wait tells no times, and those that resource has are of all children together.
    """
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            found, status, usage = os.wait4(process.pid, os.WNOHANG)
        except ChildProcessError:  # ended by another thread, after an interrupt
            return process.wait(), 0.0
        if found:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_utime + usage.ru_stime
        time.sleep(_PAUSE)
    raise subprocess.TimeoutExpired(process.args, limit)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment() -> dict[str, str]:
    """One thread for each process, no window; this package, however it was found."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    return {**os.environ, **threads, "MPLBACKEND": "Agg", "PYTHONPATH": os.pathsep.join(paths)}
