"""Many units of work, by one process or by a cluster, with the same files in the end.

One unit is one question, for example one campaign, one hypothesis and one seed. Whoever works on
it, serial, processes of this machine, a local cluster of dask, a cluster that runs already, or jobs
of SLURM, sends back one text, and the run writes it as one file. So what was finished is kept when
a worker or the run itself is killed, and the next run does only what is missing.

The numbers are the same bit for bit on machines of one kind: each unit carries its own seed, no
unit sees another, and each worker has one thread. Processors of different kinds may round the last
digit of a sum in different ways.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from megabar.campaign import clusters, unit_files
from megabar.campaign import workers as processes
from megabar.campaign.clusters import SlurmJobs
from megabar.campaign.locks import exclusive
from megabar.campaign.unit_files import Question
from megabar.errors import UnusableInput, WorkerLost, one_of, shortened

SCHEDULERS: Final = ("serial", "process", "local", "slurm")
"""Names of schedulers; the address of a running one, ``tcp://host:port``, is the fifth."""
LOCK: Final = "lock"

Function = Callable[[Mapping[str, Any]], Mapping[str, Any]]
Answers = Generator[tuple[str, str]]
"""Digest of a question, and the text that came back."""
Route = Callable[[Mapping[str, Question]], Answers]
Cluster = AbstractContextManager[Any]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one unit: a result, or the reason why there is none."""

    unit: Mapping[str, Any]
    digest: str
    result: Mapping[str, Any] | None
    failure: str | None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a study is; ``done`` counts what was there before, and what failed."""

    done: int
    failed: int
    total: int


def run_units(
    units: Iterable[Mapping[str, Any]],
    function: Function,
    *,
    folder: Path,
    scheduler: str,
    workers: int | None = None,
    slurm: SlurmJobs | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Outcome, ...]:
    """Do units of work that are not done yet, and give what came of all.

    Parameters
    ----------
    units
        JSON objects: dicts, lists, text, finite numbers, true, false, None.
    function
        What turns a unit into a result, which is a JSON object too. It stands in a module that the
        workers can import, and depends on nothing but the unit.
    folder
        Where results are kept, ``<digest>.json`` and ``<digest>.failed.json``; it is made.
    scheduler
        ``"serial"``, ``"process"``, ``"local"`` (a cluster of dask on this machine), ``"slurm"``,
        or the address of a running scheduler of dask.
    workers
        How many processes or jobs; None takes two, or the number of cores if that is less. A
        running cluster has its own.
    slurm
        What each job asks for; only with ``"slurm"``, and then needed.
    progress
        Told after every unit.

    Returns
    -------
    :
        In the order of the units. A unit that failed says why, and is tried again by the next run.

    Raises
    ------
    UnusableInput
        If a unit is no JSON object, or the function cannot be found by its name.
    UnknownWord
        If the scheduler is neither in the list nor an address.
    StoreError
        If another run works in the folder.
    MissingExtra
        If the scheduler needs dask and there is none.
    SchedulerLost
        If the cluster went away; run again, and only what is missing is done.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     done = run_units([{"seed": 7}], dict, folder=Path(folder), scheduler="serial")
    >>> done[0].result
    {'seed': 7}
    """
    name = _name_of(function)
    route = _route(scheduler, workers=workers, slurm=slurm)
    asked = [(unit, unit_files.question(unit, name)) for unit in units]
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive(folder / LOCK):
        unit_files.sweep(folder)
        study = _Study(folder, {one.digest: one for _, one in asked}, progress)
        if missing := study.missing():
            with contextlib.closing(route(missing)) as answers:
                for digest, text in answers:
                    study.keep(digest, text)
    return tuple(
        Outcome(
            unit=unit,
            digest=one.digest,
            result=study.results.get(one.digest),
            failure=study.failures.get(one.digest),
        )
        for unit, one in asked
    )


