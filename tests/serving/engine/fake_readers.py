"""Readers for tests of what is around them. What they do is written in the name of the upload."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from extractor.errors import BadModel, BrokenFile
from extractor.student.encoder import Encoded, Token, encode
from extractor.student.runtime import Answers
from extractor.types import Box, Extraction
from serving.engine.base import Answer, ReadOptions, Upload
from serving.engine.local import Parts
from serving.engine.settings import EngineSettings
from serving.engine.worker import Line, Reader


def document(tokens: int) -> Encoded:
    """An encoded document of so many words, without a picture."""
    return encode([Token("a", Box(0.0, 0.0, 0.5, 0.5), 0, 0, 1.0)] * tokens)


class FakeStudent:
    """Answers with each document's number of tokens as the only number; remembers its batches."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.batches: list[list[int]] = []
        self.seconds = seconds

    def run(self, documents: Sequence[Encoded]) -> list[Answers]:
        self.batches.append([len(each) for each in documents])
        time.sleep(self.seconds)
        if any(len(each) == 13 for each in documents):
            raise ValueError("thirteen words")
        none = np.zeros(0, np.float32)
        return [Answers(none, np.array([len(each)], np.float32), none, none, {}) for each in documents]


@dataclass(frozen=True)
class MakeFake:
    """`folder` is where readers leave marks for each other."""

    folder: Path
    fails: bool = False

    def __call__(self, line: Line) -> Reader:
        print("a library talks on standard output")
        if self.fails:
            raise BadModel("The folder x holds no model.")
        return FakeReader(self.folder, line)


class FakeReader:
    def __init__(self, folder: Path, line: Line) -> None:
        self.warnings = ("Readers of tests read nothing.",)
        self._folder = folder
        self._line = line

    def warm_up(self) -> None:
        self._line.ask([document(1)])

    def read(self, upload: Upload, options: ReadOptions) -> Answer:
        match upload.name:
            case "dies":
                os._exit(7)
            case "crashes":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "killed-always":
                os.kill(os.getpid(), signal.SIGKILL)
            case "killed-once" if self._first("killed"):
                os.kill(os.getpid(), signal.SIGKILL)
            case "broken":
                raise BrokenFile("The picture is cut off.", hint="Scan it again.")
            case "cut off":
                raise EOFError("of the document's own")
            case "defect":
                raise ZeroDivisionError("oops")
            case "endless":
                self._first("begun")
                time.sleep(600)
            case "pages":
                self._first("begun")
                for _ in range(600):
                    time.sleep(0.1)
                    self._line.check()
            case "brief":
                self._first("begun")
                time.sleep(1.0)
            case "quick":
                time.sleep(0.05)
        words = int(upload.content or b"1")
        told = self._line.ask([document(words)])[0].absent[0]
        record = Extraction(
            file=upload.name,
            sha256=str(told),
            status="ok",
            pages=1,
            model=f"{os.getpid()}:{os.getenv('OMP_NUM_THREADS')}",
        )
        return Answer(record)

    def _first(self, what: str) -> bool:
        """Whether this happens for the first time; leaves a mark."""
        try:
            (self._folder / what).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


@dataclass(frozen=True)
class Fakes:
    """Assembles an engine of fakes."""

    folder: Path
    fails: bool = False

    def __call__(self, settings: EngineSettings) -> Parts:
        return Parts(FakeStudent(), MakeFake(self.folder, self.fails), "fake@1", "CPUExecutionProvider")
