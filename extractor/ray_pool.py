"""Many documents on a Ray cluster: the same promises as `extractor.pool`, with actors in place of processes.

Each actor builds its extractor once and reads one document at a time. The documents must lie where every node finds
them under the same path, such as a shared folder.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.errors import MissingExtra, TailorError, WorkerDied
from extractor.memory import in_huge_pages
from extractor.pool import ONE_THREAD, WAIT, ExtractorFactory, Reads, read_safely, too_slow, worker_died
from extractor.types import Extraction


@dataclass
class _Running:
    """A document that an actor reads, since `began` (seconds of the monotonic clock)."""

    path: Path
    actor: Any
    began: float


def run_on_ray(
    make_extractor: ExtractorFactory,
    paths: Iterable[Path],
    workers: int,
    seconds: float | None = None,
    stop: threading.Event | None = None,
) -> Generator[Extraction]:
    """Read documents with `workers` Ray actors of one CPU each and yield records as they finish.

    A document that takes longer than `seconds`, or whose actor dies, gives a `failed` record (too_slow, worker_died)
    and its actor is replaced. Uses the cluster that RAY_ADDRESS names, else starts Ray on this machine.
    Raises MissingExtra without Ray; UsageError where no extractor can be built.
    """
    ray = _ray()
    halt = stop or threading.Event()
    started_here = not ray.is_initialized()
    if started_here:
        ray.init(log_to_driver=False, include_dashboard=False, configure_logging=False)
    cluster = _Cluster(ray, make_extractor, seconds)
    try:
        yield from cluster.read(iter(paths), workers, halt)
    finally:
        cluster.close()
        if started_here:
            ray.shutdown()


class _Cluster:
    """The actors, those that wait for work and those that read."""

    def __init__(self, ray: Any, make: ExtractorFactory, seconds: float | None) -> None:
        self._ray = ray
        self._make = make
        self._seconds = seconds
        self._kind = ray.remote(num_cpus=1, runtime_env={"env_vars": {**ONE_THREAD, **in_huge_pages({})}})(_Actor)
        self._idle: list[Any] = []
        self._running: dict[Any, _Running] = {}

    def read(self, paths: Iterator[Path], workers: int, halt: threading.Event) -> Iterator[Extraction]:
        # An actor beyond the CPUs that there are would be waited for for ever.
        self._idle = self._new_actors(max(1, min(workers, int(self._ray.cluster_resources().get("CPU", 1)))))
        while not halt.is_set():
            while self._idle and (path := next(paths, None)) is not None:
                actor = self._idle.pop()
                self._running[actor.read.remote(str(path))] = _Running(path, actor, time.monotonic())
            if not self._running:
                return
            yield from self._finished(WAIT)
            yield from self._overdue()
        yield from self._finished(0)

    def close(self) -> None:
        for actor in [*self._idle, *(work.actor for work in self._running.values())]:
            self._ray.kill(actor)

    def _new_actors(self, count: int) -> list[Any]:
        """Actors whose extractors are built: only then does the time of their first document begin."""
        actors = [self._kind.remote(self._make) for _ in range(count)]
        try:
            problems = self._ray.get([actor.problem.remote() for actor in actors])
        except self._ray.exceptions.RayActorError as death:
            hint = "Look at Ray's own logs; memory may be short."
            raise WorkerDied("The actors on the Ray cluster die before they read anything.", hint=hint) from death
        for problem in problems:
            if problem is not None:
                raise problem
        return actors

    def _finished(self, wait: float) -> Iterator[Extraction]:
        if not self._running:
            return
        done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=wait)
        for reference in done:
            work = self._running.pop(reference)
            try:
                outcome = self._ray.get(reference)
            except self._ray.exceptions.RayActorError as death:
                self._idle += self._new_actors(1)
                yield worker_died(work.path, type(death).__name__)
                continue
            self._idle.append(work.actor)
            if isinstance(outcome, TailorError):
                raise outcome
            yield Extraction.model_validate_json(outcome)

    def _overdue(self) -> Iterator[Extraction]:
        if self._seconds is None:
            return
        late = [key for key, work in self._running.items() if time.monotonic() - work.began > self._seconds]
        for reference in late:
            work = self._running.pop(reference)
            self._ray.kill(work.actor)
            self._idle += self._new_actors(1)
            yield too_slow(work.path, self._seconds)


class _Actor:
    """What runs on the cluster. Errors are handed back as values: Ray would wrap them otherwise."""

    def __init__(self, make: ExtractorFactory) -> None:
        self._extractor: Reads | None = None
        self._problem: Exception | None = None
        try:
            self._extractor = make()
        except Exception as problem:
            self._problem = problem

    def problem(self) -> Exception | None:
        return self._problem

    def read(self, path: str) -> str | TailorError:
        if self._extractor is None:
            raise RuntimeError("an actor without an extractor")
        try:
            return read_safely(self._extractor, Path(path)).to_json()
        except TailorError as error:
            return error


def _ray() -> Any:
    try:
        import ray
        import ray.exceptions
    except ModuleNotFoundError as error:
        hint = "Run: pip install 'tailor[scale]'"
        raise MissingExtra("--engine ray needs Ray, which is not installed.", hint=hint) from error
    return ray
