"""Processes that do units of work: one thread of linear algebra each, and none outlives the run.

A worker is a fresh interpreter that reads calls from its standard input and writes results to its
standard output. So nothing of the caller is imported again, the thread variables are set in the
environment of the worker and not in ours, and a worker ends by itself when the run is killed,
because its input ends.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final

from megabar.campaign.rows import Failure
from megabar.campaign.work import Result, Task, perform
from megabar.errors import WorkerLost

_THREADS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
ONE_THREAD: Final[Mapping[str, str]] = dict.fromkeys(_THREADS, "1")
"""Environment of a process that shall keep to one core, whatever library it uses."""
_COMMAND: Final = "from megabar.campaign import workers; workers.serve()"


def available() -> int:
    """Say how many workers suit this machine.

    Returns
    -------
    :
        1 or 2: more would hold more records in memory than a laboratory computer likes.
    """
    return max(1, min(2, os.cpu_count() or 1))


def performed(tasks: Sequence[Task], *, workers: int) -> Iterator[tuple[Task, Result]]:
    """Do tasks, and give their results in the order of the tasks.

    Parameters
    ----------
    tasks
        What is to be done.
    workers
        Number of processes; 0 does the work in this one.

    Yields
    ------
    :
        Task and result. A worker that dies costs the task that it was doing.
    """
    count = min(workers, len(tasks)) if sys.executable else 0
    if count == 0:
        for task in tasks:
            yield task, perform(task)
        return
    with pool(count) as submit:
        futures = [(task, submit(perform, task)) for task in tasks]
        for task, future in futures:
            try:
                result: Result = future.result()
            except WorkerLost as lost:
                result = Result(failure=_death(task, lost.code))
            yield task, result


@contextlib.contextmanager
def pool(count: int) -> Iterator[Callable[[Callable[[Any], Any], Any], Future[Any]]]:
    """Hold processes that call functions; they end with the block.

    Parameters
    ----------
    count
        How many, at least 1. Each is started when it is first needed.

    Yields
    ------
    :
        ``submit(function, argument)``, which gives a future. The function is found by its name, so
        it must stand in a module. The future raises `WorkerLost` if the process ended at its work;
        the next call finds a fresh process.
    """
    with contextlib.ExitStack() as stack:
        idle: SimpleQueue[_Worker] = SimpleQueue()
        for _ in range(count):
            idle.put(stack.enter_context(contextlib.closing(_Worker())))
        threads = stack.enter_context(ThreadPoolExecutor(count))
        stack.callback(threads.shutdown, cancel_futures=True)
        yield lambda function, argument: threads.submit(_by_one_of, idle, function, argument)


def _by_one_of(
    idle: SimpleQueue[_Worker], function: Callable[[Any], Any], argument: object
) -> object:
    worker = idle.get()
    try:
        return worker.call(function, argument)
    finally:
        idle.put(worker)


class _Worker:
    """One process, started when it is first needed and again when it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, function: Callable[[Any], Any], argument: object) -> object:
        process = self._process or self._started()
        try:
            _send(process.stdin, (function, argument))
            return _received(process.stdout)
        except (BrokenPipeError, EOFError, pickle.UnpicklingError):
            self.close()
            raise WorkerLost(process.returncode) from None

    def _started(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and our own words
            [sys.executable, "-P", "-c", _COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is the business of the run, not of its workers
        )
        return self._process

    def close(self) -> None:
        if self._process is None:
            return
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._process.wait()
        self._process = None


def _environment() -> dict[str, str]:
    ours = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (ours, os.environ.get("PYTHONPATH"), *sys.path)))
    return {**os.environ, **ONE_THREAD, "PYTHONPATH": path}


def _send(stream: IO[bytes] | None, message: Any) -> None:
    if stream is None:
        raise EOFError
    pickle.dump(message, stream)
    stream.flush()


def _received(stream: IO[bytes] | None) -> Any:
    if stream is None:
        raise EOFError
    return pickle.load(stream)  # noqa: S301  written by our own process, through our own pipe


def _death(task: Task, code: int | None) -> Failure:
    return Failure(
        cell=task.source.cell,
        channel=task.source.channel.name,
        source=task.source.name,
        stage="read",
        identity="",
        kind="WorkerDied",
        message=f"The process that worked on it ended with code {code}.",
        remedy="Is there enough memory? Run again; the other files are done.",
    )


def serve() -> None:
    """Do calls from standard input until it ends; the life of a worker."""
    calls, results = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the results
    with contextlib.suppress(BrokenPipeError):  # the run was killed; nobody waits for the result
        for function, argument in _until_end(calls):
            _send(results, function(argument))


def _until_end(stream: IO[bytes]) -> Iterable[tuple[Callable[[Any], Any], Any]]:
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            yield _received(stream)
