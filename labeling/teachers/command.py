"""Any program as a teacher: it is called with the path of a picture as its last argument, and prints JSON."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import subprocess
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from PIL import Image

from extractor.errors import UsageError
from extractor.task import Task
from labeling.answers import AnswerProblem, parse_answer
from labeling.base import Estimate, TeacherAnswer, TeacherDocument, TeacherDown, TeacherRefused, Tokens
from labeling.pictures import encoded

PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"})
TIMEOUT = 300.0
_MOST_OUTPUT = 1_000_000


class CommandTeacher:
    """Runs `command` (split as a shell would, but no shell runs it) for each document.

    A picture file is handed over as it lies on disk; of other files (PDF) the pages are written as pictures into a
    folder of their own, and their paths are the last arguments. Exit status 0 and JSON on standard output is an
    answer; 2 means that the call itself was wrong; anything else, and no answer within `timeout` seconds, that it may
    work later.
    """

    def __init__(self, command: str, *, timeout: float = TIMEOUT) -> None:
        try:
            self.arguments = shlex.split(command)
        except ValueError as error:
            raise UsageError(f"The command can't be split into words: {error}", code="bad_command") from error
        if not self.arguments or shutil.which(self.arguments[0]) is None:
            program = self.arguments[0] if self.arguments else ""
            raise UsageError(
                f"There is no program {program!r}.",
                code="bad_command",
                hint="Name a program and its arguments: 'command:python3 read.py --quick'",
            )
        self.timeout = timeout
        self.prompt_version = hashlib.sha256("\0".join(self.arguments).encode()).hexdigest()[:12]

    @property
    def name(self) -> str:
        # Arguments may hold what is nobody's business; the version tells them apart.
        return f"command:{Path(self.arguments[0]).name}"

    def __repr__(self) -> str:
        return f"CommandTeacher({self.name!r})"

    def estimate(self, document: TeacherDocument, task: Task) -> Estimate:
        return Estimate(Tokens(), Decimal(0))

    def label(self, document: TeacherDocument, task: Task) -> TeacherAnswer:
        started = time.monotonic()
        failure, label, calls = None, None, 0
        with tempfile.TemporaryDirectory(prefix="tailor-") as folder:
            paths = _pictures(document, Path(folder))
            # A program may be random as well: what it answers wrongly is asked for once more.
            while calls < 2:
                calls += 1
                raw = self._run(paths)
                try:
                    label, failure = parse_answer(raw, task), None
                    break
                except AnswerProblem as problem:
                    failure = problem.kind
        seconds = time.monotonic() - started
        return TeacherAnswer(raw, label, self.name, self.prompt_version, seconds=seconds, calls=calls, failure=failure)

    def _run(self, paths: list[Path]) -> str:
        command = [*self.arguments, *map(str, paths)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=self.timeout, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise TeacherDown(f"{self.name} gave no answer within {self.timeout:g} seconds.") from None
        except OSError as error:
            raise TeacherRefused(f"{self.name} can't be started ({error.strerror}).") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
            kind = TeacherRefused if done.returncode == 2 else TeacherDown
            raise kind(f"{self.name} ended with status {done.returncode}: {said[0][:300]}")
        return done.stdout[:_MOST_OUTPUT].decode("utf-8", "replace")


def _pictures(document: TeacherDocument, folder: Path) -> list[Path]:
    if document.path.suffix.lower() in PICTURE_ENDINGS and document.path.is_file():
        return [document.path.resolve()]
    found = []
    for page in document.pages:
        if page.image is None:
            raise TeacherRefused(f"Page {page.index + 1} of {document.id} has no picture.")
        media_type, content = encoded(Image.fromarray(page.image))
        path = folder / f"page-{page.index + 1:03d}.{'png' if media_type == 'image/png' else 'jpg'}"
        path.write_bytes(content)
        found.append(path)
    return found
