"""What all teachers that are asked in words and pictures share: estimate, ask, check, repair once, count.

A provider's class says how one call is made (`_ask`); the rest is here.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from extractor.task import Task
from labeling.answers import AnswerProblem, parse_answer
from labeling.base import Estimate, TeacherAnswer, TeacherDocument, TeacherError, TeacherRefused, Tokens
from labeling.keys import KEY_HEADER
from labeling.pictures import Picture, PictureRule, prepare, sizes
from labeling.prices import Price
from labeling.prompt import Prompt, build_prompt, caption
from labeling.teachers.http import DOCUMENT_HEADER

CHARACTERS_PER_TOKEN = 3.6
"""Of English instructions and JSON, about what the tokenizers of the large providers give."""

ANSWER_TOKENS = 4096
PARSER = 1
"""Counts up when answers are read differently: part of the version of a prompt."""

REPEATS = 0.045
"""The share of calls that are expected to be paid for and to give nothing (a faulty answer, a lost one): an estimate
that leaves them out would always be too low. Half way between none and a bad day (9 %)."""

_PRIOR_WEIGHT = 20
_PRIOR_CALLS = 100
_QUOTED = 4000


@dataclass(frozen=True)
class TeacherSettings:
    """How a chat teacher works. `words` gives OCR's words as help; `temperature` None leaves it to the provider;
    `batch` estimates by the prices of the batch API."""

    words: bool = False
    temperature: float | None = None
    answer_tokens: int = ANSWER_TOKENS
    timeout: float = 180.0
    batch: bool = False


@dataclass(frozen=True)
class Request:
    """One call. `captions` stand before the pictures; `reproach` follows at the end where an answer was faulty.
    A call repeated with the same `key` is the same call (labeling.keys)."""

    document: str
    prompt: Prompt
    pictures: tuple[Picture, ...]
    captions: tuple[str, ...]
    answer_tokens: int
    reproach: str = ""
    key: str = ""

    @property
    def headers(self) -> dict[str, str]:
        named = {DOCUMENT_HEADER: self.document}
        return named | {KEY_HEADER: self.key} if self.key else named

    @property
    def closing(self) -> str:
        return f"{self.prompt.user}\n\n{self.reproach}" if self.reproach else self.prompt.user


@dataclass(frozen=True)
class Reply:
    """What one call gave: the answer as text or object, its bill in tokens, and the problem that the provider named."""

    answer: str | Mapping[str, Any]
    tokens: Tokens
    problem: AnswerProblem | None = None

    @property
    def raw(self) -> str:
        return self.answer if isinstance(self.answer, str) else json.dumps(self.answer, ensure_ascii=False)


class ChatTeacher(ABC):
    """Safe to call from several threads."""

    provider: str
    idempotent = False
    """Whether the provider answers a repeated key from memory. None of the large ones promises it; a gateway may."""

    def __init__(self, model: str, task: Task, price: Price, rule: PictureRule, settings: TeacherSettings) -> None:
        self.model = model
        self.task = task
        self.price = price
        self.rule = rule
        self.settings = settings
        self._lock = threading.Lock()
        self._answered = 0
        self._wasted = 0
        self._answer_tokens = 0
        self._prompt_counts: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @property
    def name(self) -> str:
        return f"{self.provider}:{self.model}"

    @property
    def prompt_version(self) -> str:
        return self._version(self.task)

    def estimate(self, document: TeacherDocument, task: Task) -> Estimate:
        """What one document will take. Pictures count by the provider's rule, the answer by what was metered so far."""
        prompt = build_prompt(task, words=document.pages if self.settings.words else None)
        pictures = [self.rule.tokens(width, height) for width, height in sizes(document.pages, self.rule)]
        fixed = self._fixed_tokens(prompt)
        varying = math.ceil((len(prompt.user) + len(pictures) * 30) / CHARACTERS_PER_TOKEN)
        kept = fixed if self.price.cache_from is not None and fixed >= self.price.cache_from else 0
        tokens = Tokens(fixed + varying + sum(pictures), self._expected_answer(task), cached=kept)
        return Estimate(tokens, self._cost(tokens, batch=self.settings.batch) * self._calls_an_answer())

    def label(self, document: TeacherDocument, task: Task) -> TeacherAnswer:
        return self.label_once(document, task, "")

    def label_once(self, document: TeacherDocument, task: Task, key: str) -> TeacherAnswer:
        """As `label`; each call carries the key, that of a repair one made out of it."""
        started = time.monotonic()
        request = replace(self.request(document, task), key=key)
        reply = self._counted(request)
        answer, problem = self.judged(reply, task, pictures=len(request.pictures))
        if problem is not None:
            answer = self._repaired(self.again(reply, problem, request), answer, task)
        return replace(answer, seconds=time.monotonic() - started)

    def _counted(self, request: Request) -> Reply:
        """One call; a lost one that is paid for counts as wasted."""
        try:
            return self._ask(request)
        except TeacherError as error:
            with self._lock:
                self._wasted += bool(error.cost)
            raise

    @abstractmethod
    def _ask(self, request: Request) -> Reply:
        """One call. Raises TeacherBusy, TeacherDown or TeacherRefused."""

    def _count_prompt(self, prompt: Prompt) -> int | None:
        """The tokens of the system text and the schema as the provider counts them; None where it does not."""
        return None

    def _version(self, task: Task) -> str:
        settings = self.settings
        prompt = build_prompt(task, words=() if settings.words else None).version
        whole = f"{prompt} {self.rule} {settings.temperature} {settings.answer_tokens} {PARSER}"
        return hashlib.sha256(whole.encode()).hexdigest()[:12]

    def _cost(self, tokens: Tokens, *, batch: bool = False) -> Decimal:
        return self.price.cost(tokens, batch=batch)

    def request(self, document: TeacherDocument, task: Task) -> Request:
        """The first call for a document. Raises TeacherRefused where it has no picture."""
        prompt = build_prompt(task, words=document.pages if self.settings.words else None)
        try:
            pictures = tuple(prepare(document.pages, self.rule))
        except ValueError as error:
            raise TeacherRefused(f"{document.id} can't be shown: {error}.", code="no_picture") from error
        if not pictures:
            raise TeacherRefused(f"{document.id} has no pages.", code="no_picture")
        pages = len(document.pages)
        captions = tuple(
            caption(number, len(pictures), each.page, pages, each.part, each.parts)
            for number, each in enumerate(pictures)
        )
        return Request(document.sha256[:32], prompt, pictures, captions, self.settings.answer_tokens)

    def judged(
        self, reply: Reply, task: Task, *, pictures: int, batch: bool = False
    ) -> tuple[TeacherAnswer, AnswerProblem | None]:
        """The answer in a reply, and what is wrong with it."""
        problem: AnswerProblem | None = reply.problem
        label: dict[str, Any] | None = None
        if problem is None:
            try:
                label = parse_answer(reply.answer, task, pictures=pictures)
            except AnswerProblem as found:
                problem = found
        with self._lock:
            self._answered += problem is None
            self._wasted += problem is not None
            self._answer_tokens += reply.tokens.output if problem is None else 0
        answer = TeacherAnswer(
            raw=reply.raw,
            label=label,
            teacher=self.name,
            prompt=self._version(task),
            tokens=reply.tokens,
            cost=self._cost(reply.tokens, batch=batch),
            failure=problem.kind if problem else None,
        )
        return answer, problem

    def _repaired(self, again: Request, first: TeacherAnswer, task: Task) -> TeacherAnswer:
        """Asks once more, naming what was wrong; what comes then stands."""
        try:
            second, _ = self.judged(self._counted(again), task, pictures=len(again.pictures))
        except TeacherError as error:
            error.cost += first.cost
            raise
        return joined(first, second)

    def again(self, reply: Reply, problem: AnswerProblem, request: Request) -> Request:
        """The request that asks for a repair."""
        reproach = (
            f"You were asked before and answered:\n{reply.raw[:_QUOTED]}\n\n"
            f"That can't be used. {problem.message} Return the whole JSON object again."
        )
        # An answer that ran out of room gets more.
        room = request.answer_tokens * (2 if problem.kind == "truncated" else 1)
        key = f"{request.key}-repair" if request.key else ""
        return replace(request, reproach=reproach, answer_tokens=room, key=key)

    def _fixed_tokens(self, prompt: Prompt) -> int:
        with self._lock:
            known = self._prompt_counts.get(prompt.version)
        if known is None:
            text = len(prompt.system) + len(json.dumps(prompt.schema, ensure_ascii=False))
            known = self._count_prompt(prompt) or math.ceil(text / CHARACTERS_PER_TOKEN)
            with self._lock:
                self._prompt_counts[prompt.version] = known
        return known

    def _expected_answer(self, task: Task) -> int:
        """The tokens of an answer: the mean of those metered, pulled to a guess while they are few."""
        guess = answer_guess(task)
        with self._lock:
            return round((guess * _PRIOR_WEIGHT + self._answer_tokens) / (_PRIOR_WEIGHT + self._answered))

    def _calls_an_answer(self) -> Decimal:
        """How many calls one answer takes: 1 and the share of repeats, from what happened once that is enough."""
        with self._lock:
            wasted = (REPEATS * _PRIOR_CALLS + self._wasted) / (_PRIOR_CALLS + self._answered)
        return Decimal(1) + Decimal(wasted).quantize(Decimal("0.0001"))

    def _charged_blindly(self, request: Request) -> Decimal:
        """What a call costs whose answer was lost on the way: the provider may have charged it, so it is counted."""
        fixed = self._fixed_tokens(request.prompt)
        text = len(request.closing) + sum(map(len, request.captions))
        known = fixed + math.ceil(text / CHARACTERS_PER_TOKEN) + sum(each.tokens for each in request.pictures)
        return self._cost(Tokens(known, self._expected_answer(self.task)))


def joined(first: TeacherAnswer, second: TeacherAnswer) -> TeacherAnswer:
    """The second answer, with the bill of both."""
    return replace(
        second, tokens=first.tokens + second.tokens, cost=first.cost + second.cost, calls=first.calls + second.calls
    )


def answer_guess(task: Task) -> int:
    """The tokens of a usual answer before any was seen: names and punctuation, and a mean text for each value.

    The means are those of 2,000 recorded labels of receipts: 11 characters a field (most are null), four items of 45.
    """
    names = sum(len(field.name) + 6 + 11 for field in task.fields)
    dates = sum(len(field.name) + 11 + 12 for field in task.fields if field.type == "date")
    items = 4 * 45 if task.line_items else 0
    return math.ceil((names + dates + items) / CHARACTERS_PER_TOKEN)
