"""The worker process: loads, reads the words and decodes; asks the one student, which lives in the parent.

It is started with `extractor.pool.worker_environment`: numerical libraries that are imported here keep to one thread.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from extractor.student.encoder import Encoded
    from extractor.student.runtime import Answers
    from serving.engine.base import Answer, ReadOptions, Upload
    from serving.engine.messages import FromWorker, ToWorker

EASILY_KILLED = "500"
"""What the system short of memory adds to a worker's claim to be killed: a worker is replaced, the service is not."""


class Withdrawn(Exception):
    """Nobody waits for the document any more."""


class ParentGone(Exception):
    """There is no one left to read for. Its own kind: a document may well raise EOFError or BrokenPipeError itself."""


class Reader(Protocol):
    """What reads documents inside a worker. A document that can't be read gives a `failed` record."""

    @property
    def warnings(self) -> tuple[str, ...]: ...

    def warm_up(self) -> None:
        """Reads something small, so that the first document doesn't pay for what is loaded late."""
        ...

    def read(self, upload: Upload, options: ReadOptions) -> Answer: ...


class Line:
    """The worker's end of the pipe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.number = 0
        """The document in work."""

    def check(self) -> None:
        """Raises Withdrawn where the document in work has been called back."""
        while self._at_hand():
            self.receive()

    def ask(self, documents: Sequence[Encoded]) -> list[Answers]:
        """The student's answers. Raises Withdrawn, or RuntimeError where the student failed."""
        from serving.engine.messages import Answered, Ask

        self.send(Ask(self.number, tuple(documents)))
        while True:
            message = self.receive()
            if isinstance(message, Answered) and message.number == self.number:
                if message.problem:
                    raise RuntimeError(message.problem)
                return list(message.answers)

    def send(self, message: FromWorker) -> None:
        """Raises ParentGone."""
        try:
            self._connection.send(message)
        except OSError as error:
            raise ParentGone from error

    def receive(self) -> ToWorker | None:
        """The next message; None tells the worker to go. Raises Withdrawn for the document in work, and ParentGone."""
        from serving.engine.messages import Withdraw

        try:
            message: ToWorker | None = self._connection.recv()
        except (EOFError, OSError) as error:
            raise ParentGone from error
        if isinstance(message, Withdraw) and message.number == self.number:
            raise Withdrawn
        return message

    def _at_hand(self) -> bool:
        try:
            return self._connection.poll()
        except OSError as error:
            raise ParentGone from error


class ReaderFactory(Protocol):
    """Builds a reader inside a worker. It must pickle: a module-level function or a frozen dataclass.

    Raises UsageError where no worker could ever read, such as for want of an OCR engine.
    """

    def __call__(self, line: Line) -> Reader: ...


def work(connection: Connection, make: ReaderFactory) -> None:
    """The life of a worker; ends when the pipe closes or None comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to act on
    sys.stdout.flush()
    os.dup2(2, 1)  # whatever a library prints must not mix with the parent's standard output
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(EASILY_KILLED)
    with suppress(ParentGone):
        _work(Line(connection), make)


def _work(line: Line, make: ReaderFactory) -> None:
    from extractor.errors import TailorError, UsageError
    from serving.engine.messages import Finished, Ready, Unable, Work

    try:
        reader = make(line)
        reader.warm_up()
    except TailorError as error:
        return line.send(Unable(error))
    except ParentGone:
        raise
    except Exception as defect:
        return line.send(Unable(UsageError(f"A worker can't start ({type(defect).__name__}: {defect}).")))
    line.send(Ready(reader.warnings))
    while True:
        try:
            message = line.receive()
        except Withdrawn:
            continue  # it came too late
        if message is None:
            return None
        if isinstance(message, Work):
            line.number = message.number
            line.send(Finished(message.number, _read(reader.read, message)))
        message = None  # the document is not kept while the worker waits for the next one


def _read(read: Callable[[Upload, ReadOptions], Answer], work: object) -> Answer | None:
    from extractor.errors import TailorError
    from extractor.types import Notice
    from serving.engine.messages import Work
    from serving.engine.records import failure

    assert isinstance(work, Work)
    try:
        return read(work.upload, work.options)
    except Withdrawn:
        return None
    except ParentGone:
        raise
    except TailorError as error:
        return failure(work.upload, error.notice())
    except Exception as defect:
        message = f"A defect of Tailor stopped this document ({type(defect).__name__}: {defect})."
        return failure(work.upload, Notice(code="internal", message=message))
