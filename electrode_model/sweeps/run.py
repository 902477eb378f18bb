"""Run the cases of a plan that have not been run, wherever, and keep the table."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from electrode_model import processes
from electrode_model.processes import Emptying, Lost, Task, default_processes
from electrode_model.results.provenance import versions
from electrode_model.sweeps import cluster, store
from electrode_model.sweeps.case import Job, run_case
from electrode_model.sweeps.measures import MEASURES
from electrode_model.sweeps.plan import Case, Plan
from electrode_model.sweeps.store import CaseFiles, TableFile
from electrode_model.sweeps.table import SweepTable

__all__ = ["Progress", "Where", "run_plan"]

_GRACE = 5.0  # s over the limit that a simulation has to notice it by itself
_BATCH = 500  # rows written at once

Row = dict[str, Any]
Engine = Callable[[Iterable[Task]], Iterator[tuple[Any, Any]]]


class Where(NamedTuple):
    """Where a sweep runs: processes of this machine, or a Dask cluster."""

    jobs: int | None = None  # None: as many as cores; 0: in this process
    scheduler: str | None = None  # address of one that runs
    cluster: str | None = None  # local, slurm, pbs: one to start


HERE = Where()


class Progress(NamedTuple):
    """How far a sweep is."""

    done: int
    total: int
    before: int  # of those done, known from earlier
    troubles: int  # of those done, not finished as planned


def run_plan(
    plan: Plan,
    folder: Path,
    where: Where = HERE,
    *,
    again: bool = False,
    tell: Callable[[Progress], object] = lambda progress: None,
) -> SweepTable:
    """Run what is left of a plan; the table of all its cases, in their order.

    Parameters
    ----------
    plan : cases
    folder : made, or that of an earlier run, whose cases are not run again
    where : processes or a cluster
    again : run again the cases that did not finish as planned; without it only those whose
        process was killed, and those over a limit that is higher now
    tell : told of every case that ends

    Raises
    ------
    FolderError
        The folder is another's, or another sweep is writing into it.
    ClusterError
        There is no such cluster, or it went away; the cases that ended are kept.
    """
    axes = [column.name for column in plan.columns]
    columns = ["Case", *axes, "Status", "End reason", "Attempts", *MEASURES, "Key"]
    texts = [column.name for column in plan.columns if column.unit is None]
    texts += ["Status", "End reason", "Key"]
    about = {
        "name": plan.config.name or plan.stem, "cases": len(plan), "axes": axes, "texts": texts,
        "versions": versions(),
    }  # fmt: skip
    with store.claimed(folder, about):
        table = TableFile(folder / store.TABLE, columns)
        left = deque(_left(plan, folder, table, again))
        before = len(plan) - len(left)
        done, troubles = before, 0
        tell(Progress(done, len(plan), before, troubles))
        try:
            for case, row in _ended(plan, folder, left, where):
                table.append([_full(plan, case, row)])
                done, troubles = done + 1, troubles + (row["Status"] != "finished")
                tell(Progress(done, len(plan), before, troubles))
        finally:
            # in the order of the plan; of an interrupted sweep those that ended
            store.write_table(folder, columns, _rows(plan, folder))
            store.write_parquet(folder, columns, texts, _rows(plan, folder))
    return SweepTable(folder)


def _full(plan: Plan, case: Case, row: Row) -> Row:
    cells = {column.name: column.cell(case.settings) for column in plan.columns}
    return {"Case": case.number, "Key": case.key, **cells, **row}


def _rows(plan: Plan, folder: Path) -> Iterator[Row]:
    for case in plan.cases():
        row = CaseFiles(folder, case.key).read()
        if row is not None:
            yield _full(plan, case, row)


def _left(plan: Plan, folder: Path, table: TableFile, again: bool) -> Iterator[int]:
    """Indices of the cases to run; rows of the others go to the table."""
    known: list[Row] = []
    keys: set[str] = set()
    for case in plan.cases():
        row = CaseFiles(folder, case.key).read()
        if row is None or _run_again(row, plan.config.limits.simulation, again):
            if case.key not in keys:  # the same case may be drawn twice
                keys.add(case.key)
                yield case.number - 1
        else:
            known.append(_full(plan, case, row))
        if len(known) >= _BATCH:
            table.append(known)
            known.clear()
    table.append(known)


def _run_again(row: Mapping[str, Any], limit: float | None, again: bool) -> bool:
    status = row.get("Status")
    if status == "over limit":
        return again or limit is None or limit > (row.get("Limit [s]") or math.inf)
    return status == "killed" or (again and status != "finished")


def _task(plan: Plan, folder: Path, index: int) -> Task:
    job = Job(
        folder=folder.resolve(),
        key=plan.case(index).key,
        base=plan.base,
        home=plan.home.resolve(),
        settings=plan.case(index).settings,
        limit=plan.config.limits.simulation,
        keep=plan.config.keep == "results",
    )
    return index, run_case, (job,)


def _ended(plan: Plan, folder: Path, left: deque[int], where: Where) -> Iterator[tuple[Case, Row]]:
    """Cases as they end, with their rows."""
    limits = plan.config.limits
    begun: dict[int, int] = {}
    with _engine(plan, where, len(left)) as engine:
        for index, outcome in engine(map(partial(_task, plan, folder), Emptying(left))):
            case = plan.case(index)
            files = CaseFiles(folder, case.key)
            if isinstance(outcome, Lost):
                attempts = max(files.attempts(), outcome.attempts)
                begun[index] = begun.get(index, 0) + 1
                innocent = attempts < limits.attempts and not outcome.over_limit
                if innocent and begun[index] <= limits.attempts:
                    left.append(index)  # its worker died of another case
                    continue
                status = "over limit" if outcome.over_limit else "killed"
                outcome = {"Status": status, "End reason": outcome.reason, "Attempts": attempts}
                files.end(outcome | {"Limit [s]": limits.simulation}, None)
            elif not files.row.exists():  # the folder is not there on its machine
                files.end(outcome, None)
            yield case, outcome


@contextmanager
def _engine(plan: Plan, where: Where, count: int) -> Iterator[Engine]:
    limits, config = plan.config.limits, plan.config.cluster
    if not count:
        yield lambda tasks: iter(())
        return
    kind = where.cluster or (config.kind if config else None)
    workers = (config.workers if config else None) or limits.workers
    jobs = where.jobs if where.jobs is not None else workers
    if where.scheduler is not None or (kind is not None and where.jobs != 0):
        options: Mapping[str, Any] = config.options if config and config.kind == kind else {}
        number = min(jobs or default_processes(), count)
        with cluster.client_of(
            where.scheduler, kind or "local", number, options, limits.attempts
        ) as client:
            yield partial(cluster.outcomes, client=client)
        return
    hard = None if limits.simulation is None else limits.simulation + _GRACE
    yield partial(
        processes.outcomes,
        processes=min(default_processes() if jobs is None else jobs, count),
        limit=hard,
        attempts=limits.attempts,
    )
