"""Many documents, several processes: one slow, broken or deadly document never stops or hides the others.

Built on pebble's process pool (processes are spawned, so that no lock or thread of the parent is copied half-way). Each
worker builds its extractor once and reads one document at a time. Only a few documents are in flight, and the results
are handed on as they come, so memory doesn't grow with the number of files.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from extractor.errors import LimitExceeded, OutputError, TailorError, UsageError, WorkerDied
from extractor.memory import in_huge_pages
from extractor.types import Extraction, Notice

if TYPE_CHECKING:
    from pebble import ProcessPool

WAIT = 0.2
"""Seconds between two looks at whether the caller wants to stop."""

IN_FLIGHT = 2
"""Documents handed out per worker: one that is read, and one that waits so that the worker never does."""

ONE_THREAD: Mapping[str, str] = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OMP_THREAD_LIMIT",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "OPENCV_FOR_THREADS_NUM",
    ),
    "1",
)
"""What keeps numerical libraries to one thread: as many workers as cores, each with its core."""


class Reads(Protocol):
    """What reads one document. It answers a bad document with a `failed` record; it doesn't raise."""

    def extract(self, source: Path, /) -> Extraction: ...


class ExtractorFactory(Protocol):
    """Builds an extractor inside a worker. It must pickle: a module-level function or a frozen dataclass."""

    def __call__(self) -> Reads: ...


def run_many(
    make_extractor: ExtractorFactory,
    paths: Iterable[Path],
    workers: int = 1,
    seconds: float | None = None,
    stop: threading.Event | None = None,
) -> Generator[Extraction]:
    """Read documents and yield a record for each, as they finish (with several workers: not in the order of `paths`).

    With one worker the documents are read in this process, which starts at once but can't be cut off: `seconds` is then
    left to the limits of the extractor itself. With more, a document that takes longer than `seconds` has its worker
    killed and gives a `failed` record (too_slow), and so does one whose worker dies in native code or for want of
    memory (worker_died). Once `stop` is set, no further document is begun; those that are finished are still yielded.

    Raises UsageError or OutputError where no document can be read at all, such as a model folder that is none.
    """
    halt = stop or threading.Event()
    if workers <= 1:
        yield from _in_this_process(make_extractor, paths, halt)
    else:
        yield from _in_workers(make_extractor, paths, workers, seconds, halt)


def printable(path: Path | str) -> str:
    """A path as it stands in a record: bytes of a file name that are not UTF-8 become �."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def digest(path: Path) -> str:
    """The SHA-256 of a file's content, or "" where it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def failed_record(path: Path, error: Notice) -> Extraction:
    """The record of a document that couldn't be read."""
    return Extraction(file=printable(path), sha256=digest(path), status="failed", pages=0, error=error)


def read_safely(extractor: Reads, path: Path) -> Extraction:
    """One document's record, whatever happens, except for errors that concern all documents."""
    try:
        return extractor.extract(path)
    except (UsageError, OutputError):
        raise
    except TailorError as error:
        return failed_record(path, error.notice())
    except Exception as defect:
        message = f"A defect of Tailor stopped this document ({type(defect).__name__}: {defect})."
        return failed_record(path, Notice(code="internal", message=message))


def too_slow(path: Path, seconds: float | None) -> Extraction:
    hint = "Raise --max-seconds, or split the document."
    error = LimitExceeded(f"The document took longer than {seconds:g} seconds.", code="too_slow", hint=hint)
    return failed_record(path, error.notice())


def worker_died(path: Path, reason: str) -> Extraction:
    hint = "The document may be harmful, or memory too short: try it alone or with fewer --workers."
    return failed_record(path, WorkerDied(f"The process that read this document died ({reason}).", hint=hint).notice())


def _in_this_process(make: ExtractorFactory, paths: Iterable[Path], halt: threading.Event) -> Iterator[Extraction]:
    extractor = make()
    for path in paths:
        if halt.is_set():
            return
        yield read_safely(extractor, path)


def _in_workers(
    make: ExtractorFactory, paths: Iterable[Path], workers: int, seconds: float | None, halt: threading.Event
) -> Iterator[Extraction]:
    waiting = iter(paths)
    running: dict[Future[Extraction], Path] = {}
    with worker_environment(), _started(make, workers) as pool:
        while not halt.is_set():
            for path in islice(waiting, IN_FLIGHT * workers - len(running)):
                running[_schedule(pool, path, seconds)] = path
            if not running:
                return
            done, _ = wait(running, timeout=WAIT, return_when=FIRST_COMPLETED)
            for future in done:
                yield _outcome(future, running.pop(future), seconds)
        for future, path in running.items():
            if future.done():
                yield _outcome(future, path, seconds)


def _schedule(pool: ProcessPool, path: Path, seconds: float | None) -> Future[Extraction]:
    try:
        return pool.schedule(_read_one, args=(path,), timeout=seconds)
    except RuntimeError as error:
        raise _no_worker_stays() from error


def _outcome(future: Future[Extraction], path: Path, seconds: float | None) -> Extraction:
    from pebble import ProcessExpired

    try:
        return future.result()
    except TimeoutError:
        return too_slow(path, seconds)
    except ProcessExpired as death:
        return worker_died(path, cause_of_death(death.exitcode))
    except BrokenProcessPool as error:
        raise _no_worker_stays() from error


def _no_worker_stays() -> WorkerDied:
    return WorkerDied("The worker processes die before they read anything.", hint="Try --workers 1.")


def cause_of_death(exit_code: int) -> str:
    """Why a process ended, from its exit code: the name of a signal such as SIGKILL, or its exit status."""
    if exit_code >= 0:
        return f"exit status {exit_code}"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"


@contextmanager
def _started(make: ExtractorFactory, workers: int) -> Iterator[ProcessPool]:
    """A running pool that is stopped at once, work in progress included, when the caller leaves."""
    from pebble import ProcessPool

    pool = ProcessPool(workers, initializer=_prepare, initargs=(make,), context=multiprocessing.get_context("spawn"))
    try:
        with interrupts_held():
            _ = pool.active  # starts the workers
        yield pool
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Processes and threads started inside never see Ctrl-C: it is the parent's to decide what becomes of them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def worker_environment() -> Iterator[None]:
    """What workers inherit: libraries that start no threads of their own, and a heap in huge pages."""
    settings = {**ONE_THREAD, **in_huge_pages(os.environ)}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _Worker:
    """What a worker process keeps between documents."""

    extractor: Reads | None = None
    problem: Exception | None = None


def _prepare(make: ExtractorFactory) -> None:
    """Build the extractor. What goes wrong is kept for the first document, since a pool can't report it from here."""
    sys.stdout.flush()
    os.dup2(2, 1)  # whatever a library prints must not mix with the records on standard output
    try:
        _Worker.extractor = make()
    except Exception as problem:
        _Worker.problem = problem


def _read_one(path: Path) -> Extraction:
    if _Worker.problem is not None:
        raise _Worker.problem
    if _Worker.extractor is None:
        raise RuntimeError("a worker that was never prepared")
    return read_safely(_Worker.extractor, path)
