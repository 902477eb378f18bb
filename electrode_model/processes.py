"""Calls in processes of their own, which may die or hang without taking the others along.

One executor of one process for each place: where many processes share an executor, one that is
killed (out of memory, say) breaks the calls of all, and nobody knows whose fault it was.
"""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from typing import Any, TypeAlias, TypeVar

__all__ = ["Emptying", "Lost", "Task", "default_processes", "end_with_parent", "outcomes"]

Task: TypeAlias = tuple[Any, Callable[..., Any], tuple[Any, ...]]  # key, function, arguments

_T = TypeVar("_T")
_LOOK = 0.25  # s between looks for calls over their limit
_MOST_STARTS = 3  # processes in a row that die before they do anything


@dataclass(frozen=True)
class Lost:
    """A call without a result: its process died each time, or was ended at the limit."""

    reason: str
    attempts: int
    over_limit: bool = False


class Emptying(Iterator[_T]):
    """Takes what is first from a queue, which may be filled again after it was empty."""

    def __init__(self, queue: deque[_T]) -> None:
        """Nothing is taken yet."""
        self._queue = queue

    def __next__(self) -> _T:
        """The first item."""
        if not self._queue:
            raise StopIteration
        return self._queue.popleft()


def default_processes() -> int:
    """Cores that this process may use."""
    # a scheduler or a container may have given us fewer than the machine has
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def outcomes(
    tasks: Iterable[Task],
    processes: int,
    *,
    limit: float | None = None,
    attempts: int = 1,
) -> Iterator[tuple[Any, Any]]:
    """Pairs (key, result or :class:`Lost`) in the order in which the calls end.

    Parameters
    ----------
    tasks : begun in this order, and asked for only when a process is free for the next; an
        iterator may give more tasks after it had none, while others are running
    processes : at a time; 0: the calls are made here, one after another
    limit : s that a call may take; its process is then ended
    attempts : how often a call is begun whose process dies

    What a call raises is raised here.  Left early, also by an interrupt, it ends all processes.
    """
    if processes == 0:
        for key, function, arguments in tasks:
            yield key, function(*arguments)
        return
    source = iter(tasks)
    places = [_Place() for _ in range(processes)]
    starts = 0  # processes in a row that died as they started
    try:
        while True:
            for place in places:
                task = next(source, None) if place.task is None else None
                if task is not None:
                    place.begin(task)
            busy = {place.future: place for place in places if place.future is not None}
            if not busy:
                return
            done, _ = wait(busy, None if limit is None else _LOOK, FIRST_COMPLETED)
            for place in busy.values():
                if limit is not None and place.future not in done and place.elapsed() > limit:
                    place.kill(over_limit=True)
            for future in done:
                place = busy[future]
                assert place.task is not None
                try:
                    result = future.result()
                except BrokenProcessPool:
                    starts = 0 if place.started else starts + 1
                    if starts == _MOST_STARTS:
                        raise RuntimeError(_NO_START) from None
                    lost = place.lost(limit)
                    if not place.over_limit and lost.attempts < attempts:
                        place.again()
                        continue
                    result = lost
                else:
                    starts = 0
                yield place.end(), result
    finally:
        for place in places:
            place.close()


_NO_START = (
    "the processes of a parallel run die as they start; a script that asks for one needs its"
    " lines below  if __name__ == '__main__':  because every process reads the script"
)


class _Place:
    """A process, or none yet, and the call that is in it."""

    def __init__(self) -> None:
        self.task: Task | None = None
        self.future: Future[Any] | None = None
        self.over_limit = False
        self._executor: ProcessPoolExecutor | None = None
        self._pid: Future[int] | None = None
        self._attempts = 0
        self._began: float | None = None  # on the clock; None: the process is not up yet

    def begin(self, task: Task) -> None:
        """A new call."""
        self.task, self._attempts = task, 0
        self._submit()

    def again(self) -> None:
        """The same call, in a new process."""
        self._drop()
        self._submit()

    def _submit(self) -> None:
        assert self.task is not None
        self.over_limit, self._began = False, None
        _, function, arguments = self.task
        try:
            self.future = self._ready().submit(function, *arguments)
        except BrokenProcessPool:  # died while it had nothing to do
            self._drop()
            self.future = self._ready().submit(function, *arguments)

    def _ready(self) -> ProcessPoolExecutor:
        if self._executor is None:
            # spawn: forked processes would share the locks of threads that they do not have
            self._executor = ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=_prepare
            )
            self._pid = self._executor.submit(os.getpid)
        return self._executor

    @property
    def started(self) -> bool:
        """Whether the process came so far as to begin the call."""
        return self._pid is not None and self._pid.done() and self._pid.exception() is None

    def elapsed(self) -> float:
        """Seconds since the process was up and had the call."""
        if self._began is None and self.started:
            self._began = time.monotonic()
        return 0.0 if self._began is None else time.monotonic() - self._began

    def lost(self, limit: float | None) -> Lost:
        """What to say of the call whose process has died."""
        self._attempts += self.started
        if self.over_limit:
            return Lost(f"ended at the limit of {limit:g} s", self._attempts, over_limit=True)
        times = "" if self._attempts == 1 else f" {self._attempts} times"
        return Lost(f"its process was killed{times}; out of memory?", self._attempts)

    def end(self) -> Any:
        """Free the place; the key of its call."""
        assert self.task is not None
        assert self.future is not None
        key, self.task = self.task[0], None
        if self.future.exception() is not None:
            self._drop()
        self.future = None
        return key

    def kill(self, over_limit: bool = False) -> None:
        """End the process with whatever it does."""
        self.over_limit = over_limit
        if self._pid is None or self._pid.exception() is not None:  # waits for one that starts
            return
        with suppress(ProcessLookupError):
            os.kill(self._pid.result(), signal.SIGKILL)

    def _drop(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._pid = None

    def close(self) -> None:
        """No process is left."""
        if self.future is not None and not self.future.done():
            self.kill()
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)


def _prepare() -> None:
    """In a new process: one thread for linear algebra, and no life longer than the parent's."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # before NumPy is imported
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    end_with_parent()


def end_with_parent() -> None:
    """Called in a process: it ends when the one that made it is gone, killed perhaps."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
