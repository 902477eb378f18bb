"""Calls on a Dask cluster: of this machine, of Slurm or PBS, or one that runs already.

Dask does the work; it comes with ``pip install electrode-model[cluster]``.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from shutil import which
from typing import Any
from uuid import uuid4

from electrode_model.processes import Lost, Task

__all__ = ["ClusterError", "client_of", "outcomes"]

_AHEAD = 2  # calls for each thread of the cluster that are with it
_LEAST = 8
_WAIT = "10s"  # for a scheduler that should be there

_KINDS = {
    "local": ("distributed", "LocalCluster"),
    "slurm": ("dask_jobqueue", "SLURMCluster"),
    "pbs": ("dask_jobqueue", "PBSCluster"),
}


_COMMANDS = {"slurm": "sbatch", "pbs": "qsub"}  # that submit a job


class ClusterError(RuntimeError):
    """No cluster, or one that went away; the text says what to do."""


@contextmanager
def client_of(
    scheduler: str | None, kind: str, workers: int, options: Mapping[str, Any], attempts: int
) -> Iterator[Any]:
    """A client of the scheduler at an address, or of a cluster that is started and ended here."""
    distributed = _module("distributed")
    if scheduler is not None:
        try:
            client = distributed.Client(scheduler, timeout=_WAIT)
        except (OSError, ValueError, TypeError) as error:
            text = f"no Dask scheduler answers at {scheduler}: {error}; write an address such as"
            raise ClusterError(f"{text} tcp://localhost:8786") from None
        with client:
            yield client
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread of linear algebra for each case
    # a case whose worker dies is begun again, but not for ever
    settings = {"distributed.scheduler.allowed-failures": attempts - 1}
    with (
        _module("dask").config.set(settings),
        _cluster(kind, workers, options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def _cluster(kind: str, workers: int, options: Mapping[str, Any]) -> Any:
    command = _COMMANDS.get(kind)
    if command is not None and which(command) is None:
        text = f"a {kind} cluster needs the command {command}, which is not on this machine"
        raise ClusterError(f"{text}; start the sweep where jobs are submitted")
    module, name = _KINDS[kind]
    make = getattr(_module(module), name)
    try:
        if kind == "local":
            own = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
            return make(**{**own, **options})
        cluster = make(**options)
        cluster.scale(jobs=workers)
    except Exception as error:  # theirs to choose: a wrong option, a command that is not there
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise ClusterError(
            f"the {kind} cluster does not start: {text}; see cluster.options"
        ) from None
    return cluster


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        text = f"a cluster needs the module {error.name}; install it with"
        raise ClusterError(f"{text}  pip install 'electrode-model[cluster]'") from None


def outcomes(
    tasks: Iterable[Task],
    client: Any,
    *,
    gather: Callable[[], Any] | None = None,
) -> Iterator[tuple[Any, Any]]:
    """As :func:`electrode_model.processes.outcomes`, on the workers of a cluster.

    Few calls at a time are with the cluster, so that neither this process nor the scheduler
    holds them all.  ``gather`` gives what joins futures as they end, distributed.as_completed.
    """
    source = iter(tasks)
    keys: dict[str, Any] = {}  # of the calls that are with the cluster
    ended = (gather or _module("distributed").as_completed)()

    def fill() -> None:
        threads = sum(client.nthreads().values())
        while len(keys) < max(_LEAST, _AHEAD * threads):
            task = next(source, None)
            if task is None:
                return
            key, function, arguments = task
            future = client.submit(function, *arguments, key=f"case-{uuid4().hex}", pure=False)
            keys[future.key] = key
            ended.add(future)

    fill()
    while keys:
        future = next(ended)
        key = keys.pop(future.key)
        if future.status == "finished":
            result = future.result()
        elif future.status == "error":
            result = _lost(future.exception())
        else:  # cancelled or lost: the scheduler is not there any more
            text = "the cluster has gone away; what was finished is kept"
            raise ClusterError(f"{text}, and the same sweep goes on")
        future.release()
        yield key, result
        fill()


def _lost(error: BaseException) -> Lost:
    if type(error).__name__ != "KilledWorker":
        raise error
    return Lost("the worker was killed; out of memory?", 0)
