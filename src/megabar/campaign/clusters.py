"""Clusters of dask: one of this machine, one that runs already, or jobs of SLURM.

The only module that knows dask. It is imported when a cluster is asked for, and not before.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from megabar.campaign.workers import ONE_THREAD
from megabar.errors import MissingExtra, SchedulerLost

ATTEMPTS: Final = 4
"""How many workers may die of one unit before it counts as failed."""
_SETTINGS: Final = {
    "distributed.nanny.pre-spawn-environ": dict(ONE_THREAD),
    "distributed.scheduler.allowed-failures": ATTEMPTS - 1,
}
_PATIENCE: Final = "10s"
_SILENT: Final = 50  # of logging: a worker that died and was replaced is no news


@dataclass(frozen=True, kw_only=True)
class SlurmJobs:
    """What each job asks SLURM for; one job is one worker with one core."""

    memory: str
    """As SLURM says it: "1GB"."""
    walltime: str
    """"01:00:00". A job that ends before the study is replaced."""
    queue: str | None = None
    account: str | None = None
    prologue: Sequence[str] = ()
    """Lines of the shell before the worker starts."""
    directives: Sequence[str] = ()
    """More ``#SBATCH`` options."""
    logs: Path | None = None
    """Folder of the output of the jobs; None throws it away."""


@contextmanager
def running(address: str) -> Iterator[Any]:
    """Speak to a scheduler of dask that runs already.

    Parameters
    ----------
    address
        ``tcp://host:port``.

    Yields
    ------
    :
        Its client.

    Raises
    ------
    SchedulerLost
        If nobody answers.
    """
    with _extra():
        import distributed
    try:
        client = distributed.Client(address, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        msg = f"No scheduler of dask answers at {address} ({error}). Is it running, and reachable?"
        raise SchedulerLost(msg) from None
    with client:
        yield client


@contextmanager
def local(count: int) -> Iterator[Any]:
    """Start a cluster of dask on this machine, and stop it in the end.

    A script that asks for it must do so under ``if __name__ == "__main__":``, because its workers
    import it.

    Parameters
    ----------
    count
        Number of workers, each with one thread.

    Yields
    ------
    :
        Its client.
    """
    with _extra():
        import dask
        import distributed
    with (
        dask.config.set(_SETTINGS),
        distributed.LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=_SILENT,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@contextmanager
def slurm(jobs: SlurmJobs, count: int) -> Iterator[Any]:
    """Let SLURM start workers, and cancel them in the end.

    Parameters
    ----------
    jobs
        What each asks for.
    count
        Number of jobs. One that ended is replaced while there is work.

    Yields
    ------
    :
        The client of their scheduler, which runs in this process.
    """
    with _extra():
        import dask
        import dask_jobqueue
        import distributed
    threads = [f"export {name}={value}" for name, value in ONE_THREAD.items()]
    with (
        dask.config.set(_SETTINGS),
        dask_jobqueue.SLURMCluster(
            cores=1,
            processes=1,
            memory=jobs.memory,
            walltime=jobs.walltime,
            queue=jobs.queue,
            account=jobs.account,
            job_name="megabar",
            job_script_prologue=[*threads, *jobs.prologue],
            job_extra_directives=list(jobs.directives),
            log_directory=None if jobs.logs is None else str(jobs.logs),
            python=shlex.quote(sys.executable),
            scheduler_options={"dashboard_address": ":0"},
            silence_logs=_SILENT,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        cluster.adapt(minimum_jobs=count, maximum_jobs=count)
        yield client


def called(
    client: Any, function: Callable[[Any], str], arguments: Mapping[str, object]
) -> Iterator[tuple[str, Any]]:
    """Call a function on a cluster, once for each argument.

    Parameters
    ----------
    client
        Client of the cluster.
    function
        Stands in a module that the workers can import.
    arguments
        By a name that belongs to the argument alone.

    Yields
    ------
    :
        Name and finished future, in the order in which they come.

    Raises
    ------
    SchedulerLost
        If the cluster went away.
    """
    from distributed import as_completed

    futures = {
        client.submit(function, argument, key=f"megabar-{name}", pure=False): name
        for name, argument in arguments.items()
    }
    waiting = as_completed(list(futures))
    for future in waiting:
        if future.status == "pending":  # its result went down with its worker: it is done again
            waiting.add(future)
        elif future.status in ("finished", "error"):
            yield futures[future], future
            future.release()
        else:
            msg = (
                "The cluster went away during the work. What was finished is kept: run again, and "
                "only what is missing is done."
            )
            raise SchedulerLost(msg)


def killed(error: BaseException) -> bool:
    """Say whether a call failed because its workers ended, one after another.

    Parameters
    ----------
    error
        What its future raises.

    Returns
    -------
    :
        True if the cluster gave it up.
    """
    from distributed import KilledWorker

    return isinstance(error, KilledWorker)


@contextmanager
def _extra() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        msg = (
            f"Found no {error.name}, which speaks to clusters. Run: pip install "
            "'megabar[cluster]'; or take the scheduler process, which needs nothing."
        )
        raise MissingExtra(msg) from None
