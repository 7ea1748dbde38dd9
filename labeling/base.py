"""What a teacher is: it reads one document for one task and answers once.

A teacher does not wait, repeat or count money: that is the business of the run (`labeling.run`), which many documents,
limits and budgets concern. It says how an attempt failed by the exceptions below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from extractor.errors import TailorError
from extractor.task import Task
from extractor.types import Page


@dataclass(frozen=True)
class TeacherDocument:
    """One document as a teacher sees it. `id` is its file name without ending; `pages` hold pictures (`image`), and
    words where OCR is given as help."""

    id: str
    path: Path
    sha256: str
    pages: Sequence[Page]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one or more calls; `cached` of the input were read from the provider's cache, `written` into it."""

    input: int = 0
    output: int = 0
    cached: int = 0
    written: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.written + other.written,
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What labelling one document will take, before it is done: tokens and US dollars."""

    tokens: Tokens
    cost: Decimal


@dataclass(frozen=True)
class TeacherAnswer:
    """What came back for one document.

    `label` holds the fields of the task (and date_text, line_items) in the format of label files, without id; None
    where no valid answer was had, and `failure` says why ("refused", "truncated", "malformed"). `raw` is the text as
    it came. `cost` in US dollars covers every call made, repairs too. `calls` counts them. `prompt` is the version of
    the prompt.
    """

    raw: str
    label: Mapping[str, Any] | None
    teacher: str
    prompt: str
    tokens: Tokens = field(default_factory=Tokens)
    cost: Decimal = Decimal(0)
    seconds: float = 0.0
    calls: int = 1
    failure: str | None = None


@runtime_checkable
class Teacher(Protocol):
    """Safe to call from several threads."""

    @property
    def name(self) -> str:
        """As it is recorded with labels: "anthropic:claude-…", "replay:labels.jsonl"."""
        ...

    @property
    def prompt_version(self) -> str:
        """Changes whenever the answer to the same picture might: part of the key of kept answers."""
        ...

    def estimate(self, document: TeacherDocument, task: Task) -> Estimate: ...

    def label(self, document: TeacherDocument, task: Task) -> TeacherAnswer:
        """Raises TeacherBusy, TeacherDown or TeacherRefused where no answer was had; what was paid for nothing is in
        the exception's `cost`."""
        ...


class TeacherError(TailorError):
    """An attempt that gave no answer. `cost` in US dollars was charged all the same."""

    code = "teacher"
    cost: Decimal = Decimal(0)
    retry_after: float | None = None
    """Seconds that the provider asks to wait."""


class TeacherBusy(TeacherError):
    """Rate limited or overloaded (429, 529, 503): the same call may succeed later."""

    code = "teacher_busy"


class TeacherDown(TeacherError):
    """No answer or a broken one (connection, time-out, 500): the same call may succeed later."""

    code = "teacher_down"


class TeacherRefused(TeacherError):
    """The provider will not take this call at all (key, model, permission, bad request): repeating it is useless."""

    code = "teacher_refused"
