"""How a run asks so that a call repeated is not a call paid again.

A run may not know whether a call reached the provider: the connection broke, or this process was killed. It asks again
with the same key; a provider that honours keys (the header Idempotency-Key) answers with what it kept, and charges
nothing. A teacher that can send a key has `label_once`; whether its provider honours it is `idempotent`.
"""

from __future__ import annotations

import hashlib
from typing import Protocol, runtime_checkable

from extractor.task import Task
from labeling.base import TeacherAnswer, TeacherDocument

KEY_HEADER = "Idempotency-Key"


@runtime_checkable
class KeyedTeacher(Protocol):
    """A teacher that sends a key with each call. `label_once` is `Teacher.label` otherwise; a teacher that makes
    several calls for one document (a repair) makes the further keys out of the given one."""

    @property
    def idempotent(self) -> bool:
        """Whether the provider answers a repeated key from memory, free of charge."""
        ...

    def label_once(self, document: TeacherDocument, task: Task, key: str) -> TeacherAnswer: ...


def call_key(sha256: str, teacher: str, prompt: str, sample: int, attempt: int) -> str:
    """The key of one question: what is asked, of whom, how, and for the how-manieth time after a definite answer."""
    named = "\n".join((sha256, teacher, prompt, str(sample), str(attempt)))
    return hashlib.sha256(named.encode()).hexdigest()[:48]
