"""The client for programs with threads."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from extractor.client import calls
from extractor.client.answers import Annotated, Audit, Job, ModelInfo, Pair, Scores
from extractor.client.lines import Line
from extractor.client.problems import Reply
from extractor.client.settings import Changes, ClientSettings, chosen
from extractor.client.uploads import failed, upload_of
from extractor.client.waiting import Pauses, defect, not_ready, unfinished
from extractor.errors import DocumentError, ServiceError
from extractor.types import Extraction

if TYPE_CHECKING:
    from extractor.loading import Source
    from extractor.policy.cases import Claim


class Client:
    """Reads documents through a service, as `Extractor` does in this process. Safe to share between threads.

    >>> with Client("https://tailor.example.com", api_key="tlr_…") as client:
    ...     client.extract("receipt.jpg").receipt.value("total")

    Where the service is full, gone or broken, calls are tried again (see ClientSettings); the service does the work of
    one call once, however often it was sent. Methods raise UsageError for what was asked wrongly, BadPolicy for a
    policy that the service hasn't, and ServiceError for what else it refuses, or where it can't be reached.
    """

    def __init__(
        self, url: str | None = None, *, settings: ClientSettings | None = None, **changes: Unpack[Changes]
    ) -> None:
        """`changes` are fields of ClientSettings by name. Raises MissingExtra without the extra client."""
        self.settings = chosen(settings, url, changes)
        self._line = Line(self.settings)

    def extract(self, source: Source, *, name: str | None = None) -> Extraction:
        """The record of one document: a path, bytes, or a picture (Pillow or height × width × 3 array).

        A document that can't be read gives a `failed` record; no exception is raised for it. `name` is the file name
        that bytes came with.
        """
        try:
            return self._read(source, name).record
        except DocumentError as error:
            return failed(source, name, error)

    def annotated(self, source: Source, *, name: str | None = None) -> Annotated:
        """The record, and a picture of each page with the fields drawn over it; none where it can't be read."""
        try:
            return self._read(source, name, annotate=True)
        except DocumentError as error:
            return Annotated(failed(source, name, error), ())

    def extract_many(self, sources: Iterable[str | Path], workers: int = 4) -> Iterator[Extraction]:
        """The records of files, folders and globs, as they finish, `workers` of them asked for at a time."""
        from extractor.loading import find_documents

        return self._side_by_side(find_documents(sources), max(1, workers))

    def submit(self, sources: Iterable[Source], *, webhook: str | None = None) -> Job:
        """Sends documents as a job, and returns before they are read. Paths may be folders and globs.

        `webhook` is an https URL that is told when the job has ended (see `verify_webhook`). Raises FileUnreadable
        where a file can't be sent: nothing is then.
        """
        return calls.job_told(self._line.send(calls.submit(sources, self.settings, webhook)))

    def job(self, job: Job | str) -> Job:
        """The job as it is now."""
        return calls.job_told(self._line.send(calls.job(job)))

    def wait(self, job: Job | str, timeout: float | None = None) -> Job:
        """The job once it has ended. Raises ServiceError (job_unfinished) where `timeout` seconds pass before."""
        pauses = Pauses(timeout)
        while not (found := self.job(job)).ended:
            time.sleep(pauses.next(unfinished))
        return found

    def results(self, job: Job | str, timeout: float | None = None) -> Iterator[Extraction]:
        """The records of a job in the order of its documents, each as soon as it and those before are there.

        Documents that were cancelled have none. Raises ServiceError (job_unfinished) where `timeout` seconds pass
        without a new one.
        """
        cursor: str | None = "0"
        pauses = Pauses(timeout)
        while cursor is not None:
            records, cursor = calls.paged(self._line.send(calls.results(job, cursor)))
            if records:
                yield from records
                pauses = Pauses(timeout)
            elif cursor is not None:
                time.sleep(pauses.next(unfinished))

    def cancel(self, job: Job | str) -> Job:
        """Cancels what has not begun. What has, finishes; a job that has ended stays as it is."""
        return calls.job_told(self._line.send(calls.job(job, "/cancel", "POST")))

    def delete(self, job: Job | str) -> None:
        """Cancels a job and forgets it with its results at once; nothing happens where there is none."""
        try:
            self._line.send(calls.job(job, method="DELETE"))
        except ServiceError as error:
            if error.status != 404:
                raise

    def audit(
        self,
        claims: Iterable[Claim | Mapping[str, Any]],
        receipts: Iterable[Source | Extraction] = (),
        *,
        today: dt.date | None = None,
    ) -> Audit:
        """Holds claims against their receipts: documents to be read, records that were read before, or both.

        Of the settings `ocr`, `languages` and `policy` count. Raises FileUnreadable where a file can't be sent.
        """
        return calls.audited(self._line.send(calls.audit(claims, receipts, self.settings, today)))

    def score(self, pairs: Iterable[Pair]) -> Scores:
        """Scores what was read against what is true, by the measure of `tailor evaluate`."""
        return calls.scored(self._line.send(calls.score(pairs)))

    def model(self) -> ModelInfo:
        """The model that reads, and how it is run."""
        return calls.model_told(self._line.send(calls.model()))

    def ready(self) -> bool:
        """Whether documents may be sent: the service answers, and its model has warmed up. Tries once."""
        outcome = self._line.once(calls.ready(), self.settings.connect_timeout)
        if isinstance(outcome, Reply):
            return True
        return not_ready(outcome)

    def wait_ready(self, timeout: float = 120.0) -> None:
        """Returns once the service is ready. Raises ServiceError (not_ready) where `timeout` seconds pass before."""
        pauses = Pauses(timeout, longest=1.0)
        while not self.ready():
            time.sleep(pauses.next(pauses.never_ready))

    def close(self) -> None:
        """Closes the connections."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(
        self, source: Source, name: str | None, *, annotate: bool = False, stop: threading.Event | None = None
    ) -> Annotated:
        upload = upload_of(source, name)
        reply = self._line.send(calls.extract(upload, self.settings, annotate=annotate), stop=stop)
        return calls.extracted(upload, reply)

    def _safely(self, path: Path, stop: threading.Event) -> Extraction:
        """One of many: a defect that it meets in the service is its own and hides no other."""
        try:
            return self._read(path, None, stop=stop).record
        except DocumentError as error:
            return failed(path, None, error)
        except ServiceError as error:
            return defect(path, error)

    def _side_by_side(self, paths: list[Path], workers: int) -> Generator[Extraction]:
        waiting = iter(paths)
        running: set[Future[Extraction]] = set()
        stop = threading.Event()
        pool = ThreadPoolExecutor(workers, thread_name_prefix="tailor-client")
        try:
            while True:
                running |= {pool.submit(self._safely, path, stop) for path in islice(waiting, workers - len(running))}
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            # Nobody waits for what is still under way; its thread ends with its request.
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
