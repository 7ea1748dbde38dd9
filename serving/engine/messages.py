"""What engine and worker say to each other through the pipe between them.

Documents travel as bytes through the pipe: no path that another process could reach, nothing to delete afterwards. For
5 MB it takes as long as a private file would (some milliseconds, against a second of OCR).
"""

from __future__ import annotations

from dataclasses import dataclass

from extractor.errors import TailorError
from extractor.student.encoder import Encoded
from extractor.student.runtime import Answers
from serving.engine.base import Answer, ReadOptions, Upload


@dataclass(frozen=True)
class Work:
    """To the worker: read this. `number` tells documents apart, since messages may cross on their way."""

    number: int
    upload: Upload
    options: ReadOptions


@dataclass(frozen=True)
class Withdraw:
    """To the worker: nobody waits for this document any more."""

    number: int


@dataclass(frozen=True)
class Ask:
    """From the worker: what does the student say of these?"""

    number: int
    documents: tuple[Encoded, ...]


@dataclass(frozen=True)
class Answered:
    """To the worker: the student's answers, or why there are none."""

    number: int
    answers: tuple[Answers, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Finished:
    """From the worker: what became of the document; None where it was withdrawn."""

    number: int
    answer: Answer | None


@dataclass(frozen=True)
class Ready:
    """From the worker: it is built and has read a first page. `warnings` are sentences for the engine's state."""

    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unable:
    """From the worker: it can't be built, and another one couldn't either."""

    error: TailorError


WARM_UP = 0
"""The number under which a worker asks the student before its first document."""

ToWorker = Work | Withdraw | Answered
FromWorker = Ask | Finished | Ready | Unable
