"""The critic at work while a teacher labels: each label is weighed as it arrives, and all of them again at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from extractor.errors import TailorError
from extractor.ocr import OcrEngine
from extractor.student.runtime import Student
from extractor.task import Task
from labeling.critic.merchants import Merchants
from labeling.critic.model import Critic
from labeling.critic.reading import read_pages
from labeling.critic.student_view import view
from labeling.run.schema import Result


class Weigher:
    """Gives each label of a run its trust (it is the `weigh` of `labeling.run.Session`).

    As a label arrives, its page, its arithmetic and the student's view speak; at the end the other labels too: the
    shops that recur, and further samples of the same document. `engine` must be safe to share between threads.
    `unread` holds the ids that got no trust, and why. `tell` is told what takes a while.
    """

    def __init__(
        self,
        engine: OcrEngine,
        task: Task,
        *,
        critic: Critic | None = None,
        student: Student | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.unread: dict[str, TailorError] = {}
        self._engine = engine
        self._task = task
        self._critic = critic or Critic.load()
        self._student = student
        self._tell = tell
        self._shops: Merchants | None = None

    def corpus(self, labels: Sequence[Mapping[str, Any]]) -> None:
        self._shops = Merchants(labels)
        if labels:
            self._tell(f"Weighing {len(labels)} labels …")

    def __call__(
        self, answered: Result, label: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, float] | None:
        try:
            pages, small = read_pages(Path(answered.place), self._engine)
        except TailorError as error:
            self.unread[answered.id] = error
            return None
        self.unread.pop(answered.id, None)
        seen = view(self._student, pages, small) if self._student else None
        return self._critic.trust(pages, label, self._task, merchants=self._shops, student=seen, others=others)
