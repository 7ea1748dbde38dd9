"""Labelling through the Message Batches API: made, waited for, fetched, and faulty answers asked for once more."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from extractor.task import Task
from labeling.answers import AnswerProblem
from labeling.base import TeacherAnswer, TeacherBusy, TeacherDocument, TeacherDown, TeacherError, TeacherRefused
from labeling.pictures import sizes
from labeling.teachers.chat import Reply, Request, joined

if TYPE_CHECKING:
    from labeling.teachers.anthropic_messages import AnthropicTeacher

MOST_BYTES = 180_000_000
MOST_DOCUMENTS = 5_000
"""The API takes 256 MB and 100,000 requests; smaller batches come back sooner."""

_FAILURES_BEARABLE = 30

Started = Callable[[str, Sequence[str]], None]
Outcome = tuple[str, TeacherAnswer | TeacherError]


def run_batches(
    teacher: AnthropicTeacher,
    documents: Sequence[TeacherDocument],
    task: Task,
    *,
    resume: Sequence[str] = (),
    started: Started | None = None,
) -> Iterator[Outcome]:
    """See AnthropicTeacher.label_batch."""
    by_key = {_key(document): document for document in documents}
    waiting = dict(by_key)
    first: dict[str, TeacherAnswer] = {}
    again: dict[str, Request] = {}
    batches = list(resume) or list(_made(teacher, _requests(teacher, by_key, task), by_key, started))
    for batch in batches:
        for key, outcome, problem, reply in _fetched(teacher, batch, by_key, task):
            waiting.pop(key, None)
            if key in first:
                # A batch of repairs that an earlier process made.
                again.pop(key)
                yield by_key[key].id, _with(first.pop(key), outcome)
            elif problem is None or reply is None or isinstance(outcome, TeacherError):
                yield by_key[key].id, outcome
            else:
                first[key] = outcome
                again[key] = teacher.again(reply, problem, teacher.request(by_key[key], task))
    for batch in _made(teacher, iter(again.items()), by_key, started):
        for key, outcome, _, _ in _fetched(teacher, batch, by_key, task):
            yield by_key[key].id, _with(first.pop(key), outcome)
    for key, answer in first.items():
        yield by_key[key].id, answer
    for document in waiting.values():
        yield document.id, TeacherDown(f"The batch brought no answer for {document.id}.")


def _with(earlier: TeacherAnswer, outcome: TeacherAnswer | TeacherError) -> TeacherAnswer | TeacherError:
    """The outcome of a repair, with the bill of what went before."""
    if isinstance(outcome, TeacherAnswer):
        return joined(earlier, outcome)
    outcome.cost += earlier.cost
    return outcome


def _key(document: TeacherDocument) -> str:
    """A batch's own id for a request: at most 64 letters, digits, - and _; never a file's name."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", document.sha256)[:32]


def _requests(
    teacher: AnthropicTeacher, by_key: dict[str, TeacherDocument], task: Task
) -> Iterator[tuple[str, Request]]:
    for key, document in by_key.items():
        yield key, teacher.request(document, task)


def _made(
    teacher: AnthropicTeacher,
    requests: Iterator[tuple[str, Request]],
    by_key: dict[str, TeacherDocument],
    started: Started | None,
) -> Iterator[str]:
    """Makes the batches, each within the limits of the API; gives their ids."""
    entries: list[dict[str, Any]] = []
    size = 0
    for key, request in requests:
        weight = sum(len(picture.content) * 4 // 3 for picture in request.pictures) + 20_000
        if entries and (size + weight > MOST_BYTES or len(entries) >= MOST_DOCUMENTS):
            yield _make(teacher, entries, by_key, started)
            entries, size = [], 0
        entries.append({"custom_id": key, "params": teacher.message(request)})
        size += weight
    if entries:
        yield _make(teacher, entries, by_key, started)


def _make(
    teacher: AnthropicTeacher,
    entries: list[dict[str, Any]],
    by_key: dict[str, TeacherDocument],
    started: Started | None,
) -> str:
    batch = _patiently(teacher, lambda: teacher.client.messages.batches.create(requests=entries), patience=1)
    if started is not None:
        started(batch.id, [by_key[entry["custom_id"]].id for entry in entries])
    return str(batch.id)


def _fetched(
    teacher: AnthropicTeacher, batch: str, by_key: dict[str, TeacherDocument], task: Task
) -> Iterator[tuple[str, TeacherAnswer | TeacherError, AnswerProblem | None, Reply | None]]:
    """Waits for a batch to end, then judges its results, whatever their order."""
    batches = teacher.client.messages.batches
    while _patiently(teacher, lambda: batches.retrieve(batch)).processing_status != "ended":
        time.sleep(teacher.poll_seconds)
    for entry in _patiently(teacher, lambda: list(batches.results(batch))):
        document = by_key.get(entry.custom_id)
        if document is None:
            continue
        result = entry.result
        if result.type != "succeeded":
            yield entry.custom_id, _failed(result), None, None
            continue
        reply = teacher.reply(result.message)
        count = len(sizes(document.pages, teacher.rule))
        answer, problem = teacher.judged(reply, task, pictures=count, batch=True)
        yield entry.custom_id, answer, problem, reply


def _failed(result: Any) -> TeacherError:
    """What did not succeed was not charged: errored, canceled or expired."""
    if result.type == "errored":
        kind, message = result.error.error.type, result.error.error.message
        if kind in ("rate_limit_error", "overloaded_error"):
            return TeacherBusy(f"Anthropic answered {kind}: {message}")
        if kind in ("api_error", "timeout_error"):
            return TeacherDown(f"Anthropic answered {kind}: {message}")
        return TeacherRefused(f"Anthropic answered {kind}: {message}")
    return TeacherDown(f"Anthropic did not come to this document: the batch was {result.type}.")


def _patiently(teacher: AnthropicTeacher, call: Callable[[], Any], *, patience: int = _FAILURES_BEARABLE) -> Any:
    """Repeats a call that costs nothing while it fails for a passing reason: a paid batch is not left behind."""
    from labeling.teachers.anthropic_messages import sdk_errors

    for attempt in range(1, patience + 1):
        failed: TeacherError
        try:
            return call()
        except sdk_errors() as error:
            failed = teacher.error(error)
        if isinstance(failed, TeacherRefused) or attempt == patience:
            raise failed
        time.sleep(failed.retry_after or teacher.poll_seconds)
    raise AssertionError("patience is at least 1")