class _Study:
    """What is known of each question, on the disk and here."""

    def __init__(
        self,
        folder: Path,
        questions: Mapping[str, Question],
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._folder = folder
        self._questions = questions
        self._progress = progress
        self.failures: dict[str, str] = {}
        self.results: dict[str, Mapping[str, Any]] = {}
        for digest, asked in questions.items():
            result = unit_files.read_result(folder, asked)
            if result is not None:
                self.results[digest] = result

    def missing(self) -> dict[str, Question]:
        return {d: asked for d, asked in self._questions.items() if d not in self.results}

    def keep(self, digest: str, text: str) -> None:
        answer, asked = json.loads(text), self._questions[digest]
        if "result" in answer:
            unit_files.write_result(self._folder, asked, answer["result"])
            self.results[digest] = answer["result"]
        else:
            unit_files.write_failure(self._folder, asked, answer["failure"])
            self.failures[digest] = answer["failure"]
        if self._progress is not None:
            done, failed = len(self.results) + len(self.failures), len(self.failures)
            self._progress(Progress(done=done, failed=failed, total=len(self._questions)))


# --- one unit, wherever it is done ----------------------------------------------------------------


def answer(asked: Question) -> str:
    """Do one unit; what goes wrong is an answer too, so that it stops no other.

    Parameters
    ----------
    asked
        The unit.

    Returns
    -------
    :
        JSON: ``{"result": ...}`` or ``{"failure": "why"}``.

    Examples
    --------
    >>> answer(Question(function="builtins:dict", text='{"seed": 7}'))
    '{"result":{"seed":7}}'
    """
    try:
        result = dict(_function_of(asked.function)(json.loads(asked.text)))
        return unit_files.canonical({"result": result})
    except Exception as error:  # noqa: BLE001  whatever it is, it is the answer of this unit alone
        return _failed(f"{type(error).__name__}: {error}")


def _failed(reason: str) -> str:
    return unit_files.canonical({"failure": shortened(reason)})


def _died(times: int, code: object) -> str:
    ended = "" if code is None else f", the last with code {code}"
    return _failed(
        f"WorkerLost: {times} workers ended while they worked on it{ended}. Is there enough "
        "memory? The next run tries it again."
    )


def _name_of(function: Function) -> str:
    name = f"{function.__module__}:{function.__qualname__}"
    if function.__module__ == "__main__" or "<" in function.__qualname__:
        msg = (
            f"Found the function {name}, which no other process can import by its name. Write it "
            "into a module, outside other functions."
        )
        raise UnusableInput(msg)
    return name


def _function_of(name: str) -> Function:
    module, _, qualified = name.partition(":")
    found: Any = import_module(module)
    for part in qualified.split("."):
        found = getattr(found, part)
    function: Function = found
    return function


# --- who does it ----------------------------------------------------------------------------------


def _route(scheduler: str, *, workers: int | None, slurm: SlurmJobs | None) -> Route:
    count = workers or processes.available()
    if "://" in scheduler:
        return lambda missing: _by_cluster(missing, clusters.running(scheduler))
    one_of(scheduler, SCHEDULERS, name="scheduler")
    if scheduler == "slurm":
        if slurm is None:
            msg = "SLURM must be told what each job needs: give slurm=SlurmJobs(...)."
            raise UnusableInput(msg)
        jobs = slurm
        return lambda missing: _by_cluster(missing, clusters.slurm(jobs, min(count, len(missing))))
    if scheduler == "local":
        return lambda missing: _by_cluster(missing, clusters.local(min(count, len(missing))))
    return _by_one if scheduler == "serial" else lambda missing: _by_processes(missing, count)


def _by_one(missing: Mapping[str, Question]) -> Answers:
    for digest, asked in missing.items():
        yield digest, answer(asked)


def _by_processes(missing: Mapping[str, Question], count: int) -> Answers:
    with processes.pool(min(count, len(missing))) as submit:
        running = {submit(answer, asked): digest for digest, asked in missing.items()}
        deaths = dict.fromkeys(missing, 0)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                digest = running.pop(future)
                try:
                    text: str = future.result()
                except WorkerLost as lost:
                    deaths[digest] += 1
                    if deaths[digest] < clusters.ATTEMPTS:
                        running[submit(answer, missing[digest])] = digest
                        continue
                    text = _died(clusters.ATTEMPTS, lost.code)
                yield digest, text


def _by_cluster(missing: Mapping[str, Question], cluster: Cluster) -> Answers:
    with cluster as client:
        for digest, future in clusters.called(client, answer, missing):
            error = future.exception()
            if error is None:
                yield digest, future.result()
            elif clusters.killed(error):
                yield digest, _died(clusters.ATTEMPTS, None)
            else:
                yield digest, _failed(f"{type(error).__name__}: {error}")
